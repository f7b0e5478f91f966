package partners

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
)

const (
	maxWanted    = 1_000_000
	maxWants     = 1_000
	leaseTimeout = 300 * time.Millisecond
)

// Leases gets tokens for the buckets of this gateway. One call is under way at a time: what is asked for meanwhile goes
// into the next.
type Leases struct {
	client partnersv1.PartnerSyncServiceClient
	holder string
	wake   chan struct{}

	// Buckets that may hold tokens; only Run's goroutine touches it.
	holding map[*Bucket]struct{}

	mu    sync.Mutex
	asked []*Bucket
}

// NewLeases makes the holder of this gateway.
func NewLeases(client partnersv1.PartnerSyncServiceClient) *Leases {
	return &Leases{client: client, holder: "gateway-" + uuid.NewString(), wake: make(chan struct{}, 1),
		holding: map[*Bucket]struct{}{}}
}

// NewBucket makes the bucket of a key.
func (l *Leases) NewBucket(partnerID, keyID string, limit *partnersv1.RateLimit) *Bucket {
	bucket := &Bucket{partnerID: partnerID, keyID: keyID, leases: l}
	bucket.SetLimit(limit)
	return bucket
}

func (l *Leases) ask(b *Bucket) {
	l.mu.Lock()
	l.asked = append(l.asked, b)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run gets what is asked for and gives back what nobody uses, until the context ends.
func (l *Leases) Run(ctx context.Context) {
	idle := time.NewTicker(idleAfter)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
			for l.leaseOnce(ctx) {
			}
		case now := <-idle.C:
			l.giveBack(ctx, now)
		}
	}
}

// leaseOnce gets tokens for some of those that asked and says whether there were any.
func (l *Leases) leaseOnce(ctx context.Context) bool {
	l.mu.Lock()
	buckets := l.asked
	l.asked = nil
	if len(buckets) > maxWants {
		buckets, l.asked = buckets[:maxWants], buckets[maxWants:]
	}
	l.mu.Unlock()
	if len(buckets) == 0 {
		return false
	}
	request := &partnersv1.LeaseTokensRequest{Holder: l.holder}
	for _, bucket := range buckets {
		l.holding[bucket] = struct{}{}
		request.Wants = append(request.Wants, bucket.want())
	}
	response, err := l.call(ctx, request)
	now := time.Now()
	for i, bucket := range buckets {
		if err == nil && i < len(response.GetGrants()) {
			bucket.grant(response.GetGrants()[i], request.GetWants()[i].GetWanted(), now)
		} else {
			bucket.refill(now)
		}
	}
	return true
}

func (l *Leases) giveBack(ctx context.Context, now time.Time) {
	// Buckets lock themselves before they lock l: never the other way round. Only this goroutine changes holding.
	request := &partnersv1.LeaseTokensRequest{Holder: l.holder}
	for bucket := range l.holding {
		if len(request.Wants) == maxWants {
			break
		}
		if unused := bucket.giveBack(now); unused > 0 {
			delete(l.holding, bucket)
			request.Wants = append(request.Wants,
				&partnersv1.TokenWant{PartnerId: bucket.partnerID, KeyId: bucket.keyID, Returned: unused})
		}
	}
	if len(request.Wants) > 0 {
		// What is lost on the way comes again at the limit's own rate.
		_, _ = l.call(ctx, request)
	}
}

func (l *Leases) call(
	ctx context.Context,
	request *partnersv1.LeaseTokensRequest,
) (*partnersv1.LeaseTokensResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	return l.client.LeaseTokens(ctx, request)
}
