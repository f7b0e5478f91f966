package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"ordermesh.dev/gateway/internal/testmesh"
)

// folder is where a process finds its identity.
type folder struct{ cert, key, ca string }

func newFolder(t *testing.T) folder {
	t.Helper()
	at := t.TempDir()
	return folder{filepath.Join(at, "cert.pem"), filepath.Join(at, "key.pem"), filepath.Join(at, "ca.pem")}
}

// put replaces a file as rotation does: by rename.
func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func (f folder) issue(t *testing.T, authority *testmesh.Authority, service string) {
	t.Helper()
	cert, key := authority.Issue(t, service, time.Now().Add(time.Hour))
	put(t, f.key, key)
	put(t, f.cert, cert)
	put(t, f.ca, authority.PEM)
}

// reach asks a service for its health on a new connection.
func reach(t *testing.T, address, service string, identity *TLS) error {
	t.Helper()
	pool, err := Dial(service, address, identity)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err = healthpb.NewHealthClient(pool).Check(ctx, &healthpb.HealthCheckRequest{})
	return err
}

func TestOnlyTheExpectedPeerIsTrusted(t *testing.T) {
	authority, other := testmesh.NewAuthority(t), testmesh.NewAuthority(t)
	files := newFolder(t)
	files.issue(t, authority, "gateway")
	identity, err := NewTLS(files.cert, files.key, files.ca, "ordermesh.local")
	if err != nil {
		t.Fatal(err)
	}
	feed := testmesh.Start(t, &testmesh.Backend{}, credentials.NewTLS(authority.ServerTLS(t, "feed")))
	if err := reach(t, feed.Address, "feed", identity); err != nil {
		t.Errorf("the feed is not trusted: %v", err)
	}
	if err := reach(t, feed.Address, "partners", identity); err == nil {
		t.Error("the feed passes for partners")
	}
	forged := testmesh.Start(t, &testmesh.Backend{}, credentials.NewTLS(other.ServerTLS(t, "feed")))
	if err := reach(t, forged.Address, "feed", identity); err == nil {
		t.Error("another authority's feed is trusted")
	}
	plain := testmesh.Start(t, &testmesh.Backend{}, nil)
	if err := reach(t, plain.Address, "feed", identity); err == nil {
		t.Error("plaintext is trusted")
	}
}

func TestRotatedCertificatesAreUsedWithoutRestart(t *testing.T) {
	before, after := testmesh.NewAuthority(t), testmesh.NewAuthority(t)
	files := newFolder(t)
	files.issue(t, before, "gateway")
	identity, err := NewTLS(files.cert, files.key, files.ca, "ordermesh.local")
	if err != nil {
		t.Fatal(err)
	}
	feed := testmesh.Start(t, &testmesh.Backend{}, credentials.NewTLS(after.ServerTLS(t, "feed")))
	put(t, files.cert, []byte("half a certificate"))
	if err := reach(t, feed.Address, "feed", identity); err == nil {
		t.Fatal("a stranger's feed is trusted")
	}
	files.issue(t, after, "gateway")
	for deadline := time.Now().Add(10 * time.Second); reach(t, feed.Address, "feed", identity) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the new certificates are not used")
		}
	}
}

func TestHalfWrittenFilesLeaveTheCertificatesBeforeThem(t *testing.T) {
	authority := testmesh.NewAuthority(t)
	files := newFolder(t)
	files.issue(t, authority, "gateway")
	identity, err := NewTLS(files.cert, files.key, files.ca, "ordermesh.local")
	if err != nil {
		t.Fatal(err)
	}
	feed := testmesh.Start(t, &testmesh.Backend{}, credentials.NewTLS(authority.ServerTLS(t, "feed")))
	// The first set is read in the background.
	if err := reach(t, feed.Address, "feed", identity); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{files.cert, files.key, files.ca} {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		put(t, path, whole[:100])
		// The files are looked at every second; every new connection meanwhile must be as good as before.
		for end := time.Now().Add(2500 * time.Millisecond); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if err := reach(t, feed.Address, "feed", identity); err != nil {
				t.Fatalf("%s: %v", filepath.Base(path), err)
			}
		}
		put(t, path, whole)
	}
}

func TestEdgeCertificateRotates(t *testing.T) {
	authority := testmesh.NewAuthority(t)
	files := newFolder(t)
	files.issue(t, authority, "edge-1")
	edge, err := Edge(files.cert, files.key)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", edge)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)); _ = conn.Close() }(conn)
		}
	}()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM)
	name := func() string {
		conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{RootCAs: roots})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		return conn.ConnectionState().PeerCertificates[0].URIs[0].Path
	}
	if got := name(); got != "/edge-1" {
		t.Errorf("got %s", got)
	}
	files.issue(t, authority, "edge-2")
	for deadline := time.Now().Add(10 * time.Second); name() != "/edge-2"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the new certificate is not used")
		}
	}
}

func TestMissingFilesAreNamed(t *testing.T) {
	authority := testmesh.NewAuthority(t)
	files := newFolder(t)
	files.issue(t, authority, "gateway")
	put(t, files.ca, []byte("no certificate"))
	for _, f := range []folder{{"/missing", files.key, files.ca}, {files.cert, "/missing", files.ca}, {files.cert,
		files.cert, files.ca}} {
		if _, err := NewTLS(f.cert, f.key, f.ca, "x"); err == nil {
			t.Errorf("%+v is taken", f)
		}
	}
	if _, err := NewTLS(files.cert, files.key, "/missing", "x"); err == nil {
		t.Error("missing authorities are taken")
	}
	if _, err := Edge(files.cert, "/missing"); err == nil {
		t.Error("an edge without key is taken")
	}
}

func TestEveryServiceHasItsPool(t *testing.T) {
	mesh := Mesh{}
	for _, service := range Services {
		mesh[service] = &Pool{}
	}
	for name, service := range map[string]string{
		"ordermesh.feed.v1.FeedService": "feed", "ordermesh.validation.v1.ValidationService": "validation",
		"ordermesh.order.v1.OrderService": "order-store", "ordermesh.error.v1.ErrorService": "error-store",
		"ordermesh.partners.v1.PartnersService": "partners",
	} {
		if mesh.For(name) != mesh[service] {
			t.Errorf("%s does not go to %s", name, service)
		}
	}
	if mesh.For("grpc.health.v1.Health") != nil {
		t.Error("a stranger has a pool")
	}
	if _, err := Dial("feed", "bad\x00target://", nil); err == nil {
		t.Error("a bad target is taken")
	}
}
