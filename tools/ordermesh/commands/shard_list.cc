#include "tools/ordermesh/commands/shard_list.h"

#include "absl/strings/str_split.h"

namespace ordermesh::cli {
namespace {

constexpr char kEnded[] = "-";

}  // namespace

std::string JoinPageTokens(const std::vector<std::optional<std::string>>& tokens) {
  std::string text;
  bool any = false;
  for (const auto& token : tokens) {
    if (&token != &tokens.front()) text += '.';
    text += token.value_or(kEnded);
    any = any || token.has_value();
  }
  return any ? text : "";
}

absl::StatusOr<std::vector<std::optional<std::string>>> SplitPageToken(std::string_view text, size_t shards) {
  if (text.empty()) return std::vector<std::optional<std::string>>(shards, "");
  std::vector<std::optional<std::string>> tokens;
  for (const absl::string_view part : absl::StrSplit(absl::string_view(text.data(), text.size()), '.')) {
    tokens.push_back(part == kEnded ? std::nullopt : std::optional<std::string>(part));
  }
  if (tokens.size() != shards)
    return InvalidField("page_token", "must be a token that this list gave for the same shards");
  return tokens;
}

}  // namespace ordermesh::cli
