// Lists over all shards of a store.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/common/base/errors.h"
#include "services/common/base/page_token.h"

namespace ordermesh::cli {

// The page tokens of all shards as one text, joined by "."; "-" stands for a shard whose list has ended. For one shard
// it is the shard's own token; empty where every list has ended.
std::string JoinPageTokens(const std::vector<std::optional<std::string>>& tokens);
// INVALID_ARGUMENT where the text is not of so many shards. An empty text starts every list.
absl::StatusOr<std::vector<std::optional<std::string>>> SplitPageToken(std::string_view text, size_t shards);

template <typename Item>
struct ShardPage {
  std::vector<Item> items;
  std::string next_page_token;
};

// One page of at most `limit` items, newest first by `time_of`. Every shard gives an equal share, so that nothing that
// was fetched is left out: the next page starts in each shard where this one ended. `list(shard, size, token) ->
// StatusOr<Response>` calls a shard, `items(response)` are its mutable items.
template <typename Item, typename List, typename Items, typename TimeOf>
absl::StatusOr<ShardPage<Item>> ListShards(size_t shards, int limit, std::string_view page_token, List list,
                                           Items items, TimeOf time_of) {
  OM_ASSIGN_OR_RETURN(auto tokens, SplitPageToken(page_token, shards));
  ShardPage<Item> page;
  for (size_t shard = 0; shard < shards; ++shard) {
    int left = std::max(1, limit / static_cast<int>(shards));
    while (left > 0 && tokens[shard].has_value()) {
      OM_ASSIGN_OR_RETURN(auto response, list(shard, std::min(left, kMaxPageSize), *tokens[shard]));
      for (Item& item : *items(response)) page.items.push_back(std::move(item));
      left -= items(response)->size();
      tokens[shard] = response.next_page_token().empty() ? std::nullopt : std::optional(response.next_page_token());
    }
  }
  if (shards > 1) {
    std::stable_sort(page.items.begin(), page.items.end(), [&](const Item& a, const Item& b) {
      const google::protobuf::Timestamp &x = time_of(a), &y = time_of(b);
      return std::pair(x.seconds(), x.nanos()) > std::pair(y.seconds(), y.nanos());
    });
  }
  page.next_page_token = JoinPageTokens(tokens);
  return page;
}

}  // namespace ordermesh::cli
