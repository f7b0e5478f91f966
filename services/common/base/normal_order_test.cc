#include "services/common/base/normal_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "ordermesh/order/v1/order.pb.h"

namespace ordermesh {
namespace {

using order::v1::Order;

Order Sample() {
  Order order;
  order.set_partner_id("partner-a");
  order.set_external_order_id("ORD-1");
  order.set_sequence_number(42);
  order.set_customer_id("CUST-1");
  order.set_currency("USD");
  order.set_tax_rate("0.08");
  order.mutable_transaction_time()->set_seconds(1'768'473'000);
  auto* line = order.add_lines();
  line->set_product_id("SKU-1");
  line->set_quantity("5");
  line->mutable_unit_price()->set_units(29);
  line->mutable_unit_price()->set_nanos(900'000'000);
  return order;
}

std::string FormOf(const Order& order) {
  std::string form;
  AppendNormalForm(order, &form);
  return form;
}

TEST(NormalOrderTest, EveryInputFieldCounts) {
  const std::vector<std::function<void(Order&)>> changes = {
      [](Order& o) { o.set_partner_id("partner-b"); },
      [](Order& o) { o.set_external_order_id("ORD-2"); },
      [](Order& o) { o.set_sequence_number(43); },
      [](Order& o) { o.clear_sequence_number(); },
      [](Order& o) { o.set_customer_id("CUST-2"); },
      [](Order& o) { o.set_currency("EUR"); },
      [](Order& o) { o.set_tax_rate("0.09"); },
      [](Order& o) { o.set_tax_rate("nonsense"); },
      [](Order& o) { o.mutable_transaction_time()->set_seconds(1); },
      [](Order& o) { o.mutable_transaction_time()->set_nanos(1); },
      [](Order& o) { o.mutable_lines(0)->set_product_id("SKU-2"); },
      [](Order& o) { o.mutable_lines(0)->set_quantity("6"); },
      [](Order& o) { o.mutable_lines(0)->mutable_unit_price()->set_units(30); },
      [](Order& o) { o.mutable_lines(0)->mutable_unit_price()->set_nanos(-1); },
      [](Order& o) { *o.add_lines() = o.lines(0); },
      [](Order& o) { o.clear_lines(); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    Order changed = Sample();
    changes[i](changed);
    EXPECT_NE(FormOf(changed), FormOf(Sample())) << "change " << i;
  }
}

TEST(NormalOrderTest, NumbersCountByValue) {
  Order order = Sample();
  order.set_tax_rate("0.0800");
  order.mutable_lines(0)->set_quantity("5.0");
  EXPECT_EQ(FormOf(order), FormOf(Sample()));
  Order none = Sample(), zero = Sample();
  none.clear_tax_rate();
  zero.set_tax_rate("0");
  EXPECT_EQ(FormOf(none), FormOf(zero));
}

TEST(NormalOrderTest, WhatIsOursDoesNotCount) {
  Order order = Sample();
  order.set_id("id");
  order.set_ingest_id("ingest");
  order.set_mapping_version(7);
  order.set_raw_payload("{}");
  order.mutable_gross_amount()->set_units(1);
  order.mutable_received_time()->set_seconds(1);
  order.mutable_processed_at()->set_seconds(1);
  order.mutable_lines(0)->mutable_unit_price()->set_currency_code("USD");
  EXPECT_EQ(FormOf(order), FormOf(Sample()));
}

TEST(NormalOrderTest, FieldsCannotRunIntoEachOther) {
  Order a = Sample(), b = Sample();
  a.set_customer_id("C1");
  a.set_currency("2USD");
  b.set_customer_id("C12");
  b.set_currency("USD");
  EXPECT_NE(FormOf(a), FormOf(b));
}

}  // namespace
}  // namespace ordermesh
