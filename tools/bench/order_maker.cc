#include "tools/bench/order_maker.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ordermesh::bench {
namespace {

// Places of a template, each as wide as what is written there.
constexpr std::pair<std::string_view, int> kMarks[] = {
    {"<<<<<<<<<<ID>>>>>>>>>>", 0}, {"<<SEQUENCE<<>>>>", 1}, {"<P>>", 2}, {"<CU>>", 3}, {"<Q", 4}};
constexpr size_t kIdWidth = 22;
constexpr size_t kSequenceWidth = 16;
constexpr size_t kProductWidth = 4;
constexpr size_t kCustomerWidth = 5;
constexpr size_t kQuantityWidth = 2;

constexpr int kRetailLines = 20;
constexpr int kPartnerBItems = 8;
// A duplicate repeats one of the last so many orders, as clients that retry do.
constexpr int64_t kDuplicateReach = 10'000;
// 2026-01-15T10:30:00Z.
constexpr int64_t kTransactionTime = 1'768'473'000;

// A permutation of 64-bit numbers that looks random (SplitMix64): different indexes never give the same id.
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

void WriteDigits(uint64_t number, size_t width, char* to) {
  for (size_t i = width; i-- > 0; number /= 10) to[i] = static_cast<char>('0' + number % 10);
}

void WriteHex(uint64_t number, size_t width, char* to) {
  for (size_t i = width; i-- > 0; number >>= 4) to[i] = "0123456789abcdef"[number & 0xF];
}

std::string PartnerBTemplate() {
  std::string text = R"({"order": {"ref": "<<<<<<<<<<ID>>>>>>>>>>", "placedAt": "2026-01-15 10:30:00"}, )"
                     R"("buyer": {"id": "<CU>>"}, "items": [)";
  for (int i = 0; i < kPartnerBItems; ++i) {
    if (i > 0) text += ", ";
    text += i == 0 ? R"({"sku": "SKU-<P>>", "qty": <Q, "price": "10.50"})"
                   : R"({"sku": "SKU-<P>>", "qty": 2, "price": "4.99"})";
  }
  return text + R"(], "tax": {"ratePercent": 8}, "currency": "EUR"})";
}

std::string RetailTemplate() {
  std::string text = R"({"InvoiceNo":"<<<<<<<<<<ID>>>>>>>>>>","lines":[)";
  for (int i = 0; i < kRetailLines; ++i) {
    if (i > 0) text += ",";
    text += R"({"StockCode":"<P>>","Description":"WHITE HANGING HEART T-LIGHT HOLDER","Quantity":")";
    text += i == 0 ? "<Q" : "6";
    text += R"(","InvoiceDate":"01/12/2010 08:26","UnitPrice":"2.55","CustomerID":"<CU>>","Country":"United Kingdom"})";
  }
  return text + "]}";
}

}  // namespace

OrderMaker::OrderMaker(const MakerOptions& options) : options_(options), partner_("partner-a") {
  switch (options.shape) {
    case Shape::kTyped:
      break;
    case Shape::kPartnerA:
      CompileTemplate(
          R"({"externalOrderId": "<<<<<<<<<<ID>>>>>>>>>>", "sequenceNumber": <<SEQUENCE<<>>>>, "productId": "SKU-<P>>", )"
          R"("customerId": "CUST-<CU>>", "quantity": <Q, "unitPrice": 29.99, "taxRate": 0.08, "currency": "USD", )"
          R"("transactionTime": "2026-01-15T10:30:00.000Z"})");
      break;
    case Shape::kPartnerB:
      partner_ = "partner-b";
      CompileTemplate(PartnerBTemplate());
      break;
    case Shape::kRetail:
      partner_ = "retail-uk";
      CompileTemplate(RetailTemplate());
      break;
  }
}

void OrderMaker::CompileTemplate(std::string text) {
  template_ = std::move(text);
  for (const auto& [mark, what] : kMarks) {
    for (size_t at = template_.find(mark); at != std::string::npos; at = template_.find(mark, at + 1)) {
      slots_.push_back({static_cast<What>(what), at});
    }
  }
}

