#include "services/validation/domain/test_support.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"

namespace ordermesh::validation {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<const PartnerPlan> Compiled(std::string_view partner_id, const ConfigFiles& files) {
  MappingProblems problems;
  auto plan = PartnerPlan::Compile(partner_id, files, kTestVersion, &problems);
  for (const auto& problem : problems) std::fprintf(stderr, "%s\n", problem.ShortDebugString().c_str());
  OM_CHECK(plan.ok());
  return *std::move(plan);
}

}  // namespace

std::string JsonText(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  return json + "\"";
}

ConfigFiles MappingFolder(std::string_view mapping) {
  ConfigFiles files;
  v1::ConfigFile* file = files.Add();
  file->set_path("mapping.yaml");
  file->set_content(std::string(mapping));
  return files;
}

ConfigFiles ShippedFolder(const std::string& partner_id) {
  ConfigFiles files;
  const fs::path folder = fs::path("config/partners") / partner_id;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    v1::ConfigFile* file = files.Add();
    file->set_path(entry.path().lexically_relative(folder).string());
    file->set_content(std::string(std::istreambuf_iterator<char>(stream), {}));
  }
  return files;
}

std::unique_ptr<const PartnerPlan> PlanOf(std::string_view mapping) { return Compiled("test", MappingFolder(mapping)); }

std::unique_ptr<const PartnerPlan> ShippedPlan(const std::string& partner_id) {
  return Compiled(partner_id, ShippedFolder(partner_id));
}

std::string Summary(const ViolationList& violations) {
  std::string text;
  for (const Violation& violation : violations) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", Violation::Code_Name(violation.code()), " ", violation.field());
    if (violation.line() > 0) absl::StrAppend(&text, ":", violation.line());
  }
  return text;
}

std::string PartnerAPayload() {
  return R"({"externalOrderId": "ORD-A-12345", "sequenceNumber": 42, "productId": "SKU-ABC123", "customerId": "CUST-001", )"
         R"("quantity": 5, "unitPrice": 29.99, "taxRate": 0.08, "currency": "USD", )"
         R"("transactionTime": "2026-01-15T10:30:00.000Z"})";
}

std::string PartnerBPayload() {
  return R"({"order": {"ref": "B-77", "placedAt": "2026-01-15 10:30:00"}, "buyer": {"id": "9001"}, )"
         R"("items": [{"sku": "SKU-1", "qty": 2, "price": "10.50"}], "tax": {"ratePercent": 8}, "currency": "EUR"})";
}

std::string OlistPayload() {
  return R"({"order_id":"e481","status":"delivered","purchased_at":"10/2/2017 10:56","approved_at":null,)"
         R"("customer":{"id":"7c39","zip":"3149"},"items":[{"n":1,"product_id":"8728","price":29.99,)"
         R"("freight_value":8.72}],"payments":[{"n":1,"value":18.12},{"n":3,"value":2},{"n":2,"value":18.59}]})";
}

std::string RetailPayload() {
  return R"({"InvoiceNo":"536365","lines":[{"StockCode":"85123A","Description":"","Quantity":"6",)"
         R"("InvoiceDate":"01/12/2010 08:26","UnitPrice":"2.55","CustomerID":"17850","Country":"United Kingdom"},)"
         R"({"StockCode":"POST","Description":"","Quantity":"1","InvoiceDate":"01/12/2010 08:26","UnitPrice":"3.39",)"
         R"("CustomerID":"17850","Country":"Nowhere"}]})";
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  OM_CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace ordermesh::validation
