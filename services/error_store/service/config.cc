#include "services/error_store/service/config.h"

#include "absl/strings/ascii.h"

namespace ordermesh::error_store {

void AddFlags(CLI::App& app, Config& config) {
  rpc::AddServerFlags(app, config.server);
  const auto add = [&app](const std::string& name, auto& value, const std::string& help) {
    return app.add_option("--" + name, value, help)
        ->envname("ORDERMESH_" + absl::AsciiStrToUpper(name))
        ->capture_default_str();
  };
  // ORDERMESH_DATA is the folder of all services together, for tools/up.
  app.add_option("--data", config.data, "Folder of the database and the mark; created where it is missing")
      ->envname("ORDERMESH_DATA_DIR")
      ->required();
  add("shard", config.shard, "The shard that this process owns")->check(CLI::Range(0, 4095));
  add("error_ttl_days", config.error_ttl_days, "Days that an error is kept after its last change")
      ->check(CLI::Range(kMinTtlDays, kMaxTtlDays));
  add("block_cache_mib", config.block_cache_mib, "Memory for blocks read, in MiB")->check(CLI::Range(1, 65'536));
  add("write_buffer_mib", config.write_buffer_mib, "Memory for writes not yet flushed, in MiB")
      ->check(CLI::Range(4, 65'536));
  add("max_queued_mib", config.max_queued_mib, "What may wait for the writer, in MiB")->check(CLI::Range(4, 4'096));
  add("read_threads", config.read_threads, "Threads for reads and watches")->check(CLI::Range(1, 64));
  add("feed", config.feed, "host:port of the feed, which takes errors that are sent again; empty: they wait");
  add("validation", config.validation, "host:port of validation, which tries edits out; empty: nobody does");
}

}  // namespace ordermesh::error_store
