// YAML texts as JSON texts, so that everything that reads JSON (protobuf's JSON form, for example) reads YAML too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ordermesh {

// What a YAML text may cost. Aliases count as often as they are used.
struct YamlBounds {
  size_t max_bytes = 1 << 20;
  int max_depth = 64;
  size_t max_values = 100'000;
};

// The JSON of the one document in `yaml`, keys in their order. Plain scalars are read as YAML 1.2 reads them (`yes` is
// a text); numbers keep their digits and never become floating point. Quoted scalars are texts.
//
// INVALID_ARGUMENT (reason BAD_YAML, metadata `line` and `column`, both 1-based and 0 where it is about the whole text)
// for anything else: bad syntax, no or several documents, keys that are no plain text or occur twice, merge keys, tags
// other than !!str, numbers that are no finite decimal, and texts beyond the bounds.
absl::StatusOr<std::string> YamlToJson(std::string_view yaml, const YamlBounds& bounds = {});

}  // namespace ordermesh
