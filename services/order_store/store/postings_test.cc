#include "services/order_store/store/postings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "ordermesh/order/v1/order.pb.h"
#include "services/common/kv/memory_kv.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

using ::testing::ElementsAre;

std::vector<int> Members(const BlockSet& set) {
  std::vector<int> members;
  for (int32_t at = set.HighestBelow(kBlockPositions); at >= 0; at = set.HighestBelow(static_cast<uint32_t>(at))) {
    members.push_back(at);
  }
  return members;
}

TEST(BlockSetTest, WalksDownwards) {
  BlockSet set;
  set.Add(0);
  set.Add(63);
  set.Add(64);
  set.Add(65'535);
  EXPECT_THAT(Members(set), ElementsAre(65'535, 64, 63, 0));
  EXPECT_EQ(set.HighestBelow(0), -1);
}

TEST(BlockSetTest, AddsRangesAndIntersects) {
  BlockSet set, other;
  set.AddRange(60, 200);
  other.AddRange(198, 300);
  set.IntersectWith(other);
  EXPECT_THAT(Members(set), ElementsAre(199, 198));
}

// Random terms, searched in memory and in their encoded form.
class PostingsTest : public testing::Test {
 protected:
  PostingsTest() : kv_(kv::NewMemoryKv(kFamilies)) {
    std::mt19937 random(7);
    for (int offset = 0; offset < 20'000; ++offset) {
      std::vector<uint32_t> products = {static_cast<uint32_t>(random() % 50), 60 + static_cast<uint32_t>(random() % 9)};
      OrderTerms terms{offset < 9'000 ? 1u : 0xffffffffu, static_cast<uint32_t>(random()), 1'000u + offset / 700, 0, 2};
      customers_[terms.customer].insert(offset);
      block_.Add(static_cast<uint16_t>(offset), terms, products);
    }
    const auto batch = kv_->NewBatch();
    BlockTerms copy = block_;
    copy.Encode(5, [&](std::string_view key, std::string_view value) { batch->Put(kPostings, key, value); });
    EXPECT_EQ(kv_->Write(*batch, kv::Durability::kSynced), absl::OkStatus());
  }

  void ExpectSame(TermKind kind, uint32_t first, uint32_t last) {
    BlockSet in_memory, stored;
    block_.Find(kind, first, last, &in_memory);
    ASSERT_EQ(FindPostings(*kv_, kind, 5, first, last, &stored), absl::OkStatus());
    EXPECT_EQ(Members(in_memory), Members(stored)) << first << " to " << last;
  }

  std::unique_ptr<kv::Kv> kv_;
  BlockTerms block_;
  std::map<uint32_t, std::set<int>> customers_;
};

TEST_F(PostingsTest, FindEveryCustomer) {
  int checked = 0;
  for (const auto& [term, offsets] : customers_) {
    if (++checked % 37 != 0) continue;
    BlockSet found;
    ASSERT_EQ(FindPostings(*kv_, TermKind::kCustomer, 5, term, term, &found), absl::OkStatus());
    EXPECT_EQ(Members(found), std::vector<int>(offsets.rbegin(), offsets.rend()));
  }
}

TEST_F(PostingsTest, FindTermsAndRangesAsInMemory) {
  for (uint32_t term = 0; term < 80; ++term) ExpectSame(TermKind::kProduct, term, term);
  ExpectSame(TermKind::kPartner, 1, 1);
  ExpectSame(TermKind::kPartner, 0xffffffff, 0xffffffff);
  ExpectSame(TermKind::kHour, 1'003, 1'010);
  ExpectSame(TermKind::kHour, 0, 0xffffffff);
  ExpectSame(TermKind::kCustomer, 0, 1u << 31);
}

TEST_F(PostingsTest, FindNothingInAnotherBlock) {
  BlockSet found;
  ASSERT_EQ(FindPostings(*kv_, TermKind::kHour, 4, 0, 0xffffffff, &found), absl::OkStatus());
  ASSERT_EQ(FindPostings(*kv_, TermKind::kHour, 6, 0, 0xffffffff, &found), absl::OkStatus());
  EXPECT_THAT(Members(found), ElementsAre());
}

TEST(ChunkTest, RefusesDamagedBytes) {
  const auto ignore = [](uint32_t, uint32_t, uint32_t) {};
  for (const std::string& bad : {std::string("\x01"), std::string("\x01\x01\x05"),
                                 std::string("\xff\xff\xff\xff\xff\xff"), std::string("\x00\x01\x00\xff\xff\x7f", 6)}) {
    EXPECT_EQ(DecodeChunk(bad, 0, ignore).code(), absl::StatusCode::kDataLoss);
  }
}

TEST(TermsTest, AscendWithTimeAndKeepProductsOnce) {
  EXPECT_LT(HourTerm(-3'601), HourTerm(-1));
  EXPECT_LT(HourTerm(-1), HourTerm(0));
  EXPECT_EQ(HourTerm(0), HourTerm(3'599));
  EXPECT_EQ(HourTerm(INT64_MAX), 0xffffffffu);
  order::v1::Order order;
  for (const char* product : {"b", "a", "b"}) order.add_lines()->set_product_id(product);
  std::vector<uint32_t> products = {1};
  const OrderTerms terms = TermsOf(order, products);
  EXPECT_EQ(terms.products_end - terms.products_begin, 2u);
}

}  // namespace
}  // namespace ordermesh::order_store
