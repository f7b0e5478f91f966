#include "services/feed/service/receipts.h"

#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"

namespace ordermesh::feed {

void UnaryCall::Refuse(const absl::Status& status, int64_t orders) const {
  VerdictTotals totals;
  totals.Receive(orders);
  totals.Refuse(orders);
  totals.AddTo(*context);
  reactor->Finish(rpc::ToGrpc(status));
}

void UnaryReceipt::Deliver(std::vector<Outcome>& outcomes) {
  common::v1::OrderResult& result = outcomes.front().result;
  VerdictTotals totals;
  totals.Receive(1);
  totals.Count(result);
  totals.AddTo(*call_.context);
  if (result.has_status()) return call_.reactor->Finish(rpc::ToGrpc(FromProto(result.status())));
  response_->Swap(result.mutable_verdict());
  call_.reactor->Finish(grpc::Status::OK);
}

BatchReceipt::BatchReceipt(size_t orders, absl::Time received, const UnaryCall& call,
                           v1::BatchSubmitOrdersResponse* response)
    : Receipt(orders, received), call_(call), response_(response), missing_(orders) {
  for (size_t i = 0; i < orders; ++i) response_->add_results();
  totals_.Receive(static_cast<int64_t>(orders));
}

void BatchReceipt::Deliver(std::vector<Outcome>& outcomes) {
  absl::Status end;
  {
    absl::MutexLock lock(&mutex_);
    for (Outcome& outcome : outcomes) {
      totals_.Count(outcome.result);
      if (outcome.result.has_status()) {
        failure_.Update(FromProto(outcome.result.status()));
        continue;
      }
      response_->mutable_results(static_cast<int>(outcome.index))->Swap(outcome.result.mutable_verdict());
    }
    missing_ -= outcomes.size();
    if (missing_ > 0) return;
    end = failure_;
  }
  *response_->mutable_summary() = totals_.ToSummary();
  totals_.AddTo(*call_.context);
  call_.reactor->Finish(rpc::ToGrpc(end));
}

void StreamReceipt::Deliver(std::vector<Outcome>& outcomes) {
  internal::v1::StreamOrdersResponse response;
  response.mutable_results()->Reserve(static_cast<int>(outcomes.size()));
  for (Outcome& outcome : outcomes) {
    totals_->Count(outcome.result);
    internal::v1::OrderResult* result = response.add_results();
    result->set_tag(tags_[outcome.index]);
    if (outcome.result.has_status()) {
      result->set_status(outcome.result.status().SerializeAsString());
    } else {
      result->mutable_verdict()->Swap(outcome.result.mutable_verdict());
    }
  }
  stream_->Send(std::move(response));
}

}  // namespace ordermesh::feed
