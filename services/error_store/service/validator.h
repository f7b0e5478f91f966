// Asks validation what would become of payloads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ordermesh/validation/v1/validation_service.grpc.pb.h"
#include "services/common/rpc/fresh_stub.h"

namespace ordermesh::error_store {

// Thread-safe.
class Validator {
 public:
  using Request = validation::v1::DryRunRequest;
  using Response = validation::v1::DryRunResponse;
  using Done = std::function<void(const absl::Status&, Response)>;

  // host:port of validation; empty: nobody can be asked.
  Validator(const std::string& address, const rpc::ChannelOptions& channel);

  // Calls `done` once, perhaps at once. UNAVAILABLE (NOBODY_TRIES_OUT) where nobody can be asked.
  void Ask(Request request, Done done);
  // Asks all of them, some at a time, and waits. The first failure is returned.
  absl::Status AskAll(std::vector<Request> requests, std::vector<Response>* responses);
  // Asks for a draft of a mapping, and waits.
  absl::StatusOr<validation::v1::DraftMappingResponse> Draft(const validation::v1::DraftMappingRequest& request);

 private:
  absl::Status Ended(const grpc::Status& status);

  std::unique_ptr<rpc::FreshStub<validation::v1::ValidationService>> validation_;
};

}  // namespace ordermesh::error_store
