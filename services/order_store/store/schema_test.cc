#include "services/order_store/store/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/common/base/errors.h"
#include "services/order_store/store/row_order.h"
#include "services/order_store/store/sequence_set.h"

namespace ordermesh::order_store {
namespace {

TEST(RowTest, DecodesWhatWasEncoded) {
  std::string row;
  AppendRowHead({{1, 2}, {3, 4}, 5, std::string(32, 's')}, row);
  row += "order";
  const size_t size = row.size();
  std::vector<std::string> contents;
  for (uint32_t version = kFirstRecordVersion; version <= kLastRecordVersion; ++version) {
    std::string finished = row + std::string(kRowSpareBytes, '\0');
    finished.resize(FinishRow(version, 77, finished.data(), size));
    const auto view = DecodeRow(finished);
    ASSERT_TRUE(view.ok()) << view.status();
    EXPECT_EQ(view->head.ingest_id, (Uuid{1, 2}));
    EXPECT_EQ(view->head.content, (ContentHash{3, 4}));
    EXPECT_EQ(view->head.processed_at_ns, 77);
    EXPECT_EQ(view->head.raw_sha256, std::string(32, 's'));
    EXPECT_EQ(view->order, "order");
    contents.emplace_back(view->content);
  }
  EXPECT_EQ(contents[0], contents[1]) << "what a row says does not depend on its version";
}

TEST(RowTest, TheTimeOfAnyIngestIdIsToldInFull) {
  std::string row;
  // The last millisecond of such an id: more nanoseconds than 64 bits hold.
  AppendRowHead({{~uint64_t{0}, 0}, {3, 4}, 5, ""}, row);
  const size_t size = row.size();
  row.append(kRowSpareBytes, '\0');
  row.resize(FinishRow(kLastRecordVersion, 77, row.data(), size));
  order::v1::Order order;
  ASSERT_TRUE(DecodeOrder(row, 0, 1, &order).ok());
  EXPECT_EQ(order.received_time().seconds(), 281'474'976'710);
  EXPECT_EQ(order.received_time().nanos(), 655'000'000);
  EXPECT_EQ(order.processed_at().nanos(), 77);
}

TEST(RowTest, ARowOfVersion2ThatLostABitAnywhereIsRefused) {
  std::string row;
  AppendRowHead({{1, 2}, {3, 4}, 5, ""}, row);
  row += "order";
  const size_t size = row.size();
  row.append(kRowSpareBytes, '\0');
  row.resize(FinishRow(2, 77, row.data(), size));
  ASSERT_TRUE(DecodeRow(row).ok());
  for (size_t bit = 0; bit < row.size() * 8; ++bit) {
    row[bit / 8] ^= static_cast<char>(1 << bit % 8);
    EXPECT_EQ(DecodeRow(row).status().code(), absl::StatusCode::kDataLoss) << bit;
    row[bit / 8] ^= static_cast<char>(1 << bit % 8);
  }
}

TEST(RowTest, RefusesEveryTruncationAndUnknownVersions) {
  std::string row;
  AppendRowHead({{1, 2}, {3, 4}, 5, std::string(32, 's')}, row);
  for (size_t size = 0; size < row.size(); ++size) {
    EXPECT_EQ(DecodeRow(std::string_view(row).substr(0, size)).status().code(), absl::StatusCode::kDataLoss) << size;
  }
  row[0] = 3;
  EXPECT_EQ(ReasonOf(DecodeRow(row).status()), "UNKNOWN_RECORD_VERSION");
  EXPECT_THAT(std::string(DecodeRow(row).status().message()), ::testing::HasSubstr("version 3"));
  row[0] = 0;
  EXPECT_EQ(DecodeRow(row).status().code(), absl::StatusCode::kDataLoss);
}

TEST(HolderTest, DecodesWhatWasEncodedAndRefusesTheRest) {
  std::string value;
  AppendHolder({9, {1, 2}, 3}, value);
  EXPECT_EQ(DecodeHolder(value)->position, 9);
  EXPECT_EQ(DecodeHolder(value)->ingest_low, 3u);
  EXPECT_EQ(DecodeHolder(value + "x").status().code(), absl::StatusCode::kDataLoss);
}

TEST(TotalsTest, KeepNegativeAndLargeSums) {
  Totals totals;
  totals.Add(3, {static_cast<__int128>(1) << 100, -5, 7});
  Totals twice = totals;
  twice.Add(totals);
  std::string value;
  AppendTotals(twice, value);
  const auto decoded = DecodeTotals(value);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->count, 2u);
  EXPECT_EQ(decoded->lines, 6u);
  EXPECT_TRUE(decoded->sums.gross == static_cast<__int128>(1) << 101);
  EXPECT_TRUE(decoded->sums.tax == -10);
  EXPECT_EQ(DecodeTotals("short").status().code(), absl::StatusCode::kDataLoss);
}

TEST(CounterKeyTest, DecodesBothKinds) {
  const std::string all = TotalsKey("p", "USD");
  EXPECT_EQ(DecodeCounterKey(all)->hour, std::nullopt);
  EXPECT_EQ(DecodeCounterKey(all)->currency, "USD");
  const std::string hour = HourKey(491'242, "p", "USD");
  EXPECT_EQ(DecodeCounterKey(hour)->hour, 491'242u);
  EXPECT_EQ(DecodeCounterKey(hour)->partner_id, "p");
  for (const char* bad : {"", "x", "h123", "tpartner"}) {
    EXPECT_EQ(DecodeCounterKey(bad).status().code(), absl::StatusCode::kDataLoss) << bad;
  }
}

TEST(SequenceBlockTest, KeepsSparseAndDenseBlocks) {
  for (const size_t step : {1, 2, 17, 500}) {
    SequenceBlock block;
    for (size_t i = 0; i < block.size(); i += step) block[i] = true;
    const auto decoded = DecodeSequenceBlock(EncodeSequenceBlock(block));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, block) << step;
  }
}

TEST(SequenceBlockTest, RefusesOtherBytes) {
  EXPECT_EQ(DecodeSequenceBlock("odd").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeSequenceBlock(std::string(130, 'x')).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeSequenceBlock("\xff\xff").status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace ordermesh::order_store
