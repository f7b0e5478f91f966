#include "tools/bench/reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "tools/bench/order_maker.h"
#include "tools/bench/report.h"
#include "tools/ordermesh/output/format.h"

namespace ordermesh::bench {
namespace {

using order::v1::ListOrdersRequest;
using order::v1::ListOrdersResponse;
using order::v1::Order;
using order::v1::WatchOrdersRequest;
using order::v1::WatchOrdersResponse;

// Longer than anything that is worth a figure: a read that hangs ends.
constexpr absl::Duration kLongestCall = absl::Minutes(1);
constexpr absl::Duration kLongestWatch = absl::Hours(1);
// The largest message of the contract: its cost is shared by as many orders as may be.
constexpr int kWatchBatch = 1'000;
// What a list has unless it is told otherwise.
constexpr int kPageSize = 50;

absl::StatusOr<int64_t> StoredOrders(OrderStub& store) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kLongestCall));
  order::v1::OrderStats stats;
  OM_RETURN_IF_ERROR(rpc::FromGrpc(store.GetOrderStats(&context, {}, &stats)));
  return stats.total_count();
}

absl::StatusOr<ReadResult> Watch(const ReadOptions& options, OrderStub& store) {
  ReadResult result;
  result.calls = 1;
  int64_t wanted = options.orders;
  if (wanted == 0) {
    OM_ASSIGN_OR_RETURN(wanted, StoredOrders(store));
  }
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kLongestWatch));
  WatchOrdersRequest request;
  request.set_max_batch(kWatchBatch);
  const absl::Time start = absl::Now();
  const auto stream = store.WatchOrders(&context, request);
  // What one message held is reused for the next.
  WatchOrdersResponse response;
  int64_t position = 0;
  while (result.orders < wanted && stream->Read(&response)) {
    for (const auto& watched : response.orders()) result.faults += watched.position() != ++position;
    result.orders += response.orders_size();
  }
  result.elapsed = absl::Now() - start;
  context.TryCancel();
  while (stream->Read(&response)) {
  }
  const absl::Status status = rpc::FromGrpc(stream->Finish());
  if (result.orders >= wanted) return result;
  if (result.orders == 0) return status;
  ++result.faults;
  return result;
}

// Whether the order is one that was asked for.
bool Fits(const ListOrdersRequest& request, const Order& order) {
  if (!request.customer_id().empty()) return order.customer_id() == request.customer_id();
  return std::any_of(order.lines().begin(), order.lines().end(),
                     [&](const auto& line) { return line.product_id() == request.product_id(); });
}

absl::StatusOr<ReadResult> List(const ReadOptions& options, OrderStub& store) {
  std::mt19937_64 random(options.random);
  ReadResult result;
  ListOrdersRequest request;
  request.set_page_size(kPageSize);
  ListOrdersResponse response;
  const absl::Time start = absl::Now();
  for (int64_t i = 0; i < options.calls; ++i) {
    if (options.kind == ReadKind::kListByProduct) {
      request.set_product_id(fmt::format("SKU-{:04}", random() % OrderMaker::kProducts));
    } else {
      request.set_customer_id(fmt::format("CUST-{:05}", random() % OrderMaker::kCustomers));
    }
    grpc::ClientContext context;
    const absl::Time called = absl::Now();
    context.set_deadline(absl::ToChronoTime(called + kLongestCall));
    const absl::Status status = rpc::FromGrpc(store.ListOrders(&context, request, &response));
    result.latency.Record(absl::ToInt64Microseconds(absl::Now() - called));
    ++result.calls;
    if (!status.ok()) {
      if (result.orders == 0 && result.faults == 0) return status;
      ++result.faults;
      continue;
    }
    result.orders += response.orders_size();
    for (const Order& order : response.orders()) result.faults += !Fits(request, order);
  }
  result.elapsed = absl::Now() - start;
  return result;
}

double OrdersPerSecond(const ReadResult& result) {
  const double seconds = absl::ToDoubleSeconds(result.elapsed);
  return seconds > 0 ? static_cast<double>(result.orders) / seconds : 0;
}

}  // namespace

absl::StatusOr<ReadResult> RunReads(const ReadOptions& options, OrderStub& store) {
  return options.kind == ReadKind::kWatch ? Watch(options, store) : List(options, store);
}

std::string ReadsAsJson(const ReadReport& report) {
  const ReadResult& result = report.result;
  nlohmann::ordered_json json{{"seconds", absl::ToDoubleSeconds(result.elapsed)},
                              {"calls", result.calls},
                              {"orders", result.orders},
                              {"ordersPerSecond", OrdersPerSecond(result)},
                              {"faults", result.faults},
                              {"latencyMs", LatencyAsJson(result.latency)}};
  auto& processes = json["processes"] = nlohmann::ordered_json::array();
  for (const ProcessUse& use : ProcessesBetween(report.before, report.after, result.orders)) {
    processes.push_back(UseAsJson(use));
  }
  return json.dump() + "\n";
}

std::string ReadsAsTable(const ReadReport& report) {
  const ReadResult& result = report.result;
  std::string text =
      fmt::format("{} orders/s: {} orders in {:.2f} s, {} calls, {} faults\n\n",
                  cli::FormatCount(static_cast<int64_t>(OrdersPerSecond(result))), cli::FormatCount(result.orders),
                  absl::ToDoubleSeconds(result.elapsed), cli::FormatCount(result.calls), result.faults);
  if (result.latency.count() > 0) text += LatencyAsTable("LATENCY", result.latency) + "\n";
  return text + UsesAsTable(ProcessesBetween(report.before, report.after, result.orders));
}

}  // namespace ordermesh::bench
