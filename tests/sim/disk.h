// The disks of one simulated machine and the process that writes to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "tests/sim/context.h"

namespace ordermesh::sim {

// How often a write meets what, in 1,000.
struct DiskFaults {
  int killed_before = 0;
  int killed_amid = 0;
  int killed_after = 0;
  int sync_failed = 0;
  int read_failed = 0;
};

// What a store's process and its disks share: whether it lives. A process that has died writes nothing more and says
// nothing more, although the simulator's call into it still returns.
class Machine {
 public:
  Machine(Context& context, std::string name) : context_(context), name_(std::move(name)) {}

  Context& context() { return context_; }
  const std::string& name() const { return name_; }
  bool alive() const { return alive_; }
  void Start() { alive_ = true; }
  void Kill(const char* how);

  // Faults that come by themselves.
  DiskFaults faults;
  // While a store is opened or looked at, reads do not fail.
  bool reads_fail = true;

 private:
  Context& context_;
  const std::string name_;
  bool alive_ = false;
};

// An append-only file of checked records, as a write-ahead log is.
//
//   file = record*        record = length:u32le check:u64le bytes        (check: XXH3-64 of the bytes)
class Disk {
 public:
  explicit Disk(Machine& machine) : machine_(machine) {}

  // Appends a record; with `sync` it and all before it are on stable storage when this returns. RESOURCE_EXHAUSTED
  // where the disk is full: nothing was written. UNAVAILABLE where the process died: before, amid or after it.
  absl::Status Append(std::string_view record, bool sync);
  // UNAVAILABLE where the process is dead, INTERNAL where a read fails now and then.
  absl::Status Read() const;
  // The whole records from the start; what follows them is cut off.
  std::vector<std::string> Recover();
  void SetFull(bool full) { full_ = full; }
  // The machine lost its power: of what was not synced any part of the front may be there.
  void LosePower();
  // An untouched copy of the bytes, in another machine.
  void CopyTo(Disk& other) const { other.bytes_ = bytes_; }

 private:
  absl::Status AppendFaulty(const std::string& framed, bool sync);

  Machine& machine_;
  std::string bytes_;
  // How much of it is on stable storage.
  size_t synced_ = 0;
  bool full_ = false;
  // It has refused since the last write.
  bool refused_ = false;
};

}  // namespace ordermesh::sim
