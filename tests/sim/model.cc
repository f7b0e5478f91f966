#include "tests/sim/model.h"

#include <xxhash.h>

#include <algorithm>

#include "tests/crash/workload.h"

namespace ordermesh::sim {
namespace {

using common::v1::OrderVerdict;
using order::v1::Order;

// An order that was in flight when so many streams broke is parked unopened (services/common/rpc/suspects.h).
constexpr int kBreaksOfAParked = 4;

uint64_t FingerprintOf(const Order& order) {
  const std::string bytes = order.SerializeAsString();
  return XXH3_64bits(bytes.data(), bytes.size());
}

bool IsParked(const OrderVerdict& verdict) {
  return verdict.violations_size() > 0 && verdict.violations(0).code() == common::v1::Violation::POISON;
}

std::string Describe(const Op& op) {
  std::string text = absl::StrCat(op.spec.ToString(), " [", op.invoked, "]");
  if (op.verdict.has_value()) {
    absl::StrAppend(&text, ": ", OrderVerdict::Verdict_Name(op.verdict->verdict()), " ", op.position);
  }
  return text;
}

}  // namespace

void Model::Break(std::string_view promise, const std::string& what) {
  if (!broken_.empty()) return;
  broken_ = absl::StrCat(absl::string_view(promise.data(), promise.size()), ": ", what);
  context_.Note("BROKEN ", broken_);
}

size_t Model::Invoke(const Spec& spec, int breaks) {
  Op& op = ops_.emplace_back();
  op.spec = spec;
  op.invoked = answers_;
  op.breaks_before = breaks;
  ++unanswered_;
  floors_.try_emplace({IdentityOf(spec), spec.content}, highest_acknowledged_);
  return ops_.size() - 1;
}

void Model::Sent(size_t op, const Uuid& ingest_id) {
  ops_[op].ingest_ids.push_back(ingest_id);
  op_of_ingest_[{ingest_id.high, ingest_id.low}] = op;
}

void Model::Unknown(size_t op) {
  ops_[op].was_unknown = true;
  context_.coverage.Hit(Point::kUnknown);
}

void Model::Verdict(size_t number, const OrderVerdict& verdict, int breaks) {
  Op& op = ops_[number];
  op.verdict = verdict;
  ++answers_;
  --unanswered_;
  Coverage& coverage = context_.coverage;
  if (op.was_unknown) coverage.Hit(Point::kUnknownResolved);
  if (const auto place = ParseOrderId(verdict.order_id()); place.has_value()) op.position = place->position;
  context_.Note("verdict ", Describe(op));
  const Known* const before = KnownBefore(op);
  switch (verdict.verdict()) {
    case OrderVerdict::CREATED:
      coverage.Hit(Point::kCreated);
      if (before != nullptr) Break("K3", absl::StrCat("created again: ", Describe(op)));
      Learn(op, op.spec.content);
      break;
    case OrderVerdict::REPLAYED:
      coverage.Hit(Point::kReplayed);
      if (before != nullptr && before->form == op.spec.form) coverage.Hit(Point::kSameBytesReplayed);
      Learn(op, op.spec.content);
      break;
    case OrderVerdict::CONFLICT:
      coverage.Hit(Point::kConflict);
      Learn(op, std::nullopt);
      break;
    case OrderVerdict::SEQUENCE_REUSED:
      coverage.Hit(Point::kSequenceReused);
      if (before != nullptr) Break("K7", absl::StrCat("its identity was known: ", Describe(op)));
      break;
    case OrderVerdict::REJECTED:
      coverage.Hit(Point::kRejected);
      CheckRejected(op, breaks);
      break;
    default:
      Break("K7", absl::StrCat("no verdict at all: ", Describe(op)));
  }
  const bool accepted = verdict.verdict() == OrderVerdict::CREATED || verdict.verdict() == OrderVerdict::REPLAYED;
  if (accepted && !op.spec.may_be_valid()) Break("K2", absl::StrCat("not a valid order: ", Describe(op)));
  if (accepted && op.position == 0) Break("K7", absl::StrCat("no order id: ", Describe(op)));
  if (!accepted) CheckErrorId(op);
}

const Model::Known* Model::KnownBefore(const Op& op) const {
  const auto found = known_.find(IdentityOf(op.spec));
  // Told before this op was first sent.
  return found == known_.end() || found->second.since > op.invoked ? nullptr : &found->second;
}

void Model::Learn(const Op& op, std::optional<Content> content) {
  highest_acknowledged_ = std::max(highest_acknowledged_, op.position);
  const auto [found, added] = known_.try_emplace(IdentityOf(op.spec));
  Known& known = found->second;
  if (added) {
    known.position = op.position;
    known.since = answers_;
  }
  if (known.position != op.position) {
    Break("K3", absl::StrCat("the identity was at ", known.position, ": ", Describe(op)));
  }
  if (!content.has_value()) {
    if (known.content == op.spec.content) Break("K7", absl::StrCat("its content is the stored one: ", Describe(op)));
    return;
  }
  if (known.content.has_value() && known.content != content) {
    Break("K7", absl::StrCat("its content is not the stored one: ", Describe(op)));
  }
  known.content = content;
  if (op.verdict->verdict() == OrderVerdict::CREATED) known.form = op.spec.form;
}

void Model::CheckRejected(const Op& op, int breaks) {
  if (op.spec.form == Form::kUnreadable) context_.coverage.Hit(Point::kUnreadable);
  if (IsParked(*op.verdict)) {
    if (op.spec.form == Form::kPoison) context_.coverage.Hit(Point::kParked);
    if (op.spec.form != Form::kPoison && breaks - op.breaks_before < kBreaksOfAParked) {
      Break("K7", absl::StrCat("parked without having killed: ", Describe(op)));
    }
    return;
  }
  if (!op.spec.may_be_valid()) return;
  if (!tightened_ || !orders_.RefusedByTightPlan(op.spec)) Break("K7", absl::StrCat("it was valid: ", Describe(op)));
  // What was created is never rejected later because a mapping changed: the same bytes always, the same content where
  // the mapping still reads it.
  const Known* const before = KnownBefore(op);
  if (before == nullptr || before->content != op.spec.content) return;
  const bool readable = op.spec.numbered() || op.spec.form == Form::kTyped;
  if (readable || before->form == op.spec.form) {
    Break("K7", absl::StrCat("created before, rejected now: ", Describe(op)));
  }
}

void Model::CheckErrorId(const Op& op) {
  const std::string& id = op.verdict->error_id();
  if (id.empty()) return Break("K1", absl::StrCat("no error id: ", Describe(op)));
  const auto [found, added] = error_ids_.try_emplace({op.spec, op.verdict->verdict()}, id);
  if (found->second != id) {
    Break("K7", absl::StrCat("another error id than ", found->second, ": ", Describe(op), " ", id));
  }
}

void Model::Watched(int64_t position, const Order& order) {
  const uint64_t fingerprint = FingerprintOf(order);
  if (position <= watched()) {
    if (seen_[static_cast<size_t>(position - 1)] != fingerprint) {
      Break("K1", absl::StrCat("position ", position, " is not what watchers saw there: ", order.ShortDebugString()));
    }
    return;
  }
  if (position != watched() + 1) Break("K5", absl::StrCat("after position ", watched(), " comes ", position));
  seen_.push_back(fingerprint);
}

std::optional<Spec> Model::FindSpec(const Order& order) {
  Spec spec;
  spec.partner = order.partner_id() == kPartners[0] ? 0 : 1;
  if (!Orders::ParseExternalId(order.external_order_id(), &spec.key)) return std::nullopt;
  const auto ingest_id = Uuid::Parse(order.ingest_id());
  if (!ingest_id.has_value()) return std::nullopt;
  const auto op = op_of_ingest_.find({ingest_id->high, ingest_id->low});
  if (op == op_of_ingest_.end()) return std::nullopt;
  const Spec& sent = ops_[op->second].spec;
  const bool is_it = sent.may_be_valid() && IdentityOf(sent) == IdentityOf(spec) &&
                     crash::DifferingField(orders_.Expected(sent), order).empty() &&
                     orders_.Payload(sent) == order.raw_payload();
  return is_it ? std::optional(sent) : std::nullopt;
}

void Model::CheckRow(int64_t position, const Order& order, std::map<Identity, Stored>* stored) {
  const auto spec = FindSpec(order);
  if (!spec.has_value()) {
    return Break("K2", absl::StrCat("position ", position, " was never sent so: ", order.ShortDebugString()));
  }
  if (!stored->try_emplace(IdentityOf(*spec), Stored{position, *spec}).second) {
    Break("K3", absl::StrCat("stored twice: ", spec->ToString(), " at ", position));
  }
  if (spec->numbered()) {
    const auto [holder, added] = numbers_.try_emplace({spec->partner, orders_.NumberOf(*spec)}, IdentityOf(*spec));
    if (!added) Break("K3", absl::StrCat("number used twice: ", spec->ToString(), " at ", position));
  }
  const auto floor = floors_.find({IdentityOf(*spec), spec->content});
  if (floor == floors_.end() || floor->second >= position) {
    Break("K4", absl::StrCat("stored at ", position, " although sent after what was acknowledged: ", spec->ToString()));
  }
}

void Model::CheckOrders(const std::vector<Order>& orders) {
  std::map<Identity, Stored> stored;
  numbers_.clear();
  int64_t position = 0;
  for (const Order& order : orders) CheckRow(++position, order, &stored);
  if (position < watched()) {
    Break("K1", absl::StrCat("watchers saw position ", watched(), "; the store ends at ", position));
  }
  for (const Op& op : ops_) {
    if (op.verdict.has_value()) CheckAnswer(op, stored);
  }
}

void Model::CheckAnswer(const Op& op, const std::map<Identity, Stored>& stored) {
  const auto found = stored.find(IdentityOf(op.spec));
  const bool there = found != stored.end() && found->second.position == op.position;
  switch (op.verdict->verdict()) {
    case OrderVerdict::CREATED:
      if (!there) return Break("K1", absl::StrCat("acknowledged and not there: ", Describe(op)));
      if (found->second.spec != op.spec) Break("K1", absl::StrCat("stored with other content: ", Describe(op)));
      break;
    case OrderVerdict::REPLAYED:
      if (!there) return Break("K1", absl::StrCat("acknowledged and not there: ", Describe(op)));
      if (found->second.spec.content != op.spec.content) {
        Break("K7", absl::StrCat("no replay of what is stored: ", Describe(op)));
      }
      break;
    case OrderVerdict::CONFLICT:
      if (!there) return Break("K1", absl::StrCat("in conflict with nothing: ", Describe(op)));
      if (found->second.spec.content == op.spec.content) {
        Break("K7", absl::StrCat("in conflict with itself: ", Describe(op)));
      }
      break;
    case OrderVerdict::SEQUENCE_REUSED: {
      const auto holder = numbers_.find({op.spec.partner, orders_.NumberOf(op.spec)});
      if (holder == numbers_.end() || holder->second == IdentityOf(op.spec)) {
        Break("K7", absl::StrCat("nobody else has its number: ", Describe(op)));
      }
      break;
    }
    default:
      break;
  }
}

void Model::CheckErrors(const std::vector<error::v1::OrderError>& errors) {
  std::map<std::string, const error::v1::OrderError*> by_id;
  for (const auto& error : errors) {
    if (!by_id.try_emplace(error.id(), &error).second) Break("K3", absl::StrCat("error stored twice: ", error.id()));
    const auto ingest_id = Uuid::Parse(error.ingest_id());
    if (!ingest_id.has_value() || op_of_ingest_.count({ingest_id->high, ingest_id->low}) == 0) {
      Break("K2", absl::StrCat("an error of nothing that was sent: ", error.ShortDebugString()));
    }
  }
  for (const auto& [key, id] : error_ids_) {
    const auto found = by_id.find(id);
    const Spec& spec = key.first;
    if (found == by_id.end()) return Break("K1", absl::StrCat("acknowledged error is not there: ", spec.ToString()));
    const auto& error = *found->second;
    if (error.kind() != key.second || error.partner_id() != kPartners[spec.partner] ||
        error.raw_payload() != orders_.Payload(spec)) {
      Break("K1", absl::StrCat("error with other content: ", spec.ToString()));
    }
    if (spec.form == Form::kTyped && error.order().external_order_id() != Orders::ExternalIdOf(spec.key)) {
      Break("K1", absl::StrCat("error without its order: ", spec.ToString()));
    }
  }
}

}  // namespace ordermesh::sim
