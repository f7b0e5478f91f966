#include "tests/crash/checker.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace ordermesh::crash {

std::string PromiseName(Promise promise) { return absl::StrCat("K", static_cast<int>(promise)); }

void Checker::Report(Promise promise, std::string what) {
  if (++counts_[promise] <= kToldOfAKind) broken_.push_back({promise, std::move(what)});
}

Checker::State& Checker::At(uint64_t number) {
  if (number >= states_.size()) states_.resize(std::max<size_t>(number + 1, states_.size() * 2));
  return states_[number];
}

std::string Checker::Name(uint64_t number) const {
  return absl::StrCat("order ", number, " (", Workload::PartnerOf(number), " ", workload_.ExternalIdOf(number), ")");
}

int64_t Checker::AcknowledgedPosition(uint64_t number) const {
  return number < states_.size() ? states_[number].acknowledged : 0;
}

Uuid Checker::ErrorIdOf(uint64_t number) const {
  auto found = rejected_.find(number);
  return found == rejected_.end() ? Uuid{} : found->second;
}

void Checker::OnEvent(const Event& event) {
  State& state = At(event.number);
  switch (event.kind) {
    case EventKind::kInvoke:
      if (!state.invoked) {
        state.invoked = true;
        state.floor = highest_acknowledged_;
        ++summary_.sent;
      }
      break;
    case EventKind::kCreated:
    case EventKind::kReplayed:
      OnAcknowledged(event, state);
      break;
    case EventKind::kRejected:
      OnRejected(event, state);
      break;
    case EventKind::kConflict:
    case EventKind::kSequenceReused:
      Report(Promise::kStableVerdict, absl::StrCat(Name(event.number), " was called another order than itself"));
      break;
    case EventKind::kUnknown:
      if (!state.unknown) ++summary_.unknowns;
      state.unknown = true;
      break;
    case EventKind::kInvokeAltered:
      state.altered = true;
      break;
    case EventKind::kAlteredConflict:
      if (const auto place = ParseOrderId(event.id.ToString()); !place || place->position != state.acknowledged) {
        Report(Promise::kStableVerdict, absl::StrCat("the conflict of ", Name(event.number), " names another order"));
      }
      break;
    case EventKind::kAlteredOther:
      Report(Promise::kStableVerdict, absl::StrCat("other content for ", Name(event.number), " was no CONFLICT"));
      break;
  }
}

void Checker::OnAcknowledged(const Event& event, State& state) {
  const auto place = ParseOrderId(event.id.ToString());
  if (!place) {
    Report(Promise::kDurable, absl::StrCat(Name(event.number), " was acknowledged without an order id"));
    return;
  }
  if (!state.invoked) Report(Promise::kNoPhantom, absl::StrCat(Name(event.number), " was acknowledged but never sent"));
  if (!workload_.IsValid(event.number)) {
    Report(Promise::kNoPhantom, absl::StrCat(Name(event.number), " breaks the rules and was accepted"));
  }
  if (state.acknowledged != 0 && state.acknowledged != place->position) {
    Report(Promise::kStableVerdict,
           absl::StrCat(Name(event.number), " was given position ", state.acknowledged, ", then ", place->position));
  }
  if (event.kind == EventKind::kCreated) {
    if (state.created) Report(Promise::kOnce, absl::StrCat(Name(event.number), " was created twice"));
    state.created = true;
  }
  if (state.acknowledged == 0) {
    state.acknowledged = place->position;
    ++summary_.acknowledged;
  }
  highest_acknowledged_ = std::max(highest_acknowledged_, place->position);
}

void Checker::OnRejected(const Event& event, State& state) {
  if (workload_.IsValid(event.number)) {
    Report(Promise::kStableVerdict, absl::StrCat(Name(event.number), " keeps the rules and was rejected"));
  }
  if (!state.invoked) Report(Promise::kNoPhantom, absl::StrCat(Name(event.number), " was rejected but never sent"));
  auto [entry, first] = rejected_.try_emplace(event.number, event.id);
  if (first) ++summary_.rejected;
  if (entry->second != event.id) {
    Report(Promise::kStableVerdict, absl::StrCat(Name(event.number), " was rejected under two error ids"));
  }
}

