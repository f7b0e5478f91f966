package edge

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/testmesh"
)

type watchServer = grpc.ServerStreamingServer[orderv1.WatchOrdersResponse]

func order(position int64) *orderv1.WatchOrdersResponse {
	return &orderv1.WatchOrdersResponse{Position: position, Orders: []*orderv1.WatchedOrder{
		{Position: position, Order: &orderv1.Order{Id: "o"}}}}
}

// endless sends one order after the position that was asked for and then nothing.
func endless(_ *testing.T) *testmesh.Backend {
	return &testmesh.Backend{Watch: func(r *orderv1.WatchOrdersRequest, s watchServer) error {
		if !r.GetFromEnd() {
			if err := s.Send(order(r.GetAfterPosition() + 1)); err != nil {
				return err
			}
		}
		<-s.Context().Done()
		return s.Context().Err()
	}}
}

// openWatch gives the lines of a watch as they come.
func (f *fixture) openWatch(path string, header ...string) (*http.Response, <-chan string) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	f.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, "GET", f.url(path), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		defer func() { _ = response.Body.Close() }()
		for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	return response, lines
}

func (f *fixture) line(lines <-chan string) string {
	f.t.Helper()
	select {
	case line := <-lines:
		return line
	case <-time.After(10 * time.Second):
		f.t.Fatal("no line came")
		return ""
	}
}

func TestWatchSendsLinesAtOnce(t *testing.T) {
	f := start(t, endless(t))
	response, lines := f.openWatch("/api/orders/watch?afterPosition=4", keyA())
	if got := f.line(lines); strings.ReplaceAll(
		got,
		" ",
		"",
	) != `{"result":{"orders":[{"position":"5","order":{"id":"o"}}],"position":"5"}}` {
		t.Errorf("got %s", got)
	}
	if response.Header.Get("Content-Type") != "application/x-ndjson" ||
		response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %v", response.Header)
	}
}

func TestQuietWatchSendsItsHeadersAndALifeSign(t *testing.T) {
	f := start(t, endless(t))
	response, _ := f.openWatch("/api/orders/watch?fromEnd=true", keyA())
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("got %d %v", response.StatusCode, response.Header)
	}
	response, lines := f.openWatch("/api/orders/watch?fromEnd=true", keyA(), "Accept: text/event-stream")
	if got := f.line(lines); got != ":" || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("got %q %v", got, response.Header)
	}
}

func TestEventsResumeByTheLastID(t *testing.T) {
	f := start(t, endless(t))
	_, lines := f.openWatch(
		"/api/orders/watch?fromEnd=true&afterPosition=1",
		keyA(),
		"Accept: text/event-stream",
		"Last-Event-ID: 41",
	)
	for _, want := range []string{"id: 42", "event: orders", `data: {"orders":[{"position":"42"`, ""} {
		if got := f.line(lines); !strings.HasPrefix(strings.ReplaceAll(got, ", ", ","), want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, bad := range []string{"x", "-1", "99999999999999999999"} {
		if got := f.do("GET", "/api/orders/watch", "", keyA(), "Last-Event-ID: "+bad); got.status != 400 ||
			got.reason(t) != "INVALID_ARGUMENT" {
			t.Errorf("%s: %d %s", bad, got.status, got.body)
		}
	}
	if head := f.do("HEAD", "/api/orders/watch", "", keyA()); head.status != 405 {
		t.Errorf("HEAD: %d", head.status)
	}
}

func TestErrorBeforeTheFirstMessageIsAnAnswer(t *testing.T) {
	f := start(t, &testmesh.Backend{Watch: func(*orderv1.WatchOrdersRequest, watchServer) error {
		return refuse.With(codes.OutOfRange, "PAST_END", "there is no such position yet")
	}})
	for _, accept := range []string{"*/*", "text/event-stream"} {
		got := f.do("GET", "/api/orders/watch", "", keyA(), "Accept: "+accept)
		if got.status != 400 || got.reason(t) != "PAST_END" || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("got %d %v %s", got.status, got.header, got.body)
		}
	}
	if got := f.do("GET", "/api/errors/watch", "", keyA()); got.status != 501 || got.json(t)["code"] == nil {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestErrorLaterIsTheLastMessage(t *testing.T) {
	backend := &testmesh.Backend{Watch: func(_ *orderv1.WatchOrdersRequest, s watchServer) error {
		if err := s.Send(order(1)); err != nil {
			return err
		}
		return refuse.Retry(codes.Unavailable, "DRAINING", "come back", time.Second)
	}}
	f := start(t, backend)
	got := f.do("GET", "/api/orders/watch", "", keyA())
	if lines := strings.Split(got.body, "\n"); got.status != 200 || !strings.HasPrefix(lines[1], `{"error":{"code":14`) {
		t.Errorf("got %d %s", got.status, got.body)
	}
	got = f.do("GET", "/api/orders/watch", "", keyA(), "Accept: text/event-stream")
	if !strings.Contains(got.body, "\n\nevent: error\ndata: {\"code\":14") || !strings.HasSuffix(got.body, "}\n\n") {
		t.Errorf("got %q", got.body)
	}
}

func TestWatchEndsWithItsKey(t *testing.T) {
	f := start(t, endless(t))
	suspended := testmesh.Record("partner-a", "a")
	suspended.Partner.State = partnersv1.Partner_SUSPENDED
	for what, record := range map[string]*partnersv1.PartnerRecord{"KEY_REVOKED": testmesh.Record("partner-a"),
		"PARTNER_SUSPENDED": suspended} {
		f.backend.Partners.Set(testmesh.Record("partner-a", "a"))
		f.eventually("the key works", func() bool { return f.do("GET", "/api/orders", "", keyA()).status == 501 })
		_, lines := f.openWatch("/api/orders/watch", keyA())
		f.line(lines)
		f.backend.Partners.Set(record)
		if got := f.line(lines); !strings.Contains(got, `"error":{"code":16`) || !strings.Contains(got, what) {
			t.Errorf("%s: got %s", what, got)
		}
		if _, more := <-lines; more {
			t.Errorf("%s: the watch goes on", what)
		}
	}
	if got := f.do("GET", "/api/orders", "", keyA()); got.status != 401 && got.status != 403 {
		t.Errorf("got %d", got.status)
	}
}

func TestWatchEndsWhenTheGatewayDrains(t *testing.T) {
	f := start(t, endless(t))
	_, lines := f.openWatch("/api/orders/watch", keyA())
	f.line(lines)
	f.gateway.Stop(10 * time.Second)
	if got := f.line(lines); !strings.Contains(got, "DRAINING") {
		t.Errorf("got %s", got)
	}
}
