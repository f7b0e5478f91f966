package edge

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	"ordermesh.dev/gateway/internal/alerts"
	"ordermesh.dev/gateway/internal/config"
	"ordermesh.dev/gateway/internal/testmesh"
)

// metrics are the lines of the gateway's own figures.
func (f *fixture) metrics() string {
	f.t.Helper()
	answer, err := http.Get("http://" + f.gateway.Addresses()["metrics"] + "/metrics")
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(said)
}

func TestErrorsAreLookedAtWithTheGatewaysOwnIdentity(t *testing.T) {
	backend := &testmesh.Backend{
		Stats: func(context.Context, *orderv1.GetOrderStatsRequest) (*orderv1.OrderStats, error) {
			return &orderv1.OrderStats{}, nil
		},
		ErrorStats: func(ctx context.Context, _ *errorv1.GetErrorStatsRequest) (*errorv1.ErrorStats, error) {
			if who := testmesh.IdentityOf(ctx); who.GetRole() != commonv1.Identity_VIEWER || who.GetSubject() != "gateway" {
				t.Error("it asks as", who)
			}
			return &errorv1.ErrorStats{}, nil
		},
	}
	f := start(t, backend, func(c *config.Config) {
		c.Alerts = &alerts.Config{Settings: alerts.Defaults(), Every: 10 * time.Millisecond, Payload: alerts.PayloadNone,
			To: alerts.Receivers{URLs: []string{"http://127.0.0.1:1"}}}
	})
	// The list of errors is not served by this mesh: the look fails, and nobody else notices.
	f.eventually("looks are counted", func() bool {
		return strings.Contains(f.metrics(), `ordermesh_gateway_alert_looks_total{result="failed"}`)
	})
	if got := f.do("GET", "/api/session", "", f.operator()); got.status != http.StatusOK {
		t.Error(got.status)
	}
}
