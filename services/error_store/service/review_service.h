// ErrorReviewService: what people do to errors.
#pragma once

#include "ordermesh/error/v1/error_review_service.grpc.pb.h"
#include "services/common/base/worker_pool.h"
#include "services/error_store/service/retrier.h"
#include "services/error_store/service/validator.h"
#include "services/error_store/store/error_store.h"

namespace ordermesh::error_store {

// Thread-safe; nothing blocks. Actions are answered when they are durable.
class ReviewService final : public ordermesh::error::v1::ErrorReviewService::CallbackService {
 public:
  // `retrier` is told of every error that is to be sent again; null: nobody is. `validator` tries edits out. Borrows
  // all.
  ReviewService(ErrorStore& store, int read_threads, Retrier* retrier, Validator& validator);

  grpc::ServerUnaryReactor* AssignError(grpc::CallbackServerContext* context,
                                        const ordermesh::error::v1::AssignErrorRequest* request,
                                        ErrorMessage* response) override;
  grpc::ServerUnaryReactor* AddErrorNote(grpc::CallbackServerContext* context,
                                         const ordermesh::error::v1::AddErrorNoteRequest* request,
                                         ErrorMessage* response) override;
  grpc::ServerUnaryReactor* TagError(grpc::CallbackServerContext* context,
                                     const ordermesh::error::v1::TagErrorRequest* request,
                                     ErrorMessage* response) override;
  grpc::ServerUnaryReactor* EditError(grpc::CallbackServerContext* context,
                                      const ordermesh::error::v1::EditErrorRequest* request,
                                      ErrorMessage* response) override;
  grpc::ServerUnaryReactor* RetryError(grpc::CallbackServerContext* context,
                                       const ordermesh::error::v1::RetryErrorRequest* request,
                                       ErrorMessage* response) override;
  grpc::ServerUnaryReactor* DiscardError(grpc::CallbackServerContext* context,
                                         const ordermesh::error::v1::DiscardErrorRequest* request,
                                         ErrorMessage* response) override;
  grpc::ServerUnaryReactor* ReopenError(grpc::CallbackServerContext* context,
                                        const ordermesh::error::v1::ReopenErrorRequest* request,
                                        ErrorMessage* response) override;
  grpc::ServerUnaryReactor* TryEdit(grpc::CallbackServerContext* context,
                                    const ordermesh::error::v1::TryEditRequest* request,
                                    ordermesh::error::v1::TryEditResponse* response) override;
  grpc::ServerUnaryReactor* ListErrorEdits(grpc::CallbackServerContext* context,
                                           const ordermesh::error::v1::ListErrorEditsRequest* request,
                                           ordermesh::error::v1::ListErrorEditsResponse* response) override;
  grpc::ServerUnaryReactor* ListErrorEvents(grpc::CallbackServerContext* context,
                                            const ordermesh::error::v1::ListErrorEventsRequest* request,
                                            ordermesh::error::v1::ListErrorEventsResponse* response) override;
  grpc::ServerUnaryReactor* ListErrorGroups(grpc::CallbackServerContext* context,
                                            const ordermesh::error::v1::ListErrorGroupsRequest* request,
                                            ordermesh::error::v1::ListErrorGroupsResponse* response) override;

 private:
  // Sends the request to the writer, on behalf of the caller.
  grpc::ServerUnaryReactor* Ask(grpc::CallbackServerContext* context, const std::string& id, ReviewRequest request,
                                ErrorMessage* response);

  ErrorStore& store_;
  Retrier* const retrier_;
  Validator& validator_;
  WorkerPool reads_;
};

}  // namespace ordermesh::error_store
