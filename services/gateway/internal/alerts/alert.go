// Package alerts tells Alertmanager which partner's orders fail, why, and which payload to look at.
package alerts

import (
	"time"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
)

// Kind is what one alert is about: errors of one partner with the same code at the same field.
type Kind struct {
	Partner string
	Code    commonv1.Violation_Code
	Field   string
}

// Severities, the least first. A worse one does not replace the others: each comes and goes by itself, and Alertmanager
// inhibits the lesser ones.
const (
	Info     = "info"
	Warning  = "warning"
	Critical = "critical"
)

// Settings say when a kind of error is worth an alert.
type Settings struct {
	// How long back errors are counted.
	Window time.Duration
	// So many new errors in the window are a warning.
	Errors int64
	// Fewer are one where they are more than SharePercent of the partner's orders.
	FewErrors int64
	// In percent of all orders of the partner that became an order or an error.
	SharePercent int64
	// With Errors reached, more than this of the partner's orders is critical.
	CriticalPercent int64
	// So many errors of a kind that the store did not know before are worth a word.
	NewErrors int64
}

// Defaults are an operator's at three in the morning: one odd order is a message, ten in five minutes are a warning,
// and nobody is woken before half of a partner's orders fail.
func Defaults() Settings {
	return Settings{Window: 5 * time.Minute, Errors: 10, FewErrors: 3, SharePercent: 20, CriticalPercent: 50, NewErrors: 1}
}

// Figures are those of one window.
type Figures struct {
	// New errors of the kind, and all of the partner's orders, as far back as both are known.
	Errors, Orders int64
	// New errors of the kind, of Orders, in percent; -1 where that is not known.
	Share int64
}

// Alert is one that stands now.
type Alert struct {
	Kind
	Severity string
	// When it began.
	Since time.Time
	// Of the window that had most errors since it began.
	Figures
	// When errors of this kind were received, to the minute.
	FirstSeen, LastSeen time.Time
	// When the last ones were counted.
	Grown time.Time

	state *state
}

// state is what is remembered of one kind and severity.
type state struct {
	since time.Time
	most  Figures
	// When an Alertmanager first took it; zero: none did yet.
	delivered time.Time
}

// remember shows the window that had most errors: whoever hears of it late, or that it is over, wants to know what it
// was.
func (a *Alert) remember(stands *state) {
	if a.Errors >= stands.most.Errors {
		stands.most = a.Figures
	}
	a.state, a.Since, a.Figures = stands, stands.since, stands.most
}

// Delivered notes that an Alertmanager has it.
func (a *Alert) Delivered(now time.Time) {
	if a.state.delivered.IsZero() {
		a.state.delivered = now
	}
}

// Waiting says that no Alertmanager has it yet.
func (a *Alert) Waiting() bool { return a.state.delivered.IsZero() }
