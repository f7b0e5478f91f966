#include "services/common/rpc/fresh_stub.h"

#include <gtest/gtest.h>

#include "services/common/rpc/testing_peer.h"

namespace ordermesh::rpc {
namespace {

using Stub = FreshStub<order::v1::OrderCommitService>;

TEST(FreshStubTest, ReplacesTheChannelToANameAtMostOnceASecond) {
  Stub stub("dns:///localhost:1", {});
  const auto first = stub.Get();
  stub.Renew();
  EXPECT_EQ(stub.Get(), first);
  absl::SleepFor(Stub::kShortestLife);
  stub.Renew();
  const auto second = stub.Get();
  EXPECT_NE(second, first);
  stub.Renew();
  EXPECT_EQ(stub.Get(), second);
}

TEST(FreshStubTest, KeepsTheChannelToAnAddress) {
  Stub stub("127.0.0.1:1", {});
  const auto first = stub.Get();
  absl::SleepFor(Stub::kShortestLife);
  stub.Renew();
  EXPECT_EQ(stub.Get(), first);
}

}  // namespace
}  // namespace ordermesh::rpc
