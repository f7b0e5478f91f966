// What an import has sent, or will send, and has no verdict for.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "ordermesh/feed/v1/feed_service.pb.h"
#include "services/common/base/limits.h"
#include "tools/ordermesh/input/order_source.h"

namespace ordermesh::cli {

// Bounds of the window and of one message.
struct WindowLimits {
  size_t orders = kStreamWindowOrders;
  size_t bytes = kStreamWindowBytes;
  size_t batch_orders = 256;
  size_t batch_bytes = kMaxStreamMessageBytes;
};

// Every order that was added stays until it is settled, whatever happens to the streams that carry it. Time comes in as
// an argument. Not thread-safe.
class ResendWindow {
 public:
  explicit ResendWindow(const WindowLimits& limits) : limits_(limits) {}

  // Whether another order must wait. A window that is empty is never full, so that the largest order passes.
  bool Full() const { return entries_.size() >= limits_.orders || bytes_ >= limits_.bytes; }
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }

  void Add(SourceOrder order);

  // Whether a whole batch can be sent at once, so that waiting for more orders gains nothing.
  bool BatchReady() const { return ready_.size() >= limits_.batch_orders || ready_bytes_ >= limits_.batch_bytes; }
  // Whether anything can be sent now.
  bool AnyReady(absl::Time now) const;
  // When the next delayed order is due; InfiniteFuture where none is.
  absl::Time NextDue() const;

  // Fills `orders` of the message with the next batch: first what waited longest. Cut by count and by bytes; at least
  // one order where any is ready.
  void TakeBatch(absl::Time now, feed::v1::StreamOrdersRequest& message);

  // The order has its verdict: removes and returns it. Nothing for a tag that is not in the window.
  std::optional<SourceOrder> Settle(uint64_t tag);
  // The order got no verdict: it will be sent again at `due`.
  void Delay(uint64_t tag, absl::Time due);
  // The stream broke: everything that was sent on it will be sent again, in the order of the file.
  void Rewind();

 private:
  struct Entry {
    SourceOrder order;
    bool sent = false;
  };

  void MakeDueReady(absl::Time now);

  const WindowLimits limits_;
  absl::flat_hash_map<uint64_t, Entry> entries_;
  std::deque<uint64_t> ready_;
  std::set<std::pair<absl::Time, uint64_t>> delayed_;
  size_t bytes_ = 0;
  size_t ready_bytes_ = 0;
  uint64_t next_tag_ = 1;
};

}  // namespace ordermesh::cli
