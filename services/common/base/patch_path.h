// Where a patch changes payloads: `order.ref`, `lines[0].price`, and `lines[].price` for that of every line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ordermesh {

// One step of a path: a member, an element, or every element.
struct PatchStep {
  std::string name;
  std::optional<size_t> index;
  bool every = false;
};

// Nothing where it is no path to a member.
std::optional<std::vector<PatchStep>> ParsePatchPath(std::string_view path);

}  // namespace ordermesh
