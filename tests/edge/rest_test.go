package edge

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func submitA(t *testing.T, n int, headers ...string) answer {
	t.Helper()
	return mesh.http("POST", "/api/feed/partner-a", orderA(n), mesh.own(), headers...)
}

func freshNumber() int { return int(time.Now().UnixMicro() % 1e12) }

func TestAnAnswerNamesTheRequestAndTheOrder(t *testing.T) {
	n := freshNumber()
	got := submitA(t, n, "X-Request-Id", "my-request.1", "Idempotency-Key", "my-key")
	if got.status != 201 || got.header.Get("X-Request-Id") != "my-request.1" || got.header.Get("Idempotency-Key") != "my-key" {
		t.Errorf("%d %v", got.status, got.header)
	}
	location := got.header.Get("Location")
	if order := mesh.http("GET", location, nil, mesh.own()); order.status != 200 || !bytes.Contains(order.body, []byte("EDGE-")) {
		t.Errorf("Location %q gives %d", location, order.status)
	}
	if again := submitA(t, n); again.status != 200 || again.header.Get("Location") != location {
		t.Errorf("the replay: %d at %q, want 200 at %q", again.status, again.header.Get("Location"), location)
	}
	if bad := submitA(t, n, "X-Request-Id", "not a valid id"); bad.header.Get("X-Request-Id") == "not a valid id" || bad.header.Get("X-Request-Id") == "" {
		t.Errorf("a malformed request id was taken over: %q", bad.header.Get("X-Request-Id"))
	}
}

func TestAReadIsSentOnceOnly(t *testing.T) {
	location := submitA(t, freshNumber()).header.Get("Location")
	first := mesh.http("GET", location, nil, mesh.own())
	tag := first.header.Get("ETag")
	if tag == "" {
		t.Fatal("a read has no ETag")
	}
	if again := mesh.http("GET", location, nil, mesh.own(), "If-None-Match", tag); again.status != 304 || len(again.body) != 0 {
		t.Errorf("the same ETag: %d with %d bytes, want 304 without", again.status, len(again.body))
	}
	if other := mesh.http("GET", location, nil, mesh.own(), "If-None-Match", `"other"`); other.status != 200 {
		t.Errorf("another ETag: %d, want 200", other.status)
	}
}

func TestAHeaderRoutesToThePartner(t *testing.T) {
	n := freshNumber()
	if got := mesh.http("POST", "/api/feed", orderA(n), mesh.oper(), "X-Partner-Id", "partner-a"); got.status != 201 {
		t.Errorf("by header, as operator: %d %s", got.status, got.body)
	}
	if got := mesh.http("POST", "/api/feed", orderA(n), mesh.own(), "X-Partner-Id", "partner-a"); got.status != 200 {
		t.Errorf("the same by header, as the partner: %d %s", got.status, got.body)
	}
	if got := mesh.http("POST", "/api/feed", orderA(n), mesh.own(), "X-Partner-Id", "partner-b"); got.status != 403 {
		t.Errorf("another's name in the header: %d, want 403", got.status)
	}
}

func TestGzipBothWays(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(orderA(freshNumber()))
	z.Close()
	if got := mesh.http("POST", "/api/feed/partner-a", packed.Bytes(), mesh.own(), "Content-Encoding", "gzip"); got.status != 201 {
		t.Errorf("a packed order: %d %s", got.status, got.body)
	}
	got := mesh.http("GET", "/api/orders?pageSize=100", nil, mesh.own(), "Accept-Encoding", "gzip")
	if got.header.Get("Content-Encoding") != "gzip" && len(got.body) > 2000 {
		t.Errorf("a list of %d bytes was not packed", len(got.body))
	}
}

func TestAPackedBodyIsMeasuredUnpacked(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	zeros := make([]byte, 1<<20)
	for range 64 {
		_, _ = z.Write(zeros)
	}
	z.Close()
	if got := mesh.http("POST", "/api/feed/partner-a", packed.Bytes(), mesh.own(), "Content-Encoding", "gzip"); got.status != 413 {
		t.Errorf("64 MiB packed into %d bytes: %d, want 413", packed.Len(), got.status)
	}
}

func TestBodiesArriveByteForByte(t *testing.T) {
	n := freshNumber()
	odd := bytes.Replace(orderA(n), []byte("29.99"), []byte("29.990000000"), 1)
	odd = append([]byte(" \r\n\t"), append(odd, '\n')...)
	var verdict struct{ OrderID string }
	got := mesh.http("POST", "/api/feed/partner-a", odd, mesh.own())
	if err := json.Unmarshal(got.body, &verdict); err != nil || got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var order struct{ RawPayload []byte }
	if err := json.Unmarshal(mesh.http("GET", "/api/orders/"+verdict.OrderID, nil, mesh.own()).body, &order); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(order.RawPayload, odd) {
		t.Errorf("kept %q, sent %q", order.RawPayload, odd)
	}
}

