package rest

import (
	"context"
	"math"
	"net/http"
	"strconv"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	// The types of details, which JSON needs by name.
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"

	"ordermesh.dev/gateway/internal/refuse"
)

var (
	errNoSuchPath   = refuse.With(codes.NotFound, "NO_SUCH_PATH", "there is nothing here")
	errMethod       = refuse.With(codes.Unimplemented, "METHOD_NOT_ALLOWED", "this path does not take that method")
	errBodyTooLarge = refuse.With(codes.InvalidArgument, "BODY_TOO_LARGE", "the body is larger than this path takes")
	errEncoding     = refuse.With(codes.InvalidArgument, "CONTENT_ENCODING", "a body comes plain or as gzip")
	errInternal     = refuse.With(codes.Internal, "INTERNAL", "something went wrong inside")
)

// httpStatusOf is where an error's HTTP status comes from: its reason, where HTTP knows better than gRPC's codes.
func httpStatusOf(s *status.Status) int {
	switch refuse.Reason(s) {
	case "METHOD_NOT_ALLOWED":
		return http.StatusMethodNotAllowed
	case "BODY_TOO_LARGE":
		return http.StatusRequestEntityTooLarge
	case "CONTENT_ENCODING":
		return http.StatusUnsupportedMediaType
	}
	switch s.Code() {
	case codes.Unavailable, codes.DeadlineExceeded:
		return http.StatusServiceUnavailable
	default:
		return runtime.HTTPStatusFromCode(s.Code())
	}
}

// writeError answers with google.rpc.Status as JSON and notes it for the log.
func writeError(w http.ResponseWriter, req *request, err error) {
	s := status.Convert(refuse.Outward(err))
	req.end = s
	header := w.Header()
	for _, name := range []string{"Content-Encoding", "Content-Length", "Etag", "Last-Modified", "Location",
		"Transfer-Encoding"} {
		header.Del(name)
	}
	errorHeaders(header, s)
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(httpStatusOf(s))
	_, _ = w.Write(errorJSON(s))
}

// errorHeaders says when to come back and how to log in.
func errorHeaders(header http.Header, s *status.Status) {
	switch s.Code() {
	case codes.Unauthenticated:
		header.Add("WWW-Authenticate", `ApiKey realm="ordermesh"`)
		header.Add("WWW-Authenticate", `Bearer realm="ordermesh"`)
	case codes.ResourceExhausted, codes.Unavailable, codes.DeadlineExceeded:
		seconds := math.Ceil(refuse.RetryAfter(s).Seconds())
		header.Set("Retry-After", strconv.Itoa(int(max(1, seconds))))
	}
}

func errorJSON(s *status.Status) []byte {
	data, err := protojson.Marshal(s.Proto())
	if err != nil {
		// A detail of a type that is not linked, or a text that is no UTF-8.
		bare := proto.CloneOf(s.Proto())
		bare.Details = nil
		if data, err = protojson.Marshal(bare); err != nil {
			data = []byte(`{"code":13,"message":"something went wrong inside"}`)
		}
	}
	return data
}

// onError is grpc-gateway's handler for everything that goes wrong before an answer.
func onError(
	ctx context.Context,
	_ *runtime.ServeMux,
	_ runtime.Marshaler,
	w http.ResponseWriter,
	r *http.Request,
	err error,
) {
	req := requestOf(r.Context())
	switch {
	case req.body != nil && req.body.refusal != nil:
		err = req.body.refusal
	case req.watching != nil:
		err = req.ended(err)
	default:
		err = withReason(err)
	}
	writeError(w, req, err)
}

// withReason names what grpc-gateway itself refuses: parameters and bodies.
func withReason(err error) error {
	s := status.Convert(err)
	if s.Code() == codes.InvalidArgument && len(s.Proto().GetDetails()) == 0 {
		return refuse.With(s.Code(), "INVALID_ARGUMENT", s.Message())
	}
	return err
}

// ended is why a watch ended: the gateway's reason where it ended it, or the service's.
func (r *request) ended(err error) error {
	if cause := context.Cause(r.watching); cause != nil {
		if _, ours := status.FromError(cause); ours {
			return cause
		}
	}
	return withReason(err)
}

// onStreamError is grpc-gateway's handler for what goes wrong in a watch.
func onStreamError(ctx context.Context, err error) *status.Status {
	req := requestOf(ctx)
	req.end = status.Convert(refuse.Outward(req.ended(err)))
	if req.watch != nil {
		errorHeaders(req.watch.header, req.end)
		req.watch.failure = httpStatusOf(req.end)
	}
	return req.end
}

// onRoutingError is there because the two routers could disagree on an odd path.
func onRoutingError(
	_ context.Context,
	_ *runtime.ServeMux,
	_ runtime.Marshaler,
	w http.ResponseWriter,
	r *http.Request,
	_ int,
) {
	writeError(w, requestOf(r.Context()), errNoSuchPath)
}
