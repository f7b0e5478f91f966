#include "tests/e2e/mesh_test.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace ordermesh::e2e {

using common::v1::OrderVerdict;

std::unique_ptr<Mesh> MeshTest::mesh_;

void MeshTest::SetUpTestSuite() {
  auto mesh = Mesh::Start();
  ASSERT_TRUE(mesh.ok()) << mesh.status();
  mesh_ = *std::move(mesh);
}

void MeshTest::TearDownTestSuite() {
  if (mesh_ != nullptr && ::testing::Test::HasFailure()) {
    mesh_->Keep();
    std::cerr << "kept: " << mesh_->data() << "\n";
  }
  mesh_.reset();
}

nlohmann::json MeshTest::CliJson(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"-o", "json"});
  const ProcessResult result = mesh_->Cli(arguments);
  EXPECT_EQ(result.exit_code, 0) << arguments[0] << ": " << result.out << result.err;
  auto parsed = nlohmann::json::parse(result.out, nullptr, false);
  EXPECT_FALSE(parsed.is_discarded()) << result.out;
  return parsed;
}

absl::StatusOr<OrderVerdict> MeshTest::Submit(const std::string& partner, const std::string& payload,
                                              absl::Duration deadline) {
  auto feed = feed::v1::FeedService::NewStub(mesh_->Edge());
  feed::v1::SubmitOrderRequest request;
  request.set_partner_id(partner);
  request.set_raw_payload(payload);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
  context.set_wait_for_ready(true);
  OrderVerdict verdict;
  OM_RETURN_IF_ERROR(rpc::FromGrpc(feed->SubmitOrder(&context, request, &verdict)));
  return verdict;
}

absl::StatusOr<OrderVerdict> MeshTest::SubmitOrder(const order::v1::Order& order) {
  auto feed = feed::v1::FeedService::NewStub(mesh_->Edge());
  feed::v1::SubmitOrderRequest request;
  request.set_partner_id(order.partner_id());
  *request.mutable_order() = order;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
  OrderVerdict verdict;
  OM_RETURN_IF_ERROR(rpc::FromGrpc(feed->SubmitOrder(&context, request, &verdict)));
  return verdict;
}

OrderVerdict MeshTest::SubmitUntilAnswered(const std::string& partner, const std::string& payload) {
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  for (;;) {
    const auto verdict = Submit(partner, payload);
    if (verdict.ok()) return *verdict;
    EXPECT_EQ(verdict.status().code(), absl::StatusCode::kUnavailable) << verdict.status();
    if (absl::Now() > deadline) {
      ADD_FAILURE() << "no verdict within a minute: " << verdict.status();
      return {};
    }
    absl::SleepFor(RetryDelayOf(verdict.status()).value_or(absl::Milliseconds(100)));
  }
}

int64_t MeshTest::StoredOrders() {
  const auto stats = CliJson({"orders", "stats"});
  return CountOf(stats.at("totalCount"));
}

int64_t MeshTest::StoredErrors() {
  const auto stats = CliJson({"errors", "stats"});
  return CountOf(stats.at("totalCount"));
}

std::string PayloadA(const std::string& id, int64_t number) {
  return absl::StrCat(R"({"externalOrderId": ")", id, R"(", "sequenceNumber": )", number,
                      R"(, "productId": "SKU-ABC123", "customerId": "CUST-001", "quantity": 5, "unitPrice": 29.99, )",
                      R"("taxRate": 0.08, "currency": "USD", "transactionTime": "2026-01-15T10:30:00.000Z"})");
}

std::string PayloadB(const std::string& ref) {
  return absl::StrCat(R"({"order": {"ref": ")", ref,
                      R"(", "placedAt": "2026-01-15 10:30:00"}, "buyer": {"id": "9001"}, )",
                      R"("items": [{"sku": "SKU-1", "qty": 2, "price": "10.50"}], "tax": {"ratePercent": 8}, )",
                      R"("currency": "EUR"})");
}

order::v1::Order OrderA(const std::string& id, int64_t number) {
  order::v1::Order order;
  order.set_partner_id("partner-a");
  order.set_external_order_id(id);
  order.set_sequence_number(number);
  auto* line = order.add_lines();
  line->set_product_id("SKU-ABC123");
  line->set_quantity("5");
  line->mutable_unit_price()->set_units(29);
  line->mutable_unit_price()->set_nanos(990'000'000);
  order.set_customer_id("CUST-001");
  order.set_tax_rate("0.08");
  order.set_currency("USD");
  order.mutable_transaction_time()->set_seconds(1'768'473'000);
  return order;
}

bool HasViolation(const OrderVerdict& verdict, const std::string& field, common::v1::Violation::Code code) {
  for (const auto& violation : verdict.violations()) {
    if (violation.field() == field && violation.code() == code) return true;
  }
  return false;
}

int64_t CountOf(const nlohmann::json& value) {
  return value.is_string() ? std::stoll(value.get<std::string>()) : value.get<int64_t>();
}

std::vector<std::string> BadFields(const absl::Status& status) {
  std::vector<std::string> fields;
  const google::rpc::Status message = ToProto(status);
  for (const auto& detail : message.details()) {
    google::rpc::BadRequest bad;
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  }
  return fields;
}

}  // namespace ordermesh::e2e
