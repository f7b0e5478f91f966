package alerts

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestAnAlertNamesPartnerAndPayload(t *testing.T) {
	server := newAlertmanager(t)
	f := watch(t, to(server))
	f.fail(12)
	f.look(t, 15*time.Second)
	if len(server.posts) != 1 || len(server.posts[0]) != 1 {
		t.Fatal(server.posts)
	}
	alert := server.posts[0][0]
	for name, want := range map[string]string{"alertname": "OrdermeshOrderErrors", "partner": "partner-b", "code": "RANGE",
		"field": "quantity", "severity": "warning"} {
		if alert.Labels[name] != want {
			t.Errorf("label %s is %q", name, alert.Labels[name])
		}
	}
	for name, want := range map[string]string{"errors": "12", "orders": "1012", "share_percent": "1",
		"error_id": "error-12", "external_order_id": "B-7", "value": "-2",
		"place": "quantity, line 1 of the order", "message": "the number is below the allowed range",
		"command_list":    "ordermesh errors list -p partner-b --code RANGE --field quantity",
		"command_payload": "ordermesh errors get error-12 --payload",
		"error_url":       "https://orders.example.com/errors/error-12",
		"summary":         "partner-b: 12 new errors RANGE at quantity in 5 min, 1 % of its orders", "payload_excerpt": ""} {
		if alert.Annotations[name] != want {
			t.Errorf("%s is %q", name, alert.Annotations[name])
		}
	}
	if alert.GeneratorURL != "https://orders.example.com/errors?code=RANGE&field=quantity&partner=partner-b&tab=list" ||
		!alert.StartsAt.Equal(f.store.now) || !alert.EndsAt.Equal(f.store.now.Add(time.Minute)) {
		t.Error(alert.GeneratorURL, alert.StartsAt, alert.EndsAt)
	}
}

func TestWhatLeavesTheMeshIsASetting(t *testing.T) {
	for payload, want := range map[Payload][2]string{PayloadNone: {"", ""}, PayloadValue: {"-2", ""},
		PayloadExcerpt: {"-2", `{"items":[{"qty":-2}],"buyer":"somebody"}`}} {
		server := newAlertmanager(t)
		f := watch(t, to(server), func(c *Config) { c.Payload = payload })
		f.fail(12)
		f.look(t, 15*time.Second)
		got := server.posts[0][0].Annotations
		if got["value"] != want[0] || got["payload_excerpt"] != want[1] {
			t.Errorf("%s: %q, %q", payload, got["value"], got["payload_excerpt"])
		}
		if strings.Contains(got["description"], "somebody") != (payload == PayloadExcerpt) {
			t.Errorf("%s: %s", payload, got["description"])
		}
	}
}

func TestAnAlertmanagerThatWasAwayHearsAllWhenItIsBack(t *testing.T) {
	server := newAlertmanager(t)
	f := watch(t, to(server))
	server.status = http.StatusServiceUnavailable
	f.fail(12)
	// Long after the errors have left the window.
	for range 60 {
		f.look(t, 15*time.Second)
	}
	if f.figures.waiting != 1 || f.figures.posts["failed"] > 20 || f.figures.posts["failed"] < 10 {
		t.Errorf("waiting %d, posts %v", f.figures.waiting, f.figures.posts)
	}
	server.status = http.StatusOK
	for range 8 {
		f.look(t, 15*time.Second)
	}
	if len(server.posts) == 0 || f.figures.waiting != 0 {
		t.Fatal("it never came", f.figures)
	}
	first := server.posts[0][0]
	if first.Annotations["error_id"] != "error-12" || first.Annotations["errors"] != "12" ||
		!first.EndsAt.After(f.store.now.Add(-2*time.Minute)) {
		t.Error(first)
	}
	f.look(t, 5*time.Minute)
	if posts := len(server.posts); f.figures.waiting != 0 {
		t.Error(posts)
	}
}

func TestTwoGatewaysTellOfItWithoutAGap(t *testing.T) {
	for wait := range 40 {
		server := newAlertmanager(t)
		f := watch(t, to(server), func(c *Config) { c.Every, c.Window = time.Second, 10*time.Second })
		other, err := NewWatcher(f.config, f.mesh, f.log(), f.figures)
		if err != nil {
			t.Fatal(err)
		}
		other.now = f.Watcher.now
		other.turn(t.Context())
		server.status = http.StatusServiceUnavailable
		f.fail(12)
		for i := range 60 {
			if i == wait {
				server.status = http.StatusOK
			}
			f.look(t, time.Second)
			// It began to fail later, and is elsewhere in its backoff.
			if i > 3 {
				other.turn(t.Context())
			}
		}
		var until time.Time
		for i, post := range server.posts {
			if i > 0 && post[0].EndsAt.Add(-holdLooks*time.Second).After(until) {
				t.Errorf("back after %d s: it ended at %v and came again at %v", wait, until, post[0].EndsAt)
			}
			until = post[0].EndsAt
		}
		if len(server.posts) == 0 {
			t.Errorf("back after %d s: nothing was told", wait)
		}
	}
}

