package overview

import (
	"context"
	"sync"
	"time"

	gatewayv1 "ordermesh.dev/client/ordermesh/gateway/v1"
	"ordermesh.dev/gateway/internal/figures"
)

// figuresOf are the metrics that say what waits in a service, by the names that the overview gives them.
var figuresOf = map[string][][2]string{
	"feed":       {{"waiting", "ordermesh_dispatch_waiting"}, {"inFlight", "ordermesh_dispatch_in_flight"}},
	"validation": {{"waiting", "ordermesh_dispatch_waiting"}, {"inFlight", "ordermesh_dispatch_in_flight"}},
	"order-store": {
		{"queuedBytes", "ordermesh_order_queue_weight_bytes"},
		{"indexLag", "ordermesh_order_index_lag"},
		{"watchers", "ordermesh_order_watchers"},
	},
	"error-store": {
		{"queuedBytes", "ordermesh_error_store_queued_bytes"},
		{"watchers", "ordermesh_error_store_watchers"},
	},
}

// window is how long ago the calls of a percentile ended at most.
const window = time.Minute

// Figures reads the services' metrics and the gateway's own. It belongs to one goroutine.
type Figures struct {
	Reader *figures.Reader
	// What the gateway itself tells Prometheus.
	Own func() figures.Families
	// Names the kind of a REST route or of a gRPC method's full name: orders, batches, queries; empty for others.
	KindOf func(name string) string
	Now    func() time.Time

	readings []reading
}

// reading is what each histogram had counted at a moment.
type reading struct {
	at    time.Time
	calls map[string]figures.Histogram
}

// Read gives what waits in each service, and how long the calls of the last minute took.
func (f *Figures) Read(ctx context.Context) (map[string][]*gatewayv1.ServiceFigure, []*gatewayv1.LatencySummary) {
	var mu sync.Mutex
	instances := map[string][]figures.Families{}
	var asking sync.WaitGroup
	for service := range figuresOf {
		asking.Go(func() {
			found := f.Reader.Read(ctx, service)
			mu.Lock()
			defer mu.Unlock()
			instances[service] = found
		})
	}
	asking.Wait()
	services := map[string][]*gatewayv1.ServiceFigure{}
	for service, names := range figuresOf {
		for _, name := range names {
			if value, there := figures.Sum(instances[service], name[1]); there {
				services[service] = append(services[service], &gatewayv1.ServiceFigure{Name: name[0], Value: value})
			}
		}
	}
	return services, f.latencies(instances["feed"])
}

// latencies compares what the histograms count now with what they counted a minute ago.
func (f *Figures) latencies(feeds []figures.Families) []*gatewayv1.LatencySummary {
	now := reading{f.Now(), f.count(feeds)}
	f.readings = append(f.readings, now)
	// The oldest one kept is the newest that is a minute old.
	for len(f.readings) > 1 && now.at.Sub(f.readings[1].at) >= window {
		f.readings = f.readings[1:]
	}
	if len(f.readings) == 1 {
		return nil
	}
	var summaries []*gatewayv1.LatencySummary
	for _, kind := range []string{"verdicts", "orders", "batches", "queries"} {
		calls := now.calls[kind].Since(f.readings[0].calls[kind])
		summaries = append(summaries, &gatewayv1.LatencySummary{
			Name: kind, Count: int64(calls.Count()), P50Ms: 1000 * calls.Quantile(0.5),
			P95Ms: 1000 * calls.Quantile(0.95), P99Ms: 1000 * calls.Quantile(0.99),
		})
	}
	return summaries
}

// count joins the histograms by kind of call.
func (f *Figures) count(feeds []figures.Families) map[string]figures.Histogram {
	calls := map[string]figures.Histogram{}
	add := func(kind string, families figures.Families, name string, label func(figures.Labels) string) {
		for _, metric := range families[name].GetMetric() {
			of := kind
			if label != nil {
				of = f.KindOf(label(figures.LabelsOf(metric)))
			}
			if of != "" {
				histogram := calls[of]
				histogram.Add(metric.GetHistogram())
				calls[of] = histogram
			}
		}
	}
	for _, feed := range feeds {
		add("verdicts", feed, "ordermesh_feed_verdict_seconds", nil)
	}
	own := f.Own()
	add("", own, "ordermesh_gateway_http_request_seconds", func(l figures.Labels) string { return l["route"] })
	add("", own, "grpc_server_handling_seconds", func(l figures.Labels) string {
		return "/" + l["grpc_service"] + "/" + l["grpc_method"]
	})
	return calls
}
