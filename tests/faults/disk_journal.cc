#include "tests/faults/disk_journal.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/errors.h"

namespace ordermesh::faults {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSector = 512;

uint64_t InodeOf(const std::string& path) {
  struct stat info = {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

// Regular files below the folder.
std::vector<std::string> FilesOf(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(entry->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Of the bytes that no sync covers: none, all, or a part torn at a sector.
int64_t Survivors(int64_t synced, int64_t size, std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return size;
    case 1: {
      const int64_t torn = synced + static_cast<int64_t>(random() % static_cast<uint64_t>(size - synced + 1));
      return std::max(synced, torn / kSector * kSector);
    }
    default:
      return synced;
  }
}

}  // namespace

DiskJournal DiskJournal::Read(const std::string& path) {
  DiskJournal journal;
  std::ifstream file(path);
  std::string line;
  // A line that was not ended is one that was being written.
  while (std::getline(file, line) && !file.eof()) journal.Add(line);
  return journal;
}

void DiskJournal::Add(const std::string& line) {
  if (line.size() < 3) return;
  const std::string rest = line.substr(2);
  const std::vector<std::string> words = absl::StrSplit(rest, absl::MaxSplits(' ', 1));
  const std::vector<std::string> tabbed = absl::StrSplit(rest, '\t');
  uint64_t inode = 0;
  int64_t size = 0;
  (void)absl::SimpleAtoi(words[0], &inode);
  if (words.size() > 1) (void)absl::SimpleAtoi(words[1], &size);
  switch (line[0]) {
    case 'c':
      synced_[inode] = 0;
      failed_.erase(inode);
      names_.push_back({Change::kCreated, inode, words.size() > 1 ? words[1] : "", "", ""});
      break;
    case 'b':
    case 's':
      if (!failed_.contains(inode)) synced_[inode] = std::max(synced_[inode], size);
      break;
    case 'f':
      failed_.insert(inode);
      break;
    case 't':
      synced_[inode] = std::min(synced_[inode], size);
      break;
    case 'r':
      if (tabbed.size() == 3) names_.push_back({Change::kRenamed, 0, tabbed[1], tabbed[0], tabbed[2]});
      break;
    case 'u':
      if (tabbed.size() == 2) names_.push_back({Change::kRemoved, 0, tabbed[0], "", tabbed[1]});
      break;
    case 'd':
      std::erase_if(names_, [&rest](const NameChange& change) { return fs::path(change.path).parent_path() == rest; });
      break;
    default:
      break;
  }
}

int64_t DiskJournal::SyncedSize(uint64_t inode) const {
  const auto found = synced_.find(inode);
  return found == synced_.end() ? 0 : found->second;
}

void DiskJournal::Undo(const NameChange& change) const {
  std::error_code ignored;
  switch (change.change) {
    case Change::kCreated:
      if (InodeOf(change.path) == change.inode) fs::remove(change.path, ignored);
      break;
    case Change::kRenamed:
      fs::rename(change.path, change.from, ignored);
      if (!change.saved.empty()) fs::create_hard_link(change.saved, change.path, ignored);
      break;
    case Change::kRemoved:
      if (!change.saved.empty()) fs::create_hard_link(change.saved, change.path, ignored);
      break;
  }
}

absl::Status DiskJournal::CutPower(const std::string& folder, std::mt19937_64& random) const {
  // Names change in their order: what survives is all, or all up to some moment.
  const size_t kept = random() % 2 == 0 ? names_.size() : random() % (names_.size() + 1);
  for (size_t i = names_.size(); i > kept; --i) Undo(names_[i - 1]);
  for (const std::string& path : FilesOf(folder)) {
    const int64_t size = static_cast<int64_t>(fs::file_size(path));
    const int64_t synced = SyncedSize(InodeOf(path));
    if (size <= synced) continue;
    const int64_t left = Survivors(synced, size, random);
    if (::truncate(path.c_str(), left) != 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot cut ", path));
  }
  return absl::OkStatus();
}

absl::Status DiskJournal::Restart(const std::string& folder, const std::string& path) {
  std::ofstream journal(path, std::ios::trunc);
  for (const std::string& file : FilesOf(folder)) {
    journal << "b " << InodeOf(file) << ' ' << fs::file_size(file) << '\n';
  }
  journal.close();
  return journal.good() ? absl::OkStatus() : absl::InternalError(absl::StrCat("cannot write ", path));
}

}  // namespace ordermesh::faults
