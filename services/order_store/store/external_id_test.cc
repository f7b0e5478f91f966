// Finding orders by their external id.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/order_store/testing/store_fixture.h"

namespace ordermesh::order_store {
namespace {

using order::v1::ListOrdersRequest;
using order::v1::Order;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ExternalIdTest : public StoreFixture {
 protected:
  ExternalIdTest() {
    OpenInMemory();
    for (const char* partner : {"partner-a", "partner-b"}) {
      for (const char* id : {"ORD-1", "ORD-2"}) {
        Order order = MakeOrder(id);
        order.set_partner_id(partner);
        Commit(++ingest_, order);
      }
    }
  }

  static ListOrdersRequest Of(const std::string& partner, const std::string& external_order_id) {
    ListOrdersRequest request;
    request.set_partner_id(partner);
    request.set_external_order_id(external_order_id);
    return request;
  }
  // "partner id" of the orders of all pages.
  std::vector<std::string> List(ListOrdersRequest request) {
    std::vector<std::string> found;
    do {
      const auto page = store_->List(request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const Order& order : page->orders()) found.push_back(order.partner_id() + " " + order.external_order_id());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return found;
  }

  uint64_t ingest_ = 0;
};

TEST_F(ExternalIdTest, FindsTheOneOrderOfAPartner) {
  EXPECT_THAT(List(Of("partner-b", "ORD-1")), ElementsAre("partner-b ORD-1"));
  for (const char* none : {"ORD-3", "ORD", "ORD-10"}) EXPECT_THAT(List(Of("partner-b", none)), IsEmpty());
  EXPECT_THAT(List(Of("partner-c", "ORD-1")), IsEmpty());
  EXPECT_THAT(List(Of("Not An Id", "ORD-1")), IsEmpty());
  EXPECT_THAT(List(Of("partner-b", std::string(129, 'x'))), IsEmpty());
}

TEST_F(ExternalIdTest, WithoutAPartnerItLooksAtAllNewestFirst) {
  EXPECT_THAT(List(Of("", "ORD-2")), ElementsAre("partner-b ORD-2", "partner-a ORD-2"));
  ListOrdersRequest request = Of("", "ORD-2");
  request.set_page_size(1);
  const auto page = store_->List(request);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->orders_size(), 1);
  EXPECT_FALSE(page->next_page_token().empty());
  EXPECT_THAT(List(request), ElementsAre("partner-b ORD-2", "partner-a ORD-2"));
}

TEST_F(ExternalIdTest, TheOtherFiltersHoldAsWell) {
  ListOrdersRequest request = Of("partner-a", "ORD-1");
  request.set_product_id("SKU-ABC123");
  request.set_customer_id("CUST-001");
  EXPECT_THAT(List(request), ElementsAre("partner-a ORD-1"));
  request.set_customer_id("other");
  EXPECT_THAT(List(request), IsEmpty());
}

TEST_F(ExternalIdTest, BadRequestsAreRefusedAsWithoutIt) {
  ListOrdersRequest request = Of("partner-a", "ORD-1");
  request.set_page_size(-1);
  EXPECT_EQ(store_->List(request).status().code(), absl::StatusCode::kInvalidArgument);
  request.set_page_size(0);
  request.set_page_token("nonsense");
  EXPECT_EQ(store_->List(request).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ordermesh::order_store
