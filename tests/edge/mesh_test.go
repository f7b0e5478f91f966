// Package edge attacks and probes the front door of a real mesh, from outside.
package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// mesh is the one that all tests of the package share.
type meshUnderTest struct {
	root, data, build     string
	rest, grpc, operator  string
	partnerKeys           map[string]string
	operatorToken         string
	revokedKey            string
	partnerPort, operPort *grpc.ClientConn
}

var mesh meshUnderTest

func TestMain(m *testing.M) {
	if os.Getenv("EDGE_ATTACK") != "" {
		if err := attackFromStdin(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code, err := runWithMesh(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runWithMesh(m *testing.M) (int, error) {
	if err := mesh.start(); err != nil {
		return 1, err
	}
	defer mesh.stop()
	if err := mesh.prepare(); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

func (m *meshUnderTest) start() error {
	var err error
	if m.root, err = filepath.Abs("../.."); err != nil {
		return err
	}
	if m.build = os.Getenv("ORDERMESH_BUILD"); m.build == "" {
		m.build = filepath.Join(m.root, "build")
	}
	if m.data, err = os.MkdirTemp("", "ordermesh-edge-"); err != nil {
		return err
	}
	os.Setenv("ORDERMESH_DATA", m.data)
	os.Setenv("ORDERMESH_BUILD", m.build)
	port := freePorts(40)
	os.Setenv("ORDERMESH_HTTP_PORT", fmt.Sprint(port))
	os.Setenv("ORDERMESH_GRPC_PORT", fmt.Sprint(port+1))
	if out, err := m.command("tools/up", "--detach", "--no-demo", "--no-build").CombinedOutput(); err != nil {
		m.stop()
		return fmt.Errorf("tools/up: %w\n%s", err, out)
	}
	return m.readRunFiles()
}

func (m *meshUnderTest) readRunFiles() error {
	var endpoints struct{ HTTP, GRPC, OperatorGRPC string }
	var credentials struct {
		Partners map[string]string
		Operator string
	}
	for name, into := range map[string]any{"run/endpoints.json": &endpoints, "credentials.json": &credentials} {
		text, err := os.ReadFile(filepath.Join(m.data, name))
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	m.rest, m.grpc, m.operator = endpoints.HTTP, endpoints.GRPC, endpoints.OperatorGRPC
	m.partnerKeys, m.operatorToken = credentials.Partners, credentials.Operator
	return nil
}

func (m *meshUnderTest) stop() {
	_ = m.command("tools/down", "--quiet").Run()
	if os.Getenv("ORDERMESH_KEEP_DATA") == "" {
		_ = os.RemoveAll(m.data)
	}
}

func (m *meshUnderTest) command(name string, args ...string) *exec.Cmd {
	if strings.HasPrefix(name, "tools/") {
		name = filepath.Join(m.root, name)
	}
	c := exec.Command(name, args...)
	c.Dir = m.root
	return c
}

// cli runs `ordermesh ARGS -o json` and decodes its document.
func (m *meshUnderTest) cli(into any, args ...string) error {
	c := m.command(filepath.Join(m.build, "bin", "ordermesh"), append(args, "-o", "json")...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("ordermesh %v: %w: %s", args, err, stderr.String())
	}
	return json.Unmarshal(out, into)
}

// token makes a bearer token of the mesh's own issuer.
func (m *meshUnderTest) token(role string) string {
	out, err := m.command(filepath.Join(m.build, "bin", "ordermesh-gateway"), "token", "--jwt_key_file",
		filepath.Join(m.data, "secrets", "jwt.pem"), "--role", role, "--subject", "test-"+role, "--ttl", "1h").Output()
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(out))
}

// freePorts gives the first of n consecutive ports that nobody listens on, below those that the system gives to clients.
func freePorts(n int) int {
	for {
		first := 20000 + rand.IntN(12000)
		if portsAreFree(first, n) {
			return first
		}
	}
}

func portsAreFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

func dial(address string) *grpc.ClientConn {
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16<<20)))
	if err != nil {
		panic(err)
	}
	return c
}

// prepare connects, and makes a key that was revoked.
func (m *meshUnderTest) prepare() error {
	m.partnerPort, m.operPort = dial(m.grpc), dial(m.operator)
	var made struct {
		Key    string
		APIKey struct{ KeyID string }
	}
	if err := m.cli(&made, "partners", "keys", "create", "partner-a", "--label", "to be revoked"); err != nil {
		return err
	}
	m.revokedKey = made.Key
	var revoked map[string]any
	if err := m.cli(&revoked, "partners", "keys", "revoke", "partner-a", made.APIKey.KeyID); err != nil {
		return err
	}
	return m.waitUntilRefused(made.Key)
}

// waitUntilRefused returns once the gateway knows that the key was revoked: within the 5 s that are promised.
func (m *meshUnderTest) waitUntilRefused(key string) error {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if answer := m.http("GET", "/api/orders?pageSize=1", nil, credential{key: key}); answer.status == 401 {
			return nil
		}
	}
	return fmt.Errorf("a revoked key is still taken after 5 s")
}

// credential is what a caller shows: an API key, a bearer token, or nothing.
type credential struct{ name, key, bearer string }

func (c credential) outgoing(ctx context.Context) context.Context {
	if c.key != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "x-api-key", c.key)
	}
	if c.bearer != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.bearer)
	}
	return ctx
}

func (c credential) header(h http.Header) {
	if c.key != "" {
		h.Set("X-API-Key", c.key)
	}
	if c.bearer != "" {
		h.Set("Authorization", "Bearer "+c.bearer)
	}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// http makes one REST call; status 0 means that there was no answer. `headers` are name, value, name, value.
func (m *meshUnderTest) http(method, path string, body []byte, who credential, headers ...string) answer {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+m.rest+path, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	who.header(request.Header)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{body: []byte(err.Error())}
	}
	defer response.Body.Close()
	if response.StatusCode == 200 && strings.HasSuffix(strings.Split(path, "?")[0], "/watch") {
		// A watch does not end by itself: its first line is enough.
		line := make([]byte, 1)
		_, _ = response.Body.Read(line)
		return answer{response.StatusCode, response.Header, line}
	}
	text, _ := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, text}
}

func (m *meshUnderTest) own() credential {
	return credential{name: "own key", key: m.partnerKeys["partner-a"]}
}
func (m *meshUnderTest) foreign() credential {
	return credential{name: "another's key", key: m.partnerKeys["partner-b"]}
}
func (m *meshUnderTest) oper() credential {
	return credential{name: "operator", bearer: m.operatorToken}
}
