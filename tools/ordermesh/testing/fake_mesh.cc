#include "tools/ordermesh/testing/fake_mesh.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"

namespace ordermesh::testing {
namespace {

using common::v1::OrderVerdict;

const grpc::Status kNotFound(grpc::StatusCode::NOT_FOUND, "there is no such record");

// One page of `records`, newest first.
template <typename Record, typename Request, typename Add>
std::string Page(const std::vector<Record>& records, const Request& request, Add add) {
  int offset = 0;
  if (!absl::SimpleAtoi(request.page_token(), &offset)) offset = 0;
  const int total = static_cast<int>(records.size());
  const int end = std::min(total, offset + request.page_size());
  for (int i = offset; i < end; ++i) *add() = records[static_cast<size_t>(total - 1 - i)];
  return end < total ? absl::StrCat(end) : "";
}

template <typename Records, typename Record>
grpc::Status Find(const Records& records, const std::string& id, Record* to) {
  for (const auto& record : records) {
    if (record.id() != id) continue;
    *to = record;
    return grpc::Status::OK;
  }
  return kNotFound;
}

// Streams what lies behind the position, one record a message, then breaks as a store does that drains.
template <typename Response, typename Records, typename Request, typename Writer, typename Add>
grpc::Status WatchFrom(const Records& records, const Request& request, Writer* writer, Add add) {
  const auto total = static_cast<int64_t>(records.size());
  for (int64_t at = request.from_end() ? total : request.after_position(); at < total; ++at) {
    Response response;
    add(response, at + 1, records[static_cast<size_t>(at)]);
    response.set_position(at + 1);
    if (!writer->Write(response)) break;
  }
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining");
}

template <typename Writer>
grpc::Status Audit(const common::v1::AuditReport& report, bool rebuild, Writer* writer) {
  common::v1::AuditResponse response;
  response.set_rows_total(report.rows());
  writer->Write(response);
  response.set_rows_read(report.rows());
  *response.mutable_report() = report;
  response.mutable_report()->set_rebuilt(rebuild);
  writer->Write(response);
  return grpc::Status::OK;
}

}  // namespace

template <typename Input>
common::v1::OrderResult FakeFeed::Decide(const Input& input) {
  const std::string content = input.has_order() ? input.order().external_order_id() : input.raw_payload();
  absl::MutexLock lock(&mutex_);
  common::v1::OrderResult result;
  ++deliveries_;
  if (trouble != nullptr) {
    if (const absl::Status status = trouble(content, deliveries_); !status.ok()) {
      *result.mutable_status() = ToProto(status);
      return result;
    }
  }
  OrderVerdict& verdict = *result.mutable_verdict();
  const auto [id, first] = ids_.emplace(content, absl::StrCat("id-", ids_.size() + 1));
  if (first) contents_.push_back(content);
  if (content.find("reject") != std::string::npos) {
    verdict.set_verdict(OrderVerdict::REJECTED);
    verdict.set_error_id(id->second);
    auto* violation = verdict.add_violations();
    violation->set_field("quantity");
    violation->set_code(common::v1::Violation::RANGE);
  } else {
    verdict.set_verdict(first ? OrderVerdict::CREATED : OrderVerdict::REPLAYED);
    verdict.set_order_id(id->second);
  }
  return result;
}

grpc::Status FakeFeed::SubmitOrder(grpc::ServerContext* context, const feed::v1::SubmitOrderRequest* request,
                                   OrderVerdict* verdict) {
  Note(*context);
  if (!refuse_calls.ok()) return refuse_calls;
  const auto result = Decide(*request);
  if (result.has_status()) return rpc::ToGrpc(FromProto(result.status()));
  *verdict = result.verdict();
  return grpc::Status::OK;
}

grpc::Status FakeFeed::BatchSubmitOrders(grpc::ServerContext* context,
                                         const feed::v1::BatchSubmitOrdersRequest* request,
                                         feed::v1::BatchSubmitOrdersResponse* response) {
  Note(*context);
  if (!refuse_calls.ok()) return refuse_calls;
  for (const auto& order : request->orders()) *response->add_results() = Decide(order).verdict();
  return grpc::Status::OK;
}

grpc::Status FakeFeed::StreamOrders(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<feed::v1::StreamOrdersResponse, feed::v1::StreamOrdersRequest>* stream) {
  Note(*context);
  if (!refuse_calls.ok()) return refuse_calls;
  feed::v1::StreamOrdersRequest request;
  for (int messages = 1; stream->Read(&request); ++messages) {
    largest_message_ = std::max(largest_message_.load(), request.orders_size());
    feed::v1::StreamOrdersResponse response;
    for (const auto& order : request.orders()) {
      *response.add_results() = Decide(order);
      response.mutable_results()->rbegin()->set_tag(order.tag());
    }
    if (breaks > 0 && messages == messages_until_break) {
      --breaks;
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining");
    }
    stream->Write(response);
  }
  return grpc::Status::OK;
}

void FakeFeed::Note(const grpc::ServerContext& context) {
  absl::MutexLock lock(&mutex_);
  metadata_.clear();
  for (const auto& [name, value] : context.client_metadata()) {
    metadata_[std::string(name.data(), name.size())] = std::string(value.data(), value.size());
  }
}

std::string FakeFeed::last_metadata(const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  const auto found = metadata_.find(name);
  return found == metadata_.end() ? "" : found->second;
}

std::vector<std::string> FakeFeed::contents() const {
  absl::MutexLock lock(&mutex_);
  return contents_;
}

int64_t FakeFeed::deliveries() const {
  absl::MutexLock lock(&mutex_);
  return deliveries_;
}

grpc::Status FakeOrderStore::GetOrder(grpc::ServerContext*, const order::v1::GetOrderRequest* request,
                                      order::v1::Order* order) {
  return Find(orders, request->id(), order);
}

grpc::Status FakeOrderStore::ListOrders(grpc::ServerContext*, const order::v1::ListOrdersRequest* request,
                                        order::v1::ListOrdersResponse* response) {
  last_list = *request;
  response->set_next_page_token(Page(orders, *request, [&] { return response->add_orders(); }));
  return grpc::Status::OK;
}

grpc::Status FakeOrderStore::ListOrderDeliveries(grpc::ServerContext*,
                                                 const order::v1::ListOrderDeliveriesRequest* request,
                                                 order::v1::ListOrderDeliveriesResponse* response) {
  response->add_deliveries()->set_ingest_id("delivery of " + request->order_id());
  return grpc::Status::OK;
}

grpc::Status FakeOrderStore::GetOrderStats(grpc::ServerContext*, const order::v1::GetOrderStatsRequest* request,
                                           order::v1::OrderStats* response) {
  if (failures > 0) {
    --failures;
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "starting");
  }
  last_stats = *request;
  *response = stats;
  return grpc::Status::OK;
}

