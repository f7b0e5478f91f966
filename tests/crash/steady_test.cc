// The steady client against a feed inside the test that refuses, breaks and loses on purpose.
#include "tests/crash/steady.h"

#include <gmock/gmock.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/crash/checker.h"
#include "tests/crash/summary.h"

namespace ordermesh::crash {
namespace {

using common::v1::OrderVerdict;

// Stores each payload once, in a vector. What is planted is set before the first call.
class TestFeed final : public feed::v1::FeedService::Service {
 public:
  TestFeed() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address = absl::StrCat("127.0.0.1:", port);
  }
  ~TestFeed() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::Status SubmitOrder(grpc::ServerContext*, const feed::v1::SubmitOrderRequest* request,
                           OrderVerdict* verdict) override {
    const int call = ++calls_;
    // Stored, and the answer lost: the package sends it again.
    *verdict = VerdictOn(request->raw_payload());
    if (call % 7 == 0) return {grpc::StatusCode::UNAVAILABLE, "went away"};
    if (refuse_all_unary) return {grpc::StatusCode::INTERNAL, "broken"};
    return grpc::Status::OK;
  }

  grpc::Status StreamOrders(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<feed::v1::StreamOrdersResponse, feed::v1::StreamOrdersRequest>* stream) override {
    feed::v1::StreamOrdersRequest request;
    for (int message = 1; stream->Read(&request); ++message) {
      feed::v1::StreamOrdersResponse response;
      for (const auto& order : request.orders()) {
        auto* result = response.add_results();
        result->set_tag(order.tag());
        *result->mutable_verdict() = VerdictOn(order.raw_payload());
      }
      if (message % 20 == 0) return {grpc::StatusCode::UNAVAILABLE, "draining"};
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  std::vector<std::string> stored() {
    absl::MutexLock lock(&mutex_);
    return stored_;
  }

  std::string address;
  std::atomic<bool> refuse_all_unary{false};

 private:
  OrderVerdict VerdictOn(const std::string& payload) {
    OrderVerdict verdict;
    absl::MutexLock lock(&mutex_);
    if (payload.find("\"qty\": -1") != std::string::npos) {
      verdict.set_verdict(OrderVerdict::REJECTED);
      verdict.set_error_id(Uuid{1, std::hash<std::string>()(payload)}.ToString());
      return verdict;
    }
    const auto [place, first] = places_.try_emplace(payload, places_.size() + 1);
    if (first) stored_.push_back(payload);
    verdict.set_verdict(first ? OrderVerdict::CREATED : OrderVerdict::REPLAYED);
    verdict.set_order_id(MakeOrderId({0, static_cast<int64_t>(place->second)}).ToString());
    return verdict;
  }

  std::unique_ptr<grpc::Server> server_;
  std::atomic<int> calls_{0};
  absl::Mutex mutex_;
  std::map<std::string, size_t> places_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> stored_ ABSL_GUARDED_BY(mutex_);
};

class SteadyTest : public ::testing::Test {
 protected:
  void TearDown() override { std::remove(path_.c_str()); }

  // Sends until so many have a verdict, and waits for the rest.
  SteadySample Send(int64_t verdicts) {
    auto history = HistoryWriter::Create(path_, workload_.seed());
    SteadyOptions options;
    options.client.address = feed_.address;
    options.rate = 5'000;
    options.streams = 2;
    Steady steady(workload_, options, **history);
    steady.Start();
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (steady.Sample().acked < verdicts && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
    feed_.refuse_all_unary = false;
    EXPECT_TRUE(steady.Finish(absl::Seconds(60)).ok());
    failures_ = steady.failures();
    return steady.Sample();
  }

  // What the feed stored, but for the `lost` last of them, against the history.
  nlohmann::ordered_json Check(size_t lost) {
    Checker checker(workload_, /*alone=*/false);
    const auto reader = HistoryReader::Open(path_);
    while (auto event = (*reader)->Next()) checker.OnEvent(*event);
    const std::vector<std::string> stored = feed_.stored();
    int64_t position = 0;
    for (size_t i = 0; i + lost < stored.size(); ++i) {
      ++position;
      checker.OnStoredOrder(position, OrderOf(stored[i], position));
    }
    // Of somebody else: passed over.
    order::v1::Order foreign;
    foreign.set_external_order_id("somebody-else");
    foreign.set_id(MakeOrderId({0, position + 1}).ToString());
    checker.OnStoredOrder(position + 1, foreign);
    for (size_t number = 0; number < stored.size() * 10; ++number) StoreError(checker, number);
    checker.Finish();
    return SummaryOf(checker);
  }

  order::v1::Order OrderOf(const std::string& payload, int64_t position) {
    const size_t start = payload.find("\"ref\": \"") + 8;
    const auto number = workload_.NumberOf(payload.substr(start, payload.find('"', start) - start));
    EXPECT_TRUE(number.has_value());
    auto order = workload_.Expected(*number);
    order.set_id(MakeOrderId({0, position}).ToString());
    return order;
  }

  void StoreError(Checker& checker, uint64_t number) {
    const Uuid id = checker.ErrorIdOf(number);
    if (id.IsZero()) return;
    error::v1::OrderError error;
    error.set_id(id.ToString());
    error.set_external_order_id(workload_.ExternalIdOf(number));
    checker.OnStoredError(++error_position_, error);
  }

  const Workload workload_{7};
  const std::string path_ = absl::StrCat(::testing::TempDir(), "/steady_test_", getpid());
  TestFeed feed_;
  std::vector<std::string> failures_;
  int64_t error_position_ = 0;
};

TEST_F(SteadyTest, StreamsThatEndAndAnswersThatAreLostAreHealedByThePackage) {
  const SteadySample end = Send(3'000);
  EXPECT_EQ(end.failed, 0) << (failures_.empty() ? "" : failures_[0]);
  EXPECT_EQ(end.in_flight, 0);
  EXPECT_EQ(end.acked, end.sent);
  EXPECT_GT(end.retried, 0);
  const auto summary = Check(0);
  EXPECT_TRUE(summary.at("ok")) << summary.dump(1);
  EXPECT_EQ(summary.at("unknowns"), 0);
  EXPECT_GT(summary.at("rejected"), 0);
}

TEST_F(SteadyTest, AnAcknowledgedOrderThatIsNotThereIsFound) {
  Send(500);
  const auto summary = Check(1);
  EXPECT_FALSE(summary.at("ok"));
  EXPECT_EQ(summary.at("lost"), 1) << summary.dump(1);
}

TEST_F(SteadyTest, CallsThatFailForGoodAreCountedAndResolvedInTheEnd) {
  feed_.refuse_all_unary = true;
  const SteadySample end = Send(1'000);
  EXPECT_GT(end.failed, 0);
  ASSERT_FALSE(failures_.empty());
  EXPECT_THAT(failures_[0], ::testing::HasSubstr("broken"));
  const auto summary = Check(0);
  EXPECT_TRUE(summary.at("ok")) << summary.dump(1);
  EXPECT_GT(summary.at("unknowns"), 0);
  EXPECT_EQ(summary.at("unknownResolved"), summary.at("unknowns"));
}

}  // namespace
}  // namespace ordermesh::crash
