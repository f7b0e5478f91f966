#include "services/common/kv/delivery_diary.h"

#include <pthread.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/telemetry/log.h"
#include "services/common/telemetry/metrics.h"

namespace ordermesh::kv {
namespace {

using common::v1::Delivery;
using common::v1::OrderVerdict;

constexpr char kVersion = 1;
constexpr size_t kIdBytes = 16;
constexpr size_t kKeyBytes = 2 * kIdBytes;
constexpr size_t kValueBytes = 1 + 1 + 8 + kIdBytes;
constexpr size_t kHalfTraceChars = 16;

void AppendId(std::string& bytes, const Uuid& id) {
  AppendU64(bytes, id.high);
  AppendU64(bytes, id.low);
}

Uuid IdOf(std::string_view bytes) { return {*DecodeU64(bytes.substr(0, 8)), *DecodeU64(bytes.substr(8, 8))}; }

std::string PrefixOf(const Uuid& id) {
  std::string prefix;
  prefix.reserve(kKeyBytes);
  AppendId(prefix, id);
  return prefix;
}

std::string KeyOf(const DeliveryNote& note) {
  std::string key = PrefixOf(note.id);
  AppendId(key, note.ingest_id);
  return key;
}

std::string Encode(const DeliveryNote& note) {
  std::string value(1, kVersion);
  value.reserve(kValueBytes);
  value += static_cast<char>(note.verdict);
  AppendU64(value, static_cast<uint64_t>(note.time_micros));
  AppendId(value, note.trace);
  return value;
}

absl::StatusOr<Delivery> Decode(std::string_view key, std::string_view value) {
  if (key.size() != kKeyBytes || value.size() != kValueBytes || value[0] != kVersion) {
    return Refusal(absl::StatusCode::kDataLoss, "STORE_DAMAGED", "damaged bytes in deliveries");
  }
  Delivery delivery;
  delivery.set_verdict(static_cast<OrderVerdict::Verdict>(value[1]));
  const auto micros = static_cast<int64_t>(*DecodeU64(value.substr(2, 8)));
  delivery.mutable_time()->set_seconds(micros / 1'000'000);
  delivery.mutable_time()->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1'000);
  const Uuid trace = IdOf(value.substr(10));
  if (!trace.IsZero()) {
    delivery.set_trace_id(
        absl::StrCat(absl::Hex(trace.high, absl::kZeroPad16), absl::Hex(trace.low, absl::kZeroPad16)));
  }
  delivery.set_ingest_id(IdOf(key.substr(kIdBytes)).ToString());
  return delivery;
}

// Calls `take` with the entries of an id, newest first, kMaxDeliveries at most. From the end: where older ones were
// deleted the engine would walk over what is left of each.
template <typename Take>
absl::Status EachNewest(Iterator& entries, const Uuid& id, const Take& take) {
  const std::string prefix = PrefixOf(id);
  size_t taken = 0;
  entries.SeekForPrev(prefix + std::string(kIdBytes, '\xff'));
  for (; taken < kMaxDeliveries && entries.Valid() && entries.key().starts_with(prefix); entries.Prev()) {
    OM_RETURN_IF_ERROR(take(entries));
    ++taken;
  }
  return entries.status();
}

// What an id has when the write is done. Entries that are stored already have no value here.
using Newest = std::map<std::string, std::string>;

absl::StatusOr<Newest> NewestOf(Iterator& entries, const Uuid& id) {
  Newest newest;
  OM_RETURN_IF_ERROR(EachNewest(entries, id, [&newest](const Iterator& entry) {
    newest.try_emplace(std::string(entry.key()));
    return absl::OkStatus();
  }));
  return newest;
}

}  // namespace

Uuid TraceOf(std::string_view trace_id) {
  if (trace_id.size() != 2 * kHalfTraceChars) return {};
  const auto half = [](std::string_view digits) {
    uint64_t bits = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
    return bits;
  };
  return {half(trace_id.substr(0, kHalfTraceChars)), half(trace_id.substr(kHalfTraceChars))};
}

absl::StatusOr<std::vector<Delivery>> ReadDeliveries(const Kv& kv, Family family, const Uuid& id) {
  std::vector<Delivery> deliveries;
  OM_RETURN_IF_ERROR(EachNewest(*kv.NewIterator(family), id, [&deliveries](const Iterator& entry) -> absl::Status {
    OM_ASSIGN_OR_RETURN(deliveries.emplace_back(), Decode(entry.key(), entry.value()));
    return absl::OkStatus();
  }));
  std::reverse(deliveries.begin(), deliveries.end());
  return deliveries;
}

absl::Status DeleteDeliveries(const Kv& kv, Family family, const Uuid& id, WriteBatch& batch) {
  return EachNewest(*kv.NewIterator(family), id, [&](const Iterator& entry) {
    batch.Delete(family, entry.key());
    return absl::OkStatus();
  });
}

DeliveryDiary::DeliveryDiary(Kv& kv, Family family, IsVoid is_void, bool own_thread)
    : kv_(kv),
      family_(family),
      is_void_(std::move(is_void)),
      noted_(telemetry::Counter("ordermesh_deliveries_noted_total", "Further deliveries that were noted.")),
      dropped_(telemetry::Counter("ordermesh_deliveries_dropped_total",
                                  "Further deliveries that were not noted: too many at once, or the disk failed.")),
      batch_(kv.NewBatch()) {
  if (!own_thread) return;
  thread_ = std::thread([this] { Loop(); });
  pthread_setname_np(thread_.native_handle(), "diary");
}

DeliveryDiary::~DeliveryDiary() {
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

bool DeliveryDiary::Step() {
  std::vector<DeliveryNote> notes;
  {
    absl::MutexLock lock(&mutex_);
    notes = Take();
  }
  if (notes.empty()) return false;
  WriteOrDrop(std::move(notes));
  return true;
}

void DeliveryDiary::Settle() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &DeliveryDiary::IsSettled));
}

