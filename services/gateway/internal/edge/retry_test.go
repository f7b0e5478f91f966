package edge

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/testmesh"
)

// submitWithPackagePolicy calls as every client package does: with the retry policy that they share.
func submitWithPackagePolicy(t *testing.T, f *fixture, options ...grpc.CallOption) error {
	t.Helper()
	policy, err := os.ReadFile("../../../../clients/service_config.json")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(f.gateway.Addresses()["grpc"], grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(string(policy)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(f.with("x-api-key", testmesh.APIKey("a"), "x-request-id", "req-1"), 10*time.Second)
	defer cancel()
	_, err = feedv1.NewFeedServiceClient(conn).SubmitOrder(ctx, &feedv1.SubmitOrderRequest{
		PartnerId: "partner-a", Content: &feedv1.SubmitOrderRequest_RawPayload{RawPayload: []byte("payload")}}, options...)
	return err
}

func TestRefusalsForNowAreHealedByTheRetriesOfTheClientPackages(t *testing.T) {
	for name, refusal := range map[string]error{
		"a feed that is draining":        refuse.Retry(codes.Unavailable, "NO_VERDICT", "no", time.Millisecond),
		"a feed that is overloaded":      refuse.Retry(codes.ResourceExhausted, "OVERLOADED", "no", time.Millisecond),
		"a feed that went away":          status.Error(codes.Unavailable, "connection reset"),
		"a server that cancels its rest": status.Error(codes.Canceled, "CANCELLED"),
	} {
		var calls atomic.Int32
		f := start(t, &testmesh.Backend{Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*verdict, error) {
			if calls.Add(1) < 3 {
				return nil, refusal
			}
			return &verdict{Verdict: commonv1.OrderVerdict_CREATED}, nil
		}})
		if err := submitWithPackagePolicy(t, f); err != nil {
			t.Errorf("%s: %v after %d calls", name, err, calls.Load())
		}
	}
}

func TestACallThatFailsHasItsRequestIDBehindItAndNoHeaders(t *testing.T) {
	f := start(t, &testmesh.Backend{Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*verdict, error) {
		return nil, refuse.With(codes.InvalidArgument, "BAD", "no")
	}})
	var header, trailer metadata.MD
	err := submitWithPackagePolicy(t, f, grpc.Header(&header), grpc.Trailer(&trailer))
	if status.Code(err) != codes.InvalidArgument || len(header.Get("x-request-id")) > 0 ||
		len(trailer.Get("x-request-id")) != 1 || trailer.Get("x-request-id")[0] != "req-1" {
		t.Errorf("%v: header %v, trailer %v", err, header, trailer)
	}
}
