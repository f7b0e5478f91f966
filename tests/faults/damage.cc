#include "tests/faults/damage.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/process.h"

namespace ordermesh::faults {
namespace {

namespace fs = std::filesystem;

constexpr size_t kZeroed = 4'096;

constexpr const char* kKinds[] = {".log", ".sst", ".blob", "MANIFEST-", "CURRENT", "acknowledged", "manifest-mark"};

bool IsOf(const std::string& name, const std::string& kind) {
  return kind.front() == '.' ? absl::EndsWith(name, kind) : absl::StartsWith(name, kind);
}

std::vector<fs::path> FilesOf(const std::string& folder, const std::string& kind) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    if (IsOf(entry.path().filename().string(), kind)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string DamageOneFile(const std::string& folder, std::mt19937_64& random) {
  const auto files = FilesOf(folder, kKinds[random() % std::size(kKinds)]);
  if (files.empty()) return "";
  const fs::path path = files[random() % files.size()];
  std::string bytes = testing::ReadFile(path.string());
  const size_t at = random() % bytes.size();
  std::string done;
  switch (random() % 3) {
    case 0: {
      const uint64_t bit = random() % 8;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      done = absl::StrCat("bit ", bit, " of byte ", at, " flipped");
      break;
    }
    case 1: {
      const size_t begin = at / kZeroed * kZeroed;
      const size_t size = std::min(kZeroed, bytes.size() - begin);
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(begin), size, '\0');
      done = absl::StrCat("4 KiB zeroed from byte ", begin);
      break;
    }
    default:
      bytes.resize(at);
      done = absl::StrCat("cut off at byte ", at);
      break;
  }
  testing::WriteFile(path.string(), bytes);
  return absl::StrCat(path.filename().string(), ": ", done);
}

}  // namespace ordermesh::faults
