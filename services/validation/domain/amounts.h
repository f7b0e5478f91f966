// The amounts of an order, computed exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/decimal.h"
#include "services/validation/domain/mapping_plan.h"
#include "services/validation/domain/rule_expression.h"
#include "services/validation/domain/violations.h"

namespace ordermesh::validation {

// In the order's currency; units and nanos as Money has them.
struct OrderAmounts {
  struct Amount {
    int64_t units = 0;
    int32_t nanos = 0;
  };
  Amount gross;
  Amount tax;
  Amount net;
};
void SetAmounts(const OrderAmounts& amounts, order::v1::Order& order);

class Amounts {
 public:
  void AddLine(const Decimal& quantity, const Decimal& unit_price);

  // Fills `amounts`: gross = sum of quantity x unit price, tax = gross x rate, net = gross + tax; gross and tax are
  // rounded first where `rounding` says so. `values` then holds what rules can name of an order of so many lines.
  // False, with a violation OUT_OF_RANGE, where an amount has more than nine decimals or is too large.
  bool Finish(const Decimal& tax_rate, const std::optional<AmountRounding>& rounding, int lines, Violations& violations,
              OrderAmounts& amounts, CanonicalValues& values) const;

 private:
  std::optional<Decimal> gross_ = Decimal();
  std::optional<Decimal> quantity_ = Decimal();
};

}  // namespace ordermesh::validation
