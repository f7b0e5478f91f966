// Proves on a snapshot that rows, ids, payloads, postings, zones and counters agree.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ordermesh/common/v1/audit.pb.h"
#include "services/common/kv/kv.h"
#include "services/error_store/store/fingerprint.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {

// Reads every row once, in the order of positions, with bounded memory: what the rows imply and what each family holds
// must have the same number of entries and the same sum of hashes; counters and zones are made again from the rows and
// must be equal. With `rebuild` every entry that the rows imply is looked up besides, so that a problem names the
// entry, not only its family. Damage is a problem in the report; an error is returned only where the audit could not be
// made. Not thread-safe.
class Auditor {
 public:
  Auditor(const kv::Kv& kv, uint32_t shard, bool rebuild);

  // Reads the next `max_rows` rows; past the last one compares the families. True when the report is ready.
  absl::StatusOr<bool> Step(int max_rows);

  int64_t rows_total() const { return rows_total_; }
  // So far; complete when Step has said so.
  const ordermesh::common::v1::AuditReport& report() const { return report_; }

 private:
  void Problem(std::string sentence);
  absl::StatusOr<std::optional<std::string>> Find(kv::Family family, std::string_view key) const;

  absl::Status ReadHeader();
  absl::Status CheckRow(std::string_view key, std::string_view value);
  absl::Status CheckPayload(const std::string& name, int64_t position, const Row& row);
  // The last edit is what counts, and nothing else is there.
  absl::Status CheckEdits(const std::string& name, const Row& row);
  void ComparePayload(const std::string& name, std::string_view stored, const Row& row);
  absl::Status CheckIndexes(const std::string& name, std::string_view position_key, const Row& row);
  absl::Status AddToZone(int64_t position, const ErrorMessage& error);
  absl::Status CloseZone();
  // Notes an entry that the rows imply; with rebuild looks it up too.
  absl::Status Expect(kv::Family family, const std::string& name, std::string_view key, std::string_view value,
                      Fingerprint& fingerprint);
  absl::Status CompareFamilies();
  absl::Status CompareFamily(kv::Family family, const std::string& name, const Fingerprint& expected);
  absl::Status CountPayloads();
  absl::Status CompareCount(kv::Family family, const std::string& name, int64_t implied);
  // The log has no hole and no changed event.
  absl::Status CheckEvents();
  absl::Status CompareCounters();

  const kv::Kv& kv_;
  const bool rebuild_;
  const std::unique_ptr<kv::Snapshot> snapshot_;
  const std::unique_ptr<kv::Iterator> rows_;
  // Walks beside the rows.
  const std::unique_ptr<kv::Iterator> payloads_;
  bool started_ = false;
  int64_t rows_total_ = 0;
  ordermesh::common::v1::AuditReport report_;
  StateHash hash_;
  // What the rows imply.
  Fingerprint ids_;
  Fingerprint postings_;
  Fingerprint zones_;
  int64_t payloads_implied_ = 0;
  int64_t edits_implied_ = 0;
  int64_t indexed_events_implied_ = 0;
  int64_t payloads_stored_ = 0;
  std::map<std::string, int64_t, std::less<>> counters_;
  int64_t zone_number_ = -1;
  Zone zone_;
};

}  // namespace ordermesh::error_store
