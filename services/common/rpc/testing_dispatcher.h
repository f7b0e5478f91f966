// A dispatcher under test with everything that it answered.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/common/rpc/dispatcher.h"
#include "services/common/rpc/testing_peer.h"

namespace ordermesh::rpc::testing {

struct TestTraits {
  using Item = order::v1::CommitItem;
  using Request = order::v1::CommitOrdersRequest;
  using Response = order::v1::CommitOrdersResponse;
  using Result = order::v1::CommitResult;
  struct Context {
    std::string name;
    bool abandoned = false;
  };
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
  static bool Abandoned(const Context& context) { return context.abandoned; }
  static void MarkPoison(Item& item) { item.set_traceparent("parked"); }
};

using TestDispatcher = Dispatcher<TestTraits>;

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherOptions Options(std::vector<std::string> addresses) {
    DispatcherOptions options;
    options.name = "peer";
    options.addresses = std::move(addresses);
    options.max_wait = absl::InfiniteDuration();
    return options;
  }

  void Start(DispatcherOptions options) {
    dispatcher_ = std::make_unique<TestDispatcher>(
        std::move(options), [this](std::vector<TestDispatcher::Answer>& answers) { Collect(answers); });
  }

  // Submits orders named `prefix`0, `prefix`1 and so on; gives how many were not taken.
  size_t Submit(const std::string& prefix, int count, bool abandoned = false) {
    std::vector<TestDispatcher::Submission> batch(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      const std::string name = prefix + std::to_string(i);
      batch[static_cast<size_t>(i)].item = std::make_unique<order::v1::CommitItem>();
      batch[static_cast<size_t>(i)].item->set_order(name);
      batch[static_cast<size_t>(i)].context = {name, abandoned};
    }
    dispatcher_->Submit(batch);
    return batch.size();
  }

  bool AwaitAnswers(size_t count) {
    absl::MutexLock lock(&mutex_);
    wanted_ = count;
    return mutex_.AwaitWithTimeout(absl::Condition(this, &DispatcherTest::Enough), absl::Seconds(20));
  }

  std::vector<std::string> Names() {
    absl::MutexLock lock(&mutex_);
    std::vector<std::string> names;
    for (const auto& answer : answers_) names.push_back(answer.context.name);
    return names;
  }

  // A test that fails half-way must not leave the peer waiting for the dispatcher.
  void TearDown() override { dispatcher_ = nullptr; }

  bool Enough() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return answers_.size() >= wanted_; }

  void Collect(std::vector<TestDispatcher::Answer>& answers) {
    absl::MutexLock lock(&mutex_);
    for (auto& answer : answers) answers_.push_back(std::move(answer));
  }

  absl::Mutex mutex_;
  std::vector<TestDispatcher::Answer> answers_;
  size_t wanted_ = 0;
  std::unique_ptr<TestDispatcher> dispatcher_;
};

}  // namespace ordermesh::rpc::testing
