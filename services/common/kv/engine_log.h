// What RocksDB says of itself goes where everything else is logged, from warnings on. Its own log is a file beside the
// data, and on a full disk Debian's build, which has its assertions on, ends the process when that file cannot be
// written.
#pragma once

#include <rocksdb/env.h>

#include <cstdarg>

namespace ordermesh::kv {

class EngineLog final : public rocksdb::Logger {
 public:
  EngineLog() : Logger(rocksdb::WARN_LEVEL) {}

  using rocksdb::Logger::Logv;
  // Lines without a level are news; only RocksDB's header has none.
  void Logv(const char*, va_list) override {}
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;
};

}  // namespace ordermesh::kv
