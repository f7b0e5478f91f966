// The buffer of random keys, as its owner sees it: through a database, beside a map that says what is right.
#include "services/common/kv/hash_memtable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/kv/rocks_kv.h"

namespace ordermesh::kv {
namespace {

using ::testing::Optional;

constexpr Family kRandom = 0;
using Model = std::map<std::string, std::string>;

class HashMemtableTest : public testing::Test {
 protected:
  // The buffer is the smallest there is: what is written here fills it many times.
  void SetUp() override {
    std::filesystem::remove_all(directory_);
    auto kv = OpenRocksKv(
        {.directory = directory_, .block_cache_bytes = 4 << 20, .write_buffer_bytes = 4 << 20},
        {{.name = "random", .point_lookups = true, .random_keys = true, .write_buffer_bytes = kBufferBytes}});
    ASSERT_TRUE(kv.ok()) << kv.status();
    kv_ = *std::move(kv);
  }
  void TearDown() override {
    kv_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::string AnyKey() {
    const int kind = static_cast<int>(random_() % 8);
    const uint64_t number = random_() % 3'000;
    if (kind == 0) return std::string(number % 8, static_cast<char>('a' + number % 26));
    // Keys whose first bytes are the same.
    if (kind == 1) return absl::StrCat("the-same", number % 40);
    return absl::StrCat(EncodeU64(number * 0x9e3779b97f4a7c15), "/", number);
  }

  void WriteAny(Model& model) {
    const auto batch = kv_->NewBatch();
    const int count = static_cast<int>(random_() % 20);
    for (int i = 0; i < count; ++i) {
      const std::string key = AnyKey();
      if (random_() % 5 == 0) {
        batch->Delete(kRandom, key);
        model.erase(key);
      } else {
        const std::string value(random_() % 100, static_cast<char>('0' + random_() % 10));
        batch->Put(kRandom, key, value);
        model[key] = value;
      }
    }
    ASSERT_TRUE(kv_->Write(*batch, Durability::kBuffered).ok());
  }

  static std::optional<std::string> In(const Model& model, const std::string& key) {
    const auto found = model.find(key);
    return found == model.end() ? std::nullopt : std::optional(found->second);
  }

  void ExpectLike(const Model& model, const Snapshot* snapshot) {
    std::vector<std::string> keys;
    for (int i = 0; i < 50; ++i) keys.push_back(AnyKey());
    for (const std::string& key : keys) {
      const auto value = kv_->Get(kRandom, key, snapshot);
      ASSERT_TRUE(value.ok());
      EXPECT_EQ(*value, In(model, key)) << key;
    }
    if (snapshot != nullptr) return;
    const auto values = kv_->MultiGet(kRandom, {keys.begin(), keys.end()});
    ASSERT_TRUE(values.ok());
    for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ((*values)[i], In(model, keys[i])) << keys[i];
  }

  void ExpectWalksLike(const Model& model, const Snapshot* snapshot, const std::string& from) {
    auto expected = model.lower_bound(from);
    const auto iterator = kv_->NewIterator(kRandom, snapshot);
    for (iterator->Seek(from); iterator->Valid(); iterator->Next(), ++expected) {
      ASSERT_NE(expected, model.end()) << iterator->key();
      ASSERT_EQ(iterator->key(), expected->first);
      ASSERT_EQ(iterator->value(), expected->second);
    }
    EXPECT_TRUE(iterator->status().ok());
    EXPECT_EQ(expected, model.end());
  }

  static constexpr size_t kBufferBytes = 1 << 20;
  const std::string directory_ = testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name();
  std::mt19937_64 random_{20261122};
  std::unique_ptr<Kv> kv_;
};

TEST_F(HashMemtableTest, AnswersAsAMapDoes) {
  Model model;
  std::vector<std::pair<std::unique_ptr<Snapshot>, Model>> seen;
  for (int round = 0; round < 1'500; ++round) {
    WriteAny(model);
    if (round % 100 == 0) seen.emplace_back(kv_->NewSnapshot(), model);
    if (round % 350 == 349) {
      ASSERT_TRUE(kv_->Flush().ok());
    }
    if (round % 10 != 0) continue;
    ExpectLike(model, nullptr);
    const auto& [snapshot, then] = seen[random_() % seen.size()];
    ExpectLike(then, snapshot.get());
    ExpectWalksLike(model, nullptr, AnyKey());
    ExpectWalksLike(then, snapshot.get(), AnyKey());
  }
}

TEST_F(HashMemtableTest, KeepsAllVersionsOfAKeyThatASnapshotSees) {
  std::vector<std::unique_ptr<Snapshot>> snapshots;
  for (int i = 0; i < 5; ++i) {
    const auto batch = kv_->NewBatch();
    batch->Put(kRandom, "12345678", absl::StrCat(i));
    batch->Put(kRandom, "12345678", absl::StrCat(i, " again"));
    ASSERT_TRUE(kv_->Write(*batch, Durability::kBuffered).ok());
    snapshots.push_back(kv_->NewSnapshot());
  }
  for (const bool flushed : {false, true}) {
    if (flushed) {
      ASSERT_TRUE(kv_->Flush().ok());
    }
    for (size_t i = 0; i < snapshots.size(); ++i) {
      EXPECT_THAT(*kv_->Get(kRandom, "12345678", snapshots[i].get()), Optional(absl::StrCat(i, " again")));
    }
  }
}

TEST_F(HashMemtableTest, IsReadWhileItIsWrittenAndFlushed) {
  // What is below was written; what is not was perhaps.
  std::atomic<uint64_t> written = 0;
  std::atomic<bool> done = false;
  const auto key = [](uint64_t number) { return absl::StrCat(EncodeU64(number * 0x9e3779b97f4a7c15), "/", number); };
  const auto read = [&](uint64_t seed) {
    std::mt19937_64 random(seed);
    while (!done) {
      const uint64_t all = written;
      if (all == 0) continue;
      const uint64_t number = random() % all;
      ASSERT_THAT(*kv_->Get(kRandom, key(number)), Optional(absl::StrCat(number)));
      ASSERT_EQ(*kv_->Get(kRandom, key(number + (uint64_t{1} << 40))), std::nullopt);
    }
  };
  std::vector<std::thread> readers;
  for (uint64_t seed = 1; seed <= 3; ++seed) readers.emplace_back(read, seed);
  // Many buffers.
  for (uint64_t number = 0; number < 120'000;) {
    const auto batch = kv_->NewBatch();
    const uint64_t end = number + 400;
    for (; number < end; ++number) batch->Put(kRandom, key(number), absl::StrCat(number));
    ASSERT_TRUE(kv_->Write(*batch, Durability::kBuffered).ok());
    written = end;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace ordermesh::kv
