#include "services/common/rpc/partner_follower.h"

#include <fcntl.h>
#include <grpcpp/client_context.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/common/rpc/blocking_call.h"
#include "services/common/rpc/status.h"
#include "services/common/telemetry/log.h"

namespace ordermesh::rpc {
namespace {

using google::protobuf::util::MessageDifferencer;
using partners::v1::PartnerCopy;
using partners::v1::PartnerRecord;

// Between two attempts to watch; the channel has its own pauses between connections.
constexpr absl::Duration kPause = absl::Milliseconds(200);

// Puts a record in, keeping the pointer of an equal one.
void Put(const PartnerMap* before, PartnerRecord& record, PartnerMap& into) {
  const std::string id = record.partner().partner_id();
  if (before != nullptr) {
    const auto found = before->find(id);
    if (found != before->end() && MessageDifferencer::Equals(*found->second, record)) {
      into[id] = found->second;
      return;
    }
  }
  auto kept = std::make_shared<PartnerRecord>();
  kept->Swap(&record);
  into[id] = std::move(kept);
}

// Whole or not at all, for this user only, also after a power cut.
bool WriteWhole(const std::string& path, const std::string& bytes) {
  const std::string temporary = absl::StrCat(path, ".new");
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  bool ok = true;
  for (size_t written = 0; ok && written < bytes.size();) {
    const ssize_t step = write(file, bytes.data() + written, bytes.size() - written);
    ok = step > 0;
    if (ok) written += static_cast<size_t>(step);
  }
  ok = fsync(file) == 0 && ok;
  ok = close(file) == 0 && ok;
  return ok && std::rename(temporary.c_str(), path.c_str()) == 0;
}

}  // namespace

PartnerFollower::PartnerFollower(PartnerFollowerOptions options, OnChange on_change)
    : options_(std::move(options)), on_change_(std::move(on_change)), stub_(options_.address, options_.channel) {
  thread_ = std::thread([this] { Run(); });
}

PartnerFollower::~PartnerFollower() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (watching_ != nullptr) watching_->TryCancel();
  }
  thread_.join();
}

std::shared_ptr<const PartnerMap> PartnerFollower::Partners() const {
  absl::ReaderMutexLock lock(&mutex_);
  return partners_;
}

void PartnerFollower::Run() {
  LoadCopy();
  while (true) {
    const absl::Status status = WatchOnce();
    if (absl::IsUnavailable(status)) stub_.Renew();
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    // One line for each time that it goes away, not one for each attempt.
    if (std::exchange(following_, false)) {
      telemetry::LogWarning("the partners are not being followed",
                            {{"working_from_a_copy", partners_ != nullptr}, {"reason", std::string(status.message())}});
    }
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kPause);
    if (stopping_) return;
  }
}

absl::Status PartnerFollower::WatchOnce() {
  grpc::ClientContext context;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return absl::OkStatus();
    watching_ = &context;
  }
  partners::v1::WatchPartnersRequest request;
  request.set_include_config(options_.include_config);
  const auto stub = stub_.Get();
  using partners::v1::WatchPartnersResponse;
  const auto reader = BlockingReader<WatchPartnersResponse>::Open(
      [&](auto* reactor) { stub->async()->WatchPartners(&context, &request, reactor); });
  PartnerMap view;
  WatchPartnersResponse response;
  while (reader->Read(&response)) {
    if (response.reset()) view.clear();
    const auto latest = Partners();
    for (auto& record : *response.mutable_partners()) Put(latest.get(), record, view);
    if (!response.complete()) continue;
    auto published = std::make_shared<const PartnerMap>(view);
    SaveCopy(*published);
    Publish(std::move(published));
  }
  const grpc::Status status = reader->Finish();
  absl::MutexLock lock(&mutex_);
  watching_ = nullptr;
  return FromGrpc(status);
}

void PartnerFollower::Publish(std::shared_ptr<const PartnerMap> partners) {
  {
    absl::MutexLock lock(&mutex_);
    partners_ = partners;
    following_ = true;
  }
  on_change_(partners);
}

void PartnerFollower::LoadCopy() {
  if (options_.copy_file.empty()) return;
  std::ifstream file(options_.copy_file, std::ios::binary);
  if (!file) return;
  PartnerCopy copy;
  if (!copy.ParseFromIstream(&file)) {
    telemetry::LogError("the copy of the partners is damaged and not used", {{"file", options_.copy_file}});
    return;
  }
  auto partners = std::make_shared<PartnerMap>();
  for (auto& record : *copy.mutable_partners()) Put(nullptr, record, *partners);
  telemetry::LogInfo("partners known from the last copy", {{"partners", static_cast<int64_t>(partners->size())}});
  Publish(std::move(partners));
}

void PartnerFollower::SaveCopy(const PartnerMap& partners) {
  if (options_.copy_file.empty()) return;
  PartnerCopy copy;
  for (const auto& [id, record] : partners) *copy.add_partners() = *record;
  if (!WriteWhole(options_.copy_file, copy.SerializeAsString())) {
    // The process works on; only a restart while partners is away would miss it.
    telemetry::LogError("cannot keep the copy of the partners", {{"file", options_.copy_file}});
  }
}

}  // namespace ordermesh::rpc
