#include <memory>
#include <utility>
#include <vector>

#include "ordermesh/order/v1/order_service.grpc.pb.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/commands/record_commands.h"
#include "tools/ordermesh/output/proto_json.h"
#include "tools/ordermesh/output/record_text.h"

namespace ordermesh::cli {
namespace {

struct OrderApi {
  using Service = order::v1::OrderService;
  using Stub = Service::StubInterface;
  using Record = order::v1::Order;
  using GetRequest = order::v1::GetOrderRequest;
  using ListRequest = order::v1::ListOrdersRequest;
  using ListResponse = order::v1::ListOrdersResponse;
  using WatchRequest = order::v1::WatchOrdersRequest;
  using WatchResponse = order::v1::WatchOrdersResponse;
  using ExportRequest = order::v1::ExportOrdersRequest;
  using DeliveriesResponse = order::v1::ListOrderDeliveriesResponse;
  static constexpr char kListMember[] = "orders";

  static grpc::Status Get(Stub& stub, grpc::ClientContext& context, const GetRequest& request, Record& record) {
    return stub.GetOrder(&context, request, &record);
  }
  static grpc::Status List(Stub& stub, grpc::ClientContext& context, const ListRequest& request,
                           ListResponse& response) {
    return stub.ListOrders(&context, request, &response);
  }
  static grpc::Status Deliveries(Stub& stub, grpc::ClientContext& context, const std::string& id,
                                 DeliveriesResponse& response) {
    order::v1::ListOrderDeliveriesRequest request;
    request.set_order_id(id);
    return stub.ListOrderDeliveries(&context, request, &response);
  }
  static auto Export(Stub& stub, grpc::ClientContext& context, const ExportRequest& request) {
    return stub.ExportOrders(&context, request);
  }
  static auto Watch(Stub& stub, grpc::ClientContext& context, const WatchRequest& request) {
    return stub.WatchOrders(&context, request);
  }
  static const auto& Records(const ListResponse& response) { return response.orders(); }
  static const auto& Watched(const WatchResponse& response) { return response.orders(); }
  static const Record& RecordOf(const order::v1::WatchedOrder& watched) { return watched.order(); }
  static Table NewTable() { return OrderTable(); }
  static void AddRow(const Record& record, Table& table) { AddOrder(record, table); }
  static std::string Line(const Record& record) { return OrderLine(record); }
  static std::string Sheet(const Record& record) { return OrderSheet(record); }
};

struct OrderFlags {
  ListFlags list;
  order::v1::ListOrdersRequest filter;
  order::v1::ExportOrdersRequest exported;
  GetFlags get;
  order::v1::GetOrderStatsRequest stats;
  WatchFlags watch;
};

absl::StatusOr<ExitCode> RunStats(const Environment& environment, const order::v1::GetOrderStatsRequest& request) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<order::v1::OrderService>());
  order::v1::OrderStats stats;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->GetOrderStats(&context, request, &stats); }));
  environment.out << (environment.json() ? ToJson(stats) + "\n" : OrderStatsText(stats));
  return kDone;
}

template <typename Request>
void AddFilter(CLI::App& command, Request& filter) {
  command.add_option("-p,--partner", *filter.mutable_partner_id(), "Only this partner's");
  command.add_option("--product", *filter.mutable_product_id(), "Only orders with a line of this product");
  command.add_option("--customer", *filter.mutable_customer_id(), "Only this customer's");
  command.add_option("--external-id", *filter.mutable_external_order_id(), "Only the order that its partner calls so");
  AddTimeOption(command, "--from", filter.mutable_from(), "Only orders with a transactionTime at or after this");
  AddTimeOption(command, "--to", filter.mutable_to(), "Only orders with a transactionTime before this");
}

void AddList(CLI::App& orders, Environment& environment, const std::shared_ptr<OrderFlags>& flags) {
  CLI::App* list = orders.add_subcommand("list", "List orders, newest first");
  AddFilter(*list, flags->filter);
  AddListFlags(*list, flags->list);
  list->footer(
      "Examples:\n  ordermesh orders list --partner olist --limit 10\n"
      "  ordermesh orders list --product SKU-1 --from 2026-01-15 --to 2026-01-16 --all -o json\n");
  SetCommand(*list, environment, [&environment, flags] {
    return RunList<OrderApi>(environment, flags->list, WithoutEmptyTimes(flags->filter));
  });
  CLI::App* exported =
      orders.add_subcommand("export", "Write orders out, newest first, for a spreadsheet or a program");
  AddFilter(*exported, flags->exported);
  AddFormat(*exported, flags->exported);
  exported->footer("Examples:\n  ordermesh orders export --partner olist --from 2026-01-01 > orders.csv\n");
  SetCommand(*exported, environment,
             [&environment, flags] { return RunExport<OrderApi>(environment, WithoutEmptyTimes(flags->exported)); });
}

}  // namespace

void AddOrders(CLI::App& app, Environment& environment) {
  auto flags = std::make_shared<OrderFlags>();
  CLI::App* orders = app.add_subcommand("orders", "Look at the stored orders");
  orders->require_subcommand(1);
  AddList(*orders, environment, flags);

  CLI::App* get = orders->add_subcommand("get", "Show one order with its lines");
  AddGetFlags(*get, flags->get);
  get->footer("Examples:\n  ordermesh orders get ID\n  ordermesh orders get ID --payload > payload.json\n");
  SetCommand(*get, environment, [&environment, flags] { return RunGet<OrderApi>(environment, flags->get); });

  CLI::App* stats = orders->add_subcommand("stats", "Exact counts and amounts, in all and for each partner");
  stats->add_option("-p,--partner", *flags->stats.mutable_partner_id(), "Only this partner's");
  CLI::Option* hours = stats->add_flag_callback(
      "--hours", [flags] { flags->stats.set_include_hours(true); }, "Also for each hour of processing");
  AddTimeOption(*stats, "--from", flags->stats.mutable_from(), "Hours from this on");
  AddTimeOption(*stats, "--to", flags->stats.mutable_to(), "Hours before this");
  stats->get_option("--from")->needs(hours);
  stats->get_option("--to")->needs(hours);
  stats->footer("Examples:\n  ordermesh orders stats\n  ordermesh orders stats --partner retail-uk --hours -o json\n");
  SetCommand(*stats, environment,
             [&environment, flags] { return RunStats(environment, WithoutEmptyTimes(flags->stats)); });

  CLI::App* watch = orders->add_subcommand("watch", "Follow orders as they are stored, through restarts");
  AddWatchFlags(*watch, flags->watch);
  watch->footer(
      "With -o json each order is one line of JSON.\n\n"
      "Examples:\n  ordermesh orders watch\n  ordermesh orders watch --from-start --partner olist -o json | jq "
      ".netAmount\n");
  SetCommand(*watch, environment, [&environment, flags] { return RunWatch<OrderApi>(environment, flags->watch); });

  AddDeliveries<OrderApi>(*orders, environment, "order", "ordermesh orders deliveries ID");
  AddOrderRecord(*orders, environment);
}

}  // namespace ordermesh::cli
