#include "services/common/base/page_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "services/common/base/errors.h"

namespace ordermesh {
namespace {

TEST(PageSize, HasADefaultAndALimit) {
  EXPECT_EQ(*PageSize(0), kDefaultPageSize);
  EXPECT_EQ(*PageSize(7), 7);
  EXPECT_EQ(*PageSize(1'000'000), kMaxPageSize);
  EXPECT_EQ(ReasonOf(PageSize(-1).status()), "INVALID_FIELD");
}

TEST(PageToken, GivesBackItsPosition) {
  for (const int64_t position : {int64_t{1}, int64_t{12'345}, std::numeric_limits<int64_t>::max()}) {
    const std::string token = EncodePageToken(7, position, "partner=a");
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_EQ(*DecodePageToken(token, 7, "partner=a"), position);
  }
  EXPECT_EQ(*DecodePageToken("", 7, "partner=a"), std::numeric_limits<int64_t>::max());
}

TEST(PageToken, RefusesWhatIsNoTokenOfTheList) {
  const std::string token = EncodePageToken(7, 100, "partner=a");
  EXPECT_FALSE(DecodePageToken(token, 8, "partner=a").ok());
  EXPECT_FALSE(DecodePageToken(token, 7, "partner=b").ok());
  EXPECT_FALSE(DecodePageToken(EncodePageToken(7, 0, ""), 7, "").ok());
  EXPECT_FALSE(DecodePageToken(EncodePageToken(7, -5, ""), 7, "").ok());
  for (const std::string& bad :
       {std::string("nonsense"), std::string("!"), token + "A", token.substr(1), token + "===="}) {
    EXPECT_FALSE(DecodePageToken(bad, 7, "partner=a").ok()) << bad;
  }
}

}  // namespace
}  // namespace ordermesh
