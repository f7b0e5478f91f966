// What a load prints.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "tools/bench/load.h"
#include "tools/bench/processes.h"

namespace ordermesh::bench {

// What a load found.
struct Report {
  LoadResult load;
  // CPU time of the generator itself.
  absl::Duration own_cpu;
  std::map<std::string, ProcessSample> before;
  std::map<std::string, ProcessSample> after;
};

// What one process used during the load. One that was started anew meanwhile counts from its start.
struct ProcessUse {
  std::string name;
  double cpu_us_per_order = 0;
  int64_t rss_bytes = 0;
  int64_t peak_rss_bytes = 0;
  bool restarted = false;
};
std::vector<ProcessUse> ProcessesOf(const Report& report);
// Of the processes alone, for so many orders.
std::vector<ProcessUse> ProcessesBetween(const std::map<std::string, ProcessSample>& before,
                                         const std::map<std::string, ProcessSample>& after, int64_t orders);

std::string ReportAsJson(const Report& report);
std::string ReportAsTable(const Report& report);

// Parts of them.
nlohmann::ordered_json LatencyAsJson(const Histogram& latency);
nlohmann::ordered_json UseAsJson(const ProcessUse& use);
std::string LatencyAsTable(const char* title, const Histogram& latency);
std::string UsesAsTable(const std::vector<ProcessUse>& uses);

}  // namespace ordermesh::bench
