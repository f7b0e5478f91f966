#include "tests/sim/validation_node.h"

#include <utility>

#include "absl/strings/match.h"
#include "services/common/base/errors.h"

namespace ordermesh::sim {
namespace {

using common::v1::OrderResult;
using common::v1::OrderVerdict;
using validation::v1::ValidateOrdersResponse;

OrderVerdict RejectedVerdict(const error::v1::OrderError& error) {
  OrderVerdict verdict;
  verdict.set_verdict(OrderVerdict::REJECTED);
  *verdict.mutable_violations() = error.violations();
  return verdict;
}

HopOptions OptionsOf(std::string name, absl::Duration max_wait) {
  HopOptions options;
  options.name = std::move(name);
  options.max_wait = max_wait;
  return options;
}

}  // namespace

ValidationNode::ValidationNode(Context& context, std::string name, OrderPeer& orders, Network& to_orders,
                               ErrorPeer& errors, Network& to_errors)
    : context_(context),
      name_(std::move(name)),
      orders_(orders),
      to_orders_(to_orders),
      errors_(errors),
      to_errors_(to_errors) {}

void ValidationNode::Start() {
  alive_ = true;
  ++incarnation_;
  context_.Note(name_, " starts");
  // The waits are those of services/validation/service/router.cc.
  error_hop_ = std::make_unique<ErrorHop>(context_, OptionsOf(name_ + " to error-store", absl::Seconds(1)),
                                          std::vector<ErrorPeer*>{&errors_}, std::vector<Network*>{&to_errors_},
                                          [this](std::vector<ErrorHop::Answer>& answers) { OnErrorAnswers(answers); });
  order_hop_ = std::make_unique<OrderHop>(context_, OptionsOf(name_ + " to order-store", absl::Seconds(4)),
                                          std::vector<OrderPeer*>{&orders_}, std::vector<Network*>{&to_orders_},
                                          [this](std::vector<OrderHop::Answer>& answers) { OnCommitAnswers(answers); });
}

void ValidationNode::Kill() {
  if (!std::exchange(alive_, false)) return;
  ++deaths_;
  context_.coverage.Hit(Point::kValidationKilled);
  context_.Note(name_, " dies");
}

void ValidationNode::Bury() {
  order_hop_ = nullptr;
  error_hop_ = nullptr;
}

void ValidationNode::Receive(validation::v1::ValidateOrdersRequest request, Reply reply) {
  const auto shared = std::make_shared<Reply>(std::move(reply));
  std::vector<std::pair<Waiter, validation::Examined>> examined;
  for (auto& group : *request.mutable_groups()) {
    const validation::PartnerPlan& plan = PlanOf(group.partner_id(), tight);
    for (auto& inbound : *group.mutable_orders()) {
      const Waiter waiter{shared, inbound.tag()};
      if (inbound.park()) {
        examined.emplace_back(waiter, validation::Park(group.partner_id(), inbound));
        continue;
      }
      if (absl::StrContains(inbound.raw_payload(), kPoisonMark)) return Kill();
      examined.emplace_back(waiter, validation::Examine(plan, inbound, context_.scheduler.now(), scratch_));
    }
  }
  // A message's orders leave together, after all of them were examined.
  for (auto& [waiter, outcome] : examined) Route(waiter, std::move(outcome));
}

void ValidationNode::Route(const Waiter& waiter, validation::Examined examined) {
  std::vector<OrderHop::Submission> commits;
  if (auto* commit = std::get_if<validation::ToCommit>(&examined)) {
    commits.push_back({std::move(commit->item), {waiter, nullptr}});
  } else if (auto* ask = std::get_if<validation::ToAsk>(&examined)) {
    commits.push_back({std::move(ask->question), {waiter, std::move(ask->error)}});
  } else {
    validation::ErrorPtr error = std::move(std::get<validation::ToKeep>(examined).error);
    const OrderVerdict verdict = RejectedVerdict(error->error());
    return Keep(waiter, std::move(error), verdict);
  }
  order_hop_->Submit(commits);
  OM_CHECK(commits.empty());
}

void ValidationNode::Keep(const Waiter& waiter, validation::ErrorPtr error, const OrderVerdict& verdict) {
  std::vector<ErrorHop::Submission> errors;
  errors.push_back({std::move(error), {waiter, std::make_shared<OrderVerdict>(verdict)}});
  error_hop_->Submit(errors);
  OM_CHECK(errors.empty());
}

void ValidationNode::OnCommitAnswers(std::vector<OrderHop::Answer>& answers) {
  if (!alive_) return;
  for (auto& answer : answers) {
    CommitContext& context = answer.context;
    OrderResult result;
    switch (answer.result.result_case()) {
      case order::v1::CommitResult::kVerdict: {
        const OrderVerdict& verdict = answer.result.verdict();
        if (verdict.verdict() == OrderVerdict::CONFLICT || verdict.verdict() == OrderVerdict::SEQUENCE_REUSED) {
          Keep(context.waiter, validation::RefusedError(*answer.item, verdict), verdict);
          continue;
        }
        *result.mutable_verdict() = verdict;
        break;
      }
      case order::v1::CommitResult::kNotAReplay: {
        const OrderVerdict verdict = RejectedVerdict(context.error->error());
        Keep(context.waiter, std::move(context.error), verdict);
        continue;
      }
      default:
        *result.mutable_status() = answer.result.status();
    }
    Answer(context.waiter, std::move(result));
  }
}

void ValidationNode::OnErrorAnswers(std::vector<ErrorHop::Answer>& answers) {
  if (!alive_) return;
  for (auto& answer : answers) {
    OrderResult result;
    if (answer.result.has_kept()) {
      *result.mutable_verdict() = *answer.context.verdict;
      result.mutable_verdict()->set_error_id(answer.result.kept().error_id());
    } else {
      *result.mutable_status() = answer.result.status();
    }
    Answer(answer.context.waiter, std::move(result));
  }
}

void ValidationNode::Answer(const Waiter& waiter, OrderResult result) {
  ValidateOrdersResponse response;
  result.set_tag(waiter.tag);
  response.add_results()->Swap(&result);
  (*waiter.reply)(std::move(response));
}

}  // namespace ordermesh::sim
