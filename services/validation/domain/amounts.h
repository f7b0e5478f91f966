// The amounts of an order, computed exactly.
#pragma once

#include <optional>
#include <string_view>

#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/decimal.h"
#include "services/validation/domain/mapping_plan.h"
#include "services/validation/domain/rule_expression.h"
#include "services/validation/domain/violations.h"

namespace ordermesh::validation {

class Amounts {
 public:
  void AddLine(const Decimal& quantity, const Decimal& unit_price);

  // Sets gross, tax and net amount in the order's currency: gross = sum of quantity x unit price, tax = gross x rate,
  // net = gross + tax; gross and tax are rounded first where `rounding` says so. False, with a violation OUT_OF_RANGE,
  // where an amount has more than nine decimals or is too large. `values` then holds what rules can name.
  bool Finish(const Decimal& tax_rate, const std::optional<AmountRounding>& rounding, Violations& violations,
              order::v1::Order& order, CanonicalValues& values) const;

 private:
  std::optional<Decimal> gross_ = Decimal();
  std::optional<Decimal> quantity_ = Decimal();
};

}  // namespace ordermesh::validation
