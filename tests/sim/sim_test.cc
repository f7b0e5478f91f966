// The simulator itself: the same seed is the same history, and its parts do what the faults are named after.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "services/common/kv/memory_kv.h"
#include "tests/sim/mark_file.h"
#include "tests/sim/runner.h"
#include "tests/sim/sim_kv.h"
#include "tests/sim/sim_log.h"

namespace ordermesh::sim {
namespace {

TEST(SimulationTest, TheSameSeedIsTheSameHistoryByteForByte) {
  const MarkFolder folder;
  const Outcome first = Simulate(3, Plant::kNone, folder.path(), /*verbose=*/true);
  const Outcome second = Simulate(3, Plant::kNone, folder.path(), /*verbose=*/true);
  EXPECT_EQ(first.broken, "");
  EXPECT_FALSE(first.trace.empty());
  EXPECT_EQ(first.trace, second.trace);
  EXPECT_EQ(first.hash, second.hash);
}

TEST(SimulationTest, OtherSeedsAreOtherHistories) {
  const MarkFolder folder;
  std::set<uint64_t> hashes;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    hashes.insert(Simulate(seed, Plant::kNone, folder.path(), /*verbose=*/false).hash);
  }
  EXPECT_EQ(hashes.size(), 5u);
}

TEST(SimulationTest, WhatABrokenSeedSaysIsSaidAgainWhenItIsRunAlone) {
  RunOptions options;
  options.seeds = 200;
  options.plant = Plant::kSkipExternalId;
  const Summary summary = RunSeeds(options);
  ASSERT_TRUE(summary.broken_seed.has_value());
  const MarkFolder folder;
  EXPECT_EQ(Simulate(*summary.broken_seed, options.plant, folder.path(), false).broken, summary.broken);
}

class DiskTest : public testing::Test {
 protected:
  DiskTest() { machine_.Start(); }

  void Put(SimKv& kv, std::string_view key, kv::Durability durability) {
    const auto batch = kv.NewBatch();
    batch->Put(0, key, "value");
    EXPECT_TRUE(kv.Write(*batch, durability).ok());
  }
  bool Has(const SimKv& kv, std::string_view key) { return kv.Get(0, key, nullptr)->has_value(); }

  Context context_{7, Plant::kNone, /*verbose=*/false};
  Machine machine_{context_, "machine"};
  Disk disk_{machine_};
};

TEST_F(DiskTest, KeepsWhatWasWrittenWhenOnlyTheProcessDies) {
  {
    SimKv kv(disk_, 1);
    Put(kv, "synced", kv::Durability::kSynced);
    Put(kv, "buffered", kv::Durability::kBuffered);
  }
  SimKv kv(disk_, 1);
  EXPECT_TRUE(Has(kv, "synced"));
  EXPECT_TRUE(Has(kv, "buffered"));
}

TEST_F(DiskTest, LosesOnlyWhatWasNotSyncedWhenThePowerGoes) {
  {
    SimKv kv(disk_, 1);
    Put(kv, "synced", kv::Durability::kSynced);
    Put(kv, "buffered", kv::Durability::kBuffered);
  }
  disk_.LosePower();
  SimKv kv(disk_, 1);
  EXPECT_TRUE(Has(kv, "synced"));
  EXPECT_FALSE(Has(kv, "buffered"));
}

TEST_F(DiskTest, CutsATornTailOff) {
  machine_.faults.killed_amid = 1'000;
  {
    SimKv kv(disk_, 1);
    const auto batch = kv.NewBatch();
    batch->Put(0, "torn", std::string(1'000, 'x'));
    EXPECT_FALSE(kv.Write(*batch, kv::Durability::kSynced).ok());
  }
  EXPECT_FALSE(machine_.alive());
  machine_.faults = {};
  machine_.Start();
  SimKv kv(disk_, 1);
  EXPECT_FALSE(Has(kv, "torn"));
  EXPECT_EQ(context_.coverage.hits(Point::kTornTailRecovered), 1);
}

TEST_F(DiskTest, RefusesWhileItIsFullAndWritesNothing) {
  SimKv kv(disk_, 1);
  disk_.SetFull(true);
  const auto batch = kv.NewBatch();
  batch->Put(0, "key", "value");
  EXPECT_TRUE(absl::IsResourceExhausted(kv.Write(*batch, kv::Durability::kSynced)));
  EXPECT_FALSE(Has(kv, "key"));
  disk_.SetFull(false);
  EXPECT_TRUE(kv.Write(*batch, kv::Durability::kSynced).ok());
}

TEST_F(DiskTest, SaysNothingMoreOnceTheProcessIsDead) {
  SimKv kv(disk_, 1);
  machine_.Kill("killed");
  const auto batch = kv.NewBatch();
  batch->Put(0, "key", "value");
  EXPECT_TRUE(absl::IsUnavailable(kv.Write(*batch, kv::Durability::kSynced)));
  EXPECT_TRUE(absl::IsUnavailable(kv.Get(0, "key", nullptr).status()));
}

TEST_F(DiskTest, TheLogGivesItsRowsAgain) {
  {
    const auto log = OpenSimLog(disk_, /*forget_last=*/false);
    const auto unused = kv::NewMemoryKv(1)->NewBatch();
    ASSERT_TRUE(log->Append({{"row 1", "payload"}, {"row 2", ""}}, *unused).ok());
    EXPECT_EQ(log->end(), 2);
  }
  const auto log = OpenSimLog(disk_, /*forget_last=*/false);
  ASSERT_EQ(log->end(), 2);
  const auto reader = log->Read();
  ASSERT_TRUE(*reader->Seek(1));
  EXPECT_EQ(reader->row(), "row 1");
  EXPECT_EQ(*reader->Payload(), "payload");
  ASSERT_TRUE(*reader->Next());
  EXPECT_EQ(reader->row(), "row 2");
  EXPECT_FALSE(*reader->Next());
}

// Each within the default number of seeds.
class PlantTest : public testing::TestWithParam<std::string> {};

TEST_P(PlantTest, IsFound) {
  RunOptions options;
  options.seeds = 1'000;
  options.plant = Plants().at(GetParam());
  const Summary summary = RunSeeds(options);
  EXPECT_TRUE(summary.broken_seed.has_value());
  if (summary.broken_seed.has_value()) RecordProperty("seed", std::to_string(*summary.broken_seed));
}

INSTANTIATE_TEST_SUITE_P(Plants, PlantTest, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const auto& [name, plant] : Plants()) names.push_back(name);
                           return names;
                         }()),
                         [](const testing::TestParamInfo<std::string>& info) { return info.param; });

}  // namespace
}  // namespace ordermesh::sim
