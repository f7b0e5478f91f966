package figures

import (
	"context"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	dto "github.com/prometheus/client_model/go"
)

const page = `# TYPE waiting gauge
waiting{peer="a"} 3
waiting{peer="b"} 4
# TYPE seconds histogram
seconds_bucket{le="0.001"} 50
seconds_bucket{le="0.01"} 90
seconds_bucket{le="+Inf"} 100
seconds_sum 1
seconds_count 100
`

func serve(t *testing.T, status int, text string) *Reader {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			t.Error("asked for", r.URL.Path)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return NewReader(map[string]string{"feed": "dns:///127.0.0.1:" + strconv.Itoa(number-20)}, 20)
}

func TestFiguresAreAddedUpOverLabels(t *testing.T) {
	instances := serve(t, http.StatusOK, page).Read(context.Background(), "feed")
	if waiting, there := Sum(instances, "waiting"); !there || waiting != 7 {
		t.Error(waiting, there)
	}
	if _, there := Sum(instances, "unknown"); there {
		t.Error("a figure that nobody has is there")
	}
}

func TestAServiceThatGivesNoFiguresIsLeftOut(t *testing.T) {
	for name, reader := range map[string]*Reader{
		"refuses":       serve(t, http.StatusForbidden, page),
		"says nonsense": serve(t, http.StatusOK, "{}"),
		"is away":       NewReader(map[string]string{"feed": "127.0.0.1:1"}, 20),
		"is not named":  NewReader(nil, 20),
		"has no port":   NewReader(map[string]string{"feed": "127.0.0.1:1"}, 0),
	} {
		if instances := reader.Read(context.Background(), "feed"); len(instances) != 0 {
			t.Error(name, instances)
		}
	}
}

func histogramOf(t *testing.T) Histogram {
	t.Helper()
	var h Histogram
	for _, families := range serve(t, http.StatusOK, page).Read(context.Background(), "feed") {
		h.Add(families["seconds"].GetMetric()[0].GetHistogram())
	}
	return h
}

func TestQuantilesAreInterpolated(t *testing.T) {
	h := histogramOf(t)
	for share, want := range map[float64]float64{0.25: 0.0005, 0.5: 0.001, 0.7: 0.0055, 0.9: 0.01, 0.99: 0.01} {
		if got := h.Quantile(share); math.Abs(got-want) > 1e-9 {
			t.Errorf("quantile %v is %v, not %v", share, got, want)
		}
	}
	if got := (Histogram{}).Quantile(0.99); got != 0 {
		t.Error("of nothing:", got)
	}
}

func TestAReadingCountsFromTheOneBefore(t *testing.T) {
	earlier, later := histogramOf(t), histogramOf(t)
	later.Add(&dto.Histogram{SampleCount: ptr(uint64(7)), Bucket: []*dto.Bucket{
		{UpperBound: ptr(0.001), CumulativeCount: ptr(uint64(0))},
		{UpperBound: ptr(0.01), CumulativeCount: ptr(uint64(7))}}})
	since := later.Since(earlier)
	if since.Count() != 7 || math.Abs(since.Quantile(1)-0.01) > 1e-9 {
		t.Error(since)
	}
	if again := earlier.Since(later); again.Count() != 100 {
		t.Error("a process that was started again counts from zero:", again)
	}
}

func ptr[T any](value T) *T { return &value }
