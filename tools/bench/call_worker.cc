#include <algorithm>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "services/common/rpc/status.h"
#include "tools/bench/load.h"
#include "tools/ordermesh/client/retry.h"

namespace ordermesh::bench {
namespace {

using feed::v1::BatchSubmitOrdersRequest;
using feed::v1::BatchSubmitOrdersResponse;

constexpr absl::Duration kCallDeadline = absl::Seconds(10);

// Sends consecutive batches as unary calls, one at a time.
class CallWorker {
 public:
  CallWorker(const LoadOptions& options, const OrderMaker& maker, FeedStub& feed, Schedule& schedule,
             std::atomic<int64_t>& progress)
      : options_(options), maker_(maker), feed_(feed), schedule_(schedule), progress_(progress) {
    batch_.set_partner_id(maker.partner());
    single_.set_partner_id(maker.partner());
  }

  Tally Run() {
    while (const auto batch = schedule_.Next(absl::Now())) {
      absl::SleepFor(batch->due - absl::Now());
      Prepare(*batch);
      Settle(*batch);
    }
    return tally_;
  }

 private:
  void Prepare(const Schedule::Batch& batch) {
    tally_.sent += batch.count;
    if (options_.mode == Mode::kUnary) {
      maker_.Make(batch.first, input_);
      // Both messages have the same two kinds of content.
      if (input_.has_order()) {
        *single_.mutable_order() = input_.order();
      } else {
        single_.set_raw_payload(input_.raw_payload());
      }
      return;
    }
    while (batch_.orders_size() < batch.count) batch_.add_orders();
    while (batch_.orders_size() > batch.count) batch_.mutable_orders()->RemoveLast();
    for (int i = 0; i < batch.count; ++i) maker_.Make(batch.first + i, *batch_.mutable_orders(i));
  }

  // Calls until there is a verdict. An open loop does not send again: it would no longer be open.
  void Settle(const Schedule::Batch& batch) {
    const absl::Time intended = schedule_.open_loop() ? batch.due : absl::Now();
    client::Backoff backoff;
    while (true) {
      const absl::Time sent = absl::Now();
      const absl::Status status = Call();
      const absl::Time now = absl::Now();
      if (status.ok()) {
        for (const auto& verdict : response_.results()) tally_.Count(verdict);
        tally_.latency.Record(absl::ToInt64Microseconds(now - intended), batch.count);
        progress_.fetch_add(batch.count, std::memory_order_relaxed);
        return;
      }
      tally_.busy += batch.count;
      if (schedule_.open_loop() && absl::IsResourceExhausted(status)) {
        tally_.refusal.Record(absl::ToInt64Microseconds(now - sent), batch.count);
      }
      if (!client::IsRetryable(status) || schedule_.open_loop() || now - intended > options_.wait) {
        tally_.failed += batch.count;
        return;
      }
      absl::SleepFor(RetryDelayOf(status).value_or(backoff.Next()));
    }
  }

  absl::Status Call() {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kCallDeadline));
    if (options_.mode == Mode::kBatch) return rpc::FromGrpc(feed_.BatchSubmitOrders(&context, batch_, &response_));
    response_.Clear();
    return rpc::FromGrpc(feed_.SubmitOrder(&context, single_, response_.add_results()));
  }

  const LoadOptions& options_;
  const OrderMaker& maker_;
  FeedStub& feed_;
  Schedule& schedule_;
  std::atomic<int64_t>& progress_;
  Tally tally_;
  feed::v1::OrderInput input_;
  feed::v1::SubmitOrderRequest single_;
  BatchSubmitOrdersRequest batch_;
  BatchSubmitOrdersResponse response_;
};

}  // namespace

Tally RunCallWorker(const LoadOptions& options, const OrderMaker& maker, FeedStub& feed, Schedule& schedule,
                    std::atomic<int64_t>& progress) {
  return CallWorker(options, maker, feed, schedule, progress).Run();
}

}  // namespace ordermesh::bench
