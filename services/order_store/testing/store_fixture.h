// An order-store for tests, and the verbs to use it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "services/common/kv/memory_kv.h"
#include "services/order_store/store/order_store.h"
#include "services/order_store/store/prepared.h"
#include "services/order_store/store/schema.h"
#include "services/order_store/testing/orders.h"

namespace ordermesh::order_store {

inline constexpr int64_t kTestNow = 1'768'473'061'000'000'000;

class StoreFixture : public testing::Test {
 protected:
  StoreFixture() {
    std::string pattern = testing::TempDir() + "/orderstoreXXXXXX";
    directory_ = mkdtemp(pattern.data());
    options_.mark_path = directory_ + "/mark";
    options_.clock = [this] { return now_.load(); };
  }
  ~StoreFixture() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  void OpenInMemory(std::unique_ptr<Log> log = nullptr) {
    auto store = OrderStore::Open(kv::NewMemoryKv(kFamilies), std::move(log), options_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // Sends one message and waits for its answers.
  std::shared_ptr<PreparedGroup> Commit(order::v1::CommitOrdersRequest request) {
    std::shared_ptr<PreparedGroup> group = Prepare(request);
    absl::Notification done;
    EXPECT_TRUE(store_->Submit(group, [&done](PreparedGroup&) { done.Notify(); }));
    done.WaitForNotification();
    return group;
  }
  PreparedItem Commit(uint64_t ingest, const order::v1::Order& order, std::string_view raw = "") {
    order::v1::CommitOrdersRequest request;
    AddOrder(request, ingest, order, raw);
    return Commit(std::move(request))->items[0];
  }
  PreparedItem CommitTraced(uint64_t ingest, const order::v1::Order& order, const std::string& traceparent) {
    order::v1::CommitOrdersRequest request;
    AddOrder(request, ingest, order)->set_traceparent(traceparent);
    return Commit(std::move(request))->items[0];
  }
  // The order at a position; empty where there is none.
  order::v1::Order OrderAt(int64_t position) {
    order::v1::GetOrderRequest request;
    request.set_id(MakeOrderId({options_.shard, position}).ToString());
    const auto order = store_->Get(request);
    EXPECT_TRUE(order.ok()) << order.status();
    return order.value_or(order::v1::Order());
  }
  PreparedItem Ask(uint64_t ingest, const std::string& external_order_id, std::string_view raw) {
    order::v1::CommitOrdersRequest request;
    AddQuestion(request, ingest, external_order_id, raw);
    return Commit(std::move(request))->items[0];
  }
  common::v1::AuditReport RunAudit(bool rebuild) {
    common::v1::AuditRequest request;
    request.set_rebuild(rebuild);
    const auto audit = store_->StartAudit(request);
    common::v1::AuditResponse response;
    while (true) {
      const auto more = audit->Step(&response);
      EXPECT_TRUE(more.ok()) << more.status();
      if (!more.ok() || !*more) return response.report();
    }
  }

  std::string directory_;
  std::atomic<int64_t> now_ = kTestNow;
  StoreOptions options_;
  std::unique_ptr<OrderStore> store_;
};

}  // namespace ordermesh::order_store
