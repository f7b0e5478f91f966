#include "services/error_store/service/repair_service.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/unary.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/service/actor.h"
#include "services/error_store/service/preview.h"
#include "services/error_store/service/proposal.h"
#include "services/error_store/store/history.h"
#include "services/error_store/store/reader.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::CancelJobRequest;
using ordermesh::error::v1::DerivePatchRequest;
using ordermesh::error::v1::GetJobRequest;
using ordermesh::error::v1::ListJobsRequest;
using ordermesh::error::v1::ListJobsResponse;
using ordermesh::error::v1::PreviewJobRequest;
using ordermesh::error::v1::PreviewJobResponse;
using ordermesh::error::v1::ProposeMappingRequest;
using ordermesh::error::v1::ProposeMappingResponse;
using ordermesh::error::v1::StartJobRequest;

// The caller's own partner, where it has one, is in the filter.
absl::Status Narrow(grpc::CallbackServerContext* context, ordermesh::error::v1::ErrorFilter& filter) {
  OM_ASSIGN_OR_RETURN(*filter.mutable_partner_id(),
                      rpc::VisiblePartner(rpc::IdentityOf(*context), filter.partner_id()));
  return absl::OkStatus();
}

absl::StatusOr<JobMessage> VisibleJob(const kv::Kv& kv, const std::string& id, const std::string& visible_partner) {
  OM_ASSIGN_OR_RETURN(auto stored, FindJob(kv, id));
  if (!stored.has_value() || !IsJobOf(visible_partner, stored->job)) return JobNotFound();
  return std::move(stored->job);
}

// A preview as a stream: what is wrong with the request is said as its end.
class PreviewRun {
 public:
  PreviewRun(const ErrorStore& store, Validator& validator, absl::StatusOr<PreviewJobRequest> request)
      : status_(request.ok() ? CheckPreview(*request) : request.status()) {
    if (status_.ok()) preview_ = std::make_unique<Preview>(store, validator, *std::move(request));
  }

  absl::StatusOr<rpc::WatchStep> Next(PreviewJobResponse* response) {
    OM_RETURN_IF_ERROR(status_);
    if (ended_) return rpc::WatchStep::kEnd;
    OM_ASSIGN_OR_RETURN(ended_, preview_->Next(response));
    return rpc::WatchStep::kMessage;
  }

 private:
  const absl::Status status_;
  std::unique_ptr<Preview> preview_;
  bool ended_ = false;
};

}  // namespace

RepairService::RepairService(ErrorStore& store, rpc::WatchHub& hub, rpc::Drain& drain, JobRunner& runner,
                             Validator& validator)
    : store_(store),
      hub_(hub),
      drain_(drain),
      runner_(runner),
      validator_(validator),
      calls_("repair", 2),
      previews_("preview", 1) {}

