#include "services/validation/domain/field_plan.h"

#include <algorithm>
#include <array>

#include "services/common/base/limits.h"
#include "services/validation/domain/currency_codes.h"

namespace ordermesh::validation {
namespace {

constexpr int kMaxDecimals = 9;
constexpr Decimal kNumberBound = Decimal::Of(1'000'000'000'000, 0);

struct TargetFacts {
  std::string_view name;
  ValueKind kind;
};
constexpr std::array<TargetFacts, kTargets> kFacts = {{{"", ValueKind::kText},
                                                       {"externalOrderId", ValueKind::kText},
                                                       {"sequenceNumber", ValueKind::kNumber},
                                                       {"customerId", ValueKind::kText},
                                                       {"taxRate", ValueKind::kNumber},
                                                       {"currency", ValueKind::kText},
                                                       {"transactionTime", ValueKind::kTime},
                                                       {"productId", ValueKind::kText},
                                                       {"quantity", ValueKind::kNumber},
                                                       {"unitPrice", ValueKind::kNumber}}};

size_t Characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::string_view TargetName(Target target) { return kFacts[static_cast<size_t>(target)].name; }
ValueKind KindOf(Target target) { return kFacts[static_cast<size_t>(target)].kind; }

FieldRules DefaultRules(Target target) {
  FieldRules rules;
  rules.name = std::string(TargetName(target));
  const bool is_id =
      target == Target::kExternalOrderId || target == Target::kCustomerId || target == Target::kProductId;
  if (is_id) rules.max_bytes = kMaxIdBytes;
  rules.is_currency = target == Target::kCurrency;
  rules.whole = target == Target::kSequenceNumber;
  if (target == Target::kSequenceNumber || target == Target::kTaxRate || target == Target::kUnitPrice)
    rules.min = Decimal();
  if (target == Target::kTaxRate) rules.max = Decimal(1);
  if (target == Target::kQuantity) rules.min = Decimal(), rules.above_min = true;
  // A tax rate that the mapping does not speak of is 0.
  if (target == Target::kTaxRate || target == Target::kSequenceNumber) rules.required = false;
  return rules;
}

void FieldRules::CheckText(std::string_view text, const Place& place, Violations& violations) const {
  if (text.size() > max_bytes) {
    violations.Add(Violation::LENGTH, name, place.line, "the text is too long", text);
  } else if (min_length > 0 || max_length != SIZE_MAX) {
    const size_t length = Characters(text);
    if (length < min_length) violations.Add(Violation::LENGTH, name, place.line, "the text is too short", text);
    if (length > max_length) violations.Add(Violation::LENGTH, name, place.line, "the text is too long", text);
  }
  if (pattern != nullptr && !RE2::FullMatch(Piece(text), *pattern)) {
    violations.Add(Violation::PATTERN, name, place.line, "the text does not match the pattern of the field", text);
  }
  const bool listed = allowed.empty() || allowed.contains(absl::string_view(text.data(), text.size()));
  if (!listed || (is_currency && !IsCurrencyCode(text))) {
    violations.Add(Violation::ENUM, name, place.line, "the value is not one of those allowed", text);
  }
}

bool FieldRules::CheckNumber(const Decimal& number, std::string_view text, const Place& place,
                             Violations& violations) const {
  const auto add = [&](Violation::Code code, std::string_view message) {
    violations.Add(code, name, place.line, message, text.empty() ? number.ToString() : std::string(text));
  };
  if (whole) {
    const bool is_integer = number.IsInteger();
    if (!is_integer) add(Violation::TYPE, "the number is not whole");
    const bool fits = number.Abs() <= Decimal(INT64_MAX);
    if (is_integer && !fits) add(Violation::OUT_OF_RANGE, "the number does not fit 64 bits");
    if (!is_integer || !fits) return false;
  } else if (number.DecimalsNeeded() > kMaxDecimals || number.Abs() >= kNumberBound) {
    add(Violation::OUT_OF_RANGE, "the number has more than nine decimals or is 10^12 or more");
    return false;
  }
  const bool too_low = min.has_value() && (above_min ? number <= *min : number < *min);
  const bool too_high = max.has_value() && (below_max ? number >= *max : number > *max);
  if (too_low) add(Violation::RANGE, "the number is below the allowed range");
  if (too_high) add(Violation::RANGE, "the number is above the allowed range");
  return true;
}

void FieldRules::CheckTime(absl::Time time, std::string_view text, const Place& place, Violations& violations) const {
  if (max_past.has_value() && time < place.now - *max_past) {
    violations.Add(Violation::TIME_WINDOW, name, place.line, "the time lies too far in the past", text);
  }
  if (max_future.has_value() && time > place.now + *max_future) {
    violations.Add(Violation::TIME_WINDOW, name, place.line, "the time lies too far in the future", text);
  }
}

FieldPlan::Found FieldPlan::Accept(const JsonNode* node, std::string_view& text) const {
  if (node == nullptr || node->type == JsonType::kNull) return Found::kMissing;
  if ((accepted >> static_cast<int>(node->type) & 1) == 0) {
    text = node->text;
    return Found::kWrongType;
  }
  text = node->text;
  return Found::kText;
}

FieldPlan::Found FieldPlan::FindParts(const JsonDocument& document, const JsonNode& from, FieldScratch& scratch,
                                      std::string_view& text) const {
  scratch.concat.clear();
  for (const ValueSource::Part& part : source.parts) {
    std::string_view piece = part.text;
    if (part.path.has_value()) {
      const Found found = Accept(part.path->Find(document, from), piece);
      if (found == Found::kText && piece.empty()) return Found::kMissing;
      if (found != Found::kText) {
        text = piece;
        return found;
      }
    }
    scratch.concat += piece;
  }
  text = scratch.concat;
  return Found::kText;
}

FieldPlan::Found FieldPlan::Find(const JsonDocument& document, const JsonNode& from, FieldScratch& scratch,
                                 std::string_view& text) const {
  Found found = Found::kMissing;
  if (source.kind == ValueSource::Kind::kPath) found = Accept(source.path.Find(document, from), text);
  if (source.kind == ValueSource::Kind::kConcat) found = FindParts(document, from, scratch, text);
  if (source.kind == ValueSource::Kind::kConstant) {
    text = source.constant;
    return Found::kText;
  }
  if (found == Found::kText && !cleaning.empty()) text = cleaning.Apply(text, scratch.cleaned);
  if (found == Found::kText && replace != nullptr) {
    const auto entry = replace->entries.find(absl::string_view(text.data(), text.size()));
    if (entry != replace->entries.end()) text = entry->second;
  }
  if (found == Found::kText && text.empty()) found = Found::kMissing;
  if (found == Found::kMissing && default_value.has_value()) {
    text = *default_value;
    return Found::kText;
  }
  return found;
}

bool FieldPlan::Translate(std::string_view& text, const FieldRules::Place& place, Violations& violations) const {
  const auto entry = lookup->entries.find(absl::string_view(text.data(), text.size()));
  if (entry != lookup->entries.end()) {
    text = entry->second;
  } else if (otherwise.has_value()) {
    text = *otherwise;
  } else {
    violations.Add(Violation::LOOKUP, rules.name, place.line, "the lookup table has no entry for the value", text);
    return false;
  }
  return true;
}

bool FieldPlan::ReadNumber(const FieldRules::Place& place, Violations& violations, FieldValue& value) const {
  const auto parsed = Decimal::Parse(value.text);
  if (!parsed.ok()) {
    const bool is_number = parsed.status().code() == absl::StatusCode::kOutOfRange;
    violations.Add(is_number ? Violation::OUT_OF_RANGE : Violation::TYPE, rules.name, place.line,
                   is_number ? "the number cannot be kept exactly" : "the value is not a number", value.text);
    return false;
  }
  std::optional<Decimal> number = *parsed;
  if (scale_by != 0) number = number->ScaleBy(scale_by);
  if (number.has_value() && round_decimals.has_value()) number = number->Round(*round_decimals, rounding);
  if (!number.has_value()) {
    violations.Add(Violation::OUT_OF_RANGE, rules.name, place.line, "the number cannot be kept exactly", value.text);
    return false;
  }
  value.number = *number;
  return rules.CheckNumber(value.number, value.text, place, violations);
}

bool FieldPlan::IsRepeated(const FieldValue& value, FieldScratch& scratch) const {
  auto& seen = scratch.seen[*rules.unique_slot];
  if (kind == ValueKind::kNumber) return !seen.insert(value.number.ToString()).second;
  if (kind == ValueKind::kTime) return !seen.insert(absl::FormatTime(value.time, absl::UTCTimeZone())).second;
  return !seen.emplace(value.text).second;
}

FieldPlan::Result FieldPlan::Read(const JsonDocument& document, const JsonNode& from, const FieldRules::Place& place,
                                  FieldScratch& scratch, Violations& violations, FieldValue& value) const {
  const Found found = Find(document, from, scratch, value.text);
  if (found == Found::kMissing) {
    if (!rules.required) return Result::kMissing;
    violations.Add(Violation::REQUIRED, rules.name, place.line, "the value is missing");
    return Result::kUnusable;
  }
  if (found == Found::kWrongType) {
    violations.Add(Violation::TYPE, rules.name, place.line, "the value has the wrong JSON type", value.text);
    return Result::kUnusable;
  }
  if (lookup != nullptr && !Translate(value.text, place, violations)) return Result::kUnusable;
  if (kind == ValueKind::kText) {
    rules.CheckText(value.text, place, violations);
  } else if (kind == ValueKind::kNumber) {
    if (!ReadNumber(place, violations, value)) return Result::kUnusable;
  } else {
    const auto time = date->Parse(value.text);
    if (!time.has_value()) {
      violations.Add(Violation::PATTERN, rules.name, place.line, "the time does not match the date format", value.text);
      return Result::kUnusable;
    }
    value.time = *time;
    rules.CheckTime(value.time, value.text, place, violations);
  }
  if (rules.unique_slot.has_value() && IsRepeated(value, scratch)) {
    violations.Add(Violation::UNIQUE, rules.name, place.line, "the value occurs twice in the order", value.text);
  }
  return Result::kValue;
}

}  // namespace ordermesh::validation
