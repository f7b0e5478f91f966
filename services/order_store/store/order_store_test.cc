#include "services/order_store/store/order_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "services/order_store/testing/store_fixture.h"

namespace ordermesh::order_store {
namespace {

using order::v1::CommitOrdersRequest;
using order::v1::ListOrdersRequest;
using order::v1::Order;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// Every behaviour holds for both logs.
class OrderStoreTest : public StoreFixture, public testing::WithParamInterface<bool> {
 protected:
  OrderStoreTest() { OpenInMemory(GetParam() ? nullptr : NewMemoryLog()); }

  std::vector<std::string> List(ListOrdersRequest request) {
    std::vector<std::string> ids;
    do {
      const auto page = store_->List(request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const Order& order : page->orders()) ids.push_back(order.external_order_id());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }
};

TEST_P(OrderStoreTest, CreatesThenReplaysThenConflicts) {
  const PreparedItem first = Commit(1, MakeOrder("ORD-1"));
  EXPECT_EQ(first.decision, Decision::kAccept);
  EXPECT_EQ(first.position, 1);
  const PreparedItem replay = Commit(2, MakeOrder("ORD-1"));
  EXPECT_EQ(replay.decision, Decision::kReplayed);
  EXPECT_EQ(replay.position, 1);
  Order other = MakeOrder("ORD-1");
  other.set_customer_id("other");
  EXPECT_EQ(Commit(3, other).decision, Decision::kConflict);
  EXPECT_EQ(store_->end(), 1);
}

TEST_P(OrderStoreTest, KeepsTheTraceIdOfTheDeliveryThatMadeAnOrder) {
  Order parsed = MakeOrder("ORD-2");
  // Not stored as it came: it is parsed and written again.
  parsed.set_customer_id("K\xc3\xb6ln");
  EXPECT_EQ(CommitTraced(1, MakeOrder("ORD-1"), kTraceparent).decision, Decision::kAccept);
  EXPECT_EQ(CommitTraced(2, parsed, kTraceparent).decision, Decision::kAccept);
  for (const int64_t position : {1, 2}) {
    EXPECT_EQ(OrderAt(position).trace_id(), kTraceId);
    EXPECT_EQ(OrderAt(position).mapping_version(), 1);
  }
  // The trace is no content.
  EXPECT_EQ(CommitTraced(3, MakeOrder("ORD-1"), kOtherTraceparent).decision, Decision::kReplayed);
  EXPECT_EQ(OrderAt(1).trace_id(), kTraceId);
  EXPECT_TRUE(RunAudit(/*rebuild=*/true).ok());
}

TEST_P(OrderStoreTest, AnOrderWithoutAWellFormedTraceHasNone) {
  Order order = MakeOrder("ORD-1");
  order.set_trace_id(kTraceId);
  CommitTraced(1, order, "00-nonsense");
  CommitTraced(2, MakeOrder("ORD-2"), "");
  EXPECT_EQ(OrderAt(1).trace_id(), "");
  EXPECT_EQ(OrderAt(2).trace_id(), "");
}

TEST_P(OrderStoreTest, AnswersAnInternalRetryWithTheFirstVerdict) {
  Commit(1, MakeOrder("ORD-1"));
  Order remapped = MakeOrder("ORD-1");
  remapped.set_customer_id("mapped otherwise");
  const PreparedItem retry = Commit(1, remapped);
  EXPECT_EQ(retry.decision, Decision::kCreatedBefore);
  EXPECT_EQ(retry.position, 1);
}

TEST_P(OrderStoreTest, DecidesTheRetryOfARefusedOrderAgain) {
  Commit(1, MakeOrder("ORD-1", 7));
  EXPECT_EQ(Commit(2, MakeOrder("ORD-2", 7)).decision, Decision::kSequenceReused);
  EXPECT_EQ(Commit(2, MakeOrder("ORD-2", 7)).decision, Decision::kSequenceReused);
  EXPECT_EQ(Commit(2, MakeOrder("ORD-2", 8)).decision, Decision::kAccept);
}

TEST_P(OrderStoreTest, KnowsTheSameBytesWhateverTheyMapTo) {
  Commit(1, MakeOrder("ORD-1"), "the bytes");
  Order remapped = MakeOrder("ORD-1");
  remapped.set_customer_id("mapped otherwise");
  EXPECT_EQ(Commit(2, remapped, "the bytes").decision, Decision::kReplayed);
  EXPECT_EQ(Commit(3, remapped, "other bytes").decision, Decision::kConflict);
}

TEST_P(OrderStoreTest, DeduplicatesWithinOneWrite) {
  CommitOrdersRequest request;
  AddOrder(request, 1, MakeOrder("ORD-1", 1), "bytes");
  AddOrder(request, 2, MakeOrder("ORD-1", 1));
  Order conflicting = MakeOrder("ORD-1", 1);
  conflicting.set_currency("EUR");
  AddOrder(request, 3, conflicting);
  AddOrder(request, 4, conflicting, "bytes");
  AddOrder(request, 5, MakeOrder("ORD-2", 1));
  AddOrder(request, 1, MakeOrder("ORD-1", 1));
  AddQuestion(request, 6, "ORD-1", "bytes");
  const auto group = Commit(std::move(request));
  std::vector<Decision> decisions;
  for (const PreparedItem& item : group->items) decisions.push_back(item.decision);
  EXPECT_THAT(decisions, ElementsAre(Decision::kAccept, Decision::kReplayed, Decision::kConflict, Decision::kReplayed,
                                     Decision::kSequenceReused, Decision::kCreatedBefore, Decision::kReplayed));
  ASSERT_THAT(group->violations, SizeIs(2));
  EXPECT_EQ(group->violations[0].second[0].field(), "currency");
  EXPECT_EQ(group->violations[1].second[0].field(), "sequenceNumber");
  EXPECT_EQ(store_->end(), 1);
}

TEST_P(OrderStoreTest, AnswersQuestionsWithoutARecord) {
  Commit(1, MakeOrder("ORD-1"), "bytes");
  EXPECT_EQ(Ask(2, "ORD-1", "bytes").decision, Decision::kReplayed);
  EXPECT_EQ(Ask(1, "ORD-1", "").decision, Decision::kCreatedBefore);
  EXPECT_EQ(Ask(3, "ORD-1", "other bytes").decision, Decision::kNotAReplay);
  EXPECT_EQ(Ask(4, "ORD-2", "bytes").decision, Decision::kNotAReplay);
  CommitOrdersRequest request;
  *AddQuestion(request, 5, "ORD-1", "")->mutable_question()->mutable_order() = MakeOrder("");
  EXPECT_EQ(Commit(std::move(request))->items[0].decision, Decision::kReplayed);
  EXPECT_EQ(store_->end(), 1);
}

TEST_P(OrderStoreTest, RefusesBadItemsAloneAndNamesTheField) {
  CommitOrdersRequest request;
  AddOrder(request, 1, MakeOrder("ORD-1"));
  AddOrder(request, 2, MakeOrder(""));
  AddOrder(request, 3, MakeOrder("ORD-3"))->set_raw_sha256("short");
  AddOrder(request, 4, MakeOrder("ORD-4"), std::string((1 << 20) + 1, 'x'));
  AddOrder(request, 5, MakeOrder("ORD-5"))->set_ingest_id_high(0);
  request.mutable_items(4)->set_ingest_id_low(0);
  AddItem(request, 6);
  AddQuestion(request, 7, "", "raw");
  AddOrder(request, 8, MakeOrder("ORD-8"));
  const auto group = Commit(std::move(request));
  std::vector<std::string> fields;
  for (const auto& [index, status] : group->statuses) {
    fields.emplace_back(status.message().substr(0, status.message().find(':')));
  }
  EXPECT_THAT(fields,
              ElementsAre("external_order_id", "raw_sha256", "raw_payload", "ingest_id", "item", "external_order_id"));
  EXPECT_EQ(store_->end(), 2);
}

TEST_P(OrderStoreTest, HoldsSparseSequenceNumbersExactly) {
  const std::vector<int64_t> numbers = {0, 1'023, 1'024, 5'000'000'000, INT64_MAX};
  for (const int64_t number : numbers) {
    EXPECT_EQ(Commit(100, MakeOrder(absl::StrCat("first ", number), number)).decision, Decision::kAccept);
  }
  for (const int64_t number : numbers) {
    EXPECT_EQ(Commit(101, MakeOrder(absl::StrCat("second ", number), number)).decision, Decision::kSequenceReused);
  }
  EXPECT_EQ(Commit(102, MakeOrder("neighbour", 1)).decision, Decision::kAccept);
}

TEST_P(OrderStoreTest, GivesBackTheWholeOrder) {
  Commit(1, MakeOrder("ORD-1", 42), "raw \x01\xff bytes");
  order::v1::GetOrderRequest request;
  request.set_id(MakeOrderId({0, 1}).ToString());
  const auto order = store_->Get(request);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->id(), request.id());
  EXPECT_EQ(order->sequence_number(), 42);
  EXPECT_EQ(order->raw_payload(), "raw \x01\xff bytes");
  EXPECT_EQ(order->ingest_id(), MakeIngestId(1).ToString());
  EXPECT_EQ(order->received_time().nanos(), 123'000'000);
  EXPECT_EQ(order->net_amount().nanos(), 946'000'000);
}

TEST_P(OrderStoreTest, ListsByEveryFilterNewestFirst) {
  for (int i = 0; i < 60; ++i) {
    Order order = MakeOrder(absl::StrCat("ORD-", i));
    order.set_partner_id(i % 2 == 0 ? "even" : "odd");
    order.set_customer_id(absl::StrCat("C-", i % 3));
    order.mutable_lines(0)->set_product_id(absl::StrCat("P-", i % 5));
    order.mutable_transaction_time()->set_seconds(3'600 * i);
    Commit(static_cast<uint64_t>(1'000 + i), order);
  }
  store_->WaitForIndex();
  ListOrdersRequest request;
  request.set_page_size(7);
  EXPECT_THAT(List(request), SizeIs(60));
  request.set_partner_id("even");
  EXPECT_THAT(List(request), SizeIs(30));
  request.set_customer_id("C-0");
  EXPECT_THAT(List(request), SizeIs(10));
  request.set_product_id("P-0");
  EXPECT_THAT(List(request), ElementsAre("ORD-30", "ORD-0"));
  request.mutable_from()->set_seconds(1);
  EXPECT_THAT(List(request), ElementsAre("ORD-30"));
  request.Clear();
  request.mutable_from()->set_seconds(3'600 * 10);
  request.mutable_to()->set_seconds(3'600 * 12);
  EXPECT_THAT(List(request), ElementsAre("ORD-11", "ORD-10"));
  request.set_customer_id("nobody");
  EXPECT_THAT(List(request), ElementsAre());
}

TEST_P(OrderStoreTest, APageOfLargeOrdersEndsByItsBytes) {
  Order large = MakeOrder("ORD-1");
  for (int i = 0; i < 8'000; ++i) *large.add_lines() = large.lines(0);
  for (int i = 0; i < 6; ++i) {
    large.set_external_order_id(absl::StrCat("ORD-", i));
    Commit(static_cast<uint64_t>(1 + i), large);
  }
  const auto page = store_->List(ListOrdersRequest());
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_LT(page->orders_size(), 6);
  EXPECT_LT(page->ByteSizeLong(), size_t{4 << 20});
  EXPECT_THAT(List(ListOrdersRequest()), SizeIs(6));
}

TEST_P(OrderStoreTest, RefusesBadLists) {
  Commit(1, MakeOrder("ORD-1"));
  ListOrdersRequest request;
  request.set_page_size(-1);
  EXPECT_EQ(store_->List(request).status().code(), absl::StatusCode::kInvalidArgument);
  request.set_page_size(1);
  request.set_page_token("nonsense");
  EXPECT_EQ(store_->List(request).status().code(), absl::StatusCode::kInvalidArgument);
  request.clear_page_token();
  request.mutable_from()->set_seconds(10);
  request.mutable_to()->set_seconds(10);
  EXPECT_EQ(store_->List(request).status().code(), absl::StatusCode::kInvalidArgument);
  request.mutable_to()->set_nanos(-1);
  EXPECT_EQ(store_->List(request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(OrderStoreTest, CountsAndSumsByPartnerCurrencyAndHour) {
  Commit(1, MakeOrder("ORD-1"));
  Order euros = MakeOrder("ORD-2");
  euros.set_currency("EUR");
  Commit(2, euros);
  now_ = kTestNow + 3'600'000'000'000;
  Commit(3, MakeOrder("ORD-3"));
  Commit(4, MakeOrder("ORD-3"));
  order::v1::GetOrderStatsRequest request;
  request.set_include_hours(true);
  const auto stats = store_->Stats(request);
  ASSERT_TRUE(stats.ok()) << stats.status();
  EXPECT_EQ(stats->total_count(), 3);
  ASSERT_THAT(stats->partners(), SizeIs(1));
  EXPECT_EQ(stats->partners(0).line_count(), 3);
  ASSERT_THAT(stats->partners(0).amounts(), SizeIs(2));
  EXPECT_EQ(stats->partners(0).amounts(0).net_amount().currency_code(), "EUR");
  EXPECT_EQ(stats->partners(0).amounts(1).net_amount().units(), 323);
  ASSERT_THAT(stats->hours(), SizeIs(2));
  EXPECT_EQ(stats->hours(0).partner().count(), 2);
  EXPECT_EQ(stats->hours(0).partner().amounts(0).net_amount().currency_code(), "EUR");
  EXPECT_EQ(stats->hours(1).partner().count(), 1);
  request.mutable_from()->set_seconds(stats->hours(1).hour().seconds());
  EXPECT_THAT(store_->Stats(request)->hours(), SizeIs(1));
  request.mutable_to()->set_seconds(stats->hours(1).hour().seconds());
  EXPECT_EQ(store_->Stats(request).status().code(), absl::StatusCode::kInvalidArgument);
  request.Clear();
  request.set_partner_id("nobody");
  EXPECT_EQ(store_->Stats(request)->total_count(), 0);
}

TEST_P(OrderStoreTest, FollowsWithoutGapOrDouble) {
  for (uint64_t i = 1; i <= 5; ++i) Commit(i, MakeOrder(absl::StrCat("ORD-", i)));
  order::v1::WatchOrdersRequest request;
  request.set_after_position(1);
  request.set_max_batch(3);
  const auto follower = *store_->Follow(request);
  order::internal::v1::WatchOrdersResponse response;
  ASSERT_TRUE(*follower->Next(&response));
  ASSERT_THAT(response.orders(), SizeIs(3));
  EXPECT_EQ(response.orders(0).position(), 2);
  EXPECT_EQ(response.position(), 4);
  response.Clear();
  ASSERT_TRUE(*follower->Next(&response));
  EXPECT_EQ(response.position(), 5);
  EXPECT_FALSE(*follower->Next(&response));
  Commit(6, MakeOrder("ORD-6"));
  response.Clear();
  ASSERT_TRUE(*follower->Next(&response));
  ASSERT_THAT(response.orders(), SizeIs(1));
  order::v1::Order order;
  ASSERT_TRUE(order.ParseFromString(response.orders(0).order()));
  order::v1::GetOrderRequest request_of_it;
  request_of_it.set_id(order.id());
  EXPECT_EQ(order.SerializeAsString(), store_->Get(request_of_it)->SerializeAsString());
  EXPECT_EQ(order.external_order_id(), "ORD-6");
}

TEST_P(OrderStoreTest, MovesAFilteredWatchOverOthers) {
  Commit(1, MakeOrder("ORD-1"));
  order::v1::WatchOrdersRequest request;
  request.set_partner_id("somebody-else");
  order::internal::v1::WatchOrdersResponse response;
  ASSERT_TRUE(*(*store_->Follow(request))->Next(&response));
  EXPECT_THAT(response.orders(), SizeIs(0));
  EXPECT_EQ(response.position(), 1);
}

TEST_P(OrderStoreTest, RefusesBadWatches) {
  order::v1::WatchOrdersRequest request;
  request.set_max_batch(1'001);
  EXPECT_EQ(store_->Follow(request).status().code(), absl::StatusCode::kInvalidArgument);
  request.set_max_batch(1);
  request.set_after_position(-1);
  EXPECT_EQ(store_->Follow(request).status().code(), absl::StatusCode::kInvalidArgument);
  request.set_after_position(1);
  EXPECT_EQ(store_->Follow(request).status().code(), absl::StatusCode::kOutOfRange);
  request.set_from_end(true);
  EXPECT_TRUE(store_->Follow(request).ok());
}

TEST_P(OrderStoreTest, SealsBlocksAndStillFindsEverything) {
  constexpr int kOrders = 66'000;
  for (int sent = 0; sent < kOrders;) {
    CommitOrdersRequest request;
    for (int i = 0; i < 1'000; ++i, ++sent) {
      Order order = MakeOrder(absl::StrCat("ORD-", sent), sent);
      order.set_customer_id(absl::StrCat("C-", sent % 22'000));
      AddOrder(request, static_cast<uint64_t>(sent + 1), order);
    }
    Commit(std::move(request));
  }
  store_->WaitForIndex();
  ListOrdersRequest request;
  request.set_customer_id("C-17");
  EXPECT_THAT(List(request), ElementsAre("ORD-44017", "ORD-22017", "ORD-17"));
  const auto report = RunAudit(true);
  EXPECT_TRUE(report.ok()) << report.DebugString();
  EXPECT_EQ(report.rows(), kOrders);
  EXPECT_THAT(report.state_hash(), SizeIs(64));
}

INSTANTIATE_TEST_SUITE_P(Logs, OrderStoreTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Kv" : "Memory"; });

class PlantedBugTest : public StoreFixture {};

TEST_F(PlantedBugTest, SkippingTheIdentityDoublesOrdersAndTheAuditSeesIt) {
  options_.fault = TestFault::kSkipExternalId;
  OpenInMemory();
  Commit(1, MakeOrder("ORD-1"));
  EXPECT_EQ(Commit(2, MakeOrder("ORD-1")).decision, Decision::kAccept);
  EXPECT_FALSE(RunAudit(false).ok());
}

TEST_F(PlantedBugTest, AnsweringBeforeTheWriteStillAnswersOnce) {
  options_.fault = TestFault::kAckBeforeWrite;
  OpenInMemory();
  EXPECT_EQ(Commit(1, MakeOrder("ORD-1")).decision, Decision::kAccept);
  EXPECT_EQ(Commit(2, MakeOrder("ORD-1")).decision, Decision::kReplayed);
}

}  // namespace
}  // namespace ordermesh::order_store
