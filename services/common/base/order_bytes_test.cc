#include "services/common/base/order_bytes.h"

#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include "ordermesh/order/v1/order_commit_service.pb.h"
#include "ordermesh/validation/v1/validation_service.pb.h"

namespace ordermesh {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::DynamicMessageFactory;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::Message;
using order::v1::Order;

Order SmallOrder() {
  Order order;
  order.set_external_order_id("ORD-1");
  order.set_partner_id("partner-a");
  order.add_lines()->set_product_id("SKU-1");
  order.mutable_lines(0)->mutable_unit_price()->set_units(-29);
  order.set_mapping_version(12);
  return order;
}

TEST(WriteOrderTest, TheRawPayloadIsTheLastField) {
  Order order = SmallOrder();
  std::string bytes = "what was there before";
  WriteOrder(order, "", bytes);
  EXPECT_EQ(bytes, order.SerializeAsString());
  for (const size_t size : {1, 127, 128, 20'000}) {
    const std::string payload(size, '\xff');
    WriteOrder(order, payload, bytes);
    Order parsed;
    ASSERT_TRUE(parsed.ParseFromString(bytes));
    EXPECT_EQ(bytes.substr(bytes.size() - size), payload);
    order.set_raw_payload(payload);
    EXPECT_EQ(parsed.SerializeAsString(), order.SerializeAsString());
    order.clear_raw_payload();
  }
}

TEST(OrderScratchTest, ParsesOneOrderAfterAnother) {
  OrderScratch scratch;
  const Order* order = scratch.Parse(SmallOrder().SerializeAsString());
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->lines_size(), 1);
  EXPECT_EQ(scratch.Parse("\x12\x05x"), nullptr);
  EXPECT_EQ(scratch.Parse("\x12\x01\xff"), nullptr);
  order = scratch.Parse("");
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->ByteSizeLong(), 0u);
}

TEST(OrderScratchTest, DoesNotKeepTheMemoryOfAHugeOrder) {
  OrderScratch scratch;
  Order huge;
  for (int i = 0; i < 20'000; ++i) huge.add_lines()->set_product_id(std::string(100, 'x'));
  ASSERT_NE(scratch.Parse(huge.SerializeAsString()), nullptr);
  const std::string small = SmallOrder().SerializeAsString();
  for (int i = 0; i < 40'000; ++i) ASSERT_NE(scratch.Parse(small), nullptr);
  EXPECT_LT(scratch.Next(0).SpaceUsedLong(), size_t{1} << 20);
}

// The message as releases before have it: its field `order` is an Order.
class OldMessage {
 public:
  explicit OldMessage(const Descriptor* now) : pool_(DescriptorPool::generated_pool()), factory_(&pool_) {
    FileDescriptorProto file;
    file.set_name("old.proto");
    file.set_package("old");
    file.set_syntax("proto3");
    file.add_dependency(now->file()->name());
    file.add_dependency(Order::descriptor()->file()->name());
    now->CopyTo(file.add_message_type());
    for (auto& field : *file.mutable_message_type(0)->mutable_field()) {
      if (field.name() != "order") continue;
      EXPECT_EQ(field.type(), FieldDescriptorProto::TYPE_BYTES);
      field.set_type(FieldDescriptorProto::TYPE_MESSAGE);
      field.set_type_name(".ordermesh.order.v1.Order");
    }
    const Descriptor* const old = pool_.BuildFile(file)->message_type(0);
    message_.reset(factory_.GetPrototype(old)->New());
    order_ = old->FindFieldByName("order");
  }

  Message& message() { return *message_; }
  bool has_order() const { return message_->GetReflection()->HasField(*message_, order_); }
  Order order() const {
    Order order;
    EXPECT_TRUE(order.ParseFromString(message_->GetReflection()->GetMessage(*message_, order_).SerializeAsString()));
    return order;
  }
  void SetOrder(const Order& order) {
    Message* const field = message_->GetReflection()->MutableMessage(message_.get(), order_, &factory_);
    EXPECT_TRUE(field->ParseFromString(order.SerializeAsString()));
  }

 private:
  DescriptorPool pool_;
  DynamicMessageFactory factory_;
  std::unique_ptr<Message> message_;
  const google::protobuf::FieldDescriptor* order_ = nullptr;
};

// Releases are mixed while they are rolled: each side must understand the other.
template <typename Now>
void ExpectTheSameOnTheWire() {
  Order order = SmallOrder();
  Now now;
  now.set_tag(7);
  WriteOrder(order, "{\"a\": 1}", *now.mutable_order());
  order.set_raw_payload("{\"a\": 1}");

  OldMessage read_by_old(Now::descriptor());
  ASSERT_TRUE(read_by_old.message().ParseFromString(now.SerializeAsString()));
  ASSERT_TRUE(read_by_old.has_order());
  EXPECT_EQ(read_by_old.order().SerializeAsString(), order.SerializeAsString());

  OldMessage written_by_old(Now::descriptor());
  written_by_old.SetOrder(order);
  Now read_by_new;
  ASSERT_TRUE(read_by_new.ParseFromString(written_by_old.message().SerializeAsString()));
  ASSERT_TRUE(read_by_new.has_order());
  EXPECT_EQ(read_by_new.order(), order.SerializeAsString());
}

TEST(OrderBytesTest, OldAndNewReleasesUnderstandEachOther) {
  ExpectTheSameOnTheWire<order::v1::CommitItem>();
  ExpectTheSameOnTheWire<validation::v1::InboundOrder>();
}

}  // namespace
}  // namespace ordermesh
