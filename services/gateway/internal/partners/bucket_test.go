package partners

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/refuse"
)

// leasing runs leases against a partners service that answers with lease.
func leasing(
	t *testing.T,
	limit *partnersv1.RateLimit,
	lease func(*partnersv1.LeaseTokensRequest) (*partnersv1.LeaseTokensResponse, error),
) *Bucket {
	t.Helper()
	backend, sync := client(t)
	backend.Partners.Lease = lease
	leases := NewLeases(sync)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		leases.Run(ctx)
		close(done)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return leases.NewBucket("p", "k", limit)
}

func grants(each *partnersv1.TokenGrant) func(*partnersv1.LeaseTokensRequest) (*partnersv1.LeaseTokensResponse, error) {
	return func(r *partnersv1.LeaseTokensRequest) (*partnersv1.LeaseTokensResponse, error) {
		response := &partnersv1.LeaseTokensResponse{}
		for range r.GetWants() {
			response.Grants = append(response.Grants, each)
		}
		return response, nil
	}
}

func take(t *testing.T, b *Bucket, n int) (taken int, last error) {
	t.Helper()
	for range n {
		if err := b.Take(context.Background()); err != nil {
			last = err
		} else {
			taken++
		}
	}
	return taken, last
}

func TestTokensAreLeasedInChunks(t *testing.T) {
	var calls, granted atomic.Int64
	bucket := leasing(
		t,
		&partnersv1.RateLimit{Amount: 1000, Burst: 1000},
		func(r *partnersv1.LeaseTokensRequest) (*partnersv1.LeaseTokensResponse, error) {
			calls.Add(1)
			response := &partnersv1.LeaseTokensResponse{}
			for _, want := range r.GetWants() {
				if want.GetPartnerId() != "p" || want.GetKeyId() != "k" || r.GetHolder() == "" {
					t.Errorf("got %v", r)
				}
				granted.Add(want.GetWanted() - want.GetReturned())
				response.Grants = append(response.Grants, &partnersv1.TokenGrant{Granted: want.GetWanted(), Holders: 1})
			}
			return response, nil
		},
	)
	if taken, err := take(t, bucket, 500); taken != 500 {
		t.Errorf("got %d, %v", taken, err)
	}
	if calls.Load() > 50 || granted.Load() > 700 {
		t.Errorf("%d tokens in %d calls", granted.Load(), calls.Load())
	}
	within(t, "what is unused goes back", func() bool { return granted.Load() <= 500 })
}

func TestEmptyBucketRefusesWithTheTimeToWait(t *testing.T) {
	var calls atomic.Int64
	answer := grants(&partnersv1.TokenGrant{Granted: 3, RetryAfter: durationpb.New(time.Minute), Holders: 1})
	bucket := leasing(
		t,
		&partnersv1.RateLimit{Amount: 100},
		func(r *partnersv1.LeaseTokensRequest) (*partnersv1.LeaseTokensResponse, error) {
			calls.Add(1)
			return answer(r)
		},
	)
	taken, err := take(t, bucket, 1000)
	s := status.Convert(err)
	if taken != 3 || s.Code() != codes.ResourceExhausted || refuse.Reason(s) != "QUERY_RATE_LIMITED" ||
		refuse.RetryAfter(s) < 50*time.Second {
		t.Errorf("got %d, %v", taken, err)
	}
	if calls.Load() != 1 {
		t.Errorf("the partners service was asked %d times", calls.Load())
	}
}

func TestUnknownKeyGetsNothing(t *testing.T) {
	bucket := leasing(t, &partnersv1.RateLimit{Amount: 100}, grants(&partnersv1.TokenGrant{}))
	if taken, err := take(t, bucket, 3); taken != 0 || status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %d, %v", taken, err)
	}
}

func TestShareGoesOnWhilePartnersIsAway(t *testing.T) {
	bucket := leasing(
		t,
		&partnersv1.RateLimit{Amount: 1000, Burst: 100},
		func(*partnersv1.LeaseTokensRequest) (*partnersv1.LeaseTokensResponse, error) {
			return nil, status.Error(codes.Unavailable, "away")
		},
	)
	bucket.holders = 2
	began := time.Now()
	bucket.refilled = began
	taken := 0
	within(t, "a hundred tokens", func() bool {
		n, _ := take(t, bucket, 1)
		taken += n
		return taken >= 100
	})
	// Half of 1,000 a second, because two gateways share the limit.
	if passed := time.Since(began); passed < 150*time.Millisecond {
		t.Errorf("%d tokens in %v", taken, passed)
	}
}

func TestLimitOfNothingGivesNothing(t *testing.T) {
	bucket := (&Leases{}).NewBucket("p", "k", nil)
	bucket.refill(time.Now())
	if bucket.balance != 0 || !bucket.emptyUntil.After(time.Now()) {
		t.Errorf("got %d until %v", bucket.balance, bucket.emptyUntil)
	}
}

func TestLimitHasAPeriodAndABurst(t *testing.T) {
	bucket := (&Leases{}).NewBucket(
		"p",
		"k",
		&partnersv1.RateLimit{Amount: 600, Period: durationpb.New(time.Minute), Burst: 5},
	)
	if bucket.rate != 10 || bucket.burst != 5 || bucket.chunkLocked() != 1 {
		t.Errorf("got %v, %d, %d", bucket.rate, bucket.burst, bucket.chunkLocked())
	}
}

func TestCallerDoesNotWaitForEver(t *testing.T) {
	leases := NewLeases(nil)
	bucket := leases.NewBucket("p", "k", &partnersv1.RateLimit{Amount: 1})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := bucket.Take(ctx); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %v", err)
	}
}
