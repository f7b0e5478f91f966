// Bad input of every kind at the edge: a typed error that names the field, and nothing else disturbed.
#include <grpcpp/generic/generic_stub.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/mesh_test.h"

namespace ordermesh::e2e {
namespace {

using common::v1::OrderResult;
using common::v1::OrderVerdict;
using common::v1::Violation;
using feed::v1::FeedService;
using ::testing::Contains;

class BadInputTest : public MeshTest {
 protected:
  // A payload of partner-a with one member's value replaced by other text.
  static std::string With(const std::string& member, const std::string& value) {
    std::string payload = PayloadA("BAD-1", 1);
    const size_t start = payload.find(absl::StrCat("\"", member, "\": ")) + member.size() + 4;
    const size_t end = payload.find_first_of(",}", start);
    return payload.replace(start, end - start, value);
  }

  static absl::StatusOr<feed::v1::BatchSubmitOrdersResponse> Batch(const feed::v1::BatchSubmitOrdersRequest& request) {
    auto feed = FeedService::NewStub(mesh_->Edge());
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    feed::v1::BatchSubmitOrdersResponse response;
    OM_RETURN_IF_ERROR(rpc::FromGrpc(feed->BatchSubmitOrders(&context, request, &response)));
    return response;
  }

  // After each test a good order still gets through.
  void TearDown() override {
    if (mesh_ == nullptr) return;
    const auto verdict = Submit("partner-b", PayloadB(absl::StrCat("AFTER-", ++good_orders_)));
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    EXPECT_EQ(verdict->verdict(), OrderVerdict::CREATED);
  }

