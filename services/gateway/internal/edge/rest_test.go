package edge

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/config"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/testmesh"
)

type verdict = commonv1.OrderVerdict

func TestBodyOfAnOrderArrivesByteForByte(t *testing.T) {
	bodies := make(chan []byte, 1)
	f := start(t, &testmesh.Backend{Submit: func(_ context.Context, r *feedv1.SubmitOrderRequest) (*verdict, error) {
		if _, raw := r.GetContent().(*feedv1.SubmitOrderRequest_RawPayload); !raw || r.GetPartnerId() != "partner-a" {
			t.Errorf("got %v", r)
		}
		bodies <- r.GetRawPayload()
		return &verdict{Verdict: commonv1.OrderVerdict_CREATED, OrderId: "o1"}, nil
	}})
	for _, body := range []string{`{"unitPrice":29.990, "a" : 1e400}`, "", "\xff\xfe", strings.Repeat("[", 20000),
		`{"a":NaN}`, `{} x`, "a=b&c=d"} {
		got := f.do("POST", "/api/feed/partner-a", body, keyA(), "Content-Type: application/x-www-form-urlencoded")
		if sent := <-bodies; string(sent) != body || got.status != 201 {
			t.Errorf("%.40q became %.40q with %d %s", body, sent, got.status, got.body)
		}
	}
}

func TestVerdictsBecomeStatuses(t *testing.T) {
	var next atomic.Pointer[verdict]
	f := start(
		t,
		&testmesh.Backend{
			Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*verdict, error) { return next.Load(), nil },
		},
	)
	unreadable := []*commonv1.Violation{{Code: commonv1.Violation_UNREADABLE, Message: "no JSON"}}
	for _, c := range []struct {
		verdict  *verdict
		status   int
		location string
	}{
		{&verdict{Verdict: commonv1.OrderVerdict_CREATED, OrderId: "o"}, 201, "/api/orders/o"},
		{&verdict{Verdict: commonv1.OrderVerdict_REPLAYED, OrderId: "o"}, 200, "/api/orders/o"},
		{&verdict{Verdict: commonv1.OrderVerdict_CONFLICT, OrderId: "o", ErrorId: "e"}, 409, ""},
		{&verdict{Verdict: commonv1.OrderVerdict_SEQUENCE_REUSED, ErrorId: "e"}, 409, ""},
		{&verdict{Verdict: commonv1.OrderVerdict_REJECTED, ErrorId: "e"}, 422, ""},
		{&verdict{Verdict: commonv1.OrderVerdict_REJECTED, ErrorId: "e", Violations: unreadable}, 400, ""},
	} {
		next.Store(c.verdict)
		got := f.do("POST", "/api/feed/partner-a", "{}", keyA())
		if got.status != c.status || got.header.Get("Location") != c.location ||
			got.json(t)["verdict"] != c.verdict.GetVerdict().String() {
			t.Errorf("%v became %d %q %s", c.verdict, got.status, got.header.Get("Location"), got.body)
		}
		if _, there := got.json(t)["orderId"]; there != (c.verdict.GetOrderId() != "") {
			t.Errorf("%v became %s", c.verdict, got.body)
		}
	}
}

func TestBatchIsCutIntoItsBytes(t *testing.T) {
	batches := make(chan []string, 1)
	f := start(
		t,
		&testmesh.Backend{
			Batch: func(_ context.Context, r *feedv1.BatchSubmitOrdersRequest) (*feedv1.BatchSubmitOrdersResponse, error) {
				var raw []string
				response := &feedv1.BatchSubmitOrdersResponse{
					Summary: &commonv1.VerdictSummary{Received: int64(len(r.GetOrders()))},
				}
				for range r.GetOrders() {
					response.Results = append(response.Results, &verdict{Verdict: commonv1.OrderVerdict_CREATED, OrderId: "o"})
				}
				for _, order := range r.GetOrders() {
					raw = append(raw, string(order.GetRawPayload()))
				}
				batches <- raw
				return response, nil
			},
		},
	)
	got := f.do("POST", "/api/feed/partner-a/batch", " [ {\"unitPrice\": 29.990 } ,1e400,\n\"x\\u0041\" , [] ] \n", keyA())
	if raw := <-batches; fmt.Sprintf("%q", raw) != `["{\"unitPrice\": 29.990 }" "1e400" "\"x\\u0041\"" "[]"]` {
		t.Errorf("got %q", raw)
	}
	summary, _ := got.json(t)["summary"].(map[string]any)
	if results, _ := got.json(t)["results"].([]any); got.status != 200 || len(results) != 4 ||
		summary["received"] != "4" ||
		summary["rejected"] != "0" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	ten := f.do("POST", "/api/feed/partner-a/batch", "["+strings.Repeat("{},", 9_999)+"{}]", keyA())
	if raw := <-batches; ten.status != 200 || len(raw) != 10_000 {
		t.Errorf("got %d with %d orders", ten.status, len(raw))
	}
}

