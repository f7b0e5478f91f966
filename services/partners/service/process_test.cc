// What the process is started with: flags, the pepper, the folders of partners.
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/partners/domain/errors.h"
#include "services/partners/service/config.h"
#include "services/partners/service/pepper_file.h"
#include "services/partners/service/seed_folder.h"
#include "services/partners/service/seeder.h"
#include "services/partners/service/test_managers.h"

namespace ordermesh::partners {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct FlagCase {
  std::vector<const char*> arguments;
  bool accepted;
};

TEST(ConfigTest, TheFolderMayComeFromTheEnvironment) {
  setenv("ORDERMESH_DATA_DIR", "/data", 1);
  CLI::App app("test");
  Config config;
  AddFlags(app, config);
  const char* arguments[] = {"partners", "--pepper_file", "p", "--validations", "a:1"};
  EXPECT_FALSE(rpc::ParseFlags(app, 5, const_cast<char**>(arguments)).has_value());
  unsetenv("ORDERMESH_DATA_DIR");
  EXPECT_EQ(config.data, "/data");
}

TEST(ConfigTest, FlagsAreCheckedBeforeAnythingOpens) {
  const FlagCase cases[] = {
      {{"partners"}, false},
      {{"partners", "--data", "d"}, false},
      {{"partners", "--data", "d", "--pepper_file", "p"}, false},
      {{"partners", "--data", "d", "--validations", "a:1"}, false},
      {{"partners", "--data", "d", "--pepper_file", "p", "--validations", "a:1,b:2"}, true},
      {{"partners", "--data", "d", "--pepper_file", "p", "--validations", "a:1", "--seed", "s"}, true},
      {{"partners", "--data", "d", "--pepper_file", "p", "--validations", "a:1", "--read_threads", "0"}, false},
      {{"partners", "--data", "d", "--pepper_file", "p", "--validations", "a:1", "--block_cache_mib", "0"}, false},
      {{"partners", "--data", "d", "--pepper_file", "p", "--validations", "a:1", "--write_buffer_mib", "1"}, false},
  };
  for (const FlagCase& c : cases) {
    CLI::App app("test");
    Config config;
    AddFlags(app, config);
    const auto exit_code =
        rpc::ParseFlags(app, static_cast<int>(c.arguments.size()), const_cast<char**>(c.arguments.data()));
    EXPECT_EQ(!exit_code.has_value(), c.accepted) << c.arguments.back();
  }
}

class FolderTest : public ManagerTest {
 protected:
  std::string Write(const std::string& path, const std::string& content, int mode = 0600) {
    const fs::path file = fs::path(directory_.path()) / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    EXPECT_EQ(chmod(file.c_str(), mode), 0);
    return file.string();
  }

  absl::StatusOr<v1::CreatePartnerRequest> Read(const std::string& name) {
    return ReadSeedFolder(directory_.path(), name);
  }

  // Seeds and waits until it is done.
  void Seed() {
    absl::Notification done;
    const Seeder seeder(
        partners_, directory_.path(), [&done] { done.Notify(); }, absl::Milliseconds(1));
    done.WaitForNotification();
  }

