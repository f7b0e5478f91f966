// Fixtures of the whole-system tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "nlohmann/json.hpp"
#include "ordermesh/error/v1/error_service.grpc.pb.h"
#include "ordermesh/feed/v1/feed_service.grpc.pb.h"
#include "ordermesh/order/v1/order_service.grpc.pb.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "tests/support/mesh.h"

namespace ordermesh::e2e {

using testing::Mesh;
using testing::ProcessResult;

// One mesh for all tests of a suite: each test uses external ids of its own.
class MeshTest : public ::testing::Test {
 public:
  static void SetUpTestSuite();
  static void TearDownTestSuite();

 protected:
  void SetUp() override { ASSERT_NE(mesh_, nullptr) << "the mesh did not start"; }

  // `ordermesh ARGUMENTS -o json`, which must end with 0.
  static nlohmann::json CliJson(std::vector<std::string> arguments);

  // One payload of a partner, through the feed.
  static absl::StatusOr<common::v1::OrderVerdict> Submit(const std::string& partner, const std::string& payload,
                                                         absl::Duration deadline = absl::Seconds(30));
  static absl::StatusOr<common::v1::OrderVerdict> SubmitOrder(const order::v1::Order& order);
  // A verdict, however long the mesh needs to get well.
  static common::v1::OrderVerdict SubmitUntilAnswered(const std::string& partner, const std::string& payload);

  static int64_t StoredOrders();
  static int64_t StoredErrors();

  static std::unique_ptr<Mesh> mesh_;
};

// An order of partner-a as the partner sends it. `number` makes both identities.
std::string PayloadA(const std::string& id, int64_t number);
// An order of partner-b.
std::string PayloadB(const std::string& ref);
// The same as PayloadA, canonical.
order::v1::Order OrderA(const std::string& id, int64_t number);

// `violations` holds one of this field and code.
bool HasViolation(const common::v1::OrderVerdict& verdict, const std::string& field, common::v1::Violation::Code code);

// A 64-bit number of the JSON, where it is a text, or a smaller one.
int64_t CountOf(const nlohmann::json& value);

// What a BadRequest in the status says about fields; empty where there is none.
std::vector<std::string> BadFields(const absl::Status& status);

}  // namespace ordermesh::e2e
