#include "tests/crash/verify.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ordermesh/error/v1/error_service.grpc.pb.h"
#include "ordermesh/order/v1/order_service.grpc.pb.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"

namespace ordermesh::crash {
namespace {

using error::v1::ErrorService;
using order::v1::OrderService;

constexpr absl::Duration kReadLimit = absl::Minutes(10);

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + kReadLimit));
  context.set_wait_for_ready(true);
}

absl::Status FollowOrders(OrderService::Stub& stub, int64_t count, Checker& checker) {
  grpc::ClientContext context;
  SetDeadline(context);
  order::v1::WatchOrdersRequest request;
  request.set_max_batch(1'000);
  auto stream = stub.WatchOrders(&context, request);
  order::v1::WatchOrdersResponse response;
  int64_t seen = 0;
  while (seen < count && stream->Read(&response)) {
    for (const auto& watched : response.orders()) checker.OnStoredOrder(watched.position(), watched.order());
    seen += response.orders_size();
  }
  // A stream that ended by itself says why.
  if (seen >= count) context.TryCancel();
  const grpc::Status status = stream->Finish();
  if (seen < count && status.ok()) return absl::DataLossError("a store's stream ended before its last row");
  if (seen < count) return rpc::FromGrpc(status);
  return absl::OkStatus();
}

absl::Status FollowErrors(ErrorService::Stub& stub, int64_t count, Checker& checker) {
  grpc::ClientContext context;
  SetDeadline(context);
  error::v1::WatchErrorsRequest request;
  request.set_max_batch(1'000);
  auto stream = stub.WatchErrors(&context, request);
  error::v1::WatchErrorsResponse response;
  int64_t seen = 0;
  while (seen < count && stream->Read(&response)) {
    for (const auto& watched : response.errors()) checker.OnStoredError(watched.position(), watched.error());
    seen += response.errors_size();
  }
  // A stream that ended by itself says why.
  if (seen >= count) context.TryCancel();
  const grpc::Status status = stream->Finish();
  if (seen < count && status.ok()) return absl::DataLossError("a store's stream ended before its last row");
  if (seen < count) return rpc::FromGrpc(status);
  return absl::OkStatus();
}

// The statistics say what the rows say.
void CompareWithRows(const order::v1::OrderStats& stats, Checker& checker) {
  for (const auto& partner : stats.partners()) {
    const auto count = checker.stored_by_partner().find(partner.partner_id());
    if (count == checker.stored_by_partner().end() || count->second != partner.count()) {
      checker.Report(Promise::kReplay,
                     absl::StrCat("statistics count ", partner.count(), " orders of ", partner.partner_id()));
    }
    if (partner.amounts_size() != 1) {
      checker.Report(Promise::kReplay, absl::StrCat(partner.partner_id(), " has not one currency"));
      continue;
    }
    const auto gross = Decimal::FromMoney(partner.amounts(0).gross_amount());
    const auto sum = checker.gross().find(partner.partner_id());
    if (!gross.ok() || sum == checker.gross().end() || *gross != sum->second) {
      checker.Report(Promise::kReplay,
                     absl::StrCat("the gross sum of ", partner.partner_id(), " is not that of its rows"));
    }
  }
}

std::string FirstProblem(const common::v1::AuditReport& report) {
  if (report.problems().empty()) return "nothing was made again";
  return absl::StrCat(report.problems(0), " (", report.problems_size(), " problems)");
}

template <typename Stream>
absl::Status ReadAudit(Stream stream, const char* store, Checker& checker) {
  common::v1::AuditResponse response;
  bool reported = false;
  while (stream->Read(&response)) {
    if (!response.has_report()) continue;
    reported = true;
    if (response.report().ok() && response.report().rebuilt()) continue;
    checker.Report(Promise::kReplay,
                   absl::StrCat("the audit of ", store, " failed: ", FirstProblem(response.report())));
  }
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return rpc::FromGrpc(status);
  return reported ? absl::OkStatus() : absl::InternalError(absl::StrCat("the audit of ", store, " gave no report"));
}

absl::Status ReadOrder(OrderService::Stub& stub, const Workload& workload, uint64_t number, Checker& checker) {
  order::v1::GetOrderRequest request;
  request.set_id(MakeOrderId({0, checker.AcknowledgedPosition(number)}).ToString());
  grpc::ClientContext context;
  SetDeadline(context);
  order::v1::Order order;
  const grpc::Status status = stub.GetOrder(&context, request, &order);
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
    checker.Report(Promise::kDurable, absl::StrCat("GetOrder does not find order ", number));
    return absl::OkStatus();
  }
  OM_RETURN_IF_ERROR(rpc::FromGrpc(status));
  if (!DifferingField(workload.Expected(number), order).empty()) {
    checker.Report(Promise::kDurable, absl::StrCat("GetOrder gives another order than ", number));
  }
  if (order.raw_payload() != workload.Input(number).raw_payload()) {
    checker.Report(Promise::kDurable, absl::StrCat("the payload of order ", number, " is not the one sent"));
  }
  return absl::OkStatus();
}

absl::Status ReadError(ErrorService::Stub& stub, const Workload& workload, uint64_t number, Checker& checker) {
  error::v1::GetErrorRequest request;
  request.set_id(checker.ErrorIdOf(number).ToString());
  grpc::ClientContext context;
  SetDeadline(context);
  error::v1::OrderError found;
  const grpc::Status status = stub.GetError(&context, request, &found);
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
    checker.Report(Promise::kDurable, absl::StrCat("GetError does not find the error of order ", number));
    return absl::OkStatus();
  }
  OM_RETURN_IF_ERROR(rpc::FromGrpc(status));
  if (found.raw_payload() != workload.Input(number).raw_payload()) {
    checker.Report(Promise::kDurable, absl::StrCat("the payload of rejected order ", number, " is not the one sent"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadHistory(const std::string& path, Checker& checker) {
  OM_ASSIGN_OR_RETURN(auto reader, HistoryReader::Open(path));
  while (auto event = reader->Next()) checker.OnEvent(*event);
  return absl::OkStatus();
}

absl::Status ReadStores(const std::shared_ptr<grpc::Channel>& edge, Checker& checker) {
  auto orders = OrderService::NewStub(edge);
  auto errors = ErrorService::NewStub(edge);
  grpc::ClientContext order_context;
  SetDeadline(order_context);
  order::v1::OrderStats order_stats;
  OM_RETURN_IF_ERROR(rpc::FromGrpc(orders->GetOrderStats(&order_context, {}, &order_stats)));
  grpc::ClientContext error_context;
  SetDeadline(error_context);
  error::v1::ErrorStats error_stats;
  OM_RETURN_IF_ERROR(rpc::FromGrpc(errors->GetErrorStats(&error_context, {}, &error_stats)));
  OM_RETURN_IF_ERROR(FollowOrders(*orders, order_stats.total_count(), checker));
  return FollowErrors(*errors, error_stats.total_count(), checker);
}

absl::Status CompareStats(const std::shared_ptr<grpc::Channel>& edge, Checker& checker) {
  grpc::ClientContext context;
  SetDeadline(context);
  order::v1::OrderStats stats;
  OM_RETURN_IF_ERROR(rpc::FromGrpc(OrderService::NewStub(edge)->GetOrderStats(&context, {}, &stats)));
  CompareWithRows(stats, checker);
  return absl::OkStatus();
}

absl::Status AuditStores(const std::shared_ptr<grpc::Channel>& edge, Checker& checker) {
  common::v1::AuditRequest request;
  request.set_rebuild(true);
  auto orders = OrderService::NewStub(edge);
  grpc::ClientContext order_context;
  SetDeadline(order_context);
  OM_RETURN_IF_ERROR(ReadAudit(orders->AuditOrders(&order_context, request), "order-store", checker));
  auto errors = ErrorService::NewStub(edge);
  grpc::ClientContext error_context;
  SetDeadline(error_context);
  return ReadAudit(errors->AuditErrors(&error_context, request), "error-store", checker);
}

absl::Status ReadSingly(const std::shared_ptr<grpc::Channel>& edge, const Workload& workload, uint64_t numbers,
                        uint64_t stride, Checker& checker) {
  auto orders = OrderService::NewStub(edge);
  auto errors = ErrorService::NewStub(edge);
  for (uint64_t number = 0; number < numbers; number += stride) {
    if (checker.AcknowledgedPosition(number) != 0) {
      OM_RETURN_IF_ERROR(ReadOrder(*orders, workload, number, checker));
    } else if (!checker.ErrorIdOf(number).IsZero()) {
      OM_RETURN_IF_ERROR(ReadError(*errors, workload, number, checker));
    }
  }
  return absl::OkStatus();
}

}  // namespace ordermesh::crash
