#include "tools/ordermesh/importing/importer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/rpc/channel.h"
#include "tools/ordermesh/importing/import_report.h"
#include "tools/ordermesh/testing/fake_mesh.h"

namespace ordermesh::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ImporterTest : public ::testing::Test {
 protected:
  absl::Status Import(const std::string& text) {
    TextSource bytes(text);
    const auto orders = ReadLines(bytes);
    ImportReport report(err_, false, bytes, &rejects_);
    Importer importer(
        options_, *orders, [this] { return Find(); }, report);
    const absl::Status status = importer.Run();
    report.Finish();
    totals_ = importer.totals();
    return status;
  }
  absl::StatusOr<std::shared_ptr<FeedStub>> Find() {
    if (missing_-- > 0) return absl::UnavailableError("no mesh found");
    return std::shared_ptr<FeedStub>(feed::v1::FeedService::NewStub(rpc::ConnectTo(server_.address())));
  }
  static std::string Lines(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) absl::StrAppend(&text, "{\"order\":", i, "}\n");
    return text;
  }
  size_t Distinct() const {
    const auto contents = feed_.contents();
    return std::set<std::string>(contents.begin(), contents.end()).size();
  }

  testing::FakeFeed feed_;
  testing::FakeServer server_{&feed_};
  ImportOptions options_{.partner = "partner-b"};
  ImportTotals totals_;
  std::ostringstream err_;
  std::ostringstream rejects_;
  int missing_ = 0;
};

