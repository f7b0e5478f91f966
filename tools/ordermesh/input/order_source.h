// Orders of a file, one payload after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/ordermesh/input/byte_source.h"

namespace ordermesh::cli {

// One order as it stands in the file.
struct SourceOrder {
  // The payload byte for byte as it will be sent; empty where the order has a fault.
  std::string payload;
  // The 1-based line of the file on which it starts.
  int64_t line = 0;
  // Why it cannot be sent at all (too large, a CSV row that does not fit the header); empty for a sound order. Such an
  // order gets no verdict: the import names it and fails, but the others flow on.
  std::string fault;
};

// Not thread-safe.
class OrderSource {
 public:
  virtual ~OrderSource() = default;
  // The next order; nothing at the end. An error where the file cannot be read on.
  virtual absl::StatusOr<std::optional<SourceOrder>> Next() = 0;
};

// Each line that is not empty is one payload, byte for byte without its line end (LF or CRLF). A byte order mark at the
// start of the file is skipped. `source` must outlive the result.
std::unique_ptr<OrderSource> ReadLines(ByteSource& source);

// Each row is one order as a flat JSON object of texts, or, with `group_by`, consecutive rows with the same value in
// that column are one: {"InvoiceNo": ..., "lines": [{the other columns}]}. Every value is a text as in the file; bytes
// that are not UTF-8 are passed on as they are, for the mesh to refuse. INVALID_ARGUMENT where the header is missing,
// repeats a column or lacks `group_by`. `source` must outlive the result.
absl::StatusOr<std::unique_ptr<OrderSource>> ReadCsv(ByteSource& source, const std::string& group_by);

}  // namespace ordermesh::cli
