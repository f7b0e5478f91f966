// W3C trace context, as callers send it (https://www.w3.org/TR/trace-context/).
#pragma once

#include <string_view>

namespace ordermesh {

// Characters of a trace id.
inline constexpr size_t kTraceIdChars = 32;

// The trace id in a `traceparent` (version-traceid-parentid-flags): 32 lower-case hexadecimal digits, not all zero.
// Empty where it is none: the same that the edge takes and nothing else. A view into `traceparent`.
std::string_view TraceIdOf(std::string_view traceparent);

}  // namespace ordermesh