TEST_F(ImporterTest, BringsEveryOrderToItsVerdict) {
  ASSERT_TRUE(Import(Lines(1'000) + "{\"reject\":1}\n").ok());
  EXPECT_EQ(totals_.received, 1'001);
  EXPECT_EQ(totals_.created, 1'000);
  EXPECT_EQ(totals_.rejected, 1);
  EXPECT_EQ(totals_.settled(), 1'001);
  EXPECT_TRUE(totals_.complete());
  EXPECT_LE(feed_.largest_message(), 256);
}

TEST_F(ImporterTest, NeedsNoFeedForAnEmptyFile) {
  missing_ = 1'000'000;
  EXPECT_TRUE(Import("\n\n").ok());
  EXPECT_EQ(totals_.received, 0);
}

TEST_F(ImporterTest, CountsTheSameOrderAgainAsReplayed) {
  ASSERT_TRUE(Import(Lines(10)).ok());
  ASSERT_TRUE(Import(Lines(10)).ok());
  EXPECT_EQ(totals_.created, 0);
  EXPECT_EQ(totals_.replayed, 10);
}

TEST_F(ImporterTest, ResendsWhatABrokenStreamLeftUnanswered) {
  options_.window = {.orders = 64, .bytes = 1 << 20, .batch_orders = 8, .batch_bytes = 1 << 20};
  feed_.breaks = 5;
  feed_.messages_until_break = 3;
  ASSERT_TRUE(Import(Lines(500)).ok());
  // Those whose first answer was lost are replays.
  EXPECT_EQ(totals_.created + totals_.replayed, 500);
  EXPECT_GT(totals_.replayed, 0);
  EXPECT_EQ(Distinct(), 500);
}

TEST_F(ImporterTest, WaitsForAMeshThatIsStarting) {
  missing_ = 3;
  ASSERT_TRUE(Import(Lines(3)).ok());
  EXPECT_EQ(totals_.created, 3);
}

TEST_F(ImporterTest, SendsBusyOrdersAgain) {
  feed_.trouble = [](const std::string&, int64_t delivery) {
    if (delivery % 3 != 0) return absl::OkStatus();
    return WithRetry(Refusal(absl::StatusCode::kResourceExhausted, "FULL", "full"), absl::Milliseconds(1));
  };
  ASSERT_TRUE(Import(Lines(300)).ok());
  EXPECT_EQ(totals_.created, 300);
  EXPECT_GT(feed_.deliveries(), 300);
}

TEST_F(ImporterTest, GivesUpWhenNoVerdictComesForTheWholeWait) {
  options_.patience.wait = absl::Milliseconds(300);
  feed_.trouble = [](const std::string&, int64_t) { return absl::UnavailableError("validation is away"); };
  const absl::Status status = Import(Lines(2));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 orders wait for theirs: validation is away"));
  EXPECT_EQ(totals_.settled(), 0);
}

TEST_F(ImporterTest, StopsAtOnceForAnUnknownPartner) {
  feed_.trouble = [](const std::string&, int64_t) { return absl::NotFoundError("partner nobody is unknown"); };
  EXPECT_EQ(Import(Lines(100)).code(), absl::StatusCode::kNotFound);
}

TEST_F(ImporterTest, StopsWhereTheStreamIsRefused) {
  feed_.refuse_calls = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "who are you");
  EXPECT_EQ(Import(Lines(1)).code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(ImporterTest, NamesOrdersThatAreRefusedOrCannotBeSent) {
  feed_.trouble = [](const std::string& content, int64_t) {
    return content == "bad" ? absl::InvalidArgumentError("no content") : absl::OkStatus();
  };
  ASSERT_TRUE(Import("good\nbad\n" + std::string(kMaxOrderBytes + 1, 'x') + "\nbetter\n").ok());
  EXPECT_EQ(totals_.created, 2);
  EXPECT_EQ(totals_.refused, 1);
  EXPECT_EQ(totals_.unsendable, 1);
  EXPECT_EQ(totals_.received, 3);
  EXPECT_FALSE(totals_.complete());
  EXPECT_THAT(err_.str(), HasSubstr("line 2 has no verdict: no content"));
  EXPECT_THAT(err_.str(), HasSubstr("line 3 has no verdict: larger than 1048576 bytes"));
}

TEST_F(ImporterTest, WritesWhatWasNotStoredAsNdjson) {
  ASSERT_TRUE(Import("a\nreject me\nb\n").ok());
  const auto line = nlohmann::json::parse(rejects_.str());
  EXPECT_EQ(line["line"], 2);
  EXPECT_EQ(line["verdict"], "REJECTED");
  EXPECT_EQ(line["violations"][0]["code"], "RANGE");
  EXPECT_FALSE(line["errorId"].get<std::string>().empty());
}

class BrokenSource : public OrderSource {
 public:
  absl::StatusOr<std::optional<SourceOrder>> Next() override { return absl::DataLossError("cannot read"); }
};

TEST_F(ImporterTest, StopsWhereTheFileCannotBeRead) {
  BrokenSource source;
  TextSource bytes("");
  ImportReport report(err_, false, bytes, nullptr);
  Importer importer(
      options_, source, [this] { return Find(); }, report);
  EXPECT_EQ(importer.Run().code(), absl::StatusCode::kDataLoss);
}

TEST(ImportReportTest, NamesOnlyTheFirstFailures) {
  std::ostringstream err;
  TextSource bytes("");
  ImportReport report(err, false, bytes, nullptr);
  for (int i = 1; i <= 30; ++i) report.OnFailure({"", i, "x"}, absl::InvalidArgumentError("x"));
  EXPECT_THAT(err.str(), HasSubstr("line 20 has"));
  EXPECT_THAT(err.str(), HasSubstr("counted, not named"));
  EXPECT_THAT(err.str(), Not(HasSubstr("line 21 has")));
}

TEST(ImportReportTest, PrintsTheContractsJson) {
  ImportTotals totals{.received = 7, .created = 1, .replayed = 2, .conflicts = 1, .sequence_reused = 1, .rejected = 2};
  EXPECT_EQ(TotalsAsJson(totals, absl::Milliseconds(1'500)),
            R"({"received":7,"created":1,"replayed":2,"conflicts":1,"sequenceReused":1,"rejected":2,"seconds":1.5})");
  EXPECT_THAT(TotalsAsTable(totals, absl::Seconds(2)), HasSubstr("2.0 s, 3 orders/s"));
  totals.unsendable = 3;
  EXPECT_THAT(TotalsAsTable(totals, absl::Seconds(2)), HasSubstr("none                  3"));
}

TEST(ImportReportTest, ShowsProgressOnATerminal) {
  std::ostringstream err;
  TextSource bytes("1234");
  ASSERT_TRUE(bytes.Next().ok());
  ImportReport report(err, true, bytes, nullptr);
  report.OnTick({.received = 10, .created = 5}, true);
  report.Finish();
  EXPECT_THAT(err.str(), HasSubstr("50 %"));
  EXPECT_THAT(err.str(), HasSubstr("waiting for the mesh"));
}

}  // namespace
}  // namespace ordermesh::cli
