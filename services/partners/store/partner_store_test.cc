// The contract of the store, in memory and on RocksDB.
#include "services/partners/store/partner_store.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/partners/domain/errors.h"
#include "services/partners/domain/keys.h"
#include "services/partners/domain/limits.h"
#include "services/partners/store/test_store.h"

namespace ordermesh::partners {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PartnerStoreTest : public ::testing::TestWithParam<Engine> {
 protected:
  absl::StatusOr<EntryPtr> TryCreate(const std::string& id) {
    return store_.store().Apply(id, [&id](const PartnerEntry*) -> absl::StatusOr<Change> {
      v1::Partner asked;
      asked.set_partner_id(id);
      return Change{.partner = *NewPartner(asked)};
    });
  }

  EntryPtr Create(const std::string& id) {
    auto entry = TryCreate(id);
    EXPECT_TRUE(entry.ok()) << entry.status();
    return *entry;
  }

  EntryPtr Rename(const std::string& id, const std::string& name) {
    auto entry = store_.store().Apply(id, [&name](const PartnerEntry* current) -> absl::StatusOr<Change> {
      Change change{.partner = current->partner};
      change.partner->set_name(name);
      return change;
    });
    EXPECT_TRUE(entry.ok()) << entry.status();
    return *entry;
  }

  EntryPtr AddConfig(const std::string& id, const std::string& content) {
    auto entry = store_.store().Apply(id, [&](const PartnerEntry* current) -> absl::StatusOr<Change> {
      Change change{.partner = current->partner, .config = StoredConfig{.numbered = true, .rounding = "DOWN"}};
      const int32_t version = current->partner.config_version() + 1;
      change.partner->set_config_version(version);
      change.config->config.set_partner_id(id);
      change.config->config.set_version(version);
      auto* file = change.config->config.add_files();
      file->set_path("mapping.yaml");
      file->set_content(content);
      return change;
    });
    EXPECT_TRUE(entry.ok()) << entry.status();
    return *entry;
  }

  EntryPtr AddKey(const std::string& id, const std::string& key_id, absl::Time expires = absl::InfiniteFuture()) {
    auto entry = store_.store().Apply(id, [&](const PartnerEntry*) -> absl::StatusOr<Change> {
      v1::KeyRecord key;
      key.set_hmac(std::string(32, 'h'));
      key.mutable_api_key()->set_partner_id(id);
      key.mutable_api_key()->set_key_id(key_id);
      *key.mutable_api_key()->mutable_create_time() = ToTimestamp(store_.now());
      if (expires < absl::InfiniteFuture()) *key.mutable_api_key()->mutable_expire_time() = ToTimestamp(expires);
      return Change{.key = key};
    });
    EXPECT_TRUE(entry.ok()) << entry.status();
    return *entry;
  }

