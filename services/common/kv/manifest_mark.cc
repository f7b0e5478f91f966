#include "services/common/kv/manifest_mark.h"

#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace ordermesh::kv {
namespace {

constexpr char kMarkFile[] = "/manifest-mark";
constexpr char kCurrentFile[] = "/CURRENT";
constexpr char kManifestPrefix[] = "MANIFEST-";

struct Manifest {
  uint64_t number = 0;
  uint64_t bytes = 0;
};

std::string NameOf(uint64_t number) { return absl::StrCat(kManifestPrefix, absl::Dec(number, absl::kZeroPad6)); }

std::optional<uint64_t> NumberOf(absl::string_view name) {
  uint64_t number = 0;
  if (!absl::ConsumePrefix(&name, kManifestPrefix) || !absl::SimpleAtoi(name, &number)) return std::nullopt;
  return number;
}

std::string Encode(const Manifest& manifest) {
  const std::string text = absl::StrCat(NameOf(manifest.number), " ", manifest.bytes, " ");
  return absl::StrCat(text, absl::Hex(XXH3_64bits(text.data(), text.size()), absl::kZeroPad16), "\n");
}

std::optional<Manifest> Decode(const std::string& text) {
  const std::vector<absl::string_view> words = absl::StrSplit(text, ' ');
  Manifest manifest;
  if (words.size() != 3 || !absl::SimpleAtoi(words[1], &manifest.bytes)) return std::nullopt;
  manifest.number = NumberOf(words[0]).value_or(0);
  // One text for each mark: whatever is not written so was changed.
  if (Encode(manifest) != text) return std::nullopt;
  return manifest;
}

// The number of the MANIFEST in use; none where CURRENT does not say so.
std::optional<uint64_t> Current(rocksdb::Env* env, const std::string& directory) {
  std::string text;
  if (!rocksdb::ReadFileToString(env, directory + kCurrentFile, &text).ok()) return std::nullopt;
  return NumberOf(absl::StripSuffix(text, "\n"));
}

}  // namespace

absl::Status ManifestMark::Check() const {
  const std::string path = directory_ + kMarkFile;
  if (env_->FileExists(path).IsNotFound()) return absl::OkStatus();
  std::string text;
  if (const rocksdb::Status status = rocksdb::ReadFileToString(env_, path, &text); !status.ok()) {
    return absl::InternalError(absl::StrCat(path, ": ", status.ToString()));
  }
  const std::optional<Manifest> mark = Decode(text);
  if (!mark) return absl::DataLossError(absl::StrCat(path, " is damaged"));
  const std::optional<uint64_t> current = Current(env_, directory_);
  if (!current || *current < mark->number) {
    return absl::DataLossError(absl::StrCat(directory_, kCurrentFile, " does not name ", NameOf(mark->number)));
  }
  // The engine began a next one after the mark was made.
  if (*current > mark->number) return absl::OkStatus();
  uint64_t bytes = 0;
  const std::string manifest = absl::StrCat(directory_, "/", NameOf(mark->number));
  const rocksdb::Status status = env_->GetFileSize(manifest, &bytes);
  if (status.ok() && bytes >= mark->bytes) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(manifest, " lost its end: it has ", bytes, " of ", mark->bytes, " bytes"));
}

void ManifestMark::Raise(rocksdb::DB* db) {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> files;
  Manifest manifest;
  if (!db->GetLiveFiles(files, &manifest.bytes, /*flush_memtable=*/false).ok()) return;
  const auto name = std::find_if(files.begin(), files.end(),
                                 [](const std::string& file) { return absl::StrContains(file, kManifestPrefix); });
  if (name == files.end()) return;
  manifest.number = NumberOf(absl::StripPrefix(*name, "/")).value_or(0);
  // After a full disk the engine may go on with a MANIFEST that CURRENT does not name yet.
  if (Current(env_, directory_) != manifest.number) return;
  const std::string path = directory_ + kMarkFile;
  const std::string draft = path + ".new";
  if (rocksdb::WriteStringToFile(env_, Encode(manifest), draft, /*should_sync=*/true).ok()) {
    (void)env_->RenameFile(draft, path);
  }
}

}  // namespace ordermesh::kv
