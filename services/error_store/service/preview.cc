#include "services/error_store/service/preview.h"

#include <limits>
#include <utility>

#include "services/common/base/errors.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::PreviewJobRequest;
using ordermesh::error::v1::PreviewJobResponse;

// Errors that are tried between two messages.
constexpr size_t kPiece = 500;
constexpr int64_t kFromTheEnd = std::numeric_limits<int64_t>::max();

}  // namespace

absl::Status CheckPreview(const PreviewJobRequest& request) {
  OM_RETURN_IF_ERROR(FilterOf(request.filter()).status());
  if (request.examples() < 0 || request.examples() > kMaxExamples) {
    return InvalidField("examples", "must be 0 to 20");
  }
  return CheckJobAction(request.action());
}

absl::StatusOr<int64_t> CountMatching(const kv::Kv& kv, const ErrorFilter& filter, const kv::Snapshot* snapshot) {
  int64_t count = 0;
  int64_t before = kFromTheEnd;
  while (before > 0) {
    OM_ASSIGN_OR_RETURN(before, Scan(kv, filter, snapshot, kMaxListSteps).Below(before, [&count](const Found&) {
      ++count;
      return true;
    }));
  }
  return count;
}

Preview::Preview(const ErrorStore& store, Validator& validator, PreviewJobRequest request)
    : store_(store),
      validator_(validator),
      request_(std::move(request)),
      filter_(*FilterOf(request_.filter())),
      snapshot_(store.kv().NewSnapshot()),
      before_(kFromTheEnd),
      outcomes_(request_.examples() == 0 ? kDefaultExamples : request_.examples()) {}

absl::StatusOr<bool> Preview::Next(PreviewJobResponse* response) {
  if (!matched_.has_value()) {
    OM_ASSIGN_OR_RETURN(matched_, CountMatching(store_.kv(), filter_, snapshot_.get()));
  }
  std::vector<Row> rows;
  Scan scan(store_.kv(), filter_, snapshot_.get(), kMaxListSteps);
  OM_ASSIGN_OR_RETURN(before_, scan.Below(before_, [&rows](Found found) {
    if (rows.size() == kPiece) return false;
    rows.push_back(std::move(found.row));
    return true;
  }));
  OM_ASSIGN_OR_RETURN(const auto trials, TryAll(store_.kv(), snapshot_.get(), validator_, request_.action(),
                                                Sends(request_.action()), std::move(rows)));
  for (const Trial& trial : trials) Count(trial);
  Report(response);
  return before_ == 0;
}

void Preview::Count(const Trial& trial) {
  ++tried_;
  OutcomeKind kind{.passes = trial.Passes(), .field = {}, .message = {}};
  if (!trial.fits.ok()) {
    kind.message = std::string(trial.fits.message());
  } else if (!trial.violations.empty()) {
    kind.code = trial.violations.front().code();
    kind.field = trial.violations.front().field();
    kind.message = trial.violations.front().message();
  }
  outcomes_.Add(std::move(kind), trial.row.error.id());
}

void Preview::Report(PreviewJobResponse* response) const {
  response->set_matched(*matched_);
  response->set_tried(tried_);
  outcomes_.Report(response->mutable_outcomes());
}

}  // namespace ordermesh::error_store
