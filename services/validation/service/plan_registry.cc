#include "services/validation/service/plan_registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/telemetry/log.h"

namespace ordermesh::validation {
namespace {

using partners::v1::ConfigVersion;
using partners::v1::PartnerRecord;

// A new config is here within milliseconds of being at the feed.
constexpr absl::Duration kRetryAfterConfig = absl::Milliseconds(100);
constexpr absl::Duration kRetryAfterPartners = absl::Milliseconds(500);

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Versions never change, but a mesh that was set up anew counts from 1 again.
bool SameConfig(const ConfigVersion& a, const ConfigVersion& b) {
  const auto same_file = [](const v1::ConfigFile& x, const v1::ConfigFile& y) {
    return x.path() == y.path() && x.content() == y.content();
  };
  return a.version() == b.version() &&
         std::equal(a.files().begin(), a.files().end(), b.files().begin(), b.files().end(), same_file);
}

// The plan of the record's config; the one before where it does not compile.
std::shared_ptr<const PartnerPlan> CompileOrKeep(const std::string& partner_id, const PartnerRecord& record,
                                                 const LivePlan* before) {
  if (before != nullptr && before->plan != nullptr && SameConfig(record.config(), before->record->config())) {
    return before->plan;
  }
  MappingProblems problems;
  auto plan = PartnerPlan::Compile(partner_id, record.config().files(), record.config().version(), &problems);
  if (plan.ok()) {
    telemetry::LogInfo("config compiled",
                       {{"partner", partner_id}, {"version", static_cast<int64_t>(record.config().version())}});
    return *std::move(plan);
  }
  telemetry::LogError("a config does not compile here; the one before it stays",
                      {{"partner", partner_id},
                       {"version", static_cast<int64_t>(record.config().version())},
                       {"problems", std::string(BadMapping(partner_id, problems).message())}});
  return before == nullptr ? nullptr : before->plan;
}

}  // namespace

const LivePlan* PlanSet::Find(std::string_view partner_id) const {
  const auto found = plans_.find(View(partner_id));
  return found == plans_.end() || found->second.plan == nullptr ? nullptr : &found->second;
}

void PlanRegistry::Update(const rpc::PartnerMap& partners) {
  const std::shared_ptr<const PlanSet> before = Plans();
  auto next = std::make_shared<PlanSet>();
  for (const auto& [partner_id, record] : partners) {
    if (!record->has_config()) continue;
    const LivePlan* old = nullptr;
    if (before != nullptr) {
      const auto found = before->plans_.find(partner_id);
      if (found != before->plans_.end()) old = &found->second;
    }
    if (old != nullptr && old->record == record) {
      next->plans_[partner_id] = *old;
    } else {
      next->plans_[partner_id] = {CompileOrKeep(partner_id, *record, old), record->partner().error_ttl_days(), record};
    }
  }
  absl::MutexLock lock(&mutex_);
  plans_ = std::move(next);
}

std::shared_ptr<const PlanSet> PlanRegistry::Plans() const {
  absl::ReaderMutexLock lock(&mutex_);
  return plans_;
}

absl::Status UnknownPartner(std::string_view partner_id) {
  return Refusal(absl::StatusCode::kNotFound, "UNKNOWN_PARTNER",
                 absl::StrCat("partner_id: there is no partner \"", View(partner_id), "\" with a config"),
                 {{"field", "partner_id"}, {"partner_id", partner_id}});
}

absl::Status ConfigNotReady(std::string_view partner_id) {
  return WithRetry(Refusal(absl::StatusCode::kUnavailable, "CONFIG_NOT_READY",
                           "the partner's config has not come here yet; send again", {{"partner_id", partner_id}}),
                   kRetryAfterConfig);
}

absl::Status PartnersUnknown() {
  return WithRetry(
      Refusal(absl::StatusCode::kUnavailable, "PARTNERS_UNKNOWN", "the partners are not known here yet; send again"),
      kRetryAfterPartners);
}

absl::Status BadMapping(std::string_view partner_id, const MappingProblems& problems) {
  std::string message = absl::StrCat("the mapping of ", View(partner_id), " does not compile:");
  for (const auto& problem : problems) {
    absl::StrAppend(&message, "\n  ", problem.path(), ":", problem.line(), ":", problem.column(), ": ",
                    problem.message());
  }
  return Refusal(absl::StatusCode::kInvalidArgument, "BAD_MAPPING", message, {{"partner_id", partner_id}});
}

}  // namespace ordermesh::validation
