package rest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/access"
	"ordermesh.dev/gateway/internal/auth"
	"ordermesh.dev/gateway/internal/gate"
	"ordermesh.dev/gateway/internal/observe"
	"ordermesh.dev/gateway/internal/partners"
	"ordermesh.dev/gateway/internal/testmesh"
	"ordermesh.dev/gateway/internal/upstream"
)

// discard is a client that looks at nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkOrder is one order through everything but net/http, to a feed in the same process.
func BenchmarkOrder(b *testing.B) {
	backend := testmesh.Start(
		b,
		&testmesh.Backend{Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*commonv1.OrderVerdict, error) {
			return &commonv1.OrderVerdict{
				Verdict: commonv1.OrderVerdict_CREATED,
				OrderId: "01234567-89ab-8def-8000-000000000000",
			}, nil
		}},
		nil,
	)
	pool, err := upstream.Dial("feed", backend.Address, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	pepper, err := partners.ParsePepper([]byte(testmesh.Pepper))
	if err != nil {
		b.Fatal(err)
	}
	ring := partners.NewRing(pepper, partners.NewLeases(nil))
	ring.Replace(map[string]*partnersv1.PartnerRecord{"partner-a": testmesh.Record("partner-a", "a")})
	key, err := auth.ParseSigningKey(testmesh.SigningKey(b))
	if err != nil {
		b.Fatal(err)
	}
	table, err := access.New()
	if err != nil {
		b.Fatal(err)
	}
	metrics := observe.NewMetrics()
	log := observe.NewAccessLog(io.Discard, func() {})
	b.Cleanup(log.Close)
	server := &Server{Table: table, Gate: &gate.Gate{Auth: auth.New(ring, key, auth.OIDCConfig{}), Metrics: metrics},
		Mesh: upstream.Mesh{"feed": pool}, Metrics: metrics, AccessLog: log, Log: slog.New(slog.DiscardHandler),
		Files: os.DirFS("../../web"), Draining: context.Background()}
	if err := server.Prepare(); err != nil {
		b.Fatal(err)
	}
	const order = `{"externalOrderId": "ORD-A-12345", "sequenceNumber": 42, "quantity": 5, "unitPrice": 29.99}`
	b.ReportAllocs()
	b.SetParallelism(16)
	b.RunParallel(func(next *testing.PB) {
		for next.Next() {
			request, err := http.NewRequest("POST", "/api/feed/partner-a", strings.NewReader(order))
			if err != nil {
				b.Error(err)
			}
			request.Header.Set("X-Api-Key", testmesh.APIKey("a"))
			request.Header.Set("User-Agent", "benchmark/1.0")
			server.ServeHTTP(&discard{http.Header{}}, request)
		}
	})
}
