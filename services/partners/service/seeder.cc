#include "services/partners/service/seeder.h"

#include <pthread.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/telemetry/log.h"
#include "services/partners/service/seed_folder.h"

namespace ordermesh::partners {
namespace {

const Caller& SeedCaller() {
  static const auto* const caller = new Caller{.name = "seed"};
  return *caller;
}

}  // namespace

Seeder::Seeder(PartnerManager& partners, std::string directory, std::function<void()> on_done, absl::Duration pause)
    : partners_(partners),
      directory_(std::move(directory)),
      on_done_(std::move(on_done)),
      pause_(pause),
      thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "seed");
}

Seeder::~Seeder() {
  stop_.Notify();
  thread_.join();
}

void Seeder::Run() {
  const auto names = ListSeedFolders(directory_);
  if (!names.ok()) {
    telemetry::LogError("cannot seed", {{"message", std::string(names.status().message())}});
    return on_done_();
  }
  for (const std::string& name : *names) {
    for (bool first = true; !SeedOne(name).ok(); first = false) {
      if (first) telemetry::LogInfo("seeding waits for validation", {{"partner", name}});
      if (stop_.WaitForNotificationWithTimeout(pause_)) return;
    }
    if (stop_.HasBeenNotified()) return;
  }
  on_done_();
}

absl::Status Seeder::SeedOne(const std::string& name) {
  if (partners_.Get(SeedCaller(), name).ok()) return absl::OkStatus();
  auto request = ReadSeedFolder(directory_, name);
  const absl::Status status =
      request.ok() ? partners_.Create(SeedCaller(), *request).status() : std::move(request).status();
  if (absl::IsUnavailable(status) || absl::IsResourceExhausted(status)) return status;
  if (!status.ok() && !absl::IsAlreadyExists(status)) {
    telemetry::LogError("a folder cannot be seeded", {{"partner", name},
                                                      {"folder", absl::StrCat(directory_, "/", name)},
                                                      {"reason", ReasonOf(status)},
                                                      {"message", std::string(status.message())}});
  }
  return absl::OkStatus();
}

}  // namespace ordermesh::partners
