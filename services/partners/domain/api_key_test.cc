#include "services/partners/domain/api_key.h"

#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"

namespace ordermesh::partners {
namespace {

using ::testing::HasSubstr;

std::string Counting(size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(i);
  return bytes;
}

constexpr char kCountingKey[] = "omk_live_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf2GdZNu";

TEST(ApiKeyTest, KeysHaveAFixedLengthAndAChecksum) {
  // Made by another implementation.
  EXPECT_EQ(MakeApiKey(std::string(32, '\0')), "omk_live_00000000000000000000000000000000000000000001abIL8");
  EXPECT_EQ(MakeApiKey(std::string(32, '\xff')), "omk_live_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp14deQZS");
  EXPECT_EQ(MakeApiKey(Counting(32)), kCountingKey);
}

TEST(ApiKeyTest, EveryTypingErrorIsFound) {
  const std::string key = kCountingKey;
  EXPECT_TRUE(IsApiKey(key));
  for (size_t i = 0; i < key.size(); ++i) {
    std::string wrong = key;
    wrong[i] = wrong[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(IsApiKey(wrong)) << i;
  }
  for (size_t i = 9; i + 1 < key.size(); ++i) {
    std::string swapped = key;
    std::swap(swapped[i], swapped[i + 1]);
    EXPECT_EQ(IsApiKey(swapped), swapped == key) << i;
  }
  EXPECT_FALSE(IsApiKey(""));
  EXPECT_FALSE(IsApiKey(key + "0"));
  EXPECT_FALSE(IsApiKey(key.substr(0, 57)));
  EXPECT_FALSE(IsApiKey(key.substr(0, 57) + "_"));
}

TEST(ApiKeyTest, ThePrefixTellsKeysApartAndNoMore) { EXPECT_EQ(ApiKeyPrefix(kCountingKey), "omk_live_003a"); }

TEST(ApiKeyTest, KeyIdsAreBase32) {
  EXPECT_EQ(MakeKeyId(Counting(10)), "key_aaaqeayeaudaocaj");
  EXPECT_EQ(MakeKeyId(std::string(10, '\xff')), "key_7777777777777777");
}

TEST(ApiKeyTest, WipedSecretsAreGone) {
  std::string secret(100, 's');
  const char* bytes = secret.data();
  Wipe(secret);
  EXPECT_TRUE(secret.empty());
  // The buffer is still the text's own.
  EXPECT_EQ(bytes[1], '\0');
  EXPECT_EQ(bytes[99], '\0');
}

TEST(PepperTest, HashesWithTheBytesThatTheHexStandsFor) {
  const std::string hex = absl::BytesToHexString(Counting(32));
  // Made by another implementation.
  const std::string expected = "e039c65190573d2b73d7d86cdf93b73faea731d032e063c61c9f3f3f95b0b702";
  for (const std::string& text : {hex, hex + "\n", "  " + hex + " \r\n", std::string(absl::AsciiStrToUpper(hex))}) {
    const auto pepper = Pepper::Parse(text);
    ASSERT_TRUE(pepper.ok()) << pepper.status();
    EXPECT_EQ(absl::BytesToHexString(pepper->Hmac(kCountingKey)), expected);
    EXPECT_NE(pepper->Hmac(kCountingKey), pepper->Hmac(MakeApiKey(std::string(32, 'x'))));
  }
}

struct PepperCase {
  std::string text;
  const char* message;
};

TEST(PepperTest, RefusesWhatIsNoPepperWithoutSayingWhatItWas) {
  const PepperCase cases[] = {
      {"", "at least 32 bytes"},
      {std::string(62, 'a'), "at least 32 bytes"},
      {std::string(65, 'a'), "whole bytes"},
      {std::string(63, 'a') + "g", "nothing but hex"},
      {std::string(32, 'a') + " " + std::string(33, 'a'), "nothing but hex"},
  };
  for (const PepperCase& c : cases) {
    const absl::Status status = Pepper::Parse(c.text).status();
    EXPECT_EQ(ReasonOf(status), "BAD_PEPPER");
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
    EXPECT_THAT(std::string(status.message()), ::testing::Not(HasSubstr("aaaa")));
  }
}

}  // namespace
}  // namespace ordermesh::partners
