#include "tools/ordermesh/input/byte_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"

namespace ordermesh::cli {
namespace {

constexpr size_t kBlockBytes = 256 << 10;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

class FileSource : public ByteSource {
 public:
  FileSource(std::string name, std::FILE* file, std::optional<int64_t> total)
      : name_(std::move(name)), file_(file), total_(total), block_(kBlockBytes) {}

  std::optional<int64_t> TotalBytes() const override { return total_; }

 private:
  absl::StatusOr<std::string_view> Read() override {
    // Not fread: that would wait until a pipe has brought the whole block.
    const ssize_t got = read(fileno(file_.get()), block_.data(), block_.size());
    if (got < 0 && errno == EINTR) return Read();
    if (got < 0) return absl::DataLossError(absl::StrCat("cannot read ", name_, ": ", std::strerror(errno)));
    return std::string_view(block_.data(), static_cast<size_t>(got));
  }

  const std::string name_;
  const std::unique_ptr<std::FILE, CloseFile> file_;
  const std::optional<int64_t> total_;
  std::vector<char> block_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenBytes(const std::string& path) {
  if (path == "-") return std::make_unique<FileSource>("standard input", stdin, std::nullopt);
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return absl::NotFoundError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  struct stat info = {};
  std::optional<int64_t> total;
  if (fstat(fileno(file), &info) == 0) {
    if (S_ISDIR(info.st_mode)) {
      std::fclose(file);
      return absl::InvalidArgumentError(absl::StrCat(path, " is a folder: give a .csv or .ndjson file"));
    }
    if (S_ISREG(info.st_mode)) total = info.st_size;
  }
  return std::make_unique<FileSource>(path, file, total);
}

absl::StatusOr<std::string_view> ByteSource::Next() {
  auto block = Read();
  if (block.ok()) bytes_read_.fetch_add(static_cast<int64_t>(block->size()), std::memory_order_relaxed);
  return block;
}

absl::StatusOr<std::string_view> TextSource::Read() {
  const std::string_view block = std::string_view(text_).substr(position_, block_bytes_);
  position_ += block.size();
  return block;
}

}  // namespace ordermesh::cli
