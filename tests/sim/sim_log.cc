#include "tests/sim/sim_log.h"

#include <cstring>
#include <deque>
#include <string>

#include "services/common/base/errors.h"

namespace ordermesh::sim {
namespace {

using order_store::LogReader;
using order_store::LogRow;

struct StoredRow {
  std::string row;
  std::string payload;
};

void AppendText(std::string_view text, std::string& record) {
  const auto size = static_cast<uint32_t>(text.size());
  record.append(reinterpret_cast<const char*>(&size), sizeof(size)).append(text);
}

std::string TakeText(std::string_view& record) {
  uint32_t size = 0;
  OM_CHECK(record.size() >= sizeof(size));
  std::memcpy(&size, record.data(), sizeof(size));
  std::string text(record.substr(sizeof(size), size));
  record.remove_prefix(sizeof(size) + size);
  return text;
}

class SimLogReader final : public LogReader {
 public:
  explicit SimLogReader(const std::deque<StoredRow>& rows) : rows_(rows), end_(static_cast<int64_t>(rows.size())) {}

  absl::StatusOr<bool> Seek(int64_t position) override {
    position_ = position < 1 ? 1 : position;
    if (position_ > end_) return false;
    at_ = &rows_[static_cast<size_t>(position_ - 1)];
    return true;
  }
  absl::StatusOr<bool> Next() override { return Seek(position_ + 1); }
  int64_t position() const override { return position_; }
  std::string_view row() const override { return at_->row; }
  absl::StatusOr<std::string> Payload() const override { return at_->payload; }

 private:
  const std::deque<StoredRow>& rows_;
  const int64_t end_;
  int64_t position_ = 0;
  const StoredRow* at_ = nullptr;
};

class SimLog final : public order_store::Log {
 public:
  SimLog(Disk& disk, bool forget_last) : disk_(disk) {
    for (const std::string& record : disk_.Recover()) TakeGroup(record);
    if (forget_last && !rows_.empty()) rows_.pop_back();
  }

  absl::Status Append(const std::vector<LogRow>& rows, kv::WriteBatch&) override {
    std::string record = kv::EncodeU64(rows_.size());
    for (const LogRow& row : rows) {
      AppendText(row.row, record);
      AppendText(row.payload, record);
    }
    OM_RETURN_IF_ERROR(disk_.Append(record, /*sync=*/true));
    TakeGroup(record);
    return absl::OkStatus();
  }
  bool keeps_effects() const override { return false; }
  std::unique_ptr<LogReader> Read() const override { return std::make_unique<SimLogReader>(rows_); }
  int64_t end() const override { return static_cast<int64_t>(rows_.size()); }

 private:
  // A group names the position it follows: what a forgetful log wrote over is gone.
  void TakeGroup(std::string_view record) {
    rows_.resize(*kv::DecodeU64(record.substr(0, sizeof(uint64_t))));
    record.remove_prefix(sizeof(uint64_t));
    while (!record.empty()) {
      StoredRow& row = rows_.emplace_back();
      row.row = TakeText(record);
      row.payload = TakeText(record);
    }
  }

  Disk& disk_;
  std::deque<StoredRow> rows_;
};

}  // namespace

std::unique_ptr<order_store::Log> OpenSimLog(Disk& disk, bool forget_last) {
  return std::make_unique<SimLog>(disk, forget_last);
}

}  // namespace ordermesh::sim
