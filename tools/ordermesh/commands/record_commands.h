// list, get and watch, the same for orders and errors. An Api names the calls and texts of one of them:
//   Service, Record, ListRequest, ListResponse, GetRequest, WatchRequest, WatchResponse; kPart; kListMember;
//   Get(stub, context, request, record), List(...) -> grpc::Status; Watch(stub, context, request) -> reader;
//   Records(ListResponse&) and Watched(WatchResponse&) -> repeated; RecordOf(watched); TimeOf(record);
//   NewTable(), AddRow(record, table), Line(record), Sheet(record).
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/commands/shard_list.h"
#include "tools/ordermesh/commands/watcher.h"
#include "tools/ordermesh/output/proto_json.h"
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

// Sets what the program does when `command` is the one that was given.
template <typename Run>
void SetCommand(CLI::App& command, Environment& environment, Run run) {
  command.callback([&environment, run = std::move(run)] { environment.command = run; });
}

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
  using Record = typename Api::Record;
  OM_ASSIGN_OR_RETURN(const auto stubs, environment.FindStubs<typename Api::Service>(Api::kPart));
  const auto list = [&](size_t shard, int size,
                        const std::string& token) -> absl::StatusOr<typename Api::ListResponse> {
    request.set_page_size(size);
    request.set_page_token(token);
    typename Api::ListResponse response;
    OM_RETURN_IF_ERROR(
        environment.Call([&](auto& context) { return Api::List(*stubs[shard], context, request, response); }));
    return response;
  };
  const auto records = [](typename Api::ListResponse& response) { return Api::Records(response); };
  const int limit = flags.all ? kMaxPageSize * static_cast<int>(stubs.size()) : flags.limit;
  std::string token = flags.page_token;
  // Pages are written as they come, so that --all needs no memory for the whole list.
  bool first = true;
  if (environment.json()) environment.out << "{\"" << Api::kListMember << "\":[";
  do {
    OM_ASSIGN_OR_RETURN(auto page, ListShards<Record>(stubs.size(), limit, token, list, records, Api::TimeOf));
    token = page.next_page_token;
    Table table = Api::NewTable();
    for (const Record& record : page.items) {
      if (environment.json()) {
        environment.out << (std::exchange(first, false) ? "" : ",") << ToJson(record);
      } else {
        Api::AddRow(record, table);
      }
    }
    if (!environment.json()) environment.out << table.ToString();
  } while (flags.all && !token.empty());
  if (environment.json()) {
    environment.out << "],\"nextPageToken\":\"" << token << "\"}\n";
  } else if (!token.empty()) {
    environment.out << "more with --page-token " << token << ", or all with --all\n";
  }
  return kDone;
}

template <typename Api>
absl::StatusOr<ExitCode> RunGet(const Environment& environment, const GetFlags& flags) {
  OM_ASSIGN_OR_RETURN(const auto stubs, environment.FindStubs<typename Api::Service>(Api::kPart));
  typename Api::GetRequest request;
  request.set_id(flags.id);
  absl::Status status;
  // An id of another shard is not found in this one.
  for (const auto& stub : stubs) {
    typename Api::Record record;
    status = environment.Call([&](auto& context) { return Api::Get(*stub, context, request, record); });
    if (absl::IsNotFound(status)) continue;
    OM_RETURN_IF_ERROR(status);
    if (flags.payload) {
      environment.out << record.raw_payload();
    } else {
      environment.out << (environment.json() ? ToJson(record) + "\n" : Api::Sheet(record));
    }
    return kDone;
  }
  return status;
}

// Follows every shard on a thread of its own and writes each record as a line.
template <typename Api>
class RecordWatch {
 public:
  using Stub = typename Api::Service::StubInterface;

  RecordWatch(const Environment& environment, const WatchFlags& flags, std::vector<std::shared_ptr<Stub>> stubs)
      : environment_(environment), flags_(flags), stubs_(std::move(stubs)), contexts_(stubs_.size(), nullptr) {}

  absl::Status Run() {
    std::vector<std::thread> threads;
    for (size_t shard = 0; shard < stubs_.size(); ++shard) {
      threads.emplace_back([this, shard] {
        WatchPlace place{flags_.after.value_or(0), !flags_.after.has_value() && !flags_.from_start};
        const absl::Status status =
            WatchThroughRestarts(environment_.Patience(), place, [&](WatchPlace& at) { return WatchShard(shard, at); });
        absl::MutexLock lock(&mutex_);
        if (!status.ok() && !done_) failure_ = status;
        Stop();
      });
    }
    for (std::thread& thread : threads) thread.join();
    absl::MutexLock lock(&mutex_);
    return failure_;
  }

 private:
  absl::Status WatchShard(size_t shard, WatchPlace& place) {
    typename Api::WatchRequest request;
    request.set_partner_id(flags_.partner);
    request.set_after_position(place.after_position);
    request.set_from_end(place.from_end);
    grpc::ClientContext context;
    {
      absl::MutexLock lock(&mutex_);
      if (done_) return absl::OkStatus();
      contexts_[shard] = &context;
    }
    const auto reader = Api::Watch(*stubs_[shard], context, request);
    typename Api::WatchResponse response;
    while (reader->Read(&response)) {
      absl::MutexLock lock(&mutex_);
      for (const auto& watched : Api::Watched(response)) Write(Api::RecordOf(watched));
      place = {response.position(), false};
      if (done_) context.TryCancel();
    }
    const absl::Status status = rpc::FromGrpc(reader->Finish());
    absl::MutexLock lock(&mutex_);
    contexts_[shard] = nullptr;
    return done_ ? absl::OkStatus() : status;
  }

  void Write(const typename Api::Record& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (done_) return;
    environment_.out << (environment_.json() ? ToJson(record) + "\n" : Api::Line(record)) << std::flush;
    // A closed pipe ends the watch too.
    if (++written_ == flags_.limit || !environment_.out) Stop();
  }

  void Stop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    done_ = true;
    for (grpc::ClientContext* context : contexts_) {
      if (context != nullptr) context->TryCancel();
    }
  }

  const Environment& environment_;
  const WatchFlags& flags_;
  const std::vector<std::shared_ptr<Stub>> stubs_;
  absl::Mutex mutex_;
  std::vector<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  int64_t written_ ABSL_GUARDED_BY(mutex_) = 0;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

template <typename Api>
absl::StatusOr<ExitCode> RunWatch(const Environment& environment, const WatchFlags& flags) {
  OM_ASSIGN_OR_RETURN(auto stubs, environment.FindStubs<typename Api::Service>(Api::kPart));
  if (flags.after.has_value() && stubs.size() > 1) {
    return absl::InvalidArgumentError(
        "--after is a position of one shard: name the shard with --order-store or --error-store");
  }
  RecordWatch<Api> watch(environment, flags, std::move(stubs));
  OM_RETURN_IF_ERROR(watch.Run());
  return kDone;
}

}  // namespace ordermesh::cli
