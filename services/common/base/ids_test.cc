#include "services/common/base/ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ordermesh {
namespace {

TEST(Uuid, ReadsExactlyWhatItWrites) {
  const Uuid id{0x0123456789abcdef, 0xfedcba9876543210};
  const std::string text = "01234567-89ab-cdef-fedc-ba9876543210";
  EXPECT_EQ(id.ToString(), text);
  EXPECT_EQ(Uuid::Parse(text), id);
  for (const char* bad : {"", "01234567-89AB-cdef-fedc-ba9876543210", "01234567-89ab-cdef-fedc-ba987654321",
                          "01234567-89ab-cdef-fedc-ba98765432100", "0123456789ab-cdef-fedc-ba9876543210-",
                          "01234567-89ab-cdef-fedc-ba987654321g", "{1234567-89ab-cdef-fedc-ba9876543210"}) {
    EXPECT_EQ(Uuid::Parse(bad), std::nullopt) << bad;
  }
  EXPECT_TRUE(Uuid().IsZero());
  EXPECT_FALSE(id.IsZero());
}

TEST(UuidV7, HoldsItsTime) {
  const Uuid id = MakeUuidV7(1'768'473'000'123, ~uint64_t{0}, ~uint64_t{0});
  EXPECT_EQ(UnixMsOf(id), 1'768'473'000'123);
  EXPECT_EQ(id.ToString().substr(14, 1), "7");
  EXPECT_EQ(id.ToString().substr(19, 1), "b");
  EXPECT_LT(MakeUuidV7(1, 0xfff, 5).ToString(), MakeUuidV7(2, 0, 0).ToString());
}

TEST(OrderId, NamesItsPlace) {
  for (const OrderPlace place :
       {OrderPlace{0, 1}, OrderPlace{4095, (int64_t{1} << 48) - 1}, OrderPlace{7, 5'000'000}}) {
    const std::string id = MakeOrderId(place).ToString();
    EXPECT_EQ(id.substr(14, 1), "8");
    EXPECT_EQ(ParseOrderId(id), place);
  }
}

TEST(OrderId, FindsNothingWhereOneCharacterIsWrong) {
  const std::string id = MakeOrderId({3, 12'345}).ToString();
  for (size_t at = 0; at < id.size(); ++at) {
    std::string wrong = id;
    wrong[at] = wrong[at] == '0' ? '1' : '0';
    EXPECT_EQ(ParseOrderId(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(ParseOrderId("00000000-0000-8000-8000-000000000000"), std::nullopt);
}

TEST(OrderIdDeathTest, RefusesPlacesThatAreNone) {
  EXPECT_DEATH(MakeOrderId({0, 0}), "OM_CHECK");
  EXPECT_DEATH(MakeOrderId({4096, 1}), "OM_CHECK");
}

TEST(ErrorId, DependsOnPartnerKindAndPayload) {
  const std::string hash = Sha256("payload");
  const Uuid id = MakeErrorId("partner-a", 5, hash);
  EXPECT_EQ(id, MakeErrorId("partner-a", 5, hash));
  EXPECT_NE(id, MakeErrorId("partner-b", 5, hash));
  EXPECT_NE(id, MakeErrorId("partner-a", 3, hash));
  EXPECT_NE(id, MakeErrorId("partner-a", 5, Sha256("other")));
  EXPECT_EQ(id.ToString().substr(14, 1), "8");
}

TEST(Sha256, GivesTheStandardDigest) {
  const std::string digest = Sha256("abc");
  ASSERT_EQ(digest.size(), 32u);
  EXPECT_EQ(static_cast<unsigned char>(digest[0]), 0xba);
  EXPECT_EQ(static_cast<unsigned char>(digest[31]), 0xad);
}

TEST(ShardOf, StaysInRangeAndNeverChanges) {
  EXPECT_EQ(ShardOf("partner-a", 1), 0u);
  for (const char* partner : {"a", "partner-a", "retail-uk", "olist"}) {
    EXPECT_LT(ShardOf(partner, 16), 16u);
    EXPECT_EQ(ShardOf(partner, 16), ShardOf(partner, 16));
  }
}

}  // namespace
}  // namespace ordermesh
