package edge

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
)

// rotationTime is how long certificates and keys rotate: 15 s in every run, EDGE_LONG=10m by hand (R14).
func rotationTime() time.Duration {
	if long, err := time.ParseDuration(os.Getenv("EDGE_LONG")); err == nil {
		return long
	}
	return 15 * time.Second
}

// TestCertificatesAndKeysRotateWithoutALostCall replaces every certificate of the mesh every 5 s, and the partner's key as a
// partner would, while orders come over REST, unary calls and new streams all the time.
func TestCertificatesAndKeysRotateWithoutALostCall(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), rotationTime())
	defer cancel()
	var key atomic.Pointer[partnersv1.CreateApiKeyResponse]
	if got := mesh.http("POST", "/api/partners", []byte(`{"partner": {"partnerId": "rotating"}}`), mesh.oper()); got.status != 200 {
		t.Fatalf("create: %d %s", got.status, got.body)
	}
	first := newKey(t, "rotating", 0)
	waitUntilTaken(t, first.GetKey())
	key.Store(first)
	client := feedv1.NewFeedServiceClient(mesh.partnerPort)
	who := func() credential { return credential{key: key.Load().GetKey()} }
	var calls atomic.Int64
	var all sync.WaitGroup
	loop := func(one func(n int) error) {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := one(freshNumber()); err != nil {
					t.Errorf("after %d calls: %v", calls.Load(), err)
					return
				}
				calls.Add(1)
			}
		})
	}
	loop(func(int) error {
		got := mesh.http("GET", "/api/orders?pageSize=1", nil, who())
		return statusError(got, 200)
	})
	loop(func(n int) error {
		return statusError(mesh.http("POST", "/api/feed/partner-a", orderA(n), mesh.own()), 201)
	})
	loop(func(n int) error {
		_, err := client.SubmitOrder(mesh.own().outgoing(context.Background()), &feedv1.SubmitOrderRequest{PartnerId: "partner-a",
			Content: &feedv1.SubmitOrderRequest_RawPayload{RawPayload: orderA(n + 1e13)}})
		return err
	})
	loop(func(n int) error { return oneStream(client, n+2e13) })
	rotations := 0
	for tick := time.NewTicker(5 * time.Second); ctx.Err() == nil; {
		if out, err := mesh.command("tools/lib/make-certs", "--rotate", "all").CombinedOutput(); err != nil {
			t.Fatalf("make-certs: %v %s", err, out)
		}
		rotateKey(t, &key)
		rotations++
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	all.Wait()
	t.Logf("%d calls, %d rotations", calls.Load(), rotations)
	if rotations < 3 || calls.Load() < 100 {
		t.Errorf("only %d rotations and %d calls", rotations, calls.Load())
	}
}

// rotateKey: a new key beside the old one, the partner changes over, the old one goes.
func rotateKey(t *testing.T, key *atomic.Pointer[partnersv1.CreateApiKeyResponse]) {
	old := key.Load()
	fresh := newKey(t, "rotating", 0)
	waitUntilTaken(t, fresh.GetKey())
	key.Store(fresh)
	time.Sleep(200 * time.Millisecond) // Calls with the old key end.
	revokeKey("rotating", old.GetApiKey().GetKeyId())
}

func oneStream(client feedv1.FeedServiceClient, n int) error {
	stream, err := client.StreamOrders(mesh.own().outgoing(context.Background()))
	if err != nil {
		return err
	}
	if err := stream.Send(&feedv1.StreamOrdersRequest{PartnerId: "partner-a", Orders: []*feedv1.OrderInput{
		{Tag: 7, Content: &feedv1.OrderInput_RawPayload{RawPayload: orderA(n)}}}}); err != nil {
		return err
	}
	response, err := stream.Recv()
	if err != nil {
		return err
	}
	if got := response.GetResults()[0].GetVerdict().GetVerdict().String(); got != "CREATED" {
		return fmt.Errorf("stream: %s", got)
	}
	return stream.CloseSend()
}

func statusError(got answer, want int) error {
	if got.status != want {
		return fmt.Errorf("REST: %d %s", got.status, got.body)
	}
	return nil
}
