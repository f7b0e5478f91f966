// Page tokens of the lists: unpadded base64url of what the page started from. They carry no authority.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ordermesh {

inline constexpr int kDefaultPageSize = 50;
inline constexpr int kMaxPageSize = 1'000;

// The page size to use. INVALID_ARGUMENT (field page_size) where it is negative.
absl::StatusOr<int> PageSize(int requested);

//   token = base64url( version:1 shard:u32be before_position:u64be filter_hash:u64be )
// `filter` is any text that stands for the filters of the list: a token answers only the filters it was made with.
std::string EncodePageToken(uint32_t shard, int64_t before_position, std::string_view filter);

// The position before which the page starts; INT64_MAX for an empty token. INVALID_ARGUMENT (field page_token) for
// anything that is not a token of this shard and these filters.
absl::StatusOr<int64_t> DecodePageToken(std::string_view token, uint32_t shard, std::string_view filter);
// The same for lists that rise: where the page starts, 0 for an empty token.
absl::StatusOr<int64_t> DecodeRisingPageToken(std::string_view token, uint32_t shard, std::string_view filter);

}  // namespace ordermesh
