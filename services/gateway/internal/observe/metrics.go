package observe

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

// Metrics are all figures of the gateway.
type Metrics struct {
	registry *prometheus.Registry

	// Native gRPC, under the names that dashboards for gRPC know.
	GRPCStarted, GRPCHandled *prometheus.CounterVec
	GRPCSeconds              *prometheus.HistogramVec
	// REST by route, method and status; seconds by route.
	HTTPRequests *prometheus.CounterVec
	HTTPSeconds  *prometheus.HistogramVec
	// Refused before anything was forwarded, by reason.
	Refused *prometheus.CounterVec
	// Statistics from memory, by result: hit, miss or exact.
	StatsCache *prometheus.CounterVec
	// Open connections by listener.
	Connections *prometheus.GaugeVec
	// Streams that are open, by method.
	Streams      *prometheus.GaugeVec
	DroppedLines prometheus.Counter
	// Connections that were cut because they flooded.
	Cut prometheus.Counter
	// Connections that were closed at once, because their address opens too many or flooded.
	ShutOut prometheus.Counter

	*Alerts
}

// A millisecond to ten seconds.
var seconds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// NewMetrics makes them all, and those of the Go runtime and the process.
func NewMetrics() *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: seconds}, labels)
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		GRPCStarted: counter("grpc_server_started_total", "Calls started on the gRPC ports.",
			"grpc_service", "grpc_method", "grpc_type"),
		GRPCHandled: counter("grpc_server_handled_total", "Calls ended on the gRPC ports, by code.",
			"grpc_service", "grpc_method", "grpc_type", "grpc_code"),
		GRPCSeconds: histogram("grpc_server_handling_seconds", "How long calls on the gRPC ports took.",
			"grpc_service", "grpc_method", "grpc_type"),
		HTTPRequests: counter("ordermesh_gateway_http_requests_total", "REST requests, by route, method and status.",
			"route", "method", "status"),
		HTTPSeconds: histogram(
			"ordermesh_gateway_http_request_seconds",
			"How long REST requests took; watches are not in it.",
			"route",
		),
		Refused: counter("ordermesh_gateway_refused_total", "Calls that were refused at the edge, by reason.", "reason"),
		StatsCache: counter(
			"ordermesh_gateway_stats_cache_total",
			"Statistics asked for: hit, miss, or exact (no-cache).",
			"result",
		),
		Connections: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ordermesh_gateway_connections", Help: "Open connections from outside."}, []string{"listener"}),
		Streams: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ordermesh_gateway_streams", Help: "Open streams and watches."}, []string{"route"}),
		Cut: prometheus.NewCounter(prometheus.CounterOpts{Name: "ordermesh_gateway_connections_cut_total",
			Help: "HTTP/2 connections that were cut for resets, settings, priorities or continuations without end."}),
		ShutOut: prometheus.NewCounter(prometheus.CounterOpts{Name: "ordermesh_gateway_connections_refused_total",
			Help: "gRPC connections that were closed at once: their address opens too many, or flooded within the last seconds."}),
		DroppedLines: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ordermesh_gateway_access_log_dropped_total", Help: "Lines of the access log that found its queue full."}),
	}
	m.Alerts = newAlerts(m.registry)
	m.registry.MustRegister(m.GRPCStarted, m.GRPCHandled, m.GRPCSeconds, m.HTTPRequests, m.HTTPSeconds, m.Refused,
		m.StatsCache, m.Connections, m.Streams, m.DroppedLines, m.Cut, m.ShutOut,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Families are all figures as they are now, by name.
func (m *Metrics) Families() map[string]*dto.MetricFamily {
	// What could not be collected is not there.
	gathered, _ := m.registry.Gather()
	families := make(map[string]*dto.MetricFamily, len(gathered))
	for _, family := range gathered {
		families[family.GetName()] = family
	}
	return families
}

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}
