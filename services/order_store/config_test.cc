#include "services/order_store/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace ordermesh::order_store {
namespace {

absl::StatusOr<Config> Read(std::vector<std::string> arguments) {
  CLI::App app;
  ConfigFlags flags;
  flags.AddTo(app);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  return flags.Read();
}

TEST(ConfigTest, ReadsItsFlags) {
  const auto config = Read({"--data", "/data", "--shard", "3", "--block_cache_mib", "10", "--write_buffer_mib", "20"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->data, "/data");
  EXPECT_EQ(config->shard, 3u);
  EXPECT_EQ(config->block_cache_mib, 10u);
  EXPECT_EQ(config->write_buffer_mib, 20u);
  EXPECT_EQ(config->fault, TestFault::kNone);
  EXPECT_EQ(config->record_version, 1u) << "a release before must be able to take over";
  EXPECT_EQ(Read({"--data", "/data", "--record_version", "2"})->record_version, 2u);
}

TEST(ConfigTest, RefusesPlantedBugsUnlessTestsAllowThem) {
  EXPECT_EQ(Read({"--data", "d", "--test_fault=ack_before_write"}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Read({"--data", "d", "--test_faults", "--test_fault=ack_before_write"})->fault, TestFault::kAckBeforeWrite);
  EXPECT_EQ(Read({"--data", "d", "--test_faults", "--test_fault=skip_external_id"})->fault, TestFault::kSkipExternalId);
  EXPECT_EQ(Read({"--data", "d", "--test_faults", "--test_fault=other"}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ConfigTest, TheFolderMayComeFromTheEnvironmentUnderEitherName) {
  setenv("ORDERMESH_ORDER_STORE_DATA", "/older", 1);
  EXPECT_EQ(Read({})->data, "/older");
  setenv("ORDERMESH_DATA_DIR", "/newer", 1);
  EXPECT_EQ(Read({})->data, "/newer");
  EXPECT_EQ(Read({"--data", "/flag"})->data, "/flag");
  unsetenv("ORDERMESH_DATA_DIR");
  unsetenv("ORDERMESH_ORDER_STORE_DATA");
}

TEST(ConfigTest, RefusesAnEmptyFolder) {
  EXPECT_EQ(Read({"--data", ""}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ordermesh::order_store
