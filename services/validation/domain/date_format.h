// Reads times in a partner's own format. The format is compiled once; reading takes one pass and allocates nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ordermesh::validation {

class DateFormat {
 public:
  // `iso8601`, or a pattern of
  //   YYYY             four digits
  //   MM DD HH SS      two digits; M D H S one or two
  //   mm m             minutes; M and MM mean minutes too once the hour was read (DD/MM/YYYY HH:MM)
  //   .fff             a point and 1 to 9 digits of a second, or nothing
  //   Z                Z, +HH:MM or +HHMM
  //   'text'           that text; every other character but a letter stands for itself.
  // Year, month and day must be there. INVALID_ARGUMENT for anything else.
  //
  // Without Z the time is civil time in `zone`. A civil time that occurs twice is its first occurrence; one that is
  // skipped is read with the offset before the jump (01:30 in the hour that is left out becomes 02:30).
  static absl::StatusOr<DateFormat> Compile(std::string_view format, absl::TimeZone zone);

  // Nothing where the text does not match, names no real date or lies outside the years 1 to 9999.
  std::optional<absl::Time> Parse(std::string_view text) const;

 private:
  enum class Part : uint8_t { kYear, kMonth, kDay, kHour, kMinute, kSecond, kFraction, kOffset, kLiteral };
  struct Element {
    Part part;
    uint8_t min_digits = 0;
    uint8_t max_digits = 0;
    char literal = 0;
  };
  struct Fields;

  absl::Status Add(char letter, size_t width);
  bool Has(Part part) const;
  static bool Read(const Element& element, std::string_view& rest, Fields& fields);
  static bool ReadOffset(std::string_view& rest, Fields& fields);
  std::optional<absl::Time> ToTime(const Fields& fields) const;

  std::vector<Element> elements_;
  absl::TimeZone zone_;
  bool is_utc_ = true;
};

}  // namespace ordermesh::validation
