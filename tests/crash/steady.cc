#include "tests/crash/steady.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/crash/verdict_event.h"

namespace ordermesh::crash {
namespace {

using common::v1::OrderVerdict;

constexpr absl::Duration kTick = absl::Milliseconds(5);
constexpr absl::Duration kLook = absl::Milliseconds(2);
constexpr absl::Duration kLookAtOne = absl::Nanoseconds(500);
// What is sent a second time is taken from the last orders: many meet their original still under way.
constexpr size_t kRecent = 20'000;
constexpr size_t kToldFailures = 100;
// No answer is waited for: an outage of a minute must not stop the sender.
constexpr size_t kWindow = 1 << 18;
constexpr absl::Duration kAskAgainPause = absl::Milliseconds(200);

StreamLimits Limits() {
  StreamLimits limits;
  limits.window = kWindow;
  limits.window_bytes = size_t{1} << 30;
  return limits;
}

}  // namespace

// One call of SubmitOrder.
struct Steady::UnaryCall {
  grpc::ClientContext context;
  feed::v1::SubmitOrderRequest request;
  OrderVerdict verdict;
};

Steady::Steady(const Workload& workload, SteadyOptions options, HistoryWriter& history)
    : workload_(workload),
      options_(std::move(options)),
      history_(history),
      client_(options_.client),
      random_(workload.seed()),
      last_ack_(absl::Now()) {
  for (int i = 0; i < options_.streams; ++i) streams_.push_back(client_.Stream(options_.partner, Limits()));
  collector_ = std::thread([this] { CollectResults(); });
}

Steady::~Steady() {
  sending_ = false;
  if (sender_.joinable()) sender_.join();
  // Ends with a result for each order.
  for (const auto& stream : streams_) stream->Close();
  {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Steady::Idle));
  }
  collecting_ = false;
  collector_.join();
}

void Steady::Start() {
  {
    absl::MutexLock lock(&mutex_);
    last_ack_ = absl::Now();
  }
  sending_ = true;
  sender_ = std::thread([this] { SendAtRate(); });
}

void Steady::SendAtRate() {
  const absl::Time start = absl::Now();
  for (int64_t sent = 0; sending_;) {
    const auto due = static_cast<int64_t>(absl::ToDoubleSeconds(absl::Now() - start) * options_.rate);
    for (; sent < due && sending_; ++sent) SendOne();
    absl::SleepFor(kTick);
  }
}

