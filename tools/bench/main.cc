#include <iostream>

#include "absl/synchronization/mutex.h"
#include "tools/bench/program.h"

int main(int argc, char** argv) {
  // As the services do (rpc::ShutdownSignal).
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  ordermesh::client::ConnectionFlags environment;
  ordermesh::client::ReadEnvironment(environment);
  return ordermesh::bench::RunProgram({argv + 1, argv + argc}, environment, std::cout, std::cerr);
}
