// Creates the partners that a fresh mesh starts with.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "services/partners/service/partner_manager.h"

namespace ordermesh::partners {

// Works on a thread of its own: each folder of the directory whose partner is unknown becomes one, with author "seed".
// It waits for validation as long as it takes. A folder that is broken is logged, with file and line, and stops no
// other.
class Seeder {
 public:
  // Borrows the manager. `on_done` is called once, on its thread, unless it is stopped before.
  Seeder(PartnerManager& partners, std::string directory, std::function<void()> on_done,
         absl::Duration pause = absl::Milliseconds(200));
  // Stops between two attempts.
  ~Seeder();

 private:
  void Run();
  // OK also where the folder is broken; UNAVAILABLE to try again.
  absl::Status SeedOne(const std::string& name);

  PartnerManager& partners_;
  const std::string directory_;
  const std::function<void()> on_done_;
  const absl::Duration pause_;
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace ordermesh::partners
