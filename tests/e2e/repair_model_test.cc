// Random edits, retries, jobs and deaths on a whole mesh: what was acknowledged is there, and errors and orders agree.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "ordermesh/error/v1/repair_service.grpc.pb.h"
#include "tests/e2e/repair_fixture.h"

namespace ordermesh::e2e {
namespace {

using error::v1::RepairJob;
using error::v1::RepairService;

constexpr int kErrors = 40;
constexpr int kSteps = 300;
// A process dies after so many steps.
constexpr int kStepsToDeath = 20;

// ORDERMESH_SEED repeats a run.
uint64_t Seed() {
  const char* const given = std::getenv("ORDERMESH_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "ORDERMESH_SEED=" << seed << std::endl;
  return seed;
}

class RepairModelTest : public RepairTest {
 protected:
  struct Known {
    std::string id;
    int64_t number = 0;
    // Edits that the mesh said it had kept, in their order.
    std::vector<std::string> edits;
  };

  void SetUp() override {
    RepairTest::SetUp();
    for (int64_t n = 1'000; n < 1'000 + kErrors; ++n) known_.push_back({Reject(n), n, {}});
  }

  uint64_t Random(uint64_t below) { return random_() % below; }

  // One call: without an answer it is not known whether it was done.
  template <typename Request, typename Response>
  static absl::Status Once(grpc::Status (ErrorReviewService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                            Response*),
                           const Request& request) {
    const auto stub = ErrorReviewService::NewStub(mesh_->Edge());
    grpc::ClientContext context;
    Response response;
    return rpc::FromGrpc(((*stub).*method)(&context, request, &response));
  }

  // Another payload each time; half of them good ones.
  std::string NewPayload(const Known& known) {
    const std::string base = Random(2) == 0 ? GoodPayload(known.number) : BadPayload(known.number);
    return absl::StrCat(base, std::string(++payloads_, ' '));
  }

  static absl::Status TryEditOnce(const std::string& id, int64_t revision, const std::string& payload, bool retry) {
    error::v1::EditErrorRequest request;
    request.set_id(id);
    request.set_revision(revision);
    request.set_raw_payload(payload);
    request.set_retry(retry);
    return Once(&ErrorReviewService::Stub::EditError, request);
  }

  void EditOne(Known& known) {
    const std::string payload = NewPayload(known);
    if (TryEditOnce(known.id, Get(known.id).revision(), payload, Random(2) == 0).ok()) known.edits.push_back(payload);
  }

  // Two operators at once, on the same revision.
  void EditTwice(Known& known) {
    const int64_t revision = Get(known.id).revision();
    const std::string mine = NewPayload(known);
    const std::string yours = NewPayload(known);
    absl::Status other;
    std::thread operator_two([&] { other = TryEditOnce(known.id, revision, yours, false); });
    const absl::Status own = TryEditOnce(known.id, revision, mine, false);
    operator_two.join();
    EXPECT_FALSE(own.ok() && other.ok()) << known.id;
    if (own.ok()) known.edits.push_back(mine);
    if (other.ok()) known.edits.push_back(yours);
  }

  template <typename Request>
  void Ask(const Known& known,
           grpc::Status (ErrorReviewService::Stub::*method)(grpc::ClientContext*, const Request&, OrderError*)) {
    Request request;
    request.set_id(known.id);
    if constexpr (std::is_same_v<Request, error::v1::AssignErrorRequest>) request.set_assignee("jo");
    if constexpr (std::is_same_v<Request, error::v1::AddErrorNoteRequest>) request.set_note("a note");
    if constexpr (std::is_same_v<Request, error::v1::DiscardErrorRequest>) request.set_reason("a test");
    (void)Once(method, request);
  }

  void StartJob() {
    error::v1::StartJobRequest request;
    request.set_request_id(absl::StrCat("model-", jobs_started_++));
    request.mutable_filter()->set_partner_id("partner-a");
    if (Random(2) == 0) {
      request.mutable_action()->mutable_retry();
    } else {
      auto* const set = request.mutable_action()->mutable_fix()->mutable_patch()->add_operations()->mutable_set();
      set->set_path("customerId");
      set->set_value(absl::StrCat("\"CUST-", jobs_started_, "\""));
    }
    grpc::ClientContext context;
    RepairJob job;
    (void)RepairService::NewStub(mesh_->Edge())->StartJob(&context, request, &job);
  }

  void Step() {
    Known& known = known_[Random(known_.size())];
    using Stub = ErrorReviewService::Stub;
    switch (Random(12)) {
      case 0:
      case 1:
      case 2:
        return EditOne(known);
      case 3:
        return EditTwice(known);
      case 4:
      case 5:
        return Ask(known, &Stub::RetryError);
      case 6:
        return Ask(known, &Stub::AssignError);
      case 7:
        return Ask(known, &Stub::AddErrorNote);
      case 8:
        return Ask(known, &Stub::DiscardError);
      case 9:
      case 10:
        return Ask(known, &Stub::ReopenError);
      default:
        if (Random(4) == 0) StartJob();
    }
  }

  static bool JobsHaveEnded() {
    grpc::ClientContext context;
    error::v1::ListJobsResponse jobs;
    if (!RepairService::NewStub(mesh_->Edge())->ListJobs(&context, {}, &jobs).ok()) return false;
    return std::all_of(jobs.jobs().begin(), jobs.jobs().end(), [](const RepairJob& job) {
      return job.state() == RepairJob::DONE || job.state() == RepairJob::CANCELLED;
    });
  }
  static void AwaitJobs() {
    const absl::Time until = absl::Now() + absl::Seconds(120);
    while (!JobsHaveEnded() && absl::Now() < until) absl::SleepFor(absl::Milliseconds(200));
    EXPECT_TRUE(JobsHaveEnded());
  }

  // Every edit that was acknowledged is there once, in its order, and nothing came between original and edits
  // unnumbered.
  void ExpectEdits(const Known& known, const OrderError& error) {
    error::v1::ListErrorEditsRequest request;
    request.set_id(known.id);
    request.set_page_size(1'000);
    const auto chain = Call(&ErrorReviewService::Stub::ListErrorEdits, request);
    ASSERT_TRUE(chain.ok()) << chain.status();
    ASSERT_EQ(chain->edits_size(), error.edits() + 1);
    EXPECT_EQ(chain->edits(0).raw_payload(), BadPayload(known.number));
    auto next = known.edits.begin();
    for (int i = 0; i < chain->edits_size(); ++i) {
      EXPECT_EQ(chain->edits(i).number(), i);
      if (next != known.edits.end() && chain->edits(i).raw_payload() == *next) ++next;
    }
    EXPECT_EQ(next, known.edits.end()) << known.id << ": an edit that was acknowledged is missing";
  }

  // What was done follows from what was before, without a gap.
  void ExpectEvents(const Known& known, const OrderError& error) {
    error::v1::ListErrorEventsRequest request;
    request.set_error_id(known.id);
    request.set_page_size(1'000);
    const auto events = Call(&ErrorReviewService::Stub::ListErrorEvents, request);
    ASSERT_TRUE(events.ok()) << events.status();
    auto status = OrderError::OPEN;
    int64_t revision = 1;
    for (const ErrorEvent& event : events->events()) {
      EXPECT_EQ(event.before().status(), status) << known.id << " event " << event.number();
      EXPECT_EQ(event.revision(), ++revision) << known.id << " event " << event.number();
      status = event.after().status();
    }
    EXPECT_EQ(error.status(), status);
    EXPECT_EQ(error.revision(), revision);
  }

  std::mt19937_64 random_{Seed()};
  std::vector<Known> known_;
  size_t payloads_ = 0;
  int jobs_started_ = 0;
};

// The orders of partner-a by their external ids.
std::multimap<std::string, std::string> OrdersOf(const nlohmann::json& listed) {
  std::multimap<std::string, std::string> orders;
  for (const auto& order : listed.at("orders")) orders.emplace(order.at("externalOrderId"), order.at("id"));
  return orders;
}

TEST_F(RepairModelTest, AnyOrderOfActionsAndDeathsKeepsWhatWasAcknowledged) {
  constexpr std::array kVictims = {testing::kErrorStore, testing::kFeed, testing::kValidation, testing::kOrderStore};
  for (int step = 1; step <= kSteps; ++step) {
    Step();
    if (step % kStepsToDeath == 0) mesh_->Kill(kVictims[Random(kVictims.size())]);
  }
  ASSERT_TRUE(mesh_->WaitHealthy().ok());
  AwaitJobs();
  std::vector<OrderError> errors;
  for (const Known& known : known_) errors.push_back(AwaitVerdict(known.id));
  const auto orders = OrdersOf(CliJson({"orders", "list", "-p", "partner-a", "--all"}));
  int resolved = 0;
  for (size_t i = 0; i < known_.size(); ++i) {
    ExpectEdits(known_[i], errors[i]);
    ExpectEvents(known_[i], errors[i]);
    const std::string external_id = absl::StrCat("FIX-", known_[i].number);
    const bool is_resolved = errors[i].status() == OrderError::RESOLVED;
    resolved += is_resolved ? 1 : 0;
    EXPECT_EQ(orders.count(external_id), is_resolved ? 1u : 0u) << external_id;
    if (!is_resolved || orders.count(external_id) == 0) continue;
    EXPECT_EQ(orders.find(external_id)->second, errors[i].resolved_order_id());
  }
  // Otherwise nothing was shown.
  EXPECT_GT(resolved, 0);
  EXPECT_LT(resolved, kErrors);
  ExpectSound();
}

}  // namespace
}  // namespace ordermesh::e2e
