#include "tests/sim/order_node.h"

#include <filesystem>
#include <utility>

#include "services/common/base/errors.h"
#include "services/order_store/store/schema.h"
#include "tests/sim/sim_log.h"

namespace ordermesh::sim {
namespace {

using order_store::Decision;
using order_store::PreparedGroup;
using order_store::PreparedItem;
using order_store::TestFault;

TestFault FaultOf(Plant plant) {
  if (plant == Plant::kSkipExternalId) return TestFault::kSkipExternalId;
  if (plant == Plant::kAckBeforeWrite) return TestFault::kAckBeforeWrite;
  return TestFault::kNone;
}

// The position up to which the database has effects.
int64_t AppliedOf(const kv::Kv& kv) {
  const auto applied = kv.Get(order_store::kMeta, order_store::kMetaApplied);
  if (!applied.ok() || !applied->has_value()) return 0;
  return static_cast<int64_t>(kv::DecodeU64(**applied).value_or(0));
}

}  // namespace

OrderNode::OrderNode(Context& context, const std::string& folder, OrderNodeOptions options)
    : context_(context),
      options_(options),
      machine_(context, "order-store"),
      database_(machine_),
      log_(machine_),
      mark_(folder, "orders") {}

OrderNode::~OrderNode() = default;

order_store::StoreOptions OrderNode::OptionsNow() {
  order_store::StoreOptions options;
  options.mark_path = mark_.path();
  options.clock = [this] { return context_.scheduler.now_us() * 1'000 + clock_skew_ns; };
  options.fault = FaultOf(context_.plant);
  options.recent_bytes = options_.recent_bytes;
  options.threads = false;
  options.record_version = options_.flip_record_version && incarnation_ % 2 == 0 ? 2 : 1;
  return options;
}

absl::Status OrderNode::Start() {
  ++incarnation_;
  machine_.Start();
  machine_.reads_fail = false;
  const absl::Status status = Open();
  machine_.reads_fail = true;
  context_.Note("order-store starts: ", status.ok() ? absl::StrCat("end ", store_->end()) : status.ToString());
  if (status.ok() && incarnation_ > 1 && options_.flip_record_version) {
    context_.coverage.Hit(Point::kOtherRowVersion);
  }
  return status;
}

absl::Status OrderNode::Open() {
  auto kv = std::make_unique<SimKv>(database_, order_store::kFamilies);
  SimKv* const raw = kv.get();
  std::unique_ptr<order_store::Log> log;
  if (options_.own_log) log = OpenSimLog(log_, context_.plant == Plant::kReusePosition && incarnation_ > 1);
  const bool behind = log != nullptr && AppliedOf(*kv) < log->end();
  if (context_.plant == Plant::kForgetCounters) raw->Forget(order_store::kCounters);
  if (context_.plant == Plant::kForgetSequences) raw->Forget(order_store::kSequences);
  OM_ASSIGN_OR_RETURN(store_, order_store::OrderStore::Open(std::move(kv), std::move(log), OptionsNow()));
  if (context_.plant == Plant::kForgetCounters) raw->Forget(std::nullopt);
  if (behind) context_.coverage.Hit(Point::kEffectsMadeAgain);
  if (mark_.position() < store_->end()) context_.coverage.Hit(Point::kMarkBehind);
  return absl::OkStatus();
}

void OrderNode::Bury(bool power_lost) {
  OM_CHECK(!machine_.alive());
  store_ = nullptr;
  write_planned_ = false;
  context_.coverage.Hit(Point::kOrderStoreKilled);
  if (!power_lost) return;
  context_.coverage.Hit(Point::kPowerCut);
  context_.Note("order-store loses power");
  database_.LosePower();
  log_.LosePower();
  const int64_t position = mark_.position();
  if (position > 0 && context_.rng.Chance(500)) mark_.FallBackTo(context_.rng.Between(0, position));
}

void OrderNode::Receive(order::v1::CommitOrdersRequest request, Reply reply) {
  if (!order_store::CheckMessage(request).ok()) return;
  std::shared_ptr<PreparedGroup> group = order_store::Prepare(request);
  const bool queued = store_->Submit(group, [this, reply = std::move(reply)](PreparedGroup& decided) {
    ++messages_;
    if (!machine_.alive()) return;
    NoteDecisions(decided, end_before_);
    reply(order_store::MakeResponse(decided, /*shard=*/0));
  });
  OM_CHECK(queued);
  PlanWrite();
}

// What gathers until then is one group, as while a sync runs.
void OrderNode::PlanWrite() {
  if (std::exchange(write_planned_, true)) return;
  context_.scheduler.After(context_.rng.Between(50, 3'000), [this, incarnation = incarnation_] {
    if (incarnation != incarnation_ || !up()) return;
    write_planned_ = false;
    end_before_ = store_->end();
    messages_ = 0;
    store_->StepWriter();
    if (messages_ > 1) context_.coverage.Hit(Point::kGroupOfManyMessages);
    context_.Note("order-store wrote ", messages_, " messages, end ", store_->end());
    if (up() && context_.rng.Chance(300)) store_->StepIndexer();
  });
}

void OrderNode::NoteDecisions(const PreparedGroup& group, int64_t end_before) {
  Coverage& coverage = context_.coverage;
  for (const PreparedItem& item : group.items) {
    if (item.failed) continue;
    const bool of_this_write = item.position > end_before;
    const bool question = item.kind == PreparedItem::Kind::kQuestion;
    switch (item.decision) {
      case Decision::kAccept:
      case Decision::kSequenceReused:
        break;
      case Decision::kCreatedBefore:
        coverage.Hit(Point::kCreatedBefore);
        break;
      case Decision::kReplayed:
        if (question) coverage.Hit(Point::kQuestionReplayed);
        if (of_this_write) coverage.Hit(Point::kReplayOfUnsynced);
        break;
      case Decision::kConflict:
        if (of_this_write) coverage.Hit(Point::kConflictWithUnsynced);
        break;
      case Decision::kNotAReplay:
        coverage.Hit(Point::kQuestionNotAReplay);
        break;
    }
  }
}

absl::StatusOr<common::v1::AuditReport> OrderNode::AuditReplica() {
  Context context(0, Plant::kNone, /*verbose=*/false);
  Machine machine(context, "replica");
  machine.Start();
  Disk database(machine);
  Disk log_disk(machine);
  std::unique_ptr<order_store::Log> log;
  if (options_.own_log) {
    log_.CopyTo(log_disk);
    log = OpenSimLog(log_disk, /*forget_last=*/false);
  } else {
    database_.CopyTo(database);
  }
  order_store::StoreOptions options = OptionsNow();
  options.mark_path += "-replica";
  std::filesystem::remove(options.mark_path);
  OM_ASSIGN_OR_RETURN(const auto replica,
                      order_store::OrderStore::Open(std::make_unique<SimKv>(database, order_store::kFamilies),
                                                    std::move(log), std::move(options)));
  return RunAudit(*replica);
}

absl::StatusOr<common::v1::AuditReport> RunAudit(const order_store::OrderStore& store) {
  common::v1::AuditRequest request;
  request.set_rebuild(true);
  const auto audit = store.StartAudit(request);
  common::v1::AuditResponse response;
  while (true) {
    OM_ASSIGN_OR_RETURN(const bool more, audit->Step(&response));
    if (!more) return response.report();
  }
}

}  // namespace ordermesh::sim
