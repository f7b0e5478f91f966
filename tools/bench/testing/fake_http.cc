#include "tools/bench/testing/fake_http.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::bench {
namespace {

// The value of Content-Length.
size_t LengthOf(const std::string& head) {
  const size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

}  // namespace

FakeHttp::FakeHttp(Handler handler) : handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  OM_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  OM_CHECK(listen(listener_, SOMAXCONN) == 0);
  OM_CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

FakeHttp::~FakeHttp() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  std::vector<std::thread> threads;
  {
    absl::MutexLock lock(&mutex_);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
  absl::MutexLock lock(&mutex_);
  for (const int fd : open_) close(fd);
}

std::string FakeHttp::address() const { return absl::StrCat("127.0.0.1:", port_); }

std::string FakeHttp::Response(const std::string& status, const std::string& body, const std::string& headers) {
  return absl::StrCat("HTTP/1.1 ", status, "\r\n", headers, "Content-Length: ", body.size(), "\r\n\r\n", body);
}

void FakeHttp::Accept() {
  while (!stopping_) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    // A response in two pieces must not wait for an acknowledgement in between.
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    absl::MutexLock lock(&mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

void FakeHttp::Serve(int fd) {
  std::string bytes;
  char block[4096];
  while (true) {
    const size_t end = bytes.find("\r\n\r\n");
    if (end != std::string::npos && bytes.size() >= end + 4 + LengthOf(bytes.substr(0, end))) {
      const size_t length = LengthOf(bytes.substr(0, end));
      const std::string response = handler_({bytes.substr(0, end), bytes.substr(end + 4, length)});
      bytes.erase(0, end + 4 + length);
      if (response.empty()) break;
      // In two pieces, as a network may bring it.
      const size_t half = response.size() / 2;
      send(fd, response.data(), half, MSG_NOSIGNAL);
      send(fd, response.data() + half, response.size() - half, MSG_NOSIGNAL);
      continue;
    }
    const ssize_t got = recv(fd, block, sizeof(block), 0);
    if (got <= 0) break;
    bytes.append(block, static_cast<size_t>(got));
  }
  shutdown(fd, SHUT_RDWR);
}

}  // namespace ordermesh::bench
