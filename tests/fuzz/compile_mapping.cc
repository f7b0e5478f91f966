// A mapping, compiled and then used on a payload: `mapping NUL payload`.
#include <string>

#include "services/common/base/errors.h"
#include "services/validation/domain/partner_plan.h"
#include "tests/fuzz/target.h"

namespace ordermesh::fuzz {
namespace {

constexpr int kMaxProblems = 100;

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
