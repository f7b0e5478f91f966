#include "services/validation/domain/mapping_plan.h"

namespace ordermesh::validation {

void CheckRule(const CrossRule& rule, const JsonDocument* document, const CanonicalValues& canonical,
               bool report_bad_values, Violations& violations) {
  std::string text;
  switch (rule.expression.Check(document, &canonical, text)) {
    case RuleExpression::Result::kHolds:
    case RuleExpression::Result::kMissing:
      return;
    case RuleExpression::Result::kBroken:
      violations.Add(rule.code, rule.field, 0, rule.message, text);
      return;
    case RuleExpression::Result::kNotANumber:
      if (report_bad_values) violations.Add(Violation::TYPE, rule.field, 0, "the value is not a number", text);
      return;
    case RuleExpression::Result::kTooLarge:
      if (report_bad_values) {
        violations.Add(Violation::OUT_OF_RANGE, rule.field, 0, "the number cannot be kept exactly", text);
      }
      return;
  }
}

}  // namespace ordermesh::validation
