// Parts that are away, restarts under a follower, and draining.
#include <signal.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tests/e2e/mesh_test.h"

namespace ordermesh::e2e {
namespace {

using common::v1::OrderVerdict;
using order::v1::OrderService;

class OutageTest : public MeshTest {
 protected:
  // Whatever a test stopped runs again.
  void TearDown() override {
    if (mesh_ == nullptr) return;
    const ProcessResult up = mesh_->Up();
    ASSERT_EQ(up.exit_code, 0) << up.err;
  }

  // Follows orders after `position` until `count` have come; gives their positions. The call ends by itself.
  static std::vector<int64_t> Follow(int64_t position, size_t count) {
    auto orders = OrderService::NewStub(mesh_->Edge());
    std::vector<int64_t> positions;
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (positions.size() < count && absl::Now() < deadline) {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(deadline));
      context.set_wait_for_ready(true);
      order::v1::WatchOrdersRequest request;
      request.set_after_position(positions.empty() ? position : positions.back());
      auto watch = orders->WatchOrders(&context, request);
      order::v1::WatchOrdersResponse response;
      while (positions.size() < count && watch->Read(&response)) {
        for (const auto& watched : response.orders()) positions.push_back(watched.position());
      }
      context.TryCancel();
      watch->Finish();
    }
    return positions;
  }
};

TEST_F(OutageTest, ValidOrdersFlowWithoutTheErrorStore) {
  mesh_->StopForGood(testing::kErrorStore);
  const auto valid = Submit("partner-b", PayloadB("NO-ERRORS-1"));
  ASSERT_TRUE(valid.ok()) << valid.status();
  EXPECT_EQ(valid->verdict(), OrderVerdict::CREATED);
  const auto invalid = Submit("partner-b", "{}", absl::Seconds(6));
  EXPECT_EQ(invalid.status().code(), absl::StatusCode::kUnavailable) << "no verdict before the error is kept";
  EXPECT_TRUE(RetryDelayOf(invalid.status()).has_value()) << invalid.status();
  ASSERT_EQ(mesh_->Up().exit_code, 0);
  EXPECT_EQ(SubmitUntilAnswered("partner-b", "{}").verdict(), OrderVerdict::REJECTED);
}

TEST_F(OutageTest, OrderStoreAwayIsUnavailableWithinTheDeadline) {
  const auto before = Submit("partner-b", PayloadB("AWAY-0"));
  ASSERT_TRUE(before.ok()) << before.status();
  mesh_->StopForGood(testing::kOrderStore);
  const absl::Time start = absl::Now();
  const auto away = Submit("partner-b", PayloadB("AWAY-1"));
  EXPECT_EQ(away.status().code(), absl::StatusCode::kUnavailable) << away.status();
  EXPECT_TRUE(RetryDelayOf(away.status()).has_value()) << away.status();
  EXPECT_LT(absl::Now() - start, absl::Seconds(8)) << "the feed gives up after 5 s";
  ASSERT_EQ(mesh_->Up().exit_code, 0);
  const OrderVerdict after = SubmitUntilAnswered("partner-b", PayloadB("AWAY-1"));
  EXPECT_THAT(after.verdict(), ::testing::AnyOf(OrderVerdict::CREATED, OrderVerdict::REPLAYED));
  EXPECT_EQ(SubmitUntilAnswered("partner-b", PayloadB("AWAY-0")).order_id(), before->order_id());
}

TEST_F(OutageTest, ValidationAwayIsUnavailableAndComesBack) {
  mesh_->StopForGood(testing::kValidation);
  const auto away = Submit("partner-b", PayloadB("NO-VALIDATION-1"));
  EXPECT_EQ(away.status().code(), absl::StatusCode::kUnavailable) << away.status();
  EXPECT_TRUE(RetryDelayOf(away.status()).has_value()) << away.status();
  ASSERT_EQ(mesh_->Up().exit_code, 0);
  const OrderVerdict after = SubmitUntilAnswered("partner-b", PayloadB("NO-VALIDATION-1"));
  EXPECT_THAT(after.verdict(), ::testing::AnyOf(OrderVerdict::CREATED, OrderVerdict::REPLAYED));
}

// The others work from their last copy of the partners, also after a restart of their own.
TEST_F(OutageTest, PartnersAwayIsNoticedByNobodyWhoSendsOrders) {
  mesh_->StopForGood(testing::kPartners);
  const auto running = Submit("partner-b", PayloadB("NO-PARTNERS-1"));
  ASSERT_TRUE(running.ok()) << running.status();
  EXPECT_EQ(running->verdict(), OrderVerdict::CREATED);
  int order = 1;
  for (const char* service : {testing::kValidation, testing::kFeed, testing::kGateway}) {
    SCOPED_TRACE(service);
    EXPECT_TRUE(mesh_->Kill(service));
    const OrderVerdict verdict = SubmitUntilAnswered("partner-b", PayloadB(absl::StrCat("NO-PARTNERS-", ++order)));
    EXPECT_THAT(verdict.verdict(), ::testing::AnyOf(OrderVerdict::CREATED, OrderVerdict::REPLAYED));
    // With the partner's own key too, which the gateway knows from its copy.
    auto orders = OrderService::NewStub(mesh_->EdgeAs("partner-b"));
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
    order::v1::GetOrderRequest request;
    request.set_id(verdict.order_id());
    order::v1::Order found;
    const grpc::Status status = orders->GetOrder(&context, request, &found);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  EXPECT_NE(mesh_->Cli({"partners", "list", "--wait", "1"}).exit_code, 0);
  ASSERT_EQ(mesh_->Up().exit_code, 0);
  EXPECT_EQ(CliJson({"partners", "list"}).at("partners").size(), 4u);
}

TEST_F(OutageTest, WatchResumesOverARestartWithoutGapOrDouble) {
  const int64_t start = StoredOrders();
  constexpr int kOrders = 60;
  std::vector<int64_t> seen;
  std::thread follower([&seen, start] { seen = Follow(start, kOrders); });
  for (int i = 0; i < kOrders; ++i) {
    if (i == 20 || i == 40) {
      EXPECT_TRUE(mesh_->Signal(testing::kOrderStore, i == 20 ? SIGKILL : SIGTERM));
    }
    const OrderVerdict verdict = SubmitUntilAnswered("partner-b", PayloadB(absl::StrCat("WATCH-", i)));
    EXPECT_THAT(verdict.verdict(), ::testing::AnyOf(OrderVerdict::CREATED, OrderVerdict::REPLAYED));
  }
  follower.join();
  std::vector<int64_t> expected(kOrders);
  for (int i = 0; i < kOrders; ++i) expected[static_cast<size_t>(i)] = start + 1 + i;
  EXPECT_EQ(seen, expected);
}

// A stream that is under way when the feed is told to stop: each order has a verdict or can be sent again, none is
// doubled.
TEST_F(OutageTest, DrainLosesNothing) {
  const int64_t before = StoredOrders();
  constexpr int kOrders = 2'000;
  std::thread terminator([] {
    for (const char* service : {testing::kGateway, testing::kFeed, testing::kValidation, testing::kOrderStore}) {
      absl::SleepFor(absl::Milliseconds(150));
      mesh_->Signal(service, SIGTERM);
    }
  });
  std::vector<std::string> lines;
  for (int i = 0; i < kOrders; ++i) lines.push_back(PayloadB(absl::StrCat("DRAIN-", i)) + "\n");
  const std::string path = mesh_->data() + "/drain.ndjson";
  testing::WriteFile(path, absl::StrJoin(lines, ""));
  const auto summary = CliJson({"import", "--partner", "partner-b", path});
  terminator.join();
  EXPECT_EQ(CountOf(summary.at("created")) + CountOf(summary.at("replayed")), kOrders);
  EXPECT_EQ(StoredOrders() - before, kOrders);
}

TEST_F(OutageTest, DownAndUpKeepEverything) {
  const auto verdict = Submit("partner-b", PayloadB("DOWN-1"));
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  const int64_t orders = StoredOrders();
  EXPECT_EQ(mesh_->Down().exit_code, 0);
  for (const char* service : {testing::kGateway, testing::kFeed, testing::kValidation, testing::kPartners,
                              testing::kOrderStore, testing::kErrorStore}) {
    EXPECT_EQ(mesh_->Pid(service), 0) << service;
  }
  ASSERT_EQ(mesh_->Up().exit_code, 0);
  EXPECT_EQ(StoredOrders(), orders);
  EXPECT_EQ(Submit("partner-b", PayloadB("DOWN-1"))->order_id(), verdict->order_id());
  EXPECT_EQ(CliJson({"audit"}).at("ok"), true);
}

}  // namespace
}  // namespace ordermesh::e2e
