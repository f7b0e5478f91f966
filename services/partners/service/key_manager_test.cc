#include "services/partners/service/key_manager.h"

#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/partners/domain/errors.h"
#include "services/partners/domain/keys.h"
#include "services/partners/domain/limits.h"
#include "services/partners/service/test_managers.h"

namespace ordermesh::partners {
namespace {

using rpc::Identity;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class KeyManagerTest : public ManagerTest {
 protected:
  KeyManagerTest() { Create("a"); }

  static v1::CreateApiKeyRequest Key(const std::string& label) {
    v1::CreateApiKeyRequest request;
    request.set_partner_id("a");
    request.set_label(label);
    return request;
  }

  v1::CreateApiKeyResponse MakeKey(const std::string& label) {
    auto made = keys_.Create(operator_, Key(label));
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }

  std::vector<v1::ApiKey> List() {
    v1::ListApiKeysRequest request;
    request.set_partner_id("a");
    const auto listed = keys_.List(operator_, request);
    EXPECT_TRUE(listed.ok()) << listed.status();
    return {listed->keys().begin(), listed->keys().end()};
  }

  absl::StatusOr<v1::ApiKey> Revoke(const std::string& key_id) {
    v1::RevokeApiKeyRequest request;
    request.set_partner_id("a");
    request.set_key_id(key_id);
    return keys_.Revoke(operator_, request);
  }
};

TEST_F(KeyManagerTest, OnlyTheHmacOfAKeyIsKept) {
  const auto made = MakeKey("erp");
  EXPECT_TRUE(IsApiKey(made.key()));
  EXPECT_THAT(made.api_key().key_id(), StartsWith("key_"));
  EXPECT_EQ(made.api_key().prefix(), made.key().substr(0, 13));
  EXPECT_EQ(made.api_key().label(), "erp");
  EXPECT_EQ(made.api_key().author(), "someone");
  EXPECT_FALSE(made.api_key().has_expire_time());
  const EntryPtr entry = store_.store().Find("a");
  ASSERT_EQ(entry->keys.size(), 1u);
  EXPECT_EQ(entry->keys[0].hmac(), TestPepper().Hmac(made.key()));
  EXPECT_EQ(entry->keys[0].SerializeAsString().find(made.key().substr(13)), std::string::npos);
  EXPECT_EQ(List()[0].SerializeAsString(), made.api_key().SerializeAsString());
}

TEST_F(KeyManagerTest, NoTwoKeysAreTheSame) {
  std::set<std::string> keys, ids;
  for (int i = 0; i < 20; ++i) {
    const auto made = MakeKey("");
    keys.insert(made.key());
    ids.insert(made.api_key().key_id());
    ASSERT_TRUE(Revoke(made.api_key().key_id()).ok());
  }
  EXPECT_EQ(keys.size(), 20u);
  EXPECT_EQ(ids.size(), 20u);
}

TEST_F(KeyManagerTest, TwoKeysAreLiveAtOnceAndNoMore) {
  const auto first = MakeKey("1");
  MakeKey("2");
  EXPECT_EQ(keys_.Create(operator_, Key("3")).status(), TooManyKeys());
  ASSERT_TRUE(Revoke(first.api_key().key_id()).ok());
  EXPECT_TRUE(keys_.Create(operator_, Key("3")).ok());
  EXPECT_EQ(List().size(), 3u);
}

TEST_F(KeyManagerTest, AnExpiredKeyMakesRoomForAnother) {
  v1::CreateApiKeyRequest request = Key("short");
  *request.mutable_expire_time() = ToTimestamp(store_.now() + absl::Hours(1));
  EXPECT_EQ(FromTimestamp(keys_.Create(operator_, request)->api_key().expire_time()), store_.now() + absl::Hours(1));
  MakeKey("long");
  EXPECT_EQ(keys_.Create(operator_, Key("3")).status(), TooManyKeys());
  store_.Advance(absl::Hours(1));
  EXPECT_TRUE(keys_.Create(operator_, Key("3")).ok());
}

TEST_F(KeyManagerTest, RevokingIsHarmlessWhenRepeated) {
  const std::string id = MakeKey("1").api_key().key_id();
  const auto revoked = Revoke(id);
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_EQ(FromTimestamp(revoked->revoke_time()), store_.now());
  store_.Advance(absl::Seconds(1));
  EXPECT_EQ(Revoke(id)->SerializeAsString(), revoked->SerializeAsString());
}

TEST_F(KeyManagerTest, ListsNewestFirstWithTheirLastUse) {
  const std::string first = MakeKey("1").api_key().key_id();
  const std::string second = MakeKey("2").api_key().key_id();
  store_.store().NoteKeyUse("a", first, store_.now());
  const auto keys = List();
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].key_id(), second);
  EXPECT_FALSE(keys[0].has_last_used_time());
  EXPECT_EQ(FromTimestamp(keys[1].last_used_time()), store_.now());
  EXPECT_TRUE(Revoke(first)->has_last_used_time());
}

TEST_F(KeyManagerTest, TheOldestDeadKeysAreForgotten) {
  const std::string kept = MakeKey("kept").api_key().key_id();
  for (size_t i = 0; i < kMaxKeptKeys + 5; ++i) ASSERT_TRUE(Revoke(MakeKey("").api_key().key_id()).ok());
  const auto keys = List();
  EXPECT_EQ(keys.size(), kMaxKeptKeys);
  EXPECT_EQ(keys.back().key_id(), kept);
}

TEST_F(KeyManagerTest, RefusesBadRequests) {
  EXPECT_THAT(std::string(keys_.Create(operator_, Key(std::string(129, 'x'))).status().message()), HasSubstr("label"));
  v1::CreateApiKeyRequest expired = Key("");
  *expired.mutable_expire_time() = ToTimestamp(store_.now());
  EXPECT_THAT(std::string(keys_.Create(operator_, expired).status().message()), HasSubstr("expire_time: has passed"));
  EXPECT_EQ(keys_.Create(operator_, {}).status(), UnknownPartner());
  EXPECT_EQ(keys_.List(operator_, {}).status(), UnknownPartner());
  EXPECT_EQ(keys_.Revoke(operator_, {}).status(), UnknownPartner());
  EXPECT_EQ(Revoke("key_unknown").status(), KeyNotFound());
}

TEST_F(KeyManagerTest, APartnerSeesItsOwnKeysOnly) {
  MakeKey("1");
  v1::ListApiKeysRequest list;
  list.set_partner_id("a");
  v1::RevokeApiKeyRequest revoke;
  revoke.set_partner_id("a");
  EXPECT_TRUE(keys_.List(CallerWith(Identity::PARTNER, "a"), list).ok());
  const Caller other = CallerWith(Identity::PARTNER, "b");
  EXPECT_EQ(ReasonOf(keys_.List(other, list).status()), "NOT_YOUR_PARTNER");
  EXPECT_EQ(ReasonOf(keys_.Create(other, Key("")).status()), "NOT_YOUR_PARTNER");
  EXPECT_EQ(ReasonOf(keys_.Revoke(other, revoke).status()), "NOT_YOUR_PARTNER");
}

}  // namespace
}  // namespace ordermesh::partners
