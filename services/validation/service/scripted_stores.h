// An order-store and an error-store for tests.
#pragma once

#include <grpcpp/server_builder.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "ordermesh/error/v1/error_commit_service.grpc.pb.h"
#include "ordermesh/order/v1/order_commit_service.grpc.pb.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/batch_stream.h"
#include "services/common/rpc/drain.h"
#include "services/common/rpc/status.h"

namespace ordermesh::validation {

// Both stores in this process. What the order-store says of an order is written in its external id.
class ScriptedStores final : public order::v1::OrderCommitService::CallbackService {
 public:
  class Errors final : public error::v1::ErrorCommitService::CallbackService {
   public:
    using Stream = rpc::BatchStream<error::v1::CommitErrorsRequest, error::v1::CommitErrorsResponse>;

    grpc::ServerBidiReactor<error::v1::CommitErrorsRequest, error::v1::CommitErrorsResponse>* CommitErrors(
        grpc::CallbackServerContext*) override {
      Stream::Handler handler;
      handler.count = [](const auto& request) { return static_cast<size_t>(request.items_size()); };
      handler.on_request = [this](const Stream::Ptr& stream, std::unique_ptr<error::v1::CommitErrorsRequest> request) {
        absl::MutexLock lock(&mutex);
        error::v1::CommitErrorsResponse response;
        for (const auto& item : request->items()) {
          kept.push_back(item);
          auto* result = response.add_results();
          result->set_tag(item.tag());
          if (item.error().external_order_id() == "FULL") {
            *result->mutable_status() = ToProto(rpc::Overloaded("the error-store"));
          } else {
            result->mutable_kept()->set_error_id("error-" + std::to_string(kept.size()));
          }
        }
        stream->Send(std::move(response));
        return absl::OkStatus();
      };
      return Stream::Open(std::move(handler), drain);
    }

    rpc::Drain drain;
    absl::Mutex mutex;
    std::vector<error::v1::ErrorCommit> kept;
  };

  using Stream = rpc::BatchStream<order::v1::CommitOrdersRequest, order::v1::CommitOrdersResponse>;

  ScriptedStores() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    builder.RegisterService(&errors);
    server_ = builder.BuildAndStart();
  }
  ~ScriptedStores() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::ServerBidiReactor<order::v1::CommitOrdersRequest, order::v1::CommitOrdersResponse>* CommitOrders(
      grpc::CallbackServerContext*) override {
    Stream::Handler handler;
    handler.count = [](const auto& request) { return static_cast<size_t>(request.items_size()); };
    handler.on_request = [this](const Stream::Ptr& stream, std::unique_ptr<order::v1::CommitOrdersRequest> request) {
      absl::MutexLock lock(&mutex_);
      order::v1::CommitOrdersResponse response;
      for (const auto& item : request->items()) {
        items.push_back(item);
        auto* result = response.add_results();
        result->set_tag(item.tag());
        Decide(item, *result);
      }
      stream->Send(std::move(response));
      return absl::OkStatus();
    };
    return Stream::Open(std::move(handler), drain_);
  }

  static order::v1::Order OrderOf(const order::v1::CommitItem& item) {
    order::v1::Order order;
    OM_CHECK(order.ParseFromString(item.order()));
    return order;
  }

  static void Decide(const order::v1::CommitItem& item, order::v1::CommitResult& result) {
    const std::string id = item.has_order() ? OrderOf(item).external_order_id() : item.question().external_order_id();
    auto& verdict = *result.mutable_verdict();
    verdict.set_order_id("order-" + id);
    if (item.has_question() && id != "KNOWN") return result.set_not_a_replay(true);
    if (id == "BUSY") {
      *result.mutable_status() = ToProto(rpc::Overloaded("the order-store"));
    } else if (id == "OTHER") {
      verdict.set_verdict(common::v1::OrderVerdict::CONFLICT);
      verdict.add_violations()->set_code(common::v1::Violation::DIFFERS);
    } else if (id == "NUMBER") {
      verdict.set_verdict(common::v1::OrderVerdict::SEQUENCE_REUSED);
      verdict.clear_order_id();
    } else {
      verdict.set_verdict(id == "KNOWN" ? common::v1::OrderVerdict::REPLAYED : common::v1::OrderVerdict::CREATED);
    }
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  Errors errors;
  std::vector<order::v1::CommitItem> items;

 private:
  rpc::Drain drain_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex mutex_;
};

}  // namespace ordermesh::validation
