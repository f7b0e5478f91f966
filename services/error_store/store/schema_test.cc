#include "services/error_store/store/schema.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/domain/test_errors.h"

namespace ordermesh::error_store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Row MakeRow() {
  Row row;
  row.origin = 7;
  row.payload_sha256 = std::string(32, 'h');
  row.payload_size = 99;
  row.error = MakeIntake("partner-a", 1).error;
  return row;
}

TEST(SchemaTest, RowsComeBackAsTheyWere) {
  Row row = MakeRow();
  row.error.set_revision(2);
  const auto decoded = DecodeRow(EncodeRow(row));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->origin, 7);
  EXPECT_EQ(decoded->payload_sha256, row.payload_sha256);
  EXPECT_EQ(decoded->payload_size, 99u);
  EXPECT_EQ(decoded->error.SerializeAsString(), row.error.SerializeAsString());
}

TEST(SchemaTest, PayloadsComeBackByteForByte) {
  const std::string raw("\0{\xff}\n", 5);
  ordermesh::order::v1::Order order;
  order.set_customer_id("C-1");
  for (const std::string& canonical : {std::string(), order.SerializeAsString()}) {
    ErrorMessage error;
    ASSERT_TRUE(DecodePayload(EncodePayload(raw, canonical), error).ok());
    EXPECT_EQ(error.raw_payload(), raw);
    EXPECT_EQ(error.has_order(), !canonical.empty());
    EXPECT_EQ(error.order().SerializeAsString(), canonical);
  }
  EXPECT_EQ(EncodePayload("", ""), "");
}

TEST(SchemaTest, EveryCutOfARowIsDamageOrAnotherError) {
  const std::string bytes = EncodeRow(MakeRow());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto row = DecodeRow(bytes.substr(0, size));
    // A protobuf message may be cut between two fields: RocksDB's checksums hold the length.
    if (!row.ok()) {
      EXPECT_EQ(ReasonOf(row.status()), "BAD_RECORD") << size;
    }
    EXPECT_TRUE(size >= 45 || !row.ok()) << size;
  }
}

TEST(SchemaTest, RefusesDamagedRecords) {
  std::string row = EncodeRow(MakeRow());
  row[0] = 2;
  EXPECT_EQ(ReasonOf(DecodeRow(row).status()), "BAD_RECORD");
  row[0] = 1;
  row += '\xff';
  EXPECT_EQ(ReasonOf(DecodeRow(row).status()), "BAD_RECORD");
  ErrorMessage error;
  EXPECT_EQ(ReasonOf(DecodePayload("", error)), "BAD_RECORD");
  EXPECT_EQ(ReasonOf(DecodePayload(std::string("\2\0\0\0\0", 5), error)), "BAD_RECORD");
  EXPECT_EQ(ReasonOf(DecodePayload(std::string("\1\0\0\0\2x", 6), error)), "BAD_RECORD");
  EXPECT_EQ(ReasonOf(DecodePayload(std::string("\1\0\0\0\0\xff", 6), error)), "BAD_RECORD");
  EXPECT_EQ(ReasonOf(PositionOf("short").status()), "BAD_RECORD");
  EXPECT_EQ(ReasonOf(PositionOf(std::string(8, '\0')).status()), "BAD_RECORD");
  EXPECT_EQ(ReasonOf(DecodeZone("short").status()), "BAD_RECORD");
  EXPECT_EQ(ReasonOf(DecodeZone(EncodeZone(Zone())).status()), "BAD_RECORD");
  EXPECT_EQ(ReasonOf(DecodeCount("short").status()), "BAD_RECORD");
  EXPECT_EQ(ReasonOf(DecodeCount(kv::EncodeU64(0)).status()), "BAD_RECORD");
}

