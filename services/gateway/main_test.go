package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ordermesh.dev/gateway/internal/testmesh"
)

// output is written by the program while the test reads it.
type output struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.data.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.data.String()
}

func TestTokenIsPrinted(t *testing.T) {
	key := testmesh.Write(t, "jwt.pem", testmesh.SigningKey(t), 0o600)
	var out, problems output
	if code := run([]string{"token", "--jwt_key_file", key, "--role", "operator", "--subject", "jo", "--ttl", "8760h"},
		&out, &problems, nil); code != 0 {
		t.Fatalf("got %d, %s", code, problems.String())
	}
	if strings.Count(out.String(), ".") != 2 || !strings.HasSuffix(out.String(), "\n") ||
		strings.Count(out.String(), "\n") != 1 {
		t.Errorf("got %q", out.String())
	}
}

func TestTokenNeedsItsArguments(t *testing.T) {
	key := testmesh.Write(t, "jwt.pem", testmesh.SigningKey(t), 0o600)
	open := testmesh.Write(t, "jwt.pem", testmesh.SigningKey(t), 0o644)
	for _, arguments := range [][]string{{}, {"--jwt_key_file", key}, {"--jwt_key_file", key, "--role", "root",
		"--subject", "x"},
		{"--jwt_key_file", "/missing", "--role", "viewer", "--subject", "x"}, {"--jwt_key_file", open, "--role", "viewer",
			"--subject", "x"},
		{"--jwt_key_file", testmesh.Write(t, "k", []byte("x"), 0o600), "--role", "viewer", "--subject", "x"},
		{"--nonsense"}} {
		var out, problems output
		if code := run(append([]string{"token"}, arguments...), &out, &problems, nil); code != 1 || out.String() != "" ||
			problems.String() == "" {
			t.Errorf("%v: got %d, %q, %q", arguments, code, out.String(), problems.String())
		}
	}
}

func TestProgramRefusesToStartWithoutItsSecrets(t *testing.T) {
	var out, problems output
	if code := run(nil, &out, &problems, nil); code != 1 || !strings.Contains(problems.String(), "--tls_cert is needed") {
		t.Errorf("got %d, %q", code, problems.String())
	}
	if code := run([]string{"--help"}, &out, &problems, nil); code != 0 {
		t.Errorf("--help gives %d", code)
	}
}

func TestProgramServesUntilItIsTold(t *testing.T) {
	backend := testmesh.Start(t, &testmesh.Backend{}, nil)
	pid := filepath.Join(t.TempDir(), "pid")
	arguments := []string{"--insecure", "--http_listen", "127.0.0.1:0", "--grpc_listen", "127.0.0.1:0", "--pid_file", pid,
		"--pepper_file", testmesh.Write(t, "pepper", []byte(testmesh.Pepper), 0o600),
		"--jwt_key_file", testmesh.Write(t, "jwt.pem", testmesh.SigningKey(t), 0o600)}
	for _, name := range []string{"feed", "validation", "order_store", "error_store", "partners"} {
		arguments = append(arguments, "--"+name, backend.Address)
	}
	var out, problems output
	signals := make(chan os.Signal, 1)
	code := make(chan int)
	go func() { code <- run(arguments, &out, &problems, signals) }()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(pid); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not start: %s", problems.String())
		}
	}
	signals <- syscall.SIGTERM
	if got := <-code; got != 0 || !strings.Contains(problems.String(), `"msg":"stopped"`) {
		t.Errorf("got %d, %s", got, problems.String())
	}
}
