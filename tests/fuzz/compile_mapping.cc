// A mapping, compiled, drafted on, and then used on a payload: `mapping NUL payload`.
#include <string>

#include "services/common/base/errors.h"
#include "services/validation/domain/mapping_draft.h"
#include "services/validation/domain/partner_plan.h"
#include "tests/fuzz/target.h"

namespace ordermesh::fuzz {
namespace {

constexpr int kMaxProblems = 100;

// A patch said in a mapping: refused, or a mapping that makes the external order id as before.
void Draft(const validation::PartnerPlan& plan, const validation::ConfigFiles& files) {
  for (const char* const path : {"id", "who", "customer.id", "lines[].q", "rows[].n", "lines[].CustomerID"}) {
    error::v1::Patch patch;
    auto* const set = patch.add_operations()->mutable_set();
    set->set_path(path);
    set->set_value("\"1\"");
    auto* const replace = patch.add_operations()->mutable_replace();
    replace->set_path(path);
    replace->set_from("\"a, b\"");
    replace->set_to("\"c: #\"");
    const auto draft = validation::DraftMapping("partner", files, patch);
    if (!draft.ok()) continue;
    validation::ConfigFiles drafted = files;
    drafted.Mutable(0)->set_content(draft->mapping);
    const auto next = validation::PartnerPlan::Compile("partner", drafted, /*version=*/2, nullptr);
    OM_CHECK(!next.ok() || (*next)->KeepsExternalIdOf(plan));
  }
}

void Compile(std::string_view input) {
  const std::string_view mapping = TakeUntil('\0', input);
  validation::ConfigFiles files;
  auto* file = files.Add();
  file->set_path("mapping.yaml");
  file->set_content(std::string(mapping));
  validation::MappingProblems problems;
  const auto plan = validation::PartnerPlan::Compile("partner", files, /*version=*/1, &problems);
  OM_CHECK(plan.ok() == problems.empty());
  OM_CHECK(problems.size() <= kMaxProblems);
  for (const auto& problem : problems) OM_CHECK(!problem.message().empty());
  if (!plan.ok()) return;
  OM_CHECK((*plan)->KeepsExternalIdOf(**plan));
  Draft(**plan, files);
  validation::Scratch scratch;
  order::v1::Order order;
  (*plan)->MapRaw(input, absl::FromUnixSeconds(1'768'473'000), scratch, order);
}

}  // namespace
}  // namespace ordermesh::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ordermesh::fuzz::Compile(ordermesh::fuzz::TextOf(data, size));
  return 0;
}
