#include "services/error_store/service/validator.h"

#include <utility>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/blocking_call.h"
#include "services/common/rpc/status.h"
#include "services/error_store/domain/errors.h"

namespace ordermesh::error_store {
namespace {

// Validation answers in milliseconds where it is there.
constexpr absl::Duration kLimit = absl::Seconds(5);
// A draft is compiled, and tried on a thousand payloads.
constexpr absl::Duration kDraftLimit = absl::Seconds(20);
// Asked at a time, in one call, the next when it is answered: orders of partners share validation with them.
constexpr size_t kMostTogether = 16;
constexpr size_t kMostBytes = 1 << 20;

struct Call {
  grpc::ClientContext context;
  Validator::Request request;
  Validator::Response response;
  Validator::Done done;
  std::shared_ptr<validation::v1::ValidationService::Stub> stub;
};

}  // namespace

Validator::Validator(const std::string& address, const rpc::ChannelOptions& channel) {
  if (address.empty()) return;
  validation_ = std::make_unique<rpc::FreshStub<validation::v1::ValidationService>>(address, channel);
}

absl::Status Validator::Ended(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) validation_->Renew();
  return rpc::FromGrpc(status);
}

void Validator::Ask(Request request, Done done) {
  if (validation_ == nullptr) return done(NobodyTriesOut(), {});
  const auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->done = std::move(done);
  call->stub = validation_->Get();
  call->context.set_deadline(absl::ToChronoTime(absl::Now() + kLimit));
  call->stub->async()->DryRun(
      &call->context, &call->request, &call->response,
      [this, call](const grpc::Status& status) { call->done(Ended(status), std::move(call->response)); });
}

absl::Status Validator::AskAll(std::vector<Request> requests, std::vector<Response>* responses) {
  responses->clear();
  if (requests.empty()) return absl::OkStatus();
  if (validation_ == nullptr) return NobodyTriesOut();
  for (size_t next = 0; next < requests.size();) {
    validation::v1::BatchDryRunRequest batch;
    for (size_t bytes = 0;
         next < requests.size() && bytes < kMostBytes && static_cast<size_t>(batch.requests_size()) < kMostTogether;
         ++next) {
      bytes += requests[next].ByteSizeLong();
      batch.add_requests()->Swap(&requests[next]);
    }
    const auto stub = validation_->Get();
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kLimit));
    validation::v1::BatchDryRunResponse answer;
    OM_RETURN_IF_ERROR(Ended(
        rpc::BlockingCall([&](auto done) { stub->async()->BatchDryRun(&context, &batch, &answer, std::move(done)); })));
    for (Response& response : *answer.mutable_responses()) responses->push_back(std::move(response));
  }
  if (responses->size() != requests.size())
    return absl::InternalError("validation answered another number of payloads");
  return absl::OkStatus();
}

absl::StatusOr<validation::v1::DraftMappingResponse> Validator::Draft(
    const validation::v1::DraftMappingRequest& request) {
  if (validation_ == nullptr) return NobodyTriesOut();
  const auto stub = validation_->Get();
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kDraftLimit));
  validation::v1::DraftMappingResponse response;
  OM_RETURN_IF_ERROR(Ended(rpc::BlockingCall(
      [&](auto done) { stub->async()->DraftMapping(&context, &request, &response, std::move(done)); })));
  return response;
}

}  // namespace ordermesh::error_store
