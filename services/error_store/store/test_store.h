// A store for tests: in memory or on RocksDB in a directory of its own, with a clock that the test sets.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "services/common/kv/testing_kv.h"
#include "services/error_store/domain/test_errors.h"
#include "services/error_store/store/auditor.h"
#include "services/error_store/store/error_store.h"

namespace ordermesh::error_store {

using kv::Engine;
using kv::FaultyKv;
using kv::TestDirectory;

class TestStore {
 public:
  explicit TestStore(Engine engine) : engine_(engine) { Reopen(); }

  // Closes and opens again; only RocksDB keeps what it had.
  void Reopen() {
    store_.reset();
    auto opened = TryOpen();
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  absl::StatusOr<std::unique_ptr<ErrorStore>> TryOpen() {
    auto kv = kv::OpenTestKv(engine_, directory_.path() + "/db", Families());
    if (!kv.ok()) return kv.status();
    auto faulty = std::make_unique<FaultyKv>(*std::move(kv));
    faulty_ = faulty.get();
    auto mark = kv::AckMark::Open(mark_path());
    if (!mark.ok()) return mark.status();
    return ErrorStore::Open(std::move(faulty), *std::move(mark), Options());
  }

  // Commits and waits; one batch.
  std::vector<CommitOutcome> Commit(std::vector<Intake> items) {
    std::vector<CommitOutcome> result;
    absl::Notification done;
    CommitBatch batch{std::move(items), [&](std::vector<CommitOutcome> outcomes) {
                        result = std::move(outcomes);
                        done.Notify();
                      }};
    EXPECT_TRUE(store_->TryCommit(std::move(batch)));
    done.WaitForNotification();
    return result;
  }
  CommitOutcome Commit(Intake item) {
    std::vector<Intake> items;
    items.push_back(std::move(item));
    return Commit(std::move(items)).front();
  }
  // Asks and waits; one batch.
  std::vector<ReviewOutcome> Review(std::vector<ReviewRequest> requests) {
    std::vector<ReviewOutcome> result;
    absl::Notification done;
    ReviewBatch batch{std::move(requests), [&](std::vector<ReviewOutcome> outcomes) {
                        result = std::move(outcomes);
                        done.Notify();
                      }};
    EXPECT_TRUE(store_->TryReview(std::move(batch)));
    done.WaitForNotification();
    return result;
  }
  ReviewOutcome Review(ReviewRequest request) {
    std::vector<ReviewRequest> requests;
    requests.push_back(std::move(request));
    return Review(std::move(requests)).front();
  }
  // Errors first to last of a partner, in one batch.
  void CommitRange(const std::string& partner, int first, int last) {
    std::vector<Intake> items;
    for (int n = first; n <= last; ++n) items.push_back(MakeIntake(partner, n));
    Commit(std::move(items));
  }

  ordermesh::common::v1::AuditReport Audit(bool rebuild = true) {
    Auditor auditor(store_->kv(), store_->shard(), rebuild);
    for (bool ready = false; !ready;) {
      const auto step = auditor.Step(100);
      EXPECT_TRUE(step.ok()) << step.status();
      ready = step.value_or(true);
    }
    return auditor.report();
  }

  ErrorStore& store() { return *store_; }
  const kv::Kv& kv() { return store_->kv(); }
  FaultyKv& faulty() { return *faulty_; }
  std::string mark_path() const { return directory_.path() + "/mark"; }
  StoreOptions& options() { return options_; }
  void Advance(absl::Duration duration) { now_ += duration; }
  absl::Time now() const { return now_; }
  const std::vector<absl::Status>& fatal() const { return fatal_; }
  void Close() { store_.reset(); }

 private:
  StoreOptions Options() {
    options_.clock = [this] { return now_; };
    if (options_.on_advance == nullptr) options_.on_advance = [] {};
    options_.on_fatal = [this](const absl::Status& status) { fatal_.push_back(status); };
    return options_;
  }

  const Engine engine_;
  TestDirectory directory_;
  // Set before errors are sent, read by the writer: the queue orders the two.
  absl::Time now_ = absl::FromUnixSeconds(1'767'225'600);
  StoreOptions options_;
  std::vector<absl::Status> fatal_;
  FaultyKv* faulty_ = nullptr;
  std::unique_ptr<ErrorStore> store_;
};

}  // namespace ordermesh::error_store
