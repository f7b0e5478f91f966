// The contract of the store, in memory and on RocksDB.
#include "services/error_store/store/error_store.h"

#include <signal.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/store/reader.h"
#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

using ::testing::HasSubstr;

class ErrorStoreTest : public ::testing::TestWithParam<Engine> {
 protected:
  ErrorMessage Get(const std::string& id) {
    ErrorMessage error;
    const absl::Status status = GetError(store_.kv(), id, &error);
    EXPECT_TRUE(status.ok()) << status;
    return error;
  }

  int64_t Total() {
    ordermesh::error::v1::ErrorStats stats;
    EXPECT_TRUE(GetStats(store_.kv(), "", false, &stats).ok());
    return stats.total_count();
  }

  TestStore store_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, ErrorStoreTest, ::testing::Values(Engine::kMemory, Engine::kRocks),
                         [](const auto& info) { return info.param == Engine::kMemory ? "Memory" : "Rocks"; });

TEST_P(ErrorStoreTest, KeepsAnErrorAsItCame) {
  ErrorCommit commit = MakeCommit("partner-a", 1);
  commit.mutable_error()->mutable_order()->set_customer_id("C-1");
  commit.mutable_error()->set_order_id("other");
  ErrorMessage expected = commit.error();
  expected.set_revision(1);
  expected.set_ttl_days(90);
  expected.set_payload_sha256(commit.payload_sha256());
  const CommitOutcome outcome = store_.Commit(MakeIntake(std::move(commit)));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_FALSE(outcome.existed);
  expected.set_id(outcome.id.ToString());
  expected.set_status(ErrorMessage::OPEN);
  *expected.mutable_create_time() = ToTimestamp(store_.now());
  *expected.mutable_update_time() = ToTimestamp(store_.now());
  *expected.mutable_expire_time() = ToTimestamp(store_.now() + absl::Hours(24 * 90));
  EXPECT_EQ(Get(outcome.id.ToString()).SerializeAsString(), expected.SerializeAsString());
  EXPECT_TRUE(store_.Audit().ok());
}

TEST_P(ErrorStoreTest, KeepsAnErrorOnceHoweverOftenItIsSent) {
  const CommitOutcome first = store_.Commit(MakeIntake("partner-a", 1));
  store_.Advance(absl::Hours(1));
  for (int i = 0; i < 3; ++i) {
    ErrorCommit again = MakeCommit("partner-a", 1);
    again.mutable_error()->set_mapping_version(4);
    const CommitOutcome outcome = store_.Commit(MakeIntake(std::move(again)));
    EXPECT_TRUE(outcome.status.ok());
    EXPECT_TRUE(outcome.existed);
    EXPECT_EQ(outcome.id, first.id);
  }
  EXPECT_EQ(Total(), 1);
  EXPECT_EQ(store_.store().end(), 1);
  EXPECT_EQ(Get(first.id.ToString()).mapping_version(), 3);
}

TEST_P(ErrorStoreTest, FindsDuplicatesWithinAGroup) {
  std::vector<Intake> items;
  for (const int n : {1, 2, 1, 1, 2}) items.push_back(MakeIntake("partner-a", n));
  const auto outcomes = store_.Commit(std::move(items));
  const std::vector<bool> existed = {false, false, true, true, true};
  for (size_t i = 0; i < existed.size(); ++i) {
    EXPECT_TRUE(outcomes[i].status.ok());
    EXPECT_EQ(outcomes[i].existed, existed[i]) << i;
  }
  EXPECT_EQ(outcomes[0].id, outcomes[2].id);
  EXPECT_EQ(Total(), 2);
  EXPECT_TRUE(store_.Audit().ok());
}

TEST_P(ErrorStoreTest, TheSamePayloadOfAnotherPartnerOrKindIsAnotherError) {
  ErrorCommit rejected = MakeCommit("partner-a", 1);
  ErrorCommit conflict = rejected;
  conflict.mutable_error()->set_kind(OrderVerdict::CONFLICT);
  ErrorCommit other = rejected;
  other.mutable_error()->set_partner_id("partner-b");
  for (ErrorCommit* commit : {&rejected, &conflict, &other}) {
    EXPECT_FALSE(store_.Commit(MakeIntake(std::move(*commit))).existed);
  }
  EXPECT_EQ(Total(), 3);
}

TEST_P(ErrorStoreTest, AnErrorWithoutPayloadHasNone) {
  ErrorCommit commit = MakeCommit("partner-a", 1);
  commit.mutable_error()->clear_raw_payload();
  const CommitOutcome outcome = store_.Commit(MakeIntake(std::move(commit)));
  EXPECT_EQ(Get(outcome.id.ToString()).raw_payload(), "");
  EXPECT_TRUE(store_.Audit().ok());
}

