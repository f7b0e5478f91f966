// A mesh for tests of the programs: each part is a small fake on a port of its own, all in this process.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ordermesh/error/v1/error_service.grpc.pb.h"
#include "ordermesh/error/v1/repair_service.grpc.pb.h"
#include "ordermesh/feed/v1/feed_service.grpc.pb.h"
#include "ordermesh/gateway/v1/gateway_service.grpc.pb.h"
#include "ordermesh/order/v1/order_service.grpc.pb.h"
#include "ordermesh/partners/v1/partners_service.grpc.pb.h"
#include "ordermesh/validation/v1/validation_service.grpc.pb.h"

namespace ordermesh::testing {

// A feed that remembers what it was sent. The first delivery of a content is CREATED, later ones are REPLAYED; a
// payload with "reject" in it is REJECTED.
class FakeFeed : public feed::v1::FeedService::Service {
 public:
  grpc::Status SubmitOrder(grpc::ServerContext* context, const feed::v1::SubmitOrderRequest* request,
                           common::v1::OrderVerdict* verdict) override;
  grpc::Status BatchSubmitOrders(grpc::ServerContext* context, const feed::v1::BatchSubmitOrdersRequest* request,
                                 feed::v1::BatchSubmitOrdersResponse* response) override;
  grpc::Status StreamOrders(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<feed::v1::StreamOrdersResponse, feed::v1::StreamOrdersRequest>* stream) override;

  // Before a delivery is decided: OK, or the status that its item gets instead of a verdict.
  std::function<absl::Status(const std::string& content, int64_t delivery)> trouble;
  // Streams break with UNAVAILABLE after so many messages, their last one decided but not answered; 0 is never. Falls
  // by one with each break.
  std::atomic<int> breaks = 0;
  int messages_until_break = 1;
  // What every call ends with; OK lets it go on.
  grpc::Status refuse_calls;

  // Contents in the order of their first delivery.
  std::vector<std::string> contents() const ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t deliveries() const ABSL_LOCKS_EXCLUDED(mutex_);
  int largest_message() const { return largest_message_; }
  // What the last call came with; empty where it had no such metadata.
  std::string last_metadata(const std::string& name) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  template <typename Input>
  common::v1::OrderResult Decide(const Input& input) ABSL_LOCKS_EXCLUDED(mutex_);
  void Note(const grpc::ServerContext& context) ABSL_LOCKS_EXCLUDED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, std::string> ids_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> contents_ ABSL_GUARDED_BY(mutex_);
  int64_t deliveries_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::string> metadata_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int> largest_message_ = 0;
};

// A store with a list of orders, newest first in lists. Its page tokens are offsets.
class FakeOrderStore : public order::v1::OrderService::Service {
 public:
  grpc::Status GetOrder(grpc::ServerContext*, const order::v1::GetOrderRequest* request,
                        order::v1::Order* order) override;
  grpc::Status ListOrders(grpc::ServerContext*, const order::v1::ListOrdersRequest* request,
                          order::v1::ListOrdersResponse* response) override;
  // Of whatever id.
  grpc::Status ListOrderDeliveries(grpc::ServerContext*, const order::v1::ListOrderDeliveriesRequest* request,
                                   order::v1::ListOrderDeliveriesResponse* response) override;
  grpc::Status GetOrderStats(grpc::ServerContext*, const order::v1::GetOrderStatsRequest* request,
                             order::v1::OrderStats* response) override;
  grpc::Status WatchOrders(grpc::ServerContext*, const order::v1::WatchOrdersRequest* request,
                           grpc::ServerWriter<order::v1::WatchOrdersResponse>* writer) override;
  grpc::Status AuditOrders(grpc::ServerContext*, const common::v1::AuditRequest* request,
                           grpc::ServerWriter<common::v1::AuditResponse>* writer) override;

