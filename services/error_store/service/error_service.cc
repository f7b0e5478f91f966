#include "services/error_store/service/error_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/unary.h"
#include "services/common/telemetry/metrics.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/auditor.h"
#include "services/error_store/store/exporter.h"
#include "services/error_store/store/lister.h"
#include "services/error_store/store/reader.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::common::v1::AuditRequest;
using ordermesh::common::v1::AuditResponse;
using ordermesh::common::v1::ExportChunk;
using ordermesh::common::v1::ExportFormat;
using ordermesh::error::v1::ErrorStats;
using ordermesh::error::v1::ExportErrorsRequest;
using ordermesh::error::v1::GetErrorRequest;
using ordermesh::error::v1::GetErrorStatsRequest;
using ordermesh::error::v1::ListErrorDeliveriesRequest;
using ordermesh::error::v1::ListErrorDeliveriesResponse;
using ordermesh::error::v1::ListErrorsRequest;
using ordermesh::error::v1::ListErrorsResponse;
using ordermesh::error::v1::WatchErrorsRequest;
using ordermesh::error::v1::WatchErrorsResponse;

constexpr int kAuditRowsPerMessage = 4'096;

// `identity` narrows the watch to the partner that may see it.
absl::StatusOr<FeedPosition> WatchFrom(const WatchErrorsRequest& request, const std::optional<rpc::Identity>& identity,
                                       int64_t end) {
  OM_ASSIGN_OR_RETURN(const std::string partner_id, rpc::VisiblePartner(identity, request.partner_id()));
  if (request.max_batch() < 0 || request.max_batch() > kMaxWatchBatch) {
    return InvalidField("max_batch", "must be 0 to 1,000");
  }
  FeedPosition from{.after = request.from_end() ? end : request.after_position(),
                    .partner_id = partner_id,
                    .max_errors = request.max_batch() == 0 ? kDefaultWatchBatch : request.max_batch()};
  if (from.after < 0) return InvalidField("after_position", "must not be negative");
  if (from.after > end) return WatchPastEnd(from.after, end);
  return from;
}

// One watch: where it stands. Counted among the watchers while it lives.
class Watch {
 public:
  Watch(const ErrorStore& store, absl::StatusOr<FeedPosition> from, prometheus::Gauge& watchers)
      : store_(store), from_(std::move(from)), watchers_(watchers) {
    watchers_.Increment();
  }
  ~Watch() { watchers_.Decrement(); }

  absl::StatusOr<rpc::WatchStep> Next(WatchErrorsResponse* response) {
    OM_RETURN_IF_ERROR(from_.status());
    const int64_t end = store_.end();
    if (from_->after == end) {
      response->set_position(end);
      return rpc::WatchStep::kHeartbeat;
    }
    OM_RETURN_IF_ERROR(ReadFeed(store_.kv(), *from_, end, response));
    from_->after = response->position();
    return rpc::WatchStep::kMessage;
  }

 private:
  const ErrorStore& store_;
  absl::StatusOr<FeedPosition> from_;
  prometheus::Gauge& watchers_;
};

// One audit: progress messages, then the report, then the end.
class AuditRun {
 public:
  AuditRun(const ErrorStore& store, bool rebuild) : auditor_(store.kv(), store.shard(), rebuild) {}

  absl::StatusOr<rpc::WatchStep> Next(AuditResponse* response) {
    if (reported_) return rpc::WatchStep::kEnd;
    OM_ASSIGN_OR_RETURN(reported_, auditor_.Step(kAuditRowsPerMessage));
    response->set_rows_read(auditor_.report().rows());
    response->set_rows_total(auditor_.rows_total());
    if (reported_) *response->mutable_report() = auditor_.report();
    return rpc::WatchStep::kMessage;
  }

 private:
  Auditor auditor_;
  bool reported_ = false;
};

// One export: lines, then the end.
class ExportRun {
 public:
  ExportRun(const ErrorStore& store, const absl::StatusOr<ErrorFilter>& filter, ExportFormat format)
      : status_(filter.status()) {
    if (filter.ok()) exporter_ = std::make_unique<Exporter>(store.kv(), *filter, format);
  }

  absl::StatusOr<rpc::WatchStep> Next(ExportChunk* chunk) {
    OM_RETURN_IF_ERROR(status_);
    OM_ASSIGN_OR_RETURN(const bool more, exporter_->Next(chunk));
    return more ? rpc::WatchStep::kMessage : rpc::WatchStep::kEnd;
  }

 private:
  const absl::Status status_;
  std::unique_ptr<Exporter> exporter_;
};

