#include "tools/bench/http_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"

namespace ordermesh::bench {
namespace {

constexpr size_t kBlockBytes = 64 << 10;

absl::Status Broken(const char* what) { return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno))); }

}  // namespace

void HttpSocket::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

absl::Status HttpSocket::Connect(const std::string& address) {
  Close();
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return absl::InvalidArgumentError(absl::StrCat(address, " is not HOST:PORT"));
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.substr(0, colon).c_str(), address.c_str() + colon + 1, &hints, &found) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(address, " is not the address of a host"));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    fd_ = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ >= 0 && connect(fd_, at->ai_addr, at->ai_addrlen) == 0) break;
    Close();
  }
  if (fd_ < 0) return Broken("connect");
  const int yes = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
  return absl::OkStatus();
}

absl::StatusOr<size_t> HttpSocket::Send(std::string_view bytes) {
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<size_t>(sent);
  if (errno == EAGAIN || errno == EINTR) return size_t{0};
  return Broken("send");
}

absl::StatusOr<bool> HttpSocket::Receive(std::string& to) {
  char block[kBlockBytes];
  while (true) {
    const ssize_t got = recv(fd_, block, sizeof(block), 0);
    if (got == 0) return false;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got < 0) return Broken("recv");
    to.append(block, static_cast<size_t>(got));
    if (got < static_cast<ssize_t>(sizeof(block))) return true;
  }
}

}  // namespace ordermesh::bench
