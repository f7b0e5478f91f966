#include "tests/sim/orders.h"

#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "services/common/base/errors.h"
#include "tests/sim/rng.h"

namespace ordermesh::sim {
namespace {

using order::v1::Order;
using validation::PartnerPlan;

// 2026-01-15T10:30:00Z.
constexpr int64_t kFirstSecond = 1'768'473'000;
constexpr int kMostOfAProduct = 5;
constexpr int64_t kNanosPerMilli = 1'000'000;

constexpr char kMappingA[] = R"(version: 1
numbered: true
fields:
  externalOrderId: externalOrderId
  sequenceNumber: sequenceNumber
  customerId: customerId
  taxRate: taxRate
  currency: currency
  transactionTime: {from: transactionTime, date: iso8601}
lines:
  fields:
    productId: productId
    quantity: {from: quantity, range: {%s}}
    unitPrice: {from: unitPrice, range: {above: 0}}
)";

constexpr char kMappingB[] = R"(version: 1
fields:
  externalOrderId: order.ref
  customerId: %s
  taxRate: {from: tax.ratePercent, scale: -2}
  currency: currency
  transactionTime:
    from: order.placedAt
    date: {format: "YYYY-MM-DD HH:MM:SS", zone: UTC}
lines:
  from: items
  fields:
    productId: sku
    quantity: {from: qty, range: {above: 0}}
    unitPrice: {from: price, accept: [text, number], range: {above: 0}}
)";

std::unique_ptr<const PartnerPlan> Compile(const char* partner_id, std::string mapping) {
  validation::ConfigFiles files;
  auto* file = files.Add();
  file->set_path("mapping.yaml");
  file->set_content(std::move(mapping));
  validation::MappingProblems problems;
  auto plan = PartnerPlan::Compile(partner_id, files, /*version=*/1, &problems);
  OM_CHECK(plan.ok());
  return *std::move(plan);
}

