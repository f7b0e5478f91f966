package rest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzip"
	"google.golang.org/grpc/codes"

	"ordermesh.dev/gateway/internal/limits"
	"ordermesh.dev/gateway/internal/refuse"
)

// body is a request's body in memory. It is read as a stream only by what does not know it.
type body struct {
	bytes.Reader
	data []byte
	// What is wrong with it, found while it was decoded.
	refusal error
}

func (b *body) Close() error { return nil }

var (
	errBusy = refuse.Retry(
		codes.ResourceExhausted,
		"OVERLOADED",
		"the gateway holds too many bodies; send again",
		time.Second,
	)
	errBodyRead = refuse.With(codes.InvalidArgument, "BODY_INCOMPLETE", "the body did not arrive whole")
	errGzip     = refuse.With(codes.InvalidArgument, "CONTENT_ENCODING", "the body is not gzip")
)

// readBody takes the whole body, at most limit bytes after inflation, and replaces the request's by it.
func (s *Server) readBody(r *http.Request, req *request, limit int64) error {
	compressed := false
	switch encodings := r.Header.Values("Content-Encoding"); {
	case len(encodings) == 0, len(encodings) == 1 && (encodings[0] == "identity" || encodings[0] == ""):
	case len(encodings) == 1 && encodings[0] == "gzip":
		compressed = true
	default:
		return errEncoding
	}
	if r.ContentLength > limit {
		return errBodyTooLarge
	}
	expected := limit
	if r.ContentLength >= 0 && !compressed {
		expected = r.ContentLength
	}
	if !s.bodies.TryAcquire(expected) {
		return errBusy
	}
	req.cleanup = append(req.cleanup, func() { s.bodies.Release(expected) })

	from := io.Reader(r.Body)
	if compressed {
		inflated, err := gzip.NewReader(r.Body)
		if err != nil {
			return errGzip
		}
		from = inflated
	}
	data, err := readAll(from, limit, expected, compressed || r.ContentLength < 0)
	switch {
	case err != nil && errors.Is(err, errBodyTooLarge):
		return errBodyTooLarge
	case err != nil && compressed:
		return errGzip
	case err != nil:
		return errBodyRead
	}
	req.body = &body{data: data}
	req.body.Reset(data)
	r.Body = req.body
	r.ContentLength = int64(len(data))
	r.Header.Del("Content-Encoding")
	return nil
}

// readAll reads to the end, with one allocation where the length is known.
func readAll(from io.Reader, limit, expected int64, unknown bool) ([]byte, error) {
	if !unknown {
		data := make([]byte, expected)
		_, err := io.ReadFull(from, data)
		return data, err
	}
	var buffer bytes.Buffer
	n, err := buffer.ReadFrom(io.LimitReader(from, limit+1))
	if n > limit {
		return nil, errBodyTooLarge
	}
	return buffer.Bytes(), err
}

// hasLargeBody says whether net/http would rather close the connection than read the rest of the body.
func hasLargeBody(r *http.Request) bool {
	const readByServer = 256 << 10
	return r.ProtoMajor == 1 && (r.ContentLength < 0 || r.ContentLength > readByServer)
}

// linger reads on for a while after a refusal: a client that is still sending would otherwise see a reset connection
// and not the answer. Both bounds protect us from a client that never stops.
func linger(w http.ResponseWriter, unread io.Reader) {
	controller := http.NewResponseController(w)
	if controller.Flush() != nil || controller.SetReadDeadline(time.Now().Add(limits.DrainTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, unread, limits.MaxDrained)
}
