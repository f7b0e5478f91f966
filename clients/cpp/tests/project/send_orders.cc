// Sends orders to a running mesh with the installed package: one alone, the same again, a bad one, and 5,000 over a
// stream.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "ordermesh/client.h"

namespace {

using ordermesh::Result;
using ordermesh::common::v1::OrderVerdict;

constexpr int kCount = 5000;
const std::string kPartner = "partner-b";

std::string Order(int number, int quantity = 2) {
  const std::string reference = std::string(std::getenv("ORDERMESH_RUN")) + "-cpp-" + std::to_string(number);
  return R"({"order": {"ref": ")" + reference + R"(", "placedAt": "2026-01-15 10:30:00"}, "buyer": {"id": "9001"}, )" +
         R"("items": [{"sku": "SKU-1", "qty": )" + std::to_string(quantity) +
         R"(, "price": "10.50"}], "tax": {"ratePercent": 8}, "currency": "EUR"})";
}

void Expect(const std::string& what, bool holds, const Result& result) {
  if (holds) return;
  std::cerr << what << ": " << result.status.error_message() << " " << result.verdict.ShortDebugString() << "\n";
  std::exit(1);
}

void SendStream(ordermesh::Client* client) {
  std::vector<std::future<Result>> futures;
  {
    const std::unique_ptr<ordermesh::OrderStream> stream = client->Stream(kPartner);
    for (int number = 1; number <= kCount; ++number) futures.push_back(stream->Submit(Order(number)));
  }
  std::set<std::string> ids;
  Result last;
  for (std::future<Result>& future : futures) {
    last = future.get();
    Expect("the stream", last.verdict.verdict() == OrderVerdict::CREATED, last);
    ids.insert(last.verdict.order_id());
  }
  Expect("one id an order", ids.size() == kCount, last);

  ordermesh::order::v1::GetOrderRequest request;
  request.set_id(last.verdict.order_id());
  ordermesh::order::v1::Order stored;
  grpc::ClientContext context;
  client->Prepare(&context);
  last.status = client->orders()->GetOrder(&context, request, &stored);
  Expect("the stored order", stored.raw_payload() == Order(kCount), last);
}

}  // namespace

int main() {
  ordermesh::ClientOptions options;
  options.address = std::getenv("ORDERMESH_ADDRESS");
  std::ifstream(std::getenv("ORDERMESH_KEY_FILE")) >> options.api_key;
  options.timeout = std::chrono::seconds(30);
  ordermesh::Client client(options);

  const Result first = client.Submit(kPartner, Order(0));
  Expect("one order", first.verdict.verdict() == OrderVerdict::CREATED, first);
  const Result again = client.Submit(kPartner, Order(0));
  Expect("the same again", again.verdict.verdict() == OrderVerdict::REPLAYED, again);
  Expect("its id", again.verdict.order_id() == first.verdict.order_id(), again);
  const Result bad = client.Submit(kPartner, Order(-1, -1));
  Expect("a bad one", bad.verdict.verdict() == OrderVerdict::REJECTED, bad);
  Expect("its violation", bad.verdict.violations(0).field() == "quantity", bad);
  SendStream(&client);

  options.api_key = "omk_live_wrong";
  const Result refused = ordermesh::Client(options).Submit(kPartner, Order(0));
  Expect("a wrong key", refused.status.error_code() == grpc::StatusCode::UNAUTHENTICATED, refused);
  std::cout << "cpp: one order, one replay, one rejection, " << kCount << " over a stream, a wrong key refused\n";
}
