#include "services/error_store/store/lister.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/posting_cursor.h"
#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::ListErrorsRequest;
using ordermesh::error::v1::ListErrorsResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kFirstSecond = 1'767'225'600;

class ListerTest : public ::testing::TestWithParam<Engine> {
 protected:
  ListErrorsResponse List(const ListErrorsRequest& request) {
    ListErrorsResponse response;
    const absl::Status status = ListErrors(store_.kv(), 0, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  // The external ids of all pages together.
  std::vector<std::string> ListAll(ListErrorsRequest request) {
    std::vector<std::string> ids;
    do {
      const ListErrorsResponse page = List(request);
      for (const auto& error : page.errors()) ids.push_back(error.external_order_id());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  // Errors 1 to 6: odd ones of partner-a, even ones of partner-b; 3 and 4 also have TYPE.
  void CommitSix() {
    for (int n = 1; n <= 6; ++n) {
      ErrorCommit commit = MakeCommit(n % 2 == 1 ? "partner-a" : "partner-b", n);
      if (n == 3 || n == 4) AddViolation(*commit.mutable_error(), Violation::TYPE, "unitPrice");
      store_.Commit(MakeIntake(std::move(commit)));
    }
  }

  TestStore store_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, ListerTest, ::testing::Values(Engine::kMemory, Engine::kRocks),
                         [](const auto& info) { return info.param == Engine::kMemory ? "Memory" : "Rocks"; });

TEST_P(ListerTest, AnEmptyStoreHasAnEmptyLastPage) {
  const ListErrorsResponse page = List({});
  EXPECT_EQ(page.errors_size(), 0);
  EXPECT_TRUE(page.next_page_token().empty());
}

TEST_P(ListerTest, FiltersAreCombined) {
  CommitSix();
  ListErrorsRequest request;
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-6", "ORD-5", "ORD-4", "ORD-3", "ORD-2", "ORD-1"));
  request.set_partner_id("partner-a");
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-5", "ORD-3", "ORD-1"));
  request.set_code(Violation::TYPE);
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-3"));
  request.set_status(ErrorMessage::OPEN);
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-3"));
  request.clear_partner_id();
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-4", "ORD-3"));
  request.set_code(Violation::POISON);
  EXPECT_THAT(ListAll(request), IsEmpty());
}

TEST_P(ListerTest, FindsTheErrorsOfAnOrder) {
  const Uuid held = MakeOrderId({0, 7});
  const Uuid made = MakeOrderId({0, 8});
  for (int n = 1; n <= 3; ++n) {
    ErrorCommit commit = MakeCommit("partner-a", n);
    commit.mutable_error()->set_kind(OrderVerdict::CONFLICT);
    if (n != 2) commit.mutable_error()->set_order_id(held.ToString());
    store_.Commit(MakeIntake(std::move(commit)));
  }
  // A conflict that was edited becomes an order of its own.
  std::vector<ReviewRequest> repair(2);
  for (ReviewRequest& request : repair) request.id = *Uuid::Parse(List({}).errors(0).id());
  repair[0].action.kind = ErrorEvent::RETRIED;
  repair[1].action.kind = ErrorEvent::ANSWERED;
  repair[1].action.retry = 1;
  repair[1].action.verdict.set_verdict(OrderVerdict::CREATED);
  repair[1].action.verdict.set_order_id(made.ToString());
  for (const auto& outcome : store_.Review(repair)) ASSERT_TRUE(outcome.ok()) << outcome.status();
  ListErrorsRequest request;
  request.set_order_id(held.ToString());
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-3", "ORD-1"));
  request.set_status(ErrorMessage::RESOLVED);
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-3"));
  request.set_order_id(made.ToString());
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-3"));
  request.clear_status();
  for (const std::string& id : {MakeOrderId({0, 9}).ToString(), std::string("nonsense"), std::string(16, '\0')}) {
    request.set_order_id(id);
    EXPECT_THAT(ListAll(request), IsEmpty()) << id;
  }
}

TEST_P(ListerTest, FromIsIncludedAndToIsNot) {
  CommitSix();
  ListErrorsRequest request;
  request.mutable_from()->set_seconds(kFirstSecond + 2);
  request.mutable_to()->set_seconds(kFirstSecond + 5);
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-4", "ORD-3", "ORD-2"));
  request.set_partner_id("partner-b");
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-4", "ORD-2"));
}

TEST_P(ListerTest, UnknownValuesMatchNothing) {
  CommitSix();
  for (const std::string& partner :
       {std::string("partner-z"), std::string("partner"), std::string("partner-a\0\0\0\0\0\0\0", 16)}) {
    ListErrorsRequest request;
    request.set_partner_id(partner);
    EXPECT_THAT(ListAll(request), IsEmpty()) << partner;
  }
}

TEST_P(ListerTest, PagesHoldEveryErrorOnce) {
  CommitSix();
  for (int size = 1; size <= 7; ++size) {
    ListErrorsRequest request;
    request.set_page_size(size);
    EXPECT_THAT(List(request).errors(), SizeIs(std::min(size, 6)));
    EXPECT_THAT(ListAll(request), SizeIs(6)) << size;
  }
  ListErrorsRequest exact;
  exact.set_page_size(6);
  EXPECT_TRUE(List(exact).next_page_token().empty());
}

TEST_P(ListerTest, PagesStayPutWhileErrorsCome) {
  CommitSix();
  ListErrorsRequest request;
  request.set_page_size(4);
  request.set_page_token(List(request).next_page_token());
  store_.CommitRange("partner-a", 10, 20);
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-2", "ORD-1"));
}

TEST_P(ListerTest, ListsCarryNoPayload) {
  ErrorCommit commit = MakeCommit("partner-a", 1);
  commit.mutable_error()->mutable_order()->set_customer_id("C-1");
  store_.Commit(MakeIntake(std::move(commit)));
  const ListErrorsResponse page = List({});
  EXPECT_TRUE(page.errors(0).raw_payload().empty());
  EXPECT_FALSE(page.errors(0).has_order());
  EXPECT_EQ(page.errors(0).violations_size(), 1);
}

TEST_P(ListerTest, PassesOverZonesOutsideTheTimes) {
  const int last = static_cast<int>(4 * kZonePositions);
  store_.CommitRange("partner-a", 1, last);
  ListErrorsRequest request;
  request.mutable_to()->set_seconds(kFirstSecond + 3);
  EXPECT_THAT(ListAll(request), ElementsAre("ORD-2", "ORD-1"));
  // One zone of rows was read, not four.
  EXPECT_TRUE(List(request).next_page_token().empty());
}

TEST_P(ListerTest, APageEndsEarlyWhereItsBytesReachTheirBound) {
  for (int n = 1; n <= 60; ++n) {
    ErrorCommit commit = MakeCommit("partner-a", n);
    for (int i = 0; i < 99; ++i)
      AddViolation(*commit.mutable_error(), Violation::TYPE, std::string(120, 'f') + std::to_string(i));
    for (auto& violation : *commit.mutable_error()->mutable_violations()) violation.set_message(std::string(400, 'm'));
    store_.Commit(MakeIntake(std::move(commit)));
  }
  ListErrorsRequest request;
  request.set_page_size(1'000);
  const ListErrorsResponse page = List(request);
  EXPECT_LT(page.errors_size(), 60);
  EXPECT_FALSE(page.next_page_token().empty());
  EXPECT_THAT(ListAll(request), SizeIs(60));
}

struct BadListCase {
  std::function<void(ListErrorsRequest&)> change;
  const char* message;
};

TEST_P(ListerTest, RefusesBadRequestsInTheirOrder) {
  ListErrorsRequest other;
  other.set_page_size(1);
  CommitSix();
  const std::string token = List(other).next_page_token();
  const BadListCase cases[] = {
      {[](ListErrorsRequest& r) { r.set_page_size(-1); }, "page_size: must not be negative"},
      {[](ListErrorsRequest& r) { r.mutable_from()->set_nanos(-1); }, "from: is not a time"},
      {[](ListErrorsRequest& r) { r.set_page_token("!"); }, "page_token: is not a token of this list"},
      {[&token](ListErrorsRequest& r) {
         r.set_page_token(token);
         r.set_partner_id("partner-a");
       },
       "page_token: was made with other filters"},
  };
  for (const BadListCase& c : cases) {
    ListErrorsRequest request;
    c.change(request);
    ListErrorsResponse response;
    EXPECT_EQ(ListErrors(store_.kv(), 0, request, &response).message(), c.message);
  }
}

TEST_P(ListerTest, TheWorkOfACallIsBounded) {
  std::vector<PostingCursor> cursors;
  store_.CommitRange("partner-a", 1, 50);
  cursors.emplace_back(store_.kv(), kPostings, PartnerPostings("partner-a"), nullptr);
  cursors.emplace_back(store_.kv(), kPostings, CodePostings(Violation::RANGE), nullptr);
  Intersection both(std::move(cursors));
  Budget budget{3};
  int64_t position = 100;
  const auto found = both.AtOrBelow(position, budget);
  EXPECT_EQ(*found, 50);
  const auto stopped = both.AtOrBelow(--position, budget);
  EXPECT_FALSE(stopped->has_value());
  EXPECT_EQ(position, 49);
}

TEST_P(ListerTest, APostingWithoutARowIsDamage) {
  store_.CommitRange("partner-a", 1, 2);
  const auto batch = store_.kv().NewBatch();
  batch->Delete(kRows, PositionKey(2));
  ASSERT_TRUE(store_.faulty().Write(*batch, kv::Durability::kSynced).ok());
  ListErrorsRequest request;
  request.set_partner_id("partner-a");
  ListErrorsResponse response;
  EXPECT_EQ(ReasonOf(ListErrors(store_.kv(), 0, request, &response)), "BAD_RECORD");
}

}  // namespace
}  // namespace ordermesh::error_store