func TestUnreadableBatchesAreRefusedAsAWhole(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	for _, body := range []string{"", "[]", "{}", "[{}", "[{}]x", "[{}][]", "[{},]", `[{"a":NaN}]`, "null", "[",
		"not JSON",
		"[" + strings.Repeat("{},", 10_000) + "{}]"} {
		got := f.do("POST", "/api/feed/partner-a/batch", body, keyA())
		if got.status != 400 || got.json(t)["code"] != float64(codes.InvalidArgument) || got.reason(t) != "BAD_BODY" {
			t.Errorf("%.40q: %d %s", body, got.status, got.body)
		}
	}
}

func TestUndeclaredPathsAndMethodsAreRefused(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	for _, path := range []string{"/api", "/api/nothing", "/api/feed/partner-a/", "/api//orders", "/api/feed/../orders",
		"/docs/nothing.js",
		"/index.html", "/generated/openapi.json", "/metrics", "/api/orders/a/b", "/api/orders/%2e%2e"} {
		if got := f.do("GET", path, "", f.operator()); got.status != 404 || got.reason(t) != "NO_SUCH_PATH" {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	for _, c := range []string{"DELETE /api/orders", "GET /api/feed/partner-a", "POST /api/orders/stats", "PUT /",
		"POST /openapi.json", "PURGE /api/orders"} {
		method, path, _ := strings.Cut(c, " ")
		got := f.do(method, path, "", f.operator())
		if got.status != 405 || got.header.Get("Allow") == "" || got.json(t)["code"] != float64(codes.Unimplemented) {
			t.Errorf("%s: %d %s", c, got.status, got.body)
		}
	}
	override := f.do(
		"POST",
		"/api/orders",
		"",
		f.operator(),
		"X-HTTP-Method-Override: GET",
		"Content-Type: application/x-www-form-urlencoded",
	)
	if override.status != 405 {
		t.Errorf("the method override works: %d", override.status)
	}
}

func TestPublicPagesNeedNoCredential(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	for path, kind := range map[string]string{"/": "text/html", "/docs": "text/html", "/docs/": "text/html",
		"/openapi.json": "application/json",
		"/healthz":      "application/json"} {
		got := f.do("GET", path, "")
		if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), kind) ||
			got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", path, got.status, got.header)
		}
		if !strings.Contains(got.header.Get("Cache-Control"), "no-") {
			t.Errorf("%s may be cached: %v", path, got.header)
		}
	}
	first := f.do("GET", "/", "")
	if again := f.do("GET", "/", "", "If-None-Match: "+first.header.Get("Etag")); again.status != 304 || again.body != "" {
		t.Errorf("got %d", again.status)
	}
	if head := f.do("HEAD", "/", ""); head.status != 200 || head.body != "" {
		t.Errorf("HEAD gave %d", head.status)
	}
}

func TestHealthNamesEveryService(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	f.eventually("all serve", func() bool { return f.do("GET", "/api/health", "").status == 200 })
	services, _ := f.do("GET", "/api/health", "").json(t)["services"].(map[string]any)
	for _, name := range []string{"gateway", "feed", "validation", "order-store", "error-store", "partners"} {
		if services[name] != "SERVING" {
			t.Errorf("%s: %v", name, services[name])
		}
	}
	f.backend.Server.Stop()
	f.eventually("it is told", func() bool { return f.do("GET", "/api/health", "").status == 503 })
}

