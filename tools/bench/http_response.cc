#include "tools/bench/http_response.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "services/common/base/errors.h"

namespace ordermesh::bench {
namespace {

constexpr size_t kMaxBodyBytes = 64 << 20;
constexpr size_t kMaxHeadBytes = 64 << 10;
constexpr char kLineEnd[] = "\r\n";
constexpr char kHeadEnd[] = "\r\n\r\n";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

absl::Status Malformed(const char* what) { return absl::InvalidArgumentError(what); }

}  // namespace

absl::Status HttpResponse::Take(std::string_view bytes) {
  bytes_.append(bytes);
  for (bool moved = true; moved && stage_ != Stage::kDone;) OM_RETURN_IF_ERROR(Advance(moved));
  return absl::OkStatus();
}

absl::Status HttpResponse::Next() {
  bytes_.erase(0, from_);
  from_ = 0;
  stage_ = Stage::kHead;
  status_ = retry_after_seconds_ = 0;
  closes_ = chunked_ = false;
  left_ = 0;
  body_.clear();
  return Take("");
}

bool HttpResponse::TakeLine(std::string_view& line) {
  const size_t end = bytes_.find(kLineEnd, from_);
  if (end == std::string::npos) return false;
  line = std::string_view(bytes_).substr(from_, end - from_);
  from_ = end + 2;
  return true;
}

absl::Status HttpResponse::Advance(bool& moved) {
  moved = false;
  std::string_view line;
  switch (stage_) {
    case Stage::kHead: {
      const size_t end = bytes_.find(kHeadEnd, from_);
      if (end == std::string::npos) {
        return bytes_.size() - from_ > kMaxHeadBytes ? Malformed("a head without end") : absl::OkStatus();
      }
      const std::string head = bytes_.substr(from_, end - from_);
      from_ = end + 4;
      moved = true;
      return ParseHead(head);
    }
    case Stage::kBody:
    case Stage::kChunk: {
      const size_t more = std::min(left_, bytes_.size() - from_);
      body_.append(bytes_, from_, more);
      from_ += more;
      left_ -= more;
      if (left_ > 0) return absl::OkStatus();
      if (stage_ == Stage::kBody) {
        stage_ = Stage::kDone;
      } else if (TakeLine(line)) {
        stage_ = Stage::kChunkSize;
        moved = true;
      }
      return absl::OkStatus();
    }
    case Stage::kChunkSize:
      if (!TakeLine(line)) return absl::OkStatus();
      moved = true;
      return ParseChunkSize(line);
    case Stage::kTrailer:
      if (!TakeLine(line)) return absl::OkStatus();
      moved = true;
      if (line.empty()) stage_ = Stage::kDone;
      return absl::OkStatus();
    case Stage::kDone:
      break;
  }
  return absl::OkStatus();
}

absl::Status HttpResponse::ParseChunkSize(std::string_view line) {
  // What stands behind a semicolon says nothing of the size.
  const std::string size(line.substr(0, line.find(';')));
  uint64_t bytes = 0;
  if (!absl::SimpleHexAtoi(size, &bytes) || bytes > kMaxBodyBytes - body_.size()) return Malformed("a bad chunk size");
  left_ = bytes;
  stage_ = bytes == 0 ? Stage::kTrailer : Stage::kChunk;
  return absl::OkStatus();
}

absl::Status HttpResponse::ParseHead(std::string_view head) {
  const std::vector<absl::string_view> lines = absl::StrSplit(View(head), kLineEnd);
  // "HTTP/1.1 201 Created"
  const std::vector<absl::string_view> start = absl::StrSplit(lines[0], absl::MaxSplits(' ', 2));
  if (start.size() < 2 || !absl::StartsWith(start[0], "HTTP/1.") || !absl::SimpleAtoi(start[1], &status_)) {
    return Malformed("no HTTP response");
  }
  for (size_t i = 1; i < lines.size(); ++i) {
    const size_t colon = lines[i].find(':');
    if (colon == absl::string_view::npos) return Malformed("a header without colon");
    const auto value = absl::StripAsciiWhitespace(lines[i].substr(colon + 1));
    const auto name = lines[i].substr(0, colon);
    OM_RETURN_IF_ERROR(ParseHeader({name.data(), name.size()}, {value.data(), value.size()}));
  }
  stage_ = chunked_ ? Stage::kChunkSize : Stage::kBody;
  return absl::OkStatus();
}

absl::Status HttpResponse::ParseHeader(std::string_view name, std::string_view value) {
  if (absl::EqualsIgnoreCase(View(name), "content-length")) {
    if (!absl::SimpleAtoi(View(value), &left_) || left_ > kMaxBodyBytes) return Malformed("a bad Content-Length");
  } else if (absl::EqualsIgnoreCase(View(name), "transfer-encoding")) {
    chunked_ = absl::EqualsIgnoreCase(View(value), "chunked");
  } else if (absl::EqualsIgnoreCase(View(name), "connection")) {
    closes_ = absl::EqualsIgnoreCase(View(value), "close");
  } else if (absl::EqualsIgnoreCase(View(name), "retry-after")) {
    // A date is not understood, which is no harm.
    if (!absl::SimpleAtoi(View(value), &retry_after_seconds_)) retry_after_seconds_ = 0;
  }
  return absl::OkStatus();
}

}  // namespace ordermesh::bench
