package edge

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/testmesh"
)

type orderStream = grpc.BidiStreamingServer[feedv1.StreamOrdersRequest, feedv1.StreamOrdersResponse]

// echo answers each message of a stream with a verdict an order.
func echo() *testmesh.Backend {
	return &testmesh.Backend{Stream: func(s orderStream) error {
		s.SetTrailer(metadata.Pairs("x-ordermesh-verdicts", "created=2"))
		for {
			request, err := s.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			response := &feedv1.StreamOrdersResponse{}
			for _, order := range request.GetOrders() {
				response.Results = append(
					response.Results,
					&commonv1.OrderResult{Tag: order.GetTag(), Result: &commonv1.OrderResult_Verdict{
						Verdict: &verdict{Verdict: commonv1.OrderVerdict_CREATED}}},
				)
			}
			if err := s.Send(response); err != nil {
				return err
			}
		}
	}}
}

func message(tags ...uint64) *feedv1.StreamOrdersRequest {
	request := &feedv1.StreamOrdersRequest{PartnerId: "partner-a"}
	for _, tag := range tags {
		request.Orders = append(
			request.Orders,
			&feedv1.OrderInput{Tag: tag, Content: &feedv1.OrderInput_RawPayload{RawPayload: []byte("{}")}},
		)
	}
	return request
}

func TestUnaryCallPassesWithMetadataBothWays(t *testing.T) {
	seen := make(chan metadata.MD, 1)
	f := start(t, &testmesh.Backend{Submit: func(ctx context.Context, r *feedv1.SubmitOrderRequest) (*verdict, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		seen <- md
		if id := testmesh.IdentityOf(ctx); id.GetPartnerId() != "partner-a" || id.GetRequestId() != "req-1" {
			t.Errorf("got %v", id)
		}
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 6*time.Second {
			t.Errorf("got deadline %v %v", deadline, ok)
		}
		_ = grpc.SetHeader(ctx, metadata.Pairs("x-header", "h"))
		_ = grpc.SetTrailer(ctx, metadata.Pairs("x-trailer", "t", "x-ordermesh-verdicts", "created=1"))
		return &verdict{Verdict: commonv1.OrderVerdict_CREATED, OrderId: string(r.GetRawPayload())}, nil
	}})
	var header, trailer metadata.MD
	ctx := f.with("x-api-key", testmesh.APIKey("a"), "x-request-id", "req-1", "x-custom", "c", "x-bytes-bin", "\x00\xff",
		"x-ordermesh-identity-bin", "forged", "x-ordermesh-other", "forged", "cookie", "x")
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	got, err := feedv1.NewFeedServiceClient(f.dial("grpc")).SubmitOrder(ctx, &feedv1.SubmitOrderRequest{
		PartnerId: "partner-a", Content: &feedv1.SubmitOrderRequest_RawPayload{RawPayload: []byte("payload")}},
		grpc.Header(&header), grpc.Trailer(&trailer))
	if err != nil || got.GetOrderId() != "payload" {
		t.Fatalf("got %v, %v", got, err)
	}
	md := <-seen
	if len(md.Get("traceparent")) != 1 || len(md.Get("x-request-id")) != 1 {
		t.Errorf("got %v", md)
	}
	for _, name := range []string{"x-api-key", "authorization", "cookie", "x-ordermesh-other", "x-custom", "x-bytes-bin"} {
		if len(md.Get(name)) > 0 {
			t.Errorf("%s went inward", name)
		}
	}
	if header.Get("x-header")[0] != "h" || header.Get("x-request-id")[0] != "req-1" || trailer.Get("x-trailer")[0] != "t" {
		t.Errorf("got %v, %v", header, trailer)
	}
	line := f.logged("req-1")
	if line["verdicts"] != "created=1" || line["protocol"] != "grpc" ||
		line["route"] != "/ordermesh.feed.v1.FeedService/SubmitOrder" ||
		line["partner"] != "partner-a" {
		t.Errorf("got %v", line)
	}
}

