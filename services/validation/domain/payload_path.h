// Where in a payload a value stands: `order.ref`, `lines[0].InvoiceDate`, `["odd.name"]`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/base/json_document.h"

namespace ordermesh::validation {

class PayloadPath {
 public:
  static constexpr size_t kMaxSteps = 16;

  struct Step {
    // A member's name; empty for an element of an array.
    std::string name;
    uint32_t index = 0;
    bool is_index = false;

    friend bool operator==(const Step&, const Step&) = default;
  };

  // INVALID_ARGUMENT, with what is allowed, for a text that is no path.
  static absl::StatusOr<PayloadPath> Parse(std::string_view text);

  // The value, seen from `from`; nullptr where a step leads nowhere.
  const JsonNode* Find(const JsonDocument& document, const JsonNode& from) const;

  // Calls visit(node) for the value, and for that of every element of the arrays on the way (`payments.value` visits
  // the value of each payment). Stops when visit returns false. Each node is visited once at most.
  template <typename Visit>
  bool ForEach(const JsonDocument& document, const JsonNode& from, Visit&& visit) const {
    return ForEach(document, from, 0, visit);
  }

  // This path, and `inner` as seen from its value.
  PayloadPath Join(const PayloadPath& inner) const;

  // The name of the last member on the path: what a violation calls the value.
  std::string_view LastName() const;
  const std::vector<Step>& steps() const { return steps_; }
  friend bool operator==(const PayloadPath&, const PayloadPath&) = default;

 private:
  template <typename Visit>
  bool ForEach(const JsonDocument& document, const JsonNode& from, size_t step, Visit& visit) const {
    if (from.type == JsonType::kArray && (step == steps_.size() || !steps_[step].is_index)) {
      for (const JsonNode* at = document.FirstChild(from); at != nullptr; at = document.Next(*at)) {
        if (!ForEach(document, *at, step, visit)) return false;
      }
      return true;
    }
    if (step == steps_.size()) return visit(from);
    const JsonNode* next =
        steps_[step].is_index ? document.Element(from, steps_[step].index) : document.Member(from, steps_[step].name);
    return next == nullptr || ForEach(document, *next, step + 1, visit);
  }

  std::vector<Step> steps_;
};

}  // namespace ordermesh::validation
