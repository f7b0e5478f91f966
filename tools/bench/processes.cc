#include "tools/bench/processes.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace ordermesh::bench {
namespace {

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::optional<ProcessSample> Sample(int pid, const std::filesystem::path& proc) {
  const std::filesystem::path folder = proc / std::to_string(pid);
  const auto cpu = ParseCpu(ReadAll(folder / "stat"), sysconf(_SC_CLK_TCK));
  if (!cpu.has_value()) return std::nullopt;
  const std::string status = ReadAll(folder / "status");
  return ProcessSample{pid, *cpu, ParseMemory(status, "VmRSS"), ParseMemory(status, "VmHWM")};
}

}  // namespace

std::optional<absl::Duration> ParseCpu(std::string_view stat, int64_t ticks_per_second) {
  // The program's name is in parentheses and may hold spaces; utime and stime are the 12th and 13th field after it.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  const std::vector<absl::string_view> fields =
      absl::StrSplit(View(stat.substr(name_end + 1)), absl::ByAnyChar(" \n"), absl::SkipEmpty());
  int64_t user = 0;
  int64_t system = 0;
  if (fields.size() < 13 || !absl::SimpleAtoi(fields[11], &user) || !absl::SimpleAtoi(fields[12], &system)) {
    return std::nullopt;
  }
  return absl::Seconds(user + system) / ticks_per_second;
}

int64_t ParseMemory(std::string_view status, std::string_view name) {
  for (const absl::string_view line : absl::StrSplit(View(status), '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    int64_t kilobytes = 0;
    if (words.size() >= 2 && words[0] == View(name) && absl::SimpleAtoi(words[1], &kilobytes)) return kilobytes * 1024;
  }
  return 0;
}

std::map<std::string, ProcessSample> SampleProcesses(const std::filesystem::path& run,
                                                     const std::filesystem::path& proc) {
  std::map<std::string, ProcessSample> samples;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(run, error)) {
    // Supervisors keep pid files there too; they are not what is measured.
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".pid" || name.rfind("ordermesh-", 0) != 0) continue;
    const std::vector<std::string> words =
        absl::StrSplit(ReadAll(entry.path()), absl::ByAnyChar(" \n"), absl::SkipEmpty());
    int pid = 0;
    if (words.empty() || !absl::SimpleAtoi(words[0], &pid)) continue;
    if (const auto sample = Sample(pid, proc); sample.has_value()) samples[name] = *sample;
  }
  return samples;
}

}  // namespace ordermesh::bench
