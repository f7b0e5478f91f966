package config

import (
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ordermesh.dev/gateway/internal/testmesh"
)

// arguments is a command line that is whole.
func arguments(t *testing.T) []string {
	t.Helper()
	secret := testmesh.Write(t, "secret", []byte("x"), 0o600)
	return []string{
		"--tls_cert",
		secret,
		"--tls_key",
		secret,
		"--tls_ca",
		secret,
		"--pepper_file",
		secret,
		"--jwt_key_file",
		secret,
		"--feed",
		"a:1",
		"--validation",
		"a:2",
		"--order_store",
		"a:3",
		"--error_store",
		"a:4",
		"--partners=a:5",
	}
}

func TestEachFlagHasAVariable(t *testing.T) {
	secret := testmesh.Write(t, "secret", []byte("x"), 0o600)
	environment := map[string]string{
		"ORDERMESH_TLS_CERT": secret, "ORDERMESH_TLS_KEY": secret, "ORDERMESH_TLS_CA": secret,
		"ORDERMESH_PEPPER_FILE": secret, "ORDERMESH_JWT_KEY_FILE": secret, "ORDERMESH_FEED": "dns:///feed.mesh.svc:7000",
		"ORDERMESH_VALIDATION": "a:2", "ORDERMESH_ORDER_STORE": "a:3", "ORDERMESH_ERROR_STORE": "a:4",
		"ORDERMESH_PARTNERS": "a:5", "ORDERMESH_DRAIN_SECONDS": "3", "ORDERMESH_HTTP_LISTEN": "0.0.0.0:8080",
		"ORDERMESH_GRPC_LISTEN": "0.0.0.0:8081", "ORDERMESH_EDGE_TLS_CERT": "", "ORDERMESH_UNKNOWN": "x",
	}
	lookup := func(name string) (string, bool) {
		value, there := environment[name]
		return value, there
	}
	c, err := parse([]string{"--grpc_listen", "127.0.0.1:1"}, lookup, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if c.Upstreams["feed"] != "dns:///feed.mesh.svc:7000" || c.Upstreams["order-store"] != "a:3" || c.Drain != 3*time.Second ||
		c.HTTPListen != "0.0.0.0:8080" || c.GRPCListen != "127.0.0.1:1" {
		t.Errorf("got %+v", c)
	}
	environment["ORDERMESH_DRAIN_SECONDS"] = "soon"
	if _, err := parse(nil, lookup, io.Discard); err == nil || !strings.Contains(err.Error(), "ORDERMESH_DRAIN_SECONDS") {
		t.Errorf("got %v", err)
	}
}

func TestWholeCommandLineIsTaken(t *testing.T) {
	c, err := Parse(
		append(
			arguments(t),
			"--cors_origins",
			"https://a.example, https://b.example",
			"--shared_addresses=10.0.0.0/8, fd00::/8",
			"--stats_cache_seconds=7",
			"--drain_seconds",
			"3",
		),
		io.Discard,
	)
	if err != nil {
		t.Fatal(err)
	}
	if c.Upstreams["order-store"] != "a:3" || c.Upstreams["partners"] != "a:5" || c.StatsCache != 7*time.Second ||
		c.Drain != 3*time.Second ||
		!slices.Equal(c.CORSOrigins, []string{"https://a.example", "https://b.example"}) ||
		len(c.SharedAddresses) != 2 || c.SharedAddresses[1].String() != "fd00::/8" || c.HTTPListen != "127.0.0.1:8080" {
		t.Errorf("got %+v", c)
	}
}

func TestWhatProtectsSomethingMustBeThere(t *testing.T) {
	whole := arguments(t)
	for _, name := range []string{"tls_cert", "tls_key", "tls_ca", "pepper_file", "jwt_key_file", "feed", "validation",
		"order_store", "error_store"} {
		i := slices.Index(whole, "--"+name)
		_, err := Parse(slices.Delete(slices.Clone(whole), i, i+2), io.Discard)
		if err == nil || !strings.Contains(err.Error(), "--"+name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	for _, more := range [][]string{{"--edge_tls_cert", "x"}, {"--edge_tls_key", "x"}, {"--oidc_issuer", "x"},
		{"--cors_origins", "*"},
		{"--cors_origins", "https://*.example"}, {"--stats_cache_seconds", "-1"}, {"--drain_seconds", "-1"}, {"extra"},
		{"--unknown"}, {"--shared_addresses", "10.0.0.1"},
		{"--oidc_issuer", "x", "--oidc_audience", "y", "--oidc_role_claim", ""}, {"--pepper_file", "/missing"},
		{"--pepper_file", os.TempDir()}} {
		if _, err := Parse(append(slices.Clone(whole), more...), io.Discard); err == nil {
			t.Errorf("%v is taken", more)
		}
	}
}

func TestPlaintextInsideMustBeAskedFor(t *testing.T) {
	whole := arguments(t)
	if _, err := Parse(append(slices.Clone(whole[6:]), "--insecure"), io.Discard); err != nil {
		t.Error(err)
	}
}

func TestSecretsThatOthersMayReadAreRefused(t *testing.T) {
	for mode, good := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o440: true, 0o640: true, 0o644: false,
		0o604: false, 0o660: false, 0o666: false, 0o602: false} {
		path := testmesh.Write(t, "secret", []byte("x"), mode)
		data, err := ReadSecret(path)
		if (err == nil) != good || (good && string(data) != "x") {
			t.Errorf("%04o: got %q, %v", mode, data, err)
		}
	}
}
