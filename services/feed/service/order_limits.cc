#include "services/feed/service/order_limits.h"

#include <algorithm>
#include <utility>

namespace ordermesh::feed {
namespace {

using partners::v1::LeaseTokensRequest;
using partners::v1::LeaseTokensResponse;

// What one request may ask for.
constexpr int kMaxWants = 1'000;
// Messages of one partner that may wait for a lease; it takes a millisecond.
constexpr size_t kMaxWaiters = 256;
constexpr absl::Duration kPace = absl::Milliseconds(20);
// Only a lease can tell.
constexpr int64_t kAsk = -1;
constexpr absl::Duration kRetryAfterCrowd = absl::Milliseconds(50);

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

}  // namespace

void LimitAccount::SetLimit(const OrderLimit& limit) {
  absl::MutexLock lock(&mutex_);
  balance_.SetLimit(limit);
}

void OrderLimits::Follow(LeaseBalance& balance, absl::Time now) const {
  const bool away = away_.load(std::memory_order_relaxed);
  if (away && !balance.away()) balance.Failed(now);
  if (!away && balance.away()) balance.Back();
}

std::optional<Admission> OrderLimits::Try(const std::shared_ptr<LimitAccount>& account, int64_t orders, bool whole) {
  const absl::Time now = clock_();
  Admission admission;
  bool newly_active = false;
  {
    absl::MutexLock lock(&account->mutex_);
    LeaseBalance& balance = account->balance_;
    Follow(balance, now);
    newly_active = !std::exchange(account->active_, true);
    const bool may_ask = balance.CanAsk(now);
    // A part of a message passes only where asking for the rest would not help.
    if (whole || !may_ask || balance.Covers(orders, now)) admission.admitted = balance.Take(orders, whole, now);
    if (admission.admitted == 0 && may_ask) {
      admission.admitted = kAsk;
    } else if (admission.admitted < orders) {
      admission.retry_after = balance.RetryAfter(orders - admission.admitted, whole, now);
    }
  }
  if (newly_active) Activate(account);
  if (admission.admitted == kAsk) return std::nullopt;
  return admission;
}

void OrderLimits::Wait(const std::shared_ptr<LimitAccount>& account, int64_t orders, bool whole, AdmissionDone done) {
  {
    absl::MutexLock lock(&account->mutex_);
    if (account->waiters_.size() < kMaxWaiters) {
      account->waiters_.push_back({orders, whole, false, std::move(done)});
      done = nullptr;
    }
  }
  if (done != nullptr) return done({0, kRetryAfterCrowd});
  wake_();
}

void OrderLimits::Activate(const std::shared_ptr<LimitAccount>& account) {
  absl::MutexLock lock(&mutex_);
  active_.push_back(account);
}

LeaseTokensRequest OrderLimits::Next(std::vector<std::shared_ptr<LimitAccount>>* asked) {
  std::vector<std::shared_ptr<LimitAccount>> active;
  {
    absl::MutexLock lock(&mutex_);
    active.swap(active_);
  }
  LeaseTokensRequest request;
  request.set_holder(holder_);
  const absl::Time now = clock_();
  absl::Duration pace = kPace;
  std::vector<std::shared_ptr<LimitAccount>> left, later;
  for (auto& account : active) {
    if (request.wants_size() == kMaxWants) {
      later.push_back(std::move(account));
      continue;
    }
    absl::MutexLock lock(&account->mutex_);
    int64_t demand = 0;
    for (auto& waiter : account->waiters_) {
      waiter.asked = true;
      demand += account->balance_.Need(waiter.orders);
    }
    const LeaseBalance::Want want = account->balance_.NextWant(demand, now);
    // Whoever waits gets an answer, also where nothing more is wanted by now.
    if (want.wanted > 0 || want.returned > 0 || demand > 0) {
      auto* entry = request.add_wants();
      entry->set_partner_id(account->partner_id_);
      entry->set_wanted(want.wanted);
      entry->set_returned(want.returned);
      asked->push_back(account);
    }
    if (demand == 0 && account->balance_.IsSettled(now)) {
      account->active_ = false;
      continue;
    }
    pace = std::min(pace, account->balance_.Pace());
    left.push_back(account);
  }
  pace_ms_.store(std::max<int64_t>(1, absl::ToInt64Milliseconds(pace)), std::memory_order_relaxed);
  absl::MutexLock lock(&mutex_);
  // Those that were passed over come first the next time.
  active_.insert(active_.begin(), later.begin(), later.end());
  active_.insert(active_.end(), left.begin(), left.end());
  return request;
}

void OrderLimits::Answer(const std::vector<std::shared_ptr<LimitAccount>>& asked, const LeaseTokensRequest& request,
                         const absl::StatusOr<LeaseTokensResponse>& response) {
  away_.store(!response.ok(), std::memory_order_relaxed);
  const absl::Time now = clock_();
  std::vector<std::pair<AdmissionDone, Admission>> decided;
  for (size_t i = 0; i < asked.size(); ++i) {
    absl::MutexLock lock(&asked[i]->mutex_);
    LeaseBalance& balance = asked[i]->balance_;
    const int index = static_cast<int>(i);
    if (!response.ok()) {
      balance.Failed(now);
    } else if (index < response->grants_size()) {
      const auto& grant = response->grants(index);
      balance.Granted(request.wants(index).wanted(), grant.granted(), ToDuration(grant.retry_after()), grant.holders(),
                      now);
    }
    auto& waiters = asked[i]->waiters_;
    // Those who came while this lease was under way wait for the next, unless it could bring them nothing.
    const bool may_ask = balance.CanAsk(now);
    const auto waits_on = std::stable_partition(waiters.begin(), waiters.end(),
                                                [may_ask](const auto& waiter) { return waiter.asked || !may_ask; });
    for (auto waiter = waiters.begin(); waiter != waits_on; ++waiter) {
      Admission admission{balance.Take(waiter->orders, waiter->whole, now), absl::ZeroDuration()};
      if (admission.admitted < waiter->orders) {
        admission.retry_after = balance.RetryAfter(waiter->orders - admission.admitted, waiter->whole, now);
      }
      decided.emplace_back(std::move(waiter->done), admission);
    }
    waiters.erase(waiters.begin(), waits_on);
  }
  for (const auto& [done, admission] : decided) done(admission);
}

}  // namespace ordermesh::feed
