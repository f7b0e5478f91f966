// CPU time and memory of the mesh's processes, from their pid files and /proc.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace ordermesh::bench {

// One process at one moment.
struct ProcessSample {
  int pid = 0;
  absl::Duration cpu;
  int64_t rss_bytes = 0;
  // The most it ever had.
  int64_t peak_rss_bytes = 0;
};

// User and system time in /proc/PID/stat; nothing where the text is not that.
std::optional<absl::Duration> ParseCpu(std::string_view stat, int64_t ticks_per_second);
// A line like "VmRSS:   1234 kB" of /proc/PID/status, in bytes; 0 where it is missing.
int64_t ParseMemory(std::string_view status, std::string_view name);

// Every process with a file ordermesh-NAME.pid in `run` that is alive. `proc` is /proc but in tests.
std::map<std::string, ProcessSample> SampleProcesses(const std::filesystem::path& run,
                                                     const std::filesystem::path& proc = "/proc");

}  // namespace ordermesh::bench
