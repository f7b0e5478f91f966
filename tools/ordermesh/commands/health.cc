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

// The gateway answers for itself and for every part behind it.
constexpr const char* kParts[] = {"gateway", "feed", "validation", "partners", "order-store", "error-store"};
constexpr absl::Duration kLongestCheck = absl::Seconds(5);

// What one part answered.
struct Answer {
  std::string name;
  std::string address;
  std::string status;
  absl::Duration latency;
};

// Asks for every part once; UNAVAILABLE where one is not serving, so that a mesh that is starting is waited for.
absl::Status AskAll(const Environment& environment, absl::Duration left, std::vector<Answer>& answers) {
  answers.clear();
  OM_ASSIGN_OR_RETURN(const client::Connection connection, client::FindConnection(environment.connection));
  environment.who = connection.who;
  const auto channel = client::Connect(connection);
  bool serving = true;
  for (const char* part : kParts) {
    const absl::Time start = absl::Now();
    const auto health = client::CheckHealth(channel, part, std::min(left, kLongestCheck));
    if (absl::IsUnauthenticated(health.status())) return health.status();
    answers.push_back(
        {part, connection.address, health.ok() ? client::NameOf(*health) : "UNREACHABLE", absl::Now() - start});
    serving = serving && health.ok() && *health == client::Serving::kServing;
  }
  return serving ? absl::OkStatus() : absl::UnavailableError("not every part is serving: look at its log");
}

std::string AnswersAsTable(const std::vector<Answer>& answers) {
  Table table({{"PART"}, {"ASKED AT"}, {"STATUS"}, {"LATENCY", Table::Align::kRight}});
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
  if (answers.empty() || absl::IsUnauthenticated(status)) return status;
  environment.out << (environment.json() ? AnswersAsJson(answers, status.ok()) : AnswersAsTable(answers));
  if (!status.ok()) environment.err << "ordermesh: " << status.message() << "\n";
  return status.ok() ? kDone : kAnswerIsNo;
}

}  // namespace

void AddHealth(CLI::App& app, Environment& environment) {
  CLI::App* health = app.add_subcommand("health", "Ask the edge whether every part of the mesh is serving");
  health->footer(
      "Waits for parts that are starting; the exit code is 0 only where all are SERVING.\n\n"
      "Examples:\n  ordermesh health\n  ordermesh health --wait 0 -o json\n");
  SetCommand(*health, environment, [&environment] { return RunHealth(environment); });
}

}  // namespace ordermesh::cli
