package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
)

// mesh answers from a store.
type mesh struct {
	*store
	away  bool
	asked []string
	// Newest first.
	recent []*errorv1.OrderError
}

var errAway = errors.New("away")

func (m *mesh) ask(what string) error {
	m.asked = append(m.asked, what)
	if m.away {
		return errAway
	}
	return nil
}

func (m *mesh) GetOrderStats(context.Context, *orderv1.GetOrderStatsRequest) (*orderv1.OrderStats, error) {
	stats := &orderv1.OrderStats{}
	for partner, count := range m.orders {
		stats.Partners = append(stats.Partners, &orderv1.PartnerOrderStats{PartnerId: partner, Count: count})
	}
	return stats, m.ask("orders")
}

func (m *mesh) GetErrorStats(context.Context, *errorv1.GetErrorStatsRequest) (*errorv1.ErrorStats, error) {
	stats := &errorv1.ErrorStats{}
	for partner, count := range m.errors {
		of := &errorv1.PartnerErrorStats{PartnerId: partner, Count: count}
		for kind := range m.minutes {
			if kind.Partner == partner {
				of.Codes = append(of.Codes,
					&errorv1.ErrorCodeStats{Code: kind.Code, Field: kind.Field, Count: m.group(kind).GetCount()})
			}
		}
		stats.Partners = append(stats.Partners, of)
	}
	return stats, m.ask("errors")
}

func (m *mesh) ListErrorGroups(
	_ context.Context, request *errorv1.ListErrorGroupsRequest,
) (*errorv1.ListErrorGroupsResponse, error) {
	page := &errorv1.ListErrorGroupsResponse{}
	for kind := range m.minutes {
		if request.GetPartnerId() == "" || kind.Partner == request.GetPartnerId() {
			page.Groups = append(page.Groups, m.group(kind))
		}
	}
	return page, m.ask("groups of " + request.GetPartnerId())
}

func (m *mesh) ListErrors(_ context.Context, request *errorv1.ListErrorsRequest) (*errorv1.ListErrorsResponse, error) {
	page := &errorv1.ListErrorsResponse{}
	first, _ := strconv.Atoi(request.GetPageToken())
	for i, one := range m.recent {
		if i < first || one.GetReceivedTime().AsTime().Before(request.GetFrom().AsTime()) {
			continue
		}
		if len(page.GetErrors()) == min(int(request.GetPageSize()), 10) {
			page.NextPageToken = strconv.Itoa(i)
			break
		}
		without := proto.CloneOf(one)
		without.RawPayload = nil
		page.Errors = append(page.Errors, without)
	}
	return page, m.ask("list")
}

func (m *mesh) GetError(_ context.Context, request *errorv1.GetErrorRequest) (*errorv1.OrderError, error) {
	for _, one := range m.recent {
		if one.GetId() == request.GetId() {
			return one, m.ask("payload")
		}
	}
	return nil, errAway
}

// figures are the counters.
type figures struct {
	mu      sync.Mutex
	posts   map[string]int
	looks   map[string]int
	waiting int
}

func (f *figures) AlertPost(_, result string, posts int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.posts[result] += posts
}
func (f *figures) AlertLook(result string)                    { f.looks[result]++ }
func (f *figures) AlertsNow(_ map[string]int, waiting, _ int) { f.waiting = waiting }

// alertmanager takes what is posted, unless it is told to refuse.
type alertmanager struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	posts  [][]message
	header http.Header
}

func newAlertmanager(t *testing.T) *alertmanager {
	t.Helper()
	a := &alertmanager{status: http.StatusOK}
	a.Server = httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		var post []message
		if request.URL.Path != "/am/api/v2/alerts" || json.NewDecoder(request.Body).Decode(&post) != nil {
			answer.WriteHeader(http.StatusBadRequest)
			return
		}
		a.header = request.Header
		if a.status == http.StatusOK {
			a.posts = append(a.posts, post)
		}
		answer.WriteHeader(a.status)
	}))
	t.Cleanup(a.Close)
	return a
}

// fixture is a watcher over a store with 1,000 old errors.
type fixture struct {
	*mesh
	*Watcher
	figures *figures
}

func watch(t *testing.T, to Receivers, change ...func(*Config)) *fixture {
	t.Helper()
	f := &fixture{mesh: &mesh{store: old()}, figures: &figures{posts: map[string]int{}, looks: map[string]int{}}}
	config := Config{Settings: Defaults(), Every: 15 * time.Second, To: to, Payload: PayloadValue,
		PublicURL: "https://orders.example.com"}
	for _, one := range change {
		one(&config)
	}
	var err error
	f.Watcher, err = NewWatcher(config, f.mesh, slog.New(slog.NewTextHandler(io.Discard, nil)), f.figures)
	if err != nil {
		t.Fatal(err)
	}
	f.Watcher.now = func() time.Time { return f.store.now }
	f.look(t, 0)
	return f
}

// look lets time pass and looks.
func (f *fixture) look(t *testing.T, pass time.Duration) {
	f.store.now = f.store.now.Add(pass)
	f.turn(t.Context())
}

// fail receives errors of partner-b.
func (f *fixture) fail(count int64) {
	f.orders["partner-b"] += 1000
	f.receive(quantity, count, 0)
	for range count {
		f.recent = slices.Insert(f.recent, 0, &errorv1.OrderError{Id: fmt.Sprintf("error-%d", len(f.recent)+1),
			PartnerId: "partner-b", ExternalOrderId: "B-7", MappingVersion: 3, ReceivedTime: timestamppb.New(f.store.now),
			RawPayload: []byte(`{"items":[{"qty":-2}],"buyer":"somebody"}`), Violations: []*commonv1.Violation{
				{Code: commonv1.Violation_REQUIRED, Field: "customerId", Message: "it is missing"},
				{Code: commonv1.Violation_RANGE, Field: "quantity", Line: 1, Message: "the number is below the allowed range",
					Value: "-2"}}})
	}
}

func to(servers ...*alertmanager) Receivers {
	var receivers Receivers
	for _, server := range servers {
		receivers.URLs = append(receivers.URLs, server.URL+"/am")
	}
	return receivers
}

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

func (f *fixture) log() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

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
