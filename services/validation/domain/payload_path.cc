#include "services/validation/domain/payload_path.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"

namespace ordermesh::validation {
namespace {

constexpr std::string_view kNameEnds = ".[]\"";

absl::Status BadPath(std::string_view text) {
  return InvalidField("path",
                      absl::StrCat("'", absl::string_view(text.data(), text.size()),
                                   "' is no path: write member names joined by dots, elements as [0], a name with "
                                   "dots as [\"a.b\"], at most ",
                                   PayloadPath::kMaxSteps, " steps"));
}

// Reads `[12]` or `["name"]` from the start of `rest`.
bool TakeBracket(std::string_view& rest, PayloadPath::Step& step) {
  const bool quoted = rest.substr(0, 2) == "[\"";
  const size_t end = quoted ? rest.find("\"]", 2) : rest.find(']');
  if (end == std::string_view::npos) return false;
  const std::string_view inside = quoted ? rest.substr(2, end - 2) : rest.substr(1, end - 1);
  rest.remove_prefix(end + (quoted ? 2 : 1));
  step.name = quoted ? std::string(inside) : "";
  step.is_index = !quoted;
  if (quoted) return !inside.empty();
  return !inside.empty() && inside[0] >= '0' && inside[0] <= '9' &&
         absl::SimpleAtoi(absl::string_view(inside.data(), inside.size()), &step.index) && step.index < kMaxLines;
}

}  // namespace

absl::StatusOr<PayloadPath> PayloadPath::Parse(std::string_view text) {
  PayloadPath path;
  std::string_view rest = text;
  while (!rest.empty() || path.steps_.empty()) {
    Step step;
    if (!rest.empty() && rest[0] == '[') {
      if (!TakeBracket(rest, step)) return BadPath(text);
    } else {
      if (!path.steps_.empty()) {
        if (rest[0] != '.') return BadPath(text);
        rest.remove_prefix(1);
      }
      const size_t end = std::min(rest.find_first_of(kNameEnds), rest.size());
      if (end == 0) return BadPath(text);
      step.name = std::string(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    path.steps_.push_back(std::move(step));
    if (path.steps_.size() > kMaxSteps) return BadPath(text);
  }
  return path;
}

const JsonNode* PayloadPath::Find(const JsonDocument& document, const JsonNode& from) const {
  const JsonNode* at = &from;
  for (const Step& step : steps_) {
    at = step.is_index ? document.Element(*at, step.index) : document.Member(*at, step.name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

PayloadPath PayloadPath::Join(const PayloadPath& inner) const {
  PayloadPath joined = *this;
  joined.steps_.insert(joined.steps_.end(), inner.steps_.begin(), inner.steps_.end());
  return joined;
}

std::string_view PayloadPath::LastName() const {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    if (!step->is_index) return step->name;
  }
  return "";
}

}  // namespace ordermesh::validation
