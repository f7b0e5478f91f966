// Rules over several values of an order: `sum(payments.value) == sum(items.price) + sum(items.freight_value)`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/base/decimal.h"
#include "services/common/base/json_document.h"
#include "services/validation/domain/payload_path.h"

namespace ordermesh::validation {

// Values of the canonical order that a rule can name, whatever the payload looked like.
enum class Canonical : uint8_t { kGrossAmount, kTaxAmount, kNetAmount, kTaxRate, kQuantity, kLineCount };
inline constexpr int kCanonicals = 6;
using CanonicalValues = std::array<Decimal, kCanonicals>;

// A comparison of two sums of products, compiled to steps for a small stack. Exact: never a double.
//
//   comparison = expression ( "==" | "!=" | "<=" | "<" | ">=" | ">" ) expression
//   expression = term { ( "+" | "-" ) term }
//   term       = factor { "*" factor }
//   factor     = number | path | "@" canonical | "sum(" path ")" | "sum(" path "," expression ")"
//              | "(" expression ")" | "-" factor
//
// sum(path) adds the values of every element of the arrays on the path; sum(path, expression) adds the expression as
// seen from every element of the array. Values are JSON numbers or strings that hold one. A sum over nothing is 0.
class RuleExpression {
 public:
  static constexpr size_t kMaxSteps = 64;
  static constexpr size_t kMaxStack = 16;

  // INVALID_ARGUMENT with the place in `text` and what is wrong.
  static absl::StatusOr<RuleExpression> Compile(std::string_view text, const Decimal& tolerance);

  enum class Result {
    kHolds,
    kBroken,
    // A value outside a sum is missing: the rule does not apply.
    kMissing,
    // A value is no number.
    kNotANumber,
    // The exact result does not fit.
    kTooLarge,
  };

  // `document` may be nullptr where NeedsPayload() is false, `canonical` where NeedsCanonical() is false. `text`
  // becomes the text of the offending value of kNotANumber and kTooLarge, and "left and right" for kBroken.
  Result Check(const JsonDocument* document, const CanonicalValues* canonical, std::string& text) const;

  bool NeedsPayload() const { return needs_payload_; }
  bool NeedsCanonical() const { return needs_canonical_; }
  // Every path of the rule as seen from the root; what sum(path, ...) reads has the array's path in front.
  const std::vector<PayloadPath>& paths() const { return paths_; }

 private:
  friend class RuleParser;

  enum class Op : uint8_t { kConstant, kCanonical, kPath, kSum, kSumEach, kAdd, kSubtract, kMultiply, kNegate };
  enum class Comparison : uint8_t { kEqual, kNotEqual, kAtMost, kLess, kAtLeast, kGreater };

  struct Step {
    Op op;
    Canonical canonical = Canonical::kGrossAmount;
    // kSumEach: how many of the following steps are its expression.
    uint32_t body = 0;
    Decimal constant;
    PayloadPath path;
  };
  struct Run;

  static Result Evaluate(Run& run, const JsonNode* from, const Step* begin, const Step* end, Decimal& value);
  static Result Push(Run& run, const JsonNode* from, const Step& step, Decimal& value);
  static Result SumPath(Run& run, const JsonNode* from, const Step& step, Decimal& value);
  static Result SumEach(Run& run, const JsonNode* from, const Step& step, Decimal& value);
  static Result Number(Run& run, const JsonNode& node, Decimal& value);
  bool Holds(const Decimal& left, const Decimal& difference) const;

  std::vector<Step> left_;
  std::vector<Step> right_;
  Comparison comparison_ = Comparison::kEqual;
  Decimal tolerance_;
  bool needs_payload_ = false;
  bool needs_canonical_ = false;
  std::vector<PayloadPath> paths_;
};

}  // namespace ordermesh::validation
