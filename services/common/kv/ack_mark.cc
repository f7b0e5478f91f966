#include "services/common/kv/ack_mark.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::kv {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr uint64_t kCheckSalt = 0x61636b6d61726b31;  // "ackmark1"

struct Slot {
  uint64_t position;
  uint64_t check;
};

uint64_t CheckOf(uint64_t position) {
  uint64_t mixed = (position ^ kCheckSalt) * 0x9e3779b97f4a7c15;
  mixed ^= mixed >> 29;
  return mixed * 0xbf58476d1ce4e5b9 ^ kCheckSalt;
}

bool IsValid(const Slot& slot) { return slot.check == CheckOf(slot.position); }

absl::Status FileError(std::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(absl::string_view(what.data(), what.size()), " ", path));
}

// A file made whole under another name first: a half-made mark is never seen.
absl::Status Create(const std::string& path) {
  const std::string draft = absl::StrCat(path, ".new");
  const int file = ::open(draft.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return FileError("cannot create", draft);
  char page[kPageBytes] = {};
  const Slot slots[2] = {{0, CheckOf(0)}, {0, CheckOf(0)}};
  std::memcpy(page, slots, sizeof(slots));
  const bool written = ::write(file, page, sizeof(page)) == static_cast<ssize_t>(sizeof(page)) && ::fsync(file) == 0;
  ::close(file);
  if (!written || ::rename(draft.c_str(), path.c_str()) != 0) return FileError("cannot write", path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<AckMark>> AckMark::Open(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) {
    if (errno != ENOENT) return FileError("cannot read", path);
    OM_RETURN_IF_ERROR(Create(path));
  } else if (info.st_size != static_cast<off_t>(kPageBytes)) {
    return absl::DataLossError(absl::StrCat("the mark ", path, " is not one page"));
  }
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return FileError("cannot open", path);
  void* page = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (page == MAP_FAILED) return FileError("cannot map", path);
  std::unique_ptr<AckMark> mark(new AckMark(page));
  const Slot* slots = static_cast<const Slot*>(page);
  int best = -1;
  for (int i = 0; i < 2; ++i) {
    if (IsValid(slots[i]) && (best < 0 || slots[i].position > slots[best].position)) best = i;
  }
  if (best < 0) return absl::DataLossError(absl::StrCat("the mark ", path, " is damaged: no valid slot"));
  mark->position_ = static_cast<int64_t>(slots[best].position);
  mark->next_slot_ = 1 - best;
  return mark;
}

AckMark::~AckMark() { ::munmap(page_, kPageBytes); }

void AckMark::Raise(int64_t position) {
  if (position <= position_) return;
  // The other slot stays valid while this one is half written; the fence keeps the check from overtaking its position.
  Slot& slot = static_cast<Slot*>(page_)[next_slot_];
  const uint64_t value = static_cast<uint64_t>(position);
  std::atomic_ref<uint64_t>(slot.check).store(0, std::memory_order_release);
  std::atomic_ref<uint64_t>(slot.position).store(value, std::memory_order_release);
  std::atomic_ref<uint64_t>(slot.check).store(CheckOf(value), std::memory_order_release);
  position_ = position;
  next_slot_ = 1 - next_slot_;
}

}  // namespace ordermesh::kv
