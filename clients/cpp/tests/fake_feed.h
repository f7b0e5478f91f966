// A feed inside the test: answers by what the payload says, and can break in every way that the helper must bear.
#ifndef ORDERMESH_TESTS_FAKE_FEED_H_
#define ORDERMESH_TESTS_FAKE_FEED_H_

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "google/rpc/error_details.pb.h"
#include "ordermesh/client.h"

namespace ordermesh {

// A refusal that asks to come again after some milliseconds.
inline google::rpc::Status Later(int milliseconds, grpc::StatusCode code = grpc::StatusCode::RESOURCE_EXHAUSTED) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_nanos(milliseconds * 1'000'000);
  google::rpc::Status status;
  status.set_code(code);
  status.set_message("later");
  status.add_details()->PackFrom(info);
  return status;
}

// Creates each payload once, on a port of its own. What is planted is set before the first call.
class FakeFeed final : public feed::v1::FeedService::Service {
 public:
  struct Break {
    int after_messages;
    grpc::StatusCode code;
  };

  FakeFeed() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~FakeFeed() override {
    {
      std::lock_guard<std::mutex> lock(mutex);
      ended_ = true;
      changed_.notify_all();
    }
    server_->Shutdown(std::chrono::system_clock::now());
  }

  const std::string& address() const { return address_; }

  grpc::Status SubmitOrder(grpc::ServerContext* context, const feed::v1::SubmitOrderRequest* request,
                           common::v1::OrderVerdict* verdict) override {
    std::lock_guard<std::mutex> lock(mutex);
    Note(context);
    if (!unary_failures.empty()) {
      const grpc::StatusCode code = unary_failures.front();
      unary_failures.pop_front();
      return {code, "planted"};
    }
    *verdict = Decide(request->raw_payload());
    return grpc::Status::OK;
  }

  grpc::Status BatchSubmitOrders(grpc::ServerContext* context, const feed::v1::BatchSubmitOrdersRequest* request,
                                 feed::v1::BatchSubmitOrdersResponse* response) override {
    std::lock_guard<std::mutex> lock(mutex);
    for (const auto& order : request->orders()) *response->add_results() = Decide(order.raw_payload());
    return grpc::Status::OK;
  }

  grpc::Status StreamOrders(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<feed::v1::StreamOrdersResponse, feed::v1::StreamOrdersRequest>* call) override {
    Break planted{-1, grpc::StatusCode::OK};
    {
      std::lock_guard<std::mutex> lock(mutex);
      ++streams;
      Note(context);
      if (!breaks.empty()) {
        planted = breaks.front();
        breaks.pop_front();
      }
    }
    feed::v1::StreamOrdersRequest request;
    for (int message = 0; call->Read(&request); ++message) {
      if (message == planted.after_messages) return {planted.code, "planted"};
      std::unique_lock<std::mutex> lock(mutex);
      if (silent) {
        changed_.wait(lock, [&] { return ended_ || context->IsCancelled(); });
        return grpc::Status::CANCELLED;
      }
      largest_batch = std::max(largest_batch, request.orders_size());
      feed::v1::StreamOrdersResponse response;
      for (const feed::v1::OrderInput& order : request.orders()) Answer(order, response.add_results());
      lock.unlock();
      call->Write(response);
    }
    return grpc::Status::OK;
  }

  std::mutex mutex;
  std::map<std::string, std::string> created;
  std::vector<std::map<std::string, std::string>> metadata;
  std::deque<grpc::StatusCode> unary_failures;
  std::deque<Break> breaks;
  std::map<std::string, std::deque<google::rpc::Status>> refusals;
  int streams = 0;
  int largest_batch = 0;
  bool silent = false;

 private:
  void Note(grpc::ServerContext* context) {
    auto& noted = metadata.emplace_back();
    for (const auto& [name, value] : context->client_metadata()) {
      noted.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }
  }

  common::v1::OrderVerdict Decide(const std::string& payload) {
    common::v1::OrderVerdict verdict;
    if (payload.find("bad") != std::string::npos) {
      verdict.set_verdict(common::v1::OrderVerdict::REJECTED);
      return verdict;
    }
    const auto [found, is_new] = created.emplace(payload, "order-" + std::to_string(created.size()));
    verdict.set_verdict(is_new ? common::v1::OrderVerdict::CREATED : common::v1::OrderVerdict::REPLAYED);
    verdict.set_order_id(found->second);
    return verdict;
  }

  void Answer(const feed::v1::OrderInput& order, common::v1::OrderResult* result) {
    result->set_tag(order.tag());
    std::deque<google::rpc::Status>& planted = refusals[order.raw_payload()];
    if (planted.empty()) {
      *result->mutable_verdict() = Decide(order.raw_payload());
      return;
    }
    *result->mutable_status() = planted.front();
    planted.pop_front();
  }

  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  std::condition_variable changed_;
  bool ended_ = false;
};

}  // namespace ordermesh

#endif  // ORDERMESH_TESTS_FAKE_FEED_H_
