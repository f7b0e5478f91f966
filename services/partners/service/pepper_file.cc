#include "services/partners/service/pepper_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/partners/domain/errors.h"

namespace ordermesh::partners {
namespace {

constexpr size_t kMaxFileBytes = 4'096;

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : file_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (file_ >= 0) close(file_);
  }
  int get() const { return file_; }

 private:
  const int file_;
};

absl::StatusOr<Pepper> ReadAndParse(int file) {
  std::array<char, kMaxFileBytes> buffer;
  const ssize_t size = read(file, buffer.data(), buffer.size());
  absl::StatusOr<Pepper> pepper = size < 0 || static_cast<size_t>(size) == buffer.size()
                                      ? BadPepper("cannot be read, or is larger than 4 KiB")
                                      : Pepper::Parse({buffer.data(), static_cast<size_t>(size)});
  OPENSSL_cleanse(buffer.data(), buffer.size());
  return pepper;
}

}  // namespace

std::string WhyTooOpen(uid_t owner, mode_t mode, uid_t user) {
  const mode_t open = mode & (S_IRWXG | S_IRWXO);
  if (open == 0) return "";
  if (owner == user) return " must be readable by its owner only (chmod 600)";
  if (open == S_IRGRP) return "";
  return " may be read by its owner and its group, and by nobody else (chmod 440)";
}

absl::StatusOr<Pepper> ReadPepper(const std::string& path) {
  const OpenFile file(path);
  struct stat status;
  if (file.get() < 0 || fstat(file.get(), &status) != 0) return BadPepper(absl::StrCat("cannot open ", path));
  if (!S_ISREG(status.st_mode)) return BadPepper(absl::StrCat(path, " is no file"));
  if (const std::string why = WhyTooOpen(status.st_uid, status.st_mode, geteuid()); !why.empty()) {
    return BadPepper(absl::StrCat(path, why));
  }
  return ReadAndParse(file.get());
}

}  // namespace ordermesh::partners
