// The page that a test and the preloaded library (disk_faults.cc) share: what shall go wrong, and what was done so far.
// Plain memory without constructors: the library lives in processes that know nothing of us.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ordermesh::faults {

// Names the file that holds the page; the library does nothing where it is not set.
inline constexpr char kControlVariable[] = "ORDERMESH_TEST_DISK_CONTROL";

// Kinds of operations, as bits.
inline constexpr uint32_t kWrite = 1;
inline constexpr uint32_t kOpen = 2;
inline constexpr uint32_t kRename = 4;
inline constexpr uint32_t kSync = 8;
inline constexpr uint32_t kAllocate = 16;
inline constexpr uint32_t kTruncate = 32;
inline constexpr uint32_t kUnlink = 64;
inline constexpr uint32_t kAnyOperation = 127;

inline constexpr int kMaxFolders = 4;
inline constexpr size_t kMaxFolderName = 512;
inline constexpr int64_t kUnlimited = INT64_MAX;

struct DiskControl {
  // Absolute, ending in '/'. Files anywhere else are left alone. Set before the processes start.
  char folders[kMaxFolders][kMaxFolderName];
  // Bits of the folders in which faults happen; what is done to files is journalled for all folders.
  std::atomic<uint32_t> faulty_folders;
  // What was synced is written down (journal.h), so that a power cut can be acted out.
  std::atomic<uint32_t> journals;

  // The `fail_in`-th operation of these kinds fails with `fail_errno`, once; 0 or less: none does.
  std::atomic<uint32_t> fail_operations;
  std::atomic<int32_t> fail_errno;
  std::atomic<int64_t> fail_in;
  // Bytes that may still be written before the disk is full.
  std::atomic<int64_t> room;
  // How much longer a sync takes; a sync under way ends when this is lowered.
  std::atomic<int64_t> sync_delay_us;

  // Planted bugs: the failure of a sync is not passed on; a sync says that it is done and does nothing.
  std::atomic<uint32_t> swallows_sync_errors;
  std::atomic<uint32_t> syncs_do_nothing;

  // What happened, since the page was made.
  std::atomic<int64_t> operations;
  std::atomic<int64_t> failures;
  std::atomic<int64_t> refused_for_space;
  std::atomic<int64_t> syncs;
};

static_assert(std::atomic<int64_t>::is_always_lock_free);

}  // namespace ordermesh::faults
