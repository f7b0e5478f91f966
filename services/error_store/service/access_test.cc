// What a partner may see of the errors, and what everybody else is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/common/base/errors.h"
#include "services/common/rpc/access.h"
#include "services/error_store/service/test_service.h"

namespace ordermesh::error_store {
namespace {

using ::testing::ElementsAre;

class AccessTest : public ServiceTest {
 protected:
  // What the gateway says of the caller; empty: the operator.
  static void SpeakFor(const std::string& partner_id, grpc::ClientContext& context) {
    rpc::Identity identity;
    identity.set_role(partner_id.empty() ? rpc::Identity::OPERATOR : rpc::Identity::PARTNER);
    identity.set_partner_id(partner_id);
    context.AddMetadata(rpc::kIdentityMetadata, identity.SerializeAsString());
  }

  absl::StatusOr<ListErrorsResponse> ListAs(const std::string& caller, const std::string& filter,
                                            const std::string& token = "", int page_size = 0) {
    grpc::ClientContext context;
    SpeakFor(caller, context);
    ListErrorsRequest request;
    request.set_partner_id(filter);
    request.set_page_token(token);
    request.set_page_size(page_size);
    ListErrorsResponse page;
    const absl::Status status = rpc::FromGrpc(stub_->ListErrors(&context, request, &page));
    if (!status.ok()) return status;
    return page;
  }

  absl::StatusOr<ErrorStats> StatsAs(const std::string& caller, const std::string& filter) {
    grpc::ClientContext context;
    SpeakFor(caller, context);
    GetErrorStatsRequest request;
    request.set_partner_id(filter);
    ErrorStats stats;
    const absl::Status status = rpc::FromGrpc(stub_->GetErrorStats(&context, request, &stats));
    if (!status.ok()) return status;
    return stats;
  }

  // The bytes of the whole answer, so that nothing can tell one id from another.
  std::string RefusalOf(const std::string& caller, const std::string& id) {
    grpc::ClientContext context;
    SpeakFor(caller, context);
    GetErrorRequest request;
    request.set_id(id);
    ErrorMessage error;
    const grpc::Status status = stub_->GetError(&context, request, &error);
    return absl::StrCat(status.error_code(), status.error_message(), status.error_details(), error.ShortDebugString());
  }

  // The same of the error's deliveries.
  std::string DeliveriesAs(const std::string& caller, const std::string& id) {
    grpc::ClientContext context;
    SpeakFor(caller, context);
    ordermesh::error::v1::ListErrorDeliveriesRequest request;
    request.set_error_id(id);
    ordermesh::error::v1::ListErrorDeliveriesResponse list;
    const grpc::Status status = stub_->ListErrorDeliveries(&context, request, &list);
    return absl::StrCat(status.error_code(), status.error_message(), status.error_details(), list.ShortDebugString());
  }
};

TEST_F(AccessTest, DeliveriesAreSeenByThoseWhoSeeTheError) {
  const std::string id = CommitOne("partner-a", 1);
  const std::string missing = RefusalOf("partner-b", MakeIntake("partner-b", 9).id.ToString());
  for (const std::string& none : {id, std::string("nonsense"), std::string()}) {
    EXPECT_EQ(DeliveriesAs("partner-b", none), missing);
  }
  for (const std::string caller : {"partner-a", ""}) {
    EXPECT_THAT(DeliveriesAs(caller, id), ::testing::HasSubstr("verdict: REJECTED"));
  }
}

TEST_F(AccessTest, AForeignIdLooksExactlyLikeAMissingOne) {
  const std::string id = CommitOne("partner-a", 1);
  const std::string missing = RefusalOf("partner-b", MakeIntake("partner-b", 9).id.ToString());
  EXPECT_EQ(RefusalOf("partner-b", id), missing);
  EXPECT_EQ(RefusalOf("partner-b", "nonsense"), missing);
  EXPECT_EQ(RefusalOf("partner-b", ""), missing);
  for (const std::string caller : {"partner-a", ""}) EXPECT_NE(RefusalOf(caller, id), missing);
}

TEST_F(AccessTest, APartnerListsAndCountsItsOwnOnly) {
  Commit({MakeCommit("partner-a", 1), MakeCommit("partner-b", 2), MakeCommit("partner-b", 3)});
  EXPECT_EQ(ListAs("", "")->errors_size(), 3);
  EXPECT_EQ(StatsAs("", "")->total_count(), 3);
  for (const std::string filter : {"", "partner-b"}) {
    EXPECT_EQ(ListAs("partner-b", filter)->errors_size(), 2);
    const auto stats = StatsAs("partner-b", filter);
    ASSERT_TRUE(stats.ok()) << stats.status();
    EXPECT_EQ(stats->total_count(), 2);
    ASSERT_EQ(stats->partners_size(), 1);
    EXPECT_EQ(stats->partners(0).partner_id(), "partner-b");
  }
  for (const std::string filter : {"partner-a", "nobody", "Not An Id"}) {
    EXPECT_EQ(ReasonOf(ListAs("partner-b", filter).status()), "NOT_YOUR_PARTNER") << filter;
    EXPECT_EQ(StatsAs("partner-b", filter).status().code(), absl::StatusCode::kPermissionDenied) << filter;
  }
}

TEST_F(AccessTest, APageTokenCarriesNoAuthority) {
  Commit({MakeCommit("partner-a", 1), MakeCommit("partner-a", 2), MakeCommit("partner-b", 3)});
  const std::string of_all = ListAs("", "", "", 1)->next_page_token();
  const std::string of_a = ListAs("partner-a", "", "", 1)->next_page_token();
  ASSERT_FALSE(of_all.empty());
  ASSERT_FALSE(of_a.empty());
  EXPECT_EQ(ListAs("partner-b", "", of_all).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ListAs("partner-b", "", of_a).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(ListAs("partner-b", "partner-a", of_a).status()), "NOT_YOUR_PARTNER");
  EXPECT_EQ(ListAs("partner-a", "partner-a", of_a)->errors_size(), 1);
}

TEST_F(AccessTest, APartnersWatchPassesOverTheOthers) {
  Commit({MakeCommit("partner-a", 1), MakeCommit("partner-b", 2), MakeCommit("partner-a", 3)});
  grpc::ClientContext context, foreign_context;
  SpeakFor("partner-b", context);
  SpeakFor("partner-b", foreign_context);
  WatchErrorsRequest request;
  const auto stream = stub_->WatchErrors(&context, request);
  WatchErrorsResponse response;
  std::vector<std::string> seen;
  while (response.position() < 3 && stream->Read(&response)) {
    for (const auto& watched : response.errors()) seen.push_back(watched.error().external_order_id());
  }
  EXPECT_EQ(response.position(), 3);
  EXPECT_THAT(seen, ElementsAre("ORD-2"));
  context.TryCancel();
  request.set_partner_id("partner-a");
  const auto foreign = stub_->WatchErrors(&foreign_context, request);
  EXPECT_FALSE(foreign->Read(&response));
  EXPECT_EQ(ReasonOf(rpc::FromGrpc(foreign->Finish())), "NOT_YOUR_PARTNER");
}

}  // namespace
}  // namespace ordermesh::error_store
