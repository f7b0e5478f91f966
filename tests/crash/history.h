// What the client saw, in the order in which it saw it: written by the client, outside the folders of the services.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/common/base/ids.h"

namespace ordermesh::crash {

// What happened to one order. The numbers are in files: never reused.
enum class EventKind : uint8_t {
  // It is about to be sent (again).
  kInvoke = 1,
  kCreated = 2,
  kReplayed = 3,
  kConflict = 4,
  kSequenceReused = 5,
  kRejected = 6,
  // The stream broke or a status came in place of a verdict.
  kUnknown = 7,
  // It is about to be sent with other content under the same identity, and what came of that.
  kInvokeAltered = 8,
  kAlteredConflict = 9,
  kAlteredOther = 10,
};

// The order's id for kCreated, kReplayed and kAlteredConflict, the error's id for kRejected.
struct Event {
  EventKind kind = EventKind::kInvoke;
  uint64_t number = 0;
  Uuid id;
  friend bool operator==(const Event&, const Event&) = default;
};

//   file = magic:u64 seed:u64 record*        record = kind:u64 number:u64 id_high:u64 id_low:u64        (of this
//   machine)
// An event of one thread that another thread knows of stands before whatever that thread writes afterwards.
class HistoryWriter {
 public:
  static absl::StatusOr<std::unique_ptr<HistoryWriter>> Create(const std::string& path, uint64_t seed);
  ~HistoryWriter();

  // May be called from any thread. The events stand together.
  void Append(const std::vector<Event>& events) ABSL_LOCKS_EXCLUDED(mutex_);
  // Everything is in the file when it returns.
  void Flush() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  explicit HistoryWriter(FILE* file) : file_(file) {}

  absl::Mutex mutex_;
  FILE* const file_ ABSL_PT_GUARDED_BY(mutex_);
};

// Reads a history from its beginning, with little memory.
class HistoryReader {
 public:
  // DATA_LOSS where it is no history.
  static absl::StatusOr<std::unique_ptr<HistoryReader>> Open(const std::string& path);
  ~HistoryReader();

  uint64_t seed() const { return seed_; }
  // Nothing at the end. A record that was not written whole counts as the end.
  std::optional<Event> Next();

 private:
  explicit HistoryReader(FILE* file) : file_(file) {}

  FILE* const file_;
  uint64_t seed_ = 0;
};

}  // namespace ordermesh::crash
