// What must happen sometimes: a simulation that never meets a fault proves nothing about it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ordermesh::sim {

// Each must be met at least once in a run of the default number of seeds.
enum class Point {
  // Verdicts and how they come about.
  kCreated,
  kReplayed,
  kConflict,
  kSequenceReused,
  kRejected,
  kUnreadable,
  kParked,
  kCreatedBefore,
  kSameBytesReplayed,
  kReplayOfUnsynced,
  kConflictWithUnsynced,
  kQuestionReplayed,
  kQuestionNotAReplay,
  kErrorExisted,
  // Groups and derived state.
  kGroupOfManyMessages,
  kEffectsMadeAgain,
  kNewHour,
  kOtherRowVersion,
  kListMatched,
  kWatchResumed,
  kReplicaEqual,
  // Disks.
  kOrderStoreKilled,
  kErrorStoreKilled,
  kPowerCut,
  kUnsyncedLost,
  kKilledMidWrite,
  kTornTailRecovered,
  kKilledBeforeAnswer,
  kSyncFailed,
  kDiskFullRefused,
  kDiskFullHealed,
  kReadFailed,
  kMarkBehind,
  kClockSteppedBack,
  // Network and callers.
  kValidationKilled,
  kFeedKilled,
  kStreamBroken,
  kSentAgain,
  kLateRequest,
  kDuplicatedMessage,
  kReorderedMessage,
  kDroppedMessage,
  kPartition,
  kExpiredInQueue,
  kRetriedInside,
  kUnknown,
  kUnknownResolved,
  kCount,
};

inline constexpr size_t kPoints = static_cast<size_t>(Point::kCount);

// "conflict seen".
const char* NameOf(Point point);

class Coverage {
 public:
  void Hit(Point point) { ++hits_[static_cast<size_t>(point)]; }
  void Merge(const Coverage& other);
  int64_t hits(Point point) const { return hits_[static_cast<size_t>(point)]; }
  // The names of those that were never met.
  std::vector<std::string> Missed() const;

 private:
  std::array<int64_t, kPoints> hits_ = {};
};

}  // namespace ordermesh::sim
