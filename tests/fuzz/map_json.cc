// A partner's payload through a compiled mapping. The first byte chooses the partner.
#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/validation/domain/partner_plan.h"
#include "tests/fuzz/target.h"

namespace ordermesh::fuzz {
namespace {

using validation::PartnerPlan;

constexpr const char* kPartners[] = {"partner-a", "partner-b", "olist", "retail-uk"};

// Of the working folder, which is the project's.
std::unique_ptr<const PartnerPlan> Shipped(const std::string& partner_id) {
  std::ifstream stream("config/partners/" + partner_id + "/mapping.yaml", std::ios::binary);
  validation::ConfigFiles files;
  auto* file = files.Add();
  file->set_path("mapping.yaml");
  file->set_content(std::string(std::istreambuf_iterator<char>(stream), {}));
  validation::MappingProblems problems;
  auto plan = PartnerPlan::Compile(partner_id, files, /*version=*/1, &problems);
  OM_CHECK(plan.ok());
  return *std::move(plan);
}

void Map(std::string_view input) {
  static const auto* const plans = new std::array<std::unique_ptr<const PartnerPlan>, std::size(kPartners)>{
      Shipped(kPartners[0]), Shipped(kPartners[1]), Shipped(kPartners[2]), Shipped(kPartners[3])};
  static auto* const scratch = new validation::Scratch;
  if (input.empty()) return;
  const PartnerPlan& plan = *(*plans)[static_cast<unsigned char>(input[0]) % plans->size()];
  order::v1::Order order;
  const validation::Outcome outcome =
      plan.MapRaw(input.substr(1), absl::FromUnixSeconds(1'768'473'000), *scratch, order);
  OM_CHECK(outcome.violations.size() <= kMaxViolations);
  // What was not mapped has a reason, and what was mapped can be stored: every text is UTF-8.
  OM_CHECK(outcome.mapped || !outcome.violations.empty());
  OM_CHECK(outcome.readable || !outcome.mapped);
  OM_CHECK(order::v1::Order().ParseFromString(order.SerializeAsString()));
  if (outcome.violations.empty()) OM_CHECK(order.has_net_amount() && !order.external_order_id().empty());
}

}  // namespace
}  // namespace ordermesh::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ordermesh::fuzz::Map(ordermesh::fuzz::TextOf(data, size));
  return 0;
}
