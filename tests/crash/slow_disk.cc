// A preloaded library that makes every write to a write-ahead log (NNNNNN.log) take 10 ms longer: what is acknowledged
// before the write is then in danger for a long time. Used to prove that the crash test sees such a bug within a few
// kills.
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

namespace {

constexpr long kDelayNs = 10'000'000;

bool IsLog(int file) {
  char link[64];
  char path[4096];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof(path));
  return length > 4 && path[0] == '/' && memcmp(path + length - 4, ".log", 4) == 0;
}

}  // namespace

extern "C" ssize_t write(int file, const void* bytes, size_t count) {
  using Write = ssize_t (*)(int, const void*, size_t);
  static const auto real = reinterpret_cast<Write>(dlsym(RTLD_NEXT, "write"));
  if (IsLog(file)) {
    const timespec delay = {0, kDelayNs};
    nanosleep(&delay, nullptr);
  }
  return real(file, bytes, count);
}
