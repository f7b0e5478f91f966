// A preloaded library that is the disk of a test: it fails, fills up, slows down, and writes down what was synced. It
// stands in front of the calls by which RocksDB and the mark change files. Steered through disk_control.h.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/faults/disk_control.h"

namespace {

using namespace ordermesh::faults;

constexpr int kMaxFiles = 4'096;
constexpr long kSliceNs = 2'000'000;
constexpr int64_t kBlock = 4'096;

// Folder of an open file, plus 1; 0: not ours.
std::atomic<uint8_t> g_folder_of[kMaxFiles];
std::atomic<int> g_journals[kMaxFolders];
std::atomic<int64_t> g_saved{0};

// Straight to the kernel: looking up the real functions would allocate, and the allocator opens files itself.
long Real(long number, long a = 0, long b = 0, long c = 0, long d = 0) { return syscall(number, a, b, c, d); }
long Arg(const void* pointer) { return reinterpret_cast<long>(pointer); }

DiskControl* MapControl() {
  const char* path = getenv(kControlVariable);
  if (path == nullptr) return nullptr;
  const int file = static_cast<int>(Real(SYS_openat, AT_FDCWD, Arg(path), O_RDWR | O_CLOEXEC));
  if (file < 0) return nullptr;
  void* page = mmap(nullptr, sizeof(DiskControl), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  Real(SYS_close, file);
  return page == MAP_FAILED ? nullptr : static_cast<DiskControl*>(page);
}

DiskControl* Control() {
  static DiskControl* const control = MapControl();
  return control;
}

// The folder that `path` is in, or -1.
int FolderOf(const char* path) {
  DiskControl* const control = Control();
  if (control == nullptr || path == nullptr || path[0] != '/') return -1;
  for (int i = 0; i < kMaxFolders; ++i) {
    const size_t length = strlen(control->folders[i]);
    if (length == 0) continue;
    // The folder itself counts, too: it is opened to be synced.
    if (strncmp(path, control->folders[i], length) == 0) return i;
    if (strncmp(path, control->folders[i], length - 1) == 0 && path[length - 1] == '\0') return i;
  }
  return -1;
}

int FolderOf(int file) { return file >= 0 && file < kMaxFiles ? g_folder_of[file].load() - 1 : -1; }

void JournalPath(int folder, const char* what, char* path, size_t size) {
  snprintf(path, size, "%s.%s.%d", getenv(kControlVariable), what, folder);
}

// One line, appended by one write: threads do not mix.
__attribute__((format(printf, 2, 3))) void Note(int folder, const char* format, ...) {
  if (Control()->journals == 0) return;
  int journal = g_journals[folder];
  if (journal == 0) {
    char path[1024];
    JournalPath(folder, "journal", path, sizeof(path));
    journal = static_cast<int>(Real(SYS_openat, AT_FDCWD, Arg(path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    int none = 0;
    if (!g_journals[folder].compare_exchange_strong(none, journal)) {
      Real(SYS_close, journal);
      journal = none;
    }
  }
  char line[3 * 1024];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  if (Real(SYS_write, journal, Arg(line), length) != length) abort();
}

// Another name for what is about to lose its own, so that it can come back. Empty where there is nothing.
void Save(int folder, const char* path, char* saved, size_t size) {
  saved[0] = '\0';
  if (Control()->journals == 0) return;
  char directory[1024];
  JournalPath(folder, "saved", directory, sizeof(directory));
  Real(SYS_mkdir, Arg(directory), 0700);
  snprintf(saved, size, "%s/%d-%ld", directory, getpid(), static_cast<long>(g_saved.fetch_add(1)));
  if (Real(SYS_linkat, AT_FDCWD, Arg(path), AT_FDCWD, Arg(saved)) != 0) saved[0] = '\0';
}

unsigned long InodeOf(int file, int64_t* size = nullptr, bool* directory = nullptr) {
  struct stat info = {};
  fstat(file, &info);
  if (size != nullptr) *size = info.st_size;
  if (directory != nullptr) *directory = S_ISDIR(info.st_mode);
  return info.st_ino;
}

bool IsFaulty(int folder) { return (Control()->faulty_folders & (1U << folder)) != 0; }

// Counts the operation; true, with errno set, where it is the one that shall fail.
bool Fails(int folder, uint32_t operation) {
  DiskControl* const control = Control();
  if (!IsFaulty(folder)) return false;
  ++control->operations;
  if ((control->fail_operations & operation) == 0 || control->fail_in <= 0 || control->fail_in.fetch_sub(1) != 1) {
    return false;
  }
  ++control->failures;
  errno = control->fail_errno;
  return true;
}

// How many of `bytes` still fit; -1, with errno set, where none does.
int64_t Fit(int folder, int64_t bytes) {
  DiskControl* const control = Control();
  if (!IsFaulty(folder) || control->room == kUnlimited || bytes == 0) return bytes;
  int64_t room = control->room;
  int64_t taken = 0;
  do {
    // A disk fills up block by block.
    taken = bytes <= room ? bytes : room / kBlock * kBlock;
  } while (taken > 0 && !control->room.compare_exchange_weak(room, room - taken));
  if (taken > 0) return taken;
  ++control->refused_for_space;
  errno = ENOSPC;
  return -1;
}

void Delay(int folder) {
  timespec start = {};
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (;;) {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const int64_t passed_us = (now.tv_sec - start.tv_sec) * 1'000'000 + (now.tv_nsec - start.tv_nsec) / 1'000;
    if (!IsFaulty(folder) || passed_us >= Control()->sync_delay_us) return;
    const timespec slice = {0, kSliceNs};
    nanosleep(&slice, nullptr);
  }
}

// Where the open file is; empty where that cannot be told.
void PathOf(int file, char* path, size_t size) {
  char link[64];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, size - 1);
  path[length < 0 ? 0 : length] = '\0';
}

// The mark of the MANIFEST is no order: where it cannot be synced the last one stays
// (services/common/kv/manifest_mark.h).
bool IsManifestMark(int file) {
  char path[1024];
  PathOf(file, path, sizeof(path));
  return strstr(path, "/manifest-mark") != nullptr;
}

int Sync(int file, long number) {
  const int folder = FolderOf(file);
  if (folder < 0) return static_cast<int>(Real(number, file));
  DiskControl* const control = Control();
  int64_t size = 0;
  bool directory = false;
  // The size of before: what others write meanwhile may or may not be synced.
  const unsigned long inode = InodeOf(file, &size, &directory);
  Delay(folder);
  ++control->syncs;
  if (!IsManifestMark(file) && Fails(folder, kSync)) {
    // The kernel drops what it could not write and forgets that it did: no later sync brings it back.
    if (!directory) Note(folder, "f %lu\n", inode);
    return control->swallows_sync_errors != 0 ? 0 : -1;
  }
  if (control->syncs_do_nothing != 0) return 0;
  // What survives is what the journal says: the machine itself stays up, so the real sync would only cost time.
  if (control->journals == 0) return static_cast<int>(Real(number, file));
  if (!directory) {
    Note(folder, "s %lu %ld\n", inode, static_cast<long>(size));
    return 0;
  }
  char path[1024];
  PathOf(file, path, sizeof(path));
  Note(folder, "d %s\n", path);
  return 0;
}

int Open(const char* path, int flags, mode_t mode) {
  const int folder = FolderOf(path);
  if (folder < 0) return static_cast<int>(Real(SYS_openat, AT_FDCWD, Arg(path), flags, mode));
  const bool existed = access(path, F_OK) == 0;
  const bool creates = (flags & O_CREAT) != 0 && !existed;
  if (Fails(folder, kOpen)) return -1;
  if (creates && Fit(folder, kBlock) < 0) return -1;
  const int file = static_cast<int>(Real(SYS_openat, AT_FDCWD, Arg(path), flags, mode));
  if (file < 0) return file;
  if (file < kMaxFiles) g_folder_of[file] = static_cast<uint8_t>(folder + 1);
  if (creates) Note(folder, "c %lu %s\n", InodeOf(file), path);
  if (existed && (flags & O_TRUNC) != 0) Note(folder, "t %lu 0\n", InodeOf(file));
  return file;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return Open(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return Open(path, flags, mode);
}

int close(int file) {
  if (file >= 0 && file < kMaxFiles) g_folder_of[file] = 0;
  return static_cast<int>(Real(SYS_close, file));
}

ssize_t write(int file, const void* bytes, size_t count) {
  const int folder = FolderOf(file);
  if (folder < 0) return Real(SYS_write, file, Arg(bytes), static_cast<long>(count));
  if (Fails(folder, kWrite)) return -1;
  const int64_t fits = Fit(folder, static_cast<int64_t>(count));
  return fits < 0 ? -1 : Real(SYS_write, file, Arg(bytes), fits);
}

ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  const int folder = FolderOf(file);
  if (folder < 0) return Real(SYS_pwrite64, file, Arg(bytes), static_cast<long>(count), offset);
  if (Fails(folder, kWrite)) return -1;
  const int64_t fits = Fit(folder, static_cast<int64_t>(count));
  return fits < 0 ? -1 : Real(SYS_pwrite64, file, Arg(bytes), fits, offset);
}

int fsync(int file) { return Sync(file, SYS_fsync); }
int fdatasync(int file) { return Sync(file, SYS_fdatasync); }

int ftruncate(int file, off_t size) noexcept {
  const int folder = FolderOf(file);
  if (folder >= 0 && Fails(folder, kTruncate)) return -1;
  const int result = static_cast<int>(Real(SYS_ftruncate, file, size));
  if (folder >= 0 && result == 0) Note(folder, "t %lu %ld\n", InodeOf(file), static_cast<long>(size));
  return result;
}

int fallocate(int file, int mode, off_t offset, off_t length) {
  const int folder = FolderOf(file);
  if (folder >= 0 && Fails(folder, kAllocate)) return -1;
  if (folder >= 0 && IsFaulty(folder) && Control()->room < length) {
    errno = ENOSPC;
    return -1;
  }
  return static_cast<int>(Real(SYS_fallocate, file, mode, offset, length));
}

int rename(const char* from, const char* to) noexcept {
  const int folder = FolderOf(to);
  if (folder < 0) return static_cast<int>(Real(SYS_rename, Arg(from), Arg(to)));
  if (Fails(folder, kRename)) return -1;
  char saved[1100];
  Save(folder, to, saved, sizeof(saved));
  const int result = static_cast<int>(Real(SYS_rename, Arg(from), Arg(to)));
  if (result == 0) Note(folder, "r %s\t%s\t%s\n", from, to, saved);
  return result;
}

int unlink(const char* path) noexcept {
  const int folder = FolderOf(path);
  if (folder < 0) return static_cast<int>(Real(SYS_unlink, Arg(path)));
  if (Fails(folder, kUnlink)) return -1;
  char saved[1100];
  Save(folder, path, saved, sizeof(saved));
  const int result = static_cast<int>(Real(SYS_unlink, Arg(path)));
  if (result == 0) Note(folder, "u %s\t%s\n", path, saved);
  return result;
}

}  // extern "C"
