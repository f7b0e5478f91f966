#include "services/error_store/store/groups.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <vector>

#include "services/common/base/errors.h"
#include "services/common/base/page_token.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/schema.h"

namespace ordermesh::error_store {
namespace {

using ordermesh::error::v1::ErrorGroup;
using ordermesh::error::v1::ListErrorGroupsRequest;
using ordermesh::error::v1::ListErrorGroupsResponse;

constexpr int64_t kHours = 24;

// The group of a counter's key behind its first byte: partner 0 code field.
absl::StatusOr<ErrorGroup> GroupOf(std::string_view rest) {
  const size_t end = rest.find('\0');
  if (end == std::string_view::npos) return BadRecord("counter");
  const auto code = kv::DecodeU32(rest.substr(end + 1, 4));
  if (!code.has_value()) return BadRecord("counter");
  ErrorGroup group;
  group.set_partner_id(std::string(rest.substr(0, end)));
  group.set_code(static_cast<ViolationCode>(*code));
  group.set_field(std::string(rest.substr(end + 5)));
  return group;
}

absl::StatusOr<std::vector<ErrorGroup>> AllGroups(const kv::Kv& kv, const std::string& partner_id,
                                                  const kv::Snapshot* snapshot) {
  std::vector<ErrorGroup> groups;
  const std::string prefix = partner_id.empty() ? std::string(1, kCodeFieldCounters) : CodeFieldCountersOf(partner_id);
  const auto counters = kv.NewIterator(kCounters, snapshot);
  for (counters->Seek(prefix); counters->Valid() && counters->key().starts_with(prefix); counters->Next()) {
    if (groups.size() == kMaxStatsEntries) return TooManyCounters();
    OM_ASSIGN_OR_RETURN(ErrorGroup group, GroupOf(counters->key().substr(1)));
    OM_ASSIGN_OR_RETURN(const int64_t count, DecodeCount(counters->value()));
    group.set_count(count);
    OM_ASSIGN_OR_RETURN(const auto open,
                        kv.Get(kCounters, OpenCounter(group.partner_id(), group.code(), group.field()), snapshot));
    if (open.has_value()) {
      OM_ASSIGN_OR_RETURN(const int64_t open_count, DecodeCount(*open));
      group.set_open(open_count);
    }
    groups.push_back(std::move(group));
  }
  OM_RETURN_IF_ERROR(counters->status());
  return groups;
}

// When its errors were received, and how many in each of the last hours.
absl::Status AddTimes(const kv::Kv& kv, absl::Time now, const kv::Snapshot* snapshot, ErrorGroup& group) {
  const std::string prefix = MinuteCountersOf(group.partner_id(), group.code(), group.field());
  const int64_t first_hour = absl::ToUnixSeconds(now) / 3'600 - kHours + 1;
  std::vector<int64_t> hours(kHours);
  const auto minutes = kv.NewIterator(kCounters, snapshot);
  const auto minute_at = [&]() -> int64_t {
    return static_cast<int64_t>(kv::DecodeU32(minutes->key().substr(prefix.size())).value_or(0));
  };
  minutes->Seek(prefix);
  if (!minutes->Valid() || !minutes->key().starts_with(prefix)) return BadRecord("counter of a minute");
  group.mutable_first_seen()->set_seconds(minute_at() * 60);
  std::string recent = prefix;
  kv::AppendU32(recent, static_cast<uint32_t>(first_hour * 60));
  for (minutes->Seek(recent); minutes->Valid() && minutes->key().starts_with(prefix); minutes->Next()) {
    OM_ASSIGN_OR_RETURN(const int64_t count, DecodeCount(minutes->value()));
    // A clock that was ahead belongs to the running hour.
    hours[static_cast<size_t>(std::min(minute_at() / 60 - first_hour, kHours - 1))] += count;
  }
  minutes->SeekForPrev(prefix + "\xff\xff\xff\xff");
  if (minutes->Valid()) group.mutable_last_seen()->set_seconds(minute_at() * 60);
  group.mutable_hours()->Assign(hours.begin(), hours.end());
  return minutes->status();
}

}  // namespace

absl::Status ListGroups(const kv::Kv& kv, uint32_t shard, absl::Time now, const ListErrorGroupsRequest& request,
                        const std::string& partner_id, ListErrorGroupsResponse* response) {
  OM_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  OM_ASSIGN_OR_RETURN(const int64_t first, DecodeRisingPageToken(request.page_token(), shard, partner_id));
  if (!partner_id.empty() && !IsPartnerId(partner_id)) return absl::OkStatus();
  const auto snapshot = kv.NewSnapshot();
  OM_ASSIGN_OR_RETURN(std::vector<ErrorGroup> groups, AllGroups(kv, partner_id, snapshot.get()));
  const auto order = [](const ErrorGroup& group) { return std::tuple(-group.open(), -group.count()); };
  std::stable_sort(groups.begin(), groups.end(),
                   [&order](const ErrorGroup& a, const ErrorGroup& b) { return order(a) < order(b); });
  const auto end = std::min(static_cast<int64_t>(groups.size()), first + size);
  for (int64_t i = first; i < end; ++i) {
    ErrorGroup& group = groups[static_cast<size_t>(i)];
    OM_RETURN_IF_ERROR(AddTimes(kv, now, snapshot.get(), group));
    response->add_groups()->Swap(&group);
  }
  if (end < static_cast<int64_t>(groups.size())) {
    response->set_next_page_token(EncodePageToken(shard, end, partner_id));
  }
  return absl::OkStatus();
}

}  // namespace ordermesh::error_store
