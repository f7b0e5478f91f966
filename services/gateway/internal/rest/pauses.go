package rest

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordermesh.dev/gateway/internal/refuse"
)

// pauses remembers which partners are over their limit of orders, so that a caller that does not heed RetryInfo costs the
// mesh nothing: until the time that the feed named the answer is the feed's, given here. It holds one entry a partner.
type pauses struct {
	now func() time.Time
	// time.Time by partner id.
	until sync.Map
}

// check gives the refusal that still holds for the partner, with what is left of its delay. The answer is held back a
// little, since a caller that does not heed the delay calls again as soon as it is answered: so it costs others less.
func (p *pauses) check(ctx context.Context, partner string) error {
	until, paused := p.until.Load(partner)
	if !paused {
		return nil
	}
	left := until.(time.Time).Sub(p.now())
	if left <= 0 {
		return nil
	}
	held := time.NewTimer(min(left, longestHold))
	defer held.Stop()
	select {
	case <-held.C:
	case <-ctx.Done():
	}
	return refuse.Retry(codes.ResourceExhausted, reasonRateLimited, "the partner is over its limit of orders; send again later", left)
}

// note takes over what an order of the partner ended with.
func (p *pauses) note(partner string, err error) {
	refusal := status.Convert(err)
	if refusal.Code() == codes.ResourceExhausted && refuse.Reason(refusal) == reasonRateLimited {
		p.until.Store(partner, p.now().Add(min(refuse.RetryAfter(refusal), longestPause)))
	}
}

const (
	// The feed's reason, services/feed/domain/errors.cc.
	reasonRateLimited = "RATE_LIMITED"
	// A limit that is raised meanwhile holds within this time.
	longestPause = time.Second
	// Of one answer.
	longestHold = 100 * time.Millisecond
)
