package rest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"ordermesh.dev/gateway/internal/access"
	"ordermesh.dev/gateway/internal/observe"
)

func TestPanicIsAnAnswerWithoutDetails(t *testing.T) {
	log := observe.NewAccessLog(io.Discard, func() {})
	defer log.Close()
	var said bytes.Buffer
	server := &Server{Table: access.Table{}, Metrics: observe.NewMetrics(), AccessLog: log,
		Log: slog.New(slog.NewJSONHandler(&said, nil)), Files: os.DirFS("../../web"), Draining: context.Background(),
		Health: func() (map[string]string, bool) { panic("a secret") }}
	if err := server.Prepare(); err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	server.ServeHTTP(answer, httptest.NewRequest("GET", "/api/health", nil))
	if answer.Code != 500 || strings.Contains(answer.Body.String(), "secret") || !strings.Contains(said.String(), "a secret") {
		t.Errorf("got %d %s, and in the log %s", answer.Code, answer.Body, said.String())
	}
}

func TestPagesMustBeThere(t *testing.T) {
	server := &Server{Table: access.Table{}, Metrics: observe.NewMetrics(), Files: fstest.MapFS{}}
	if err := server.Prepare(); err == nil {
		t.Error("it starts without pages")
	}
}

func TestFilesHaveTheirTypes(t *testing.T) {
	for file, want := range map[string]string{"a.html": "text/html; charset=utf-8", "a.css": "text/css; charset=utf-8",
		"a.js": "text/javascript; charset=utf-8", "a.json": "application/json", "a.svg": "image/svg+xml", "a.png": "image/png",
		"NOTICE": "text/plain; charset=utf-8"} {
		if got := typeOf(file); got != want {
			t.Errorf("%s: got %s", file, got)
		}
	}
}

func TestMemoryForStatisticsForgets(t *testing.T) {
	cache, err := newStatsCache(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	cache.now = func() time.Time { return now }
	cache.put("k", []byte("x"), `"t"`)
	now = now.Add(59 * time.Second)
	if found, age, ok := cache.get("k"); !ok || age != 59*time.Second || string(found.data) != "x" {
		t.Errorf("got %v %v %v", found, age, ok)
	}
	now = now.Add(2 * time.Second)
	if _, _, ok := cache.get("k"); ok {
		t.Error("it is too old")
	}
	now = now.Add(-time.Hour)
	if _, _, ok := cache.get("k"); ok {
		t.Error("it is from the future: the clock went back")
	}
	cache.put("large", make([]byte, maxStatsBytes+1), "")
	if cache.entries.Contains("large") {
		t.Error("a large answer was kept")
	}
	off, err := newStatsCache(0)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	off.put("k", []byte("x"), "")
	off.headers(header, 0)
	if _, _, ok := off.get("k"); ok || header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("got %v", header)
	}
}

func TestHeldAnswerIsJoined(t *testing.T) {
	under := httptest.NewRecorder()
	a := &answer{ResponseWriter: under}
	for _, part := range []string{"a", "b"} {
		if _, err := a.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if string(a.data()) != "ab" || a.status != 200 || a.Unwrap() != under {
		t.Errorf("got %s %d", a.data(), a.status)
	}
}

func TestMetricsHaveNoLabelsOfClients(t *testing.T) {
	if methodLabel("GET") != "GET" || methodLabel("PURGE") != "other" {
		t.Error("a client makes labels")
	}
}

func TestPartnerOfAPathIsLogged(t *testing.T) {
	for _, c := range [][3]string{
		{"/api/feed/{partner_id}/batch", "/api/feed/partner-a/batch", "partner-a"}, {"/api/orders/{id}", "/api/orders/x", ""},
		{"/api/partners/{partner.partner_id}", "/api/partners/p", "p"}, {"/api/feed/{partner_id}", "/api/feed", ""},
	} {
		if got := partnerOf(c[0], c[1]); got != c[2] {
			t.Errorf("%s: got %q", c[1], got)
		}
	}
}