  // The ids of what changed after a number.
  std::vector<std::string> ChangedAfter(int64_t after) {
    std::vector<std::string> ids;
    for (const auto& [number, entry] : store_.store().Changes(after, 1'000).entries) {
      ids.push_back(entry->partner.partner_id());
    }
    return ids;
  }

  static std::vector<std::string> KeyIds(const PartnerEntry& entry) {
    std::vector<std::string> ids;
    for (const auto& key : entry.keys) ids.push_back(key.api_key().key_id());
    return ids;
  }

  TestStore store_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, PartnerStoreTest, ::testing::Values(Engine::kMemory, Engine::kRocks),
                         [](const auto& info) { return info.param == Engine::kMemory ? "Memory" : "Rocks"; });

TEST_P(PartnerStoreTest, StampsAPartnerWithItsTimesAndEtag) {
  EXPECT_EQ(store_.store().Find("a"), nullptr);
  const EntryPtr created = Create("a");
  EXPECT_EQ(FromTimestamp(created->partner.create_time()), store_.now());
  EXPECT_EQ(created->partner.etag().size(), 16u);
  EXPECT_EQ(store_.store().Find("a"), created);
  store_.Advance(absl::Seconds(1));
  const EntryPtr renamed = Rename("a", "New");
  EXPECT_EQ(renamed->partner.name(), "New");
  EXPECT_NE(renamed->partner.etag(), created->partner.etag());
  EXPECT_EQ(FromTimestamp(renamed->partner.create_time()), store_.now() - absl::Seconds(1));
  EXPECT_EQ(FromTimestamp(renamed->partner.update_time()), store_.now());
  // What was published before stays as it was.
  EXPECT_EQ(created->partner.name(), "");
}

TEST_P(PartnerStoreTest, ARefusedOrEmptyChangeWritesNothing) {
  const EntryPtr created = Create("a");
  const size_t writes = store_.faulty().writes();
  const auto refused =
      store_.store().Apply("a", [](const PartnerEntry*) -> absl::StatusOr<Change> { return EtagMismatch(); });
  EXPECT_EQ(refused.status(), EtagMismatch());
  const auto same = store_.store().Apply("a", [](const PartnerEntry*) -> absl::StatusOr<Change> { return Change(); });
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(*same, created);
  EXPECT_EQ(store_.faulty().writes(), writes);
}

TEST_P(PartnerStoreTest, ListsByIdFromAPlace) {
  for (const char* id : {"c", "a", "b", "d"}) Create(id);
  std::vector<std::string> ids;
  for (const EntryPtr& entry : store_.store().List("a", 2)) ids.push_back(entry->partner.partner_id());
  EXPECT_THAT(ids, ElementsAre("b", "c"));
  EXPECT_EQ(store_.store().List("", 10).size(), 4u);
  EXPECT_THAT(store_.store().List("d", 10), IsEmpty());
}

TEST_P(PartnerStoreTest, ChangesShowEachPartnerOnceByItsLastChange) {
  for (const char* id : {"a", "b", "c"}) Create(id);
  EXPECT_THAT(ChangedAfter(0), ElementsAre("a", "b", "c"));
  const ChangedEntries first = store_.store().Changes(0, 2);
  ASSERT_EQ(first.entries.size(), 2u);
  EXPECT_LT(first.entries.back().first, first.last);
  Rename("a", "x");
  EXPECT_THAT(ChangedAfter(first.entries.back().first), ElementsAre("c", "a"));
  EXPECT_THAT(ChangedAfter(0), ElementsAre("b", "c", "a"));
  EXPECT_THAT(ChangedAfter(store_.store().Changes(0, 0).last), IsEmpty());
}

TEST_P(PartnerStoreTest, FollowersAreToldOfEachChange) {
  int told = 0;
  store_.on_change = [&told] { ++told; };
  Create("a");
  AddKey("a", "key_1");
  EXPECT_EQ(told, 2);
}

TEST_P(PartnerStoreTest, ConfigVersionsAreDenseAndStayAsTheyWere) {
  Create("a");
  AddConfig("a", "one");
  store_.Advance(absl::Seconds(1));
  const EntryPtr entry = AddConfig("a", "two");
  EXPECT_EQ(entry->config->version(), 2);
  EXPECT_TRUE(entry->config->live());
  const auto first = store_.store().ReadConfig(*entry, 1);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->files(0).content(), "one");
  EXPECT_FALSE(first->live());
  EXPECT_EQ(FromTimestamp(first->create_time()), store_.now() - absl::Seconds(1));
  const auto second = store_.store().ReadConfig(*entry, 2);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->SerializeAsString(), entry->config->SerializeAsString());
  for (const int version : {-1, 0, 3}) {
    EXPECT_EQ(store_.store().ReadConfig(*entry, version).status(), ConfigVersionNotFound()) << version;
  }
}

TEST_P(PartnerStoreTest, ListsConfigVersionsNewestFirstWithoutFiles) {
  Create("a");
  EntryPtr entry;
  for (const char* content : {"1", "2", "3", "4"}) entry = AddConfig("a", content);
  const auto all = store_.store().ListConfigs(*entry, INT64_MAX, 10);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 4u);
  EXPECT_EQ((*all)[0].version(), 4);
  EXPECT_TRUE((*all)[0].live());
  EXPECT_FALSE((*all)[1].live());
  EXPECT_EQ((*all)[0].files_size(), 0);
  const auto page = store_.store().ListConfigs(*entry, 4, 2);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ((*page)[0].version(), 3);
}

