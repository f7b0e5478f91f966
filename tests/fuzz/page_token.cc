// Page tokens: `filter LF token`. What is accepted is what was made for this filter, and nothing else.
#include <cstdint>
#include <limits>
#include <string>

#include "services/common/base/errors.h"
#include "services/common/base/page_token.h"
#include "tests/fuzz/target.h"

namespace ordermesh::fuzz {
namespace {

constexpr uint32_t kShard = 3;

void Read(std::string_view input) {
  const std::string_view filter = TakeUntil('\n', input);
  const auto before = DecodePageToken(input, kShard, filter);
  if (!before.ok()) {
    OM_CHECK(absl::IsInvalidArgument(before.status()));
  } else {
    OM_CHECK(*before > 0);
    // It may be padded or carry stray bits, but it means what its own filter's token means.
    if (!input.empty()) OM_CHECK(*DecodePageToken(EncodePageToken(kShard, *before, filter), kShard, filter) == *before);
  }
  // A token of these filters is taken for no others.
  const int64_t position = static_cast<int64_t>(input.size()) + 1;
  const std::string token = EncodePageToken(kShard, position, filter);
  OM_CHECK(*DecodePageToken(token, kShard, filter) == position);
  OM_CHECK(!DecodePageToken(token, kShard + 1, filter).ok());
  OM_CHECK(!DecodePageToken(token, kShard, std::string(filter) + "x").ok());
}

}  // namespace
}  // namespace ordermesh::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ordermesh::fuzz::Read(ordermesh::fuzz::TextOf(data, size));
  return 0;
}
