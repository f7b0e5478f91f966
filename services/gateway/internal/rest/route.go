package rest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorapi "ordermesh.dev/gateway/internal/gen/ordermesh/error/v1"
	feedapi "ordermesh.dev/gateway/internal/gen/ordermesh/feed/v1"
	gatewayapi "ordermesh.dev/gateway/internal/gen/ordermesh/gateway/v1"
	orderapi "ordermesh.dev/gateway/internal/gen/ordermesh/order/v1"
	partnersapi "ordermesh.dev/gateway/internal/gen/ordermesh/partners/v1"

	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	gatewayv1 "ordermesh.dev/client/ordermesh/gateway/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/auth"
	"ordermesh.dev/gateway/internal/refuse"
)

// newAPI makes grpc-gateway's handlers of all services.
func newAPI(c *conn) (*runtime.ServeMux, error) {
	none := func(string) (string, bool) { return "", false }
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, codec{"application/json"}),
		runtime.WithMarshalerOption(ndjson, codec{ndjson}),
		runtime.WithMarshalerOption(eventStream, codec{eventStream}),
		runtime.WithMarshalerOption(csv, codec{csv}),
		runtime.WithIncomingHeaderMatcher(
			none,
		),
		runtime.WithOutgoingHeaderMatcher(none),
		runtime.WithOutgoingTrailerMatcher(none),
		runtime.WithErrorHandler(onError),
		runtime.WithStreamErrorHandler(onStreamError),
		runtime.WithRoutingErrorHandler(onRoutingError),
		runtime.WithForwardResponseOption(verdictStatus),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptReserved),
		runtime.WithDisableChunkedEncoding(),
		runtime.SetQueryParameterParser(strictQuery{}),
	)
	ctx := context.Background()
	for _, err := range []error{
		orderapi.RegisterOrderServiceHandlerClient(ctx, mux, orderv1.NewOrderServiceClient(c)),
		errorapi.RegisterErrorServiceHandlerClient(ctx, mux, errorv1.NewErrorServiceClient(c)),
		errorapi.RegisterErrorReviewServiceHandlerClient(ctx, mux, errorv1.NewErrorReviewServiceClient(c)),
		errorapi.RegisterRepairServiceHandlerClient(ctx, mux, errorv1.NewRepairServiceClient(c)),
		gatewayapi.RegisterGatewayServiceHandlerClient(ctx, mux, gatewayv1.NewGatewayServiceClient(c)),
		partnersapi.RegisterPartnersServiceHandlerClient(ctx, mux, partnersv1.NewPartnersServiceClient(c)),
		// grpc-gateway tries what was registered last first: orders come most often.
		feedapi.RegisterFeedServiceHandlerClient(ctx, mux, feedv1.NewFeedServiceClient(c)),
	} {
		if err != nil {
			return nil, err
		}
	}
	return mux, nil
}

