#include "services/common/kv/delivery_diary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/common/base/errors.h"
#include "services/common/kv/testing_kv.h"

namespace ordermesh::kv {
namespace {

using common::v1::OrderVerdict;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kStartMs = 1'768'473'060'000;
constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";

// The n-th delivery of an order or error.
DeliveryNote NoteOf(const Uuid& id, int n) {
  return {.id = id,
          .ingest_id = MakeUuidV7(kStartMs + n, 7, static_cast<uint64_t>(n)),
          .verdict = OrderVerdict::REPLAYED,
          .time_micros = kStartMs * 1'000 + n,
          .trace = TraceOf(kTrace)};
}

class DeliveryDiaryTest : public ::testing::TestWithParam<Engine> {
 protected:
  DeliveryDiaryTest() {
    auto kv = OpenTestKv(GetParam(), directory_.path() + "/db", {{.name = "other"}, {.name = kDeliveriesFamily}});
    EXPECT_TRUE(kv.ok()) << kv.status();
    kv_ = std::make_unique<FaultyKv>(*std::move(kv));
  }

  std::unique_ptr<DeliveryDiary> NewDiary(bool own_thread) {
    return std::make_unique<DeliveryDiary>(
        *kv_, kFamily, [this](const DeliveryNote& note) { return note.id == void_; }, own_thread);
  }

  // Notes deliveries `first` to `last` and writes them.
  void Write(const Uuid& id, int first, int last) {
    const auto diary = NewDiary(/*own_thread=*/false);
    for (int n = first; n <= last; ++n) diary->Note([&] { return NoteOf(id, n); });
    diary->Step();
  }

  // Which deliveries there are.
  std::vector<int> Read(const Uuid& id) {
    const auto deliveries = ReadDeliveries(*kv_, kFamily, id);
    EXPECT_TRUE(deliveries.ok()) << deliveries.status();
    std::vector<int> numbers;
    for (const auto& one : *deliveries) {
      numbers.push_back(static_cast<int>(UnixMsOf(*Uuid::Parse(one.ingest_id())) - kStartMs));
    }
    return numbers;
  }

