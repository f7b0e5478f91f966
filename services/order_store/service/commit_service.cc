#include "services/order_store/service/commit_service.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/common/rpc/status.h"
#include "services/order_store/store/prepared.h"

namespace ordermesh::order_store {
namespace {

using common::v1::OrderVerdict;
using order::v1::CommitOrdersRequest;
using order::v1::CommitOrdersResponse;
using order::v1::CommitResult;
using Stream = rpc::BatchStream<CommitOrdersRequest, CommitOrdersResponse>;

constexpr int kMaxItems = 1'024;

OrderVerdict::Verdict VerdictOf(Decision decision) {
  switch (decision) {
    case Decision::kAccept:
    case Decision::kCreatedBefore:
      return OrderVerdict::CREATED;
    case Decision::kReplayed:
      return OrderVerdict::REPLAYED;
    case Decision::kConflict:
      return OrderVerdict::CONFLICT;
    case Decision::kSequenceReused:
      return OrderVerdict::SEQUENCE_REUSED;
    case Decision::kNotAReplay:
      break;
  }
  return OrderVerdict::VERDICT_UNSPECIFIED;
}

void AnswerItem(const PreparedItem& item, uint32_t shard, CommitResult* result) {
  result->set_tag(item.tag);
  if (item.failed) return;
  if (item.decision == Decision::kNotAReplay) {
    result->set_not_a_replay(true);
    return;
  }
  OrderVerdict* verdict = result->mutable_verdict();
  verdict->set_verdict(VerdictOf(item.decision));
  if (item.decision != Decision::kSequenceReused) {
    verdict->set_order_id(MakeOrderId({shard, item.position}).ToString());
  }
}

// Nothing of a refused group was decided: the client sends it again.
void RefuseAll(PreparedGroup& group) {
  const absl::Status overloaded = rpc::Overloaded("the queue of the order-store");
  for (size_t i = 0; i < group.items.size(); ++i) {
    if (!group.items[i].failed) group.Fail(i, overloaded);
  }
}

}  // namespace

CommitOrdersResponse MakeResponse(PreparedGroup& group, uint32_t shard) {
  CommitOrdersResponse response;
  response.mutable_results()->Reserve(static_cast<int>(group.items.size()));
  for (const PreparedItem& item : group.items) AnswerItem(item, shard, response.add_results());
  for (const auto& [index, status] : group.statuses) {
    *response.mutable_results(static_cast<int>(index))->mutable_status() = ToProto(status);
  }
  for (auto& [index, violations] : group.violations) {
    if (group.items[index].failed) continue;
    response.mutable_results(static_cast<int>(index))->mutable_verdict()->mutable_violations()->Swap(&violations);
  }
  return response;
}

absl::Status CheckMessage(const CommitOrdersRequest& request) {
  if (request.items().empty() || request.items_size() > kMaxItems) return InvalidField("items", "must be 1 to 1,024");
  return absl::OkStatus();
}

grpc::ServerBidiReactor<CommitOrdersRequest, CommitOrdersResponse>* CommitService::CommitOrders(
    grpc::CallbackServerContext*) {
  Stream::Handler handler;
  handler.count = [](const CommitOrdersRequest& request) { return static_cast<size_t>(request.items_size()); };
  handler.on_request = [this](const Stream::Ptr& stream, std::unique_ptr<CommitOrdersRequest> request) {
    OM_RETURN_IF_ERROR(CheckMessage(*request));
    std::shared_ptr<PreparedGroup> group = Prepare(*request);
    const uint32_t shard = store_.shard();
    const bool queued =
        store_.Submit(group, [stream, shard](PreparedGroup& decided) { stream->Send(MakeResponse(decided, shard)); });
    if (!queued) {
      RefuseAll(*group);
      stream->Send(MakeResponse(*group, shard));
    }
    return absl::OkStatus();
  };
  return Stream::Open(std::move(handler), drain_);
}

}  // namespace ordermesh::order_store
