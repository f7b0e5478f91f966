#include "services/common/telemetry/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/common/base/errors.h"

namespace ordermesh::telemetry {
namespace {

constexpr size_t kQueuedLines = 8'192;

// Held as a raw pointer on purpose: lines may be written until the last instruction of the process.
spdlog::logger* g_logger = nullptr;
std::string* g_service = nullptr;

void Write(spdlog::level::level_enum level, std::string_view event, std::initializer_list<LogField> fields) {
  if (g_logger == nullptr || !g_logger->should_log(level)) return;
  nlohmann::ordered_json line;
  line["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  line["level"] = std::string_view(spdlog::level::to_string_view(level).data());
  line["service"] = *g_service;
  line["pid"] = getpid();
  line["event"] = event;
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.name)] = value; }, field.value);
  }
  g_logger->log(level, line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

absl::Status StartLogging(std::string_view service, std::string_view level) {
  const auto parsed = spdlog::level::from_str(std::string(level));
  if (level != "debug" && level != "info" && level != "warn" && level != "error") {
    return InvalidField("log_level", "must be debug, info, warn or error");
  }
  spdlog::init_thread_pool(kQueuedLines, 1);
  static auto* const holder = new std::shared_ptr<spdlog::logger>();
  *holder =
      std::make_shared<spdlog::async_logger>("ordermesh", std::make_shared<spdlog::sinks::stdout_sink_mt>(),
                                             spdlog::thread_pool(), spdlog::async_overflow_policy::overrun_oldest);
  (*holder)->set_pattern("%v");
  (*holder)->set_level(parsed);
  (*holder)->flush_on(spdlog::level::info);
  g_service = new std::string(service);
  g_logger = holder->get();
  return absl::OkStatus();
}

void StopLogging() {
  g_logger = nullptr;
  spdlog::shutdown();
}

void LogDebug(std::string_view event, std::initializer_list<LogField> fields) {
  Write(spdlog::level::debug, event, fields);
}
void LogInfo(std::string_view event, std::initializer_list<LogField> fields) {
  Write(spdlog::level::info, event, fields);
}
void LogWarning(std::string_view event, std::initializer_list<LogField> fields) {
  Write(spdlog::level::warn, event, fields);
}
void LogError(std::string_view event, std::initializer_list<LogField> fields) {
  Write(spdlog::level::err, event, fields);
}

}  // namespace ordermesh::telemetry
