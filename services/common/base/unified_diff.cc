#include "services/common/base/unified_diff.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace ordermesh {
namespace {

using Lines = std::vector<std::string_view>;

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// With their newlines.
Lines SplitLines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    const size_t size = newline == text.npos ? text.size() : newline + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

// Lines of both sides as numbers: equal lines have equal numbers.
class Numbering {
 public:
  std::vector<int> Of(const Lines& lines) {
    std::vector<int> numbers;
    numbers.reserve(lines.size());
    for (const std::string_view line : lines) {
      numbers.push_back(known_.try_emplace(View(line), static_cast<int>(known_.size())).first->second);
    }
    return numbers;
  }

 private:
  absl::flat_hash_map<absl::string_view, int> known_;
};

// The two sides, and which of their lines are not common.
struct Comparison {
  Lines before, after;
  std::vector<bool> removed, added;
};

// Myers' greedy algorithm on a[0..n) and b[0..m): the furthest points reached with d edits, on each diagonal k = x - y.
class EditPath {
 public:
  EditPath(const int* a, int n, const int* b, int m) : a_(a), b_(b), n_(n), m_(m) {}

  // False where more than `max_edits` are needed.
  bool Find(int max_edits) {
    const int size = std::min(max_edits, n_ + m_);
    offset_ = size + 1;
    furthest_.assign(2 * offset_ + 1, 0);
    for (edits_ = 0; edits_ <= size; ++edits_) {
      // The points before this round, for the way back.
      rounds_.emplace_back(furthest_.begin() + offset_ - edits_, furthest_.begin() + offset_ + edits_ + 1);
      for (int k = -edits_; k <= edits_; k += 2) {
        int x = Down(k, edits_, [this](int at) { return furthest_[offset_ + at]; }) ? furthest_[offset_ + k + 1]
                                                                                    : furthest_[offset_ + k - 1] + 1;
        while (x < n_ && x - k < m_ && a_[x] == b_[x - k]) ++x;
        furthest_[offset_ + k] = x;
        if (x >= n_ && x - k >= m_) return true;
      }
    }
    return false;
  }

  // Marks the lines that the path found removes and adds; `first` is the place of a[0] and b[0].
  void Mark(size_t first, Comparison& comparison) const {
    int x = n_, y = m_;
    for (int d = edits_; d > 0; --d) {
      const std::vector<int>& reached = rounds_[d];
      const auto at = [&reached, d](int k) { return reached[d + k]; };
      const int k = x - y;
      const bool down = Down(k, d, at);
      const int previous = down ? k + 1 : k - 1;
      x = at(previous);
      y = x - previous;
      if (down) {
        comparison.added[first + y] = true;
      } else {
        comparison.removed[first + x] = true;
      }
    }
  }

 private:
  // Whether the furthest way to diagonal k adds a line (from k + 1) rather than removes one (from k - 1).
  template <typename At>
  static bool Down(int k, int edits, const At& at) {
    return k == -edits || (k != edits && at(k - 1) < at(k + 1));
  }

  const int* const a_;
  const int* const b_;
  const int n_, m_;
  int edits_ = 0;
  int offset_ = 0;
  std::vector<int> furthest_;
  std::vector<std::vector<int>> rounds_;
};

Comparison Compare(std::string_view before, std::string_view after) {
  Comparison c{SplitLines(before), SplitLines(after), {}, {}};
  c.removed.assign(c.before.size(), false);
  c.added.assign(c.after.size(), false);
  Numbering numbering;
  const std::vector<int> a = numbering.Of(c.before), b = numbering.Of(c.after);
  size_t start = 0;
  const size_t shorter = std::min(a.size(), b.size());
  while (start < shorter && a[start] == b[start]) ++start;
  size_t end = 0;
  while (end < shorter - start && a[a.size() - 1 - end] == b[b.size() - 1 - end]) ++end;
  const size_t n = a.size() - start - end, m = b.size() - start - end;
  EditPath path(a.data() + start, static_cast<int>(n), b.data() + start, static_cast<int>(m));
  if (n + m <= kMaxDiffLines && path.Find(kMaxDiffEdits)) {
    path.Mark(start, c);
  } else {
    std::fill_n(c.removed.begin() + start, n, true);
    std::fill_n(c.added.begin() + start, m, true);
  }
  return c;
}

// "12,3" as in a hunk's head: first line and number of lines.
std::string Range(size_t first, size_t count) {
  if (count == 1) return absl::StrCat(first + 1);
  return absl::StrCat(count == 0 ? first : first + 1, ",", count);
}

void AppendLine(char mark, std::string_view line, std::string& out) {
  absl::StrAppend(&out, absl::string_view(&mark, 1), View(line));
  if (line.back() != '\n') out += "\n\\ No newline at end of file\n";
}

class HunkWriter {
 public:
  explicit HunkWriter(const Comparison& comparison) : c_(comparison) {}

