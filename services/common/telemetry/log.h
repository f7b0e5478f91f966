// Structured logs: one JSON object a line on standard output, written by a thread of its own from a bounded queue.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"

namespace ordermesh::telemetry {

// One member of a log line. Never a key, a token or a payload.
struct LogField {
  std::string_view name;
  std::variant<int64_t, double, bool, std::string> value;
};

// Call once, before any line. `level` is debug, info, warn or error; INVALID_ARGUMENT otherwise.
absl::Status StartLogging(std::string_view service, std::string_view level);
// Writes what is queued. Call before the process ends.
void StopLogging();

// `event` is a fixed phrase that can be searched for ("stream opened"); what varies stands in the fields. When the
// queue is full the oldest lines are dropped: a log never holds up an order. Before StartLogging lines are dropped.
void LogDebug(std::string_view event, std::initializer_list<LogField> fields = {});
void LogInfo(std::string_view event, std::initializer_list<LogField> fields = {});
void LogWarning(std::string_view event, std::initializer_list<LogField> fields = {});
void LogError(std::string_view event, std::initializer_list<LogField> fields = {});

}  // namespace ordermesh::telemetry
