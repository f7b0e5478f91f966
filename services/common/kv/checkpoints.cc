#include "services/common/kv/checkpoints.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/stream_sha256.h"
#include "services/common/base/version.h"
#include "services/common/kv/ack_mark.h"

namespace ordermesh::kv {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkBytes = 1 << 20;
// Hashed between two looks whether the caller is still there.
constexpr int64_t kHashStepBytes = 16 << 20;
constexpr absl::Duration kExpiryPeriod = absl::Minutes(1);
constexpr absl::Duration kRetryAfter = absl::Minutes(1);
// Of the scheduler: orders go first.
constexpr int kNiceness = 10;
constexpr char kMarkName[] = "acknowledged";

absl::Status UnknownCheckpoint(const std::string& id) {
  return Refusal(absl::StatusCode::kNotFound, "UNKNOWN_CHECKPOINT",
                 absl::StrCat("there is no checkpoint ", id, ": it has expired, or the store was started again"),
                 {{"checkpoint", id}});
}

absl::Status UnknownFile(const std::string& path) {
  return Refusal(absl::StatusCode::kNotFound, "UNKNOWN_FILE", absl::StrCat("the checkpoint has no file ", path),
                 {{"path", path}});
}

absl::Status FileError(const char* what, const std::string& path) {
  return Refusal(absl::StatusCode::kInternal, "CHECKPOINT_FAILED", absl::StrCat("cannot ", what, " ", path));
}

// This thread, once: the audit and the hashes of a large store keep a core busy for long.
void StepBack() {
  thread_local const bool done = setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness) == 0;
  (void)done;
}

