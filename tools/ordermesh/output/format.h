// Numbers, times and amounts as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/money.pb.h"

namespace ordermesh::cli {

// 1234567 -> "1,234,567".
std::string FormatCount(int64_t number);
// "8 s", "2 min 05 s", "1 h 02 min".
std::string FormatTimeLeft(absl::Duration left);
// "11.996 EUR"; at least two decimals.
std::string FormatMoney(const google::type::Money& money);
// "2026-01-15 10:30:00" in UTC, with milliseconds where there are any; "-" where the time is not set.
std::string FormatTime(const google::protobuf::Timestamp& time);

// Reads RFC 3339 ("2026-01-15T10:30:00Z") or a date alone ("2026-01-15", its start in UTC).
bool ParseTime(std::string_view text, google::protobuf::Timestamp& time);

// Reads when something ends: a time as above, or how long from `now`, "90d" (or w, h, m for weeks, hours and minutes).
bool ParseExpiry(std::string_view text, absl::Time now, google::protobuf::Timestamp& time);

}  // namespace ordermesh::cli
