// The one thread of a shard that decides and writes. Groups form by pressure: what is queued when the last sync
// returns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "services/common/base/group_queue.h"
#include "services/common/kv/ack_mark.h"
#include "services/common/kv/delivery_diary.h"
#include "services/common/kv/kv.h"
#include "services/order_store/store/effects.h"
#include "services/order_store/store/group_decider.h"
#include "services/order_store/store/log.h"
#include "services/order_store/store/recent.h"

namespace ordermesh::order_store {

// Nanoseconds since 1970.
using Clock = std::function<int64_t()>;

// Called on the writer's thread when every item of the group has its answer. Must not block.
using GroupDone = std::function<void(PreparedGroup&)>;

// What the writer works on; all of it must outlive the writer.
struct WriterParts {
  kv::Kv& kv;
  Log& log;
  kv::AckMark& mark;
  Recent& recent;
  kv::DeliveryDiary& diary;
  uint32_t shard = 0;
};

class WriterMetrics;

class Writer {
 public:
  // `on_commit` is called after each synced write, before its answers, on the writer's thread. Without a thread of its
  // own it writes when it is told to (Step).
  Writer(const WriterParts& parts, Clock clock, TestFault fault, uint32_t record_version,
         std::function<void()> on_commit, bool own_thread);
  // Answers what is queued, then stops. Without a thread what is queued is dropped.
  ~Writer();

  // Only without a thread: writes and answers what is queued, as one group. False where nothing is.
  bool Step();

  // False, and nothing done, when the queue is full or closed. May be called from any thread.
  bool Submit(std::shared_ptr<PreparedGroup> group, GroupDone done);
  // Weight of what waits, in bytes (prepared.h).
  size_t queued_weight() const { return queue_.weight(); }

 private:
  struct Entry {
    std::shared_ptr<PreparedGroup> group;
    GroupDone done;
  };

  void Loop();
  void Write(std::vector<Entry>& entries);
  absl::Status Append();
  // Writes what the rows before changed, where a full disk has kept that from being written. Until it is, nothing can
  // be decided.
  absl::Status WriteOwedEffects();
  // Items whose verdict would rest on the write that failed are answered with `status`; the others keep theirs.
  void FailUnwritten(const absl::Status& status);
  void Share();
  void Answer(std::vector<Entry>& entries);
  // Behind the answers: no verdict waits for the diary.
  void NoteReplays(const PreparedGroup& group);

  const WriterParts parts_;
  const Clock clock_;
  const TestFault fault_;
  const std::function<void()> on_commit_;
  const std::unique_ptr<WriterMetrics> metrics_;
  GroupQueue<Entry> queue_;
  Effects effects_;
  GroupDecider decider_;
  const std::unique_ptr<kv::WriteBatch> batch_;
  // The log has rows whose effects are still in `batch_`.
  bool owes_effects_ = false;
  // Of the write under way.
  std::vector<std::shared_ptr<PreparedGroup>> groups_;
  std::thread thread_;
};

}  // namespace ordermesh::order_store
