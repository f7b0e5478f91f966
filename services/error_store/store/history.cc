#include "services/error_store/store/history.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/base/page_token.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/event_log.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/reader.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::ErrorEdit;
using ordermesh::error::v1::ListErrorEditsRequest;
using ordermesh::error::v1::ListErrorEditsResponse;
using ordermesh::error::v1::ListErrorEventsRequest;
using ordermesh::error::v1::ListErrorEventsResponse;

absl::StatusOr<Row> VisibleRow(const kv::Kv& kv, const std::string& id, const std::string& visible_partner,
                               const kv::Snapshot* snapshot) {
  const auto uuid = Uuid::Parse(id);
  if (!uuid.has_value()) return ErrorNotFound();
  OM_ASSIGN_OR_RETURN(StoredRow found, FindRow(kv, *uuid, snapshot));
  const bool foreign = !visible_partner.empty() && found.row.error.partner_id() != visible_partner;
  if (foreign) return ErrorNotFound();
  return std::move(found.row);
}

absl::StatusOr<ErrorEdit> EditOf(const kv::Kv& kv, const Row& row, int number, const kv::Snapshot* snapshot) {
  if (number == 0) return OriginalPayload(kv, row, snapshot);
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kEdits, EditKey(row.origin, number), snapshot));
  if (!stored.has_value()) return BadRecord("edit");
  return DecodeEdit(*stored);
}

// Walks the numbers of events: all of them, or those of one error.
class EventNumbers {
 public:
  EventNumbers(const kv::Kv& kv, std::optional<int64_t> origin, const kv::Snapshot* snapshot)
      : prefix_(origin.has_value() ? PositionKey(*origin) : ""),
        entries_(kv.NewIterator(origin.has_value() ? kEventIndex : kEvents, snapshot)) {}

  void Seek(int64_t number) { entries_->Seek(prefix_ + PositionKey(number)); }
  bool Valid() const { return entries_->Valid() && entries_->key().starts_with(prefix_); }
  void Next() { entries_->Next(); }
  absl::StatusOr<int64_t> number() const { return PositionOf(entries_->key().substr(prefix_.size())); }
  absl::Status status() const { return entries_->status(); }

 private:
  const std::string prefix_;
  const std::unique_ptr<kv::Iterator> entries_;
};

bool Matches(const ErrorEvent& event, const ListErrorEventsRequest& request, const std::string& visible_partner) {
  if (!visible_partner.empty() && event.partner_id() != visible_partner) return false;
  return request.actor().empty() || event.actor() == request.actor();
}

}  // namespace

absl::Status ListEdits(const kv::Kv& kv, uint32_t shard, const ListErrorEditsRequest& request,
                       const std::string& visible_partner, ListErrorEditsResponse* response) {
  OM_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  OM_ASSIGN_OR_RETURN(const int64_t start, DecodeRisingPageToken(request.page_token(), shard, request.id()));
  const auto snapshot = kv.NewSnapshot();
  OM_ASSIGN_OR_RETURN(const Row row, VisibleRow(kv, request.id(), visible_partner, snapshot.get()));
  size_t bytes = 0;
  for (int64_t number = start; number <= row.error.edits(); ++number) {
    if (response->edits_size() == size || (bytes > 0 && bytes >= kMaxStreamMessageBytes)) {
      response->set_next_page_token(EncodePageToken(shard, number, request.id()));
      return absl::OkStatus();
    }
    OM_ASSIGN_OR_RETURN(ErrorEdit edit, EditOf(kv, row, static_cast<int>(number), snapshot.get()));
    bytes += edit.ByteSizeLong();
    response->add_edits()->Swap(&edit);
  }
  return absl::OkStatus();
}

absl::Status ListEvents(const kv::Kv& kv, uint32_t shard, const ListErrorEventsRequest& request,
                        const std::string& visible_partner, ListErrorEventsResponse* response) {
  OM_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  const std::string filter = absl::StrCat(request.error_id(), "|", visible_partner, "|", request.actor());
  OM_ASSIGN_OR_RETURN(const int64_t start, DecodeRisingPageToken(request.page_token(), shard, filter));
  const auto snapshot = kv.NewSnapshot();
  std::optional<int64_t> origin;
  if (!request.error_id().empty()) {
    OM_ASSIGN_OR_RETURN(const Row row, VisibleRow(kv, request.error_id(), visible_partner, snapshot.get()));
    origin = row.origin;
  }
  EventNumbers numbers(kv, origin, snapshot.get());
  size_t bytes = 0;
  int steps = 0;
  for (numbers.Seek(start); numbers.Valid(); numbers.Next()) {
    OM_ASSIGN_OR_RETURN(const int64_t number, numbers.number());
    if (response->events_size() == size || bytes >= kMaxStreamMessageBytes || ++steps > kMaxListSteps) {
      response->set_next_page_token(EncodePageToken(shard, number, filter));
      return absl::OkStatus();
    }
    OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kEvents, PositionKey(number), snapshot.get()));
    if (!stored.has_value()) return BadRecord("event");
    OM_ASSIGN_OR_RETURN(ErrorEvent event, Unseal(number, *stored));
    if (!Matches(event, request, visible_partner)) continue;
    bytes += stored->size();
    response->add_events()->Swap(&event);
  }
  return numbers.status();
}

