// Package rest is the REST side of the edge: grpc-gateway's handlers behind the gate, and what does not come by itself.
package rest

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"
	"golang.org/x/sync/semaphore"

	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	"ordermesh.dev/gateway/internal/access"
	"ordermesh.dev/gateway/internal/call"
	"ordermesh.dev/gateway/internal/gate"
	"ordermesh.dev/gateway/internal/limits"
	"ordermesh.dev/gateway/internal/observe"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/upstream"
)

// Server is the HTTP port.
type Server struct {
	Table     access.Table
	Gate      *gate.Gate
	Mesh      upstream.Mesh
	Metrics   *observe.Metrics
	AccessLog *observe.AccessLog
	Log       *slog.Logger
	// Has generated/.
	Files fs.FS
	// How users of the dashboard sign in; nil: with a token only.
	SignIn *SignIn
	// The state of each service, and whether all serve.
	Health func() (map[string]string, bool)
	// Ends when the gateway drains: watches end then.
	Draining   context.Context
	StatsCache time.Duration
	// Web origins that may read answers.
	Origins []string
	// Clients come over TLS.
	TLS bool

	mux     *http.ServeMux
	api     *runtime.ServeMux
	handler http.Handler
	pages   map[string]page
	// The dashboard's page, and what a page may load.
	dashboard page
	policy    string
	stats     *statsCache
	bodies    *semaphore.Weighted
}

// Prepare makes the routes. It is called once, before ServeHTTP.
func (s *Server) Prepare() error {
	var err error
	if s.pages, err = readPages(s.Files); err != nil {
		return err
	}
	s.dashboard = readDashboard(s.pages)
	s.policy = policyFor(s.SignIn)
	if s.stats, err = newStatsCache(s.StatsCache); err != nil {
		return err
	}
	s.bodies = semaphore.NewWeighted(limits.MaxBodies)
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.SuffixETag(gzipSuffix))
	if err != nil {
		return err
	}
	feed := feedv1.NewFeedServiceClient(s.Mesh.For("ordermesh.feed.v1.FeedService"))
	if s.api, err = newAPI(&conn{s.Mesh, newLanes(feed), &pauses{now: time.Now}, s.Draining}); err != nil {
		return err
	}
	s.mux = http.NewServeMux()
	for _, method := range s.Table.Sorted() {
		for _, rule := range method.Routes {
			s.addRoute(method, rule, compress)
		}
	}
	s.addPages(compress)
	s.handler = http.HandlerFunc(s.dispatch)
	if len(s.Origins) > 0 {
		s.handler = newCORS(s.Origins).Handler(s.handler)
	}
	return nil
}

func newCORS(origins []string) *cors.Cors {
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"},
		AllowedHeaders: []string{"Authorization", "Cache-Control", "Content-Type", "Idempotency-Key", "If-None-Match",
			"Last-Event-ID", "Traceparent", "X-API-Key", "X-Partner-Id", "X-Request-Id"},
		ExposedHeaders: []string{"Age", "ETag", "Idempotency-Key", "Location", "Retry-After", "X-Request-Id"},
		MaxAge:         600,
	})
}

// addRoute registers one way to a method.
func (s *Server) addRoute(method *access.Method, rule access.Route, compress func(http.Handler) http.HandlerFunc) {
	rt := &route{Method: method, Route: rule, template: rule.Path, maxBody: limits.MaxBody,
		stats: strings.HasSuffix(string(method.Output), "Stats")}
	rt.seconds = s.Metrics.HTTPSeconds.WithLabelValues(rule.Path)
	switch rule.Body {
	case "":
		rt.maxBody = 0
	case "raw_payload":
		rt.maxBody = limits.MaxOrder
	case "orders":
		rt.maxBody = limits.MaxBatch
	}
	handler := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serveRoute(w, r, rt) }))
	// A single verdict is too small to be compressed, and a watch must not wait for more.
	if method.Unary() && rule.Body != "raw_payload" {
		handler = compress(handler)
	}
	s.mux.Handle(patternOf(rule), handler)
	if rule.Path == "/api/feed/{partner_id}" {
		s.mux.Handle(
			"POST /api/feed",
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serveRoute(w, r, rt) }),
		)
	}
}

// patternOf is the route for net/http, whose wildcards have no dots.
func patternOf(rule access.Route) string {
	return rule.HTTPMethod + " " + strings.ReplaceAll(rule.Path, ".", "_")
}

