#include "tests/faults/disk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "tests/faults/disk_journal.h"
#include "tests/support/mesh.h"
#include "tests/support/process.h"

namespace ordermesh::faults {
namespace {

namespace fs = std::filesystem;

size_t IndexOf(const std::string& service) {
  const auto& stores = Disk::Stores();
  const auto found = std::find(stores.begin(), stores.end(), service);
  OM_CHECK(found != stores.end());
  return static_cast<size_t>(found - stores.begin());
}

}  // namespace

const std::vector<std::string>& Disk::Stores() {
  static const std::vector<std::string> stores = {testing::kOrderStore, testing::kErrorStore, testing::kPartners};
  return stores;
}

Disk::Disk(const std::string& data, std::string library, bool journals)
    : data_(data), library_(std::move(library)), control_path_(data + ".disk") {
  const int file = ::open(control_path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  OM_CHECK(file >= 0 && ::ftruncate(file, sizeof(DiskControl)) == 0);
  void* page = ::mmap(nullptr, sizeof(DiskControl), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  OM_CHECK(page != MAP_FAILED);
  ::close(file);
  control_ = static_cast<DiskControl*>(page);
  for (const std::string& service : Stores()) {
    const std::string folder = Folder(service);
    OM_CHECK(folder.size() < kMaxFolderName);
    std::memcpy(control_->folders[IndexOf(service)], folder.c_str(), folder.size() + 1);
  }
  control_->journals = journals ? 1 : 0;
  Heal();
  Choose({testing::kOrderStore});
}

Disk::~Disk() {
  ::munmap(control_, sizeof(DiskControl));
  std::error_code ignored;
  fs::remove(control_path_, ignored);
  for (const std::string& service : Stores()) {
    fs::remove(Journal(service), ignored);
    fs::remove_all(absl::StrCat(control_path_, ".saved.", IndexOf(service)), ignored);
  }
}

std::string Disk::Folder(const std::string& service) const { return absl::StrCat(data_, "/", service, "/"); }

std::string Disk::Journal(const std::string& service) const {
  return absl::StrCat(control_path_, ".journal.", IndexOf(service));
}

std::map<std::string, std::string> Disk::Environment() const {
  return {{"LD_PRELOAD", library_}, {kControlVariable, control_path_}};
}

void Disk::Choose(const std::vector<std::string>& services) {
  uint32_t folders = 0;
  for (const std::string& service : services) folders |= 1U << IndexOf(service);
  control_->faulty_folders = folders;
}

void Disk::FailIn(int64_t operations, uint32_t kinds, int error) {
  control_->fail_operations = kinds;
  control_->fail_errno = error;
  control_->fail_in = operations;
}

void Disk::Heal() {
  control_->fail_in = 0;
  control_->room = kUnlimited;
  control_->sync_delay_us = 0;
}

absl::Status Disk::CutPower(const std::string& service, std::mt19937_64& random) {
  const std::string folder = Folder(service);
  OM_RETURN_IF_ERROR(DiskJournal::Read(Journal(service)).CutPower(folder, random));
  const std::string mark = folder + "acknowledged";
  if (const auto older = marks_.find(service); older != marks_.end() && random() % 2 == 0) {
    testing::WriteFile(mark, older->second);
  }
  if (fs::exists(mark)) marks_[service] = testing::ReadFile(mark);
  std::error_code ignored;
  fs::remove_all(absl::StrCat(control_path_, ".saved.", IndexOf(service)), ignored);
  return DiskJournal::Restart(folder, Journal(service));
}

}  // namespace ordermesh::faults
