// The domain's face: a partner's mapping and rules, ready to run. Pure: time comes in as an argument.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ordermesh/order/v1/order.pb.h"
#include "ordermesh/validation/v1/validation_service.pb.h"
#include "services/common/base/json_document.h"
#include "services/common/base/order_bytes.h"
#include "services/common/base/order_view.h"
#include "services/validation/domain/field_plan.h"
#include "services/validation/domain/mapping_plan.h"
#include "services/validation/domain/violations.h"

namespace ordermesh::validation {

// The files of a partner's folder, and what is wrong with them.
using ConfigFiles = google::protobuf::RepeatedPtrField<v1::ConfigFile>;
using MappingProblems = google::protobuf::RepeatedPtrField<v1::MappingProblem>;

// Buffers that one thread uses again for every order.
struct Scratch {
  JsonDocument document;
  FieldScratch fields;
  OrderScratch order;
  OrderView view;
};

// What mapping and checking gave. The order is valid where there is no violation.
struct Outcome {
  // The payload is one JSON object; always true for typed orders.
  bool readable = false;
  // Every field has its value, so that the content can be compared with a stored order's, whatever rules it breaks.
  bool mapped = false;
  // Every violation, at most kMaxViolations (violations.h says which), in the order of the mapping's fields and the
  // lines.
  ViolationList violations;
};

// Immutable and safe for concurrent use.
class PartnerPlan {
 public:
  // Compiles the folder's mapping.yaml. `version` is that of the partner's config, from 1; 0 where the folder is only
  // tried out. INVALID_ARGUMENT where it does not compile: `problems` then names each fault's file, line and column (at
  // most 100).
  static absl::StatusOr<std::unique_ptr<const PartnerPlan>> Compile(std::string_view partner_id,
                                                                    const ConfigFiles& files, int32_t version,
                                                                    MappingProblems* problems);

  // Makes `order` from a payload: everything but raw_payload and what the order-store sets. With violations `order` is
  // filled as far as the mapping got; external_order_id is set wherever it could be read.
  Outcome MapRaw(std::string_view payload, absl::Time now, Scratch& scratch, order::v1::Order& order) const;

  // Checks a canonical order in place. Without violations it is completed: partner, amounts, mapping version,
  // normalised decimals, output-only fields cleared. With violations it is left as it came.
  Outcome CheckTyped(absl::Time now, order::v1::Order& order) const;
  // The same of an order that is looked at as bytes: without violations `completed` becomes the bytes of the completed
  // one.
  Outcome CheckTyped(absl::Time now, const OrderView& order, std::string& completed) const;

  const std::string& partner_id() const { return partner_id_; }
  int32_t version() const { return plan_.version; }
  bool numbered() const { return plan_.numbered; }
  // The rounding of amounts as text ("2 decimals, half_up"); empty where they are exact.
  std::string RoundingText() const;
  // Whether every payload that has an external order id by `live` has the same one by this plan: otherwise the replays
  // of stored orders could not be recognised any more.
  bool KeepsExternalIdOf(const PartnerPlan& live) const;

 private:
  PartnerPlan(std::string_view partner_id, MappingPlan plan) : partner_id_(partner_id), plan_(std::move(plan)) {}

  std::string partner_id_;
  MappingPlan plan_;
};

}  // namespace ordermesh::validation
