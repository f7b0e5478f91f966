package alerts

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// postTime is how long an Alertmanager may take.
	postTime = 5 * time.Second
	// maxBackoff is how long one that fails is left alone at most, and not longer than this part of the window: gateways
	// that find it back at different times must do so while the alert of the first one lasts, or it would be told twice.
	maxBackoff, backoffPart = time.Minute, 4
	// maxAnswer is how much of a refusal goes to the log.
	maxAnswer = 512
)

// message is one alert as Alertmanager's API v2 takes it.
type message struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// Receivers is where alerts go, and how we show who we are.
type Receivers struct {
	// http://host:port or https://host:port, with a path where Alertmanager has one.
	URLs []string
	// Authorities for https; empty: the system's.
	CA string
	// Our certificate, where they ask for one.
	Cert, Key string
	// A file with a bearer token, read at every post; empty: none.
	Token func() (string, error)
}

// receiver is one Alertmanager.
type receiver struct {
	url, host string
	failures  int
	notBefore time.Time
}

// sender posts to every Alertmanager: they do not tell each other about alerts. Not safe for concurrent use.
type sender struct {
	receivers []*receiver
	client    http.Client
	patience  time.Duration
	token     func() (string, error)
	log       *slog.Logger
	// Counts posts by host and result: taken, failed.
	count func(host, result string, posts int)
}

func newSender(
	to Receivers, window time.Duration, log *slog.Logger, count func(host, result string, posts int),
) (*sender, error) {
	config, err := tlsOf(to)
	if err != nil {
		return nil, err
	}
	s := &sender{token: to.Token, log: log, count: count, patience: min(maxBackoff, window/backoffPart)}
	s.client = http.Client{
		Timeout:   postTime,
		Transport: &http.Transport{TLSClientConfig: config, MaxIdleConnsPerHost: 1, IdleConnTimeout: 90 * time.Second},
		// A redirect would take the token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for _, text := range to.URLs {
		address, err := url.Parse(text)
		if err != nil {
			return nil, err
		}
		s.receivers = append(s.receivers,
			&receiver{url: strings.TrimSuffix(text, "/") + "/api/v2/alerts", host: address.Host})
		for _, result := range []string{"taken", "failed"} {
			count(address.Host, result, 0)
		}
	}
	return s, nil
}

func tlsOf(to Receivers) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if to.CA != "" {
		authorities, err := os.ReadFile(to.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(authorities) {
			return nil, fmt.Errorf("%s has no certificate", to.CA)
		}
	}
	if to.Cert != "" {
		if _, err := tls.LoadX509KeyPair(to.Cert, to.Key); err != nil {
			return nil, err
		}
		// Read again for every connection, so that a new certificate needs no restart.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(to.Cert, to.Key)
			return &pair, err
		}
	}
	return config, nil
}

// send gives the alerts to all that are not left alone at the moment; whether one of them has taken them.
func (s *sender) send(ctx context.Context, now time.Time, alerts []message) bool {
	body, err := json.Marshal(alerts)
	if err != nil {
		s.log.Error("alerts cannot be written as JSON", "error", err)
		return false
	}
	var mu sync.Mutex
	var posting sync.WaitGroup
	taken := false
	for _, to := range s.receivers {
		if now.Before(to.notBefore) {
			continue
		}
		posting.Go(func() {
			err := s.post(ctx, to, body)
			mu.Lock()
			defer mu.Unlock()
			s.note(now, to, err)
			taken = taken || err == nil
		})
	}
	posting.Wait()
	return taken
}

// note says once that an Alertmanager is away, and once that it is back.
func (s *sender) note(now time.Time, to *receiver, err error) {
	if err == nil {
		if to.failures > 0 {
			s.log.Info("an Alertmanager takes alerts again", "alertmanager", to.host, "failures", to.failures)
		}
		to.failures, to.notBefore = 0, time.Time{}
		s.count(to.host, "taken", 1)
		return
	}
	if errors.Is(err, context.Canceled) {
		return
	}
	if to.failures == 0 {
		s.log.Warn("an Alertmanager does not take alerts", "alertmanager", to.host, "error", err)
	}
	to.notBefore = now.Add(min(s.patience, time.Second<<min(to.failures, 10)))
	to.failures++
	s.count(to.host, "failed", 1)
}

func (s *sender) post(ctx context.Context, to *receiver, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if s.token != nil {
		token, err := s.token()
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", answer.Status, said)
	}
	return nil
}
