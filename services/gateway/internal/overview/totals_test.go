package overview

import (
	"context"
	"maps"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
)

// prometheus adds up what it is told.
type prometheus struct {
	created, failed map[string]int64
	idle            float64
	jobs            []*errorv1.RepairJob
}

func (p *prometheus) PartnerOrders(partner string, created, failed int64) {
	p.created[partner] += created
	p.failed[partner] += failed
}

func (p *prometheus) JobIdle(seconds float64) { p.idle = seconds }

func (p *prometheus) ListJobs(context.Context, *errorv1.ListJobsRequest) (*errorv1.ListJobsResponse, error) {
	return &errorv1.ListJobsResponse{Jobs: p.jobs}, nil
}

func (m *mesh) boardFor(p *prometheus) *Board {
	board := m.board()
	board.sources.Totals, board.sources.Jobs = p, p
	return board
}

func TestWhatWasThereAtTheStartIsNotCounted(t *testing.T) {
	m, p := newMesh(), &prometheus{created: map[string]int64{}, failed: map[string]int64{}}
	board := m.boardFor(p)
	board.look(t.Context())
	if !maps.Equal(p.created, map[string]int64{"a": 0, "b": 0, "c": 0}) {
		t.Error(p.created)
	}
	m.orders["a"] += 7
	m.open["b"] += 3
	m.orders["new"] = 2
	m.time = m.time.Add(10 * time.Second)
	board.look(t.Context())
	if p.created["a"] != 7 || p.failed["b"] != 3 || p.created["new"] != 2 || p.failed["c"] != 0 {
		t.Error(p.created, p.failed)
	}
}

func TestAJobThatDoesNotMoveIsSeen(t *testing.T) {
	m := newMesh()
	ago := func(seconds int64) *timestamppb.Timestamp { return timestamppb.New(time.Unix(1_000_000-seconds, 0)) }
	p := &prometheus{created: map[string]int64{}, failed: map[string]int64{}, jobs: []*errorv1.RepairJob{
		{State: errorv1.RepairJob_RUNNING, UpdateTime: ago(5)}, {State: errorv1.RepairJob_WAITING, UpdateTime: ago(90)},
		{State: errorv1.RepairJob_DONE, UpdateTime: ago(5000)}, {State: errorv1.RepairJob_CANCELLED, UpdateTime: ago(5000)}}}
	board := m.boardFor(p)
	board.look(t.Context())
	if p.idle != 90 {
		t.Error(p.idle)
	}
	p.jobs = nil
	m.time = m.time.Add(10 * time.Second)
	if board.look(t.Context()); p.idle != 0 {
		t.Error(p.idle)
	}
}
