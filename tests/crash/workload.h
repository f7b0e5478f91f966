// The orders of a crash test: order `number` of a seed is always the same, so that nothing about it has to be written
// down.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ordermesh/feed/v1/feed_service.pb.h"
#include "ordermesh/order/v1/order.pb.h"

namespace ordermesh::crash {

// How an order is sent.
enum class Shape { kTypedA, kRawA, kRawB, kInvalidB, kPoisonB };

// Numbers count from 0. Of ten orders five are partner-a's as canonical orders, two partner-a's as JSON, three
// partner-b's as JSON; one in 40 of partner-b's breaks its rules. partner-a's are numbered without a hole.
class Workload {
 public:
  static constexpr char kPoisonMark[] = "POISON-MARK";

  explicit Workload(uint64_t seed, std::optional<uint64_t> poison_number = std::nullopt)
      : seed_(seed), poison_number_(poison_number) {}

  uint64_t seed() const { return seed_; }
  Shape ShapeOf(uint64_t number) const;
  bool IsValid(uint64_t number) const;
  static const char* PartnerOf(uint64_t number);
  std::string ExternalIdOf(uint64_t number) const;
  // The number of an order with this external id; nothing where it is none of ours.
  std::optional<uint64_t> NumberOf(std::string_view external_id) const;

  // What goes over the wire. `altered` gives other content under the same identity.
  feed::v1::OrderInput Input(uint64_t number, bool altered = false) const;
  // What must be stored: input fields and amounts.
  order::v1::Order Expected(uint64_t number, bool altered = false) const;

 private:
  std::string PayloadA(const order::v1::Order& order) const;
  std::string PayloadB(const order::v1::Order& order, Shape shape) const;

  const uint64_t seed_;
  const std::optional<uint64_t> poison_number_;
};

// Empty where `stored` is `expected`: partner, identities, lines, customer, rate, amounts, currency and time, numbers
// by value. Otherwise the name of the first field that differs.
std::string DifferingField(const order::v1::Order& expected, const order::v1::Order& stored);

}  // namespace ordermesh::crash
