package edge

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	"ordermesh.dev/gateway/internal/testmesh"
)

func TestBodiesAreBounded(t *testing.T) {
	sizes := make(chan int, 1)
	f := start(t, &testmesh.Backend{Submit: func(_ context.Context, r *feedv1.SubmitOrderRequest) (*verdict, error) {
		sizes <- len(r.GetRawPayload())
		return &verdict{Verdict: commonv1.OrderVerdict_CREATED, OrderId: "o"}, nil
	}})
	if got := f.do("POST", "/api/feed/partner-a", strings.Repeat("x", 1<<20), keyA()); got.status != 201 ||
		<-sizes != 1<<20 {
		t.Errorf("1 MiB: %d", got.status)
	}
	for path, size := range map[string]int{"/api/feed/partner-a": 1<<20 + 1, "/api/feed/partner-a/batch": 8<<20 + 1} {
		if got := f.do("POST", path, strings.Repeat("x", size), keyA()); got.status != 413 ||
			got.reason(t) != "BODY_TOO_LARGE" {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := f.do("PATCH", "/api/partners/partner-a", strings.Repeat("x", 2<<20+1), f.operator()); got.status != 413 {
		t.Errorf("PATCH: %d", got.status)
	}
}

// A client in the way of Python's http.client: it sends everything before it reads.
func TestRefusalIsReadByAClientThatStillSends(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	for name, header := range map[string]string{"length": "Content-Length: 67108864\r\n",
		"chunked": "Transfer-Encoding: chunked\r\n"} {
		for credential, want := range map[string]string{keyA(): "413", "X-API-Key: wrong": "401"} {
			conn, err := net.Dial("tcp", f.gateway.Addresses()["http"])
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.WriteString(conn, "POST /api/feed/partner-a HTTP/1.1\r\nHost: x\r\n"+credential+"\r\n"+header+"\r\n")
			block := strings.Repeat("x", 1<<20)
			for sent := 0; err == nil && sent < 64; sent++ {
				if name == "chunked" {
					_, err = io.WriteString(conn, "100000\r\n"+block+"\r\n")
				} else {
					_, err = io.WriteString(conn, block)
				}
			}
			if err != nil {
				t.Errorf("%s: sending failed: %v", name, err)
			}
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.CloseWrite()
			}
			data, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(data), "HTTP/1.1 "+want) {
				t.Errorf("%s, want %s: %v, %.100q", name, want, err, data)
			}
			_ = conn.Close()
		}
	}
}

