// How one field of an order is read from a payload and checked: compiled from the mapping, run for every order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "re2/re2.h"
#include "services/common/base/decimal.h"
#include "services/common/base/json_document.h"
#include "services/validation/domain/date_format.h"
#include "services/validation/domain/payload_path.h"
#include "services/validation/domain/text_cleaning.h"
#include "services/validation/domain/violations.h"

namespace ordermesh::validation {

// The canonical field that a value fills. kCheckOnly fills none: the value is only checked.
enum class Target : uint8_t {
  kCheckOnly,
  kExternalOrderId,
  kSequenceNumber,
  kCustomerId,
  kTaxRate,
  kCurrency,
  kTransactionTime,
  kProductId,
  kQuantity,
  kUnitPrice,
};
inline constexpr int kTargets = 10;

enum class ValueKind : uint8_t { kText, kNumber, kTime };

// The canonical name of a target and what its values are.
std::string_view TargetName(Target target);
ValueKind KindOf(Target target);

// What every value of one field must satisfy. The checks add violations and change nothing.
struct FieldRules {
  // Where a value stands and what it is compared with.
  struct Place {
    int line = 0;
    absl::Time now;
  };

  // What violations call the field.
  std::string name;
  bool required = true;
  // Numbers.
  std::optional<Decimal> min;
  std::optional<Decimal> max;
  bool above_min = false;
  bool below_max = false;
  bool whole = false;
  // Texts: UTF-8 characters, and bytes of what is stored.
  size_t min_length = 0;
  size_t max_length = SIZE_MAX;
  size_t max_bytes = SIZE_MAX;
  std::shared_ptr<const RE2> pattern;
  absl::flat_hash_set<std::string> allowed;
  bool is_currency = false;
  // Times, relative to now.
  std::optional<absl::Duration> max_past;
  std::optional<absl::Duration> max_future;
  // Every line must have another value; the slot of this field among those with the rule.
  std::optional<int> unique_slot;

  void CheckText(std::string_view text, const Place& place, Violations& violations) const;
  // False where the number cannot be kept exactly in an order (more than nine decimals, 10^12 or more). Where `text` is
  // empty, violations show the number itself.
  bool CheckNumber(const Decimal& number, std::string_view text, const Place& place, Violations& violations) const;
  void CheckTime(absl::Time time, std::string_view text, const Place& place, Violations& violations) const;
};

// What a field is checked with where the mapping says nothing else.
FieldRules DefaultRules(Target target);

// Where the text of a field comes from.
struct ValueSource {
  enum class Kind : uint8_t { kNone, kPath, kConstant, kConcat };
  struct Part {
    // A path, or a constant text.
    std::optional<PayloadPath> path;
    std::string text;
  };

  Kind kind = Kind::kNone;
  PayloadPath path;
  std::string constant;
  std::vector<Part> parts;
};

// A lookup table: what a text becomes.
struct LookupTable {
  absl::flat_hash_map<std::string, std::string> entries;
};

// What reading a field gave.
struct FieldValue {
  std::string_view text;
  Decimal number;
  absl::Time time;
};

// Buffers of one thread, used again for every field of every order.
struct FieldScratch {
  std::string concat;
  std::string cleaned;
  // The values seen so far of each field with the unique rule.
  std::vector<absl::flat_hash_set<std::string>> seen;
};

struct FieldPlan {
  Target target = Target::kCheckOnly;
  ValueKind kind = ValueKind::kText;
  ValueSource source;
  // JSON types that are taken, as bits of JsonType.
  uint8_t accepted = 0;
  std::optional<std::string> default_value;
  TextCleaning cleaning;
  // Texts that become others before a missing value gets its default; all else stays.
  std::shared_ptr<const LookupTable> replace;
  std::shared_ptr<const LookupTable> lookup;
  // What a value without an entry becomes; without it such a value is a violation.
  std::optional<std::string> otherwise;
  int scale_by = 0;
  std::optional<int> round_decimals;
  Rounding rounding = Rounding::kNone;
  std::optional<DateFormat> date;
  FieldRules rules;

  // What came of it: kMissing is an optional field that is not there, kUnusable one with a violation that leaves no
  // value.
  enum class Result { kValue, kMissing, kUnusable };

  // Reads and checks the field, seen from `from`. Texts in `value` stay valid until the next Read with the same
  // scratch.
  Result Read(const JsonDocument& document, const JsonNode& from, const FieldRules::Place& place, FieldScratch& scratch,
              Violations& violations, FieldValue& value) const;

 private:
  enum class Found { kText, kMissing, kWrongType };

  Found Find(const JsonDocument& document, const JsonNode& from, FieldScratch& scratch, std::string_view& text) const;
  Found FindParts(const JsonDocument& document, const JsonNode& from, FieldScratch& scratch,
                  std::string_view& text) const;
  Found Accept(const JsonNode* node, std::string_view& text) const;
  bool Translate(std::string_view& text, const FieldRules::Place& place, Violations& violations) const;
  bool ReadNumber(const FieldRules::Place& place, Violations& violations, FieldValue& value) const;
  bool IsRepeated(const FieldValue& value, FieldScratch& scratch) const;
};

}  // namespace ordermesh::validation
