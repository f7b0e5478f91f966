// Brings the orders of a source into the mesh, each to its verdict.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "ordermesh/common/v1/verdict.pb.h"
#include "ordermesh/feed/v1/feed_service.grpc.pb.h"
#include "tools/ordermesh/client/retry.h"
#include "tools/ordermesh/importing/resend_window.h"
#include "tools/ordermesh/input/order_source.h"

namespace ordermesh::cli {

// Each order counts once, by its final verdict. Once the import is done,
// received = created + replayed + conflicts + sequence_reused + rejected + refused.
struct ImportTotals {
  // Orders that were handed to the mesh.
  int64_t received = 0;
  int64_t created = 0;
  int64_t replayed = 0;
  int64_t conflicts = 0;
  int64_t sequence_reused = 0;
  int64_t rejected = 0;
  // Orders that the mesh answered with an error that sending again cannot cure.
  int64_t refused = 0;
  // Orders of the file that cannot be sent: too large, or damaged rows.
  int64_t unsendable = 0;

  int64_t settled() const { return created + replayed + conflicts + sequence_reused + rejected + refused; }
  bool complete() const { return refused == 0 && unsendable == 0; }
};

// Hears of every order that was not simply stored. Called from several threads, one at a time.
class ImportObserver {
 public:
  virtual ~ImportObserver() = default;
  virtual void OnVerdict(const SourceOrder& order, const common::v1::OrderVerdict& verdict) = 0;
  // The order is not in the mesh and has no verdict.
  virtual void OnFailure(const SourceOrder& order, const absl::Status& why) = 0;
  // Called a few times a second.
  virtual void OnTick(const ImportTotals& totals, bool waiting) = 0;
};

struct ImportOptions {
  std::string partner;
  WindowLimits window;
  // How long no verdict may come although orders wait for theirs.
  client::Patience patience;
};

using FeedStub = feed::v1::FeedService::StubInterface;
// Gives the feed's stub; asked anew for each stream, because the mesh may be starting. UNAVAILABLE is waited for.
using FindFeed = std::function<absl::StatusOr<std::shared_ptr<FeedStub>>()>;

// Reads, writes and hears on threads of its own. One stream at a time; when it breaks the next one carries everything
// that has no verdict. Memory is bounded by the window.
class Importer {
 public:
  // All arguments must outlive the importer.
  Importer(ImportOptions options, OrderSource& source, FindFeed find_feed, ImportObserver& observer);

  // Returns when every order of the source is settled. An error where the source cannot be read, the wait is over, or
  // the mesh refuses the stream; orders settled till then are counted.
  absl::Status Run();

  ImportTotals totals() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Stream = grpc::ClientReaderWriterInterface<feed::v1::StreamOrdersRequest, feed::v1::StreamOrdersResponse>;

  // The threads' main functions.
  void ReadSource() ABSL_LOCKS_EXCLUDED(mutex_);
  void Write(Stream& stream) ABSL_LOCKS_EXCLUDED(mutex_);
  void KeepTime() ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Status ConnectAgainAndAgain() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status RunStream(FeedStub& feed) ABSL_LOCKS_EXCLUDED(mutex_);
  bool WaitForBatch(feed::v1::StreamOrdersRequest& message) ABSL_LOCKS_EXCLUDED(mutex_);
  void Answer(const common::v1::OrderResult& result) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count(const common::v1::OrderVerdict& verdict) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fail(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Pause(absl::Duration pause) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Finished() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const ImportOptions options_;
  OrderSource& source_;
  const FindFeed find_feed_;
  ImportObserver& observer_;

  mutable absl::Mutex mutex_;
  absl::CondVar changed_;
  ResendWindow window_ ABSL_GUARDED_BY(mutex_);
  ImportTotals totals_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::string last_trouble_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_progress_ ABSL_GUARDED_BY(mutex_);
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool source_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool stream_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ordermesh::cli
