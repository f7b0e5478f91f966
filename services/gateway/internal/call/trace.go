package call

import "strings"

// Trace is the W3C trace context of a call: https://www.w3.org/TR/trace-context/.
type Trace struct {
	// 32 and 16 lower-case hex digits: the trace, and the gateway's own span in it.
	TraceID, SpanID string
	// Two hex digits, as the caller set them.
	Flags string
}

// Parent is the header that goes inward.
func (t Trace) Parent() string { return "00-" + t.TraceID + "-" + t.SpanID + "-" + t.Flags }

// NewTrace continues the trace of the caller's traceparent, or starts one where that is missing or not well-formed.
func NewTrace(traceparent string) Trace {
	trace := Trace{SpanID: randomHex(8), Flags: "01"}
	// Later versions may only append; 55 is the length of version 00.
	wellFormed := len(traceparent) == 55 || (len(traceparent) > 55 && len(traceparent) <= 256 && traceparent[55] == '-' &&
		!strings.HasPrefix(traceparent, "00"))
	if wellFormed && traceparent[2] == '-' && traceparent[35] == '-' && traceparent[52] == '-' &&
		isHex(traceparent[:2]) && traceparent[:2] != "ff" && isHex(traceparent[3:35]) && !isZero(traceparent[3:35]) &&
		isHex(traceparent[36:52]) && !isZero(traceparent[36:52]) && isHex(traceparent[53:55]) {
		trace.TraceID, trace.Flags = traceparent[3:35], traceparent[53:55]
		return trace
	}
	trace.TraceID = randomHex(16)
	return trace
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func isZero(s string) bool { return strings.Trim(s, "0") == "" }
