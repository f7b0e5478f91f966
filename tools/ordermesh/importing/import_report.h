// What an import tells people and programs.
#pragma once

#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "tools/ordermesh/importing/importer.h"
#include "tools/ordermesh/input/byte_source.h"
#include "tools/ordermesh/output/progress.h"

namespace ordermesh::cli {

// Shows progress, names failures (the first 20 of them), and writes the orders that were not stored to a file as
// NDJSON.
class ImportReport : public ImportObserver {
 public:
  // `rejects` may be null. All arguments must outlive the report.
  ImportReport(std::ostream& err, bool terminal, const ByteSource& bytes, std::ostream* rejects);

  void OnVerdict(const SourceOrder& order, const common::v1::OrderVerdict& verdict) override;
  void OnFailure(const SourceOrder& order, const absl::Status& why) override;
  void OnTick(const ImportTotals& totals, bool waiting) override;

  // Takes the bar away and stops the time.
  void Finish();
  absl::Duration elapsed() const { return elapsed_; }

 private:
  std::ostream& err_;
  const ByteSource& bytes_;
  std::ostream* const rejects_;
  ProgressDisplay display_;
  const absl::Time start_;
  absl::Duration elapsed_;
  int64_t failures_ = 0;
};

// The contract: {"received","created","replayed","conflicts","sequenceReused","rejected","seconds"}.
std::string TotalsAsJson(const ImportTotals& totals, absl::Duration elapsed);
std::string TotalsAsTable(const ImportTotals& totals, absl::Duration elapsed);

}  // namespace ordermesh::cli
