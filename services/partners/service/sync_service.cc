#include "services/partners/service/sync_service.h"

#include <memory>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/rpc/access.h"
#include "services/common/rpc/unary.h"
#include "services/common/telemetry/metrics.h"
#include "services/partners/domain/errors.h"
#include "services/partners/domain/keys.h"
#include "services/partners/domain/limits.h"

namespace ordermesh::partners {
namespace {

// Records of one message; its bytes bound it besides.
constexpr size_t kMaxRecords = 256;

// One watch: where it stands. Counted among the watchers while it lives.
class Watch {
 public:
  // `refusal` ends it at once where it is not OK.
  Watch(const PartnerStore& store, const v1::WatchPartnersRequest& request, absl::Status refusal,
        prometheus::Gauge& watchers)
      : store_(store), request_(request), refusal_(std::move(refusal)), watchers_(watchers) {
    watchers_.Increment();
  }
  ~Watch() { watchers_.Decrement(); }

  absl::StatusOr<rpc::WatchStep> Next(v1::WatchPartnersResponse* response) {
    OM_RETURN_IF_ERROR(refusal_);
    const ChangedEntries changes = store_.Changes(position_, kMaxRecords);
    if (changes.entries.empty() && complete_) return rpc::WatchStep::kCaughtUp;
    size_t bytes = 0;
    for (const auto& [number, entry] : changes.entries) {
      // A record is hardly larger than its config, so that a message stays below twice this.
      if (bytes >= kMaxStreamMessageBytes) break;
      v1::PartnerRecord* record = response->add_partners();
      Fill(*entry, record);
      bytes += record->ByteSizeLong();
      position_ = number;
    }
    // A partner that changes meanwhile moves to the end: all were sent only once nothing is left.
    complete_ = complete_ || position_ == changes.last;
    response->set_reset(std::exchange(first_, false));
    response->set_complete(complete_);
    return rpc::WatchStep::kMessage;
  }

 private:
  void Fill(const PartnerEntry& entry, v1::PartnerRecord* record) const {
    *record->mutable_partner() = entry.partner;
    if (request_.include_config() && entry.config != nullptr) *record->mutable_config() = *entry.config;
    if (!request_.include_keys()) return;
    const absl::Time now = store_.now();
    for (const v1::KeyRecord& key : entry.keys) {
      if (IsLive(key.api_key(), now)) *record->add_keys() = key;
    }
  }

  const PartnerStore& store_;
  const v1::WatchPartnersRequest request_;
  const absl::Status refusal_;
  prometheus::Gauge& watchers_;
  int64_t position_ = 0;
  bool first_ = true;
  bool complete_ = false;
};

// Empty where nobody has certificates.
bool MayHaveKeys(const std::string& peer) { return peer.empty() || peer == rpc::kGatewayService; }

}  // namespace

SyncService::SyncService(PartnerStore& store, Leases& leases, rpc::WatchHub& hub, rpc::Drain& drain, int threads)
    : store_(store),
      leases_(leases),
      hub_(hub),
      drain_(drain),
      watchers_(telemetry::Gauge("ordermesh_partners_watchers", "Open WatchPartners streams.")),
      pool_("sync", threads) {}

grpc::ServerWriteReactor<v1::WatchPartnersResponse>* SyncService::WatchPartners(
    grpc::CallbackServerContext* context, const v1::WatchPartnersRequest* request) {
  const bool refused = request->include_keys() && !MayHaveKeys(rpc::PeerService(*context));
  auto watch =
      std::make_shared<Watch>(store_, *request, refused ? KeysAreForTheGateway() : absl::OkStatus(), watchers_);
  return rpc::WatchStream<v1::WatchPartnersResponse>::Open(
      hub_, pool_, drain_, [watch](v1::WatchPartnersResponse* response) { return watch->Next(response); });
}

grpc::ServerUnaryReactor* SyncService::LeaseTokens(grpc::CallbackServerContext* context,
                                                   const v1::LeaseTokensRequest* request,
                                                   v1::LeaseTokensResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  // Here and now: it takes microseconds, and orders wait for it.
  auto leased = leases_.Lease(*request);
  if (leased.ok()) *response = *std::move(leased);
  reactor->Finish(rpc::ToGrpc(leased.status()));
  return reactor;
}

grpc::ServerUnaryReactor* SyncService::ReportKeyUse(grpc::CallbackServerContext* context,
                                                    const v1::ReportKeyUseRequest* request, v1::ReportKeyUseResponse*) {
  return rpc::RunOn(pool_, context, [this, request] {
    if (request->uses_size() > kMaxKeyUses) return InvalidField("uses", "must be at most 10,000");
    for (const v1::KeyUse& use : request->uses()) {
      store_.NoteKeyUse(use.partner_id(), use.key_id(), FromTimestamp(use.last_used_time()));
    }
    return absl::OkStatus();
  });
}

}  // namespace ordermesh::partners
