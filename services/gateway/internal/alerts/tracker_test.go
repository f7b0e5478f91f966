package alerts

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
)

// store plays what the error-store and the order-store count, with a clock that the test moves.
type store struct {
	now     time.Time
	orders  map[string]int64
	errors  map[string]int64
	minutes map[Kind]map[int64]int64
}

var quantity = Kind{"partner-b", commonv1.Violation_RANGE, "quantity"}

func newStore() *store {
	return &store{now: time.Date(2026, 11, 22, 3, 20, 0, 0, time.UTC), orders: map[string]int64{},
		errors: map[string]int64{}, minutes: map[Kind]map[int64]int64{}}
}

// receive puts errors in, as received `ago`.
func (s *store) receive(kind Kind, count int64, ago time.Duration) {
	if s.minutes[kind] == nil {
		s.minutes[kind] = map[int64]int64{}
	}
	s.minutes[kind][s.now.Add(-ago).Unix()/60] += count
	s.errors[kind.Partner] += count
}

func (s *store) group(kind Kind) *errorv1.ErrorGroup {
	group := &errorv1.ErrorGroup{PartnerId: kind.Partner, Code: kind.Code, Field: kind.Field, Hours: make([]int64, 24)}
	first, last := int64(1<<40), int64(0)
	for minute, count := range s.minutes[kind] {
		group.Count += count
		first, last = min(first, minute), max(last, minute)
		if hour := minute/60 - s.now.Unix()/3600 + 23; hour >= 0 && hour < 24 {
			group.Hours[hour] += count
		}
	}
	group.FirstSeen, group.LastSeen = timestamppb.New(time.Unix(first*60, 0)), timestamppb.New(time.Unix(last*60, 0))
	return group
}

// shown gives the tracker everything and evaluates: severities of the alerts, in their order.
func (s *store) shown(tracker *Tracker) []string {
	for kind := range s.minutes {
		tracker.Group(s.now, s.group(kind))
	}
	for _, partner := range []string{"partner-a", "partner-b"} {
		tracker.Partner(s.now, partner, s.orders[partner], s.errors[partner])
	}
	var severities []string
	for _, alert := range tracker.Evaluate(s.now) {
		alert.Delivered(s.now)
		severities = append(severities, alert.Severity)
	}
	return severities
}

