package edge

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"context"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	"ordermesh.dev/gateway/internal/access"
	"ordermesh.dev/gateway/internal/config"
	"ordermesh.dev/gateway/internal/testmesh"
)

// unset is what the backend of the tests answers to a call that nobody expected: the call has arrived.
const unset = 501

func table(t *testing.T) access.Table {
	t.Helper()
	known, err := access.New()
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// answersItself says whether the gateway answers without asking anybody.
func answersItself(method *access.Method) bool {
	return method.Service == "ordermesh.gateway.v1.GatewayService" && !strings.HasSuffix(method.Name, "Record")
}

func isWrite(rule access.Route) bool { return rule.Body != "" }

// Both routers must agree on every path, or the gate would admit to one method and grpc-gateway call another.
func TestEveryRouteReachesItsMethod(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	for _, method := range table(t).Sorted() {
		for _, rule := range method.Routes {
			path, body := parameter.ReplaceAllString(rule.Path, "1"), ""
			if isWrite(rule) {
				body = "{}"
			}
			if rule.Body == "orders" {
				body = "[{}]"
			}
			for credential, role := range map[string]access.Role{
				keyA(): commonv1.Identity_PARTNER, "Authorization: Bearer " + f.token("viewer"): commonv1.Identity_VIEWER,
				f.operator(): commonv1.Identity_OPERATOR, "Authorization: Bearer " + f.token("admin"): commonv1.Identity_ADMIN,
			} {
				want := 403
				if method.Allows(role) {
					want = unset
				}
				if answersItself(method) {
					want = 200
				}
				got := f.do(rule.HTTPMethod, path, body, credential)
				if got.status != want {
					t.Errorf("%s %s as %v: got %d %s, want %d", rule.HTTPMethod, path, role, got.status, got.body, want)
				}
				if line := f.logged(got.header.Get("X-Request-Id")); line["route"] != rule.Path {
					t.Errorf("%s: the log says %v", rule.Path, line["route"])
				}
			}
			if got := f.do(rule.HTTPMethod, path, body); got.status != 401 {
				t.Errorf("%s %s with no credential: %d", rule.HTTPMethod, path, got.status)
			}
		}
	}
}

// Deny by default: what every role gets of every method over gRPC is what the table says.
func TestEveryMethodIsOpenToItsRolesOnly(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	ports := map[string]*grpc.ClientConn{"grpc": f.dial("grpc"), "operator": f.dial("operator")}
	for _, method := range table(t).Sorted() {
		for port, conn := range ports {
			for role, pairs := range map[access.Role][]string{
				0: nil, commonv1.Identity_PARTNER: {"x-api-key", testmesh.APIKey("a")},
				commonv1.Identity_VIEWER:   {"authorization", "Bearer " + f.token("viewer")},
				commonv1.Identity_OPERATOR: {"authorization", "Bearer " + f.token("operator")},
				commonv1.Identity_ADMIN:    {"authorization", "Bearer " + f.token("admin")},
			} {
				want, reason := codes.Unimplemented, "the test did not expect this call"
				switch {
				case role != 0 && answersItself(method):
					want, reason = codes.OK, ""
				case port == "grpc" && !method.ForPartners():
					reason = "there is no such method on this port"
				case role == 0:
					want, reason = codes.Unauthenticated, "a credential is needed"
				case !method.Allows(role):
					want, reason = codes.PermissionDenied, "your role may not call this"
				}
				err := callAny(f.with(pairs...), conn, method)
				if s := status.Convert(err); s.Code() != want ||
					!strings.Contains(s.Message(), reason) && !strings.Contains(s.Message(), "not implemented") &&
						!strings.Contains(s.Message(), "unknown service") {
					t.Errorf("%s on %s as %v: got %v, want %v", method.FullName, port, role, err, want)
				}
			}
		}
	}
}

func callAny(ctx context.Context, conn *grpc.ClientConn, method *access.Method) error {
	if method.Unary() {
		return conn.Invoke(ctx, method.FullName, &emptypb.Empty{}, &emptypb.Empty{})
	}
	stream, err := conn.NewStream(
		ctx,
		&grpc.StreamDesc{ClientStreams: method.ClientStreams, ServerStreams: true},
		method.FullName,
	)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(&emptypb.Empty{}); err != nil && err != io.EOF {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return stream.RecvMsg(&emptypb.Empty{})
}

func TestOddPathsAreNoWayAround(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	for _, path := range []string{"/api/orders/%2e%2e%2fpartners", "/api/orders/a%2fb", "/api/partners/p%2fkeys",
		"/api/orders/x:stats", "/API/orders",
		"/api/orders/%00", "/api/orders;x=1", "/api/orders/%C0%AF"} {
		got := f.do("GET", path, "", keyA())
		if got.status != 404 && got.status != unset && got.status != 400 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := f.do("GET", "/api/orders/%C0%AF", "", keyA()); got.status != unset {
		t.Errorf("a malformed id did not reach the store: %d", got.status)
	}
	if got := f.do("GET", "/api/orders?partnerId=%ff", "", keyA()); got.status != 400 {
		t.Errorf("a parameter that is no UTF-8: %d", got.status)
	}
	if got := f.do("DELETE", "/api/partners/p/keys%2fk", "", keyA()); got.status == unset {
		t.Errorf("a partner reached %s", got.body)
	}
}

func TestSlowAndIdleClientsAreCutOff(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	f := start(
		t,
		&testmesh.Backend{
			Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*verdict, error) { return &verdict{}, nil },
		},
	)
	for _, port := range []string{"http", "grpc"} {
		conn, err := net.Dial("tcp", f.gateway.Addresses()[port])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "POST /api/feed/partner-a HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(15 * time.Second)); err != nil {
			t.Fatal(err)
		}
		// It may be closed by a reset.
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: it still waits", port)
		}
		_ = conn.Close()
	}
}

func TestHeadersAreBounded(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	conn, err := net.Dial("tcp", f.gateway.Addresses()["http"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	go func() {
		_, _ = fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n")
		for range 1000 {
			if _, err := fmt.Fprintf(conn, "X-Flood: %s\r\n", strings.Repeat("x", 100)); err != nil {
				return
			}
		}
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %v, %v", response, err)
	}
}

func TestQueriesAreLimitedPerKeyAndOrdersAreNot(t *testing.T) {
	backend := &testmesh.Backend{Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*verdict, error) {
		return &verdict{Verdict: commonv1.OrderVerdict_CREATED}, nil
	}}
	backend.Partners = testmesh.NewSync()
	backend.Partners.Lease = testmesh.GrantOnce(3)
	f := start(t, backend, func(c *config.Config) { c.StatsCache = 0 })
	statuses := map[int]int{}
	for range 10 {
		got := f.do("GET", "/api/orders", "", keyA())
		statuses[got.status]++
		if got.status == 429 && (got.header.Get("Retry-After") == "" || got.reason(t) != "QUERY_RATE_LIMITED") {
			t.Errorf("got %v %s", got.header, got.body)
		}
	}
	if statuses[unset] != 3 || statuses[429] != 7 {
		t.Errorf("got %v", statuses)
	}
	if got := f.do("POST", "/api/feed/partner-a", "{}", keyA()); got.status != 201 {
		t.Errorf("an order: %d", got.status)
	}
	if got := f.do("GET", "/api/orders", "", f.operator()); got.status != unset {
		t.Errorf("an operator: %d", got.status)
	}
}