int64_t OrderMaker::SourceOf(int64_t index) const {
  // Each step goes to an earlier order, so it ends.
  while (index > 0) {
    const uint64_t random = Mix(options_.run_key ^ Mix(static_cast<uint64_t>(index)));
    if (static_cast<int>(random % 100) >= options_.duplicates_percent) break;
    index -= 1 + static_cast<int64_t>((random >> 8) % static_cast<uint64_t>(std::min(index, kDuplicateReach)));
  }
  return index;
}

bool OrderMaker::IsInvalid(int64_t index) const {
  const uint64_t random = Mix(options_.run_key + Mix(~static_cast<uint64_t>(SourceOf(index))));
  return static_cast<int>(random % 100) < options_.invalid_percent;
}

// "R-" and 20 hex digits, or "S" with 8 hex digits of the run and 13 digits of the index.
std::string OrderMaker::IdOf(int64_t index) const {
  std::string id(kIdWidth, '-');
  if (options_.ids == Ids::kRandom) {
    id[0] = 'R';
    WriteHex(Mix(options_.run_key + static_cast<uint64_t>(index)), 16, id.data() + 2);
    WriteHex(options_.run_key, 4, id.data() + 18);
  } else {
    id[0] = 'S';
    WriteHex(options_.run_key, 8, id.data() + 1);
    WriteDigits(static_cast<uint64_t>(index), 12, id.data() + 10);
  }
  return id;
}

void OrderMaker::Make(int64_t index, feed::v1::OrderInput& input) const {
  const int64_t source = SourceOf(index);
  if (options_.shape == Shape::kTyped) {
    MakeTyped(source, *input.mutable_order());
  } else {
    MakeRaw(source, *input.mutable_raw_payload());
  }
}

void OrderMaker::MakeTyped(int64_t index, order::v1::Order& order) const {
  if (order.lines().empty()) {
    order.set_partner_id(partner_);
    order.set_tax_rate("0.08");
    order.set_currency("USD");
    order.mutable_transaction_time()->set_seconds(kTransactionTime);
    auto* price = order.add_lines()->mutable_unit_price();
    price->set_currency_code("USD");
    price->set_units(29);
    price->set_nanos(990'000'000);
    order.mutable_lines(0)->set_product_id("SKU-0000");
    order.set_customer_id("CUST-00000");
  }
  const uint64_t random = Mix(static_cast<uint64_t>(index));
  order.set_external_order_id(IdOf(index));
  order.set_sequence_number(options_.first_sequence + index);
  WriteDigits(random % kProducts, kProductWidth, order.mutable_lines(0)->mutable_product_id()->data() + 4);
  WriteDigits((random >> 16) % kCustomers, kCustomerWidth, order.mutable_customer_id()->data() + 5);
  const char digit = static_cast<char>('1' + (random >> 40) % 9);
  order.mutable_lines(0)->mutable_quantity()->assign(IsInvalid(index) ? std::string_view("-1")
                                                                      : std::string_view(&digit, 1));
}

void OrderMaker::MakeRaw(int64_t index, std::string& payload) const {
  payload.assign(template_);
  const uint64_t random = Mix(static_cast<uint64_t>(index));
  uint64_t product = random;
  for (const Slot& slot : slots_) {
    char* to = payload.data() + slot.position;
    switch (slot.what) {
      case What::kId: {
        const std::string id = IdOf(index);
        std::copy(id.begin(), id.end(), to);
        break;
      }
      case What::kSequence:
        WriteDigits(static_cast<uint64_t>(options_.first_sequence + index), kSequenceWidth, to);
        break;
      case What::kProduct:
        WriteDigits(product++ % kProducts, kProductWidth, to);
        break;
      case What::kCustomer:
        WriteDigits((random >> 16) % kCustomers, kCustomerWidth, to);
        break;
      case What::kQuantity:
        if (IsInvalid(index)) {
          std::copy_n("-1", kQuantityWidth, to);
        } else {
          WriteDigits(10 + (random >> 40) % 9, kQuantityWidth, to);
        }
        break;
    }
  }
}

}  // namespace ordermesh::bench
