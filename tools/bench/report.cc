#include "tools/bench/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "nlohmann/json.hpp"
#include "tools/ordermesh/output/format.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::bench {
namespace {

using cli::FormatCount;
using cli::Table;
using nlohmann::ordered_json;

constexpr auto kRight = Table::Align::kRight;
constexpr std::pair<const char*, double> kPercentiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}};

double Milliseconds(int64_t us) { return static_cast<double>(us) / 1'000; }
double Mebibytes(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

double OrdersPerSecond(const Report& report) {
  const double seconds = absl::ToDoubleSeconds(report.load.elapsed);
  return seconds > 0 ? static_cast<double>(report.load.tally.verdicts()) / seconds : 0;
}

double PerOrder(absl::Duration cpu, const Report& report) {
  return absl::ToDoubleMicroseconds(cpu) / static_cast<double>(std::max<int64_t>(1, report.load.tally.verdicts()));
}

std::vector<std::pair<const char*, int64_t>> CountsOf(const Tally& tally) {
  return {{"sent", tally.sent},
          {"created", tally.created},
          {"replayed", tally.replayed},
          {"conflicts", tally.conflicts},
          {"sequenceReused", tally.sequence_reused},
          {"rejected", tally.rejected},
          {"busy", tally.busy},
          {"failed", tally.failed},
          {"reconnects", tally.reconnects}};
}

}  // namespace

std::vector<ProcessUse> ProcessesOf(const Report& report) {
  std::vector<ProcessUse> uses;
  for (const auto& [name, after] : report.after) {
    const auto before = report.before.find(name);
    const bool restarted = before == report.before.end() || before->second.pid != after.pid;
    const absl::Duration cpu = restarted ? after.cpu : after.cpu - before->second.cpu;
    uses.push_back({name, PerOrder(cpu, report), after.rss_bytes, after.peak_rss_bytes, restarted});
  }
  uses.push_back({"ordermesh-bench", PerOrder(report.own_cpu, report)});
  return uses;
}

std::string ReportAsJson(const Report& report) {
  const Tally& tally = report.load.tally;
  ordered_json json{{"seconds", absl::ToDoubleSeconds(report.load.elapsed)},
                    {"verdicts", tally.verdicts()},
                    {"ordersPerSecond", OrdersPerSecond(report)}};
  for (const auto& [name, count] : CountsOf(tally)) json[name] = count;
  auto& latency = json["latencyMs"];
  latency["mean"] = tally.latency.mean_us() / 1'000;
  for (const auto& [name, percent] : kPercentiles) latency[name] = Milliseconds(tally.latency.Percentile(percent));
  latency["max"] = Milliseconds(tally.latency.max_us());
  auto& processes = json["processes"] = ordered_json::array();
  for (const ProcessUse& use : ProcessesOf(report)) {
    processes.push_back({{"name", use.name},
                         {"cpuUsPerOrder", use.cpu_us_per_order},
                         {"rssBytes", use.rss_bytes},
                         {"peakRssBytes", use.peak_rss_bytes},
                         {"restarted", use.restarted}});
  }
  return json.dump() + "\n";
}

std::string ReportAsTable(const Report& report) {
  const Tally& tally = report.load.tally;
  std::string text = fmt::format("{} orders/s: {} verdicts in {:.2f} s\n\n",
                                 FormatCount(static_cast<int64_t>(OrdersPerSecond(report))),
                                 FormatCount(tally.verdicts()), absl::ToDoubleSeconds(report.load.elapsed));
  Table counts({{"ORDERS"}, {"COUNT", kRight}});
  for (const auto& [name, count] : CountsOf(tally)) {
    if (count > 0) counts.AddRow({name, FormatCount(count)});
  }
  Table latency({{"LATENCY"}, {"MS", kRight}});
  for (const auto& [name, percent] : kPercentiles) {
    latency.AddRow({name, fmt::format("{:.2f}", Milliseconds(tally.latency.Percentile(percent)))});
  }
  latency.AddRow({"max", fmt::format("{:.2f}", Milliseconds(tally.latency.max_us()))});
  Table processes({{"PROCESS"}, {"CPU US/ORDER", kRight}, {"RSS MIB", kRight}, {"PEAK MIB", kRight}, {""}});
  for (const ProcessUse& use : ProcessesOf(report)) {
    const auto memory = [](int64_t bytes) { return bytes == 0 ? "" : fmt::format("{:.0f}", Mebibytes(bytes)); };
    processes.AddRow({use.name, fmt::format("{:.2f}", use.cpu_us_per_order), memory(use.rss_bytes),
                      memory(use.peak_rss_bytes), use.restarted ? "restarted" : ""});
  }
  return text + counts.ToString() + "\n" + latency.ToString() + "\n" + processes.ToString();
}

}  // namespace ordermesh::bench
