package rest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	"ordermesh.dev/gateway/internal/call"
	"ordermesh.dev/gateway/internal/limits"
	"ordermesh.dev/gateway/internal/refuse"
)

// Single orders over REST share a stream to the feed: a call of its own for each order costs gateway and feed more than
// everything else that the order needs (docs/performance.md). A lane is such a stream, for one caller and one partner, because the
// feed takes the caller's identity from the stream.
type lanes struct {
	feed feedv1.FeedServiceClient
	// How long a stream is used.
	age time.Duration

	mu   sync.Mutex
	open map[laneKey]*lane
}

type laneKey struct{ partner, subject string }

func newLanes(feed feedv1.FeedServiceClient) *lanes {
	return &lanes{feed: feed, age: limits.LaneAge, open: map[laneKey]*lane{}}
}

// carries says whether an order goes over a lane: a partner's own. What names somebody else is refused, or rare.
func (l *lanes) carries(c *call.Call, in *feedv1.SubmitOrderRequest) bool {
	return c.Caller.Role == commonv1.Identity_PARTNER && in.GetPartnerId() == c.Caller.PartnerID
}

// waiting is an order on its way. Its answer comes once.
type waiting struct {
	order *feedv1.OrderInput
	// A draining feed has told that it did not take the order: it goes to the next stream, this once.
	again  bool
	answer chan *commonv1.OrderResult
}

type lane struct {
	lanes *lanes
	key   laneKey
	md    metadata.MD
	queue chan *waiting
}

// submit is FeedService.SubmitOrder over the caller's lane.
func (l *lanes) submit(ctx context.Context, c *call.Call, in *feedv1.SubmitOrderRequest, out *commonv1.OrderVerdict) error {
	w := &waiting{answer: make(chan *commonv1.OrderResult, 1), order: &feedv1.OrderInput{Traceparent: c.Trace.Parent(),
		Content: &feedv1.OrderInput_RawPayload{RawPayload: in.GetRawPayload()}}}
	if err := l.enqueue(c, w); err != nil {
		return err
	}
	select {
	case result := <-w.answer:
		if result.GetStatus() != nil {
			return status.ErrorProto(result.GetStatus())
		}
		proto.Merge(out, result.GetVerdict())
		c.Verdicts = countOf(out.GetVerdict())
		return nil
	case <-ctx.Done():
		// As a call of its own would end: the error handler turns it into 503.
		return status.FromContextError(ctx.Err()).Err()
	}
}

// enqueue finds or opens the lane. The queue is filled under the lock, so that no lane closes over an order.
func (l *lanes) enqueue(c *call.Call, w *waiting) error {
	key := laneKey{c.Caller.PartnerID, c.Caller.Subject}
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.open[key]
	if next == nil {
		md := metadata.MD{}
		if err := c.AppendMetadata(md); err != nil {
			return err
		}
		next = l.start(key, md)
	}
	return next.put(w)
}

// start opens a lane; the lock is held.
func (l *lanes) start(key laneKey, md metadata.MD) *lane {
	n := &lane{lanes: l, key: key, md: md, queue: make(chan *waiting, limits.LaneQueue)}
	l.open[key] = n
	go n.run()
	return n
}

// again takes back what a stream left that nobody waits for any more.
func (l *lanes) again(from *lane, left []*waiting) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.open[from.key]
	if next == nil && len(left) > 0 {
		next = l.start(from.key, from.md)
	}
	for _, w := range left {
		if err := next.put(w); err != nil {
			refuseAll([]*waiting{w}, err)
		}
	}
}

// put never blocks; the lanes' lock is held.
func (n *lane) put(w *waiting) error {
	select {
	case n.queue <- w:
		return nil
	default:
		return errLaneFull
	}
}

var (
	errLaneFull = refuse.Retry(codes.ResourceExhausted, "OVERLOADED", "too many orders wait for the feed", 100*time.Millisecond)
	errBroken   = refuse.Retry(codes.Unavailable, "NO_VERDICT",
		"the feed went away; the outcome is unknown, sending again is safe", 500*time.Millisecond)
)

// run opens a stream whenever there is something to send, until nothing was for a while.
func (n *lane) run() {
	var left []*waiting
	for {
		if len(left) == 0 {
			if left = n.take(nil); left == nil {
				return
			}
		}
		left = n.stream(left)
	}
}

// take waits for orders and gives all that are there, up to a message; nil when the lane has closed.
func (n *lane) take(broken <-chan struct{}) []*waiting {
	idle := time.NewTimer(limits.LaneIdle)
	defer idle.Stop()
	var batch []*waiting
	select {
	case first := <-n.queue:
		batch = append(batch, first)
	case <-broken:
		return nil
	case <-idle.C:
		n.lanes.mu.Lock()
		defer n.lanes.mu.Unlock()
		if len(n.queue) == 0 {
			if broken == nil {
				delete(n.lanes.open, n.key)
			}
			return nil
		}
		batch = append(batch, <-n.queue)
	}
	// Requests that are ready to run get to put theirs in: batches form by pressure, without a timer.
	runtime.Gosched()
	size := proto.Size(batch[0].order)
	for len(batch) < limits.LaneBatch && size < limits.LaneBatchBytes {
		select {
		case w := <-n.queue:
			batch = append(batch, w)
			size += proto.Size(w.order)
		default:
			return batch
		}
	}
	return batch
}

