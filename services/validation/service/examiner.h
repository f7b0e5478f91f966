// What becomes of one inbound order: an order to commit, a question to ask, an error to keep, or a refusal.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ordermesh/error/v1/error_commit_service.pb.h"
#include "ordermesh/order/v1/order_commit_service.pb.h"
#include "ordermesh/validation/v1/validation_service.pb.h"
#include "services/validation/service/plan_registry.h"

namespace ordermesh::validation {

using CommitPtr = std::unique_ptr<order::v1::CommitItem>;
using ErrorPtr = std::unique_ptr<error::v1::ErrorCommit>;

// A valid order: its verdict is the order-store's.
struct ToCommit {
  CommitPtr item;
};

// A rejected payload with a readable external id: kept as `error` unless the order-store knows it as a replay.
struct ToAsk {
  CommitPtr question;
  ErrorPtr error;
};

// A rejected payload that cannot be a replay: unreadable, or parked.
struct ToKeep {
  ErrorPtr error;
};

// What should not have been sent: a typed order whose bytes are none. Nothing of it is kept.
struct ToRefuse {
  absl::Status status;
};

using Examined = std::variant<ToCommit, ToAsk, ToKeep, ToRefuse>;

// Maps and checks one order with its partner's plan. Takes the content out of `inbound`.
Examined Examine(const PartnerPlan& plan, v1::InboundOrder& inbound, absl::Time now, Scratch& scratch);

// Makes the error of a payload that was not mapped or checked (code POISON). The partner may be unknown here: nothing
// is looked up.
Examined Park(const std::string& partner_id, v1::InboundOrder& inbound);

// Makes the error of an order that the order-store refused: CONFLICT or SEQUENCE_REUSED. `item` is one of Examine's.
ErrorPtr RefusedError(const order::v1::CommitItem& item, const common::v1::OrderVerdict& verdict);

}  // namespace ordermesh::validation
