#include "services/order_store/store/audit.h"

#include <algorithm>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/kv/memory_kv.h"
#include "services/order_store/store/schema.h"
#include "services/order_store/store/sequence_set.h"

namespace ordermesh::order_store {
namespace {

constexpr int64_t kRowsAStep = 16'384;
constexpr uint64_t kNumbersABlock = 1'024;

std::string NumberMember(std::string_view partner_id, uint64_t number) {
  std::string member(partner_id);
  member += '\0';
  kv::AppendU64(member, number);
  return member;
}

}  // namespace

Audit::Audit(const kv::Kv& kv, const Log& log, uint32_t shard, bool rebuild)
    : kv_(kv), log_(log), shard_(shard), rebuild_(rebuild), snapshot_(kv.NewSnapshot()), reader_(log.Read()) {}

Audit::~Audit() = default;

absl::StatusOr<bool> Audit::Step(common::v1::AuditResponse* response) {
  if (phase_ == Phase::kEnd) return false;
  OM_ASSIGN_OR_RETURN(phase_, RunPhase());
  if (phase_ == Phase::kReport) {
    Report(response->mutable_report());
    phase_ = Phase::kEnd;
  }
  response->set_rows_read(rows_ + rebuild_next_ - 1);
  response->set_rows_total(rebuild_ ? 2 * last_ : last_);
  return true;
}

absl::StatusOr<Audit::Phase> Audit::RunPhase() {
  switch (phase_) {
    case Phase::kStart:
      OM_RETURN_IF_ERROR(ReadMarks());
      return Phase::kRows;
    case Phase::kRows:
      return ReadRows();
    case Phase::kIdentities:
      OM_RETURN_IF_ERROR(CompareIdentities());
      OM_RETURN_IF_ERROR(CountChunks());
      return Phase::kNumbers;
    case Phase::kNumbers:
      OM_RETURN_IF_ERROR(CompareNumbers());
      return Phase::kCounters;
    case Phase::kCounters:
      OM_RETURN_IF_ERROR(CompareCounters());
      return rebuild_ ? Phase::kRebuild : Phase::kReport;
    case Phase::kRebuild:
      return Rebuild();
    case Phase::kReport:
    case Phase::kEnd:
      break;
  }
  return phase_;
}

absl::Status Audit::ReadMarks() {
  OM_ASSIGN_OR_RETURN(const auto applied, kv_.Get(kMeta, kMetaApplied, snapshot_.get()));
  OM_ASSIGN_OR_RETURN(const auto sealed, kv_.Get(kMeta, kMetaSealed, snapshot_.get()));
  last_ = static_cast<int64_t>(applied.has_value() ? kv::DecodeU64(*applied).value_or(0) : 0);
  sealed_ = sealed.has_value() ? kv::DecodeU64(*sealed).value_or(0) : 0;
  return absl::OkStatus();
}

absl::StatusOr<Audit::Phase> Audit::ReadRows() {
  OM_ASSIGN_OR_RETURN(bool found, reader_->Seek(next_));
  for (int64_t i = 0; i < kRowsAStep && found && reader_->position() <= last_; ++i) {
    const int64_t position = reader_->position();
    if (position != next_) Problem("positions ", next_, " to ", position - 1, " are missing");
    OM_RETURN_IF_ERROR(TakeRow(position, reader_->row()));
    next_ = position + 1;
    OM_ASSIGN_OR_RETURN(found, reader_->Next());
  }
  if (found && reader_->position() <= last_) return Phase::kRows;
  if (next_ != last_ + 1) Problem("the rows end at ", next_ - 1, ", their effects at ", last_);
  return Phase::kIdentities;
}

absl::Status Audit::TakeRow(int64_t position, std::string_view row) {
  ++rows_;
  state_hash_.Update(kv::EncodeU64(static_cast<uint64_t>(position)));
  if (const absl::Status status = DecodeEffect(row, position, &decoded_); !status.ok()) {
    state_hash_.Update(row);
    Problem("row ", position, " cannot be decoded: ", std::string(status.message()));
    return absl::OkStatus();
  }
  // Of what the row says: a store whose rows were written in another version is the same store.
  state_hash_.Update(std::string(1, static_cast<char>(kFirstRecordVersion)));
  state_hash_.Update(DecodeRow(row)->content);
  const EffectOf& effect = decoded_.effect;
  if (HashContent(decoded_.order) != effect.holder.content) Problem("row ", position, " has another content hash");
  member_.assign(effect.identity);
  AppendHolder(effect.holder, member_);
  identities_.Add(member_);
  if (effect.sequence_number.has_value()) numbers_.Add(NumberMember(effect.partner_id, *effect.sequence_number));
  counters_[TotalsKey(effect.partner_id, effect.currency)].Add(effect.lines, effect.sums);
  counters_[HourKey(decoded_.hour, effect.partner_id, effect.currency)].Add(effect.lines, effect.sums);
  return TakeTerms(position);
}

absl::Status Audit::TakeTerms(int64_t position) {
  const uint32_t block = BlockOf(position);
  if (block >= sealed_) return absl::OkStatus();
  product_terms_.clear();
  const OrderTerms terms = TermsOf(decoded_.order, product_terms_);
  block_.Add(OffsetOf(position), terms, product_terms_);
  if (BlockOf(position + 1) == block) return absl::OkStatus();
  absl::Status status;
  bool same = true;
  block_.Encode(block, [&](std::string_view key, std::string_view value) {
    const auto stored = kv_.Get(kPostings, key, snapshot_.get());
    if (!stored.ok()) status = stored.status();
    if (stored.ok() && *stored != value) same = false;
    ++chunks_;
  });
  if (!same) Problem("the postings of block ", block, " differ from its rows");
  block_.Clear();
  return status;
}

absl::Status Audit::CompareIdentities() {
  const auto at = kv_.NewIterator(kExternalIds, snapshot_.get());
  for (at->Seek(""); at->Valid(); at->Next()) AddIdentity(*at, stored_identities_);
  if (stored_identities_.count() != identities_.count()) {
    Problem("there are ", stored_identities_.count(), " identities for ", identities_.count(), " rows");
  } else if (stored_identities_ != identities_) {
    Problem("the identities differ from those of the rows");
  }
  return at->status();
}

void Audit::AddIdentity(const kv::Iterator& at, SetDigest& digest) {
  member_.assign(at.key());
  member_ += at.value();
  digest.Add(member_);
}

absl::Status Audit::CountChunks() {
  size_t chunks = 0;
  const auto at = kv_.NewIterator(kPostings, snapshot_.get());
  for (at->Seek(""); at->Valid(); at->Next()) ++chunks;
  if (chunks != chunks_) Problem("there are ", chunks, " chunks of postings, not ", chunks_);
  return at->status();
}

absl::Status Audit::CompareNumbers() {
  constexpr size_t kSuffixBytes = 1 + sizeof(uint64_t);
  SetDigest stored;
  const auto at = kv_.NewIterator(kSequences, snapshot_.get());
  for (at->Seek(""); at->Valid(); at->Next()) {
    const std::string_view key = at->key();
    const auto held = DecodeSequenceBlock(at->value());
    if (key.size() <= kSuffixBytes || !held.ok()) {
      Problem("a block of sequence numbers cannot be decoded");
      continue;
    }
    const std::string_view partner_id = key.substr(0, key.size() - kSuffixBytes);
    const uint64_t first = *kv::DecodeU64(key.substr(key.size() - sizeof(uint64_t))) * kNumbersABlock;
    for (uint64_t i = 0; i < kNumbersABlock; ++i) {
      if ((*held)[i]) stored.Add(NumberMember(partner_id, first + i));
    }
  }
  if (stored != numbers_) {
    Problem("the ", stored.count(), " sequence numbers differ from the ", numbers_.count(), " of the rows");
  }
  return at->status();
}

absl::Status Audit::CompareCounters() {
  const auto at = kv_.NewIterator(kCounters, snapshot_.get());
  size_t stored = 0;
  std::string value;
  for (at->Seek(""); at->Valid(); at->Next(), ++stored) {
    const auto key = DecodeCounterKey(at->key());
    if (!key.ok()) {
      Problem("a counter cannot be decoded");
      continue;
    }
    value.clear();
    AppendTotals(counters_[std::string(at->key())], value);
    if (value == at->value()) continue;
    Problem("counts or sums of ", std::string(key->partner_id), " in ", std::string(key->currency),
            key->hour.has_value() ? absl::StrCat(" in hour ", *key->hour) : "", " differ from the rows");
  }
  if (stored != counters_.size()) Problem("there are ", stored, " counters, not ", counters_.size());
  return at->status();
}

absl::StatusOr<Audit::Phase> Audit::Rebuild() {
  if (made_ == nullptr) made_ = kv::NewMemoryKv(kFamilies);
  const int64_t last = std::min(last_, rebuild_next_ + kRowsAStep - 1);
  OM_RETURN_IF_ERROR(ApplyEffects(log_, rebuild_next_, last, *made_));
  rebuild_next_ = last + 1;
  // Identities are many, in no order, and never change: summed up and dropped at once.
  const auto made = made_->NewIterator(kExternalIds);
  for (made->Seek(""); made->Valid(); made->Next()) AddIdentity(*made, rebuilt_identities_);
  OM_RETURN_IF_ERROR(kv::ClearFamily(*made_, kExternalIds));
  if (last < last_) return Phase::kRebuild;
  if (rebuilt_identities_ != stored_identities_) Problem("the stored identities differ from the rebuilt ones");
  OM_RETURN_IF_ERROR(CompareFamily(kSequences, "block of sequence numbers"));
  OM_RETURN_IF_ERROR(CompareFamily(kCounters, "counter"));
  return Phase::kReport;
}

absl::Status Audit::CompareFamily(kv::Family family, const char* what) {
  const auto at = made_->NewIterator(family);
  const auto stored = kv_.NewIterator(family, snapshot_.get());
  for (at->Seek(""); at->Valid(); at->Next()) {
    stored->Seek(at->key());
    const bool same = stored->Valid() && stored->key() == at->key() && stored->value() == at->value();
    OM_RETURN_IF_ERROR(stored->status());
    if (!same) Problem("a stored ", what, " differs from the rebuilt one");
  }
  return at->status();
}

void Audit::Report(common::v1::AuditReport* report) {
  report->set_ok(problems_.empty());
  report->set_store("order-store");
  report->set_shard(static_cast<int32_t>(shard_));
  report->set_rows(rows_);
  report->set_last_position(last_);
  report->set_state_hash(state_hash_.FinishHex());
  report->set_rebuilt(rebuild_);
  for (std::string& problem : problems_) report->add_problems(std::move(problem));
}

}  // namespace ordermesh::order_store
