// The compiler of RuleExpression: recursive descent, bounded in depth and steps.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/validation/domain/rule_expression.h"

namespace ordermesh::validation {
namespace {

constexpr int kMaxDepth = 8;
constexpr std::array<std::pair<std::string_view, Canonical>, kCanonicals> kCanonicalNames = {
    {{"grossAmount", Canonical::kGrossAmount},
     {"taxAmount", Canonical::kTaxAmount},
     {"netAmount", Canonical::kNetAmount},
     {"taxRate", Canonical::kTaxRate},
     {"quantity", Canonical::kQuantity},
     {"lineCount", Canonical::kLineCount}}};

bool IsNameChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

class RuleParser {
 public:
  using Step = RuleExpression::Step;
  using Op = RuleExpression::Op;

  explicit RuleParser(std::string_view text) : text_(text) {}

  absl::Status Parse(RuleExpression& rule) {
    OM_RETURN_IF_ERROR(Side(rule.left_));
    OM_RETURN_IF_ERROR(ReadComparison(rule.comparison_));
    OM_RETURN_IF_ERROR(Side(rule.right_));
    SkipSpace();
    if (at_ != text_.size()) return Fail("the rule ends here, or an operator is missing");
    rule.paths_ = std::move(paths_);
    rule.needs_payload_ = !rule.paths_.empty();
    rule.needs_canonical_ = needs_canonical_;
    return absl::OkStatus();
  }

 private:
  absl::Status Fail(std::string_view why) const {
    return InvalidField("check",
                        absl::StrCat(absl::string_view(why.data(), why.size()), " (at character ", at_ + 1, ")"));
  }

  void SkipSpace() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  bool Take(std::string_view token) {
    SkipSpace();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }

  absl::Status ReadComparison(RuleExpression::Comparison& comparison) {
    using Comparison = RuleExpression::Comparison;
    static constexpr std::array<std::pair<std::string_view, Comparison>, 6> kSigns = {{{"==", Comparison::kEqual},
                                                                                       {"!=", Comparison::kNotEqual},
                                                                                       {"<=", Comparison::kAtMost},
                                                                                       {">=", Comparison::kAtLeast},
                                                                                       {"<", Comparison::kLess},
                                                                                       {">", Comparison::kGreater}}};
    for (const auto& [sign, meaning] : kSigns) {
      if (!Take(sign)) continue;
      comparison = meaning;
      return absl::OkStatus();
    }
    return Fail("a comparison is expected: == != <= < >= >");
  }

  absl::Status Side(std::vector<Step>& steps) {
    OM_RETURN_IF_ERROR(Expression(steps, {}, 0));
    if (steps.size() > RuleExpression::kMaxSteps) return Fail("a side of a rule has at most 64 steps");
    if (StackOf(steps.data(), steps.data() + steps.size()) > RuleExpression::kMaxStack) {
      return Fail("the rule is nested too deeply");
    }
    return absl::OkStatus();
  }

  // The deepest stack that the steps need, bodies of sums included.
  static size_t StackOf(const Step* begin, const Step* end) {
    size_t top = 0, deepest = 0;
    for (const Step* step = begin; step != end; ++step) {
      if (step->op == Op::kAdd || step->op == Op::kSubtract || step->op == Op::kMultiply) {
        --top;
      } else if (step->op != Op::kNegate) {
        ++top;
        if (step->body > 0) deepest = std::max(deepest, StackOf(step + 1, step + 1 + step->body));
        step += step->body;
      }
      deepest = std::max(deepest, top);
    }
    return deepest;
  }

  absl::Status Expression(std::vector<Step>& steps, const PayloadPath& base, int depth) {
    if (depth > kMaxDepth) return Fail("the rule is nested too deeply");
    OM_RETURN_IF_ERROR(Term(steps, base, depth));
    while (true) {
      const bool adds = Take("+");
      if (!adds && !Take("-")) return absl::OkStatus();
      OM_RETURN_IF_ERROR(Term(steps, base, depth));
      steps.push_back({adds ? Op::kAdd : Op::kSubtract});
    }
  }

