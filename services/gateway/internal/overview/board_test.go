package overview

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	gatewayv1 "ordermesh.dev/client/ordermesh/gateway/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
)

// mesh is what the board looks at, with a clock that the test moves.
type mesh struct {
	mu     sync.Mutex
	orders map[string]int64
	open   map[string]int64
	away   bool
	time   time.Time
}

func (m *mesh) GetOrderStats(context.Context, *orderv1.GetOrderStatsRequest) (*orderv1.OrderStats, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return nil, errors.New("away")
	}
	stats := &orderv1.OrderStats{}
	for partner, count := range m.orders {
		stats.Partners = append(stats.Partners, &orderv1.PartnerOrderStats{PartnerId: partner, Count: count})
	}
	return stats, nil
}

func (m *mesh) GetErrorStats(
	_ context.Context, request *errorv1.GetErrorStatsRequest,
) (*errorv1.ErrorStats, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	stats := &errorv1.ErrorStats{}
	for partner, open := range m.open {
		of := &errorv1.PartnerErrorStats{PartnerId: partner, Count: open + 5}
		if request.GetIncludeStatuses() {
			of.Statuses = []*errorv1.StatusCount{
				{Status: errorv1.OrderError_OPEN, Count: open - 1}, {Status: errorv1.OrderError_IN_REVIEW, Count: 1},
				{Status: errorv1.OrderError_RESOLVED, Count: 5}}
		}
		stats.Partners = append(stats.Partners, of)
	}
	return stats, nil
}

func (m *mesh) Read(context.Context) (map[string][]*gatewayv1.ServiceFigure, []*gatewayv1.LatencySummary) {
	return map[string][]*gatewayv1.ServiceFigure{"feed": {{Name: "waiting", Value: 3}}},
		[]*gatewayv1.LatencySummary{{Name: "verdicts", Count: 9}}
}

func (m *mesh) board() *Board {
	board := NewBoard(Sources{Orders: m, Errors: m, Figures: m, Health: func() (map[string]string, bool) {
		return map[string]string{"feed": "SERVING", "order-store": "NOT_SERVING"}, false
	}})
	board.now = func() time.Time { return m.time }
	return board
}

func newMesh() *mesh {
	return &mesh{orders: map[string]int64{"a": 10, "b": 20}, open: map[string]int64{"b": 4, "c": 7},
		time: time.Unix(1_000_000, 0)}
}

var errEnough = errors.New("enough")

// firstOf gives what a watcher hears first.
func firstOf(t *testing.T, board *Board, caller *commonv1.Identity) *gatewayv1.Overview {
	t.Helper()
	var first *gatewayv1.Overview
	err := board.Watch(t.Context(), caller, func(overview *gatewayv1.Overview) error {
		first = overview
		return errEnough
	})
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	return first
}

var operator = &commonv1.Identity{Role: commonv1.Identity_OPERATOR}

func TestAnOverviewHasEveryPartnerAndService(t *testing.T) {
	board := newMesh().board()
	board.look(t.Context())
	overview := firstOf(t, board, operator)
	var flows []gatewayv1.PartnerFlow
	for _, flow := range overview.GetNow().GetPartners() {
		flows = append(flows, gatewayv1.PartnerFlow{PartnerId: flow.PartnerId, Orders: flow.Orders, Errors: flow.Errors,
			OpenErrors: flow.OpenErrors})
	}
	if len(flows) != 3 || flows[0].Orders != 10 || flows[1].PartnerId != "b" || flows[1].Errors != 9 ||
		flows[1].OpenErrors != 4 || flows[2].OpenErrors != 7 {
		t.Error(overview.GetNow())
	}
	services := overview.GetServices()
	if len(services) != 2 || services[0].GetName() != "feed" || !services[0].GetServing() ||
		services[0].GetFigures()[0].GetValue() != 3 || services[1].GetServing() {
		t.Error(services)
	}
	if overview.GetStale() || len(overview.GetLatencies()) != 1 || len(overview.GetHistory()) != 1 {
		t.Error(overview)
	}
}

func TestAPartnerSeesItselfOnly(t *testing.T) {
	board := newMesh().board()
	board.look(t.Context())
	for partner, orders := range map[string]int64{"b": 20, "unheard-of": 0} {
		overview := firstOf(t, board, &commonv1.Identity{Role: commonv1.Identity_PARTNER, PartnerId: partner})
		for _, sample := range append(overview.GetHistory(), overview.GetNow()) {
			flows := sample.GetPartners()
			if len(flows) != 1 || flows[0].GetPartnerId() != partner || flows[0].GetOrders() != orders {
				t.Error(sample)
			}
		}
		if len(overview.GetLatencies()) != 0 || len(overview.GetServices()) != 2 ||
			len(overview.GetServices()[0].GetFigures()) != 0 {
			t.Error(overview)
		}
	}
	if all := firstOf(t, board, operator); len(all.GetNow().GetPartners()) != 3 {
		t.Error("what the board keeps was changed:", all)
	}
}

func TestTheLastHourIsKeptEveryTenSeconds(t *testing.T) {
	m := newMesh()
	board := m.board()
	for range 2 * 3600 {
		m.time = m.time.Add(time.Second)
		board.look(t.Context())
	}
	history := firstOf(t, board, operator).GetHistory()
	if len(history) < 359 || len(history) > 362 {
		t.Error(len(history), "samples")
	}
	for i := 1; i < len(history); i++ {
		if pause := history[i].GetTime().AsTime().Sub(history[i-1].GetTime().AsTime()); pause != sampleEvery {
			t.Fatal("a pause of", pause)
		}
	}
}

func TestTotalsStayWhereAStoreIsAway(t *testing.T) {
	m := newMesh()
	board := m.board()
	board.look(t.Context())
	m.away = true
	board.look(t.Context())
	overview := firstOf(t, board, operator)
	if !overview.GetStale() || len(overview.GetNow().GetPartners()) != 3 || len(overview.GetHistory()) != 1 {
		t.Error(overview)
	}
}

func TestAWatcherHearsEveryLookAndHistoryOnce(t *testing.T) {
	m := newMesh()
	board := m.board()
	ctx, cancel := context.WithCancel(t.Context())
	running := make(chan struct{})
	go func() {
		defer close(running)
		board.Run(ctx)
	}()
	var histories []int
	err := board.Watch(t.Context(), operator, func(overview *gatewayv1.Overview) error {
		histories = append(histories, len(overview.GetHistory()))
		if len(histories) == 3 {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) || !slices.Equal(histories, []int{1, 0, 0}) {
		t.Error(histories, err)
	}
	cancel()
	<-running
	if board.watchers != 0 {
		t.Error(board.watchers, "watchers are left")
	}
}

func TestOnlyThoseThatSentMostAreShownWhereThereAreTooMany(t *testing.T) {
	stats := &orderv1.OrderStats{}
	for i := range maxPartners + 10 {
		stats.Partners = append(stats.Partners,
			&orderv1.PartnerOrderStats{PartnerId: string(rune('a'+i%26)) + string(rune(0x4E00+i)), Count: int64(i)})
	}
	flows := flowsOf(stats, &errorv1.ErrorStats{})
	if len(flows) != maxPartners {
		t.Fatal(len(flows), "partners")
	}
	for _, flow := range flows {
		if flow.GetOrders() < 10 {
			t.Error("kept", flow)
		}
	}
}
