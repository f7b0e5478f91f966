package alerts

import (
	"cmp"
	"slices"
	"time"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
)

const (
	// maxOfPartner is how many alerts of one partner stand at once: whoever changes his whole format is one trouble.
	maxOfPartner = 20
	// maxAlerts is how many of all partners do.
	maxAlerts = 200
	// hourDoubt is how far apart the clocks of gateway and error-store may be: so near to a full hour it is not known
	// which hour an answer ends with.
	hourDoubt = 2 * time.Minute
	// maxWaiting is for how long an alert is kept that no Alertmanager has taken: what is older is found in the dashboard.
	maxWaiting = 24 * time.Hour
)

// Tracker decides which alerts stand. It sees counters only; it has no clock. Not safe for concurrent use.
type Tracker struct {
	settings Settings
	kinds    map[Kind]*kindState
	partners map[string]*partnerState
	// Whether the kinds that the store knows have been seen: what appears later is new.
	started bool
	// Alerts that there was no room for in the last evaluation.
	LeftOut int
}

type kindState struct {
	// Errors received in the running hour and before it, as the last answer had them, and when that was.
	hours  []int64
	seenAt time.Time
	news   window
	first  time.Time
	last   time.Time
	grown  time.Time
	states map[string]*state
}

type partnerState struct {
	orders, errors int64
	// Since when its orders are counted; zero: since its first one.
	since time.Time
	all   window
}

// NewTracker knows nothing yet.
func NewTracker(settings Settings) *Tracker {
	return &Tracker{settings: settings, kinds: map[Kind]*kindState{}, partners: map[string]*partnerState{}}
}

// Started ends the first look: what was seen so far was there before.
func (t *Tracker) Started() { t.started = true }

// Partner takes a partner's totals: orders and errors since ever.
func (t *Tracker) Partner(now time.Time, id string, orders, errors int64) {
	partner := t.partners[id]
	if partner == nil {
		partner = &partnerState{}
		t.partners[id] = partner
		if !t.started {
			*partner = partnerState{orders: orders, errors: errors, since: now}
		}
	}
	// Errors expire, so that their total also falls.
	partner.all.add(now, max(0, orders-partner.orders)+max(0, errors-partner.errors), t.settings.Window)
	partner.orders, partner.errors = orders, errors
}

// Group takes what the store says of a kind.
func (t *Tracker) Group(now time.Time, group *errorv1.ErrorGroup) {
	kind := Kind{group.GetPartnerId(), group.GetCode(), group.GetField()}
	known := t.kinds[kind]
	if known == nil {
		known = &kindState{states: map[string]*state{}}
		if !t.started {
			known.hours, known.seenAt = group.GetHours(), now
		}
		t.kinds[kind] = known
	}
	if count := fresh(known.hours, known.seenAt, group.GetHours(), now); count > 0 {
		known.news.add(now, count, t.settings.Window)
		known.grown = now
	}
	known.hours, known.seenAt = group.GetHours(), now
	known.first, known.last = group.GetFirstSeen().AsTime(), group.GetLastSeen().AsTime()
}

// Seed counts an error that was received before the first look, but within the window.
func (t *Tracker) Seed(received time.Time, kinds []Kind) {
	for _, kind := range kinds {
		if known := t.kinds[kind]; known != nil {
			known.news.add(received, 1, t.settings.Window)
			known.grown = received
		}
	}
}

// Forget drops kinds that the store does not have any more and that have no alert.
func (t *Tracker) Forget(there func(Kind) bool) {
	for kind, known := range t.kinds {
		if len(known.states) == 0 && !there(kind) {
			delete(t.kinds, kind)
		}
	}
}

// fresh is how many errors were received in the last two hours that the answer before did not have. Errors that are
// older come to a kind when a repair of theirs ends so: nobody is alerted about his own doing.
func fresh(before []int64, beforeAt time.Time, now []int64, nowAt time.Time) int64 {
	if len(before) == 0 {
		return grown(nil, now, 0)
	}
	shift := int(nowAt.Unix()/3600 - beforeAt.Unix()/3600)
	count := grown(before, now, shift)
	for _, other := range []int{shift - 1, shift + 1} {
		if other >= 0 && (nearFullHour(nowAt) || nearFullHour(beforeAt)) {
			count = min(count, grown(before, now, other))
		}
	}
	return count
}

// grown compares the last two hours, where `shift` hours have begun in between.
func grown(before, now []int64, shift int) int64 {
	var count int64
	for i := max(0, len(now)-2); i < len(now); i++ {
		var had int64
		if at := i + shift; at < len(before) {
			had = before[at]
		}
		count += max(0, now[i]-had)
	}
	return count
}

