package observe

import "github.com/prometheus/client_golang/prometheus"

// Alerts are the figures of what is told to Alertmanager, and those that Prometheus's own rules look at.
type Alerts struct {
	standing         *prometheus.GaugeVec
	waiting, leftOut prometheus.Gauge
	posts, looks     *prometheus.CounterVec

	partnerOrders *prometheus.CounterVec
	jobsIdle      prometheus.Gauge
	registry      *prometheus.Registry
}

func newAlerts(registry *prometheus.Registry) *Alerts {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	a := &Alerts{
		registry: registry,
		standing: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "ordermesh_gateway_alerts",
			Help: "Alerts about orders that fail, as this gateway sees them."}, []string{"severity"}),
		waiting: gauge("ordermesh_gateway_alerts_waiting", "Alerts that no Alertmanager has taken yet."),
		leftOut: gauge("ordermesh_gateway_alerts_left_out", "Kinds of errors that would be one alert too many."),
		posts: counter("ordermesh_gateway_alert_posts_total", "Posts to an Alertmanager: taken, failed.", "alertmanager",
			"result"),
		looks: counter("ordermesh_gateway_alert_looks_total", "Looks at the errors for alerts: ok, failed.", "result"),
		partnerOrders: counter("ordermesh_gateway_partner_orders_total",
			"Orders of a partner that became an order (created) or an error (failed) since this gateway runs, as the stores "+
				"count them: every gateway counts all. Errors that expire in the same moment are not in it.",
			"partner", "outcome"),
		jobsIdle: gauge("ordermesh_gateway_job_idle_seconds",
			"How long the job over errors that moved least recently has not moved; 0 where none is under way."),
	}
	registry.MustRegister(a.standing, a.waiting, a.leftOut, a.posts, a.looks, a.partnerOrders, a.jobsIdle)
	return a
}

// AlertPost counts a post.
func (a *Alerts) AlertPost(host, result string, posts int) {
	a.posts.WithLabelValues(host, result).Add(float64(posts))
}

// AlertLook counts a look at the errors.
func (a *Alerts) AlertLook(result string) { a.looks.WithLabelValues(result).Inc() }

// AlertsNow are those that stand.
func (a *Alerts) AlertsNow(severities map[string]int, waiting, leftOut int) {
	for severity, count := range severities {
		a.standing.WithLabelValues(severity).Set(float64(count))
	}
	a.waiting.Set(float64(waiting))
	a.leftOut.Set(float64(leftOut))
}

// PartnerOrders counts what has become of a partner's orders since it was last called.
func (a *Alerts) PartnerOrders(partner string, created, failed int64) {
	a.partnerOrders.WithLabelValues(partner, "created").Add(float64(max(0, created)))
	a.partnerOrders.WithLabelValues(partner, "failed").Add(float64(max(0, failed)))
}

// JobIdle is how long the job that moved least recently has not moved.
func (a *Alerts) JobIdle(seconds float64) { a.jobsIdle.Set(seconds) }

// CertificateEnd shows when a certificate ends, in seconds since 1970, as the function says whenever it is asked.
func (a *Alerts) CertificateEnd(certificate string, end func() float64) {
	a.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ordermesh_gateway_certificate_end_seconds",
		Help:        "When the gateway's certificate ends, in seconds since 1970: mesh (renewed with all others) or edge.",
		ConstLabels: prometheus.Labels{"certificate": certificate}}, end))
}
