package issue

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"maps"

	"ordermesh.dev/certs/internal/pki"
	"ordermesh.dev/certs/internal/store"
)

// pepperBytes is as many as the hash that it goes into has.
const pepperBytes = 32

// Secrets makes the pepper of the keys' hashes and the key that signs operators' tokens, each where it is missing. What
// is there is never touched: without its pepper no partner's key works any more.
func Secrets(ctx context.Context, keep store.Store, bundle string) (made []string, err error) {
	err = keep.Update(ctx, bundle, func(entries store.Entries) (store.Entries, error) {
		made = nil
		changed := maps.Clone(entries)
		if changed == nil {
			changed = store.Entries{}
		}
		for name, make := range map[string]func() ([]byte, error){store.Pepper: newPepper, store.JWTKey: newJWTKey} {
			if len(changed[name]) != 0 {
				continue
			}
			content, err := make()
			if err != nil {
				return nil, err
			}
			changed[name] = content
			made = append(made, name)
		}
		if made == nil {
			return nil, store.ErrUnchanged
		}
		return changed, nil
	})
	return made, err
}

func newPepper() ([]byte, error) {
	random := make([]byte, pepperBytes)
	_, err := rand.Read(random)
	return []byte(hex.EncodeToString(random) + "\n"), err
}

func newJWTKey() ([]byte, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return pki.EncodeKey(private)
}
