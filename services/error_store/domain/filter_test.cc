#include "services/error_store/domain/filter.h"

#include <set>

#include "gtest/gtest.h"
#include "services/error_store/domain/test_errors.h"

namespace ordermesh::error_store {
namespace {

using google::protobuf::Timestamp;
using ordermesh::error::v1::ListErrorsRequest;

Timestamp At(int64_t seconds, int32_t nanos = 0) {
  Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return time;
}

ErrorFilter Between(const Timestamp& from, const Timestamp& to) {
  ListErrorsRequest request;
  *request.mutable_from() = from;
  *request.mutable_to() = to;
  const auto filter = FilterOf(request);
  EXPECT_TRUE(filter.ok()) << filter.status();
  return *filter;
}

TEST(FilterTest, EmptyFieldsDoNotFilter) {
  const auto filter = FilterOf(ListErrorsRequest());
  ASSERT_TRUE(filter.ok());
  EXPECT_FALSE(filter->HasTime());
  EXPECT_FALSE(filter->code.has_value());
  EXPECT_FALSE(filter->status.has_value());
  EXPECT_TRUE(filter->MatchesTime(At(0)));
  EXPECT_TRUE(filter->MayMatchSeconds(0, 0));
}

TEST(FilterTest, FromIsIncludedAndToIsNot) {
  const ErrorFilter filter = Between(At(10, 5), At(20, 5));
  EXPECT_FALSE(filter.MatchesTime(At(10, 4)));
  EXPECT_TRUE(filter.MatchesTime(At(10, 5)));
  EXPECT_TRUE(filter.MatchesTime(At(20, 4)));
  EXPECT_FALSE(filter.MatchesTime(At(20, 5)));
}

TEST(FilterTest, AMalformedPartnerOrOrderMatchesNothing) {
  ListErrorsRequest request;
  EXPECT_FALSE(FilterOf(request)->IsVoid());
  request.set_partner_id("partner-a");
  request.set_order_id(MakeOrderId({0, 1}).ToString());
  EXPECT_FALSE(FilterOf(request)->IsVoid());
  request.set_order_id("nonsense");
  EXPECT_TRUE(FilterOf(request)->IsVoid());
  request.clear_order_id();
  request.set_partner_id("Not An Id");
  EXPECT_TRUE(FilterOf(request)->IsVoid());
}

TEST(FilterTest, ZonesThatTouchTheRangeMayMatch) {
  const ErrorFilter filter = Between(At(10, 5), At(20, 5));
  EXPECT_FALSE(filter.MayMatchSeconds(0, 9));
  EXPECT_TRUE(filter.MayMatchSeconds(0, 10));
  EXPECT_TRUE(filter.MayMatchSeconds(20, 30));
  EXPECT_FALSE(filter.MayMatchSeconds(21, 30));
}

TEST(FilterTest, RefusesWrongTimes) {
  ListErrorsRequest request;
  *request.mutable_from() = At(0, -1);
  EXPECT_EQ(FilterOf(request).status().message(), "from: is not a time");
  *request.mutable_from() = At(20);
  *request.mutable_to() = At(0, 1'000'000'000);
  EXPECT_EQ(FilterOf(request).status().message(), "to: is not a time");
  *request.mutable_to() = At(20);
  EXPECT_EQ(FilterOf(request).status().message(), "to: must be after from");
}

TEST(FilterTest, EveryFilterHasATextOfItsOwn) {
  ListErrorsRequest partner, code, status, from, to, order;
  order.set_order_id("order");
  partner.set_partner_id("partner-a");
  code.set_code(Violation::RANGE);
  status.set_status(ErrorMessage::OPEN);
  *from.mutable_from() = At(1);
  *to.mutable_to() = At(1);
  std::set<std::string> texts;
  for (const auto& request : {ListErrorsRequest(), partner, code, status, from, to, order}) {
    texts.insert(FilterOf(request)->ToText());
  }
  EXPECT_EQ(texts.size(), 7u);
}

}  // namespace
}  // namespace ordermesh::error_store
