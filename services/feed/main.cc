// ordermesh-feed: takes partners' orders and answers each with its verdict.
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/partner_follower.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/tls.h"
#include "services/common/telemetry/log.h"
#include "services/feed/service/feed_service.h"
#include "services/feed/service/lease_renewer.h"
#include "services/feed/service/partner_directory.h"
#include "services/feed/service/retry_service.h"

namespace ordermesh::feed {
namespace {

struct Config {
  rpc::ServerConfig server;
  std::vector<std::string> validations;
  rpc::PartnerFollowerOptions partners;
  int deadline_ms = 5'000;
};

// Names this replica where it leases tokens: a process that is started again is another holder.
std::string NewHolderName() {
  std::random_device random;
  return absl::StrCat("feed-", absl::Hex(random(), absl::kZeroPad8), absl::Hex(random(), absl::kZeroPad8));
}

void AddFlags(CLI::App& app, Config& config) {
  rpc::AddServerFlags(app, config.server);
  app.add_option("--validations", config.validations, "host:port of every validation instance, comma separated")
      ->delimiter(',')
      ->required()
      ->envname("ORDERMESH_VALIDATIONS");
  app.add_option("--partners", config.partners.address, "host:port of the partners service")
      ->required()
      ->envname("ORDERMESH_PARTNERS");
  app.add_option("--partners_copy", config.partners.copy_file,
                 "File that keeps the last copy of the partners; empty: none")
      ->envname("ORDERMESH_PARTNERS_COPY");
  app.add_option("--deadline_ms", config.deadline_ms, "How long an order waits for its verdict at most")
      ->check(CLI::Range(100, 60'000))
      ->envname("ORDERMESH_DEADLINE_MS")
      ->capture_default_str();
}

int Main(int argc, char** argv) {
  rpc::ShutdownSignal signal;
  Config config;
  config.server.max_message_bytes = kMaxClientMessageBytes;
  CLI::App app("Ordermesh feed: takes partners' orders and answers each with its verdict.", "ordermesh-feed");
  AddFlags(app, config);
  if (const auto code = rpc::ParseFlags(app, argc, argv)) return *code;
  if (const auto status = telemetry::StartLogging("feed", config.server.log_level); !status.ok()) {
    return rpc::FailedToStart(status);
  }

  const rpc::TlsConfig& tls = config.server.tls;
  if (const auto status = rpc::CheckTls(tls); !status.ok()) return rpc::FailedToStart(status);
  config.partners.channel.credentials = rpc::ClientCredentials(tls, "partners");

  rpc::Drain drain;
  Inlet inlet(
      {config.validations, absl::Milliseconds(config.deadline_ms), {rpc::ClientCredentials(tls, "validation"), {}}});
  LeaseRenewer leases(config.partners.address, config.partners.channel, NewHolderName());
  PartnerDirectory partners;
  FeedService service(inlet, partners, leases.limits(), drain);
  RetryService retries(inlet, partners);
  auto server = rpc::Server::Start(config.server, "feed", {&service, &retries}, drain);
  if (!server.ok()) return rpc::FailedToStart(server.status());
  // Orders are answered UNAVAILABLE until the partners are known.
  (*server)->SetServing(false);
  bool known = false;
  rpc::PartnerFollower follower(config.partners, [&](const std::shared_ptr<const rpc::PartnerMap>& map) {
    partners.Update(*map);
    if (!std::exchange(known, true)) (*server)->SetServing(true);
  });
  return rpc::ServeUntilSignal(**server, signal, [] {});
}

}  // namespace
}  // namespace ordermesh::feed

int main(int argc, char** argv) { return ordermesh::feed::Main(argc, argv); }