// stream sends batches until the stream ends, is old or nothing comes, and gives what must go to the next one.
func (n *lane) stream(batch []*waiting) []*waiting {
	ctx, cancel := context.WithCancel(metadata.NewOutgoingContext(context.Background(), n.md))
	giveUp := time.AfterFunc(limits.ConnectTime, cancel)
	stream, err := n.lanes.feed.StreamOrders(ctx, grpc.WaitForReady(true))
	if !giveUp.Stop() || err != nil {
		cancel()
		refuseAll(batch, refuse.Away())
		return nil
	}
	// Not all lanes at once.
	old := time.Now().Add(n.lanes.age*3/4 + rand.N(n.lanes.age/2))
	u := &unanswered{orders: map[uint64]*waiting{}, broken: make(chan struct{})}
	go u.receive(stream)
	for batch != nil {
		inputs := u.add(batch)
		// Where sending fails, receiving says why, and answers for what was added.
		if inputs == nil || stream.Send(&feedv1.StreamOrdersRequest{PartnerId: n.key.partner, Orders: inputs}) != nil {
			break
		}
		if batch = n.take(u.broken); batch != nil && time.Now().After(old) {
			// Nothing waits for the answers that are still to come.
			go func() { n.lanes.again(n, u.finish(stream, cancel)) }()
			return batch
		}
	}
	return u.finish(stream, cancel)
}

// finish waits for the last answers and gives what got none and goes to the next stream.
func (u *unanswered) finish(stream feedv1.FeedService_StreamOrdersClient, cancel context.CancelFunc) []*waiting {
	defer cancel()
	defer time.AfterFunc(limits.FeedTime, cancel).Stop()
	_ = stream.CloseSend()
	<-u.broken
	return u.left
}

// unanswered are the orders of one stream that have no answer yet.
type unanswered struct {
	mu     sync.Mutex
	next   uint64
	orders map[uint64]*waiting
	ended  bool
	// Closed when nothing more comes.
	broken chan struct{}
	// What goes to the next stream; complete once the sender has stopped.
	left []*waiting
}

// add gives what to send; nil where the stream has ended, and then the batch is left for the next one.
func (u *unanswered) add(batch []*waiting) []*feedv1.OrderInput {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		u.left = append(u.left, batch...)
		return nil
	}
	inputs := make([]*feedv1.OrderInput, len(batch))
	for i, w := range batch {
		u.next++
		w.order.Tag = u.next
		u.orders[u.next] = w
		inputs[i] = w.order
	}
	return inputs
}

func (u *unanswered) receive(stream feedv1.FeedService_StreamOrdersClient) {
	for {
		response, err := stream.Recv()
		if err != nil {
			u.end(err)
			return
		}
		u.mu.Lock()
		for _, result := range response.GetResults() {
			if w := u.orders[result.GetTag()]; w != nil {
				delete(u.orders, result.GetTag())
				w.answer <- result
			}
		}
		u.mu.Unlock()
	}
}

// end answers what got no verdict: with the feed's refusal, or that nobody knows. What a draining feed leaves it has not taken.
func (u *unanswered) end(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ended = true
	s := status.Convert(err)
	var refused []*waiting
	for _, w := range u.orders {
		if refuse.Reason(s) == "DRAINING" && !w.again {
			w.again = true
			u.left = append(u.left, w)
		} else {
			refused = append(refused, w)
		}
	}
	// Without a reason it was not the feed that spoke.
	if refuse.Reason(s) == "" || refuse.Reason(s) == "DRAINING" {
		err = errBroken
	}
	refuseAll(refused, err)
	close(u.broken)
}

func refuseAll(batch []*waiting, err error) {
	for _, w := range batch {
		w.answer <- &commonv1.OrderResult{Result: &commonv1.OrderResult_Status{Status: status.Convert(err).Proto()}}
	}
}

// countOf is what the feed's trailer says of a single order.
func countOf(verdict commonv1.OrderVerdict_Verdict) string {
	var counts [commonv1.OrderVerdict_REJECTED + 1]int
	if int(verdict) < len(counts) {
		counts[verdict] = 1
	}
	return fmt.Sprintf("received=1,created=%d,replayed=%d,conflicts=%d,sequenceReused=%d,rejected=%d,refused=0",
		counts[commonv1.OrderVerdict_CREATED], counts[commonv1.OrderVerdict_REPLAYED], counts[commonv1.OrderVerdict_CONFLICT],
		counts[commonv1.OrderVerdict_SEQUENCE_REUSED], counts[commonv1.OrderVerdict_REJECTED])
}
