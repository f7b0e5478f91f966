package edge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pids are the processes of the mesh and their supervisors.
func pids(t *testing.T) []string {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(mesh.data, "run", "*.pid"))
	more, _ := filepath.Glob(filepath.Join(mesh.data, "run", "supervise", "*.pid"))
	var found []string
	for _, file := range append(files, more...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, strings.Fields(string(text))[0])
	}
	if len(found) < 6 {
		t.Fatalf("only %d processes found", len(found))
	}
	return found
}

// TestSecretsAreInTheirFilesOnly looks for every secret of the mesh wherever else it could have got to.
func TestSecretsAreInTheirFilesOnly(t *testing.T) {
	pepper, err := os.ReadFile(filepath.Join(mesh.data, "secrets", "pepper"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"operator token": mesh.operatorToken, "pepper": strings.TrimSpace(string(pepper)), "revoked key": mesh.revokedKey}
	for partner, key := range mesh.partnerKeys {
		secrets["key of "+partner] = key
	}
	// They were used, also where they are refused: each has had its chance to be logged.
	for _, secret := range secrets {
		mesh.http("GET", "/api/orders", nil, credential{key: secret})
		mesh.http("GET", "/api/orders?key="+secret, nil, credential{bearer: secret})
	}
	time.Sleep(time.Second) // The access log is written behind the request.
	look := func(where string, text []byte) {
		for name, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("the %s is in %s", name, where)
			}
		}
	}
	for _, pid := range pids(t) {
		for _, file := range []string{"environ", "cmdline"} {
			text, _ := os.ReadFile(filepath.Join("/proc", pid, file))
			look(pid+"/"+file+" ("+string(bytes.SplitN(text, []byte{0}, 2)[0])+")", text)
		}
	}
	files := 0
	_ = filepath.WalkDir(mesh.data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || strings.HasPrefix(path, filepath.Join(mesh.data, "secrets")) ||
			filepath.Base(path) == "credentials.json" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			files++
			look(path, text)
		}
		return nil
	})
	if files < 20 {
		t.Errorf("only %d files were looked at", files)
	}
}

func TestSecretFilesAreForTheOwnerOnly(t *testing.T) {
	for _, name := range []string{"credentials.json", "secrets/pepper", "secrets/jwt.pem", "tls/ca.key", "tls/feed/key.pem", "gateway/partners.copy"} {
		info, err := os.Stat(filepath.Join(mesh.data, name))
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", name, info.Mode().Perm())
		}
	}
}

// TestCardNumbersAreRefusedAndLeaveNoTrace sends test numbers of every brand in every field.
func TestCardNumbersAreRefusedAndLeaveNoTrace(t *testing.T) {
	numbers := []string{"4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "6011111111111117", "3530111333300000", "30569309025904", "2223003122003222"}
	shapes := map[string]struct{ body, fields []string }{
		"partner-a": {[]string{string(orderA(freshNumber()))}, []string{"SKU-1", "C-1", "USD", "2026-01-15T10:30:00.000Z", "EDGE-"}},
		"partner-b": {[]string{`{"order": {"ref": "B-CARD", "placedAt": "2026-01-15 10:30:00"}, "buyer": {"id": "9001"}, "items": [{"sku": "SKU-1", "qty": 2, "price": "10.50"}], "tax": {"ratePercent": 8}, "currency": "EUR", "note": "NOTE"}`},
			[]string{"B-CARD", "9001", "SKU-1", "NOTE", "EUR"}},
	}
	sent := 0
	for partner, shape := range shapes {
		for _, field := range shape.fields {
			for _, number := range numbers {
				body := strings.Replace(shape.body[0], field, number+" ", 1)
				got := mesh.http("POST", "/api/feed/"+partner, []byte(body), credential{key: mesh.partnerKeys[partner]})
				if got.status != 400 || !bytes.Contains(got.body, []byte("CARD_NUMBER")) || bytes.Contains(got.body, []byte(number)) {
					t.Errorf("%s: %s in place of %s: %d %s", partner, number, field, got.status, got.body)
				}
				sent++
			}
		}
	}
	got := mesh.http("POST", "/api/feed/partner-b", []byte(strings.Replace(shapes["partner-b"].body[0], `"note": "NOTE"`, `"cvv": "123"`, 1)), credential{key: mesh.partnerKeys["partner-b"]})
	if got.status != 400 || !bytes.Contains(got.body, []byte("CARD_NUMBER")) {
		t.Errorf("a security code: %d %s", got.status, got.body)
	}
	time.Sleep(time.Second)
	_ = filepath.WalkDir(mesh.data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		text, _ := os.ReadFile(path)
		for _, number := range numbers {
			if bytes.Contains(text, []byte(number)) {
				t.Errorf("%s is in %s", number, path)
			}
		}
		return nil
	})
	if sent < 60 {
		t.Errorf("only %d were sent", sent)
	}
}

// TestTheAccessLogTellsEachRequestOnce finds one request by its id and looks at every field.
func TestTheAccessLogTellsEachRequestOnce(t *testing.T) {
	id := fmt.Sprintf("log-%d", time.Now().UnixNano())
	trace := "4bf92f3577b34da6a3ce929d0e0e4736"
	submitA(t, freshNumber(), "X-Request-Id", id, "Idempotency-Key", "k-1", "traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
	var line map[string]any
	for end := time.Now().Add(5 * time.Second); line == nil && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		log := filepath.Join(mesh.data, "log", "ordermesh-gateway.log")
		text, _ := os.ReadFile(log)
		older, _ := os.ReadFile(log + ".1")
		for _, candidate := range bytes.Split(append(older, text...), []byte("\n")) {
			if bytes.Contains(candidate, []byte(id)) {
				if err := json.Unmarshal(candidate, &line); err != nil {
					t.Fatalf("%v: %s", err, candidate)
				}
			}
		}
	}
	if line == nil {
		t.Fatal("no line")
	}
	for name, want := range map[string]any{"requestId": id, "traceId": trace, "partner": "partner-a", "protocol": "rest", "idempotencyKey": "k-1", "httpStatus": 201.0, "code": "OK"} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
	for _, name := range []string{"time", "route", "bytesIn", "bytesOut", "latencyMs", "subject"} {
		if line[name] == nil {
			t.Errorf("%s is missing: %v", name, line)
		}
	}
}
