// What a Dispatcher knows: items from submission to answer, and what each peer may be sent. No threads, no gRPC, no
// clock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/rpc/message_pace.h"
#include "services/common/rpc/suspects.h"

namespace ordermesh::rpc {

// An item lives in a slot from Take to its answer. Its tag holds the slot's index and generation, so that matching an
// answer costs no look-up and an answer that comes twice or too late finds nothing. Memory is bounded by the number of
// slots. Not thread-safe.
template <typename Traits>
class DispatchQueue {
 public:
  using Item = typename Traits::Item;
  using Request = typename Traits::Request;
  using Result = typename Traits::Result;
  using Context = typename Traits::Context;

  struct Submission {
    std::unique_ptr<Item> item;
    Context context;
  };

  // `item` may be read and emptied while `keep` is held.
  struct Answer {
    Context context;
    Result result;
    Item* item = nullptr;
    std::shared_ptr<const void> keep;
  };

  DispatchQueue(size_t max_items, size_t max_bytes, bool isolate_suspects)
      : max_bytes_(max_bytes), isolate_suspects_(isolate_suspects), slots_(max_items) {
    free_.reserve(max_items);
    for (size_t i = max_items; i > 0; --i) free_.push_back(static_cast<uint32_t>(i - 1));
  }

  size_t items() const { return slots_.size() - free_.size(); }
  size_t waiting() const { return waiting_.size(); }

  // Peers are numbers from 0; each must be known before it is sent to.
  void EnsurePeer(uint32_t peer) {
    if (flows_.size() <= peer) flows_.resize(peer + 1);
  }

  // False, with `submission` untouched, where it is full by number or by bytes. An empty queue takes an item of any
  // size.
  bool Take(Submission& submission, absl::Time now) {
    const size_t bytes = submission.item->ByteSizeLong();
    if (free_.empty() || (items() > 0 && bytes_ + bytes > max_bytes_)) return false;
    bytes_ += bytes;
    const uint32_t index = free_.back();
    free_.pop_back();
    Slot& slot = slots_[index];
    slot.used = true;
    slot.owned = std::move(submission.item);
    slot.item = slot.owned.get();
    slot.context = std::move(submission.context);
    slot.sequence = next_sequence_++;
    slot.deaths = 0;
    slot.peer = kNoPeer;
    slot.waiting_since = now;
    Traits::SetTag(*slot.item, uint64_t{slot.generation} << 32 | index);
    slot.bytes = static_cast<uint32_t>(bytes);
    waiting_.push_back(index);
    return true;
  }

  // The next message for the peer, as far as its window allows; null where there is nothing to send, or where a small
  // message should wait for more items (MessagePace).
  std::shared_ptr<Request> NextMessage(uint32_t peer, absl::Time now) {
    Flow& flow = flows_[peer];
    if (waiting_.size() < kSmallMessageItems && !flow.pace.MaySendSmall(now)) return nullptr;
    std::shared_ptr<Request> request;
    size_t bytes = 0;
    for (int items = 0; !waiting_.empty() && items < kMaxStreamMessageItems;) {
      const uint32_t index = waiting_.front();
      Slot& slot = slots_[index];
      if (slot.deaths == 0 && Traits::Abandoned(slot.context)) {
        waiting_.pop_front();
        Release(index);
        continue;
      }
      if ((items > 0 && bytes + slot.bytes > kMaxStreamMessageBytes) || !MaySend(flow, slot)) break;
      waiting_.pop_front();
      if (request == nullptr) request = std::make_shared<Request>();
      Traits::Append(*request, std::move(slot.owned), slot.context);
      slot.batch = request;
      slot.peer = peer;
      slot.message = flow.pace.next();
      slot.sent = now;
      ++flow.in_flight;
      flow.in_flight_bytes += slot.bytes;
      flow.suspects.Sent(slot.deaths);
      bytes += slot.bytes;
      ++items;
    }
    if (request != nullptr) flow.pace.Sent(now);
    return request;
  }

  // Matches the peer's result and appends what it answers. A result for nothing is passed over.
  void Land(uint32_t peer, Result& result, std::vector<Answer>& answers) {
    const auto index = static_cast<uint32_t>(result.tag());
    if (index >= slots_.size()) return;
    Slot& slot = slots_[index];
    if (!slot.used || slot.generation != result.tag() >> 32 || slot.peer != peer) return;
    Landed(slot);
    answers.push_back(Release(index));
    answers.back().result.Swap(&result);
  }

