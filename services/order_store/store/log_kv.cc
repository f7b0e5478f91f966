#include <atomic>
#include <utility>

#include "services/common/base/errors.h"
#include "services/order_store/store/log.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

class KvLogReader : public LogReader {
 public:
  explicit KvLogReader(const kv::Kv& kv) : kv_(kv), at_(kv.NewIterator(kRows)) {}

  absl::StatusOr<bool> Seek(int64_t position) override {
    at_->Seek(kv::EncodeU64(static_cast<uint64_t>(position)));
    return Arrived();
  }
  absl::StatusOr<bool> Next() override {
    at_->Next();
    return Arrived();
  }
  int64_t position() const override { return position_; }
  std::string_view row() const override { return at_->value(); }
  absl::StatusOr<std::string> Payload() const override {
    OM_ASSIGN_OR_RETURN(auto payload, kv_.Get(kPayloads, at_->key()));
    return std::move(payload).value_or("");
  }

 private:
  absl::StatusOr<bool> Arrived() {
    if (!at_->Valid()) {
      OM_RETURN_IF_ERROR(at_->status());
      return false;
    }
    const auto position = kv::DecodeU64(at_->key());
    if (!position.has_value()) return Damaged("rows");
    position_ = static_cast<int64_t>(*position);
    return true;
  }

  const kv::Kv& kv_;
  const std::unique_ptr<kv::Iterator> at_;
  int64_t position_ = 0;
};

class KvLog : public Log {
 public:
  KvLog(kv::Kv& kv, int64_t end) : kv_(kv), end_(end) {}

  absl::Status Append(const std::vector<LogRow>& rows, kv::WriteBatch& effects) override {
    int64_t position = end();
    for (const LogRow& row : rows) {
      key_.clear();
      kv::AppendU64(key_, static_cast<uint64_t>(++position));
      effects.Put(kRows, key_, row.row);
      if (!row.payload.empty()) effects.Put(kPayloads, key_, row.payload);
    }
    OM_RETURN_IF_ERROR(kv_.Write(effects, kv::Durability::kSynced));
    end_.store(position, std::memory_order_release);
    return absl::OkStatus();
  }
  bool keeps_effects() const override { return true; }
  std::unique_ptr<LogReader> Read() const override { return std::make_unique<KvLogReader>(kv_); }
  int64_t end() const override { return end_.load(std::memory_order_acquire); }

 private:
  kv::Kv& kv_;
  std::atomic<int64_t> end_;
  std::string key_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Log>> OpenKvLog(kv::Kv& kv) {
  const auto at = kv.NewIterator(kRows);
  at->SeekToLast();
  if (!at->Valid()) {
    OM_RETURN_IF_ERROR(at->status());
    return std::make_unique<KvLog>(kv, 0);
  }
  const auto end = kv::DecodeU64(at->key());
  if (!end.has_value()) return Damaged("rows");
  return std::make_unique<KvLog>(kv, static_cast<int64_t>(*end));
}

}  // namespace ordermesh::order_store
