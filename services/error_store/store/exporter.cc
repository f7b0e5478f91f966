#include "services/error_store/store/exporter.h"

#include <limits>
#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/error_store/domain/error_lines.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/scan.h"

namespace ordermesh::error_store {

using ordermesh::common::v1::ExportChunk;
using ordermesh::common::v1::ExportFormat;

Exporter::Exporter(const kv::Kv& kv, ErrorFilter filter, ExportFormat format)
    : kv_(kv),
      filter_(std::move(filter)),
      csv_(format != ordermesh::common::v1::NDJSON),
      snapshot_(kv.NewSnapshot()),
      before_(filter_.IsVoid() ? 0 : std::numeric_limits<int64_t>::max()) {}

absl::StatusOr<bool> Exporter::Next(ExportChunk* chunk) {
  std::string& lines = *chunk->mutable_lines();
  const auto add = [&lines](std::string line) {
    if (!lines.empty()) lines += '\n';
    lines += line;
  };
  if (!std::exchange(started_, true) && csv_) add(ErrorCsvHeader());
  if (before_ == 0) return !lines.empty();
  OM_ASSIGN_OR_RETURN(before_, Scan(kv_, filter_, snapshot_.get(), kMaxListSteps).Below(before_, [&](Found found) {
    if (lines.size() >= kMaxStreamMessageBytes) return false;
    add(csv_ ? ErrorCsvLine(found.row.error) : JsonLine(found.row.error));
    return true;
  }));
  return true;
}

}  // namespace ordermesh::error_store
