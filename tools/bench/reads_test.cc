#include "tools/bench/reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "tools/bench/program.h"
#include "tools/ordermesh/testing/fake_mesh.h"

namespace ordermesh::bench {
namespace {

using ::testing::HasSubstr;

// A store that forgets an order of each watch.
class LeakyStore : public testing::FakeOrderStore {
 public:
  grpc::Status WatchOrders(grpc::ServerContext*, const order::v1::WatchOrdersRequest*,
                           grpc::ServerWriter<order::v1::WatchOrdersResponse>* writer) override {
    order::v1::WatchOrdersResponse response;
    for (const int64_t position : {1, 2, 4}) response.add_orders()->set_position(position);
    writer->Write(response);
    return grpc::Status::OK;
  }
};

class ReadsTest : public ::testing::Test {
 protected:
  ReadsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "ordermesh-reads-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    std::filesystem::create_directories(folder_ / "run");
    std::ofstream(folder_ / "run" / "ordermesh-order-store.pid") << getpid() << "\n";
    Store(3);
  }
  ~ReadsTest() override { std::filesystem::remove_all(folder_); }

  void Store(int orders) {
    for (auto* store : {static_cast<testing::FakeOrderStore*>(&leaky_), &store_}) {
      store->orders.resize(static_cast<size_t>(orders));
      store->stats.set_total_count(orders);
    }
  }

  nlohmann::json Run(std::vector<std::string> arguments, const std::string& address) {
    arguments.insert(arguments.end(), {"--data", folder_.string(), "-o", "json", "--wait", "0.1"});
    arguments.insert(arguments.end(), {"--direct", "--insecure", "--order_store", address});
    out_.str("");
    err_.str("");
    code_ = RunProgram(std::move(arguments), environment_, out_, err_);
    return nlohmann::json::parse(out_.str(), nullptr, false);
  }
  nlohmann::json Run(std::vector<std::string> arguments) { return Run(std::move(arguments), server_.address()); }

  std::filesystem::path folder_;
  testing::FakeOrderStore store_;
  LeakyStore leaky_;
  testing::FakeServer server_{&store_};
  testing::FakeServer leaky_server_{&leaky_};
  client::ConnectionFlags environment_;
  std::ostringstream out_;
  std::ostringstream err_;
  int code_ = 0;
};

TEST_F(ReadsTest, WatchesEveryStoredOrderOnce) {
  Store(2'500);
  const auto report = Run({"--read", "watch"});
  EXPECT_EQ(code_, 0) << err_.str();
  EXPECT_EQ(report["orders"], 2'500);
  EXPECT_EQ(report["faults"], 0);
  EXPECT_GT(report["ordersPerSecond"], 0);
  EXPECT_EQ(report["processes"][0]["name"], "ordermesh-order-store");
}

TEST_F(ReadsTest, NoticesAnOrderThatAWatchLeftOut) {
  const auto report = Run({"--read", "watch"}, leaky_server_.address());
  EXPECT_EQ(code_, 1);
  EXPECT_EQ(report["faults"], 1);
}

TEST_F(ReadsTest, NoticesAWatchThatEndsTooEarly) {
  const auto report = Run({"--read", "watch", "--orders", "4"}, leaky_server_.address());
  EXPECT_EQ(code_, 1);
  EXPECT_EQ(report["orders"], 3);
  EXPECT_EQ(report["faults"], 2);
}

TEST_F(ReadsTest, ListsByValuesOfTypedOrders) {
  Store(0);
  auto report = Run({"--read", "product", "--calls", "20"});
  EXPECT_EQ(code_, 0) << err_.str();
  EXPECT_EQ(report["calls"], 20);
  EXPECT_GT(report["latencyMs"]["p99"], 0);
  EXPECT_THAT(store_.last_list.product_id(), ::testing::MatchesRegex("SKU-...."));
  EXPECT_EQ(store_.last_list.customer_id(), "");
  report = Run({"--read", "customer", "--calls", "3"});
  EXPECT_EQ(report["calls"], 3);
  EXPECT_THAT(store_.last_list.customer_id(), ::testing::MatchesRegex("CUST-....."));
}

TEST_F(ReadsTest, NoticesOrdersThatWereNotAskedFor) {
  // The fake does not filter.
  store_.orders[1].set_customer_id("CUST-x");
  for (const char* what : {"product", "customer"}) {
    const auto report = Run({"--read", what, "--calls", "2"});
    EXPECT_EQ(code_, 1) << what;
    EXPECT_EQ(report["orders"], 6) << what;
    EXPECT_EQ(report["faults"], 6) << what;
  }
}

TEST_F(ReadsTest, SaysWhereNothingCanBeRead) {
  store_.failures = 1;
  Run({"--read", "watch"});
  EXPECT_EQ(code_, 3);
  EXPECT_THAT(err_.str(), HasSubstr("starting"));
  Run({"--read", "product"}, "127.0.0.1:1");
  EXPECT_EQ(code_, 3);
}

TEST_F(ReadsTest, PrintsATable) {
  ReadReport report;
  report.result = {2, 100, 1, absl::Seconds(2), {}};
  report.result.latency.Record(1'500);
  report.before["store"] = {1, absl::Seconds(1), 0, 0};
  report.after["store"] = {1, absl::Seconds(1) + absl::Milliseconds(1), 5 << 20, 6 << 20};
  const std::string text = ReadsAsTable(report);
  EXPECT_THAT(text, HasSubstr("50 orders/s: 100 orders in 2.00 s, 2 calls, 1 faults"));
  EXPECT_THAT(text, HasSubstr("1.50"));
  EXPECT_THAT(text, HasSubstr("10.00")) << "1 ms for 100 orders";
}

TEST_F(ReadsTest, RefusesWrongUsage) {
  const std::vector<std::vector<std::string>> cases = {
      {"--read", "x"}, {"--calls", "5"}, {"--read", "product", "--rate", "5"}, {"--read", "product", "--calls", "0"}};
  for (const auto& arguments : cases) {
    Run(arguments);
    EXPECT_EQ(code_, 2) << ::testing::PrintToString(arguments);
  }
}

}  // namespace
}  // namespace ordermesh::bench
