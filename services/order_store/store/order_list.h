// Finding orders, newest first, through the indexes: block by block, a bounded amount of work a call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ordermesh/order/v1/order_service.pb.h"
#include "services/common/kv/kv.h"
#include "services/order_store/store/indexer.h"
#include "services/order_store/store/log.h"
#include "services/order_store/store/postings.h"

namespace ordermesh::order_store {

// One ListOrders call.
class OrderList {
 public:
  OrderList(const kv::Kv& kv, const Log& log, const Indexer& indexer, uint32_t shard)
      : kv_(kv), log_(log), indexer_(indexer), shard_(shard) {}

  absl::StatusOr<order::v1::ListOrdersResponse> Run(const order::v1::ListOrdersRequest& request);
  // The same where only the orders at these positions can match, the highest first.
  absl::StatusOr<order::v1::ListOrdersResponse> RunOver(const std::vector<int64_t>& positions,
                                                        const order::v1::ListOrdersRequest& request);

 private:
  // Checks the request and takes it over. Gives the text that page tokens are bound to.
  absl::StatusOr<std::string> Begin(const order::v1::ListOrdersRequest& request);
  // The page so far, with a token where more follows.
  order::v1::ListOrdersResponse End(const std::string& filter);
  // Reads the order at a position, and puts it on the page where it matches.
  absl::Status ReadOrder(int64_t position, LogReader& reader);
  // Positions of a block that the indexes do not rule out. Positions that are not indexed yet are never ruled out.
  absl::StatusOr<BlockSet> Candidates(uint32_t block) const;
  absl::Status Narrow(uint32_t block, TermKind kind, uint32_t first, uint32_t last, BlockSet* candidates) const;
  // Reads the candidates of a block from before_ down. before_ ends where the next page starts.
  absl::Status ReadBlock(uint32_t block, const BlockSet& candidates, LogReader& reader);
  bool Matches(const order::v1::Order& order) const;
  bool PageFull() const;
  bool Done() const;

  const kv::Kv& kv_;
  const Log& log_;
  const Indexer& indexer_;
  const uint32_t shard_;

  const order::v1::ListOrdersRequest* request_ = nullptr;
  int page_size_ = 0;
  int64_t before_ = 0;
  // Of the orders on the page, as stored.
  size_t bytes_ = 0;
  int rows_read_ = 0;
  int blocks_read_ = 0;
  order::v1::ListOrdersResponse response_;
};

}  // namespace ordermesh::order_store
