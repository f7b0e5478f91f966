#include "services/error_store/store/reader.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::ErrorStats;
using ordermesh::error::v1::WatchErrorsResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReaderTest : public ::testing::TestWithParam<Engine> {
 protected:
  ErrorStats Stats(const std::string& partner = "") {
    ErrorStats stats;
    const absl::Status status = GetStats(store_.kv(), partner, false, &stats);
    EXPECT_TRUE(status.ok()) << status;
    return stats;
  }

  // "partner count: code/field count, ..." for each partner.
  std::vector<std::string> Lines(const ErrorStats& stats) {
    std::vector<std::string> lines;
    for (const auto& partner : stats.partners()) {
      std::string line = absl::StrCat(partner.partner_id(), " ", partner.count(), ":");
      for (const auto& code : partner.codes()) {
        absl::StrAppend(&line, " ", Violation::Code_Name(code.code()), "/", code.field(), "=", code.count());
      }
      lines.push_back(line);
    }
    return lines;
  }

  WatchErrorsResponse Feed(int64_t after, int max = 1'000, const std::string& partner = "") {
    WatchErrorsResponse response;
    const absl::Status status = ReadFeed(store_.kv(), {.after = after, .partner_id = partner, .max_errors = max},
                                         store_.store().end(), &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  std::vector<int64_t> Positions(const WatchErrorsResponse& response) {
    std::vector<int64_t> positions;
    for (const auto& watched : response.errors()) positions.push_back(watched.position());
    return positions;
  }

  void PutRaw(kv::Family family, std::string_view key, std::string_view value) {
    const auto batch = store_.kv().NewBatch();
    batch->Put(family, key, value);
    ASSERT_TRUE(store_.faulty().Write(*batch, kv::Durability::kSynced).ok());
  }

  TestStore store_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, ReaderTest, ::testing::Values(Engine::kMemory, Engine::kRocks),
                         [](const auto& info) { return info.param == Engine::kMemory ? "Memory" : "Rocks"; });

TEST_P(ReaderTest, AnEmptyStoreCountsNothing) {
  EXPECT_EQ(Stats().total_count(), 0);
  EXPECT_THAT(Lines(Stats()), IsEmpty());
  EXPECT_THAT(Lines(Stats("partner-a")), IsEmpty());
}

TEST_P(ReaderTest, CountsByPartnerCodeAndField) {
  ErrorCommit many = MakeCommit("partner-b", 1);
  AddViolation(*many.mutable_error(), Violation::RANGE, "quantity", 2);
  AddViolation(*many.mutable_error(), Violation::TYPE, "unitPrice", 2);
  AddViolation(*many.mutable_error(), Violation::RANGE, "taxRate");
  store_.Commit(MakeIntake(std::move(many)));
  store_.CommitRange("partner-b", 2, 3);
  store_.CommitRange("partner-a", 1, 1);
  EXPECT_EQ(Stats().total_count(), 4);
  const std::string b = "partner-b 3: TYPE/unitPrice=1 RANGE/quantity=3 RANGE/taxRate=1";
  EXPECT_THAT(Lines(Stats()), ElementsAre("partner-a 1: RANGE/quantity=1", b));
  EXPECT_EQ(Stats("partner-b").total_count(), 3);
  EXPECT_THAT(Lines(Stats("partner-b")), ElementsAre(b));
  EXPECT_THAT(Lines(Stats("partner")), IsEmpty());
  EXPECT_THAT(Lines(Stats(std::string("partner-b\0", 10))), IsEmpty());
}

TEST_P(ReaderTest, CountsByStatusWhereThatIsAskedFor) {
  store_.CommitRange("partner-a", 1, 3);
  store_.CommitRange("partner-b", 1, 1);
  ReviewRequest discard;
  discard.id = MakeIntake("partner-a", 2).id;
  discard.action.kind = ErrorEvent::DISCARDED;
  discard.action.text = "a test order";
  ASSERT_TRUE(store_.Review(discard).ok());
  ErrorStats stats = Stats();
  for (const auto& partner : stats.partners()) EXPECT_THAT(partner.statuses(), IsEmpty());
  stats.Clear();
  ASSERT_TRUE(GetStats(store_.kv(), "", true, &stats).ok());
  std::vector<std::string> lines;
  for (const auto& partner : stats.partners()) {
    for (const auto& status : partner.statuses()) {
      const std::string name = ErrorMessage::Status_Name(status.status());
      lines.push_back(absl::StrCat(partner.partner_id(), " ", name, " ", status.count()));
    }
  }
  EXPECT_THAT(lines, ElementsAre("partner-a OPEN 2", "partner-a DISCARDED 1", "partner-b OPEN 1"));
}

TEST_P(ReaderTest, RefusesStatisticsThatDoNotFitOneAnswer) {
  const auto batch = store_.kv().NewBatch();
  batch->Put(kCounters, PartnerCounter("partner-a"), kv::EncodeU64(1));
  for (int i = 0; i <= kMaxStatsEntries; ++i) {
    batch->Put(kCounters, CodeFieldCounter("partner-a", Violation::TYPE, std::to_string(i)), kv::EncodeU64(1));
  }
  ASSERT_TRUE(store_.faulty().Write(*batch, kv::Durability::kSynced).ok());
  ErrorStats stats;
  EXPECT_EQ(ReasonOf(GetStats(store_.kv(), "", false, &stats)), "TOO_MANY_COUNTERS");
}

TEST_P(ReaderTest, DamagedRecordsAreNeverServed) {
  store_.CommitRange("partner-a", 1, 3);
  const std::string id = MakeIntake("partner-a", 2).id.ToString();
  ErrorMessage error;
  ErrorStats stats;
  PutRaw(kCounters, std::string(1, kCodeFieldCounters) + "partner-a" + '\0' + "x", kv::EncodeU64(1));
  EXPECT_EQ(ReasonOf(GetStats(store_.kv(), "partner-a", false, &stats)), "BAD_RECORD");
  PutRaw(kPayloads, PositionKey(2), "short");
  EXPECT_EQ(ReasonOf(GetError(store_.kv(), id, &error)), "BAD_RECORD");
  PutRaw(kRows, PositionKey(2), "x");
  EXPECT_EQ(ReasonOf(GetError(store_.kv(), id, &error)), "BAD_RECORD");
  PutRaw(kIds, IdKey(*Uuid::Parse(id)), PositionKey(77));
  EXPECT_EQ(ReasonOf(GetError(store_.kv(), id, &error)), "BAD_RECORD");
  WatchErrorsResponse response;
  EXPECT_EQ(ReasonOf(ReadFeed(store_.kv(), {.after = 0, .max_errors = 10}, 3, &response)), "BAD_RECORD");
}

TEST_P(ReaderTest, TheFeedHasEveryErrorOnceInTheOrderOfPositions) {
  store_.CommitRange("partner-a", 1, 5);
  EXPECT_THAT(Positions(Feed(0)), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(Feed(0).position(), 5);
  EXPECT_THAT(Positions(Feed(3)), ElementsAre(4, 5));
  EXPECT_THAT(Positions(Feed(5)), IsEmpty());
  EXPECT_TRUE(Feed(0).errors(0).error().raw_payload().empty());
}

TEST_P(ReaderTest, AFullMessageSaysWhereToGoOn) {
  store_.CommitRange("partner-a", 1, 5);
  EXPECT_THAT(Positions(Feed(0, 2)), ElementsAre(1, 2));
  EXPECT_EQ(Feed(0, 2).position(), 2);
  EXPECT_EQ(Feed(0, 5).position(), 5);
}

TEST_P(ReaderTest, AFilterPassesOverOthersAndStillAdvances) {
  store_.CommitRange("partner-a", 1, 2);
  store_.CommitRange("partner-b", 3, 3);
  store_.CommitRange("partner-a", 4, 5);
  EXPECT_THAT(Positions(Feed(0, 10, "partner-b")), ElementsAre(3));
  EXPECT_EQ(Feed(0, 10, "partner-b").position(), 5);
  EXPECT_EQ(Feed(0, 1, "partner-b").position(), 3);
}

TEST_P(ReaderTest, PassesOverTheGapsOfSweptErrors) {
  store_.CommitRange("partner-a", 1, 3);
  store_.Advance(absl::Hours(1));
  store_.CommitRange("partner-a", 4, 4);
  store_.Advance(absl::Hours(24 * kDefaultTtlDays - 1));
  ASSERT_EQ(store_.store().Sweep().value_or(-1), 3);
  EXPECT_THAT(Positions(Feed(0)), ElementsAre(4));
  store_.Advance(absl::Hours(1));
  ASSERT_EQ(store_.store().Sweep().value_or(-1), 1);
  EXPECT_THAT(Positions(Feed(2)), IsEmpty());
  EXPECT_EQ(Feed(2).position(), 4);
}

TEST_P(ReaderTest, TheFeedStopsAtTheEndThatItWasGiven) {
  store_.CommitRange("partner-a", 1, 5);
  WatchErrorsResponse response;
  ASSERT_TRUE(ReadFeed(store_.kv(), {.after = 0, .max_errors = 10}, 3, &response).ok());
  EXPECT_THAT(Positions(response), ElementsAre(1, 2, 3));
  EXPECT_EQ(response.position(), 3);
}

TEST_P(ReaderTest, TheWorkOfOneReadIsBounded) {
  const int last = kMaxFeedSteps + 10;
  store_.CommitRange("partner-a", 1, last);
  const WatchErrorsResponse first = Feed(0, 10, "partner-b");
  EXPECT_EQ(first.position(), kMaxFeedSteps);
  EXPECT_EQ(Feed(first.position(), 10, "partner-b").position(), last);
}

}  // namespace
}  // namespace ordermesh::error_store
