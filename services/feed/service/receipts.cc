#include "services/feed/service/receipts.h"

#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"

namespace ordermesh::feed {

using common::v1::OrderVerdict;

void UnaryReceipt::Deliver(std::vector<Outcome>& outcomes) {
  common::v1::OrderResult& result = outcomes.front().result;
  if (result.has_status()) return reactor_->Finish(rpc::ToGrpc(FromProto(result.status())));
  response_->Swap(result.mutable_verdict());
  reactor_->Finish(grpc::Status::OK);
}

BatchReceipt::BatchReceipt(size_t orders, absl::Time received, v1::BatchSubmitOrdersResponse* response,
                           grpc::ServerUnaryReactor* reactor)
    : Receipt(orders, received), response_(response), reactor_(reactor), missing_(orders) {
  for (size_t i = 0; i < orders; ++i) response_->add_results();
  response_->mutable_summary()->set_received(static_cast<int64_t>(orders));
}

void BatchReceipt::Deliver(std::vector<Outcome>& outcomes) {
  absl::Status end;
  {
    absl::MutexLock lock(&mutex_);
    for (Outcome& outcome : outcomes) {
      if (outcome.result.has_status()) {
        failure_.Update(FromProto(outcome.result.status()));
        continue;
      }
      CountVerdict(outcome.result.verdict().verdict(), response_->mutable_summary());
      response_->mutable_results(static_cast<int>(outcome.index))->Swap(outcome.result.mutable_verdict());
    }
    missing_ -= outcomes.size();
    if (missing_ > 0) return;
    end = failure_;
  }
  reactor_->Finish(rpc::ToGrpc(end));
}

void StreamReceipt::Deliver(std::vector<Outcome>& outcomes) {
  v1::StreamOrdersResponse response;
  response.mutable_results()->Reserve(static_cast<int>(outcomes.size()));
  for (Outcome& outcome : outcomes) {
    common::v1::OrderResult* result = response.add_results();
    result->Swap(&outcome.result);
    result->set_tag(tags_[outcome.index]);
  }
  stream_->Send(std::move(response));
}

void CountVerdict(OrderVerdict::Verdict verdict, common::v1::VerdictSummary* summary) {
  switch (verdict) {
    case OrderVerdict::CREATED:
      return summary->set_created(summary->created() + 1);
    case OrderVerdict::REPLAYED:
      return summary->set_replayed(summary->replayed() + 1);
    case OrderVerdict::CONFLICT:
      return summary->set_conflicts(summary->conflicts() + 1);
    case OrderVerdict::SEQUENCE_REUSED:
      return summary->set_sequence_reused(summary->sequence_reused() + 1);
    case OrderVerdict::REJECTED:
      return summary->set_rejected(summary->rejected() + 1);
    default:
      OM_CHECK(false && "a result without a verdict");
  }
}

}  // namespace ordermesh::feed
