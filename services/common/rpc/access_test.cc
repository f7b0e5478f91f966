#include "services/common/rpc/access.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <vector>

#include "ordermesh/error/v1/error_commit_service.pb.h"
#include "ordermesh/error/v1/error_service.pb.h"
#include "ordermesh/feed/v1/feed_service.pb.h"
#include "ordermesh/order/v1/order_commit_service.pb.h"
#include "ordermesh/order/v1/order_service.pb.h"
#include "ordermesh/partners/v1/partner_sync_service.pb.h"
#include "ordermesh/partners/v1/partners_service.pb.h"
#include "ordermesh/validation/v1/validation_service.pb.h"
#include "services/common/base/errors.h"

namespace ordermesh::rpc {
namespace {

constexpr char kSubmit[] = "/ordermesh.feed.v1.FeedService/SubmitOrder";
constexpr char kCommit[] = "/ordermesh.order.v1.OrderCommitService/CommitOrders";
constexpr char kCreate[] = "/ordermesh.partners.v1.PartnersService/CreatePartner";
constexpr char kLease[] = "/ordermesh.partners.v1.PartnerSyncService/LeaseTokens";

Identity MakeIdentity(Identity::Role role, const std::string& partner_id = "") {
  Identity identity;
  identity.set_role(role);
  identity.set_partner_id(partner_id);
  return identity;
}

TEST(AccessTest, EveryMethodSaysWhoMayCallIt) {
  const google::protobuf::FileDescriptor* files[] = {
      feed::v1::SubmitOrderRequest::descriptor()->file(),    validation::v1::InboundOrder::descriptor()->file(),
      order::v1::GetOrderRequest::descriptor()->file(),      order::v1::CommitItem::descriptor()->file(),
      error::v1::GetErrorRequest::descriptor()->file(),      error::v1::ErrorCommit::descriptor()->file(),
      partners::v1::GetPartnerRequest::descriptor()->file(), partners::v1::TokenWant::descriptor()->file(),
  };
  for (const auto* file : files) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        const auto& options = file->service(i)->method(j)->options();
        ASSERT_TRUE(options.HasExtension(common::v1::access)) << file->service(i)->method(j)->full_name();
        const auto& access = options.GetExtension(common::v1::access);
        EXPECT_GT(access.roles_size() + access.callers_size(), 0) << file->service(i)->method(j)->full_name();
      }
    }
  }
}

struct Case {
  const char* path;
  const char* service;
  std::optional<Identity> identity;
  absl::StatusCode code;
};

TEST(AccessTest, OnlyListedServicesAndRolesMayCall) {
  const auto partner = MakeIdentity(Identity::PARTNER, "acme");
  const auto admin = MakeIdentity(Identity::ADMIN);
  const auto ok = absl::StatusCode::kOk;
  const auto denied = absl::StatusCode::kPermissionDenied;
  const std::vector<Case> table = {
      {kSubmit, "gateway", partner, ok},
      {kSubmit, "gateway", admin, ok},
      {kSubmit, "gateway", MakeIdentity(Identity::VIEWER), denied},
      // The gateway speaks for somebody or not at all.
      {kSubmit, "gateway", std::nullopt, denied},
      // Only the gateway speaks for others.
      {kSubmit, "validation", admin, denied},
      {kCommit, "validation", std::nullopt, ok},
      {kCommit, "feed", std::nullopt, denied},
      {kCommit, "gateway", admin, denied},
      {kCommit, "", std::nullopt, denied},
      {kCreate, "gateway", partner, denied},
      {kCreate, "gateway", admin, ok},
      {kLease, "gateway", std::nullopt, ok},
      {kLease, "gateway", admin, denied},
      {kLease, "order-store", std::nullopt, denied},
      {"/ordermesh.feed.v1.FeedService/NoSuch", "gateway", admin, absl::StatusCode::kUnimplemented},
      {"nonsense", "gateway", admin, absl::StatusCode::kUnimplemented},
      {"/grpc.health.v1.Health/Check", "feed", std::nullopt, ok},
  };
  for (const Case& row : table) {
    EXPECT_EQ(CheckAccess(row.path, row.service, row.identity ? &*row.identity : nullptr).code(), row.code)
        << row.path << " by " << row.service << (row.identity ? " for " + row.identity->ShortDebugString() : "");
  }
}

TEST(AccessTest, AnIdentityThatContradictsItselfMayDoNothing) {
  const auto nobody = MakeIdentity(Identity::PARTNER);
  const auto both = MakeIdentity(Identity::OPERATOR, "acme");
  const auto unset = MakeIdentity(Identity::ROLE_UNSPECIFIED);
  for (const Identity& identity : {nobody, both, unset}) {
    EXPECT_EQ(CheckAccess(kSubmit, "gateway", &identity).code(), absl::StatusCode::kPermissionDenied);
  }
}

TEST(AccessTest, APartnerSeesItselfOnly) {
  const auto partner = MakeIdentity(Identity::PARTNER, "acme");
  EXPECT_EQ(*VisiblePartner(partner, ""), "acme");
  EXPECT_EQ(*VisiblePartner(partner, "acme"), "acme");
  EXPECT_EQ(ReasonOf(VisiblePartner(partner, "other").status()), "NOT_YOUR_PARTNER");
  EXPECT_TRUE(MaySee(partner, "acme"));
  EXPECT_FALSE(MaySee(partner, "other"));
  const auto viewer = MakeIdentity(Identity::VIEWER);
  EXPECT_EQ(*VisiblePartner(viewer, ""), "");
  EXPECT_EQ(*VisiblePartner(viewer, "other"), "other");
  EXPECT_TRUE(MaySee(viewer, "other"));
  // What could not be read may see nothing; another service on its own behalf sees all.
  EXPECT_FALSE(VisiblePartner(Identity(), "other").ok());
  EXPECT_FALSE(MaySee(Identity(), "other"));
  EXPECT_TRUE(MaySee(std::nullopt, "other"));
}

}  // namespace
}  // namespace ordermesh::rpc
