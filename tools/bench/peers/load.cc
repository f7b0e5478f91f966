#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "services/common/base/errors.h"
#include "tools/bench/peers/peer.h"

namespace ordermesh::bench {
namespace {

constexpr int64_t kProbeOrders = 32;
// Far from every other sequence number of a run.
constexpr int64_t kOtherSequences = 1'000'000'000;

// Sends batches one after the other until the schedule ends.
absl::Status Work(const LoadOptions& options, const OrderMaker& maker, Peer& peer, Schedule& schedule, Tally& tally) {
  std::vector<PeerOrder> orders(options.mode == Mode::kUnary ? 1 : static_cast<size_t>(options.batch));
  while (const auto batch = schedule.Next(absl::Now())) {
    for (int i = 0; i < batch->count; ++i) MakePeerOrder(maker, batch->first + i, orders[static_cast<size_t>(i)]);
    tally.sent += batch->count;
    const absl::Time sent = absl::Now();
    const auto created = peer.Submit(absl::MakeConstSpan(orders).first(static_cast<size_t>(batch->count)));
    if (!created.ok()) {
      tally.failed += batch->count;
      return created.status();
    }
    tally.created += *created;
    tally.replayed += batch->count - *created;
    tally.latency.Record(absl::ToInt64Microseconds(absl::Now() - sent), batch->count);
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SubmitRange(const MakerOptions& options, Peer& peer) {
  const OrderMaker maker(options);
  std::vector<PeerOrder> orders(1);
  int64_t created = 0;
  for (int64_t i = 0; i < kProbeOrders; ++i) {
    MakePeerOrder(maker, i, orders.front());
    OM_ASSIGN_OR_RETURN(const int64_t one, peer.Submit(orders));
    created += one;
  }
  return created;
}

}  // namespace

void MakePeerOrder(const OrderMaker& maker, int64_t index, PeerOrder& order) {
  thread_local feed::v1::OrderInput input;
  maker.Make(index, input);
  const order::v1::Order& made = input.order();
  order.external_id = made.external_order_id();
  order.sequence = made.sequence_number();
  order.product = made.lines(0).product_id();
  order.customer = made.customer_id();
  order.transaction_time = made.transaction_time().seconds();
  made.SerializeToString(&order.body);
}

LoadResult RunPeerLoad(const LoadOptions& options, const OrderMaker& maker, const ConnectPeer& connect,
                       absl::Status* error) {
  LoadResult result;
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < options.streams; ++i) {
    auto peer = connect(i);
    *error = peer.ok() && i == 0 ? (*peer)->Prepare() : peer.status();
    if (!error->ok()) return result;
    peers.push_back(*std::move(peer));
  }
  const absl::Time start = absl::Now();
  Schedule schedule(options, start);
  absl::Mutex mutex;
  std::vector<std::thread> threads;
  for (const auto& peer : peers) {
    threads.emplace_back([&] {
      Tally tally;
      const absl::Status status = Work(options, maker, *peer, schedule, tally);
      absl::MutexLock lock(&mutex);
      result.tally.Merge(tally);
      if (error->ok()) *error = status;
    });
  }
  for (std::thread& thread : threads) thread.join();
  result.elapsed = absl::Now() - start;
  return result;
}

absl::StatusOr<PeerProbe> ProbePeer(const MakerOptions& maker, const ConnectPeer& connect) {
  OM_ASSIGN_OR_RETURN(const std::unique_ptr<Peer> peer, connect(0));
  OM_RETURN_IF_ERROR(peer->Prepare());
  OM_ASSIGN_OR_RETURN(const int64_t fresh, SubmitRange(maker, *peer));
  if (fresh != kProbeOrders) return absl::InternalError("new orders were taken for known ones");
  MakerOptions same_ids = maker;
  same_ids.first_sequence += kOtherSequences;
  MakerOptions same_numbers = maker;
  same_numbers.run_key ^= 1;
  PeerProbe probe;
  OM_ASSIGN_OR_RETURN(const int64_t by_id, SubmitRange(same_ids, *peer));
  OM_ASSIGN_OR_RETURN(const int64_t by_number, SubmitRange(same_numbers, *peer));
  probe.external_id = by_id == 0;
  probe.sequence = by_number == 0;
  return probe;
}

}  // namespace ordermesh::bench
