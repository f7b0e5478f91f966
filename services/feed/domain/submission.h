// What the feed may take: the shape of a submission, before anybody looks inside it. A submission is one of the
// messages with order and raw_payload in proto/ordermesh/feed/internal.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "ordermesh/feed/internal/v1/forwarded_orders.pb.h"
#include "ordermesh/validation/v1/validation_service.pb.h"
#include "services/common/base/ids.h"

namespace ordermesh::feed {

// Refusals, in the order in which they are checked. Each names the request's field.
//   partner_id: 1 to 64 bytes of lower-case letters, digits and dashes
absl::Status CheckPartnerId(std::string_view partner_id);
//   orders: 1 to 10,000 in a message
absl::Status CheckOrderCount(int count);
//   content: missing, or larger than 1 MiB
template <typename Submission>
absl::Status CheckContent(const Submission& submission);

// Refuses payment card data anywhere in the content: INVALID_ARGUMENT, reason CARD_NUMBER, with the field's name below
// `prefix` ("" or "orders[3]."). Fields that the mesh does not know are dropped, so that nothing travels in them. An
// order that is no message is INVALID_ARGUMENT too.
template <typename Submission>
absl::Status CheckCardData(Submission& submission, std::string_view prefix);

// The order on its way to validation. Takes the content out of `submission`.
template <typename Submission>
std::unique_ptr<validation::v1::InboundOrder> ToInbound(Submission& submission, const Uuid& ingest_id);

}  // namespace ordermesh::feed
