// The settings of the error-store process.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "services/common/rpc/server.h"
#include "services/error_store/domain/limits.h"

namespace ordermesh::error_store {

struct Config {
  rpc::ServerConfig server;
  // Holds the database (db/) and the mark of the last acknowledged position. Created where it is missing.
  std::string data;
  // Which shard this process owns.
  uint32_t shard = 0;
  // How long an error is kept after its last change.
  int error_ttl_days = kDefaultTtlDays;
  // Memory of the engine, in MiB: blocks read, and writes not yet flushed.
  int block_cache_mib = 96;
  int write_buffer_mib = 64;
  // What may wait for the writer, in MiB.
  int max_queued_mib = static_cast<int>(kMaxQueuedBytes >> 20);
  // Threads for Get, List, GetStats and Watch.
  int read_threads = 2;
  // host:port of the feed, which takes errors that are sent again; empty: they wait.
  std::string feed;
  // host:port of validation, which tries edits out; empty: it is UNAVAILABLE.
  std::string validation;
};

// Adds a flag for each setting, with its bounds.
void AddFlags(CLI::App& app, Config& config);

}  // namespace ordermesh::error_store