func compressed(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGzipIsTakenWithTheLimitAfterInflation(t *testing.T) {
	bodies := make(chan string, 1)
	f := start(t, &testmesh.Backend{Submit: func(_ context.Context, r *feedv1.SubmitOrderRequest) (*verdict, error) {
		bodies <- string(r.GetRawPayload())
		return &verdict{Verdict: commonv1.OrderVerdict_CREATED, OrderId: "o"}, nil
	}})
	const gz = "Content-Encoding: gzip"
	if got := f.do("POST", "/api/feed/partner-a", compressed(t, `{"a":1}`), keyA(), gz); got.status != 201 ||
		<-bodies != `{"a":1}` {
		t.Errorf("got %d", got.status)
	}
	for what, c := range map[string]struct {
		body, header string
		status       int
	}{
		"a bomb":     {compressed(t, strings.Repeat("x", 32<<20)), gz, 413},
		"no gzip":    {"{}", gz, 415},
		"cut off":    {compressed(t, strings.Repeat("abc", 10000))[:40], gz, 415},
		"other":      {"{}", "Content-Encoding: br", 415},
		"gzip twice": {"{}", "Content-Encoding: gzip, gzip", 415},
	} {
		if got := f.do("POST", "/api/feed/partner-a", c.body, keyA(), c.header); got.status != c.status {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
	}
}

func TestReadsHaveETagsAndAreCompressed(t *testing.T) {
	f := start(
		t,
		&testmesh.Backend{Orders: func(context.Context, *orderv1.ListOrdersRequest) (*orderv1.ListOrdersResponse, error) {
			response := &orderv1.ListOrdersResponse{}
			for i := range 100 {
				response.Orders = append(response.Orders, &orderv1.Order{Id: fmt.Sprint("order-", i), PartnerId: "partner-a"})
			}
			return response, nil
		}},
	)
	first := f.do("GET", "/api/orders", "", keyA())
	tag := first.header.Get("Etag")
	if first.status != 200 || tag == "" || strings.HasPrefix(tag, "W/") ||
		first.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("got %d %v", first.status, first.header)
	}
	for _, match := range []string{tag, `"x", ` + tag, "*", "W/" + tag} {
		if again := f.do("GET", "/api/orders", "", keyA(), "If-None-Match: "+match); again.status != 304 ||
			again.body != "" ||
			again.header.Get("Etag") != tag {
			t.Errorf("%s: %d %q", match, again.status, again.body)
		}
	}
	if other := f.do("GET", "/api/orders", "", keyA(), `If-None-Match: "other"`); other.status != 200 {
		t.Errorf("got %d", other.status)
	}
	small := f.do("GET", "/api/orders", "", keyA(), "Accept-Encoding: gzip")
	if small.header.Get("Content-Encoding") != "gzip" || len(small.body) >= len(first.body) ||
		small.header.Get("Etag") == tag {
		t.Errorf("got %v, %d bytes for %d", small.header, len(small.body), len(first.body))
	}
	if again := f.do("GET", "/api/orders", "", keyA(), "Accept-Encoding: gzip",
		"If-None-Match: "+small.header.Get("Etag")); again.status != 304 {
		t.Errorf("the compressed form's tag gave %d", again.status)
	}
	if head := f.do("HEAD", "/api/orders", "", keyA()); head.status != 200 || head.body != "" ||
		head.header.Get("Etag") != tag {
		t.Errorf("HEAD: %d %v", head.status, head.header)
	}
}

func TestParametersAreStrict(t *testing.T) {
	f := start(
		t,
		&testmesh.Backend{Orders: func(_ context.Context, r *orderv1.ListOrdersRequest) (*orderv1.ListOrdersResponse, error) {
			if want := timestamppb.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); r.GetPageSize() != 5 ||
				r.GetFrom().GetSeconds() != want.GetSeconds() {
				t.Errorf("got %v", r)
			}
			return &orderv1.ListOrdersResponse{}, nil
		}},
	)
	if got := f.do("GET", "/api/orders?pageSize=5&from=2026-01-01T00:00:00Z", "", keyA()); got.status != 200 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	for _, query := range []string{"partner=x", "pageSize=abc", "pageSize=1&pageSize=2", "from=yesterday", "__proto__=1"} {
		if got := f.do("GET", "/api/orders?"+query, "", keyA()); got.status != 400 || got.reason(t) != "INVALID_ARGUMENT" {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
}

func TestPartnerMayBeNamedByHeader(t *testing.T) {
	partners := make(chan string, 1)
	f := start(t, &testmesh.Backend{Submit: func(_ context.Context, r *feedv1.SubmitOrderRequest) (*verdict, error) {
		partners <- r.GetPartnerId()
		return &verdict{Verdict: commonv1.OrderVerdict_CREATED, OrderId: "o"}, nil
	}})
	if got := f.do("POST", "/api/feed", "{}", keyA()); got.status != 201 || <-partners != "partner-a" {
		t.Errorf("the key's own partner: %d", got.status)
	}
	if got := f.do("POST", "/api/feed", "{}", f.operator(), "X-Partner-Id: partner-b"); got.status != 201 ||
		<-partners != "partner-b" {
		t.Errorf("by header: %d", got.status)
	}
	for _, c := range []struct {
		credential, partner string
		status              int
	}{{f.operator(), "", 400}, {f.operator(), "a/b", 404}, {keyA(), "../x", 403}} {
		if got := f.do("POST", "/api/feed", "{}", c.credential, "X-Partner-Id: "+c.partner); got.status != c.status {
			t.Errorf("%q: %d %s", c.partner, got.status, got.body)
		}
	}
}

func TestStatisticsComeFromMemoryUnlessExactOnesAreWanted(t *testing.T) {
	var asked atomic.Int64
	f := start(
		t,
		&testmesh.Backend{Stats: func(ctx context.Context, _ *orderv1.GetOrderStatsRequest) (*orderv1.OrderStats, error) {
			if testmesh.IdentityOf(ctx).GetSubject() == "gateway" {
				// For the overview.
				return &orderv1.OrderStats{}, nil
			}
			return &orderv1.OrderStats{
				TotalCount: asked.Add(1) - 1,
				Partners:   []*orderv1.PartnerOrderStats{{PartnerId: "partner-a"}},
			}, nil
		}},
	)
	get := func(query string, header ...string) answer {
		return f.do("GET", "/api/orders/stats"+query, "", header...)
	}
	first := get("", keyA())
	if first.json(t)["totalCount"] != "0" || first.header.Get("Cache-Control") != "private, max-age=300" ||
		first.header.Get("Age") != "0" {
		t.Errorf("got %s %v", first.body, first.header)
	}
	if again := get("", keyA()); again.body != first.body || again.header.Get("Etag") != first.header.Get("Etag") {
		t.Errorf("it was asked again: %s", again.body)
	}
	if not := get("", keyA(), "If-None-Match: "+first.header.Get("Etag")); not.status != 304 {
		t.Errorf("got %d", not.status)
	}
	for i, header := range []string{"Cache-Control: no-cache", "Cache-Control: no-store", "Cache-Control: max-age=0",
		"Pragma: no-cache"} {
		if exact := get("", keyA(), header); exact.json(t)["totalCount"] != fmt.Sprint(i+1) {
			t.Errorf("%s: %s", header, exact.body)
		}
	}
	if after := get("", keyA()); after.json(t)["totalCount"] != "4" {
		t.Errorf("exact answers did not refresh memory: %s", after.body)
	}
	if other := get("", "X-API-Key: "+testmesh.APIKey("b")); other.json(t)["totalCount"] != "5" {
		t.Errorf("another partner got %s", other.body)
	}
	if operator := get("", f.operator()); operator.json(t)["totalCount"] != "6" {
		t.Errorf("an operator got %s", operator.body)
	}
	if query := get("?includeHours=true", keyA()); query.json(t)["totalCount"] != "7" {
		t.Errorf("another question got %s", query.body)
	}
}

func TestBodyOfUnknownLengthIsTakenAndTheConnectionLives(t *testing.T) {
	bodies := make(chan string, 2)
	f := start(t, &testmesh.Backend{
		Submit: func(_ context.Context, r *feedv1.SubmitOrderRequest) (*verdict, error) {
			bodies <- string(r.GetRawPayload())
			return &verdict{Verdict: commonv1.OrderVerdict_CREATED, OrderId: "o"}, nil
		},
	})
	conn, err := net.Dial("tcp", f.gateway.Addresses()["http"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	answers := bufio.NewReader(conn)
	for range 2 {
		_, err := io.WriteString(conn, "POST /api/feed/partner-a HTTP/1.1\r\nHost: x\r\n"+keyA()+
			"\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Fatal(err)
		}
		if body := <-bodies; answer.StatusCode != 201 || answer.Close || body != `{"a":1}` {
			t.Errorf("got %d %v, %q", answer.StatusCode, answer.Header, body)
		}
	}
}

func TestClientThatWaitsForALeaveToSendIsRefusedBefore(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	conn, err := net.Dial("tcp", f.gateway.Addresses()["http"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "POST /api/feed/partner-a HTTP/1.1\r\nHost: x\r\n"+keyA()+
		"\r\nExpect: 100-continue\r\nContent-Length: 67108864\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %v, %v", answer, err)
	}
}