  // By position, from 1.
  std::vector<order::v1::Order> orders;
  order::v1::OrderStats stats;
  common::v1::AuditReport report;
  // Calls fail with UNAVAILABLE so often before they succeed.
  std::atomic<int> failures = 0;
  order::v1::ListOrdersRequest last_list;
  order::v1::GetOrderStatsRequest last_stats;
};

class FakeErrorStore : public error::v1::ErrorService::Service {
 public:
  grpc::Status GetError(grpc::ServerContext*, const error::v1::GetErrorRequest* request,
                        error::v1::OrderError* error) override;
  grpc::Status ListErrors(grpc::ServerContext*, const error::v1::ListErrorsRequest* request,
                          error::v1::ListErrorsResponse* response) override;
  // Of whatever id.
  grpc::Status ListErrorDeliveries(grpc::ServerContext*, const error::v1::ListErrorDeliveriesRequest* request,
                                   error::v1::ListErrorDeliveriesResponse* response) override;
  grpc::Status GetErrorStats(grpc::ServerContext*, const error::v1::GetErrorStatsRequest* request,
                             error::v1::ErrorStats* response) override;
  grpc::Status WatchErrors(grpc::ServerContext*, const error::v1::WatchErrorsRequest* request,
                           grpc::ServerWriter<error::v1::WatchErrorsResponse>* writer) override;
  grpc::Status AuditErrors(grpc::ServerContext*, const common::v1::AuditRequest* request,
                           grpc::ServerWriter<common::v1::AuditResponse>* writer) override;

  std::vector<error::v1::OrderError> errors;
  error::v1::ErrorStats stats;
  common::v1::AuditReport report;
  error::v1::ListErrorsRequest last_list;
};

// Jobs and proposals as the test sets them.
class FakeRepair : public error::v1::RepairService::Service {
 public:
  grpc::Status DerivePatch(grpc::ServerContext*, const error::v1::DerivePatchRequest* request,
                           error::v1::Patch* response) override;
  grpc::Status PreviewJob(grpc::ServerContext*, const error::v1::PreviewJobRequest* request,
                          grpc::ServerWriter<error::v1::PreviewJobResponse>* writer) override;
  grpc::Status ProposeMapping(grpc::ServerContext*, const error::v1::ProposeMappingRequest* request,
                              error::v1::ProposeMappingResponse* response) override;
  // Calls fail with UNAVAILABLE so often, though the job has started: its answer is lost.
  grpc::Status StartJob(grpc::ServerContext*, const error::v1::StartJobRequest* request,
                        error::v1::RepairJob* response) override;
  grpc::Status GetJob(grpc::ServerContext*, const error::v1::GetJobRequest* request,
                      error::v1::RepairJob* response) override;
  grpc::Status CancelJob(grpc::ServerContext*, const error::v1::CancelJobRequest* request,
                         error::v1::RepairJob* response) override;

  error::v1::Patch patch;
  error::v1::PreviewJobResponse preview;
  error::v1::ProposeMappingResponse proposal;
  // What a job is when it has ended.
  error::v1::RepairJob job;
  // What calls that start or propose something end with; OK lets them go on.
  grpc::Status refuse;
  std::atomic<int> lost_answers = 0;
  error::v1::PreviewJobRequest last_preview;
  error::v1::ProposeMappingRequest last_proposal;
  std::vector<error::v1::StartJobRequest> starts;
};

// The edge's own service: what it knows of every order and error is `record`.
class FakeGateway : public gateway::v1::GatewayService::Service {
 public:
  grpc::Status GetOrderRecord(grpc::ServerContext*, const gateway::v1::GetOrderRecordRequest* request,
                              gateway::v1::FlightRecord* response) override;
  grpc::Status GetErrorRecord(grpc::ServerContext*, const gateway::v1::GetErrorRecordRequest* request,
                              gateway::v1::FlightRecord* response) override;

  gateway::v1::FlightRecord record;
  std::string last_id;
};

class FakeValidation : public validation::v1::ValidationService::Service {
 public:
  grpc::Status CheckMapping(grpc::ServerContext*, const validation::v1::CheckMappingRequest* request,
                            validation::v1::CheckMappingResponse* response) override;
  grpc::Status DryRun(grpc::ServerContext*, const validation::v1::DryRunRequest* request,
                      validation::v1::DryRunResponse* response) override;

