// A TCP connection for HTTP.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ordermesh::bench {

// Owns a socket that does not block once it is connected. Not thread-safe.
class HttpSocket {
 public:
  HttpSocket() = default;
  ~HttpSocket() { Close(); }
  HttpSocket(const HttpSocket&) = delete;
  HttpSocket& operator=(const HttpSocket&) = delete;

  // Connects anew to HOST:PORT. INVALID_ARGUMENT where that is no address, UNAVAILABLE where nobody answers.
  absl::Status Connect(const std::string& address);
  void Close();
  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  // How many bytes were sent; 0 where it would block. UNAVAILABLE where the connection is broken.
  absl::StatusOr<size_t> Send(std::string_view bytes);
  // Appends what has come; false where the peer has closed. UNAVAILABLE where the connection is broken.
  absl::StatusOr<bool> Receive(std::string& to);

 private:
  int fd_ = -1;
};

}  // namespace ordermesh::bench
