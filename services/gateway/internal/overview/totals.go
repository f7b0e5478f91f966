package overview

import (
	"context"
	"time"

	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	gatewayv1 "ordermesh.dev/client/ordermesh/gateway/v1"
)

// jobsLookedAt is more than may be under way at once: the newest come first.
const jobsLookedAt = 50

// Totals is who tells Prometheus what the board sees.
type Totals interface {
	// PartnerOrders adds what has become of a partner's orders.
	PartnerOrders(partner string, created, failed int64)
	// JobIdle is how many seconds the job over errors that moved least recently has not moved.
	JobIdle(seconds float64)
}

// count tells how much more a sample has than the one before it. What was there before the first one is nobody's news:
// a counter that begins high would look like that many orders in one moment.
func (b *Board) count(sample *gatewayv1.FlowSample) {
	if b.sources.Totals == nil {
		return
	}
	first := b.counted == nil
	if first {
		b.counted = map[string]*gatewayv1.PartnerFlow{}
	}
	for _, flow := range sample.GetPartners() {
		before := b.counted[flow.GetPartnerId()]
		if first {
			before = flow
		}
		b.sources.Totals.PartnerOrders(flow.GetPartnerId(), flow.GetOrders()-before.GetOrders(),
			flow.GetErrors()-before.GetErrors())
		b.counted[flow.GetPartnerId()] = flow
	}
}

// lookAtJobs tells how long a job that is under way has not moved.
func (b *Board) lookAtJobs(ctx context.Context) {
	now := b.now()
	if b.sources.Totals == nil || now.Sub(b.jobsAt) < sampleEvery-watchedEvery/2 {
		return
	}
	b.jobsAt = now
	page, err := b.sources.Jobs.ListJobs(ctx, &errorv1.ListJobsRequest{PageSize: jobsLookedAt})
	if err != nil {
		return
	}
	var idle time.Duration
	for _, job := range page.GetJobs() {
		switch job.GetState() {
		case errorv1.RepairJob_RUNNING, errorv1.RepairJob_WAITING, errorv1.RepairJob_CANCELLING:
			idle = max(idle, now.Sub(job.GetUpdateTime().AsTime()))
		}
	}
	b.sources.Totals.JobIdle(idle.Seconds())
}
