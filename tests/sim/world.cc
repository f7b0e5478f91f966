#include "tests/sim/world.h"

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "tests/sim/callers.h"
#include "tests/sim/check.h"
#include "tests/sim/validation_node.h"

namespace ordermesh::sim {
namespace {

constexpr int kValidations = 2;
// To each store from each validation, and to each validation from the feed.
constexpr int kNetworks = 3 * kValidations;
constexpr int64_t kPollUs = 50'000;
// Everything is answered long before, once nothing goes wrong any more.
constexpr int64_t kSettleLimitUs = 60'000'000;
constexpr int kAskedAgain = 60;
constexpr int64_t kNanosPerMinute = 60'000'000'000;

class World {
 public:
  World(uint64_t seed, Plant plant, const std::string& folder, bool verbose)
      : context_(seed, plant, verbose),
        settings_(SettingsOf(seed)),
        specs_(seed, settings_.sequence_stride),
        model_(context_, specs_),
        networks_(kNetworks, Network(context_)),
        orders_(context_, folder, settings_.order_node),
        errors_(context_, folder) {
    for (int i = 0; i < kValidations; ++i) {
      validations_.push_back(std::make_unique<ValidationNode>(context_, absl::StrCat("validation-", i), orders_,
                                                              networks_[kValidations + 2 * i], errors_,
                                                              networks_[kValidations + 2 * i + 1]));
    }
    feed_ =
        std::make_unique<FeedNode>(context_, std::vector<ValidationPeer*>{validations_[0].get(), validations_[1].get()},
                                   std::vector<Network*>{&networks_[0], &networks_[1]});
    callers_ = std::make_unique<Callers>(context_, settings_, specs_, model_, *feed_);
  }

  Outcome Run() {
    for (Network& network : networks_) network.faults = settings_.network;
    orders_.machine().faults = settings_.disk;
    errors_.machine().faults = settings_.disk;
    StartOrders();
    StartErrors();
    for (auto& validation : validations_) validation->Start();
    callers_->Start();
    PlanTrouble();
    Poll();
    while (!over_ && model_.broken().empty()) {
      context_.scheduler.Step();
      Reap();
    }
    Outcome outcome;
    outcome.broken = model_.broken();
    outcome.hash = context_.trace.hash();
    outcome.ops = static_cast<int64_t>(model_.ops().size());
    outcome.orders = model_.watched();
    outcome.deaths = deaths_;
    outcome.coverage = context_.coverage;
    outcome.trace = context_.trace.text();
    return outcome;
  }

 private:
  enum class Phase { kTrouble, kSettle, kLastDeath, kAskAgain };

  // Buries what died in the last step, and plans its next life.
  void Reap() {
    if (!orders_down_ && !orders_.machine().alive()) {
      orders_down_ = true;
      ++deaths_;
      orders_.Bury(context_.rng.Chance(settings_.power_lost));
      context_.scheduler.After(RestartPause(), [this] { StartOrders(); });
    }
    if (!errors_down_ && !errors_.machine().alive()) {
      errors_down_ = true;
      ++deaths_;
      errors_.Bury(context_.rng.Chance(settings_.power_lost));
      context_.scheduler.After(RestartPause(), [this] { StartErrors(); });
    }
    for (size_t i = 0; i < validations_.size(); ++i) {
      if (validations_down_[i] || validations_[i]->up()) continue;
      validations_down_[i] = true;
      ++deaths_;
      validations_[i]->Bury();
      context_.scheduler.After(context_.rng.Between(20'000, 300'000), [this, i] {
        validations_down_[i] = false;
        validations_[i]->Start();
      });
    }
  }

  // Mostly short; now and then longer than an item may wait.
  int64_t RestartPause() {
    return context_.rng.Chance(50) ? context_.rng.Between(1'000'000, 7'000'000) : context_.rng.Between(20'000, 700'000);
  }

  // True where a simulated fault explains that a store does not start; it is tried again.
  bool Explained(const absl::Status& status, Machine& machine, const char* name) {
    if (machine.alive() && !absl::IsResourceExhausted(status)) {
      model_.Break("K1", absl::StrCat("the ", name, " refuses to start: ", status.ToString()));
    }
    machine.Kill("it could not start");
    return model_.broken().empty();
  }

  void StartOrders() {
    const absl::Status status = orders_.Start();
    if (!status.ok() && !Explained(status, orders_.machine(), "order-store")) return;
    orders_down_ = false;
    if (orders_.up() && context_.rng.Chance(400)) CheckOrderStore(context_, model_, orders_, /*replica=*/false);
  }

  void StartErrors() {
    const absl::Status status = errors_.Start();
    if (!status.ok() && !Explained(status, errors_.machine(), "error-store")) return;
    errors_down_ = false;
    if (errors_.up() && context_.rng.Chance(400)) CheckErrorStore(context_, model_, errors_);
  }