void DeliveryDiary::Push(const DeliveryNote& note) {
  absl::MutexLock lock(&mutex_);
  if (closed_ || queue_.size() >= kMaxQueued) return CountDropped(1);
  queue_.push_back(note);
  queued_.store(queue_.size(), std::memory_order_relaxed);
}

void DeliveryDiary::CountDropped(size_t notes) { dropped_.Increment(static_cast<double>(notes)); }

void DeliveryDiary::Loop() {
  while (true) {
    std::vector<DeliveryNote> notes;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &DeliveryDiary::HasWork));
      if (queue_.empty()) return;
      notes = Take();
      writing_ = true;
    }
    WriteOrDrop(std::move(notes));
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    mutex_.AwaitWithTimeout(absl::Condition(&closed_), kPause);
  }
}

std::vector<DeliveryNote> DeliveryDiary::Take() {
  queued_.store(0, std::memory_order_relaxed);
  return std::exchange(queue_, {});
}

void DeliveryDiary::WriteOrDrop(std::vector<DeliveryNote> notes) {
  const absl::Status status = Write(notes);
  const bool failed_before = std::exchange(failing_, !status.ok());
  if (status.ok()) return;
  CountDropped(notes.size());
  // A disk that is full stays so for a while.
  if (failed_before) return;
  telemetry::LogWarning("deliveries were not noted", {{"error", std::string(status.message())}});
}

absl::Status DeliveryDiary::Write(std::vector<DeliveryNote>& notes) {
  batch_->Clear();
  // By id: the engine finds and puts a key beside the one before it more cheaply.
  std::sort(notes.begin(), notes.end(), [](const DeliveryNote& a, const DeliveryNote& b) {
    return std::tie(a.id.high, a.id.low) < std::tie(b.id.high, b.id.low);
  });
  // One for all: to make it costs more than what is done with it.
  const auto entries = kv_.NewIterator(family_);
  size_t noted = 0;
  for (absl::Span<const DeliveryNote> rest = notes; !rest.empty();) {
    size_t same = 1;
    while (same < rest.size() && rest[same].id == rest.front().id) ++same;
    OM_ASSIGN_OR_RETURN(const size_t of_id, AppendOfOne(rest.first(same), *entries));
    noted += of_id;
    rest.remove_prefix(same);
  }
  if (noted == 0) return absl::OkStatus();
  OM_RETURN_IF_ERROR(kv_.Write(*batch_, Durability::kBuffered));
  noted_.Increment(static_cast<double>(noted));
  return absl::OkStatus();
}

absl::StatusOr<size_t> DeliveryDiary::AppendOfOne(absl::Span<const DeliveryNote> notes, Iterator& entries) {
  OM_ASSIGN_OR_RETURN(Newest newest, NewestOf(entries, notes.front().id));
  for (const DeliveryNote& note : notes) {
    OM_ASSIGN_OR_RETURN(const bool is_void, is_void_(note));
    if (is_void) continue;
    newest.try_emplace(KeyOf(note), Encode(note));
    if (newest.size() <= kMaxDeliveries) continue;
    const auto oldest = newest.begin();
    if (oldest->second.empty()) batch_->Delete(family_, oldest->first);
    newest.erase(oldest);
  }
  size_t put = 0;
  for (const auto& [key, value] : newest) {
    if (value.empty()) continue;
    batch_->Put(family_, key, value);
    ++put;
  }
  return put;
}

}  // namespace ordermesh::kv
