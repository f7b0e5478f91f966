// What one replica of the feed may take from one partner: tokens that it has leased from the partner's bucket, so that
// all replicas together keep the partner's limit.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "ordermesh/partners/v1/partner_sync_service.pb.h"

namespace ordermesh::feed {

// A token bucket: `per_second` tokens come, at most `burst` are saved up.
struct OrderLimit {
  double per_second = 10'000;
  int64_t burst = 5'000;

  friend bool operator==(const OrderLimit&, const OrderLimit&) = default;
};

// The limit as partners writes it; the default where there is none.
OrderLimit ToOrderLimit(const partners::v1::Partner& partner);

// Pure: the time comes in as an argument and never goes back. Not thread-safe.
//
//   balance = leased + credit that was given, less what was taken; below 0 it is a debt that the next leases pay
//
// The credit (5 % of the burst, at least 1) lets the first orders of an idle partner pass without asking. What the
// replicas may take too early so is bounded; in the long run they take what was leased. While the bucket cannot be
// asked each replica fills its own with its share of the rate.
class LeaseBalance {
 public:
  explicit LeaseBalance(const OrderLimit& limit) : limit_(limit) {}

  void SetLimit(const OrderLimit& limit);

  // Takes so many of `orders` as there is balance and credit for, and gives how many. With `whole` all or none: then
  // more than the burst may be taken at once where (nearly) a whole burst is there, into debt.
  int64_t Take(int64_t orders, bool whole, absl::Time now);

  // Whether all of `orders` could be taken now without more debt than the credit.
  bool Covers(int64_t orders, absl::Time now);
  // What would have to be leased at once for `orders` to pass.
  int64_t Need(int64_t orders) const;

  // Whether asking the bucket now could help: it is not known to be empty, nor to be away.
  bool CanAsk(absl::Time now) const { return !away_ && now >= empty_until_; }

  // When a refused sender should come again: not before there can be tokens for it.
  absl::Duration RetryAfter(int64_t orders, bool whole, absl::Time now) const;

  // What to ask the bucket for: some 150 ms of recent use, and `demand` tokens that somebody waits for. What was not
  // used for a second is given back. Call it in the pace of Pace().
  struct Want {
    int64_t wanted = 0;
    int64_t returned = 0;
  };
  Want NextWant(int64_t demand, absl::Time now);

  // The bucket's answer to the last want. Where it gave less than was wanted it is known to be empty for a while.
  void Granted(int64_t wanted, int64_t granted, absl::Duration retry_after, int32_t holders, absl::Time now);
  // The bucket cannot be asked; again and again while that lasts.
  void Failed(absl::Time now);
  // It can be asked again: what was made up meanwhile is forgotten.
  void Back();

  // Neither used of late, nor holding tokens, nor in debt: it needs no renewal.
  bool IsSettled(absl::Time now) const;
  // How often the want should be asked for: so often that a small bucket does not overflow in between, at most every
  // 20 ms.
  absl::Duration Pace() const;

  double balance() const { return balance_; }
  bool away() const { return away_; }

 private:
  double Credit() const;
  // Adds this replica's share of the rate while the bucket cannot be asked.
  void Refill(absl::Time now);
  bool IsIdle(absl::Time now) const;

  OrderLimit limit_;
  double balance_ = 0;
  // Orders a second, of the last 100 ms or so.
  double use_ = 0;
  int64_t used_ = 0;
  absl::Time last_use_ = absl::InfinitePast();
  absl::Time last_want_ = absl::InfinitePast();
  absl::Time empty_until_ = absl::InfinitePast();
  // Replicas that share the bucket, as it last said.
  int32_t holders_ = 1;
  bool away_ = false;
  absl::Time refilled_ = absl::InfinitePast();
};

}  // namespace ordermesh::feed
