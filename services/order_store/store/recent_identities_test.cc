#include "services/order_store/store/recent_identities.h"

#include <gtest/gtest.h>

#include <string>

namespace ordermesh::order_store {
namespace {

std::string IdentityOf(int64_t number) {
  std::string identity;
  AppendIdentity("partner-a", std::to_string(number), identity);
  return identity;
}

void Write(RecentIdentities& recent, int64_t first, int64_t last) {
  recent.Begin();
  for (int64_t number = first; number <= last; ++number) recent.Add(IdentityOf(number), {.position = number});
}

TEST(RecentIdentitiesTest, KnowsTheHolderOfWhatWasAdded) {
  RecentIdentities recent;
  Write(recent, 1, 3);
  recent.Begin();
  ASSERT_NE(recent.Find(IdentityOf(2)), nullptr);
  EXPECT_EQ(recent.Find(IdentityOf(2))->position, 2);
  EXPECT_EQ(recent.Find(IdentityOf(4)), nullptr);
}

TEST(RecentIdentitiesTest, AnotherPartnersOrderOfTheSameIdIsAnother) {
  RecentIdentities recent;
  Write(recent, 1, 1);
  std::string other;
  AppendIdentity("partner-b", "1", other);
  EXPECT_EQ(recent.Find(other), nullptr);
}

TEST(RecentIdentitiesTest, AFailedWriteLeavesNothing) {
  RecentIdentities recent;
  Write(recent, 1, 3);
  Write(recent, 4, 6);
  recent.Undo();
  for (int64_t number = 1; number <= 3; ++number) EXPECT_NE(recent.Find(IdentityOf(number)), nullptr) << number;
  for (int64_t number = 4; number <= 6; ++number) EXPECT_EQ(recent.Find(IdentityOf(number)), nullptr) << number;
  // Undone once: what was written before stays.
  recent.Undo();
  EXPECT_NE(recent.Find(IdentityOf(3)), nullptr);
  Write(recent, 4, 6);
  EXPECT_EQ(recent.Find(IdentityOf(5))->position, 5);
}

TEST(RecentIdentitiesTest, KeepsTheLastOnesAndForgetsTheOldest) {
  constexpr int64_t kKept = kRecentIdentities;
  constexpr int64_t kLast = 3 * kKept;
  RecentIdentities recent;
  for (int64_t first = 1; first < kLast; first += 1'000) Write(recent, first, first + 999);
  for (int64_t number = kLast - kKept + 1; number <= kLast; ++number) {
    ASSERT_NE(recent.Find(IdentityOf(number)), nullptr) << number;
    ASSERT_EQ(recent.Find(IdentityOf(number))->position, number);
  }
  EXPECT_EQ(recent.Find(IdentityOf(1)), nullptr);
}

TEST(RecentIdentitiesTest, WhatIsOfThisWriteIsFoundAlsoWhereAGenerationBegins) {
  RecentIdentities recent;
  Write(recent, 1, static_cast<int64_t>(kRecentIdentities));
  Write(recent, 1'000'000, 1'000'000);
  EXPECT_NE(recent.FindInWrite(IdentityOf(1'000'000)), nullptr);
  EXPECT_NE(recent.Find(IdentityOf(1)), nullptr);
}

}  // namespace
}  // namespace ordermesh::order_store