grpc::ServerUnaryReactor* RepairService::DerivePatch(grpc::CallbackServerContext* context,
                                                     const DerivePatchRequest* request, PatchMessage* response) {
  return rpc::RunOn(calls_, context, [=, this]() -> absl::Status {
    OM_ASSIGN_OR_RETURN(const std::string partner, rpc::VisiblePartner(rpc::IdentityOf(*context), ""));
    OM_ASSIGN_OR_RETURN(*response, PatchOfLastEdit(store_.kv(), request->id(), partner));
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<PreviewJobResponse>* RepairService::PreviewJob(grpc::CallbackServerContext* context,
                                                                        const PreviewJobRequest* request) {
  absl::StatusOr<PreviewJobRequest> narrowed = *request;
  if (const absl::Status status = Narrow(context, *narrowed->mutable_filter()); !status.ok()) narrowed = status;
  auto run = std::make_shared<PreviewRun>(store_, validator_, std::move(narrowed));
  return rpc::WatchStream<PreviewJobResponse>::Open(
      hub_, previews_, drain_, [run](PreviewJobResponse* response) { return run->Next(response); });
}

grpc::ServerUnaryReactor* RepairService::ProposeMapping(grpc::CallbackServerContext* context,
                                                        const ProposeMappingRequest* request,
                                                        ProposeMappingResponse* response) {
  return rpc::RunOn(previews_, context, [=, this]() -> absl::Status {
    ProposeMappingRequest narrowed = *request;
    OM_RETURN_IF_ERROR(Narrow(context, *narrowed.mutable_filter()));
    OM_ASSIGN_OR_RETURN(*response, error_store::ProposeMapping(store_, validator_, narrowed));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* RepairService::StartJob(grpc::CallbackServerContext* context, const StartJobRequest* request,
                                                  JobMessage* response) {
  return rpc::RunOn(calls_, context, [=, this]() -> absl::Status {
    StartJobRequest narrowed = *request;
    OM_RETURN_IF_ERROR(Narrow(context, *narrowed.mutable_filter()));
    return Start(ActorOf(*context), narrowed, response);
  });
}

absl::Status RepairService::Start(const Actor& actor, const StartJobRequest& request, JobMessage* response) {
  const std::string id = MakeJobId(actor.subject, request.request_id()).ToString();
  OM_ASSIGN_OR_RETURN(auto started, FindJob(store_.kv(), id));
  if (started.has_value()) {
    if (!IsSameJob(request, started->job)) return RequestIdReused();
    response->Swap(&started->job);
    return absl::OkStatus();
  }
  OM_ASSIGN_OR_RETURN(const ErrorFilter filter, FilterOf(request.filter()));
  const auto snapshot = store_.kv().NewSnapshot();
  OM_ASSIGN_OR_RETURN(const int64_t end, LastPosition(store_.kv(), snapshot.get()));
  OM_ASSIGN_OR_RETURN(const int64_t matched, CountMatching(store_.kv(), filter, snapshot.get()));
  JobRequest begin;
  begin.kind = JobRequest::Kind::kBegin;
  begin.actor = actor;
  OM_ASSIGN_OR_RETURN(begin.job, BeginJob(request, actor, absl::Now(), matched, end));
  OM_ASSIGN_OR_RETURN(JobTurn begun, store_.DoJob(std::move(begin)));
  runner_.Wake();
  response->Swap(&begun.job);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* RepairService::GetJob(grpc::CallbackServerContext* context, const GetJobRequest* request,
                                                JobMessage* response) {
  return rpc::RunOn(calls_, context, [=, this]() -> absl::Status {
    OM_ASSIGN_OR_RETURN(const std::string partner, rpc::VisiblePartner(rpc::IdentityOf(*context), ""));
    OM_ASSIGN_OR_RETURN(*response, VisibleJob(store_.kv(), request->id(), partner));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* RepairService::ListJobs(grpc::CallbackServerContext* context, const ListJobsRequest* request,
                                                  ListJobsResponse* response) {
  return rpc::RunOn(calls_, context, [=, this]() -> absl::Status {
    OM_ASSIGN_OR_RETURN(const std::string partner, rpc::VisiblePartner(rpc::IdentityOf(*context), ""));
    return error_store::ListJobs(store_.kv(), store_.shard(), *request, partner, response);
  });
}

grpc::ServerUnaryReactor* RepairService::CancelJob(grpc::CallbackServerContext* context,
                                                   const CancelJobRequest* request, JobMessage* response) {
  return rpc::RunOn(calls_, context, [=, this]() -> absl::Status {
    OM_ASSIGN_OR_RETURN(const std::string partner, rpc::VisiblePartner(rpc::IdentityOf(*context), ""));
    JobRequest cancel;
    cancel.kind = JobRequest::Kind::kCancel;
    cancel.actor = ActorOf(*context);
    OM_ASSIGN_OR_RETURN(cancel.job, VisibleJob(store_.kv(), request->id(), partner));
    OM_ASSIGN_OR_RETURN(JobTurn cancelled, store_.DoJob(std::move(cancel)));
    response->Swap(&cancelled.job);
    return absl::OkStatus();
  });
}

}  // namespace ordermesh::error_store
