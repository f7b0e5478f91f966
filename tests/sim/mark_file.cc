#include "tests/sim/mark_file.h"

#include <cstdlib>

#include "services/common/base/errors.h"

namespace ordermesh::sim {

MarkFolder::MarkFolder() {
  const std::filesystem::path memory("/dev/shm");
  const bool has_memory = std::filesystem::is_directory(memory);
  path_ = ((has_memory ? memory : std::filesystem::temp_directory_path()) / "ordermesh-sim-XXXXXX").string();
  OM_CHECK(mkdtemp(path_.data()) != nullptr);
}

MarkFolder::~MarkFolder() { std::filesystem::remove_all(path_); }

MarkFile::MarkFile(const std::string& folder, const std::string& name) : path_(folder + "/" + name) {
  std::filesystem::remove(path_);
}

int64_t MarkFile::position() const {
  const auto mark = kv::AckMark::Open(path_);
  OM_CHECK(mark.ok());
  return (*mark)->position();
}

void MarkFile::FallBackTo(int64_t position) {
  std::filesystem::remove(path_);
  const auto mark = kv::AckMark::Open(path_);
  OM_CHECK(mark.ok());
  (*mark)->Raise(position);
}

}  // namespace ordermesh::sim
