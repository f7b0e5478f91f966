// CommitErrors: from the stream into the writer and back.
#pragma once

#include "ordermesh/error/v1/error_commit_service.grpc.pb.h"
#include "services/common/rpc/batch_stream.h"
#include "services/common/rpc/drain.h"
#include "services/error_store/store/error_store.h"

namespace ordermesh::error_store {

class CommitService final : public ordermesh::error::v1::ErrorCommitService::CallbackService {
 public:
  // Borrows both.
  CommitService(ErrorStore& store, rpc::Drain& drain) : store_(store), drain_(drain) {}

  grpc::ServerBidiReactor<ordermesh::error::v1::CommitErrorsRequest, ordermesh::error::v1::CommitErrorsResponse>*
  CommitErrors(grpc::CallbackServerContext* context) override;

 private:
  using Stream =
      rpc::BatchStream<ordermesh::error::v1::CommitErrorsRequest, ordermesh::error::v1::CommitErrorsResponse>;

  absl::Status Commit(const Stream::Ptr& stream, ordermesh::error::v1::CommitErrorsRequest& request);

  ErrorStore& store_;
  rpc::Drain& drain_;
};

}  // namespace ordermesh::error_store