grpc::Status FakeOrderStore::WatchOrders(grpc::ServerContext*, const order::v1::WatchOrdersRequest* request,
                                         grpc::ServerWriter<order::v1::WatchOrdersResponse>* writer) {
  return WatchFrom<order::v1::WatchOrdersResponse>(orders, *request, writer,
                                                   [](auto& response, int64_t position, const auto& order) {
                                                     auto* watched = response.add_orders();
                                                     watched->set_position(position);
                                                     *watched->mutable_order() = order;
                                                   });
}

grpc::Status FakeOrderStore::AuditOrders(grpc::ServerContext*, const common::v1::AuditRequest* request,
                                         grpc::ServerWriter<common::v1::AuditResponse>* writer) {
  return Audit(report, request->rebuild(), writer);
}

grpc::Status FakeErrorStore::GetError(grpc::ServerContext*, const error::v1::GetErrorRequest* request,
                                      error::v1::OrderError* error) {
  return Find(errors, request->id(), error);
}

grpc::Status FakeErrorStore::ListErrors(grpc::ServerContext*, const error::v1::ListErrorsRequest* request,
                                        error::v1::ListErrorsResponse* response) {
  last_list = *request;
  response->set_next_page_token(Page(errors, *request, [&] { return response->add_errors(); }));
  return grpc::Status::OK;
}

grpc::Status FakeErrorStore::ListErrorDeliveries(grpc::ServerContext*,
                                                 const error::v1::ListErrorDeliveriesRequest* request,
                                                 error::v1::ListErrorDeliveriesResponse* response) {
  response->add_deliveries()->set_ingest_id("delivery of " + request->error_id());
  return grpc::Status::OK;
}

grpc::Status FakeErrorStore::GetErrorStats(grpc::ServerContext*, const error::v1::GetErrorStatsRequest*,
                                           error::v1::ErrorStats* response) {
  *response = stats;
  return grpc::Status::OK;
}

