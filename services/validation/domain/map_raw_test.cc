#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/decimal.h"
#include "services/common/base/limits.h"
#include "services/validation/domain/partner_plan.h"
#include "services/validation/domain/test_support.h"

namespace ordermesh::validation {
namespace {

using testing::HasSubstr;

constexpr char kFeatures[] = R"(
version: 3
tables:
  currencies: {"E": EUR, "£": GBP}
fields:
  externalOrderId: {concat: [shop, {text: "-"}, number], accept: [text, number], clean: [upper, {strip: " /"}]}
  customerId: {from: who, default: guest, length: {min: 2, max: 8}, pattern: "[a-z0-9é]+"}
  currency: {from: money, lookup: currencies, otherwise: USD, enum: [EUR, USD]}
  taxRate: {from: tax, scale: -2, round: {decimals: 3, mode: half_even}, required: false}
  transactionTime: {from: at, window: {past: 30d, future: 1h}}
checks:
  - {name: channel, from: channel, enum: [web, shop]}
  - {name: weight, from: weight, type: number, required: false, range: {min: 0, below: 100}}
  - {name: due, from: due, type: time, date: YYYY-MM-DD, required: false}
lines:
  from: body.rows
  min: 2
  max: 3
  fields:
    productId: {from: sku, unique: true, clean: [trim, collapse]}
    quantity: {from: n, accept: [number, text], range: {min: 1, max: 10}}
    unitPrice: {from: cost, scale: -2}
  checks:
    - {name: tag, from: tag, required: false, length: {max: 3}}
rules:
  - {field: total, check: "total == sum(body.rows, n * cost) ", tolerance: 1, message: the total is wrong}
  - {field: grossAmount, check: "@grossAmount <= 1000", code: RANGE}
amounts: {round: {decimals: 2, mode: half_up}}
unknown: reject
known: [note]
)";

constexpr char kFeaturePayload[] =
    R"({"shop": "de /x", "number": 7, "who": "anna", "money": "E", "tax": 7.25, "at": "2026-01-10T00:00:00Z",
        "channel": "web", "weight": 1.5, "due": "2026-02-01", "note": {"any": 1}, "total": 700,
        "body": {"rows": [{"sku": " a  b ", "n": 2, "cost": 125}, {"sku": "c", "n": "3", "cost": 150, "tag": "new"}]}})";

class MapRawTest : public testing::Test {
 protected:
  void Map(const PartnerPlan& plan, const std::string& payload) {
    outcome_ =
        plan.MapRaw(payload, absl::FromCivil(absl::CivilDay(2026, 1, 15), absl::UTCTimeZone()), scratch_, order_);
  }
  // The summary of the violations of a payload with one change.
  std::string Changed(const PartnerPlan& plan, const std::string& payload, std::string_view from, std::string_view to) {
    Map(plan, Replaced(payload, from, to));
    return Summary(outcome_.violations);
  }
  static std::string Text(const google::type::Money& money) { return Decimal::FromMoney(money)->ToString(); }

  Scratch scratch_;
  order::v1::Order order_;
  Outcome outcome_;
};

