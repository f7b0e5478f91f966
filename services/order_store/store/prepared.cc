#include "services/order_store/store/prepared.h"

#include <algorithm>
#include <cstring>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/base/order_bytes.h"
#include "services/common/base/order_view.h"
#include "services/common/base/trace_context.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

using order::v1::CommitItem;
using order::v1::Order;

constexpr size_t kSha256Bytes = 32;
// Tag and size of Order.trace_id: the store writes that field itself, behind the order's others.
constexpr char kTraceIdHead[] = {static_cast<char>(0x80 | (Order::kTraceIdFieldNumber << 3 | 2)),
                                 Order::kTraceIdFieldNumber >> 4, kTraceIdChars, '\0'};

// What a thread reads every order with. Most are stored as they came: those are not made messages of.
struct Scratch {
  OrderView view;
  OrderScratch parsed;
  std::string bytes;
};

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

class Preparer {
 public:
  explicit Preparer(PreparedGroup& group) : group_(group), scratch_(ThreadScratch()) {}

  void Take(CommitItem& source) {
    PreparedItem& item = group_.items.emplace_back();
    item.tag = source.tag();
    item.ingest_id = {source.ingest_id_high(), source.ingest_id_low()};
    absl::Status status = CheckHead(source);
    if (status.ok()) status = source.has_order() ? TakeOrder(source, item) : TakeQuestion(source, item);
    if (status.ok()) return;
    item.kind = PreparedItem::Kind::kInvalid;
    group_.Fail(group_.items.size() - 1, std::move(status));
  }

 private:
  static absl::Status CheckHead(const CommitItem& source) {
    if (source.ingest_id_high() == 0 && source.ingest_id_low() == 0) return InvalidField("ingest_id", "must be set");
    if (!source.raw_sha256().empty() && source.raw_sha256().size() != kSha256Bytes) {
      return InvalidField("raw_sha256", "must be 32 bytes, or empty");
    }
    if (!source.has_order() && !source.has_question()) return InvalidField("item", "must be an order or a question");
    return absl::OkStatus();
  }

  absl::Status TakeOrder(const CommitItem& source, PreparedItem& item) {
    const OrderView& view = scratch_.view;
    if (scratch_.view.Read(source.order()) && !SetsWhatTheStoreSets(view)) {
      OM_RETURN_IF_ERROR(TakeFields(view, item));
      item.payload = Append(view.raw_payload());
      TakeRow(source, view.before_raw_payload(), view.after_raw_payload(), item);
      return absl::OkStatus();
    }
    Order* const order = scratch_.parsed.Parse(source.order());
    if (order == nullptr) return InvalidField("order", "is no serialized order");
    OM_RETURN_IF_ERROR(TakeFields(*order, item));
    item.payload = Append(order->raw_payload());
    order->clear_id();
    order->clear_received_time();
    order->clear_processed_at();
    order->clear_ingest_id();
    order->clear_trace_id();
    order->clear_raw_payload();
    WriteOrder(*order, "", scratch_.bytes);
    TakeRow(source, scratch_.bytes, "", item);
    return absl::OkStatus();
  }

  static bool SetsWhatTheStoreSets(const OrderView& order) {
    return !order.id().empty() || order.has_received_time() || order.has_processed_at() || !order.ingest_id().empty() ||
           !order.trace_id().empty();
  }

  template <typename OrderOrView>
  absl::Status TakeFields(const OrderOrView& order, PreparedItem& item) {
    OM_RETURN_IF_ERROR(CheckOrder(order, &item.sums));
    if (order.raw_payload().size() > kMaxOrderBytes) return InvalidField("raw_payload", "must be at most 1 MiB");
    item.kind = PreparedItem::Kind::kOrder;
    item.lines = static_cast<uint32_t>(order.lines_size());
    std::memcpy(item.currency, order.currency().data(), sizeof(item.currency));
    item.has_sequence_number = order.has_sequence_number();
    item.sequence_number = static_cast<uint64_t>(order.sequence_number());
    item.has_content = true;
    item.content = HashContent(order);
    item.terms = TermsOf(order, group_.product_terms);
    TakeIdentity(order.partner_id(), order.external_order_id(), item);
    return absl::OkStatus();
  }