TEST_P(ErrorStoreTest, AMissingAndAMalformedIdAreNotFoundAlike) {
  store_.Commit(MakeIntake("partner-a", 1));
  ErrorMessage error;
  const absl::Status missing = GetError(store_.kv(), "00000000-0000-8000-8000-000000000000", &error);
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  for (const char* id : {"", "x", "00000000-0000-8000-8000-00000000000G"}) {
    EXPECT_EQ(GetError(store_.kv(), id, &error), missing) << id;
  }
}

TEST_P(ErrorStoreTest, ADuplicateOfAnErrorThatCouldNotBeKeptIsRefusedToo) {
  store_.Commit(MakeIntake("partner-a", 1));
  store_.faulty().FailWritesWith(absl::ResourceExhaustedError("no space"));
  std::vector<Intake> items;
  for (const int n : {1, 2, 2}) items.push_back(MakeIntake("partner-a", n));
  const auto outcomes = store_.Commit(std::move(items));
  EXPECT_TRUE(outcomes[0].status.ok());
  EXPECT_EQ(outcomes[1].status, DiskFull());
  EXPECT_EQ(outcomes[2].status, DiskFull());
}

TEST_P(ErrorStoreTest, AFullDiskRefusesReadsGoOnAndItRecovers) {
  const CommitOutcome first = store_.Commit(MakeIntake("partner-a", 1));
  store_.faulty().FailWritesWith(absl::ResourceExhaustedError("no space"));
  EXPECT_TRUE(RetryDelayOf(store_.Commit(MakeIntake("partner-a", 2)).status).has_value());
  EXPECT_EQ(Get(first.id.ToString()).external_order_id(), "ORD-1");
  store_.Advance(absl::Hours(24 * 91));
  EXPECT_EQ(store_.store().Sweep().status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(store_.store().end(), 1);
  EXPECT_TRUE(store_.fatal().empty());
  store_.faulty().FailWritesWith(absl::OkStatus());
  EXPECT_TRUE(store_.Commit(MakeIntake("partner-a", 2)).status.ok());
  EXPECT_EQ(store_.store().end(), 2);
  EXPECT_TRUE(store_.Audit().ok());
}

TEST_P(ErrorStoreTest, AnyOtherFailureOfAWriteIsFatalAndNothingIsAcknowledged) {
  store_.faulty().FailWritesWith(absl::InternalError("fsync failed"));
  EXPECT_EQ(store_.Commit(MakeIntake("partner-a", 1)).status, StoreClosed());
  ASSERT_EQ(store_.fatal().size(), 1u);
  store_.faulty().FailWritesWith(absl::OkStatus());
  EXPECT_EQ(store_.Commit(MakeIntake("partner-a", 2)).status, StoreClosed());
  EXPECT_EQ(store_.store().Sweep().status(), StoreClosed());
  EXPECT_EQ(store_.store().end(), 0);
}

TEST_P(ErrorStoreTest, AFailedLookUpIsFatal) {
  store_.faulty().FailReadsWith(absl::DataLossError("bad block"));
  EXPECT_EQ(store_.Commit(MakeIntake("partner-a", 1)).status, StoreClosed());
  EXPECT_EQ(store_.fatal().size(), 1u);
}

TEST_P(ErrorStoreTest, AFailedSweepIsFatal) {
  store_.Commit(MakeIntake("partner-a", 1));
  store_.Advance(absl::Hours(24 * 91));
  store_.faulty().FailWritesWith(absl::InternalError("fsync failed"));
  EXPECT_EQ(store_.store().Sweep().status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(store_.fatal().size(), 1u);
}

TEST_P(ErrorStoreTest, AClosedStoreTakesNothing) {
  store_.store().Close();
  EXPECT_FALSE(store_.store().TryCommit({}));
  EXPECT_EQ(store_.store().Sweep().status(), StoreClosed());
}

TEST_P(ErrorStoreTest, AFullQueueRefusesAndLeavesTheBatch) {
  absl::Notification writer_blocked, go_on;
  store_.options().max_queued_bytes = 4'096;
  store_.options().on_advance = [&] {
    if (!writer_blocked.HasBeenNotified()) writer_blocked.Notify();
    go_on.WaitForNotification();
  };
  store_.Reopen();
  const auto batch = [](int n) {
    CommitBatch batch;
    batch.items.push_back(MakeIntake("partner-a", n));
    batch.done = [](const std::vector<CommitOutcome>&) {};
    return batch;
  };
  ASSERT_TRUE(store_.store().TryCommit(batch(1)));
  writer_blocked.WaitForNotification();
  int taken = 0;
  while (store_.store().TryCommit(batch(10 + taken))) ++taken;
  EXPECT_EQ(taken, 3);
  CommitBatch refused = batch(99);
  EXPECT_FALSE(store_.store().TryCommit(std::move(refused)));
  EXPECT_EQ(refused.items.size(), 1u);
  EXPECT_NE(refused.done, nullptr);
  go_on.Notify();
  store_.Close();
}

class ErrorStoreReopenTest : public ::testing::Test {
 protected:
  TestStore store_{Engine::kRocks};
};

TEST_F(ErrorStoreReopenTest, GoesOnWhereItStopped) {
  store_.CommitRange("partner-a", 1, 300);
  const std::string hash = store_.Audit().state_hash();
  store_.Reopen();
  EXPECT_EQ(store_.Audit().state_hash(), hash);
  EXPECT_EQ(store_.store().end(), 300);
  EXPECT_TRUE(store_.Commit(MakeIntake("partner-a", 300)).existed);
  EXPECT_FALSE(store_.Commit(MakeIntake("partner-a", 301)).existed);
  EXPECT_EQ(store_.store().end(), 301);
  EXPECT_TRUE(store_.Audit().ok());
}

TEST_F(ErrorStoreReopenTest, ASweptTailDoesNotMoveTheEndOrTheMark) {
  store_.CommitRange("partner-a", 1, 10);
  store_.Advance(absl::Hours(24 * 91));
  EXPECT_EQ(store_.store().Sweep().value_or(-1), 10);
  store_.Reopen();
  EXPECT_EQ(store_.store().end(), 10);
  store_.Commit(MakeIntake("partner-a", 1));
  EXPECT_EQ(store_.store().end(), 11);
  EXPECT_TRUE(store_.Audit().ok());
}

TEST_F(ErrorStoreReopenTest, RefusesToStartWithLessThanItAcknowledged) {
  store_.CommitRange("partner-a", 1, 10);
  store_.Close();
  {
    auto mark = kv::AckMark::Open(store_.mark_path());
    ASSERT_TRUE(mark.ok());
    EXPECT_EQ((*mark)->position(), 10);
    (*mark)->Raise(11);
  }
  const auto opened = store_.TryOpen();
  EXPECT_EQ(ReasonOf(opened.status()), "LOST_TAIL");
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("position 10 but 11"));
}

TEST_F(ErrorStoreReopenTest, RefusesTheDataOfAnotherShard) {
  store_.Close();
  store_.options().shard = 5;
  EXPECT_EQ(ReasonOf(store_.TryOpen().status()), "WRONG_SHARD");
}

TEST_F(ErrorStoreReopenTest, RefusesADamagedHeader) {
  const auto batch = store_.kv().NewBatch();
  batch->Put(kMeta, kShardKey, "x");
  ASSERT_TRUE(store_.faulty().Write(*batch, kv::Durability::kSynced).ok());
  store_.Close();
  EXPECT_EQ(ReasonOf(store_.TryOpen().status()), "BAD_RECORD");
}

// What the killed process does: it says of each batch that it is kept, then goes on until it is killed.
void CommitAndDie(const std::string& directory) {
  kv::RocksOptions rocks;
  rocks.directory = directory + "/db";
  StoreOptions options;
  options.clock = [] { return absl::FromUnixSeconds(1'767'225'600); };
  options.on_advance = [] {};
  options.on_fatal = [](const absl::Status&) { abort(); };
  auto store = ErrorStore::Open(*kv::OpenRocksKv(rocks, Families()), *kv::AckMark::Open(directory + "/mark"), options);
  for (int first = 1;; first += 20) {
    CommitBatch batch;
    for (int n = first; n < first + 20; ++n) batch.items.push_back(MakeIntake("partner-a", n));
    absl::Notification done;
    batch.done = [&done](const std::vector<CommitOutcome>&) { done.Notify(); };
    (*store)->TryCommit(std::move(batch));
    done.WaitForNotification();
    if (first > 200) raise(SIGKILL);
  }
}

TEST(ErrorStoreKillTest, LosesNothingThatWasAcknowledged) {
  // The statement that dies runs in a new process, which starts this test again: the directory comes from outside.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TestDirectory own;
  setenv("ORDERMESH_KILL_TEST", own.path().c_str(), /*overwrite=*/0);
  const std::string directory = getenv("ORDERMESH_KILL_TEST");
  EXPECT_EXIT(CommitAndDie(directory), ::testing::KilledBySignal(SIGKILL), "");
  kv::RocksOptions rocks;
  rocks.directory = directory + "/db";
  StoreOptions options;
  options.clock = [] { return absl::FromUnixSeconds(1'767'225'600); };
  options.on_advance = [] {};
  auto store = ErrorStore::Open(*kv::OpenRocksKv(rocks, Families()), *kv::AckMark::Open(directory + "/mark"), options);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->end(), 220);
  Auditor auditor((*store)->kv(), 0, /*rebuild=*/true);
  ASSERT_TRUE(auditor.Step(1'000).value_or(false));
  EXPECT_TRUE(auditor.report().ok());
  EXPECT_EQ(auditor.report().rows(), 220);
  unsetenv("ORDERMESH_KILL_TEST");
}

}  // namespace
}  // namespace ordermesh::error_store
