// The load over REST: HTTP/1.1 with keep-alive, one request at a time on each connection.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "tools/bench/load.h"
#include "tools/ordermesh/client/connection.h"

namespace ordermesh::bench {

// Sends every order of the schedule to POST /api/feed/{partner} (mode kUnary) or its /batch, over `streams` connections
// that one thread serves, so that the generator leaves the processors to the mesh. A connection that breaks is opened
// again and its order is sent again; 429 and 503 are waited for and, in a closed loop, sent again. Every order has its
// verdict at the end or is counted as failed.
LoadResult RunRestLoad(const LoadOptions& options, const OrderMaker& maker, const client::Connection& target,
                       std::atomic<int64_t>& progress);

}  // namespace ordermesh::bench
