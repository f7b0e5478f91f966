#include "services/error_store/store/jobs.h"

#include <limits>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/page_token.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {
namespace {

// Calls `take` for the jobs at and below `number`, newest first, until it says false.
template <typename Take>
absl::Status Downwards(const kv::Kv& kv, int64_t number, const Take& take) {
  const auto jobs = kv.NewIterator(kJobs);
  for (jobs->SeekForPrev(JobKey(number)); jobs->Valid() && IsJobKey(jobs->key()); jobs->Prev()) {
    OM_ASSIGN_OR_RETURN(StoredJob job, DecodeJob(jobs->key(), jobs->value()));
    if (!take(std::move(job))) return absl::OkStatus();
  }
  return jobs->status();
}

}  // namespace

absl::StatusOr<std::optional<StoredJob>> FindJob(const kv::Kv& kv, const std::string& id) {
  const auto uuid = Uuid::Parse(id);
  if (!uuid.has_value()) return std::nullopt;
  OM_ASSIGN_OR_RETURN(const auto key, kv.Get(kJobs, JobIdKey(*uuid)));
  if (!key.has_value()) return std::nullopt;
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kJobs, *key));
  if (!stored.has_value()) return BadRecord("job id without a job");
  return DecodeJob(*key, *stored);
}

absl::StatusOr<std::vector<JobMessage>> RunningJobs(const kv::Kv& kv) {
  std::vector<JobMessage> running;
  const auto snapshot = kv.NewSnapshot();
  const auto entries = kv.NewIterator(kJobs, snapshot.get());
  for (entries->Seek(kRunningJobs); entries->Valid(); entries->Next()) {
    const std::string key(entries->value());
    OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kJobs, key, snapshot.get()));
    if (!stored.has_value()) return BadRecord("running job");
    OM_ASSIGN_OR_RETURN(StoredJob job, DecodeJob(key, *stored));
    running.push_back(std::move(job.job));
  }
  OM_RETURN_IF_ERROR(entries->status());
  return running;
}

bool IsJobOf(const std::string& visible_partner, const JobMessage& job) {
  if (visible_partner.empty()) return true;
  return job.role() == ordermesh::common::v1::Identity::PARTNER && job.filter().partner_id() == visible_partner;
}

absl::Status ListJobs(const kv::Kv& kv, uint32_t shard, const ordermesh::error::v1::ListJobsRequest& request,
                      const std::string& visible_partner, ordermesh::error::v1::ListJobsResponse* response) {
  OM_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  OM_ASSIGN_OR_RETURN(const int64_t before, DecodePageToken(request.page_token(), shard, visible_partner));
  return Downwards(kv, before - 1, [&](StoredJob job) {
    if (!IsJobOf(visible_partner, job.job)) return true;
    if (response->jobs_size() == size) {
      response->set_next_page_token(EncodePageToken(shard, job.number + 1, visible_partner));
      return false;
    }
    response->add_jobs()->Swap(&job.job);
    return true;
  });
}

absl::StatusOr<JobMessage*> JobBook::Find(const std::string& id) {
  if (const auto staged = staged_.find(id); staged != staged_.end()) return &staged->second->job;
  OM_ASSIGN_OR_RETURN(auto stored, FindJob(kv_, id));
  if (!stored.has_value()) return nullptr;
  auto& staged = staged_[id];
  staged = std::make_unique<StoredJob>(*std::move(stored));
  return &staged->job;
}

absl::Status JobBook::Add(JobMessage job) {
  int64_t last = 0;
  OM_RETURN_IF_ERROR(Downwards(kv_, std::numeric_limits<int64_t>::max(), [&last](const StoredJob& newest) {
    last = newest.number;
    return false;
  }));
  const std::string id = job.id();
  staged_[id] = std::make_unique<StoredJob>(StoredJob{last + 1, std::move(job)});
  return absl::OkStatus();
}

void JobBook::AppendTo(kv::WriteBatch& batch) const {
  for (const auto& [id, staged] : staged_) {
    const std::string key = JobKey(staged->number);
    batch.Put(kJobs, key, EncodeJob(staged->job));
    batch.Put(kJobs, JobIdKey(*Uuid::Parse(id)), key);
    if (staged->job.state() == JobMessage::RUNNING) {
      batch.Put(kJobs, RunningJobKey(staged->number), key);
    } else {
      batch.Delete(kJobs, RunningJobKey(staged->number));
    }
  }
}

}  // namespace ordermesh::error_store
