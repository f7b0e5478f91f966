#include "services/order_store/store/recovery.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/order_store/domain/check_order.h"
#include "services/order_store/store/row_order.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

// Orders whose effects are written together while they are made again.
constexpr size_t kGroupOrders = 4'096;

absl::Status PutMeta(kv::Kv& kv, const char* name, uint32_t value) {
  const auto batch = kv.NewBatch();
  std::string bytes;
  kv::AppendU32(bytes, value);
  batch->Put(kMeta, name, bytes);
  return kv.Write(*batch, kv::Durability::kSynced);
}

absl::Status CheckMeta(kv::Kv& kv, const char* name, uint32_t expected) {
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kMeta, name));
  if (!stored.has_value()) return PutMeta(kv, name, expected);
  const auto value = kv::DecodeU32(*stored);
  if (!value.has_value()) return Damaged("meta");
  if (*value == expected) return absl::OkStatus();
  return Refusal(absl::StatusCode::kFailedPrecondition, "WRONG_STORE",
                 absl::StrCat("the store has ", name, " ", *value, ", not ", expected));
}

// What is not known to be covered is made again from nothing.
absl::Status ClearEffects(kv::Kv& kv) {
  for (const kv::Family family : {kExternalIds, kSequences, kCounters}) OM_RETURN_IF_ERROR(kv::ClearFamily(kv, family));
  return absl::OkStatus();
}

}  // namespace

absl::Status RaiseFormat(kv::Kv& kv, uint32_t record_version) {
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kMeta, kMetaFormat));
  if (!stored.has_value()) return PutMeta(kv, kMetaFormat, record_version);
  const auto format = kv::DecodeU32(*stored);
  if (!format.has_value() || *format < kFirstRecordVersion) return Damaged("meta");
  if (*format > kLastRecordVersion) {
    return Refusal(absl::StatusCode::kFailedPrecondition, "UNKNOWN_RECORD_VERSION",
                   absl::StrCat("the store may hold rows of version ", *format, ", and this release reads versions ",
                                kFirstRecordVersion, " to ", kLastRecordVersion,
                                ": start the release that wrote them, or a newer one"));
  }
  return *format >= record_version ? absl::OkStatus() : PutMeta(kv, kMetaFormat, record_version);
}

absl::Status Recover(kv::Kv& kv, const Log& log, uint32_t shard, int64_t acknowledged) {
  OM_RETURN_IF_ERROR(CheckMeta(kv, kMetaShard, shard));
  if (log.end() < acknowledged) {
    return Refusal(absl::StatusCode::kDataLoss, "ACKNOWLEDGED_ORDERS_LOST",
                   absl::StrCat("the log ends at position ", log.end(), " but position ", acknowledged,
                                " was acknowledged: restore the store from a copy that has it"));
  }
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kMeta, kMetaApplied));
  int64_t applied = 0;
  if (stored.has_value()) {
    const auto value = kv::DecodeU64(*stored);
    if (!value.has_value() || *value > static_cast<uint64_t>(log.end())) return Damaged("meta");
    applied = static_cast<int64_t>(*value);
  }
  if (applied == log.end()) return absl::OkStatus();
  if (applied == 0) OM_RETURN_IF_ERROR(ClearEffects(kv));
  return ApplyEffects(log, applied + 1, log.end(), kv);
}

absl::Status DecodeEffect(std::string_view row, int64_t position, DecodedEffect* decoded) {
  OM_ASSIGN_OR_RETURN(const RowView view, DecodeRow(row));
  OM_ASSIGN_OR_RETURN(decoded->order, DecodeStoredOrder(row));
  const order::v1::Order& order = decoded->order;
  EffectOf& effect = decoded->effect;
  if (!CheckOrder(order, &effect.sums).ok()) return Damaged("rows");
  decoded->identity.clear();
  AppendIdentity(order.partner_id(), order.external_order_id(), decoded->identity);
  effect.holder = {position, view.head.content, view.head.ingest_id.low};
  effect.identity = decoded->identity;
  effect.partner_id = order.partner_id();
  effect.currency = order.currency();
  effect.sequence_number.reset();
  if (order.has_sequence_number()) effect.sequence_number = static_cast<uint64_t>(order.sequence_number());
  effect.lines = static_cast<uint64_t>(order.lines_size());
  decoded->hour = HourOf(view.head.processed_at_ns);
  return absl::OkStatus();
}

absl::Status ApplyEffects(const Log& log, int64_t from, int64_t last, kv::Kv& kv) {
  Effects effects(kv);
  const auto batch = kv.NewBatch();
  const auto reader = log.Read();
  // The rows of the batch; a deque, because their effects point into them.
  std::deque<DecodedEffect> group;
  const auto write = [&](int64_t position) -> absl::Status {
    effects.Finish(position, *batch);
    OM_RETURN_IF_ERROR(kv.Write(*batch, kv::Durability::kBuffered));
    batch->Clear();
    group.clear();
    return absl::OkStatus();
  };
  for (int64_t position = from; position <= last; ++position) {
    OM_ASSIGN_OR_RETURN(const bool found, position == from ? reader->Seek(position) : reader->Next());
    if (!found || reader->position() != position) return Damaged("rows");
    OM_ASSIGN_OR_RETURN(const RowView view, DecodeRow(reader->row()));
    const uint32_t hour = HourOf(view.head.processed_at_ns);
    // The orders of one write share one hour.
    if (group.size() == kGroupOrders || (!group.empty() && group.back().hour != hour)) {
      OM_RETURN_IF_ERROR(write(position - 1));
    }
    DecodedEffect& decoded = group.emplace_back();
    OM_RETURN_IF_ERROR(DecodeEffect(reader->row(), position, &decoded));
    if (decoded.effect.sequence_number.has_value()) {
      OM_RETURN_IF_ERROR(effects.LoadSequences({{decoded.effect.partner_id, *decoded.effect.sequence_number}}));
    }
    OM_RETURN_IF_ERROR(effects.Add(decoded.effect, hour));
  }
  return group.empty() ? absl::OkStatus() : write(last);
}

}  // namespace ordermesh::order_store
