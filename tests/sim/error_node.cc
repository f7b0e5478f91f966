#include "tests/sim/error_node.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/store/auditor.h"
#include "services/error_store/store/schema.h"
#include "tests/sim/sim_kv.h"

namespace ordermesh::sim {
namespace {

using error::v1::CommitErrorsResponse;
using error_store::CommitOutcome;

constexpr int kAuditRows = 1'000;

void AddRefusal(uint64_t tag, const absl::Status& status, CommitErrorsResponse& response) {
  auto* result = response.add_results();
  result->set_tag(tag);
  *result->mutable_status() = ToProto(status);
}

CommitErrorsResponse Answer(const std::vector<uint64_t>& tags, const std::vector<CommitOutcome>& outcomes) {
  CommitErrorsResponse response;
  for (size_t i = 0; i < tags.size(); ++i) {
    if (!outcomes[i].status.ok()) {
      AddRefusal(tags[i], outcomes[i].status, response);
      continue;
    }
    auto* result = response.add_results();
    result->set_tag(tags[i]);
    result->mutable_kept()->set_error_id(outcomes[i].id.ToString());
    result->mutable_kept()->set_existed(outcomes[i].existed);
  }
  return response;
}

}  // namespace

ErrorNode::ErrorNode(Context& context, const std::string& folder)
    : context_(context), machine_(context, "error-store"), database_(machine_), mark_(folder, "errors") {}

ErrorNode::~ErrorNode() = default;

absl::Status ErrorNode::Start() {
  ++incarnation_;
  machine_.Start();
  machine_.reads_fail = false;
  const absl::Status status = Open();
  machine_.reads_fail = true;
  context_.Note("error-store starts: ", status.ok() ? absl::StrCat("end ", store_->end()) : status.ToString());
  return status;
}

absl::Status ErrorNode::Open() {
  OM_ASSIGN_OR_RETURN(auto mark, kv::AckMark::Open(mark_.path()));
  error_store::StoreOptions options;
  options.clock = [this] { return context_.scheduler.now(); };
  options.on_advance = [] {};
  options.on_fatal = [this](const absl::Status&) { machine_.Kill("a write failed"); };
  options.threads = false;
  OM_ASSIGN_OR_RETURN(store_,
                      error_store::ErrorStore::Open(std::make_unique<SimKv>(database_, error_store::Families().size()),
                                                    std::move(mark), std::move(options)));
  return absl::OkStatus();
}

void ErrorNode::Bury(bool power_lost) {
  OM_CHECK(!machine_.alive());
  store_ = nullptr;
  write_planned_ = false;
  context_.coverage.Hit(Point::kErrorStoreKilled);
  if (!power_lost) return;
  context_.coverage.Hit(Point::kPowerCut);
  context_.Note("error-store loses power");
  database_.LosePower();
  const int64_t position = mark_.position();
  if (position > 0 && context_.rng.Chance(500)) mark_.FallBackTo(context_.rng.Between(0, position));
}

void ErrorNode::Receive(error::v1::CommitErrorsRequest request, Reply reply) {
  error_store::CommitBatch batch;
  std::vector<uint64_t> tags;
  CommitErrorsResponse refused;
  for (auto& item : *request.mutable_items()) {
    const uint64_t tag = item.tag();
    auto intake = error_store::TakeIn(std::move(item));
    if (!intake.ok()) {
      AddRefusal(tag, intake.status(), refused);
      continue;
    }
    tags.push_back(tag);
    batch.items.push_back(*std::move(intake));
  }
  if (refused.results_size() > 0) reply(std::move(refused));
  if (tags.empty()) return;
  batch.done = [this, tags, reply](const std::vector<CommitOutcome>& outcomes) {
    if (!machine_.alive()) return;
    for (const CommitOutcome& outcome : outcomes) {
      if (outcome.existed) context_.coverage.Hit(Point::kErrorExisted);
    }
    reply(Answer(tags, outcomes));
  };
  OM_CHECK(store_->TryCommit(std::move(batch)));
  PlanWrite();
}

void ErrorNode::PlanWrite() {
  if (std::exchange(write_planned_, true)) return;
  context_.scheduler.After(context_.rng.Between(50, 3'000), [this, incarnation = incarnation_] {
    if (incarnation != incarnation_ || !up()) return;
    write_planned_ = false;
    store_->Step();
    context_.Note("error-store wrote, end ", store_->end());
  });
}

absl::StatusOr<common::v1::AuditReport> ErrorNode::RunAudit() const {
  error_store::Auditor auditor(store_->kv(), store_->shard(), /*rebuild=*/true);
  while (true) {
    OM_ASSIGN_OR_RETURN(const bool ready, auditor.Step(kAuditRows));
    if (ready) return auditor.report();
  }
}

}  // namespace ordermesh::sim
