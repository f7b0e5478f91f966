// Drafts of mappings, against a validation that says what the test tells it.
#include "services/error_store/service/proposal.h"

#include <gmock/gmock.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/reader.h"
#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::ProposeMappingRequest;
using ordermesh::error::v1::ProposeMappingResponse;
using testing::HasSubstr;
using validation::v1::DraftMappingRequest;
using validation::v1::DraftMappingResponse;

// Payloads with "n":1, "n":3, ... pass; those that "even" is set in differ. Its live version is `version`.
class ScriptedValidation final : public validation::v1::ValidationService::Service {
 public:
  grpc::Status DraftMapping(grpc::ServerContext*, const DraftMappingRequest* request,
                            DraftMappingResponse* response) override {
    requests.push_back(*request);
    if (!refusal.ok()) return refusal;
    if (request->base_version() != 0 && request->base_version() != version) {
      return {grpc::StatusCode::ABORTED, "moved"};
    }
    response->set_base_version(version);
    response->add_effects(absl::StrCat("draft ", requests.size()));
    for (const auto& trial : request->trials()) {
      const bool odd = (trial.raw_payload()[trial.raw_payload().find("\"n\":") + 4] - '0') % 2 != 0;
      auto* const result = response->add_results();
      result->set_passes(odd);
      result->set_differs(odd && trial.patched_payload().empty());
      if (!odd) result->mutable_violation()->set_code(Violation::REQUIRED);
      if (!odd) result->mutable_violation()->set_field("customerId");
      const bool is_example = trial.error_id() == example && response->example_error_id().empty();
      if (is_example) response->set_example_error_id(trial.error_id());
    }
    if (moves) ++version;
    return grpc::Status::OK;
  }

  int32_t version = 4;
  // Publishes a version after each answer.
  bool moves = false;
  grpc::Status refusal;
  std::string example;
  std::vector<DraftMappingRequest> requests;
};

class ProposalTest : public testing::Test {
 protected:
  ProposalTest() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&validation_);
    server_ = builder.BuildAndStart();
    validator_ = std::make_unique<Validator>(absl::StrCat("127.0.0.1:", port),
                                             rpc::ChannelOptions{grpc::InsecureChannelCredentials(), {}});
    request_.mutable_filter()->set_partner_id("shop");
    auto* set = request_.mutable_patch()->add_operations()->mutable_set();
    set->set_path("customer");
    set->set_value("\"C\"");
  }

  absl::StatusOr<ProposeMappingResponse> Propose() { return ProposeMapping(store_.store(), *validator_, request_); }

  // A payload of `bytes` besides, whose number is the n-th error's.
  void CommitLarge(int n, size_t bytes) {
    ErrorCommit commit = MakeCommit("shop", n);
    commit.mutable_error()->set_raw_payload(absl::StrCat("{\"n\":", n, ",\"x\":\"", std::string(bytes, 'x'), "\"}"));
    commit.set_payload_sha256(Sha256(commit.error().raw_payload()));
    store_.Commit(MakeIntake(std::move(commit)));
  }

  TestStore store_{Engine::kMemory};
  ScriptedValidation validation_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Validator> validator_;
  ProposeMappingRequest request_;
};

TEST_F(ProposalTest, TriesTheErrorsOfTheFilterAsTheyCame) {
  store_.CommitRange("shop", 1, 5);
  store_.CommitRange("other", 6, 9);
  const auto proposal = Propose();
  ASSERT_TRUE(proposal.ok()) << proposal.status();
  EXPECT_EQ(proposal->base_version(), 4);
  EXPECT_EQ(proposal->trials().matched(), 5);
  EXPECT_EQ(proposal->trials().tried(), 5);
  EXPECT_EQ(proposal->trials().passes(), 3);
  EXPECT_EQ(proposal->trials().differs(), 0);
  ASSERT_EQ(proposal->trials().outcomes_size(), 2);
  EXPECT_TRUE(proposal->trials().outcomes(0).passes());
  EXPECT_EQ(proposal->trials().outcomes(1).field(), "customerId");
  ASSERT_EQ(validation_.requests.size(), 1);
  EXPECT_EQ(validation_.requests[0].trials(0).raw_payload(), "{\"partner\":\"shop\",\"n\":5}");
  EXPECT_EQ(validation_.requests[0].trials(0).patched_payload(), "{\"partner\":\"shop\",\"n\":5,\"customer\":\"C\"}");
}

