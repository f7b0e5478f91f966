#include "tests/sim/sim_kv.h"

#include <cstring>

#include "services/common/base/errors.h"
#include "services/common/kv/memory_kv.h"

namespace ordermesh::sim {
namespace {

enum class Kind : uint8_t { kPut, kDelete };

struct Change {
  Kind kind = Kind::kPut;
  uint8_t family = 0;
  uint32_t key_bytes = 0;
  uint32_t value_bytes = 0;
};

// The changes one after the other: a head of fixed size, key, value.
class SimBatch final : public kv::WriteBatch {
 public:
  void Put(kv::Family family, std::string_view key, std::string_view value) override {
    Add(Kind::kPut, family, key, value);
  }
  void Delete(kv::Family family, std::string_view key) override { Add(Kind::kDelete, family, key, ""); }
  void Clear() override { bytes_.clear(); }
  size_t ByteSize() const override { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }

 private:
  void Add(Kind kind, kv::Family family, std::string_view key, std::string_view value) {
    Change change;
    // The padding goes to the disk too, and must always be the same.
    std::memset(static_cast<void*>(&change), 0, sizeof(change));
    change.kind = kind;
    change.family = static_cast<uint8_t>(family);
    change.key_bytes = static_cast<uint32_t>(key.size());
    change.value_bytes = static_cast<uint32_t>(value.size());
    bytes_.append(reinterpret_cast<const char*>(&change), sizeof(change));
    bytes_.append(key).append(value);
  }

  std::string bytes_;
};

// Takes the next change off `record`.
Change Next(std::string_view& record, std::string_view& key, std::string_view& value) {
  Change change;
  OM_CHECK(record.size() >= sizeof(change));
  std::memcpy(static_cast<void*>(&change), record.data(), sizeof(change));
  record.remove_prefix(sizeof(change));
  key = record.substr(0, change.key_bytes);
  value = record.substr(change.key_bytes, change.value_bytes);
  record.remove_prefix(change.key_bytes + change.value_bytes);
  return change;
}

void AddTo(kv::WriteBatch& batch, const Change& change, std::string_view key, std::string_view value) {
  if (change.kind == Kind::kPut) batch.Put(change.family, key, value);
  if (change.kind == Kind::kDelete) batch.Delete(change.family, key);
}

}  // namespace

SimKv::SimKv(Disk& disk, size_t families) : disk_(disk), memory_(kv::NewMemoryKv(families)) {
  for (const std::string& record : disk_.Recover()) Apply(record);
}

std::unique_ptr<kv::WriteBatch> SimKv::NewBatch() const { return std::make_unique<SimBatch>(); }

absl::Status SimKv::Write(const kv::WriteBatch& batch, kv::Durability durability) {
  std::string record = static_cast<const SimBatch&>(batch).bytes();
  if (forgotten_.has_value()) {
    SimBatch kept;
    std::string_view key;
    std::string_view value;
    for (std::string_view rest = record; !rest.empty();) {
      const Change change = Next(rest, key, value);
      if (change.kind != Kind::kPut || change.family != *forgotten_) AddTo(kept, change, key, value);
    }
    record = kept.bytes();
  }
  OM_RETURN_IF_ERROR(disk_.Append(record, durability == kv::Durability::kSynced));
  Apply(record);
  return absl::OkStatus();
}

void SimKv::Apply(std::string_view record) {
  const auto batch = memory_->NewBatch();
  std::string_view key;
  std::string_view value;
  while (!record.empty()) {
    const Change change = Next(record, key, value);
    AddTo(*batch, change, key, value);
  }
  OM_CHECK(memory_->Write(*batch, kv::Durability::kBuffered).ok());
}

absl::StatusOr<std::optional<std::string>> SimKv::Get(kv::Family family, std::string_view key,
                                                      const kv::Snapshot* snapshot) const {
  OM_RETURN_IF_ERROR(disk_.Read());
  return memory_->Get(family, key, snapshot);
}

absl::StatusOr<std::vector<std::optional<std::string>>> SimKv::MultiGet(
    kv::Family family, const std::vector<std::string_view>& keys) const {
  OM_RETURN_IF_ERROR(disk_.Read());
  return memory_->MultiGet(family, keys);
}

}  // namespace ordermesh::sim
