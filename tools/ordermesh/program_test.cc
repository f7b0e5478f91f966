#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/ordermesh/testing/program_fixture.h"

namespace ordermesh::cli {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ProgramTest : public ProgramFixture {
 protected:
  ProgramTest() { FillStores(); }

  void FillStores() {
    for (int i = 1; i <= 5; ++i) {
      auto& order = orders_.orders.emplace_back();
      order.set_id(absl::StrCat("order-", i));
      order.set_partner_id("partner-a");
      order.set_external_order_id(absl::StrCat("ORD-", i));
      order.set_sequence_number(i);
      order.set_raw_payload("{\"a\":1}");
      auto* line = order.add_lines();
      line->set_product_id("SKU-1");
      line->set_quantity("5");
      auto& error = errors_.errors.emplace_back();
      error.set_id(absl::StrCat("error-", i));
      error.set_kind(common::v1::OrderVerdict::REJECTED);
      error.set_status(error::v1::OrderError::OPEN);
      error.set_raw_payload("{broken");
      for (int line_number : {1, 2}) {
        auto* violation = error.add_violations();
        violation->set_field("quantity");
        violation->set_line(line_number);
        violation->set_code(common::v1::Violation::RANGE);
        violation->set_value("-1");
      }
    }
    orders_.stats.set_total_count(5);
    auto* partner = orders_.stats.add_partners();
    partner->set_partner_id("partner-a");
    partner->set_count(5);
    partner->add_amounts()->mutable_gross_amount()->set_currency_code("USD");
    partner->add_amounts()->mutable_gross_amount()->set_currency_code("EUR");
    errors_.stats.set_total_count(5);
    auto* codes = errors_.stats.add_partners();
    codes->set_partner_id("partner-a");
    codes->add_codes()->set_field("quantity");
    orders_.report.set_ok(true);
    orders_.report.set_store("order-store");
    errors_.report.set_ok(true);
    errors_.report.set_store("error-store");
  }
};

TEST_F(ProgramTest, RefusesWrongUsage) {
  const std::vector<std::vector<std::string>> cases = {
      {},
      {"dance"},
      {"import"},
      {"import", "file.csv"},
      {"import", "--partner", "p"},
      {"import", "--partner", "p", "a.csv", "--format", "xml"},
      {"import", "--partner", "p", "a.csv", "--group-by", "x", "--ungrouped"},
      {"import", "--partner", "p", "a.csv", "--bogus"},
      {"orders"},
      {"orders", "list", "--from", "yesterday"},
      {"orders", "list", "--limit", "0"},
      {"orders", "list", "--all", "--page-token", "x"},
      {"orders", "stats", "--from", "2026-01-01"},
      {"orders", "get"},
      {"errors", "list", "--code", "WRONG"},
      {"errors", "list", "--status", "STATUS_UNSPECIFIED"},
      {"errors", "repair"},
      {"errors", "repair", "--code", "WRONG", "--retry"},
      {"errors", "repair", "--retry", "--discard", "why"},
      {"errors", "repair", "--set", "a=1", "--assign", "jo"},
      {"audit", "-o", "xml"},
      {"health", "--wait", "-1"},
      {"completion", "tcsh"},
      {"mapping"},
  };
  for (const auto& arguments : cases) {
    EXPECT_EQ(Run(arguments), kUsage) << ::testing::PrintToString(arguments);
    EXPECT_THAT(err_.str(), Not(IsEmpty()));
    EXPECT_THAT(out_.str(), IsEmpty());
  }
}

TEST_F(ProgramTest, HelpOfEveryCommandShowsExamples) {
  EXPECT_EQ(Run({"--help"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("Exit codes:"));
  const std::vector<std::vector<std::string>> commands = {{"import"},
                                                          {"submit"},
                                                          {"orders", "list"},
                                                          {"orders", "get"},
                                                          {"orders", "stats"},
                                                          {"orders", "watch"},
                                                          {"errors", "list"},
                                                          {"errors", "get"},
                                                          {"errors", "stats"},
                                                          {"errors", "watch"},
                                                          {"audit"},
                                                          {"health"},
                                                          {"validate"},
                                                          {"mapping", "check"},
                                                          {"completion"},
                                                          {"partners", "list"},
                                                          {"partners", "get"},
                                                          {"partners", "create"},
                                                          {"partners", "update"},
                                                          {"partners", "suspend"},
                                                          {"partners", "activate"},
                                                          {"partners", "config", "push"},
                                                          {"partners", "config", "list"},
                                                          {"partners", "config", "show"},
                                                          {"partners", "config", "diff"},
                                                          {"partners", "config", "rollback"},
                                                          {"partners", "keys", "create"},
                                                          {"partners", "keys", "list"},
                                                          {"partners", "keys", "revoke"},
                                                          {"profile", "set"},
                                                          {"profile", "list"},
                                                          {"profile", "show"},
                                                          {"profile", "use"},
                                                          {"profile", "delete"}};
  for (auto command : commands) {
    command.push_back("--help");
    EXPECT_EQ(Run(command), kDone);
    EXPECT_THAT(out_.str(), HasSubstr("Examples:")) << command[0];
  }
}

TEST_F(ProgramTest, ImportsAGroupedCsv) {
  Write("partners/retail/mapping.yaml", "csv: {group_by: No}\n");
  const std::string file = Write("day.csv", "No,Qty\n1,2\n1,3\n2,4\n");
  const json totals = RunJson({"import", "--partner", "retail", file, "--config", (folder_ / "partners").string()});
  EXPECT_EQ(code_, kDone) << err_.str();
  EXPECT_EQ(totals["received"], 2);
  EXPECT_EQ(totals["created"], 2);
  EXPECT_TRUE(totals["seconds"].is_number());
  EXPECT_THAT(feed_.contents(),
              ElementsAre(R"({"No":"1","lines":[{"Qty":"2"},{"Qty":"3"}]})", R"({"No":"2","lines":[{"Qty":"4"}]})"));
}

TEST_F(ProgramTest, ImportsByTheColumnOrTheRowThatIsAskedFor) {
  const std::string file = Write("day.csv", "No,Qty\n1,2\n1,3\n");
  EXPECT_EQ(Run({"import", "-p", "x", file, "--group-by", "No"}), kDone);
  EXPECT_EQ(Run({"import", "-p", "x", file, "--ungrouped"}), kDone);
  EXPECT_EQ(feed_.contents().size(), 3);
  EXPECT_THAT(out_.str(), HasSubstr("received              2"));
}

TEST_F(ProgramTest, ImportFailsWithoutAVerdictForEveryOrder) {
  const std::string file = Write("day.csv", "No,Qty\n1,2\n2\n");
  EXPECT_EQ(Run({"import", "-p", "x", file, "--ungrouped"}), kAnswerIsNo);
  EXPECT_THAT(err_.str(), HasSubstr("1 orders have no verdict"));
}

TEST_F(ProgramTest, ImportEndsAtOnceWhereThePartnerMayNotSend) {
  const std::string file = Write("day.ndjson", "{}\n{}\n");
  feed_.trouble = [](const std::string&, int64_t) { return absl::PermissionDeniedError("the partner is suspended"); };
  EXPECT_EQ(Run({"import", "-p", "x", file}), kAnswerIsNo);
  EXPECT_THAT(err_.str(), HasSubstr("the partner is suspended"));
  feed_.refuse_calls = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "the key was revoked");
  EXPECT_EQ(Run({"import", "-p", "x", file}), kAnswerIsNo);
  EXPECT_THAT(err_.str(), HasSubstr("not accepted (the operator in"));
}

TEST_F(ProgramTest, ImportWritesRejects) {
  const std::string file = Write("day.ndjson", "{}\nreject\n");
  const std::string rejects = (folder_ / "rejects.ndjson").string();
  EXPECT_EQ(RunJson({"import", "-p", "x", file, "--rejects", rejects})["rejected"], 1);
  EXPECT_EQ(code_, kDone);
  EXPECT_EQ(json::parse(std::ifstream(rejects))["verdict"], "REJECTED");
  EXPECT_EQ(Run({"import", "-p", "x", file, "--rejects", "/nowhere/at/all"}), kUsage);
}

TEST_F(ProgramTest, ImportRefusesFilesThatItCannotRead) {
  EXPECT_EQ(Run({"import", "-p", "x", "missing.csv"}), kNotFound);
  EXPECT_EQ(Run({"import", "-p", "x", Write("day.txt", "")}), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--format"));
  EXPECT_EQ(Run({"import", "-p", "x", Write("day.csv", "a,b\n"), "--config", "/nowhere"}), kNotFound);
}

TEST_F(ProgramTest, FailsWhenTheMeshStaysAwayForTheWait) {
  std::filesystem::remove(folder_ / "run" / "endpoints.json");
  EXPECT_EQ(Run({"orders", "stats", "--wait", "0.2"}), kUnavailable);
  EXPECT_THAT(err_.str(), HasSubstr("tools/up"));
  EXPECT_EQ(Run({"orders", "stats", "--address", "127.0.0.1:1", "--wait", "0.2"}), kUnavailable);
  EXPECT_EQ(Run({"health", "--wait", "0"}), kUnavailable);
}

TEST_F(ProgramTest, SaysThatAMeshHasNoEdge) {
  Write("run/endpoints.json", "{}");
  EXPECT_EQ(Run({"orders", "stats", "--wait", "0.1"}), kUnavailable);
  EXPECT_THAT(err_.str(), HasSubstr("no gateway"));
  Write("run/endpoints.json", "[");
  EXPECT_EQ(Run({"orders", "stats", "--wait", "0.1"}), kUnavailable);
}

TEST_F(ProgramTest, WaitsForAStoreThatIsStarting) {
  orders_.failures = 2;
  EXPECT_EQ(Run({"orders", "stats"}), kDone) << err_.str();
}

TEST_F(ProgramTest, SubmitsOneOrder) {
  const std::string file = Write("order.json", "{\"n\":1}");
  const json verdict = RunJson({"submit", "--partner", "partner-a", file});
  EXPECT_EQ(code_, kDone);
  EXPECT_EQ(verdict["verdict"], "CREATED");
  EXPECT_EQ(Run({"submit", "--partner", "partner-a", Write("bad.json", "reject")}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("RANGE"));
  EXPECT_EQ(Run({"submit", "--partner", "partner-a", Write("huge.json", std::string(2 << 20, ' '))}), kUsage);
}

TEST_F(ProgramTest, ListsOrdersWithEveryFilter) {
  const json list =
      RunJson({"orders", "list", "-p", "partner-a", "--product", "SKU-1", "--customer", "C", "--external-id", "E",
               "--from", "2026-01-01", "--to", "2026-01-02T00:00:00Z", "--limit", "2"});
  ASSERT_EQ(code_, kDone) << err_.str();
  ASSERT_EQ(list["orders"].size(), 2);
  EXPECT_EQ(list["orders"][0]["id"], "order-5");
  EXPECT_EQ(list["orders"][0]["sequenceNumber"], "5");
  EXPECT_EQ(list["nextPageToken"], "2");
  EXPECT_EQ(orders_.last_list.partner_id(), "partner-a");
  EXPECT_EQ(orders_.last_list.product_id(), "SKU-1");
  EXPECT_EQ(orders_.last_list.customer_id(), "C");
  EXPECT_EQ(orders_.last_list.external_order_id(), "E");
  EXPECT_EQ(orders_.last_list.to().seconds() - orders_.last_list.from().seconds(), 86'400);
  EXPECT_EQ(Run({"orders", "list", "--limit", "2", "--page-token", "2"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("order-3"));
  EXPECT_THAT(out_.str(), HasSubstr("--page-token 4"));
  EXPECT_FALSE(orders_.last_list.has_from());
}

TEST_F(ProgramTest, ListsEverything) {
  EXPECT_EQ(RunJson({"orders", "list", "--all"})["orders"].size(), 5);
  EXPECT_EQ(RunJson({"orders", "list", "--all"})["nextPageToken"], "");
}

TEST_F(ProgramTest, GetsOneOrder) {
  EXPECT_EQ(RunJson({"orders", "get", "order-2"})["externalOrderId"], "ORD-2");
  EXPECT_EQ(Run({"orders", "get", "order-2"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("SKU-1"));
  EXPECT_EQ(Run({"orders", "get", "order-2", "--payload"}), kDone);
  EXPECT_EQ(out_.str(), "{\"a\":1}");
  EXPECT_EQ(Run({"orders", "get", "nothing"}), kNotFound);
  EXPECT_EQ(RunJson({"orders", "deliveries", "order-2"})["deliveries"][0]["ingestId"], "delivery of order-2");
  EXPECT_EQ(Run({"errors", "deliveries", "error-1"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("delivery of error-1"));
}

TEST_F(ProgramTest, ShowsStatsOfOrders) {
  const json stats =
      RunJson({"orders", "stats", "-p", "partner-a", "--hours", "--from", "2026-01-01", "--to", "2026-01-02"});
  EXPECT_EQ(stats["partners"][0]["count"], "5");
  EXPECT_EQ(stats["partners"][0]["lineCount"], "0");
  EXPECT_EQ(stats["partners"][0]["amounts"][0]["grossAmount"]["units"], "0");
  EXPECT_TRUE(orders_.last_stats.include_hours());
  auto* hour = orders_.stats.add_hours();
  hour->mutable_hour()->set_seconds(3600);
  hour->mutable_partner()->set_partner_id("hourly");
  EXPECT_EQ(Run({"orders", "stats"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("5 orders in all"));
  EXPECT_THAT(out_.str(), HasSubstr("hourly"));
  EXPECT_FALSE(orders_.last_stats.has_from());
}

TEST_F(ProgramTest, WatchesOrdersThroughRestarts) {
  EXPECT_EQ(Run({"orders", "watch", "--from-start", "--limit", "5"}), kDone) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("ORD-5"));
  EXPECT_EQ(Run({"orders", "watch", "--after", "3", "--limit", "2", "-o", "json"}), kDone);
  std::istringstream lines(out_.str());
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(json::parse(line)["id"], "order-4");
  EXPECT_EQ(Run({"orders", "watch", "--after", "9", "--wait", "0.1"}), kUnavailable);
  EXPECT_EQ(Run({"orders", "watch", "--wait", "0.1"}), kUnavailable);
}

TEST_F(ProgramTest, LooksAtErrors) {
  const json list =
      RunJson({"errors", "list", "--code", "RANGE", "--status", "OPEN", "-p", "partner-a", "--from", "2026-01-01"});
  EXPECT_EQ(list["errors"].size(), 5);
  EXPECT_EQ(errors_.last_list.code(), common::v1::Violation::RANGE);
  EXPECT_EQ(errors_.last_list.status(), error::v1::OrderError::OPEN);
  EXPECT_EQ(Run({"errors", "list"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("quantity RANGE\n"));
  EXPECT_EQ(Run({"errors", "list", "--order", "order-1"}), kDone);
  EXPECT_EQ(errors_.last_list.order_id(), "order-1");
  EXPECT_EQ(RunJson({"errors", "get", "error-1"})["kind"], "REJECTED");
  EXPECT_EQ(Run({"errors", "get", "error-1"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("7 bytes"));
  EXPECT_EQ(Run({"errors", "get", "error-1", "--payload"}), kDone);
  EXPECT_EQ(out_.str(), "{broken");
  const json partner = RunJson({"errors", "stats"})["partners"][0];
  EXPECT_EQ(partner["codes"][0]["field"], "quantity");
  EXPECT_FALSE(partner.contains("statuses"));
  EXPECT_EQ(Run({"errors", "stats"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("5 errors in all"));
  EXPECT_EQ(Run({"errors", "watch", "--from-start", "--limit", "3"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("error-3"));
}

TEST_F(ProgramTest, AuditIsOkOnlyWhereEveryStoreIs) {
  json report = RunJson({"audit", "--rebuild"});
  EXPECT_EQ(code_, kDone);
  EXPECT_EQ(report["ok"], true);
  EXPECT_EQ(report["stores"][0]["store"], "order-store");
  EXPECT_EQ(report["stores"][1]["rebuilt"], true);
  errors_.report.set_ok(false);
  errors_.report.add_problems("a counter is wrong");
  report = RunJson({"audit"});
  EXPECT_EQ(code_, kAnswerIsNo);
  EXPECT_EQ(report["ok"], false);
  EXPECT_EQ(Run({"audit"}), kAnswerIsNo);
  EXPECT_THAT(out_.str(), HasSubstr("error-store: a counter is wrong"));
}

TEST_F(ProgramTest, HealthIsOkOnlyWhereEveryPartServes) {
  for (const char* part : {"gateway", "feed", "validation", "partners", "order-store", "error-store"}) {
    EXPECT_EQ(Run({"health", "--wait", "0.2"}), kAnswerIsNo) << "before " << part << " serves";
    edge_.SetServing(part, true);
  }
  const json health = RunJson({"health", "--wait", "0.3"});
  EXPECT_EQ(code_, kDone) << err_.str();
  EXPECT_EQ(health["services"].size(), 6);
  EXPECT_EQ(health["services"][3]["status"], "SERVING");
  EXPECT_EQ(health["services"][3]["address"], edge_.address());
  edge_.SetServing("feed", false);
  EXPECT_EQ(Run({"health", "--wait", "0.3"}), kAnswerIsNo);
  EXPECT_THAT(out_.str(), HasSubstr("NOT_SERVING"));
  EXPECT_EQ(Run({"health", "--address", "127.0.0.1:1", "--wait", "0"}), kAnswerIsNo);
  EXPECT_THAT(out_.str(), HasSubstr("UNREACHABLE"));
}

TEST_F(ProgramTest, ValidatesAPayload) {
  const std::string file = Write("order.json", "{}");
  validation_.dry_run.mutable_order()->set_external_order_id("X");
  EXPECT_EQ(RunJson({"validate", "-p", "partner-a", file})["order"]["externalOrderId"], "X");
  EXPECT_EQ(code_, kDone);
  EXPECT_EQ(Run({"validate", "-p", "partner-a", file}), kDone);
  Write("mapping/mapping.yaml", "partner: x\n");
  validation_.dry_run.add_violations()->set_field("quantity");
  EXPECT_EQ(Run({"validate", "-p", "partner-a", file, "--mapping", (folder_ / "mapping").string()}), kAnswerIsNo);
  EXPECT_THAT(out_.str(), HasSubstr("quantity"));
  EXPECT_EQ(validation_.last_dry_run.files(0).path(), "mapping.yaml");
}

TEST_F(ProgramTest, ChecksAMappingFolder) {
  Write("olist/mapping.yaml", "partner: olist\n");
  Write("olist/examples/created.json", "{}");
  validation_.check.set_ok(true);
  EXPECT_EQ(Run({"mapping", "check", (folder_ / "olist").string() + "/"}), kDone);
  EXPECT_EQ(validation_.last_check.partner_id(), "olist");
  ASSERT_EQ(validation_.last_check.files_size(), 2);
  EXPECT_EQ(validation_.last_check.files(0).path(), "examples/created.json");
  validation_.check.set_ok(false);
  auto* problem = validation_.check.add_problems();
  problem->set_path("mapping.yaml");
  problem->set_line(3);
  problem->set_message("no such field");
  EXPECT_EQ(Run({"mapping", "check", (folder_ / "olist").string(), "-p", "other"}), kAnswerIsNo);
  EXPECT_THAT(out_.str(), HasSubstr("mapping.yaml:3:0: no such field"));
  EXPECT_EQ(RunJson({"mapping", "check", (folder_ / "olist").string()})["ok"], false);
  EXPECT_EQ(Run({"mapping", "check", "/nowhere"}), kNotFound);
}

TEST_F(ProgramTest, CompletesEveryCommandInEveryShell) {
  ASSERT_EQ(Run({"completion", "bash"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("\"/orders\") words=\"list export get stats watch"));
  EXPECT_THAT(out_.str(), HasSubstr("/orders/list"));
  EXPECT_THAT(out_.str(), HasSubstr("--output) words=\"table json\""));
  ASSERT_EQ(Run({"completion", "zsh"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("bashcompinit"));
  ASSERT_EQ(Run({"completion", "fish"}), kDone);
  EXPECT_THAT(out_.str(), HasSubstr("-l partner -r"));
  EXPECT_THAT(out_.str(), HasSubstr("-l output -x -a"));
  EXPECT_THAT(out_.str(), HasSubstr("__fish_seen_subcommand_from orders"));
}

}  // namespace
}  // namespace ordermesh::cli
