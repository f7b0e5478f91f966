#include "tools/ordermesh/input/csv_reader.h"

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"

namespace ordermesh::cli {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

absl::StatusOr<bool> CsvReader::Next(CsvRow& row) {
  if (!started_) OM_RETURN_IF_ERROR(SkipByteOrderMark());
  while (true) {
    OM_ASSIGN_OR_RETURN(const bool found, ReadRow(row));
    if (!found) return false;
    const bool empty = row.fields.size() == 1 && row.fields[0].empty() && !row.too_large && !row.unterminated;
    if (!empty) return true;
  }
}

absl::Status CsvReader::SkipByteOrderMark() {
  started_ = true;
  // The mark may be cut by a block's border.
  while (start_.size() < kByteOrderMark.size()) {
    OM_ASSIGN_OR_RETURN(const std::string_view block, source_.Next());
    if (block.empty()) break;
    start_.append(block);
  }
  block_ = start_;
  if (block_.substr(0, kByteOrderMark.size()) == kByteOrderMark) block_.remove_prefix(kByteOrderMark.size());
  return absl::OkStatus();
}

absl::StatusOr<bool> CsvReader::Fill() {
  if (!block_.empty()) return true;
  OM_ASSIGN_OR_RETURN(block_, source_.Next());
  return !block_.empty();
}

absl::StatusOr<bool> CsvReader::ReadRow(CsvRow& row) {
  row.line = line_;
  row.too_large = false;
  row.unterminated = false;
  row_bytes_ = 0;
  field_count_ = 0;
  state_ = State::kFieldStart;
  StartField(row);
  bool any = false;
  while (true) {
    OM_ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) {
      row.unterminated = state_ == State::kQuoted;
      EndRow(row);
      return any;
    }
    while (!block_.empty()) {
      const char c = block_.front();
      block_.remove_prefix(1);
      // CRLF is one line end, also where a block's border is between the two.
      const bool line_goes_on = c == '\n' && previous_ == '\r';
      previous_ = c;
      if (line_goes_on && !any) continue;
      if (!any) row.line = line_;
      any = true;
      if ((c == '\n' || c == '\r') && !line_goes_on) ++line_;
      if (Take(c, row)) {
        EndRow(row);
        return true;
      }
    }
  }
}

// Returns true where the character ends the row.
bool CsvReader::Take(char c, CsvRow& row) {
  switch (state_) {
    case State::kQuoted:
      if (c == '"') {
        state_ = State::kQuoteInQuoted;
      } else {
        Append(c, row);
      }
      return false;
    case State::kQuoteInQuoted:
      if (c == '"') {
        state_ = State::kQuoted;
        Append(c, row);
        return false;
      }
      state_ = State::kUnquoted;
      break;
    case State::kFieldStart:
      if (c == '"') {
        state_ = State::kQuoted;
        return false;
      }
      state_ = State::kUnquoted;
      break;
    case State::kUnquoted:
      break;
  }
  if (c == '\n' || c == '\r') return true;
  if (c == ',') {
    state_ = State::kFieldStart;
    StartField(row);
  } else {
    Append(c, row);
  }
  return false;
}

void CsvReader::Append(char c, CsvRow& row) {
  if (++row_bytes_ > kMaxOrderBytes) {
    row.too_large = true;
  } else {
    row.fields[field_count_ - 1].push_back(c);
  }
}

void CsvReader::StartField(CsvRow& row) {
  // A field of nothing costs memory too.
  if (++row_bytes_ > kMaxOrderBytes) {
    row.too_large = true;
    return;
  }
  if (++field_count_ > row.fields.size()) {
    row.fields.emplace_back();
  } else {
    row.fields[field_count_ - 1].clear();
  }
}

void CsvReader::EndRow(CsvRow& row) { row.fields.resize(field_count_); }

}  // namespace ordermesh::cli