func nearFullHour(at time.Time) bool {
	into := time.Duration(at.Unix()%3600) * time.Second
	return into < hourDoubt || into > time.Hour-hourDoubt
}

// Evaluate gives the alerts that stand now, oldest first.
func (t *Tracker) Evaluate(now time.Time) []*Alert {
	var alerts, begin []*Alert
	ofPartner := map[string]int{}
	for kind, known := range t.kinds {
		if known.news.add(now, 0, t.settings.Window); len(known.news.steps) == 0 && len(known.states) == 0 {
			continue
		}
		figures := t.figures(kind, known, now)
		for _, level := range levels {
			alert := new(*figures)
			alert.Severity = level.severity
			stands := known.states[level.severity]
			switch {
			case stands == nil && level.begins(alert, t.settings, now):
				begin = append(begin, alert)
			case stands == nil:
			case level.lasts(alert, t.settings, now) || mustStay(stands, now, t.settings.Window):
				alert.remember(stands)
				alerts = append(alerts, alert)
				ofPartner[kind.Partner]++
			default:
				delete(known.states, level.severity)
			}
		}
	}
	t.LeftOut = 0
	slices.SortFunc(begin, worstFirst)
	for _, alert := range begin {
		if ofPartner[alert.Partner] >= maxOfPartner || len(alerts) >= maxAlerts {
			t.LeftOut++
			continue
		}
		alert.remember(&state{since: now})
		t.kinds[alert.Kind].states[alert.Severity] = alert.state
		alerts = append(alerts, alert)
		ofPartner[alert.Partner]++
	}
	slices.SortFunc(alerts, func(a, b *Alert) int { return cmp.Or(a.Since.Compare(b.Since), worstFirst(a, b)) })
	return alerts
}

// mustStay: what nobody has been told is told first, and stays long enough for Alertmanager to pass it on.
func mustStay(stands *state, now time.Time, window time.Duration) bool {
	if stands.delivered.IsZero() {
		return now.Sub(stands.since) < maxWaiting
	}
	return now.Sub(stands.delivered) < window
}

func (t *Tracker) figures(kind Kind, known *kindState, now time.Time) *Alert {
	from := now.Add(-t.settings.Window)
	alert := &Alert{Kind: kind, Figures: Figures{Errors: known.news.since(from), Share: -1}, FirstSeen: known.first,
		LastSeen: known.last, Grown: known.grown}
	partner := t.partners[kind.Partner]
	if partner == nil {
		return alert
	}
	// Both are counted from the same moment on, or a share of the orders would be one of a part of them.
	if partner.since.After(from) {
		from = partner.since
	}
	errors := known.news.since(from)
	alert.Orders = max(errors, partner.all.since(from))
	if alert.Orders > 0 {
		alert.Share = 100 * errors / alert.Orders
	}
	return alert
}

// level is when an alert of one severity begins, and how long it lasts: until half of that, so that it does not flap.
type level struct {
	severity string
	begins   func(*Alert, Settings, time.Time) bool
	lasts    func(*Alert, Settings, time.Time) bool
}

var levels = []level{
	{Info, func(a *Alert, s Settings, now time.Time) bool {
		return a.Errors >= s.NewErrors && isNew(a, s, now)
	}, isNew},
	{Warning, func(a *Alert, s Settings, _ time.Time) bool {
		return a.Errors >= s.Errors || (a.Errors >= s.FewErrors && a.Share > s.SharePercent)
	}, func(a *Alert, s Settings, _ time.Time) bool {
		return 2*a.Errors > s.Errors || (2*a.Errors > s.FewErrors && 2*a.Share > s.SharePercent)
	}},
	{Critical, func(a *Alert, s Settings, _ time.Time) bool {
		return killed(a) || (a.Errors >= s.Errors && a.Share > s.CriticalPercent)
	}, func(a *Alert, s Settings, _ time.Time) bool {
		return killed(a) || (2*a.Errors > s.Errors && 2*a.Share > s.CriticalPercent)
	}},
}

// isNew: the first error of the kind is not older than the window.
func isNew(a *Alert, s Settings, now time.Time) bool {
	return a.Errors > 0 && now.Sub(a.FirstSeen.Add(time.Minute)) < s.Window
}

// killed: an order that ends processes was parked. One is enough.
func killed(a *Alert) bool { return a.Code == commonv1.Violation_POISON && a.Errors > 0 }

var ranks = map[string]int{Critical: 0, Warning: 1, Info: 2}

// worstFirst is the same order in every gateway.
func worstFirst(a, b *Alert) int {
	return cmp.Or(cmp.Compare(ranks[a.Severity], ranks[b.Severity]), cmp.Compare(b.Errors, a.Errors),
		cmp.Compare(a.Partner, b.Partner), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Field, b.Field))
}
