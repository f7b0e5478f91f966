// How far a long command is: a bar on a terminal, a line now and then elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace ordermesh::cli {

// One moment of the work.
struct ProgressState {
  // What is done, in units of work.
  int64_t done = 0;
  // From 0 to 1; nothing where the end is not known.
  std::optional<double> fraction;
  absl::Duration elapsed;
  // Shown at the end of the line.
  std::string note;
};

// "orders  [#####     ]  48 %  120,000  60,000/s  3 s left  note" with a bar; without one the same in words.
std::string FormatProgress(std::string_view what, const ProgressState& state, bool bar);

// Writes to one stream; not thread-safe.
class ProgressDisplay {
 public:
  // On a terminal the line is drawn again and again; elsewhere a line is written every five seconds.
  ProgressDisplay(std::ostream& out, bool terminal, std::string what)
      : out_(out), terminal_(terminal), what_(std::move(what)) {}

  void Show(const ProgressState& state);
  // Takes the bar away, so that something else can be written.
  void Clear();

 private:
  std::ostream& out_;
  const bool terminal_;
  const std::string what_;
  absl::Duration next_line_ = absl::Seconds(5);
  bool drawn_ = false;
};

}  // namespace ordermesh::cli
