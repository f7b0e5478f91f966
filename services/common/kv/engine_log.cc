#include "services/common/kv/engine_log.h"

#include <array>
#include <cstdio>
#include <string>

#include "services/common/telemetry/log.h"

namespace ordermesh::kv {

void EngineLog::Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  if (level < rocksdb::WARN_LEVEL || level == rocksdb::HEADER_LEVEL) return;
  // A longer line is cut.
  std::array<char, 1024> text;
  std::vsnprintf(text.data(), text.size(), format, arguments);
  if (level == rocksdb::WARN_LEVEL) {
    telemetry::LogWarning("rocksdb", {{"text", std::string(text.data())}});
  } else {
    telemetry::LogError("rocksdb", {{"text", std::string(text.data())}});
  }
}

}  // namespace ordermesh::kv
