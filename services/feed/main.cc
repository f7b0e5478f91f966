// ordermesh-feed: takes partners' orders and answers each with its verdict.
#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/server.h"
#include "services/common/telemetry/log.h"
#include "services/feed/service/feed_service.h"

namespace ordermesh::feed {
namespace {

struct Config {
  rpc::ServerConfig server;
  std::vector<std::string> validations;
  int deadline_ms = 5'000;
};

int Main(int argc, char** argv) {
  rpc::ShutdownSignal signal;
  Config config;
  config.server.max_message_bytes = kMaxClientMessageBytes;
  CLI::App app("Ordermesh feed: takes partners' orders and answers each with its verdict.", "ordermesh-feed");
  rpc::AddServerFlags(app, config.server);
  app.add_option("--validations", config.validations, "host:port of every validation instance, comma separated")
      ->delimiter(',')
      ->required()
      ->envname("ORDERMESH_VALIDATIONS");
  app.add_option("--deadline_ms", config.deadline_ms, "How long an order waits for its verdict at most")
      ->check(CLI::Range(100, 60'000))
      ->envname("ORDERMESH_DEADLINE_MS")
      ->capture_default_str();
  if (const auto code = rpc::ParseFlags(app, argc, argv)) return *code;
  if (const auto status = telemetry::StartLogging("feed", config.server.log_level); !status.ok()) {
    return rpc::FailedToStart(status);
  }

  rpc::Drain drain;
  Inlet inlet({config.validations, absl::Milliseconds(config.deadline_ms)});
  FeedService service(inlet, drain);
  auto server = rpc::Server::Start(config.server, "feed", {&service}, drain);
  if (!server.ok()) return rpc::FailedToStart(server.status());
  return rpc::ServeUntilSignal(**server, signal, [] {});
}

}  // namespace
}  // namespace ordermesh::feed

int main(int argc, char** argv) { return ordermesh::feed::Main(argc, argv); }
