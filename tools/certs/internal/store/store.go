// Package store keeps bundles of files: as Secrets of a Kubernetes namespace, or as folders.
package store

import (
	"context"
	"errors"
)

// Entries are the files of a bundle by name.
type Entries map[string][]byte

// ErrUnchanged is what a change gives back that has nothing to write.
var ErrUnchanged = errors.New("nothing to change")

// Store keeps bundles. Safe for several writers.
type Store interface {
	// Update hands change the entries of a bundle, nil where there is none, and writes what it gives back: whole or not at
	// all, and only over what it was handed. Where somebody else wrote meanwhile, change is called again with that.
	Update(ctx context.Context, bundle string, change func(Entries) (Entries, error)) error
	// Read gives the entries of a bundle, nil where there is none.
	Read(ctx context.Context, bundle string) (Entries, error)
}

// Names of the files of a certificate, as cert-manager writes them, and in the bundles of secrets.
const (
	Certificate = "tls.crt"
	Key         = "tls.key"
	Authorities = "ca.crt"
	// TrustedAt is when the authorities last changed, RFC 3339.
	TrustedAt = "trusted-at"
	Pepper    = "pepper"
	JWTKey    = "jwt.pem"
)
