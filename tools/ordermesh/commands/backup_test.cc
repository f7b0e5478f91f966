#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/ordermesh/testing/program_fixture.h"

namespace ordermesh::cli {
namespace {

using ::testing::HasSubstr;

class BackupTest : public ProgramFixture {
 protected:
  // In a process of its own, which becomes the other program; what that one printed is in the file `said`.
  void RunInChild(std::vector<std::string> arguments) {
    const std::string program =
        Write("bin/ordermesh-backup", "#!/bin/sh\n(echo \"$@\"; env) >" + (folder_ / "said").string() + "\nexit 7\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    EXPECT_EXIT(
        {
          Environment environment(out_, err_, false);
          environment.connection.data = folder_;
          environment.program = folder_ / "bin" / "ordermesh";
          RunProgram(environment, std::move(arguments));
        },
        ::testing::ExitedWithCode(7), "");
  }
};

TEST_F(BackupTest, SaysWhatIsMissingWhereTheProgramIsNotBesideIt) {
  EXPECT_EQ(Run({"backup", "list"}), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("ordermesh-backup"));
}

TEST_F(BackupTest, HandsEverythingOnAndTheLocalMeshAsDefaults) {
  Write(
      "run/endpoints.json",
      R"({"orderStores": ["127.0.0.1:2", "127.0.0.1:3"], "errorStores": ["127.0.0.1:4"], "partners": "127.0.0.1:5"})");
  RunInChild({"backup", "create", "--to", "file:///b", "-o", "json", "--data", "x", "--wait", "1"});
  const std::string said = Read(folder_ / "said");
  EXPECT_THAT(said, HasSubstr("create --to file:///b -o json --data x --wait 1\n"));
  EXPECT_THAT(said, HasSubstr("ORDERMESH_ORDER_STORE=127.0.0.1:2,127.0.0.1:3\n"));
  EXPECT_THAT(said, HasSubstr("ORDERMESH_ERROR_STORE=127.0.0.1:4\n"));
  EXPECT_THAT(said, HasSubstr("ORDERMESH_PARTNERS=127.0.0.1:5\n"));
  EXPECT_THAT(said, HasSubstr("ORDERMESH_TLS_CERT=" + (folder_ / "tls/backup/cert.pem").string() + "\n"));
}

TEST_F(BackupTest, ItsHelpIsThatOfTheProgram) {
  RunInChild({"backup", "restore", "--help"});
  EXPECT_THAT(Read(folder_ / "said"), HasSubstr("restore --help\n"));
}

}  // namespace
}  // namespace ordermesh::cli
