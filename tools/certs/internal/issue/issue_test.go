package issue

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"ordermesh.dev/certs/internal/pki"
	"ordermesh.dev/certs/internal/store"
)

const domain = "ordermesh.local"

// mesh is an issuer over real files with a clock that only waiting moves.
type mesh struct {
	*testing.T
	store   store.Store
	now     time.Time
	waited  []time.Duration
	atWait  func()
	failing bool
}

func newMesh(t *testing.T) *mesh {
	return &mesh{T: t, store: store.Directory{Path: t.TempDir()}, now: time.Date(2026, 1, 15, 10, 30, 0, 0, time.UTC)}
}

func (m *mesh) issue(rotate string) error {
	issuer := &Issuer{
		Store: m.store, TrustDomain: domain, Services: []string{"feed", "order-store"}, Rotate: rotate, Settle: time.Minute,
		DNSNames: func(service string) []string { return []string{service} },
		Now:      func() time.Time { return m.now },
		Wait: func(_ context.Context, pause time.Duration) error {
			m.waited = append(m.waited, pause)
			if m.atWait != nil {
				m.atWait()
			}
			if m.failing {
				return context.Canceled
			}
			m.now = m.now.Add(pause)
			return nil
		},
		Log: slog.New(slog.DiscardHandler),
	}
	return issuer.Run(m.Context())
}

func (m *mesh) mustIssue(rotate string) {
	m.Helper()
	if err := m.issue(rotate); err != nil {
		m.Fatal(err)
	}
}

func (m *mesh) entries(bundle string) store.Entries {
	m.Helper()
	entries, err := m.store.Read(m.Context(), bundle)
	if err != nil || entries == nil {
		m.Fatalf("%s: %v, %v", bundle, entries, err)
	}
	return entries
}

