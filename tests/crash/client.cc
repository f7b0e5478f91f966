#include "tests/crash/client.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ordermesh/feed/v1/feed_service.grpc.pb.h"
#include "services/common/base/errors.h"
#include "tests/crash/verdict_event.h"

namespace ordermesh::crash {
namespace {

using common::v1::OrderResult;

constexpr absl::Duration kReconnectPause = absl::Milliseconds(50);
// Of an order that was refused for now.
constexpr absl::Duration kRetryPause = absl::Milliseconds(20);
constexpr absl::Duration kIdlePause = absl::Milliseconds(2);
// Duplicates are taken from the last orders, so that many meet their original unsynced.
constexpr uint64_t kRecent = 20'000;
// Orders that are delivered several times lie about among so many others.
constexpr size_t kHeap = 50'000;
// What nobody takes is not kept without end.
constexpr size_t kMaxLatencies = 1'000'000;

uint64_t Random(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

bool IsRefusal(int code) { return code == static_cast<int>(absl::StatusCode::kResourceExhausted); }

bool MayRetry(int code) {
  return code == static_cast<int>(absl::StatusCode::kUnavailable) || IsRefusal(code) ||
         code == static_cast<int>(absl::StatusCode::kDeadlineExceeded);
}

}  // namespace

// One call of StreamOrders: a reading thread beside the writing one.
class ClientStream {
 public:
  ClientStream(Client& client, uint64_t& random)
      : client_(client), random_(random), stub_(feed::v1::FeedService::NewStub(client.connect_())) {
    stream_ = stub_->StreamOrders(&context_);
    client_.Register(&context_);
  }
  ~ClientStream() { client_.Unregister(&context_); }

  // Until the stream breaks or the client stops; then whatever has no verdict is unknown and is sent again.
  void Run() {
    std::thread reader([this] { ReadAll(); });
    while (!broken_.load() && !client_.stop_.load()) {
      if (!WaitForRoom()) continue;
      const std::vector<Sending> batch = client_.NextBatch(random_);
      if (batch.empty()) {
        absl::SleepFor(kIdlePause);
      } else if (!Send(batch)) {
        break;
      }
    }
    broken_.store(true);
    context_.TryCancel();
    reader.join();
    stream_->Finish();
    GiveBack();
  }

 private:
  struct Unanswered {
    Sending order;
    absl::Time sent;
  };

  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return unanswered_.size() < client_.options_.window; }

  bool WaitForRoom() {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(this, &ClientStream::HasRoom), absl::Milliseconds(50));
  }

  // One message a partner.
  bool Send(const std::vector<Sending>& batch) {
    feed::v1::StreamOrdersRequest requests[2];
    std::vector<Event> events;
    const absl::Time now = absl::Now();
    client_.deliveries_ += static_cast<int64_t>(batch.size());
    {
      absl::MutexLock lock(&mutex_);
      for (const Sending& order : batch) {
        feed::v1::StreamOrdersRequest& request =
            requests[Workload::PartnerOf(order.number) == std::string("partner-a") ? 0 : 1];
        request.set_partner_id(Workload::PartnerOf(order.number));
        *request.add_orders() = client_.workload_.Input(order.number, order.altered);
        request.mutable_orders(request.orders_size() - 1)->set_tag(++last_tag_);
        unanswered_.emplace(last_tag_, Unanswered{order, now});
        events.push_back({order.altered ? EventKind::kInvokeAltered : EventKind::kInvoke, order.number, Uuid{}});
      }
    }
    client_.history_.Append(events);
    for (const auto& request : requests) {
      if (request.orders_size() > 0 && !stream_->Write(request)) return false;
    }
    return true;
  }

  void ReadAll() {
    feed::v1::StreamOrdersResponse response;
    while (stream_->Read(&response)) OnResults(response);
    broken_.store(true);
  }

