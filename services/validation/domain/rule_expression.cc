#include "services/validation/domain/rule_expression.h"

#include "absl/strings/str_cat.h"

namespace ordermesh::validation {

struct RuleExpression::Run {
  const JsonDocument* document;
  const CanonicalValues* canonical;
  std::string_view bad_text;
};

RuleExpression::Result RuleExpression::Check(const JsonDocument* document, const CanonicalValues* canonical,
                                             std::string& text) const {
  Run run{document, canonical, {}};
  const JsonNode* root = document == nullptr ? nullptr : &document->root();
  Decimal left, right;
  Result result = Evaluate(run, root, left_.data(), left_.data() + left_.size(), left);
  if (result == Result::kHolds) result = Evaluate(run, root, right_.data(), right_.data() + right_.size(), right);
  if (result != Result::kHolds) {
    text = std::string(run.bad_text);
    return result;
  }
  const auto difference = left.Subtract(right);
  if (difference.has_value() && Holds(left, *difference)) return Result::kHolds;
  text = absl::StrCat(left.ToString(), " and ", right.ToString());
  return difference.has_value() ? Result::kBroken : Result::kTooLarge;
}

bool RuleExpression::Holds(const Decimal& left, const Decimal& difference) const {
  switch (comparison_) {
    case Comparison::kEqual:
      return difference.Abs() <= tolerance_;
    case Comparison::kNotEqual:
      return difference.Abs() > tolerance_;
    case Comparison::kAtMost:
      return difference <= tolerance_;
    case Comparison::kLess:
      return difference < tolerance_;
    case Comparison::kAtLeast:
      return difference.Negated() <= tolerance_;
    case Comparison::kGreater:
      return difference.Negated() < tolerance_;
  }
  return false;
}

RuleExpression::Result RuleExpression::Evaluate(Run& run, const JsonNode* from, const Step* begin, const Step* end,
                                                Decimal& value) {
  std::array<Decimal, kMaxStack> stack;
  size_t top = 0;
  for (const Step* step = begin; step != end; ++step) {
    if (step->op == Op::kNegate) {
      stack[top - 1] = stack[top - 1].Negated();
    } else if (step->op == Op::kAdd || step->op == Op::kSubtract || step->op == Op::kMultiply) {
      --top;
      const Decimal& left = stack[top - 1];
      const Decimal& right = stack[top];
      const auto result = step->op == Op::kAdd        ? left.Add(right)
                          : step->op == Op::kSubtract ? left.Subtract(right)
                                                      : left.Multiply(right);
      if (!result.has_value()) return Result::kTooLarge;
      stack[top - 1] = *result;
    } else {
      const Result result = Push(run, from, *step, stack[top]);
      if (result != Result::kHolds) return result;
      ++top;
      step += step->body;
    }
  }
  value = stack[0];
  return Result::kHolds;
}

RuleExpression::Result RuleExpression::Push(Run& run, const JsonNode* from, const Step& step, Decimal& value) {
  switch (step.op) {
    case Op::kConstant:
      value = step.constant;
      return Result::kHolds;
    case Op::kCanonical:
      value = (*run.canonical)[static_cast<size_t>(step.canonical)];
      return Result::kHolds;
    case Op::kSum:
      return SumPath(run, from, step, value);
    case Op::kSumEach:
      return SumEach(run, from, step, value);
    default: {
      const JsonNode* node = step.path.Find(*run.document, *from);
      if (node == nullptr || node->type == JsonType::kNull) return Result::kMissing;
      return Number(run, *node, value);
    }
  }
}

RuleExpression::Result RuleExpression::Number(Run& run, const JsonNode& node, Decimal& value) {
  const bool may_hold = node.type == JsonType::kNumber || node.type == JsonType::kString;
  run.bad_text = node.text;
  if (!may_hold) return Result::kNotANumber;
  const auto number = Decimal::Parse(node.text);
  if (!number.ok()) {
    return number.status().code() == absl::StatusCode::kOutOfRange ? Result::kTooLarge : Result::kNotANumber;
  }
  value = *number;
  return Result::kHolds;
}

RuleExpression::Result RuleExpression::SumPath(Run& run, const JsonNode* from, const Step& step, Decimal& value) {
  Result result = Result::kHolds;
  value = Decimal();
  step.path.ForEach(*run.document, *from, [&run, &value, &result](const JsonNode& node) {
    if (node.type == JsonType::kNull) return true;
    Decimal number;
    result = Number(run, node, number);
    if (result != Result::kHolds) return false;
    const auto sum = value.Add(number);
    if (!sum.has_value()) result = Result::kTooLarge;
    value = sum.value_or(value);
    return result == Result::kHolds;
  });
  return result;
}

RuleExpression::Result RuleExpression::SumEach(Run& run, const JsonNode* from, const Step& step, Decimal& value) {
  Result result = Result::kHolds;
  value = Decimal();
  const Step* body = &step + 1;
  step.path.ForEach(*run.document, *from, [&](const JsonNode& node) {
    Decimal number;
    result = Evaluate(run, &node, body, body + step.body, number);
    if (result != Result::kHolds) return false;
    const auto sum = value.Add(number);
    if (!sum.has_value()) result = Result::kTooLarge;
    value = sum.value_or(value);
    return result == Result::kHolds;
  });
  return result;
}

}  // namespace ordermesh::validation