grpc::Status FakeErrorStore::WatchErrors(grpc::ServerContext*, const error::v1::WatchErrorsRequest* request,
                                         grpc::ServerWriter<error::v1::WatchErrorsResponse>* writer) {
  return WatchFrom<error::v1::WatchErrorsResponse>(errors, *request, writer,
                                                   [](auto& response, int64_t position, const auto& error) {
                                                     auto* watched = response.add_errors();
                                                     watched->set_position(position);
                                                     *watched->mutable_error() = error;
                                                   });
}

grpc::Status FakeErrorStore::AuditErrors(grpc::ServerContext*, const common::v1::AuditRequest* request,
                                         grpc::ServerWriter<common::v1::AuditResponse>* writer) {
  return Audit(report, request->rebuild(), writer);
}

grpc::Status FakeRepair::DerivePatch(grpc::ServerContext*, const error::v1::DerivePatchRequest*,
                                     error::v1::Patch* response) {
  *response = patch;
  return grpc::Status::OK;
}

grpc::Status FakeRepair::PreviewJob(grpc::ServerContext*, const error::v1::PreviewJobRequest* request,
                                    grpc::ServerWriter<error::v1::PreviewJobResponse>* writer) {
  last_preview = *request;
  writer->Write(preview);
  return grpc::Status::OK;
}

grpc::Status FakeRepair::ProposeMapping(grpc::ServerContext*, const error::v1::ProposeMappingRequest* request,
                                        error::v1::ProposeMappingResponse* response) {
  last_proposal = *request;
  *response = proposal;
  return refuse;
}

grpc::Status FakeRepair::StartJob(grpc::ServerContext*, const error::v1::StartJobRequest* request,
                                  error::v1::RepairJob* response) {
  starts.push_back(*request);
  if (lost_answers > 0) {
    --lost_answers;
    return {grpc::StatusCode::UNAVAILABLE, "the answer was lost"};
  }
  *response = job;
  response->set_state(error::v1::RepairJob::RUNNING);
  return refuse;
}

grpc::Status FakeRepair::GetJob(grpc::ServerContext*, const error::v1::GetJobRequest* request,
                                error::v1::RepairJob* response) {
  if (request->id() != job.id()) return {grpc::StatusCode::NOT_FOUND, "there is no such job"};
  *response = job;
  return grpc::Status::OK;
}

grpc::Status FakeRepair::CancelJob(grpc::ServerContext* context, const error::v1::CancelJobRequest* request,
                                   error::v1::RepairJob* response) {
  error::v1::GetJobRequest get;
  get.set_id(request->id());
  job.set_state(error::v1::RepairJob::CANCELLED);
  return GetJob(context, &get, response);
}

grpc::Status FakeGateway::GetOrderRecord(grpc::ServerContext*, const gateway::v1::GetOrderRecordRequest* request,
                                         gateway::v1::FlightRecord* response) {
  last_id = request->id();
  *response = record;
  return grpc::Status::OK;
}

grpc::Status FakeGateway::GetErrorRecord(grpc::ServerContext*, const gateway::v1::GetErrorRecordRequest* request,
                                         gateway::v1::FlightRecord* response) {
  last_id = request->id();
  *response = record;
  return grpc::Status::OK;
}

grpc::Status FakeValidation::CheckMapping(grpc::ServerContext*, const validation::v1::CheckMappingRequest* request,
                                          validation::v1::CheckMappingResponse* response) {
  last_check = *request;
  *response = check;
  return grpc::Status::OK;
}

grpc::Status FakeValidation::DryRun(grpc::ServerContext*, const validation::v1::DryRunRequest* request,
                                    validation::v1::DryRunResponse* response) {
  last_dry_run = *request;
  *response = dry_run;
  return grpc::Status::OK;
}

FakeServer::FakeServer(const std::vector<grpc::Service*>& services, int port, bool health) : port_(port) {
  grpc::EnableDefaultHealthCheckService(health);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::InsecureServerCredentials(), &port_);
  builder.SetMaxReceiveMessageSize(-1);
  for (grpc::Service* service : services) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  OM_CHECK(server_ != nullptr);
}

FakeServer::~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

std::string FakeServer::address() const { return absl::StrCat("127.0.0.1:", port_); }

}  // namespace ordermesh::testing