  TestDirectory directory_;
};

using PepperFileTest = FolderTest;

TEST_F(PepperFileTest, ReadsAFileThatOnlyItsOwnerMayRead) {
  const std::string hex(64, 'a');
  for (const int mode : {0600, 0400}) {
    const auto pepper = ReadPepper(Write("pepper" + std::to_string(mode), hex + "\n", mode));
    ASSERT_TRUE(pepper.ok()) << pepper.status();
    EXPECT_EQ(pepper->Hmac("key"), TestPepper().Hmac("key"));
  }
}

TEST(PepperRuleTest, OnlyAFileOfAnotherUserMayBeReadByItsGroup) {
  constexpr uid_t kRoot = 0, kUser = 10'001;
  for (const mode_t mode : {0600, 0400}) {
    EXPECT_EQ(WhyTooOpen(kUser, mode, kUser), "");
    EXPECT_EQ(WhyTooOpen(kRoot, mode, kUser), "");
  }
  for (const mode_t mode : {0440, 0640}) {
    EXPECT_NE(WhyTooOpen(kUser, mode, kUser), "") << mode;
    EXPECT_NE(WhyTooOpen(kRoot, mode, kRoot), "") << mode;
    EXPECT_EQ(WhyTooOpen(kRoot, mode, kUser), "") << mode;
  }
  for (const mode_t mode : {0444, 0644, 0460, 0660, 0620, 0602, 0604, 0601, 0450}) {
    EXPECT_NE(WhyTooOpen(kRoot, mode, kUser), "") << mode;
    EXPECT_NE(WhyTooOpen(kUser, mode, kUser), "") << mode;
  }
}

TEST_F(PepperFileTest, RefusesEverythingElse) {
  const std::string hex(64, 'a');
  const auto why = [](const std::string& path) {
    const absl::Status status = ReadPepper(path).status();
    EXPECT_EQ(ReasonOf(status), "BAD_PEPPER");
    return std::string(status.message());
  };
  EXPECT_THAT(why(directory_.path() + "/missing"), HasSubstr("cannot open"));
  EXPECT_THAT(why(directory_.path()), HasSubstr("is no file"));
  for (const int mode : {0640, 0604, 0620, 0644, 0602, 0610}) {
    EXPECT_THAT(why(Write("open" + std::to_string(mode), hex, mode)), HasSubstr("by its owner only")) << mode;
  }
  const std::string foreign = Write("foreign", hex, 0644);
  if (geteuid() == 0) {
    ASSERT_EQ(chown(foreign.c_str(), 10'001, 10'001), 0);
    EXPECT_THAT(why(foreign), HasSubstr("by nobody else"));
    ASSERT_EQ(chmod(foreign.c_str(), 0440), 0);
    EXPECT_TRUE(ReadPepper(foreign).ok());
  }
  EXPECT_THAT(why(Write("empty", "")), HasSubstr("at least 32 bytes"));
  EXPECT_THAT(why(Write("short", hex.substr(2))), HasSubstr("at least 32 bytes"));
  EXPECT_THAT(why(Write("text", std::string(64, 'x'))), HasSubstr("nothing but hex"));
  EXPECT_THAT(why(Write("large", std::string(5'000, 'a'))), HasSubstr("larger than 4 KiB"));
}

using SeedFolderTest = FolderTest;

TEST_F(SeedFolderTest, AFolderIsARequest) {
  Write("p/mapping.yaml", "version: 1");
  Write("p/examples/one.yaml", std::string("a\0b", 3));
  Write("p/.hidden", "x");
  Write("p/.git/config", "x");
  Write("p/partner.yaml", "name: P\norderLimit: {amount: 5, period: 2s}\nwebhookUrls: [https://p.example/]\n");
  const auto request = Read("p");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->partner().partner_id(), "p");
  EXPECT_EQ(request->partner().name(), "P");
  EXPECT_EQ(request->partner().order_limit().amount(), 5);
  EXPECT_EQ(request->partner().order_limit().period().seconds(), 2);
  EXPECT_THAT(request->partner().webhook_urls(), ElementsAre("https://p.example/"));
  ASSERT_EQ(request->files_size(), 2);
  EXPECT_EQ(request->files(0).path(), "examples/one.yaml");
  EXPECT_EQ(request->files(0).content(), std::string("a\0b", 3));
  EXPECT_EQ(request->files(1).path(), "mapping.yaml");
}

TEST_F(SeedFolderTest, FaultsNameFileAndLine) {
  const auto why = [this](const std::string& settings) {
    Write("p/partner.yaml", settings);
    const absl::Status status = Read("p").status();
    EXPECT_EQ(ReasonOf(status), "BAD_SEED");
    return std::string(status.message());
  };
  EXPECT_THAT(why("name: P\nname: Q\n"), HasSubstr("p/partner.yaml: line 2, column 1: "));
  EXPECT_THAT(why("nonsense: 1"), HasSubstr("nonsense"));
  EXPECT_THAT(why("partnerId: other"), HasSubstr("must be the name of the folder, p"));
  EXPECT_THAT(why(std::string(2 << 20, ' ')), HasSubstr("at most 1 MiB"));
  Write("p/partner.yaml", "partnerId: p");
  EXPECT_TRUE(Read("p").ok());
  for (int i = 0; i < 200; ++i) Write("p/f" + std::to_string(i), "");
  EXPECT_TRUE(Read("p").ok());
  Write("p/one-more", "");
  EXPECT_THAT(std::string(Read("p").status().message()), HasSubstr("more than 200 files"));
  EXPECT_EQ(ReasonOf(Read("missing").status()), "BAD_SEED");
}

TEST_F(SeedFolderTest, OnlyPartnersFoldersAreListed) {
  Write("b/mapping.yaml", "");
  Write("a/partner.yaml", "");
  Write("notes/readme.txt", "");
  Write("stray.txt", "");
  EXPECT_THAT(*ListSeedFolders(directory_.path()), ElementsAre("a", "b"));
  EXPECT_EQ(ReasonOf(ListSeedFolders(directory_.path() + "/none").status()), "NO_SEED_DIRECTORY");
}

TEST_F(SeedFolderTest, TheProjectsOwnPartnersCanBeRead) {
  const auto names = ListSeedFolders("config/partners");
  ASSERT_TRUE(names.ok()) << names.status();
  EXPECT_THAT(*names, ::testing::IsSupersetOf({"olist", "partner-a", "partner-b", "retail-uk"}));
  for (const std::string& name : *names) {
    const auto request = ReadSeedFolder("config/partners", name);
    ASSERT_TRUE(request.ok()) << request.status();
    EXPECT_TRUE(NewPartner(request->partner()).ok()) << name;
    EXPECT_TRUE(TakeFiles(request->files()).ok()) << name;
    EXPECT_EQ(request->partner().order_limit().amount(), 1'000'000) << name;
  }
}

using SeederTest = FolderTest;

TEST_F(SeederTest, CreatesWhatIsMissingAndLeavesTheRest) {
  Create("a");
  Write("a/mapping.yaml", "x");
  Write("b/mapping.yaml", "x");
  Write("c/partner.yaml", "name: C");
  Seed();
  EXPECT_EQ(store_.store().Find("a")->config, nullptr);
  ASSERT_NE(store_.store().Find("b"), nullptr);
  EXPECT_EQ(store_.store().Find("b")->config->author(), "seed");
  EXPECT_EQ(store_.store().Find("c")->partner.name(), "C");
}

TEST_F(SeederTest, WaitsForValidation) {
  Write("a/mapping.yaml", "x");
  checker_.Answer(NoValidation());
  std::atomic<int> tries = 0;
  checker_.WhileChecking([this, &tries] {
    if (++tries == 3) checker_.Answer(CheckedConfig{});
  });
  Seed();
  EXPECT_NE(store_.store().Find("a"), nullptr);
  EXPECT_EQ(tries, 3);
}

TEST_F(SeederTest, ABrokenFolderStopsNoOther) {
  Write("a/partner.yaml", "name: [");
  Write("b/mapping.yaml", "x");
  Write("UPPER/mapping.yaml", "x");
  Write("z/partner.yaml", "name: Z");
  checker_.Answer(ConfigRefused({}));
  Seed();
  EXPECT_EQ(store_.store().Find("a"), nullptr);
  EXPECT_EQ(store_.store().Find("b"), nullptr);
  EXPECT_NE(store_.store().Find("z"), nullptr);
}

TEST_F(SeederTest, AMissingDirectoryIsNoEnd) {
  absl::Notification done;
  const Seeder seeder(partners_, directory_.path() + "/none", [&done] { done.Notify(); });
  done.WaitForNotification();
}

TEST_F(SeederTest, CanBeStoppedWhileItWaits) {
  Write("a/mapping.yaml", "x");
  checker_.Answer(NoValidation());
  absl::Notification tried;
  checker_.WhileChecking([&tried] {
    if (!tried.HasBeenNotified()) tried.Notify();
  });
  bool done = false;
  {
    const Seeder seeder(
        partners_, directory_.path(), [&done] { done = true; }, absl::InfiniteDuration());
    tried.WaitForNotification();
  }
  EXPECT_FALSE(done);
}

}  // namespace
}  // namespace ordermesh::partners
