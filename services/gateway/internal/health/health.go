// Package health follows the state of the services and tells it on.
package health

import (
	"context"
	"maps"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"ordermesh.dev/gateway/internal/upstream"
)

const (
	askEvery   = time.Second
	askTimeout = 2 * time.Second
)

// Monitor asks each service every second.
type Monitor struct {
	// Serves grpc.health.v1 on every port of the gateway: "" and "gateway" are the gateway itself, the others the
	// services.
	Server *health.Server
	// Whether the gateway can tell who calls.
	ready func() bool

	mu       sync.Mutex
	states   map[string]string
	draining bool
}

// NewMonitor knows of no service that serves.
func NewMonitor(ready func() bool) *Monitor {
	m := &Monitor{Server: health.NewServer(), ready: ready, states: map[string]string{}}
	for _, service := range upstream.Services {
		m.set(service, false)
	}
	m.setSelf()
	return m
}

// Run asks until the context ends.
func (m *Monitor) Run(ctx context.Context, mesh upstream.Mesh) {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		m.ask(ctx, mesh)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (m *Monitor) ask(ctx context.Context, mesh upstream.Mesh) {
	m.setSelf()
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var asking sync.WaitGroup
	for _, service := range upstream.Services {
		asking.Go(func() {
			answer, err := healthpb.NewHealthClient(mesh[service]).Check(ctx, &healthpb.HealthCheckRequest{}, grpc.WaitForReady(false))
			m.set(service, err == nil && answer.GetStatus() == healthpb.HealthCheckResponse_SERVING)
		})
	}
	asking.Wait()
}

func (m *Monitor) setSelf() {
	m.mu.Lock()
	serving := m.ready() && !m.draining
	m.mu.Unlock()
	m.set("gateway", serving)
	m.Server.SetServingStatus("", statusOf(serving))
}

func (m *Monitor) set(service string, serving bool) {
	m.Server.SetServingStatus(service, statusOf(serving))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states[service] = statusOf(serving).String()
}

func statusOf(serving bool) healthpb.HealthCheckResponse_ServingStatus {
	if serving {
		return healthpb.HealthCheckResponse_SERVING
	}
	return healthpb.HealthCheckResponse_NOT_SERVING
}

// States gives the state of each service by name, and whether all serve.
func (m *Monitor) States() (states map[string]string, serving bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	serving = true
	for _, state := range m.states {
		serving = serving && state == healthpb.HealthCheckResponse_SERVING.String()
	}
	return maps.Clone(m.states), serving
}

// Drain reports NOT_SERVING from now on, so that nobody sends new calls.
func (m *Monitor) Drain() {
	m.mu.Lock()
	m.draining = true
	m.mu.Unlock()
	m.setSelf()
}
