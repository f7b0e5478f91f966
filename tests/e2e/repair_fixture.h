// What tests of repairs on a whole mesh share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "ordermesh/error/v1/error_review_service.grpc.pb.h"
#include "tests/e2e/mesh_test.h"

namespace ordermesh::e2e {

using common::v1::OrderVerdict;
using error::v1::ErrorEvent;
using error::v1::ErrorReviewService;
using error::v1::OrderError;

class RepairTest : public MeshTest {
 protected:
  // A payload of partner-a with a quantity that its rules refuse, and the error that it leaves.
  static std::string BadPayload(int64_t number) {
    return absl::StrReplaceAll(PayloadA(absl::StrCat("FIX-", number), 50'000 + number),
                               {{"\"quantity\": 5", "\"quantity\": -5"}});
  }
  static std::string GoodPayload(int64_t number) { return PayloadA(absl::StrCat("FIX-", number), 50'000 + number); }
  static std::string Reject(int64_t number) {
    const auto verdict = SubmitUntilAnswered("partner-a", BadPayload(number));
    EXPECT_EQ(verdict.verdict(), OrderVerdict::REJECTED);
    return verdict.error_id();
  }

  // Calls until the mesh answers.
  template <typename Request, typename Response>
  static absl::StatusOr<Response> Call(grpc::Status (ErrorReviewService::Stub::*method)(grpc::ClientContext*,
                                                                                        const Request&, Response*),
                                       const Request& request, std::shared_ptr<grpc::Channel> channel = nullptr) {
    const auto stub = ErrorReviewService::NewStub(channel == nullptr ? mesh_->Edge() : channel);
    const absl::Time until = absl::Now() + absl::Seconds(60);
    for (;;) {
      grpc::ClientContext context;
      Response response;
      const absl::Status status = rpc::FromGrpc(((*stub).*method)(&context, request, &response));
      if (status.ok()) return response;
      if (!absl::IsUnavailable(status) || absl::Now() > until) return status;
      absl::SleepFor(absl::Milliseconds(100));
    }
  }
  static absl::StatusOr<OrderError> Edit(const std::string& id, int64_t revision, const std::string& payload,
                                         bool retry = false, std::shared_ptr<grpc::Channel> channel = nullptr) {
    error::v1::EditErrorRequest request;
    request.set_id(id);
    request.set_revision(revision);
    request.set_raw_payload(payload);
    request.set_retry(retry);
    return Call(&ErrorReviewService::Stub::EditError, request, std::move(channel));
  }
  static absl::StatusOr<OrderError> Retry(const std::string& id) {
    error::v1::RetryErrorRequest request;
    request.set_id(id);
    return Call(&ErrorReviewService::Stub::RetryError, request);
  }

  static OrderError Get(const std::string& id) {
    error::v1::GetErrorRequest request;
    request.set_id(id);
    const auto stub = error::v1::ErrorService::NewStub(mesh_->Edge());
    OrderError error;
    const absl::Time until = absl::Now() + absl::Seconds(60);
    for (;;) {
      grpc::ClientContext context;
      const absl::Status status = rpc::FromGrpc(stub->GetError(&context, request, &error));
      if (status.ok() || absl::Now() > until) return error;
      absl::SleepFor(absl::Milliseconds(100));
    }
  }
  static OrderError AwaitVerdict(const std::string& id) {
    const absl::Time until = absl::Now() + absl::Seconds(60);
    OrderError error = Get(id);
    while (error.status() == OrderError::RETRYING && absl::Now() < until) {
      absl::SleepFor(absl::Milliseconds(20));
      error = Get(id);
    }
    return error;
  }
  static std::vector<ErrorEvent::Action> Done(const std::string& id) {
    error::v1::ListErrorEventsRequest request;
    request.set_error_id(id);
    const auto events = Call(&ErrorReviewService::Stub::ListErrorEvents, request);
    std::vector<ErrorEvent::Action> actions;
    for (const auto& event : events->events()) actions.push_back(event.action());
    return actions;
  }
  static void ExpectSound() {
    const auto audit = CliJson({"audit", "--rebuild"});
    EXPECT_TRUE(audit.at("ok").get<bool>()) << audit.dump(1);
  }
};

}  // namespace ordermesh::e2e
