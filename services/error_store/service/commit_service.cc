#include "services/error_store/service/commit_service.h"

#include <utility>
#include <vector>

#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/intake.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::CommitErrorsRequest;
using ordermesh::error::v1::CommitErrorsResponse;

void AddRefusal(uint64_t tag, const absl::Status& status, CommitErrorsResponse& response) {
  auto* result = response.add_results();
  result->set_tag(tag);
  *result->mutable_status() = ToProto(status);
}

CommitErrorsResponse Answer(const std::vector<uint64_t>& tags, const std::vector<CommitOutcome>& outcomes) {
  CommitErrorsResponse response;
  for (size_t i = 0; i < tags.size(); ++i) {
    const CommitOutcome& outcome = outcomes[i];
    if (!outcome.status.ok()) {
      AddRefusal(tags[i], outcome.status, response);
      continue;
    }
    auto* result = response.add_results();
    result->set_tag(tags[i]);
    result->mutable_kept()->set_error_id(outcome.id.ToString());
    result->mutable_kept()->set_existed(outcome.existed);
  }
  return response;
}

}  // namespace

grpc::ServerBidiReactor<CommitErrorsRequest, CommitErrorsResponse>* CommitService::CommitErrors(
    grpc::CallbackServerContext*) {
  return Stream::Open(
      {.count = [](const CommitErrorsRequest& request) { return static_cast<size_t>(request.items_size()); },
       .on_request = [this](const Stream::Ptr& stream,
                            std::unique_ptr<CommitErrorsRequest> request) { return Commit(stream, *request); }},
      drain_);
}

absl::Status CommitService::Commit(const Stream::Ptr& stream, CommitErrorsRequest& request) {
  if (request.items_size() > kMaxCommitItems) return InvalidCommit("items", "must be at most 1,024 a message");
  CommitBatch batch;
  std::vector<uint64_t> tags;
  CommitErrorsResponse refused;
  for (auto& item : *request.mutable_items()) {
    const uint64_t tag = item.tag();
    auto intake = TakeIn(std::move(item));
    if (!intake.ok()) {
      AddRefusal(tag, intake.status(), refused);
      continue;
    }
    tags.push_back(tag);
    batch.items.push_back(*std::move(intake));
  }
  if (!tags.empty()) {
    batch.done = [stream, tags](const std::vector<CommitOutcome>& outcomes) { stream->Send(Answer(tags, outcomes)); };
    if (!store_.TryCommit(std::move(batch))) {
      for (const uint64_t tag : tags) AddRefusal(tag, WriterQueueFull(), refused);
    }
  }
  if (refused.results_size() > 0) stream->Send(std::move(refused));
  return absl::OkStatus();
}

}  // namespace ordermesh::error_store