  void PlanTrouble() {
    context_.scheduler.After(context_.rng.Between(1'000, settings_.longest_peace_us), [this] {
      if (phase_ != Phase::kTrouble) return;
      MakeTrouble();
      PlanTrouble();
    });
  }

  void MakeTrouble() {
    switch (context_.rng.Below(9)) {
      case 0:
        return orders_.machine().Kill("killed");
      case 1:
        return errors_.machine().Kill("killed");
      case 2:
        return validations_[context_.rng.Below(kValidations)]->Kill();
      case 3:
        // A feed that dies all the time gets nothing done.
        return context_.rng.Chance(300) ? feed_->Crash() : void();
      case 4:
        return Partition();
      case 5:
        return FillDisk();
      case 6:
        return StepClock();
      case 7:
        return ChangePlan();
      default:
        if (orders_.up()) WatchOrders(model_, orders_);
    }
  }

  void Partition() {
    Network& network = networks_[context_.rng.Below(kNetworks)];
    network.Cut();
    context_.coverage.Hit(Point::kPartition);
    context_.Note("a network is cut");
    context_.scheduler.After(context_.rng.Between(50'000, 3'000'000), [&network] { network.Heal(); });
  }

  void FillDisk() {
    Disk* const disks[] = {&orders_.database(), &orders_.log(), &errors_.database()};
    Disk* const disk = disks[context_.rng.Below(3)];
    disk->SetFull(true);
    context_.Note("a disk is full");
    context_.scheduler.After(context_.rng.Between(50'000, 2'000'000), [disk] { disk->SetFull(false); });
  }

  void StepClock() {
    if (!settings_.clock_steps) return;
    const int64_t step = context_.rng.Between(-30, 90) * kNanosPerMinute;
    orders_.clock_skew_ns += step;
    if (step < 0) context_.coverage.Hit(Point::kClockSteppedBack);
    context_.Note("the clock steps by ", step, " ns");
  }

  void ChangePlan() {
    if (!settings_.tight_plans) return;
    ValidationNode& validation = *validations_[context_.rng.Below(kValidations)];
    validation.tight = !validation.tight;
    model_.PlanTightened();
    context_.Note("a plan is ", validation.tight ? "tight" : "loose");
  }

  void Heal() {
    context_.Note("everything is healed");
    for (Network& network : networks_) {
      network.Heal();
      network.faults = {};
    }
    for (Disk* disk : {&orders_.database(), &orders_.log(), &errors_.database()}) disk->SetFull(false);
    orders_.machine().faults = {};
    errors_.machine().faults = {};
  }

  void Poll() {
    Advance();
    if (phase_ != Phase::kTrouble && context_.scheduler.now_us() - phase_began_us_ > kSettleLimitUs) {
      model_.Break("K9", absl::StrCat(model_.unanswered(), " orders have no verdict, and nothing goes wrong any more"));
    }
    context_.scheduler.After(kPollUs, [this] { Poll(); });
  }

  void Enter(Phase phase) {
    phase_ = phase;
    phase_began_us_ = context_.scheduler.now_us();
  }

  void Advance() {
    const bool settled = model_.unanswered() == 0 && orders_.up() && errors_.up();
    switch (phase_) {
      case Phase::kTrouble:
        if (!callers_->sent_all()) return;
        Heal();
        return Enter(Phase::kSettle);
      case Phase::kSettle:
        if (!settled) return;
        // What was acknowledged survives this too.
        orders_.machine().Kill("killed at the end");
        errors_.machine().Kill("killed at the end");
        return Enter(Phase::kLastDeath);
      case Phase::kLastDeath:
        if (!settled) return;
        Check();
        callers_->AskAgain(kAskedAgain);
        return Enter(Phase::kAskAgain);
      case Phase::kAskAgain:
        if (!settled) return;
        Check();
        over_ = true;
    }
  }

  void Check() {
    CheckOrderStore(context_, model_, orders_, /*replica=*/true);
    CheckErrorStore(context_, model_, errors_);
  }

  Context context_;
  const Settings settings_;
  const Orders specs_;
  Model model_;
  std::vector<Network> networks_;
  OrderNode orders_;
  ErrorNode errors_;
  std::vector<std::unique_ptr<ValidationNode>> validations_;
  std::unique_ptr<FeedNode> feed_;
  std::unique_ptr<Callers> callers_;
  bool orders_down_ = false;
  bool errors_down_ = false;
  std::array<bool, kValidations> validations_down_ = {};
  Phase phase_ = Phase::kTrouble;
  int64_t phase_began_us_ = 0;
  int64_t deaths_ = 0;
  bool over_ = false;
};

}  // namespace

Outcome Simulate(uint64_t seed, Plant plant, const std::string& folder, bool verbose) {
  return World(seed, plant, folder, verbose).Run();
}

}  // namespace ordermesh::sim
