#include "tools/ordermesh/output/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"

namespace ordermesh::cli {

std::string FormatCount(int64_t number) {
  std::string text = std::to_string(number);
  const int64_t first = number < 0 ? 1 : 0;
  for (int64_t at = static_cast<int64_t>(text.size()) - 3; at > first; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string FormatTimeLeft(absl::Duration left) {
  const int64_t seconds = absl::ToInt64Seconds(absl::Ceil(std::max(left, absl::ZeroDuration()), absl::Seconds(1)));
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds % 3600 / 60);
}

std::string FormatMoney(const google::type::Money& money) {
  const bool negative = money.units() < 0 || money.nanos() < 0;
  // The smallest int64 has no positive counterpart, but as an unsigned number it has.
  const uint64_t units =
      money.units() < 0 ? 0 - static_cast<uint64_t>(money.units()) : static_cast<uint64_t>(money.units());
  std::string decimals = fmt::format("{:09}", money.nanos() < 0 ? -static_cast<int64_t>(money.nanos()) : money.nanos());
  while (decimals.size() > 2 && decimals.back() == '0') decimals.pop_back();
  return fmt::format("{}{}.{} {}", negative ? "-" : "", units, decimals, money.currency_code());
}

std::string FormatTime(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "-";
  const absl::Time at = absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  const char* form = time.nanos() >= 1'000'000 ? "%Y-%m-%d %H:%M:%E3S" : "%Y-%m-%d %H:%M:%S";
  return absl::FormatTime(form, at, absl::UTCTimeZone());
}

bool ParseTime(std::string_view text, google::protobuf::Timestamp& time) {
  const absl::string_view view(text.data(), text.size());
  absl::Time parsed;
  if (!absl::ParseTime(absl::RFC3339_full, view, &parsed, nullptr) &&
      !absl::ParseTime("%Y-%m-%d", view, absl::UTCTimeZone(), &parsed, nullptr)) {
    return false;
  }
  const int64_t seconds = absl::ToUnixSeconds(parsed);
  time.set_seconds(seconds);
  time.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(parsed - absl::FromUnixSeconds(seconds))));
  return true;
}

bool ParseExpiry(std::string_view text, absl::Time now, google::protobuf::Timestamp& time) {
  constexpr std::pair<char, int64_t> kUnits[] = {{'m', 60}, {'h', 3'600}, {'d', 86'400}, {'w', 604'800}};
  constexpr int kMostUnits = 1'000'000;
  int count = 0;
  for (const auto& [unit, seconds] : kUnits) {
    if (text.empty() || text.back() != unit) continue;
    if (!absl::SimpleAtoi(absl::string_view(text.data(), text.size() - 1), &count)) return false;
    if (count < 1 || count > kMostUnits) return false;
    time.set_seconds(absl::ToUnixSeconds(now) + count * seconds);
    time.set_nanos(0);
    return true;
  }
  return ParseTime(text, time);
}

}  // namespace ordermesh::cli