// Thousandths of the currency as Money; they stay below 2^53 of them.
void SetMoney(int64_t thousandths, google::type::Money* money) {
  money->set_units(thousandths / 1'000);
  money->set_nanos(static_cast<int32_t>(thousandths % 1'000 * kNanosPerMilli));
}

int64_t CentsOf(const order::v1::OrderLine& line) {
  return line.unit_price().units() * 100 + line.unit_price().nanos() / (10 * kNanosPerMilli);
}

int64_t QuantityOf(const order::v1::OrderLine& line) {
  int64_t quantity = 0;
  OM_CHECK(absl::SimpleAtoi(line.quantity(), &quantity));
  return quantity;
}

// In whole thousandths: a cent times a whole quantity times 0.1 is one.
void SetAmounts(Order& order) {
  int64_t cents = 0;
  for (const auto& line : order.lines()) cents += CentsOf(line) * QuantityOf(line);
  SetMoney(cents * 10, order.mutable_gross_amount());
  SetMoney(cents, order.mutable_tax_amount());
  SetMoney(cents * 11, order.mutable_net_amount());
  for (auto* money : {order.mutable_gross_amount(), order.mutable_tax_amount(), order.mutable_net_amount()}) {
    money->set_currency_code(order.currency());
  }
}

std::string PriceText(const order::v1::OrderLine& line, bool other_text) {
  const int64_t cents = CentsOf(line);
  if (!other_text && cents % 10 == 0) return absl::StrFormat("%d.%d", cents / 100, cents / 10 % 10);
  return absl::StrFormat("%d.%02d%s", cents / 100, cents % 100, other_text ? "0" : "");
}

std::string TimeText(const Order& order, const char* format) {
  return absl::FormatTime(format, absl::FromUnixSeconds(order.transaction_time().seconds()), absl::UTCTimeZone());
}

}  // namespace

std::string Spec::ToString() const {
  static constexpr const char* kContents[] = {"first", "other-quantity", "other-customer", "reuses-number"};
  static constexpr const char* kForms[] = {"typed", "raw", "raw-other-text", "invalid", "unreadable", "poison"};
  return absl::StrCat(kPartners[partner], "/", key, " ", kContents[static_cast<int>(content)], " ",
                      kForms[static_cast<int>(form)]);
}

std::string Orders::ExternalIdOf(uint32_t key) { return absl::StrCat("o-", key); }

bool Orders::ParseExternalId(const std::string& external_id, uint32_t* key) {
  return external_id.size() > 2 && absl::SimpleAtoi(external_id.substr(2), key) && ExternalIdOf(*key) == external_id;
}

int64_t Orders::NumberOf(const Spec& spec) const {
  const uint32_t key = spec.content == Content::kReusesNumber && spec.key > 0 ? spec.key - 1 : spec.key;
  return static_cast<int64_t>(key) * sequence_stride_;
}

Order Orders::Expected(const Spec& spec) const {
  Rng rng(seed_ ^ (uint64_t{spec.partner} << 40 | spec.key));
  Order order;
  order.set_partner_id(kPartners[spec.partner]);
  order.set_external_order_id(ExternalIdOf(spec.key));
  if (spec.numbered()) order.set_sequence_number(NumberOf(spec));
  order.set_currency(spec.numbered() ? "USD" : "EUR");
  order.set_tax_rate("0.1");
  order.mutable_transaction_time()->set_seconds(kFirstSecond + static_cast<int64_t>(rng.Below(86'400)));
  order.set_customer_id(absl::StrCat("c-", rng.Below(20), spec.content == Content::kOtherCustomer ? "-other" : ""));
  const uint64_t lines = spec.numbered() ? 1 : 1 + rng.Below(3);
  for (uint64_t i = 0; i < lines; ++i) {
    auto* line = order.add_lines();
    line->set_product_id(absl::StrCat("p-", rng.Below(30)));
    const uint64_t quantity = 1 + rng.Below(7);
    line->set_quantity(absl::StrCat(quantity + (spec.content == Content::kOtherQuantity && i == 0 ? 1 : 0)));
    SetMoney(10 * rng.Between(1, 99'999), line->mutable_unit_price());
  }
  SetAmounts(order);
  return order;
}

std::string Orders::Payload(const Spec& spec) const {
  if (spec.form == Form::kTyped) return "";
  const Order order = Expected(spec);
  if (spec.form == Form::kUnreadable) return absl::StrCat("{\"order\": \"", order.external_order_id(), "\",, ");
  const bool other_text = spec.form == Form::kRawOtherText;
  const std::string customer = spec.form == Form::kPoison ? kPoisonMark : order.customer_id();
  const char* const start = other_text ? "{ " : "{";
  const char* const sign = spec.form == Form::kInvalid ? "-" : "";
  if (spec.numbered()) {
    const auto& line = order.lines(0);
    return absl::StrCat(start, R"("externalOrderId": ")", order.external_order_id(), R"(", "sequenceNumber": )",
                        order.sequence_number(), R"(, "productId": ")", line.product_id(), R"(", "customerId": ")",
                        customer, R"(", "quantity": )", sign, line.quantity(), R"(, "unitPrice": )",
                        PriceText(line, other_text), R"(, "taxRate": 0.1, "currency": "USD", "transactionTime": ")",
                        TimeText(order, "%Y-%m-%dT%H:%M:%SZ"), R"("})");
  }
  std::string items;
  for (const auto& line : order.lines()) {
    absl::StrAppend(&items, items.empty() ? "" : ", ", R"({"sku": ")", line.product_id(), R"(", "qty": )", sign,
                    line.quantity(), R"(, "price": ")", PriceText(line, other_text), R"("})");
  }
  return absl::StrCat(start, R"("order": {"ref": ")", order.external_order_id(), R"(", "placedAt": ")",
                      TimeText(order, "%Y-%m-%d %H:%M:%S"), R"("}, "buyer": {"id": ")", customer, R"("}, "items": [)",
                      items, R"(], "tax": {"ratePercent": 10}, "currency": "EUR"})");
}

std::unique_ptr<validation::v1::InboundOrder> Orders::Inbound(const Spec& spec) const {
  auto inbound = std::make_unique<validation::v1::InboundOrder>();
  if (spec.form != Form::kTyped) {
    inbound->set_raw_payload(Payload(spec));
    return inbound;
  }
  Order order = Expected(spec);
  order.clear_gross_amount();
  order.clear_tax_amount();
  order.clear_net_amount();
  inbound->set_order(order.SerializeAsString());
  return inbound;
}

bool Orders::RefusedByTightPlan(const Spec& spec) const {
  if (!spec.numbered()) return spec.form != Form::kTyped;
  return QuantityOf(Expected(spec).lines(0)) > kMostOfAProduct;
}

const PartnerPlan& PlanOf(const std::string& partner_id, bool tight) {
  static const auto* const plans = new std::map<std::pair<std::string, bool>, std::unique_ptr<const PartnerPlan>>([] {
    std::map<std::pair<std::string, bool>, std::unique_ptr<const PartnerPlan>> made;
    made[{kPartners[0], false}] = Compile(kPartners[0], absl::StrFormat(kMappingA, "above: 0"));
    made[{kPartners[0], true}] = Compile(kPartners[0], absl::StrFormat(kMappingA, "above: 0, max: 5"));
    made[{kPartners[1], false}] = Compile(kPartners[1], absl::StrFormat(kMappingB, "buyer.id"));
    made[{kPartners[1], true}] = Compile(kPartners[1], absl::StrFormat(kMappingB, "buyer.account"));
    return made;
  }());
  const auto found = plans->find({partner_id, tight});
  OM_CHECK(found != plans->end());
  return *found->second;
}

}  // namespace ordermesh::sim
