#include "services/validation/domain/draft_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "services/common/base/errors.h"
#include "services/validation/domain/check_folder.h"
#include "services/validation/domain/mapping_compiler.h"
#include "services/validation/domain/test_support.h"

namespace ordermesh::validation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'768'473'000);
constexpr char kId[] = "0197d6a8-0000-8000-8000-000000000001";

class DraftFolderTest : public testing::Test {
 protected:
  DraftFolderTest() : live_(ShippedFolder("retail-uk")) {
    request_.set_partner_id("retail-uk");
    Set("lines[].CustomerID", "\"99999\"");
  }

  void Set(const std::string& path, const std::string& value) {
    auto* set = request_.mutable_patch()->add_operations()->mutable_set();
    set->set_path(path);
    set->set_value(value);
  }
  // A payload of one row for each customer.
  static std::string Payload(const std::vector<std::string>& customers) {
    std::string rows;
    for (const std::string& customer : customers) {
      rows += std::string(rows.empty() ? "" : ",") +
              R"({"StockCode":"S","Quantity":"1","InvoiceDate":"01/12/2010 08:26","UnitPrice":"2.5","CustomerID":)" +
              JsonText(customer) + "}";
    }
    return R"({"InvoiceNo":"536414","lines":[)" + rows + "]}";
  }
  void Try(const std::vector<std::string>& customers, const std::vector<std::string>& patched) {
    auto* trial = request_.add_trials();
    trial->set_error_id(kId);
    trial->set_raw_payload(Payload(customers));
    if (!patched.empty()) trial->set_patched_payload(Payload(patched));
  }
  v1::DraftMappingResponse Draft() {
    auto draft = DraftFolder(live_, request_, kNow);
    EXPECT_TRUE(draft.ok()) << draft.status();
    return draft.ok() ? *draft : v1::DraftMappingResponse();
  }
  // The live folder with what the draft changes: what would be published.
  ConfigFiles Published(const v1::DraftMappingResponse& draft) const {
    ConfigFiles files = live_;
    for (const auto& drafted : draft.files()) {
      v1::ConfigFile* file = nullptr;
      for (auto& known : files) {
        if (known.path() == drafted.path()) file = &known;
      }
      if (file == nullptr) file = files.Add();
      file->set_path(drafted.path());
      file->set_content(drafted.content());
    }
    return files;
  }
  static const v1::DraftedFile* File(const v1::DraftMappingResponse& draft, const std::string& path) {
    for (const auto& file : draft.files()) {
      if (file.path() == path) return &file;
    }
    return nullptr;
  }

  ConfigFiles live_;
  v1::DraftMappingRequest request_;
};

TEST_F(DraftFolderTest, ADraftWithItsExampleIsAConfigThatCanBePublished) {
  Try({"", ""}, {"99999", "99999"});
  const auto draft = Draft();
  EXPECT_EQ(File(draft, "mapping.yaml")->unified_diff(),
            "--- a/mapping.yaml\n+++ b/mapping.yaml\n@@ -17,4 +17,4 @@\n"
            "     quantity: {from: Quantity, accept: text, range: {above: 0}}\n"
            "     unitPrice: {from: UnitPrice, accept: text, range: {above: 0}}\n"
            "     # The customer is the first row's, but no row may be without one.\n"
            "-    customerId: CustomerID\n+    customerId: {from: CustomerID, default: \"99999\"}\n");
  EXPECT_THAT(draft.problems(), IsEmpty());
  EXPECT_EQ(draft.example_error_id(), kId);
  EXPECT_EQ(File(draft, std::string("examples/error-") + kId + ".json")->content(), Payload({"", ""}));
  EXPECT_THAT(File(draft, std::string("examples/error-") + kId + ".yaml")->content(),
              HasSubstr("order: {externalOrderId: \"536414\", customerId: \"99999\"}"));
  // An example expected what is cured: it expects the rest.
  EXPECT_THAT(File(draft, "examples/return.yaml")->unified_diff(),
              HasSubstr("\n-    - {field: customerId, line: 2, code: REQUIRED}\n"));
  EXPECT_THAT(draft.effects(),
              ElementsAre(HasSubstr("customerId of every future order is \"99999\" where lines[].CustomerID"),
                          "examples/return.yaml expects no more: REQUIRED customerId line 2.",
                          HasSubstr("keeps that the payload of error")));
  const auto checked = CheckFolder("retail-uk", Published(draft), live_);
  EXPECT_TRUE(checked.ok()) << checked.ShortDebugString();
  EXPECT_EQ(checked.examples_run(), 3);
  // Without the new default the example fails: it holds what the draft is about.
  ConfigFiles without = Published(draft);
  for (auto& file : without) {
    if (file.path() == kMappingFile) file.set_content(FindFile(live_, kMappingFile)->content());
  }
  EXPECT_FALSE(CheckFolder("retail-uk", without, live_).ok());
}