  validation::v1::CheckMappingRequest last_check;
  validation::v1::CheckMappingResponse check;
  validation::v1::DryRunRequest last_dry_run;
  validation::v1::DryRunResponse dry_run;
};

// Partners that are kept as they are sent; only ids, etags and versions are checked.
class FakePartners : public partners::v1::PartnersService::Service {
 public:
  grpc::Status CreatePartner(grpc::ServerContext*, const partners::v1::CreatePartnerRequest* request,
                             partners::v1::Partner* partner) override;
  grpc::Status GetPartner(grpc::ServerContext* context, const partners::v1::GetPartnerRequest* request,
                          partners::v1::Partner* partner) override;
  grpc::Status ListPartners(grpc::ServerContext*, const partners::v1::ListPartnersRequest* request,
                            partners::v1::ListPartnersResponse* response) override;
  grpc::Status UpdatePartner(grpc::ServerContext*, const partners::v1::UpdatePartnerRequest* request,
                             partners::v1::Partner* partner) override;
  grpc::Status SuspendPartner(grpc::ServerContext*, const partners::v1::SuspendPartnerRequest* request,
                              partners::v1::Partner* partner) override;
  grpc::Status ActivatePartner(grpc::ServerContext*, const partners::v1::ActivatePartnerRequest* request,
                               partners::v1::Partner* partner) override;
  grpc::Status CreateConfigVersion(grpc::ServerContext*, const partners::v1::CreateConfigVersionRequest* request,
                                   partners::v1::ConfigVersion* version) override;
  grpc::Status GetConfigVersion(grpc::ServerContext*, const partners::v1::GetConfigVersionRequest* request,
                                partners::v1::ConfigVersion* version) override;
  grpc::Status ListConfigVersions(grpc::ServerContext*, const partners::v1::ListConfigVersionsRequest* request,
                                  partners::v1::ListConfigVersionsResponse* response) override;
  grpc::Status DiffConfigVersions(grpc::ServerContext*, const partners::v1::DiffConfigVersionsRequest* request,
                                  partners::v1::DiffConfigVersionsResponse* response) override;
  grpc::Status RollBackConfig(grpc::ServerContext*, const partners::v1::RollBackConfigRequest* request,
                              partners::v1::ConfigVersion* version) override;
  grpc::Status CreateApiKey(grpc::ServerContext*, const partners::v1::CreateApiKeyRequest* request,
                            partners::v1::CreateApiKeyResponse* response) override;
  grpc::Status ListApiKeys(grpc::ServerContext*, const partners::v1::ListApiKeysRequest* request,
                           partners::v1::ListApiKeysResponse* response) override;
  grpc::Status RevokeApiKey(grpc::ServerContext*, const partners::v1::RevokeApiKeyRequest* request,
                            partners::v1::ApiKey* key) override;

  // By id.
  std::map<std::string, partners::v1::Partner> partners;
  // Of all partners, by version from 1.
  std::vector<partners::v1::ConfigVersion> versions;
  std::vector<partners::v1::ApiKey> keys;
  // What GetPartner and the calls that change something end with; OK lets them go on.
  grpc::Status refuse;
  // The credential of the last GetPartner: "x-api-key: K" or "authorization: Bearer T".
  std::string last_credential;
  partners::v1::CreatePartnerRequest last_create;
  partners::v1::UpdatePartnerRequest last_update;
  partners::v1::DiffConfigVersionsRequest last_diff;
  int32_t last_base_version = 0;
};

// Serves on 127.0.0.1 from construction to destruction.
class FakeServer {
 public:
  // Port 0 is any free port. With a health service where `health` is set.
  explicit FakeServer(grpc::Service* service, int port = 0, bool health = false)
      : FakeServer(std::vector<grpc::Service*>{service}, port, health) {}
  // Several services behind one port, as at the edge.
  explicit FakeServer(const std::vector<grpc::Service*>& services, int port = 0, bool health = false);
  ~FakeServer();

  std::string address() const;
  int port() const { return port_; }
  // Of the server as a whole, and of one part by its name.
  void SetServing(bool serving) { server_->GetHealthCheckService()->SetServingStatus(serving); }
  void SetServing(const std::string& part, bool serving) {
    server_->GetHealthCheckService()->SetServingStatus(part, serving);
  }

 private:
  int port_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace ordermesh::testing
