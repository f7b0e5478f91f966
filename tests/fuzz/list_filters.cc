// The filters of both lists, one a line: partner, product, customer, from, to, page size, token, code, status. Times
// and numbers are decimal; an empty line leaves its field out.
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/page_token.h"
#include "services/common/kv/memory_kv.h"
#include "services/error_store/domain/filter.h"
#include "services/error_store/store/lister.h"
#include "services/error_store/store/schema.h"
#include "services/order_store/store/order_store.h"
#include "services/order_store/store/schema.h"
#include "services/order_store/testing/orders.h"
#include "tests/fuzz/target.h"

namespace ordermesh::fuzz {
namespace {

constexpr int kOrders = 60;

// Some orders of partner-a, not all indexed.
std::unique_ptr<order_store::OrderStore> FilledStore() {
  const std::string mark = (std::filesystem::temp_directory_path() / "ordermesh-fuzz-XXXXXX").string();
  std::string folder = mark;
  OM_CHECK(mkdtemp(folder.data()) != nullptr);
  order_store::StoreOptions options;
  options.mark_path = folder + "/mark";
  options.clock = [] { return int64_t{1'768'473'061'000'000'000}; };
  options.threads = false;
  auto store = order_store::OrderStore::Open(kv::NewMemoryKv(order_store::kFamilies), nullptr, std::move(options));
  OM_CHECK(store.ok());
  // The mark is mapped: it needs its name no more.
  std::filesystem::remove_all(folder);
  for (uint64_t i = 1; i <= kOrders; ++i) {
    order::v1::CommitOrdersRequest request;
    order_store::AddOrder(request, i, order_store::MakeOrder(absl::StrCat("order-", i)));
    OM_CHECK((*store)->Submit(order_store::Prepare(request), [](order_store::PreparedGroup&) {}));
    OM_CHECK((*store)->StepWriter());
    if (i == kOrders / 2) OM_CHECK((*store)->StepIndexer());
  }
  return *std::move(store);
}

// Nothing where the line is no number.
void SetTime(std::string_view line, google::protobuf::Timestamp* (*field)(void*), void* request) {
  int64_t seconds = 0;
  if (absl::SimpleAtoi(absl::string_view(line.data(), line.size()), &seconds)) field(request)->set_seconds(seconds);
}

template <typename Request>
void SetTimes(std::string_view from, std::string_view to, Request& request) {
  const auto field_from = [](void* r) { return static_cast<Request*>(r)->mutable_from(); };
  const auto field_to = [](void* r) { return static_cast<Request*>(r)->mutable_to(); };
  SetTime(from, field_from, &request);
  SetTime(to, field_to, &request);
}

int NumberIn(std::string_view line) {
  int number = 0;
  return absl::SimpleAtoi(absl::string_view(line.data(), line.size()), &number) ? number : 0;
}

void List(std::string_view input) {
  static const auto* const store = new std::unique_ptr<order_store::OrderStore>(FilledStore());
  static const auto* const errors = new std::unique_ptr<kv::Kv>(kv::NewMemoryKv(error_store::Families().size()));
  order::v1::ListOrdersRequest orders_request;
  error::v1::ListErrorsRequest errors_request;
  orders_request.set_partner_id(std::string(TakeUntil('\n', input)));
  errors_request.set_partner_id(orders_request.partner_id());
  orders_request.set_product_id(std::string(TakeUntil('\n', input)));
  orders_request.set_customer_id(std::string(TakeUntil('\n', input)));
  const std::string_view from = TakeUntil('\n', input);
  const std::string_view to = TakeUntil('\n', input);
  SetTimes(from, to, orders_request);
  SetTimes(from, to, errors_request);
  orders_request.set_page_size(NumberIn(TakeUntil('\n', input)));
  errors_request.set_page_size(orders_request.page_size());
  orders_request.set_page_token(std::string(TakeUntil('\n', input)));
  errors_request.set_page_token(orders_request.page_token());
  errors_request.set_code(static_cast<common::v1::Violation::Code>(NumberIn(TakeUntil('\n', input))));
  errors_request.set_status(static_cast<error::v1::OrderError::Status>(NumberIn(TakeUntil('\n', input))));

  const auto page = (*store)->List(orders_request);
  OM_CHECK(page.ok() || absl::IsInvalidArgument(page.status()));
  if (page.ok()) {
    OM_CHECK(page->orders_size() <= kMaxPageSize);
    for (const auto& order : page->orders()) {
      OM_CHECK(orders_request.partner_id().empty() || order.partner_id() == orders_request.partner_id());
      OM_CHECK(orders_request.customer_id().empty() || order.customer_id() == orders_request.customer_id());
    }
  }
  error::v1::ListErrorsResponse listed;
  const absl::Status status = error_store::ListErrors(**errors, /*shard=*/0, errors_request, &listed);
  OM_CHECK(status.ok() || absl::IsInvalidArgument(status));
}

}  // namespace
}  // namespace ordermesh::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ordermesh::fuzz::List(ordermesh::fuzz::TextOf(data, size));
  return 0;
}
