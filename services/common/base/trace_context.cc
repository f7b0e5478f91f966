#include "services/common/base/trace_context.h"

#include <algorithm>

namespace ordermesh {
namespace {

// 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
constexpr size_t kTraceIdAt = 3;
constexpr size_t kParentIdAt = 36;
constexpr size_t kParentIdChars = 16;
constexpr size_t kFlagsAt = 53;
constexpr size_t kChars = 55;
// Later versions may go on behind a dash.
constexpr size_t kMaxChars = 256;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) { return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos; }

}  // namespace

std::string_view TraceIdOf(std::string_view traceparent) {
  if (traceparent.size() < kChars || traceparent.size() > kMaxChars) return "";
  const std::string_view version = traceparent.substr(0, 2);
  if (!IsHex(version) || version == "ff") return "";
  if (traceparent.size() > kChars && (version == "00" || traceparent[kChars] != '-')) return "";
  if (traceparent[2] != '-' || traceparent[kParentIdAt - 1] != '-' || traceparent[kFlagsAt - 1] != '-') return "";
  const std::string_view trace_id = traceparent.substr(kTraceIdAt, kTraceIdChars);
  const bool well_formed =
      IsId(trace_id) && IsId(traceparent.substr(kParentIdAt, kParentIdChars)) && IsHex(traceparent.substr(kFlagsAt, 2));
  return well_formed ? trace_id : "";
}

}  // namespace ordermesh
