// From a client's message to its verdicts: ingest ids, the way to validation, deadlines and retries inside.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ordermesh/validation/v1/validation_service.grpc.pb.h"
#include "services/common/base/timer.h"
#include "services/common/rpc/dispatcher.h"
#include "services/feed/service/receipt.h"

namespace ordermesh::feed {

// Whose answer it is.
struct Ticket {
  std::shared_ptr<Receipt> receipt;
  uint32_t index = 0;
  // Shared by the orders of one message.
  std::shared_ptr<const std::string> partner_id;
};

// ValidateOrders for rpc::Dispatcher.
struct ValidateOrdersTraits {
  using Item = validation::v1::InboundOrder;
  using Request = validation::v1::ValidateOrdersRequest;
  using Response = validation::v1::ValidateOrdersResponse;
  using Result = common::v1::OrderResult;
  using Context = Ticket;
  using Stub = validation::v1::ValidationService::Stub;

  static std::unique_ptr<Stub> NewStub(const std::shared_ptr<grpc::Channel>& channel) {
    return validation::v1::ValidationService::NewStub(channel);
  }
  static void Open(Stub& stub, grpc::ClientContext* context, grpc::ClientBidiReactor<Request, Response>* reactor) {
    stub.async()->ValidateOrders(context, reactor);
  }
  static void SetTag(Item& item, uint64_t tag) { item.set_tag(tag); }
  static void Append(Request& request, std::unique_ptr<Item> item, const Ticket& ticket);
  static bool Abandoned(const Ticket& ticket) { return ticket.receipt->IsAnswered(ticket.index); }
  static void MarkPoison(Item& item) { item.set_park(true); }
};

struct InletOptions {
  // host:port of every validation instance.
  std::vector<std::string> validations;
  // How long a client waits for a verdict at most.
  absl::Duration deadline = absl::Seconds(5);
  // How they are connected to.
  rpc::ChannelOptions channel;
};

// Thread-safe; nothing blocks.
class Inlet {
 public:
  using Validations = rpc::Dispatcher<ValidateOrdersTraits>;
  using Inbound = std::vector<std::unique_ptr<validation::v1::InboundOrder>>;

  explicit Inlet(const InletOptions& options);

  // Sends orders on; `receipt` is answered by `give_up` at the latest. `orders[i]` is the receipt's order i.
  void Take(const std::shared_ptr<Receipt>& receipt, std::string partner_id, Inbound orders, absl::Time give_up);

  // RESOURCE_EXHAUSTED where no order would be taken now; then `orders` are counted as refused. A hint: what is taken
  // all the same is answered.
  absl::Status CheckRoom(int orders) const;

  // When a call that was received now and has this deadline of its own is answered at the latest: in time for the
  // answer to reach the client.
  absl::Time GiveUpAt(absl::Time received, absl::Time client_deadline) const;

 private:
  void OnAnswers(std::vector<Validations::Answer>& answers);
  void Submit(std::vector<Validations::Submission> batch);
  bool RetryLater(Validations::Answer& answer);

  const InletOptions options_;
  Timer timer_;
  // The last member: its threads call back into the others.
  Validations validations_;
};

}  // namespace ordermesh::feed
