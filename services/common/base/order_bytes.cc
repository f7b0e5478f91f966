#include "services/common/base/order_bytes.h"

#include <cstring>

#include "google/protobuf/io/coded_stream.h"

namespace ordermesh {
namespace {

using google::protobuf::io::CodedOutputStream;
using order::v1::Order;

constexpr uint32_t kRawPayloadTag = uint32_t{Order::kRawPayloadFieldNumber} << 3 | 2;
// A scratch message may keep so much memory; it is looked at whenever it has seen as much.
constexpr size_t kKeptBytes = 1 << 20;

}  // namespace

void WriteOrder(const Order& order, std::string_view raw_payload, std::string& bytes) {
  const size_t order_bytes = order.ByteSizeLong();
  const auto raw_bytes = static_cast<uint32_t>(raw_payload.size());
  const size_t suffix_bytes = raw_payload.empty() ? 0
                                                  : CodedOutputStream::VarintSize32(kRawPayloadTag) +
                                                        CodedOutputStream::VarintSize32(raw_bytes) + raw_payload.size();
  bytes.clear();
  bytes.resize(order_bytes + suffix_bytes);
  uint8_t* at = order.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(bytes.data()));
  if (raw_payload.empty()) return;
  at = CodedOutputStream::WriteVarint32ToArray(kRawPayloadTag, at);
  at = CodedOutputStream::WriteVarint32ToArray(raw_bytes, at);
  std::memcpy(at, raw_payload.data(), raw_payload.size());
}

Order& OrderScratch::Next(size_t bytes) {
  since_look_ += bytes;
  if (since_look_ > kKeptBytes) {
    since_look_ = 0;
    if (order_->SpaceUsedLong() > kKeptBytes) order_ = std::make_unique<Order>();
  }
  return *order_;
}

Order* OrderScratch::Parse(std::string_view bytes) {
  Order& order = Next(bytes.size());
  return order.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ? &order : nullptr;
}

}  // namespace ordermesh
