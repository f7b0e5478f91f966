// The real orders of the two public data sets against the table in their README, and generated orders where they are
// absent.
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/validation/domain/test_support.h"

namespace ordermesh::validation {
namespace {

std::string DataFolder() {
  const char* folder = std::getenv("ORDERMESH_REAL_DATA");
  return folder != nullptr ? folder : "../shared/data";
}

// Cells of one CSV record; quotes as in RFC 4180. No cell of the data spans lines.
std::vector<std::string> Cells(std::string record) {
  if (!record.empty() && record.back() == '\r') record.pop_back();
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (size_t i = 0; i < record.size(); ++i) {
    if (record[i] == '"' && quoted && record.substr(i + 1, 1) == "\"") {
      cells.back() += record[++i];
    } else if (record[i] == '"') {
      quoted = !quoted;
    } else if (record[i] == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += record[i];
    }
  }
  return cells;
}

// The JSON that import makes of the rows of one invoice.
class Invoice {
 public:
  explicit Invoice(std::string number) : number_(std::move(number)) {}

  const std::string& number() const { return number_; }

  void AddRow(const std::vector<std::string>& header, const std::vector<std::string>& cells) {
    std::string row;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (header[i] == "InvoiceNo") continue;
      row += (row.empty() ? "{" : ",") + JsonText(header[i]) + ":" + JsonText(cells[i]);
    }
    rows_ += (rows_.empty() ? "" : ",") + row + "}";
  }

  std::string Json() const { return "{\"InvoiceNo\":" + JsonText(number_) + ",\"lines\":[" + rows_ + "]}"; }

 private:
  std::string number_;
  std::string rows_;
};

// Totals of an import, as the README counts them.
struct Totals {
  int received = 0;
  int created = 0;
  int lines = 0;
  Decimal gross;
  std::map<std::string, int> orders_with;
};

class RealData : public testing::Test {
 protected:
  void Take(const PartnerPlan& plan, const std::string& payload) {
    order::v1::Order order;
    const Outcome outcome = plan.MapRaw(payload, absl::FromUnixSeconds(1'800'000'000), scratch_, order);
    ++totals_.received;
    std::set<std::string> fields;
    for (const Violation& violation : outcome.violations) fields.insert(violation.field());
    for (const std::string& field : fields) ++totals_.orders_with[field];
    if (!outcome.violations.empty()) return;
    ++totals_.created;
    totals_.lines += order.lines_size();
    totals_.gross = *totals_.gross.Add(*Decimal::FromMoney(order.gross_amount()));
  }

  Scratch scratch_;
  Totals totals_;
};

TEST_F(RealData, RetailInvoicesGiveTheTable) {
  std::ifstream file(DataFolder() + "/online-retail.csv");
  if (!file) GTEST_SKIP() << "no real data in " << DataFolder() << "; set ORDERMESH_REAL_DATA";
  const auto plan = ShippedPlan("retail-uk");
  std::string record;
  std::getline(file, record);
  const auto header = Cells(record);
  std::optional<Invoice> invoice;
  while (std::getline(file, record)) {
    const auto cells = Cells(record);
    ASSERT_EQ(cells.size(), header.size()) << record;
    if (invoice.has_value() && invoice->number() != cells[0]) {
      Take(*plan, invoice->Json());
      invoice.reset();
    }
    if (!invoice.has_value()) invoice.emplace(cells[0]);
    invoice->AddRow(header, cells);
  }
  Take(*plan, invoice->Json());
  EXPECT_EQ(totals_.received, 1406);
  EXPECT_EQ(totals_.created, 999);
  EXPECT_EQ(totals_.lines, 19482);
  EXPECT_EQ(totals_.gross.ToString(), "406456.88");
  EXPECT_THAT(totals_.orders_with,
              testing::ElementsAre(testing::Pair("customerId", 214), testing::Pair("quantity", 276),
                                   testing::Pair("unitPrice", 130)));
}

TEST_F(RealData, OlistOrdersGiveTheTable) {
  std::ifstream file(DataFolder() + "/olist-orders.ndjson");
  if (!file) GTEST_SKIP() << "no real data in " << DataFolder() << "; set ORDERMESH_REAL_DATA";
  const auto plan = ShippedPlan("olist");
  std::string line;
  while (std::getline(file, line)) Take(*plan, line);
  EXPECT_EQ(totals_.received, 4000);
  EXPECT_EQ(totals_.created, 3962);
  EXPECT_EQ(totals_.lines, 4460);
  EXPECT_EQ(totals_.gross.ToString(), "547950.59");
  EXPECT_THAT(totals_.orders_with, testing::ElementsAre(testing::Pair("items", 26), testing::Pair("payments", 12)));
}

// Stands in where the real files are absent: the same shapes with known totals.
TEST_F(RealData, GeneratedOrdersOfBothShapesGiveTheirTotals) {
  const auto retail = ShippedPlan("retail-uk");
  const std::vector<std::string> header = {"InvoiceNo",   "StockCode", "Description", "Quantity",
                                           "InvoiceDate", "UnitPrice", "CustomerID",  "Country"};
  for (int i = 1; i <= 300; ++i) {
    Invoice invoice(std::to_string(i));
    for (int row = 0; row <= i % 3; ++row) {
      invoice.AddRow(header, {"", "POST", "", i % 10 == 0 ? "-1" : "2", "01/12/2010 08:26", "0.001",
                              i % 7 == 0 ? "" : "17850", "United Kingdom"});
    }
    Take(*retail, invoice.Json());
  }
  EXPECT_EQ(totals_.received, 300);
  EXPECT_EQ(totals_.orders_with["quantity"], 30);
  EXPECT_EQ(totals_.orders_with["customerId"], 42);
  EXPECT_EQ(totals_.created, 300 - 30 - 42 + 4);
  EXPECT_EQ(totals_.gross, *Decimal(totals_.lines).Multiply(Decimal::Of(2, 3)));
}

}  // namespace
}  // namespace ordermesh::validation
