#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "tools/ordermesh/input/csv_reader.h"
#include "tools/ordermesh/input/json_text.h"
#include "tools/ordermesh/input/order_source.h"

namespace ordermesh::cli {
namespace {

constexpr size_t kNoColumn = static_cast<size_t>(-1);
constexpr char kLinesMember[] = "lines";

class CsvOrders : public OrderSource {
 public:
  explicit CsvOrders(ByteSource& source) : reader_(source) {}

  absl::Status ReadHeader(const std::string& group_by) {
    OM_ASSIGN_OR_RETURN(const bool found, reader_.Next(row_));
    if (!found) return absl::InvalidArgumentError("the CSV file is empty: its first row must name the columns");
    if (row_.too_large || row_.unterminated) {
      return absl::InvalidArgumentError("the first row of the CSV file, which names the columns, has no end");
    }
    header_ = row_.fields;
    absl::flat_hash_set<std::string> seen;
    for (const std::string& name : header_) {
      if (!seen.insert(name).second) {
        return absl::InvalidArgumentError(
            absl::StrCat("the CSV file has two columns named \"", name, "\": rename one"));
      }
    }
    if (!group_by.empty()) return FindGroupColumn(group_by);
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<SourceOrder>> Next() override {
    OM_ASSIGN_OR_RETURN(const bool found, Peek());
    if (!found) return std::nullopt;
    SourceOrder order;
    order.line = row_.line;
    if (group_column_ == kNoColumn) {
      TakeRow(order);
    } else {
      OM_RETURN_IF_ERROR(TakeGroup(order));
    }
    if (order.payload.size() > kMaxOrderBytes && order.fault.empty()) order.fault = TooLarge();
    if (!order.fault.empty()) order.payload.clear();
    return order;
  }

 private:
  absl::Status FindGroupColumn(const std::string& group_by) {
    const auto found = std::find(header_.begin(), header_.end(), group_by);
    if (found == header_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the CSV file has no column \"", group_by,
                       "\" to group its rows by; it has: ", absl::StrJoin(header_, ", ")));
    }
    if (group_by == kLinesMember) {
      return absl::InvalidArgumentError("rows cannot be grouped by a column named \"lines\": rename it");
    }
    group_column_ = static_cast<size_t>(found - header_.begin());
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Peek() {
    if (!peeked_ && !ended_) {
      OM_ASSIGN_OR_RETURN(peeked_, reader_.Next(row_));
      ended_ = !peeked_;
    }
    return peeked_;
  }

  absl::Status TakeGroup(SourceOrder& order) {
    const std::string key = GroupKey();
    if (keyless_line_ != 0) {
      order.fault = absl::StrCat("the row in line ", keyless_line_, " is damaged and may belong to this order");
    }
    order.payload.push_back('{');
    AppendJsonMember(header_[group_column_], key, order.payload);
    absl::StrAppend(&order.payload, ",\"", kLinesMember, "\":[");
    bool more = true;
    for (bool first = true; more && GroupKey() == key; first = false) {
      if (!first) order.payload.push_back(',');
      TakeRow(order);
      OM_ASSIGN_OR_RETURN(more, Peek());
    }
    order.payload.append("]}");
    return absl::OkStatus();
  }

  // A row that is cut or has other columns than the header may have lost its key. It is then counted to the order
  // before it, and the order after it is held back too: no order may be sent with a line missing.
  bool HasKey() const { return RowFault().empty() || (group_column_ == 0 && row_.fields.size() > 1); }

  const std::string& GroupKey() {
    if (HasKey()) key_ = row_.fields[group_column_];
    return key_;
  }

  std::string RowFault() const {
    if (row_.too_large)
      return absl::StrCat("the row in line ", row_.line, " is larger than ", kMaxOrderBytes, " bytes");
    if (row_.unterminated) return absl::StrCat("a quote that opens in the row of line ", row_.line, " is never closed");
    if (row_.fields.size() != header_.size()) {
      return absl::StrCat("the row in line ", row_.line, " has ", row_.fields.size(), " fields, the header ",
                          header_.size());
    }
    return "";
  }

  static std::string TooLarge() { return absl::StrCat("larger than ", kMaxOrderBytes, " bytes"); }

  // Appends the row as a JSON object without the group column, and moves on.
  void TakeRow(SourceOrder& order) {
    peeked_ = false;
    keyless_line_ = HasKey() ? 0 : row_.line;
    if (order.fault.empty()) order.fault = RowFault();
    if (order.fault.empty() && order.payload.size() > kMaxOrderBytes) order.fault = TooLarge();
    if (!order.fault.empty()) return;
    bool first = true;
    order.payload.push_back('{');
    for (size_t i = 0; i < header_.size(); ++i) {
      if (i == group_column_) continue;
      if (!std::exchange(first, false)) order.payload.push_back(',');
      AppendJsonMember(header_[i], row_.fields[i], order.payload);
    }
    order.payload.push_back('}');
  }

  CsvReader reader_;
  size_t group_column_ = kNoColumn;
  std::vector<std::string> header_;
  CsvRow row_;
  std::string key_;
  // The line of the row taken last, where it had lost its key.
  int64_t keyless_line_ = 0;
  bool peeked_ = false;
  bool ended_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<OrderSource>> ReadCsv(ByteSource& source, const std::string& group_by) {
  auto orders = std::make_unique<CsvOrders>(source);
  OM_RETURN_IF_ERROR(orders->ReadHeader(group_by));
  return orders;
}

}  // namespace ordermesh::cli
