// Several peers behind one name: real servers on addresses of their own, only the name server is the test's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "services/common/rpc/testing_dispatcher.h"

namespace ordermesh::rpc {
namespace {

using testing::CommitPeer;
using testing::DispatcherTest;
using ::testing::SizeIs;

// Answers what the test puts in; until then it is away.
class NameServer {
 public:
  void Set(std::vector<std::string> addresses) {
    absl::MutexLock lock(&mutex_);
    addresses_ = std::move(addresses);
  }
  void Away() { Set({}); }

  absl::StatusOr<std::vector<std::string>> Look() {
    absl::MutexLock lock(&mutex_);
    ++looks_;
    if (addresses_.empty()) return absl::UnavailableError("nobody answers");
    return addresses_;
  }

  // Waits until so many looks have begun after this call; false after 10 s.
  bool AwaitLooks(int looks) {
    absl::MutexLock lock(&mutex_);
    const int want = looks_ + looks;
    const auto enough = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return looks_ >= want; };
    return mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10));
  }

 private:
  absl::Mutex mutex_;
  int looks_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> addresses_ ABSL_GUARDED_BY(mutex_);
};

class NamesTest : public DispatcherTest {
 protected:
  void StartByName() {
    DispatcherOptions options = Options({"dns:///pods:7000"});
    options.names.resolve = [this](const std::string& name) {
      EXPECT_EQ(name, "pods:7000");
      return names_.Look();
    };
    options.names.every = absl::Milliseconds(20);
    options.names.soon = absl::Milliseconds(5);
    Start(std::move(options));
  }

  static std::unique_ptr<CommitPeer> Pod(int number) {
    return std::make_unique<CommitPeer>(0, kStreamWindowOrders, "127.0.0." + std::to_string(number));
  }

  ::testing::AssertionResult AwaitConnected(size_t peers) {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (dispatcher_->connected() != peers) {
      if (absl::Now() > deadline) {
        return ::testing::AssertionFailure() << dispatcher_->connected() << " streams are open";
      }
      absl::SleepFor(absl::Milliseconds(1));
    }
    return ::testing::AssertionSuccess();
  }

  // Sends single items until one arrives at the peer; false after 10 s.
  bool ReachedBy(CommitPeer& peer) {
    const size_t before = peer.items();
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (peer.items() == before) {
      if (absl::Now() > deadline) return false;
      Submit("to-each", 1);
      absl::SleepFor(absl::Milliseconds(1));
    }
    return true;
  }

  NameServer names_;
};

TEST_F(NamesTest, EveryAddressBehindANameIsUsedAlsoThoseThatComeLater) {
  const auto first = Pod(2), second = Pod(3), late = Pod(4);
  names_.Set({first->address(), second->address()});
  StartByName();
  ASSERT_TRUE(AwaitConnected(2));
  EXPECT_TRUE(ReachedBy(*first));
  EXPECT_TRUE(ReachedBy(*second));
  names_.Set({first->address(), second->address(), late->address()});
  ASSERT_TRUE(AwaitConnected(3));
  EXPECT_TRUE(ReachedBy(*late));
}

TEST_F(NamesTest, AnAddressThatVanishedGetsNothingNewAndIsLeft) {
  const auto stays = Pod(2), goes = Pod(3);
  names_.Set({stays->address(), goes->address()});
  StartByName();
  ASSERT_TRUE(AwaitConnected(2));
  ASSERT_TRUE(ReachedBy(*goes));
  names_.Set({stays->address()});
  ASSERT_TRUE(names_.AwaitLooks(2));
  const size_t before = goes->items();
  for (int i = 0; i < 50; ++i) Submit("later", 1);
  ASSERT_TRUE(AwaitConnected(1));
  EXPECT_EQ(goes->items(), before);
  // What the vanished one never answered is answered by the other.
  const size_t open = dispatcher_->items();
  while (dispatcher_->items() > 0) stays->AnswerAll();
  EXPECT_TRUE(AwaitAnswers(open));
}

TEST_F(NamesTest, AReplacedPodIsFoundAtItsNewAddressWithEverythingUnanswered) {
  auto pod = Pod(2);
  names_.Set({pod->address()});
  StartByName();
  Submit("a", 3);
  ASSERT_TRUE(pod->AwaitItems(3));
  names_.Away();
  pod = nullptr;
  ASSERT_TRUE(names_.AwaitLooks(2));
  pod = Pod(5);
  names_.Set({pod->address()});
  ASSERT_TRUE(pod->AwaitItems(3));
  pod->AnswerAll();
  ASSERT_TRUE(AwaitAnswers(3));
  EXPECT_TRUE(AwaitConnected(1));
}

TEST_F(NamesTest, ANameServerThatIsAwayEndsNoStream) {
  const auto first = Pod(2), second = Pod(3);
  names_.Set({first->address(), second->address()});
  StartByName();
  ASSERT_TRUE(AwaitConnected(2));
  names_.Away();
  ASSERT_TRUE(names_.AwaitLooks(3));
  EXPECT_EQ(dispatcher_->connected(), 2u);
  EXPECT_TRUE(ReachedBy(*first));
  EXPECT_TRUE(ReachedBy(*second));
}

TEST_F(NamesTest, AnAddressThatVanishedWorksOnUntilAnotherIsReached) {
  const auto old = Pod(2);
  names_.Set({old->address()});
  StartByName();
  ASSERT_TRUE(AwaitConnected(1));
  // Nobody listens there.
  names_.Set({"127.0.0.9:1"});
  ASSERT_TRUE(names_.AwaitLooks(3));
  EXPECT_TRUE(ReachedBy(*old));
}

TEST_F(NamesTest, ComingAndGoingForAWhileLosesNothing) {
  std::vector<std::unique_ptr<CommitPeer>> pods;
  for (int i = 0; i < 4; ++i) pods.push_back(Pod(10 + i));
  names_.Set({pods[0]->address()});
  StartByName();
  size_t sent = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<std::string> some;
    for (int i = 0; i < 4; ++i) {
      if (i == round % 4 || (round >> i) % 2 == 1) some.push_back(pods[static_cast<size_t>(i)]->address());
    }
    names_.Set(some);
    if (round % 5 == 4) {
      // One dies and comes back elsewhere.
      pods[static_cast<size_t>(round) % 4] = Pod(20 + round);
    }
    Submit("round" + std::to_string(round) + "-", 5);
    sent += 5;
    ASSERT_TRUE(names_.AwaitLooks(1));
    for (const auto& pod : pods) pod->AnswerAll();
  }
  names_.Set({pods[0]->address(), pods[1]->address(), pods[2]->address(), pods[3]->address()});
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (dispatcher_->items() > 0 && absl::Now() < deadline) {
    for (const auto& pod : pods) pod->AnswerAll();
  }
  ASSERT_TRUE(AwaitAnswers(sent));
  const std::vector<std::string> names = Names();
  EXPECT_THAT(std::set<std::string>(names.begin(), names.end()), SizeIs(sent));
  EXPECT_THAT(names, SizeIs(sent));
}

}  // namespace
}  // namespace ordermesh::rpc
