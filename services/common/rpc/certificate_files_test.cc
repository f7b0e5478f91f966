#include "services/common/rpc/certificate_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace ordermesh::rpc {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string Read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class CertificateFilesTest : public ::testing::Test {
 protected:
  CertificateFilesTest() {
    fs::create_directories(folder_);
    Make("one");
    Make("two");
    Use("one");
  }
  ~CertificateFilesTest() override { fs::remove_all(folder_); }

  void Make(const std::string& name) {
    const std::string command = absl::StrCat(
        "cd ", folder_.string(), " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes",
        " -days 2 -subj /CN=", name, " -keyout ", name, ".key -out ", name, ".crt 2>/dev/null");
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  void Use(const std::string& name) {
    Write("tls.crt", Text(name + ".crt"));
    Write("tls.key", Text(name + ".key"));
    Write("ca.crt", Text(name + ".crt"));
  }
  std::string Text(const std::string& name) const { return Read(folder_ / name); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  const fs::path folder_ = fs::temp_directory_path() / absl::StrCat("om-certificates-", getpid());
};

TEST_F(CertificateFilesTest, PassesOnAGoodSetAndTheNextOne) {
  CertificateFiles files(Path("tls.crt"), Path("tls.key"), Path("ca.crt"));
  EXPECT_EQ(Read(files.identity_path()), "");
  ASSERT_TRUE(files.Refresh().ok());
  EXPECT_EQ(Read(files.authorities_path()), Text("one.crt"));
  EXPECT_EQ(Read(files.identity_path()), absl::StrCat(Text("one.crt"), "\n", Text("one.key")));
  const auto first = fs::last_write_time(files.identity_path());
  Use("two");
  ASSERT_TRUE(files.Refresh().ok());
  EXPECT_EQ(Read(files.identity_path()), absl::StrCat(Text("two.crt"), "\n", Text("two.key")));
  EXPECT_GE(fs::last_write_time(files.identity_path()) - first, std::chrono::seconds(1));
}

TEST_F(CertificateFilesTest, EveryCutOfAFileLeavesTheLastGoodSet) {
  CertificateFiles files(Path("tls.crt"), Path("tls.key"), Path("ca.crt"));
  ASSERT_TRUE(files.Refresh().ok());
  const std::string before = Read(files.identity_path());
  for (const char* name : {"tls.crt", "tls.key", "ca.crt"}) {
    const std::string whole = Text(name);
    // The last line's end may be missing: the file is as good without it.
    for (size_t size = 0; size + 1 < whole.size(); ++size) {
      Write(name, whole.substr(0, size));
      EXPECT_EQ(files.Refresh().code(), absl::StatusCode::kInvalidArgument) << name << " cut to " << size;
    }
    Write(name, whole);
  }
  EXPECT_EQ(Read(files.identity_path()), before);
}

TEST_F(CertificateFilesTest, ACutSecondCertificateIsNotTakenForTheEnd) {
  const std::string two = absl::StrCat(Text("one.crt"), Text("two.crt"));
  const CertificateSet whole = {.cert = Text("one.crt"), .key = Text("one.key"), .ca = two};
  EXPECT_TRUE(CheckCertificates(whole).ok());
  CertificateSet cut = whole;
  cut.ca = two.substr(0, two.size() - 40);
  EXPECT_THAT(CheckCertificates(cut).message(), HasSubstr("tls_ca"));
}

TEST_F(CertificateFilesTest, AKeyOfAnotherCertificateIsRefused) {
  CertificateFiles files(Path("tls.crt"), Path("tls.key"), Path("ca.crt"));
  Write("tls.key", Text("two.key"));
  EXPECT_THAT(files.Refresh().message(), HasSubstr("not the key of the certificate"));
  Write("tls.crt", Text("two.crt"));
  EXPECT_TRUE(files.Refresh().ok());
}

}  // namespace
}  // namespace ordermesh::rpc
