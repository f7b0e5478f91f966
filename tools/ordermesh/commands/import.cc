#include <fstream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/importing/import_report.h"
#include "tools/ordermesh/importing/importer.h"
#include "tools/ordermesh/input/byte_source.h"
#include "tools/ordermesh/input/group_column.h"
#include "tools/ordermesh/input/order_source.h"
#include "tools/ordermesh/output/format.h"

namespace ordermesh::cli {
namespace {

struct ImportFlags {
  std::string partner;
  std::string file;
  std::string format;
  std::string group_by;
  std::string config;
  std::string rejects;
  bool ungrouped = false;
};

constexpr char kFooter[] =
    R"(Every order gets its verdict, through crashes and restarts of the mesh: what has none is sent again, which is
always safe. Orders that cannot be sent at all (larger than 1 MiB, CSV rows that do not fit the header) are named on
stderr and make the exit code 1; the others flow on.

Examples:
  ordermesh import --partner retail-uk online-retail.csv
  ordermesh import --partner olist olist-orders.ndjson --rejects rejected.ndjson
  zcat day.ndjson.gz | ordermesh import --partner partner-b --format ndjson - -o json
)";

absl::StatusOr<std::string> FormatOf(const ImportFlags& flags) {
  if (!flags.format.empty()) return flags.format;
  const std::string extension = std::filesystem::path(flags.file).extension().string();
  if (extension == ".csv") return "csv";
  if (extension == ".ndjson" || extension == ".jsonl") return "ndjson";
  return absl::InvalidArgumentError(
      absl::StrCat("cannot tell the format of ", flags.file, ": give --format csv or --format ndjson"));
}

absl::StatusOr<std::unique_ptr<OrderSource>> OpenOrders(const ImportFlags& flags, const Environment& environment,
                                                        ByteSource& bytes) {
  OM_ASSIGN_OR_RETURN(const std::string format, FormatOf(flags));
  if (format == "ndjson") return ReadLines(bytes);
  std::string group_by = flags.group_by;
  if (group_by.empty() && !flags.ungrouped) {
    const auto folders = flags.config.empty() ? DefaultConfigFolders(environment.program)
                                              : std::vector<std::filesystem::path>{flags.config};
    OM_ASSIGN_OR_RETURN(group_by, FindGroupColumn(folders, flags.partner));
  }
  return ReadCsv(bytes, group_by);
}

FindFeed FeedFinder(const Environment& environment) {
  // The same address and credential keep their stub and with it their connection.
  struct Known {
    client::Connection connection;
    std::shared_ptr<FeedStub> stub;
  };
  auto known = std::make_shared<Known>();
  return [&environment, known]() -> absl::StatusOr<std::shared_ptr<FeedStub>> {
    OM_ASSIGN_OR_RETURN(client::Connection found, client::FindConnection(environment.connection));
    environment.who = found.who;
    const bool same =
        found.address == known->connection.address && found.channel.metadata == known->connection.channel.metadata;
    if (known->stub == nullptr || !same) {
      known->stub = feed::v1::FeedService::NewStub(client::Connect(found));
      known->connection = std::move(found);
    }
    return known->stub;
  };
}

absl::StatusOr<ExitCode> RunImport(const Environment& environment, const ImportFlags& flags) {
  OM_ASSIGN_OR_RETURN(const auto bytes, OpenBytes(flags.file));
  OM_ASSIGN_OR_RETURN(const auto orders, OpenOrders(flags, environment, *bytes));
  std::ofstream rejects;
  if (!flags.rejects.empty()) {
    rejects.open(flags.rejects, std::ios::binary | std::ios::trunc);
    if (!rejects) return absl::InvalidArgumentError(absl::StrCat("cannot write ", flags.rejects));
  }
  ImportReport report(environment.err, environment.terminal, *bytes, rejects.is_open() ? &rejects : nullptr);
  ImportOptions options;
  options.partner = flags.partner;
  options.patience = environment.Patience();
  Importer importer(options, *orders, FeedFinder(environment), report);
  const absl::Status status = importer.Run();
  report.Finish();
  const ImportTotals totals = importer.totals();
  environment.out << (environment.json() ? TotalsAsJson(totals, report.elapsed()) + "\n"
                                         : TotalsAsTable(totals, report.elapsed()));
  OM_RETURN_IF_ERROR(status);
  if (rejects.is_open() && !rejects.flush()) return absl::DataLossError(absl::StrCat("cannot write ", flags.rejects));
  if (totals.complete()) return kDone;
  environment.err
      << FormatCount(totals.unsendable + totals.refused)
      << " orders have no verdict: mend them in the file and import it again, which changes nothing for the others\n";
  return kAnswerIsNo;
}

}  // namespace

void AddImport(CLI::App& app, Environment& environment) {
  auto flags = std::make_shared<ImportFlags>();
  CLI::App* command = app.add_subcommand("import", "Send the orders of a file and wait for each one's verdict");
  command->add_option("-p,--partner", flags->partner, "The partner whose orders they are")->required();
  command->add_option("file", flags->file, "A .csv or .ndjson file, or - for standard input")->required();
  command->add_option("--format", flags->format, "The file's format, where its name does not tell")
      ->check(CLI::IsMember({"csv", "ndjson"}));
  CLI::Option* group_by = command->add_option("--group-by", flags->group_by,
                                              "CSV: consecutive rows with the same value in this column are one order "
                                              "(default: csv.group_by of the partner's mapping.yaml)");
  command->add_flag("--ungrouped", flags->ungrouped, "CSV: each row is one order")->excludes(group_by);
  command->add_option("--config", flags->config, "The folder with a folder for each partner (default: config/partners)")
      ->envname("ORDERMESH_CONFIG");
  command->add_option(
      "--rejects", flags->rejects,
      "Write each order that was not stored to this file, as NDJSON: line, verdict, errorId, violations");
  command->footer(kFooter);
  command->callback([&environment, flags] {
    environment.command = [&environment, flags] { return RunImport(environment, *flags); };
  });
}

}  // namespace ordermesh::cli
