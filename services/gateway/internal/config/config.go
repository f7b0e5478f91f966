// Package config is what the gateway is told. Nothing below main reads a flag, a file or the environment.
package config

import (
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"ordermesh.dev/gateway/internal/alerts"
)

// Config is the command line. Addresses are host:port.
type Config struct {
	HTTPListen, GRPCListen, OperatorListen string
	// Plaintext, for probes: grpc.health.v1, and HTTP /metrics. Empty means none.
	AdminListen, MetricsListen string
	// Written by rename once the gateway serves. Empty means none.
	PIDFile string
	// The gateway's identity in the mesh.
	TLSCert, TLSKey, TLSCA, TrustDomain string
	// Plaintext inside: only for tests that start one process by hand.
	Insecure bool
	// TLS towards partners; plaintext where empty, for a balancer in front that ends it.
	EdgeTLSCert, EdgeTLSKey string
	// Where the services are, by name.
	Upstreams map[string]string
	// Where the last copy of the partners is kept. Empty means nowhere.
	PartnersCopy                            string
	PepperFile, JWTKeyFile                  string
	OIDCIssuer, OIDCAudience, OIDCRoleClaim string
	// What the dashboard signs in with at that issuer. Empty: with tokens only.
	OIDCClientID, OIDCScope string
	// Web origins that may read answers; none by default.
	CORSOrigins []string
	// Of balancers, nodes and other machines behind which many callers stand: not bounded as one caller is.
	SharedAddresses []netip.Prefix
	// How much higher than its API port each service's metrics port is; 0 means that the overview has no such figures.
	MetricsPortOffset int
	// Of this program.
	Version string
	// Alerts about orders that fail; nil: none are sent.
	Alerts *alerts.Config
	// How long statistics are served from memory; 0 means never.
	StatsCache time.Duration
	// How long SIGTERM waits for calls that are under way, and how long it first takes calls as before, but reports
	// NOT_SERVING: balancers need that long to hear it.
	Drain, DrainDelay time.Duration
}

// Parse reads the arguments, without the program's name, and what they leave open from the environment: the variable of
// --http_listen is ORDERMESH_HTTP_LISTEN. Secrets are files, never values. The error names the flag or the variable.
func Parse(arguments []string, usage io.Writer) (Config, error) {
	return parse(arguments, os.LookupEnv, usage)
}

func parse(arguments []string, lookup func(string) (string, bool), usage io.Writer) (Config, error) {
	c := Config{Upstreams: map[string]string{}}
	flags := flag.NewFlagSet("ordermesh-gateway", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&c.HTTPListen, "http_listen", "127.0.0.1:8080", "REST and pages")
	flags.StringVar(&c.GRPCListen, "grpc_listen", "127.0.0.1:8081", "gRPC for partners")
	flags.StringVar(&c.OperatorListen, "operator_listen", "", "gRPC for operators: every method; empty means none")
	flags.StringVar(&c.AdminListen, "admin_listen", "", "plaintext grpc.health.v1 for probes")
	flags.StringVar(&c.MetricsListen, "metrics_listen", "", "HTTP /metrics")
	flags.StringVar(&c.PIDFile, "pid_file", "", "written by rename once the gateway serves")
	flags.StringVar(&c.TLSCert, "tls_cert", "", "the gateway's certificate in the mesh (PEM, looked at every second)")
	flags.StringVar(&c.TLSKey, "tls_key", "", "its key")
	flags.StringVar(&c.TLSCA, "tls_ca", "", "the authorities that the services' certificates are checked against")
	flags.StringVar(
		&c.TrustDomain,
		"trust_domain",
		"ordermesh.local",
		"certificates carry spiffe://<trust_domain>/<service>",
	)
	flags.BoolVar(&c.Insecure, "insecure", false, "plaintext to the services: only for tests")
	flags.StringVar(
		&c.EdgeTLSCert,
		"edge_tls_cert",
		"",
		"certificate for TLS towards partners (PEM, looked at every second)",
	)
	flags.StringVar(&c.EdgeTLSKey, "edge_tls_key", "", "its key")
	for name, service := range upstreamFlags {
		flags.Func(name, "where "+service+" is", func(target string) error {
			c.Upstreams[service] = target
			return nil
		})
	}
	flags.StringVar(&c.PartnersCopy, "partners_copy", "", "where the last copy of the partners is kept (mode 0600)")
	flags.StringVar(&c.PepperFile, "pepper_file", "", "the secret that API keys are hashed with, in hex")
	flags.StringVar(&c.JWTKeyFile, "jwt_key_file", "", "the Ed25519 key of the built-in token issuer (PKCS #8, PEM)")
	flags.StringVar(&c.OIDCIssuer, "oidc_issuer", "", "an OpenID Connect issuer whose tokens are taken too")
	flags.StringVar(&c.OIDCAudience, "oidc_audience", "", "the audience that its tokens must have")
	flags.StringVar(&c.OIDCRoleClaim, "oidc_role_claim", "role", "the claim that names viewer, operator or admin")
	flags.StringVar(&c.OIDCClientID, "oidc_client_id", "", "the dashboard's client id there (public client, PKCE)")
	flags.StringVar(&c.OIDCScope, "oidc_scope", "openid profile", "what the dashboard asks for there")
	origins := flags.String("cors_origins", "", "web origins that may read answers, separated by commas")
	flags.Func(
		"shared_addresses",
		"networks (CIDR, separated by commas) of balancers and others who stand for many callers: the bounds on connections from one address do not hold there",
		func(text string) error {
			var err error
			c.SharedAddresses, err = parsePrefixes(text)
			return err
		},
	)
	flags.IntVar(&c.MetricsPortOffset, "metrics_port_offset", 0,
		"how much higher than its API port each service's metrics port is: the overview has figures from there; 0 means none")
	var alert alertFlags
	alert.define(flags)
	seconds := flags.Int("stats_cache_seconds", 300, "how long statistics are served from memory")
	drain := flags.Int("drain_seconds", 20, "how long SIGTERM waits for calls that are under way")
	delay := flags.Int("drain_delay_seconds", 0, "how long calls are still taken after SIGTERM")
	if err := fromEnvironment(flags, lookup); err != nil {
		return Config{}, err
	}
	if err := flags.Parse(arguments); err != nil {
		return Config{}, err
	}
	if flags.NArg() > 0 {
		return Config{}, fmt.Errorf("there is no argument %q", flags.Arg(0))
	}
	for origin := range strings.SplitSeq(*origins, ",") {
		if origin = strings.TrimSpace(origin); origin != "" {
			c.CORSOrigins = append(c.CORSOrigins, origin)
		}
	}
	c.StatsCache = time.Duration(*seconds) * time.Second
	c.Drain = time.Duration(*drain) * time.Second
	c.DrainDelay = time.Duration(*delay) * time.Second
	var err error
	if c.Alerts, err = alert.config(); err != nil {
		return Config{}, err
	}
	return c, c.check()
}

