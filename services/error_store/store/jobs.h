// Jobs as they are stored.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "services/common/kv/kv.h"
#include "services/error_store/domain/job.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {

// Nothing where there is none, or the id is malformed.
absl::StatusOr<std::optional<StoredJob>> FindJob(const kv::Kv& kv, const std::string& id);
// Those that still take errors, oldest first.
absl::StatusOr<std::vector<JobMessage>> RunningJobs(const kv::Kv& kv);
// One page, newest first. `visible_partner`: only what that partner has started; empty: all.
absl::Status ListJobs(const kv::Kv& kv, uint32_t shard, const ordermesh::error::v1::ListJobsRequest& request,
                      const std::string& visible_partner, ordermesh::error::v1::ListJobsResponse* response);
// Whether the partner (empty: an operator) may see and cancel the job.
bool IsJobOf(const std::string& visible_partner, const JobMessage& job);

// The writer's view of the jobs, as of the counters (counters.h). One write at a time: Find and Add, AppendTo, write,
// then Applied or Dropped. Not thread-safe.
class JobBook {
 public:
  explicit JobBook(const kv::Kv& kv) : kv_(kv) {}

  // To be changed in place until the write; null where there is none.
  absl::StatusOr<JobMessage*> Find(const std::string& id);
  absl::Status Add(JobMessage job);
  bool changed() const { return !staged_.empty(); }
  void AppendTo(kv::WriteBatch& batch) const;
  // Written or not: what was staged is forgotten.
  void Clear() { staged_.clear(); }

 private:
  const kv::Kv& kv_;
  absl::flat_hash_map<std::string, std::unique_ptr<StoredJob>> staged_;
};

}  // namespace ordermesh::error_store
