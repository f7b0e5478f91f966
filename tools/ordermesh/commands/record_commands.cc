#include "tools/ordermesh/commands/record_commands.h"

namespace ordermesh::cli {

void AddListFlags(CLI::App& command, ListFlags& flags) {
  command.add_option("--limit", flags.limit, "How many at most (default 50)")->check(CLI::Range(1, 100'000));
  CLI::Option* token =
      command.add_option("--page-token", flags.page_token, "Go on where the list with the same filters ended");
  command.add_flag("--all", flags.all, "The whole list")->excludes(token);
}

void AddGetFlags(CLI::App& command, GetFlags& flags) {
  command.add_option("id", flags.id, "The id, a UUID in lower case")->required();
  command.add_flag("--payload", flags.payload, "Write only the partner's payload, byte for byte");
}

void AddWatchFlags(CLI::App& command, WatchFlags& flags) {
  command.add_option("-p,--partner", flags.partner, "Only this partner's");
  CLI::Option* after =
      command.add_option("--after", flags.after, "Begin after this position")->check(CLI::NonNegativeNumber);
  command.add_flag("--from-start", flags.from_start, "Begin with what is stored")->excludes(after);
  command.add_option("--limit", flags.limit, "End after so many")->check(CLI::PositiveNumber);
}

}  // namespace ordermesh::cli
