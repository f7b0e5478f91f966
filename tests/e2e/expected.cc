#include "tests/e2e/expected.h"

#include <simdjson.h>

#include <cstdlib>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/common/base/errors.h"

namespace ordermesh::e2e {
namespace {

Decimal Of(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  const auto parsed = Decimal::Parse(text);
  OM_CHECK(parsed.ok());
  return *parsed;
}

// The fields of one line; a quoted field may hold commas and doubled quotes.
std::vector<std::string> SplitCsv(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else if (line[i] != '\r') {
      fields.back() += line[i];
    }
  }
  return fields;
}

// The orders of one file, row by row.
class Retail {
 public:
  void Row(const std::vector<std::string>& row) {
    if (row[0] != invoice_) Close();
    invoice_ = row[0];
    const Decimal quantity = Of(row[3]);
    const Decimal price = Of(row[5]);
    quantity_ |= quantity.Sign() <= 0;
    price_ |= price.Sign() <= 0;
    customer_ |= row[6].empty();
    gross_ = *gross_.Add(*quantity.Multiply(price));
    ++lines_;
  }

  Expected Done() {
    Close();
    return expected_;
  }

 private:
  void Close() {
    if (lines_ == 0) return;
    ++expected_.received;
    if (quantity_) ++expected_.by_field["quantity"];
    if (price_) ++expected_.by_field["unitPrice"];
    if (customer_) ++expected_.by_field["customerId"];
    if (quantity_ || price_ || customer_) {
      ++expected_.rejected;
    } else {
      ++expected_.created;
      expected_.lines += lines_;
      expected_.gross = *expected_.gross.Add(gross_);
    }
    lines_ = 0;
    gross_ = Decimal();
    quantity_ = price_ = customer_ = false;
  }

  Expected expected_;
  std::string invoice_;
  int64_t lines_ = 0;
  Decimal gross_;
  bool quantity_ = false;
  bool price_ = false;
  bool customer_ = false;
};

Decimal Number(simdjson::ondemand::object object, const char* key) {
  return Of(std::string_view(object[key].raw_json_token().value()));
}

void OlistOrder(simdjson::ondemand::document& order, Expected& expected) {
  Decimal items;
  Decimal paid;
  Decimal gross;
  int64_t lines = 0;
  for (simdjson::ondemand::object item : order["items"].get_array()) {
    const Decimal price = Number(item, "price");
    gross = *gross.Add(price);
    items = *items.Add(*price.Add(Number(item, "freight_value")));
    ++lines;
  }
  for (simdjson::ondemand::object payment : order["payments"].get_array()) paid = *paid.Add(Number(payment, "value"));
  const bool differs = items.Subtract(paid)->Abs() > Decimal::Of(1, 2);
  ++expected.received;
  if (lines == 0) ++expected.by_field["items"];
  if (differs) ++expected.by_field["payments"];
  if (lines == 0 || differs) {
    ++expected.rejected;
    return;
  }
  ++expected.created;
  expected.lines += lines;
  expected.gross = *expected.gross.Add(gross);
}

std::string Cents(uint64_t cents) { return absl::StrFormat("%d.%02d", cents / 100, cents % 100); }

}  // namespace

Expected ExpectRetail(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  Retail retail;
  while (std::getline(file, line)) retail.Row(SplitCsv(line));
  return retail.Done();
}

Expected ExpectOlist(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  Expected expected;
  simdjson::ondemand::parser parser;
  while (std::getline(file, line)) {
    const simdjson::padded_string padded(line);
    simdjson::ondemand::document order = parser.iterate(padded);
    OlistOrder(order, expected);
  }
  return expected;
}

void WriteRetail(const std::string& path, int orders) {
  std::ofstream file(path);
  file << "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
  for (int order = 0; order < orders; ++order) {
    for (int line = 0; line <= order % 7; ++line) {
      const int quantity = order % 11 == 3 && line == 1 ? -2 : 1 + (order + line) % 12;
      const std::string price = order % 13 == 5 ? "0" : Cents(static_cast<uint64_t>(order * 7 + line * 31 + 1));
      const std::string customer = order % 17 == 4 ? "" : absl::StrCat(12'000 + order % 300);
      file << absl::StrFormat("%d,%dA,\"JAR, \"\"LARGE\"\"\",%d,%02d/12/2010 %02d:%02d,%s,%s,United Kingdom\n",
                              600'000 + order, 20'000 + line, quantity, 1 + order % 28, 8 + order % 10, order % 60,
                              price, customer);
    }
  }
}

void WriteOlist(const std::string& path, int orders) {
  std::ofstream file(path);
  for (int order = 0; order < orders; ++order) {
    std::string items;
    uint64_t total = order % 19 == 7 ? 2 : 0;
    for (int n = 1; n <= order % 4; ++n) {
      const auto price = static_cast<uint64_t>(order * 13 + n * 101 + 99);
      const uint64_t freight = 500 + static_cast<uint64_t>(n) * 7;
      total += price + freight;
      absl::StrAppend(&items, items.empty() ? "" : ",", R"({"n":)", n, R"(,"product_id":"p)", order % 50,
                      R"(","seller_id":"s","price":)", Cents(price), R"(,"freight_value":)", Cents(freight), "}");
    }
    file
        << absl::StrFormat(
               R"({"order_id":"%032x","status":"delivered","purchased_at":"%d/2/2017 10:56","customer":{"id":"c%d","zip":"1","city":"x","state":"SP"},"items":[%s],"payments":[{"n":1,"type":"boleto","installments":1,"value":%s}]})",
               order + 1, 1 + order % 12, order % 70, items, Cents(total))
        << "\n";
  }
}

}  // namespace ordermesh::e2e
