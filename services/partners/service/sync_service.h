// What feed, validation and gateway follow, and where they lease tokens.
#pragma once

#include <prometheus/gauge.h>

#include "ordermesh/partners/v1/partner_sync_service.grpc.pb.h"
#include "services/common/base/worker_pool.h"
#include "services/common/rpc/drain.h"
#include "services/common/rpc/watch_stream.h"
#include "services/partners/service/leases.h"
#include "services/partners/store/partner_store.h"

namespace ordermesh::partners {

class SyncService final : public v1::PartnerSyncService::CallbackService {
 public:
  // Borrows all. The hub must be notified whenever the store says so.
  SyncService(PartnerStore& store, Leases& leases, rpc::WatchHub& hub, rpc::Drain& drain, int threads);

  grpc::ServerWriteReactor<v1::WatchPartnersResponse>* WatchPartners(grpc::CallbackServerContext* context,
                                                                     const v1::WatchPartnersRequest* request) override;
  grpc::ServerUnaryReactor* LeaseTokens(grpc::CallbackServerContext* context, const v1::LeaseTokensRequest* request,
                                        v1::LeaseTokensResponse* response) override;
  grpc::ServerUnaryReactor* ReportKeyUse(grpc::CallbackServerContext* context, const v1::ReportKeyUseRequest* request,
                                         v1::ReportKeyUseResponse* response) override;

 private:
  PartnerStore& store_;
  Leases& leases_;
  rpc::WatchHub& hub_;
  rpc::Drain& drain_;
  prometheus::Gauge& watchers_;
  WorkerPool pool_;
};

}  // namespace ordermesh::partners
