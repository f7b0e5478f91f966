// Orders that came in one message and wait for their verdicts.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ordermesh/common/v1/verdict.pb.h"

namespace ordermesh::feed {

// What came of one of them.
struct Outcome {
  uint32_t index = 0;
  common::v1::OrderResult result;
};

// Each order is answered once: by the first of its verdict and the deadline. Thread-safe.
class Receipt {
 public:
  // `received` is when the message came, for the latency metric.
  Receipt(size_t orders, absl::Time received) : answered_(orders), received_(received) {}
  virtual ~Receipt() = default;

  bool IsAnswered(uint32_t index) const { return answered_[index].load(std::memory_order_acquire) != 0; }
  // Answers those of `outcomes` that are not answered yet.
  void Answer(std::vector<Outcome>& outcomes);
  // Answers everything that is left with `status`.
  void AnswerRest(const absl::Status& status);
  // Whether an order without a verdict is tried again until the deadline. A stream hands the status to its client at
  // once, so that orders behind it are not held up.
  virtual bool RetriesInside() const = 0;

  size_t orders() const { return answered_.size(); }
  absl::Time received() const { return received_; }

 protected:
  // Passes answers on. Called from any thread, possibly on several at once; each order comes once.
  virtual void Deliver(std::vector<Outcome>& outcomes) = 0;

 private:
  // True for the first who asks.
  bool Claim(uint32_t index) { return answered_[index].exchange(1, std::memory_order_acq_rel) == 0; }

  std::vector<std::atomic<uint8_t>> answered_;
  const absl::Time received_;
};

}  // namespace ordermesh::feed
