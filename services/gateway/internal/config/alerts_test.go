package config

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"ordermesh.dev/gateway/internal/alerts"
	"ordermesh.dev/gateway/internal/testmesh"
)

func TestAlertsAreOffUnlessThereIsAnAlertmanager(t *testing.T) {
	c, err := Parse(arguments(t), io.Discard)
	if err != nil || c.Alerts != nil {
		t.Error(c.Alerts, err)
	}
}

func TestAlertsHaveDefaults(t *testing.T) {
	c, err := Parse(append(arguments(t), "--alertmanager_url", "http://a:9093, https://b/am"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Alerts.To.URLs, []string{"http://a:9093", "https://b/am"}) ||
		c.Alerts.Settings != alerts.Defaults() ||
		c.Alerts.Every != 15*time.Second || c.Alerts.Payload != alerts.PayloadValue || c.Alerts.To.Token != nil {
		t.Errorf("got %+v", c.Alerts)
	}
}

func TestSettingsOfAlertsAreTaken(t *testing.T) {
	token := testmesh.Write(t, "token", []byte("secret\n"), 0o600)
	c, err := Parse(append(arguments(t), "--alertmanager_url=http://a:9093", "--alertmanager_token_file", token,
		"--alert_seconds=1", "--alert_window_seconds=7", "--alert_errors=5", "--alert_few_errors=4",
		"--alert_share_percent=30", "--alert_critical_percent=60", "--alert_new_errors=2", "--alert_payload=excerpt",
		"--public_url=https://orders.example.com/"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := alerts.Settings{Window: 7 * time.Second, Errors: 5, FewErrors: 4, SharePercent: 30, CriticalPercent: 60,
		NewErrors: 2}
	said, err := c.Alerts.To.Token()
	if c.Alerts.Settings != want || c.Alerts.Every != time.Second || c.Alerts.Payload != alerts.PayloadExcerpt ||
		c.Alerts.PublicURL != "https://orders.example.com" || said != "secret" || err != nil {
		t.Errorf("got %+v, %q, %v", c.Alerts, said, err)
	}
}

func TestSettingsOfAlertsThatAreWrongAreRefused(t *testing.T) {
	open := testmesh.Write(t, "token", []byte("x"), 0o644)
	for _, wrong := range [][]string{{"--alertmanager_url=a:9093"}, {"--alertmanager_url=http://user:word@a"},
		{"--alertmanager_url=http://a?x=y"}, {"--alertmanager_url=ftp://a"}, {"--public_url=orders.example.com"},
		{"--alert_payload=all"}, {"--alert_errors=0"}, {"--alert_seconds=0"}, {"--alert_window_seconds=20"},
		{"--alertmanager_token_file", open}, {"--alertmanager_ca=/missing"}, {"--alertmanager_cert=/missing"}} {
		_, err := Parse(append(arguments(t), append([]string{"--alertmanager_url=http://a:9093"}, wrong...)...), io.Discard)
		if err == nil {
			t.Errorf("%v is taken", wrong)
		} else if strings.Contains(err.Error(), "word") && !strings.Contains(err.Error(), "alertmanager_url") {
			t.Error(err)
		}
	}
}
