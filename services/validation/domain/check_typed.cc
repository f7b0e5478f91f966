// PartnerPlan::CheckTyped: a canonical order against the partner's rules.
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/errors.h"
#include "services/validation/domain/amounts.h"
#include "services/validation/domain/completed_order.h"
#include "services/validation/domain/order_times.h"
#include "services/validation/domain/partner_plan.h"

namespace ordermesh::validation {
namespace {

// `Order` is the message or an OrderView.
template <typename Order>
class TypedRun {
 public:
  TypedRun(const MappingPlan& plan, const std::string& partner_id, absl::Time now, const Order& order, Outcome& outcome)
      : plan_(plan),
        partner_id_(partner_id),
        now_(now),
        order_(order),
        outcome_(outcome),
        violations_(&outcome.violations) {}

  void Run() {
    outcome_.readable = true;
    outcome_.mapped = true;
    if (!order_.partner_id().empty() && order_.partner_id() != partner_id_) {
      violations_.Add(Violation::MISMATCH, "partnerId", 0, "the order names another partner", order_.partner_id());
    }
    CheckText(Target::kExternalOrderId, order_.external_order_id(), 0);
    CheckSequenceNumber();
    CheckText(Target::kCustomerId, order_.customer_id(), 0);
    CheckTaxRate();
    CheckText(Target::kCurrency, order_.currency(), 0);
    CheckTime();
    CheckLines();
    Finish();
  }

  // After Run without violations.
  Completion ToCompletion() const { return {partner_id_, plan_.version, tax_rate_.ToString(), order_amounts_}; }

 private:
  const FieldRules& RulesOf(Target target) const { return plan_.typed_rules[static_cast<size_t>(target)]; }

  void Unusable(Violation::Code code, Target target, int line, std::string_view message, std::string_view value = {}) {
    violations_.Add(code, RulesOf(target).name, line, message, value);
    outcome_.mapped = false;
  }

  void CheckText(Target target, std::string_view text, int line) {
    const FieldRules& rules = RulesOf(target);
    if (!text.empty()) {
      rules.CheckText(text, {line, now_}, violations_);
      CheckUnique(rules, text, line);
    } else if (rules.required) {
      Unusable(Violation::REQUIRED, target, line, "the value is missing");
    }
  }

  void CheckUnique(const FieldRules& rules, std::string_view value, int line) {
    if (!rules.unique_slot.has_value()) return;
    seen_.resize(static_cast<size_t>(plan_.unique_slots));
    if (seen_[static_cast<size_t>(*rules.unique_slot)].emplace(value).second) return;
    violations_.Add(Violation::UNIQUE, rules.name, line, "the value occurs twice in the order", value);
  }

  // A decimal that is written as text. Nothing where it is missing or cannot be kept.
  std::optional<Decimal> ReadNumber(Target target, std::string_view text, int line) {
    if (text.empty()) {
      if (RulesOf(target).required) Unusable(Violation::REQUIRED, target, line, "the value is missing");
      return std::nullopt;
    }
    const auto number = Decimal::Parse(text);
    if (!number.ok()) {
      const bool is_number = number.status().code() == absl::StatusCode::kOutOfRange;
      Unusable(is_number ? Violation::OUT_OF_RANGE : Violation::TYPE, target, line,
               is_number ? "the number cannot be kept exactly" : "the value is not a number", text);
      return std::nullopt;
    }
    return Checked(target, *number, text, line);
  }

  std::optional<Decimal> Checked(Target target, const Decimal& number, std::string_view text, int line) {
    const FieldRules& rules = RulesOf(target);
    if (!rules.CheckNumber(number, text, {line, now_}, violations_)) {
      outcome_.mapped = false;
      return std::nullopt;
    }
    if (rules.unique_slot.has_value()) CheckUnique(rules, number.ToString(), line);
    return number;
  }

  void CheckSequenceNumber() {
    if (!order_.has_sequence_number()) {
      if (plan_.numbered) Unusable(Violation::REQUIRED, Target::kSequenceNumber, 0, "the value is missing");
      return;
    }
    if (!plan_.numbered) {
      violations_.Add(Violation::MISMATCH, TargetName(Target::kSequenceNumber), 0,
                      "this partner does not number its orders", std::to_string(order_.sequence_number()));
      return;
    }
    const Decimal number(order_.sequence_number());
    RulesOf(Target::kSequenceNumber).CheckNumber(number, {}, {0, now_}, violations_);
  }

