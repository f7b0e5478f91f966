#include "services/error_store/domain/intake.h"

#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/domain/test_errors.h"

namespace ordermesh::error_store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

struct RefusalCase {
  const char* name;
  std::function<void(ErrorCommit&)> change;
  const char* field;
};

class IntakeRefusalTest : public ::testing::TestWithParam<RefusalCase> {};

TEST_P(IntakeRefusalTest, NamesTheField) {
  ErrorCommit commit = MakeCommit("partner-a", 1);
  GetParam().change(commit);
  const auto intake = TakeIn(std::move(commit));
  EXPECT_EQ(intake.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(intake.status().message()), HasSubstr(std::string(GetParam().field) + ":"));
}

// In the documented order; every case breaks all later rules that it can as well.
INSTANTIATE_TEST_SUITE_P(
    Cases, IntakeRefusalTest,
    ::testing::Values(
        RefusalCase{"ShortHash",
                    [](ErrorCommit& c) {
                      c.set_payload_sha256("short");
                      c.clear_error();
                    },
                    "payload_sha256"},
        RefusalCase{"NoError", [](ErrorCommit& c) { c.clear_error(); }, "error"},
        RefusalCase{"NoPartner",
                    [](ErrorCommit& c) {
                      c.mutable_error()->clear_partner_id();
                      c.mutable_error()->clear_kind();
                    },
                    "error.partner_id"},
        RefusalCase{"PartnerWithSlash", [](ErrorCommit& c) { c.mutable_error()->set_partner_id("a/b"); },
                    "error.partner_id"},
        RefusalCase{"PartnerWithNul", [](ErrorCommit& c) { c.mutable_error()->set_partner_id(std::string("a\0b", 3)); },
                    "error.partner_id"},
        RefusalCase{"LongPartner",
                    [](ErrorCommit& c) { c.mutable_error()->set_partner_id(std::string(kMaxPartnerIdBytes + 1, 'a')); },
                    "error.partner_id"},
        RefusalCase{"KindCreated",
                    [](ErrorCommit& c) {
                      c.mutable_error()->set_kind(OrderVerdict::CREATED);
                      c.mutable_error()->set_raw_payload(std::string(kMaxOrderBytes + 1, 'x'));
                    },
                    "error.kind"},
        RefusalCase{"KindReplayed", [](ErrorCommit& c) { c.mutable_error()->set_kind(OrderVerdict::REPLAYED); },
                    "error.kind"},
        RefusalCase{"KindUnset", [](ErrorCommit& c) { c.mutable_error()->clear_kind(); }, "error.kind"},
        RefusalCase{"NegativeTtl",
                    [](ErrorCommit& c) {
                      c.set_ttl_days(-1);
                      c.mutable_error()->set_raw_payload(std::string(kMaxOrderBytes + 1, 'x'));
                    },
                    "ttl_days"},
        RefusalCase{"LongTtl", [](ErrorCommit& c) { c.set_ttl_days(3'651); }, "ttl_days"},
        RefusalCase{"LargePayload",
                    [](ErrorCommit& c) { c.mutable_error()->set_raw_payload(std::string(kMaxOrderBytes + 1, 'x')); },
                    "error.raw_payload"},
        RefusalCase{"OtherHash", [](ErrorCommit& c) { c.set_payload_sha256(std::string(32, 'x')); }, "payload_sha256"},
        RefusalCase{"LargeOrder",
                    [](ErrorCommit& c) {
                      c.mutable_error()->mutable_order()->set_customer_id(
                          std::string(kMaxCanonicalOrderBytes + 1, 'x'));
                    },
                    "error.order"},
        RefusalCase{"NoIngestId", [](ErrorCommit& c) { c.mutable_error()->clear_ingest_id(); }, "error.ingest_id"},
        RefusalCase{"NegativeTime", [](ErrorCommit& c) { c.mutable_error()->mutable_received_time()->set_seconds(-1); },
                    "error.received_time"},
        RefusalCase{"WrongNanos",
                    [](ErrorCommit& c) { c.mutable_error()->mutable_received_time()->set_nanos(1'000'000'000); },
                    "error.received_time"}),
    [](const auto& info) { return info.param.name; });

TEST(IntakeTest, ThePartnersDaysAreTakenOver) {
  EXPECT_EQ(MakeIntake("partner-a", 1).ttl, std::nullopt);
  ErrorCommit commit = MakeCommit("partner-a", 1);
  commit.set_ttl_days(3'650);
  EXPECT_EQ(MakeIntake(std::move(commit)).ttl, absl::Hours(24 * 3'650));
}

TEST(IntakeTest, TakesTheErrorApart) {
  ErrorCommit commit = MakeCommit("partner-a", 1);
  const std::string raw = commit.error().raw_payload();
  const std::string sha256 = commit.payload_sha256();
  commit.mutable_error()->mutable_order()->set_customer_id("C-1");
  const Intake intake = MakeIntake(std::move(commit));
  EXPECT_EQ(intake.id, MakeErrorId("partner-a", OrderVerdict::REJECTED, sha256));
  EXPECT_EQ(intake.error.id(), intake.id.ToString());
  EXPECT_EQ(intake.error.status(), ErrorMessage::OPEN);
  EXPECT_EQ(intake.raw_payload, raw);
  EXPECT_FALSE(intake.error.has_order());
  EXPECT_TRUE(intake.error.raw_payload().empty());
  ordermesh::order::v1::Order order;
  ASSERT_TRUE(order.ParseFromString(intake.canonical_order));
  EXPECT_EQ(order.customer_id(), "C-1");
  EXPECT_EQ(intake.Weight(), raw.size() + intake.canonical_order.size() + kErrorOverheadBytes);
}

TEST(IntakeTest, TheTraceIdIsThatOfTheDelivery) {
  const auto trace_of = [](const std::string& traceparent) {
    ErrorCommit commit = MakeCommit("partner-a", 1);
    commit.mutable_error()->set_trace_id("what a sender may not set");
    commit.set_traceparent(traceparent);
    return MakeIntake(std::move(commit)).error.trace_id();
  };
  EXPECT_EQ(trace_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(trace_of("nonsense"), "");
  EXPECT_EQ(trace_of(""), "");
}

TEST(IntakeTest, EveryKindIsAnErrorOfItsOwn) {
  ErrorCommit rejected = MakeCommit("partner-a", 1);
  ErrorCommit conflict = rejected;
  conflict.mutable_error()->set_kind(OrderVerdict::CONFLICT);
  ErrorCommit reused = rejected;
  reused.mutable_error()->set_kind(OrderVerdict::SEQUENCE_REUSED);
  const Uuid a = MakeIntake(std::move(rejected)).id;
  const Uuid b = MakeIntake(std::move(conflict)).id;
  const Uuid c = MakeIntake(std::move(reused)).id;
  EXPECT_NE(a, b);
  EXPECT_NE(a, c);
  EXPECT_NE(b, c);
}

TEST(IntakeTest, TheReceivedTimeComesFromTheIngestIdWhereItIsMissing) {
  ErrorCommit commit = MakeCommit("partner-a", 5);
  commit.mutable_error()->clear_received_time();
  EXPECT_EQ(ReceivedSecond(MakeIntake(std::move(commit)).error), 1'767'225'605);
}

TEST(IntakeTest, CutsTextsAtCharacterBoundaries) {
  ErrorCommit commit = MakeCommit("partner-a", 1);
  std::string long_text = std::string(kMaxTextBytes - 1, 'x') + "\xc3\xa9";
  commit.mutable_error()->set_external_order_id(long_text);
  commit.mutable_error()->mutable_violations(0)->set_field(std::string(kMaxFieldBytes + 5, 'f'));
  commit.mutable_error()->mutable_violations(0)->set_message(std::string(kMaxMessageBytes + 5, 'm'));
  const ErrorMessage error = MakeIntake(std::move(commit)).error;
  EXPECT_EQ(error.external_order_id(), std::string(kMaxTextBytes - 1, 'x'));
  EXPECT_EQ(error.violations(0).field().size(), kMaxFieldBytes);
  EXPECT_EQ(error.violations(0).message().size(), kMaxMessageBytes);
}

TEST(IntakeTest, KeepsTheFirstHundredViolations) {
  ErrorCommit commit = MakeCommit("partner-a", 1);
  for (int i = 0; i < 150; ++i) AddViolation(*commit.mutable_error(), Violation::TYPE, absl::StrCat("field", i));
  const ErrorMessage error = MakeIntake(std::move(commit)).error;
  ASSERT_EQ(error.violations_size(), kMaxViolations);
  EXPECT_EQ(error.violations(99).field(), "field98");
}

TEST(IntakeTest, AnErrorHasEachCodeAndFieldOnce) {
  ErrorMessage error;
  AddViolation(error, Violation::TYPE, "unitPrice", 1);
  AddViolation(error, Violation::RANGE, "quantity", 1);
  AddViolation(error, Violation::RANGE, "quantity", 2);
  AddViolation(error, Violation::RANGE, "taxRate");
  EXPECT_THAT(CodesOf(error), ElementsAre(Violation::TYPE, Violation::RANGE));
  EXPECT_THAT(CodeFieldsOf(error), ElementsAre(Pair(Violation::TYPE, "unitPrice"), Pair(Violation::RANGE, "quantity"),
                                               Pair(Violation::RANGE, "taxRate")));
}

TEST(IntakeTest, StampGivesTheTimesOfTheStore) {
  ErrorMessage error;
  const absl::Time now = absl::FromUnixMillis(1'767'225'600'250);
  Stamp(now, absl::Hours(24), error);
  EXPECT_EQ(FromTimestamp(error.create_time()), now);
  EXPECT_EQ(FromTimestamp(error.update_time()), now);
  EXPECT_EQ(FromTimestamp(error.expire_time()), now + absl::Hours(24));
  EXPECT_EQ(ExpireSecond(error), 1'767'225'600 + 86'400);
}

}  // namespace
}  // namespace ordermesh::error_store
