#include "services/common/base/order_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/normal_order.h"
#include "services/common/base/order_bytes.h"

namespace ordermesh {
namespace {

using order::v1::Order;

void Fill(int64_t units, google::type::Money* money) {
  money->set_currency_code("USD");
  money->set_units(units);
  money->set_nanos(-990'000'000);
}

// Every field is set.
Order FullOrder() {
  Order order;
  order.set_id("id");
  order.set_external_order_id("ORD-1");
  order.set_partner_id("partner-a");
  order.set_sequence_number(-42);
  for (int i = 0; i < 3; ++i) {
    auto* line = order.add_lines();
    line->set_product_id("SKU-" + std::to_string(i));
    line->set_quantity("5.25");
    Fill(-29, line->mutable_unit_price());
  }
  order.set_customer_id("CUST-1");
  order.set_tax_rate("0.08");
  Fill(1, order.mutable_gross_amount());
  Fill(int64_t{1} << 62, order.mutable_tax_amount());
  Fill(-3, order.mutable_net_amount());
  order.set_currency("USD");
  order.mutable_transaction_time()->set_seconds(1'768'473'000);
  order.mutable_transaction_time()->set_nanos(7);
  order.mutable_received_time()->set_seconds(8);
  order.mutable_processed_at()->set_seconds(9);
  order.set_raw_payload(std::string("\xff\0{}", 4));
  order.set_mapping_version(12);
  order.set_ingest_id("ingest");
  order.set_trace_id("trace");
  return order;
}

template <typename Money>
Money Copied(const auto& view) {
  Money money;
  money.set_currency_code(std::string(view.currency_code()));
  money.set_units(view.units());
  money.set_nanos(view.nanos());
  return money;
}

// The message that a view sees, so that both can be compared. Of two times only the presence.
Order Copied(const OrderView& view) {
  using google::type::Money;
  Order order;
  order.set_id(std::string(view.id()));
  order.set_external_order_id(std::string(view.external_order_id()));
  order.set_partner_id(std::string(view.partner_id()));
  if (view.has_sequence_number()) order.set_sequence_number(view.sequence_number());
  for (const OrderLineView& from : view.lines()) {
    auto* line = order.add_lines();
    line->set_product_id(std::string(from.product_id()));
    line->set_quantity(std::string(from.quantity()));
    if (from.has_unit_price()) *line->mutable_unit_price() = Copied<Money>(from.unit_price());
  }
  order.set_customer_id(std::string(view.customer_id()));
  order.set_tax_rate(std::string(view.tax_rate()));
  if (view.has_gross_amount()) *order.mutable_gross_amount() = Copied<Money>(view.gross_amount());
  if (view.has_tax_amount()) *order.mutable_tax_amount() = Copied<Money>(view.tax_amount());
  if (view.has_net_amount()) *order.mutable_net_amount() = Copied<Money>(view.net_amount());
  order.set_currency(std::string(view.currency()));
  if (view.has_transaction_time()) {
    order.mutable_transaction_time()->set_seconds(view.transaction_time().seconds());
    order.mutable_transaction_time()->set_nanos(view.transaction_time().nanos());
  }
  if (view.has_received_time()) order.mutable_received_time();
  if (view.has_processed_at()) order.mutable_processed_at();
  order.set_raw_payload(std::string(view.raw_payload()));
  order.set_mapping_version(view.mapping_version());
  order.set_ingest_id(std::string(view.ingest_id()));
  order.set_trace_id(std::string(view.trace_id()));
  return order;
}

std::string NormalForm(const auto& order) {
  std::string form;
  AppendNormalForm(order, &form);
  return form;
}

TEST(OrderViewTest, SeesWhatTheMessageHolds) {
  Order order = FullOrder();
  OrderView view;
  const std::string bytes = order.SerializeAsString();
  ASSERT_TRUE(view.Read(bytes));
  EXPECT_EQ(NormalForm(view), NormalForm(order));
  order.mutable_received_time()->Clear();
  order.mutable_processed_at()->Clear();
  EXPECT_EQ(Copied(view).SerializeAsString(), order.SerializeAsString());
  order.clear_raw_payload();
  Order rest;
  ASSERT_TRUE(rest.ParseFromString(std::string(view.before_raw_payload()) + std::string(view.after_raw_payload())));
  EXPECT_EQ(rest.raw_payload(), "");
  EXPECT_EQ(rest.ingest_id(), "ingest");
}

TEST(OrderViewTest, ReadsOneOrderAfterAnotherAndKeepsNothingOfTheFirst) {
  OrderView view;
  const std::string full = FullOrder().SerializeAsString();
  ASSERT_TRUE(view.Read(full));
  ASSERT_TRUE(view.Read(""));
  EXPECT_EQ(Copied(view).SerializeAsString(), "");
  EXPECT_EQ(view.before_raw_payload(), "");
}

TEST(OrderViewTest, TheRawPayloadMayComeLast) {
  Order order = FullOrder();
  order.clear_raw_payload();
  std::string bytes;
  WriteOrder(order, "{\"a\": 1}", bytes);
  OrderView view;
  ASSERT_TRUE(view.Read(bytes));
  EXPECT_EQ(view.raw_payload(), "{\"a\": 1}");
  EXPECT_EQ(view.before_raw_payload(), order.SerializeAsString());
  EXPECT_EQ(view.after_raw_payload(), "");
  Order parsed;
  ASSERT_TRUE(parsed.ParseFromString(bytes));
  EXPECT_EQ(parsed.raw_payload(), "{\"a\": 1}");
  EXPECT_FALSE(view.Read(bytes + bytes));
  EXPECT_FALSE(view.Read(bytes + parsed.SerializeAsString()));
}

TEST(OrderViewTest, LeavesWhatIsNotWrittenInTheUsualWayToTheParser) {
  const auto with = [](void (*change)(Order&)) {
    Order order = FullOrder();
    change(order);
    return order.SerializeAsString();
  };
  const auto unknown = [](google::protobuf::Message& message) {
    message.GetReflection()->MutableUnknownFields(&message)->AddVarint(900, 1);
  };
  Order in_order = FullOrder(), in_line = FullOrder(), in_price = FullOrder(), in_time = FullOrder();
  unknown(in_order);
  unknown(*in_line.mutable_lines(1));
  unknown(*in_price.mutable_lines(2)->mutable_unit_price());
  unknown(*in_time.mutable_transaction_time());
  const std::string usual = FullOrder().SerializeAsString();
  const std::pair<const char*, std::string> cases[] = {
      {"an unknown field", in_order.SerializeAsString()},
      {"one in a line", in_line.SerializeAsString()},
      {"one in a price", in_price.SerializeAsString()},
      {"one in a time", in_time.SerializeAsString()},
      {"not ASCII", with([](Order& o) { o.set_customer_id("K\xc3\xb6ln"); })},
      {"not ASCII in a line", with([](Order& o) { o.mutable_lines(0)->set_product_id("K\xc3\xb6ln-and-more"); })},
      {"a field twice", usual + "\x92\x01\x01x"},
      {"a field too early", usual + "\x12\x01x"},
      {"a known field of another type", std::string("\x10\x01", 2)},
      {"a group", std::string("\x2b\x2c", 2)},
      {"a zero tag", std::string("\0", 1)},
      {"a tag of six bytes", std::string("\x92\x80\x80\x80\x80\0\0", 7)},
      {"a size of six bytes", std::string("\x12\x81\x80\x80\x80\x80\0x", 8)},
      {"a number of eleven bytes", std::string("\x20\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\0", 12)},
      {"a size past the end", "\x12\x05x"},
      {"a price twice in a line", std::string("\x2a\x04\x1a\0\x1a\0", 6)},
  };
  OrderView view;
  for (const auto& [what, bytes] : cases) EXPECT_FALSE(view.Read(bytes)) << what;
  for (size_t size = 0; size < usual.size(); ++size) {
    Order parsed;
    const std::string cut = usual.substr(0, size);
    EXPECT_TRUE(!view.Read(cut) || parsed.ParseFromString(cut)) << size;
  }
}

// What the view takes, the parser takes too and sees the same: nothing may be stored that cannot be read.
TEST(OrderViewTest, NeverSeesAnythingElseThanTheParser) {
  std::mt19937 random(17);
  const std::string usual = FullOrder().SerializeAsString();
  OrderView view;
  int read = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string bytes = usual;
    for (uint32_t changes = 1 + random() % 3; changes > 0; --changes) {
      const size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 4);
          break;
        case 2:
          bytes.insert(at, 1, static_cast<char>(random() % 4 == 0 ? random() : 0));
          break;
        default:
          bytes.resize(at);
      }
      if (bytes.empty()) break;
    }
    if (!view.Read(bytes)) continue;
    ++read;
    Order parsed;
    ASSERT_TRUE(parsed.ParseFromString(bytes)) << round;
    if (parsed.has_received_time()) parsed.mutable_received_time()->Clear();
    if (parsed.has_processed_at()) parsed.mutable_processed_at()->Clear();
    ASSERT_EQ(Copied(view).SerializeAsString(), parsed.SerializeAsString()) << round;
  }
  EXPECT_GT(read, 1'000);
}

}  // namespace
}  // namespace ordermesh
