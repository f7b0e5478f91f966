// The settings of the partners process.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "services/common/rpc/server.h"

namespace ordermesh::partners {

struct Config {
  rpc::ServerConfig server;
  // Holds the database (db/) and the mark of the last acknowledged change. Created where it is missing.
  std::string data;
  // The secret that API keys are hashed with: hex text, readable by this user only.
  std::string pepper_file;
  // host:port of every validation instance; they check configs.
  std::vector<std::string> validations;
  // Folders of partners to create where they are missing. Empty: none.
  std::string seed;
  // Memory of the engine, in MiB: blocks read, and writes not yet flushed.
  int block_cache_mib = 16;
  int write_buffer_mib = 16;
  // Threads for reads and watches.
  int read_threads = 2;
};

// Adds a flag for each setting, with its bounds.
void AddFlags(CLI::App& app, Config& config);

}  // namespace ordermesh::partners
