#include "services/validation/service/examiner.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/ids.h"
#include "services/common/base/normal_order.h"
#include "services/common/base/order_bytes.h"

namespace ordermesh::validation {
namespace {

using common::v1::OrderVerdict;

Uuid IngestId(uint64_t high, uint64_t low) { return {high, low}; }

// The hash that an error is known by: of the payload's bytes, or of a canonical order's normal form.
std::string HashOf(const order::v1::Order& order) {
  std::string form;
  AppendNormalForm(order, &form);
  return Sha256(form);
}

ErrorPtr NewError(const std::string& partner_id, OrderVerdict::Verdict kind, const Uuid& ingest_id, int32_t version) {
  auto commit = std::make_unique<error::v1::ErrorCommit>();
  auto* error = commit->mutable_error();
  error->set_partner_id(partner_id);
  error->set_kind(kind);
  error->set_mapping_version(version);
  error->set_ingest_id(ingest_id.ToString());
  const int64_t ms = UnixMsOf(ingest_id);
  error->mutable_received_time()->set_seconds(ms / 1'000);
  error->mutable_received_time()->set_nanos(static_cast<int32_t>(ms % 1'000) * 1'000'000);
  return commit;
}

CommitPtr NewCommit(const v1::InboundOrder& inbound) {
  auto item = std::make_unique<order::v1::CommitItem>();
  item->set_ingest_id_high(inbound.ingest_id_high());
  item->set_ingest_id_low(inbound.ingest_id_low());
  if (!inbound.traceparent().empty()) item->set_traceparent(inbound.traceparent());
  return item;
}

ToRefuse NoOrder() { return {InvalidField("order", "is no serialized order")}; }

// The error of a rejected payload. `order` is what the mapping made of it; a canonical order is kept as it came.
ErrorPtr RejectedError(const PartnerPlan& plan, v1::InboundOrder& inbound, const std::string& sha256,
                       const order::v1::Order& order, ViolationList& violations) {
  ErrorPtr commit = NewError(plan.partner_id(), OrderVerdict::REJECTED,
                             IngestId(inbound.ingest_id_high(), inbound.ingest_id_low()), plan.version());
  commit->set_traceparent(inbound.traceparent());
  auto* error = commit->mutable_error();
  error->set_external_order_id(order.external_order_id());
  error->mutable_violations()->Swap(&violations);
  commit->set_payload_sha256(sha256);
  if (inbound.has_order()) {
    *error->mutable_order() = order;
  } else {
    error->set_allocated_raw_payload(inbound.release_raw_payload());
  }
  return commit;
}

CommitPtr NewQuestion(const PartnerPlan& plan, const v1::InboundOrder& inbound, const std::string& raw_sha256,
                      bool mapped, const order::v1::Order& order) {
  CommitPtr item = NewCommit(inbound);
  item->set_raw_sha256(raw_sha256);
  auto* question = item->mutable_question();
  question->set_partner_id(plan.partner_id());
  question->set_external_order_id(order.external_order_id());
  if (mapped) {
    *question->mutable_order() = order;
    question->mutable_order()->set_partner_id(plan.partner_id());
  }
  return item;
}

Examined ExamineRaw(const PartnerPlan& plan, v1::InboundOrder& inbound, absl::Time now, Scratch& scratch) {
  order::v1::Order& order = scratch.order.Next(inbound.raw_payload().size());
  Outcome outcome = plan.MapRaw(inbound.raw_payload(), now, scratch, order);
  std::string sha256 = Sha256(inbound.raw_payload());
  if (outcome.violations.empty()) {
    CommitPtr item = NewCommit(inbound);
    WriteOrder(order, inbound.raw_payload(), *item->mutable_order());
    item->set_raw_sha256(std::move(sha256));
    return ToCommit{std::move(item)};
  }
  ErrorPtr error = RejectedError(plan, inbound, sha256, order, outcome.violations);
  if (order.external_order_id().empty()) return ToKeep{std::move(error)};
  return ToAsk{NewQuestion(plan, inbound, sha256, outcome.mapped, order), std::move(error)};
}

Examined ExamineTyped(const PartnerPlan& plan, v1::InboundOrder& inbound, absl::Time now, Scratch& scratch) {
  order::v1::Order* const parsed = scratch.order.Parse(inbound.order());
  if (parsed == nullptr) return NoOrder();
  order::v1::Order& order = *parsed;
  Outcome outcome = plan.CheckTyped(now, order);
  if (outcome.violations.empty()) {
    CommitPtr item = NewCommit(inbound);
    WriteOrder(order, "", *item->mutable_order());
    return ToCommit{std::move(item)};
  }
  ErrorPtr error = RejectedError(plan, inbound, HashOf(order), order, outcome.violations);
  if (order.external_order_id().empty()) return ToKeep{std::move(error)};
  return ToAsk{NewQuestion(plan, inbound, "", outcome.mapped, order), std::move(error)};
}

}  // namespace

Examined Examine(const PartnerPlan& plan, v1::InboundOrder& inbound, absl::Time now, Scratch& scratch) {
  return inbound.has_order() ? ExamineTyped(plan, inbound, now, scratch) : ExamineRaw(plan, inbound, now, scratch);
}

Examined Park(const std::string& partner_id, v1::InboundOrder& inbound) {
  ErrorPtr commit =
      NewError(partner_id, OrderVerdict::REJECTED, IngestId(inbound.ingest_id_high(), inbound.ingest_id_low()), 0);
  commit->set_traceparent(inbound.traceparent());
  auto* error = commit->mutable_error();
  auto* violation = error->add_violations();
  violation->set_code(common::v1::Violation::POISON);
  violation->set_message("the order was in flight each time that a validation process died; it was parked unopened");
  if (inbound.has_order()) {
    if (!error->mutable_order()->ParseFromString(inbound.order())) return NoOrder();
    commit->set_payload_sha256(HashOf(error->order()));
    error->set_external_order_id(error->order().external_order_id());
  } else {
    commit->set_payload_sha256(Sha256(inbound.raw_payload()));
    error->set_allocated_raw_payload(inbound.release_raw_payload());
  }
  return ToKeep{std::move(commit)};
}

ErrorPtr RefusedError(const order::v1::CommitItem& item, const OrderVerdict& verdict) {
  // A fresh one: this happens seldom, and the error keeps it.
  order::v1::Order order;
  OM_CHECK(order.ParseFromString(item.order()));
  ErrorPtr commit = NewError(order.partner_id(), verdict.verdict(),
                             IngestId(item.ingest_id_high(), item.ingest_id_low()), order.mapping_version());
  commit->set_traceparent(item.traceparent());
  auto* error = commit->mutable_error();
  error->set_external_order_id(order.external_order_id());
  error->set_order_id(verdict.order_id());
  *error->mutable_violations() = verdict.violations();
  if (order.raw_payload().empty()) {
    commit->set_payload_sha256(HashOf(order));
    error->mutable_order()->Swap(&order);
  } else {
    commit->set_payload_sha256(item.raw_sha256());
    error->set_allocated_raw_payload(order.release_raw_payload());
  }
  return commit;
}

}  // namespace ordermesh::validation