// begun is a tracker that has looked at the store once.
func (s *store) begun(t *testing.T) *Tracker {
	t.Helper()
	tracker := NewTracker(Defaults())
	if got := s.shown(tracker); len(got) != 0 {
		t.Fatalf("what was there at the start is an alert: %v", got)
	}
	tracker.Started()
	s.now = s.now.Add(15 * time.Second)
	return tracker
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// old is a store whose kind has been known for long.
func old() *store {
	s := newStore()
	s.receive(quantity, 500, 48*time.Hour)
	s.receive(quantity, 500, 30*time.Minute)
	s.orders["partner-b"] = 100_000
	return s
}

func TestTenNewErrorsInFiveMinutesAreAWarning(t *testing.T) {
	s := old()
	tracker := s.begun(t)
	s.orders["partner-b"] += 1000
	s.receive(quantity, 9, 0)
	expect(t, "nine", s.shown(tracker))
	s.now = s.now.Add(2 * time.Minute)
	s.receive(quantity, 1, 0)
	expect(t, "ten", s.shown(tracker), Warning)
}

func TestErrorsThatComeSlowlyAreNoAlert(t *testing.T) {
	s := old()
	tracker := s.begun(t)
	for range 60 {
		s.now = s.now.Add(time.Minute)
		s.orders["partner-b"] += 100
		s.receive(quantity, 1, 0)
		expect(t, "one a minute", s.shown(tracker))
	}
}

func TestFewErrorsAreAWarningWhereTheyAreMuchOfAPartnersOrders(t *testing.T) {
	for orders, want := range map[int64][]string{9: {Warning}, 12: nil} {
		s := old()
		tracker := s.begun(t)
		s.orders["partner-b"] += orders
		s.receive(quantity, 3, 0)
		expect(t, fmt.Sprint("three beside ", orders), s.shown(tracker), want...)
	}
}

func TestMoreThanHalfOfAPartnersOrdersIsCriticalToo(t *testing.T) {
	s := old()
	tracker := s.begun(t)
	s.orders["partner-b"] += 9
	s.receive(quantity, 12, 0)
	expect(t, "12 of 21", s.shown(tracker), Critical, Warning)
}

func TestAnotherPartnersOrdersDoNotDilute(t *testing.T) {
	s := old()
	tracker := s.begun(t)
	s.orders["partner-a"] += 100_000
	s.receive(quantity, 12, 0)
	expect(t, "all of its own", s.shown(tracker), Critical, Warning)
}

func TestAKindThatWasNotThereBeforeIsAMessage(t *testing.T) {
	s := old()
	tracker := s.begun(t)
	s.orders["partner-b"] += 1000
	s.receive(Kind{"partner-b", commonv1.Violation_ENUM, "currency"}, 1, 0)
	expect(t, "the first ever", s.shown(tracker), Info)
	s.now = s.now.Add(7 * time.Minute)
	expect(t, "later", s.shown(tracker))
	s.receive(Kind{"partner-b", commonv1.Violation_ENUM, "currency"}, 1, 0)
	expect(t, "the second", s.shown(tracker))
}

func TestOnePoisonedOrderIsCritical(t *testing.T) {
	s := old()
	poison := Kind{"partner-b", commonv1.Violation_POISON, ""}
	s.receive(poison, 1, 48*time.Hour)
	tracker := s.begun(t)
	s.orders["partner-b"] += 1000
	s.receive(poison, 1, 0)
	expect(t, "one", s.shown(tracker), Critical)
}

func TestAnAlertLastsUntilHalfAndThenEndsByItself(t *testing.T) {
	s := old()
	tracker := s.begun(t)
	s.orders["partner-b"] += 10_000
	s.receive(quantity, 10, 0)
	expect(t, "begins", s.shown(tracker), Warning)
	// Six in each window: fewer than what begins one, more than half of that.
	for i := range 20 {
		s.now = s.now.Add(time.Minute)
		if i%5 == 0 {
			s.receive(quantity, 6, 0)
		}
		expect(t, fmt.Sprint("minute ", i), s.shown(tracker), Warning)
	}
	s.now = s.now.Add(5*time.Minute + time.Second)
	expect(t, "after the window", s.shown(tracker))
}

func TestWhatAGatewayBeforeSawCountsOn(t *testing.T) {
	s := old()
	s.receive(quantity, 12, 2*time.Minute)
	tracker := NewTracker(Defaults())
	expect(t, "at the start", s.shown(tracker))
	for range 12 {
		tracker.Seed(s.now.Add(-2*time.Minute), []Kind{quantity})
	}
	tracker.Started()
	// How many orders there were meanwhile is not known: that it is all of them must not be said.
	expect(t, "seeded", s.shown(tracker), Warning)
}

func TestErrorsThatExpireHideNoneThatCome(t *testing.T) {
	s := old()
	tracker := s.begun(t)
	s.orders["partner-b"] += 1000
	delete(s.minutes[quantity], s.now.Add(-48*time.Hour).Unix()/60)
	s.errors["partner-b"] -= 500
	s.receive(quantity, 10, 0)
	expect(t, "ten came, 500 went", s.shown(tracker), Warning)
}

func TestAFullHourIsNoStorm(t *testing.T) {
	for _, skew := range []time.Duration{-90 * time.Second, 0, 90 * time.Second} {
		s := old()
		s.now = time.Date(2026, 11, 22, 3, 50, 0, 0, time.UTC)
		s.receive(quantity, 5000, 0)
		tracker := NewTracker(Defaults())
		for range 80 {
			group := s.group(quantity)
			at := s.now.Add(skew)
			tracker.Group(at, group)
			s.orders["partner-b"] += 1000
			tracker.Partner(at, "partner-b", s.orders["partner-b"], s.errors["partner-b"])
			tracker.Started()
			if alerts := tracker.Evaluate(at); len(alerts) != 0 {
				t.Fatalf("skew %v, at %v: %d errors too many", skew, s.now, alerts[0].Errors)
			}
			s.now = s.now.Add(15 * time.Second)
		}
	}
}

func TestErrorsAreCountedOverAFullHour(t *testing.T) {
	s := old()
	s.now = time.Date(2026, 11, 22, 3, 58, 0, 0, time.UTC)
	tracker := s.begun(t)
	found := false
	for range 16 {
		s.now = s.now.Add(15 * time.Second)
		s.orders["partner-b"] += 1000
		s.receive(quantity, 1, 0)
		found = len(s.shown(tracker)) > 0 || found
	}
	if !found {
		t.Error("16 errors in four minutes were no alert")
	}
}

func TestWhatARepairMovesToAnotherKindIsNoAlert(t *testing.T) {
	s := old()
	tracker := s.begun(t)
	s.orders["partner-b"] += 10
	s.receive(Kind{"partner-b", commonv1.Violation_ENUM, "currency"}, 400, 5*time.Hour)
	expect(t, "old errors of a new kind", s.shown(tracker))
}

func TestOnePartnerHasAtMostTwentyAlerts(t *testing.T) {
	s := old()
	tracker := s.begun(t)
	s.orders["partner-b"] += 10_000
	for i := range int64(40) {
		s.receive(Kind{"partner-b", commonv1.Violation_REQUIRED, fmt.Sprint("field", i)}, 100+i, 0)
	}
	if got := s.shown(tracker); len(got) != maxOfPartner || got[0] != Warning || tracker.LeftOut != 60 {
		t.Errorf("%d alerts, the first %v, %d left out", len(got), got[0], tracker.LeftOut)
	}
	s.receive(Kind{"partner-a", commonv1.Violation_REQUIRED, "field"}, 100, 0)
	if got := s.shown(tracker); len(got) <= maxOfPartner {
		t.Error("another partner has no room")
	}
}

func TestAnAlertThatNobodyHasTakenIsKeptForADay(t *testing.T) {
	s := old()
	tracker := s.begun(t)
	s.orders["partner-b"] += 10_000
	s.receive(quantity, 10, 0)
	tracker.Group(s.now, s.group(quantity))
	tracker.Partner(s.now, "partner-b", s.orders["partner-b"], s.errors["partner-b"])
	for range 23 {
		if alerts := tracker.Evaluate(s.now); len(alerts) != 1 || !alerts[0].Waiting() {
			t.Fatal("it is gone at", s.now)
		}
		s.now = s.now.Add(time.Hour)
	}
	tracker.Evaluate(s.now)[0].Delivered(s.now)
	s.now = s.now.Add(4 * time.Minute)
	if len(tracker.Evaluate(s.now)) != 1 {
		t.Error("it ends before Alertmanager can have passed it on")
	}
	s.now = s.now.Add(time.Minute)
	if len(tracker.Evaluate(s.now)) != 0 {
		t.Error("it does not end")
	}
}

func TestKindsThatAreGoneAreForgotten(t *testing.T) {
	s := old()
	tracker := s.begun(t)
	tracker.Forget(func(Kind) bool { return false })
	if len(tracker.kinds) != 0 {
		t.Error(tracker.kinds)
	}
}
