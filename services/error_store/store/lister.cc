#include "services/error_store/store/lister.h"

#include <optional>
#include <utility>
#include <vector>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/base/page_token.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/filter.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/committer.h"
#include "services/error_store/store/posting_cursor.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::ListErrorsRequest;
using ordermesh::error::v1::ListErrorsResponse;

std::vector<PostingCursor> CursorsOf(const kv::Kv& kv, const ErrorFilter& filter, const kv::Snapshot* snapshot) {
  std::vector<PostingCursor> cursors;
  if (!filter.partner_id.empty()) cursors.emplace_back(kv, kPostings, PartnerPostings(filter.partner_id), snapshot);
  if (filter.code.has_value()) cursors.emplace_back(kv, kPostings, CodePostings(*filter.code), snapshot);
  if (filter.status.has_value()) cursors.emplace_back(kv, kPostings, StatusPostings(*filter.status), snapshot);
  if (cursors.empty()) cursors.emplace_back(kv, kRows, "", snapshot);
  return cursors;
}

// One page on its way.
class Page {
 public:
  Page(const kv::Kv& kv, const ErrorFilter& filter, int size, ListErrorsResponse* response)
      : kv_(kv),
        filter_(filter),
        size_(size),
        snapshot_(kv.NewSnapshot()),
        matching_(CursorsOf(kv, filter, snapshot_.get())),
        response_(response) {}

  // Fills the page with errors below `before`. Returns the position before which the next page starts; 0 at the end.
  absl::StatusOr<int64_t> Fill(int64_t before) {
    int64_t position = before - 1;
    while (position > 0) {
      OM_ASSIGN_OR_RETURN(const auto match, matching_.AtOrBelow(position, budget_));
      if (!match.has_value()) return position + 1;
      if (*match == 0) return 0;
      // Only now, so that a page that ends with the last error has no token.
      if (response_->errors_size() == size_ || bytes_ >= kMaxStreamMessageBytes) return position + 1;
      OM_ASSIGN_OR_RETURN(const bool zone_matches, ZoneMayMatch(ZoneOf(position)));
      if (!zone_matches) {
        position = FirstPositionOf(ZoneOf(position)) - 1;
        continue;
      }
      OM_RETURN_IF_ERROR(Take(position));
      --position;
    }
    return 0;
  }

 private:
  absl::StatusOr<bool> ZoneMayMatch(int64_t number) {
    if (!filter_.HasTime()) return true;
    if (number != zone_number_) {
      OM_ASSIGN_OR_RETURN(zone_, ReadZone(kv_, number, snapshot_.get()));
      zone_number_ = number;
    }
    return filter_.MayMatchSeconds(zone_.received_first, zone_.received_last);
  }

  absl::Status Take(int64_t position) {
    budget_.Spend();
    OM_ASSIGN_OR_RETURN(const auto stored, kv_.Get(kRows, PositionKey(position), snapshot_.get()));
    if (!stored.has_value()) return BadRecord("posting without a row");
    OM_ASSIGN_OR_RETURN(Row row, DecodeRow(*stored));
    if (!filter_.MatchesTime(row.error.received_time())) return absl::OkStatus();
    bytes_ += stored->size();
    response_->add_errors()->Swap(&row.error);
    return absl::OkStatus();
  }

  const kv::Kv& kv_;
  const ErrorFilter& filter_;
  const int size_;
  const std::unique_ptr<kv::Snapshot> snapshot_;
  Intersection matching_;
  Budget budget_{kMaxListSteps};
  int64_t zone_number_ = -1;
  Zone zone_;
  size_t bytes_ = 0;
  ListErrorsResponse* const response_;
};

}  // namespace

absl::Status ListErrors(const kv::Kv& kv, uint32_t shard, const ListErrorsRequest& request,
                        ListErrorsResponse* response) {
  OM_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  OM_ASSIGN_OR_RETURN(const ErrorFilter filter, FilterOf(request));
  const std::string filter_text = filter.ToText();
  OM_ASSIGN_OR_RETURN(const int64_t before, DecodePageToken(request.page_token(), shard, filter_text));
  if (!filter.partner_id.empty() && !IsPartnerId(filter.partner_id)) return absl::OkStatus();
  OM_ASSIGN_OR_RETURN(const int64_t next, Page(kv, filter, size, response).Fill(before));
  if (next > 0) response->set_next_page_token(EncodePageToken(shard, next, filter_text));
  return absl::OkStatus();
}

}  // namespace ordermesh::error_store
