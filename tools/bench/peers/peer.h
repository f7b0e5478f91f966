// What the peers of tools/bench/compare have in common: each takes the same orders and says which are durable and new.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tools/bench/load.h"

namespace ordermesh::bench {

// One order as a peer gets it: what it needs for identities and indexes as values, all of it as bytes.
struct PeerOrder {
  std::string external_id;
  int64_t sequence = 0;
  std::string product;
  std::string customer;
  // Seconds since 1970.
  int64_t transaction_time = 0;
  // The canonical order, serialized: about 130 bytes besides the values above.
  std::string body;
};

// One connection to a peer. Not thread-safe; each worker has its own.
class Peer {
 public:
  virtual ~Peer() = default;
  // Makes table, stream or topic; harmless where it is there.
  virtual absl::Status Prepare() = 0;
  // Sends the orders in the peer's quickest way and returns once all are durable: how many were new. The others were
  // known by one of their identities, as far as the peer looks at them. An error says that some may not be durable.
  virtual absl::StatusOr<int64_t> Submit(absl::Span<const PeerOrder> orders) = 0;
};

// Connects worker number `worker`.
using ConnectPeer = std::function<absl::StatusOr<std::unique_ptr<Peer>>(int worker)>;

// The peers' connectors. `address` is HOST:PORT, or of PostgreSQL and Redis the folder or path of their unix socket.
ConnectPeer PostgresConnector(const std::string& address, bool query_indexes);
ConnectPeer RedisConnector(const std::string& address);
ConnectPeer KafkaConnector(const std::string& address, bool flush_every_message, bool batches);
ConnectPeer NatsConnector(const std::string& address);

void MakePeerOrder(const OrderMaker& maker, int64_t index, PeerOrder& order);

// A closed loop: every worker has one request unanswered, a batch or (Mode::kUnary) one order. A worker whose request
// fails counts it as failed and ends; *error then says why.
LoadResult RunPeerLoad(const LoadOptions& options, const OrderMaker& maker, const ConnectPeer& connect,
                       absl::Status* error);

// Which identities a peer deduplicates, found out by sending orders again.
struct PeerProbe {
  bool external_id = false;
  bool sequence = false;
};
absl::StatusOr<PeerProbe> ProbePeer(const MakerOptions& maker, const ConnectPeer& connect);

}  // namespace ordermesh::bench