// ServeHTTP takes one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := &request{writer: &recorder{ResponseWriter: w}}
	req.Start = time.Now()
	req.RequestID = call.RequestID(r.Header.Get("X-Request-Id"))
	req.Trace = call.NewTrace(r.Header.Get("Traceparent"))
	req.IdempotencyKey = call.Clean(r.Header.Get("Idempotency-Key"), limits.MaxLoggedText)
	header := w.Header()
	header["X-Request-Id"] = []string{req.RequestID}
	header["X-Content-Type-Options"] = noSniff
	header["X-Frame-Options"] = deny
	header["Referrer-Policy"] = noReferrer
	if s.TLS {
		header["Strict-Transport-Security"] = strictTransport
	}
	if req.IdempotencyKey != "" {
		header.Set("Idempotency-Key", req.IdempotencyKey)
	}
	unread := r.Body
	large := hasLargeBody(r)
	if large {
		// So that a refusal is sent at once, and the rest of the body can be read after it.
		_ = http.NewResponseController(w).EnableFullDuplex()
	}
	defer s.finish(req, r)
	s.handler.ServeHTTP(req.writer, r.WithContext(context.WithValue(r.Context(), requestKey{}, req)))
	if large && req.body == nil {
		linger(w, unread)
	}
}

// Header values that never change are shared.
var (
	noSniff         = []string{"nosniff"}
	deny            = []string{"DENY"}
	noReferrer      = []string{"no-referrer"}
	strictTransport = []string{"max-age=31536000"}
)

// dispatch finds the route. What is not declared is not there.
func (s *Server) dispatch(w http.ResponseWriter, r *http.Request) {
	req := requestOf(r.Context())
	if hasLargeBody(r) {
		w.Header().Set("Connection", "close")
	}
	if cleaned := path.Clean(r.URL.Path); r.URL.Path == "" || (cleaned != r.URL.Path && cleaned+"/" != r.URL.Path) {
		writeError(w, req, errNoSuchPath)
		return
	}
	if !utf8.ValidString(r.URL.Path) {
		// No proto can carry it. An id that nobody has answers like any other that is missing.
		r.URL.Path, r.URL.RawPath = strings.ToValidUTF8(r.URL.Path, "\uFFFD"), ""
	}
	handler, pattern := s.mux.Handler(r)
	if pattern != "" {
		handler.ServeHTTP(w, r)
		return
	}
	var probe statusProbe
	handler.ServeHTTP(&probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.Header().Get("Allow"))
		writeError(w, req, errMethod)
		return
	}
	writeError(w, req, errNoSuchPath)
}

// statusProbe asks net/http's own handler what it would answer.
type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header {
	if p.header == nil {
		p.header = http.Header{}
	}
	return p.header
}
func (p *statusProbe) WriteHeader(status int)         { p.status = status }
func (p *statusProbe) Write(data []byte) (int, error) { return len(data), nil }

// finish ends what the request began and writes it down.
func (s *Server) finish(req *request, r *http.Request) {
	thrown := recover()
	// http.ErrAbortHandler is how handlers give up on purpose.
	if thrown != nil && thrown != http.ErrAbortHandler {
		s.Log.Error(
			"a request failed with a panic",
			"requestId",
			req.RequestID,
			"panic",
			thrown,
			"stack",
			string(debug.Stack()),
		)
		if req.writer.status == 0 {
			writeError(req.writer, req, errInternal)
		}
	}
	for i := len(req.cleanup) - 1; i >= 0; i-- {
		req.cleanup[i]()
	}
	s.record(req, r)
	if thrown == http.ErrAbortHandler {
		panic(thrown)
	}
}

func (s *Server) record(req *request, r *http.Request) {
	taken := time.Since(req.Start)
	status := req.writer.status
	if status == 0 {
		status = http.StatusOK
	}
	line := &observe.Line{
		Time: req.Start, RequestID: req.RequestID, TraceID: req.Trace.TraceID,
		Partner: req.Caller.PartnerID, Subject: req.Caller.Subject,
		Protocol: "rest", Route: "none", Method: methodLabel(r.Method), Code: req.code().String(), HTTPStatus: status,
		BytesOut: req.writer.bytes, Latency: float64(taken.Microseconds()) / 1000,
		Verdicts: req.Verdicts, IdempotencyKey: req.IdempotencyKey,
		UserAgent: call.Clean(r.UserAgent(), limits.MaxLoggedText),
	}
	if req.end != nil {
		line.Reason = refuse.Reason(req.end)
	}
	if req.body != nil {
		line.BytesIn = int64(len(req.body.data))
	}
	if req.route != nil {
		line.Route = req.route.template
		if req.watch == nil {
			req.route.seconds.Observe(taken.Seconds())
		}
		if line.Partner == "" {
			line.Partner = partnerOf(req.route.template, r.URL.Path)
		}
	} else if req.page != "" {
		line.Route = req.page
	}
	s.Metrics.HTTPRequests.WithLabelValues(line.Route, line.Method, strconv.Itoa(status)).Inc()
	s.AccessLog.Write(line)
}

// partnerOf is the partner that an operator's path names; empty where it names none.
func partnerOf(template, path string) string {
	start, _, named := strings.Cut(template, "{partner")
	if !named || !strings.HasPrefix(path, start) {
		return ""
	}
	partner, _, _ := strings.Cut(path[len(start):], "/")
	return call.Clean(partner, limits.MaxLoggedText)
}

// methodLabel keeps a client from making labels.
func methodLabel(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return method
	default:
		return "other"
	}
}
