// Proves that rows, identities, numbers, counters and postings agree, on one state of the store, in bounded memory.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "ordermesh/common/v1/audit.pb.h"
#include "services/common/base/stream_sha256.h"
#include "services/common/kv/kv.h"
#include "services/order_store/store/audit_digest.h"
#include "services/order_store/store/log.h"
#include "services/order_store/store/postings.h"
#include "services/order_store/store/recovery.h"

namespace ordermesh::order_store {

// One audit, done in steps so that a caller who went away stops it. Not thread-safe. Reads every row once; with
// `rebuild` the effects are also made again from the log into a store in memory, and compared value by value.
class Audit {
 public:
  // All must outlive it. The state is that of this moment.
  Audit(const kv::Kv& kv, const Log& log, uint32_t shard, bool rebuild);
  ~Audit();

  // Does the next part of the work and fills the progress, in the last step the report too. False after the last step.
  // What disagrees stands in the report; an error means that the store could not be read.
  absl::StatusOr<bool> Step(common::v1::AuditResponse* response);

 private:
  enum class Phase { kStart, kRows, kIdentities, kNumbers, kCounters, kRebuild, kReport, kEnd };

  absl::StatusOr<Phase> RunPhase();
  absl::Status ReadMarks();
  // A few thousand rows: positions, the state hash, and what identities, numbers, counters and postings should be.
  absl::StatusOr<Phase> ReadRows();
  absl::Status TakeRow(int64_t position, std::string_view row);
  absl::Status TakeTerms(int64_t position);
  absl::Status CompareIdentities();
  void AddIdentity(const kv::Iterator& at, SetDigest& digest);
  absl::Status CountChunks();
  absl::Status CompareNumbers();
  absl::Status CompareCounters();
  // Runs the code that recovery runs on a few thousand rows, and compares each value that it makes with the stored one.
  absl::StatusOr<Phase> Rebuild();
  absl::Status CompareFamily(kv::Family family, const char* what);
  void Report(common::v1::AuditReport* report);

  template <typename... Parts>
  void Problem(const Parts&... parts) {
    if (problems_.size() < kMaxProblems) problems_.push_back(absl::StrCat(parts...));
  }

  static constexpr size_t kMaxProblems = 100;

  const kv::Kv& kv_;
  const Log& log_;
  const uint32_t shard_;
  const bool rebuild_;
  const std::unique_ptr<kv::Snapshot> snapshot_;
  const std::unique_ptr<LogReader> reader_;

  Phase phase_ = Phase::kStart;
  int64_t last_ = 0;
  uint64_t sealed_ = 0;
  int64_t next_ = 1;
  int64_t rows_ = 0;
  std::vector<std::string> problems_;
  StreamSha256 state_hash_;
  // Of the rows, of the store, and of what was made again.
  SetDigest identities_;
  SetDigest stored_identities_;
  SetDigest rebuilt_identities_;
  SetDigest numbers_;
  // A few for each partner and hour.
  std::map<std::string, Totals> counters_;
  BlockTerms block_;
  size_t chunks_ = 0;
  // Where the effects are made again, and the first position that is still to do.
  std::unique_ptr<kv::Kv> made_;
  int64_t rebuild_next_ = 1;

  // Reused from row to row.
  DecodedEffect decoded_;
  std::vector<uint32_t> product_terms_;
  std::string member_;
};

}  // namespace ordermesh::order_store
