package alerts

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
)

const (
	// lookTime bounds one look at the mesh, so that alerts go on being sent while a store is slow.
	lookTime = 10 * time.Second
	// pageSize of what is read.
	pageSize = 1000
	// maxGroupPages has room for all kinds that the error-store counts.
	maxGroupPages = 20
	// maxSeedPages bounds what a gateway reads when it starts: more errors than these are an alert anyway.
	maxSeedPages = 5
	// maxFewPartners: with more partners whose errors changed, all groups are read at once.
	maxFewPartners = 32
	// holdLooks is for how many looks an alert stands in Alertmanager without being sent again.
	holdLooks = 4
)

// Mesh is what is asked.
type Mesh interface {
	GetOrderStats(context.Context, *orderv1.GetOrderStatsRequest) (*orderv1.OrderStats, error)
	GetErrorStats(context.Context, *errorv1.GetErrorStatsRequest) (*errorv1.ErrorStats, error)
	ListErrorGroups(context.Context, *errorv1.ListErrorGroupsRequest) (*errorv1.ListErrorGroupsResponse, error)
	ListErrors(context.Context, *errorv1.ListErrorsRequest) (*errorv1.ListErrorsResponse, error)
	GetError(context.Context, *errorv1.GetErrorRequest) (*errorv1.OrderError, error)
}

// Config is what the watcher is told.
type Config struct {
	Settings
	// How often it looks.
	Every   time.Duration
	To      Receivers
	Payload Payload
	// Where people reach the dashboard; empty: alerts have no links.
	PublicURL string
}

// Counters are what the watcher tells Prometheus.
type Counters interface {
	// AlertPost counts posts: taken or failed. None of them makes the figure be there, at 0.
	AlertPost(host, result string, posts int)
	// AlertsNow are those that stand by severity, those that no Alertmanager has yet, and those that found no room.
	AlertsNow(severities map[string]int, waiting, leftOut int)
	// AlertLook counts a look at the mesh: ok or failed.
	AlertLook(result string)
}

// Watcher looks at the errors and tells Alertmanager. It is a goroutine of its own; nothing waits for it.
type Watcher struct {
	config   Config
	mesh     Mesh
	counters Counters
	sender   *sender
	tracker  *Tracker
	now      func() time.Time

	// Errors of each kind at the last look, by partner.
	counts  map[string]map[Kind]int64
	newest  map[Kind]example
	started bool
}

// example is the newest error of a kind, and when that was asked for.
type example struct {
	at    time.Time
	error *errorv1.OrderError
}

// NewWatcher reads the files that it needs.
func NewWatcher(config Config, mesh Mesh, log *slog.Logger, counters Counters) (*Watcher, error) {
	sender, err := newSender(config.To, config.Window, log, counters.AlertPost)
	if err != nil {
		return nil, err
	}
	return &Watcher{config: config, mesh: mesh, counters: counters, sender: sender, now: time.Now,
		tracker: NewTracker(config.Settings), counts: map[string]map[Kind]int64{}, newest: map[Kind]example{}}, nil
}

