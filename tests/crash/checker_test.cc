#include "tests/crash/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace ordermesh::crash {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// Each test plants one fault in a history or a store; the checker must name the promise that it breaks, and only that.
class CheckerTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kSeed = 42;

  CheckerTest() : workload_(kSeed), checker_(workload_) {
    while (workload_.ShapeOf(invalid_) != Shape::kInvalidB) ++invalid_;
  }

  void Tell(EventKind kind, uint64_t number, Uuid id = {}) { checker_.OnEvent({kind, number, id}); }
  void Send(uint64_t number) { Tell(EventKind::kInvoke, number); }
  void Created(uint64_t number, int64_t position) { Tell(EventKind::kCreated, number, IdAt(position)); }
  void Replayed(uint64_t number, int64_t position) { Tell(EventKind::kReplayed, number, IdAt(position)); }
  void Rejected(uint64_t number, uint64_t error) { Tell(EventKind::kRejected, number, ErrorId(error)); }

  void Store(int64_t position, uint64_t number) {
    auto order = workload_.Expected(number);
    order.set_id(IdAt(position).ToString());
    checker_.OnStoredOrder(position, order);
  }
  void StoreError(int64_t position, uint64_t number, uint64_t error) {
    error::v1::OrderError stored;
    stored.set_id(ErrorId(error).ToString());
    stored.set_kind(common::v1::OrderVerdict::REJECTED);
    stored.set_external_order_id(workload_.ExternalIdOf(number));
    checker_.OnStoredError(position, stored);
  }

  // The usual beginning: orders 0 and 1 are created and stored.
  void TwoGoodOrders() {
    Send(0);
    Created(0, 1);
    Send(1);
    Created(1, 2);
  }
  void TwoGoodRows() {
    Store(1, 0);
    Store(2, 1);
  }

  const std::map<Promise, int64_t>& Verdict() {
    checker_.Finish();
    return checker_.counts();
  }

  static Uuid IdAt(int64_t position) { return MakeOrderId({0, position}); }
  static Uuid ErrorId(uint64_t error) { return MakeErrorId("partner-b", 5, absl::StrCat(error)); }

  const Workload workload_;
  Checker checker_;
  uint64_t invalid_ = 0;
};

TEST_F(CheckerTest, AcceptsAFaultlessRun) {
  TwoGoodOrders();
  Send(1);
  Replayed(1, 2);
  Send(invalid_);
  Rejected(invalid_, 1);
  Send(2);
  Tell(EventKind::kUnknown, 2);
  Send(2);
  Replayed(2, 3);
  Tell(EventKind::kInvokeAltered, 0);
  Tell(EventKind::kAlteredConflict, 0, IdAt(1));
  TwoGoodRows();
  Store(3, 2);
  StoreError(1, invalid_, 1);
  EXPECT_THAT(Verdict(), IsEmpty());
  EXPECT_TRUE(checker_.ok());
  EXPECT_EQ(checker_.summary().sent, 4);
  EXPECT_EQ(checker_.summary().acknowledged, 3);
  EXPECT_EQ(checker_.summary().rejected, 1);
  EXPECT_EQ(checker_.summary().unknowns, 1);
}

TEST_F(CheckerTest, SeesALostOrder) {
  TwoGoodOrders();
  Store(1, 0);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kDurable, 1)));
}

TEST_F(CheckerTest, SeesChangedContent) {
  TwoGoodOrders();
  Store(1, 0);
  auto order = workload_.Expected(1);
  order.set_id(IdAt(2).ToString());
  order.mutable_net_amount()->set_nanos(order.net_amount().nanos() + 1);
  checker_.OnStoredOrder(2, order);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kDurable, 1)));
}

TEST_F(CheckerTest, SeesALostError) {
  Send(invalid_);
  Rejected(invalid_, 1);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kDurable, 1)));
}

TEST_F(CheckerTest, SeesAnAcknowledgementWithoutAnId) {
  Send(0);
  Tell(EventKind::kCreated, 0);
  Created(0, 1);
  Store(1, 0);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kDurable, 1)));
}

TEST_F(CheckerTest, SeesAnOrderThatNobodySent) {
  TwoGoodOrders();
  TwoGoodRows();
  Store(3, 5);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kNoPhantom, 1)));
}

TEST_F(CheckerTest, SeesAnOrderOfAnotherSeed) {
  auto order = Workload(kSeed + 1).Expected(0);
  order.set_id(IdAt(1).ToString());
  checker_.OnStoredOrder(1, order);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kNoPhantom, 1)));
}

TEST_F(CheckerTest, SeesAnInvalidOrderThatWasAccepted) {
  Send(invalid_);
  Created(invalid_, 1);
  Store(1, invalid_);
  // Once where it was said, once where it is stored.
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kNoPhantom, 2)));
}

TEST_F(CheckerTest, SeesAnErrorOfAnOrderThatNobodySent) {
  StoreError(1, invalid_, 1);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kNoPhantom, 1)));
}

TEST_F(CheckerTest, SeesAnErrorOfAValidOrder) {
  Send(0);
  Created(0, 1);
  Store(1, 0);
  StoreError(1, 0, 1);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kNoPhantom, 1)));
}

TEST_F(CheckerTest, SeesVerdictsOnOrdersThatWereNotSent) {
  Created(0, 1);
  Store(1, 0);
  Rejected(invalid_, 1);
  StoreError(1, invalid_, 1);
  // The verdicts and the rows: nobody sent either order.
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kNoPhantom, 4)));
}

