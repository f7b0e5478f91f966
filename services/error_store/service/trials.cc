#include "services/error_store/service/trials.h"

#include <utility>

#include "services/common/base/card_data.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/patch.h"
#include "services/error_store/store/history.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::ErrorEdit;

// Sets `trial`; gives what is to be asked of validation.
void Prepare(const JobAction& action, ErrorEdit counts, Trial& trial, Validator::Request& request) {
  request.set_partner_id(trial.row.error.partner_id());
  if (!action.has_fix()) return MoveContent(counts, request);
  if (counts.has_order()) {
    trial.fits = PatchNeedsJson();
    return;
  }
  auto patched = ApplyPatch(action.fix().patch(), counts.raw_payload());
  // What holds card data is not kept, whoever puts it in.
  trial.fits = patched.ok() ? CheckJsonForCardData("raw_payload", *patched) : patched.status();
  if (!trial.fits.ok()) return;
  trial.payload = *std::move(patched);
  request.set_raw_payload(trial.payload);
}

}  // namespace

absl::StatusOr<std::vector<Trial>> TryAll(const kv::Kv& kv, const kv::Snapshot* snapshot, Validator& validator,
                                          const JobAction& action, bool ask, std::vector<Row> rows) {
  std::vector<Trial> trials(rows.size());
  std::vector<Validator::Request> requests;
  std::vector<size_t> asked;
  for (size_t i = 0; i < rows.size(); ++i) {
    Trial& trial = trials[i];
    trial.row = std::move(rows[i]);
    if (!Sends(action)) continue;
    OM_ASSIGN_OR_RETURN(ErrorEdit counts, PayloadThatCounts(kv, trial.row, snapshot));
    Validator::Request request;
    Prepare(action, std::move(counts), trial, request);
    if (!ask || !trial.fits.ok()) continue;
    requests.push_back(std::move(request));
    asked.push_back(i);
  }
  std::vector<Validator::Response> responses;
  OM_RETURN_IF_ERROR(validator.AskAll(std::move(requests), &responses));
  for (size_t i = 0; i < asked.size(); ++i) {
    const auto& found = responses[i].violations();
    trials[asked[i]].violations.assign(found.begin(), found.end());
  }
  return trials;
}

}  // namespace ordermesh::error_store
