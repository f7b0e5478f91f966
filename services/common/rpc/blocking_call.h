// Calls that a thread of ours waits for. gRPC's own blocking calls make the thread that waits poll the sockets of the
// whole process: it would take every message off the wire and hand it to a thread of the callback API, at a wake-up
// each.
#pragma once

#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/status.h>

#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace ordermesh::rpc {

// Waits for a unary call. `start` is given what to call with the status:
//   BlockingCall([&](auto done) { stub.async()->Get(&context, &request, &response, std::move(done)); })
template <typename Start>
grpc::Status BlockingCall(Start start) {
  const auto outcome = std::make_shared<std::promise<grpc::Status>>();
  std::future<grpc::Status> status = outcome->get_future();
  start([outcome](grpc::Status ended) { outcome->set_value(std::move(ended)); });
  return status.get();
}

// A stream of answers, read by one thread. Finish must be called once, at the end.
template <typename Response>
class BlockingReader final : public grpc::ClientReadReactor<Response> {
 public:
  // `start` is given the reactor of the call: stub.async()->Watch(&context, &request, reactor). Context and request
  // must live until Finish has returned.
  template <typename Start>
  static std::shared_ptr<BlockingReader> Open(Start start) {
    auto reader = std::make_shared<BlockingReader>();
    reader->self_ = reader;
    start(reader.get());
    // Until Finish: a read may begin when the call has ended already.
    reader->AddHold();
    reader->StartCall();
    return reader;
  }

  // Waits for the next message; false where none comes any more.
  bool Read(Response* response) ABSL_LOCKS_EXCLUDED(mutex_) {
    this->StartRead(response);
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &BlockingReader::was_read));
    return *std::exchange(read_, std::nullopt);
  }

  // Waits for the end of the call. After a Read that gave false, or a context that was cancelled.
  grpc::Status Finish() ABSL_LOCKS_EXCLUDED(mutex_) {
    this->RemoveHold();
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &BlockingReader::has_ended));
    return *status_;
  }

  void OnReadDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    read_ = ok;
  }
  void OnDone(const grpc::Status& status) override {
    // The reader may let go of this object as soon as it knows.
    const auto self = std::move(self_);
    absl::MutexLock lock(&mutex_);
    status_ = status;
  }

 private:
  bool was_read() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return read_.has_value(); }
  bool has_ended() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return status_.has_value(); }

  std::shared_ptr<BlockingReader> self_;
  absl::Mutex mutex_;
  std::optional<bool> read_ ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::Status> status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ordermesh::rpc
