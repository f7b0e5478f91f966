// Package auth turns credentials into callers.
package auth

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// Issuer and Audience of our own tokens.
	Issuer   = "ordermesh"
	Audience = "ordermesh"

	tokenType     = "at+jwt"
	maxTokenBytes = 8 << 10
	clockSkew     = 5 * time.Second
)

// verifier checks the signature of a token of one issuer.
type verifier interface {
	// verify fails unless the issuer signed the token with the one algorithm that its key is for.
	verify(ctx context.Context, token string) error
	audience() string
	roleClaim() string
}

// SigningKey signs and verifies the tokens of the built-in issuer.
type SigningKey struct {
	private ed25519.PrivateKey
	public  ed25519.PublicKey
	id      string
}

// ParseSigningKey reads an Ed25519 key in PKCS #8, PEM.
func ParseSigningKey(data []byte) (*SigningKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("the signing key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the signing key is not PKCS #8")
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("the signing key is not an Ed25519 key")
	}
	public := private.Public().(ed25519.PublicKey)
	thumb := sha256.Sum256(public)
	return &SigningKey{private, public, base64.RawURLEncoding.EncodeToString(thumb[:12])}, nil
}

// Issue makes a token for a person or a program of the operators.
func (k *SigningKey) Issue(subject, role string, now time.Time, ttl time.Duration) (string, error) {
	if subject == "" {
		return "", errors.New("the subject is missing")
	}
	if roleOf(role) == 0 {
		return "", fmt.Errorf("there is no role %q; there are viewer, operator and admin", role)
	}
	if ttl <= 0 {
		return "", errors.New("the time to live must be positive")
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": Issuer, "aud": Audience, "sub": subject, "role": role,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(ttl).Unix(),
	})
	token.Header["typ"] = tokenType
	token.Header["kid"] = k.id
	return token.SignedString(k.private)
}

func (k *SigningKey) audience() string  { return Audience }
func (k *SigningKey) roleClaim() string { return "role" }

func (k *SigningKey) verify(_ context.Context, token string) error {
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"EdDSA"}),
		jwt.WithStrictDecoding(),
		jwt.WithoutClaimsValidation(),
	)
	_, err := parser.Parse(token, func(t *jwt.Token) (any, error) {
		// One key: a kid that names another, or tries to be a path or a query, is none of ours.
		if kid, named := t.Header["kid"]; named && kid != k.id {
			return nil, errors.New("the key is unknown")
		}
		return k.public, nil
	})
	return err
}

// inspect refuses by form, before any cryptography: length, parts, types, headers that bring their own key, and members
// that occur twice, which two parsers could read differently. It gives the claims, which nobody has vouched for yet.
func inspect(token string) (jwt.MapClaims, error) {
	if len(token) > maxTokenBytes {
		return nil, errors.New("longer than 8 KiB")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return nil, errors.New("not three parts")
	}
	var head map[string]json.RawMessage
	if err := decodePart(parts[0], &head); err != nil {
		return nil, err
	}
	for _, forbidden := range []string{"jku", "x5u", "jwk", "x5c", "crit", "b64", "zip", "enc"} {
		if _, there := head[forbidden]; there {
			return nil, fmt.Errorf("the header has %s", forbidden)
		}
	}
	for name, required := range map[string]bool{"typ": true, "alg": true, "kid": false} {
		var text string
		raw, there := head[name]
		if (required && !there) || (there && json.Unmarshal(raw, &text) != nil) {
			return nil, fmt.Errorf("the header's %s is not right", name)
		}
		if name == "typ" && !strings.EqualFold(text, tokenType) && !strings.EqualFold(text, "JWT") {
			return nil, errors.New("not an access token")
		}
	}
	claims := jwt.MapClaims{}
	return claims, decodePart(parts[1], &claims)
}

func decodePart(part string, into any) error {
	data, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	if err := noDuplicates(data); err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// noDuplicates refuses JSON in which an object names a member twice, at any depth.
func noDuplicates(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	type level struct {
		names map[string]struct{}
		// The next token is a member's name.
		name bool
	}
	var levels []level
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		top := len(levels) - 1
		if text, ok := token.(string); ok && top >= 0 && levels[top].name {
			if _, twice := levels[top].names[text]; twice {
				return errors.New("a member occurs twice")
			}
			levels[top].names[text] = struct{}{}
			levels[top].name = false
			continue
		}
		if top >= 0 && levels[top].names != nil {
			levels[top].name = true
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{names: map[string]struct{}{}, name: true})
		case json.Delim('['):
			levels = append(levels, level{})
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:top]
		}
	}
}
