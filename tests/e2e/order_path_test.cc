// The order path from the file to both stores, over the real orders where they are there.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/e2e/expected.h"
#include "tests/e2e/mesh_test.h"

namespace ordermesh::e2e {
namespace {

using common::v1::OrderVerdict;
using ::testing::HasSubstr;

// One file and what it must become.
struct Job {
  std::string partner;
  std::string path;
  Expected expected;
};

class OrderPathTest : public MeshTest {
 protected:
  static void SetUpTestSuite() {
    MeshTest::SetUpTestSuite();
    if (mesh_ == nullptr) return;
    const char* set = std::getenv("ORDERMESH_REAL_DATA");
    const std::string folder = set != nullptr ? set : "../shared/data";
    std::string retail = folder + "/online-retail.csv";
    std::string olist = folder + "/olist-orders.ndjson";
    if (!std::filesystem::exists(retail) || !std::filesystem::exists(olist)) {
      std::cerr << "no real orders in " << folder << ": using generated ones\n";
      retail = mesh_->data() + "/retail.csv";
      olist = mesh_->data() + "/olist.ndjson";
      WriteRetail(retail, 1'000);
      WriteOlist(olist, 2'000);
    }
    jobs_ = {{"retail-uk", retail, ExpectRetail(retail)}, {"olist", olist, ExpectOlist(olist)}};
  }

  static nlohmann::json Import(const Job& job) { return CliJson({"import", "--partner", job.partner, job.path}); }

  static std::vector<Job> jobs_;
};

std::vector<Job> OrderPathTest::jobs_;

// The entry of a partner in a list of statistics.
nlohmann::json PartnerIn(const nlohmann::json& stats, const std::string& partner) {
  for (const auto& entry : stats.at("partners")) {
    if (entry.at("partnerId") == partner) return entry;
  }
  return nlohmann::json::object();
}

Decimal AmountIn(const nlohmann::json& money) {
  google::type::Money amount;
  if (money.contains("units")) amount.set_units(CountOf(money["units"]));
  if (money.contains("nanos")) amount.set_nanos(money["nanos"].get<int>());
  return *Decimal::FromMoney(amount);
}

void ExpectSummary(const nlohmann::json& summary, const Expected& expected, bool again) {
  EXPECT_EQ(CountOf(summary.at("received")), expected.received);
  EXPECT_EQ(CountOf(summary.at("created")), again ? 0 : expected.created);
  EXPECT_EQ(CountOf(summary.at("replayed")), again ? expected.created : 0);
  EXPECT_EQ(CountOf(summary.at("rejected")), expected.rejected);
  EXPECT_EQ(CountOf(summary.at("conflicts")), 0);
  EXPECT_EQ(CountOf(summary.at("sequenceReused")), 0);
}

void ExpectStored(const Job& job, const nlohmann::json& orders, const nlohmann::json& errors) {
  const auto stored = PartnerIn(orders, job.partner);
  EXPECT_EQ(CountOf(stored.at("count")), job.expected.created);
  EXPECT_EQ(CountOf(stored.at("lineCount")), job.expected.lines);
  ASSERT_EQ(stored.at("amounts").size(), 1u);
  EXPECT_EQ(AmountIn(stored["amounts"][0]["grossAmount"]).ToString(), job.expected.gross.ToString());
  const auto kept = PartnerIn(errors, job.partner);
  EXPECT_EQ(CountOf(kept.at("count")), job.expected.rejected);
  std::map<std::string, int64_t> by_field;
  for (const auto& code : kept.at("codes")) by_field[code.at("field")] += CountOf(code.at("count"));
  EXPECT_EQ(by_field, job.expected.by_field);
}

void ExpectCleanAudit(const nlohmann::json& audit) { EXPECT_EQ(audit.at("ok"), true) << audit.dump(2); }

TEST_F(OrderPathTest, ImportsEveryFileExactlyAndOnlyOnce) {
  for (const bool again : {false, true}) {
    SCOPED_TRACE(again ? "the second time" : "the first time");
    for (const Job& job : jobs_) {
      SCOPED_TRACE(job.path);
      ExpectSummary(Import(job), job.expected, again);
    }
    const auto orders = CliJson({"orders", "stats"});
    const auto errors = CliJson({"errors", "stats"});
    for (const Job& job : jobs_) {
      SCOPED_TRACE(job.path);
      ExpectStored(job, orders, errors);
    }
    ExpectCleanAudit(CliJson({"audit"}));
  }
  ExpectCleanAudit(CliJson({"audit", "--rebuild"}));
}

TEST_F(OrderPathTest, ComputesTheWorkedSample) {
  const auto verdict = Submit("partner-a", PayloadA("SAMPLE-1", 900'001));
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  ASSERT_EQ(verdict->verdict(), OrderVerdict::CREATED);
  auto orders = order::v1::OrderService::NewStub(mesh_->Edge());
  grpc::ClientContext context;
  order::v1::GetOrderRequest request;
  request.set_id(verdict->order_id());
  order::v1::Order order;
  ASSERT_TRUE(orders->GetOrder(&context, request, &order).ok());
  EXPECT_EQ(Decimal::FromMoney(order.gross_amount())->ToString(), "149.95");
  EXPECT_EQ(Decimal::FromMoney(order.tax_amount())->ToString(), "11.996");
  EXPECT_EQ(Decimal::FromMoney(order.net_amount())->ToString(), "161.946");
  EXPECT_EQ(order.raw_payload(), PayloadA("SAMPLE-1", 900'001));
}

TEST_F(OrderPathTest, GivesTheVerdictsInTheirPrecedence) {
  const auto first = Submit("partner-a", PayloadA("VERDICT-1", 910'001));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->verdict(), OrderVerdict::CREATED);
  const auto again = Submit("partner-a", PayloadA("VERDICT-1", 910'001));
  EXPECT_EQ(again->verdict(), OrderVerdict::REPLAYED);
  EXPECT_EQ(again->order_id(), first->order_id());
  const auto typed = SubmitOrder(OrderA("VERDICT-1", 910'001));
  ASSERT_TRUE(typed.ok()) << typed.status();
  EXPECT_EQ(typed->verdict(), OrderVerdict::REPLAYED) << "the same order, sent canonically";
  std::string other = PayloadA("VERDICT-1", 910'001);
  other.replace(other.find("\"quantity\": 5"), 13, "\"quantity\": 6");
  const auto conflict = Submit("partner-a", other);
  EXPECT_EQ(conflict->verdict(), OrderVerdict::CONFLICT);
  EXPECT_EQ(conflict->order_id(), first->order_id());
  EXPECT_TRUE(HasViolation(*conflict, "quantity", common::v1::Violation::DIFFERS)) << conflict->ShortDebugString();
  const auto reused = Submit("partner-a", PayloadA("VERDICT-2", 910'001));
  EXPECT_EQ(reused->verdict(), OrderVerdict::SEQUENCE_REUSED);
  EXPECT_TRUE(HasViolation(*reused, "sequenceNumber", common::v1::Violation::DIFFERS)) << reused->ShortDebugString();
  EXPECT_EQ(Submit("partner-a", other)->error_id(), conflict->error_id()) << "a conflict is kept once";
}

TEST_F(OrderPathTest, FindsAnOrderByProductCustomerAndTime) {
  std::string payload = PayloadA("QUERY-1", 920'001);
  payload.replace(payload.find("SKU-ABC123"), 10, "SKU-RARE-1");
  payload.replace(payload.find("CUST-001"), 8, "CUST-RARE");
  const auto verdict = Submit("partner-a", payload);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  for (const std::vector<std::string>& filter :
       {std::vector<std::string>{"--product", "SKU-RARE-1"},
        {"--customer", "CUST-RARE"},
        {"--customer", "CUST-RARE", "--from", "2026-01-15T10:30:00Z", "--to", "2026-01-15T10:30:01Z"}}) {
    std::vector<std::string> arguments = {"orders", "list"};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    const auto list = CliJson(arguments);
    ASSERT_EQ(list.at("orders").size(), 1u) << filter[1];
    EXPECT_EQ(list["orders"][0]["id"], verdict->order_id());
  }
}

TEST_F(OrderPathTest, SecondUpIsHarmless) {
  const pid_t feed = mesh_->Pid(testing::kFeed);
  const ProcessResult up = mesh_->Up();
  EXPECT_EQ(up.exit_code, 0) << up.err;
  EXPECT_THAT(up.err, HasSubstr("already running"));
  EXPECT_EQ(mesh_->Pid(testing::kFeed), feed);
}

}  // namespace
}  // namespace ordermesh::e2e
