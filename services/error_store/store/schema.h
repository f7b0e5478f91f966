// What the error-store keeps on disk. Numbers and names that reach disk are never reused; a new format is a new family
// name or a new version byte. All numbers are big-endian, so that keys sort as numbers do.
//
//   rows_v1      key = position:u64
//                value = version:1 origin:u64 sha256:32 payload_size:u32 error:OrderError        (no payload, no order)
//   ids_v1       key = id:16                              value = position:u64
//   payloads_v1  key = origin:u64                         value = version:1 raw_size:u32 raw order:Order
//   postings_v1  key = 'a' partner 0 position:u64         value = empty
//                    | 'b' code:u32 position:u64
//                    | 'c' status:u32 position:u64
//                    | 'd' code:u32 field 0 position:u64
//                    | 'e' order_id:16 position:u64           (of the order that it conflicts with or has become)
//   zones_v1     key = zone:u64
//                value = count:u32 received_first:u64 received_last:u64 expires_first:u64
//   counters_v1  key = 'a'                                value = count:u64 (errors in all)
//                    | 'b' partner                              (errors of a partner)
//                    | 'c' partner 0 code:u32 field             (errors that have it: a group)
//                    | 'd' partner 0 code:u32 field             (of the group: OPEN and IN_REVIEW)
//                    | 'e' partner 0 code:u32 field 0 minute:u32    (of the group: received in this minute since 1970)
//                    | 'f' partner 0 status:u32                 (errors of a partner that stand there)
//   edits_v1     key = origin:u64 number:u32
//                value = version:1 edit_size:u32 edit:ErrorEdit payload       (the payload as in payloads_v1)
//   events_v1    key = number:u64                         value = event:ErrorEvent without its own hash
//   event_index_v1  key = origin:u64 number:u64           value = empty
//   jobs_v1      key = 'a' number:u64                     value = version:1 job:RepairJob
//                    | 'b' id:16                          value = the key of the job
//                    | 'c' number:u64                     value = the key of the job, which is RUNNING
//   deliveries_v1   key = id:16 ingest_id:16              (common/kv/delivery_diary.h)
//   meta_v1      key = "position"                         value = position:u64    (the last that was given)
//                    | "shard"                            value = shard:u32
//                    | "event"                            value = number:u64 hash:32    (the last event)
//                    | "derived"                          value = version:u32    (what postings and counters there are)
//
// `position` is the error's place in the change feed. A change gives an error a new one: its row, its id entry and its
// postings move, and the old row leaves a gap, as a swept one does. `origin` is the first position that it had; its
// payload never changes and stays there. `payload_size` is the size of the payload's value, 0 where there is none. A
// zone sums up the rows of kZonePositions positions (seconds since 1970): lists pass over zones outside their times,
// and the sweep finds expired errors without an index of its own. A zone without rows and a counter of 0 have no entry.
// Events are never swept: they say what was done, also to errors that are gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ordermesh/error/v1/error_review_service.pb.h"
#include "services/common/base/ids.h"
#include "services/common/kv/kv.h"
#include "services/error_store/domain/intake.h"
#include "services/error_store/domain/job.h"

