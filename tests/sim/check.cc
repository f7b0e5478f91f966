#include "tests/sim/check.h"

#include <map>
#include <utility>

#include "absl/strings/str_join.h"
#include "services/common/base/errors.h"
#include "services/error_store/store/reader.h"

namespace ordermesh::sim {
namespace {

using order::v1::Order;

constexpr int64_t kNanosPerUnit = 1'000'000'000;
constexpr int64_t kSecondsPerHour = 3'600;

// Counts and sums as this file adds them up.
struct Sums {
  int64_t count = 0;
  int64_t lines = 0;
  __int128 gross = 0;
  __int128 tax = 0;
  __int128 net = 0;

  friend bool operator==(const Sums&, const Sums&) = default;
};

__int128 NanosOf(const google::type::Money& money) {
  return static_cast<__int128>(money.units()) * kNanosPerUnit + money.nanos();
}

void Add(const Order& order, Sums& sums) {
  ++sums.count;
  sums.lines += order.lines_size();
  sums.gross += NanosOf(order.gross_amount());
  sums.tax += NanosOf(order.tax_amount());
  sums.net += NanosOf(order.net_amount());
}

// Each partner of a simulation uses one currency.
Sums SumsOf(const order::v1::PartnerOrderStats& stats) {
  Sums sums;
  sums.count = stats.count();
  sums.lines = stats.line_count();
  for (const auto& amounts : stats.amounts()) {
    sums.gross += NanosOf(amounts.gross_amount());
    sums.tax += NanosOf(amounts.tax_amount());
    sums.net += NanosOf(amounts.net_amount());
  }
  return sums;
}

void BreakOn(Model& model, std::string_view promise, std::string_view what, const absl::Status& status) {
  model.Break(promise, absl::StrCat(absl::string_view(what.data(), what.size()), ": ", status.ToString()));
}

// Follows the order stream from `after` to its end.
absl::Status Follow(const order_store::OrderStore& store, int64_t after, std::vector<order::v1::WatchedOrder>* seen) {
  order::v1::WatchOrdersRequest request;
  request.set_after_position(after);
  OM_ASSIGN_OR_RETURN(const auto follower, store.Follow(request));
  while (true) {
    order::internal::v1::WatchOrdersResponse sent;
    OM_ASSIGN_OR_RETURN(const bool more, follower->Next(&sent));
    if (!more) return absl::OkStatus();
    // As whoever watches reads it.
    order::v1::WatchOrdersResponse response;
    if (!response.ParseFromString(sent.SerializeAsString())) return absl::DataLossError("a watch gives no orders");
    for (auto& watched : *response.mutable_orders()) seen->push_back(std::move(watched));
  }
}

void CheckStats(Model& model, const order_store::OrderStore& store, const std::vector<Order>& orders) {
  std::map<std::string, Sums> partners;
  std::map<std::pair<int64_t, std::string>, Sums> hours;
  for (const Order& order : orders) {
    Add(order, partners[order.partner_id()]);
    Add(order, hours[{order.processed_at().seconds() / kSecondsPerHour, order.partner_id()}]);
  }
  order::v1::GetOrderStatsRequest request;
  request.set_include_hours(true);
  const auto stats = store.Stats(request);
  if (!stats.ok()) return BreakOn(model, "K6", "statistics cannot be read", stats.status());
  if (stats->total_count() != static_cast<int64_t>(orders.size())) {
    model.Break("K6", absl::StrCat("statistics count ", stats->total_count(), " of ", orders.size(), " orders"));
  }
  for (const auto& partner : stats->partners()) {
    if (SumsOf(partner) != partners[partner.partner_id()]) {
      model.Break("K6", absl::StrCat("other sums than the orders have: ", partner.ShortDebugString()));
    }
    partners.erase(partner.partner_id());
  }
  for (const auto& hour : stats->hours()) {
    const std::pair key(hour.hour().seconds() / kSecondsPerHour, hour.partner().partner_id());
    if (SumsOf(hour.partner()) != hours[key]) {
      model.Break("K6", absl::StrCat("other sums than the hour has: ", hour.ShortDebugString()));
    }
    hours.erase(key);
  }
  if (!partners.empty() || !hours.empty()) model.Break("K6", "a partner or an hour has no statistics");
}

bool Matches(const order::v1::ListOrdersRequest& request, const Order& order) {
  if (!request.partner_id().empty() && order.partner_id() != request.partner_id()) return false;
  if (!request.customer_id().empty() && order.customer_id() != request.customer_id()) return false;
  if (request.product_id().empty()) return true;
  for (const auto& line : order.lines()) {
    if (line.product_id() == request.product_id()) return true;
  }
  return false;
}

// One list by chance, all its pages, newest first.
void CheckList(Context& context, Model& model, const order_store::OrderStore& store, const std::vector<Order>& orders) {
  order::v1::ListOrdersRequest request;
  if (context.rng.Chance(500)) request.set_partner_id(kPartners[context.rng.Below(2)]);
  if (context.rng.Chance(500)) request.set_customer_id(absl::StrCat("c-", context.rng.Below(20)));
  if (context.rng.Chance(500)) request.set_product_id(absl::StrCat("p-", context.rng.Below(30)));
  request.set_page_size(static_cast<int32_t>(context.rng.Between(1, 40)));
  std::vector<std::string> expected;
  for (auto order = orders.rbegin(); order != orders.rend(); ++order) {
    if (Matches(request, *order)) expected.push_back(order->id());
  }
  std::vector<std::string> listed;
  do {
    const auto page = store.List(request);
    if (!page.ok()) return BreakOn(model, "K6", "a list cannot be read", page.status());
    for (const auto& order : page->orders()) listed.push_back(order.id());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (listed != expected) {
    model.Break("K6", absl::StrCat("a list has ", listed.size(), " orders in place of ", expected.size(), ": ",
                                   request.ShortDebugString()));
  }
  if (!expected.empty()) context.coverage.Hit(Point::kListMatched);
}

void CheckAudit(Context& context, Model& model, OrderNode& node, bool replica) {
  const auto report = RunAudit(node.store());
  if (!report.ok()) return BreakOn(model, "K6", "the audit failed", report.status());
  if (!report->ok()) model.Break("K6", absl::StrJoin(report->problems(), "; "));
  context.Note("orders ", report->rows(), " state ", report->state_hash());
  if (!replica) return;
  const auto copy = node.AuditReplica();
  if (!copy.ok()) return BreakOn(model, "K6", "the replica cannot be made", copy.status());
  if (!copy->ok()) model.Break("K6", absl::StrCat("the replica: ", absl::StrJoin(copy->problems(), "; ")));
  if (copy->state_hash() != report->state_hash()) model.Break("K6", "the replica has another state hash");
  context.coverage.Hit(Point::kReplicaEqual);
}

}  // namespace

void WatchOrders(Model& model, OrderNode& node) {
  std::vector<order::v1::WatchedOrder> seen;
  const absl::Status status = Follow(node.store(), model.watched(), &seen);
  if (!status.ok()) return BreakOn(model, "K1", "the watch cannot be resumed", status);
  for (const auto& watched : seen) model.Watched(watched.position(), watched.order());
}

void CheckOrderStore(Context& context, Model& model, OrderNode& node, bool replica) {
  node.machine().reads_fail = false;
  if (model.watched() > 0) context.coverage.Hit(Point::kWatchResumed);
  WatchOrders(model, node);
  const order_store::OrderStore& store = node.store();
  std::vector<order::v1::WatchedOrder> seen;
  const absl::Status status = Follow(store, 0, &seen);
  if (!status.ok()) return BreakOn(model, "K1", "the orders cannot be read", status);
  std::vector<Order> orders;
  int64_t first_hour = 0;
  for (const auto& watched : seen) {
    model.Watched(watched.position(), watched.order());
    order::v1::GetOrderRequest request;
    request.set_id(watched.order().id());
    auto order = store.Get(request);
    if (!order.ok()) return BreakOn(model, "K1", "an order of the stream cannot be read", order.status());
    const int64_t hour = order->processed_at().seconds() / kSecondsPerHour;
    if (first_hour == 0) first_hour = hour;
    if (hour != first_hour) context.coverage.Hit(Point::kNewHour);
    orders.push_back(*std::move(order));
  }
  model.CheckOrders(orders);
  CheckStats(model, store, orders);
  CheckList(context, model, store, orders);
  CheckAudit(context, model, node, replica);
  node.machine().reads_fail = true;
}

void CheckErrorStore(Context& context, Model& model, ErrorNode& node) {
  node.machine().reads_fail = false;
  const kv::Kv& kv = node.store().kv();
  std::vector<error::v1::OrderError> errors;
  error_store::FeedPosition from;
  from.max_errors = 1'000;
  while (from.after < node.store().end()) {
    error::v1::WatchErrorsResponse response;
    const absl::Status status = error_store::ReadFeed(kv, from, node.store().end(), &response);
    if (!status.ok()) return BreakOn(model, "K1", "the errors cannot be read", status);
    for (const auto& watched : response.errors()) {
      const absl::Status got = error_store::GetError(kv, watched.error().id(), &errors.emplace_back());
      if (!got.ok()) return BreakOn(model, "K1", "an error of the stream cannot be read", got);
    }
    from.after = response.position();
  }
  model.CheckErrors(errors);
  error::v1::ErrorStats stats;
  const absl::Status counted = error_store::GetStats(kv, "", false, &stats);
  if (!counted.ok()) return BreakOn(model, "K6", "statistics of errors cannot be read", counted);
  if (stats.total_count() != static_cast<int64_t>(errors.size())) {
    model.Break("K6", absl::StrCat("statistics count ", stats.total_count(), " of ", errors.size(), " errors"));
  }
  const auto report = node.RunAudit();
  if (!report.ok()) return BreakOn(model, "K6", "the audit of the errors failed", report.status());
  if (!report->ok()) model.Break("K6", absl::StrCat("errors: ", absl::StrJoin(report->problems(), "; ")));
  context.Note("errors ", report->rows(), " state ", report->state_hash());
  node.machine().reads_fail = true;
}

}  // namespace ordermesh::sim