  absl::Status Term(std::vector<Step>& steps, const PayloadPath& base, int depth) {
    OM_RETURN_IF_ERROR(Factor(steps, base, depth));
    while (Take("*")) {
      OM_RETURN_IF_ERROR(Factor(steps, base, depth));
      steps.push_back({Op::kMultiply});
    }
    return absl::OkStatus();
  }

  absl::Status Factor(std::vector<Step>& steps, const PayloadPath& base, int depth) {
    if (depth > kMaxDepth) return Fail("the rule is nested too deeply");
    if (Take("-")) {
      OM_RETURN_IF_ERROR(Factor(steps, base, depth + 1));
      steps.push_back({Op::kNegate});
      return absl::OkStatus();
    }
    if (Take("(")) {
      OM_RETURN_IF_ERROR(Expression(steps, base, depth + 1));
      return Take(")") ? absl::OkStatus() : Fail("a closing parenthesis is missing");
    }
    if (Take("@")) return CanonicalName(steps);
    SkipSpace();
    if (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') return Number(steps);
    if (Take("sum(")) return Sum(steps, base, depth);
    Step step{Op::kPath};
    OM_RETURN_IF_ERROR(Path(step.path));
    paths_.push_back(base.Join(step.path));
    steps.push_back(std::move(step));
    return absl::OkStatus();
  }

  absl::Status Sum(std::vector<Step>& steps, const PayloadPath& base, int depth) {
    Step step{Op::kSum};
    OM_RETURN_IF_ERROR(Path(step.path));
    const PayloadPath array = base.Join(step.path);
    paths_.push_back(array);
    const size_t place = steps.size();
    const bool each = Take(",");
    if (each) step.op = Op::kSumEach;
    steps.push_back(std::move(step));
    if (each) {
      OM_RETURN_IF_ERROR(Expression(steps, array, depth + 1));
      steps[place].body = static_cast<uint32_t>(steps.size() - place - 1);
    }
    return Take(")") ? absl::OkStatus() : Fail("a closing parenthesis is missing");
  }

  absl::Status CanonicalName(std::vector<Step>& steps) {
    const size_t start = at_;
    while (at_ < text_.size() && IsNameChar(text_[at_])) ++at_;
    for (const auto& [name, canonical] : kCanonicalNames) {
      if (name != text_.substr(start, at_ - start)) continue;
      Step step{Op::kCanonical};
      step.canonical = canonical;
      steps.push_back(std::move(step));
      needs_canonical_ = true;
      return absl::OkStatus();
    }
    return Fail("after @ comes grossAmount, taxAmount, netAmount, taxRate, quantity or lineCount");
  }

  absl::Status Number(std::vector<Step>& steps) {
    const size_t start = at_;
    while (at_ < text_.size() && (absl::ascii_isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.'))
      ++at_;
    const auto number = Decimal::Parse(text_.substr(start, at_ - start));
    if (!number.ok()) return Fail("a number is expected here");
    Step step{Op::kConstant};
    step.constant = *number;
    steps.push_back(std::move(step));
    return absl::OkStatus();
  }

  absl::Status Path(PayloadPath& path) {
    SkipSpace();
    const size_t start = at_;
    while (at_ < text_.size() && (IsNameChar(text_[at_]) || text_[at_] == '.' || text_[at_] == '[')) {
      if (text_[at_] != '[') {
        ++at_;
        continue;
      }
      const size_t end = text_.substr(at_, 2) == "[\"" ? text_.find("\"]", at_) + 1 : text_.find(']', at_);
      if (end == std::string_view::npos || end == 0) return Fail("a bracket is not closed");
      at_ = end + 1;
    }
    auto parsed = PayloadPath::Parse(text_.substr(start, at_ - start));
    if (!parsed.ok()) return Fail("a number, a path, @name, sum( or ( is expected here");
    path = *std::move(parsed);
    return absl::OkStatus();
  }

  const std::string_view text_;
  size_t at_ = 0;
  bool needs_canonical_ = false;
  std::vector<PayloadPath> paths_;
};

absl::StatusOr<RuleExpression> RuleExpression::Compile(std::string_view text, const Decimal& tolerance) {
  RuleExpression rule;
  rule.tolerance_ = tolerance;
  OM_RETURN_IF_ERROR(RuleParser(text).Parse(rule));
  return rule;
}

}  // namespace ordermesh::validation
