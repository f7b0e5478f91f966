// A simulated process of validation: the real examiner and errors, and the router's way between the stores.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ordermesh/error/v1/error_commit_service.pb.h"
#include "ordermesh/order/v1/order_commit_service.pb.h"
#include "services/validation/service/examiner.h"
#include "tests/sim/feed_node.h"

namespace ordermesh::sim {

using OrderPeer = Server<order::v1::CommitOrdersRequest, order::v1::CommitOrdersResponse>;
using ErrorPeer = Server<error::v1::CommitErrorsRequest, error::v1::CommitErrorsResponse>;

// Who waits for an order's answer.
struct Waiter {
  std::shared_ptr<ValidationPeer::Reply> reply;
  uint64_t tag = 0;
};

// What an order-store's answer is for. `error` is kept where a question is answered "not a replay".
struct CommitContext {
  Waiter waiter;
  validation::ErrorPtr error;
};

// What an error-store's answer is for: the verdict to pass on with the error's id.
struct KeepContext {
  Waiter waiter;
  std::shared_ptr<common::v1::OrderVerdict> verdict;
};

// The types of one RPC for Hop.
template <typename ItemType, typename RequestType, typename ResponseType, typename ResultType, typename ContextType>
struct StoreTraits {
  using Item = ItemType;
  using Request = RequestType;
  using Response = ResponseType;
  using Result = ResultType;
  using Context = ContextType;

  static void SetTag(Item& item, uint64_t tag) { item.set_tag(tag); }
  static void Append(Request& request, std::unique_ptr<Item> item, const Context&) {
    request.mutable_items()->AddAllocated(item.release());
  }
  static bool Abandoned(const Context&) { return false; }
  static void MarkPoison(Item&) {}
};

using OrderHop = Hop<StoreTraits<order::v1::CommitItem, order::v1::CommitOrdersRequest, order::v1::CommitOrdersResponse,
                                 order::v1::CommitResult, CommitContext>>;
using ErrorHop = Hop<StoreTraits<error::v1::ErrorCommit, error::v1::CommitErrorsRequest,
                                 error::v1::CommitErrorsResponse, error::v1::ErrorCommitResult, KeepContext>>;

class ValidationNode final : public ValidationPeer {
 public:
  // The stores and networks must outlive it.
  ValidationNode(Context& context, std::string name, OrderPeer& orders, Network& to_orders, ErrorPeer& errors,
                 Network& to_errors);

  bool up() const override { return alive_; }
  uint64_t incarnation() const override { return incarnation_; }
  void Receive(validation::v1::ValidateOrdersRequest request, Reply reply) override;

  void Start();
  // Says and sends nothing from now on. Bury it before it starts again.
  void Kill();
  void Bury();
  // How often it died.
  int deaths() const { return deaths_; }

  // Which of the partners' plans it has.
  bool tight = false;

 private:
  void Route(const Waiter& waiter, validation::Examined examined);
  void Keep(const Waiter& waiter, validation::ErrorPtr error, const common::v1::OrderVerdict& verdict);
  void OnCommitAnswers(std::vector<OrderHop::Answer>& answers);
  void OnErrorAnswers(std::vector<ErrorHop::Answer>& answers);
  static void Answer(const Waiter& waiter, common::v1::OrderResult result);

  Context& context_;
  const std::string name_;
  OrderPeer& orders_;
  Network& to_orders_;
  ErrorPeer& errors_;
  Network& to_errors_;
  bool alive_ = false;
  uint64_t incarnation_ = 0;
  int deaths_ = 0;
  validation::Scratch scratch_;
  std::unique_ptr<ErrorHop> error_hop_;
  std::unique_ptr<OrderHop> order_hop_;
};

}  // namespace ordermesh::sim