absl::StatusOr<ErrorEdit> OriginalPayload(const kv::Kv& kv, const Row& row, const kv::Snapshot* snapshot) {
  ErrorEdit edit;
  *edit.mutable_time() = row.error.received_time();
  edit.set_payload_sha256(row.payload_sha256);
  if (row.payload_size == 0) {
    edit.set_raw_payload("");
    return edit;
  }
  OM_ASSIGN_OR_RETURN(const auto stored, kv.Get(kPayloads, PositionKey(row.origin), snapshot));
  if (!stored.has_value()) return BadRecord("payload");
  ErrorMessage content;
  OM_RETURN_IF_ERROR(DecodePayload(*stored, content));
  MoveContent(content, edit);
  return edit;
}

absl::StatusOr<ErrorEdit> PayloadThatCounts(const kv::Kv& kv, const Row& row, const kv::Snapshot* snapshot) {
  return EditOf(kv, row, row.error.edits(), snapshot);
}

absl::StatusOr<PatchMessage> PatchOfLastEdit(const kv::Kv& kv, const std::string& id,
                                             const std::string& visible_partner) {
  const auto snapshot = kv.NewSnapshot();
  OM_ASSIGN_OR_RETURN(const Row row, VisibleRow(kv, id, visible_partner, snapshot.get()));
  if (row.error.edits() == 0) return NoEdit();
  OM_ASSIGN_OR_RETURN(const ErrorEdit before, OriginalPayload(kv, row, snapshot.get()));
  OM_ASSIGN_OR_RETURN(const ErrorEdit after, EditOf(kv, row, row.error.edits(), snapshot.get()));
  if (before.has_order() || after.has_order()) return PatchNeedsJson();
  return DerivePatch(before.raw_payload(), after.raw_payload());
}

absl::StatusOr<ordermesh::validation::v1::DryRunRequest> PayloadToTry(
    const kv::Kv& kv, const ordermesh::error::v1::TryEditRequest& request, const std::string& visible_partner) {
  using ordermesh::error::v1::TryEditRequest;
  const auto snapshot = kv.NewSnapshot();
  OM_ASSIGN_OR_RETURN(const Row row, VisibleRow(kv, request.id(), visible_partner, snapshot.get()));
  ordermesh::validation::v1::DryRunRequest dry_run;
  dry_run.set_partner_id(row.error.partner_id());
  if (request.content_case() == TryEditRequest::kRawPayload) {
    dry_run.set_raw_payload(request.raw_payload());
  } else if (request.content_case() == TryEditRequest::kOrder) {
    *dry_run.mutable_order() = request.order();
  } else {
    OM_ASSIGN_OR_RETURN(ErrorEdit edit, EditOf(kv, row, row.error.edits(), snapshot.get()));
    MoveContent(edit, dry_run);
  }
  return dry_run;
}

absl::StatusOr<std::optional<RetryPayload>> PayloadToRetry(const kv::Kv& kv, const Uuid& id) {
  const auto snapshot = kv.NewSnapshot();
  const auto found = FindRow(kv, id, snapshot.get());
  if (absl::IsNotFound(found.status())) return std::nullopt;
  OM_RETURN_IF_ERROR(found.status());
  const Row& row = found->row;
  if (row.error.status() != ErrorMessage::RETRYING) return std::nullopt;
  OM_ASSIGN_OR_RETURN(ErrorEdit edit, EditOf(kv, row, row.error.edits(), snapshot.get()));
  RetryPayload payload{.request = {}, .retry = row.error.retries()};
  payload.request.set_partner_id(row.error.partner_id());
  payload.request.set_error_id(row.error.id());
  MoveContent(edit, payload.request);
  return payload;
}

}  // namespace ordermesh::error_store
