#include "tools/ordermesh/importing/resend_window.h"

#include <algorithm>
#include <vector>

namespace ordermesh::cli {
namespace {

// What an order costs in memory besides its payload.
constexpr size_t kEntryBytes = 128;

}  // namespace

void ResendWindow::Add(SourceOrder order) {
  const uint64_t tag = next_tag_++;
  bytes_ += order.payload.size() + kEntryBytes;
  ready_bytes_ += order.payload.size();
  ready_.push_back(tag);
  entries_.emplace(tag, Entry{std::move(order)});
}

bool ResendWindow::AnyReady(absl::Time now) const {
  return !ready_.empty() || (!delayed_.empty() && delayed_.begin()->first <= now);
}

absl::Time ResendWindow::NextDue() const { return delayed_.empty() ? absl::InfiniteFuture() : delayed_.begin()->first; }

void ResendWindow::MakeDueReady(absl::Time now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const uint64_t tag = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    ready_.push_front(tag);
    ready_bytes_ += entries_.at(tag).order.payload.size();
  }
}

void ResendWindow::TakeBatch(absl::Time now, feed::v1::StreamOrdersRequest& message) {
  MakeDueReady(now);
  message.clear_orders();
  size_t bytes = 0;
  while (!ready_.empty() && static_cast<size_t>(message.orders_size()) < limits_.batch_orders) {
    const uint64_t tag = ready_.front();
    Entry& entry = entries_.at(tag);
    const size_t size = entry.order.payload.size();
    if (message.orders_size() > 0 && bytes + size > limits_.batch_bytes) return;
    bytes += size;
    ready_bytes_ -= size;
    ready_.pop_front();
    entry.sent = true;
    auto* input = message.add_orders();
    input->set_tag(tag);
    input->set_raw_payload(entry.order.payload);
  }
}

std::optional<SourceOrder> ResendWindow::Settle(uint64_t tag) {
  const auto found = entries_.find(tag);
  if (found == entries_.end() || !found->second.sent) return std::nullopt;
  SourceOrder order = std::move(found->second.order);
  bytes_ -= order.payload.size() + kEntryBytes;
  entries_.erase(found);
  return order;
}

void ResendWindow::Delay(uint64_t tag, absl::Time due) {
  const auto found = entries_.find(tag);
  if (found == entries_.end() || !found->second.sent) return;
  found->second.sent = false;
  delayed_.emplace(due, tag);
}

void ResendWindow::Rewind() {
  std::vector<uint64_t> again;
  for (auto& [tag, entry] : entries_) {
    if (!entry.sent) continue;
    entry.sent = false;
    again.push_back(tag);
    ready_bytes_ += entry.order.payload.size();
  }
  std::sort(again.begin(), again.end());
  ready_.insert(ready_.begin(), again.begin(), again.end());
}

}  // namespace ordermesh::cli
