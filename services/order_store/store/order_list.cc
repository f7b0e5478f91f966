#include "services/order_store/store/order_list.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/base/page_token.h"
#include "services/order_store/store/row_order.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

using order::v1::ListOrdersRequest;
using order::v1::Order;

// The work of one call: past it the page ends early, with a token. Rows cost about 5 us, blocks about 100.
constexpr int kMaxRowsRead = 4'000;
constexpr int kMaxBlocksRead = 100;
constexpr int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01
constexpr int64_t kLastSecond = 253'402'300'799;   // 9999-12-31

bool Before(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b) {
  return std::pair(a.seconds(), a.nanos()) < std::pair(b.seconds(), b.nanos());
}

absl::Status CheckTime(const char* field, const google::protobuf::Timestamp& time) {
  if (time.seconds() >= kFirstSecond && time.seconds() <= kLastSecond && time.nanos() >= 0 &&
      time.nanos() < 1'000'000'000) {
    return absl::OkStatus();
  }
  return InvalidField(field, "must be a time of the years 0001 to 9999");
}

absl::Status CheckRange(const ListOrdersRequest& request) {
  if (request.has_from()) OM_RETURN_IF_ERROR(CheckTime("from", request.from()));
  if (request.has_to()) OM_RETURN_IF_ERROR(CheckTime("to", request.to()));
  if (request.has_from() && request.has_to() && !Before(request.from(), request.to())) {
    return InvalidField("to", "must be after from");
  }
  return absl::OkStatus();
}

// What a token must have been made with.
std::string FilterText(const ListOrdersRequest& request) {
  ListOrdersRequest filters = request;
  filters.clear_page_size();
  filters.clear_page_token();
  return filters.SerializeAsString();
}

}  // namespace

absl::StatusOr<std::string> OrderList::Begin(const ListOrdersRequest& request) {
  request_ = &request;
  OM_ASSIGN_OR_RETURN(page_size_, PageSize(request.page_size()));
  OM_RETURN_IF_ERROR(CheckRange(request));
  std::string filter = FilterText(request);
  OM_ASSIGN_OR_RETURN(before_, DecodePageToken(request.page_token(), shard_, filter));
  before_ = std::min(before_, log_.end() + 1);
  return filter;
}

order::v1::ListOrdersResponse OrderList::End(const std::string& filter) {
  if (before_ > 1) response_.set_next_page_token(EncodePageToken(shard_, before_, filter));
  return std::move(response_);
}

absl::StatusOr<order::v1::ListOrdersResponse> OrderList::RunOver(const std::vector<int64_t>& positions,
                                                                 const ListOrdersRequest& request) {
  OM_ASSIGN_OR_RETURN(const std::string filter, Begin(request));
  const auto reader = log_.Read();
  for (const int64_t position : positions) {
    if (position >= before_) continue;
    if (PageFull()) return End(filter);
    OM_RETURN_IF_ERROR(ReadOrder(position, *reader));
  }
  before_ = 1;
  return End(filter);
}

absl::StatusOr<order::v1::ListOrdersResponse> OrderList::Run(const ListOrdersRequest& request) {
  OM_ASSIGN_OR_RETURN(const std::string filter, Begin(request));
  const auto reader = log_.Read();
  while (before_ > 1 && !Done()) {
    const uint32_t block = BlockOf(before_ - 1);
    OM_ASSIGN_OR_RETURN(const BlockSet candidates, Candidates(block));
    ++blocks_read_;
    OM_RETURN_IF_ERROR(ReadBlock(block, candidates, *reader));
  }
  return End(filter);
}

absl::Status OrderList::ReadOrder(int64_t position, LogReader& reader) {
  OM_ASSIGN_OR_RETURN(const bool found, reader.Seek(position));
  if (!found || reader.position() != position) return Damaged("rows");
  OM_RETURN_IF_ERROR(DecodeOrder(reader.row(), shard_, position, response_.add_orders()));
  if (Matches(response_.orders(response_.orders_size() - 1))) {
    bytes_ += reader.row().size();
  } else {
    response_.mutable_orders()->RemoveLast();
  }
  before_ = position;
  ++rows_read_;
  return absl::OkStatus();
}

