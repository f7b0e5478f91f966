#include "tests/crash/trial.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fmt/core.h"
#include "services/common/base/errors.h"
#include "tests/crash/verify.h"

namespace ordermesh::crash {
namespace {

constexpr absl::Duration kSettleLimit = absl::Minutes(2);
// How many orders are asked for again at the end, with the same and with other content.
constexpr int kAskedAgain = 2'000;
constexpr int kAltered = 300;
// Of the orders read one by one at the end.
constexpr uint64_t kReadSingly = 5'000;

}  // namespace

Trial::Trial(TrialOptions options)
    : options_(std::move(options)), workload_(options_.seed, options_.poison_number), checker_(workload_) {}

absl::StatusOr<std::unique_ptr<Trial>> Trial::Start(TrialOptions options) {
  std::unique_ptr<Trial> trial(new Trial(std::move(options)));
  OM_ASSIGN_OR_RETURN(trial->mesh_, testing::Mesh::Start(trial->options_.environment));
  std::string& history = trial->options_.history;
  if (history.empty()) history = trial->mesh_->data() + ".history";
  OM_ASSIGN_OR_RETURN(trial->history_, HistoryWriter::Create(history, trial->options_.seed));
  const auto connect = [mesh = trial->mesh_.get(), way = trial->options_.way,
                        calls = std::make_shared<std::atomic<int>>(0)] {
    const bool direct =
        way == TrialOptions::Way::kDirect || (way == TrialOptions::Way::kBoth && calls->fetch_add(1) % 2 == 0);
    return direct ? mesh->Direct(testing::kFeed) : mesh->Edge();
  };
  trial->client_ = std::make_unique<Client>(trial->workload_, trial->options_.client, connect, *trial->history_);
  trial->started_ = absl::Now();
  return trial;
}

Trial::~Trial() {
  client_.reset();
  if (history_ == nullptr) return;
  if (discard_ || (checked_ && checker_.ok())) {
    std::remove(options_.history.c_str());
    return;
  }
  mesh_->Keep();
  fmt::print("kept: {} and {}\n", options_.history, mesh_->data());
}

// Sends old orders again, unchanged and altered: what was said once must be said for ever.
absl::Status Trial::AskAgain() {
  if (client_->numbers() == 0) return absl::OkStatus();
  std::mt19937_64 random(options_.seed + 1);
  std::vector<Sending> same;
  std::vector<Sending> altered;
  for (int i = 0; i < kAskedAgain; ++i) same.push_back({random() % client_->numbers(), false});
  while (altered.size() < kAltered) {
    const uint64_t number = random() % client_->numbers();
    if (workload_.IsValid(number)) altered.push_back({number, true});
  }
  OM_RETURN_IF_ERROR(client_->SendAgain(std::move(same), kSettleLimit));
  return client_->SendAgain(std::move(altered), kSettleLimit);
}

absl::Status Trial::CompareStores() {
  const auto edge = mesh_->Edge();
  OM_RETURN_IF_ERROR(mesh_->WaitHealthy());
  OM_RETURN_IF_ERROR(ReadHistory(options_.history, checker_));
  OM_RETURN_IF_ERROR(ReadStores(edge, checker_));
  OM_RETURN_IF_ERROR(CompareStats(edge, checker_));
  checker_.Finish();
  OM_RETURN_IF_ERROR(AuditStores(edge, checker_));
  const uint64_t numbers = std::min(client_->numbers(), options_.client.last_number);
  // An odd step, so that every shape is met.
  return ReadSingly(edge, workload_, numbers, std::max<uint64_t>(1, numbers / kReadSingly) | 1, checker_);
}

absl::Status Trial::Check(bool ask_again) {
  absl::Status settled = client_->Finish(kSettleLimit);
  loaded_ = absl::Now() - started_;
  if (settled.ok() && ask_again) settled = AskAgain();
  if (!settled.ok()) checker_.Report(Promise::kUnknowns, settled.ToString());
  history_->Flush();
  OM_RETURN_IF_ERROR(CompareStores());
  checked_ = true;
  return absl::OkStatus();
}

void Trial::Print() const {
  const CheckSummary& summary = checker_.summary();
  fmt::print("{} orders sent, {} stored and acknowledged, {} rejected, {} unknown on the way; {} rows, {} errors\n",
             summary.sent, summary.acknowledged, summary.rejected, summary.unknowns, summary.stored, summary.errors);
  fmt::print("{:.0f} verdicts/s over {:.0f} s, outages included; {} streams broke\n",
             static_cast<double>(client_->verdicts()) / absl::ToDoubleSeconds(loaded_), absl::ToDoubleSeconds(loaded_),
             client_->broken_streams());
  for (const Broken& broken : checker_.broken()) {
    fmt::print("BROKEN {}: {}\n", PromiseName(broken.promise), broken.what);
  }
  for (const auto& [promise, count] : checker_.counts())
    fmt::print("{} broken {} times\n", PromiseName(promise), count);
  std::fflush(stdout);
}

}  // namespace ordermesh::crash
