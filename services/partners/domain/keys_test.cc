#include "services/partners/domain/keys.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/partners/domain/limits.h"

namespace ordermesh::partners {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'767'225'600);

TEST(KeysTest, TimesKeepTheirMicroseconds) {
  const absl::Time time = kNow + absl::Microseconds(123'456);
  EXPECT_EQ(FromTimestamp(ToTimestamp(time)), time);
  EXPECT_EQ(ToTimestamp(time).nanos(), 123'456'000);
}

TEST(KeysTest, AKeyIsLiveUntilItExpiresOrIsRevoked) {
  v1::ApiKey key;
  EXPECT_TRUE(IsLive(key, kNow));
  *key.mutable_expire_time() = ToTimestamp(kNow);
  EXPECT_TRUE(IsLive(key, kNow - absl::Microseconds(1)));
  EXPECT_FALSE(IsLive(key, kNow));
  key.clear_expire_time();
  *key.mutable_revoke_time() = ToTimestamp(kNow);
  EXPECT_FALSE(IsLive(key, kNow - absl::Hours(1)));
}

TEST(KeysTest, RefusesLabelsAndTimesThatCannotBe) {
  v1::CreateApiKeyRequest request;
  EXPECT_TRUE(CheckNewKey(request, kNow).ok());
  request.set_label(std::string(129, 'x'));
  EXPECT_THAT(std::string(CheckNewKey(request, kNow).message()), HasSubstr("label: must be at most 128"));
  request.set_label(std::string(128, 'x'));
  *request.mutable_expire_time() = ToTimestamp(kNow);
  EXPECT_THAT(std::string(CheckNewKey(request, kNow).message()), HasSubstr("expire_time: has passed"));
  request.mutable_expire_time()->set_nanos(1);
  EXPECT_TRUE(CheckNewKey(request, kNow).ok());
  request.mutable_expire_time()->set_nanos(-1);
  EXPECT_THAT(std::string(CheckNewKey(request, kNow).message()), HasSubstr("expire_time: must be a time"));
  request.mutable_expire_time()->set_nanos(0);
  request.mutable_expire_time()->set_seconds(253'402'300'800);
  EXPECT_THAT(std::string(CheckNewKey(request, kNow).message()), HasSubstr("expire_time: must be a time"));
}

TEST(KeysTest, OnlyTheOldestDeadKeysAreForgotten) {
  std::vector<v1::KeyRecord> keys(kMaxKeptKeys - 1);
  for (size_t i = 0; i < keys.size(); ++i) {
    keys[i].mutable_api_key()->set_key_id(absl::StrCat("key_", i));
    if (i != 1) *keys[i].mutable_api_key()->mutable_revoke_time() = ToTimestamp(kNow);
  }
  EXPECT_THAT(KeysToForget(keys, kNow), IsEmpty());
  keys.emplace_back(keys[0]).mutable_api_key()->set_key_id("last");
  EXPECT_THAT(KeysToForget(keys, kNow), ElementsAre("key_0"));
  keys.emplace_back(keys[0]);
  EXPECT_THAT(KeysToForget(keys, kNow), ElementsAre("key_0", "key_2"));
}

}  // namespace
}  // namespace ordermesh::partners