func parsePrefixes(text string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(one)
		if err != nil {
			return nil, err
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}

// fromEnvironment sets every flag whose variable is there and not empty; a flag on the command line, read afterwards,
// wins.
func fromEnvironment(flags *flag.FlagSet, lookup func(string) (string, bool)) error {
	var problem error
	flags.VisitAll(func(f *flag.Flag) {
		name := "ORDERMESH_" + strings.ToUpper(f.Name)
		value, there := lookup(name)
		if !there || value == "" || problem != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			problem = fmt.Errorf("%s: %w", name, err)
		}
	})
	return problem
}

var upstreamFlags = map[string]string{
	"feed": "feed", "validation": "validation", "order_store": "order-store", "error_store": "error-store",
	"partners": "partners",
}

// check fails closed: what protects something must be there.
func (c *Config) check() error {
	needed := map[string]string{"pepper_file": c.PepperFile, "jwt_key_file": c.JWTKeyFile}
	for name, service := range upstreamFlags {
		needed[name] = c.Upstreams[service]
	}
	if !c.Insecure {
		needed["tls_cert"], needed["tls_key"], needed["tls_ca"] = c.TLSCert, c.TLSKey, c.TLSCA
	}
	if c.OIDCClientID != "" {
		needed["oidc_issuer"] = c.OIDCIssuer
	}
	if c.OIDCIssuer != "" {
		needed["oidc_audience"], needed["oidc_role_claim"] = c.OIDCAudience, c.OIDCRoleClaim
	}
	if c.EdgeTLSCert != "" || c.EdgeTLSKey != "" {
		needed["edge_tls_cert"], needed["edge_tls_key"] = c.EdgeTLSCert, c.EdgeTLSKey
	}
	for _, name := range []string{"tls_cert", "tls_key", "tls_ca", "pepper_file", "jwt_key_file", "feed", "validation",
		"order_store", "error_store", "partners", "oidc_issuer", "oidc_audience", "oidc_role_claim", "edge_tls_cert", "edge_tls_key"} {
		if value, there := needed[name]; there && value == "" {
			return fmt.Errorf("--%s is needed", name)
		}
	}
	if c.StatsCache < 0 || c.Drain < 0 || c.DrainDelay < 0 {
		return fmt.Errorf("--stats_cache_seconds, --drain_seconds and --drain_delay_seconds must not be negative")
	}
	for _, origin := range c.CORSOrigins {
		if strings.Contains(origin, "*") {
			return fmt.Errorf("--cors_origins must name each origin; %q does not", origin)
		}
	}
	for _, public := range []string{c.TLSCert, c.TLSCA, c.EdgeTLSCert} {
		if public != "" {
			if _, err := os.ReadFile(public); err != nil {
				return err
			}
		}
	}
	for _, secret := range []string{c.PepperFile, c.JWTKeyFile, c.TLSKey, c.EdgeTLSKey} {
		if secret != "" {
			if err := CheckSecret(secret); err != nil {
				return err
			}
		}
	}
	return nil
}

// CheckSecret refuses a file that is missing or that others than its owner may read or write. The group may read it
// where the owner gave it that, as Kubernetes does with mounted secrets: only "others" and a writing group are refused.
func CheckSecret(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", path)
	}
	if mode := info.Mode().Perm(); mode&0o027 != 0 {
		return fmt.Errorf("%s may be read or changed by others (mode %04o): chmod 600 it", path, mode)
	}
	return nil
}

// ReadSecret reads a file that CheckSecret accepts.
func ReadSecret(path string) ([]byte, error) {
	if err := CheckSecret(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