bool OrderList::PageFull() const {
  return response_.orders_size() >= page_size_ || bytes_ >= kMaxStreamMessageBytes || rows_read_ >= kMaxRowsRead;
}

bool OrderList::Done() const { return PageFull() || blocks_read_ >= kMaxBlocksRead; }

absl::StatusOr<BlockSet> OrderList::Candidates(uint32_t block) const {
  BlockSet candidates;
  candidates.AddRange(0, kBlockPositions);
  const auto narrow_to_id = [&](TermKind kind, const std::string& id) -> absl::Status {
    if (id.empty()) return absl::OkStatus();
    return Narrow(block, kind, TermOf(id), TermOf(id), &candidates);
  };
  OM_RETURN_IF_ERROR(narrow_to_id(TermKind::kPartner, request_->partner_id()));
  OM_RETURN_IF_ERROR(narrow_to_id(TermKind::kProduct, request_->product_id()));
  OM_RETURN_IF_ERROR(narrow_to_id(TermKind::kCustomer, request_->customer_id()));
  if (request_->has_from() || request_->has_to()) {
    const uint32_t first = request_->has_from() ? HourTerm(request_->from().seconds()) : 0;
    const uint32_t last =
        request_->has_to() ? HourTerm(request_->to().seconds()) : std::numeric_limits<uint32_t>::max();
    OM_RETURN_IF_ERROR(Narrow(block, TermKind::kHour, first, last, &candidates));
  }
  return candidates;
}

absl::Status OrderList::Narrow(uint32_t block, TermKind kind, uint32_t first, uint32_t last,
                               BlockSet* candidates) const {
  BlockSet found;
  int64_t indexed = 0;
  if (indexer_.FindUnsealed(block, kind, first, last, &found, &indexed)) {
    const int64_t start = static_cast<int64_t>(block) * kBlockPositions;
    const int64_t unknown = std::clamp<int64_t>(indexed + 1 - start, 0, kBlockPositions);
    found.AddRange(static_cast<uint32_t>(unknown), kBlockPositions);
  } else {
    OM_RETURN_IF_ERROR(FindPostings(kv_, kind, block, first, last, &found));
  }
  candidates->IntersectWith(found);
  return absl::OkStatus();
}

absl::Status OrderList::ReadBlock(uint32_t block, const BlockSet& candidates, LogReader& reader) {
  const int64_t start = static_cast<int64_t>(block) * kBlockPositions;
  while (before_ > std::max<int64_t>(start, 1)) {
    const int32_t offset = candidates.HighestBelow(static_cast<uint32_t>(before_ - start));
    const int64_t position = start + offset;
    if (offset < 0 || position < 1) {
      before_ = std::max<int64_t>(start, 1);
      return absl::OkStatus();
    }
    OM_RETURN_IF_ERROR(ReadOrder(position, reader));
    if (PageFull()) return absl::OkStatus();
  }
  return absl::OkStatus();
}

bool OrderList::Matches(const Order& order) const {
  const ListOrdersRequest& wanted = *request_;
  if (!wanted.partner_id().empty() && order.partner_id() != wanted.partner_id()) return false;
  const std::string& external_id = wanted.external_order_id();
  if (!external_id.empty() && order.external_order_id() != external_id) return false;
  if (!wanted.customer_id().empty() && order.customer_id() != wanted.customer_id()) return false;
  if (wanted.has_from() && Before(order.transaction_time(), wanted.from())) return false;
  if (wanted.has_to() && !Before(order.transaction_time(), wanted.to())) return false;
  if (wanted.product_id().empty()) return true;
  return std::any_of(order.lines().begin(), order.lines().end(),
                     [&](const auto& line) { return line.product_id() == wanted.product_id(); });
}

}  // namespace ordermesh::order_store
