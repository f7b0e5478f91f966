// What a disk would still hold after the power went: read from the journal that disk_faults.cc keeps of a folder.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace ordermesh::faults {

//   journal = line*
//   line    = "c" inode path              created                 | "s" inode size             synced up to there
//           | "f" inode                   a sync failed           | "t" inode size             cut to that size
//           | "r" from TAB to TAB saved   renamed                 | "u" path TAB saved         removed
//           | "d" path                    the folder was synced   | "b" inode size             there before, synced
// `saved` is another name of the file that lost this one; it may be empty.
class DiskJournal {
 public:
  // The lines of one journal; a missing file is an empty journal, a last line that was not written whole is left out.
  static DiskJournal Read(const std::string& path);

  // Bytes of the file that are on the disk for sure.
  int64_t SyncedSize(uint64_t inode) const;
  // Changes of names that no sync of their folder has made sure of.
  size_t unsynced_names() const { return names_.size(); }

  // Makes `folder`, whose process is dead, what a disk could hold now: every byte that was synced; of the others a
  // part from the front, often none, torn at a sector; the changes of names up to some moment.
  absl::Status CutPower(const std::string& folder, std::mt19937_64& random) const;

  // Writes a new journal for a folder all of whose files count as synced.
  static absl::Status Restart(const std::string& folder, const std::string& path);

 private:
  enum class Change { kCreated, kRenamed, kRemoved };
  struct NameChange {
    Change change = Change::kCreated;
    uint64_t inode = 0;
    std::string path;
    // Of a rename: the name of before.
    std::string from;
    std::string saved;
  };

  void Add(const std::string& line);
  void Undo(const NameChange& change) const;

  std::map<uint64_t, int64_t> synced_;
  std::set<uint64_t> failed_;
  std::vector<NameChange> names_;
};

}  // namespace ordermesh::faults
