package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	"ordermesh.dev/gateway/internal/call"
	"ordermesh.dev/gateway/internal/refuse"
)

// laneFeed is a feed that says CREATED with the payload as order id, and does what a payload tells it to.
type laneFeed struct {
	feedv1.UnimplementedFeedServiceServer
	mu       sync.Mutex
	streams  int
	messages int
	traces   []string
}

func (f *laneFeed) StreamOrders(stream feedv1.FeedService_StreamOrdersServer) error {
	f.mu.Lock()
	f.streams++
	first := f.streams == 1
	f.mu.Unlock()
	for {
		request, err := stream.Recv()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		response := &feedv1.StreamOrdersResponse{}
		f.mu.Lock()
		f.messages++
		for _, order := range request.GetOrders() {
			f.traces = append(f.traces, order.GetTraceparent())
		}
		f.mu.Unlock()
		for _, order := range request.GetOrders() {
			result := &commonv1.OrderResult{Tag: order.GetTag()}
			switch payload := string(order.GetRawPayload()); {
			case payload == "limited":
				refusal := refuse.Retry(codes.ResourceExhausted, "RATE_LIMITED", "too fast", time.Second)
				result.Result = &commonv1.OrderResult_Status{Status: status.Convert(refusal).Proto()}
			case payload == "drain" && first:
				return refuse.Draining()
			case payload == "die":
				return status.Error(codes.Unavailable, "connection reset")
			case payload == "foreign":
				return refuse.With(codes.PermissionDenied, "NOT_YOUR_PARTNER", "not yours")
			default:
				result.Result = &commonv1.OrderResult_Verdict{Verdict: &commonv1.OrderVerdict{
					Verdict: commonv1.OrderVerdict_CREATED, OrderId: payload}}
			}
			response.Results = append(response.Results, result)
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

func newTestLanes(t *testing.T) (*laneFeed, *lanes) {
	t.Helper()
	feed := &laneFeed{}
	server := grpc.NewServer()
	feedv1.RegisterFeedServiceServer(server, feed)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return feed, newLanes(feedv1.NewFeedServiceClient(conn))
}

func submitTo(l *lanes, subject, payload string) (*commonv1.OrderVerdict, *call.Call, error) {
	c := &call.Call{Trace: call.NewTrace("")}
	c.Caller.Role, c.Caller.PartnerID, c.Caller.Subject = commonv1.Identity_PARTNER, "acme", subject
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	verdict := &commonv1.OrderVerdict{}
	err := l.submit(ctx, c, &feedv1.SubmitOrderRequest{PartnerId: "acme",
		Content: &feedv1.SubmitOrderRequest_RawPayload{RawPayload: []byte(payload)}}, verdict)
	return verdict, c, err
}

func TestEachOrderOfALaneGetsItsOwnVerdict(t *testing.T) {
	feed, l := newTestLanes(t)
	var all sync.WaitGroup
	for i := range 500 {
		all.Go(func() {
			payload := fmt.Sprint("order-", i)
			verdict, c, err := submitTo(l, "key", payload)
			if err != nil || verdict.GetOrderId() != payload {
				t.Errorf("%s: %v %v", payload, verdict, err)
			}
			if c.Verdicts != "received=1,created=1,replayed=0,conflicts=0,sequenceReused=0,rejected=0,refused=0" {
				t.Errorf("counts %q", c.Verdicts)
			}
		})
	}
	all.Wait()
	if feed.streams != 1 || feed.messages == 0 || feed.messages > 500 {
		t.Errorf("%d streams, %d messages", feed.streams, feed.messages)
	}
	traces := map[string]bool{}
	for _, trace := range feed.traces {
		traces[trace] = true
	}
	if len(traces) != 500 {
		t.Errorf("%d trace contexts of 500 orders", len(traces))
	}
}

func TestAnOldStreamIsReplacedWhileOrdersPassOn(t *testing.T) {
	feed, l := newTestLanes(t)
	l.age = 2 * time.Millisecond
	var all sync.WaitGroup
	for key := range 4 {
		all.Go(func() {
			for i := range 300 {
				payload := fmt.Sprint("order-", key, "-", i)
				if verdict, _, err := submitTo(l, "key", payload); err != nil || verdict.GetOrderId() != payload {
					t.Errorf("%s: %v %v", payload, verdict, err)
				}
			}
		})
	}
	all.Wait()
	feed.mu.Lock()
	defer feed.mu.Unlock()
	if feed.streams < 5 {
		t.Errorf("%d streams", feed.streams)
	}
	traces := map[string]bool{}
	for _, trace := range feed.traces {
		traces[trace] = true
	}
	if len(feed.traces) != 1200 || len(traces) != 1200 {
		t.Errorf("%d orders sent, %d of them different", len(feed.traces), len(traces))
	}
}

func TestWhatAnOldStreamLeavesGoesToTheNextOne(t *testing.T) {
	_, l := newTestLanes(t)
	closed := &lane{lanes: l, key: laneKey{"acme", "key"}, md: nil}
	w := &waiting{order: &feedv1.OrderInput{Content: &feedv1.OrderInput_RawPayload{RawPayload: []byte("left")}},
		answer: make(chan *commonv1.OrderResult, 1)}
	l.again(closed, []*waiting{w})
	select {
	case result := <-w.answer:
		if result.GetVerdict().GetOrderId() != "left" {
			t.Errorf("got %v", result)
		}
	case <-time.After(10 * time.Second):
		t.Error("no answer")
	}
}

func TestEachKeyHasALaneOfItsOwn(t *testing.T) {
	feed, l := newTestLanes(t)
	for _, key := range []string{"key-1", "key-2", "key-1"} {
		if _, _, err := submitTo(l, key, "x"); err != nil {
			t.Error(err)
		}
	}
	if feed.streams != 2 {
		t.Errorf("%d streams for two keys", feed.streams)
	}
}

func TestARefusedOrderHurtsNoOther(t *testing.T) {
	feed, l := newTestLanes(t)
	if _, _, err := submitTo(l, "key", "limited"); status.Code(err) != codes.ResourceExhausted || refuse.RetryAfter(status.Convert(err)) != time.Second {
		t.Errorf("%v", err)
	}
	if _, _, err := submitTo(l, "key", "x"); err != nil || feed.streams != 1 {
		t.Errorf("%v, %d streams", err, feed.streams)
	}
}

func TestWhatADrainingFeedDidNotTakeGoesToTheNextStream(t *testing.T) {
	feed, l := newTestLanes(t)
	verdict, _, err := submitTo(l, "key", "drain")
	if err != nil || verdict.GetOrderId() != "drain" || feed.streams != 2 {
		t.Errorf("%v %v, %d streams", verdict, err, feed.streams)
	}
}

func TestAFeedThatDiesLeavesTheOutcomeUnknown(t *testing.T) {
	_, l := newTestLanes(t)
	_, _, err := submitTo(l, "key", "die")
	if s := status.Convert(err); s.Code() != codes.Unavailable || refuse.Reason(s) != "NO_VERDICT" || refuse.RetryAfter(s) == 0 {
		t.Errorf("%v", err)
	}
	if _, _, err := submitTo(l, "key", "x"); err != nil {
		t.Errorf("the order after: %v", err)
	}
}

func TestTheFeedsOwnRefusalOfAStreamIsPassedOn(t *testing.T) {
	_, l := newTestLanes(t)
	if _, _, err := submitTo(l, "key", "foreign"); refuse.Reason(status.Convert(err)) != "NOT_YOUR_PARTNER" {
		t.Errorf("%v", err)
	}
}

func TestAnOrderThatIsSentToNobodyEndsWithItsDeadline(t *testing.T) {
	conn, err := grpc.NewClient("127.0.0.1:1", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	l := newLanes(feedv1.NewFeedServiceClient(conn))
	c := &call.Call{Trace: call.NewTrace("")}
	c.Caller.Role, c.Caller.PartnerID = commonv1.Identity_PARTNER, "acme"
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err = l.submit(ctx, c, &feedv1.SubmitOrderRequest{PartnerId: "acme"}, &commonv1.OrderVerdict{})
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("%v", err)
	}
}