// trust fails unless the first accepts the second's certificate by the authorities that it has.
func (m *mesh) trust(first, second store.Entries) {
	m.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(first[store.Authorities]) {
		m.Fatal("no authority")
	}
	pair, err := tls.X509KeyPair(second[store.Certificate], second[store.Key])
	if err != nil {
		m.Fatal(err)
	}
	options := x509.VerifyOptions{
		Roots: roots, CurrentTime: m.now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if _, err := pair.Leaf.Verify(options); err != nil {
		m.Errorf("refused: %v", err)
	}
}

func TestAFreshMeshGetsCertificatesThatItTrusts(t *testing.T) {
	m := newMesh(t)
	m.mustIssue("")
	m.trust(m.entries("feed"), m.entries("order-store"))
	leaf, err := pki.ParseLeaf(m.entries("feed")[store.Certificate], m.entries("feed")[store.Key], domain, "feed")
	if err != nil {
		t.Fatal(err)
	}
	if got := leaf.NotAfter.Sub(m.now); got != pki.LeafLifetime {
		t.Errorf("lasts %v", got)
	}
	if leaf.URIs[0].String() != "spiffe://ordermesh.local/feed" || leaf.DNSNames[0] != "feed" {
		t.Errorf("named %v %v", leaf.URIs, leaf.DNSNames)
	}
	if m.waited != nil {
		t.Errorf("waited %v for nobody", m.waited)
	}
}

func TestWhatIsGoodIsLeftAlone(t *testing.T) {
	m := newMesh(t)
	m.mustIssue("")
	before := m.entries("feed")
	m.now = m.now.Add(pki.LeafLifetime - pki.RenewBefore - time.Hour)
	m.mustIssue("")
	if !bytes.Equal(before[store.Certificate], m.entries("feed")[store.Certificate]) {
		t.Error("made anew")
	}
}

func TestACertificateThatEndsSoonIsMadeAnew(t *testing.T) {
	m := newMesh(t)
	m.mustIssue("")
	before, authority := m.entries("feed"), m.entries(AuthorityBundle)
	m.now = m.now.Add(pki.LeafLifetime - pki.RenewBefore + time.Hour)
	m.mustIssue("")
	if bytes.Equal(before[store.Certificate], m.entries("feed")[store.Certificate]) {
		t.Error("not made anew")
	}
	if !bytes.Equal(authority[store.Certificate], m.entries(AuthorityBundle)[store.Certificate]) {
		t.Error("the authority was made anew")
	}
	m.trust(before, m.entries("feed"))
}

func TestOneServiceIsRotatedAlone(t *testing.T) {
	m := newMesh(t)
	m.mustIssue("")
	feed, orders := m.entries("feed"), m.entries("order-store")
	m.mustIssue("feed")
	if bytes.Equal(feed[store.Key], m.entries("feed")[store.Key]) {
		t.Error("feed kept its key")
	}
	if !bytes.Equal(orders[store.Key], m.entries("order-store")[store.Key]) {
		t.Error("the order-store got another key")
	}
}

func TestANewAuthorityIsTrustedEverywhereBeforeItSigns(t *testing.T) {
	m := newMesh(t)
	m.mustIssue("")
	before := map[string]store.Entries{"feed": m.entries("feed"), "order-store": m.entries("order-store")}
	m.atWait = func() {
		for _, service := range []string{"feed", "order-store"} {
			now := m.entries(service)
			if strings.Count(string(now[store.Authorities]), "BEGIN CERTIFICATE") != 2 {
				t.Errorf("%s does not trust both authorities", service)
			}
			if !bytes.Equal(now[store.Certificate], before[service][store.Certificate]) {
				t.Errorf("%s has a certificate of the new authority too early", service)
			}
		}
	}
	m.mustIssue(RotateAuthority)
	if len(m.waited) != 1 || m.waited[0] != time.Minute {
		t.Fatalf("waited %v", m.waited)
	}
	// Whoever has not read its new certificate yet, and whoever has, accept each other.
	m.trust(m.entries("feed"), before["order-store"])
	m.trust(m.entries("feed"), m.entries("order-store"))
}

func TestAnInterruptedRotationIsTakenUpAndNotBegunAgain(t *testing.T) {
	m := newMesh(t)
	m.mustIssue("")
	m.failing = true
	if err := m.issue(RotateAuthority); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	authority := m.entries(AuthorityBundle)
	m.failing = false
	m.now = m.now.Add(20 * time.Second)
	m.mustIssue(RotateAuthority)
	if !bytes.Equal(authority[store.Certificate], m.entries(AuthorityBundle)[store.Certificate]) {
		t.Error("a third authority was made")
	}
	if last := m.waited[len(m.waited)-1]; last != 40*time.Second {
		t.Errorf("waited %v more, of a minute that began 20 s ago", last)
	}
	m.trust(m.entries("feed"), m.entries("order-store"))
}

func TestAnOldAuthorityIsForgottenWithTheRotationAfterNext(t *testing.T) {
	m := newMesh(t)
	m.mustIssue("")
	first := m.entries(AuthorityBundle)[store.Certificate]
	m.mustIssue(RotateAuthority)
	if !bytes.Contains(m.entries("feed")[store.Authorities], first) {
		t.Error("forgotten at once")
	}
	m.mustIssue(RotateAuthority)
	if bytes.Contains(m.entries("feed")[store.Authorities], first) {
		t.Error("still trusted")
	}
}

func TestABrokenCertificateIsReplacedAndABrokenAuthorityIsNot(t *testing.T) {
	m := newMesh(t)
	m.mustIssue("")
	change := func(bundle string) {
		err := m.store.Update(t.Context(), bundle, func(entries store.Entries) (store.Entries, error) {
			entries[store.Key] = m.entries("order-store")[store.Key]
			return entries, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	change("feed")
	m.mustIssue("")
	m.trust(m.entries("order-store"), m.entries("feed"))
	change(AuthorityBundle)
	if err := m.issue(""); err == nil || !strings.Contains(err.Error(), "the key is not the certificate's") {
		t.Errorf("got %v", err)
	}
}

func TestNothingUnknownIsRotated(t *testing.T) {
	if err := newMesh(t).issue("gateway"); err == nil {
		t.Error("accepted")
	}
}

func TestSecretsAreMadeOnceAndNeverOverwritten(t *testing.T) {
	m := newMesh(t)
	made, err := Secrets(t.Context(), m.store, "secrets")
	if err != nil || len(made) != 2 {
		t.Fatalf("%v, %v", made, err)
	}
	before := m.entries("secrets")
	if len(strings.TrimSpace(string(before[store.Pepper]))) != 64 {
		t.Errorf("a pepper of %d characters", len(before[store.Pepper]))
	}
	made, err = Secrets(t.Context(), m.store, "secrets")
	if err != nil || made != nil {
		t.Errorf("made again: %v, %v", made, err)
	}
	// One that is there is kept although the other is missing.
	err = m.store.Update(t.Context(), "secrets", func(store.Entries) (store.Entries, error) {
		return store.Entries{store.Pepper: before[store.Pepper]}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	made, err = Secrets(t.Context(), m.store, "secrets")
	if err != nil || len(made) != 1 || made[0] != store.JWTKey {
		t.Errorf("%v, %v", made, err)
	}
	if !bytes.Equal(before[store.Pepper], m.entries("secrets")[store.Pepper]) {
		t.Error("the pepper changed")
	}
}
