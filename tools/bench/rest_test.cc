#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "nlohmann/json.hpp"
#include "tools/bench/http_response.h"
#include "tools/bench/http_socket.h"
#include "tools/bench/program.h"
#include "tools/bench/testing/fake_http.h"

namespace ordermesh::bench {
namespace {

using ::testing::HasSubstr;

TEST(HttpResponseTest, ReadsResponsesThatComeByteByByte) {
  const std::string two =
      "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nRetry-After: 7\r\n\r\nhello"
      "HTTP/1.1 429 Too Many Requests\r\ntransfer-encoding: chunked\r\nConnection: close\r\n\r\n"
      "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n";
  HttpResponse response;
  std::vector<std::string> bodies;
  std::vector<int> statuses;
  for (const char c : two) {
    ASSERT_TRUE(response.Take(std::string_view(&c, 1)).ok());
    if (!response.complete()) continue;
    bodies.push_back(response.body());
    statuses.push_back(response.status());
    if (response.status() == 201) {
      EXPECT_EQ(response.retry_after_seconds(), 7);
      EXPECT_FALSE(response.closes());
    } else {
      EXPECT_EQ(response.retry_after_seconds(), 0);
      EXPECT_TRUE(response.closes());
    }
    ASSERT_TRUE(response.Next().ok());
  }
  EXPECT_THAT(bodies, ::testing::ElementsAre("hello", "abcde"));
  EXPECT_THAT(statuses, ::testing::ElementsAre(201, 429));
}

TEST(HttpResponseTest, KeepsWhatBelongsToTheNextOne) {
  HttpResponse response;
  ASSERT_TRUE(response.Take("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 204 No\r\n\r\n").ok());
  EXPECT_EQ(response.body(), "a");
  ASSERT_TRUE(response.Next().ok());
  EXPECT_TRUE(response.complete());
  EXPECT_EQ(response.status(), 204);
}

TEST(HttpResponseTest, RefusesWhatIsNoResponse) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& bytes :
       {std::string("SSH-2.0\r\n\r\n"), std::string("HTTP/1.1 abc\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), std::string("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), chunked + "zz\r\n",
        chunked + "fffffffff\r\n", std::string(70'000, 'x')}) {
    HttpResponse response;
    EXPECT_EQ(response.Take(bytes).code(), absl::StatusCode::kInvalidArgument) << bytes.substr(0, 60);
  }
}

TEST(HttpSocketTest, NamesWhatIsWrong) {
  HttpSocket socket;
  EXPECT_EQ(socket.Connect("nothing").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(socket.Connect("no such host:1").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(socket.Connect("127.0.0.1:1").code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(socket.open());
}

class RestTest : public ::testing::Test {
 protected:
  RestTest() {
    std::string name = (std::filesystem::temp_directory_path() / "ordermesh-rest-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    std::filesystem::create_directories(folder_ / "run");
    std::ofstream(folder_ / "run" / "endpoints.json")
        << nlohmann::json{{"http", server_.address()}, {"grpc", "127.0.0.1:1"}};
    std::ofstream(folder_ / "credentials.json")
        << R"({"partners": {"partner-a": "key-of-a", "partner-b": "key-of-b"}})";
  }
  ~RestTest() override { std::filesystem::remove_all(folder_); }

  nlohmann::json Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--rest", "--data", folder_.string(), "-o", "json"});
    out_.str("");
    code_ = RunProgram(std::move(arguments), {}, out_, err_);
    return nlohmann::json::parse(out_.str(), nullptr, false);
  }

  std::string Answer(const FakeHttp::Request& request) {
    const int64_t number = ++requests_;
    {
      absl::MutexLock lock(&mutex_);
      bodies_.insert(request.body);
      last_head_ = request.head;
    }
    return answer ? answer(request, number) : FakeHttp::Response("201 Created", R"({"verdict":"CREATED"})");
  }

  std::function<std::string(const FakeHttp::Request&, int64_t number)> answer;
  std::filesystem::path folder_;
  std::atomic<int64_t> requests_ = 0;
  absl::Mutex mutex_;
  std::set<std::string> bodies_ ABSL_GUARDED_BY(mutex_);
  std::string last_head_ ABSL_GUARDED_BY(mutex_);
  std::ostringstream out_;
  std::ostringstream err_;
  int code_ = 0;
  FakeHttp server_{[this](const FakeHttp::Request& request) { return Answer(request); }};
};

TEST_F(RestTest, SendsEveryOrderOnceWithThePartnersKey) {
  const auto report = Run({"--orders", "500", "--streams", "8", "--shape", "partner-b"});
  EXPECT_EQ(code_, 0) << err_.str();
  EXPECT_EQ(report["created"], 500);
  EXPECT_GT(report["latencyMs"]["p99"], 0);
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(bodies_.size(), 500);
  EXPECT_THAT(last_head_, HasSubstr("POST /api/feed/partner-b HTTP/1.1\r\n"));
  EXPECT_THAT(last_head_, HasSubstr("x-api-key: key-of-b"));
  EXPECT_TRUE(nlohmann::json::accept(*bodies_.begin()));
}

TEST_F(RestTest, CountsEveryVerdict) {
  answer = [](const FakeHttp::Request&, int64_t number) {
    switch (number % 6) {
      case 0:
        return FakeHttp::Response("200 OK", R"({"verdict":"REPLAYED"})");
      case 1:
        return FakeHttp::Response("409 Conflict", R"({"verdict":"CONFLICT"})");
      case 2:
        return FakeHttp::Response("409 Conflict", R"({"verdict": "SEQUENCE_REUSED"})");
      case 3:
        return FakeHttp::Response("422 Unprocessable Entity", R"({"verdict":"REJECTED"})");
      case 4:
        return FakeHttp::Response("400 Bad Request", R"({"verdict":"REJECTED"})");
      default:
        return FakeHttp::Response("201 Created", "{}");
    }
  };
  const auto report = Run({"--orders", "60"});
  EXPECT_EQ(code_, 0);
  EXPECT_EQ(report["created"], 10);
  EXPECT_EQ(report["replayed"], 10);
  EXPECT_EQ(report["conflicts"], 10);
  EXPECT_EQ(report["sequenceReused"], 10);
  EXPECT_EQ(report["rejected"], 20);
}

TEST_F(RestTest, CountsTheSummaryOfABatch) {
  answer = [](const FakeHttp::Request& request, int64_t) {
    const auto size = nlohmann::json::parse(request.body).size();
    return FakeHttp::Response(
        "200 OK", nlohmann::json{{"summary", {{"created", std::to_string(size - 1)}, {"rejected", 1}}}}.dump());
  };
  const auto report = Run({"--orders", "100", "--mode", "batch", "--batch", "25", "--streams", "2"});
  EXPECT_EQ(code_, 0);
  EXPECT_EQ(report["created"], 96);
  EXPECT_EQ(report["rejected"], 4);
  answer = [](const FakeHttp::Request&, int64_t) { return FakeHttp::Response("200 OK", "[]"); };
  EXPECT_EQ(Run({"--orders", "10", "--mode", "batch"})["failed"], 10) << "no summary";
}

TEST_F(RestTest, SendsBusyOrdersAgainAndGoesThroughBrokenConnections) {
  answer = [](const FakeHttp::Request&, int64_t number) -> std::string {
    if (number % 50 == 0) return "";
    if (number % 20 == 0) return FakeHttp::Response("503 Service Unavailable", "{}", "Retry-After: 0\r\n");
    return FakeHttp::Response("201 Created", "{}", number % 30 == 0 ? "Connection: close\r\n" : "");
  };
  const auto report = Run({"--orders", "300", "--streams", "3"});
  EXPECT_EQ(code_, 0);
  EXPECT_EQ(report["created"], 300);
  EXPECT_GE(report["busy"], 15);
  EXPECT_GE(report["reconnects"], 6);
}

TEST_F(RestTest, KeepsToItsScheduleInAnOpenLoop) {
  const auto report = Run({"--rate", "1000", "--seconds", "0.3", "--streams", "4"});
  EXPECT_EQ(code_, 0);
  // Who wakes late leaves out what was due at the very end.
  EXPECT_GE(report["created"], 250);
  EXPECT_LE(report["created"], 300);
  EXPECT_GE(report["seconds"], 0.25);
  answer = [](const FakeHttp::Request&, int64_t) { return FakeHttp::Response("503 Service Unavailable", "{}"); };
  EXPECT_EQ(Run({"--rate", "1000", "--orders", "10"})["failed"], 10);
  EXPECT_EQ(code_, 1);
}

TEST_F(RestTest, FailsWhereOrdersGetNoVerdict) {
  answer = [](const FakeHttp::Request&, int64_t) { return FakeHttp::Response("401 Unauthorized", "{}"); };
  EXPECT_EQ(Run({"--orders", "10"})["failed"], 10);
  EXPECT_EQ(code_, 1);
  answer = [](const FakeHttp::Request&, int64_t) -> std::string { return "nonsense\r\n\r\n"; };
  EXPECT_EQ(Run({"--orders", "4", "--wait", "0.3"})["failed"], 4);
}

}  // namespace
}  // namespace ordermesh::bench
