#include "services/order_store/domain/content_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "services/common/base/decimal.h"

namespace ordermesh::order_store {
namespace {

constexpr size_t kBlockBytes = 1024;

// Feeds the hash from a buffer on the stack: an order of a few lines needs no allocation and one call of the hash.
//
//   content  = text(partner) text(external id) number(sequence, 0 or 1 before it) text(customer) decimal(tax rate)
//              text(currency) i64(seconds) i32(nanos) u64(lines) line*
//   line     = text(product) decimal(quantity) i64(units) i32(nanos)
//   text     = u64(size) bytes
//   decimal  = u8(1) i128(coefficient without trailing zeros) u8(scale)  |  u8(0) text     (text that is no number)
class ContentHasher {
 public:
  template <typename T>
  void Number(T value) {
    Bytes(&value, sizeof(value));
  }

  void Text(std::string_view text) {
    Number(static_cast<uint64_t>(text.size()));
    Bytes(text.data(), text.size());
  }

  void DecimalText(std::string_view text) {
    const auto parsed = Decimal::Parse(text.empty() ? "0" : text);
    Number(static_cast<uint8_t>(parsed.ok()));
    if (!parsed.ok()) return Text(text);
    const Decimal normal = parsed->Normalized();
    Number(normal.coefficient());
    Number(static_cast<uint8_t>(normal.scale()));
  }

  ContentHash Finish() {
    XXH128_hash_t hash;
    if (!spilled_) {
      hash = XXH3_128bits(buffer_.data(), used_);
    } else {
      XXH3_128bits_update(&state_, buffer_.data(), used_);
      hash = XXH3_128bits_digest(&state_);
    }
    return {hash.high64, hash.low64};
  }

 private:
  void Bytes(const void* data, size_t size) {
    if (used_ + size > buffer_.size()) Spill();
    if (size > buffer_.size()) {
      XXH3_128bits_update(&state_, data, size);
      return;
    }
    std::memcpy(buffer_.data() + used_, data, size);
    used_ += size;
  }

  void Spill() {
    if (!spilled_) XXH3_128bits_reset(&state_);
    spilled_ = true;
    XXH3_128bits_update(&state_, buffer_.data(), used_);
    used_ = 0;
  }

  std::array<char, kBlockBytes> buffer_;
  size_t used_ = 0;
  bool spilled_ = false;
  XXH3_state_t state_;
};

}  // namespace

ContentHash HashContent(const order::v1::Order& order) {
  ContentHasher hasher;
  hasher.Text(order.partner_id());
  hasher.Text(order.external_order_id());
  hasher.Number(static_cast<uint8_t>(order.has_sequence_number()));
  hasher.Number(order.sequence_number());
  hasher.Text(order.customer_id());
  hasher.DecimalText(order.tax_rate());
  hasher.Text(order.currency());
  hasher.Number(order.transaction_time().seconds());
  hasher.Number(order.transaction_time().nanos());
  hasher.Number(static_cast<uint64_t>(order.lines_size()));
  for (const order::v1::OrderLine& line : order.lines()) {
    hasher.Text(line.product_id());
    hasher.DecimalText(line.quantity());
    hasher.Number(line.unit_price().units());
    hasher.Number(line.unit_price().nanos());
  }
  return hasher.Finish();
}

}  // namespace ordermesh::order_store
