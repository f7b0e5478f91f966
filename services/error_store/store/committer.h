// Decides a group of errors and writes it: once each, one synced write, then the mark.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/kv/delivery_diary.h"
#include "services/common/kv/kv.h"
#include "services/error_store/domain/intake.h"
#include "services/error_store/store/counters.h"
#include "services/error_store/store/frontier.h"
#include "services/error_store/store/schema.h"
#include "services/error_store/store/store_metrics.h"

namespace ordermesh::error_store {

using Clock = std::function<absl::Time()>;

// What became of one error of a group.
struct CommitOutcome {
  Uuid id;
  // An earlier delivery had left it, in the store or in the same group.
  bool existed = false;
  // OK when the error is durable; otherwise it was not kept.
  absl::Status status;
};

// Not thread-safe: only the writer thread uses it.
class Committer {
 public:
  // Borrows all that it is given.
  Committer(kv::Kv& kv, Frontier& frontier, Counters& counters, kv::DeliveryDiary& diary, Clock clock,
            absl::Duration ttl);

  // Takes the items and gives an outcome for each, in their order. An error is returned only where the outcome is
  // unknown: then nothing may be acknowledged and the process must end.
  absl::StatusOr<std::vector<CommitOutcome>> Commit(std::vector<Intake> items);

 private:
  struct Decision {
    std::vector<CommitOutcome> outcomes;
    // For each item whether it waits for the write of this group: it is new, or the same as a new one.
    std::vector<bool> waits;
    std::vector<Intake*> fresh;
  };

  struct RandomKey {
    kv::Family family;
    std::string key;
    std::string value;
    friend auto operator<=>(const RandomKey&, const RandomKey&) = default;
  };

  // Finds out which items are new, against the store and within the group.
  absl::StatusOr<Decision> Decide(std::vector<Intake>& items) const;
  absl::Status Write(const std::vector<Intake*>& fresh);
  void Append(int64_t position, absl::Time now, Intake& item);
  // Adds the new rows to the summaries of the zones that they lie in.
  absl::Status AppendZones(int64_t first_position, const std::vector<Intake*>& fresh);
  // Tells the diary of what was known before.
  void NoteExisting(const std::vector<Intake>& items, const std::vector<CommitOutcome>& outcomes);

  kv::Kv& kv_;
  Frontier& frontier_;
  Counters& counters_;
  kv::DeliveryDiary& diary_;
  const Clock clock_;
  const absl::Duration ttl_;
  StoreMetrics& metrics_;
  const std::unique_ptr<kv::WriteBatch> batch_;
  // The entries of a group whose keys do not rise with the position.
  std::vector<RandomKey> random_keys_;
};

// The stored summary of a zone; an empty one where there is none.
absl::StatusOr<Zone> ReadZone(const kv::Kv& kv, int64_t zone, const kv::Snapshot* snapshot = nullptr);

}  // namespace ordermesh::error_store
