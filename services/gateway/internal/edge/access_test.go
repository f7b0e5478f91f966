package edge

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	"ordermesh.dev/gateway/internal/testmesh"
)

func TestCredentialsAreChecked(t *testing.T) {
	f := start(
		t,
		&testmesh.Backend{Orders: func(context.Context, *orderv1.ListOrdersRequest) (*orderv1.ListOrdersResponse, error) {
			return &orderv1.ListOrdersResponse{}, nil
		}},
	)
	for _, header := range [][]string{{}, {"X-API-Key: omk_live_wrong"}, {"X-API-Key: " + testmesh.APIKey("unknown")},
		{"X-API-Key: "},
		{"Authorization: Bearer x"}, {"Authorization: Basic x"},
		{"Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."},
		{keyA(), f.operator()}, {keyA(), keyA()}} {
		got := f.do("GET", "/api/orders", "", header...)
		if got.status != 401 || got.header.Get("WWW-Authenticate") == "" ||
			got.json(t)["code"] != float64(codes.Unauthenticated) {
			t.Errorf("%v: %d %s", header, got.status, got.body)
		}
	}
	for _, header := range []string{keyA(), f.operator(), "Authorization: bearer " + f.token("viewer")} {
		if got := f.do("GET", "/api/orders", "", header); got.status != 200 ||
			got.body != `{"orders":[],"nextPageToken":""}` {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	if got := f.do("POST", "/api/partners/partner-a/keys", "{}", keyA()); got.status != 403 ||
		got.reason(t) != "NOT_ALLOWED" {
		t.Errorf("a partner makes keys: %d %s", got.status, got.body)
	}
	if got := f.do("POST", "/api/feed/partner-a", "{}", "Authorization: Bearer "+f.token("viewer")); got.status != 403 {
		t.Errorf("a viewer sends orders: %d", got.status)
	}
}

func TestIdentityGoesInwardAndCannotBeForged(t *testing.T) {
	type seen struct {
		identity *commonv1.Identity
		md       metadata.MD
	}
	calls := make(chan seen, 1)
	f := start(t, &testmesh.Backend{Order: func(ctx context.Context, _ *orderv1.GetOrderRequest) (*orderv1.Order, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		calls <- seen{testmesh.IdentityOf(ctx), md}
		return &orderv1.Order{Id: "o"}, nil
	}})
	got := f.do("GET", "/api/orders/o", "", keyA(), "X-Request-Id: req-7", "X-Ordermesh-Identity-Bin: forged",
		"Grpc-Metadata-X-Ordermesh-Identity-Bin: forged", "Cookie: a=b", "Grpc-Timeout: 1n",
		"Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	call := <-calls
	if id := call.identity; id.GetRole() != commonv1.Identity_PARTNER || id.GetPartnerId() != "partner-a" ||
		id.GetSubject() != "key_a" ||
		id.GetRequestId() != "req-7" {
		t.Errorf("got %v", id)
	}
	if got.header.Get("X-Request-Id") != "req-7" || call.md.Get("x-request-id")[0] != "req-7" {
		t.Errorf("got %v, %v", got.header, call.md)
	}
	if parent := call.md.Get("traceparent")[0]; !strings.Contains(parent, "0af7651916cd43dd8448eb211c80319c") ||
		strings.Contains(parent, "b7ad6b7169203331") {
		t.Errorf("got %q", parent)
	}
	for _, hidden := range []string{"authorization", "x-api-key", "cookie", "grpcgateway-cookie"} {
		if len(call.md.Get(hidden)) > 0 {
			t.Errorf("%s went inward", hidden)
		}
	}
	f.do("GET", "/api/orders/o", "", f.operator())
	if id := (<-calls).identity; id.GetRole() != commonv1.Identity_OPERATOR || id.GetSubject() != "user:somebody" ||
		id.GetPartnerId() != "" {
		t.Errorf("got %v", id)
	}
}

func TestAccessLogTellsWhatHappenedAndNoSecret(t *testing.T) {
	f := start(t, &testmesh.Backend{Submit: func(ctx context.Context, _ *feedv1.SubmitOrderRequest) (*verdict, error) {
		return &verdict{
				Verdict: commonv1.OrderVerdict_CREATED,
				OrderId: "o",
			}, grpc.SetTrailer(
				ctx,
				metadata.Pairs("x-ordermesh-verdicts", "created=1"),
			)
	}})
	got := f.do("POST", "/api/feed/partner-a?x=4111111111111111", "{}", keyA())
	if got.status != 400 {
		t.Errorf("got %d", got.status)
	}
	got = f.do(
		"POST",
		"/api/feed/partner-a",
		"{}",
		keyA(),
		"Idempotency-Key: card 4111111111111111",
		"User-Agent: tests "+testmesh.APIKey("a"),
	)
	if got.header.Get("Idempotency-Key") != "card [redacted]" {
		t.Errorf("got %v", got.header)
	}
	line := f.logged(got.header.Get("X-Request-Id"))
	for name, want := range map[string]any{"partner": "partner-a", "subject": "key_a", "protocol": "rest",
		"route":  "/api/feed/{partner_id}",
		"method": "POST", "code": "OK", "httpStatus": 201.0, "bytesIn": 2.0,
		"verdicts":       "received=1,created=1,replayed=0,conflicts=0,sequenceReused=0,rejected=0,refused=0",
		"idempotencyKey": "card [redacted]"} {
		if line[name] != want {
			t.Errorf("%s: got %v, want %v", name, line[name], want)
		}
	}
	refused := f.logged(
		f.do("GET", "/api/orders", "", "X-API-Key: "+testmesh.APIKey("unknown")).header.Get("X-Request-Id"),
	)
	if refused["code"] != "Unauthenticated" || refused["httpStatus"] != 401.0 {
		t.Errorf("got %v", refused)
	}
	for _, secret := range []string{"4111111111111111", "omk_live_", testmesh.Pepper} {
		if strings.Contains(f.requests.String(), secret) {
			t.Errorf("the log has %s: %s", secret, f.requests.String())
		}
	}
}

func TestMetricsAreServed(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	f.do("GET", "/api/orders", "")
	response, err := http.Get("http://" + f.gateway.Addresses()["metrics"] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil ||
		!strings.Contains(
			string(data),
			`ordermesh_gateway_http_requests_total{method="GET",route="/api/orders",status="401"} 1`,
		) ||
		!strings.Contains(string(data), `ordermesh_gateway_refused_total{reason="UNAUTHENTICATED"} 1`) {
		t.Errorf("got %v %s", err, data)
	}
}
