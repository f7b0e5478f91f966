#include <string_view>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "tools/ordermesh/input/order_source.h"

namespace ordermesh::cli {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class LineOrders : public OrderSource {
 public:
  explicit LineOrders(ByteSource& source) : source_(source) {}

  absl::StatusOr<std::optional<SourceOrder>> Next() override {
    while (true) {
      OM_ASSIGN_OR_RETURN(const bool found, ReadLine());
      if (!found) return std::nullopt;
      ++line_;
      std::string_view text = text_;
      if (line_ == 1 && text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
        text.remove_prefix(kByteOrderMark.size());
      }
      if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
      if (too_large_ || text.size() > kMaxOrderBytes) {
        return SourceOrder{"", line_, absl::StrCat("larger than ", kMaxOrderBytes, " bytes")};
      }
      if (text.find_first_not_of(" \t") == std::string_view::npos) continue;
      return SourceOrder{std::string(text), line_, ""};
    }
  }

 private:
  // Reads the next line into text_ without its LF; false at the end. A line over the limit is passed over, not kept.
  absl::StatusOr<bool> ReadLine() {
    text_.clear();
    too_large_ = false;
    bool any = false;
    while (true) {
      if (block_.empty()) {
        OM_ASSIGN_OR_RETURN(block_, source_.Next());
        if (block_.empty()) return any;
      }
      any = true;
      const size_t end = block_.find('\n');
      Keep(block_.substr(0, end));
      if (end != std::string_view::npos) {
        block_.remove_prefix(end + 1);
        return true;
      }
      block_ = {};
    }
  }

  void Keep(std::string_view part) {
    // A mark and a CR do not count: they are not sent.
    too_large_ = too_large_ || text_.size() + part.size() > kMaxOrderBytes + kByteOrderMark.size() + 1;
    if (too_large_) {
      text_.clear();
    } else {
      text_.append(part);
    }
  }

  ByteSource& source_;
  std::string_view block_;
  std::string text_;
  bool too_large_ = false;
  int64_t line_ = 0;
};

}  // namespace

std::unique_ptr<OrderSource> ReadLines(ByteSource& source) { return std::make_unique<LineOrders>(source); }

}  // namespace ordermesh::cli
