// What a store does while the disk of its log, or that of its database, is full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/errors.h"
#include "services/common/kv/testing_kv.h"
#include "services/order_store/store/order_store.h"
#include "services/order_store/testing/store_fixture.h"

namespace ordermesh::order_store {
namespace {

using order::v1::CommitOrdersRequest;
using ::testing::SizeIs;

// A log whose disk can be full.
class FullLog : public Log {
 public:
  explicit FullLog(const std::atomic<bool>& full) : full_(full), log_(NewMemoryLog()) {}
  absl::Status Append(const std::vector<LogRow>& rows, kv::WriteBatch& effects) override {
    return full_ ? absl::ResourceExhaustedError("the disk is full") : log_->Append(rows, effects);
  }
  bool keeps_effects() const override { return false; }
  std::unique_ptr<LogReader> Read() const override { return log_->Read(); }
  int64_t end() const override { return log_->end(); }

 private:
  const std::atomic<bool>& full_;
  const std::unique_ptr<Log> log_;
};

class FullDiskTest : public StoreFixture {
 protected:
  std::atomic<bool> full_ = false;
};

TEST_F(FullDiskTest, RefusesOnlyWhatRestsOnTheWriteAndForgetsIt) {
  OpenInMemory(std::make_unique<FullLog>(full_));
  Commit(1, MakeOrder("held", 1));
  full_ = true;
  CommitOrdersRequest request;
  AddOrder(request, 2, MakeOrder("held", 1));
  AddOrder(request, 3, MakeOrder("new", 2));
  AddOrder(request, 4, MakeOrder("new", 2));
  AddOrder(request, 5, MakeOrder("other", 2));
  const auto group = Commit(request);
  EXPECT_EQ(group->items[0].decision, Decision::kReplayed);
  EXPECT_FALSE(group->items[0].failed);
  ASSERT_THAT(group->statuses, SizeIs(3));
  for (const auto& [index, status] : group->statuses) {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_TRUE(RetryDelayOf(status).has_value());
  }
  full_ = false;
  EXPECT_EQ(Commit(6, MakeOrder("other", 2)).decision, Decision::kAccept);
  EXPECT_TRUE(RunAudit(true).ok());
}

// A log that keeps no effects, beside a database that can be full. The test steps the store: nothing else writes.
class FullDatabaseTest : public StoreFixture {
 protected:
  FullDatabaseTest() {
    options_.threads = false;
    auto kv = std::make_unique<kv::FaultyKv>(kv::NewMemoryKv(kFamilies));
    kv_ = kv.get();
    auto store = OrderStore::Open(std::move(kv), NewMemoryLog(), options_);
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  std::shared_ptr<PreparedGroup> Step(uint64_t ingest, const std::string& external_order_id) {
    CommitOrdersRequest request;
    AddOrder(request, ingest, MakeOrder(external_order_id), "");
    std::shared_ptr<PreparedGroup> group = Prepare(request);
    EXPECT_TRUE(store_->Submit(group, [](PreparedGroup&) {}));
    EXPECT_TRUE(store_->StepWriter());
    return group;
  }

  kv::FaultyKv* kv_ = nullptr;
};

TEST_F(FullDatabaseTest, NeverAcceptsAnOrderOfTheLogAgain) {
  kv_->FailWritesWith(absl::ResourceExhaustedError("the disk is full"));
  const auto kept = Step(1, "ORD-1");
  EXPECT_EQ(kept->items[0].decision, Decision::kAccept);
  EXPECT_FALSE(kept->items[0].failed) << "the row is in the log for good";
  // Its identity is in no index yet: until it is, nothing can be decided.
  for (const char* id : {"ORD-1", "ORD-2"}) {
    const auto refused = Step(2, id);
    ASSERT_THAT(refused->statuses, SizeIs(1)) << id;
    EXPECT_EQ(refused->statuses.begin()->second.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_TRUE(RetryDelayOf(refused->statuses.begin()->second).has_value());
  }
  EXPECT_EQ(store_->end(), 1);
  kv_->FailWritesWith(absl::OkStatus());
  const PreparedItem again = Step(3, "ORD-1")->items[0];
  EXPECT_EQ(again.decision, Decision::kReplayed);
  EXPECT_EQ(again.position, 1);
  EXPECT_EQ(Step(4, "ORD-2")->items[0].position, 2);
  const auto report = RunAudit(true);
  EXPECT_TRUE(report.ok()) << report.DebugString();
}

}  // namespace
}  // namespace ordermesh::order_store