  absl::Status TakeQuestion(CommitItem& source, PreparedItem& item) {
    auto& question = *source.mutable_question();
    OM_RETURN_IF_ERROR(CheckIdentity(question.partner_id(), question.external_order_id()));
    item.kind = PreparedItem::Kind::kQuestion;
    item.has_content = question.has_order();
    if (item.has_content) {
      question.mutable_order()->set_partner_id(question.partner_id());
      question.mutable_order()->set_external_order_id(question.external_order_id());
      item.content = HashContent(question.order());
    }
    TakeIdentity(question.partner_id(), question.external_order_id(), item);
    item.raw_sha256 = Append(source.raw_sha256());
    item.trace_id = Append(TraceIdOf(source.traceparent()));
    return absl::OkStatus();
  }

  void TakeIdentity(std::string_view partner_id, std::string_view external_order_id, PreparedItem& item) {
    item.partner_bytes = static_cast<uint8_t>(partner_id.size());
    const size_t start = group_.bytes.size();
    AppendIdentity(partner_id, external_order_id, group_.bytes);
    item.identity = From(start);
  }

  // The row's order is `first` and `second`, and the trace id behind them, where it is its last field.
  void TakeRow(const CommitItem& source, std::string_view first, std::string_view second, PreparedItem& item) {
    const size_t start = group_.bytes.size();
    AppendRowHead({item.ingest_id, item.content, 0, source.raw_sha256()}, group_.bytes);
    if (!source.raw_sha256().empty()) {
      item.raw_sha256 = {static_cast<uint32_t>(group_.bytes.size() - kSha256Bytes), kSha256Bytes};
    }
    group_.bytes += first;
    group_.bytes += second;
    if (const std::string_view trace_id = TraceIdOf(source.traceparent()); !trace_id.empty()) {
      group_.bytes += kTraceIdHead;
      item.trace_id = Append(trace_id);
    }
    item.row = From(start);
    group_.bytes.append(kRowSpareBytes, '\0');
  }

  Slice Append(std::string_view bytes) {
    const size_t start = group_.bytes.size();
    group_.bytes += bytes;
    return From(start);
  }

  Slice From(size_t start) const {
    return {static_cast<uint32_t>(start), static_cast<uint32_t>(group_.bytes.size() - start)};
  }

  PreparedGroup& group_;
  Scratch& scratch_;
};

size_t BytesOf(const order::v1::CommitOrdersRequest& request) {
  size_t bytes = 0;
  for (const CommitItem& item : request.items()) bytes += item.order().size();
  return bytes;
}

}  // namespace

std::unique_ptr<PreparedGroup> Prepare(order::v1::CommitOrdersRequest& request) {
  auto group = std::make_unique<PreparedGroup>();
  const size_t items = static_cast<size_t>(request.items_size());
  group->items.reserve(items);
  group->product_terms.reserve(items);
  // Rows are about as long as their messages; heads and identities come on top.
  group->bytes.reserve(BytesOf(request) + items * 192);
  Preparer preparer(*group);
  for (CommitItem& item : *request.mutable_items()) preparer.Take(item);
  return group;
}

void AddLookup(std::string_view partner_id, std::string_view external_order_id, PreparedGroup& group) {
  PreparedItem& item = group.items.emplace_back();
  item.kind = PreparedItem::Kind::kLookup;
  item.partner_bytes = static_cast<uint8_t>(partner_id.size());
  item.identity.offset = static_cast<uint32_t>(group.bytes.size());
  AppendIdentity(partner_id, external_order_id, group.bytes);
  item.identity.size = static_cast<uint32_t>(group.bytes.size()) - item.identity.offset;
}

size_t WeightOf(const PreparedGroup& group) {
  return std::max(group.bytes.size(), group.items.size() * kMinItemWeight);
}

}  // namespace ordermesh::order_store
