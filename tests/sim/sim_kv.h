// A database on a simulated disk: every write is a record of its log, the state is in memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/kv/kv.h"
#include "tests/sim/disk.h"

namespace ordermesh::sim {

// Opens the database that `disk` holds: the writes up to the first that is not whole. The disk must outlive it.
class SimKv final : public kv::Kv {
 public:
  SimKv(Disk& disk, size_t families);

  // A planted bug: what is put into this family is lost from now on; nothing: no more.
  void Forget(std::optional<kv::Family> family) { forgotten_ = family; }

  std::unique_ptr<kv::WriteBatch> NewBatch() const override;
  absl::Status Write(const kv::WriteBatch& batch, kv::Durability durability) override;
  absl::StatusOr<std::optional<std::string>> Get(kv::Family family, std::string_view key,
                                                 const kv::Snapshot* snapshot) const override;
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      kv::Family family, const std::vector<std::string_view>& keys) const override;
  std::unique_ptr<kv::Iterator> NewIterator(kv::Family family, const kv::Snapshot* snapshot) const override {
    return memory_->NewIterator(family, snapshot);
  }
  std::unique_ptr<kv::Snapshot> NewSnapshot() const override { return memory_->NewSnapshot(); }
  absl::Status Flush() override { return absl::OkStatus(); }
  absl::Status Checkpoint(const std::string& directory) override {
    return absl::UnimplementedError("a simulated database has no files");
  }
  std::vector<std::pair<std::string, uint64_t>> Properties() const override { return {}; }

 private:
  void Apply(std::string_view record);

  Disk& disk_;
  const std::unique_ptr<kv::Kv> memory_;
  std::optional<kv::Family> forgotten_;
};

}  // namespace ordermesh::sim