TEST_F(DraftFolderTest, SaysWhatBecomesOfEachPayload) {
  Try({"1", ""}, {"99999", "99999"});
  Try({""}, {"99999"});
  Try({"", "2"}, {"99999", "2"});
  Try({}, {});
  request_.mutable_trials(3)->set_raw_payload("[");
  const auto draft = Draft();
  ASSERT_EQ(draft.results_size(), 4);
  // The patch overwrites the customer of the first row, who is the order's; the default does not.
  EXPECT_TRUE(draft.results(0).passes() && draft.results(0).differs());
  EXPECT_TRUE(draft.results(1).passes() && !draft.results(1).differs());
  EXPECT_TRUE(draft.results(2).passes() && !draft.results(2).differs());
  EXPECT_FALSE(draft.results(3).passes());
  EXPECT_EQ(draft.results(3).violation().code(), Violation::UNREADABLE);
}

TEST_F(DraftFolderTest, NoExampleIsMadeOfWhatWasAnOrderBefore) {
  Try({"1"}, {});
  const auto draft = Draft();
  EXPECT_TRUE(draft.results(0).passes());
  EXPECT_EQ(draft.example_error_id(), "");
  EXPECT_EQ(draft.files_size(), 2);
}

TEST_F(DraftFolderTest, NoExampleIsMadeOfALargePayload) {
  Try(std::vector<std::string>(1'000, ""), std::vector<std::string>(1'000, "99999"));
  const auto draft = Draft();
  EXPECT_TRUE(draft.results(0).passes());
  EXPECT_EQ(draft.example_error_id(), "");
}

TEST_F(DraftFolderTest, AnExampleThatNothingIsLeftOfBecomesValid) {
  auto* example = live_.Add();
  example->set_path("examples/none.yaml");
  example->set_content("payload: '" + Payload({""}) +
                       "'\nexpect: {verdict: REJECTED, violations: [{field: customerId, line: 1, code: REQUIRED}]}\n");
  ASSERT_TRUE(CheckFolder("retail-uk", live_).ok());
  const auto draft = Draft();
  EXPECT_THAT(File(draft, "examples/none.yaml")->content(), HasSubstr("expect: {verdict: VALID, violations: []}"));
  EXPECT_THAT(draft.problems(), IsEmpty());
}

TEST_F(DraftFolderTest, AnExampleThatCannotBeFittedIsAProblem) {
  auto* example = live_.Add();
  example->set_path("examples/none.yaml");
  example->set_content("payload: '" + Payload({""}) +
                       "'\nexpect:\n  verdict: REJECTED\n  violations:\n    - field: customerId\n      line: 1\n"
                       "      code: REQUIRED\n");
  ASSERT_TRUE(CheckFolder("retail-uk", live_).ok());
  const auto draft = Draft();
  ASSERT_EQ(draft.problems_size(), 1);
  EXPECT_EQ(draft.problems(0).path(), "examples/none.yaml");
}

TEST_F(DraftFolderTest, ADefaultThatTheFieldRefusesIsNotExpressible) {
  request_.mutable_patch()->clear_operations();
  Set("lines[].Quantity", "\"0\"");
  const auto draft = DraftFolder(live_, request_, kNow);
  EXPECT_EQ(ReasonOf(draft.status()), "NOT_EXPRESSIBLE");
  EXPECT_THAT(draft.status().message(), HasSubstr("the number is below the allowed range"));
}

TEST_F(DraftFolderTest, EveryShippedPartnerTakesADefaultForEachOfItsFields) {
  const struct {
    std::string partner, path, value;
  } cases[] = {
      {"partner-a", "customerId", "\"C\""},
      {"partner-a", "currency", "\"EUR\""},
      {"partner-a", "quantity", "1"},
      {"partner-a", "transactionTime", "\"2026-01-15T10:30:00Z\""},
      {"partner-b", "buyer.id", "\"C\""},
      {"partner-b", "tax.ratePercent", "8"},
      {"partner-b", "items[].price", "\"1.5\""},
      {"partner-b", "order.placedAt", "\"2026-01-15 10:30:00\""},
      {"olist", "purchased_at", "\"1/31/2018 9:05\""},
      {"olist", "items[].product_id", "\"p\""},
      {"retail-uk", "lines[].InvoiceDate", "\"01/12/2010 08:26\""},
      {"retail-uk", "lines[].UnitPrice", "\"1\""},
  };
  for (const auto& c : cases) {
    live_ = ShippedFolder(c.partner);
    request_.Clear();
    request_.set_partner_id(c.partner);
    Set(c.path, c.value);
    const auto draft = Draft();
    ASSERT_NE(File(draft, "mapping.yaml"), nullptr) << c.partner << " " << c.path;
    EXPECT_THAT(draft.problems(), IsEmpty()) << c.partner << " " << c.path << draft.ShortDebugString();
  }
}

}  // namespace
}  // namespace ordermesh::validation
