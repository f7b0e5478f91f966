// The unified format of diff(1), with bounded work.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ordermesh {

// A diff takes less than a second.
inline constexpr size_t kMaxDiffLines = 100'000;
inline constexpr int kMaxDiffEdits = 1'000;
inline constexpr int kDiffContextLines = 3;

// How `before` became `after`, as `a/path` and `b/path`; nothing stands for a file that is not there (/dev/null). Empty
// where both are the same. Three lines of context; a last line without newline is marked as diff does. The shortest
// edit (Myers' algorithm) where it takes at most kMaxDiffEdits edits; otherwise everything between the common start and
// end is replaced, which is correct too. What is not text (a zero byte, or no UTF-8) is only said to differ.
std::string UnifiedDiff(std::string_view path, std::optional<std::string_view> before,
                        std::optional<std::string_view> after);

// What stands in place of a diff that would be too long.
std::string DiffersOnly(std::string_view path);

// Whether the bytes are UTF-8 without zero bytes.
bool IsText(std::string_view bytes);

}  // namespace ordermesh
