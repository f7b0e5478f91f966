#include "tests/sim/disk.h"

#include <xxhash.h>

#include <cstring>

#include "services/common/base/errors.h"

namespace ordermesh::sim {
namespace {

struct Frame {
  uint32_t length = 0;
  uint64_t check = 0;
};
constexpr size_t kFrameBytes = sizeof(uint32_t) + sizeof(uint64_t);

uint64_t CheckOf(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::string Framed(std::string_view record) {
  const auto length = static_cast<uint32_t>(record.size());
  const uint64_t check = CheckOf(record);
  std::string framed(kFrameBytes, '\0');
  std::memcpy(framed.data(), &length, sizeof(length));
  std::memcpy(framed.data() + sizeof(length), &check, sizeof(check));
  return framed.append(record);
}

absl::Status Dead() { return absl::UnavailableError("the simulated process is dead"); }

}  // namespace

void Machine::Kill(const char* how) {
  if (!alive_) return;
  alive_ = false;
  context_.Note(name_, " dies: ", how);
}

absl::Status Disk::Append(std::string_view record, bool sync) {
  Context& context = machine_.context();
  if (!machine_.alive()) return Dead();
  if (full_) {
    refused_ = true;
    context.coverage.Hit(Point::kDiskFullRefused);
    return Refusal(absl::StatusCode::kResourceExhausted, "DISK_FULL", "the simulated disk is full");
  }
  if (refused_) context.coverage.Hit(Point::kDiskFullHealed);
  refused_ = false;
  return AppendFaulty(Framed(record), sync && context.plant != Plant::kSkipSync);
}

absl::Status Disk::AppendFaulty(const std::string& framed, bool sync) {
  Context& context = machine_.context();
  const DiskFaults& faults = machine_.faults;
  if (context.rng.Chance(faults.killed_before)) {
    machine_.Kill("before a write");
    return Dead();
  }
  if (context.rng.Chance(faults.killed_amid)) {
    bytes_ += framed.substr(0, context.rng.Below(framed.size()));
    context.coverage.Hit(Point::kKilledMidWrite);
    machine_.Kill("amid a write");
    return Dead();
  }
  bytes_ += framed;
  if (context.rng.Chance(faults.sync_failed)) {
    // What the file has now is unknown to the process, which must end.
    context.coverage.Hit(Point::kSyncFailed);
    machine_.Kill("a sync failed");
    return Dead();
  }
  if (sync) synced_ = bytes_.size();
  if (context.rng.Chance(faults.killed_after)) {
    // The write succeeds, and nobody hears of it.
    context.coverage.Hit(Point::kKilledBeforeAnswer);
    machine_.Kill("after a write");
  }
  return absl::OkStatus();
}

absl::Status Disk::Read() const {
  if (!machine_.alive()) return Dead();
  Context& context = machine_.context();
  if (!machine_.reads_fail || !context.rng.Chance(machine_.faults.read_failed)) return absl::OkStatus();
  context.coverage.Hit(Point::kReadFailed);
  return absl::InternalError("a simulated read failed");
}

std::vector<std::string> Disk::Recover() {
  std::vector<std::string> records;
  size_t at = 0;
  while (bytes_.size() - at >= kFrameBytes) {
    Frame frame;
    std::memcpy(&frame.length, bytes_.data() + at, sizeof(frame.length));
    std::memcpy(&frame.check, bytes_.data() + at + sizeof(frame.length), sizeof(frame.check));
    if (bytes_.size() - at - kFrameBytes < frame.length) break;
    std::string record = bytes_.substr(at + kFrameBytes, frame.length);
    if (CheckOf(record) != frame.check) break;
    records.push_back(std::move(record));
    at += kFrameBytes + frame.length;
  }
  if (at < bytes_.size()) {
    machine_.context().coverage.Hit(Point::kTornTailRecovered);
    bytes_.resize(at);
  }
  // What a recovery has read, it has also written again: later cuts cannot take it.
  synced_ = bytes_.size();
  return records;
}

void Disk::LosePower() {
  if (synced_ == bytes_.size()) return;
  machine_.context().coverage.Hit(Point::kUnsyncedLost);
  bytes_.resize(synced_ + machine_.context().rng.Below(bytes_.size() - synced_));
}

}  // namespace ordermesh::sim