void Steady::SendOne() {
  const auto chosen = [this](int per_mille) { return static_cast<int>(random_() % 1'000) < per_mille; };
  const bool again = !recent_.empty() && chosen(options_.duplicates_per_mille);
  const uint64_t number = again ? recent_[random_() % recent_.size()] : NextNumber();
  if (!again && recent_.size() < kRecent) {
    recent_.push_back(number);
  } else if (!again) {
    recent_[number % kRecent] = number;
  }
  if (chosen(options_.unary_per_mille)) {
    SendUnary(number, again);
  } else {
    SendOnStream(number, again);
  }
}

uint64_t Steady::NextNumber() {
  while (Workload::PartnerOf(next_number_) != options_.partner || workload_.ShapeOf(next_number_) == Shape::kTypedA) {
    ++next_number_;
  }
  return next_number_++;
}

uint64_t Steady::Invoke(uint64_t number, bool again) {
  // Before it is sent: what stands after an answer in the history was sent after it.
  history_.Append({{EventKind::kInvoke, number, Uuid{}}});
  absl::MutexLock lock(&mutex_);
  if (sent_again_.size() <= number) sent_again_.resize(number + 1 + number / 2);
  if (again) sent_again_[number] = true;
  ++totals_.sent;
  pending_.emplace(next_serial_, Pending{number, absl::Now(), again});
  return next_serial_++;
}

void Steady::SendUnary(uint64_t number, bool again) {
  const uint64_t serial = Invoke(number, again);
  auto* call = new UnaryCall;
  client_.Prepare(&call->context);
  call->request.set_partner_id(options_.partner);
  call->request.set_raw_payload(workload_.Input(number).raw_payload());
  client_.feed()->async()->SubmitOrder(&call->context, &call->request, &call->verdict,
                                       [this, serial, call](const grpc::Status& status) {
                                         Result result{status, std::move(call->verdict)};
                                         // Before anybody may close the connection that it holds.
                                         delete call;
                                         OnResult(serial, result);
                                       });
}

void Steady::SendOnStream(uint64_t number, bool again) {
  const uint64_t serial = Invoke(number, again);
  auto result = streams_[serial % streams_.size()]->Submit(workload_.Input(number).raw_payload());
  absl::MutexLock lock(&mutex_);
  awaited_.push_back({serial, std::move(result)});
}

void Steady::CollectResults() {
  while (collecting_) {
    std::list<Awaited> ready;
    size_t waiting = 0;
    {
      absl::MutexLock lock(&mutex_);
      waiting = awaited_.size();
      for (auto next = awaited_.begin(); next != awaited_.end();) {
        const auto one = next++;
        if (one->result.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
          ready.splice(ready.end(), awaited_, one);
        }
      }
    }
    for (Awaited& one : ready) OnResult(one.serial, one.result.get());
    // Looking at what a long outage has gathered must not cost more than sending.
    if (ready.empty()) absl::SleepFor(kLook + waiting * kLookAtOne);
  }
}

void Steady::OnResult(uint64_t serial, const Result& result) {
  Pending order;
  {
    absl::MutexLock lock(&mutex_);
    order = pending_.at(serial);
  }
  const bool ok = result.status.ok();
  history_.Append(
      {ok ? EventOf(order.number, false, result.verdict) : Event{EventKind::kUnknown, order.number, Uuid{}}});
  absl::MutexLock lock(&mutex_);
  pending_.erase(serial);
  if (!ok) {
    ++totals_.failed;
    unresolved_.push_back(order.number);
    if (failures_.size() < kToldFailures) {
      failures_.push_back(absl::StrCat("order ", order.number, ": ", static_cast<int>(result.status.error_code()), " ",
                                       result.status.error_message()));
    }
    return;
  }
  const absl::Time now = absl::Now();
  ++totals_.acked;
  if (result.verdict.verdict() == OrderVerdict::REPLAYED && !sent_again_[order.number]) ++totals_.retried;
  totals_.longest_ack_gap = std::max(totals_.longest_ack_gap, now - last_ack_);
  last_ack_ = now;
}

SteadySample Steady::Sample() {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = absl::Now();
  SteadySample sample = totals_;
  sample.in_flight = static_cast<int64_t>(pending_.size());
  if (!pending_.empty()) {
    sample.oldest_unacked = now - pending_.begin()->second.sent;
    sample.longest_ack_gap = std::max(sample.longest_ack_gap, now - last_ack_);
  }
  totals_.longest_ack_gap = absl::ZeroDuration();
  return sample;
}

absl::Status Steady::Finish(absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  sending_ = false;
  if (sender_.joinable()) sender_.join();
  while (absl::Now() < deadline) {
    std::vector<uint64_t> ask;
    {
      absl::MutexLock lock(&mutex_);
      if (!mutex_.AwaitWithDeadline(absl::Condition(this, &Steady::Idle), deadline)) break;
      if (unresolved_.empty()) return absl::OkStatus();
      ask.swap(unresolved_);
    }
    for (const uint64_t number : ask) SendUnary(number, /*again=*/true);
    absl::SleepFor(kAskAgainPause);
  }
  absl::MutexLock lock(&mutex_);
  return absl::DeadlineExceededError(absl::StrCat(pending_.size() + unresolved_.size(), " orders have no verdict"));
}

std::vector<std::string> Steady::failures() const {
  absl::MutexLock lock(&mutex_);
  return failures_;
}

}  // namespace ordermesh::crash
