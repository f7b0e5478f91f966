package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
)

// issuer is an OpenID Connect provider with an RSA and an EC key.
type issuer struct {
	*httptest.Server
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{}
	var err error
	if i.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if i.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	number := func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
	point, err := i.ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := any(
			map[string]any{
				"issuer":                 i.URL,
				"jwks_uri":               i.URL + "/keys",
				"authorization_endpoint": i.URL,
				"token_endpoint":         i.URL,
			},
		)
		if r.URL.Path == "/keys" {
			answer = map[string]any{"keys": []map[string]any{
				{"kty": "RSA", "kid": "r", "alg": "RS256", "use": "sig", "n": number(i.rsa.N.Bytes()), "e": "AQAB"},
				{
					"kty": "EC",
					"kid": "e",
					"alg": "ES256",
					"use": "sig",
					"crv": "P-256",
					"x":   number(point[1:33]),
					"y":   number(point[33:]),
				},
			}}
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) rs256(input string) []byte {
	sum := sha256.Sum256([]byte(input))
	signature, _ := rsa.SignPKCS1v15(rand.Reader, i.rsa, crypto.SHA256, sum[:])
	return signature
}

func (i *issuer) es256(input string) []byte {
	sum := sha256.Sum256([]byte(input))
	r, s, _ := ecdsa.Sign(rand.Reader, i.ec, sum[:])
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

func TestExternalIssuerIsTaken(t *testing.T) {
	i := newIssuer(t)
	a := newAuthenticator(t, newKey(t), OIDCConfig{Issuer: i.URL, Audience: "mesh", RoleClaim: "groups"})
	good := claimsWith(t, map[string]any{"iss": i.URL, "aud": "mesh", "groups": []string{"operator"}, "role": nil})
	for _, token := range []string{signer(i.rs256).token(`{"alg":"RS256","typ":"JWT","kid":"r"}`, good),
		signer(i.es256).token(`{"alg":"ES256","typ":"JWT","kid":"e"}`, good)} {
		if caller, err := a.Authenticate(context.Background(), bearer(token)); err != nil ||
			caller.Role != commonv1.Identity_OPERATOR {
			t.Errorf("got %+v, %v", caller, err)
		}
	}
	public, err := x509.MarshalPKIXPublicKey(&i.rsa.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	confused := signer(func(input string) []byte {
		mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
		mac.Write([]byte(input))
		return mac.Sum(nil)
	})
	own := newKey(t).signer()
	for what, token := range map[string]string{
		"HS256 with the RSA public key": confused.token(`{"alg":"HS256","typ":"JWT","kid":"r"}`, good),
		"RS256 under the EC key's id":   signer(i.rs256).token(`{"alg":"RS256","typ":"JWT","kid":"e"}`, good),
		"ES256 with the RSA signature":  signer(i.rs256).token(`{"alg":"ES256","typ":"JWT","kid":"e"}`, good),
		"unknown kid":                   signer(i.rs256).token(`{"alg":"RS256","typ":"JWT","kid":"x"}`, good),
		"our own key":                   own.token(`{"alg":"EdDSA","typ":"JWT"}`, good),
		"its key for our issuer":        signer(i.rs256).token(`{"alg":"RS256","typ":"JWT","kid":"r"}`, claimsWith(t, nil)),
		"other audience": signer(i.rs256).token(`{"alg":"RS256","typ":"JWT","kid":"r"}`, claimsWith(t,
			map[string]any{"iss": i.URL})),
		"expired": signer(i.rs256).token(`{"alg":"RS256","typ":"JWT","kid":"r"}`, claimsWith(t,
			map[string]any{"iss": i.URL, "aud": "mesh", "exp": 1})),
		"nbf far ahead": signer(i.rs256).token(`{"alg":"RS256","typ":"JWT","kid":"r"}`, claimsWith(t,
			map[string]any{"iss": i.URL, "aud": "mesh", "nbf": time.Now().Unix() + 100})),
	} {
		if caller, err := a.Authenticate(context.Background(), bearer(token)); status.Code(err) != codes.Unauthenticated {
			t.Errorf("%s: got %+v, %v", what, caller, err)
		}
	}
}

func TestIssuerThatIsAwayIsNoReasonForA401(t *testing.T) {
	i := newIssuer(t)
	i.Close()
	a := newAuthenticator(t, newKey(t), OIDCConfig{Issuer: i.URL, Audience: "mesh", RoleClaim: "role"})
	token := signer(
		i.rs256,
	).token(`{"alg":"RS256","typ":"JWT","kid":"r"}`, claimsWith(t, map[string]any{"iss": i.URL, "aud": "mesh"}))
	for range 2 {
		if _, err := a.Authenticate(context.Background(), bearer(token)); status.Code(err) != codes.Unavailable {
			t.Errorf("got %v", err)
		}
	}
}
