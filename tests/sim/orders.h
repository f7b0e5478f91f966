// The orders of a simulation, small enough to meet each other often: every payload can be made again from its Spec.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>

#include "ordermesh/order/v1/order.pb.h"
#include "ordermesh/validation/v1/validation_service.pb.h"
#include "services/validation/domain/partner_plan.h"

namespace ordermesh::sim {

inline constexpr const char* kPartners[] = {"partner-a", "partner-b"};

// How an order is sent.
enum class Form : uint8_t {
  kTyped,
  kRaw,
  // The same content in other bytes.
  kRawOtherText,
  // Breaks its partner's rules under every plan.
  kInvalid,
  kUnreadable,
  // Kills the validation process that opens it.
  kPoison,
};

// What is said about an order under one external id.
enum class Content : uint8_t {
  kFirst,
  kOtherQuantity,
  kOtherCustomer,
  // partner-a only: the number of the order before it.
  kReusesNumber,
};

struct Spec {
  // Index of kPartners. partner-a numbers its orders, partner-b does not.
  uint8_t partner = 0;
  uint32_t key = 0;
  Content content = Content::kFirst;
  Form form = Form::kTyped;

  friend auto operator<=>(const Spec&, const Spec&) = default;
  bool numbered() const { return partner == 0; }
  bool may_be_valid() const { return form <= Form::kRawOtherText; }
  // "partner-a/17 other-quantity raw".
  std::string ToString() const;
};

// Orders of one seed. Pure.
class Orders {
 public:
  // `sequence_stride`: how far the numbers of neighbouring orders lie apart.
  Orders(uint64_t seed, int64_t sequence_stride) : seed_(seed), sequence_stride_(sequence_stride) {}

  static std::string ExternalIdOf(uint32_t key);
  // False where the text is no external id of ours.
  static bool ParseExternalId(const std::string& external_id, uint32_t* key);
  int64_t NumberOf(const Spec& spec) const;

  // What must be stored, amounts included; the raw payload apart.
  order::v1::Order Expected(const Spec& spec) const;
  // The partner's payload; empty for typed orders.
  std::string Payload(const Spec& spec) const;
  // What goes to validation, without tag and ingest id.
  std::unique_ptr<validation::v1::InboundOrder> Inbound(const Spec& spec) const;
  // Whether the tight plan of its partner refuses it.
  bool RefusedByTightPlan(const Spec& spec) const;

 private:
  const uint64_t seed_;
  const int64_t sequence_stride_;
};

// The plans of a partner, each compiled once for the process: the usual one, and a tight one that refuses some of what
// was valid before (partner-a: more than five of a product; partner-b: every payload, which then lacks its customer).
const validation::PartnerPlan& PlanOf(const std::string& partner_id, bool tight);

// What a poison payload has in it.
inline constexpr char kPoisonMark[] = "POISON-MARK";

}  // namespace ordermesh::sim