TEST(SchemaTest, KeysSortAsNumbersDo) {
  EXPECT_LT(PositionKey(255), PositionKey(256));
  EXPECT_LT(ZoneKey(1), ZoneKey(1'000));
  EXPECT_LT(CodeFieldCounter("p", Violation::RANGE, "z"), CodeFieldCounter("p", Violation::LENGTH, "a"));
}

TEST(SchemaTest, NoPartnersKeysLieAmongAnothers) {
  EXPECT_NE(PartnerPostings("partner").substr(0, 8), PartnerPostings("partner-a").substr(0, 8) + "x");
  EXPECT_NE(PartnerPostings("partner-a").find(PartnerPostings("partner")), 0u);
  EXPECT_NE(CodeFieldCountersOf("partner-a").find(CodeFieldCountersOf("partner")), 0u);
}

TEST(SchemaTest, AnErrorIsListedAndCountedOnceForEachOfItsValues) {
  ErrorMessage error = MakeIntake("p", 1).error;
  AddViolation(error, Violation::RANGE, "quantity", 2);
  AddViolation(error, Violation::RANGE, "taxRate");
  AddViolation(error, Violation::TYPE, "taxRate");
  EXPECT_THAT(
      PostingsOf(error),
      ElementsAre(PartnerPostings("p"), StatusPostings(ErrorMessage::OPEN), CodePostings(Violation::TYPE),
                  CodePostings(Violation::RANGE), CodeFieldPostings(Violation::TYPE, "taxRate"),
                  CodeFieldPostings(Violation::RANGE, "quantity"), CodeFieldPostings(Violation::RANGE, "taxRate")));
  std::vector<std::string> counters = {std::string(kTotalCounter), PartnerCounter("p"),
                                       StatusCounter("p", ErrorMessage::OPEN)};
  const auto add_group = [&counters, &error](ViolationCode code, const std::string& field, bool is_open) {
    counters.push_back(CodeFieldCounter("p", code, field));
    if (is_open) counters.push_back(OpenCounter("p", code, field));
    counters.push_back(MinuteCountersOf("p", code, field));
    kv::AppendU32(counters.back(), static_cast<uint32_t>(ReceivedSecond(error) / 60));
  };
  for (const bool is_open : {true, false}) {
    counters.resize(3);
    error.set_status(is_open ? ErrorMessage::OPEN : ErrorMessage::RESOLVED);
    counters[2] = StatusCounter("p", error.status());
    add_group(Violation::TYPE, "taxRate", is_open);
    add_group(Violation::RANGE, "quantity", is_open);
    add_group(Violation::RANGE, "taxRate", is_open);
    EXPECT_EQ(CountersOf(error), counters);
  }
}

TEST(SchemaTest, AnErrorIsListedOnceForEachOfItsOrders) {
  const auto of_orders = [](const std::string& conflicting, const std::string& made) {
    ErrorMessage error = MakeIntake("p", 1).error;
    error.set_order_id(conflicting);
    error.set_resolved_order_id(made);
    std::vector<std::string> postings = PostingsOf(error);
    // The others are those of partner, status, code and field.
    postings.erase(postings.begin(), postings.begin() + 4);
    return postings;
  };
  const Uuid one = MakeOrderId({0, 1});
  const Uuid two = MakeOrderId({0, 2});
  EXPECT_THAT(of_orders(one.ToString(), two.ToString()), ElementsAre(OrderPostings(one), OrderPostings(two)));
  EXPECT_THAT(of_orders(one.ToString(), one.ToString()), ElementsAre(OrderPostings(one)));
  EXPECT_THAT(of_orders("", two.ToString()), ElementsAre(OrderPostings(two)));
  EXPECT_THAT(of_orders("no id", ""), IsEmpty());
}

TEST(SchemaTest, JobsComeBackWithTheirNumbers) {
  JobMessage job;
  job.set_id("a job");
  const auto decoded = DecodeJob(JobKey(7), EncodeJob(job));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->number, 7);
  EXPECT_EQ(decoded->job.id(), "a job");
  EXPECT_FALSE(DecodeJob(RunningJobKey(7), EncodeJob(job)).ok());
  EXPECT_FALSE(DecodeJob(JobKey(7), "x").ok());
}

TEST(SchemaTest, ARowOfTheFirstReleaseIsCompleted) {
  Row row = MakeRow();
  row.error.clear_revision();
  row.error.clear_payload_sha256();
  row.error.mutable_update_time()->set_seconds(1'000);
  row.error.mutable_expire_time()->set_seconds(1'000 + 30 * 86'400);
  const auto decoded = DecodeRow(EncodeRow(row));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->error.revision(), 1);
  EXPECT_EQ(decoded->error.payload_sha256(), row.payload_sha256);
  EXPECT_EQ(decoded->error.ttl_days(), 30);
}

TEST(SchemaTest, AZoneSumsUpItsRows) {
  Zone zone;
  for (const int n : {5, 1, 9}) {
    ErrorMessage error = MakeIntake("p", n).error;
    Stamp(absl::FromUnixSeconds(1'000 - n), absl::Seconds(100), error);
    zone.Add(error);
  }
  EXPECT_EQ(zone.count, 3u);
  EXPECT_EQ(zone.received_first, 1'767'225'601);
  EXPECT_EQ(zone.received_last, 1'767'225'609);
  EXPECT_EQ(zone.expires_first, 1'091);
  const auto decoded = DecodeZone(EncodeZone(zone));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, zone);
  EXPECT_EQ(ZoneOf(kZonePositions - 1), 0);
  EXPECT_EQ(ZoneOf(kZonePositions), 1);
  EXPECT_EQ(FirstPositionOf(2), 2 * kZonePositions);
}

TEST(SchemaTest, FamilyNamesAreDistinct) {
  std::set<std::string> names;
  for (const auto& family : Families()) names.insert(family.name);
  EXPECT_EQ(names.size(), Families().size());
  EXPECT_TRUE(Families()[kPayloads].large_values);
}

}  // namespace
}  // namespace ordermesh::error_store
