package rest

import (
	"context"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordermesh.dev/gateway/internal/access"
	"ordermesh.dev/gateway/internal/call"
)

// request is one REST call on its way through.
type request struct {
	call.Call
	route *route
	// What the access log calls a page; empty where it is none.
	page string
	// The answer on the wire.
	writer *recorder
	// The client's body; nil where it was not read.
	body *body
	// How the call ended, where that was not well.
	end *status.Status
	// A watch and how it goes on.
	watch    *watchWriter
	watching context.Context
	// Ends what the call started.
	cleanup []func()
}

// route is one way in.
type route struct {
	*access.Method
	access.Route
	// What a body may have, in bytes.
	maxBody int64
	// Statistics, which may come from memory.
	stats bool
	// What the access log and the metrics call it.
	template string
	seconds  interface{ Observe(float64) }
}

type requestKey struct{}

// requestOf gives the call of a context; it is there behind ServeHTTP.
func requestOf(ctx context.Context) *request {
	req, _ := ctx.Value(requestKey{}).(*request)
	return req
}

func (r *request) code() codes.Code {
	if r.end == nil {
		return codes.OK
	}
	return r.end.Code()
}

// recorder counts what goes out.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush is for what does not know http.ResponseController.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }
