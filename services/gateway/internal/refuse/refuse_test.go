package refuse

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestReasonAndDelaySurviveInTheStatus(t *testing.T) {
	s := status.Convert(Retry(codes.ResourceExhausted, "RATE", "too many", 1500*time.Millisecond))
	if s.Code() != codes.ResourceExhausted || Reason(s) != "RATE" || RetryAfter(s) != 1500*time.Millisecond {
		t.Errorf("got %v %q %v", s.Code(), Reason(s), RetryAfter(s))
	}
}

func TestNoDetailsMeanNoReasonAndNoDelay(t *testing.T) {
	s := status.New(codes.NotFound, "x")
	if Reason(s) != "" || RetryAfter(s) != 0 {
		t.Errorf("got %q %v", Reason(s), RetryAfter(s))
	}
}

func TestOutwardHidesWhatGrpcSaysOfAddresses(t *testing.T) {
	const inside = "connection error: dial tcp 127.0.0.1:8090: connect: connection refused"
	for _, code := range []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.Internal, codes.Unknown,
		codes.DataLoss, codes.ResourceExhausted, codes.Canceled} {
		got := status.Convert(Outward(status.Error(code, inside)))
		if got.Code() != code || strings.Contains(got.Message(), "127.0.0.1") || Reason(got) == "" {
			t.Errorf("%v became %v", code, got)
		}
	}
	if got := status.Convert(Outward(status.Error(codes.Unavailable, inside))); RetryAfter(got) != time.Second {
		t.Errorf("no delay in %v", got)
	}
}

func TestOutwardPassesOnWhatServicesSay(t *testing.T) {
	said := With(codes.Unavailable, "STORE_AWAY", "the order-store is away")
	if got := Outward(said); status.Convert(got).Message() != "the order-store is away" {
		t.Errorf("got %v", got)
	}
	plain := status.Error(codes.NotFound, "there is no such order")
	if got := Outward(plain); got != plain {
		t.Errorf("got %v", got)
	}
}

func TestDrainingAsksToComeBack(t *testing.T) {
	if s := status.Convert(Draining()); s.Code() != codes.Unavailable || RetryAfter(s) == 0 {
		t.Errorf("got %v", s)
	}
}