TEST_P(PartnerStoreTest, KeysAreAddedReplacedAndForgotten) {
  Create("a");
  AddKey("a", "key_1");
  const std::string etag = AddKey("a", "key_2")->partner.etag();
  EXPECT_EQ(etag, store_.store().Find("a")->partner.etag());
  const auto entry = store_.store().Apply("a", [this](const PartnerEntry* current) -> absl::StatusOr<Change> {
    Change change{.key = current->keys[1]};
    *change.key->mutable_api_key()->mutable_revoke_time() = ToTimestamp(store_.now());
    change.forgotten_keys = {"key_1"};
    return change;
  });
  ASSERT_TRUE(entry.ok());
  EXPECT_THAT(KeyIds(**entry), ElementsAre("key_2"));
  EXPECT_TRUE((*entry)->keys[0].api_key().has_revoke_time());
}

TEST_P(PartnerStoreTest, AnExpiredKeyIsAChange) {
  Create("a");
  Create("b");
  AddKey("a", "key_1", store_.now() + absl::Seconds(10));
  AddKey("a", "key_2", store_.now() + absl::Seconds(20));
  const int64_t before = store_.store().Changes(0, 0).last;
  int told = 0;
  store_.on_change = [&told] { ++told; };
  store_.Advance(absl::Seconds(10) - absl::Microseconds(1));
  store_.store().ExpireKeys();
  EXPECT_EQ(told, 0);
  store_.Advance(absl::Microseconds(1));
  store_.store().ExpireKeys();
  store_.store().ExpireKeys();
  EXPECT_EQ(told, 1);
  EXPECT_THAT(ChangedAfter(before), ElementsAre("a"));
  store_.Advance(absl::Hours(1));
  store_.store().ExpireKeys();
  EXPECT_EQ(told, 2);
}

TEST_P(PartnerStoreTest, UsesOfKeysNeverGoBackAndNeverLieInTheFuture) {
  Create("a");
  AddKey("a", "key_1");
  const auto last = [this] { return store_.store().key_uses().LastUsed("a", "key_1"); };
  EXPECT_EQ(last(), std::nullopt);
  store_.store().NoteKeyUse("a", "key_1", absl::UnixEpoch());
  EXPECT_EQ(last(), std::nullopt);
  store_.store().NoteKeyUse("a", "key_1", store_.now() - absl::Seconds(5));
  store_.store().NoteKeyUse("a", "key_1", store_.now() - absl::Seconds(9));
  EXPECT_EQ(last(), store_.now() - absl::Seconds(5));
  store_.store().NoteKeyUse("a", "key_1", store_.now() + absl::Hours(1));
  EXPECT_EQ(last(), store_.now());
  store_.store().NoteKeyUse("a", "key_9", store_.now());
  store_.store().NoteKeyUse("z", "key_1", store_.now());
  EXPECT_EQ(store_.store().key_uses().LastUsed("a", "key_9"), std::nullopt);
}

TEST_P(PartnerStoreTest, UsesAreWrittenOnlyWhenTheyChanged) {
  Create("a");
  AddKey("a", "key_1");
  store_.store().NoteKeyUse("a", "key_1", store_.now());
  const size_t writes = store_.faulty().writes();
  store_.faulty().FailWritesWith(absl::ResourceExhaustedError("no space"));
  store_.store().FlushKeyUses();
  store_.faulty().FailWritesWith(absl::OkStatus());
  store_.store().FlushKeyUses();
  store_.store().FlushKeyUses();
  store_.store().NoteKeyUse("a", "key_1", store_.now());
  store_.store().FlushKeyUses();
  EXPECT_EQ(store_.faulty().writes(), writes + 2);
  EXPECT_THAT(store_.fatal(), IsEmpty());
}

TEST_P(PartnerStoreTest, AFullDiskRefusesAndKeepsWhatWas) {
  const EntryPtr created = Create("a");
  store_.faulty().FailWritesWith(absl::ResourceExhaustedError("no space"));
  EXPECT_EQ(TryCreate("b").status(), DiskFull());
  EXPECT_EQ(store_.store().Find("b"), nullptr);
  EXPECT_THAT(ChangedAfter(0), ElementsAre("a"));
  store_.faulty().FailWritesWith(absl::OkStatus());
  EXPECT_NE(Create("b"), nullptr);
  EXPECT_THAT(store_.fatal(), IsEmpty());
}

