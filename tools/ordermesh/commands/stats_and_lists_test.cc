#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "ordermesh/order/v1/order_service.pb.h"
#include "tools/ordermesh/commands/merge_stats.h"
#include "tools/ordermesh/commands/shard_list.h"
#include "tools/ordermesh/commands/watcher.h"
#include "tools/ordermesh/output/proto_json.h"

namespace ordermesh::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

constexpr char kFirstShard[] = R"(
  total_count: 3
  partners { partner_id: "b" count: 3 line_count: 5
    amounts { gross_amount { currency_code: "EUR" units: 1 nanos: 600000000 }
              tax_amount { currency_code: "EUR" } net_amount { currency_code: "EUR" units: 1 nanos: 600000000 } } }
  hours { hour { seconds: 7200 } partner { partner_id: "b" count: 3 } })";
constexpr char kSecondShard[] = R"(
  total_count: 2
  partners { partner_id: "a" count: 1 line_count: 1 }
  partners { partner_id: "b" count: 1 line_count: 2
    amounts { gross_amount { currency_code: "BRL" units: 7 } tax_amount { currency_code: "BRL" }
              net_amount { currency_code: "BRL" units: 7 } }
    amounts { gross_amount { currency_code: "EUR" units: 2 nanos: 400000001 }
              tax_amount { currency_code: "EUR" } net_amount { currency_code: "EUR" units: 2 nanos: 400000001 } } }
  hours { hour { seconds: 3600 } partner { partner_id: "b" count: 1 } })";

TEST(MergeStatsTest, AddsOrdersOfSeveralShardsExactly) {
  const auto merged =
      MergeOrderStats({Parse<order::v1::OrderStats>(kFirstShard), Parse<order::v1::OrderStats>(kSecondShard)});
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(merged->total_count(), 5);
  ASSERT_EQ(merged->partners_size(), 2);
  EXPECT_EQ(merged->partners(0).partner_id(), "a");
  const auto& b = merged->partners(1);
  EXPECT_EQ(b.count(), 4);
  EXPECT_EQ(b.line_count(), 7);
  ASSERT_EQ(b.amounts_size(), 2);
  EXPECT_EQ(b.amounts(0).gross_amount().currency_code(), "BRL");
  EXPECT_EQ(b.amounts(1).net_amount().units(), 4);
  EXPECT_EQ(b.amounts(1).net_amount().nanos(), 1);
  ASSERT_EQ(merged->hours_size(), 2);
  EXPECT_EQ(merged->hours(0).hour().seconds(), 3600);
}

TEST(MergeStatsTest, RefusesSumsThatDoNotFit) {
  auto shard = Parse<order::v1::OrderStats>(kFirstShard);
  shard.mutable_partners(0)->mutable_amounts(0)->mutable_gross_amount()->set_units(INT64_MAX);
  EXPECT_EQ(MergeOrderStats({shard, shard}).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(MergeStatsTest, AddsErrorsByCodeAndField) {
  const auto merged =
      MergeErrorStats({Parse<error::v1::ErrorStats>(R"(total_count: 2 partners { partner_id: "a" count: 2
         codes { code: RANGE field: "quantity" count: 2 } codes { code: REQUIRED field: "customerId" count: 1 } })"),
                       Parse<error::v1::ErrorStats>(R"(total_count: 1 partners { partner_id: "a" count: 1
         codes { code: RANGE field: "quantity" count: 1 } } partners { partner_id: "b" })")});
  EXPECT_EQ(merged.total_count(), 3);
  ASSERT_EQ(merged.partners_size(), 2);
  ASSERT_EQ(merged.partners(0).codes_size(), 2);
  EXPECT_EQ(merged.partners(0).codes(0).field(), "customerId");
  EXPECT_EQ(merged.partners(0).codes(1).count(), 3);
}

TEST(ProtoJsonTest, KeepsEveryFieldOfTheContractAlsoWhereItIsZero) {
  EXPECT_EQ(ToJson(order::v1::OrderStats()), R"({"totalCount":"0","partners":[],"hours":[]})");
  const auto stats = Parse<order::v1::OrderStats>(kSecondShard);
  EXPECT_THAT(ToJson(stats), ::testing::HasSubstr(R"({"partnerId":"a","count":"1","lineCount":"1","amounts":[]})"));
  EXPECT_THAT(ToJson(stats), ::testing::HasSubstr(R"("grossAmount":{"currencyCode":"BRL","units":"7","nanos":0})"));
}

TEST(PageTokenTest, JoinsAndSplitsTokensOfShards) {
  using Tokens = std::vector<std::optional<std::string>>;
  EXPECT_EQ(JoinPageTokens({"abc"}), "abc");
  EXPECT_EQ(JoinPageTokens({"abc", std::nullopt, ""}), "abc.-.");
  EXPECT_EQ(JoinPageTokens({std::nullopt, std::nullopt}), "");
  EXPECT_EQ(*SplitPageToken("abc.-.", 3), (Tokens{"abc", std::nullopt, ""}));
  EXPECT_EQ(*SplitPageToken("", 2), (Tokens{"", ""}));
  EXPECT_EQ(SplitPageToken("abc", 2).status().code(), absl::StatusCode::kInvalidArgument);
}

// Shards whose items are numbers; a token is where the next page starts.
class ShardListTest : public ::testing::Test {
 protected:
  struct Item {
    google::protobuf::Timestamp time;
  };
  struct Response {
    std::vector<Item> items;
    std::string token;
    const std::string& next_page_token() const { return token; }
    int size() const { return static_cast<int>(items.size()); }
    auto begin() { return items.begin(); }
    auto end() { return items.end(); }
  };

  std::vector<int64_t> List(int limit, std::string* token) {
    const auto list = [&](size_t shard, int size, const std::string& from) -> absl::StatusOr<Response> {
      Response response;
      const auto& times = shards_[shard];
      size_t at = from.empty() ? 0 : std::stoul(from);
      for (; at < times.size() && size > 0; ++at, --size) {
        response.items.emplace_back();
        response.items.back().time.set_seconds(times[at]);
      }
      if (at < times.size()) response.token = std::to_string(at);
      return response;
    };
    auto page = ListShards<Item>(
        shards_.size(), limit, *token, list, [](Response& response) { return &response; },
        [](const Item& item) -> const google::protobuf::Timestamp& { return item.time; });
    EXPECT_TRUE(page.ok()) << page.status();
    *token = page->next_page_token;
    std::vector<int64_t> times;
    for (const Item& item : page->items) times.push_back(item.time.seconds());
    return times;
  }

  std::vector<std::vector<int64_t>> shards_;
};

TEST_F(ShardListTest, GivesEveryItemOnceAndEachPageNewestFirst) {
  shards_ = {{9, 7, 5, 3}, {8, 6}};
  std::string token;
  EXPECT_THAT(List(4, &token), ElementsAre(9, 8, 7, 6));
  EXPECT_EQ(token, "2.-");
  EXPECT_THAT(List(4, &token), ElementsAre(5, 3));
  EXPECT_EQ(token, "");
}

TEST_F(ShardListTest, KeepsTheOrderOfASingleShard) {
  shards_ = {{1, 5, 3}};
  std::string token;
  EXPECT_THAT(List(2, &token), ElementsAre(1, 5));
  EXPECT_THAT(List(2, &token), ElementsAre(3));
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
