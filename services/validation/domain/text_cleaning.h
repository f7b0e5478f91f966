// What a mapping may do to a text before it is read: `clean: [trim, collapse, upper, {strip: "-/"}]`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ordermesh::validation {

enum class CleanStep { kTrim, kCollapse, kUpper, kLower, kStrip };

class TextCleaning {
 public:
  static constexpr size_t kMaxSteps = 8;

  // `strip` holds the ASCII characters that kStrip takes out.
  void Add(CleanStep step, std::string_view strip = {}) { steps_.push_back({step, std::string(strip)}); }
  bool empty() const { return steps_.empty(); }
  // Whether they do the same by the same steps.
  friend bool operator==(const TextCleaning&, const TextCleaning&) = default;

  // The cleaned text: `text` itself where nothing changes, else a view of `buffer`. Spaces are ASCII white space; upper
  // and lower change ASCII letters only; nothing ever grows.
  std::string_view Apply(std::string_view text, std::string& buffer) const;

 private:
  struct Step {
    CleanStep kind;
    std::string strip;

    friend bool operator==(const Step&, const Step&) = default;
  };

  std::vector<Step> steps_;
};

}  // namespace ordermesh::validation