func TestErrorsAreStatusesAsJSON(t *testing.T) {
	var next atomic.Pointer[error]
	f := start(
		t,
		&testmesh.Backend{
			Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*verdict, error) { return nil, *next.Load() },
		},
	)
	for _, c := range []struct {
		err    error
		status int
		retry  string
	}{
		{refuse.With(codes.PermissionDenied, "NOT_YOUR_PARTNER", "no"), 403, ""},
		{refuse.With(codes.NotFound, "UNKNOWN_PARTNER", "no"), 404, ""},
		{refuse.With(codes.InvalidArgument, "BAD", "no"), 400, ""},
		{refuse.With(codes.Aborted, "LOST", "no"), 409, ""},
		{refuse.With(codes.Internal, "BUG", "no"), 500, ""},
		{refuse.With(codes.ResourceExhausted, "OVERLOADED", "no"), 429, "1"},
		{refuse.Retry(codes.Unavailable, "NO_VERDICT", "no", time.Second), 503, "1"},
		{refuse.With(codes.DeadlineExceeded, "LATE", "no"), 503, "1"},
		// Last: for a second the gateway itself answers so.
		{refuse.Retry(codes.ResourceExhausted, "RATE_LIMITED", "no", 1100*time.Millisecond), 429, "2"},
	} {
		next.Store(&c.err)
		got := f.do("POST", "/api/feed/partner-a", "{}", keyA())
		if got.status != c.status || got.header.Get("Retry-After") != c.retry || got.reason(t) == "" ||
			got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%v: %d %q %s", c.err, got.status, got.header.Get("Retry-After"), got.body)
		}
	}
}

func TestServiceThatIsAwayIsWaitedForAndThen503(t *testing.T) {
	f := start(t, &testmesh.Backend{Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*verdict, error) {
		return &verdict{Verdict: commonv1.OrderVerdict_CREATED, OrderId: "o"}, nil
	}})
	address := f.backend.Address
	f.backend.Server.Stop()
	answers := make(chan answer, 1)
	go func() { answers <- f.do("POST", "/api/feed/partner-a", "{}", keyA()) }()
	again, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip("the port was taken by somebody else")
	}
	back := &testmesh.Backend{Submit: f.backend.Submit, Partners: f.backend.Partners}
	back.Serve(t, again, nil)
	if got := <-answers; got.status != 201 {
		t.Errorf("the restarted service was not waited for: %d %s", got.status, got.body)
	}
	back.Server.Stop()
	got := f.do("POST", "/api/feed/partner-a", "{}", keyA())
	if got.status != 503 || got.header.Get("Retry-After") == "" || strings.Contains(got.body, "127.0.0.1") {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestUpdateTakesTheMaskFromTheBody(t *testing.T) {
	requests := make(chan *partnersv1.UpdatePartnerRequest, 1)
	f := start(
		t,
		&testmesh.Backend{Update: func(_ context.Context, r *partnersv1.UpdatePartnerRequest) (*partnersv1.Partner, error) {
			requests <- r
			return r.GetPartner(), nil
		}},
	)
	got := f.do(
		"PATCH",
		"/api/partners/partner-a",
		`{"name":"A","etag":"7","partnerId":"partner-a","queryLimit":{"amount":"5"}}`,
		f.operator(),
	)
	if got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	r := <-requests
	if r.GetPartner().GetEtag() != "7" || r.GetPartner().GetPartnerId() != "partner-a" ||
		r.GetPartner().GetQueryLimit().GetAmount() != 5 {
		t.Errorf("got %v", r)
	}
	if paths := r.GetUpdateMask().GetPaths(); !slices.Contains(paths, "name") {
		t.Errorf("the mask is %v", paths)
	}
	for _, body := range []string{`{"price":1}`, `{"name":1}`, `{"name":"a"}{}`, `{"name":"a","name":"b"}`,
		`{"state":"NEW"}`, `nonsense`} {
		if got := f.do("PATCH", "/api/partners/partner-a", body, f.operator()); got.status != 400 {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
}

func TestOriginsAreOffByDefaultAndListed(t *testing.T) {
	const origin = "https://dash.example"
	f := start(t, &testmesh.Backend{})
	if got := f.do("GET", "/healthz", "", "Origin: "+origin); got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("got %v", got.header)
	}
	f = start(t, &testmesh.Backend{}, func(c *config.Config) { c.CORSOrigins = []string{origin} })
	got := f.do(
		"OPTIONS",
		"/api/orders",
		"",
		"Origin: "+origin,
		"Access-Control-Request-Method: GET",
		"Access-Control-Request-Headers: x-api-key",
	)
	if got.header.Get("Access-Control-Allow-Origin") != origin {
		t.Errorf("got %d %v", got.status, got.header)
	}
	if got := f.do("GET", "/healthz", "", "Origin: https://other.example"); got.header.Get(
		"Access-Control-Allow-Origin",
	) != "" {
		t.Errorf("got %v", got.header)
	}
}
