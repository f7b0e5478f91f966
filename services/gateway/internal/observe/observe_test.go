package observe

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestLinesAreJSONInTheirOrder(t *testing.T) {
	var out strings.Builder
	log := NewAccessLog(&out, func() { t.Error("a line was dropped") })
	for _, id := range []string{"a", "b", "c"} {
		log.Write(
			&Line{Time: time.Unix(0, 0).UTC(), RequestID: id, Protocol: "rest", Route: "/api/orders/{id}", UserAgent: "<x>\n"},
		)
	}
	log.Close()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("got %q", out.String())
	}
	for i, id := range []string{"a", "b", "c"} {
		value := map[string]any{}
		if err := json.Unmarshal([]byte(lines[i]), &value); err != nil || value["requestId"] != id ||
			value["userAgent"] != "<x>\n" {
			t.Errorf("got %s, %v", lines[i], err)
		}
	}
}

// stuck is a log that nobody reads.
type stuck struct{ release chan struct{} }

func (s *stuck) Write(p []byte) (int, error) {
	<-s.release
	return len(p), nil
}

func TestSlowLogDropsLinesAndHoldsNobodyUp(t *testing.T) {
	to := &stuck{make(chan struct{})}
	dropped := 0
	log := NewAccessLog(to, func() { dropped++ })
	for range queuedLines + 1000 {
		log.Write(&Line{})
	}
	if dropped == 0 {
		t.Error("the queue has no bound")
	}
	close(to.release)
	log.Close()
	log.Write(&Line{})
}

func TestMetricsHaveTheNamesThatDashboardsKnow(t *testing.T) {
	m := NewMetrics()
	m.GRPCHandled.WithLabelValues("s", "m", "unary", "OK").Inc()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	data, err := io.ReadAll(answer.Body)
	if err != nil ||
		!strings.Contains(
			string(data),
			`grpc_server_handled_total{grpc_code="OK",grpc_method="m",grpc_service="s",grpc_type="unary"} 1`,
		) ||
		!strings.Contains(string(data), "go_goroutines") {
		t.Errorf("got %v %s", err, data)
	}
}
