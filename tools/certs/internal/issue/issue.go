// Package issue decides which certificates are made anew, and in which order, so that no connection is refused
// meanwhile.
package issue

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"ordermesh.dev/certs/internal/pki"
	"ordermesh.dev/certs/internal/store"
)

// AuthorityBundle is the bundle with the authority's key. Its ca.crt has the newest authority first, then the one
// before it.
const AuthorityBundle = "ca"

// What Rotate may say besides a service's name.
const (
	RotateAll       = "all"
	RotateAuthority = "ca"
)

// Issuer makes certificates.
type Issuer struct {
	Store       store.Store
	TrustDomain string
	Services    []string
	// DNSNames gives the names of a service besides its SPIFFE id.
	DNSNames func(service string) []string
	// Rotate is empty, RotateAll, RotateAuthority or a service: what is made anew although it is good.
	Rotate string
	// Settle is how long it takes until everybody has read authorities that have changed.
	Settle time.Duration
	Now    func() time.Time
	// Wait sleeps, or ends early with the context's error.
	Wait func(ctx context.Context, pause time.Duration) error
	Log  *slog.Logger
}

// Run makes what is missing, ends soon or is to be rotated, and leaves alone what is good. An authority that is new is
// first trusted beside the one before it, by everybody and for the time of Settle, before anything is signed by it. A
// run that was interrupted is taken up by the next one where it stopped.
func (i *Issuer) Run(ctx context.Context) error {
	if !slices.Contains(append([]string{"", RotateAll, RotateAuthority}, i.Services...), i.Rotate) {
		return fmt.Errorf("nothing is called %q to be rotated", i.Rotate)
	}
	authority, trusted, err := i.ensureAuthority(ctx)
	if err != nil {
		return err
	}
	settled, err := i.spreadTrust(ctx, trusted)
	if err != nil {
		return err
	}
	if pause := settled.Sub(i.Now()); pause > 0 {
		i.Log.Info("waiting until the new authority is trusted everywhere", "seconds", pause.Round(time.Second).Seconds())
		if err := i.Wait(ctx, pause); err != nil {
			return err
		}
	}
	for _, service := range i.Services {
		if err := i.ensureLeaf(ctx, service, authority, trusted); err != nil {
			return err
		}
	}
	return nil
}

// ensureAuthority gives the authority that signs, and all that are trusted, as PEM.
func (i *Issuer) ensureAuthority(ctx context.Context) (authority *pki.Authority, trusted []byte, err error) {
	pending, err := i.rotationPending(ctx)
	if err != nil {
		return nil, nil, err
	}
	wanted := i.Rotate == RotateAuthority && !pending
	err = i.Store.Update(ctx, AuthorityBundle, func(entries store.Entries) (store.Entries, error) {
		now := i.Now()
		var previous []*x509.Certificate
		if entries != nil {
			// A broken authority is never replaced silently: everything that it has signed would be refused at once.
			authority, err = pki.ParseAuthority(entries[store.Certificate], entries[store.Key])
			if err != nil {
				return nil, err
			}
			trusted = entries[store.Authorities]
			if !wanted && authority.Certificate.NotAfter.Sub(now) > pki.AuthorityRenewBefore {
				return nil, store.ErrUnchanged
			}
			previous = []*x509.Certificate{authority.Certificate}
		}
		authority, err = pki.NewAuthority(now)
		if err != nil {
			return nil, err
		}
		key, err := pki.EncodeKey(authority.Key)
		if err != nil {
			return nil, err
		}
		i.Log.Info("a new authority", "until", authority.Certificate.NotAfter)
		trusted = pki.EncodeCertificates(append([]*x509.Certificate{authority.Certificate}, previous...)...)
		return store.Entries{
			store.Certificate: pki.EncodeCertificates(authority.Certificate), store.Key: key, store.Authorities: trusted,
		}, nil
	})
	return authority, trusted, err
}

// rotationPending tells whether a new authority is there that has not signed everything yet.
func (i *Issuer) rotationPending(ctx context.Context) (bool, error) {
	entries, err := i.Store.Read(ctx, AuthorityBundle)
	if err != nil || entries == nil {
		return false, err
	}
	authority, err := pki.ParseAuthority(entries[store.Certificate], entries[store.Key])
	if err != nil {
		return false, fmt.Errorf("the authority: %w", err)
	}
	for _, service := range i.Services {
		leaf, err := i.Store.Read(ctx, service)
		if err != nil {
			return false, err
		}
		certificate, err := pki.ParseLeaf(leaf[store.Certificate], leaf[store.Key], i.TrustDomain, service)
		if err == nil && !authority.Signed(certificate) {
			return true, nil
		}
	}
	return false, nil
}

// spreadTrust writes the authorities to every service that has a certificate, and says from when on they are trusted
// there.
func (i *Issuer) spreadTrust(ctx context.Context, trusted []byte) (settled time.Time, err error) {
	for _, service := range i.Services {
		err = i.Store.Update(ctx, service, func(entries store.Entries) (store.Entries, error) {
			if entries == nil || entries[store.Certificate] == nil {
				return nil, store.ErrUnchanged
			}
			if string(entries[store.Authorities]) == string(trusted) {
				if at, err := time.Parse(time.RFC3339, string(entries[store.TrustedAt])); err == nil {
					settled = later(settled, at.Add(i.Settle))
				}
				return nil, store.ErrUnchanged
			}
			now := i.Now()
			settled = later(settled, now.Add(i.Settle))
			entries[store.Authorities] = trusted
			entries[store.TrustedAt] = []byte(now.UTC().Format(time.RFC3339))
			return entries, nil
		})
		if err != nil {
			return settled, err
		}
	}
	return settled, nil
}

func (i *Issuer) ensureLeaf(ctx context.Context, service string, authority *pki.Authority, trusted []byte) error {
	return i.Store.Update(ctx, service, func(entries store.Entries) (store.Entries, error) {
		now := i.Now()
		why := i.why(entries, service, authority, now)
		if why == "" {
			return nil, store.ErrUnchanged
		}
		certificate, key, err := authority.Leaf(i.TrustDomain, service, i.DNSNames(service), now)
		if err != nil {
			return nil, err
		}
		i.Log.Info("a new certificate", "service", service, "why", why)
		changed := store.Entries{store.Certificate: certificate, store.Key: key, store.Authorities: trusted}
		if at := entries[store.TrustedAt]; at != nil {
			changed[store.TrustedAt] = at
		}
		return changed, nil
	})
}

// why says why a certificate is made anew; empty: it is good.
func (i *Issuer) why(entries store.Entries, service string, authority *pki.Authority, now time.Time) string {
	if entries == nil {
		return "missing"
	}
	leaf, err := pki.ParseLeaf(entries[store.Certificate], entries[store.Key], i.TrustDomain, service)
	switch {
	case err != nil:
		return err.Error()
	case !authority.Signed(leaf):
		return "signed by another authority"
	case leaf.NotAfter.Sub(now) < pki.RenewBefore:
		return "ends soon"
	case i.Rotate == RotateAll || i.Rotate == service:
		return "rotated"
	}
	return ""
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