TEST_P(PartnerStoreTest, AnyOtherFailureOfAWriteIsFatal) {
  Create("a");
  AddKey("a", "key_1");
  store_.faulty().FailWritesWith(absl::InternalError("disk on fire"));
  EXPECT_EQ(TryCreate("b").status(), StoreClosed());
  store_.store().NoteKeyUse("a", "key_1", store_.now());
  store_.store().FlushKeyUses();
  EXPECT_EQ(store_.fatal().size(), 2u);
  EXPECT_EQ(store_.store().Find("b"), nullptr);
}

class PartnerStoreReopenTest : public PartnerStoreTest {
 protected:
  absl::Status OpenWith(kv::Family family, const std::string& key, const std::string& value) {
    store_.Plant(family, key, value);
    return store_.TryOpen().status();
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, PartnerStoreReopenTest, ::testing::Values(Engine::kRocks));

TEST_P(PartnerStoreReopenTest, EverythingIsThereAfterARestart) {
  Create("a");
  AddConfig("a", "one");
  AddConfig("a", "two");
  AddKey("a", "key_b", store_.now() + absl::Hours(1));
  store_.Advance(absl::Seconds(1));
  AddKey("a", "key_a");
  Create("b");
  store_.store().NoteKeyUse("a", "key_a", store_.now());
  store_.store().FlushKeyUses();
  const EntryPtr before = store_.store().Find("a");
  store_.Reopen();
  const EntryPtr after = store_.store().Find("a");
  ASSERT_NE(after, nullptr);
  EXPECT_EQ(after->partner.SerializeAsString(), before->partner.SerializeAsString());
  EXPECT_EQ(after->config->SerializeAsString(), before->config->SerializeAsString());
  EXPECT_THAT(KeyIds(*after), ElementsAre("key_b", "key_a"));
  EXPECT_EQ(store_.store().key_uses().LastUsed("a", "key_a"), store_.now());
  EXPECT_EQ(ChangedAfter(0).size(), 2u);
  EXPECT_NE(Rename("b", "x")->partner.etag(), before->partner.etag());
  const int64_t last = store_.store().Changes(0, 0).last;
  store_.Advance(absl::Hours(1));
  store_.store().ExpireKeys();
  EXPECT_THAT(ChangedAfter(last), ElementsAre("a"));
}

TEST_P(PartnerStoreReopenTest, ALostTailIsNotOpened) {
  Create("a");
  Create("b");
  const absl::Status status = OpenWith(kMeta, std::string(kChangeKey), kv::EncodeU64(1));
  EXPECT_EQ(status, LostTail(1, 2));
}

TEST_P(PartnerStoreReopenTest, DamagedRecordsAreNotOpened) {
  Create("a");
  AddConfig("a", "one");
  EXPECT_EQ(OpenWith(kMeta, std::string(kChangeKey), "x"), BadRecord("change"));
}

TEST_P(PartnerStoreReopenTest, APartnerUnderAnothersIdIsNotOpened) {
  const EntryPtr created = Create("a");
  EXPECT_EQ(OpenWith(kPartners, "b", EncodePartner(created->partner)), BadRecord("partner"));
}

TEST_P(PartnerStoreReopenTest, APartnerWithoutItsLiveConfigIsNotOpened) {
  v1::Partner partner = Create("a")->partner;
  partner.set_config_version(7);
  EXPECT_EQ(OpenWith(kPartners, "a", EncodePartner(partner)), BadRecord("config"));
}

TEST_P(PartnerStoreReopenTest, AKeyWithoutPartnerIsNotOpened) {
  Create("a");
  v1::KeyRecord key = AddKey("a", "key_1")->keys[0];
  key.mutable_api_key()->set_partner_id("b");
  EXPECT_EQ(OpenWith(kKeys, KeyKey("b", "key_1"), EncodeKey(key)), BadRecord("key"));
}

TEST_P(PartnerStoreReopenTest, ADamagedUseIsNotOpened) {
  Create("a");
  EXPECT_EQ(OpenWith(kKeyUses, KeyKey("a", "key_1"), "x"), BadRecord("key use"));
}

}  // namespace
}  // namespace ordermesh::partners
