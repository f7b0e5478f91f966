#include "tests/sim/feed_node.h"

#include <utility>

#include "services/common/base/errors.h"

namespace ordermesh::sim {
namespace {

using common::v1::OrderResult;
using validation::v1::InboundOrder;

constexpr int64_t kDeadlineUs = 5'000'000;

void Answer(Delivery& delivery, const OrderResult* result) {
  if (std::exchange(delivery.answered, true)) return;
  delivery.on_result(result);
}

}  // namespace

void ValidateTraits::Append(Request& request, std::unique_ptr<Item> item, const Context& delivery) {
  const int groups = request.groups_size();
  auto* group = groups > 0 ? request.mutable_groups(groups - 1) : nullptr;
  if (group == nullptr || group->partner_id() != delivery->partner_id) {
    group = request.add_groups();
    group->set_partner_id(delivery->partner_id);
  }
  group->mutable_orders()->AddAllocated(item.release());
}

FeedNode::FeedNode(Context& context, std::vector<ValidationPeer*> validations, std::vector<Network*> networks)
    : context_(context), validations_(std::move(validations)), networks_(std::move(networks)), hop_(NewHop()) {}

std::unique_ptr<FeedNode::ValidationHop> FeedNode::NewHop() {
  HopOptions options;
  options.name = "feed";
  options.max_wait = absl::Seconds(5);
  options.isolate_suspects = true;
  return std::make_unique<ValidationHop>(context_, std::move(options), validations_, networks_,
                                         [this](std::vector<ValidationHop::Answer>& answers) { OnAnswers(answers); });
}

Uuid FeedNode::Take(std::string partner_id, std::unique_ptr<InboundOrder> order, OnResult on_result) {
  const Uuid ingest_id = MakeUuidV7(context_.scheduler.now_us() / 1'000, context_.rng.Next(), context_.rng.Next());
  order->set_ingest_id_high(ingest_id.high);
  order->set_ingest_id_low(ingest_id.low);
  auto delivery = std::make_shared<Delivery>();
  delivery->partner_id = std::move(partner_id);
  delivery->on_result = std::move(on_result);
  deliveries_.push_back(delivery);
  context_.scheduler.After(kDeadlineUs, [delivery] { Answer(*delivery, nullptr); });
  Submit(std::move(order), delivery);
  return ingest_id;
}

void FeedNode::Submit(std::unique_ptr<InboundOrder> order, const DeliveryPtr& delivery) {
  std::vector<ValidationHop::Submission> batch(1);
  batch[0].item = std::move(order);
  batch[0].context = delivery;
  hop_->Submit(batch);
  if (!batch.empty()) Answer(*delivery, nullptr);
}

void FeedNode::Crash() {
  context_.coverage.Hit(Point::kFeedKilled);
  context_.Note("feed dies");
  ++incarnation_;
  breaks_ = breaks();
  hop_ = nullptr;
  const auto deliveries = std::exchange(deliveries_, {});
  hop_ = NewHop();
  for (const auto& weak : deliveries) {
    if (const auto delivery = weak.lock()) Answer(*delivery, nullptr);
  }
}

void FeedNode::OnAnswers(std::vector<ValidationHop::Answer>& answers) {
  for (auto& answer : answers) {
    if (answer.result.has_status() && RetryLater(answer)) continue;
    Answer(*answer.context, &answer.result);
  }
}

bool FeedNode::RetryLater(ValidationHop::Answer& answer) {
  const auto delay = RetryDelayOf(FromProto(answer.result.status()));
  if (!delay.has_value() || answer.context->answered) return false;
  context_.coverage.Hit(Point::kRetriedInside);
  auto order = std::make_shared<InboundOrder>();
  order->Swap(answer.item);
  const auto again = [this, incarnation = incarnation_, order, delivery = answer.context] {
    if (delivery->answered || incarnation != incarnation_) return;
    Submit(std::make_unique<InboundOrder>(*order), delivery);
  };
  context_.scheduler.After(absl::ToInt64Microseconds(*delay), again);
  return true;
}

}  // namespace ordermesh::sim
