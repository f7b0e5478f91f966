#include "services/feed/service/inlet.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/telemetry/metrics.h"
#include "services/feed/service/feed_metrics.h"

namespace ordermesh::feed {
namespace {

// Left for the answer's way back to a client that set a short deadline.
constexpr absl::Duration kAnswerTime = absl::Milliseconds(50);
constexpr absl::Duration kRetryAfterDeadline = absl::Milliseconds(500);
// Orders that wait or are under way, of all clients.
constexpr size_t kMaxOrders = 4 * kStreamWindowOrders;

absl::Status NoVerdict() {
  return WithRetry(Refusal(absl::StatusCode::kUnavailable, "NO_VERDICT",
                           "no verdict within the deadline; the outcome is unknown, sending again is safe"),
                   kRetryAfterDeadline);
}

// So many orders are refused.
absl::Status QueueFull(size_t orders) {
  Metrics().refused.Increment(static_cast<double>(orders));
  return rpc::Overloaded("the feed's queue");
}

rpc::DispatcherOptions ToDispatcherOptions(const InletOptions& options) {
  rpc::DispatcherOptions result;
  result.name = "validation";
  result.addresses = options.validations;
  result.channel = options.channel;
  result.max_wait = options.deadline;
  result.max_items = kMaxOrders;
  result.isolate_suspects = true;
  return result;
}

}  // namespace

void ValidateOrdersTraits::Append(Request& request, std::unique_ptr<Item> item, const Ticket& ticket) {
  const int groups = request.groups_size();
  auto* group = groups > 0 ? request.mutable_groups(groups - 1) : nullptr;
  if (group == nullptr || group->partner_id() != *ticket.partner_id) {
    group = request.add_groups();
    group->set_partner_id(*ticket.partner_id);
  }
  group->mutable_orders()->AddAllocated(item.release());
}

Inlet::Inlet(const InletOptions& options)
    : options_(options),
      validations_(ToDispatcherOptions(options), [this](std::vector<Validations::Answer>& a) { OnAnswers(a); }) {}

absl::Status Inlet::CheckRoom(int orders) const {
  return validations_.items() >= kMaxOrders ? QueueFull(static_cast<size_t>(orders)) : absl::OkStatus();
}

absl::Time Inlet::GiveUpAt(absl::Time received, absl::Time client_deadline) const {
  const absl::Time latest = received + options_.deadline;
  const absl::Duration allowed = client_deadline - received;
  if (client_deadline >= latest) return latest;
  return received + std::max(allowed - kAnswerTime, allowed / 2);
}

void Inlet::Take(const std::shared_ptr<Receipt>& receipt, std::string partner_id, Inbound orders, absl::Time give_up) {
  timer_.RunAt(give_up, [weak = std::weak_ptr<Receipt>(receipt)] {
    if (const auto late = weak.lock()) late->AnswerRest(NoVerdict());
  });
  const auto partner = std::make_shared<const std::string>(std::move(partner_id));
  std::vector<Validations::Submission> batch(orders.size());
  for (uint32_t i = 0; i < orders.size(); ++i) {
    batch[i].item = std::move(orders[i]);
    batch[i].context = {receipt, i, partner};
  }
  Submit(std::move(batch));
}

void Inlet::Submit(std::vector<Validations::Submission> batch) {
  validations_.Submit(batch);
  if (batch.empty()) return;
  // What did not fit belongs to one message, or is one order that is tried again.
  const auto full = ToProto(QueueFull(batch.size()));
  std::vector<Outcome> outcomes(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    outcomes[i].index = batch[i].context.index;
    *outcomes[i].result.mutable_status() = full;
  }
  batch.front().context.receipt->Answer(outcomes);
}

void Inlet::OnAnswers(std::vector<Validations::Answer>& answers) {
  std::vector<Outcome> outcomes;
  const absl::Time now = absl::Now();
  VerdictCounts counts;
  for (size_t i = 0; i < answers.size();) {
    const std::shared_ptr<Receipt> receipt = answers[i].context.receipt;
    outcomes.clear();
    // Answers to one message mostly come together: pass them on together.
    for (; i < answers.size() && answers[i].context.receipt == receipt; ++i) {
      if (answers[i].result.has_status() && RetryLater(answers[i])) continue;
      counts.Add(answers[i].result);
      outcomes.emplace_back();
      outcomes.back().index = answers[i].context.index;
      outcomes.back().result.Swap(&answers[i].result);
    }
    Metrics().seconds.Observe(absl::ToDoubleSeconds(now - receipt->received()));
    receipt->Answer(outcomes);
  }
  counts.Flush();
}

bool Inlet::RetryLater(Validations::Answer& answer) {
  const auto delay = RetryDelayOf(FromProto(answer.result.status()));
  if (!delay.has_value() || !answer.context.receipt->RetriesInside()) return false;
  auto again = std::make_shared<Validations::Submission>();
  again->item = std::make_unique<validation::v1::InboundOrder>();
  again->item->Swap(answer.item);
  again->context = answer.context;
  timer_.RunAt(absl::Now() + *delay, [this, again] {
    if (again->context.receipt->IsAnswered(again->context.index)) return;
    std::vector<Validations::Submission> batch;
    batch.push_back(std::move(*again));
    Submit(std::move(batch));
  });
  return true;
}

}  // namespace ordermesh::feed
