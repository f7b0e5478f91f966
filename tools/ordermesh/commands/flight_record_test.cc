#include <string>

#include "tools/ordermesh/testing/program_fixture.h"

namespace ordermesh::cli {
namespace {

using ::testing::ContainsRegex;

class FlightRecordTest : public ProgramFixture {};

TEST_F(FlightRecordTest, TellsEverythingOfOneOrderInItsOrderOfTime) {
  gateway_.record.mutable_order()->set_id("order-7");
  gateway_.record.mutable_order()->mutable_processed_at()->set_seconds(30);
  auto& delivery = *gateway_.record.add_deliveries();
  delivery.mutable_time()->set_seconds(40);
  delivery.set_verdict(common::v1::OrderVerdict::REPLAYED);
  delivery.set_trace_id("0af7");
  auto& error = *gateway_.record.add_errors();
  error.mutable_error()->set_id("error-7");
  auto& event = *error.add_events();
  event.mutable_time()->set_seconds(20);
  event.set_action(error::v1::ErrorEvent::EDITED);
  event.set_actor("user:jo");
  event.set_note("by phone");
  ASSERT_EQ(Run({"orders", "record", "order-7"}), kDone) << err_.str();
  EXPECT_EQ(gateway_.last_id, "order-7");
  const std::string text = out_.str();
  EXPECT_THAT(text, ContainsRegex("EDITED +user:jo +error error-7 +by phone\n.* stored .*\n.*REPLAYED .*trace 0af7"));
  EXPECT_EQ(RunJson({"errors", "record", "error-7"})["errors"][0]["error"]["id"], "error-7");
  EXPECT_EQ(gateway_.last_id, "error-7");
}

}  // namespace
}  // namespace ordermesh::cli
