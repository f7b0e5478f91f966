package rest

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	"ordermesh.dev/gateway/internal/limits"
	"ordermesh.dev/gateway/internal/refuse"
)

const (
	eventStream = "text/event-stream"
	ndjson      = "application/x-ndjson"
	csv         = "text/csv"
)

// event is a message of a watch as a server-sent event; its id is the position to resume from, where there is one.
func event(message proto.Message, data []byte) []byte {
	out := make([]byte, 0, len(data)+64)
	switch m := message.(type) {
	case *orderv1.WatchOrdersResponse:
		out = appendPosition(out, m.GetPosition(), "orders")
	case *errorv1.WatchErrorsResponse:
		out = appendPosition(out, m.GetPosition(), "errors")
	default:
		out = append(out, "event: message\n"...)
	}
	out = append(out, "data: "...)
	return append(append(out, data...), "\n\n"...)
}

func appendPosition(out []byte, position int64, kind string) []byte {
	out = append(out, "id: "...)
	out = strconv.AppendInt(out, position, 10)
	out = append(out, "\nevent: "...)
	return append(append(out, kind...), '\n')
}

var errLastEventID = refuse.With(codes.InvalidArgument, "INVALID_ARGUMENT", "Last-Event-ID must be the id of an event")

// beginWatch makes the request one that goes on: no deadlines of the connection, headers sent soon, events where asked
// for.
func beginWatch(r *http.Request, req *request) (*watchWriter, error) {
	events := strings.Contains(r.Header.Get("Accept"), eventStream)
	r.Header.Set("Accept", ndjson)
	w := &watchWriter{
		next:    req.writer,
		control: http.NewResponseController(req.writer),
		header:  http.Header{},
		events:  events,
	}
	w.header.Set("Content-Type", ndjson)
	if events {
		r.Header.Set("Accept", eventStream)
		w.header.Set("Content-Type", eventStream)
		w.header.Set("X-Accel-Buffering", "no")
	}
	w.header.Set("Cache-Control", "no-store")
	if req.Method.Output == exportChunk {
		beginExport(r, w)
	}
	req.watch = w
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		if position, err := strconv.ParseInt(last, 10, 64); err != nil || position < 0 {
			return w, errLastEventID
		}
		query := r.URL.Query()
		for _, name := range []string{"after_position", "afterPosition", "from_end", "fromEnd"} {
			query.Del(name)
		}
		query.Set("afterPosition", last)
		r.URL.RawQuery = query.Encode()
	}
	if err := w.control.SetReadDeadline(time.Time{}); err != nil {
		return w, err
	}
	w.early = w.header.Clone()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(limits.FirstFlushTime, w.beat)
	return w, nil
}

const exportChunk = "ordermesh.common.v1.ExportChunk"

// beginExport makes the answer a file: the lines of an export, as they are.
func beginExport(r *http.Request, w *watchWriter) {
	w.export, w.events = true, false
	kind, end := csv, "csv"
	switch strings.ToUpper(r.URL.Query().Get("format")) {
	case "NDJSON", "2":
		kind, end = ndjson, "ndjson"
	}
	r.Header.Set("Accept", kind)
	name := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/"), "/")[0]
	w.header.Set("Content-Type", kind)
	w.header.Set("Content-Disposition", `attachment; filename="`+name+"."+end+`"`)
	w.header.Del("X-Accel-Buffering")
}

// watchWriter sends the messages of a watch at once, and shows that a quiet one lives. An error before the first byte
// is an ordinary answer; later it is the last message.
type watchWriter struct {
	next    http.ResponseWriter
	control *http.ResponseController
	events  bool
	// The answer is a file: one that breaks off must not look complete.
	export bool
	// What grpc-gateway sets, and what is sent where nothing came yet. The first belongs to the handler's goroutine.
	header, early http.Header
	// The HTTP status of an error; 0 where there is none.
	failure int

	mu    sync.Mutex
	timer *time.Timer
	// Headers are on the wire.
	sent bool
	// The answer is an error.
	refused bool
	// An error came after the headers.
	late   bool
	closed bool
}

func (w *watchWriter) Header() http.Header { return w.header }

func (w *watchWriter) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if status != http.StatusOK {
		if w.sent {
			w.late = true
			return
		}
		w.refused = true
		w.header.Set("Content-Type", "application/json")
		w.header.Del("Content-Disposition")
		if w.failure != 0 {
			status = w.failure
		}
	}
	w.send(status, w.header)
}

func (w *watchWriter) send(status int, header http.Header) {
	if w.sent {
		return
	}
	w.sent = true
	to := w.next.Header()
	for name, values := range header {
		if name != "Transfer-Encoding" {
			to[name] = values
		}
	}
	w.next.WriteHeader(status)
}

func (w *watchWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	w.send(http.StatusOK, w.header)
	out := p
	status, failed := bytes.CutPrefix(p, []byte(`{"error":`))
	if failed {
		status = status[:len(status)-1]
	}
	switch {
	case w.refused && failed:
		out = status
	case w.refused:
	case (failed || w.late) && w.export:
		w.late = true
		return len(p), nil
	case (failed || w.late) && w.events:
		out = append(append([]byte("event: error\ndata: "), status...), "\n\n"...)
	case w.late:
		out = append(wrap(`{"error":`, p), '\n')
	}
	if err := w.write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// write gives a slow client a while, then fails, which ends the watch.
func (w *watchWriter) write(p []byte) error {
	if err := w.control.SetWriteDeadline(time.Now().Add(limits.WriteTime)); err != nil {
		return err
	}
	_, err := w.next.Write(p)
	return err
}

// FlushError is for http.ResponseController.
func (w *watchWriter) FlushError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.timer.Reset(limits.HeartbeatTime)
	}
	return w.control.Flush()
}

// beat sends the headers where nothing came yet, and then a comment now and then. NDJSON has no comments.
func (w *watchWriter) beat() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.refused {
		return
	}
	w.send(http.StatusOK, w.early)
	if w.events && w.write([]byte(":\n\n")) != nil {
		return
	}
	if w.control.Flush() == nil {
		w.timer.Reset(limits.HeartbeatTime)
	}
}

func (w *watchWriter) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.timer != nil {
		w.timer.Stop()
	}
}
