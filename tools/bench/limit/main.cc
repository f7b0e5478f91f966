// The program `ordermesh-limit`: the least that a durable, deduplicated order costs on this machine. One process, one
// hop: a gRPC stream into RocksDB, and nothing else that the mesh does. It stands beside the mesh in
// tools/bench/compare, and is the measure of tools/bench/gate.
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>

#include "services/common/rpc/server.h"
#include "tools/bench/limit/service.h"
#include "tools/bench/limit/store.h"

int main(int argc, char** argv) {
  std::string listen = "127.0.0.1:0";
  std::string data;
  CLI::App app("ordermesh-limit - a bare gRPC stream into RocksDB, loaded by ordermesh-bench --direct --insecure",
               "ordermesh-limit");
  app.add_option("--listen", listen, "HOST:PORT, plaintext (default a free port of 127.0.0.1)");
  app.add_option("--data", data, "Folder of the database; made where it is missing")->required();
  CLI11_PARSE(app, argc, argv);

  ordermesh::rpc::ShutdownSignal signal;
  std::error_code error;
  std::filesystem::create_directories(data, error);
  auto store = ordermesh::bench::LimitStore::Open(data);
  if (!store.ok()) return ordermesh::rpc::FailedToStart(store.status());
  ordermesh::bench::LimitWriter writer(**store);
  ordermesh::bench::LimitService service(writer);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return ordermesh::rpc::FailedToStart(absl::UnavailableError("cannot listen on " + listen));
  }
  std::cout << "listening on port " << port << std::endl;
  signal.Wait();
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
  return 0;
}
