#include "services/error_store/service/review_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "services/common/base/card_data.h"
#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/common/base/limits.h"
#include "services/common/base/normal_order.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/status.h"
#include "services/common/rpc/unary.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/service/actor.h"
#include "services/error_store/store/groups.h"
#include "services/error_store/store/history.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::AddErrorNoteRequest;
using ordermesh::error::v1::AssignErrorRequest;
using ordermesh::error::v1::DiscardErrorRequest;
using ordermesh::error::v1::EditErrorRequest;
using ordermesh::error::v1::ListErrorEditsRequest;
using ordermesh::error::v1::ListErrorEditsResponse;
using ordermesh::error::v1::ListErrorEventsRequest;
using ordermesh::error::v1::ListErrorEventsResponse;
using ordermesh::error::v1::ListErrorGroupsRequest;
using ordermesh::error::v1::ListErrorGroupsResponse;
using ordermesh::error::v1::ReopenErrorRequest;
using ordermesh::error::v1::RetryErrorRequest;
using ordermesh::error::v1::TagErrorRequest;
using ordermesh::error::v1::TryEditRequest;
using ordermesh::error::v1::TryEditResponse;

ReviewRequest Of(ErrorEvent::Action kind, int64_t revision, const std::string& text = "") {
  ReviewRequest request;
  request.action.kind = kind;
  request.action.revision = revision;
  request.action.text = text;
  return request;
}

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const absl::Status& status) {
  auto* const reactor = context->DefaultReactor();
  reactor->Finish(rpc::ToGrpc(status));
  return reactor;
}

// The partner whose errors the caller may see; empty: everybody's.
absl::StatusOr<std::string> PartnerOf(grpc::CallbackServerContext* context) {
  return rpc::VisiblePartner(rpc::IdentityOf(*context), "");
}

absl::Status TakeContent(const EditErrorRequest& edit, ReviewRequest& request) {
  switch (edit.content_case()) {
    case EditErrorRequest::kRawPayload:
      OM_RETURN_IF_ERROR(CheckJsonForCardData("raw_payload", edit.raw_payload()));
      request.raw_payload = edit.raw_payload();
      request.action.payload_sha256 = Sha256(request.raw_payload);
      break;
    case EditErrorRequest::kOrder: {
      OM_RETURN_IF_ERROR(CheckOrderForCardData(edit.order(), ""));
      request.canonical_order = edit.order().SerializeAsString();
      std::string form;
      AppendNormalForm(edit.order(), &form);
      request.action.payload_sha256 = Sha256(form);
      break;
    }
    default:
      return InvalidField("content", "is required: raw_payload or order");
  }
  if (request.raw_payload.size() > kMaxOrderBytes || request.canonical_order.size() > kMaxOrderBytes) {
    return InvalidField(edit.has_order() ? "order" : "raw_payload", "must have at most 1 MiB");
  }
  return absl::OkStatus();
}

}  // namespace

ReviewService::ReviewService(ErrorStore& store, int read_threads, Retrier* retrier, Validator& validator)
    : store_(store), retrier_(retrier), validator_(validator), reads_("review", read_threads) {}

grpc::ServerUnaryReactor* ReviewService::Ask(grpc::CallbackServerContext* context, const std::string& id,
                                             ReviewRequest request, ErrorMessage* response) {
  request.action.actor = ActorOf(*context);
  const auto partner = PartnerOf(context);
  if (!partner.ok()) return Finish(context, partner.status());
  request.partner_id = *partner;
  if (const absl::Status status = CheckAction(request.action); !status.ok()) return Finish(context, status);
  const auto uuid = Uuid::Parse(id);
  if (!uuid.has_value()) return Finish(context, ErrorNotFound());
  request.id = *uuid;
  auto* const reactor = context->DefaultReactor();
  const bool retries = request.retry || request.action.kind == ErrorEvent::RETRIED;
  ReviewBatch batch;
  batch.requests.push_back(std::move(request));
  batch.done = [this, reactor, response, retries, id = *uuid](std::vector<ReviewOutcome> outcomes) {
    ReviewOutcome& outcome = outcomes.front();
    if (outcome.ok() && retries && retrier_ != nullptr) retrier_->Add(id);
    if (outcome.ok()) response->Swap(&*outcome);
    reactor->Finish(rpc::ToGrpc(outcome.status()));
  };
  if (!store_.TryReview(std::move(batch))) reactor->Finish(rpc::ToGrpc(WriterQueueFull()));
  return reactor;
}

grpc::ServerUnaryReactor* ReviewService::AssignError(grpc::CallbackServerContext* context,
                                                     const AssignErrorRequest* request, ErrorMessage* response) {
  const auto kind = request->assignee().empty() ? ErrorEvent::RELEASED : ErrorEvent::ASSIGNED;
  return Ask(context, request->id(), Of(kind, request->revision(), request->assignee()), response);
}