  // Puts what the peer has not answered back to the front, oldest first; gives how many. `died`: what it was given in
  // the last seconds may be what killed it.
  size_t TakeBack(uint32_t peer, bool died, absl::Time now) {
    std::vector<uint32_t> back;
    for (uint32_t index = 0; index < slots_.size(); ++index) {
      Slot& slot = slots_[index];
      if (!slot.used || slot.peer != peer) continue;
      Landed(slot);
      slot.owned = std::make_unique<Item>();
      slot.owned->Swap(slot.item);
      slot.item = slot.owned.get();
      slot.batch = nullptr;
      slot.waiting_since = now;
      if (isolate_suspects_ && died && now - slot.sent < kSuspectFor && IsPoison(++slot.deaths)) {
        Traits::MarkPoison(*slot.item);
      }
      back.push_back(index);
    }
    std::sort(back.begin(), back.end(),
              [this](uint32_t a, uint32_t b) { return slots_[a].sequence > slots_[b].sequence; });
    for (const uint32_t index : back) waiting_.push_front(index);
    return back.size();
  }

  // Answers with `status` what has waited for `max_wait`. Suspects stay: they must be found.
  void Expire(absl::Time now, absl::Duration max_wait, const absl::Status& status, std::vector<Answer>& expired) {
    // Looking at all of the queue only when its head is late.
    if (waiting_.empty() || now - slots_[waiting_.front()].waiting_since < max_wait) return;
    std::deque<uint32_t> kept;
    for (const uint32_t index : waiting_) {
      const Slot& slot = slots_[index];
      if (slot.deaths > 0 || now - slot.waiting_since < max_wait) {
        kept.push_back(index);
        continue;
      }
      expired.push_back(Release(index));
      *expired.back().result.mutable_status() = ToProto(status);
    }
    waiting_.swap(kept);
  }

 private:
  static constexpr uint32_t kNoPeer = ~uint32_t{0};

  // `owned` until the item is sent, then inside `batch`.
  struct Slot {
    std::unique_ptr<Item> owned;
    std::shared_ptr<Request> batch;
    Item* item = nullptr;
    Context context{};
    uint64_t sequence = 0;
    // The message that it was sent in, as its flow counts them.
    uint64_t message = 0;
    uint32_t generation = 0;
    uint32_t bytes = 0;
    uint32_t peer = kNoPeer;
    int deaths = 0;
    bool used = false;
    absl::Time waiting_since;
    absl::Time sent;
  };

  // What is on its way to one peer.
  struct Flow {
    size_t in_flight = 0;
    size_t in_flight_bytes = 0;
    SuspectWindow suspects;
    MessagePace pace;
  };

  bool MaySend(const Flow& flow, const Slot& slot) const {
    if (flow.in_flight >= kStreamWindowOrders) return false;
    if (flow.in_flight > 0 && flow.in_flight_bytes + slot.bytes > kStreamWindowBytes) return false;
    return !isolate_suspects_ || flow.in_flight < flow.suspects.LimitWith(slot.deaths);
  }

  void Landed(Slot& slot) {
    Flow& flow = flows_[slot.peer];
    --flow.in_flight;
    flow.in_flight_bytes -= slot.bytes;
    flow.suspects.Landed(slot.deaths);
    flow.pace.Landed(slot.message);
    slot.peer = kNoPeer;
  }

  // Empties the slot; what was inside is the caller's.
  Answer Release(uint32_t index) {
    Slot& slot = slots_[index];
    Answer answer;
    answer.context = std::move(slot.context);
    answer.item = slot.item;
    if (slot.owned != nullptr) {
      answer.keep = std::shared_ptr<Item>(std::move(slot.owned));
    } else {
      answer.keep = std::move(slot.batch);
    }
    slot.context = Context{};
    slot.owned = nullptr;
    slot.batch = nullptr;
    slot.item = nullptr;
    slot.used = false;
    bytes_ -= slot.bytes;
    ++slot.generation;
    free_.push_back(index);
    return answer;
  }

  const size_t max_bytes_;
  const bool isolate_suspects_;
  // Of all items.
  size_t bytes_ = 0;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::deque<uint32_t> waiting_;
  std::vector<Flow> flows_;
  uint64_t next_sequence_ = 0;
};

}  // namespace ordermesh::rpc
