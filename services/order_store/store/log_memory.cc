#include <deque>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/order_store/store/log.h"

namespace ordermesh::order_store {
namespace {

struct StoredRow {
  std::string row;
  std::string payload;
};

// Readers hold a prefix of the rows. A deque never moves what is in it, and nothing stored ever changes.
class MemoryRows {
 public:
  void Append(const std::vector<LogRow>& rows) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    for (const LogRow& row : rows) rows_.push_back({std::string(row.row), std::string(row.payload)});
  }
  int64_t end() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return static_cast<int64_t>(rows_.size());
  }
  const StoredRow& At(int64_t position) const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return rows_[static_cast<size_t>(position - 1)];
  }

 private:
  mutable absl::Mutex mutex_;
  std::deque<StoredRow> rows_ ABSL_GUARDED_BY(mutex_);
};

class MemoryLogReader : public LogReader {
 public:
  explicit MemoryLogReader(const MemoryRows& rows) : rows_(rows), end_(rows.end()) {}

  absl::StatusOr<bool> Seek(int64_t position) override {
    position_ = position < 1 ? 1 : position;
    if (position_ > end_) return false;
    at_ = &rows_.At(position_);
    return true;
  }
  absl::StatusOr<bool> Next() override { return Seek(position_ + 1); }
  int64_t position() const override { return position_; }
  std::string_view row() const override { return at_->row; }
  absl::StatusOr<std::string> Payload() const override { return at_->payload; }

 private:
  const MemoryRows& rows_;
  const int64_t end_;
  int64_t position_ = 0;
  const StoredRow* at_ = nullptr;
};

class MemoryLog : public Log {
 public:
  absl::Status Append(const std::vector<LogRow>& rows, kv::WriteBatch&) override {
    rows_.Append(rows);
    return absl::OkStatus();
  }
  bool keeps_effects() const override { return false; }
  std::unique_ptr<LogReader> Read() const override { return std::make_unique<MemoryLogReader>(rows_); }
  int64_t end() const override { return rows_.end(); }

 private:
  MemoryRows rows_;
};

}  // namespace

std::unique_ptr<Log> NewMemoryLog() { return std::make_unique<MemoryLog>(); }

}  // namespace ordermesh::order_store
