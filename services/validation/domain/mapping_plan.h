// A partner's mapping and rules, compiled: what runs for every order.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/common/base/decimal.h"
#include "services/common/base/limits.h"
#include "services/validation/domain/field_plan.h"
#include "services/validation/domain/json_schema.h"
#include "services/validation/domain/known_members.h"
#include "services/validation/domain/payload_path.h"
#include "services/validation/domain/rule_expression.h"
#include "services/validation/domain/violations.h"

namespace ordermesh::validation {

// A rule over several values: `field`, `code` and `message` are what its violation says.
struct CrossRule {
  std::string field;
  Violation::Code code = Violation::MISMATCH;
  std::string message;
  RuleExpression expression;
};

// Checks a rule. A value that is no number, or an exact result that does not fit, is a violation where
// `report_bad_values` says so: where the mapping failed already, the value has its violation there. `document` may be
// nullptr where the rule needs no payload.
void CheckRule(const CrossRule& rule, const JsonDocument* document, const CanonicalValues& canonical,
               bool report_bad_values, Violations& violations);

// How amounts are rounded; without it they are exact.
struct AmountRounding {
  int decimals = 2;
  Rounding mode = Rounding::kHalfUp;
};

struct MappingPlan {
  // That of the partner's config; 0 where the folder is only tried out.
  int32_t version = 0;
  // The partner numbers its orders.
  bool numbered = false;
  std::vector<FieldPlan> order_fields;
  // Where the array of lines stands; without it the payload itself is the one line.
  std::optional<PayloadPath> lines_path;
  // What violations call the lines.
  std::string lines_name = "lines";
  size_t min_lines = 1;
  size_t max_lines = kMaxLines;
  // Read from every line. A field of the order among them takes the first line's value and is checked in each.
  std::vector<FieldPlan> line_fields;
  std::vector<CrossRule> rules;
  std::optional<AmountRounding> rounding;
  std::shared_ptr<const JsonSchema> schema;
  // Set where members that the mapping does not name are refused.
  std::optional<KnownMembers> known;
  // How many fields have the unique rule.
  int unique_slots = 0;
  // What canonical orders are checked with; by Target.
  std::array<FieldRules, kTargets> typed_rules;
};

}  // namespace ordermesh::validation
