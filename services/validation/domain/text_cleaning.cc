#include "services/validation/domain/text_cleaning.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace ordermesh::validation {
namespace {

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

void Collapse(std::string& text) {
  size_t kept = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (IsSpace(text[at]) && kept > 0 && text[kept - 1] == ' ') continue;
    text[kept++] = IsSpace(text[at]) ? ' ' : text[at];
  }
  text.resize(kept);
}

void Rewrite(CleanStep kind, const std::string& strip, std::string& text) {
  switch (kind) {
    case CleanStep::kTrim:
      text = std::string(Trim(text));
      return;
    case CleanStep::kCollapse:
      Collapse(text);
      return;
    case CleanStep::kUpper:
      absl::AsciiStrToUpper(&text);
      return;
    case CleanStep::kLower:
      absl::AsciiStrToLower(&text);
      return;
    case CleanStep::kStrip:
      text.erase(
          std::remove_if(text.begin(), text.end(), [&strip](char c) { return strip.find(c) != std::string::npos; }),
          text.end());
      return;
  }
}

}  // namespace

std::string_view TextCleaning::Apply(std::string_view text, std::string& buffer) const {
  bool copied = false;
  for (const Step& step : steps_) {
    // Trimming needs no copy, and is all that most mappings ask for.
    if (step.kind == CleanStep::kTrim && !copied) {
      text = Trim(text);
      continue;
    }
    if (!copied) buffer.assign(text.data(), text.size());
    copied = true;
    Rewrite(step.kind, step.strip, buffer);
  }
  return copied ? std::string_view(buffer) : text;
}

}  // namespace ordermesh::validation
