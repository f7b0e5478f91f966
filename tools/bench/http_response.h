// An HTTP/1.1 response that comes in pieces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace ordermesh::bench {

// Reads one response after the other from a connection. Only what a load needs is kept of the headers. Bodies have a
// Content-Length or are chunked; at most 64 MiB. Not thread-safe.
class HttpResponse {
 public:
  // Takes bytes as they were received. INVALID_ARGUMENT where they are no response.
  absl::Status Take(std::string_view bytes);
  // Whether all of the response is there.
  bool complete() const { return stage_ == Stage::kDone; }
  // Makes ready for the next response; bytes behind this one are kept. As for Take.
  absl::Status Next();

  int status() const { return status_; }
  const std::string& body() const { return body_; }
  // Of Retry-After, in seconds; 0 where there is none.
  int retry_after_seconds() const { return retry_after_seconds_; }
  // Whether the server closes the connection after this response.
  bool closes() const { return closes_; }

 private:
  enum class Stage { kHead, kBody, kChunkSize, kChunk, kTrailer, kDone };

  absl::Status Advance(bool& moved);
  absl::Status ParseHead(std::string_view head);
  absl::Status ParseHeader(std::string_view name, std::string_view value);
  absl::Status ParseChunkSize(std::string_view line);
  // The next line without its end, or false where it has not come. `from_` moves behind it.
  bool TakeLine(std::string_view& line);

  Stage stage_ = Stage::kHead;
  std::string bytes_;
  size_t from_ = 0;
  int status_ = 0;
  int retry_after_seconds_ = 0;
  bool closes_ = false;
  bool chunked_ = false;
  // Bytes of the body, or of the chunk, that are still to come.
  size_t left_ = 0;
  std::string body_;
};

}  // namespace ordermesh::bench
