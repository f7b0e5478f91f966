#include "services/validation/service/validation_service.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/unary.h"
#include "services/common/telemetry/metrics.h"
#include "services/validation/domain/check_folder.h"
#include "services/validation/domain/draft_folder.h"

namespace ordermesh::validation {
namespace {

size_t CountOrders(const v1::ValidateOrdersRequest& request) {
  size_t count = 0;
  for (const auto& group : request.groups()) count += static_cast<size_t>(group.orders_size());
  return count;
}

// A worker's own buffers.
Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

void CrashIfTold(const std::string& text, const v1::InboundOrder& inbound) {
  if (text.empty()) return;
  if (absl::StrContains(inbound.raw_payload(), text) || absl::StrContains(inbound.order(), text)) std::abort();
}

constexpr int kMaxTrials = 1'000;
// A thread of the pool that orders are examined in has them for a few milliseconds.
constexpr int kMaxDryRuns = 64;

absl::Status ConfigMoved(int32_t live_version) {
  return Refusal(absl::StatusCode::kAborted, "CONFIG_MOVED",
                 absl::StrCat("the partner's live config is version ", live_version, " by now; ask again"),
                 {{"live_version", std::to_string(live_version)}});
}

}  // namespace

grpc::ServerBidiReactor<v1::ValidateOrdersRequest, v1::ValidateOrdersResponse>* ValidationService::ValidateOrders(
    grpc::CallbackServerContext* context) {
  FeedStream::Handler handler;
  handler.count = CountOrders;
  handler.on_request = [this](const FeedStream::Ptr& stream, std::unique_ptr<v1::ValidateOrdersRequest> request) {
    // std::function wants a copyable task. The stream's window bounds how many wait.
    pool_.Run([this, stream, message = std::shared_ptr<v1::ValidateOrdersRequest>(std::move(request))] {
      ExamineMessage(stream, *message);
    });
    return absl::OkStatus();
  };
  return FeedStream::Open(std::move(handler), drain_);
}

void ValidationService::ExamineMessage(const FeedStream::Ptr& stream, v1::ValidateOrdersRequest& request) {
  static auto& seconds =
      telemetry::Histogram("ordermesh_validation_message_seconds", "Time to map and check the orders of one message.",
                           {}, telemetry::SecondsBuckets());
  const absl::Time now = absl::Now();
  Departures departures(router_);
  const std::shared_ptr<const PlanSet> plans = plans_.Plans();
  for (auto& group : *request.mutable_groups()) ExamineGroup(stream, plans.get(), group, now, departures);
  router_.Send(departures);
  seconds.Observe(absl::ToDoubleSeconds(absl::Now() - now));
}

void ValidationService::ExamineGroup(const FeedStream::Ptr& stream, const PlanSet* plans, v1::InboundGroup& group,
                                     absl::Time now, Departures& departures) {
  const LivePlan* live = plans == nullptr ? nullptr : plans->Find(group.partner_id());
  if (live != nullptr) {
    telemetry::Counter("ordermesh_validation_orders_total", "Orders examined, by partner.",
                       {{"partner", group.partner_id()}})
        .Increment(group.orders_size());
  }
  for (auto& inbound : *group.mutable_orders()) {
    const Waiter waiter{stream, inbound.tag(), inbound.retry()};
    if (live == nullptr) {
      // The feed takes orders only of partners that have a config: it knows more than this process does.
      departures.Refuse(waiter, plans == nullptr ? PartnersUnknown() : ConfigNotReady(group.partner_id()));
    } else if (inbound.park()) {
      departures.Add(group.partner_id(), waiter, Park(group.partner_id(), inbound), live->error_ttl_days);
    } else {
      CrashIfTold(faults_.crash_on, inbound);
      departures.Add(group.partner_id(), waiter, Examine(*live->plan, inbound, now, ThreadScratch()),
                     live->error_ttl_days);
    }
  }
}

grpc::ServerUnaryReactor* ValidationService::CheckMapping(grpc::CallbackServerContext* context,
                                                          const v1::CheckMappingRequest* request,
                                                          v1::CheckMappingResponse* response) {
  return rpc::RunOn(pool_, context, [request, response] {
    if (request->files().empty()) return InvalidField("files", "must hold mapping.yaml");
    *response = CheckFolder(request->partner_id(), request->files(), request->live_files());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ValidationService::DryRun(grpc::CallbackServerContext* context,
                                                    const v1::DryRunRequest* request, v1::DryRunResponse* response) {
  return rpc::RunOn(pool_, context, [this, request, response] { return TryOut(*request, response); });
}

absl::Status ValidationService::TryOut(const v1::DryRunRequest& request, v1::DryRunResponse* response) const {
  if (request.content_case() == v1::DryRunRequest::CONTENT_NOT_SET) {
    return InvalidField("content", "is required: raw_payload or order");
  }
  std::shared_ptr<const PartnerPlan> plan;
  if (!request.files().empty()) {
    MappingProblems problems;
    auto compiled = PartnerPlan::Compile(request.partner_id(), request.files(), 0, &problems);
    if (!compiled.ok()) return BadMapping(request.partner_id(), problems);
    plan = *std::move(compiled);
  } else {
    const std::shared_ptr<const PlanSet> plans = plans_.Plans();
    if (plans == nullptr) return PartnersUnknown();
    const LivePlan* live = plans->Find(request.partner_id());
    if (live == nullptr) return UnknownPartner(request.partner_id());
    plan = live->plan;
  }
  order::v1::Order order;
  Outcome outcome;
  if (request.has_order()) {
    order = request.order();
    outcome = plan->CheckTyped(absl::Now(), order);
  } else {
    outcome = plan->MapRaw(request.raw_payload(), absl::Now(), ThreadScratch(), order);
  }
  if (outcome.violations.empty()) response->mutable_order()->Swap(&order);
  response->mutable_violations()->Swap(&outcome.violations);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ValidationService::BatchDryRun(grpc::CallbackServerContext* context,
                                                         const v1::BatchDryRunRequest* request,
                                                         v1::BatchDryRunResponse* response) {
  return rpc::RunOn(pool_, context, [this, request, response] {
    if (request->requests().empty() || request->requests_size() > kMaxDryRuns) {
      return InvalidField("requests", "must hold 1 to 64 payloads");
    }
    for (const auto& one : request->requests()) OM_RETURN_IF_ERROR(TryOut(one, response->add_responses()));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ValidationService::DraftMapping(grpc::CallbackServerContext* context,
                                                          const v1::DraftMappingRequest* request,
                                                          v1::DraftMappingResponse* response) {
  return rpc::RunOn(pool_, context, [this, request, response] { return Draft(*request, response); });
}

absl::Status ValidationService::Draft(const v1::DraftMappingRequest& request,
                                      v1::DraftMappingResponse* response) const {
  if (request.trials_size() > kMaxTrials) return InvalidField("trials", "must be at most 1000");
  const std::shared_ptr<const PlanSet> plans = plans_.Plans();
  if (plans == nullptr) return PartnersUnknown();
  const LivePlan* live = plans->Find(request.partner_id());
  if (live == nullptr) return UnknownPartner(request.partner_id());
  const partners::v1::ConfigVersion& config = live->record->config();
  // A live config that does not compile here is one that this process cannot write either.
  if (live->plan->version() != config.version()) return ConfigNotReady(request.partner_id());
  if (request.base_version() != 0 && request.base_version() != config.version()) return ConfigMoved(config.version());
  OM_ASSIGN_OR_RETURN(*response, DraftFolder(config.files(), request, absl::Now()));
  response->set_base_version(config.version());
  return absl::OkStatus();
}

}  // namespace ordermesh::validation
