// Runs the program against a fake mesh in this process.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"
#include "tools/ordermesh/program.h"
#include "tools/ordermesh/testing/fake_mesh.h"

namespace ordermesh::cli {

// A data folder as tools/up leaves it, whose edge is one server with every fake.
class ProgramFixture : public ::testing::Test {
 protected:
  ProgramFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "ordermesh-program-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    Write("run/endpoints.json",
          nlohmann::json{{"grpc", edge_.address()}, {"operatorGrpc", edge_.address()}, {"http", "127.0.0.1:1"}}.dump());
    Write("credentials.json", R"({"partners": {"partner-a": "omk_live_a"}, "operator": "token-of-the-operator"})");
  }
  ~ProgramFixture() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  static std::string Read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  int Run(std::vector<std::string> arguments) {
    out_.str("");
    err_.str("");
    Environment environment(out_, err_, false);
    environment.connection = connection_;
    environment.connection.data = folder_;
    environment.connection.data_named = data_named_;
    environment.connection.profiles_file = folder_ / "config" / "profiles.json";
    return code_ = RunProgram(environment, std::move(arguments));
  }
  nlohmann::json RunJson(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    Run(std::move(arguments));
    return nlohmann::json::parse(out_.str(), nullptr, false);
  }

  std::filesystem::path folder_;
  testing::FakeFeed feed_;
  testing::FakeOrderStore orders_;
  testing::FakeErrorStore errors_;
  testing::FakeValidation validation_;
  testing::FakePartners partners_;
  testing::FakeGateway gateway_;
  testing::FakeRepair repairs_;
  testing::FakeServer edge_{{&feed_, &orders_, &errors_, &validation_, &partners_, &gateway_, &repairs_}, 0, true};
  // What the environment gives a run.
  client::ConnectionFlags connection_;
  bool data_named_ = true;
  std::ostringstream out_;
  std::ostringstream err_;
  int code_ = 0;
};

}  // namespace ordermesh::cli
