// Rows of two versions in one store: what an upgrade writes, and what a rollback finds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/errors.h"
#include "services/common/kv/rocks_kv.h"
#include "services/order_store/testing/store_fixture.h"

namespace ordermesh::order_store {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RecordVersionTest : public StoreFixture {
 protected:
  absl::StatusOr<std::unique_ptr<kv::Kv>> OpenKv(const std::string& directory) {
    kv::RocksOptions rocks;
    rocks.directory = directory;
    rocks.block_cache_bytes = 4 << 20;
    rocks.write_buffer_bytes = 16 << 20;
    return kv::OpenRocksKv(rocks, Families(rocks.write_buffer_bytes));
  }

  // Opens the store (again), writing rows of the version from now on.
  absl::Status Open(uint32_t version, const std::string& name = "store") {
    store_ = nullptr;
    auto kv = OpenKv(directory_ + "/" + name);
    if (!kv.ok()) return kv.status();
    options_.mark_path = directory_ + "/" + name + ".mark";
    options_.record_version = version;
    auto store = OrderStore::Open(*std::move(kv), nullptr, options_);
    if (store.ok()) store_ = *std::move(store);
    return store.status();
  }

  void Send(int first, int count) {
    for (int i = first; i < first + count; ++i) {
      EXPECT_EQ(Commit(static_cast<uint64_t>(i + 1), MakeOrder(absl::StrCat("ORD-", i), i), "raw").position, i + 1);
    }
  }

  // Version of the row at each position.
  std::string Versions() {
    store_ = nullptr;
    const auto kv = OpenKv(directory_ + "/store");
    std::string versions;
    const auto at = (*kv)->NewIterator(kRows);
    for (at->Seek(""); at->Valid(); at->Next()) versions += static_cast<char>('0' + at->value()[0]);
    return versions;
  }

  void PutRow(int64_t position, const std::string& row) {
    store_ = nullptr;
    const auto kv = OpenKv(directory_ + "/store");
    const auto batch = (*kv)->NewBatch();
    batch->Put(kRows, kv::EncodeU64(static_cast<uint64_t>(position)), row);
    ASSERT_TRUE((*kv)->Write(*batch, kv::Durability::kSynced).ok());
  }

  void PutFormat(uint32_t format) {
    store_ = nullptr;
    const auto kv = OpenKv(directory_ + "/store");
    const auto batch = (*kv)->NewBatch();
    std::string value;
    kv::AppendU32(value, format);
    batch->Put(kMeta, kMetaFormat, value);
    ASSERT_TRUE((*kv)->Write(*batch, kv::Durability::kSynced).ok());
  }

  uint32_t Format() {
    store_ = nullptr;
    return kv::DecodeU32((*(*OpenKv(directory_ + "/store"))->Get(kMeta, kMetaFormat)).value()).value();
  }
};

TEST_F(RecordVersionTest, AStoreGoesToTheNextVersionAndBackWithItsRowsMixed) {
  ASSERT_TRUE(Open(1).ok());
  Send(0, 3);
  ASSERT_TRUE(Open(2).ok());
  Send(3, 3);
  ASSERT_TRUE(Open(1).ok());
  Send(6, 3);
  // Every order is known again, whatever its row's version.
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(Commit(100 + static_cast<uint64_t>(i), MakeOrder(absl::StrCat("ORD-", i), i), "raw").position, i + 1);
    order::v1::GetOrderRequest request;
    request.set_id(MakeOrderId({0, i + 1}).ToString());
    const auto order = store_->Get(request);
    ASSERT_TRUE(order.ok()) << order.status();
    EXPECT_EQ(order->external_order_id(), absl::StrCat("ORD-", i));
  }
  const auto mixed = RunAudit(/*rebuild=*/true);
  EXPECT_THAT(mixed.problems(), IsEmpty());
  EXPECT_EQ(mixed.rows(), 9);

  ASSERT_TRUE(Open(1, "other").ok());
  Send(0, 9);
  EXPECT_EQ(RunAudit(false).state_hash(), mixed.state_hash()) << "the state does not depend on the version";
  EXPECT_EQ(Versions(), "111222111");
}

TEST_F(RecordVersionTest, TheDatabaseSaysBeforeTheFirstRowWhichVersionItMayHold) {
  ASSERT_TRUE(Open(1).ok());
  Send(0, 1);
  EXPECT_EQ(Format(), 1u);
  ASSERT_TRUE(Open(2).ok());
  EXPECT_EQ(Format(), 2u);
  ASSERT_TRUE(Open(1).ok());
  Send(1, 1);
  EXPECT_EQ(Format(), 2u) << "rows of version 2 may still be there";
}

TEST_F(RecordVersionTest, AStoreOfANewerReleaseIsRefused) {
  ASSERT_TRUE(Open(1).ok());
  PutFormat(3);
  const absl::Status status = Open(1);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "UNKNOWN_RECORD_VERSION");
  EXPECT_THAT(std::string(status.message()), HasSubstr("version 3"));
}

TEST_F(RecordVersionTest, ARowOfAnUnknownVersionIsNeverSkipped) {
  ASSERT_TRUE(Open(2).ok());
  Send(0, 3);
  PutRow(2, std::string("\x03") + "from the future");
  ASSERT_TRUE(Open(2).ok()) << "what was applied is not read again";
  order::v1::GetOrderRequest get;
  get.set_id(MakeOrderId({0, 2}).ToString());
  EXPECT_EQ(ReasonOf(store_->Get(get).status()), "UNKNOWN_RECORD_VERSION");
  const auto report = RunAudit(false);
  ASSERT_FALSE(report.problems().empty());
  EXPECT_THAT(report.problems(0), HasSubstr("version 3"));

  PutRow(4, std::string("\x03") + "behind the end of what was applied");
  EXPECT_EQ(Open(2).code(), absl::StatusCode::kDataLoss);
}

TEST_F(RecordVersionTest, ARowThatFailsItsCheckIsDamage) {
  ASSERT_TRUE(Open(2).ok());
  Send(0, 2);
  store_ = nullptr;
  std::string row;
  {
    const auto kv = OpenKv(directory_ + "/store");
    row = (*(*kv)->Get(kRows, kv::EncodeU64(1))).value();
  }
  row[row.size() / 2] ^= 1;
  PutRow(1, row);
  ASSERT_TRUE(Open(2).ok());
  order::v1::GetOrderRequest get;
  get.set_id(MakeOrderId({0, 1}).ToString());
  EXPECT_EQ(store_->Get(get).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace ordermesh::order_store