grpc::ServerUnaryReactor* ReviewService::AddErrorNote(grpc::CallbackServerContext* context,
                                                      const AddErrorNoteRequest* request, ErrorMessage* response) {
  return Ask(context, request->id(), Of(ErrorEvent::NOTED, 0, request->note()), response);
}

grpc::ServerUnaryReactor* ReviewService::TagError(grpc::CallbackServerContext* context, const TagErrorRequest* request,
                                                  ErrorMessage* response) {
  ReviewRequest tag = Of(ErrorEvent::TAGGED, request->revision());
  tag.action.add_tags.assign(request->add().begin(), request->add().end());
  tag.action.remove_tags.assign(request->remove().begin(), request->remove().end());
  return Ask(context, request->id(), std::move(tag), response);
}

grpc::ServerUnaryReactor* ReviewService::EditError(grpc::CallbackServerContext* context,
                                                   const EditErrorRequest* request, ErrorMessage* response) {
  ReviewRequest edit = Of(ErrorEvent::EDITED, request->revision(), request->comment());
  edit.retry = request->retry();
  if (const absl::Status status = TakeContent(*request, edit); !status.ok()) return Finish(context, status);
  return Ask(context, request->id(), std::move(edit), response);
}

grpc::ServerUnaryReactor* ReviewService::RetryError(grpc::CallbackServerContext* context,
                                                    const RetryErrorRequest* request, ErrorMessage* response) {
  return Ask(context, request->id(), Of(ErrorEvent::RETRIED, request->revision()), response);
}

grpc::ServerUnaryReactor* ReviewService::DiscardError(grpc::CallbackServerContext* context,
                                                      const DiscardErrorRequest* request, ErrorMessage* response) {
  return Ask(context, request->id(), Of(ErrorEvent::DISCARDED, request->revision(), request->reason()), response);
}

grpc::ServerUnaryReactor* ReviewService::ReopenError(grpc::CallbackServerContext* context,
                                                     const ReopenErrorRequest* request, ErrorMessage* response) {
  return Ask(context, request->id(), Of(ErrorEvent::REOPENED, request->revision()), response);
}

grpc::ServerUnaryReactor* ReviewService::TryEdit(grpc::CallbackServerContext* context, const TryEditRequest* request,
                                                 TryEditResponse* response) {
  auto* const reactor = context->DefaultReactor();
  const auto partner = PartnerOf(context);
  if (!partner.ok()) return Finish(context, partner.status());
  reads_.Run([this, reactor, request, response, partner = *partner] {
    auto dry_run = PayloadToTry(store_.kv(), *request, partner);
    if (!dry_run.ok()) return reactor->Finish(rpc::ToGrpc(dry_run.status()));
    validator_.Ask(*std::move(dry_run), [reactor, response](const absl::Status& status, Validator::Response tried) {
      if (tried.has_order()) response->mutable_order()->Swap(tried.mutable_order());
      response->mutable_violations()->Swap(tried.mutable_violations());
      reactor->Finish(rpc::ToGrpc(status));
    });
  });
  return reactor;
}

grpc::ServerUnaryReactor* ReviewService::ListErrorEdits(grpc::CallbackServerContext* context,
                                                        const ListErrorEditsRequest* request,
                                                        ListErrorEditsResponse* response) {
  return rpc::RunOn(reads_, context, [=, this]() -> absl::Status {
    OM_ASSIGN_OR_RETURN(const std::string partner, PartnerOf(context));
    return ListEdits(store_.kv(), store_.shard(), *request, partner, response);
  });
}

grpc::ServerUnaryReactor* ReviewService::ListErrorEvents(grpc::CallbackServerContext* context,
                                                         const ListErrorEventsRequest* request,
                                                         ListErrorEventsResponse* response) {
  return rpc::RunOn(reads_, context, [=, this]() -> absl::Status {
    OM_ASSIGN_OR_RETURN(const std::string partner,
                        rpc::VisiblePartner(rpc::IdentityOf(*context), request->partner_id()));
    return ListEvents(store_.kv(), store_.shard(), *request, partner, response);
  });
}

grpc::ServerUnaryReactor* ReviewService::ListErrorGroups(grpc::CallbackServerContext* context,
                                                         const ListErrorGroupsRequest* request,
                                                         ListErrorGroupsResponse* response) {
  return rpc::RunOn(reads_, context, [=, this]() -> absl::Status {
    OM_ASSIGN_OR_RETURN(const std::string partner,
                        rpc::VisiblePartner(rpc::IdentityOf(*context), request->partner_id()));
    return ListGroups(store_.kv(), store_.shard(), absl::Now(), *request, partner, response);
  });
}

}  // namespace ordermesh::error_store
