#include "tests/faults/proxy.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "services/common/base/errors.h"

namespace ordermesh::faults {
namespace {

// Echoes the bytes of one connection after the other until it is cut.
class Echo {
 public:
  Echo() {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    OM_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 && listen(listener_, 8) == 0);
    OM_CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (int file; (file = accept(listener_, nullptr, nullptr)) >= 0; close(file)) {
        char bytes[256];
        for (ssize_t n; (n = recv(file, bytes, sizeof(bytes), 0)) > 0;) {
          if (send(file, bytes, static_cast<size_t>(n), MSG_NOSIGNAL) < 0) break;
        }
      }
    });
  }
  ~Echo() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  int port() const { return port_; }

 private:
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

class ProxyTest : public testing::Test {
 protected:
  ProxyTest() : proxy_(echo_.port()) {
    file_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(proxy_.port()));
    OM_CHECK(connect(file_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~ProxyTest() override { close(file_); }

  void Say(const std::string& text) { OM_CHECK(send(file_, text.data(), text.size(), MSG_NOSIGNAL) > 0); }
  // What comes back within the time; empty where nothing does or the connection ended.
  std::string Hear(int milliseconds) {
    const timeval limit = {milliseconds / 1'000, milliseconds % 1'000 * 1'000};
    setsockopt(file_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    char bytes[256];
    const ssize_t size = recv(file_, bytes, sizeof(bytes), 0);
    return size > 0 ? std::string(bytes, static_cast<size_t>(size)) : "";
  }

  Echo echo_;
  Proxy proxy_;
  int file_ = -1;
};

TEST_F(ProxyTest, PassesBothWays) {
  Say("order");
  EXPECT_EQ(Hear(5'000), "order");
}

TEST_F(ProxyTest, KeepsWhatAPartitionHeldAndPassesItOnWhenItHeals) {
  Say("before");
  ASSERT_EQ(Hear(5'000), "before");
  proxy_.Set(Network::kPartition);
  Say("during");
  EXPECT_EQ(Hear(200), "");
  proxy_.Set(Network::kWhole);
  EXPECT_EQ(Hear(5'000), "during");
}

TEST_F(ProxyTest, LosesOnlyAnswersOneWay) {
  proxy_.Set(Network::kAnswersLost);
  Say("request");
  EXPECT_EQ(Hear(200), "");
  proxy_.Set(Network::kWhole);
  EXPECT_EQ(Hear(5'000), "request");
}

TEST_F(ProxyTest, ResetsEveryConnection) {
  Say("order");
  ASSERT_EQ(Hear(5'000), "order");
  proxy_.Reset();
  EXPECT_EQ(Hear(5'000), "");
  EXPECT_THAT(errno, testing::AnyOf(ECONNRESET, EAGAIN, 0));
}

TEST_F(ProxyTest, TellsTheCallerNothingOfAHalfClose) {
  Say("order");
  ASSERT_EQ(Hear(5'000), "order");
  proxy_.HalfClose();
  Say("more");
  EXPECT_EQ(Hear(200), "");
  EXPECT_THAT(errno, testing::AnyOf(EAGAIN, EWOULDBLOCK));
}

}  // namespace
}  // namespace ordermesh::faults
