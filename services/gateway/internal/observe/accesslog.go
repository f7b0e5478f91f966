// Package observe is what the gateway tells of its work: the access log and the metrics.
package observe

import (
	"bufio"
	"encoding/json"
	"io"
	"time"
)

// Line is one call in the access log. It holds no key, no token and no raw query.
type Line struct {
	Time      time.Time `json:"time"`
	RequestID string    `json:"requestId"`
	TraceID   string    `json:"traceId,omitempty"`
	Partner   string    `json:"partner,omitempty"`
	Subject   string    `json:"subject,omitempty"`
	// "rest" or "grpc".
	Protocol string `json:"protocol"`
	// The template of the path, or the full name of the gRPC method.
	Route      string `json:"route"`
	Method     string `json:"method,omitempty"`
	Code       string `json:"code"`
	HTTPStatus int    `json:"httpStatus,omitempty"`
	Reason     string `json:"reason,omitempty"`
	BytesIn    int64  `json:"bytesIn"`
	BytesOut   int64  `json:"bytesOut"`
	// Milliseconds.
	Latency        float64 `json:"latencyMs"`
	Verdicts       string  `json:"verdicts,omitempty"`
	IdempotencyKey string  `json:"idempotencyKey,omitempty"`
	UserAgent      string  `json:"userAgent,omitempty"`
}

// queuedLines bounds what waits for a slow log; more is dropped and counted.
const queuedLines = 16_384

// AccessLog writes lines apart from the calls that they are about.
type AccessLog struct {
	lines      chan *Line
	stop, done chan struct{}
	onDrop     func()
}

// NewAccessLog writes to w until Close. onDrop is called for each line that did not fit.
func NewAccessLog(w io.Writer, onDrop func()) *AccessLog {
	log := &AccessLog{
		lines: make(chan *Line, queuedLines), stop: make(chan struct{}), done: make(chan struct{}), onDrop: onDrop,
	}
	go log.run(w)
	return log
}

// Write queues a line and never waits. The line is the log's from now on.
func (l *AccessLog) Write(line *Line) {
	select {
	case l.lines <- line:
	default:
		l.onDrop()
	}
}

// Close writes what is queued. What comes later is lost.
func (l *AccessLog) Close() {
	close(l.stop)
	<-l.done
}

func (l *AccessLog) run(w io.Writer) {
	defer close(l.done)
	buffered := bufio.NewWriterSize(w, 64<<10)
	// Neither can fail but for the writer, and then there is nobody to tell.
	defer func() { _ = buffered.Flush() }()
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	write := func(line *Line) {
		_ = encoder.Encode(line)
		if len(l.lines) == 0 {
			_ = buffered.Flush()
		}
	}
	for {
		select {
		case line := <-l.lines:
			write(line)
		case <-l.stop:
			for len(l.lines) > 0 {
				write(<-l.lines)
			}
			return
		}
	}
}
