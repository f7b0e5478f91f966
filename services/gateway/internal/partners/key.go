// Package partners is the gateway's own copy of the partners' keys and limits. It follows the partners service and
// works on, also across its own restart, while that is away.
package partners

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"

	"ordermesh.dev/gateway/internal/refuse"
)

const (
	keyStart      = "omk_live_"
	keyDigits     = 43
	keyChecksum   = 6
	keyLength     = len(keyStart) + keyDigits + keyChecksum
	base62        = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	minPepperSize = 32
)

// What open streams are told when their key ends.
var (
	errRevoked   = refuse.With(codes.Unauthenticated, "KEY_REVOKED", "the API key is no longer valid")
	errExpired   = refuse.With(codes.Unauthenticated, "KEY_EXPIRED", "the API key has expired")
	errCutOff    = refuse.With(codes.Unauthenticated, "PARTNER_SUSPENDED", "the partner is suspended")
	errSuspended = refuse.With(codes.PermissionDenied, "PARTNER_SUSPENDED", "the partner is suspended")
)

// Key is one live key. It never changes; a key that is suspended or activated is another Key.
type Key struct {
	PartnerID, KeyID string
	// Nil in tests only.
	Queries *Bucket

	digest    digest
	expires   time.Time
	suspended bool
	valid     context.Context
	end       context.CancelCauseFunc
	timer     *time.Timer
	used      *usage
}

type digest [sha256.Size]byte

// usage outlives the Key: when the key was last used, and what of it was reported, in seconds since 1970.
type usage struct{ last, reported atomic.Int64 }

// Valid ends when the key is revoked, expires or its partner is suspended; the cause is the error for the client.
func (k *Key) Valid() context.Context { return k.valid }

// Expires is zero where the key does not.
func (k *Key) Expires() time.Time { return k.expires }

// IsKey says whether the text has the form and the checksum of a key. It finds typing errors and proves nothing.
func IsKey(text string) bool {
	if len(text) != keyLength || !strings.HasPrefix(text, keyStart) {
		return false
	}
	for _, b := range []byte(text[len(keyStart):]) {
		if strings.IndexByte(base62, b) < 0 {
			return false
		}
	}
	sum := crc32.ChecksumIEEE([]byte(text[:keyLength-keyChecksum]))
	for i := keyLength - 1; i >= keyLength-keyChecksum; i, sum = i-1, sum/62 {
		if text[i] != base62[sum%62] {
			return false
		}
	}
	return true
}

// Pepper is the secret that keys are hashed with.
type Pepper []byte

// ParsePepper reads at least 32 bytes in hex, with white space around them.
func ParsePepper(text []byte) (Pepper, error) {
	pepper, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, errors.New("the pepper must hold nothing but hex digits")
	}
	if len(pepper) < minPepperSize {
		return nil, errors.New("the pepper must hold at least 32 bytes in hex")
	}
	return pepper, nil
}

func (p Pepper) digest(key string) (d digest) {
	mac := hmac.New(sha256.New, p)
	mac.Write([]byte(key))
	mac.Sum(d[:0])
	return d
}
