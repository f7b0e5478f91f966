package edge

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"

	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	gatewayv1 "ordermesh.dev/client/ordermesh/gateway/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	"ordermesh.dev/gateway/internal/config"
	"ordermesh.dev/gateway/internal/testmesh"
)

func TestASessionSaysWhoIsAsking(t *testing.T) {
	f := start(t, &testmesh.Backend{}, func(c *config.Config) { c.Version = "1.2.3" })
	partner := f.do("GET", "/api/session", "", keyA()).json(t)
	if partner["role"] != "PARTNER" || partner["partnerId"] != "partner-a" || partner["version"] != "1.2.3" ||
		partner["expireTime"] != nil {
		t.Error(partner)
	}
	operator := f.do("GET", "/api/session", "", f.operator()).json(t)
	if operator["role"] != "OPERATOR" || operator["subject"] != "user:somebody" || operator["expireTime"] == nil {
		t.Error(operator)
	}
	if got := f.do("GET", "/api/session", ""); got.status != 401 {
		t.Error("a stranger has a session:", got.body)
	}
}

func statsOfBoth() *testmesh.Backend {
	return &testmesh.Backend{
		Stats: func(context.Context, *orderv1.GetOrderStatsRequest) (*orderv1.OrderStats, error) {
			return &orderv1.OrderStats{Partners: []*orderv1.PartnerOrderStats{
				{PartnerId: "partner-a", Count: 3}, {PartnerId: "partner-b", Count: 4}}}, nil
		},
		ErrorStats: func(context.Context, *errorv1.GetErrorStatsRequest) (*errorv1.ErrorStats, error) {
			return &errorv1.ErrorStats{Partners: []*errorv1.PartnerErrorStats{{PartnerId: "partner-b", Count: 5}}}, nil
		},
	}
}

// follow reads the overview until it has a sample.
func (f *fixture) follow(header ...string) map[string]any {
	f.t.Helper()
	_, lines := f.openWatch(overviewPath, append(header, "Accept: text/event-stream")...)
	for line := range lines {
		data, is := strings.CutPrefix(line, "data: ")
		if strings.HasPrefix(line, "id:") {
			f.t.Error("an overview cannot be resumed, and yet has an id:", line)
		}
		overview := map[string]any{}
		if is && json.Unmarshal([]byte(data), &overview) == nil && overview["now"] != nil {
			return overview["now"].(map[string]any)
		}
	}
	f.t.Fatal("no overview came")
	return nil
}

func TestAnOverviewHasWhatTheCallerMaySee(t *testing.T) {
	f := start(t, statsOfBoth())
	if partners := f.follow(f.operator())["partners"].([]any); len(partners) != 2 {
		t.Error(partners)
	}
	partners := f.follow(keyA())["partners"].([]any)
	if len(partners) != 1 || partners[0].(map[string]any)["orders"] != "3" {
		t.Error(partners)
	}
}

func TestAnOverviewIsThereOverGRPCToo(t *testing.T) {
	f := start(t, statsOfBoth())
	stream, err := gatewayv1.NewGatewayServiceClient(f.dial("grpc")).
		WatchOverview(f.asA(), &gatewayv1.WatchOverviewRequest{}, grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		overview, err := stream.Recv()
		if err != nil || len(overview.GetServices()) != 6 {
			t.Fatal(overview, err)
		}
	}
}

func TestTheDashboardIsServedWhereItShowsSomething(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	home := f.do("GET", "/", "")
	for _, path := range []string{"/sign-in", "/orders", "/orders/1", "/errors/fix", "/partners/p", "/audit"} {
		got := f.do("GET", path, "")
		if got.status != 200 || got.body != home.body || got.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %v", path, got.status, got.header)
		}
		if line := f.logged(got.header.Get("X-Request-Id")); line["route"] != "/" {
			t.Errorf("%s: the log says %v", path, line["route"])
		}
	}
	policy := home.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "connect-src 'self';") || strings.Contains(policy, "unsafe-eval") {
		t.Error(policy)
	}
}

func TestTheDashboardIsToldWhereToSignIn(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	if got := f.do("GET", "/config.json", ""); got.status != http.StatusOK || got.json(t)["oidc"] != nil {
		t.Error(got.status, got.body)
	}
	f = start(t, &testmesh.Backend{}, func(c *config.Config) {
		c.OIDCIssuer, c.OIDCAudience, c.OIDCRoleClaim = "https://sign-in.example/tenant", "ordermesh", "role"
		c.OIDCClientID, c.OIDCScope = "dashboard", "openid"
	})
	oidc, _ := f.do("GET", "/config.json", "").json(t)["oidc"].(map[string]any)
	if oidc["issuer"] != "https://sign-in.example/tenant" || oidc["clientId"] != "dashboard" || oidc["scope"] != "openid" {
		t.Error(oidc)
	}
	if policy := f.do("GET", "/", "").header.Get("Content-Security-Policy"); !strings.Contains(policy,
		"connect-src 'self' https://sign-in.example;") {
		t.Error(policy)
	}
}
