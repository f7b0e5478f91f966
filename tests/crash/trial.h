// One trial of a mesh: it runs under a client's load, things are done to it, and every promise is checked afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/crash/checker.h"
#include "tests/crash/client.h"
#include "tests/crash/history.h"
#include "tests/crash/workload.h"
#include "tests/support/mesh.h"

namespace ordermesh::crash {

struct TrialOptions {
  // Which orders; the same seed gives the same.
  uint64_t seed = 0;
  ClientOptions client;
  // The number of an order that kills who opens it.
  std::optional<uint64_t> poison_number;
  // Of tools/up.
  std::map<std::string, std::string> environment;
  // Where the client's history is written; beside the folders of the services where it is empty: no fault may touch it.
  std::string history;
  // Straight to the feed instead of through the gateway, or by turns.
  enum class Way { kEdge, kDirect, kBoth } way = Way::kEdge;
};

class Trial {
 public:
  // Starts the mesh. The client is not started.
  static absl::StatusOr<std::unique_ptr<Trial>> Start(TrialOptions options);
  // The history is removed where all went well, otherwise everything is kept, and said to be.
  ~Trial();

  testing::Mesh& mesh() { return *mesh_; }
  Client& client() { return *client_; }
  const Workload& workload() const { return workload_; }
  Checker& checker() { return checker_; }
  const std::string& history() const { return options_.history; }

  // Everything that the client has seen so far is in the history.
  void FlushHistory() { history_->Flush(); }
  // Waits for every verdict, asks for old orders again (with the same and with other content), and compares the
  // client's history with what the stores hold. Broken promises are in the checker; an error is one of checking.
  absl::Status Check(bool ask_again = true);
  // What was seen, for people.
  void Print() const;
  // Leaves nothing behind, whatever was found: it was wanted.
  void Discard() { discard_ = true; }

 private:
  explicit Trial(TrialOptions options);

  absl::Status AskAgain();
  absl::Status CompareStores();

  TrialOptions options_;
  const Workload workload_;
  Checker checker_;
  std::unique_ptr<testing::Mesh> mesh_;
  std::unique_ptr<HistoryWriter> history_;
  std::unique_ptr<Client> client_;
  absl::Time started_;
  absl::Duration loaded_;
  bool checked_ = false;
  bool discard_ = false;
};

}  // namespace ordermesh::crash
