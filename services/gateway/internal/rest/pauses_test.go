package rest

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordermesh.dev/gateway/internal/refuse"
)

func TestARefusedPartnerIsRefusedHereUntilItsDelayIsOver(t *testing.T) {
	now := time.Now()
	p := pauses{now: func() time.Time { return now }}
	if err := p.check(t.Context(), "greedy"); err != nil {
		t.Fatalf("nothing was refused yet: %v", err)
	}
	p.note("greedy", refuse.Retry(codes.ResourceExhausted, reasonRateLimited, "over", 40*time.Millisecond))
	now = now.Add(30 * time.Millisecond)
	refusal := status.Convert(p.check(t.Context(), "greedy"))
	if refusal.Code() != codes.ResourceExhausted || refuse.Reason(refusal) != "RATE_LIMITED" {
		t.Errorf("got %v", refusal)
	}
	if left := refuse.RetryAfter(refusal); left != 10*time.Millisecond {
		t.Errorf("%v are left", left)
	}
	if err := p.check(t.Context(), "modest"); err != nil {
		t.Errorf("another partner: %v", err)
	}
	now = now.Add(10 * time.Millisecond)
	if err := p.check(t.Context(), "greedy"); err != nil {
		t.Errorf("after its delay: %v", err)
	}
}

func TestARefusalIsHeldBackALittle(t *testing.T) {
	p := pauses{now: time.Now}
	p.note("greedy", refuse.Retry(codes.ResourceExhausted, reasonRateLimited, "over", 10*time.Second))
	begin := time.Now()
	if err := p.check(t.Context(), "greedy"); err == nil || time.Since(begin) < longestHold {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}

func TestOtherRefusalsPauseNobody(t *testing.T) {
	p := pauses{now: time.Now}
	for _, err := range []error{
		nil,
		refuse.Retry(codes.ResourceExhausted, "QUEUE_FULL", "full", time.Second),
		refuse.Retry(codes.Unavailable, "UNAVAILABLE", "away", time.Second),
	} {
		p.note("p", err)
		if got := p.check(t.Context(), "p"); got != nil {
			t.Errorf("%v pauses: %v", err, got)
		}
	}
}

func TestALongDelayIsAskedForAgainWithinASecond(t *testing.T) {
	now := time.Now()
	p := pauses{now: func() time.Time { return now }}
	p.note("p", refuse.Retry(codes.ResourceExhausted, reasonRateLimited, "over", time.Hour))
	now = now.Add(longestPause)
	if err := p.check(t.Context(), "p"); err != nil {
		t.Errorf("a raised limit would not be seen: %v", err)
	}
}
