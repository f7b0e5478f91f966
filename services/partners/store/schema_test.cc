#include "services/partners/store/schema.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"

namespace ordermesh::partners {
namespace {

v1::Partner MakePartner() {
  v1::Partner partner;
  partner.set_partner_id("partner-a");
  partner.set_name("A");
  partner.mutable_order_limit()->set_amount(5);
  return partner;
}

StoredConfig MakeConfig() {
  StoredConfig stored;
  stored.config.set_partner_id("partner-a");
  stored.config.set_version(3);
  stored.config.set_message("why");
  auto* file = stored.config.add_files();
  file->set_path("mapping.yaml");
  file->set_content(std::string("a\0b", 3));
  stored.numbered = true;
  stored.rounding = "HALF_UP";
  return stored;
}

v1::KeyRecord MakeKey() {
  v1::KeyRecord key;
  key.mutable_api_key()->set_key_id("key_1");
  key.set_hmac(std::string(32, 'h'));
  return key;
}

TEST(SchemaTest, RecordsAreReadAsTheyWereWritten) {
  const auto partner = DecodePartner(EncodePartner(MakePartner()));
  ASSERT_TRUE(partner.ok());
  EXPECT_EQ(partner->SerializeAsString(), MakePartner().SerializeAsString());
  const auto key = DecodeKey(EncodeKey(MakeKey()));
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->SerializeAsString(), MakeKey().SerializeAsString());
  const absl::Time used = absl::FromUnixMicros(1'767'225'600'123'456);
  EXPECT_EQ(*DecodeUse(EncodeUse(used)), used);
  EXPECT_EQ(*DecodeChange(kv::EncodeU64(7)), 7);
}

TEST(SchemaTest, AConfigAndItsFilesAreApart) {
  const StoredConfig config = MakeConfig();
  auto read = DecodeConfig(EncodeConfig(config));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->config.files_size(), 0);
  EXPECT_TRUE(read->numbered);
  EXPECT_EQ(read->rounding, "HALF_UP");
  ASSERT_TRUE(DecodeConfigFiles(EncodeConfigFiles(config.config), read->config).ok());
  EXPECT_EQ(read->config.SerializeAsString(), config.config.SerializeAsString());
}

TEST(SchemaTest, RefusesDamagedRecords) {
  const auto bad = [](const absl::Status& status) { return ReasonOf(status) == "BAD_RECORD"; };
  v1::ConfigVersion config;
  for (const std::string& bytes : {std::string(), std::string("\2"), std::string("\1\xff"), std::string("\1")}) {
    EXPECT_TRUE(bad(DecodePartner(bytes).status()));
    EXPECT_TRUE(bad(DecodeConfig(bytes).status()));
    EXPECT_TRUE(bad(DecodeConfigFiles(bytes, config)));
    EXPECT_TRUE(bad(DecodeKey(bytes).status()));
  }
  EXPECT_TRUE(bad(DecodeConfig(std::string("\1\0\x09short", 8)).status()));
  EXPECT_TRUE(bad(DecodeConfig(std::string("\1\0\0", 3)).status()));
  v1::KeyRecord key = MakeKey();
  key.set_hmac("short");
  EXPECT_TRUE(bad(DecodeKey(EncodeKey(key)).status()));
  EXPECT_TRUE(bad(DecodeUse("short").status()));
  EXPECT_TRUE(bad(DecodeChange("short").status()));
  EXPECT_TRUE(bad(DecodeChange(kv::EncodeU64(0)).status()));
}

TEST(SchemaTest, EveryCutOfARecordIsDamageOrAnotherRecord) {
  const std::string config = EncodeConfig(MakeConfig());
  const std::string key = EncodeKey(MakeKey());
  // A protobuf message may be cut between two fields: RocksDB's checksums hold the length.
  for (size_t size = 0; size < config.size(); ++size) {
    const auto read = DecodeConfig(config.substr(0, size));
    EXPECT_TRUE(read.ok() || ReasonOf(read.status()) == "BAD_RECORD") << size;
  }
  for (size_t size = 0; size < key.size(); ++size) EXPECT_FALSE(DecodeKey(key.substr(0, size)).ok()) << size;
}

TEST(SchemaTest, NoPartnersKeysLieAmongAnothers) {
  EXPECT_NE(ConfigKey("partner-a", 1).find(PrefixOf("partner")), 0u);
  EXPECT_LT(ConfigKey("a", 255), ConfigKey("a", 256));
  EXPECT_EQ(KeyKey("a", "key_1").find(PrefixOf("a")), 0u);
}

TEST(SchemaTest, FamilyNamesAreDistinct) {
  std::set<std::string> names;
  for (const auto& family : Families()) names.insert(family.name);
  EXPECT_EQ(names.size(), Families().size());
}

}  // namespace
}  // namespace ordermesh::partners
