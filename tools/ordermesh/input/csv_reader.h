// Rows of a CSV file as in RFC 4180, read in a stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/ordermesh/input/byte_source.h"

namespace ordermesh::cli {

// One row. The buffers are reused from row to row.
struct CsvRow {
  std::vector<std::string> fields;
  // The 1-based line of the file on which it starts; quoted fields may hold line ends.
  int64_t line = 0;
  // The row is larger than an order may be; only its first fields were kept.
  bool too_large = false;
  // The file ended within quotes.
  bool unterminated = false;
};

// Reads fields in quotes with doubled quotes, commas and line ends in them; rows end with LF, CRLF or CR; a byte order
// mark at the start and empty rows are passed over. As other readers do, a quote within an unquoted field and text
// after a closing quote are taken as they are.
class CsvReader {
 public:
  // `source` must outlive the reader.
  explicit CsvReader(ByteSource& source) : source_(source) {}

  // Reads the next row; false at the end. An error where the file cannot be read.
  absl::StatusOr<bool> Next(CsvRow& row);

 private:
  enum class State { kFieldStart, kUnquoted, kQuoted, kQuoteInQuoted };

  absl::Status SkipByteOrderMark();
  absl::StatusOr<bool> Fill();
  absl::StatusOr<bool> ReadRow(CsvRow& row);
  bool Take(char c, CsvRow& row);
  void Append(char c, CsvRow& row);
  void StartField(CsvRow& row);
  void EndRow(CsvRow& row);

  ByteSource& source_;
  std::string start_;
  std::string_view block_;
  bool started_ = false;
  char previous_ = '\0';
  State state_ = State::kFieldStart;
  size_t field_count_ = 0;
  size_t row_bytes_ = 0;
  int64_t line_ = 1;
};

}  // namespace ordermesh::cli
