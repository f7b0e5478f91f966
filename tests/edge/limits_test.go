package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
)

const (
	limitRate  = 400
	limitBurst = 200
)

func orderB(partner string, n int64) []byte {
	return fmt.Appendf(nil, `{"order": {"ref": "%s-n%d", "placedAt": "2026-01-15 10:30:00"}, "buyer": {"id": "9001"}, "items": [{"sku": "SKU-1", "qty": 2, "price": "10.50"}], "tax": {"ratePercent": 8}, "currency": "EUR"}`, partner, n)
}

func newLimitedPartner(t *testing.T, id string) [2]string {
	return newPartner(t, id, limitRate, limitBurst)
}

// newPartner makes a partner of partner-b's shape with such a limit of orders a second, and two keys.
func newPartner(t *testing.T, id string, rate, burst int) [2]string {
	t.Helper()
	mapping, err := os.ReadFile(filepath.Join(mesh.root, "config/partners/partner-b/mapping.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	request, _ := json.Marshal(map[string]any{
		"partner": map[string]any{"partnerId": id, "orderLimit": map[string]any{"amount": rate, "burst": burst}},
		"files":   []map[string]any{{"path": "mapping.yaml", "content": mapping}}, "message": "a test",
	})
	if got := mesh.http("POST", "/api/partners", request, mesh.oper()); got.status != 200 && got.status != 201 {
		t.Fatalf("create: %d %s", got.status, got.body)
	}
	keys := [2]string{newKey(t, id, 0).GetKey(), newKey(t, id, 0).GetKey()}
	waitUntilTaken(t, keys[0])
	waitUntilTaken(t, keys[1])
	return keys
}

// TestOneLimitHoldsOverEveryWayIn sends ten times the limit over two keys, REST and gRPC, several connections each: what is
// taken must not pass the limit by 5 %.
func TestOneLimitHoldsOverEveryWayIn(t *testing.T) {
	keys := newLimitedPartner(t, "limited")
	var next, taken, refused atomic.Int64
	ctx, cancel := context.WithTimeout(context.Background(), 6*time.Second)
	defer cancel()
	begin := time.Now()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() { floodREST(t, ctx, keys[i%2], &next, &taken, &refused) })
		all.Go(func() { floodStream(t, ctx, keys[i%2], &next, &taken, &refused) })
	}
	all.Wait()
	seconds := time.Since(begin).Seconds()
	most := float64(limitBurst) + limitRate*seconds
	t.Logf("%d taken, %d refused in %.2f s; the limit allows %.0f", taken.Load(), refused.Load(), seconds, most)
	if float64(taken.Load()) > 1.05*most {
		t.Errorf("%d orders were taken, %.0f at most are allowed", taken.Load(), most)
	}
	// A loaded machine may send less than it wants to, but not this much less.
	if float64(taken.Load()) < 0.7*most {
		t.Errorf("%d orders were taken, %.0f would be allowed", taken.Load(), most)
	}
	if refused.Load() < taken.Load() {
		t.Errorf("only %d were refused: the load was too small to tell", refused.Load())
	}
}

func floodREST(t *testing.T, ctx context.Context, key string, next, taken, refused *atomic.Int64) {
	for ctx.Err() == nil {
		got := mesh.http("POST", "/api/feed/limited", orderB("limited", next.Add(1)), credential{key: key})
		switch got.status {
		case 201:
			taken.Add(1)
		case 429:
			refused.Add(1)
			if got.header.Get("Retry-After") == "" || !bytes.Contains(got.body, []byte("RetryInfo")) {
				t.Errorf("429 without Retry-After or RetryInfo: %v %s", got.header, got.body)
			}
		default:
			t.Errorf("%d %s", got.status, got.body)
		}
	}
}

func floodStream(t *testing.T, ctx context.Context, key string, next, taken, refused *atomic.Int64) {
	client := feedv1.NewFeedServiceClient(dial(mesh.grpc))
	stream, err := client.StreamOrders(credential{key: key}.outgoing(context.Background()))
	if err != nil {
		t.Error(err)
		return
	}
	for ctx.Err() == nil {
		request := &feedv1.StreamOrdersRequest{PartnerId: "limited"}
		for i := range 20 {
			request.Orders = append(request.Orders, &feedv1.OrderInput{Tag: uint64(i), Content: &feedv1.OrderInput_RawPayload{RawPayload: orderB("limited", next.Add(1))}})
		}
		if err := stream.Send(request); err != nil {
			t.Error(err)
			return
		}
		for open := 20; open > 0; {
			response, err := stream.Recv()
			if err != nil {
				t.Error(err)
				return
			}
			for _, result := range response.GetResults() {
				open--
				if result.GetVerdict() != nil {
					taken.Add(1)
				} else {
					refused.Add(1)
				}
			}
		}
	}
	_ = stream.CloseSend()
}

func TestQueriesHaveALimitOfTheirOwn(t *testing.T) {
	keys := newLimitedPartner(t, "limited-reads")
	if got := mesh.http("PATCH", "/api/partners/limited-reads?updateMask=queryLimit", []byte(`{"queryLimit": {"amount": 5, "burst": 5}}`), mesh.oper()); got.status != 200 {
		t.Fatalf("update: %d %s", got.status, got.body)
	}
	refused := func(key string) bool {
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
			if got := mesh.http("GET", "/api/orders?pageSize=1", nil, credential{key: key}); got.status == 429 && got.header.Get("Retry-After") != "" {
				return true
			}
		}
		return false
	}
	if !refused(keys[0]) {
		t.Error("reads are not limited")
	}
	// Each key has its own bucket, and orders are not reads.
	if got := mesh.http("GET", "/api/orders?pageSize=1", nil, credential{key: keys[1]}); got.status != 200 {
		t.Errorf("the other key: %d", got.status)
	}
	if got := mesh.http("POST", "/api/feed/limited-reads", orderB("limited-reads", 1), credential{key: keys[0]}); got.status != 201 {
		t.Errorf("an order: %d %s", got.status, got.body)
	}
}
