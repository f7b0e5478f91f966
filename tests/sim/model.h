// What must be true, kept apart from the stores: a few maps of what callers were told, and the promises of
// docs/ARCHITECTURE.md checked against what the stores hold.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ordermesh/common/v1/verdict.pb.h"
#include "ordermesh/error/v1/error.pb.h"
#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/ids.h"
#include "tests/sim/context.h"
#include "tests/sim/orders.h"

namespace ordermesh::sim {

// One thing that a caller wants, however often it is sent until there is a verdict.
struct Op {
  Spec spec;
  // The ingest id of each time that it was sent.
  std::vector<Uuid> ingest_ids;
  // When it was first sent, in answers that came before.
  uint64_t invoked = 0;
  // Streams to validation that had broken until then.
  int breaks_before = 0;
  bool was_unknown = false;
  std::optional<common::v1::OrderVerdict> verdict;
  // The position in the verdict's order id; 0 where it has none.
  int64_t position = 0;
};

class Model {
 public:
  Model(Context& context, const Orders& orders) : context_(context), orders_(orders) {}

  // The promise that was broken first, in words; empty while all hold.
  const std::string& broken() const { return broken_; }
  void Break(std::string_view promise, const std::string& what);

  // A new op. Gives its number.
  size_t Invoke(const Spec& spec, int breaks);
  void Sent(size_t op, const Uuid& ingest_id);
  void Unknown(size_t op);
  // `breaks`: streams to validation that have broken until now. What can be said before the stores are looked at is
  // checked at once.
  void Verdict(size_t op, const common::v1::OrderVerdict& verdict, int breaks);
  // From now on verdicts of the tight plan are possible.
  void PlanTightened() { tightened_ = true; }

  const std::vector<Op>& ops() const { return ops_; }
  size_t unanswered() const { return unanswered_; }

  // A row of the order stream: what was once seen there never changes.
  void Watched(int64_t position, const order::v1::Order& order);
  int64_t watched() const { return static_cast<int64_t>(seen_.size()); }

  // The whole state of the order-store: all orders in the order of their positions, with their payloads. K1 to K5, K7.
  void CheckOrders(const std::vector<order::v1::Order>& stored);
  // All errors with their payloads.
  void CheckErrors(const std::vector<error::v1::OrderError>& errors);

 private:
  using Identity = std::pair<uint8_t, uint32_t>;
  // What callers know of an identity from the answers so far.
  struct Known {
    int64_t position = 0;
    // Nothing where only a CONFLICT told of it.
    std::optional<Content> content;
    // The bytes that were told CREATED.
    std::optional<Form> form;
    uint64_t since = 0;
  };
  struct Stored {
    int64_t position = 0;
    Spec spec;
  };

  static Identity IdentityOf(const Spec& spec) { return {spec.partner, spec.key}; }
  const Known* KnownBefore(const Op& op) const;
  void Learn(const Op& op, std::optional<Content> content);
  void CheckRejected(const Op& op, int breaks);
  void CheckErrorId(const Op& op);
  // The spec that a stored order was sent as; nothing, and a broken promise, where there is none.
  std::optional<Spec> FindSpec(const order::v1::Order& order);
  void CheckRow(int64_t position, const order::v1::Order& order, std::map<Identity, Stored>* stored);
  void CheckAnswer(const Op& op, const std::map<Identity, Stored>& stored);

  Context& context_;
  const Orders& orders_;
  std::string broken_;
  std::vector<Op> ops_;
  size_t unanswered_ = 0;
  uint64_t answers_ = 0;
  bool tightened_ = false;
  std::map<Identity, Known> known_;
  std::map<std::pair<uint64_t, uint64_t>, size_t> op_of_ingest_;
  // The highest acknowledged position when content was first sent.
  std::map<std::pair<Identity, Content>, int64_t> floors_;
  int64_t highest_acknowledged_ = 0;
  // By bytes and kind of verdict.
  std::map<std::pair<Spec, int>, std::string> error_ids_;
  std::vector<uint64_t> seen_;
  std::map<std::pair<uint8_t, int64_t>, Identity> numbers_;
};

}  // namespace ordermesh::sim
