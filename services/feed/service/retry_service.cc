#include "services/feed/service/retry_service.h"

#include <utility>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/feed/domain/submission.h"
#include "services/feed/service/ingest_id.h"
#include "services/feed/service/receipts.h"

namespace ordermesh::feed {
namespace {

// The order on its way, if it may go.
absl::StatusOr<std::unique_ptr<validation::v1::InboundOrder>> Take(const v1::RetryOrderRequest& request,
                                                                   const PartnerDirectory& partners, absl::Time now) {
  OM_RETURN_IF_ERROR(partners.Find(request.partner_id()).status());
  // The same on the wire but for the error's id, with the order as bytes.
  internal::v1::SubmitOrderRequest submission;
  if (!submission.ParseFromString(request.SerializeAsString())) return InvalidField("order", "cannot be forwarded");
  OM_RETURN_IF_ERROR(CheckContent(submission));
  OM_RETURN_IF_ERROR(CheckCardData(submission, ""));
  auto inbound = ToInbound(submission, NewIngestId(now));
  inbound->set_retry(true);
  return inbound;
}

}  // namespace

grpc::ServerUnaryReactor* RetryService::RetryOrder(grpc::CallbackServerContext* context,
                                                   const v1::RetryOrderRequest* request,
                                                   common::v1::OrderVerdict* response) {
  const UnaryCall call{context, context->DefaultReactor()};
  const absl::Time now = absl::Now();
  auto inbound = Take(*request, partners_, now);
  if (!inbound.ok()) {
    call.Refuse(inbound.status(), 1);
    return call.reactor;
  }
  Inlet::Inbound orders;
  orders.push_back(*std::move(inbound));
  inlet_.Take(std::make_shared<UnaryReceipt>(now, call, response), request->partner_id(), std::move(orders),
              inlet_.GiveUpAt(now, absl::FromChrono(context->deadline())));
  return call.reactor;
}

}  // namespace ordermesh::feed
