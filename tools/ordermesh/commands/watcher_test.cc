#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "ordermesh/order/v1/order_service.pb.h"
#include "tools/ordermesh/commands/watcher.h"
#include "tools/ordermesh/output/proto_json.h"

namespace ordermesh::cli {
namespace {

using ::testing::ElementsAre;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

TEST(ProtoJsonTest, KeepsEveryFieldOfTheContractAlsoWhereItIsZero) {
  EXPECT_EQ(ToJson(order::v1::OrderStats()), R"({"totalCount":"0","partners":[],"hours":[]})");
  const auto stats = Parse<order::v1::OrderStats>(R"(
    partners { partner_id: "a" count: 1 line_count: 1 }
    partners { partner_id: "b" amounts { gross_amount { currency_code: "BRL" units: 7 } } })");
  EXPECT_THAT(ToJson(stats), ::testing::HasSubstr(R"({"partnerId":"a","count":"1","lineCount":"1","amounts":[]})"));
  EXPECT_THAT(ToJson(stats), ::testing::HasSubstr(R"("grossAmount":{"currencyCode":"BRL","units":"7","nanos":0})"));
}

class WatcherTest : public ::testing::Test {
 protected:
  absl::Status Watch(const WatchOnce& once) {
    const client::Patience patience{absl::Seconds(2), [this] { return now_; },
                                    [this](absl::Duration pause) { now_ += pause; }};
    return WatchThroughRestarts(patience, place_, once);
  }
  absl::Time now_ = absl::FromUnixSeconds(0);
  WatchPlace place_;
  int calls_ = 0;
};

TEST_F(WatcherTest, ResumesWhereItStoodAfterEachInterruption) {
  const absl::Status interruptions[] = {absl::UnavailableError(""), absl::CancelledError(""), absl::InternalError(""),
                                        absl::UnknownError("")};
  std::vector<int64_t> starts;
  EXPECT_TRUE(Watch([&](WatchPlace& place) {
                starts.push_back(place.after_position);
                if (calls_ == 4) return absl::OkStatus();
                place.after_position += 10;
                return interruptions[calls_++];
              }).ok());
  EXPECT_THAT(starts, ElementsAre(0, 10, 20, 30, 40));
}

TEST_F(WatcherTest, GivesUpWhenNothingComesForTheWholeWait) {
  EXPECT_EQ(Watch([&](WatchPlace&) { return absl::UnavailableError("away"); }).code(), absl::StatusCode::kUnavailable);
  EXPECT_LE(now_, absl::FromUnixSeconds(2));
}

TEST_F(WatcherTest, WaitsAnewAfterEveryMessage) {
  EXPECT_TRUE(Watch([&](WatchPlace& place) {
                if (++calls_ == 100) return absl::OkStatus();
                ++place.after_position;
                return absl::UnavailableError("");
              }).ok());
  EXPECT_GT(now_, absl::FromUnixSeconds(2));
}

TEST_F(WatcherTest, EndsAtOnceForOtherFailures) {
  EXPECT_EQ(Watch([&](WatchPlace&) { return absl::OutOfRangeError("past the end"); }).code(),
            absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace ordermesh::cli
