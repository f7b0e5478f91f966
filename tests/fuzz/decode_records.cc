// Everything that the stores read back from their disks. The first byte chooses the record.
#include <string>

#include "services/common/base/errors.h"
#include "services/error_store/store/schema.h"
#include "services/order_store/store/postings.h"
#include "services/order_store/store/recovery.h"
#include "services/order_store/store/row_order.h"
#include "services/order_store/store/schema.h"
#include "services/order_store/store/sequence_set.h"
#include "tests/fuzz/target.h"

namespace ordermesh::fuzz {
namespace {

// What is refused is DATA_LOSS and nothing else.
void CheckRefusal(const absl::Status& status) { OM_CHECK(status.ok() || absl::IsDataLoss(status)); }

void DecodeOrderRow(std::string_view bytes) {
  const auto row = order_store::DecodeRow(bytes);
  CheckRefusal(row.status());
  order::v1::Order order;
  CheckRefusal(order_store::DecodeOrder(bytes, /*shard=*/0, /*position=*/1, &order));
  CheckRefusal(order_store::DecodeStoredOrder(bytes).status());
  order_store::DecodedEffect decoded;
  CheckRefusal(order_store::DecodeEffect(bytes, /*position=*/1, &decoded));
}

void DecodeSmall(std::string_view bytes) {
  CheckRefusal(order_store::DecodeHolder(bytes).status());
  CheckRefusal(order_store::DecodeTotals(bytes).status());
  CheckRefusal(order_store::DecodeCounterKey(bytes).status());
  const auto block = order_store::DecodeSequenceBlock(bytes);
  CheckRefusal(block.status());
  // What is accepted says the same when it is written again.
  if (block.ok()) {
    OM_CHECK(*order_store::DecodeSequenceBlock(order_store::EncodeSequenceBlock(*block)) == *block);
  }
  if (const auto totals = order_store::DecodeTotals(bytes); totals.ok()) {
    std::string again;
    order_store::AppendTotals(*totals, again);
    OM_CHECK(again == bytes);
  }
}

void DecodeChunk(std::string_view bytes) {
  uint32_t last_end = 0;
  CheckRefusal(order_store::DecodeChunk(bytes, /*first_term=*/0, [&](uint32_t, uint32_t begin, uint32_t end) {
    OM_CHECK(begin < end && end <= order_store::kBlockPositions);
    last_end = end;
  }));
}

void DecodeError(std::string_view bytes) {
  CheckRefusal(error_store::DecodeRow(bytes).status());
  error_store::ErrorMessage error;
  CheckRefusal(error_store::DecodePayload(bytes, error));
  CheckRefusal(error_store::DecodeCount(bytes).status());
  CheckRefusal(error_store::PositionOf(bytes).status());
  if (const auto zone = error_store::DecodeZone(bytes); zone.ok()) {
    OM_CHECK(error_store::EncodeZone(*zone) == bytes);
  } else {
    CheckRefusal(zone.status());
  }
}

void Decode(std::string_view input) {
  if (input.empty()) return;
  const std::string_view bytes = input.substr(1);
  switch (static_cast<unsigned char>(input[0]) % 4) {
    case 0:
      return DecodeOrderRow(bytes);
    case 1:
      return DecodeSmall(bytes);
    case 2:
      return DecodeChunk(bytes);
    default:
      return DecodeError(bytes);
  }
}

}  // namespace
}  // namespace ordermesh::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ordermesh::fuzz::Decode(ordermesh::fuzz::TextOf(data, size));
  return 0;
}
