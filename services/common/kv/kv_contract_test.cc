// What every Kv promises, asked of both implementations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/common/kv/kv.h"
#include "services/common/kv/memory_kv.h"
#include "services/common/kv/rocks_kv.h"

namespace ordermesh::kv {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr Family kA = 0;
constexpr Family kB = 1;
constexpr Family kRandom = 2;

std::vector<FamilyOptions> TestFamilies() {
  return {{.name = "a", .point_lookups = true},
          {.name = "b", .large_values = true},
          {.name = "c", .point_lookups = true, .random_keys = true}};
}

std::unique_ptr<Kv> MakeMemory(const std::string&) { return NewMemoryKv(3); }

std::unique_ptr<Kv> MakeRocks(const std::string& directory) {
  auto kv = OpenRocksKv({.directory = directory, .block_cache_bytes = 4 << 20, .write_buffer_bytes = 4 << 20},
                        TestFamilies());
  EXPECT_TRUE(kv.ok()) << kv.status();
  return *std::move(kv);
}

struct Implementation {
  const char* name;
  std::unique_ptr<Kv> (*make)(const std::string& directory);
};

class KvContractTest : public testing::TestWithParam<Implementation> {
 protected:
  KvContractTest() {
    std::string pattern = testing::TempDir() + "/kvXXXXXX";
    directory_ = mkdtemp(pattern.data());
    kv_ = GetParam().make(directory_ + "/db");
  }
  ~KvContractTest() override {
    kv_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Write(const std::function<void(WriteBatch&)>& fill) {
    const auto batch = kv_->NewBatch();
    fill(*batch);
    ASSERT_EQ(kv_->Write(*batch, Durability::kSynced), absl::OkStatus());
  }
  void Put(Family family, std::string_view key, std::string_view value) {
    Write([&](WriteBatch& batch) { batch.Put(family, key, value); });
  }
  std::optional<std::string> Get(Family family, std::string_view key, const Snapshot* snapshot = nullptr) {
    auto value = kv_->Get(family, key, snapshot);
    EXPECT_TRUE(value.ok()) << value.status();
    return *value;
  }
  std::vector<std::string> Keys(Family family, const Snapshot* snapshot = nullptr) {
    std::vector<std::string> keys;
    const auto at = kv_->NewIterator(family, snapshot);
    for (at->Seek(""); at->Valid(); at->Next()) keys.emplace_back(at->key());
    EXPECT_EQ(at->status(), absl::OkStatus());
    return keys;
  }

  std::string directory_;
  std::unique_ptr<Kv> kv_;
};

TEST_P(KvContractTest, GivesBackWhatWasWritten) {
  Put(kA, "key", "value");
  EXPECT_THAT(Get(kA, "key"), Optional(std::string("value")));
}

TEST_P(KvContractTest, TellsAbsentFromEmpty) {
  Put(kA, "empty", "");
  EXPECT_THAT(Get(kA, "empty"), Optional(std::string()));
  EXPECT_EQ(Get(kA, "absent"), std::nullopt);
}

TEST_P(KvContractTest, KeepsFamiliesApart) {
  Put(kA, "key", "a");
  EXPECT_EQ(Get(kB, "key"), std::nullopt);
}

TEST_P(KvContractTest, AppliesABatchInItsOrder) {
  Write([](WriteBatch& batch) {
    batch.Put(kA, "k", "1");
    batch.Put(kA, "k", "2");
    batch.Put(kA, "gone", "1");
    batch.Delete(kA, "gone");
  });
  EXPECT_THAT(Get(kA, "k"), Optional(std::string("2")));
  EXPECT_EQ(Get(kA, "gone"), std::nullopt);
}

TEST_P(KvContractTest, ClearsAFamilyAndNoOther) {
  constexpr int kKeys = 5'000;
  Write([](WriteBatch& batch) {
    for (int i = 0; i < kKeys; ++i) batch.Put(kA, std::to_string(i), "v");
    batch.Put(kB, "b", "v");
  });
  ASSERT_TRUE(ClearFamily(*kv_, kA).ok());
  EXPECT_THAT(Keys(kA), IsEmpty());
  EXPECT_THAT(Keys(kB), ElementsAre("b"));
}

TEST_P(KvContractTest, ClearedBatchWritesNothing) {
  Write([](WriteBatch& batch) {
    batch.Put(kA, "k", "v");
    EXPECT_GT(batch.ByteSize(), 0u);
    batch.Clear();
  });
  EXPECT_EQ(Get(kA, "k"), std::nullopt);
}

TEST_P(KvContractTest, AnswersManyKeysInTheirOrder) {
  Put(kA, "1", "one");
  Put(kA, "3", "three");
  const auto values = kv_->MultiGet(kA, {"3", "2", "1"});
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, ElementsAre(Optional(std::string("three")), std::nullopt, Optional(std::string("one"))));
}

TEST_P(KvContractTest, SnapshotDoesNotSeeLaterWrites) {
  Put(kA, "old", "1");
  const auto snapshot = kv_->NewSnapshot();
  Put(kA, "old", "2");
  Put(kA, "new", "1");
  EXPECT_THAT(Get(kA, "old", snapshot.get()), Optional(std::string("1")));
  EXPECT_THAT(Keys(kA, snapshot.get()), ElementsAre("old"));
  EXPECT_THAT(Keys(kA), ElementsAre("new", "old"));
}

TEST_P(KvContractTest, CursorKeepsTheStateItStartedFrom) {
  Put(kA, "a", "1");
  const auto at = kv_->NewIterator(kA);
  Put(kA, "b", "1");
  at->Seek("a");
  ASSERT_TRUE(at->Valid());
  at->Next();
  EXPECT_FALSE(at->Valid());
}

TEST_P(KvContractTest, CursorSeeksBothWays) {
  for (const char* key : {"b", "d", "f"}) Put(kA, key, "v");
  const auto at = kv_->NewIterator(kA);
  at->Seek("c");
  ASSERT_TRUE(at->Valid());
  EXPECT_EQ(at->key(), "d");
  at->SeekForPrev("c");
  ASSERT_TRUE(at->Valid());
  EXPECT_EQ(at->key(), "b");
  at->Prev();
  EXPECT_FALSE(at->Valid());
  at->SeekForPrev("a");
  EXPECT_FALSE(at->Valid());
  at->SeekToLast();
  ASSERT_TRUE(at->Valid());
  EXPECT_EQ(at->key(), "f");
}

TEST_P(KvContractTest, CursorOnNothingIsNeverValid) {
  const auto at = kv_->NewIterator(kA);
  at->SeekToLast();
  EXPECT_FALSE(at->Valid());
  at->Seek("");
  EXPECT_FALSE(at->Valid());
}

TEST_P(KvContractTest, ComparesKeysAsBytes) {
  Put(kA, std::string_view("\x00", 1), "v");
  Put(kA, "\xff", "v");
  Put(kA, "\x7f", "v");
  EXPECT_THAT(Keys(kA), ElementsAre(std::string(1, '\0'), "\x7f", "\xff"));
}

TEST_P(KvContractTest, KeepsLargeValuesWhole) {
  const std::string large(300'000, 'x');
  Put(kB, "large", large);
  ASSERT_EQ(kv_->Flush(), absl::OkStatus());
  EXPECT_THAT(Get(kB, "large"), Optional(large));
}

TEST_P(KvContractTest, WalksRandomKeysInTheirOrder) {
  for (const char* key : {"88888888-z", "11111111-b", "short", "11111111-a"}) Put(kRandom, key, key);
  EXPECT_THAT(Keys(kRandom), ElementsAre("11111111-a", "11111111-b", "88888888-z", "short"));
  EXPECT_THAT(Get(kRandom, "11111111-b"), Optional(std::string("11111111-b")));
  EXPECT_EQ(Get(kRandom, "11111111-c"), std::nullopt);
  ASSERT_EQ(kv_->Flush(), absl::OkStatus());
  Put(kRandom, "22222222", "later");
  EXPECT_THAT(Keys(kRandom), ElementsAre("11111111-a", "11111111-b", "22222222", "88888888-z", "short"));
  const auto values = kv_->MultiGet(kRandom, {"22222222", "short", "nothing!"});
  EXPECT_THAT(*values, ElementsAre(Optional(std::string("later")), Optional(std::string("short")), std::nullopt));
}

TEST_P(KvContractTest, NamesItsFigures) {
  std::vector<std::string> names;
  for (const auto& [name, value] : kv_->Properties()) names.push_back(name);
  EXPECT_THAT(names, testing::Contains("memtable_bytes"));
}

INSTANTIATE_TEST_SUITE_P(Implementations, KvContractTest,
                         testing::Values(Implementation{"Memory", MakeMemory}, Implementation{"Rocks", MakeRocks}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(KeysTest, SortAsTheirNumbersDo) {
  EXPECT_LT(EncodeU64(255), EncodeU64(256));
  EXPECT_LT(EncodeU64(256), EncodeU64(uint64_t{1} << 63));
}

TEST(KeysTest, DecodeWhatWasEncoded) {
  std::string key;
  AppendU32(key, 0xfedcba98);
  EXPECT_THAT(DecodeU32(key), Optional(0xfedcba98u));
  EXPECT_THAT(DecodeU64(EncodeU64(0xfedcba9876543210)), Optional(uint64_t{0xfedcba9876543210}));
}

TEST(KeysTest, RefuseOtherLengths) {
  EXPECT_EQ(DecodeU64("1234567"), std::nullopt);
  EXPECT_EQ(DecodeU32("12345"), std::nullopt);
}

}  // namespace
}  // namespace ordermesh::kv
