package partners

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/refuse"
)

const (
	// How long a call waits for the first tokens of a bucket.
	leaseWait = 500 * time.Millisecond
	// A lease lasts about this long at the full rate.
	leaseSpan = 100 * time.Millisecond
	// Tokens that nobody used for this long are given back.
	idleAfter = time.Second
	// The pause after a refusal that named none.
	leastPause = 50 * time.Millisecond
)

// Bucket is the gateway's share of the query limit of one key.
type Bucket struct {
	partnerID, keyID string
	leases           *Leases

	mu sync.Mutex
	// Tokens a second, and at most in one go.
	rate  float64
	burst int64
	// Leased and not yet used.
	balance int64
	// No token before this.
	emptyUntil time.Time
	// When a token was last taken, and when tokens last came.
	taken, refilled time.Time
	holders         int64
	// Closed when the lease that is under way is there; nil where none is.
	coming chan struct{}
}

// SetLimit takes over a changed limit.
func (b *Bucket) SetLimit(limit *partnersv1.RateLimit) {
	period := time.Second
	if limit.GetPeriod() != nil {
		period = limit.GetPeriod().AsDuration()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rate = float64(limit.GetAmount()) / period.Seconds()
	b.burst = limit.GetBurst()
	if b.burst == 0 {
		b.burst = limit.GetAmount()
	}
}

// Take takes one token. RESOURCE_EXHAUSTED (QUERY_RATE_LIMITED) with RetryInfo where there is none.
func (b *Bucket) Take(ctx context.Context) error {
	now := time.Now()
	b.mu.Lock()
	if b.takeLocked(now) {
		if b.balance < b.chunkLocked()/2 && !now.Before(b.emptyUntil) {
			b.leaseLocked()
		}
		b.mu.Unlock()
		return nil
	}
	if now.Before(b.emptyUntil) {
		defer b.mu.Unlock()
		return b.refusalLocked(now)
	}
	coming := b.leaseLocked()
	b.mu.Unlock()

	timer := time.NewTimer(leaseWait)
	defer timer.Stop()
	select {
	case <-coming:
	case <-timer.C:
	case <-ctx.Done():
	}
	now = time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.takeLocked(now) {
		return nil
	}
	return b.refusalLocked(now)
}

func (b *Bucket) takeLocked(now time.Time) bool {
	if b.balance <= 0 {
		return false
	}
	b.balance--
	b.taken = now
	return true
}

func (b *Bucket) refusalLocked(now time.Time) error {
	return refuse.Retry(codes.ResourceExhausted, "QUERY_RATE_LIMITED", "the key reads faster than its limit allows",
		max(b.emptyUntil.Sub(now), leastPause))
}

// chunkLocked is how many tokens a lease asks for.
func (b *Bucket) chunkLocked() int64 {
	return max(1, min(int64(b.rate*leaseSpan.Seconds()), b.burst, maxWanted))
}

// leaseLocked asks for tokens unless that is under way, and gives what is closed when they are there.
func (b *Bucket) leaseLocked() <-chan struct{} {
	if b.coming == nil {
		b.coming = make(chan struct{})
		b.leases.ask(b)
	}
	return b.coming
}

// want is what the lease asks for.
func (b *Bucket) want() *partnersv1.TokenWant {
	b.mu.Lock()
	defer b.mu.Unlock()
	return &partnersv1.TokenWant{PartnerId: b.partnerID, KeyId: b.keyID, Wanted: max(0, b.chunkLocked()-b.balance)}
}

// grant takes over what the partners service gave.
func (b *Bucket) grant(grant *partnersv1.TokenGrant, wanted int64, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.balance += grant.GetGranted()
	b.refilled = now
	b.holders = int64(max(1, grant.GetHolders()))
	if grant.GetGranted() < wanted {
		b.emptyUntil = now.Add(max(grant.GetRetryAfter().AsDuration(), leastPause))
	}
	b.arrivedLocked()
}

// refill stands in for the partners service while that is away: the gateway's share of the rate since the last tokens.
func (b *Bucket) refill(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	holders := max(1, b.holders)
	share := b.rate / float64(holders)
	since := min(now.Sub(b.refilled), time.Second)
	if tokens := int64(since.Seconds() * share); tokens > 0 {
		b.balance = min(b.balance+tokens, max(1, b.burst/holders))
		b.refilled = now
	} else if share > 0 {
		b.emptyUntil = now.Add(max(leastPause, time.Duration(float64(time.Second)/share)-since))
	} else {
		b.emptyUntil = now.Add(time.Second)
	}
	b.arrivedLocked()
}

func (b *Bucket) arrivedLocked() {
	if b.coming != nil {
		close(b.coming)
		b.coming = nil
	}
}

// giveBack takes what an idle bucket holds; nothing where it is in use.
func (b *Bucket) giveBack(now time.Time) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.balance == 0 || now.Sub(b.taken) < idleAfter || b.coming != nil {
		return 0
	}
	unused := b.balance
	b.balance = 0
	return unused
}
