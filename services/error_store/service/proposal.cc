#include "services/error_store/service/proposal.h"

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/domain/patch.h"
#include "services/error_store/service/outcome_counts.h"
#include "services/error_store/service/preview.h"
#include "services/error_store/store/history.h"
#include "services/error_store/store/reader.h"
#include "services/error_store/store/scan.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::ErrorEdit;
using ordermesh::error::v1::ProposeMappingRequest;
using ordermesh::error::v1::ProposeMappingResponse;
using validation::v1::DraftMappingRequest;
using validation::v1::DraftMappingResponse;

constexpr int64_t kFromTheEnd = std::numeric_limits<int64_t>::max();

class Proposal {
 public:
  Proposal(const ErrorStore& store, Validator& validator, const ProposeMappingRequest& request)
      : kv_(store.kv()),
        validator_(validator),
        request_(request),
        snapshot_(store.kv().NewSnapshot()),
        outcomes_(kDefaultExamples) {}

  absl::StatusOr<ProposeMappingResponse> Make() {
    const std::string& partner = request_.filter().partner_id();
    if (partner.empty()) return InvalidField("filter.partner_id", "is required");
    OM_ASSIGN_OR_RETURN(const ErrorFilter filter, FilterOf(request_.filter()));
    std::vector<Row> rows;
    OM_RETURN_IF_ERROR(TakeError(partner, rows));
    OM_RETURN_IF_ERROR(CheckPatch(response_.patch()));
    response_.set_partner_id(partner);
    OM_ASSIGN_OR_RETURN(const int64_t matched, CountMatching(kv_, filter, snapshot_.get()));
    response_.mutable_trials()->set_matched(matched);
    OM_RETURN_IF_ERROR(FindNewest(filter, rows));
    OM_RETURN_IF_ERROR(TryAll(rows));
    outcomes_.Report(response_.mutable_trials()->mutable_outcomes());
    return std::move(response_);
  }

 private:
  // The error that the request names comes first, so that it is the example; it is counted where the filter finds it.
  absl::Status TakeError(const std::string& partner, std::vector<Row>& rows) {
    *response_.mutable_patch() = request_.patch();
    if (request_.error_id().empty()) return absl::OkStatus();
    const auto id = Uuid::Parse(request_.error_id());
    if (!id.has_value()) return ErrorNotFound();
    OM_ASSIGN_OR_RETURN(StoredRow found, FindRow(kv_, *id, snapshot_.get()));
    if (found.row.error.partner_id() != partner) return ErrorNotFound();
    if (!request_.has_patch()) {
      OM_ASSIGN_OR_RETURN(*response_.mutable_patch(), PatchOfLastEdit(kv_, request_.error_id(), partner));
    }
    rows.push_back(std::move(found.row));
    uncounted_ = 1;
    return absl::OkStatus();
  }

  absl::Status FindNewest(const ErrorFilter& filter, std::vector<Row>& rows) {
    const size_t most = rows.size() + kMaxDraftTrials;
    int64_t before = kFromTheEnd;
    size_t bytes = 0;
    while (before > 0 && rows.size() < most && bytes < kMaxDraftBytes) {
      Scan scan(kv_, filter, snapshot_.get(), kMaxListSteps);
      OM_ASSIGN_OR_RETURN(before, scan.Below(before, [&](Found found) {
        if (rows.size() == most || bytes >= kMaxDraftBytes) return false;
        bytes += found.row.payload_size;
        rows.push_back(std::move(found.row));
        return true;
      }));
    }
    return absl::OkStatus();
  }

  absl::Status TryAll(const std::vector<Row>& rows) {
    DraftMappingRequest piece;
    size_t bytes = 0;
    for (const Row& row : rows) {
      OM_ASSIGN_OR_RETURN(const ErrorEdit original, OriginalPayload(kv_, row, snapshot_.get()));
      if (original.has_order()) {
        Count({.field = {}, .message = std::string(PatchNeedsJson().message())}, row.error.id());
        continue;
      }
      auto* const trial = piece.add_trials();
      trial->set_error_id(row.error.id());
      trial->set_raw_payload(original.raw_payload());
      auto patched = ApplyPatch(response_.patch(), original.raw_payload());
      if (patched.ok()) trial->set_patched_payload(*std::move(patched));
      bytes += trial->ByteSizeLong();
      if (bytes < kDraftPieceBytes) continue;
      OM_RETURN_IF_ERROR(Ask(piece));
      piece.clear_trials();
      bytes = 0;
    }
    return piece.trials_size() > 0 || response_.base_version() == 0 ? Ask(piece) : absl::OkStatus();
  }

  // Every question is answered with the same draft: only the first one's is kept, or the first with an example.
  absl::Status Ask(DraftMappingRequest& piece) {
    piece.set_partner_id(request_.filter().partner_id());
    *piece.mutable_patch() = response_.patch();
    piece.set_base_version(response_.base_version());
    OM_ASSIGN_OR_RETURN(DraftMappingResponse draft, validator_.Draft(piece));
    for (int i = 0; i < draft.results_size() && i < piece.trials_size(); ++i) {
      const auto& result = draft.results(i);
      OutcomeKind kind{.passes = result.passes(), .field = {}, .message = {}};
      if (!result.passes()) {
        kind.code = result.violation().code();
        kind.field = result.violation().field();
        kind.message = result.violation().message();
      }
      Count(std::move(kind), piece.trials(i).error_id(), result.differs());
    }
    if (response_.base_version() != 0 && (has_example_ || draft.example_error_id().empty())) return absl::OkStatus();
    has_example_ = !draft.example_error_id().empty();
    response_.set_base_version(draft.base_version());
    response_.clear_files();
    response_.clear_problems();
    for (auto& file : *draft.mutable_files()) {
      auto& told = *response_.add_files();
      told.set_path(file.path());
      told.set_content(std::move(*file.mutable_content()));
      told.set_unified_diff(std::move(*file.mutable_unified_diff()));
    }
    for (const auto& problem : draft.problems()) {
      auto& told = *response_.add_problems();
      told.set_path(problem.path());
      told.set_line(problem.line());
      told.set_column(problem.column());
      told.set_message(problem.message());
    }
    response_.mutable_effects()->Swap(draft.mutable_effects());
    return absl::OkStatus();
  }

  void Count(OutcomeKind kind, const std::string& error_id, bool differs = false) {
    if (uncounted_ > 0) {
      --uncounted_;
      return;
    }
    auto& trials = *response_.mutable_trials();
    trials.set_tried(trials.tried() + 1);
    if (kind.passes) trials.set_passes(trials.passes() + 1);
    if (differs) trials.set_differs(trials.differs() + 1);
    outcomes_.Add(std::move(kind), error_id);
  }

  const kv::Kv& kv_;
  Validator& validator_;
  const ProposeMappingRequest& request_;
  const std::unique_ptr<kv::Snapshot> snapshot_;
  ProposeMappingResponse response_;
  OutcomeCounts outcomes_;
  // Rows at the beginning that the filter did not find.
  int uncounted_ = 0;
  bool has_example_ = false;
};

}  // namespace

absl::StatusOr<ProposeMappingResponse> ProposeMapping(const ErrorStore& store, Validator& validator,
                                                      const ProposeMappingRequest& request) {
  return Proposal(store, validator, request).Make();
}

}  // namespace ordermesh::error_store