  std::string Write() {
    size_t i = 0, j = 0;
    // Common lines since the last change.
    size_t common = 0;
    while (i < c_.before.size() || j < c_.after.size()) {
      const bool change = (i < c_.before.size() && c_.removed[i]) || (j < c_.after.size() && c_.added[j]);
      if (!change) {
        ++i, ++j, ++common;
        continue;
      }
      if (!open_ || common > 2 * kDiffContextLines) {
        Close(common);
        Open(i, j, std::min<size_t>(common, kDiffContextLines));
      } else {
        AppendCommon(i - common, common);
      }
      common = 0;
      for (; i < c_.before.size() && c_.removed[i]; ++i, ++removed_) AppendLine('-', c_.before[i], lines_);
      for (; j < c_.after.size() && c_.added[j]; ++j, ++added_) AppendLine('+', c_.after[j], lines_);
      next_ = i;
    }
    Close(common);
    return std::move(out_);
  }

 private:
  void Open(size_t i, size_t j, size_t context) {
    open_ = true;
    first_before_ = i - context;
    first_after_ = j - context;
    removed_ = added_ = 0;
    AppendCommon(first_before_, context);
  }

  // `common` lines follow the last change.
  void Close(size_t common) {
    if (!std::exchange(open_, false)) return;
    AppendCommon(next_, std::min<size_t>(common, kDiffContextLines));
    absl::StrAppend(&out_, "@@ -", Range(first_before_, removed_), " +", Range(first_after_, added_), " @@\n", lines_);
    lines_.clear();
  }

  void AppendCommon(size_t first, size_t count) {
    for (size_t i = first; i < first + count; ++i) AppendLine(' ', c_.before[i], lines_);
    removed_ += count;
    added_ += count;
  }

  const Comparison& c_;
  std::string out_;
  // The hunk that is being written: where it starts, its lines, and how many of each side.
  bool open_ = false;
  size_t first_before_ = 0, first_after_ = 0, removed_ = 0, added_ = 0;
  // The line of `before` behind the last change.
  size_t next_ = 0;
  std::string lines_;
};

size_t SequenceBytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

// Whether the second byte keeps the sequence from being overlong, a surrogate, or beyond U+10FFFF.
bool SecondFits(unsigned char lead, unsigned char second) {
  if (lead == 0xe0) return second >= 0xa0;
  if (lead == 0xed) return second < 0xa0;
  if (lead == 0xf0) return second >= 0x90;
  if (lead == 0xf4) return second < 0x90;
  return true;
}

}  // namespace

bool IsText(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const auto byte = [&bytes](size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const size_t size = SequenceBytes(byte(at));
    if (byte(at) == 0 || size == 0 || at + size > bytes.size()) return false;
    for (size_t i = 1; i < size; ++i) {
      if ((byte(at + i) & 0xc0) != 0x80) return false;
    }
    if (size > 1 && !SecondFits(byte(at), byte(at + 1))) return false;
    at += size;
  }
  return true;
}

std::string DiffersOnly(std::string_view path) {
  return absl::StrCat("Files a/", View(path), " and b/", View(path), " differ\n");
}

std::string UnifiedDiff(std::string_view path, std::optional<std::string_view> before,
                        std::optional<std::string_view> after) {
  if (before == after) return "";
  const std::string_view old_text = before.value_or(""), new_text = after.value_or("");
  if (!IsText(old_text) || !IsText(new_text)) return DiffersOnly(path);
  const std::string hunks = HunkWriter(Compare(old_text, new_text)).Write();
  return absl::StrCat("--- ", before.has_value() ? "a/" : "/dev/null", before.has_value() ? View(path) : "", "\n+++ ",
                      after.has_value() ? "b/" : "/dev/null", after.has_value() ? View(path) : "", "\n", hunks);
}

}  // namespace ordermesh
