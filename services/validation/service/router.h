// From validation to the stores and back: each order's verdict to the stream that it came on, in any order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ordermesh/error/v1/error_commit_service.grpc.pb.h"
#include "ordermesh/order/v1/order_commit_service.grpc.pb.h"
#include "ordermesh/validation/v1/validation_service.grpc.pb.h"
#include "services/common/rpc/batch_stream.h"
#include "services/common/rpc/dispatcher.h"
#include "services/validation/service/examiner.h"

namespace ordermesh::validation {

using FeedStream = rpc::BatchStream<v1::ValidateOrdersRequest, v1::ValidateOrdersResponse>;

// Who waits for an order's answer.
struct Waiter {
  FeedStream::Ptr stream;
  uint64_t tag = 0;
  // An error that is sent again: no new error is kept.
  bool retry = false;
};

// What an order-store's answer is for. `error` is kept where a question is answered "not a replay".
struct CommitContext {
  Waiter waiter;
  ErrorPtr error;
  // How long the partner wants an error kept that the answer may make.
  int32_t error_ttl_days = 0;
};

// What an error-store's answer is for: the verdict to pass on with the error's id.
struct KeepContext {
  Waiter waiter;
  std::unique_ptr<common::v1::OrderVerdict> verdict;
};

struct CommitOrdersTraits {
  using Item = order::v1::CommitItem;
  using Request = order::v1::CommitOrdersRequest;
  using Response = order::v1::CommitOrdersResponse;
  using Result = order::v1::CommitResult;
  using Context = CommitContext;
  using Stub = order::v1::OrderCommitService::Stub;

  static std::unique_ptr<Stub> NewStub(const std::shared_ptr<grpc::Channel>& channel) {
    return order::v1::OrderCommitService::NewStub(channel);
  }
  static void Open(Stub& stub, grpc::ClientContext* context, grpc::ClientBidiReactor<Request, Response>* reactor) {
    stub.async()->CommitOrders(context, reactor);
  }
  static void SetTag(Item& item, uint64_t tag) { item.set_tag(tag); }
  static void Append(Request& request, std::unique_ptr<Item> item, const Context&) {
    request.mutable_items()->AddAllocated(item.release());
  }
  static bool Abandoned(const Context&) { return false; }
  static void MarkPoison(Item&) {}
};

struct CommitErrorsTraits {
  using Item = error::v1::ErrorCommit;
  using Request = error::v1::CommitErrorsRequest;
  using Response = error::v1::CommitErrorsResponse;
  using Result = error::v1::ErrorCommitResult;
  using Context = KeepContext;
  using Stub = error::v1::ErrorCommitService::Stub;

  static std::unique_ptr<Stub> NewStub(const std::shared_ptr<grpc::Channel>& channel) {
    return error::v1::ErrorCommitService::NewStub(channel);
  }
  static void Open(Stub& stub, grpc::ClientContext* context, grpc::ClientBidiReactor<Request, Response>* reactor) {
    stub.async()->CommitErrors(context, reactor);
  }
  static void SetTag(Item& item, uint64_t tag) { item.set_tag(tag); }
  static void Append(Request& request, std::unique_ptr<Item> item, const Context&) {
    request.mutable_items()->AddAllocated(item.release());
  }
  static bool Abandoned(const Context&) { return false; }
  static void MarkPoison(Item&) {}
};

struct RouterOptions {
  // host:port of each shard, in the order of the shards.
  std::vector<std::string> order_stores;
  std::vector<std::string> error_stores;
  // How they are connected to.
  rpc::ChannelOptions order_channel;
  rpc::ChannelOptions error_channel;
};

// Orders of one message on their way, sorted by where they go.
class Departures;

// Thread-safe; nothing blocks.
class Router {
 public:
  using OrderStore = rpc::Dispatcher<CommitOrdersTraits>;
  using ErrorStore = rpc::Dispatcher<CommitErrorsTraits>;

  explicit Router(const RouterOptions& options);

  // Sends what was examined on its way. A message's orders go together.
  void Send(Departures& departures);

  size_t order_shards() const { return order_stores_.size(); }
  size_t error_shards() const { return error_stores_.size(); }

 private:
  void OnCommitAnswers(std::vector<OrderStore::Answer>& answers);
  void OnErrorAnswers(std::vector<ErrorStore::Answer>& answers);

  // The error-stores first, so that they go last: the order-stores' threads call into them.
  std::vector<std::unique_ptr<ErrorStore>> error_stores_;
  std::vector<std::unique_ptr<OrderStore>> order_stores_;
};

class Departures {
 public:
  explicit Departures(const Router& router) : commits_(router.order_shards()), errors_(router.error_shards()) {}

  // `error_ttl_days` is how long the partner wants errors kept; 0 means the error-store's default.
  void Add(const std::string& partner_id, const Waiter& waiter, Examined examined, int32_t error_ttl_days);
  void Keep(const Waiter& waiter, ErrorPtr error, const common::v1::OrderVerdict& verdict);
  // An answer that needs no store.
  void Refuse(const Waiter& waiter, const absl::Status& status);
  void Answer(const Waiter& waiter, common::v1::OrderResult result);

 private:
  friend class Router;

  // Answers of one stream that can go now.
  struct Ready {
    FeedStream::Ptr stream;
    v1::ValidateOrdersResponse response;
  };

  std::vector<std::vector<Router::OrderStore::Submission>> commits_;
  std::vector<std::vector<Router::ErrorStore::Submission>> errors_;
  std::vector<Ready> ready_;
};

}  // namespace ordermesh::validation
