// Damaged payloads of every partner: nothing crashes, and what is unreadable or refused says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "services/validation/domain/partner_plan.h"
#include "services/validation/domain/test_support.h"

namespace ordermesh::validation {
namespace {

class RobustnessTest : public testing::TestWithParam<const char*> {
 protected:
  RobustnessTest() : plan_(ShippedPlan(GetParam())) {
    const std::string partner = GetParam();
    payload_ = partner == "partner-a"   ? PartnerAPayload()
               : partner == "partner-b" ? PartnerBPayload()
               : partner == "olist"     ? OlistPayload()
                                        : RetailPayload();
  }

  Outcome Map(const std::string& payload) {
    const Outcome outcome = plan_->MapRaw(payload, absl::FromUnixSeconds(1'768'473'000), scratch_, order_);
    EXPECT_EQ(outcome.readable, Summary(outcome.violations) != "UNREADABLE ");
    EXPECT_TRUE(outcome.mapped || !outcome.violations.empty());
    // What was mapped must be storable: every text is UTF-8.
    EXPECT_FALSE(order_.SerializeAsString().empty());
    return outcome;
  }

  std::unique_ptr<const PartnerPlan> plan_;
  std::string payload_;
  Scratch scratch_;
  order::v1::Order order_;
};

TEST_P(RobustnessTest, EveryTruncationIsUnreadable) {
  for (size_t length = 0; length < payload_.size(); ++length) {
    EXPECT_FALSE(Map(payload_.substr(0, length)).readable) << length;
  }
  EXPECT_TRUE(Map(payload_).violations.empty());
}

TEST_P(RobustnessTest, EverySingleByteChangeIsAnswered) {
  constexpr std::string_view kBytes("\0\x01\x7f\x80\xc3\xff\"\\{}[]:,0-.eE \n", 21);
  for (size_t at = 0; at < payload_.size(); ++at) {
    for (const char byte : kBytes) {
      std::string changed = payload_;
      changed[at] = byte;
      Map(changed);
    }
  }
}

TEST_P(RobustnessTest, RandomDamageIsAnswered) {
  const unsigned seed = std::random_device()();
  std::printf("seed %u\n", seed);
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 5'000; ++round) {
    std::string changed = payload_;
    for (unsigned i = 0; i <= random() % 4; ++i) {
      const size_t at = random() % changed.size();
      const size_t length = random() % 12;
      switch (random() % 3) {
        case 0:
          changed[at] = static_cast<char>(random());
          break;
        case 1:
          changed.erase(at, length);
          break;
        default:
          changed.insert(at, changed.substr(random() % changed.size(), length));
      }
      if (changed.empty()) break;
    }
    Map(changed);
  }
}

INSTANTIATE_TEST_SUITE_P(Partners, RobustnessTest, testing::Values("partner-a", "partner-b", "olist", "retail-uk"),
                         [](const auto& info) {
                           std::string name = info.param;
                           name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
                           return name;
                         });

}  // namespace
}  // namespace ordermesh::validation