func TestStatusDetailsPassOutward(t *testing.T) {
	f := start(t, &testmesh.Backend{Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*verdict, error) {
		return nil, refuse.Retry(codes.ResourceExhausted, "RATE_LIMITED", "slower", 2*time.Second)
	}})
	_, err := feedv1.NewFeedServiceClient(f.dial("grpc")).SubmitOrder(f.asA(), &feedv1.SubmitOrderRequest{})
	if s := status.Convert(err); s.Code() != codes.ResourceExhausted || refuse.Reason(s) != "RATE_LIMITED" ||
		refuse.RetryAfter(s) != 2*time.Second {
		t.Errorf("got %v", err)
	}
}

func TestCallWithoutDeadlineGetsOne(t *testing.T) {
	f := start(t, &testmesh.Backend{Submit: func(ctx context.Context, _ *feedv1.SubmitOrderRequest) (*verdict, error) {
		deadline, ok := ctx.Deadline()
		if !ok || time.Until(deadline) > 6*time.Second || time.Until(deadline) < 4*time.Second {
			t.Errorf("got %v %v", deadline, ok)
		}
		return &verdict{}, nil
	}})
	ctx := metadata.AppendToOutgoingContext(context.Background(), "x-api-key", testmesh.APIKey("a"))
	if _, err := feedv1.NewFeedServiceClient(f.dial("grpc")).SubmitOrder(ctx, &feedv1.SubmitOrderRequest{}); err != nil {
		t.Error(err)
	}
}

