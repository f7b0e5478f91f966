#include "services/order_store/store/group_decider.h"

#include <cstring>

#include "services/common/base/errors.h"
#include "services/order_store/domain/differences.h"
#include "services/order_store/store/row_order.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {

absl::Status GroupDecider::Decide(const std::vector<std::shared_ptr<PreparedGroup>>& groups, int64_t now_ns,
                                  kv::WriteBatch& batch) {
  places_.clear();
  rows_.clear();
  accepted_.clear();
  OM_RETURN_IF_ERROR(LookUp(groups));
  OM_ASSIGN_OR_RETURN(const auto stored, kv_.MultiGet(kExternalIds, identities_));
  accepted_.reserve(identities_.size());
  size_t next = 0;
  for (uint32_t g = 0; g < groups.size(); ++g) {
    PreparedGroup& group = *groups[g];
    for (uint32_t i = 0; i < group.items.size(); ++i) {
      PreparedItem& item = group.items[i];
      if (item.failed) continue;
      OM_RETURN_IF_ERROR(DecideItem(group, item, stored[next++]));
      if (item.decision != Decision::kAccept) continue;
      places_.emplace_back(g, i);
      OM_RETURN_IF_ERROR(Accept(group, item, now_ns));
    }
  }
  if (!rows_.empty()) effects_.Finish(log_.end() + static_cast<int64_t>(rows_.size()), batch);
  return absl::OkStatus();
}

void GroupDecider::Forget() { effects_.Forget(); }

absl::Status GroupDecider::LookUp(const std::vector<std::shared_ptr<PreparedGroup>>& groups) {
  identities_.clear();
  numbers_.clear();
  for (const auto& group : groups) {
    for (const PreparedItem& item : group->items) {
      if (item.failed) continue;
      identities_.push_back(group->View(item.identity));
      if (item.has_sequence_number) numbers_.push_back({group->PartnerOf(item), item.sequence_number});
    }
  }
  return numbers_.empty() ? absl::OkStatus() : effects_.LoadSequences(numbers_);
}

size_t GroupDecider::IdentityHash::operator()(std::string_view identity) const {
  size_t hash = 0;
  std::memcpy(&hash, identity.data(), sizeof(hash));
  return hash;
}

absl::StatusOr<std::optional<Holder>> GroupDecider::HolderOf(std::string_view identity,
                                                             const std::optional<std::string>& stored) {
  if (stored.has_value()) return DecodeHolder(*stored);
  const auto found = accepted_.find(identity);
  if (found == accepted_.end()) return std::nullopt;
  return found->second;
}

absl::Status GroupDecider::DecideItem(PreparedGroup& group, PreparedItem& item,
                                      const std::optional<std::string>& stored) {
  OM_ASSIGN_OR_RETURN(const std::optional<Holder> holder, HolderOf(group.View(item.identity), stored));
  Facts facts;
  facts.is_question = item.kind != PreparedItem::Kind::kOrder;
  facts.has_holder = holder.has_value();
  if (holder.has_value()) {
    item.position = holder->position;
    facts.same_ingest_id = holder->ingest_low == item.ingest_id.low;
    facts.same_content = item.has_content && holder->content == item.content;
    if (!facts.same_ingest_id && !facts.same_content && item.raw_sha256.size != 0) {
      OM_ASSIGN_OR_RETURN(const std::string row, RowOf(*holder));
      OM_ASSIGN_OR_RETURN(const RowView view, DecodeRow(row));
      facts.same_raw = view.head.raw_sha256 == group.View(item.raw_sha256);
    }
  } else if (item.has_sequence_number) {
    facts.sequence_used = effects_.HoldsSequence({group.PartnerOf(item), item.sequence_number});
  }
  item.decision = order_store::Decide(facts);
  if (item.decision == Decision::kConflict) return Explain(*holder, group, item);
  if (item.decision == Decision::kSequenceReused) {
    const size_t index = static_cast<size_t>(&item - group.items.data());
    AppendSequenceReused(static_cast<int64_t>(item.sequence_number),
                         &group.violations.emplace_back(index, Violations()).second);
  }
  return absl::OkStatus();
}

absl::Status GroupDecider::Accept(PreparedGroup& group, PreparedItem& item, int64_t now_ns) {
  item.position = log_.end() + static_cast<int64_t>(rows_.size()) + 1;
  item.row.size =
      static_cast<uint32_t>(FinishRow(record_version_, now_ns, group.bytes.data() + item.row.offset, item.row.size));
  rows_.push_back({group.View(item.row), group.View(item.payload)});
  EffectOf effect;
  effect.holder = {item.position, item.content, item.ingest_id.low};
  effect.identity = group.View(item.identity);
  effect.partner_id = group.PartnerOf(item);
  effect.currency = std::string_view(item.currency, sizeof(item.currency));
  if (item.has_sequence_number) effect.sequence_number = item.sequence_number;
  effect.lines = item.lines;
  effect.sums = item.sums;
  effect.keeps_identity = fault_ != TestFault::kSkipExternalId;
  if (effect.keeps_identity) accepted_.emplace(effect.identity, effect.holder);
  return effects_.Add(effect, HourOf(now_ns));
}

absl::StatusOr<std::string> GroupDecider::RowOf(const Holder& holder) const {
  // Of the same write: not in the log yet.
  if (holder.position > log_.end()) {
    return std::string(rows_[static_cast<size_t>(holder.position - log_.end()) - 1].row);
  }
  const auto reader = log_.Read();
  OM_ASSIGN_OR_RETURN(const bool found, reader->Seek(holder.position));
  if (!found || reader->position() != holder.position) return Damaged("external_ids");
  return std::string(reader->row());
}

absl::Status GroupDecider::Explain(const Holder& holder, PreparedGroup& group, PreparedItem& item) const {
  OM_ASSIGN_OR_RETURN(const std::string row, RowOf(holder));
  OM_ASSIGN_OR_RETURN(const order::v1::Order held, DecodeStoredOrder(row));
  OM_ASSIGN_OR_RETURN(const order::v1::Order order, DecodeStoredOrder(group.View(item.row)));
  const size_t index = static_cast<size_t>(&item - group.items.data());
  AppendDifferences(held, order, &group.violations.emplace_back(index, Violations()).second);
  return absl::OkStatus();
}

}  // namespace ordermesh::order_store
