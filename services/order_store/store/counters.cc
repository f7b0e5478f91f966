#include "services/order_store/store/counters.h"

#include <utility>

#include "services/common/base/errors.h"

namespace ordermesh::order_store {
namespace {

// More pairs of partner and currency than this are read again from the store: memory stays bounded.
constexpr size_t kMaxEntries = 16'384;

absl::Status Read(const kv::Kv& kv, const std::string& key, Totals* totals) {
  OM_ASSIGN_OR_RETURN(const auto value, kv.Get(kCounters, key));
  *totals = Totals();
  if (value.has_value()) {
    OM_ASSIGN_OR_RETURN(*totals, DecodeTotals(*value));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Counters::Add(std::string_view partner_id, std::string_view currency, uint32_t hour, uint64_t lines,
                           const OrderSums& sums) {
  if (last_ == nullptr || last_->partner_id != partner_id || last_->currency != currency) {
    last_ = &Find(partner_id, currency);
  }
  Entry& entry = *last_;
  if (!entry.loaded || entry.hour != hour) OM_RETURN_IF_ERROR(Load(entry, hour));
  entry.all.Add(lines, sums);
  entry.of_hour.Add(lines, sums);
  if (!std::exchange(entry.changed, true)) changed_.push_back(&entry);
  return absl::OkStatus();
}

Counters::Entry& Counters::Find(std::string_view partner_id, std::string_view currency) {
  Entry& entry = entries_[TotalsKey(partner_id, currency)];
  if (!entry.loaded) {
    entry.partner_id = partner_id;
    entry.currency = currency;
  }
  return entry;
}

absl::Status Counters::Load(Entry& entry, uint32_t hour) {
  OM_CHECK(!entry.changed);
  if (!entry.loaded) OM_RETURN_IF_ERROR(Read(kv_, TotalsKey(entry.partner_id, entry.currency), &entry.all));
  OM_RETURN_IF_ERROR(Read(kv_, HourKey(hour, entry.partner_id, entry.currency), &entry.of_hour));
  entry.hour = hour;
  entry.loaded = true;
  return absl::OkStatus();
}

void Counters::WriteTo(kv::WriteBatch& batch) {
  std::string value;
  for (Entry* entry : changed_) {
    value.clear();
    AppendTotals(entry->all, value);
    batch.Put(kCounters, TotalsKey(entry->partner_id, entry->currency), value);
    value.clear();
    AppendTotals(entry->of_hour, value);
    batch.Put(kCounters, HourKey(entry->hour, entry->partner_id, entry->currency), value);
    entry->changed = false;
  }
  changed_.clear();
  if (entries_.size() > kMaxEntries) {
    entries_.clear();
    last_ = nullptr;
  }
}

void Counters::Forget() {
  changed_.clear();
  entries_.clear();
  last_ = nullptr;
}

}  // namespace ordermesh::order_store