TEST_F(CheckerTest, SeesAnOrderStoredTwice) {
  TwoGoodOrders();
  TwoGoodRows();
  Store(3, 0);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kOnce, 1)));
}

TEST_F(CheckerTest, SeesAnOrderCreatedTwice) {
  TwoGoodOrders();
  Created(1, 2);
  TwoGoodRows();
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kOnce, 1)));
}

TEST_F(CheckerTest, SeesAnErrorStoredTwice) {
  Send(invalid_);
  Rejected(invalid_, 1);
  StoreError(1, invalid_, 1);
  StoreError(2, invalid_, 1);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kOnce, 1)));
}

TEST_F(CheckerTest, SeesAnIdThatLeadsElsewhere) {
  Send(0);
  Created(0, 1);
  auto order = workload_.Expected(0);
  order.set_id(IdAt(9).ToString());
  checker_.OnStoredOrder(1, order);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kOnce, 1)));
}

TEST_F(CheckerTest, SeesALaterOrderStoredEarlier) {
  Send(0);
  Created(0, 2);
  Send(1);
  Created(1, 1);
  Store(1, 1);
  Store(2, 0);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kOrder, 1)));
}

TEST_F(CheckerTest, AcceptsAnyOrderOfOrdersThatWereOpenTogether) {
  Send(0);
  Send(1);
  Created(0, 2);
  Created(1, 1);
  Store(1, 1);
  Store(2, 0);
  EXPECT_THAT(Verdict(), IsEmpty());
}

TEST_F(CheckerTest, SeesAHole) {
  Send(0);
  Created(0, 2);
  Store(2, 0);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kDense, 1)));
}

TEST_F(CheckerTest, SeesErrorPositionsThatDoNotRise) {
  uint64_t second = invalid_ + 1;
  while (workload_.ShapeOf(second) != Shape::kInvalidB) ++second;
  for (uint64_t number : {invalid_, second}) {
    Send(number);
    Rejected(number, number);
    StoreError(1, number, number);
  }
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kDense, 1)));
}

TEST_F(CheckerTest, SeesTwoPositionsForOneOrder) {
  TwoGoodOrders();
  Send(1);
  Replayed(1, 1);
  TwoGoodRows();
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kStableVerdict, 1)));
}

TEST_F(CheckerTest, SeesAnOrderStoredElsewhereThanAcknowledged) {
  TwoGoodOrders();
  Store(1, 1);
  Store(2, 0);
  const auto& counts = Verdict();
  EXPECT_EQ(counts.at(Promise::kStableVerdict), 2);
}

TEST_F(CheckerTest, SeesTwoErrorIdsForOneOrder) {
  Send(invalid_);
  Rejected(invalid_, 1);
  Rejected(invalid_, 2);
  StoreError(1, invalid_, 1);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kStableVerdict, 1)));
}

TEST_F(CheckerTest, SeesAValidOrderThatWasRejected) {
  Send(0);
  Created(0, 1);
  Store(1, 0);
  Rejected(0, 1);
  error::v1::OrderError parked;
  parked.set_id(ErrorId(1).ToString());
  checker_.OnStoredError(1, parked);
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kStableVerdict, 1)));
}

TEST_F(CheckerTest, SeesAnOrderThatWasCalledAnother) {
  TwoGoodOrders();
  Tell(EventKind::kConflict, 0, IdAt(1));
  Tell(EventKind::kSequenceReused, 1);
  TwoGoodRows();
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kStableVerdict, 2)));
}

TEST_F(CheckerTest, SeesAConflictThatNamesAnotherOrder) {
  TwoGoodOrders();
  Tell(EventKind::kInvokeAltered, 0);
  Tell(EventKind::kAlteredConflict, 0, IdAt(2));
  TwoGoodRows();
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kStableVerdict, 1)));
}

TEST_F(CheckerTest, SeesOtherContentThatWasNoConflict) {
  TwoGoodOrders();
  Tell(EventKind::kInvokeAltered, 0);
  Tell(EventKind::kAlteredOther, 0, IdAt(1));
  TwoGoodRows();
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kStableVerdict, 1)));
}

TEST_F(CheckerTest, SeesAnUnknownThatWasNotResolved) {
  TwoGoodOrders();
  Send(2);
  Tell(EventKind::kUnknown, 2);
  TwoGoodRows();
  EXPECT_THAT(Verdict(), UnorderedElementsAre(Pair(Promise::kUnknowns, 1)));
}

TEST_F(CheckerTest, TellsAFewInWordsAndCountsAll) {
  for (int i = 0; i < 20; ++i) checker_.Report(Promise::kReplay, absl::StrCat("fault ", i));
  EXPECT_EQ(checker_.counts().at(Promise::kReplay), 20);
  EXPECT_EQ(checker_.broken().size(), static_cast<size_t>(Checker::kToldOfAKind));
  EXPECT_EQ(PromiseName(Promise::kReplay), "K6");
}

TEST_F(CheckerTest, SumsWhatIsStored) {
  TwoGoodOrders();
  TwoGoodRows();
  const auto first = Decimal::FromMoney(workload_.Expected(0).gross_amount());
  const auto second = Decimal::FromMoney(workload_.Expected(1).gross_amount());
  EXPECT_EQ(checker_.gross().at("partner-a"), *first->Add(*second));
  EXPECT_EQ(checker_.stored_by_partner().at("partner-a"), 2);
}

}  // namespace
}  // namespace ordermesh::crash
