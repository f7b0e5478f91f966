package edge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	"ordermesh.dev/gateway/internal/config"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/testmesh"
)

func withCopy(t *testing.T) func(*config.Config) {
	return func(c *config.Config) { c.PartnersCopy = filepath.Join(t.TempDir(), "partners.copy") }
}

func (f *fixture) metric() string {
	response, err := http.Get("http://" + f.gateway.Addresses()["metrics"] + "/metrics")
	if err != nil {
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	data, _ := io.ReadAll(response.Body)
	return string(data)
}

func TestUnknownPartnersAreNoReasonForA401(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	f.gateway.Stop(time.Second)
	f.config.Upstreams["partners"] = "127.0.0.1:1"
	gateway, err := Start(f.config, io.Discard, slog.New(slog.NewJSONHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Stop(time.Second)
	f.gateway = gateway
	if got := f.do("GET", "/api/orders", "", keyA()); got.status != 503 || got.reason(t) != "NOT_READY" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestStartFailsClosed(t *testing.T) {
	f := start(t, &testmesh.Backend{})
	missing := filepath.Join(t.TempDir(), "missing")
	for what, change := range map[string]func(*config.Config){
		"pepper":          func(c *config.Config) { c.PepperFile = missing },
		"short pepper":    func(c *config.Config) { c.PepperFile = testmesh.Write(t, "p", []byte("0011"), 0o600) },
		"pepper not hex":  func(c *config.Config) { c.PepperFile = testmesh.Write(t, "p", []byte("zz"), 0o600) },
		"readable pepper": func(c *config.Config) { c.PepperFile = testmesh.Write(t, "p", []byte(testmesh.Pepper), 0o644) },
		"signing key":     func(c *config.Config) { c.JWTKeyFile = missing },
		"no signing key":  func(c *config.Config) { c.JWTKeyFile = testmesh.Write(t, "k", []byte("x"), 0o600) },
		"certificate": func(c *config.Config) {
			c.Insecure, c.TLSCert, c.TLSKey, c.TLSCA = false, missing, missing,
				missing
		},
		"edge":          func(c *config.Config) { c.EdgeTLSCert, c.EdgeTLSKey = missing, missing },
		"port taken":    func(c *config.Config) { c.GRPCListen = f.gateway.Addresses()["http"] },
		"admin taken":   func(c *config.Config) { c.AdminListen = f.gateway.Addresses()["http"] },
		"metrics taken": func(c *config.Config) { c.MetricsListen = f.gateway.Addresses()["http"] },
		"http taken":    func(c *config.Config) { c.HTTPListen = f.gateway.Addresses()["http"] },
		"pid file":      func(c *config.Config) { c.PIDFile = filepath.Join(missing, "pid") },
	} {
		broken := f.config
		change(&broken)
		if gateway, err := Start(broken, io.Discard, slog.New(slog.NewJSONHandler(io.Discard, nil))); err == nil {
			gateway.Stop(0)
			t.Errorf("it starts without a good %s", what)
		}
	}
}

func TestPIDIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	start(t, &testmesh.Backend{}, func(c *config.Config) { c.PIDFile = path })
	if data, err := os.ReadFile(path); err != nil || len(strings.TrimSpace(string(data))) == 0 {
		t.Errorf("got %q, %v", data, err)
	}
}

// secure runs the gateway with mTLS inside and TLS outside; every service has its own certificate.
func secure(t *testing.T, authority *testmesh.Authority, feedName string) *fixture {
	t.Helper()
	addresses := map[string]string{}
	var partners *testmesh.Sync
	for _, service := range []string{"feed", "validation", "order-store", "error-store", "partners"} {
		name := service
		if service == "feed" {
			name = feedName
		}
		backend := &testmesh.Backend{
			Submit: func(context.Context, *feedv1.SubmitOrderRequest) (*verdict, error) { return &verdict{}, nil },
		}
		testmesh.Start(t, backend, credentials.NewTLS(authority.ServerTLS(t, name)))
		addresses[service] = backend.Address
		if service == "partners" {
			partners = backend.Partners
		}
	}
	partners.Set(testmesh.Record("partner-a", "a"))
	cert, key := authority.Issue(t, "gateway", time.Now().Add(time.Hour))
	return start(t, &testmesh.Backend{}, func(c *config.Config) {
		c.Insecure, c.Upstreams = false, addresses
		c.TLSCert = testmesh.Write(t, "cert.pem", cert, 0o600)
		c.TLSKey = filepath.Join(filepath.Dir(c.TLSCert), "key.pem")
		if err := os.WriteFile(c.TLSKey, key, 0o600); err != nil {
			t.Fatal(err)
		}
		c.TLSCA = testmesh.Write(t, "ca.pem", authority.PEM, 0o600)
		c.EdgeTLSCert, c.EdgeTLSKey, c.TrustDomain = c.TLSCert, c.TLSKey, "ordermesh.local"
	})
}

func (f *fixture) submitOverTLS(authority *testmesh.Authority) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM)
	conn, err := grpcDial(f.gateway.Addresses()["grpc"], &tls.Config{RootCAs: roots})
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_, err = feedv1.NewFeedServiceClient(conn).SubmitOrder(
		metadata.AppendToOutgoingContext(context.Background(), "x-api-key", testmesh.APIKey("a")),
		&feedv1.SubmitOrderRequest{})
	return err
}

func TestServicesAreCalledOverMutualTLS(t *testing.T) {
	authority := testmesh.NewAuthority(t)
	f := secure(t, authority, "feed")
	if err := f.submitOverTLS(authority); err != nil {
		t.Error(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	response, err := (&http.Client{Transport: transport}).Get("https://" + f.gateway.Addresses()["http"] + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.ProtoMajor != 2 || response.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("got %s %v", response.Proto, response.Header)
	}
}

func TestPeerWithAnothersNameIsNotTrusted(t *testing.T) {
	authority := testmesh.NewAuthority(t)
	f := secure(t, authority, "validation")
	err := f.submitOverTLS(authority)
	if s := status.Convert(err); s.Code() != codes.DeadlineExceeded && s.Code() != codes.Unavailable ||
		refuse.Reason(s) != "UNAVAILABLE" {
		t.Errorf("got %v", err)
	}
}

func TestConnectionsPastTheBoundAreClosed(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	open := &counter{}
	listener := limit(inner, 1, open)
	defer func() { _ = listener.Close() }()
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	first := dial()
	defer func() { _ = first.Close() }()
	served := <-accepted
	second := dial()
	defer func() { _ = second.Close() }()
	if _, err := second.Read(make([]byte, 1)); err == nil {
		t.Error("the second connection is served")
	}
	_ = served.Close()
	_ = served.Close()
	third := dial()
	defer func() { _ = third.Close() }()
	_ = (<-accepted).Close()
	// The second one was never counted; the first was closed twice.
	if n := open.n.Load(); n != 0 {
		t.Errorf("%d are counted", n)
	}
}

type counter struct{ n atomic.Int64 }

func (c *counter) Inc() { c.n.Add(1) }
func (c *counter) Dec() { c.n.Add(-1) }
