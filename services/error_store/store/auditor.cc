#include "services/error_store/store/auditor.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/event_log.h"

namespace ordermesh::error_store {
namespace {

constexpr int kMaxProblems = 100;

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

std::string CounterProblem(std::string_view key, int64_t count, int64_t rows) {
  return absl::StrCat("counter ", absl::CHexEscape(absl::string_view(key.data(), key.size())), ": stored ", count,
                      ", but the rows give ", rows);
}

}  // namespace

Auditor::Auditor(const kv::Kv& kv, uint32_t shard, bool rebuild)
    : kv_(kv),
      rebuild_(rebuild),
      snapshot_(kv.NewSnapshot()),
      rows_(kv.NewIterator(kRows, snapshot_.get())),
      payloads_(kv.NewIterator(kPayloads, snapshot_.get())) {
  report_.set_store("error-store");
  report_.set_shard(static_cast<int32_t>(shard));
  report_.set_rebuilt(rebuild);
}

absl::StatusOr<bool> Auditor::Step(int max_rows) {
  if (!std::exchange(started_, true)) {
    OM_RETURN_IF_ERROR(ReadHeader());
    rows_->Seek("");
    payloads_->Seek("");
  }
  for (int i = 0; i < max_rows && rows_->Valid(); ++i, rows_->Next()) {
    OM_RETURN_IF_ERROR(CheckRow(rows_->key(), rows_->value()));
    report_.set_rows(report_.rows() + 1);
  }
  if (rows_->Valid()) return false;
  OM_RETURN_IF_ERROR(rows_->status());
  OM_RETURN_IF_ERROR(CloseZone());
  OM_RETURN_IF_ERROR(CompareFamilies());
  report_.set_state_hash(hash_.Finish());
  report_.set_ok(report_.problems_size() == 0);
  return true;
}

void Auditor::Problem(std::string sentence) {
  if (report_.problems_size() < kMaxProblems) report_.add_problems(std::move(sentence));
}

absl::StatusOr<std::optional<std::string>> Auditor::Find(kv::Family family, std::string_view key) const {
  return kv_.Get(family, key, snapshot_.get());
}

absl::Status Auditor::ReadHeader() {
  OM_ASSIGN_OR_RETURN(const auto position, Find(kMeta, kLastPositionKey));
  if (position.has_value()) report_.set_last_position(PositionOf(*position).value_or(0));
  OM_ASSIGN_OR_RETURN(const auto total, Find(kCounters, kTotalCounter));
  if (total.has_value()) rows_total_ = DecodeCount(*total).value_or(0);
  return absl::OkStatus();
}

absl::Status Auditor::CheckRow(std::string_view key, std::string_view value) {
  hash_.Add(key);
  hash_.Add(value);
  const auto position = PositionOf(key);
  const auto row = DecodeRow(value);
  if (!position.ok() || !row.ok()) {
    Problem(absl::StrCat("row ", Hex(key), " cannot be read"));
    return absl::OkStatus();
  }
  const std::string name = absl::StrCat("position ", *position, ": ");
  if (*position > report_.last_position()) Problem(absl::StrCat(name, "is past the last position"));
  if (row->origin > *position) Problem(absl::StrCat(name, "lies before its origin"));
  OM_RETURN_IF_ERROR(CheckPayload(name, *position, *row));
  OM_RETURN_IF_ERROR(CheckEdits(name, *row));
  OM_RETURN_IF_ERROR(CheckIndexes(name, key, *row));
  return AddToZone(*position, row->error);
}

absl::Status Auditor::CheckPayload(const std::string& name, int64_t position, const Row& row) {
  if (row.payload_size == 0) return absl::OkStatus();
  ++payloads_implied_;
  if (row.origin != position) {
    OM_ASSIGN_OR_RETURN(const auto stored, Find(kPayloads, PositionKey(row.origin)));
    if (stored.has_value()) {
      ComparePayload(name, *stored, row);
    } else {
      Problem(absl::StrCat(name, "its payload is missing"));
    }
    return absl::OkStatus();
  }
  // Rows that have not moved have their payloads in the same order: walking along is cheaper than looking up.
  const std::string key = PositionKey(position);
  for (; payloads_->Valid() && payloads_->key() < key; payloads_->Next()) ++payloads_stored_;
  if (payloads_->Valid() && payloads_->key() == key) {
    ComparePayload(name, payloads_->value(), row);
  } else {
    Problem(absl::StrCat(name, "its payload is missing"));
  }
  return payloads_->status();
}

absl::Status Auditor::CheckEdits(const std::string& name, const Row& row) {
  edits_implied_ += row.error.edits();
  // Each thing that was done to it raised its revision.
  indexed_events_implied_ += row.error.revision() - 1;
  if (row.error.edits() == 0) return absl::OkStatus();
  OM_ASSIGN_OR_RETURN(const auto stored, Find(kEdits, EditKey(row.origin, row.error.edits())));
  const auto last = stored.has_value() ? DecodeEdit(*stored) : BadRecord("edit");
  const bool counts = last.ok() && last->number() == row.error.edits() &&
                      last->payload_sha256() == row.error.payload_sha256() &&
                      (last->has_order() || Sha256(last->raw_payload()) == last->payload_sha256());
  if (!counts) Problem(absl::StrCat(name, "its last edit is not the payload that counts"));
  return absl::OkStatus();
}

void Auditor::ComparePayload(const std::string& name, std::string_view stored, const Row& row) {
  hash_.Add(stored);
  ErrorMessage error;
  const bool readable = stored.size() == row.payload_size && DecodePayload(stored, error).ok();
  if (!readable || (!error.raw_payload().empty() && Sha256(error.raw_payload()) != row.payload_sha256)) {
    Problem(absl::StrCat(name, "its payload differs from what was received"));
  }
}

absl::Status Auditor::CheckIndexes(const std::string& name, std::string_view position_key, const Row& row) {
  const ErrorMessage& error = row.error;
  const Uuid id = MakeErrorId(error.partner_id(), error.kind(), row.payload_sha256);
  if (error.id() != id.ToString()) Problem(absl::StrCat(name, "its id does not match partner, kind and payload"));
  OM_RETURN_IF_ERROR(Expect(kIds, name, IdKey(id), position_key, ids_));
  for (std::string& posting : PostingsOf(error)) {
    posting += position_key;
    OM_RETURN_IF_ERROR(Expect(kPostings, name, posting, "", postings_));
  }
  for (std::string& counter : CountersOf(error)) ++counters_[std::move(counter)];
  return absl::OkStatus();
}

absl::Status Auditor::AddToZone(int64_t position, const ErrorMessage& error) {
  if (ZoneOf(position) != zone_number_) {
    OM_RETURN_IF_ERROR(CloseZone());
    zone_number_ = ZoneOf(position);
    zone_ = Zone();
  }
  zone_.Add(error);
  return absl::OkStatus();
}

absl::Status Auditor::CloseZone() {
  if (zone_.count == 0) return absl::OkStatus();
  return Expect(kZones, absl::StrCat("zone ", zone_number_, ": "), ZoneKey(zone_number_), EncodeZone(zone_), zones_);
}

absl::Status Auditor::Expect(kv::Family family, const std::string& name, std::string_view key, std::string_view value,
                             Fingerprint& fingerprint) {
  fingerprint.Add(key, value);
  if (!rebuild_) return absl::OkStatus();
  OM_ASSIGN_OR_RETURN(const auto stored, Find(family, key));
  if (!stored.has_value()) {
    Problem(absl::StrCat(name, "the entry ", Hex(key), " is missing"));
  } else if (*stored != value) {
    Problem(absl::StrCat(name, "the entry ", Hex(key), " differs"));
  }
  return absl::OkStatus();
}

absl::Status Auditor::CompareFamilies() {
  OM_RETURN_IF_ERROR(CompareFamily(kIds, "ids", ids_));
  OM_RETURN_IF_ERROR(CompareFamily(kPostings, "postings", postings_));
  OM_RETURN_IF_ERROR(CompareFamily(kZones, "zones", zones_));
  OM_RETURN_IF_ERROR(CountPayloads());
  OM_RETURN_IF_ERROR(CompareCount(kEdits, "edits", edits_implied_));
  OM_RETURN_IF_ERROR(CompareCount(kEventIndex, "index of events", indexed_events_implied_));
  OM_RETURN_IF_ERROR(CheckEvents());
  return CompareCounters();
}

absl::Status Auditor::CompareFamily(kv::Family family, const std::string& name, const Fingerprint& expected) {
  Fingerprint stored;
  const auto entries = kv_.NewIterator(family, snapshot_.get());
  for (entries->Seek(""); entries->Valid(); entries->Next()) stored.Add(entries->key(), entries->value());
  OM_RETURN_IF_ERROR(entries->status());
  if (stored.count != expected.count) {
    Problem(absl::StrCat(name, ": ", stored.count, " entries, but the rows imply ", expected.count));
  } else if (stored != expected) {
    Problem(absl::StrCat(name, ": the ", stored.count, " entries differ from what the rows imply"));
  }
  return absl::OkStatus();
}

absl::Status Auditor::CountPayloads() {
  for (; payloads_->Valid(); payloads_->Next()) ++payloads_stored_;
  OM_RETURN_IF_ERROR(payloads_->status());
  if (payloads_stored_ != payloads_implied_) {
    Problem(absl::StrCat("payloads: ", payloads_stored_, " entries, but the rows imply ", payloads_implied_));
  }
  return absl::OkStatus();
}

absl::Status Auditor::CompareCount(kv::Family family, const std::string& name, int64_t implied) {
  int64_t stored = 0;
  const auto entries = kv_.NewIterator(family, snapshot_.get());
  for (entries->Seek(""); entries->Valid(); entries->Next()) ++stored;
  if (stored != implied) Problem(absl::StrCat(name, ": ", stored, " entries, but the rows imply ", implied));
  return entries->status();
}

absl::Status Auditor::CheckEvents() {
  EventHead head{0, NoHash()};
  const auto events = kv_.NewIterator(kEvents, snapshot_.get());
  for (events->Seek(""); events->Valid(); events->Next()) {
    const auto event = Unseal(head.number + 1, events->value());
    if (!event.ok() || events->key() != PositionKey(head.number + 1) || event->previous_hash() != head.hash) {
      Problem(absl::StrCat("event ", head.number + 1, ": is missing or was changed: the chain is broken"));
      return absl::OkStatus();
    }
    head = {event->number(), event->hash()};
  }
  OM_RETURN_IF_ERROR(events->status());
  hash_.Add(head.hash);
  OM_ASSIGN_OR_RETURN(const auto stored, Find(kMeta, kEventHeadKey));
  if (stored.value_or("") != (head.number == 0 ? "" : EncodeEventHead(head))) {
    Problem(absl::StrCat("events: the log ends with ", head.number, ", which is not what was last written"));
  }
  return absl::OkStatus();
}

absl::Status Auditor::CompareCounters() {
  const auto stored = kv_.NewIterator(kCounters, snapshot_.get());
  for (stored->Seek(""); stored->Valid(); stored->Next()) {
    const auto expected = counters_.find(stored->key());
    const int64_t rows = expected == counters_.end() ? 0 : expected->second;
    const int64_t count = DecodeCount(stored->value()).value_or(0);
    if (count != rows || rows == 0) Problem(CounterProblem(stored->key(), count, rows));
    if (expected != counters_.end()) counters_.erase(expected);
  }
  OM_RETURN_IF_ERROR(stored->status());
  for (const auto& [key, rows] : counters_) Problem(CounterProblem(key, 0, rows));
  return absl::OkStatus();
}

}  // namespace ordermesh::error_store
