package edge

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/testmesh"
)

func TestOpenStreamEndsWithItsKey(t *testing.T) {
	f := start(t, echo())
	client := feedv1.NewFeedServiceClient(f.dial("grpc"))
	stream, err := client.StreamOrders(f.asA())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(message(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	f.backend.Partners.Set(testmesh.Record("partner-a", "other"))
	if _, err := stream.Recv(); status.Code(err) != codes.Unauthenticated ||
		refuse.Reason(status.Convert(err)) != "KEY_REVOKED" {
		t.Errorf("got %v", err)
	}
	if _, err := client.SubmitOrder(f.asA(), &feedv1.SubmitOrderRequest{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

func TestOpenStreamEndsWithItsToken(t *testing.T) {
	f := start(t, endless(t))
	// Tokens are taken for five seconds longer, so one that has just expired ends within that time.
	token, err := f.signing.Issue("somebody", "viewer", time.Now().Add(-time.Hour), time.Hour-4*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := orderv1.NewOrderServiceClient(f.dial("operator")).
		WatchOrders(f.with("authorization", "Bearer "+token), &orderv1.WatchOrdersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.Unauthenticated ||
		refuse.Reason(status.Convert(err)) != "TOKEN_EXPIRED" {
		t.Errorf("got %v", err)
	}
}

func TestDrainLetsAStreamHaveItsAnswers(t *testing.T) {
	release := make(chan struct{})
	f := start(t, &testmesh.Backend{Stream: func(s orderStream) error {
		request, err := s.Recv()
		if err != nil {
			return err
		}
		if _, err := s.Recv(); !errors.Is(err, io.EOF) {
			return err
		}
		<-release
		return s.Send(&feedv1.StreamOrdersResponse{Results: []*commonv1.OrderResult{{Tag: request.GetOrders()[0].GetTag()}}})
	}})
	stream, err := feedv1.NewFeedServiceClient(f.dial("grpc")).StreamOrders(f.asA())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(message(7)); err != nil {
		t.Fatal(err)
	}
	f.eventually("the stream is open", func() bool {
		return strings.Contains(
			f.metric(),
			`ordermesh_gateway_streams{route="/ordermesh.feed.v1.FeedService/StreamOrders"} 1`,
		)
	})
	stopped := make(chan struct{})
	go func() {
		f.gateway.Stop(10 * time.Second)
		close(stopped)
	}()
	close(release)
	if got, err := stream.Recv(); err != nil || got.GetResults()[0].GetTag() != 7 {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := stream.Recv(); refuse.Reason(status.Convert(err)) != "DRAINING" {
		t.Errorf("got %v", err)
	}
	<-stopped
}

func TestGatewayWorksFromItsCopyWhilePartnersIsAway(t *testing.T) {
	f := start(
		t,
		&testmesh.Backend{
			Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*verdict, error) { return &verdict{}, nil },
		},
		withCopy(t),
	)
	f.gateway.Stop(time.Second)
	f.config.Upstreams["partners"] = "127.0.0.1:1"
	f.open()
	if _, err := feedv1.NewFeedServiceClient(f.dial("grpc")).SubmitOrder(f.asA(),
		&feedv1.SubmitOrderRequest{}); err != nil {
		t.Error(err)
	}
}
