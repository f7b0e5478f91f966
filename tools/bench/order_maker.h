// Orders for a load, made cheaply: every order is a template in which a few places are overwritten.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ordermesh/feed/v1/feed_service.pb.h"

namespace ordermesh::bench {

enum class Shape { kTyped, kPartnerA, kPartnerB, kRetail };
enum class Ids { kRandom, kSequential };

struct MakerOptions {
  Shape shape = Shape::kTyped;
  Ids ids = Ids::kRandom;
  // Of 100 orders, how many are an earlier one again, and how many break a rule (quantity -1).
  int duplicates_percent = 0;
  int invalid_percent = 0;
  // Runs with another key have other ids; the same key makes the same orders again.
  uint64_t run_key = 0;
  // The sequence number of order 0; 16 digits.
  int64_t first_sequence = 1'000'000'000'000'000;
};

// Order `index` is always the same, whoever asks and however often. Thread-safe.
class OrderMaker {
 public:
  // Typed orders are of products SKU-0000 and so on, of customers CUST-00000 and so on: so many of each.
  static constexpr int64_t kProducts = 1'000;
  static constexpr int64_t kCustomers = 50'000;

  explicit OrderMaker(const MakerOptions& options);

  // The partner that sends this shape.
  const std::string& partner() const { return partner_; }

  // Makes the content of order `index`. What stands in `input` from an earlier call of the same maker is reused.
  void Make(int64_t index, feed::v1::OrderInput& input) const;

  // Whether the order breaks a rule, and whether it is an earlier order again.
  bool IsInvalid(int64_t index) const;
  bool IsDuplicate(int64_t index) const { return SourceOf(index) != index; }

 private:
  // A place in the template and what is written there.
  enum class What { kId, kSequence, kProduct, kCustomer, kQuantity };
  struct Slot {
    What what;
    size_t position;
  };

  void CompileTemplate(std::string text);
  // The order that `index` repeats: itself unless it is a duplicate.
  int64_t SourceOf(int64_t index) const;
  std::string IdOf(int64_t index) const;
  void MakeTyped(int64_t index, order::v1::Order& order) const;
  void MakeRaw(int64_t index, std::string& payload) const;

  const MakerOptions options_;
  std::string partner_;
  std::string template_;
  std::vector<Slot> slots_;
};

}  // namespace ordermesh::bench
