package auth

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/call"
	"ordermesh.dev/gateway/internal/partners"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/testmesh"
)

func newKey(t *testing.T) *SigningKey {
	t.Helper()
	key, err := ParseSigningKey(testmesh.SigningKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newAuthenticator(t *testing.T, key *SigningKey, external OIDCConfig) *Authenticator {
	t.Helper()
	pepper, err := partners.ParsePepper([]byte(testmesh.Pepper))
	if err != nil {
		t.Fatal(err)
	}
	return New(partners.NewRing(pepper, partners.NewLeases(nil)), key, external)
}

func bearer(token string) Credentials {
	return Credentials{Authorizations: []string{"Bearer " + token}}
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// signer makes tokens whose parts are anything.
type signer func(input string) []byte

func (s signer) token(header, claims string) string {
	input := encode(header) + "." + encode(claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(s(input))
}

func (k *SigningKey) signer() signer {
	return func(input string) []byte { return ed25519.Sign(k.private, []byte(input)) }
}

const goodHeader = `{"alg":"EdDSA","typ":"at+jwt"}`

// claimsWith is good claims, changed: a nil value takes a claim away.
func claimsWith(t *testing.T, changes map[string]any) string {
	t.Helper()
	now := time.Now().Unix()
	claims := map[string]any{
		"iss":  "ordermesh",
		"aud":  "ordermesh",
		"sub":  "s",
		"role": "operator",
		"iat":  now,
		"nbf":  now,
		"exp":  now + 60,
	}
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	data, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestIssuedTokenIsTaken(t *testing.T) {
	key := newKey(t)
	a := newAuthenticator(t, key, OIDCConfig{})
	for role, want := range map[string]commonv1.Identity_Role{"viewer": commonv1.Identity_VIEWER,
		"operator": commonv1.Identity_OPERATOR,
		"admin":    commonv1.Identity_ADMIN} {
		token, err := key.Issue("jo", role, time.Now(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		caller, err := a.Authenticate(context.Background(), bearer(token))
		if err != nil || caller.Role != want || caller.Subject != "user:jo" || caller.PartnerID != "" ||
			caller.Expires.Before(time.Now()) {
			t.Errorf("%s: got %+v, %v", role, caller, err)
		}
	}
}

func TestTokensAreNotIssuedToNobodyForNothing(t *testing.T) {
	key := newKey(t)
	for _, c := range []struct {
		subject, role string
		ttl           time.Duration
	}{{"", "viewer", time.Hour}, {"jo", "partner", time.Hour}, {"jo", "", time.Hour}, {"jo", "viewer", 0}} {
		if token, err := key.Issue(c.subject, c.role, time.Now(), c.ttl); err == nil {
			t.Errorf("%+v: got %s", c, token)
		}
	}
}

// Every attack of RFC 8725 that can be made against a verifier, one row each.
func TestForgedTokensAreRefused(t *testing.T) {
	key, stranger := newKey(t), newKey(t)
	a := newAuthenticator(t, key, OIDCConfig{})
	good, sign := claimsWith(t, nil), key.signer()
	if _, err := a.Authenticate(context.Background(), bearer(sign.token(goodHeader, good))); err != nil {
		t.Fatalf("the good token is refused: %v", err)
	}
	withPublicKey := signer(func(input string) []byte {
		mac := hmac.New(sha256.New, key.public)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	})
	der, err := x509.MarshalPKIXPublicKey(key.public)
	if err != nil {
		t.Fatal(err)
	}
	withPEM := signer(func(input string) []byte {
		mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		mac.Write([]byte(input))
		return mac.Sum(nil)
	})
	nothing := signer(func(string) []byte { return nil })
	valid := sign.token(goodHeader, good)
	parts := strings.Split(valid, ".")
	header := func(more string) string { return sign.token(`{"alg":"EdDSA","typ":"at+jwt",`+more+`}`, good) }
	claims := func(changes map[string]any) string { return sign.token(goodHeader, claimsWith(t, changes)) }
	now, publicX := time.Now().Unix(), encode(string(stranger.public))
	for what, token := range map[string]string{
		"alg none":                        nothing.token(`{"alg":"none","typ":"at+jwt"}`, good),
		"alg none, signed":                sign.token(`{"alg":"none","typ":"at+jwt"}`, good),
		"alg nOnE":                        nothing.token(`{"alg":"nOnE","typ":"at+jwt"}`, good),
		"alg empty":                       sign.token(`{"alg":"","typ":"at+jwt"}`, good),
		"alg missing":                     sign.token(`{"typ":"at+jwt"}`, good),
		"alg eddsa in lower case":         sign.token(`{"alg":"eddsa","typ":"at+jwt"}`, good),
		"alg no text":                     sign.token(`{"alg":["EdDSA"],"typ":"at+jwt"}`, good),
		"HS256 with the public key":       withPublicKey.token(`{"alg":"HS256","typ":"at+jwt"}`, good),
		"HS256 with the public key's PEM": withPEM.token(`{"alg":"HS256","typ":"at+jwt"}`, good),
		"RS256":                           sign.token(`{"alg":"RS256","typ":"at+jwt"}`, good),
		"ES256":                           sign.token(`{"alg":"ES256","typ":"at+jwt"}`, good),
		"signed by a stranger":            stranger.signer().token(goodHeader, good),
		"empty signature":                 parts[0] + "." + parts[1] + ".",
		"no signature":                    parts[0] + "." + parts[1],
		"cut signature":                   valid[:len(valid)-4],
		"signature of zeros":              signer(func(string) []byte { return make([]byte, 64) }).token(goodHeader, good),
		"another token's claims": parts[0] + "." + encode(claimsWith(t,
			map[string]any{"role": "admin"})) + "." + parts[2],
		"another token's header":  encode(`{"alg":"EdDSA","typ":"JWT"}`) + "." + parts[1] + "." + parts[2],
		"padding":                 valid + "=",
		"other base64":            strings.ReplaceAll(valid, "_", "/") + "+/",
		"four parts":              valid + ".x",
		"five parts, as JWE":      valid + ".x.y",
		"no parts":                "token",
		"empty":                   "",
		"header no JSON":          sign.token(`alg=EdDSA`, good),
		"header an array":         sign.token(`["EdDSA"]`, good),
		"claims no JSON":          sign.token(goodHeader, `sub=s`),
		"claims an array":         sign.token(goodHeader, `[]`),
		"claims null":             sign.token(goodHeader, `null`),
		"bytes after the header":  sign.token(goodHeader+`{}`, good),
		"kid of another key":      header(`"kid":"` + stranger.id + `"`),
		"kid a path":              header(`"kid":"../../../../dev/null"`),
		"kid a query":             header(`"kid":"' UNION SELECT 'key'--"`),
		"kid a URL":               header(`"kid":"https://evil.example/key"`),
		"kid empty":               header(`"kid":""`),
		"kid no text":             header(`"kid":{"$ne":""}`),
		"jku":                     header(`"jku":"https://evil.example/jwks"`),
		"x5u":                     header(`"x5u":"https://evil.example/cert"`),
		"jwk":                     header(`"jwk":{"kty":"OKP","crv":"Ed25519","x":"` + publicX + `"}`),
		"x5c":                     header(`"x5c":["MII"]`),
		"crit":                    header(`"crit":["exp"]`),
		"b64":                     header(`"b64":false`),
		"zip":                     header(`"zip":"DEF"`),
		"typ missing":             sign.token(`{"alg":"EdDSA"}`, good),
		"typ of an ID token":      sign.token(`{"alg":"EdDSA","typ":"id_token"}`, good),
		"typ of a logout token":   sign.token(`{"alg":"EdDSA","typ":"logout+jwt"}`, good),
		"typ no text":             sign.token(`{"alg":"EdDSA","typ":1}`, good),
		"alg twice":               sign.token(`{"alg":"none","typ":"at+jwt","alg":"EdDSA"}`, good),
		"role twice":              sign.token(goodHeader, strings.Replace(good, "{", `{"role":"viewer",`, 1)),
		"a nested member twice":   sign.token(goodHeader, strings.Replace(good, "{", `{"x":[{"a":1,"a":2}],`, 1)),
		"member twice, escaped":   sign.token(goodHeader, strings.Replace(good, "{", `{"r\u006fle":"admin",`, 1)),
		"expired":                 claims(map[string]any{"exp": now - 60}),
		"exp missing":             claims(map[string]any{"exp": nil}),
		"exp a text":              claims(map[string]any{"exp": "never"}),
		"not yet valid":           claims(map[string]any{"nbf": now + 60}),
		"issued in the future":    claims(map[string]any{"iat": now + 60}),
		"nbf a text":              claims(map[string]any{"nbf": "x"}),
		"other issuer":            claims(map[string]any{"iss": "https://evil.example"}),
		"issuer missing":          claims(map[string]any{"iss": nil}),
		"issuer a list":           claims(map[string]any{"iss": []string{"ordermesh"}}),
		"other audience":          claims(map[string]any{"aud": "billing"}),
		"audience missing":        claims(map[string]any{"aud": nil}),
		"audience empty":          claims(map[string]any{"aud": []string{}}),
		"subject missing":         claims(map[string]any{"sub": nil}),
		"subject a number":        claims(map[string]any{"sub": 7}),
		"subject with a line end": claims(map[string]any{"sub": "a\nb"}),
		"longer than 8 KiB":       claims(map[string]any{"x": strings.Repeat("x", 8<<10)}),
		"1 MB":                    strings.Repeat("a", 1<<20),
	} {
		caller, err := a.Authenticate(context.Background(), bearer(token))
		if s := status.Convert(err); s.Code() != codes.Unauthenticated || refuse.Reason(s) != "UNAUTHENTICATED" ||
			caller.Role != 0 {
			t.Errorf("%s: got %+v, %v", what, caller, err)
		}
	}
}

func TestRoleDecidesWhatATokenMayDo(t *testing.T) {
	key := newKey(t)
	a := newAuthenticator(t, key, OIDCConfig{})
	for _, role := range []any{nil, "", "partner", "PARTNER", "root", "Operator", 3, []any{}, []any{"nobody", 1},
		map[string]any{"role": "admin"}} {
		token := key.signer().token(goodHeader, claimsWith(t, map[string]any{"role": role, "partner_id": "partner-a"}))
		if caller, err := a.Authenticate(context.Background(), bearer(token)); status.Code(err) != codes.PermissionDenied {
			t.Errorf("%v: got %+v, %v", role, caller, err)
		}
	}
	token := key.signer().token(goodHeader, claimsWith(t, map[string]any{"role": []any{"viewer", "operator", "other"}}))
	if caller, err := a.Authenticate(context.Background(), bearer(token)); err != nil ||
		caller.Role != commonv1.Identity_OPERATOR {
		t.Errorf("got %+v, %v", caller, err)
	}
}

func TestExactlyOneCredentialIsTaken(t *testing.T) {
	a := newAuthenticator(t, newKey(t), OIDCConfig{})
	for _, credentials := range []Credentials{
		{}, {APIKeys: []string{"a", "b"}}, {APIKeys: []string{"a"}, Authorizations: []string{"Bearer x"}},
		{Authorizations: []string{"Bearer x", "Bearer y"}}, {Authorizations: []string{""}},
		{Authorizations: []string{"Bearer"}},
		{Authorizations: []string{"Bearer "}}, {Authorizations: []string{"Basic abcdefgh"}}, {APIKeys: []string{""}},
	} {
		if _, err := a.Authenticate(context.Background(), credentials); status.Code(err) != codes.Unauthenticated {
			t.Errorf("%+v: got %v", credentials, err)
		}
	}
}

func TestSigningKeyMustBeEd25519(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for what, data := range map[string][]byte{
		"RSA": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), "no PEM": []byte("x"),
		"no key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}),
	} {
		if _, err := ParseSigningKey(data); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

func TestKeyOfAPartnerIsTaken(t *testing.T) {
	pepper, err := partners.ParsePepper([]byte(testmesh.Pepper))
	if err != nil {
		t.Fatal(err)
	}
	ring := partners.NewRing(pepper, partners.NewLeases(nil))
	ring.Replace(map[string]*partnersv1.PartnerRecord{"p": testmesh.Record("p", "a")})
	a := New(ring, newKey(t), OIDCConfig{})
	caller, err := a.Authenticate(context.Background(), Credentials{APIKeys: []string{testmesh.APIKey("a")}})
	want := call.Caller{Role: commonv1.Identity_PARTNER, PartnerID: "p", Subject: "key_a", KeyID: "key_a"}
	if err != nil || caller.Role != want.Role || caller.PartnerID != want.PartnerID || caller.Subject != want.Subject ||
		caller.TakeQuery == nil ||
		caller.Valid == nil {
		t.Errorf("got %+v, %v", caller, err)
	}
}