namespace ordermesh::error_store {

// The place of each family in Families().
enum ErrorFamily : kv::Family {
  kRows,
  kIds,
  kPayloads,
  kPostings,
  kZones,
  kCounters,
  kMeta,
  kEdits,
  kEvents,
  kEventIndex,
  kJobs,
  kDeliveries
};
std::vector<kv::FamilyOptions> Families();

inline constexpr std::string_view kLastPositionKey = "position";
inline constexpr std::string_view kShardKey = "shard";
inline constexpr std::string_view kEventHeadKey = "event";
inline constexpr std::string_view kDerivedKey = "derived";
// Counters and postings as PostingsOf and CountersOf give them; a store with others makes them again (upgrade.h).
inline constexpr uint32_t kDerivedVersion = 3;

// An error as it is stored.
struct Row {
  int64_t origin = 0;
  std::string payload_sha256;
  uint32_t payload_size = 0;
  ErrorMessage error;
};

std::string EncodeRow(const Row& row);
// DATA_LOSS for bytes that EncodeRow does not give.
absl::StatusOr<Row> DecodeRow(std::string_view bytes);

// Empty where there is neither payload nor order.
std::string EncodePayload(std::string_view raw_payload, std::string_view canonical_order);
// Sets raw_payload and order. DATA_LOSS for bytes that EncodePayload does not give.
absl::Status DecodePayload(std::string_view bytes, ErrorMessage& error);

// The payload or the canonical order, whichever there is, from one message that holds one to another.
template <typename From, typename To>
void MoveContent(From& from, To& to) {
  if (from.has_order()) {
    to.mutable_order()->Swap(from.mutable_order());
  } else {
    to.set_raw_payload(std::move(*from.mutable_raw_payload()));
  }
}

// The edit has no content.
std::string EncodeEdit(const ordermesh::error::v1::ErrorEdit& edit, std::string_view raw_payload,
                       std::string_view canonical_order);
// With its content. DATA_LOSS for bytes that EncodeEdit does not give.
absl::StatusOr<ordermesh::error::v1::ErrorEdit> DecodeEdit(std::string_view bytes);

// The end of the log of events.
struct EventHead {
  int64_t number = 0;
  std::string hash;
};
std::string EncodeEventHead(const EventHead& head);
absl::StatusOr<EventHead> DecodeEventHead(std::string_view bytes);

// A job and its place among all jobs, from 1 in the order in which they began.
struct StoredJob {
  int64_t number = 0;
  JobMessage job;
};
std::string JobKey(int64_t number);
std::string JobIdKey(const Uuid& id);
std::string RunningJobKey(int64_t number);
// What the keys of running jobs start with.
inline constexpr std::string_view kRunningJobs = "c";
// Whether it is a job's key, not one that leads to it.
bool IsJobKey(std::string_view key);
std::string EncodeJob(const JobMessage& job);
// DATA_LOSS for anything but a job's key and the bytes that EncodeJob gives.
absl::StatusOr<StoredJob> DecodeJob(std::string_view key, std::string_view bytes);

std::string EditKey(int64_t origin, int number);
std::string EventIndexKey(int64_t origin, int64_t number);
std::string IdKey(const Uuid& id);
std::string PositionKey(int64_t position);
// DATA_LOSS where it is no key of a position.
absl::StatusOr<int64_t> PositionOf(std::string_view bytes);

// What all postings of a value start with; the position follows.
std::string PartnerPostings(std::string_view partner_id);
std::string CodePostings(ViolationCode code);
std::string StatusPostings(ErrorMessage::Status status);
std::string CodeFieldPostings(ViolationCode code, std::string_view field);
std::string OrderPostings(const Uuid& order_id);
// The prefixes that an error is listed under, each once.
std::vector<std::string> PostingsOf(const ErrorMessage& error);

// The summary of the rows of one zone.
struct Zone {
  uint32_t count = 0;
  int64_t received_first = 0;
  int64_t received_last = 0;
  int64_t expires_first = 0;

  void Add(const ErrorMessage& error);
  void Join(const Zone& other);
  friend bool operator==(const Zone&, const Zone&) = default;
};

int64_t ZoneOf(int64_t position);
int64_t FirstPositionOf(int64_t zone);
std::string ZoneKey(int64_t zone);
std::string EncodeZone(const Zone& zone);
absl::StatusOr<Zone> DecodeZone(std::string_view bytes);

inline constexpr std::string_view kTotalCounter = "a";
inline constexpr char kPartnerCounters = 'b';
inline constexpr char kCodeFieldCounters = 'c';
inline constexpr char kOpenCounters = 'd';
inline constexpr char kMinuteCounters = 'e';
inline constexpr char kStatusCounters = 'f';
std::string PartnerCounter(std::string_view partner_id);
// What the (code, field) counters of a partner start with.
std::string CodeFieldCountersOf(std::string_view partner_id);
std::string CodeFieldCounter(std::string_view partner_id, ViolationCode code, std::string_view field);
std::string OpenCounter(std::string_view partner_id, ViolationCode code, std::string_view field);
// What the counters of a group's minutes start with.
std::string MinuteCountersOf(std::string_view partner_id, ViolationCode code, std::string_view field);
// What the status counters of a partner start with.
std::string StatusCountersOf(std::string_view partner_id);
std::string StatusCounter(std::string_view partner_id, ErrorMessage::Status status);
// Every counter that an error counts in, each once.
std::vector<std::string> CountersOf(const ErrorMessage& error);
absl::StatusOr<int64_t> DecodeCount(std::string_view bytes);

}  // namespace ordermesh::error_store
