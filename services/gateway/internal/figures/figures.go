// Package figures reads what the services tell Prometheus: what waits in them, and how long they take.
package figures

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const (
	// askTime is how long a service may take to answer.
	askTime = 800 * time.Millisecond
	// maxPage bounds one answer. Those of our services have some 100 kB.
	maxPage = 4 << 20
	// maxInstances bounds how many instances of one service are asked.
	maxInstances = 64
)

// Families are the metrics of one process by name.
type Families map[string]*dto.MetricFamily

// Reader asks services for their figures over HTTP.
type Reader struct {
	// Where each service is, as the gateway reaches it: host:port or dns:///name:port.
	Targets map[string]string
	// How much higher than its API port a service's metrics port is; 0: they are not asked.
	PortOffset int

	client http.Client
}

// NewReader asks the services at these targets.
func NewReader(targets map[string]string, portOffset int) *Reader {
	return &Reader{Targets: targets, PortOffset: portOffset, client: http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second, Proxy: nil},
		// Nobody in the mesh sends us elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Read gives what the instances of a service answer; an instance that does not answer is left out.
func (r *Reader) Read(ctx context.Context, service string) []Families {
	if r.PortOffset == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	addresses, err := r.addresses(ctx, r.Targets[service])
	if err != nil {
		return nil
	}
	var mu sync.Mutex
	var found []Families
	var asking sync.WaitGroup
	for _, address := range addresses {
		asking.Go(func() {
			if families, err := r.ask(ctx, address); err == nil {
				mu.Lock()
				defer mu.Unlock()
				found = append(found, families)
			}
		})
	}
	asking.Wait()
	return found
}

// addresses are the metrics ports of all instances behind a target.
func (r *Reader) addresses(ctx context.Context, target string) ([]string, error) {
	host, port, err := net.SplitHostPort(target[strings.LastIndexByte(target, '/')+1:])
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	hosts, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return nil, err
	}
	if len(hosts) > maxInstances {
		hosts = hosts[:maxInstances]
	}
	for i := range hosts {
		hosts[i] = net.JoinHostPort(hosts[i], strconv.Itoa(number+r.PortOffset))
	}
	return hosts, nil
}

func (r *Reader) ask(ctx context.Context, address string) (Families, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", address, answer.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(io.LimitReader(answer.Body, maxPage))
}

// Sum adds up a gauge or counter over instances and labels; false where nobody has it.
func Sum(instances []Families, name string) (total float64, there bool) {
	for _, families := range instances {
		for _, metric := range families[name].GetMetric() {
			there = true
			total += metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
		}
	}
	return total, there
}

// Labels are those of one metric.
type Labels map[string]string

// LabelsOf gives the labels by name.
func LabelsOf(metric *dto.Metric) Labels {
	labels := Labels{}
	for _, pair := range metric.GetLabel() {
		labels[pair.GetName()] = pair.GetValue()
	}
	return labels
}
