#include "tools/ordermesh/output/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/ordermesh/output/format.h"

namespace ordermesh::cli {
namespace {

constexpr int kBarWidth = 24;
constexpr absl::Duration kLineInterval = absl::Seconds(5);
// Goes to the start of the line and clears it to its end.
constexpr char kRedraw[] = "\r\x1b[K";

std::string Bar(double fraction) {
  const auto filled = static_cast<size_t>(fraction * kBarWidth);
  return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, ' ') + "]";
}

}  // namespace

std::string FormatProgress(std::string_view what, const ProgressState& state, bool bar) {
  std::string line(what);
  const double seconds = absl::ToDoubleSeconds(state.elapsed);
  if (state.fraction.has_value()) {
    const double fraction = std::clamp(*state.fraction, 0.0, 1.0);
    if (bar) line += "  " + Bar(fraction);
    line += fmt::format("  {:3.0f} %", fraction * 100);
  }
  line += "  " + FormatCount(state.done);
  if (seconds > 0) line += "  " + FormatCount(static_cast<int64_t>(static_cast<double>(state.done) / seconds)) + "/s";
  // Too early an estimate only jumps about.
  if (state.fraction.value_or(0) > 0.01 && *state.fraction < 1 && seconds > 1) {
    line += "  " + FormatTimeLeft(state.elapsed * (1 / *state.fraction - 1)) + " left";
  }
  if (!state.note.empty()) line += "  " + state.note;
  return line;
}

void ProgressDisplay::Show(const ProgressState& state) {
  if (terminal_) {
    out_ << kRedraw << FormatProgress(what_, state, true) << std::flush;
    drawn_ = true;
  } else if (state.elapsed >= next_line_) {
    out_ << FormatProgress(what_, state, false) << std::endl;
    next_line_ = state.elapsed + kLineInterval;
  }
}

void ProgressDisplay::Clear() {
  if (drawn_) out_ << kRedraw << std::flush;
  drawn_ = false;
}

}  // namespace ordermesh::cli
