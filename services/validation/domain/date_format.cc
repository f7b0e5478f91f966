#include "services/validation/domain/date_format.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "services/common/base/errors.h"

namespace ordermesh::validation {
namespace {

constexpr size_t kMaxElements = 64;
constexpr std::string_view kIso8601 = "YYYY-MM-DD'T'HH:MM:SSfffZ";

absl::Status BadFormat(std::string_view why) { return InvalidField("format", why); }

// Takes `min` to `max` digits off the front; -1 where they are not there.
int64_t TakeDigits(std::string_view& rest, size_t min, size_t max, size_t* taken = nullptr) {
  size_t at = 0;
  int64_t value = 0;
  while (at < max && at < rest.size() && rest[at] >= '0' && rest[at] <= '9') value = value * 10 + (rest[at++] - '0');
  if (at < min) return -1;
  rest.remove_prefix(at);
  if (taken != nullptr) *taken = at;
  return value;
}

bool TakeChar(std::string_view& rest, char c) {
  if (rest.empty() || rest[0] != c) return false;
  rest.remove_prefix(1);
  return true;
}

}  // namespace

struct DateFormat::Fields {
  // By Part, up to kSecond.
  std::array<int64_t, 6> civil = {1970, 1, 1, 0, 0, 0};
  int64_t nanos = 0;
  std::optional<int64_t> offset_seconds;
};

absl::StatusOr<DateFormat> DateFormat::Compile(std::string_view format, absl::TimeZone zone) {
  DateFormat compiled;
  compiled.zone_ = zone;
  compiled.is_utc_ = zone == absl::UTCTimeZone();
  if (format == "iso8601") format = kIso8601;
  for (size_t at = 0; at < format.size();) {
    const char c = format[at];
    if (c == '\'') {
      const size_t end = format.find('\'', at + 1);
      if (end == std::string_view::npos) return BadFormat("a quote is not closed");
      for (++at; at < end; ++at) compiled.elements_.push_back({Part::kLiteral, 0, 0, format[at]});
      ++at;
    } else if (absl::ascii_isalpha(static_cast<unsigned char>(c))) {
      size_t end = at;
      while (end < format.size() && format[end] == c) ++end;
      OM_RETURN_IF_ERROR(compiled.Add(c, end - at));
      at = end;
    } else {
      compiled.elements_.push_back({Part::kLiteral, 0, 0, c});
      ++at;
    }
  }
  if (compiled.elements_.size() > kMaxElements) return BadFormat("a date format has at most 64 parts");
  if (!compiled.Has(Part::kYear) || !compiled.Has(Part::kMonth) || !compiled.Has(Part::kDay)) {
    return BadFormat("a date format needs year, month and day");
  }
  return compiled;
}

bool DateFormat::Has(Part part) const {
  return std::any_of(elements_.begin(), elements_.end(), [part](const Element& e) { return e.part == part; });
}

absl::Status DateFormat::Add(char letter, size_t width) {
  struct Known {
    char letter;
    Part part;
    uint8_t max_width;
  };
  static constexpr std::array<Known, 9> kKnown = {{{'Y', Part::kYear, 4},
                                                   {'M', Part::kMonth, 2},
                                                   {'D', Part::kDay, 2},
                                                   {'H', Part::kHour, 2},
                                                   {'m', Part::kMinute, 2},
                                                   {'S', Part::kSecond, 2},
                                                   {'s', Part::kSecond, 2},
                                                   {'f', Part::kFraction, 9},
                                                   {'Z', Part::kOffset, 1}}};
  const auto known =
      std::find_if(kKnown.begin(), kKnown.end(), [letter](const Known& k) { return k.letter == letter; });
  if (known == kKnown.end() || width > known->max_width || (letter == 'Y' && width != 4)) {
    return BadFormat(absl::StrCat("'", std::string(width, letter),
                                  "' is not known; use YYYY MM M DD D HH H mm m SS S fff Z and quote other letters"));
  }
  Element element{known->part, static_cast<uint8_t>(width), static_cast<uint8_t>(width == 1 ? 2 : width)};
  if (letter == 'M' && Has(Part::kHour)) element.part = Part::kMinute;
  if (element.part == Part::kFraction) {
    element = {Part::kFraction, 1, 9};
    // The point belongs to the fraction: both are left out together.
    if (!elements_.empty() && elements_.back().literal == '.') elements_.pop_back();
  }
  if (Has(element.part)) return BadFormat("a part of the date occurs twice");
  elements_.push_back(element);
  return absl::OkStatus();
}

std::optional<absl::Time> DateFormat::Parse(std::string_view text) const {
  Fields fields;
  for (const Element& element : elements_) {
    if (!Read(element, text, fields)) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return ToTime(fields);
}

bool DateFormat::Read(const Element& element, std::string_view& rest, Fields& fields) {
  if (element.part == Part::kLiteral) return TakeChar(rest, element.literal);
  if (element.part == Part::kOffset) return ReadOffset(rest, fields);
  if (element.part == Part::kFraction) {
    size_t digits = 0;
    if (!TakeChar(rest, '.')) return true;
    fields.nanos = TakeDigits(rest, element.min_digits, element.max_digits, &digits);
    for (; fields.nanos > 0 && digits < 9; ++digits) fields.nanos *= 10;
    return fields.nanos >= 0;
  }
  const int64_t value = TakeDigits(rest, element.min_digits, element.max_digits);
  fields.civil[static_cast<size_t>(element.part)] = value;
  return value >= 0;
}

bool DateFormat::ReadOffset(std::string_view& rest, Fields& fields) {
  if (TakeChar(rest, 'Z')) {
    fields.offset_seconds = 0;
    return true;
  }
  const bool west = !rest.empty() && rest[0] == '-';
  if (!west && (rest.empty() || rest[0] != '+')) return false;
  rest.remove_prefix(1);
  const int64_t hours = TakeDigits(rest, 2, 2);
  TakeChar(rest, ':');
  const int64_t minutes = TakeDigits(rest, 2, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
  fields.offset_seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
  return true;
}

std::optional<absl::Time> DateFormat::ToTime(const Fields& fields) const {
  const auto& [year, month, day, hour, minute, second] = fields.civil;
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  // CivilSecond carries over what does not exist (31 February, 25:00); a partner that sends such a time is wrong.
  const bool real = civil.year() == year && civil.month() == month && civil.day() == day && civil.hour() == hour &&
                    civil.minute() == minute && civil.second() == second;
  if (!real || year < 1 || year > 9999) return std::nullopt;
  absl::Time time;
  if (fields.offset_seconds.has_value()) {
    time = absl::FromCivil(civil, absl::UTCTimeZone()) - absl::Seconds(*fields.offset_seconds);
  } else if (is_utc_) {
    time = absl::FromCivil(civil, absl::UTCTimeZone());
  } else {
    time = zone_.At(civil).pre;
  }
  time += absl::Nanoseconds(fields.nanos);
  static const absl::Time kFirst = absl::FromCivil(absl::CivilSecond(1, 1, 1), absl::UTCTimeZone());
  static const absl::Time kEnd = absl::FromCivil(absl::CivilSecond(10000, 1, 1), absl::UTCTimeZone());
  if (time < kFirst || time >= kEnd) return std::nullopt;
  return time;
}

}  // namespace ordermesh::validation
