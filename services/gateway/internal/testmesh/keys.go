package testmesh

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"hash/crc32"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
)

// Pepper is that of all tests, in hex as its file has it.
var Pepper = strings.Repeat("0f", 32)

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// APIKey makes a well-formed key out of a name.
func APIKey(name string) string {
	sum := sha256.Sum256([]byte(name))
	key := []byte("omk_live_")
	for number := new(big.Int).SetBytes(sum[:]); len(key) < 52; {
		remainder := new(big.Int)
		number.DivMod(number, big.NewInt(62), remainder)
		key = append(key, digits[remainder.Int64()])
	}
	return withChecksum(key)
}

// NearKey is the key of that name but for the last character of its secret.
func NearKey(name string) string {
	key := []byte(APIKey(name))[:52]
	key[51] = digits[(strings.IndexByte(digits, key[51])+1)%62]
	return withChecksum(key)
}

func withChecksum(key []byte) string {
	check := [6]byte{}
	for i, crc := 5, crc32.ChecksumIEEE(key); i >= 0; i, crc = i-1, crc/62 {
		check[i] = digits[crc%62]
	}
	return string(append(key, check[:]...))
}

// Record is an active partner with the keys of these names.
func Record(partner string, names ...string) *partnersv1.PartnerRecord {
	record := &partnersv1.PartnerRecord{Partner: &partnersv1.Partner{
		PartnerId: partner, State: partnersv1.Partner_ACTIVE, QueryLimit: &partnersv1.RateLimit{Amount: 1000, Burst: 1000},
	}}
	for _, name := range names {
		record.Keys = append(record.Keys, Key(partner, name))
	}
	return record
}

// Key is what the partners service tells of the key that APIKey makes out of the name.
func Key(partner, name string) *partnersv1.KeyRecord {
	mac := hmac.New(sha256.New, []byte(strings.Repeat("\x0f", 32)))
	mac.Write([]byte(APIKey(name)))
	return &partnersv1.KeyRecord{ApiKey: &partnersv1.ApiKey{PartnerId: partner, KeyId: "key_" + name}, Hmac: mac.Sum(nil)}
}

// Write puts a file into a folder of the test.
func Write(t testing.TB, name string, data []byte, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// SigningKey makes an Ed25519 key in PKCS #8, PEM.
func SigningKey(t testing.TB) []byte {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return privatePEM(t, private)
}

func privatePEM(t testing.TB, private any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// Authority signs certificates for a test.
type Authority struct {
	private *ecdsa.PrivateKey
	cert    *x509.Certificate
	PEM     []byte
}

// NewAuthority makes one.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &Authority{private, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// Issue makes certificate and key of a service, in PEM.
func (a *Authority) Issue(t testing.TB, service string, until time.Time) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		URIs:        []*url.URL{{Scheme: "spiffe", Host: "ordermesh.local", Path: "/" + service}},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, private.Public(), a.private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), privatePEM(t, private)
}

// ServerTLS is what a service of the mesh listens with.
func (a *Authority) ServerTLS(t testing.TB, service string) *tls.Config {
	t.Helper()
	cert, key := a.Issue(t, service, time.Now().Add(time.Hour))
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots}
}
