package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program runs the program and gives its exit code and what it wrote.
func program(t *testing.T, arguments ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), arguments, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestExitCodesAndReasons(t *testing.T) {
	empty := "file://" + t.TempDir()
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "photo.jpg"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store := t.TempDir()
	if err := os.Mkdir(filepath.Join(store, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	away := []string{"create", "--to", empty, "--insecure", "--wait", "0", "--order_store", "127.0.0.1:1"}
	cases := []struct {
		name      string
		arguments []string
		code      int
		says      string
	}{
		{"no command", nil, wrongUsage, ""},
		{"an unknown command", []string{"copy"}, wrongUsage, "create, list, verify, restore and prune"},
		{"an unknown flag", []string{"list", "--form", "x"}, wrongUsage, "form"},
		{"an argument", []string{"list", "x"}, wrongUsage, `"x"`},
		{"no place", []string{"list"}, wrongUsage, "--from"},
		{"no output of that name", []string{"list", "--from", empty, "-o", "xml"}, wrongUsage, "json"},
		{"no store", []string{"create", "--to", empty, "--insecure"}, wrongUsage, "--order_store"},
		{"no identity", []string{"create", "--to", empty, "--order_store", "127.0.0.1:1"}, wrongUsage, "--tls_cert"},
		{"no data", []string{"restore", "--from", empty, "--store", "partners"}, wrongUsage, "--data"},
		{"no such kind", []string{"restore", "--from", empty, "--store", "feed", "--data", "x"}, wrongUsage, "--store"},
		{"negative days", []string{"prune", "--from", empty, "--keep-days", "-1"}, wrongUsage, "negative"},
		{"a store that is away", away, unavailable, "order-store at 127.0.0.1:1"},
		{"a folder that is not there", []string{"list", "--from", empty + "/no"}, notFound, "missing"},
		{"no backup yet", []string{"restore", "--from", empty, "--store", "partners", "--data", full + "/new"}, notFound,
			"none yet"},
		{"a full folder", []string{"restore", "--from", empty, "--store", "partners", "--data", full}, answerIsNo,
			"photo.jpg"},
		{"a store is there", []string{"restore", "--from", "file:///no", "--store", "partners", "--data", store}, done, ""},
		{"another place", []string{"list", "--from", "ftp://x"}, failed, "s3://bucket"},
		{"nothing to verify", []string{"verify", "--from", empty}, done, ""},
	}
	for _, c := range cases {
		code, _, said := program(t, c.arguments...)
		if code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%s: exit %d, want %d: %s", c.name, code, c.code, said)
		}
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	for name := range commands {
		code, out, said := program(t, name, "--help")
		if code != done || said != "" || !strings.Contains(out, "Examples:\n  ordermesh backup "+name) ||
			!strings.Contains(out, "Flags:") {
			t.Errorf("%s: exit %d: %s%s", name, code, out, said)
		}
	}
	if code, out, _ := program(t, "--help"); code != done || !strings.Contains(out, "Exit codes:") {
		t.Error(code, out)
	}
}

func TestAFlagGoesBeforeTheEnvironment(t *testing.T) {
	place := "file://" + t.TempDir()
	t.Setenv("ORDERMESH_ORDER_STORE", "127.0.0.1:1,127.0.0.1:2")
	create := []string{"create", "--to", place, "--insecure", "--wait", "0"}
	_, _, said := program(t, create...)
	if !strings.Contains(said, "127.0.0.1:1") && !strings.Contains(said, "127.0.0.1:2") {
		t.Error("of the environment:", said)
	}
	_, _, said = program(t, append(create, "--order-store", "127.0.0.1:3")...)
	if !strings.Contains(said, "127.0.0.1:3") {
		t.Error("of the flag:", said)
	}
}

func TestJSONIsOneDocument(t *testing.T) {
	place := "file://" + t.TempDir()
	for _, arguments := range [][]string{{"list"}, {"verify"}, {"prune"}} {
		_, out, _ := program(t, append(arguments, "--from", place, "-o", "json")...)
		var document map[string]any
		if err := json.Unmarshal([]byte(out), &document); err != nil || len(document) == 0 {
			t.Errorf("%v: %q, %v", arguments, out, err)
		}
	}
}
