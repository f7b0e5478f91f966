package edge

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"ordermesh.dev/gateway/internal/auth"
	"ordermesh.dev/gateway/internal/config"
	"ordermesh.dev/gateway/internal/testmesh"
)

// fixture is a running gateway in front of a backend that plays the mesh.
type fixture struct {
	t        *testing.T
	backend  *testmesh.Backend
	gateway  *Gateway
	config   config.Config
	requests *lines
	signing  *auth.SigningKey
}

// lines collects the access log.
type lines struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.data.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.data.String()
}

// start runs a gateway for partner-a with the key "a" and partner-b with "b".
func start(t *testing.T, backend *testmesh.Backend, change ...func(*config.Config)) *fixture {
	t.Helper()
	testmesh.Start(t, backend, nil)
	backend.Partners.Set(testmesh.Record("partner-a", "a"))
	backend.Partners.Set(testmesh.Record("partner-b", "b"))
	signing := testmesh.SigningKey(t)
	f := &fixture{t: t, backend: backend, requests: &lines{}}
	f.config = config.Config{
		HTTPListen: "127.0.0.1:0", GRPCListen: "127.0.0.1:0", OperatorListen: "127.0.0.1:0", AdminListen: "127.0.0.1:0",
		MetricsListen: "127.0.0.1:0", Insecure: true, Upstreams: map[string]string{},
		PepperFile: testmesh.Write(t, "pepper", []byte(testmesh.Pepper+"\n"), 0o600),
		JWTKeyFile: testmesh.Write(t, "jwt.pem", signing, 0o600), StatsCache: 5 * time.Minute,
	}
	for _, service := range []string{"feed", "validation", "order-store", "error-store", "partners"} {
		f.config.Upstreams[service] = backend.Address
	}
	for _, c := range change {
		c(&f.config)
	}
	var err error
	if f.signing, err = auth.ParseSigningKey(signing); err != nil {
		t.Fatal(err)
	}
	f.open()
	return f
}

func (f *fixture) open() {
	f.t.Helper()
	var err error
	f.gateway, err = Start(f.config, f.requests, slog.New(slog.NewJSONHandler(io.Discard, nil)))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(sync.OnceFunc(func() { f.gateway.Stop(time.Second) }))
	f.eventually("the gateway knows the keys", f.gateway.ring.Ready)
}

// eventually waits for what comes by itself, and fails after ten seconds.
func (f *fixture) eventually(what string, condition func() bool) {
	f.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			f.t.Fatalf("it never came: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (f *fixture) url(path string) string { return "http://" + f.gateway.Addresses()["http"] + path }

func (f *fixture) token(role string) string {
	f.t.Helper()
	token, err := f.signing.Issue("somebody", role, time.Now(), time.Hour)
	if err != nil {
		f.t.Fatal(err)
	}
	return token
}

// answer is what came back over REST.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	value := map[string]any{}
	if err := json.Unmarshal([]byte(a.body), &value); err != nil {
		t.Fatalf("%q is no JSON: %v", a.body, err)
	}
	return value
}

// reason is that of a google.rpc.Status.
func (a answer) reason(t *testing.T) string {
	t.Helper()
	details, _ := a.json(t)["details"].([]any)
	for _, detail := range details {
		if info, ok := detail.(map[string]any); ok && info["reason"] != nil {
			return info["reason"].(string)
		}
	}
	return ""
}

// do sends a request; header is "Name: value" each.
func (f *fixture) do(method, path string, body string, header ...string) answer {
	f.t.Helper()
	request, err := http.NewRequest(method, f.url(path), strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Add(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if path == overviewPath && response.StatusCode == http.StatusOK {
		// It never ends by itself.
		return answer{response.StatusCode, response.Header, ""}
	}
	data, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(data)}
}

const overviewPath = "/api/overview/watch"

func keyA() string { return "X-API-Key: " + testmesh.APIKey("a") }

func (f *fixture) operator() string { return "Authorization: Bearer " + f.token("operator") }

// dial connects to one of the gateway's gRPC ports.
func (f *fixture) dial(port string) *grpc.ClientConn {
	f.t.Helper()
	conn, err := grpc.NewClient(f.gateway.Addresses()[port], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// with gives a context with metadata, name and value in turn, that ends with the test.
func (f *fixture) with(pairs ...string) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	f.t.Cleanup(cancel)
	return metadata.AppendToOutgoingContext(ctx, pairs...)
}

func (f *fixture) asA() context.Context { return f.with("x-api-key", testmesh.APIKey("a")) }

// logged waits for the line of a request id in the access log.
func (f *fixture) logged(requestID string) map[string]any {
	f.t.Helper()
	var found map[string]any
	f.eventually("a line for "+requestID, func() bool {
		for line := range strings.Lines(f.requests.String()) {
			value := map[string]any{}
			if json.Unmarshal([]byte(line), &value) == nil && value["requestId"] == requestID {
				found = value
				return true
			}
		}
		return false
	})
	return found
}

func grpcDial(address string, config *tls.Config) (*grpc.ClientConn, error) {
	return grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
}
