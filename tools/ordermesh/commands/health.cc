#include "tools/ordermesh/client/health.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::cli {
namespace {

constexpr client::Part kParts[] = {client::Part::kFeed, client::Part::kValidation, client::Part::kOrderStore,
                                   client::Part::kErrorStore};
constexpr absl::Duration kLongestCheck = absl::Seconds(5);

// What one part answered.
struct Answer {
  std::string name;
  std::string address;
  std::string status;
  absl::Duration latency;
  bool serving = false;
};

Answer Ask(client::Part part, const std::string& address, absl::Duration timeout) {
  Answer answer{std::string(client::NameOf(part)), address};
  const auto channel = rpc::ConnectTo(address);
  const absl::Time start = absl::Now();
  const auto health = client::CheckHealth(channel, timeout);
  answer.latency = absl::Now() - start;
  answer.serving = health.ok() && *health == client::Serving::kServing;
  answer.status = health.ok() ? client::NameOf(*health) : "UNREACHABLE";
  return answer;
}

// Asks every part once; UNAVAILABLE where one is not serving, so that a mesh that is starting is waited for.
absl::Status AskAll(const Environment& environment, absl::Duration left, std::vector<Answer>& answers) {
  answers.clear();
  bool serving = true;
  for (const client::Part part : kParts) {
    OM_ASSIGN_OR_RETURN(const auto addresses, client::AddressesOf(environment.mesh, part));
    for (const std::string& address : addresses) {
      OM_ASSIGN_OR_RETURN(const std::string admin, client::AdminAddressOf(address));
      answers.push_back(Ask(part, admin, std::min(left, kLongestCheck)));
      serving = serving && answers.back().serving;
    }
  }
  return serving ? absl::OkStatus() : absl::UnavailableError("not every part is serving: look at its log");
}

std::string AnswersAsTable(const std::vector<Answer>& answers) {
  Table table({{"PART"}, {"ADMIN PORT"}, {"STATUS"}, {"LATENCY", Table::Align::kRight}});
  for (const Answer& answer : answers) {
    table.AddRow({answer.name, answer.address, answer.status,
                  fmt::format("{:.1f} ms", absl::ToDoubleMilliseconds(answer.latency))});
  }
  return table.ToString();
}

std::string AnswersAsJson(const std::vector<Answer>& answers, bool ok) {
  auto parts = nlohmann::ordered_json::array();
  for (const Answer& answer : answers) {
    parts.push_back({{"name", answer.name},
                     {"address", answer.address},
                     {"status", answer.status},
                     {"latencyMs", absl::ToDoubleMilliseconds(absl::Trunc(answer.latency, absl::Microseconds(1)))}});
  }
  return nlohmann::ordered_json{{"ok", ok}, {"services", parts}}.dump() + "\n";
}

absl::StatusOr<ExitCode> RunHealth(const Environment& environment) {
  std::vector<Answer> answers;
  const absl::Status status = client::RetryWhileAway(
      environment.Patience(), [&](absl::Duration left) { return AskAll(environment, left, answers); });
  if (answers.empty()) return status;
  environment.out << (environment.json() ? AnswersAsJson(answers, status.ok()) : AnswersAsTable(answers));
  if (!status.ok()) environment.err << "ordermesh: " << status.message() << "\n";
  return status.ok() ? kDone : kAnswerIsNo;
}

}  // namespace

void AddHealth(CLI::App& app, Environment& environment) {
  CLI::App* health = app.add_subcommand("health", "Ask every part of the mesh whether it is serving");
  health->footer(
      "Waits for parts that are starting; the exit code is 0 only where all are SERVING.\n\n"
      "Examples:\n  ordermesh health\n  ordermesh health --wait 0 -o json\n");
  health->callback([&environment] { environment.command = [&environment] { return RunHealth(environment); }; });
}

}  // namespace ordermesh::cli