  void CheckTaxRate() {
    const auto rate = ReadNumber(Target::kTaxRate, order_.tax_rate(), 0);
    if (rate.has_value()) tax_rate_ = *rate;
  }

  void CheckTime() {
    const FieldRules& rules = RulesOf(Target::kTransactionTime);
    if (!order_.has_transaction_time()) {
      Unusable(Violation::REQUIRED, Target::kTransactionTime, 0, "the value is missing");
      return;
    }
    const auto time = FromTimestamp(order_.transaction_time());
    if (!time.has_value()) {
      Unusable(Violation::OUT_OF_RANGE, Target::kTransactionTime, 0, "the time is no valid timestamp");
      return;
    }
    if (!rules.max_past.has_value() && !rules.max_future.has_value()) return;
    rules.CheckTime(*time, absl::FormatTime(absl::RFC3339_full, *time, absl::UTCTimeZone()), {0, now_}, violations_);
  }

  void CheckLines() {
    const auto count = static_cast<size_t>(order_.lines_size());
    if (count == 0) {
      violations_.Add(Violation::REQUIRED, "lines", 0, "the order has no lines");
      outcome_.mapped = false;
    } else if (count < plan_.min_lines || count > plan_.max_lines) {
      violations_.Add(Violation::LENGTH, "lines", 0, "the order has too few or too many lines");
      if (count > kMaxLines) return;
    }
    for (int i = 0; i < order_.lines_size(); ++i) CheckLine(order_.lines(i), i + 1);
  }

  template <typename OrderLine>
  void CheckLine(const OrderLine& line, int number) {
    CheckText(Target::kProductId, line.product_id(), number);
    const auto quantity = ReadNumber(Target::kQuantity, line.quantity(), number);
    const auto price = ReadPrice(line, number);
    if (quantity.has_value() && price.has_value()) amounts_.AddLine(*quantity, *price);
  }

  template <typename OrderLine>
  std::optional<Decimal> ReadPrice(const OrderLine& line, int number) {
    if (!line.has_unit_price()) {
      Unusable(Violation::REQUIRED, Target::kUnitPrice, number, "the value is missing");
      return std::nullopt;
    }
    const std::string_view currency = line.unit_price().currency_code();
    if (!currency.empty() && currency != order_.currency()) {
      violations_.Add(Violation::MISMATCH, TargetName(Target::kCurrency), number,
                      "the price is in another currency than the order", currency);
    }
    const auto price = Decimal::FromMoney(line.unit_price().units(), line.unit_price().nanos());
    if (!price.ok()) {
      Unusable(Violation::OUT_OF_RANGE, Target::kUnitPrice, number,
               "nanos must lie within +-999,999,999 and have the sign of units");
      return std::nullopt;
    }
    return Checked(Target::kUnitPrice, *price, {}, number);
  }

  void Finish() {
    if (!outcome_.mapped) return;
    CanonicalValues canonical;
    if (!amounts_.Finish(tax_rate_, plan_.rounding, order_.lines_size(), violations_, order_amounts_, canonical))
      return;
    for (const CrossRule& rule : plan_.rules) {
      if (!rule.expression.NeedsPayload()) CheckRule(rule, nullptr, canonical, true, violations_);
    }
  }

  const MappingPlan& plan_;
  const std::string& partner_id_;
  const absl::Time now_;
  const Order& order_;
  Outcome& outcome_;
  Violations violations_;
  Amounts amounts_;
  OrderAmounts order_amounts_;
  Decimal tax_rate_;
  std::vector<absl::flat_hash_set<std::string>> seen_;
};

}  // namespace

Outcome PartnerPlan::CheckTyped(absl::Time now, order::v1::Order& order) const {
  Outcome outcome;
  TypedRun run(plan_, partner_id_, now, order, outcome);
  run.Run();
  if (outcome.mapped && outcome.violations.empty()) Complete(run.ToCompletion(), order);
  return outcome;
}

Outcome PartnerPlan::CheckTyped(absl::Time now, const OrderView& order, std::string& completed) const {
  Outcome outcome;
  TypedRun run(plan_, partner_id_, now, order, outcome);
  run.Run();
  if (outcome.mapped && outcome.violations.empty()) WriteCompleted(order, run.ToCompletion(), completed);
  return outcome;
}

}  // namespace ordermesh::validation
