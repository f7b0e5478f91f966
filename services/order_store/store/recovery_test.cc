// What a store makes of its files after a crash, and after damage.
#include "services/order_store/store/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "services/common/kv/rocks_kv.h"
#include "services/order_store/testing/store_fixture.h"

namespace ordermesh::order_store {
namespace {

namespace fs = std::filesystem;

constexpr int kGroups = 20;
constexpr int kOrdersAGroup = 25;
constexpr int kOrders = kGroups * kOrdersAGroup;

class RecoveryTest : public StoreFixture {
 protected:
  absl::Status Open(const std::string& directory) {
    auto kv = OpenKv(directory);
    if (!kv.ok()) return kv.status();
    options_.mark_path = directory + "/mark";
    auto store = OrderStore::Open(*std::move(kv), nullptr, options_);
    if (store.ok()) store_ = *std::move(store);
    return store.status();
  }
  static absl::StatusOr<std::unique_ptr<kv::Kv>> OpenKv(const std::string& directory) {
    kv::RocksOptions rocks;
    rocks.directory = directory + "/db";
    rocks.block_cache_bytes = 4 << 20;
    rocks.write_buffer_bytes = 16 << 20;
    return kv::OpenRocksKv(rocks, Families(rocks.write_buffer_bytes));
  }
  void Fill() {
    for (int g = 0; g < kGroups; ++g) {
      order::v1::CommitOrdersRequest request;
      for (int i = 0; i < kOrdersAGroup; ++i) {
        const int number = g * kOrdersAGroup + i;
        AddOrder(request, static_cast<uint64_t>(number + 1), MakeOrder(absl::StrCat("ORD-", number), number), "raw");
      }
      Commit(std::move(request));
    }
  }
  // Fills a store in another process that is killed before it can close anything.
  std::string MakeKilledStore() {
    const std::string directory = directory_ + "/killed";
    fs::create_directory(directory);
    const pid_t child = fork();
    if (child == 0) {
      if (!Open(directory).ok()) _exit(1);
      Fill();
      raise(SIGKILL);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    return directory;
  }
  static fs::path LogFile(const std::string& directory) {
    fs::path found;
    for (const auto& file : fs::directory_iterator(directory + "/db")) {
      if (file.path().extension() == ".log" && file.file_size() > 0) found = file.path();
    }
    return found;
  }
  // Refused, or every order is there: never silently fewer.
  void ExpectRefusedOrWhole(const std::string& directory, const std::string& damage) {
    const absl::Status status = Open(directory);
    if (!status.ok()) {
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << damage << ": " << status;
      ++refused_;
      return;
    }
    EXPECT_EQ(store_->end(), kOrders) << damage;
    EXPECT_TRUE(RunAudit(false).ok()) << damage;
    store_.reset();
  }

  int refused_ = 0;
};

TEST_F(RecoveryTest, KeepsEveryAcknowledgedOrderThroughAKill) {
  ASSERT_EQ(Open(MakeKilledStore()), absl::OkStatus());
  EXPECT_EQ(store_->end(), kOrders);
  const auto report = RunAudit(true);
  EXPECT_TRUE(report.ok()) << report.DebugString();
  EXPECT_EQ(Commit(9'999, MakeOrder("ORD-0", 0)).decision, Decision::kReplayed);
  EXPECT_EQ(Commit(10'000, MakeOrder("another", 0)).decision, Decision::kSequenceReused);
  EXPECT_EQ(Commit(10'001, MakeOrder("another", kOrders)).position, kOrders + 1);
}

TEST_F(RecoveryTest, RefusesOrIsWholeAfterAnyFlippedBit) {
  const std::string killed = MakeKilledStore();
  const uintmax_t size = fs::file_size(LogFile(killed));
  constexpr int kFlips = 40;
  for (int i = 0; i < kFlips; ++i) {
    const std::string copy = directory_ + "/flipped";
    fs::remove_all(copy);
    fs::copy(killed, copy, fs::copy_options::recursive);
    const auto at = static_cast<std::streamoff>(size * static_cast<uintmax_t>(i) / kFlips);
    std::fstream file(LogFile(copy), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const int byte = file.get();
    file.seekp(at);
    file.put(static_cast<char>(byte ^ (1 << (i % 8))));
    file.close();
    ExpectRefusedOrWhole(copy, absl::StrCat("bit flipped at ", at, " of ", size));
  }
  EXPECT_GE(refused_, kFlips / 2);
}

TEST_F(RecoveryTest, RefusesOrIsWholeAfterAnyCut) {
  const std::string killed = MakeKilledStore();
  const uintmax_t size = fs::file_size(LogFile(killed));
  constexpr int kCuts = 20;
  for (int i = 0; i < kCuts; ++i) {
    const std::string copy = directory_ + "/cut";
    fs::remove_all(copy);
    fs::copy(killed, copy, fs::copy_options::recursive);
    const uintmax_t length = size * static_cast<uintmax_t>(i) / kCuts;
    fs::resize_file(LogFile(copy), length);
    ExpectRefusedOrWhole(copy, absl::StrCat("cut to ", length, " of ", size));
  }
  EXPECT_GE(refused_, kCuts / 2);
}

TEST_F(RecoveryTest, RefusesAStoreWithoutItsLog) {
  const std::string killed = MakeKilledStore();
  fs::remove(LogFile(killed));
  ExpectRefusedOrWhole(killed, "log removed");
  EXPECT_EQ(refused_, 1);
}

TEST_F(RecoveryTest, SaysWhatWasLost) {
  OpenInMemory();
  Commit(1, MakeOrder("ORD-1"));
  store_.reset();
  const auto store = OrderStore::Open(kv::NewMemoryKv(kFamilies), nullptr, options_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(store.status().message()), testing::HasSubstr("position 1 was acknowledged"));
}

TEST_F(RecoveryTest, RefusesAnotherShardsStore) {
  ASSERT_EQ(Open(directory_), absl::OkStatus());
  store_.reset();
  options_.shard = 1;
  EXPECT_EQ(Open(directory_).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RecoveryTest, RefusesAStoreThatIsOpenElsewhere) {
  ASSERT_EQ(Open(directory_), absl::OkStatus());
  EXPECT_EQ(OpenKv(directory_).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RecoveryTest, MakesEverythingButTheRowsAgain) {
  ASSERT_EQ(Open(directory_), absl::OkStatus());
  Fill();
  const std::string state = RunAudit(true).state_hash();
  store_.reset();
  {
    const auto kv = OpenKv(directory_);
    ASSERT_TRUE(kv.ok()) << kv.status();
    for (const kv::Family family : {kMeta, kExternalIds, kSequences, kCounters, kPostings}) {
      ASSERT_EQ(kv::ClearFamily(**kv, family), absl::OkStatus());
    }
  }
  ASSERT_EQ(Open(directory_), absl::OkStatus());
  const auto report = RunAudit(true);
  EXPECT_TRUE(report.ok()) << report.DebugString();
  EXPECT_EQ(report.state_hash(), state);
  EXPECT_EQ(Commit(9'999, MakeOrder("ORD-0", 0)).decision, Decision::kReplayed);
}

TEST_F(RecoveryTest, AuditFindsEachKindOfDisagreement) {
  struct Damage {
    kv::Family family;
    const char* problem;
  };
  const Damage damages[] = {
      {kRows, "missing"}, {kExternalIds, "identities"}, {kSequences, "sequence numbers"}, {kCounters, "counters"}};
  for (const Damage& damage : damages) {
    const std::string directory = directory_ + "/" + std::to_string(damage.family);
    fs::create_directory(directory);
    ASSERT_EQ(Open(directory), absl::OkStatus());
    Fill();
    store_.reset();
    {
      const auto kv = OpenKv(directory);
      ASSERT_TRUE(kv.ok()) << kv.status();
      const auto at = (*kv)->NewIterator(damage.family);
      at->Seek("");
      const auto batch = (*kv)->NewBatch();
      batch->Delete(damage.family, at->key());
      ASSERT_EQ((*kv)->Write(*batch, kv::Durability::kSynced), absl::OkStatus());
    }
    ASSERT_EQ(Open(directory), absl::OkStatus());
    const auto report = RunAudit(false);
    EXPECT_FALSE(report.ok());
    EXPECT_THAT(report.DebugString(), testing::HasSubstr(damage.problem));
    store_.reset();
  }
}

}  // namespace
}  // namespace ordermesh::order_store
