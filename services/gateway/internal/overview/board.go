// Package overview puts together how the mesh is doing, once for everybody who watches.
package overview

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	gatewayv1 "ordermesh.dev/client/ordermesh/gateway/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
)

const (
	// Each watched second is asked for; without watchers only what the history needs.
	watchedEvery = time.Second
	sampleEvery  = 10 * time.Second
	historyTime  = time.Hour
	// maxPartners of a sample: those that sent most. An hour of them has some 30 MB.
	maxPartners = 2000
	askTime     = 5 * time.Second
)

// Sources are where the board looks.
type Sources struct {
	Orders interface {
		GetOrderStats(context.Context, *orderv1.GetOrderStatsRequest) (*orderv1.OrderStats, error)
	}
	Errors interface {
		GetErrorStats(context.Context, *errorv1.GetErrorStatsRequest) (*errorv1.ErrorStats, error)
	}
	// The state of each service by name, and whether all serve.
	Health func() (map[string]string, bool)
	// What waits in a service, and how long calls take.
	Figures interface {
		Read(context.Context) (map[string][]*gatewayv1.ServiceFigure, []*gatewayv1.LatencySummary)
	}
	// Who tells Prometheus, and the jobs for that; nil: nobody.
	Totals Totals
	Jobs   interface {
		ListJobs(context.Context, *errorv1.ListJobsRequest) (*errorv1.ListJobsResponse, error)
	}
}

// Board keeps the last hour and the newest overview.
type Board struct {
	sources Sources
	now     func() time.Time

	mu      sync.Mutex
	history []*gatewayv1.FlowSample
	latest  *gatewayv1.Overview
	changed chan struct{}
	// Wakes the board when somebody begins to watch.
	wake     chan struct{}
	watchers int

	// What was told to Prometheus last, and when jobs were looked at: only Run's.
	counted map[string]*gatewayv1.PartnerFlow
	jobsAt  time.Time
}

// NewBoard knows nothing yet.
func NewBoard(sources Sources) *Board {
	return &Board{sources: sources, now: time.Now, changed: make(chan struct{}), wake: make(chan struct{}, 1)}
}

// Run looks until the context ends.
func (b *Board) Run(ctx context.Context) {
	for {
		b.look(ctx)
		pause := time.NewTimer(b.pause())
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-b.wake:
			pause.Stop()
		case <-pause.C:
		}
	}
}

func (b *Board) pause() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watchers > 0 {
		return watchedEvery
	}
	return sampleEvery
}

// look asks everybody and tells the watchers.
func (b *Board) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	next := &gatewayv1.Overview{}
	var asking sync.WaitGroup
	var sample *gatewayv1.FlowSample
	var figures map[string][]*gatewayv1.ServiceFigure
	asking.Go(func() { sample = b.sample(ctx) })
	asking.Go(func() { figures, next.Latencies = b.sources.Figures.Read(ctx) })
	asking.Go(func() { b.lookAtJobs(ctx) })
	asking.Wait()
	if sample != nil {
		b.count(sample)
	}
	states, _ := b.sources.Health()
	for name, state := range states {
		next.Services = append(next.Services,
			&gatewayv1.ServiceOverview{Name: name, Serving: state == "SERVING", Figures: figures[name]})
	}
	slices.SortFunc(next.Services, func(a, b *gatewayv1.ServiceOverview) int { return strings.Compare(a.Name, b.Name) })
	b.publish(next, sample)
}

func (b *Board) publish(next *gatewayv1.Overview, sample *gatewayv1.FlowSample) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next.Time = timestamppb.New(b.now())
	next.Now = sample
	if sample == nil {
		next.Stale = true
		next.Now = b.latest.GetNow()
	} else {
		b.remember(sample)
	}
	b.latest = next
	close(b.changed)
	b.changed = make(chan struct{})
}

// remember keeps a sample every ten seconds for an hour.
func (b *Board) remember(sample *gatewayv1.FlowSample) {
	at := sample.GetTime().AsTime()
	if n := len(b.history); n > 0 && at.Sub(b.history[n-1].GetTime().AsTime()) < sampleEvery-watchedEvery/2 {
		return
	}
	b.history = append(b.history, sample)
	old := 0
	for old < len(b.history) && at.Sub(b.history[old].GetTime().AsTime()) > historyTime {
		old++
	}
	b.history = slices.Delete(b.history, 0, old)
}