// Run looks until the context ends.
func (w *Watcher) Run(ctx context.Context) {
	ticker := time.NewTicker(w.config.Every)
	defer ticker.Stop()
	for {
		w.turn(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// turn looks once and sends what stands, also where there was nothing to be seen.
func (w *Watcher) turn(ctx context.Context) {
	looking, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	// That a store is away is said elsewhere: here it is counted.
	seen := w.look(looking) == nil
	alerts := w.tracker.Evaluate(w.now())
	if !w.show(looking, alerts) || !seen {
		w.counters.AlertLook("failed")
	} else {
		w.counters.AlertLook("ok")
	}
	if len(alerts) > 0 && w.sender.send(ctx, w.now(), w.messages(alerts)) {
		for _, alert := range alerts {
			alert.Delivered(w.now())
		}
	}
	severities, waiting := map[string]int{Info: 0, Warning: 0, Critical: 0}, 0
	for _, alert := range alerts {
		severities[alert.Severity]++
		if alert.Waiting() {
			waiting++
		}
	}
	w.counters.AlertsNow(severities, waiting, w.tracker.LeftOut)
}

// look takes the counters, and the groups of those partners whose errors have changed.
func (w *Watcher) look(ctx context.Context) error {
	now := w.now()
	errorStats, err := w.mesh.GetErrorStats(ctx, &errorv1.GetErrorStatsRequest{})
	if err != nil {
		return err
	}
	orderStats, err := w.mesh.GetOrderStats(ctx, &orderv1.GetOrderStatsRequest{})
	if err != nil {
		return err
	}
	counts := countsOf(errorStats)
	if err := w.readGroups(ctx, now, w.changed(counts), counts); err != nil {
		return err
	}
	w.takePartners(now, orderStats, errorStats)
	if w.started {
		w.tracker.Forget(func(kind Kind) bool { _, there := w.counts[kind.Partner][kind]; return there })
		return nil
	}
	if err := w.seed(ctx, now); err != nil {
		return err
	}
	w.started = true
	w.tracker.Started()
	return nil
}

func countsOf(stats *errorv1.ErrorStats) map[string]map[Kind]int64 {
	counts := make(map[string]map[Kind]int64, len(stats.GetPartners()))
	for _, partner := range stats.GetPartners() {
		kinds := make(map[Kind]int64, len(partner.GetCodes()))
		for _, code := range partner.GetCodes() {
			kinds[Kind{partner.GetPartnerId(), code.GetCode(), code.GetField()}] = code.GetCount()
		}
		counts[partner.GetPartnerId()] = kinds
	}
	return counts
}

// changed are the partners whose counts are others than at the last look.
func (w *Watcher) changed(counts map[string]map[Kind]int64) []string {
	var changed []string
	for partner, kinds := range counts {
		before := w.counts[partner]
		same := len(before) == len(kinds)
		for kind, count := range kinds {
			same = same && before[kind] == count
		}
		if !same {
			changed = append(changed, partner)
		}
	}
	return changed
}

// readGroups takes the groups of these partners; what could be read is not read again.
func (w *Watcher) readGroups(
	ctx context.Context, now time.Time, changed []string, counts map[string]map[Kind]int64,
) error {
	asked := changed
	if len(changed) > maxFewPartners || (!w.started && len(changed) > 0) {
		asked = []string{""}
	}
	for _, partner := range asked {
		request := &errorv1.ListErrorGroupsRequest{PartnerId: partner, PageSize: pageSize}
		for range maxGroupPages {
			page, err := w.mesh.ListErrorGroups(ctx, request)
			if err != nil {
				return err
			}
			for _, group := range page.GetGroups() {
				w.tracker.Group(now, group)
			}
			if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
				break
			}
		}
	}
	for partner := range w.counts {
		if counts[partner] == nil {
			delete(w.counts, partner)
		}
	}
	for _, partner := range changed {
		w.counts[partner] = counts[partner]
	}
	return nil
}

func (w *Watcher) takePartners(now time.Time, orders *orderv1.OrderStats, errors *errorv1.ErrorStats) {
	totals := map[string][2]int64{}
	for _, partner := range orders.GetPartners() {
		totals[partner.GetPartnerId()] = [2]int64{partner.GetCount(), 0}
	}
	for _, partner := range errors.GetPartners() {
		totals[partner.GetPartnerId()] = [2]int64{totals[partner.GetPartnerId()][0], partner.GetCount()}
	}
	for id, total := range totals {
		w.tracker.Partner(now, id, total[0], total[1])
	}
}

// seed counts the errors of the window before the first look, so that a gateway that starts while orders fail goes on
// with the alerts of the one before it. Errors that are older say nothing.
func (w *Watcher) seed(ctx context.Context, now time.Time) error {
	request := &errorv1.ListErrorsRequest{From: timestamppb.New(now.Add(-w.config.Window)), To: timestamppb.New(now),
		PageSize: pageSize}
	var found []*errorv1.OrderError
	for range maxSeedPages {
		page, err := w.mesh.ListErrors(ctx, request)
		if err != nil {
			return err
		}
		found = append(found, page.GetErrors()...)
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			break
		}
	}
	slices.SortFunc(found, func(a, b *errorv1.OrderError) int {
		return a.GetReceivedTime().AsTime().Compare(b.GetReceivedTime().AsTime())
	})
	for _, one := range found {
		w.tracker.Seed(one.GetReceivedTime().AsTime(), kindsOf(one))
	}
	return nil
}

// kindsOf are those that an error counts in, each once.
func kindsOf(one *errorv1.OrderError) []Kind {
	var kinds []Kind
	for _, violation := range one.GetViolations() {
		kind := Kind{one.GetPartnerId(), violation.GetCode(), violation.GetField()}
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// show finds the newest error of each kind that has an alert; where that fails the one before stays, and the alert is
// sent all the same. Whether it found all.
func (w *Watcher) show(ctx context.Context, alerts []*Alert) bool {
	stand, all := map[Kind]bool{}, true
	for _, alert := range alerts {
		stand[alert.Kind] = true
		known := w.newest[alert.Kind]
		if known.error != nil && !alert.Grown.After(known.at) {
			continue
		}
		at := w.now()
		found, err := w.findNewest(ctx, alert)
		if err != nil {
			all = false
			continue
		}
		w.newest[alert.Kind] = example{at, found}
	}
	for kind := range w.newest {
		if !stand[kind] {
			delete(w.newest, kind)
		}
	}
	return all
}

var errNone = errors.New("there is none any more")

func (w *Watcher) findNewest(ctx context.Context, alert *Alert) (*errorv1.OrderError, error) {
	// Whoever repairs errors changes old ones: only those of the window are new.
	request := &errorv1.ListErrorsRequest{PartnerId: alert.Partner, Code: alert.Code, Field: alert.Field, PageSize: 1,
		From: timestamppb.New(alert.Since.Add(-w.config.Window))}
	for range maxSeedPages {
		page, err := w.mesh.ListErrors(ctx, request)
		if err != nil {
			return nil, err
		}
		if found := page.GetErrors(); len(found) > 0 {
			if w.config.Payload != PayloadExcerpt {
				return found[0], nil
			}
			return w.mesh.GetError(ctx, &errorv1.GetErrorRequest{Id: found[0].GetId()})
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			break
		}
	}
	return nil, errNone
}

func (w *Watcher) messages(alerts []*Alert) []message {
	now := w.now()
	all := make([]message, 0, len(alerts))
	for _, alert := range alerts {
		one := message{Labels: labels(alert), StartsAt: alert.Since, EndsAt: now.Add(holdLooks * w.config.Every),
			Annotations: texts(alert, w.newest[alert.Kind].error, w.config.Payload, w.config.PublicURL, w.config.Window)}
		if w.config.PublicURL != "" {
			one.GeneratorURL = groupURL(alert, w.config.PublicURL)
		}
		all = append(all, one)
	}
	return all
}
