// Where the marks of the simulated stores are: real files (the mark is a mapped page), in a folder of the simulation.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "services/common/kv/ack_mark.h"

namespace ordermesh::sim {

// A folder that goes with the object; in memory where the machine has such a file system, since each simulation makes
// some marks and each mark is synced once.
class MarkFolder {
 public:
  MarkFolder();
  ~MarkFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A mark on a machine whose power may be lost: then its page may be older than what was raised, never newer.
class MarkFile {
 public:
  MarkFile(const std::string& folder, const std::string& name);

  const std::string& path() const { return path_; }
  int64_t position() const;
  // Puts an older position in its place.
  void FallBackTo(int64_t position);

 private:
  const std::string path_;
};

}  // namespace ordermesh::sim