void Checker::OnStoredOrder(int64_t position, const order::v1::Order& order) {
  ++summary_.stored;
  if (position != last_position_ + 1) {
    Report(Promise::kDense, absl::StrCat("position ", position, " follows ", last_position_));
  }
  last_position_ = position;
  const auto place = ParseOrderId(order.id());
  if (!place || place->position != position) {
    Report(Promise::kOnce, absl::StrCat("the id at position ", position, " leads elsewhere"));
  }
  ++stored_by_partner_[order.partner_id()];
  if (auto gross = Decimal::FromMoney(order.gross_amount()); gross.ok()) {
    auto sum = gross_[order.partner_id()].Add(*gross);
    if (sum) gross_[order.partner_id()] = *sum;
  }
  const auto number = workload_.NumberOf(order.external_order_id());
  if (!number && !alone_) return;
  if (!number || *number >= states_.size() || !states_[*number].invoked) {
    Report(Promise::kNoPhantom,
           absl::StrCat("position ", position, " holds an order that was never sent: ", order.external_order_id()));
    return;
  }
  State& state = states_[*number];
  if (!workload_.IsValid(*number)) {
    Report(Promise::kNoPhantom, absl::StrCat(Name(*number), " breaks the rules and is stored"));
  }
  if (state.stored != 0) {
    Report(Promise::kOnce, absl::StrCat(Name(*number), " is stored at ", state.stored, " and at ", position));
    return;
  }
  state.stored = position;
  if (const std::string field = DifferingField(workload_.Expected(*number), order); !field.empty()) {
    Report(Promise::kDurable, absl::StrCat(Name(*number), " is stored with another ", field));
  }
}

void Checker::OnStoredError(int64_t position, const error::v1::OrderError& error) {
  ++summary_.errors;
  if (position <= last_error_position_) {
    Report(Promise::kDense, absl::StrCat("error position ", position, " follows ", last_error_position_));
  }
  last_error_position_ = position;
  const auto id = Uuid::Parse(error.id());
  if (!id || !stored_errors_.try_emplace(*id, static_cast<uint64_t>(position)).second) {
    Report(Promise::kOnce, absl::StrCat("the error ", error.id(), " is stored twice or has no id"));
    return;
  }
  // A parked order was not opened: its external id is not known.
  if (error.external_order_id().empty()) return;
  const auto number = workload_.NumberOf(error.external_order_id());
  if (!number && !alone_) return;
  const bool altered = error.kind() == common::v1::OrderVerdict::CONFLICT;
  if (!number || *number >= states_.size() || !(altered ? states_[*number].altered : states_[*number].invoked)) {
    Report(Promise::kNoPhantom, absl::StrCat("the error ", error.id(), " is of an order that was never sent"));
  } else if (!altered && workload_.IsValid(*number)) {
    Report(Promise::kNoPhantom, absl::StrCat(Name(*number), " keeps the rules and is stored as an error"));
  }
}

void Checker::FinishOrder(uint64_t number, const State& state) {
  if (!state.invoked) return;
  const bool rejected = rejected_.contains(number);
  if (state.acknowledged == 0 && !rejected) {
    Report(Promise::kUnknowns, absl::StrCat(Name(number), " never got a verdict"));
  } else if (state.unknown) {
    ++summary_.resolved;
  }
  if (state.acknowledged != 0 && state.stored == 0) {
    Report(Promise::kDurable, absl::StrCat(Name(number), " was acknowledged at ", state.acknowledged, " and is lost"));
  } else if (state.acknowledged != 0 && state.stored != state.acknowledged) {
    Report(Promise::kStableVerdict,
           absl::StrCat(Name(number), " was acknowledged at ", state.acknowledged, " and is stored at ", state.stored));
  }
  if (state.stored != 0 && state.stored <= state.floor) {
    Report(Promise::kOrder, absl::StrCat(Name(number), " is stored at ", state.stored, " but was sent after ",
                                         state.floor, " was acknowledged"));
  }
}

void Checker::Finish() {
  for (uint64_t number = 0; number < states_.size(); ++number) FinishOrder(number, states_[number]);
  for (const auto& [number, id] : rejected_) {
    if (!stored_errors_.contains(id)) {
      Report(Promise::kDurable,
             absl::StrCat(Name(number), " was rejected as ", id.ToString(), " and that error is lost"));
    }
  }
}

}  // namespace ordermesh::crash
