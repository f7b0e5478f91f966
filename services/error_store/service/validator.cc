#include "services/error_store/service/validator.h"

#include <algorithm>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "services/common/rpc/status.h"
#include "services/error_store/domain/errors.h"

namespace ordermesh::error_store {
namespace {

// Validation answers in milliseconds where it is there.
constexpr absl::Duration kLimit = absl::Seconds(5);
// A draft is compiled, and tried on a thousand payloads.
constexpr absl::Duration kDraftLimit = absl::Seconds(20);
// Asked at a time: orders of partners share validation with them.
constexpr size_t kWindow = 16;

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

void Validator::Ask(Request request, Done done) {
  if (validation_ == nullptr) return done(NobodyTriesOut(), {});
  const auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->done = std::move(done);
  call->stub = validation_->Get();
  call->context.set_deadline(absl::ToChronoTime(absl::Now() + kLimit));
  call->stub->async()->DryRun(&call->context, &call->request, &call->response,
                              [this, call](const grpc::Status& status) {
                                if (status.error_code() == grpc::StatusCode::UNAVAILABLE) validation_->Renew();
                                call->done(rpc::FromGrpc(status), std::move(call->response));
                              });
}

absl::Status Validator::AskAll(std::vector<Request> requests, std::vector<Response>* responses) {
  absl::Mutex mutex;
  size_t under_way = 0;
  absl::Status first_failure;
  responses->assign(requests.size(), {});
  const auto has_room = [&under_way] { return under_way < kWindow; };
  const auto is_done = [&under_way] { return under_way == 0; };
  for (size_t i = 0; i < requests.size(); ++i) {
    {
      absl::MutexLock lock(&mutex);
      mutex.Await(absl::Condition(&has_room));
      if (!first_failure.ok()) break;
      ++under_way;
    }
    Ask(std::move(requests[i]), [&, i](const absl::Status& status, Response response) {
      absl::MutexLock lock(&mutex);
      --under_way;
      first_failure.Update(status);
      (*responses)[i] = std::move(response);
    });
  }
  absl::MutexLock lock(&mutex);
  mutex.Await(absl::Condition(&is_done));
  return first_failure;
}

absl::StatusOr<validation::v1::DraftMappingResponse> Validator::Draft(
    const validation::v1::DraftMappingRequest& request) {
  if (validation_ == nullptr) return NobodyTriesOut();
  const auto stub = validation_->Get();
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kDraftLimit));
  validation::v1::DraftMappingResponse response;
  const grpc::Status status = stub->DraftMapping(&context, request, &response);
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) validation_->Renew();
  if (!status.ok()) return rpc::FromGrpc(status);
  return response;
}

}  // namespace ordermesh::error_store
