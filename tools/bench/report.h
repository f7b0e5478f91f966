// What a load prints.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/bench/load.h"
#include "tools/bench/processes.h"

namespace ordermesh::bench {

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

std::string ReportAsJson(const Report& report);
std::string ReportAsTable(const Report& report);

}  // namespace ordermesh::bench