// verdictStatus gives a single order's answer the status of its verdict.
func verdictStatus(_ context.Context, w http.ResponseWriter, message proto.Message) error {
	verdict, ok := message.(*commonv1.OrderVerdict)
	if !ok {
		return nil
	}
	switch verdict.GetVerdict() {
	case commonv1.OrderVerdict_CREATED, commonv1.OrderVerdict_REPLAYED:
		w.Header().Set("Location", "/api/orders/"+verdict.GetOrderId())
		if verdict.GetVerdict() == commonv1.OrderVerdict_CREATED {
			w.WriteHeader(http.StatusCreated)
		}
	case commonv1.OrderVerdict_CONFLICT, commonv1.OrderVerdict_SEQUENCE_REUSED:
		w.WriteHeader(http.StatusConflict)
	default:
		for _, violation := range verdict.GetViolations() {
			if violation.GetCode() == commonv1.Violation_UNREADABLE {
				w.WriteHeader(http.StatusBadRequest)
				return nil
			}
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
	}
	return nil
}

// strictQuery refuses parameters that the method does not have: a filter with a typing error would answer too much.
type strictQuery struct{ standard runtime.DefaultQueryParser }

func (q strictQuery) Parse(message proto.Message, values url.Values, filter *utilities.DoubleArray) error {
	fields := message.ProtoReflect().Descriptor().Fields()
	for name, each := range values {
		head, _, _ := strings.Cut(name, ".")
		if fields.ByName(protoreflect.Name(head)) == nil && fields.ByJSONName(head) == nil {
			return refuse.With(codes.InvalidArgument, "INVALID_ARGUMENT", "there is no parameter "+quoted(head))
		}
		if !utf8.ValidString(strings.Join(each, "")) {
			return refuse.With(codes.InvalidArgument, "INVALID_ARGUMENT", "the parameter "+quoted(head)+" is not UTF-8")
		}
	}
	return q.standard.Parse(message, values, filter)
}

func quoted(name string) string {
	if len(name) > 64 {
		name = name[:64]
	}
	return `"` + strings.ToValidUTF8(name, "?") + `"`
}

// serveRoute is the way of every declared request: who, may they, how often, how much, and then grpc-gateway.
func (s *Server) serveRoute(w http.ResponseWriter, r *http.Request, rt *route) {
	req := requestOf(r.Context())
	req.route, req.Method = rt, rt.Method
	credentials := auth.Credentials{APIKeys: r.Header["X-Api-Key"], Authorizations: r.Header["Authorization"]}
	err := s.Gate.Admit(r.Context(), &req.Call, credentials)
	// Nothing behind this needs them, and grpc-gateway would pass them on.
	for _, name := range []string{"X-Api-Key", "Authorization", "Grpc-Timeout", "Te"} {
		delete(r.Header, name)
	}
	if err == nil && r.URL.Path == "/api/feed" {
		err = routeByHeader(r, req)
	}
	if err == nil && rt.maxBody > 0 {
		err = s.readBody(r, req, rt.maxBody)
	}
	if err != nil {
		writeError(w, req, err)
		return
	}
	w.Header().Del("Connection")
	switch {
	case !rt.Unary():
		s.serveWatch(w, r, req)
	case rt.HTTPMethod == http.MethodGet:
		s.serveRead(w, r, req)
	default:
		w.Header()["Cache-Control"] = noStore
		delete(r.Header, "Accept")
		s.api.ServeHTTP(w, r)
	}
}

var noStore = []string{"no-store"}

// routeByHeader makes POST /api/feed one for the partner that the header names, or whose key it is.
func routeByHeader(r *http.Request, req *request) error {
	partner := r.Header.Get("X-Partner-Id")
	if partner == "" {
		partner = req.Caller.PartnerID
	}
	switch {
	case partner == "":
		return refuse.With(codes.InvalidArgument, "INVALID_ARGUMENT", "X-Partner-Id must name the partner")
	case !isPartnerID(partner) && req.Caller.Role == commonv1.Identity_PARTNER:
		return refuse.With(codes.PermissionDenied, "NOT_YOUR_PARTNER", "the credential is not this partner's")
	case !isPartnerID(partner):
		return refuse.With(codes.NotFound, "UNKNOWN_PARTNER", "there is no such partner")
	}
	r.URL.Path, r.URL.RawPath = "/api/feed/"+partner, ""
	return nil
}

func isPartnerID(text string) bool {
	return len(text) > 0 && len(text) <= 64 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (s *Server) serveWatch(w http.ResponseWriter, r *http.Request, req *request) {
	if r.Method == http.MethodHead {
		w.Header().Set("Allow", http.MethodGet)
		writeError(w, req, errMethod)
		return
	}
	watch, err := beginWatch(r, req)
	req.cleanup = append(req.cleanup, watch.close)
	if err != nil {
		writeError(w, req, err)
		return
	}
	streams := s.Metrics.Streams.WithLabelValues(req.route.template)
	streams.Inc()
	defer streams.Dec()
	s.api.ServeHTTP(watch, r)
	if watch.export && watch.late {
		// Only a connection that breaks says that a file is not whole.
		panic(http.ErrAbortHandler)
	}
}

// serveRead answers a GET with its ETag, statistics from memory where the client lets us.
func (s *Server) serveRead(w http.ResponseWriter, r *http.Request, req *request) {
	// net/http drops the body of an answer to HEAD.
	r.Method = http.MethodGet
	delete(r.Header, "Accept")
	var key string
	if req.route.stats {
		key = statsKey(req.Caller.Scope(), r)
		result := "exact"
		if !wantsExact(r.Header) {
			if known, age, ok := s.stats.get(key); ok {
				s.Metrics.StatsCache.WithLabelValues("hit").Inc()
				s.stats.headers(w.Header(), age)
				w.Header().Set("Content-Type", "application/json")
				sendTagged(w, r, known.data, known.tag)
				return
			}
			result = "miss"
		}
		s.Metrics.StatsCache.WithLabelValues(result).Inc()
	}
	held := &answer{ResponseWriter: w}
	s.api.ServeHTTP(held, r)
	data := held.data()
	if held.status != http.StatusOK {
		w.WriteHeader(held.status)
		_, _ = w.Write(data)
		return
	}
	tag := entityTag(data)
	if req.route.stats {
		s.stats.put(key, data, tag)
		s.stats.headers(w.Header(), 0)
	} else {
		w.Header().Set("Cache-Control", "private, no-cache")
	}
	sendTagged(w, r, data, tag)
}
