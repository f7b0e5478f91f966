#include "services/order_store/store/indexer.h"

#include <pthread.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/errors.h"
#include "services/common/telemetry/log.h"
#include "services/common/telemetry/metrics.h"
#include "services/order_store/store/row_order.h"
#include "services/order_store/store/schema.h"
#include "services/order_store/store/terms.h"

namespace ordermesh::order_store {
namespace {

// Rows that one step reads from the log before others may see them.
constexpr int64_t kRowsAStep = 1'024;
// Until what could not be read is tried again.
constexpr absl::Duration kRetryAfter = absl::Milliseconds(100);
// Asking the engine takes its locks.
constexpr std::chrono::seconds kReportEngineEvery{5};

// The first position of a block. Positions start at 1, so the first block holds one less.
int64_t FirstOf(uint32_t block) { return std::max<int64_t>(1, static_cast<int64_t>(block) * kBlockPositions); }

}  // namespace

absl::StatusOr<std::unique_ptr<Indexer>> Indexer::Start(kv::Kv& kv, const Log& log, const Recent& recent,
                                                        bool own_thread) {
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kMeta, kMetaSealed));
  const auto sealed = stored.has_value() ? kv::DecodeU64(*stored) : std::optional<uint64_t>(0);
  if (!sealed.has_value() || static_cast<int64_t>(*sealed) > BlockOf(log.end() + 1)) return Damaged("meta");
  return std::unique_ptr<Indexer>(new Indexer(kv, log, recent, static_cast<uint32_t>(*sealed), own_thread));
}

Indexer::Indexer(kv::Kv& kv, const Log& log, const Recent& recent, uint32_t sealed, bool own_thread)
    : kv_(kv),
      log_(log),
      recent_(recent),
      lag_(telemetry::Gauge("ordermesh_order_index_lag", "Orders that are durable and not indexed yet")),
      sealed_(sealed),
      indexed_(FirstOf(sealed) - 1) {
  if (!own_thread) return;
  thread_ = std::thread([this] { Loop(); });
  pthread_setname_np(thread_.native_handle(), "indexer");
}

Indexer::~Indexer() {
  {
    absl::MutexLock lock(&wake_mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Indexer::Wake() {
  absl::MutexLock lock(&wake_mutex_);
  woken_ = true;
}

void Indexer::WaitFor(int64_t position) const {
  const auto reached = [this, position]()
                           ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return failed_ || indexed_ >= position; };
  absl::ReaderMutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&reached));
}

int64_t Indexer::indexed() const {
  absl::ReaderMutexLock lock(&mutex_);
  return indexed_;
}

uint32_t Indexer::sealed() const {
  absl::ReaderMutexLock lock(&mutex_);
  return sealed_;
}

bool Indexer::FindUnsealed(uint32_t block, TermKind kind, uint32_t first, uint32_t last, BlockSet* found,
                           int64_t* indexed) const {
  absl::ReaderMutexLock lock(&mutex_);
  if (block < sealed_) return false;
  if (block == sealed_) unsealed_.Find(kind, first, last, found);
  *indexed = indexed_;
  return true;
}

void Indexer::Loop() {
  while (true) {
    {
      absl::MutexLock lock(&wake_mutex_);
      wake_mutex_.Await(absl::Condition(this, &Indexer::Woken));
      if (stopping_) return;
      // A step that leaves work behind wakes again.
      woken_ = false;
    }
    if (!Turn()) return;
  }
}

bool Indexer::Turn() {
  const absl::Status status = Step();
  Report();
  if (status.ok()) {
    if (indexed() < log_.end()) Wake();
  } else if (absl::IsDataLoss(status)) {
    telemetry::LogError("indexing stopped", {{"message", std::string(status.message())}});
    absl::MutexLock lock(&mutex_);
    failed_ = true;
    return false;
  } else if (!absl::IsResourceExhausted(status)) {
    telemetry::LogWarning("indexing waits", {{"message", std::string(status.message())}});
    absl::SleepFor(kRetryAfter);
    Wake();
  }
  return true;
}

void Indexer::Report() {
  lag_.Set(static_cast<double>(log_.end() - indexed()));
  const auto now = std::chrono::steady_clock::now();
  if (now - engine_reported_ < kReportEngineEvery) return;
  engine_reported_ = now;
  for (const auto& [name, value] : kv_.Properties()) {
    telemetry::Gauge("ordermesh_order_engine_bytes", "Figures of the storage engine", {{"figure", name}})
        .Set(static_cast<double>(value));
  }
}

absl::Status Indexer::Step() {
  if (indexed() + 1 == FirstOf(sealed() + 1)) OM_RETURN_IF_ERROR(Seal());
  if (indexed() >= log_.end()) return absl::OkStatus();
  if (const auto rows = recent_.Find(indexed() + 1); rows != nullptr) {
    StepFromRecent(*rows);
    return absl::OkStatus();
  }
  return StepFromLog();
}

void Indexer::StepFromRecent(const RecentRows& rows) {
  absl::MutexLock lock(&mutex_);
  const int64_t last = std::min(rows.last(), FirstOf(sealed_ + 1) - 1);
  while (indexed_ < last) {
    ++indexed_;
    unsealed_.Add(OffsetOf(indexed_), rows.TermsAt(indexed_), rows.ProductTermsAt(indexed_));
  }
}

absl::Status Indexer::StepFromLog() {
  const int64_t first = indexed() + 1;
  const int64_t last = std::min({log_.end(), first + kRowsAStep - 1, FirstOf(sealed() + 1) - 1});
  const auto reader = log_.Read();
  std::vector<OrderTerms> terms;
  std::vector<uint32_t> product_terms;
  for (int64_t position = first; position <= last; ++position) {
    OM_ASSIGN_OR_RETURN(const bool found, position == first ? reader->Seek(position) : reader->Next());
    if (!found || reader->position() != position) return Damaged("rows");
    OM_ASSIGN_OR_RETURN(const order::v1::Order order, DecodeStoredOrder(reader->row()));
    terms.push_back(TermsOf(order, product_terms));
  }
  absl::MutexLock lock(&mutex_);
  for (const OrderTerms& of_order : terms) unsealed_.Add(OffsetOf(++indexed_), of_order, product_terms);
  return absl::OkStatus();
}

absl::Status Indexer::Seal() {
  BlockTerms terms;
  uint32_t block = 0;
  {
    // Sorting takes long enough that queries should not wait for it.
    absl::ReaderMutexLock lock(&mutex_);
    terms = unsealed_;
    block = sealed_;
  }
  const auto batch = kv_.NewBatch();
  terms.Encode(block, [&](std::string_view key, std::string_view value) { batch->Put(kPostings, key, value); });
  batch->Put(kMeta, kMetaSealed, kv::EncodeU64(block + 1));
  OM_RETURN_IF_ERROR(kv_.Write(*batch, kv::Durability::kBuffered));
  absl::MutexLock lock(&mutex_);
  sealed_ = block + 1;
  unsealed_.Clear();
  return absl::OkStatus();
}

}  // namespace ordermesh::order_store