absl::StatusOr<ErrorFilter> ExportFilter(const ExportErrorsRequest& request,
                                         const std::optional<rpc::Identity>& identity) {
  ExportErrorsRequest narrowed = request;
  OM_ASSIGN_OR_RETURN(*narrowed.mutable_partner_id(), rpc::VisiblePartner(identity, request.partner_id()));
  return FilterOf(narrowed);
}

}  // namespace

ErrorService::ErrorService(const ErrorStore& store, rpc::WatchHub& hub, rpc::Drain& drain, int read_threads)
    : store_(store),
      hub_(hub),
      drain_(drain),
      watchers_(telemetry::Gauge("ordermesh_error_store_watchers", "Open WatchErrors streams.")),
      reads_("read", read_threads),
      exports_("export", 1),
      audits_("audit", 1) {}

grpc::ServerUnaryReactor* ErrorService::GetError(grpc::CallbackServerContext* context, const GetErrorRequest* request,
                                                 ErrorMessage* response) {
  return rpc::RunOn(reads_, context, [=, this]() -> absl::Status {
    ErrorMessage error;
    OM_RETURN_IF_ERROR(error_store::GetError(store_.kv(), request->id(), &error));
    if (!rpc::MaySee(rpc::IdentityOf(*context), error.partner_id())) return ErrorNotFound();
    response->Swap(&error);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ErrorService::ListErrorDeliveries(grpc::CallbackServerContext* context,
                                                            const ListErrorDeliveriesRequest* request,
                                                            ListErrorDeliveriesResponse* response) {
  return rpc::RunOn(reads_, context, [=, this]() -> absl::Status {
    const auto id = Uuid::Parse(request->error_id());
    if (!id.has_value()) return ErrorNotFound();
    OM_ASSIGN_OR_RETURN(const StoredRow stored, FindRow(store_.kv(), *id));
    const ErrorMessage& error = stored.row.error;
    if (!rpc::MaySee(rpc::IdentityOf(*context), error.partner_id())) return ErrorNotFound();
    OM_ASSIGN_OR_RETURN(*response, ListDeliveries(store_.kv(), error));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ErrorService::ListErrors(grpc::CallbackServerContext* context,
                                                   const ListErrorsRequest* request, ListErrorsResponse* response) {
  return rpc::RunOn(reads_, context, [=, this]() -> absl::Status {
    ListErrorsRequest narrowed = *request;
    OM_ASSIGN_OR_RETURN(*narrowed.mutable_partner_id(),
                        rpc::VisiblePartner(rpc::IdentityOf(*context), request->partner_id()));
    return error_store::ListErrors(store_.kv(), store_.shard(), narrowed, response);
  });
}

grpc::ServerUnaryReactor* ErrorService::GetErrorStats(grpc::CallbackServerContext* context,
                                                      const GetErrorStatsRequest* request, ErrorStats* response) {
  return rpc::RunOn(reads_, context, [=, this]() -> absl::Status {
    OM_ASSIGN_OR_RETURN(const std::string partner_id,
                        rpc::VisiblePartner(rpc::IdentityOf(*context), request->partner_id()));
    return GetStats(store_.kv(), partner_id, request->include_statuses(), response);
  });
}

grpc::ServerWriteReactor<WatchErrorsResponse>* ErrorService::WatchErrors(grpc::CallbackServerContext* context,
                                                                         const WatchErrorsRequest* request) {
  auto watch = std::make_shared<Watch>(store_, WatchFrom(*request, rpc::IdentityOf(*context), store_.end()), watchers_);
  return rpc::WatchStream<WatchErrorsResponse>::Open(
      hub_, reads_, drain_, [watch](WatchErrorsResponse* response) { return watch->Next(response); });
}

grpc::ServerWriteReactor<ExportChunk>* ErrorService::ExportErrors(grpc::CallbackServerContext* context,
                                                                  const ExportErrorsRequest* request) {
  auto run = std::make_shared<ExportRun>(store_, ExportFilter(*request, rpc::IdentityOf(*context)), request->format());
  return rpc::WatchStream<ExportChunk>::Open(hub_, exports_, drain_,
                                             [run](ExportChunk* chunk) { return run->Next(chunk); });
}

grpc::ServerWriteReactor<AuditResponse>* ErrorService::AuditErrors(grpc::CallbackServerContext*,
                                                                   const AuditRequest* request) {
  auto run = std::make_shared<AuditRun>(store_, request->rebuild());
  return rpc::WatchStream<AuditResponse>::Open(hub_, audits_, drain_,
                                               [run](AuditResponse* response) { return run->Next(response); });
}

}  // namespace ordermesh::error_store