func TestStreamOfOrdersPassesBothWays(t *testing.T) {
	f := start(t, echo())
	stream, err := feedv1.NewFeedServiceClient(f.dial("grpc")).StreamOrders(f.asA())
	if err != nil {
		t.Fatal(err)
	}
	for round := range uint64(20) {
		if err := stream.Send(message(2*round, 2*round+1)); err != nil {
			t.Fatal(err)
		}
		got, err := stream.Recv()
		if err != nil || len(got.GetResults()) != 2 || got.GetResults()[0].GetTag() != 2*round {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) || stream.Trailer().Get("x-ordermesh-verdicts")[0] != "created=2" {
		t.Errorf("got %v, %v", err, stream.Trailer())
	}
}

func TestCancellationReachesTheService(t *testing.T) {
	started, ended := make(chan struct{}), make(chan error, 1)
	f := start(t, &testmesh.Backend{Stream: func(s orderStream) error {
		close(started)
		<-s.Context().Done()
		ended <- s.Context().Err()
		return s.Context().Err()
	}})
	ctx, cancel := context.WithCancel(f.asA())
	stream, err := feedv1.NewFeedServiceClient(f.dial("grpc")).StreamOrders(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(message(1)); err != nil {
		t.Fatal(err)
	}
	<-started
	cancel()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the service still works")
	}
}

func TestSlowReaderHoldsTheServiceBack(t *testing.T) {
	const many, size = 2000, 64 << 10
	sent := make(chan int, many)
	f := start(t, &testmesh.Backend{Watch: func(_ *orderv1.WatchOrdersRequest, s watchServer) error {
		for i := range many {
			large := &orderv1.WatchedOrder{Order: &orderv1.Order{RawPayload: make([]byte, size)}}
			if err := s.Send(&orderv1.WatchOrdersResponse{Orders: []*orderv1.WatchedOrder{large}}); err != nil {
				return err
			}
			sent <- i
		}
		return nil
	}})
	stream, err := orderv1.NewOrderServiceClient(f.dial("grpc")).WatchOrders(f.asA(), &orderv1.WatchOrdersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	f.eventually("sending stops", func() bool {
		before := len(sent)
		time.Sleep(300 * time.Millisecond)
		return before > 0 && len(sent) == before
	})
	if held := len(sent) * size; held > 64<<20 {
		t.Errorf("%d bytes are on their way", held)
	}
	received := 0
	for ; ; received++ {
		if _, err := stream.Recv(); err != nil {
			break
		}
	}
	if received != many {
		t.Errorf("got %d", received)
	}
}

func TestPartnerPortHasOnlyWhatPartnersMayCall(t *testing.T) {
	f := start(
		t,
		&testmesh.Backend{Update: func(context.Context, *partnersv1.UpdatePartnerRequest) (*partnersv1.Partner, error) {
			return &partnersv1.Partner{PartnerId: "x"}, nil
		}},
	)
	call := func(port string, pairs ...string) codes.Code {
		_, err := partnersv1.NewPartnersServiceClient(f.dial(port)).
			UpdatePartner(f.with(pairs...), &partnersv1.UpdatePartnerRequest{})
		return status.Code(err)
	}
	operator := []string{"authorization", "Bearer " + f.token("operator")}
	for _, c := range []struct {
		port  string
		pairs []string
		want  codes.Code
	}{
		{"operator", operator, codes.OK},
		{"grpc", operator, codes.Unimplemented},
		{"operator", []string{"x-api-key", testmesh.APIKey("a")}, codes.PermissionDenied},
		{"operator", nil, codes.Unauthenticated},
		{"grpc", nil, codes.Unimplemented},
	} {
		if got := call(c.port, c.pairs...); got != c.want {
			t.Errorf("%s %v: got %v, want %v", c.port, c.pairs, got, c.want)
		}
	}
	for _, port := range []string{"grpc", "operator"} {
		_, err := partnersv1.NewPartnerSyncServiceClient(f.dial(port)).
			LeaseTokens(f.with(operator...), &partnersv1.LeaseTokensRequest{})
		if status.Code(err) != codes.Unimplemented {
			t.Errorf("%s: the inside can be reached: %v", port, err)
		}
	}
}

func TestHealthIsServedOnEveryPort(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	for _, port := range []string{"grpc", "operator", "admin"} {
		client := healthpb.NewHealthClient(f.dial(port))
		for _, service := range []string{"", "gateway", "feed", "validation", "order-store", "error-store", "partners"} {
			f.eventually(port+" says that "+service+" serves", func() bool {
				got, err := client.Check(f.with(), &healthpb.HealthCheckRequest{Service: service})
				return err == nil && got.GetStatus() == healthpb.HealthCheckResponse_SERVING
			})
		}
	}
}

func TestMessagesAreBounded(t *testing.T) {
	f := start(t, &testmesh.Backend{
		Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*verdict, error) { return &verdict{}, nil },
		Batch: func(context.Context, *feedv1.BatchSubmitOrdersRequest) (*feedv1.BatchSubmitOrdersResponse, error) {
			return &feedv1.BatchSubmitOrdersResponse{}, nil
		},
	})
	client := feedv1.NewFeedServiceClient(f.dial("grpc"))
	single := func(size int) codes.Code {
		_, err := client.SubmitOrder(
			f.asA(),
			&feedv1.SubmitOrderRequest{Content: &feedv1.SubmitOrderRequest_RawPayload{RawPayload: make([]byte, size)}},
		)
		return status.Code(err)
	}
	batch := func(size int) codes.Code {
		_, err := client.BatchSubmitOrders(f.asA(), &feedv1.BatchSubmitOrdersRequest{Orders: []*feedv1.OrderInput{
			{Content: &feedv1.OrderInput_RawPayload{RawPayload: make([]byte, size)}}}})
		return status.Code(err)
	}
	if a, b, c, d := single(3<<20), single(5<<20), batch(8<<20), batch(10<<20); a != codes.OK ||
		b != codes.ResourceExhausted ||
		c != codes.OK ||
		d != codes.ResourceExhausted {
		t.Errorf("got %v %v %v %v", a, b, c, d)
	}
	_, err := client.SubmitOrder(
		f.with("x-api-key", testmesh.APIKey("a"), "x-much", strings.Repeat("x", 17<<10)),
		&feedv1.SubmitOrderRequest{},
	)
	if err == nil {
		t.Errorf("much metadata: %v", err)
	}
}
