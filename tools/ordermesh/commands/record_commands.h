// list, get and watch, the same for orders and errors. An Api names the calls and texts of one of them:
//   Service, Record, ListRequest, ListResponse, GetRequest, WatchRequest, WatchResponse; kListMember;
//   Get(stub, context, request, record), List(...) -> grpc::Status; Watch(stub, context, request) -> reader;
//   ExportRequest, Export(stub, context, request) -> reader;
//   DeliveriesResponse, Deliveries(stub, context, id, response) -> grpc::Status;
//   Records(ListResponse) and Watched(WatchResponse) -> repeated; RecordOf(watched);
//   NewTable(), AddRow(record, table), Line(record), Sheet(record).
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ordermesh/common/v1/export.pb.h"
#include "services/common/base/page_token.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/commands/watcher.h"
#include "tools/ordermesh/output/proto_json.h"
#include "tools/ordermesh/output/record_text.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::cli {

struct ListFlags {
  int limit = 50;
  std::string page_token;
  bool all = false;
};

struct GetFlags {
  std::string id;
  bool payload = false;
};

struct WatchFlags {
  std::string partner;
  std::optional<int64_t> after;
  bool from_start = false;
  int64_t limit = 0;
};

void AddListFlags(CLI::App& command, ListFlags& flags);
void AddGetFlags(CLI::App& command, GetFlags& flags);
void AddWatchFlags(CLI::App& command, WatchFlags& flags);

// The parser needs a place for each time; one that was not given must not become a filter.
template <typename Request>
Request WithoutEmptyTimes(Request request) {
  if (request.from().seconds() == 0 && request.from().nanos() == 0) request.clear_from();
  if (request.to().seconds() == 0 && request.to().nanos() == 0) request.clear_to();
  return request;
}

template <typename Api>
absl::StatusOr<ExitCode> RunList(const Environment& environment, const ListFlags& flags,
                                 typename Api::ListRequest request) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<typename Api::Service>());
  int left = flags.all ? std::numeric_limits<int>::max() : flags.limit;
  request.set_page_token(flags.page_token);
  // Pages are written as they come, so that --all needs no memory for the whole list.
  bool first = true;
  if (environment.json()) environment.out << "{\"" << Api::kListMember << "\":[";
  do {
    request.set_page_size(std::min(left, kMaxPageSize));
    typename Api::ListResponse response;
    OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return Api::List(*stub, context, request, response); }));
    request.set_page_token(response.next_page_token());
    Table table = Api::NewTable();
    for (const auto& record : Api::Records(response)) {
      if (environment.json()) {
        environment.out << (std::exchange(first, false) ? "" : ",") << ToJson(record);
      } else {
        Api::AddRow(record, table);
      }
    }
    if (!environment.json()) environment.out << table.ToString();
    left -= static_cast<int>(Api::Records(response).size());
  } while (left > 0 && !request.page_token().empty());
  if (environment.json()) {
    environment.out << "],\"nextPageToken\":\"" << request.page_token() << "\"}\n";
  } else if (!request.page_token().empty()) {
    environment.out << "more with --page-token " << request.page_token() << ", or all with --all\n";
  }
  return kDone;
}

// Writes the lines of an export as they come. Nothing was exported where it fails on the way, whatever was written.
template <typename Api>
absl::StatusOr<ExitCode> RunExport(const Environment& environment, const typename Api::ExportRequest& request) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<typename Api::Service>());
  grpc::ClientContext context;
  const auto reader = Api::Export(*stub, context, request);
  common::v1::ExportChunk chunk;
  while (reader->Read(&chunk)) {
    if (!chunk.lines().empty()) environment.out << chunk.lines() << '\n';
  }
  OM_RETURN_IF_ERROR(rpc::FromGrpc(reader->Finish()));
  return kDone;
}

// Adds the option for how records are written.
template <typename Request>
void AddFormat(CLI::App& command, Request& request) {
  command
      .add_option_function<std::string>(
          "--format",
          [&request](const std::string& format) {
            request.set_format(format == "ndjson" ? common::v1::NDJSON : common::v1::CSV);
          },
          "csv, or ndjson: a line of JSON each")
      ->check(CLI::IsMember({"csv", "ndjson"}));
}

template <typename Api>
absl::StatusOr<ExitCode> RunGet(const Environment& environment, const GetFlags& flags) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<typename Api::Service>());
  typename Api::GetRequest request;
  request.set_id(flags.id);
  typename Api::Record record;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return Api::Get(*stub, context, request, record); }));
  if (flags.payload) {
    environment.out << record.raw_payload();
  } else {
    environment.out << (environment.json() ? ToJson(record) + "\n" : Api::Sheet(record));
  }
  return kDone;
}

template <typename Api>
absl::StatusOr<ExitCode> RunDeliveries(const Environment& environment, const std::string& id) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<typename Api::Service>());
  typename Api::DeliveriesResponse response;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return Api::Deliveries(*stub, context, id, response); }));
  environment.out << (environment.json() ? ToJson(response) + "\n" : DeliveryTable(response.deliveries()));
  return kDone;
}

// Adds the command that shows them.
template <typename Api>
void AddDeliveries(CLI::App& records, Environment& environment, const char* record, const char* example) {
  auto id = std::make_shared<std::string>();
  CLI::App* deliveries =
      records.add_subcommand("deliveries", absl::StrCat("Show when one ", record, " was delivered, oldest first"));
  deliveries->add_option("id", *id, "The id, a UUID in lower case")->required();
  deliveries->footer(absl::StrCat("The first, and the newest 16.\n\nExamples:\n  ", example, "\n"));
  SetCommand(*deliveries, environment, [&environment, id] { return RunDeliveries<Api>(environment, *id); });
}

// Writes each record as a line; ends after the limit, or when nobody reads on.
template <typename Api>
absl::StatusOr<ExitCode> RunWatch(const Environment& environment, const WatchFlags& flags) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<typename Api::Service>());
  int64_t written = 0;
  bool done = false;
  const auto write = [&](const typename Api::Record& record) {
    if (done) return;
    environment.out << (environment.json() ? ToJson(record) + "\n" : Api::Line(record)) << std::flush;
    done = ++written == flags.limit || !environment.out;
  };
  WatchPlace place{flags.after.value_or(0), !flags.after.has_value() && !flags.from_start};
  const absl::Status status = WatchThroughRestarts(environment.Patience(), place, [&](WatchPlace& at) {
    typename Api::WatchRequest request;
    request.set_partner_id(flags.partner);
    request.set_after_position(at.after_position);
    request.set_from_end(at.from_end);
    grpc::ClientContext context;
    const auto reader = Api::Watch(*stub, context, request);
    typename Api::WatchResponse response;
    while (!done && reader->Read(&response)) {
      for (const auto& watched : Api::Watched(response)) write(Api::RecordOf(watched));
      at = {response.position(), false};
    }
    if (done) context.TryCancel();
    const absl::Status ended = rpc::FromGrpc(reader->Finish());
    return done ? absl::OkStatus() : ended;
  });
  OM_RETURN_IF_ERROR(status);
  return kDone;
}

}  // namespace ordermesh::cli