  static int good_orders_;
};

int BadInputTest::good_orders_ = 0;

TEST_F(BadInputTest, UnreadablePayloadsAreRejectedAsSuch) {
  const std::string good = PayloadA("BAD-1", 1);
  const std::vector<std::pair<const char*, std::string>> payloads = {
      {"not JSON", R"({"externalOrderId": )"},
      {"text", "hello"},
      {"depth 10,000", std::string(10'000, '[')},
      {"depth 10,000 in an object", absl::StrCat(R"({"a": )", std::string(10'000, '['), std::string(10'000, ']'), "}")},
      {"an array", "[]"},
      {"a number", "42"},
      {"null", "null"},
      {"invalid UTF-8", "{\"externalOrderId\": \"\xff\xfe\"}"},
      {"NaN", With("unitPrice", "NaN")},
      {"Infinity", With("unitPrice", "Infinity")},
      {"trailing bytes", good + "x"},
      {"two objects", good + good},
      {"a repeated member", R"({"quantity": 1, )" + good.substr(1)},
      {"a NUL byte", good.substr(0, 40) + std::string(1, '\0') + good.substr(40)},
  };
  for (const auto& [what, payload] : payloads) {
    SCOPED_TRACE(what);
    const auto verdict = Submit("partner-a", payload);
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    EXPECT_EQ(verdict->verdict(), OrderVerdict::REJECTED);
    ASSERT_GT(verdict->violations_size(), 0);
    EXPECT_EQ(verdict->violations(0).code(), Violation::UNREADABLE) << verdict->ShortDebugString();
    EXPECT_FALSE(verdict->error_id().empty());
    EXPECT_EQ(Submit("partner-a", payload)->error_id(), verdict->error_id()) << "the same bytes, the same error";
  }
}

TEST_F(BadInputTest, WrongValuesAreRejectedByField) {
  struct Case {
    const char* what;
    std::string payload;
    const char* field;
    Violation::Code code;
  };
  const std::vector<Case> cases = {
      {"text for a number", With("unitPrice", R"("abc")"), "unitPrice", Violation::TYPE},
      {"an object for a number", With("unitPrice", R"({"amount" : 1})"), "unitPrice", Violation::TYPE},
      {"1e400", With("unitPrice", "1e400"), "unitPrice", Violation::OUT_OF_RANGE},
      {"ten decimals", With("unitPrice", "0.1234567891"), "unitPrice", Violation::OUT_OF_RANGE},
      {"a negative quantity", With("quantity", "-1"), "quantity", Violation::RANGE},
      {"no quantity", With("quantity", "null"), "quantity", Violation::REQUIRED},
      {"an empty id", With("externalOrderId", R"("")"), "externalOrderId", Violation::REQUIRED},
      {"an empty customer", With("customerId", R"("")"), "customerId", Violation::REQUIRED},
      {"an unknown currency", With("currency", R"("XYZ")"), "currency", Violation::ENUM},
      {"no time", With("transactionTime", R"("yesterday")"), "transactionTime", Violation::PATTERN},
  };
  for (const Case& bad : cases) {
    SCOPED_TRACE(bad.what);
    const auto verdict = Submit("partner-a", bad.payload);
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    EXPECT_EQ(verdict->verdict(), OrderVerdict::REJECTED);
    EXPECT_TRUE(HasViolation(*verdict, bad.field, bad.code)) << verdict->ShortDebugString();
    EXPECT_FALSE(verdict->error_id().empty());
  }
}

TEST_F(BadInputTest, EmptyObjectNamesEveryMissingField) {
  const auto verdict = Submit("partner-a", "{}");
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  for (const char* field : {"externalOrderId", "sequenceNumber", "productId", "customerId", "quantity", "unitPrice",
                            "currency", "transactionTime"}) {
    EXPECT_TRUE(HasViolation(*verdict, field, Violation::REQUIRED)) << field << ": " << verdict->ShortDebugString();
  }
}

TEST_F(BadInputTest, TypedOrderIsCheckedToo) {
  auto order = OrderA("BAD-TYPED-1", 7'000'001);
  order.mutable_lines(0)->set_quantity("NaN");
  auto verdict = SubmitOrder(order);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_EQ(verdict->verdict(), OrderVerdict::REJECTED);
  EXPECT_EQ(verdict->violations(0).field(), "quantity") << verdict->ShortDebugString();
  verdict = SubmitOrder([] {
    order::v1::Order empty;
    empty.set_partner_id("partner-a");
    return empty;
  }());
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_TRUE(HasViolation(*verdict, "externalOrderId", Violation::REQUIRED)) << verdict->ShortDebugString();
}

TEST_F(BadInputTest, UnknownPartnerIsNotFound) {
  EXPECT_EQ(Submit("nobody", "{}").status().code(), absl::StatusCode::kNotFound);
  const auto malformed = Submit("../etc", "{}").status();
  EXPECT_THAT(malformed.code(), ::testing::AnyOf(absl::StatusCode::kNotFound, absl::StatusCode::kInvalidArgument));
}

TEST_F(BadInputTest, RequestWithoutContentIsInvalid) {
  auto feed = FeedService::NewStub(mesh_->Edge());
  grpc::ClientContext context;
  feed::v1::SubmitOrderRequest request;
  request.set_partner_id("partner-a");
  OrderVerdict verdict;
  const auto status = rpc::FromGrpc(feed->SubmitOrder(&context, request, &verdict));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_FALSE(BadFields(status).empty()) << status;
}

TEST_F(BadInputTest, EmptyBatchIsInvalid) {
  feed::v1::BatchSubmitOrdersRequest request;
  request.set_partner_id("partner-a");
  const auto response = Batch(request);
  EXPECT_EQ(response.status().code(), absl::StatusCode::kInvalidArgument) << response.status();
  EXPECT_THAT(BadFields(response.status()), Contains("orders"));
}

TEST_F(BadInputTest, TooLargeABatchIsInvalid) {
  feed::v1::BatchSubmitOrdersRequest request;
  request.set_partner_id("partner-a");
  for (int i = 0; i < 10'001; ++i) request.add_orders()->set_raw_payload("{}");
  EXPECT_EQ(Batch(request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(BadInputTest, OneBadAmong999GoodIsTheOnlyOneRejected) {
  feed::v1::BatchSubmitOrdersRequest request;
  request.set_partner_id("partner-a");
  for (int i = 0; i < 1'000; ++i) {
    request.add_orders()->set_raw_payload(PayloadA(absl::StrCat("BATCH-", i), 8'000'000 + i));
  }
  request.mutable_orders(500)->set_raw_payload(With("unitPrice", R"("abc")"));
  const auto response = Batch(request);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->results_size(), 1'000);
  EXPECT_EQ(response->summary().created(), 999);
  EXPECT_EQ(response->summary().rejected(), 1);
  EXPECT_EQ(response->results(500).verdict(), OrderVerdict::REJECTED);
  EXPECT_EQ(response->results(499).verdict(), OrderVerdict::CREATED);
}

TEST_F(BadInputTest, OversizedOrderIsRefusedByName) {
  const auto verdict = Submit("partner-a", With("productId", absl::StrCat("\"", std::string(2 << 20, 'x'), "\"")));
  EXPECT_EQ(verdict.status().code(), absl::StatusCode::kInvalidArgument) << verdict.status();
  EXPECT_FALSE(BadFields(verdict.status()).empty()) << verdict.status();
}

TEST_F(BadInputTest, MessageOf64MegabytesEndsTheCall) {
  const auto verdict = Submit("partner-a", std::string(64 << 20, 'x'));
  EXPECT_EQ(verdict.status().code(), absl::StatusCode::kResourceExhausted) << verdict.status();
}

TEST_F(BadInputTest, BytesThatAreNoMessageEndTheCallOnly) {
  // Field 1 announces 100 bytes and has none.
  const grpc::Slice slice("\x0a\x64", 2);
  grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub(mesh_->Edge());
  auto call = stub.PrepareUnaryCall(&context, "/ordermesh.feed.v1.FeedService/SubmitOrder", request, &queue);
  call->StartCall();
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_FALSE(status.ok());
}

// One stream with good and bad items: every item gets its own answer.
TEST_F(BadInputTest, StreamAnswersEachItemByItself) {
  auto feed = FeedService::NewStub(mesh_->Edge());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
  auto stream = feed->StreamOrders(&context);
  feed::v1::StreamOrdersRequest request;
  request.set_partner_id("partner-b");
  const auto add = [&request](uint64_t tag) {
    auto* input = request.add_orders();
    input->set_tag(tag);
    return input;
  };
  add(1)->set_raw_payload(PayloadB("STREAM-1"));
  add(2)->set_raw_payload("nonsense");
  add(3);  // Without content.
  add(4)->set_raw_payload(PayloadB("STREAM-4"));
  ASSERT_TRUE(stream->Write(request));
  std::map<uint64_t, OrderResult> results;
  feed::v1::StreamOrdersResponse response;
  while (results.size() < 4 && stream->Read(&response)) {
    for (const OrderResult& result : response.results()) results[result.tag()] = result;
  }
  stream->WritesDone();
  stream->Finish();
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[1].verdict().verdict(), OrderVerdict::CREATED);
  EXPECT_EQ(results[2].verdict().verdict(), OrderVerdict::REJECTED);
  EXPECT_EQ(results[3].status().code(), static_cast<int>(absl::StatusCode::kInvalidArgument))
      << results[3].ShortDebugString();
  EXPECT_EQ(results[4].verdict().verdict(), OrderVerdict::CREATED);
}

TEST_F(BadInputTest, ReadsRefuseBadRequests) {
  auto orders = order::v1::OrderService::NewStub(mesh_->Edge());
  const auto list = [&orders](const order::v1::ListOrdersRequest& request) {
    grpc::ClientContext context;
    order::v1::ListOrdersResponse response;
    return rpc::FromGrpc(orders->ListOrders(&context, request, &response));
  };
  order::v1::ListOrdersRequest bad_size;
  bad_size.set_page_size(-1);
  EXPECT_THAT(BadFields(list(bad_size)), Contains("page_size"));
  order::v1::ListOrdersRequest bad_token;
  bad_token.set_page_token("nonsense");
  EXPECT_THAT(BadFields(list(bad_token)), Contains("page_token"));
  for (const char* id : {"", "nonsense", "0195d3f0-0000-7000-8000-000000000000"}) {
    grpc::ClientContext context;
    order::v1::GetOrderRequest request;
    request.set_id(id);
    order::v1::Order order;
    EXPECT_EQ(orders->GetOrder(&context, request, &order).error_code(), grpc::StatusCode::NOT_FOUND) << id;
  }
  grpc::ClientContext context;
  order::v1::WatchOrdersRequest past_the_end;
  past_the_end.set_after_position(1'000'000'000);
  auto watch = orders->WatchOrders(&context, past_the_end);
  order::v1::WatchOrdersResponse response;
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

}  // namespace
}  // namespace ordermesh::e2e
