// Decides the items of one write: against what is stored, and against the items before them in the same write.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/kv/kv.h"
#include "services/order_store/domain/decision.h"
#include "services/order_store/store/effects.h"
#include "services/order_store/store/log.h"
#include "services/order_store/store/prepared.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {

// A bug that is planted to show that the crash checker sees it. Never in production: main refuses it without
// --test_faults.
enum class TestFault { kNone, kAckBeforeWrite, kSkipExternalId };

// Not thread-safe. One Decide for each write; what it found is valid until the next one.
class GroupDecider {
 public:
  // `record_version` is that of the rows it makes.
  GroupDecider(const kv::Kv& kv, const Log& log, Effects& effects, TestFault fault, uint32_t record_version)
      : kv_(kv), log_(log), effects_(effects), fault_(fault), record_version_(record_version) {}

  // Decides every item that is not marked failed yet, and puts what the accepted ones change into `batch`. An error
  // means that stored state could not be read: nothing was decided. Forget must follow then, and where the batch is not
  // written.
  absl::Status Decide(const std::vector<std::shared_ptr<PreparedGroup>>& groups, int64_t now_ns, kv::WriteBatch& batch);
  // Takes back what the last Decide accepted.
  void Forget();

  // The accepted orders in the order of their positions, from log.end() + 1: as group and item, and as log rows.
  std::vector<std::pair<uint32_t, uint32_t>>& places() { return places_; }
  const std::vector<LogRow>& rows() const { return rows_; }

 private:
  // An identity begins with a hash of itself.
  struct IdentityHash {
    size_t operator()(std::string_view identity) const;
  };

  absl::Status LookUp(const std::vector<std::shared_ptr<PreparedGroup>>& groups);
  absl::Status DecideItem(PreparedGroup& group, PreparedItem& item, const std::optional<std::string>& stored);
  // Who holds the item's identity: `stored`, or an item before it in the same write.
  absl::StatusOr<std::optional<Holder>> HolderOf(std::string_view identity, const std::optional<std::string>& stored);
  absl::Status Accept(PreparedGroup& group, PreparedItem& item, int64_t now_ns);
  // The holder's row, for what the holder does not say.
  absl::StatusOr<std::string> RowOf(const Holder& holder) const;
  absl::Status Explain(const Holder& holder, PreparedGroup& group, PreparedItem& item) const;

  const kv::Kv& kv_;
  const Log& log_;
  Effects& effects_;
  const TestFault fault_;
  const uint32_t record_version_;

  // Who holds an identity since this write.
  absl::flat_hash_map<std::string_view, Holder, IdentityHash> accepted_;
  // Kept between writes for their memory.
  std::vector<std::string_view> identities_;
  std::vector<SequenceNumber> numbers_;
  std::vector<std::pair<uint32_t, uint32_t>> places_;
  std::vector<LogRow> rows_;
};

}  // namespace ordermesh::order_store
