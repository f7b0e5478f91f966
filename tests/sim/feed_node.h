// The simulated feed: ingest ids, deadlines and retries inside, as services/feed has them, and the hop to validation.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ordermesh/common/v1/verdict.pb.h"
#include "services/common/base/ids.h"
#include "tests/sim/hop.h"
#include "tests/sim/orders.h"

namespace ordermesh::sim {

using ValidationPeer = Server<validation::v1::ValidateOrdersRequest, validation::v1::ValidateOrdersResponse>;

// Called once for each delivery: with a verdict or a status, or with nothing where the outcome is unknown.
using OnResult = std::function<void(const common::v1::OrderResult*)>;

// One order on its way.
struct Delivery {
  std::string partner_id;
  OnResult on_result;
  bool answered = false;
};
using DeliveryPtr = std::shared_ptr<Delivery>;

// ValidateOrders for Hop.
struct ValidateTraits {
  using Item = validation::v1::InboundOrder;
  using Request = validation::v1::ValidateOrdersRequest;
  using Response = validation::v1::ValidateOrdersResponse;
  using Result = common::v1::OrderResult;
  using Context = DeliveryPtr;

  static void SetTag(Item& item, uint64_t tag) { item.set_tag(tag); }
  static void Append(Request& request, std::unique_ptr<Item> item, const Context& delivery);
  static bool Abandoned(const Context& delivery) { return delivery->answered; }
  static void MarkPoison(Item& item) { item.set_park(true); }
};

class FeedNode {
 public:
  // Peers and networks must outlive it.
  FeedNode(Context& context, std::vector<ValidationPeer*> validations, std::vector<Network*> networks);

  // Gives the ingest id that the order travels with.
  Uuid Take(std::string partner_id, std::unique_ptr<validation::v1::InboundOrder> order, OnResult on_result);
  // Dies and starts again at once: what had no answer gets none.
  void Crash();
  // Streams to validation that broke so far.
  int breaks() const { return breaks_ + hop_->breaks(); }

 private:
  using ValidationHop = Hop<ValidateTraits>;

  void OnAnswers(std::vector<ValidationHop::Answer>& answers);
  bool RetryLater(ValidationHop::Answer& answer);
  void Submit(std::unique_ptr<validation::v1::InboundOrder> order, const DeliveryPtr& delivery);
  std::unique_ptr<ValidationHop> NewHop();

  Context& context_;
  const std::vector<ValidationPeer*> validations_;
  const std::vector<Network*> networks_;
  std::unique_ptr<ValidationHop> hop_;
  std::vector<std::weak_ptr<Delivery>> deliveries_;
  uint64_t incarnation_ = 0;
  // Of hops that are gone.
  int breaks_ = 0;
};

}  // namespace ordermesh::sim
