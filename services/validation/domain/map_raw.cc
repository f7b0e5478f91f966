// PartnerPlan::MapRaw: one payload through one mapping.
#include <utility>

#include "services/common/base/errors.h"
#include "services/validation/domain/amounts.h"
#include "services/validation/domain/order_times.h"
#include "services/validation/domain/partner_plan.h"

namespace ordermesh::validation {
namespace {

class RawRun {
 public:
  RawRun(const MappingPlan& plan, absl::Time now, Scratch& scratch, order::v1::Order& order, Outcome& outcome)
      : plan_(plan), now_(now), scratch_(scratch), order_(order), outcome_(outcome), violations_(&outcome.violations) {}

  void Run(std::string_view payload) {
    JsonDocument& document = scratch_.document;
    if (!document.Parse(payload)) {
      violations_.Add(Violation::UNREADABLE, "", 0, document.error());
      return;
    }
    outcome_.readable = true;
    outcome_.mapped = true;
    scratch_.fields.seen.resize(static_cast<size_t>(plan_.unique_slots));
    for (auto& seen : scratch_.fields.seen) seen.clear();
    if (plan_.schema != nullptr) plan_.schema->Check(document, violations_);
    if (plan_.known.has_value()) plan_.known->Check(document, violations_);
    for (const FieldPlan& field : plan_.order_fields) ReadField(field, document.root(), 0);
    ReadLines();
    Finish();
  }

 private:
  void ReadField(const FieldPlan& field, const JsonNode& from, int line) {
    FieldValue value;
    const auto result = field.Read(scratch_.document, from, {line, now_}, scratch_.fields, violations_, value);
    if (result == FieldPlan::Result::kValue) {
      Store(field.target, value, line);
    } else if (result == FieldPlan::Result::kUnusable && field.target != Target::kCheckOnly) {
      outcome_.mapped = false;
    }
  }

  void ReadLines() {
    if (!plan_.lines_path.has_value()) {
      ReadLine(scratch_.document.root(), 1);
      return;
    }
    const JsonDocument& document = scratch_.document;
    const JsonNode* lines = plan_.lines_path->Find(document, document.root());
    if (lines == nullptr || lines->type == JsonType::kNull)
      return RefuseLines(Violation::REQUIRED, "the order has no lines");
    if (lines->type != JsonType::kArray) return RefuseLines(Violation::TYPE, "the lines are not an array");
    if (lines->children == 0) return RefuseLines(Violation::REQUIRED, "the order has no lines");
    if (lines->children > plan_.max_lines) return RefuseLines(Violation::LENGTH, "the order has too many lines");
    if (lines->children < plan_.min_lines) {
      violations_.Add(Violation::LENGTH, plan_.lines_name, 0, "the order has too few lines");
    }
    order_.mutable_lines()->Reserve(static_cast<int>(lines->children));
    int number = 0;
    for (const JsonNode* line = document.FirstChild(*lines); line != nullptr; line = document.Next(*line)) {
      ++number;
      if (line->type == JsonType::kObject) {
        ReadLine(*line, number);
      } else {
        violations_.Add(Violation::TYPE, plan_.lines_name, number, "the line is not a JSON object", line->text);
        outcome_.mapped = false;
      }
    }
  }

  void RefuseLines(Violation::Code code, std::string_view message) {
    violations_.Add(code, plan_.lines_name, 0, message);
    outcome_.mapped = false;
  }

  void ReadLine(const JsonNode& from, int number) {
    line_ = order_.add_lines();
    quantity_.reset();
    unit_price_.reset();
    for (const FieldPlan& field : plan_.line_fields) ReadField(field, from, number);
    if (quantity_.has_value() && unit_price_.has_value()) amounts_.AddLine(*quantity_, *unit_price_);
  }

  void Store(Target target, const FieldValue& value, int line) {
    // A field of the order that every line carries is the first line's.
    const bool is_first = line <= 1;
    switch (target) {
      case Target::kCheckOnly:
        return;
      case Target::kExternalOrderId:
        if (is_first) order_.set_external_order_id(value.text.data(), value.text.size());
        return;
      case Target::kSequenceNumber:
        if (is_first) order_.set_sequence_number(static_cast<int64_t>(value.number.Normalized().coefficient()));
        return;
      case Target::kCustomerId:
        if (is_first) order_.set_customer_id(value.text.data(), value.text.size());
        return;
      case Target::kCurrency:
        if (is_first) order_.set_currency(value.text.data(), value.text.size());
        return;
      case Target::kTaxRate:
        if (is_first) tax_rate_ = value.number;
        return;
      case Target::kTransactionTime:
        if (is_first) SetTimestamp(value.time, *order_.mutable_transaction_time());
        return;
      case Target::kProductId:
        line_->set_product_id(value.text.data(), value.text.size());
        return;
      case Target::kQuantity:
        quantity_ = value.number;
        line_->set_quantity(value.number.ToString());
        return;
      case Target::kUnitPrice:
        unit_price_ = value.number;
        // CheckNumber saw to it that it fits; the compiler put the currency before the price.
        OM_CHECK(value.number.ToMoney(order_.currency(), line_->mutable_unit_price()).ok());
        return;
    }
  }

  void Finish() {
    order_.set_tax_rate(tax_rate_.ToString());
    CanonicalValues canonical;
    OrderAmounts amounts;
    const bool has_amounts = outcome_.mapped && amounts_.Finish(tax_rate_, plan_.rounding, order_.lines_size(),
                                                                violations_, amounts, canonical);
    if (has_amounts) SetAmounts(amounts, order_);
    // What is no number where the mapping failed too has its violation there already.
    const bool was_mapped = outcome_.mapped;
    for (const CrossRule& rule : plan_.rules) {
      if (rule.expression.NeedsCanonical() && !has_amounts) continue;
      CheckRule(rule, &scratch_.document, canonical, was_mapped, violations_);
    }
  }

  const MappingPlan& plan_;
  const absl::Time now_;
  Scratch& scratch_;
  order::v1::Order& order_;
  Outcome& outcome_;
  Violations violations_;
  Amounts amounts_;
  Decimal tax_rate_;
  order::v1::OrderLine* line_ = nullptr;
  std::optional<Decimal> quantity_;
  std::optional<Decimal> unit_price_;
};

}  // namespace

Outcome PartnerPlan::MapRaw(std::string_view payload, absl::Time now, Scratch& scratch, order::v1::Order& order) const {
  Outcome outcome;
  order.Clear();
  RawRun(plan_, now, scratch, order, outcome).Run(payload);
  order.set_partner_id(partner_id_);
  order.set_mapping_version(plan_.version);
  return outcome;
}

}  // namespace ordermesh::validation
