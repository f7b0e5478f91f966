#include "services/common/base/patch_path.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"

namespace ordermesh {

std::optional<std::vector<PatchStep>> ParsePatchPath(std::string_view path) {
  std::vector<PatchStep> steps;
  while (!path.empty()) {
    if (path.front() == '[') {
      const size_t end = path.find(']');
      if (end == std::string_view::npos || steps.empty()) return std::nullopt;
      const std::string_view inside = path.substr(1, end - 1);
      PatchStep step;
      step.every = inside.empty();
      uint32_t index = 0;
      if (!step.every) {
        if (!absl::SimpleAtoi(absl::string_view(inside.data(), inside.size()), &index)) return std::nullopt;
        step.index = index;
      }
      steps.push_back(std::move(step));
      path.remove_prefix(end + 1);
      if (!path.empty() && path.front() != '[' && path.front() != '.') return std::nullopt;
      continue;
    }
    if (path.front() == '.') {
      if (steps.empty()) return std::nullopt;
      path.remove_prefix(1);
    }
    const size_t end = std::min(path.find_first_of(".["), path.size());
    if (end == 0) return std::nullopt;
    steps.push_back({.name = std::string(path.substr(0, end)), .index = {}, .every = false});
    path.remove_prefix(end);
  }
  // A change is one of a member: what an element has, not the element.
  if (steps.empty() || steps.back().name.empty()) return std::nullopt;
  return steps;
}

}  // namespace ordermesh