TEST_F(MapRawTest, ComputesTheWorkedSample) {
  Map(*ShippedPlan("partner-a"), PartnerAPayload());
  ASSERT_EQ(Summary(outcome_.violations), "");
  EXPECT_TRUE(outcome_.readable);
  EXPECT_TRUE(outcome_.mapped);
  EXPECT_EQ(Text(order_.gross_amount()), "149.95");
  EXPECT_EQ(Text(order_.tax_amount()), "11.996");
  EXPECT_EQ(Text(order_.net_amount()), "161.946");
  EXPECT_EQ(order_.gross_amount().currency_code(), "USD");
  EXPECT_EQ(order_.external_order_id(), "ORD-A-12345");
  EXPECT_EQ(order_.sequence_number(), 42);
  EXPECT_EQ(order_.partner_id(), "partner-a");
  EXPECT_EQ(order_.mapping_version(), kTestVersion);
  EXPECT_EQ(order_.lines(0).quantity(), "5");
  EXPECT_EQ(order_.lines(0).unit_price().currency_code(), "USD");
  EXPECT_EQ(order_.transaction_time().seconds(), 1'768'473'000);
}

TEST_F(MapRawTest, NamesEachFaultOfPartnerAOnce) {
  const auto plan = ShippedPlan("partner-a");
  const struct {
    std::string from, to, expected;
  } cases[] = {
      {R"("quantity": 5)", R"("quantity": 0)", "RANGE quantity:1"},
      {R"("quantity": 5)", R"("quantity": -1)", "RANGE quantity:1"},
      {R"("quantity": 5)", R"("quantity": "5")", "TYPE quantity:1"},
      {R"("quantity": 5)", R"("quantity": null)", "REQUIRED quantity:1"},
      {R"("quantity": 5)", R"("quantity": [5])", "TYPE quantity:1"},
      {R"("quantity": 5)", R"("quantity": true)", "TYPE quantity:1"},
      {R"("quantity": 5)", R"("quantity": 1e12)", "OUT_OF_RANGE quantity:1"},
      {"29.99", "-1", "RANGE unitPrice:1"},
      {"29.99", "\"abc\"", "TYPE unitPrice:1"},
      {"29.99", "1e400", "OUT_OF_RANGE unitPrice:1"},
      {"29.99", "-1e400", "OUT_OF_RANGE unitPrice:1"},
      {"29.99", "0.1234567891", "OUT_OF_RANGE unitPrice:1"},
      {"29.99", "NaN", "UNREADABLE "},
      {"0.08", "1.01", "RANGE taxRate"},
      {"0.08", "-0.01", "RANGE taxRate"},
      {R"("taxRate": 0.08, )", "", "REQUIRED taxRate"},
      {"\"USD\"", "\"XXX\"", "ENUM currency"},
      {"\"USD\"", "\"usd\"", "ENUM currency"},
      {"\"USD\"", "5", "TYPE currency"},
      {"\"USD\"", "\"\"", "REQUIRED currency"},
      {": 42", ": -1", "RANGE sequenceNumber"},
      {": 42", ": 1.5", "TYPE sequenceNumber"},
      {": 42", ": \"42\"", "TYPE sequenceNumber"},
      {": 42", ": 9223372036854775808", "OUT_OF_RANGE sequenceNumber"},
      {R"("sequenceNumber": 42, )", "", "REQUIRED sequenceNumber"},
      {"2026-01-15T10:30:00.000Z", "yesterday", "PATTERN transactionTime"},
      {"\"2026-01-15T10:30:00.000Z\"", "1768473000", "TYPE transactionTime"},
      {"\"CUST-001\"", "null", "REQUIRED customerId"},
      {"CUST-001", std::string(kMaxIdBytes + 1, 'c'), "LENGTH customerId"},
      {"SKU-ABC123", "", "REQUIRED productId:1"},
      {"ORD-A-12345", "", "REQUIRED externalOrderId"},
      {"29.99", "29.99, \"extra\": {\"a\": [1]}", ""},
      {": 42", ": 9223372036854775807", ""},
      {R"("quantity": 5)", R"("quantity": 0.25)", ""},
      {"29.99", "2.999e1", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(Changed(*plan, PartnerAPayload(), c.from, c.to), c.expected) << c.to;
}

TEST_F(MapRawTest, KeepsTheContentComparableWhereOnlyRulesAreBroken) {
  const auto plan = ShippedPlan("partner-a");
  Changed(*plan, PartnerAPayload(), R"("quantity": 5)", R"("quantity": -1)");
  EXPECT_TRUE(outcome_.mapped);
  EXPECT_EQ(order_.lines(0).quantity(), "-1");
  Changed(*plan, PartnerAPayload(), "29.99", "\"abc\"");
  EXPECT_FALSE(outcome_.mapped);
  EXPECT_TRUE(outcome_.readable);
  EXPECT_EQ(order_.external_order_id(), "ORD-A-12345");
  EXPECT_EQ(outcome_.violations[0].value(), "abc");
  Map(*plan, "[]");
  EXPECT_FALSE(outcome_.mapped);
  EXPECT_FALSE(outcome_.readable);
  EXPECT_THAT(outcome_.violations[0].message(), HasSubstr("not a JSON object"));
}

TEST_F(MapRawTest, RefusesAmountsThatMoneyCannotHold) {
  const auto plan = ShippedPlan("partner-a");
  EXPECT_EQ(Changed(*plan, PartnerAPayload(), R"(5, "unitPrice": 29.99)", R"(0.5, "unitPrice": 0.123456789)"),
            "OUT_OF_RANGE grossAmount");
  EXPECT_EQ(Changed(*plan, PartnerAPayload(), "29.99", "0.000000001"), "OUT_OF_RANGE taxAmount");
  EXPECT_EQ(Changed(*plan, PartnerAPayload(), R"(5, "unitPrice": 29.99)", R"(999999999999, "unitPrice": 999999999999)"),
            "OUT_OF_RANGE grossAmount");
}

TEST_F(MapRawTest, MapsPartnerB) {
  const auto plan = ShippedPlan("partner-b");
  Map(*plan, PartnerBPayload());
  ASSERT_EQ(Summary(outcome_.violations), "");
  EXPECT_EQ(order_.tax_rate(), "0.08");
  EXPECT_EQ(Text(order_.net_amount()), "22.68");
  EXPECT_EQ(order_.customer_id(), "9001");
  EXPECT_FALSE(order_.has_sequence_number());
  EXPECT_EQ(order_.transaction_time().seconds(), 1'768'473'000);
  EXPECT_EQ(Changed(*plan, PartnerBPayload(), "\"10.50\"", "10.5"), "");
  EXPECT_EQ(Changed(*plan, PartnerBPayload(), "10.50", "abc"), "TYPE unitPrice:1");
  EXPECT_EQ(Changed(*plan, PartnerBPayload(), "10.50", "NaN"), "TYPE unitPrice:1");
  EXPECT_EQ(Changed(*plan, PartnerBPayload(), R"([{"sku": "SKU-1", "qty": 2, "price": "10.50"}])", "[]"),
            "REQUIRED items");
  EXPECT_EQ(Changed(*plan, PartnerBPayload(), R"([{"sku": "SKU-1", "qty": 2, "price": "10.50"}])", "{}"), "TYPE items");
  EXPECT_EQ(Changed(*plan, PartnerBPayload(), R"([{"sku")", R"([5, {"sku")"), "TYPE items:1");
  EXPECT_EQ(Changed(*plan, PartnerBPayload(), "ratePercent\": 8", "ratePercent\": 101"), "RANGE taxRate");
  EXPECT_EQ(Changed(*plan, PartnerBPayload(), R"({"id": "9001"})", "\"9001\""), "REQUIRED customerId");
}

TEST_F(MapRawTest, IsAsStrictOnRetailAsItsReadmeAndNotStricter) {
  const auto plan = ShippedPlan("retail-uk");
  Map(*plan, RetailPayload());
  ASSERT_EQ(Summary(outcome_.violations), "");
  EXPECT_EQ(Text(order_.gross_amount()), "18.69");
  EXPECT_EQ(order_.currency(), "GBP");
  EXPECT_EQ(Changed(*plan, RetailPayload(), "\"6\"", "\"-6\""), "RANGE quantity:1");
  EXPECT_EQ(Changed(*plan, RetailPayload(), "\"1\"", "\"0\""), "RANGE quantity:2");
  EXPECT_EQ(Changed(*plan, RetailPayload(), "3.39", "-11062.06"), "RANGE unitPrice:2");
  EXPECT_EQ(Changed(*plan, RetailPayload(), "3.39", "0"), "RANGE unitPrice:2");
  EXPECT_EQ(Changed(*plan, RetailPayload(), "3.39", "0.001"), "");
  EXPECT_EQ(Changed(*plan, RetailPayload(), R"("CustomerID":"17850","Country":"Nowhere")", R"("CustomerID":"")"),
            "REQUIRED customerId:2");
  EXPECT_EQ(Changed(*plan, RetailPayload(), "\"POST\"", "\"BANK CHARGES\""), "");
  EXPECT_EQ(Changed(*plan, RetailPayload(), "\"Nowhere\"", "\"\""), "");
  const std::string second_date = R"("Quantity":"1","InvoiceDate":"01/12/2010 08:26")";
  EXPECT_EQ(Changed(*plan, RetailPayload(), second_date, R"("Quantity":"1","InvoiceDate":"?")"), "");
}

TEST_F(MapRawTest, ComparesThePaymentsOfOlistExactly) {
  const auto plan = ShippedPlan("olist");
  Map(*plan, OlistPayload());
  ASSERT_EQ(Summary(outcome_.violations), "");
  EXPECT_EQ(Changed(*plan, OlistPayload(), "18.59", "18.60"), "");
  EXPECT_EQ(Changed(*plan, OlistPayload(), "18.59", "18.58"), "");
  EXPECT_EQ(Changed(*plan, OlistPayload(), "18.59", "18.6000001"), "MISMATCH payments");
  EXPECT_EQ(Changed(*plan, OlistPayload(), "18.59", "\"abc\""), "TYPE payments");
  EXPECT_EQ(Changed(*plan, OlistPayload(), "18.59", "1e400"), "OUT_OF_RANGE payments");
  EXPECT_EQ(Changed(*plan, OlistPayload(), "29.99", "\"abc\""), "TYPE unitPrice:1");
  EXPECT_EQ(Changed(*plan, OlistPayload(), "29.99,\"freight_value\":8.72", "-29.99,\"freight_value\":68.70"), "");
  const std::string empty =
      R"({"order_id":"e","purchased_at":"10/2/2017 10:56","customer":{"id":"7"},"items":[],"payments":)";
  Map(*plan, empty + "[]}");
  EXPECT_EQ(Summary(outcome_.violations), "REQUIRED items");
  Map(*plan, empty + R"([{"value": 5}]})");
  EXPECT_EQ(Summary(outcome_.violations), "REQUIRED items, MISMATCH payments");
}

TEST_F(MapRawTest, AppliesEveryFeatureOfTheLanguage) {
  Map(*PlanOf(kFeatures), kFeaturePayload);
  ASSERT_EQ(Summary(outcome_.violations), "");
  EXPECT_EQ(order_.external_order_id(), "DEX-7");
  EXPECT_EQ(order_.currency(), "EUR");
  EXPECT_EQ(order_.tax_rate(), "0.072");
  EXPECT_EQ(order_.lines(0).product_id(), "a b");
  EXPECT_EQ(Text(order_.lines(0).unit_price()), "1.25");
  EXPECT_EQ(Text(order_.gross_amount()), "7");
  EXPECT_EQ(Text(order_.tax_amount()), "0.5");
  EXPECT_EQ(order_.mapping_version(), kTestVersion);
}

TEST_F(MapRawTest, ChecksEveryRuleOfTheLanguage) {
  const auto plan = PlanOf(kFeatures);
  const struct {
    std::string from, to, expected;
  } cases[] = {
      {"\"anna\"", "\"\"", ""},
      {"\"anna\"", "\"a\"", "LENGTH customerId"},
      {"\"anna\"", "\"éééééééé\"", ""},
      {"\"anna\"", "\"aaaaaaaaa\"", "LENGTH customerId"},
      {"\"anna\"", "\"Anna\"", "PATTERN customerId"},
      {"\"E\"", "\"£\"", "ENUM currency"},
      {"\"E\"", "\"?\"", ""},
      {"\"number\": 7, ", "", "REQUIRED externalOrderId"},
      {"\"number\": 7", "\"number\": {}", "TYPE externalOrderId"},
      {"2026-01-10", "2025-12-10", "TIME_WINDOW transactionTime"},
      {"2026-01-10", "2026-01-16", "TIME_WINDOW transactionTime"},
      {"\"web\"", "\"fax\"", "ENUM channel"},
      {"\"channel\": \"web\", ", "", "REQUIRED channel"},
      {"1.5", "100", "RANGE weight"},
      {"\"weight\": 1.5, ", "", ""},
      {"2026-02-01", "1 May", "PATTERN due"},
      {"\"c\"", "\"a b\"", "UNIQUE productId:2"},
      {"\"3\"", "\"11\"", "RANGE quantity:2, MISMATCH total"},
      {"\"new\"", "\"news\"", "LENGTH tag:2"},
      {"700", "701", ""},
      {"700", "702", "MISMATCH total"},
      {"\"cost\": 150", "\"cost\": 1500000", "MISMATCH total, RANGE grossAmount"},
      {"\"note\"", "\"nota\"", "SCHEMA nota"},
      {"\"tag\": \"new\"", "\"colour\": \"new\"", "SCHEMA colour"},
      {"\"tax\": 7.25, ", "", ""},
      {R"(, {"sku": "c", "n": "3", "cost": 150, "tag": "new"})", "", "LENGTH rows, MISMATCH total"},
      {R"([{"sku": " a)", R"([{}, {}, {"sku": " a)", "LENGTH rows"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(Changed(*plan, kFeaturePayload, c.from, c.to), c.expected) << c.from << " " << c.to;
}

TEST_F(MapRawTest, RefusesAValueWithoutEntryInTheLookupTable) {
  const auto plan = PlanOf(Replaced(kFeatures, ", otherwise: USD", ""));
  EXPECT_EQ(Changed(*plan, kFeaturePayload, "\"E\"", "\"?\""), "LOOKUP currency");
  EXPECT_FALSE(outcome_.mapped);
}

TEST_F(MapRawTest, ReplacesTextsAndLeavesTheOthers) {
  const auto plan = PlanOf(Replaced(
      Replaced(kFeatures, "{from: who, default: guest,",
               "{from: who, clean: lower, replace: {ann: anna, n/a: ''}, default: guest,"),
      "{from: n, accept: [number, text],", "{from: n, accept: [number, text], replace: {\"2\": \"3\", two: \"2\"},"));
  const auto customer_of = [&](std::string_view to) {
    EXPECT_EQ(Changed(*plan, kFeaturePayload, "\"who\": \"anna\"", absl::StrCat("\"who\": ", std::string(to))), "");
    return order_.customer_id();
  };
  // Cleaned before, so that one entry is enough for every spelling.
  EXPECT_EQ(customer_of("\"Ann\""), "anna");
  EXPECT_EQ(customer_of("\"annb\""), "annb");
  // What becomes empty is missing, and gets the default.
  EXPECT_EQ(customer_of("\"N/A\""), "guest");
  // Numbers are compared as they are written, and replaced once.
  EXPECT_EQ(order_.lines(0).quantity(), "3");
  Changed(*plan, kFeaturePayload, "\"n\": 2", "\"n\": 2.0");
  EXPECT_EQ(order_.lines(0).quantity(), "2");
  Changed(*plan, kFeaturePayload, "\"n\": 2", "\"n\": \"two\"");
  EXPECT_EQ(order_.lines(0).quantity(), "2");
}

TEST_F(MapRawTest, ListsViolationsLineByLineWithinTheLimit) {
  std::string rows;
  for (int i = 1; i <= 200; ++i) {
    absl::StrAppend(&rows, i > 1 ? "," : "",
                    R"({"StockCode":"S","Quantity":"1","InvoiceDate":"01/12/2010 08:26","UnitPrice":")",
                    i == 150 ? "0" : "1", R"(","CustomerID":""})");
  }
  Map(*ShippedPlan("retail-uk"), R"({"InvoiceNo":"1","lines":[)" + rows + "]}");
  ASSERT_EQ(outcome_.violations.size(), kMaxViolations);
  EXPECT_EQ(outcome_.violations[0].line(), 1);
  EXPECT_EQ(outcome_.violations[kMaxViolations - 1].field(), "unitPrice");
  EXPECT_EQ(outcome_.violations[kMaxViolations - 1].line(), 150);
}

TEST_F(MapRawTest, RefusesTooManyLines) {
  std::string rows = "{}";
  for (size_t i = 0; i < kMaxLines; ++i) rows += ",{}";
  Map(*ShippedPlan("retail-uk"), R"({"InvoiceNo":"1","lines":[)" + rows + "]}");
  EXPECT_EQ(Summary(outcome_.violations), "REQUIRED transactionTime, LENGTH lines");
}

}  // namespace
}  // namespace ordermesh::validation