// An open file for reading.
class File {
 public:
  explicit File(const std::string& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) {}
  ~File() {
    if (file_ >= 0) ::close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool open() const { return file_ >= 0; }
  // Appends nothing at the end. INTERNAL where the disk fails.
  absl::Status ReadAt(int64_t offset, std::string* data) const {
    data->resize(kChunkBytes);
    ssize_t got = 0;
    do {
      got = ::pread(file_, data->data(), data->size(), offset);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return FileError("read", "a file of the checkpoint");
    data->resize(static_cast<size_t>(got));
    return absl::OkStatus();
  }
  std::optional<struct stat> Stat() const {
    struct stat info;
    if (::fstat(file_, &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
    return info;
  }

 private:
  const int file_;
};

// What RocksDB never writes again under the same name.
bool NeverChanges(const std::string& path) { return absl::EndsWith(path, ".sst") || absl::EndsWith(path, ".blob"); }

}  // namespace

// Reserves and takes, audits, writes the mark, hashes.
class Checkpoints::Work final : public CheckpointWork {
 public:
  explicit Work(Checkpoints& owner) : owner_(owner) {}
  ~Work() override {
    audit_.reset();
    if (!id_.empty() && phase_ != Phase::kEnd) (void)owner_.Delete(id_);
  }

  absl::StatusOr<bool> Step(backup::v1::CreateCheckpointResponse* response) override {
    if (phase_ == Phase::kEnd) return false;
    StepBack();
    if (phase_ != Phase::kTake) OM_RETURN_IF_ERROR(owner_.Touch(id_));
    OM_RETURN_IF_ERROR(RunPhase());
    response->set_rows_read(progress_.rows_read());
    response->set_rows_total(progress_.rows_total());
    response->set_bytes_hashed(bytes_hashed_);
    response->set_bytes_total(bytes_total_);
    if (phase_ == Phase::kEnd) *response->mutable_manifest() = std::move(manifest_);
    return true;
  }

 private:
  enum class Phase { kTake, kAudit, kHash, kEnd };

  absl::Status RunPhase() {
    switch (phase_) {
      case Phase::kTake:
        return Take();
      case Phase::kAudit:
        return Audit();
      case Phase::kHash:
        return Hash();
      case Phase::kEnd:
        break;
    }
    return absl::OkStatus();
  }

  absl::Status Take() {
    OM_ASSIGN_OR_RETURN(id_, owner_.Reserve());
    acknowledged_ = owner_.options_.acknowledged();
    const absl::Time now = owner_.options_.clock();
    OM_RETURN_IF_ERROR(owner_.options_.write(Folder("db")));
    manifest_.set_checkpoint_id(id_);
    manifest_.set_store(owner_.options_.store);
    manifest_.set_shard(static_cast<int32_t>(owner_.options_.shard));
    manifest_.set_service_version(std::string(Version()));
    manifest_.mutable_create_time()->set_seconds(absl::ToUnixSeconds(now));
    OM_ASSIGN_OR_RETURN(audit_, owner_.options_.audit(Folder("db")));
    phase_ = Phase::kAudit;
    return absl::OkStatus();
  }

  absl::Status Audit() {
    progress_.Clear();
    OM_ASSIGN_OR_RETURN(const bool more, audit_->Step(&progress_));
    if (more && !progress_.has_report()) return absl::OkStatus();
    OM_CHECK(progress_.has_report());
    manifest_.set_record_version(audit_->record_version());
    audit_.reset();
    *manifest_.mutable_audit() = std::move(*progress_.mutable_report());
    const int64_t position = manifest_.audit().last_position();
    if (position < acknowledged_) {
      return Refusal(absl::StatusCode::kDataLoss, "CHECKPOINT_BEHIND",
                     absl::StrCat("the checkpoint ends at ", position, " but ", acknowledged_, " was acknowledged"));
    }
    manifest_.set_position(position);
    // A restored store that ends before this position refuses to start.
    OM_ASSIGN_OR_RETURN(const auto mark, AckMark::Open(Folder(kMarkName)));
    mark->Raise(position);
    OM_RETURN_IF_ERROR(ListFiles());
    phase_ = Phase::kHash;
    return absl::OkStatus();
  }

  absl::Status ListFiles() {
    const auto add = [this](const std::string& path) -> absl::Status {
      const std::optional<struct stat> info = File(Folder(path)).Stat();
      if (!info.has_value()) return FileError("read", path);
      backup::v1::CheckpointFile* file = manifest_.add_files();
      file->set_path(path);
      file->set_size(info->st_size);
      bytes_total_ += info->st_size;
      return absl::OkStatus();
    };
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at(Folder("db"), error), end; !error && at != end; at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    if (error) return FileError("list", "the checkpoint");
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) OM_RETURN_IF_ERROR(add(absl::StrCat("db/", name)));
    return add(kMarkName);
  }

  absl::Status Hash() {
    for (int64_t done = 0; done < kHashStepBytes;) {
      if (next_ == manifest_.files_size()) {
        KeepHashes();
        phase_ = Phase::kEnd;
        return absl::OkStatus();
      }
      backup::v1::CheckpointFile& file = *manifest_.mutable_files(next_);
      if (open_ == nullptr && FindHash(file)) {
        bytes_hashed_ += file.size();
        ++next_;
        continue;
      }
      OM_ASSIGN_OR_RETURN(const int64_t bytes, HashChunk(file));
      done += bytes;
    }
    return absl::OkStatus();
  }

  // The next chunk of a file. Gives its size.
  absl::StatusOr<int64_t> HashChunk(backup::v1::CheckpointFile& file) {
    if (open_ == nullptr) {
      open_ = std::make_unique<File>(Folder(file.path()));
      if (!open_->open()) return FileError("open", file.path());
      hash_.emplace();
      offset_ = 0;
    }
    OM_RETURN_IF_ERROR(open_->ReadAt(offset_, &chunk_));
    hash_->Update(chunk_);
    const auto bytes = static_cast<int64_t>(chunk_.size());
    offset_ += bytes;
    bytes_hashed_ += bytes;
    if (offset_ < file.size() && bytes > 0) return bytes;
    if (offset_ != file.size()) return FileError("read the whole of", file.path());
    file.set_sha256(hash_->Finish());
    open_.reset();
    ++next_;
    return bytes;
  }

  bool FindHash(backup::v1::CheckpointFile& file) {
    if (!NeverChanges(file.path())) return false;
    const std::optional<struct stat> info = File(Folder(file.path())).Stat();
    absl::MutexLock lock(&owner_.mutex_);
    const auto known = owner_.hashed_.find(file.path());
    if (!info.has_value() || known == owner_.hashed_.end() || known->second.size != file.size() ||
        known->second.inode != info->st_ino) {
      return false;
    }
    file.set_sha256(known->second.sha256);
    return true;
  }

  void KeepHashes() {
    std::map<std::string, Hashed> hashed;
    for (const backup::v1::CheckpointFile& file : manifest_.files()) {
      if (!NeverChanges(file.path())) continue;
      const std::optional<struct stat> info = File(Folder(file.path())).Stat();
      if (info.has_value()) hashed[file.path()] = {file.size(), info->st_ino, file.sha256()};
    }
    absl::MutexLock lock(&owner_.mutex_);
    owner_.hashed_ = std::move(hashed);
  }

  std::string Folder(const std::string& path) const { return absl::StrCat(owner_.FolderOf(id_), "/", path); }

  Checkpoints& owner_;
  Phase phase_ = Phase::kTake;
  std::string id_;
  int64_t acknowledged_ = 0;
  backup::v1::CheckpointManifest manifest_;
  std::unique_ptr<CheckpointAudit> audit_;
  common::v1::AuditResponse progress_;
  int64_t bytes_total_ = 0;
  int64_t bytes_hashed_ = 0;
  // The file that is being hashed, and how far.
  int next_ = 0;
  std::unique_ptr<File> open_;
  std::optional<StreamSha256> hash_;
  int64_t offset_ = 0;
  std::string chunk_;
};

class Checkpoints::Reader final : public CheckpointReader {
 public:
  Reader(Checkpoints& owner, std::string id, std::unique_ptr<File> file, int64_t offset)
      : owner_(owner), id_(std::move(id)), file_(std::move(file)), offset_(offset) {}

  absl::StatusOr<bool> Read(std::string* data) override {
    OM_RETURN_IF_ERROR(owner_.Touch(id_));
    OM_RETURN_IF_ERROR(file_->ReadAt(offset_, data));
    offset_ += static_cast<int64_t>(data->size());
    return !data->empty();
  }

 private:
  Checkpoints& owner_;
  const std::string id_;
  const std::unique_ptr<File> file_;
  int64_t offset_;
};

Checkpoints::Checkpoints(CheckpointOptions options)
    : options_(std::move(options)),
      folder_(absl::StrCat(options_.data, "/checkpoints")),
      expiry_("checkpoints", kExpiryPeriod, [this] { Expire(); }) {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

Checkpoints::~Checkpoints() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::unique_ptr<CheckpointWork> Checkpoints::Start() { return std::make_unique<Work>(*this); }

absl::StatusOr<std::unique_ptr<CheckpointReader>> Checkpoints::Open(const backup::v1::ReadFileRequest& request) {
  OM_RETURN_IF_ERROR(Touch(request.checkpoint_id()));
  // Names are single: "db/NAME", or the mark.
  const std::string& path = request.path();
  const std::string name = absl::StartsWith(path, "db/") ? path.substr(3) : path;
  const bool known = (path == kMarkName || name.size() < path.size()) && !name.empty() && name[0] != '.' &&
                     name.find('/') == std::string::npos;
  if (!known) return UnknownFile(path);
  auto file = std::make_unique<File>(absl::StrCat(FolderOf(request.checkpoint_id()), "/", path));
  const std::optional<struct stat> info = file->open() ? file->Stat() : std::nullopt;
  if (!info.has_value()) return UnknownFile(path);
  if (request.offset() < 0 || request.offset() > info->st_size) {
    return InvalidField("offset", "must be 0 to the size of the file");
  }
  return std::make_unique<Reader>(*this, request.checkpoint_id(), std::move(file), request.offset());
}

absl::Status Checkpoints::Delete(const std::string& checkpoint_id) {
  {
    absl::MutexLock lock(&mutex_);
    if (live_.erase(checkpoint_id) == 0) return absl::OkStatus();
  }
  std::error_code error;
  fs::remove_all(FolderOf(checkpoint_id), error);
  return error ? FileError("delete", "a checkpoint") : absl::OkStatus();
}

void Checkpoints::Expire() {
  std::vector<std::string> expired;
  {
    absl::MutexLock lock(&mutex_);
    const absl::Time oldest = options_.clock() - options_.ttl;
    for (const auto& [id, used] : live_) {
      if (used < oldest) expired.push_back(id);
    }
  }
  for (const std::string& id : expired) (void)Delete(id);
}

absl::StatusOr<std::string> Checkpoints::Reserve() {
  Expire();
  std::random_device random;
  const std::string id = absl::StrCat(absl::Hex(random(), absl::kZeroPad8), absl::Hex(random(), absl::kZeroPad8));
  {
    absl::MutexLock lock(&mutex_);
    if (live_.size() >= options_.max_live) {
      return WithRetry(Refusal(absl::StatusCode::kResourceExhausted, "TOO_MANY_CHECKPOINTS",
                               absl::StrCat("there are ", live_.size(), " checkpoints already")),
                       kRetryAfter);
    }
    live_[id] = options_.clock();
  }
  std::error_code error;
  fs::create_directories(FolderOf(id), error);
  if (!error) return id;
  (void)Delete(id);
  return FileError("make", "the folder of a checkpoint");
}

absl::Status Checkpoints::Touch(const std::string& id) {
  absl::MutexLock lock(&mutex_);
  const auto found = live_.find(id);
  if (found == live_.end()) return UnknownCheckpoint(id);
  found->second = options_.clock();
  return absl::OkStatus();
}

std::string Checkpoints::FolderOf(const std::string& id) const { return absl::StrCat(folder_, "/", id); }

}  // namespace ordermesh::kv