func TestBatchesAreAnsweredInOrderOrNotAtAll(t *testing.T) {
	n := freshNumber()
	batch := fmt.Sprintf("[%s,%s,\n%s]", orderA(n), orderA(n), bytes.Replace(orderA(n+1), []byte("29.99"), []byte(`"x"`), 1))
	got := mesh.http("POST", "/api/feed/partner-a/batch", []byte(batch), mesh.own())
	var answer struct {
		Results []struct{ Verdict string }
		Summary struct{ Received, Created, Replayed, Rejected string }
	}
	if err := json.Unmarshal(got.body, &answer); err != nil || got.status != 200 || len(answer.Results) != 3 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if answer.Results[0].Verdict != "CREATED" || answer.Results[1].Verdict != "REPLAYED" || answer.Results[2].Verdict != "REJECTED" || answer.Summary.Received != "3" {
		t.Errorf("%s", got.body)
	}
	for _, bad := range []string{"", "{}", "[1", "[{}] x", "null", `[{"a":NaN}]`, "[]", "[" + strings.Repeat("{},", 10_000) + "{}]"} {
		if got := mesh.http("POST", "/api/feed/partner-a/batch", []byte(bad), mesh.own()); got.status != 400 || !bytes.Contains(got.body, []byte(`"code"`)) {
			t.Errorf("batch %.20q: %d %.200s, want a google.rpc.Status with 400", bad, got.status, got.body)
		}
	}
}

func TestStatisticsAreExactWhenAskedSo(t *testing.T) {
	count := func(headers ...string) (string, http.Header) {
		var stats struct{ TotalCount string }
		got := mesh.http("GET", "/api/orders/stats", nil, mesh.own(), headers...)
		if err := json.Unmarshal(got.body, &stats); err != nil || got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return stats.TotalCount, got.header
	}
	before, _ := count("Cache-Control", "no-cache")
	submitA(t, freshNumber())
	if after, _ := count("Cache-Control", "no-cache"); after == before {
		t.Errorf("no-cache gave %s before and after an order", after)
	}
	if _, header := count(); !strings.Contains(header.Get("Cache-Control"), "max-age") {
		t.Errorf("statistics say Cache-Control %q", header.Get("Cache-Control"))
	}
}

// openWatch opens a live watch and gives its lines.
func openWatch(t *testing.T, path, accept, lastEventID string) (*bufio.Scanner, *http.Response) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, "GET", "http://"+mesh.rest+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	mesh.own().header(request.Header)
	request.Header.Set("Accept", accept)
	if lastEventID != "" {
		request.Header.Set("Last-Event-ID", lastEventID)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("watch: %v %v", response, err)
	}
	t.Cleanup(func() { response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 8<<20)
	return lines, response
}

func TestEventsAreResumedWhereTheyEnded(t *testing.T) {
	location := submitA(t, freshNumber()).header.Get("Location")
	id := location[strings.LastIndex(location, "/")+1:]
	lines, response := openWatch(t, "/api/orders/watch", "text/event-stream", "")
	if got := response.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("Content-Type %q", got)
	}
	var position string
	for found := false; !found && lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			position = rest
		}
		found = strings.Contains(lines.Text(), id)
	}
	// The id line of an event may stand after its data line.
	for position == "" && lines.Scan() {
		position, _ = strings.CutPrefix(lines.Text(), "id: ")
	}
	next := submitA(t, freshNumber()).header.Get("Location")
	resumed, _ := openWatch(t, "/api/orders/watch", "text/event-stream", position)
	for resumed.Scan() {
		if strings.Contains(resumed.Text(), id) {
			t.Fatal("an event came again after Last-Event-ID")
		}
		if strings.Contains(resumed.Text(), next[strings.LastIndex(next, "/")+1:]) {
			return
		}
	}
	t.Fatalf("the next order did not come: %v", resumed.Err())
}

func TestNDJSONComesAsOneObjectALine(t *testing.T) {
	submitA(t, freshNumber())
	lines, _ := openWatch(t, "/api/orders/watch", "application/x-ndjson", "")
	if !lines.Scan() {
		t.Fatal(lines.Err())
	}
	var line struct {
		Result struct {
			Orders   []struct{ Order struct{ PartnerID string } }
			Position string
		}
	}
	if err := json.Unmarshal(lines.Bytes(), &line); err != nil || len(line.Result.Orders) == 0 || line.Result.Orders[0].Order.PartnerID != "partner-a" {
		t.Errorf("%v: %.300s", err, lines.Text())
	}
}

func TestPublicPagesAndNothingElse(t *testing.T) {
	nobody := credential{}
	for path, kind := range map[string]string{"/": "text/html", "/docs/": "text/html", "/openapi.json": "application/json", "/healthz": ""} {
		got := mesh.http("GET", path, nil, nobody)
		if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), kind) {
			t.Errorf("GET %s: %d %s", path, got.status, got.header.Get("Content-Type"))
		}
		if kind == "text/html" && !strings.Contains(got.header.Get("Cache-Control"), "no-cache") {
			t.Errorf("GET %s: Cache-Control %q", path, got.header.Get("Cache-Control"))
		}
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff"} {
		if got := mesh.http("GET", "/", nil, nobody).header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if origin := mesh.http("GET", "/healthz", nil, nobody, "Origin", "https://evil.example").header.Get("Access-Control-Allow-Origin"); origin != "" {
		t.Errorf("CORS is open to %q", origin)
	}
}
