#include "services/validation/domain/draft_folder.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "services/common/base/errors.h"
#include "services/common/base/unified_diff.h"
#include "services/validation/domain/check_folder.h"
#include "services/validation/domain/example_draft.h"
#include "services/validation/domain/mapping_compiler.h"
#include "services/validation/domain/mapping_draft.h"

namespace ordermesh::validation {
namespace {

// What the partners service takes of a config.
constexpr size_t kMaxFolderBytes = 1 << 20;

size_t BytesOf(const ConfigFiles& files) {
  size_t bytes = 0;
  for (const v1::ConfigFile& file : files) bytes += file.path().size() + file.content().size();
  return bytes;
}

// Bytes that are equal where the orders are, whatever version of the config they are of.
std::string FormOf(order::v1::Order order) {
  order.clear_mapping_version();
  std::string form;
  {
    google::protobuf::io::StringOutputStream stream(&form);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    order.SerializeToCodedStream(&out);
  }
  return form;
}

class FolderDraft {
 public:
  FolderDraft(const ConfigFiles& live, const v1::DraftMappingRequest& request, absl::Time now)
      : live_(live), request_(request), now_(now), files_(live) {}

  absl::StatusOr<v1::DraftMappingResponse> Make() {
    OM_ASSIGN_OR_RETURN(draft_, DraftMapping(request_.partner_id(), live_, request_.patch()));
    Put(std::string(kMappingFile), draft_.mapping);
    OM_ASSIGN_OR_RETURN(live_plan_, PartnerPlan::Compile(request_.partner_id(), live_, 0, nullptr));
    OM_ASSIGN_OR_RETURN(plan_, CompileDraft());
    response_.mutable_effects()->Assign(draft_.effects.begin(), draft_.effects.end());
    FitExamples();
    for (const v1::MappingTrial& trial : request_.trials()) Try(trial);
    auto checked = CheckFolder(request_.partner_id(), files_, live_);
    response_.mutable_problems()->Swap(checked.mutable_problems());
    TellFiles();
    return std::move(response_);
  }

 private:
  absl::StatusOr<std::unique_ptr<const PartnerPlan>> CompileDraft() const {
    MappingProblems problems;
    auto plan = PartnerPlan::Compile(request_.partner_id(), files_, 0, &problems);
    if (plan.ok()) return plan;
    return Refusal(absl::StatusCode::kFailedPrecondition, "NOT_EXPRESSIBLE",
                   absl::StrCat("the mapping itself refuses it: ", problems.Get(0).message()));
  }

  void Put(const std::string& path, std::string content) {
    for (v1::ConfigFile& file : files_) {
      if (file.path() == path) return file.set_content(std::move(content));
    }
    v1::ConfigFile* const file = files_.Add();
    file->set_path(path);
    file->set_content(std::move(content));
  }

  void FitExamples() {
    for (v1::ConfigFile& file : files_) {
      if (!IsExample(file.path())) continue;
      const auto found = ViolationsOfExample(*plan_, files_, file);
      if (!found.has_value()) continue;
      auto fitted = FitExample(file.content(), *found, draft_.fields);
      if (!fitted.has_value()) continue;
      file.set_content(std::move(fitted->content));
      response_.add_effects(absl::StrCat(file.path(), " expects no more: ", fitted->cured, "."));
    }
  }

  void Try(const v1::MappingTrial& trial) {
    v1::MappingTrialResult& result = *response_.add_results();
    order::v1::Order order;
    Outcome outcome = plan_->MapRaw(trial.raw_payload(), now_, scratch_, order);
    result.set_passes(outcome.violations.empty());
    if (!result.passes()) {
      result.mutable_violation()->Swap(outcome.violations.Mutable(0));
      return;
    }
    if (!trial.patched_payload().empty()) result.set_differs(!IsWhatThePatchMakes(trial, order));
    if (!result.differs() && response_.example_error_id().empty()) AddExample(trial, order);
  }

  bool IsWhatThePatchMakes(const v1::MappingTrial& trial, const order::v1::Order& order) {
    order::v1::Order patched;
    const Outcome outcome = live_plan_->MapRaw(trial.patched_payload(), now_, scratch_, patched);
    return outcome.violations.empty() && FormOf(order) == FormOf(patched);
  }

  void AddExample(const v1::MappingTrial& trial, const order::v1::Order& order) {
    order::v1::Order unused;
    const Outcome before = live_plan_->MapRaw(trial.raw_payload(), now_, scratch_, unused);
    if (before.violations.empty() || trial.raw_payload().size() > kMaxExampleBytes) return;
    if (files_.size() + 2 > kMaxFolderFiles ||
        BytesOf(files_) + kMaxExampleBytes + trial.raw_payload().size() > kMaxFolderBytes)
      return;
    const NewExample example = MakeExample(trial, before.violations.Get(0), order, draft_.fields, now_);
    Put(example.payload_path, trial.raw_payload());
    Put(example.path, example.content);
    response_.set_example_error_id(trial.error_id());
    response_.add_effects(
        absl::StrCat(example.path, " keeps that the payload of error ", trial.error_id(), " is an order now."));
  }

  void TellFiles() {
    for (const v1::ConfigFile& file : files_) {
      const v1::ConfigFile* const before = FindFile(live_, file.path());
      const auto old = before == nullptr ? std::nullopt : std::optional<std::string_view>(before->content());
      std::string diff = UnifiedDiff(file.path(), old, file.content());
      if (diff.empty()) continue;
      v1::DraftedFile& told = *response_.add_files();
      told.set_path(file.path());
      told.set_content(file.content());
      told.set_unified_diff(std::move(diff));
    }
  }

  const ConfigFiles& live_;
  const v1::DraftMappingRequest& request_;
  const absl::Time now_;
  ConfigFiles files_;
  MappingDraft draft_;
  std::unique_ptr<const PartnerPlan> live_plan_;
  std::unique_ptr<const PartnerPlan> plan_;
  Scratch scratch_;
  v1::DraftMappingResponse response_;
};

}  // namespace

absl::StatusOr<v1::DraftMappingResponse> DraftFolder(const ConfigFiles& live, const v1::DraftMappingRequest& request,
                                                     absl::Time now) {
  return FolderDraft(live, request, now).Make();
}

}  // namespace ordermesh::validation
