#include "services/validation/service/router.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/ids.h"

namespace ordermesh::validation {
namespace {

using common::v1::OrderVerdict;

// A rejected order waits this long for an error-store that is away; then its sender is told to send it again, so that
// valid orders behind it keep their place in the window.
constexpr absl::Duration kErrorStoreWait = absl::Seconds(1);
constexpr absl::Duration kOrderStoreWait = absl::Seconds(4);

rpc::DispatcherOptions StoreOptions(const char* name, const std::string& address, const rpc::ChannelOptions& channel,
                                    absl::Duration max_wait) {
  rpc::DispatcherOptions options;
  options.name = name;
  options.addresses = {address};
  options.channel = channel;
  options.max_wait = max_wait;
  return options;
}

OrderVerdict RejectedVerdict(const error::v1::OrderError& error) {
  OrderVerdict verdict;
  verdict.set_verdict(OrderVerdict::REJECTED);
  *verdict.mutable_violations() = error.violations();
  return verdict;
}

}  // namespace

void Departures::Add(const std::string& partner_id, const Waiter& waiter, Examined examined, int32_t error_ttl_days) {
  auto& commits = commits_[ShardOf(partner_id, static_cast<uint32_t>(commits_.size()))];
  if (auto* commit = std::get_if<ToCommit>(&examined)) {
    commits.push_back({std::move(commit->item), {waiter, nullptr, error_ttl_days}});
  } else if (auto* ask = std::get_if<ToAsk>(&examined)) {
    ask->error->set_ttl_days(error_ttl_days);
    commits.push_back({std::move(ask->question), {waiter, std::move(ask->error), error_ttl_days}});
  } else if (auto* refuse = std::get_if<ToRefuse>(&examined)) {
    Refuse(waiter, refuse->status);
  } else {
    ErrorPtr error = std::move(std::get<ToKeep>(examined).error);
    error->set_ttl_days(error_ttl_days);
    const OrderVerdict verdict = RejectedVerdict(error->error());
    Keep(waiter, std::move(error), verdict);
  }
}

void Departures::Keep(const Waiter& waiter, ErrorPtr error, const OrderVerdict& verdict) {
  if (waiter.retry) {
    common::v1::OrderResult result;
    *result.mutable_verdict() = verdict;
    return Answer(waiter, std::move(result));
  }
  auto& errors = errors_[ShardOf(error->error().partner_id(), static_cast<uint32_t>(errors_.size()))];
  errors.push_back({std::move(error), {waiter, std::make_unique<OrderVerdict>(verdict)}});
}

void Departures::Refuse(const Waiter& waiter, const absl::Status& status) {
  common::v1::OrderResult result;
  *result.mutable_status() = ToProto(status);
  Answer(waiter, std::move(result));
}

void Departures::Answer(const Waiter& waiter, common::v1::OrderResult result) {
  // Answers of one stream mostly come in a row.
  if (ready_.empty() || ready_.back().stream != waiter.stream) ready_.push_back({waiter.stream, {}});
  result.set_tag(waiter.tag);
  ready_.back().response.add_results()->Swap(&result);
}

Router::Router(const RouterOptions& options) {
  for (const std::string& address : options.error_stores) {
    error_stores_.push_back(
        std::make_unique<ErrorStore>(StoreOptions("error-store", address, options.error_channel, kErrorStoreWait),
                                     [this](auto& answers) { OnErrorAnswers(answers); }));
  }
  for (const std::string& address : options.order_stores) {
    order_stores_.push_back(
        std::make_unique<OrderStore>(StoreOptions("order-store", address, options.order_channel, kOrderStoreWait),
                                     [this](auto& answers) { OnCommitAnswers(answers); }));
  }
}

void Router::Send(Departures& departures) {
  for (size_t shard = 0; shard < order_stores_.size(); ++shard) {
    auto& commits = departures.commits_[shard];
    if (!commits.empty()) order_stores_[shard]->Submit(commits);
    for (auto& left : commits) departures.Refuse(left.context.waiter, rpc::Overloaded("the queue to the order-store"));
  }
  for (size_t shard = 0; shard < error_stores_.size(); ++shard) {
    auto& errors = departures.errors_[shard];
    if (!errors.empty()) error_stores_[shard]->Submit(errors);
    for (auto& left : errors) departures.Refuse(left.context.waiter, rpc::Overloaded("the queue to the error-store"));
  }
  for (auto& ready : departures.ready_) ready.stream->Send(std::move(ready.response));
}

void Router::OnCommitAnswers(std::vector<OrderStore::Answer>& answers) {
  Departures departures(*this);
  for (auto& answer : answers) {
    CommitContext& context = answer.context;
    common::v1::OrderResult result;
    switch (answer.result.result_case()) {
      case order::v1::CommitResult::kVerdict: {
        OrderVerdict& verdict = *answer.result.mutable_verdict();
        if (verdict.verdict() == OrderVerdict::CONFLICT || verdict.verdict() == OrderVerdict::SEQUENCE_REUSED) {
          ErrorPtr error = RefusedError(*answer.item, verdict);
          error->set_ttl_days(context.error_ttl_days);
          departures.Keep(context.waiter, std::move(error), verdict);
          continue;
        }
        result.set_allocated_verdict(answer.result.release_verdict());
        break;
      }
      case order::v1::CommitResult::kNotAReplay: {
        const OrderVerdict verdict = RejectedVerdict(context.error->error());
        departures.Keep(context.waiter, std::move(context.error), verdict);
        continue;
      }
      default:
        result.set_allocated_status(answer.result.release_status());
    }
    departures.Answer(context.waiter, std::move(result));
  }
  Send(departures);
}

void Router::OnErrorAnswers(std::vector<ErrorStore::Answer>& answers) {
  Departures departures(*this);
  for (auto& answer : answers) {
    common::v1::OrderResult result;
    if (answer.result.has_kept()) {
      answer.context.verdict->set_error_id(answer.result.kept().error_id());
      result.set_allocated_verdict(answer.context.verdict.release());
    } else {
      result.set_allocated_status(answer.result.release_status());
    }
    departures.Answer(answer.context.waiter, std::move(result));
  }
  Send(departures);
}

}  // namespace ordermesh::validation
