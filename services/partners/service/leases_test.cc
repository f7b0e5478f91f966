#include "services/partners/service/leases.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/partners/domain/keys.h"
#include "services/partners/domain/limits.h"
#include "services/partners/service/test_managers.h"

namespace ordermesh::partners {
namespace {

using ::testing::HasSubstr;

class LeasesTest : public ManagerTest {
 protected:
  LeasesTest() {
    Create("a");
    SetLimits(100, 10);
  }

  void SetLimits(int64_t orders, int64_t queries) {
    v1::UpdatePartnerRequest request;
    request.mutable_partner()->set_partner_id("a");
    request.mutable_partner()->mutable_order_limit()->set_amount(orders);
    request.mutable_partner()->mutable_query_limit()->set_amount(queries);
    ASSERT_TRUE(partners_.Update(operator_, request).ok());
  }

  std::string MakeKey() {
    v1::CreateApiKeyRequest request;
    request.set_partner_id("a");
    *request.mutable_expire_time() = ToTimestamp(store_.now() + absl::Hours(1));
    return keys_.Create(operator_, request)->api_key().key_id();
  }

  v1::TokenGrant Ask(const std::string& holder, int64_t wanted, const std::string& key_id = "",
                     const std::string& partner_id = "a", int64_t returned = 0) {
    v1::LeaseTokensRequest request;
    request.set_holder(holder);
    v1::TokenWant& want = *request.add_wants();
    want.set_partner_id(partner_id);
    want.set_key_id(key_id);
    want.set_wanted(wanted);
    want.set_returned(returned);
    const auto response = leases_.Lease(request);
    EXPECT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->grants_size(), 1);
    return response->grants(0);
  }

  absl::Duration monotonic_ = absl::Hours(1);
  Leases leases_{store_.store(), [this] { return monotonic_; }};
};

TEST_F(LeasesTest, OrdersCountAgainstThePartnerAndQueriesAgainstTheKey) {
  const std::string first = MakeKey(), second = MakeKey();
  EXPECT_EQ(Ask("gateway-1", 1'000).granted(), 100);
  EXPECT_EQ(Ask("gateway-1", 1'000, first).granted(), 10);
  EXPECT_EQ(Ask("gateway-1", 1'000, second).granted(), 10);
  EXPECT_EQ(Ask("gateway-1", 1'000, second).granted(), 0);
}

TEST_F(LeasesTest, AShortGrantSaysWhenToAskAgain) {
  v1::TokenGrant grant = Ask("feed-1", 100);
  EXPECT_FALSE(grant.has_retry_after());
  EXPECT_EQ(grant.holders(), 1);
  grant = Ask("feed-1", 1);
  EXPECT_EQ(grant.retry_after().seconds(), 0);
  EXPECT_EQ(grant.retry_after().nanos(), 10'000'000);
  monotonic_ += absl::Milliseconds(10);
  EXPECT_EQ(Ask("feed-1", 5).granted(), 1);
}

TEST_F(LeasesTest, TheTotalHoldsOverAllReplicas) {
  SetLimits(10'000, 10);
  int64_t granted = 0;
  Ask("feed-0", 1'000'000);
  for (int ms = 0; ms < 1'000; ++ms) {
    monotonic_ += absl::Milliseconds(1);
    for (const char* holder : {"feed-0", "feed-1", "feed-2"}) granted += Ask(holder, 1'000).granted();
  }
  EXPECT_LE(granted, 10'000);
  // What is left are shares that nobody has asked for yet.
  EXPECT_GE(granted, 9'990);
}

TEST_F(LeasesTest, ReplicasShareWhatIsThere) {
  Ask("feed-1", 1);
  EXPECT_EQ(Ask("feed-2", 1'000).granted(), 50);
  EXPECT_EQ(Ask("feed-2", 0, "", "a", 40).holders(), 2);
  EXPECT_EQ(Ask("feed-1", 1'000).granted(), 45);
}

TEST_F(LeasesTest, ANewLimitHoldsAtOnce) {
  Ask("feed-1", 100);
  SetLimits(1'000, 10);
  EXPECT_EQ(Ask("feed-1", 2'000).granted(), 0);
  monotonic_ += absl::Seconds(1);
  EXPECT_EQ(Ask("feed-1", 2'000).granted(), 1'000);
}

TEST_F(LeasesTest, UnknownPartnersAndDeadKeysGetNothing) {
  const std::string key = MakeKey();
  EXPECT_EQ(Ask("feed-1", 1, key).granted(), 1);
  store_.Advance(absl::Hours(1));
  for (const v1::TokenGrant& grant :
       {Ask("feed-1", 5, key), Ask("feed-1", 5, "key_unknown"), Ask("feed-1", 5, "", "unknown")}) {
    EXPECT_EQ(grant.granted(), 0);
    EXPECT_EQ(grant.retry_after().seconds(), 1);
    EXPECT_EQ(grant.holders(), 0);
  }
}

TEST_F(LeasesTest, EveryWantHasItsGrantInItsPlace) {
  v1::LeaseTokensRequest request;
  request.set_holder("feed-1");
  for (const char* id : {"unknown", "a", "unknown"}) {
    request.add_wants()->set_partner_id(id);
    request.mutable_wants()->rbegin()->set_wanted(7);
  }
  const auto response = leases_.Lease(request);
  ASSERT_TRUE(response.ok());
  ASSERT_EQ(response->grants_size(), 3);
  EXPECT_EQ(response->grants(0).granted(), 0);
  EXPECT_EQ(response->grants(1).granted(), 7);
  EXPECT_EQ(response->grants(2).granted(), 0);
}

TEST_F(LeasesTest, RefusesBadRequests) {
  v1::LeaseTokensRequest request;
  const auto message = [&] { return std::string(leases_.Lease(request).status().message()); };
  EXPECT_THAT(message(), HasSubstr("holder: "));
  request.set_holder(std::string(129, 'x'));
  EXPECT_THAT(message(), HasSubstr("holder: "));
  request.set_holder("feed-1");
  EXPECT_TRUE(leases_.Lease(request).ok());
  v1::TokenWant& want = *request.add_wants();
  want.set_wanted(-1);
  EXPECT_THAT(message(), HasSubstr("wants[0].wanted: "));
  want.set_wanted(kMaxWantedTokens + 1);
  EXPECT_THAT(message(), HasSubstr("wants[0].wanted: "));
  want.set_wanted(kMaxWantedTokens);
  want.set_returned(-1);
  EXPECT_THAT(message(), HasSubstr("wants[0].returned: "));
  want.set_returned(0);
  for (int i = 1; i < kMaxWants; ++i) request.add_wants();
  EXPECT_TRUE(leases_.Lease(request).ok());
  request.add_wants();
  EXPECT_THAT(message(), HasSubstr("wants: must be at most 1,000"));
}

TEST_F(LeasesTest, UnusedBucketsAreForgottenWithoutLosingTokens) {
  Ask("feed-1", 60);
  leases_.Sweep();
  EXPECT_EQ(Ask("feed-1", 100).granted(), 40);
  monotonic_ += absl::Seconds(10);
  leases_.Sweep();
  EXPECT_EQ(Ask("feed-1", 1'000).granted(), 100);
}

}  // namespace
}  // namespace ordermesh::partners
