#include "services/error_store/domain/event_log.h"

#include "services/common/base/ids.h"
#include "services/error_store/domain/errors.h"

namespace ordermesh::error_store {
namespace {

constexpr size_t kHashBytes = 32;

}  // namespace

std::string NoHash() { return std::string(kHashBytes, '\0'); }

std::string Seal(int64_t number, std::string_view previous_hash, ErrorEvent& event) {
  event.set_number(number);
  event.set_previous_hash(previous_hash.data(), previous_hash.size());
  event.clear_hash();
  std::string bytes = event.SerializeAsString();
  // Over the bytes themselves: a message written again by another release may differ.
  event.set_hash(Sha256(bytes));
  return bytes;
}

absl::StatusOr<ErrorEvent> Unseal(int64_t number, std::string_view bytes) {
  ErrorEvent event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || event.number() != number ||
      event.previous_hash().size() != kHashBytes) {
    return BadRecord("event");
  }
  event.set_hash(Sha256(bytes));
  return event;
}

}  // namespace ordermesh::error_store
