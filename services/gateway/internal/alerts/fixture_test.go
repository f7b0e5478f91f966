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
	f.Watcher, err = NewWatcher(config, f.mesh, f.log(), f.figures)
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

func (f *fixture) log() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
