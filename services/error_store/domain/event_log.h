// The log of what was done to errors: each event holds the hash of the one before it.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/error_store/domain/review.h"

namespace ordermesh::error_store {

// What the first event is linked to.
std::string NoHash();

// Gives the event its place behind the one whose hash this is, and returns its bytes as they are stored: everything but
// its own hash, which is set.
std::string Seal(int64_t number, std::string_view previous_hash, ErrorEvent& event);

// The event of stored bytes, with its hash. DATA_LOSS where it is not the event `number`.
absl::StatusOr<ErrorEvent> Unseal(int64_t number, std::string_view bytes);

}  // namespace ordermesh::error_store
