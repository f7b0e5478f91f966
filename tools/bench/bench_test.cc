#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/base/errors.h"
#include "tools/bench/histogram.h"
#include "tools/bench/in_flight.h"
#include "tools/bench/order_maker.h"
#include "tools/bench/processes.h"
#include "tools/bench/program.h"
#include "tools/bench/report.h"
#include "tools/ordermesh/testing/fake_mesh.h"

namespace ordermesh::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(HistogramTest, IsExactToOneSixtyFourth) {
  Histogram histogram;
  for (int64_t value = 1; value <= 100'000; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.count(), 100'000);
  EXPECT_EQ(histogram.max_us(), 100'000);
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9}) {
    const double exact = percent * 1'000;
    EXPECT_GE(static_cast<double>(histogram.Percentile(percent)), exact);
    EXPECT_LE(static_cast<double>(histogram.Percentile(percent)), exact * (1 + 1.0 / 64));
  }
  EXPECT_EQ(histogram.Percentile(100), 100'000);
  EXPECT_DOUBLE_EQ(histogram.mean_us(), 50'000.5);
}

TEST(HistogramTest, HoldsTheEdges) {
  Histogram histogram;
  EXPECT_EQ(histogram.Percentile(50), 0);
  EXPECT_EQ(histogram.mean_us(), 0);
  histogram.Record(-5);
  EXPECT_EQ(histogram.Percentile(100), 0);
  histogram.Record(INT64_MAX);
  EXPECT_EQ(histogram.Percentile(100), (int64_t{1} << 40) - 1);
  Histogram small;
  small.Record(63, 98);
  small.Record(1'000, 2);
  EXPECT_EQ(small.Percentile(98), 63);
  EXPECT_EQ(small.Percentile(99), 1'000);
}

TEST(HistogramTest, MergesAsIfRecordedTogether) {
  Histogram a, b, both;
  for (int64_t i = 0; i < 1'000; ++i) {
    (i % 2 == 0 ? a : b).Record(i * i);
    both.Record(i * i);
  }
  a.Merge(b);
  EXPECT_EQ(a.count(), both.count());
  EXPECT_EQ(a.Percentile(77), both.Percentile(77));
  EXPECT_EQ(a.max_us(), both.max_us());
}

class OrderMakerTest : public ::testing::Test {
 protected:
  std::string Raw(int64_t index) {
    feed::v1::OrderInput input;
    OrderMaker(options_).Make(index, input);
    return input.raw_payload();
  }
  MakerOptions options_{.run_key = 42};
};

TEST_F(OrderMakerTest, MakesTypedOrdersOfTheContract) {
  const OrderMaker maker(options_);
  feed::v1::OrderInput input;
  std::set<std::string> ids;
  for (int64_t i = 0; i < 1'000; ++i) {
    maker.Make(i, input);
    ids.insert(input.order().external_order_id());
    EXPECT_EQ(input.order().sequence_number(), options_.first_sequence + i);
    EXPECT_EQ(input.order().lines_size(), 1);
  }
  EXPECT_EQ(ids.size(), 1'000);
  EXPECT_EQ(input.order().partner_id(), "partner-a");
  EXPECT_LT(input.ByteSizeLong(), 250);
}

TEST_F(OrderMakerTest, MakesTheContractsJson) {
  options_.shape = Shape::kPartnerA;
  auto a = nlohmann::json::parse(Raw(7));
  EXPECT_EQ(a["sequenceNumber"], options_.first_sequence + 7);
  EXPECT_TRUE(a["quantity"].is_number_integer());
  options_.shape = Shape::kPartnerB;
  const std::string text = Raw(7);
  EXPECT_NEAR(static_cast<double>(text.size()), 535, 25);
  EXPECT_EQ(nlohmann::json::parse(text)["items"].size(), 8);
  options_.shape = Shape::kRetail;
  EXPECT_EQ(nlohmann::json::parse(Raw(7))["lines"].size(), 20);
  EXPECT_EQ(OrderMaker(options_).partner(), "retail-uk");
}

TEST_F(OrderMakerTest, RepeatsItselfAndDiffersBetweenRuns) {
  options_.shape = Shape::kPartnerB;
  const std::string first = Raw(5);
  EXPECT_EQ(Raw(5), first);
  EXPECT_NE(Raw(6), first);
  options_.run_key = 43;
  EXPECT_NE(Raw(5), first);
}

TEST_F(OrderMakerTest, NumbersSequentialIdsInOrder) {
  options_.ids = Ids::kSequential;
  options_.shape = Shape::kPartnerB;
  EXPECT_THAT(Raw(5), HasSubstr("S0000002a-000000000005"));
}

TEST_F(OrderMakerTest, MakesTheSharesThatAreAskedFor) {
  options_.duplicates_percent = 10;
  options_.invalid_percent = 20;
  options_.shape = Shape::kPartnerB;
  const OrderMaker maker(options_);
  int duplicates = 0;
  int invalid = 0;
  std::set<std::string> payloads;
  feed::v1::OrderInput input;
  for (int64_t i = 0; i < 10'000; ++i) {
    maker.Make(i, input);
    duplicates += maker.IsDuplicate(i);
    invalid += maker.IsInvalid(i);
    EXPECT_EQ(input.raw_payload().find("-1,") != std::string::npos, maker.IsInvalid(i));
    payloads.insert(input.raw_payload());
  }
  EXPECT_NEAR(duplicates, 1'000, 150);
  EXPECT_NEAR(invalid, 2'000, 300);
  EXPECT_EQ(payloads.size(), 10'000 - static_cast<size_t>(duplicates));
}

TEST(ScheduleTest, GivesOutEveryOrderOnceAndEndsInTime) {
  LoadOptions options{.batch = 4, .orders = 10};
  const absl::Time start = absl::FromUnixSeconds(0);
  Schedule schedule(options, start);
  EXPECT_EQ(schedule.Next(start)->count, 4);
  EXPECT_EQ(schedule.Next(start)->first, 4);
  EXPECT_EQ(schedule.Next(start)->count, 2);
  EXPECT_FALSE(schedule.Next(start).has_value());
  LoadOptions timed{.batch = 4, .orders = 0, .duration = absl::Seconds(1)};
  Schedule by_time(timed, start);
  EXPECT_TRUE(by_time.Next(start).has_value());
  EXPECT_FALSE(by_time.Next(start + absl::Seconds(1)).has_value());
}

TEST(ScheduleTest, SpreadsAnOpenLoopOverTime) {
  LoadOptions options{.batch = 10, .rate = 100, .orders = 0, .duration = absl::Seconds(1)};
  const absl::Time start = absl::FromUnixSeconds(0);
  Schedule schedule(options, start);
  std::vector<int64_t> due;
  while (const auto batch = schedule.Next(start)) due.push_back(absl::ToInt64Milliseconds(batch->due - start));
  EXPECT_THAT(due, ElementsAre(0, 100, 200, 300, 400, 500, 600, 700, 800, 900));
}

TEST(InFlightTest, SettlesEachOrderOnceAndRequeuesTheRest) {
  InFlight in_flight(4);
  const absl::Time time = absl::FromUnixSeconds(9);
  in_flight.Add({0, 4}, {time, time + absl::Seconds(1)});
  in_flight.Add({8, 2}, {time, time});
  EXPECT_EQ(in_flight.size(), 6);
  const auto times = in_flight.Settle(1);
  ASSERT_TRUE(times.has_value());
  EXPECT_EQ(times->intended, time);
  EXPECT_EQ(times->sent, time + absl::Seconds(1));
  EXPECT_FALSE(in_flight.Settle(1).has_value());
  EXPECT_FALSE(in_flight.Settle(5).has_value());
  EXPECT_FALSE(in_flight.Settle(11).has_value());
  in_flight.Requeue(2);
  in_flight.RequeueAll();
  std::vector<int64_t> again;
  in_flight.TakeAgain(3, again);
  EXPECT_THAT(again, ElementsAre(0, 2, 3));
  in_flight.Settle(8);
  in_flight.Settle(9);
  in_flight.TakeAgain(3, again);
  EXPECT_THAT(again, IsEmpty());
  EXPECT_EQ(in_flight.size(), 3);
}

TEST(ProcessesTest, ReadsWhatTheKernelWrites) {
  const std::string stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 1 2 3\n";
  EXPECT_EQ(ParseCpu(stat, 100), absl::Seconds(2));
  EXPECT_FALSE(ParseCpu("", 100).has_value());
  EXPECT_FALSE(ParseCpu("7 (a) S 1 2", 100).has_value());
  EXPECT_EQ(ParseMemory("Name:\tx\nVmHWM:\t  20 kB\nVmRSS:\t  10 kB\n", "VmRSS"), 10 * 1024);
  EXPECT_EQ(ParseMemory("Name:\tx\n", "VmRSS"), 0);
}

class BenchTest : public ::testing::Test {
 protected:
  BenchTest() {
    std::string name = (std::filesystem::temp_directory_path() / "ordermesh-bench-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    std::filesystem::create_directories(folder_ / "run");
    std::ofstream(folder_ / "run" / "ordermesh-feed.pid") << getpid() << "\n";
    std::ofstream(folder_ / "run" / "ordermesh-gone.pid") << "999999999\n";
    std::ofstream(folder_ / "run" / "ordermesh-bad.pid") << "x\n";
    std::ofstream(folder_ / "run" / "supervise-ordermesh-feed.pid") << getpid() << "\n";
    std::ofstream(folder_ / "run" / "notes.txt") << "x\n";
  }
  ~BenchTest() override { std::filesystem::remove_all(folder_); }

  nlohmann::json Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--direct", "--insecure", "--feed", server_.address()});
    return RunAsIs(std::move(arguments));
  }
  nlohmann::json RunAsIs(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--data", folder_.string(), "-o", "json"});
    out_.str("");
    err_.str("");
    code_ = RunProgram(std::move(arguments), environment_, out_, err_);
    return nlohmann::json::parse(out_.str(), nullptr, false);
  }
  void Write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }

  std::filesystem::path folder_;
  testing::FakeFeed feed_;
  testing::FakeServer server_{&feed_};
  client::ConnectionFlags environment_;
  std::ostringstream out_;
  std::ostringstream err_;
  int code_ = 0;
};

TEST_F(BenchTest, LoadsInEveryModeAndShape) {
  for (const char* mode : {"stream", "batch", "unary"}) {
    for (const char* shape : {"typed", "partner-a", "partner-b", "retail"}) {
      const auto report = Run(
          {"--mode", mode, "--shape", shape, "--orders", "500", "--streams", "2", "--batch", "64", "--window", "128"});
      EXPECT_EQ(code_, 0) << mode << " " << shape << err_.str();
      EXPECT_EQ(report["created"], 500) << mode << " " << shape;
      EXPECT_GT(report["latencyMs"]["p99.9"], 0);
      EXPECT_EQ(report["processes"][0]["name"], "ordermesh-feed");
      EXPECT_GT(report["processes"][0]["rssBytes"], 0);
      EXPECT_EQ(report["processes"].size(), 2);
    }
  }
}

TEST_F(BenchTest, MakesReplaysOfDuplicatesAndOfTheSameSeed) {
  auto report = Run({"--orders", "2000", "--duplicates", "25", "--seed", "7", "--streams", "1"});
  EXPECT_GT(report["replayed"], 300);
  const int64_t created = report["created"];
  report = Run({"--orders", "2000", "--duplicates", "25", "--seed", "7"});
  EXPECT_EQ(report["replayed"], 2'000) << created;
}

TEST_F(BenchTest, SendsBusyOrdersAgainInAClosedLoop) {
  feed_.trouble = [](const std::string&, int64_t delivery) {
    if (delivery % 5 != 0) return absl::OkStatus();
    return WithRetry(Refusal(absl::StatusCode::kResourceExhausted, "FULL", "full"), absl::Milliseconds(1));
  };
  for (const char* mode : {"stream", "unary"}) {
    const auto report = Run({"--mode", mode, "--orders", "300"});
    EXPECT_EQ(code_, 0);
    EXPECT_EQ(report["created"], 300);
    EXPECT_GE(report["busy"], 60);
  }
}

TEST_F(BenchTest, GoesThroughBrokenStreams) {
  feed_.breaks = 4;
  feed_.messages_until_break = 2;
  const auto report = Run({"--orders", "2000", "--batch", "50", "--streams", "2"});
  EXPECT_EQ(code_, 0);
  EXPECT_EQ(report["created"].get<int>() + report["replayed"].get<int>(), 2'000);
  EXPECT_EQ(report["reconnects"], 4);
}

TEST_F(BenchTest, KeepsToItsScheduleInAnOpenLoop) {
  const auto report = Run({"--rate", "2000", "--seconds", "0.5", "--batch", "20"});
  EXPECT_EQ(code_, 0) << err_.str();
  EXPECT_EQ(report["created"], 1'000);
  EXPECT_GE(report["seconds"], 0.4);
}

TEST_F(BenchTest, SaysHowQuicklyAnOpenLoopIsRefused) {
  feed_.trouble = [](const std::string&, int64_t delivery) -> absl::Status {
    if (delivery % 4 == 0) return absl::UnavailableError("no verdict in time");
    return delivery % 2 == 0 ? absl::OkStatus() : absl::ResourceExhaustedError("full");
  };
  for (const char* mode : {"stream", "unary"}) {
    const auto report = Run({"--mode", mode, "--rate", "1000", "--orders", "200", "--batch", "10"});
    EXPECT_EQ(report["failed"], 150) << mode;
    EXPECT_EQ(report["refused"], 100) << mode << ": an order that was given up was not refused";
    EXPECT_GT(report["refusalMs"]["p99"], 0) << mode;
    EXPECT_LE(report["refusalMs"]["p99"], report["refusalMs"]["max"]) << mode;
  }
  EXPECT_EQ(Run({"--orders", "200"})["refused"], 0) << "a closed loop sends again";
}

TEST_F(BenchTest, FailsWhereOrdersGetNoVerdict) {
  feed_.trouble = [](const std::string&, int64_t) { return absl::InvalidArgumentError("no"); };
  EXPECT_EQ(Run({"--orders", "10"})["failed"], 10);
  EXPECT_EQ(code_, 1);
  EXPECT_EQ(Run({"--orders", "10", "--mode", "unary"})["failed"], 10);
  feed_.trouble = [](const std::string&, int64_t) { return absl::UnavailableError("away"); };
  EXPECT_EQ(Run({"--orders", "10", "--wait", "0.3"})["failed"], 10);
  EXPECT_EQ(Run({"--rate", "1000", "--orders", "10"})["failed"], 10);
}

TEST_F(BenchTest, ComesWithThePartnersKeyAtTheEdge) {
  Write("run/endpoints.json", nlohmann::json{{"grpc", server_.address()}}.dump());
  Write("credentials.json", R"({"partners": {"partner-b": "key-of-b"}})");
  EXPECT_EQ(RunAsIs({"--edge", "--shape", "partner-b", "--orders", "10"})["created"], 10) << err_.str();
  EXPECT_EQ(feed_.last_metadata("x-api-key"), "key-of-b");
  RunAsIs({"--shape", "partner-a", "--orders", "10", "--wait", "0.1"});
  EXPECT_EQ(code_, 3);
  EXPECT_THAT(err_.str(), HasSubstr("no key of partner-a"));
  environment_.api_key = "given";
  EXPECT_EQ(RunAsIs({"--address", server_.address(), "--orders", "10"})["created"], 10) << err_.str();
  EXPECT_EQ(feed_.last_metadata("x-api-key"), "given");
}

TEST_F(BenchTest, ComesAsTheGatewayDoesWhenDirect) {
  Write("run/endpoints.json", nlohmann::json{{"feed", server_.address()}}.dump());
  EXPECT_EQ(RunAsIs({"--direct", "--insecure", "--orders", "10"})["created"], 10) << err_.str();
  common::v1::Identity identity;
  ASSERT_TRUE(identity.ParseFromString(feed_.last_metadata("x-ordermesh-identity-bin")));
  EXPECT_EQ(identity.role(), common::v1::Identity::OPERATOR);
  RunAsIs({"--direct", "--orders", "10"});
  EXPECT_EQ(code_, 2) << "without certificates";
}

TEST_F(BenchTest, SaysWhereTheMeshIsMissing) {
  RunAsIs({"--wait", "0.1"});
  EXPECT_EQ(code_, 3);
  EXPECT_THAT(err_.str(), HasSubstr("tools/up"));
  RunAsIs({"--address", "127.0.0.1:1", "--wait", "0.1"});
  EXPECT_EQ(code_, 3);
  RunAsIs({"--rest", "--address", "127.0.0.1:1", "--wait", "0.1"});
  EXPECT_EQ(code_, 3);
}

TEST_F(BenchTest, RefusesWrongUsage) {
  const std::vector<std::vector<std::string>> cases = {{"--rate", "5", "--window", "5"},
                                                       {"--mode", "x"},
                                                       {"--shape", "x"},
                                                       {"--duplicates", "100"},
                                                       {"x"},
                                                       {"--orders", "0"},
                                                       {"--direct", "--rest"},
                                                       {"--edge", "--direct"},
                                                       {"--tls_dir", "x"},
                                                       {"--rest", "--mode", "stream"},
                                                       {"--rest", "--shape", "typed"},
                                                       {"--rest", "--tls"}};
  for (const auto& arguments : cases) {
    RunAsIs(arguments);
    EXPECT_EQ(code_, 2) << ::testing::PrintToString(arguments);
  }
  EXPECT_EQ(RunProgram({"--help"}, environment_, out_, err_), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Examples:"));
}

TEST(ReportTest, CountsAProcessThatWasStartedAnewFromItsStart) {
  Report report;
  report.load.elapsed = absl::Seconds(2);
  report.load.tally.created = 1'000;
  report.load.tally.latency.Record(1'500);
  report.before["store"] = {1, absl::Seconds(1), 0, 0};
  report.before["feed"] = {2, absl::Seconds(5), 0, 0};
  report.after["store"] = {1, absl::Seconds(1) + absl::Milliseconds(10), 5 << 20, 6 << 20};
  report.after["feed"] = {3, absl::Milliseconds(20), 0, 0};
  const auto uses = ProcessesOf(report);
  ASSERT_EQ(uses.size(), 3);
  EXPECT_DOUBLE_EQ(uses[0].cpu_us_per_order, 20);
  EXPECT_TRUE(uses[0].restarted);
  EXPECT_DOUBLE_EQ(uses[1].cpu_us_per_order, 10);
  EXPECT_THAT(ReportAsTable(report), HasSubstr("500 orders/s"));
  EXPECT_THAT(ReportAsTable(report), HasSubstr("restarted"));
  EXPECT_THAT(ReportAsTable(report), HasSubstr("1.50"));
}

}  // namespace
}  // namespace ordermesh::bench
