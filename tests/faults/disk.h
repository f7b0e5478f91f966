// The disk of a mesh under test: every store's files, whose faults this steers.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/faults/disk_control.h"

namespace ordermesh::faults {

// Not thread-safe, but for what the page itself is.
class Disk {
 public:
  // Of a mesh with its data in `data`, which need not exist yet. `library` is the preloaded one. With `journals` the
  // power can be cut, and a sync only writes to the journal.
  Disk(const std::string& data, std::string library, bool journals);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // What the processes of the mesh need in their environment.
  std::map<std::string, std::string> Environment() const;

  // Faults happen to the files of these services alone; at first to those of the order-store.
  void Choose(const std::vector<std::string>& services);
  // The n-th operation of these kinds from now fails.
  void FailIn(int64_t operations, uint32_t kinds, int error);
  // Everything works again.
  void Heal();

  // What `service`, whose process has ended, finds on its disk after the power came back. The mark is mapped memory: it
  // may be any older one.
  absl::Status CutPower(const std::string& service, std::mt19937_64& random);

  DiskControl& control() { return *control_; }

  // Services with files of their own.
  static const std::vector<std::string>& Stores();

 private:
  std::string Folder(const std::string& service) const;
  std::string Journal(const std::string& service) const;

  const std::string data_;
  const std::string library_;
  const std::string control_path_;
  DiskControl* control_ = nullptr;
  // The mark of each store as of the last cut.
  std::map<std::string, std::string> marks_;
};

}  // namespace ordermesh::faults
