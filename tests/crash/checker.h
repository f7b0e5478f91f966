// Compares what the client saw with what the stores hold. Streaming: a small record an order, one pass over each input.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "ordermesh/error/v1/error.pb.h"
#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/decimal.h"
#include "services/common/base/ids.h"
#include "tests/crash/history.h"
#include "tests/crash/workload.h"

namespace ordermesh::crash {

// The promises of docs/ARCHITECTURE.md that this checks. K6 (state made again from the log) is the store's own audit.
enum class Promise {
  // Every acknowledged order or error is there, with its content.
  kDurable = 1,
  // Every stored order was sent, and was valid.
  kNoPhantom = 2,
  // Each identity has one position.
  kOnce = 3,
  // Acknowledged before the other was sent: stored before the other.
  kOrder = 4,
  // Positions 1 to n without a hole.
  kDense = 5,
  // The state made again from the log is the live one.
  kReplay = 6,
  // Asking again gives the same answer.
  kStableVerdict = 7,
  // Every unknown was resolved.
  kUnknowns = 9,
};

struct Broken {
  Promise promise;
  std::string what;
};

struct CheckSummary {
  int64_t sent = 0;
  int64_t acknowledged = 0;
  int64_t rejected = 0;
  int64_t unknowns = 0;
  // Of them those that got a verdict in the end.
  int64_t resolved = 0;
  int64_t stored = 0;
  int64_t errors = 0;
};

// First all events, then all stored orders by position, then all errors by position, then Finish. Not thread-safe.
class Checker {
 public:
  // At most this many broken promises of a kind are told in words; all are counted.
  static constexpr int kToldOfAKind = 5;

  // `alone`: the stores hold nothing but orders of this workload. Otherwise those of others are passed over, but for
  // their positions.
  explicit Checker(const Workload& workload, bool alone = true) : workload_(workload), alone_(alone) {}

  void OnEvent(const Event& event);
  void OnStoredOrder(int64_t position, const order::v1::Order& order);
  void OnStoredError(int64_t position, const error::v1::OrderError& error);
  void Finish();

  // For what is found out elsewhere (K6, single reads).
  void Report(Promise promise, std::string what);

  bool ok() const { return counts_.empty(); }
  const std::vector<Broken>& broken() const { return broken_; }
  const std::map<Promise, int64_t>& counts() const { return counts_; }
  const CheckSummary& summary() const { return summary_; }
  // The gross sums of the stored orders by partner.
  const std::map<std::string, Decimal>& gross() const { return gross_; }
  const std::map<std::string, int64_t>& stored_by_partner() const { return stored_by_partner_; }
  // The position that the order was acknowledged with; 0 where it was not.
  int64_t AcknowledgedPosition(uint64_t number) const;
  // The id of the error that the order was rejected with; zero where it was not.
  Uuid ErrorIdOf(uint64_t number) const;

 private:
  struct State {
    // Told to the client; 0 where it was told none.
    int64_t acknowledged = 0;
    // Found in the store; 0 where it was not.
    int64_t stored = 0;
    // The highest position that was acknowledged before the order was first sent.
    int64_t floor = 0;
    bool invoked = false;
    bool created = false;
    bool unknown = false;
    bool altered = false;
  };

  State& At(uint64_t number);
  std::string Name(uint64_t number) const;
  void OnAcknowledged(const Event& event, State& state);
  void OnRejected(const Event& event, State& state);
  void FinishOrder(uint64_t number, const State& state);

  const Workload workload_;
  const bool alone_;
  std::vector<State> states_;
  absl::flat_hash_map<uint64_t, Uuid> rejected_;
  absl::flat_hash_map<Uuid, uint64_t> stored_errors_;
  int64_t highest_acknowledged_ = 0;
  int64_t last_position_ = 0;
  int64_t last_error_position_ = 0;
  std::map<std::string, Decimal> gross_;
  std::map<std::string, int64_t> stored_by_partner_;
  std::vector<Broken> broken_;
  std::map<Promise, int64_t> counts_;
  CheckSummary summary_;
};

// "K1".
std::string PromiseName(Promise promise);

}  // namespace ordermesh::crash