  void OnResults(const feed::v1::StreamOrdersResponse& response) {
    std::vector<Event> events;
    std::vector<Sending> again;
    std::vector<float> latencies_ms;
    const absl::Time now = absl::Now();
    {
      absl::MutexLock lock(&mutex_);
      for (const OrderResult& result : response.results()) {
        auto found = unanswered_.find(result.tag());
        if (found == unanswered_.end()) {
          client_.SetFault(absl::StrCat("the feed answered the tag ", result.tag(), ", which is not open"));
          continue;
        }
        if (result.has_verdict()) {
          const Sending& order = found->second.order;
          events.push_back(EventOf(order.number, order.altered, result.verdict()));
          latencies_ms.push_back(static_cast<float>(absl::ToDoubleMilliseconds(now - found->second.sent)));
        } else {
          events.push_back({EventKind::kUnknown, found->second.order.number, Uuid{}});
          again.push_back(found->second.order);
          if (IsRefusal(result.status().code())) ++client_.refusals_;
          if (!MayRetry(result.status().code())) client_.SetFault(result.status().ShortDebugString());
        }
        unanswered_.erase(found);
      }
    }
    client_.history_.Append(events);
    client_.Answered(latencies_ms);
    if (!again.empty()) {
      absl::SleepFor(kRetryPause);
      client_.AddAgain(again);
    }
  }

  void GiveBack() {
    std::vector<Event> events;
    std::vector<Sending> again;
    {
      absl::MutexLock lock(&mutex_);
      for (const auto& [tag, unanswered] : unanswered_) {
        events.push_back({EventKind::kUnknown, unanswered.order.number, Uuid{}});
        again.push_back(unanswered.order);
      }
      unanswered_.clear();
    }
    client_.history_.Append(events);
    client_.AddAgain(again);
  }

  Client& client_;
  uint64_t& random_;
  std::unique_ptr<feed::v1::FeedService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<feed::v1::StreamOrdersRequest, feed::v1::StreamOrdersResponse>> stream_;
  std::atomic<bool> broken_{false};
  absl::Mutex mutex_;
  uint64_t last_tag_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<uint64_t, Unanswered> unanswered_ ABSL_GUARDED_BY(mutex_);
};

Client::Client(const Workload& workload, const ClientOptions& options, Connect connect, HistoryWriter& history)
    : workload_(workload), options_(options), connect_(std::move(connect)), history_(history) {}

Client::~Client() {
  stop_.store(true);
  {
    absl::MutexLock lock(&mutex_);
    for (grpc::ClientContext* call : calls_) call->TryCancel();
  }
  for (std::thread& thread : threads_) thread.join();
}

void Client::Start() {
  {
    absl::MutexLock lock(&mutex_);
    making_new_ = true;
    next_batch_at_ = absl::Now();
  }
  for (int i = 0; i < options_.streams; ++i) {
    const uint64_t stream_seed = workload_.seed() * 1'000 + static_cast<uint64_t>(i) + 1;
    threads_.emplace_back([this, stream_seed] { RunStream(stream_seed); });
  }
}

void Client::RunStream(uint64_t stream_seed) {
  uint64_t random = stream_seed;
  while (!stop_.load()) {
    ClientStream stream(*this, random);
    stream.Run();
    if (stop_.load()) return;
    ++broken_streams_;
    absl::SleepFor(kReconnectPause);
  }
}

