#include "services/partners/service/config.h"

#include "absl/strings/ascii.h"

namespace ordermesh::partners {

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
  add("pepper_file", config.pepper_file, "The secret that API keys are hashed with, hex; not for everybody to read")
      ->required();
  app.add_option("--validations", config.validations, "host:port of every validation instance, comma separated")
      ->envname("ORDERMESH_VALIDATIONS")
      ->delimiter(',')
      ->required();
  add("seed", config.seed, "Folders of partners to create where they are missing; empty: none");
  add("block_cache_mib", config.block_cache_mib, "Memory for blocks read, in MiB")->check(CLI::Range(1, 65'536));
  add("write_buffer_mib", config.write_buffer_mib, "Memory for writes not yet flushed, in MiB")
      ->check(CLI::Range(4, 65'536));
  add("read_threads", config.read_threads, "Threads for reads and watches")->check(CLI::Range(1, 64));
}

}  // namespace ordermesh::partners
