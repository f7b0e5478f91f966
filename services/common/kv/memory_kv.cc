#include "services/common/kv/memory_kv.h"

#include <functional>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/common/base/errors.h"

namespace ordermesh::kv {
namespace {

using Map = std::map<std::string, std::string, std::less<>>;
// What a reader holds never changes: a write copies the maps that somebody still reads.
using State = std::vector<std::shared_ptr<Map>>;

struct Change {
  enum class Kind { kPut, kDelete };
  Kind kind;
  Family family;
  std::string key;
  std::string value;
};

class MemoryBatch : public WriteBatch {
 public:
  void Put(Family family, std::string_view key, std::string_view value) override {
    Add({Change::Kind::kPut, family, std::string(key), std::string(value)});
  }
  void Delete(Family family, std::string_view key) override {
    Add({Change::Kind::kDelete, family, std::string(key), ""});
  }
  void Clear() override {
    changes_.clear();
    bytes_ = 0;
  }
  size_t ByteSize() const override { return bytes_; }
  const std::vector<Change>& changes() const { return changes_; }

 private:
  void Add(Change change) {
    bytes_ += change.key.size() + change.value.size();
    changes_.push_back(std::move(change));
  }

  std::vector<Change> changes_;
  size_t bytes_ = 0;
};

class MemorySnapshot : public Snapshot {
 public:
  explicit MemorySnapshot(State state) : state_(std::move(state)) {}
  const std::shared_ptr<Map>& map(Family family) const { return state_[family]; }

 private:
  const State state_;
};

class MemoryIterator : public Iterator {
 public:
  explicit MemoryIterator(std::shared_ptr<const Map> map) : map_(std::move(map)), at_(map_->end()) {}

  void Seek(std::string_view key) override { at_ = map_->lower_bound(key); }
  void SeekForPrev(std::string_view key) override {
    at_ = map_->upper_bound(key);
    Prev();
  }
  void SeekToLast() override {
    at_ = map_->end();
    Prev();
  }
  bool Valid() const override { return at_ != map_->end(); }
  void Next() override { ++at_; }
  void Prev() override { at_ = at_ == map_->begin() ? map_->end() : std::prev(at_); }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  const std::shared_ptr<const Map> map_;
  Map::const_iterator at_;
};

class MemoryKv : public Kv {
 public:
  explicit MemoryKv(size_t families) {
    for (size_t i = 0; i < families; ++i) state_.push_back(std::make_shared<Map>());
  }

  std::unique_ptr<WriteBatch> NewBatch() const override { return std::make_unique<MemoryBatch>(); }

  absl::Status Write(const WriteBatch& batch, Durability) override {
    absl::MutexLock lock(&mutex_);
    for (const Change& change : static_cast<const MemoryBatch&>(batch).changes()) Apply(change);
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key,
                                                 const Snapshot* snapshot) const override {
    const auto map = MapOf(family, snapshot);
    const auto found = map->find(key);
    if (found == map->end()) return std::nullopt;
    return found->second;
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Family family, const std::vector<std::string_view>& keys) const override {
    const auto map = MapOf(family, nullptr);
    std::vector<std::optional<std::string>> values(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      if (const auto found = map->find(keys[i]); found != map->end()) values[i] = found->second;
    }
    return values;
  }

  std::unique_ptr<Iterator> NewIterator(Family family, const Snapshot* snapshot) const override {
    return std::make_unique<MemoryIterator>(MapOf(family, snapshot));
  }

  std::unique_ptr<Snapshot> NewSnapshot() const override {
    absl::MutexLock lock(&mutex_);
    return std::make_unique<MemorySnapshot>(state_);
  }

  absl::Status Flush() override { return absl::OkStatus(); }

  absl::Status Checkpoint(const std::string& directory) override {
    return Refusal(absl::StatusCode::kUnimplemented, "MEMORY_ONLY", "a store in memory has no files to copy");
  }

  std::vector<std::pair<std::string, uint64_t>> Properties() const override {
    absl::MutexLock lock(&mutex_);
    uint64_t bytes = 0;
    for (const auto& map : state_) {
      for (const auto& [key, value] : *map) bytes += key.size() + value.size();
    }
    return {{"memtable_bytes", bytes}};
  }

 private:
  void Apply(const Change& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::shared_ptr<Map>& map = state_[change.family];
    if (map.use_count() > 1) map = std::make_shared<Map>(*map);
    switch (change.kind) {
      case Change::Kind::kPut:
        map->insert_or_assign(change.key, change.value);
        return;
      case Change::Kind::kDelete:
        map->erase(change.key);
        return;
    }
  }

  std::shared_ptr<Map> MapOf(Family family, const Snapshot* snapshot) const {
    if (snapshot != nullptr) return static_cast<const MemorySnapshot*>(snapshot)->map(family);
    absl::MutexLock lock(&mutex_);
    return state_[family];
  }

  mutable absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Kv> NewMemoryKv(size_t families) { return std::make_unique<MemoryKv>(families); }

}  // namespace ordermesh::kv
