#include "tools/bench/in_flight.h"

#include <utility>

namespace ordermesh::bench {

void InFlight::Add(const Schedule::Batch& batch, const Times& times) {
  batches_[batch.first / batch_size_] =
      Batch{times, batch.first, batch.count, std::vector<bool>(static_cast<size_t>(batch.count))};
  size_ += batch.count;
}

// Answers come mostly in the order sent: the batch of the last one is remembered.
InFlight::Batch* InFlight::Find(int64_t index) {
  if (last_ == nullptr || index / batch_size_ != last_->first / batch_size_) {
    const auto found = batches_.find(index / batch_size_);
    if (found == batches_.end()) return nullptr;
    last_ = &found->second;
  }
  const auto at = static_cast<size_t>(index - last_->first);
  return at < last_->settled.size() && !last_->settled[at] ? last_ : nullptr;
}

std::optional<InFlight::Times> InFlight::Settle(int64_t index) {
  Batch* batch = Find(index);
  if (batch == nullptr) return std::nullopt;
  const Times times = batch->times;
  batch->settled[static_cast<size_t>(index - batch->first)] = true;
  --size_;
  if (--batch->left == 0) {
    batches_.erase(index / batch_size_);
    last_ = nullptr;
  }
  return times;
}

void InFlight::RequeueAll() {
  again_.clear();
  for (const auto& [number, batch] : batches_) {
    for (size_t i = 0; i < batch.settled.size(); ++i) {
      if (!batch.settled[i]) again_.push_back(batch.first + static_cast<int64_t>(i));
    }
  }
}

void InFlight::TakeAgain(int limit, std::vector<int64_t>& indexes) {
  indexes.clear();
  while (!again_.empty() && static_cast<int>(indexes.size()) < limit) {
    const int64_t index = again_.front();
    again_.pop_front();
    if (Find(index) != nullptr) indexes.push_back(index);
  }
}

}  // namespace ordermesh::bench
