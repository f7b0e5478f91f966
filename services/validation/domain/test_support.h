// What the tests of the domain share: folders, plans and payloads.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ordermesh/order/v1/order.pb.h"
#include "services/validation/domain/partner_plan.h"

namespace ordermesh::validation {

// The config version of every plan below.
inline constexpr int32_t kTestVersion = 7;

// A JSON string, quotes included.
std::string JsonText(std::string_view text);

// A folder of one mapping.yaml.
ConfigFiles MappingFolder(std::string_view mapping);
// The folder of a partner that ships with the product.
ConfigFiles ShippedFolder(const std::string& partner_id);

// The plan of a mapping that must compile; the test ends otherwise.
std::unique_ptr<const PartnerPlan> PlanOf(std::string_view mapping);
std::unique_ptr<const PartnerPlan> ShippedPlan(const std::string& partner_id);

// Violations as `CODE field:line`, comma-separated, in their order; the line only where there is one.
std::string Summary(const ViolationList& violations);

// The contract's payloads.
std::string PartnerAPayload();
std::string PartnerBPayload();
std::string OlistPayload();
std::string RetailPayload();

// `text` with the first occurrence of `from` replaced; the test ends where it does not occur.
std::string Replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace ordermesh::validation
