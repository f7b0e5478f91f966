// A real gRPC server in the test's process that answers batches as it is told: what the client side of a stream is
// tested with.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>
#include <vector>

#include "ordermesh/order/v1/order_commit_service.grpc.pb.h"
#include "services/common/rpc/batch_stream.h"
#include "services/common/rpc/drain.h"

namespace ordermesh::rpc::testing {

// Serves OrderCommitService. Messages wait in `held` until the test answers them.
class CommitPeer final : public order::v1::OrderCommitService::CallbackService {
 public:
  using Stream = BatchStream<order::v1::CommitOrdersRequest, order::v1::CommitOrdersResponse>;

  struct Held {
    Stream::Ptr stream;
    order::v1::CommitOrdersRequest request;
  };

  // Port 0 takes a free one; a port of before brings the peer back where it was. Every 127.x.y.z is this machine: pods
  // behind one name differ by it.
  explicit CommitPeer(int port = 0, size_t window = kStreamWindowOrders, std::string host = "127.0.0.1")
      : window_(window), host_(std::move(host)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(host_ + ":" + std::to_string(port), grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  ~CommitPeer() override { Kill(); }

  // Ends like a process that dies: streams break, nothing more is answered.
  void Kill() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_ = nullptr;
    absl::MutexLock lock(&mutex_);
    held_.clear();
  }

  // Ends like a process that was asked to: what is held is answered, then the streams end.
  void DrainAndStop() {
    drain_.Begin();
    AnswerAll();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
    server_ = nullptr;
  }

  grpc::ServerBidiReactor<order::v1::CommitOrdersRequest, order::v1::CommitOrdersResponse>* CommitOrders(
      grpc::CallbackServerContext*) override {
    Stream::Handler handler;
    handler.count = [](const auto& request) { return static_cast<size_t>(request.items_size()); };
    handler.on_request = [this](const Stream::Ptr& stream, std::unique_ptr<order::v1::CommitOrdersRequest> request) {
      if (!request->items().empty() && request->items(0).raw_sha256() == "bad") {
        return absl::InvalidArgumentError("bad message");
      }
      absl::MutexLock lock(&mutex_);
      messages_ += 1;
      items_ += static_cast<size_t>(request->items_size());
      held_.push_back({stream, std::move(*request)});
      return absl::OkStatus();
    };
    return Stream::Open(std::move(handler), drain_, window_);
  }

  // Waits until so many items have arrived in all; false after 10 s.
  bool AwaitItems(size_t items) {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(
        absl::Condition(
            +[](std::pair<CommitPeer*, size_t>* want) { return want->first->items_ >= want->second; },
            std::make_unique<std::pair<CommitPeer*, size_t>>(this, items).get()),
        absl::Seconds(10));
  }

  // Answers all that is held with CREATED, in one message a request.
  void AnswerAll() {
    for (Held& held : TakeHeld()) {
      order::v1::CommitOrdersResponse response;
      for (const auto& item : held.request.items()) {
        auto* result = response.add_results();
        result->set_tag(item.tag());
        result->mutable_verdict()->set_verdict(common::v1::OrderVerdict::CREATED);
        result->mutable_verdict()->set_order_id(item.order());
      }
      held.stream->Send(std::move(response));
    }
  }

  std::vector<Held> TakeHeld() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(held_, {});
  }

  size_t items() {
    absl::MutexLock lock(&mutex_);
    return items_;
  }
  size_t messages() {
    absl::MutexLock lock(&mutex_);
    return messages_;
  }
  int port() const { return port_; }
  std::string address() const { return host_ + ":" + std::to_string(port_); }

 private:
  const size_t window_;
  const std::string host_;
  Drain drain_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex mutex_;
  std::vector<Held> held_ ABSL_GUARDED_BY(mutex_);
  size_t messages_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t items_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ordermesh::rpc::testing
