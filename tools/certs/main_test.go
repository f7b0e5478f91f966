package main

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// call runs the program and gives its exit code and all that it said.
func call(t *testing.T, arguments ...string) (int, string) {
	var out bytes.Buffer
	code := run(t.Context(), arguments, &out, &out)
	return code, out.String()
}

func TestAFolderGetsEverythingAMeshNeeds(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "certs")
	if code, said := call(t, "issue", "--directory", folder, "--services", "feed,order-store"); code != 0 {
		t.Fatal(said)
	}
	if code, said := call(t, "secrets", "--directory", folder); code != 0 {
		t.Fatal(said)
	}
	for _, file := range []string{
		"feed/tls.crt", "feed/tls.key", "feed/ca.crt", "ca.crt", "order-store/tls.crt", "secrets/pepper", "secrets/jwt.pem",
	} {
		if info, err := os.Stat(filepath.Join(folder, file)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", file, err)
		}
	}
	code, said := call(t, "expiry", "--directory", folder, "--services", "feed,order-store")
	if code != 0 || !strings.Contains(said, "89") {
		t.Errorf("%d %s", code, said)
	}
	code, said = call(t, "expiry", "--directory", folder, "--services", "feed", "--days", "91")
	if code != 1 || !strings.Contains(said, "ends soon") {
		t.Errorf("%d %s", code, said)
	}
	code, said = call(t, "expiry", "--directory", folder, "--services", "gateway")
	if code != 1 || !strings.Contains(said, "no certificate") {
		t.Errorf("%d %s", code, said)
	}
}

func TestCopiesOfAMountedSecretAreForTheirOwnerOnly(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(from, "..data"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "..data", "pepper"), []byte("p"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..data/pepper", filepath.Join(from, "pepper")); err != nil {
		t.Fatal(err)
	}
	if code, said := call(t, "copy", "--from", from, "--to", to); code != 0 {
		t.Fatal(said)
	}
	files, err := os.ReadDir(to)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	info, err := files[0].Info()
	if err != nil || files[0].Name() != "pepper" || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestATokenIsWhatTheGatewayTakes(t *testing.T) {
	folder := t.TempDir()
	if code, said := call(t, "secrets", "--directory", folder); code != 0 {
		t.Fatal(said)
	}
	key, file := filepath.Join(folder, "secrets", "jwt.pem"), filepath.Join(folder, "token")
	code, said := call(t, "token", "--jwt_key_file", key, "--role", "operator", "--subject", "jo", "--ttl", "10m",
		"--out", file)
	if code != 0 {
		t.Fatal(said)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithIssuer("ordermesh"),
		jwt.WithAudience("ordermesh"), jwt.WithExpirationRequired())
	public := func(*jwt.Token) (any, error) { return publicKey(t, key), nil }
	token, err := parser.Parse(strings.TrimSpace(string(text)), public)
	if err != nil {
		t.Fatal(err)
	}
	if token.Header["typ"] != "at+jwt" || token.Claims.(jwt.MapClaims)["role"] != "operator" {
		t.Errorf("%v %v", token.Header, token.Claims)
	}
}

func publicKey(t *testing.T, file string) any {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return private.(crypto.Signer).Public()
}

func TestWrongUsageIsRefusedAndNamed(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		arguments string
		says      string
	}{
		{"", "usage"},
		{"make", "usage"},
		{"issue --directory " + folder, "no service's name"},
		{"issue --directory " + folder + " --services ../x", "no service's name"},
		{"issue --directory " + folder + " --services feed,ca", "no service's name"},
		{"issue --directory " + folder + " --services feed --rotate gateway", "--rotate"},
		{"issue --directory " + folder + " --namespace n --services feed", "exclude each other"},
		{"issue --directory " + folder + " --services feed more", "no flag"},
		{"token --role king --subject jo --jwt_key_file k --out o", "no role"},
		{"token --role operator", "are needed"},
		{"copy --from " + folder, "are needed"},
	} {
		code, said := call(t, strings.Fields(c.arguments)...)
		if code != 2 || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d %s", c.arguments, code, said)
		}
	}
}

func TestHelpIsNoFault(t *testing.T) {
	for _, ask := range []string{"--help", "-h", "help"} {
		var out, problems strings.Builder
		if code := run(t.Context(), []string{ask}, &out, &problems); code != 0 || problems.Len() > 0 ||
			!strings.Contains(out.String(), "issue ") {
			t.Errorf("%s: %d %q %q", ask, code, out.String(), problems.String())
		}
	}
}