  static constexpr Family kFamily = 1;
  const Uuid id_{1, 2};
  const Uuid neighbour_{1, 3};
  const Uuid void_{9, 9};
  TestDirectory directory_;
  std::unique_ptr<FaultyKv> kv_;
};

INSTANTIATE_TEST_SUITE_P(Engines, DeliveryDiaryTest, ::testing::Values(Engine::kMemory, Engine::kRocks),
                         [](const auto& info) { return info.param == Engine::kMemory ? "Memory" : "Rocks"; });

TEST_P(DeliveryDiaryTest, ReadsWhatWasNoted) {
  Write(id_, 5, 5);
  const auto deliveries = ReadDeliveries(*kv_, kFamily, id_);
  ASSERT_TRUE(deliveries.ok()) << deliveries.status();
  ASSERT_THAT(*deliveries, SizeIs(1));
  const auto& one = deliveries->front();
  EXPECT_EQ(one.time().seconds(), kStartMs / 1'000);
  EXPECT_EQ(one.time().nanos(), 5'000);
  EXPECT_EQ(one.verdict(), OrderVerdict::REPLAYED);
  EXPECT_EQ(one.trace_id(), kTrace);
  EXPECT_EQ(one.ingest_id(), NoteOf(id_, 5).ingest_id.ToString());
}

TEST_P(DeliveryDiaryTest, ADeliveryWithoutATraceHasNone) {
  const auto diary = NewDiary(/*own_thread=*/false);
  diary->Note([&] {
    DeliveryNote note = NoteOf(id_, 1);
    note.trace = TraceOf("");
    return note;
  });
  EXPECT_TRUE(diary->Step());
  EXPECT_FALSE(diary->Step());
  EXPECT_EQ(ReadDeliveries(*kv_, kFamily, id_)->front().trace_id(), "");
}

TEST_P(DeliveryDiaryTest, OldestFirstAndEachIdApart) {
  Write(neighbour_, 4, 4);
  Write(id_, 2, 3);
  Write(id_, 1, 1);
  EXPECT_THAT(Read(id_), ElementsAre(1, 2, 3));
  EXPECT_THAT(Read(neighbour_), ElementsAre(4));
  EXPECT_THAT(Read(void_), IsEmpty());
}

TEST_P(DeliveryDiaryTest, AnInternalRetryIsNoNewDelivery) {
  Write(id_, 1, 2);
  const size_t writes = kv_->writes();
  Write(id_, 2, 2);
  EXPECT_EQ(kv_->writes(), writes);
  EXPECT_THAT(Read(id_), ElementsAre(1, 2));
}

TEST_P(DeliveryDiaryTest, TheNewestSixteenStay) {
  const std::vector<int> last = {25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40};
  for (int n = 1; n <= 20; ++n) Write(id_, n, n);
  EXPECT_THAT(Read(id_), SizeIs(kMaxDeliveries));
  Write(id_, 21, 40);
  EXPECT_EQ(Read(id_), last);
  // One that comes late is older than all that are kept.
  Write(id_, 3, 3);
  EXPECT_EQ(Read(id_), last);
  int stored = 0;
  const auto entries = kv_->NewIterator(kFamily, nullptr);
  for (entries->Seek(""); entries->Valid(); entries->Next()) ++stored;
  EXPECT_EQ(stored, 16);
}

TEST_P(DeliveryDiaryTest, DeletesAllOfAnId) {
  Write(id_, 1, 30);
  Write(neighbour_, 1, 1);
  const auto batch = kv_->NewBatch();
  ASSERT_TRUE(DeleteDeliveries(*kv_, kFamily, id_, *batch).ok());
  ASSERT_TRUE(kv_->Write(*batch, Durability::kBuffered).ok());
  EXPECT_THAT(Read(id_), IsEmpty());
  EXPECT_THAT(Read(neighbour_), ElementsAre(1));
}

TEST_P(DeliveryDiaryTest, WhatIsNotWorthAnEntryGetsNone) {
  Write(void_, 1, 2);
  EXPECT_THAT(Read(void_), IsEmpty());
  EXPECT_EQ(kv_->writes(), 0u);
}

TEST_P(DeliveryDiaryTest, DropsWhatDoesNotFit) {
  const auto diary = NewDiary(/*own_thread=*/false);
  int asked = 0;
  for (int n = 0; n < 1'000; ++n) {
    diary->Note([&] {
      ++asked;
      return NoteOf({7, static_cast<uint64_t>(n)}, n);
    });
  }
  EXPECT_EQ(asked, static_cast<int>(DeliveryDiary::kMaxQueued));
  EXPECT_TRUE(diary->Step());
  EXPECT_THAT(Read({7, DeliveryDiary::kMaxQueued - 1}), SizeIs(1));
  EXPECT_THAT(Read({7, DeliveryDiary::kMaxQueued}), IsEmpty());
}

TEST_P(DeliveryDiaryTest, AFailedWriteDropsOnlyItsEntries) {
  kv_->FailWritesWith(absl::ResourceExhaustedError("full"));
  Write(id_, 1, 1);
  kv_->FailWritesWith(absl::OkStatus());
  Write(id_, 2, 2);
  EXPECT_THAT(Read(id_), ElementsAre(2));
}

TEST_P(DeliveryDiaryTest, ItsThreadWritesBehindTheCaller) {
  const auto diary = NewDiary(/*own_thread=*/true);
  for (int n = 1; n <= 3; ++n) {
    diary->Note([&] { return NoteOf(id_, n); });
    diary->Settle();
  }
  EXPECT_THAT(Read(id_), ElementsAre(1, 2, 3));
}

TEST_P(DeliveryDiaryTest, ClosingWritesWhatIsQueued) {
  {
    const auto diary = NewDiary(/*own_thread=*/true);
    for (int n = 1; n <= 16; ++n) diary->Note([&] { return NoteOf(id_, n); });
  }
  EXPECT_THAT(Read(id_), SizeIs(16));
}

TEST_P(DeliveryDiaryTest, DamagedBytesAreNeverServed) {
  Write(id_, 1, 1);
  const auto entries = kv_->NewIterator(kFamily, nullptr);
  entries->Seek("");
  const std::string key(entries->key());
  std::string other_version(entries->value());
  other_version[0] = 2;
  for (const std::string& value : {std::string("short"), other_version}) {
    const auto batch = kv_->NewBatch();
    batch->Put(kFamily, key, value);
    ASSERT_TRUE(kv_->Write(*batch, Durability::kBuffered).ok());
    EXPECT_EQ(ReasonOf(ReadDeliveries(*kv_, kFamily, id_).status()), "STORE_DAMAGED");
  }
}

}  // namespace
}  // namespace ordermesh::kv