std::vector<Sending> Client::NextBatch(uint64_t& random) {
  absl::MutexLock lock(&mutex_);
  std::vector<Sending> batch;
  while (!again_.empty() && batch.size() < static_cast<size_t>(options_.batch)) {
    batch.push_back(again_.front());
    again_.pop_front();
  }
  if (!batch.empty()) return batch;
  if (heap_.size() > (making_new_ ? kHeap : 0)) return FromHeap(random);
  if (!making_new_ || exhausted()) return batch;
  const absl::Time now = absl::Now();
  if (now < next_batch_at_) return batch;
  // After an outage the rate is taken up again; what was missed is not caught up with.
  next_batch_at_ =
      std::max(next_batch_at_, now - absl::Milliseconds(100)) + absl::Seconds(1) * options_.batch / options_.rate;
  batch = NewOrders(random);
  if (options_.max_deliveries > 1) {
    for (const Sending& order : batch) {
      const uint64_t deliveries = 1 + Random(random) % static_cast<uint64_t>(options_.max_deliveries);
      heap_.insert(heap_.end(), deliveries, order);
      open_ += deliveries;
    }
    return {};
  }
  open_ += batch.size();
  return batch;
}

std::vector<Sending> Client::FromHeap(uint64_t& random) {
  std::vector<Sending> batch;
  while (!heap_.empty() && batch.size() < static_cast<size_t>(options_.batch)) {
    std::swap(heap_[Random(random) % heap_.size()], heap_.back());
    batch.push_back(heap_.back());
    heap_.pop_back();
  }
  return batch;
}

std::vector<Sending> Client::NewOrders(uint64_t& random) {
  std::vector<Sending> orders;
  const uint64_t first = next_number_.fetch_add(static_cast<uint64_t>(options_.batch));
  for (uint64_t i = 0; i < static_cast<uint64_t>(options_.batch) && first + i <= options_.last_number; ++i) {
    orders.push_back({first + i, false});
    if (Random(random) % 1'000 < static_cast<uint64_t>(options_.duplicates_per_mille)) {
      const uint64_t back = Random(random) % std::min<uint64_t>(first + i + 1, kRecent);
      orders.push_back({first + i - back, false});
    }
  }
  return orders;
}

void Client::AddAgain(const std::vector<Sending>& orders) {
  absl::MutexLock lock(&mutex_);
  again_.insert(again_.end(), orders.begin(), orders.end());
}

void Client::Answered(const std::vector<float>& latencies_ms) {
  verdicts_ += static_cast<int64_t>(latencies_ms.size());
  absl::MutexLock lock(&mutex_);
  open_ -= latencies_ms.size();
  if (latencies_ms_.size() >= kMaxLatencies) latencies_ms_.clear();
  latencies_ms_.insert(latencies_ms_.end(), latencies_ms.begin(), latencies_ms.end());
}

std::vector<float> Client::TakeLatencies() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(latencies_ms_, {});
}

void Client::SetFault(const std::string& fault) {
  absl::MutexLock lock(&mutex_);
  if (fault_.empty()) fault_ = fault;
}

void Client::Register(grpc::ClientContext* call) {
  absl::MutexLock lock(&mutex_);
  calls_.insert(call);
  if (stop_.load()) call->TryCancel();
}

void Client::Unregister(grpc::ClientContext* call) {
  absl::MutexLock lock(&mutex_);
  calls_.erase(call);
}

std::string Client::fault() const {
  absl::MutexLock lock(&mutex_);
  return fault_;
}

absl::Status Client::WaitSettled(absl::Duration limit) {
  absl::MutexLock lock(&mutex_);
  const bool settled = mutex_.AwaitWithTimeout(absl::Condition(this, &Client::Settled), limit);
  if (!fault_.empty()) return absl::InternalError(fault_);
  if (!settled) return absl::DeadlineExceededError(absl::StrCat(open_, " orders have no verdict"));
  return absl::OkStatus();
}

absl::Status Client::Finish(absl::Duration limit) {
  {
    absl::MutexLock lock(&mutex_);
    making_new_ = false;
  }
  return WaitSettled(limit);
}

absl::Status Client::SendAgain(std::vector<Sending> orders, absl::Duration limit) {
  {
    absl::MutexLock lock(&mutex_);
    open_ += orders.size();
    again_.insert(again_.end(), orders.begin(), orders.end());
  }
  return WaitSettled(limit);
}

}  // namespace ordermesh::crash
