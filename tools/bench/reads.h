// Reading what is stored, as a load: all orders as a watch sends them, or lists.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ordermesh/order/v1/order_service.grpc.pb.h"
#include "tools/bench/histogram.h"
#include "tools/bench/processes.h"

namespace ordermesh::bench {

enum class ReadKind { kWatch, kListByProduct, kListByCustomer };

struct ReadOptions {
  ReadKind kind = ReadKind::kWatch;
  // Lists: one after the other, each of a value by chance among those of typed orders (OrderMaker).
  int64_t calls = 1'000;
  // Watch: ends after so many orders; 0 is all that are stored when it begins.
  int64_t orders = 0;
  uint64_t random = 0;
};

struct ReadResult {
  int64_t calls = 0;
  int64_t orders = 0;
  // Calls that failed, orders that were not asked for, positions that did not follow the one before.
  int64_t faults = 0;
  absl::Duration elapsed;
  // Of each list, to its end.
  Histogram latency;
};

using OrderStub = order::v1::OrderService::StubInterface;

// Carries out the reads. The status of the first call where nothing can be read at all.
absl::StatusOr<ReadResult> RunReads(const ReadOptions& options, OrderStub& store);

// What it found and what it cost: CPU time by process over the reads, in microseconds an order that was read.
struct ReadReport {
  ReadResult result;
  std::map<std::string, ProcessSample> before;
  std::map<std::string, ProcessSample> after;
};
std::string ReadsAsJson(const ReadReport& report);
std::string ReadsAsTable(const ReadReport& report);

}  // namespace ordermesh::bench
