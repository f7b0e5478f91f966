// The verdict on one order, from what is known of its identities. Pure: the same facts always give the same decision.
#pragma once

#include <cstdint>

namespace ordermesh::order_store {

// What is known when an order or a replay question is decided. "The holder" is the order, stored or pending, with the
// same partner and external order id.
struct Facts {
  // A replay question: it asks and never writes.
  bool is_question = false;
  // There is a holder. The next three say nothing without one.
  bool has_holder = false;
  // The holder was received with this very ingest id: an internal retry.
  bool same_ingest_id = false;
  // The holder was received as the same bytes.
  bool same_raw = false;
  // The holder has equal normalised input fields.
  bool same_content = false;
  // The order has a sequence number that an order of the partner holds already.
  bool sequence_used = false;
};

enum class Decision : uint8_t {
  // The order is new: write it, then CREATED.
  kAccept,
  // CREATED, with the holder's id: an internal retry ends in the first verdict.
  kCreatedBefore,
  // REPLAYED, with the holder's id.
  kReplayed,
  // CONFLICT, with the holder's id and the differing fields.
  kConflict,
  // SEQUENCE_REUSED.
  kSequenceReused,
  // The question's answer: no stored order has this payload.
  kNotAReplay,
};

Decision Decide(const Facts& facts);

}  // namespace ordermesh::order_store