func TestOneOfTwoAlertmanagersIsEnough(t *testing.T) {
	good, bad := newAlertmanager(t), newAlertmanager(t)
	bad.status = http.StatusInternalServerError
	f := watch(t, to(good, bad))
	f.fail(12)
	f.look(t, 15*time.Second)
	if len(good.posts) != 1 || f.figures.waiting != 0 || f.figures.posts["failed"] != 1 {
		t.Error(len(good.posts), f.figures)
	}
}

func TestAnAlertEndsByItselfAfterTheWindow(t *testing.T) {
	server := newAlertmanager(t)
	f := watch(t, to(server))
	f.fail(12)
	f.look(t, 15*time.Second)
	f.look(t, 4*time.Minute)
	f.look(t, 2*time.Minute)
	if len(server.posts) != 2 {
		t.Errorf("%d posts", len(server.posts))
	}
}

func TestAGatewayThatStartsGoesOnWithTheAlertsOfTheOneBefore(t *testing.T) {
	server := newAlertmanager(t)
	f := watch(t, to(server))
	f.fail(12)
	// What is older than the window is not counted.
	f.recent[11].ReceivedTime = timestamppb.New(f.store.now.Add(-6 * time.Minute))
	f.look(t, 15*time.Second)
	again, err := NewWatcher(f.config, f.mesh, f.log(), f.figures)
	if err != nil {
		t.Fatal(err)
	}
	again.now = f.Watcher.now
	again.turn(t.Context())
	if len(server.posts) != 2 || server.posts[1][0].Annotations["errors"] != "11" ||
		server.posts[1][0].Labels["severity"] != server.posts[0][0].Labels["severity"] {
		t.Error(server.posts)
	}
}

func TestOnlyWhatHasChangedIsAskedFor(t *testing.T) {
	f := watch(t, to(newAlertmanager(t)))
	f.asked = nil
	f.look(t, 15*time.Second)
	if got := strings.Join(f.asked, ", "); got != "errors, orders" {
		t.Error(got)
	}
	f.asked = nil
	f.fail(1)
	f.look(t, 15*time.Second)
	if got := strings.Join(f.asked, ", "); got != "errors, orders, groups of partner-b" {
		t.Error(got)
	}
}

func TestAMeshThatIsAwayLosesNoAlert(t *testing.T) {
	server := newAlertmanager(t)
	f := watch(t, to(server))
	f.away = true
	f.fail(12)
	f.look(t, 15*time.Second)
	if len(server.posts) != 0 || f.figures.looks["failed"] != 1 {
		t.Error(server.posts, f.figures.looks)
	}
	f.away = false
	f.look(t, 15*time.Second)
	if len(server.posts) != 1 {
		t.Error("no alert after the mesh came back")
	}
}

func TestATokenIsReadForEveryPostAndGoesNowhereElse(t *testing.T) {
	server := newAlertmanager(t)
	token := "first"
	receivers := to(server)
	receivers.Token = func() (string, error) { return token, nil }
	f := watch(t, receivers)
	f.fail(12)
	f.look(t, 15*time.Second)
	token = "second"
	f.look(t, 15*time.Second)
	if got := server.header.Get("Authorization"); got != "Bearer second" {
		t.Error(got)
	}
	elsewhere := newAlertmanager(t)
	redirect := http.RedirectHandler(elsewhere.URL+"/am/api/v2/alerts", http.StatusTemporaryRedirect)
	redirecting := httptest.NewServer(redirect)
	defer redirecting.Close()
	receivers.URLs = []string{redirecting.URL}
	f = watch(t, receivers)
	f.fail(12)
	f.look(t, 15*time.Second)
	if len(elsewhere.posts) != 0 || f.figures.posts["failed"] != 1 {
		t.Error("a redirect was followed")
	}
}

func TestAnAlertmanagerIsKnownByItsCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	defer server.Close()
	f := watch(t, Receivers{URLs: []string{server.URL}})
	f.fail(12)
	f.look(t, 15*time.Second)
	if f.figures.waiting != 1 {
		t.Error("a stranger was told")
	}
}