// sample gives the totals now; nil where a store does not answer.
func (b *Board) sample(ctx context.Context) *gatewayv1.FlowSample {
	orders, err := b.sources.Orders.GetOrderStats(ctx, &orderv1.GetOrderStatsRequest{})
	if err != nil {
		return nil
	}
	errors, err := b.sources.Errors.GetErrorStats(ctx, &errorv1.GetErrorStatsRequest{IncludeStatuses: true})
	if err != nil {
		return nil
	}
	return &gatewayv1.FlowSample{Time: timestamppb.New(b.now()), Partners: flowsOf(orders, errors)}
}

// flowsOf joins what both stores say of each partner.
func flowsOf(orders *orderv1.OrderStats, errors *errorv1.ErrorStats) []*gatewayv1.PartnerFlow {
	known := map[string]*gatewayv1.PartnerFlow{}
	flow := func(partner string) *gatewayv1.PartnerFlow {
		if known[partner] == nil {
			known[partner] = &gatewayv1.PartnerFlow{PartnerId: partner}
		}
		return known[partner]
	}
	for _, partner := range orders.GetPartners() {
		flow(partner.GetPartnerId()).Orders = partner.GetCount()
	}
	for _, partner := range errors.GetPartners() {
		of := flow(partner.GetPartnerId())
		of.Errors = partner.GetCount()
		for _, status := range partner.GetStatuses() {
			if status.GetStatus() == errorv1.OrderError_OPEN || status.GetStatus() == errorv1.OrderError_IN_REVIEW {
				of.OpenErrors += status.GetCount()
			}
		}
	}
	flows := make([]*gatewayv1.PartnerFlow, 0, len(known))
	for _, one := range known {
		flows = append(flows, one)
	}
	if len(flows) > maxPartners {
		slices.SortFunc(flows, func(a, b *gatewayv1.PartnerFlow) int {
			return int(min(1, max(-1, b.GetOrders()+b.GetErrors()-a.GetOrders()-a.GetErrors())))
		})
		flows = flows[:maxPartners]
	}
	slices.SortFunc(flows, func(a, b *gatewayv1.PartnerFlow) int { return strings.Compare(a.GetPartnerId(), b.GetPartnerId()) })
	return flows
}

// Watch gives every new overview to `send` until it fails or the context ends: the first at once, with the history.
func (b *Board) Watch(ctx context.Context, caller *commonv1.Identity, send func(*gatewayv1.Overview) error) error {
	b.join()
	defer b.leave()
	first := true
	for {
		overview, history, changed := b.latestFor(first)
		if overview != nil {
			view := viewOf(overview, history, caller)
			if err := send(view); err != nil {
				return err
			}
			first = false
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (b *Board) latestFor(first bool) (*gatewayv1.Overview, []*gatewayv1.FlowSample, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if first {
		return b.latest, slices.Clone(b.history), b.changed
	}
	return b.latest, nil, b.changed
}

func (b *Board) join() {
	b.mu.Lock()
	b.watchers++
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *Board) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers--
}

// viewOf is what the caller may see. What the board keeps is never changed.
func viewOf(
	overview *gatewayv1.Overview, history []*gatewayv1.FlowSample, caller *commonv1.Identity,
) *gatewayv1.Overview {
	view := &gatewayv1.Overview{Time: overview.GetTime(), Stale: overview.GetStale(), Now: overview.GetNow(),
		History: history, Latencies: overview.GetLatencies(), Services: overview.GetServices()}
	if caller.GetRole() != commonv1.Identity_PARTNER {
		return view
	}
	view.Latencies = nil
	view.Services = nil
	for _, service := range overview.GetServices() {
		view.Services = append(view.Services,
			&gatewayv1.ServiceOverview{Name: service.GetName(), Serving: service.GetServing()})
	}
	view.Now = own(overview.GetNow(), caller.GetPartnerId())
	view.History = nil
	for _, sample := range history {
		view.History = append(view.History, own(sample, caller.GetPartnerId()))
	}
	return view
}

// own is what one partner may see of a sample.
func own(sample *gatewayv1.FlowSample, partner string) *gatewayv1.FlowSample {
	if sample == nil {
		return nil
	}
	flow := &gatewayv1.PartnerFlow{PartnerId: partner}
	at, there := slices.BinarySearchFunc(sample.GetPartners(), partner,
		func(flow *gatewayv1.PartnerFlow, id string) int { return strings.Compare(flow.GetPartnerId(), id) })
	if there {
		flow = sample.GetPartners()[at]
	}
	return &gatewayv1.FlowSample{Time: sample.GetTime(), Partners: []*gatewayv1.PartnerFlow{flow}}
}
