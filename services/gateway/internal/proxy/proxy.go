package proxy

import (
	"context"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"ordermesh.dev/gateway/internal/access"
	"ordermesh.dev/gateway/internal/auth"
	"ordermesh.dev/gateway/internal/call"
	"ordermesh.dev/gateway/internal/gate"
	"ordermesh.dev/gateway/internal/limits"
	"ordermesh.dev/gateway/internal/observe"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/upstream"
)

// Proxy is one gRPC port.
type Proxy struct {
	Table access.Table
	// Only what partners may call is there at all.
	PartnersOnly bool
	Gate         *gate.Gate
	Mesh         upstream.Mesh
	Metrics      *observe.Metrics
	AccessLog    *observe.AccessLog
	Log          *slog.Logger
	// Ends when the gateway drains: streams are told to connect again.
	Draining context.Context
	// Many callers stand behind each of these: what one does is not held against the others.
	SharedAddresses []netip.Prefix

	codec   codec
	methods map[string]*method
}

// method is a method of the table with its figures.
type method struct {
	*access.Method
	started, streams interface{ Inc() }
	ended            interface{ Dec() }
	seconds          interface{ Observe(float64) }
	handled          [codes.Unauthenticated + 1]interface{ Inc() }
	desc             grpc.StreamDesc
	maxMessage       int
}

func (p *Proxy) prepare() {
	p.codec = newCodec()
	p.methods = map[string]*method{}
	for name, known := range p.Table {
		if p.PartnersOnly && !known.ForPartners() {
			continue
		}
		m := &method{Method: known, maxMessage: limits.MaxMessage}
		m.desc = grpc.StreamDesc{ClientStreams: known.ClientStreams, ServerStreams: known.ServerStreams}
		if known.Name == "BatchSubmitOrders" {
			m.maxMessage = limits.MaxBatchMessage
		}
		labels := []string{known.Service, known.Name, kindOf(known)}
		m.started = p.Metrics.GRPCStarted.WithLabelValues(labels...)
		m.seconds = p.Metrics.GRPCSeconds.WithLabelValues(labels...)
		gauge := p.Metrics.Streams.WithLabelValues(known.FullName)
		m.streams, m.ended = gauge, gauge
		for code := range m.handled {
			m.handled[code] = p.Metrics.GRPCHandled.WithLabelValues(append(labels, codes.Code(code).String())...)
		}
		p.methods[name] = m
	}
}

func kindOf(m *access.Method) string {
	switch {
	case m.Unary():
		return "unary"
	case !m.ClientStreams:
		return "server_stream"
	case !m.ServerStreams:
		return "client_stream"
	default:
		return "bidi_stream"
	}
}

var errNoSuchMethod = refuse.With(codes.Unimplemented, "NO_SUCH_METHOD", "there is no such method on this port")

// handle is grpc's handler for everything that is not registered.
func (p *Proxy) handle(_ any, stream grpc.ServerStream) (err error) {
	name, _ := grpc.MethodFromServerStream(stream)
	m := p.methods[name]
	if m == nil {
		return errNoSuchMethod
	}
	incoming, _ := metadata.FromIncomingContext(stream.Context())
	s := &session{proxy: p, method: m, client: stream, incoming: incoming, call: call.Call{
		Start:     time.Now(),
		RequestID: call.RequestID(first(incoming, requestID)),
		Trace:     call.NewTrace(first(incoming, "traceparent")),
		Method:    m.Method,
	}}
	m.started.Inc()
	defer func() {
		if thrown := recover(); thrown != nil {
			p.Log.Error("a call failed with a panic", "method", name, "requestId", s.call.RequestID, "panic", thrown,
				"stack", string(debug.Stack()))
			err = refuse.With(codes.Internal, "INTERNAL", "something went wrong inside")
		}
		if err != nil {
			stream.SetTrailer(metadata.MD{requestID: {s.call.RequestID}})
		}
		p.finish(s, err)
	}()
	return s.serve()
}

func (p *Proxy) finish(s *session, err error) {
	end := status.Convert(err)
	taken := time.Since(s.call.Start)
	if int(end.Code()) < len(s.method.handled) {
		s.method.handled[end.Code()].Inc()
	}
	s.method.seconds.Observe(taken.Seconds())
	p.AccessLog.Write(&observe.Line{
		Time: s.call.Start, RequestID: s.call.RequestID, TraceID: s.call.Trace.TraceID,
		Partner: s.call.Caller.PartnerID, Subject: s.call.Caller.Subject,
		Protocol: "grpc", Route: s.method.FullName, Code: end.Code().String(), Reason: refuse.Reason(end),
		BytesIn: s.bytesIn.Load(), BytesOut: s.bytesOut.Load(),
		Latency: float64(taken.Microseconds()) / 1000, Verdicts: s.call.Verdicts,
		IdempotencyKey: call.Clean(first(s.incoming, "idempotency-key"), limits.MaxLoggedText),
		UserAgent:      call.Clean(first(s.incoming, "user-agent"), limits.MaxLoggedText),
	})
}

func (s *session) credentials() auth.Credentials {
	return auth.Credentials{APIKeys: s.incoming["x-api-key"], Authorizations: s.incoming["authorization"]}
}