TEST_F(ProposalTest, AsksForADraftAlsoWithoutErrors) {
  const auto proposal = Propose();
  ASSERT_TRUE(proposal.ok()) << proposal.status();
  EXPECT_EQ(proposal->trials().matched(), 0);
  EXPECT_EQ(proposal->effects_size(), 1);
}

TEST_F(ProposalTest, SaysWhereThePatchWouldMakeAnotherOrder) {
  store_.CommitRange("shop", 1, 1);
  request_.mutable_patch()->mutable_operations(0)->mutable_replace()->set_path("customer");
  request_.mutable_patch()->mutable_operations(0)->mutable_replace()->set_from("\"a\"");
  request_.mutable_patch()->mutable_operations(0)->mutable_replace()->set_to("\"b\"");
  EXPECT_EQ(Propose()->trials().differs(), 1);
}

TEST_F(ProposalTest, AsksPieceByPieceAndTakesTheDraftWithTheExample) {
  for (int n = 1; n <= 4; ++n) CommitLarge(n, 400 << 10);
  auto proposal = Propose();
  ASSERT_TRUE(proposal.ok()) << proposal.status();
  ASSERT_EQ(validation_.requests.size(), 2);
  EXPECT_EQ(validation_.requests[0].base_version(), 0);
  EXPECT_EQ(validation_.requests[1].base_version(), 4);
  EXPECT_EQ(proposal->effects(0), "draft 1");
  EXPECT_EQ(proposal->trials().tried(), 4);

  validation_.requests.clear();
  validation_.example = proposal->trials().outcomes(0).example_ids(1);
  proposal = Propose();
  EXPECT_EQ(proposal->effects(0), "draft 2");
}

TEST_F(ProposalTest, AVersionThatIsPublishedMeanwhileEndsItLoudly) {
  for (int n = 1; n <= 4; ++n) CommitLarge(n, 400 << 10);
  validation_.moves = true;
  EXPECT_TRUE(absl::IsAborted(Propose().status()));
}

TEST_F(ProposalTest, TriesNoMoreThanItSays) {
  for (int n = 1; n <= 20; ++n) CommitLarge(n, 1'000 << 10);
  const auto proposal = Propose();
  ASSERT_TRUE(proposal.ok()) << proposal.status();
  EXPECT_EQ(proposal->trials().matched(), 20);
  EXPECT_EQ(proposal->trials().tried(), 17);
  store_.CommitRange("many", 1, kMaxDraftTrials + 3);
  request_.mutable_filter()->set_partner_id("many");
  EXPECT_EQ(Propose()->trials().tried(), kMaxDraftTrials);
}

TEST_F(ProposalTest, TheNamedErrorComesFirstAndIsCountedOnce) {
  store_.CommitRange("shop", 1, 3);
  const auto last = Propose();
  request_.set_error_id(last->trials().outcomes(0).example_ids(1));
  validation_.requests.clear();
  const auto proposal = Propose();
  ASSERT_TRUE(proposal.ok()) << proposal.status();
  EXPECT_EQ(validation_.requests[0].trials(0).error_id(), request_.error_id());
  EXPECT_EQ(validation_.requests[0].trials_size(), 4);
  EXPECT_EQ(proposal->trials().tried(), 3);
  EXPECT_EQ(proposal->trials().passes(), 2);
}

TEST_F(ProposalTest, RefusesWhatItCannotAnswer) {
  store_.CommitRange("shop", 1, 1);
  const std::string id = Propose()->trials().outcomes(0).example_ids(0);
  request_.set_error_id("nonsense");
  EXPECT_TRUE(absl::IsNotFound(Propose().status()));
  request_.set_error_id(id);
  request_.mutable_filter()->set_partner_id("other");
  EXPECT_TRUE(absl::IsNotFound(Propose().status()));
  request_.mutable_filter()->set_partner_id("shop");
  request_.clear_patch();
  EXPECT_EQ(ReasonOf(Propose().status()), "NO_EDIT");
  request_.clear_error_id();
  EXPECT_TRUE(absl::IsInvalidArgument(Propose().status()));
  request_.clear_filter();
  EXPECT_THAT(Propose().status().message(), HasSubstr("partner_id"));
}

TEST_F(ProposalTest, SaysWhatValidationSays) {
  validation_.refusal = {grpc::StatusCode::UNAVAILABLE, "away"};
  EXPECT_TRUE(absl::IsUnavailable(Propose().status()));
  Validator nobody("", rpc::ChannelOptions{grpc::InsecureChannelCredentials(), {}});
  EXPECT_TRUE(absl::IsUnavailable(ProposeMapping(store_.store(), nobody, request_).status()));
}

}  // namespace
}  // namespace ordermesh::error_store
