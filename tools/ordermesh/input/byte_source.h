// Bytes of a file or of standard input, read in blocks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ordermesh::cli {

// One thread reads; any thread may ask how far it is.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // The next block, valid until the next call; empty at the end. DATA_LOSS where reading fails.
  absl::StatusOr<std::string_view> Next();
  // Bytes given out so far.
  int64_t BytesRead() const { return bytes_read_.load(std::memory_order_relaxed); }
  // Bytes in all, where they are known before the end: of a file, not of a pipe.
  virtual std::optional<int64_t> TotalBytes() const = 0;

 private:
  virtual absl::StatusOr<std::string_view> Read() = 0;

  std::atomic<int64_t> bytes_read_ = 0;
};

// Opens a file, or standard input for "-". NOT_FOUND where there is no such file.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenBytes(const std::string& path);

// Text in memory, given out in blocks of `block_bytes`: for tests of readers at every block border.
class TextSource : public ByteSource {
 public:
  explicit TextSource(std::string text, size_t block_bytes = 1 << 16)
      : text_(std::move(text)), block_bytes_(block_bytes) {}
  std::optional<int64_t> TotalBytes() const override { return static_cast<int64_t>(text_.size()); }

 private:
  absl::StatusOr<std::string_view> Read() override;

  const std::string text_;
  const size_t block_bytes_;
  size_t position_ = 0;
};

}  // namespace ordermesh::cli
