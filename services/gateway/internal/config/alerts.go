package config

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"ordermesh.dev/gateway/internal/alerts"
)

// alertFlags are the settings of alerts as they stand on the command line.
type alertFlags struct {
	urls, ca, cert, key, token, public, payload string
	every, window                               int
	settings                                    alerts.Settings
}

func (a *alertFlags) define(flags *flag.FlagSet) {
	a.settings = alerts.Defaults()
	flags.StringVar(&a.urls, "alertmanager_url", "",
		"where Alertmanagers are (http or https, separated by commas); each gets every alert; empty means none")
	flags.StringVar(&a.ca, "alertmanager_ca", "", "the authorities for them (PEM); empty means the system's")
	flags.StringVar(&a.cert, "alertmanager_cert", "", "the gateway's certificate for them (PEM)")
	flags.StringVar(&a.key, "alertmanager_key", "", "its key")
	flags.StringVar(&a.token, "alertmanager_token_file", "", "a bearer token for them, read at every post")
	flags.StringVar(&a.public, "public_url", "", "where people reach the dashboard: alerts have links to it")
	flags.StringVar(&a.payload, "alert_payload", string(alerts.PayloadValue),
		"what of an order's content an alert has: none, value (the offending one) or excerpt (and what stands around it)")
	flags.IntVar(&a.every, "alert_seconds", 15, "how often errors are looked at")
	flags.IntVar(&a.window, "alert_window_seconds", int(a.settings.Window/time.Second),
		"how far back errors count; an alert lasts at least as long")
	flags.Int64Var(&a.settings.Errors, "alert_errors", a.settings.Errors,
		"warning: so many new errors of a partner with the same code at the same field")
	flags.Int64Var(&a.settings.FewErrors, "alert_few_errors", a.settings.FewErrors,
		"warning: so many, where they are more than alert_share_percent of the partner's orders")
	flags.Int64Var(&a.settings.SharePercent, "alert_share_percent", a.settings.SharePercent, "see alert_few_errors")
	flags.Int64Var(&a.settings.CriticalPercent, "alert_critical_percent", a.settings.CriticalPercent,
		"critical: alert_errors, and more than so much of the partner's orders")
	flags.Int64Var(&a.settings.NewErrors, "alert_new_errors", a.settings.NewErrors,
		"info: so many of a kind that was not there before")
}

// config checks and puts together; nothing where there is no Alertmanager.
func (a *alertFlags) config() (*alerts.Config, error) {
	var urls []string
	for one := range strings.SplitSeq(a.urls, ",") {
		if one = strings.TrimSpace(one); one != "" {
			if err := checkURL("alertmanager_url", one); err != nil {
				return nil, err
			}
			urls = append(urls, one)
		}
	}
	if len(urls) == 0 {
		return nil, nil
	}
	if a.public != "" {
		if err := checkURL("public_url", a.public); err != nil {
			return nil, err
		}
	}
	s := a.settings
	for _, number := range []int64{int64(a.every), s.Errors, s.FewErrors, s.NewErrors, s.SharePercent, s.CriticalPercent} {
		if number < 1 {
			return nil, fmt.Errorf("every number of --alert_... must be at least 1")
		}
	}
	if a.window < 2*a.every {
		return nil, fmt.Errorf("--alert_window_seconds must be at least twice --alert_seconds")
	}
	s.Window = time.Duration(a.window) * time.Second
	switch alerts.Payload(a.payload) {
	case alerts.PayloadNone, alerts.PayloadValue, alerts.PayloadExcerpt:
	default:
		return nil, fmt.Errorf("--alert_payload is none, value or excerpt, not %q", a.payload)
	}
	to, err := a.receivers(urls)
	return &alerts.Config{Settings: s, Every: time.Duration(a.every) * time.Second, To: to,
		Payload: alerts.Payload(a.payload), PublicURL: strings.TrimSuffix(a.public, "/")}, err
}

func (a *alertFlags) receivers(urls []string) (alerts.Receivers, error) {
	to := alerts.Receivers{URLs: urls, CA: a.ca, Cert: a.cert, Key: a.key}
	if (a.cert == "") != (a.key == "") {
		return to, fmt.Errorf("--alertmanager_cert and --alertmanager_key belong together")
	}
	for _, public := range []string{a.ca, a.cert} {
		if public != "" {
			if _, err := os.ReadFile(public); err != nil {
				return to, err
			}
		}
	}
	for _, secret := range []string{a.key, a.token} {
		if secret != "" {
			if err := CheckSecret(secret); err != nil {
				return to, err
			}
		}
	}
	if a.token != "" {
		to.Token = func() (string, error) {
			data, err := ReadSecret(a.token)
			return strings.TrimSpace(string(data)), err
		}
	}
	return to, nil
}

// checkURL takes addresses without credentials: those would be in the environment and in logs.
func checkURL(name, text string) error {
	address, err := url.Parse(text)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" ||
		address.User != nil || address.RawQuery != "" || address.Fragment != "" {
		return fmt.Errorf("--%s: %q is not http(s)://host without a user or a query", name, text)
	}
	return nil
}
