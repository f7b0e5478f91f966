// A small HTTP/1.1 server for tests of the load over REST.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace ordermesh::bench {

// Serves on 127.0.0.1 from construction to destruction, a thread for each connection.
class FakeHttp {
 public:
  struct Request {
    std::string head;
    std::string body;
  };
  // Gives the bytes of the whole response; empty closes the connection without one. Called from several threads.
  using Handler = std::function<std::string(const Request&)>;

  explicit FakeHttp(Handler handler);
  ~FakeHttp();

  std::string address() const;
  // A response with Content-Length.
  static std::string Response(const std::string& status, const std::string& body, const std::string& headers = "");

 private:
  void Accept();
  void Serve(int fd);

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  absl::Mutex mutex_;
  std::vector<int> open_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace ordermesh::bench
