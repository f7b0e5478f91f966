package auth

import (
	"context"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	"ordermesh.dev/gateway/internal/access"
	"ordermesh.dev/gateway/internal/call"
	"ordermesh.dev/gateway/internal/partners"
	"ordermesh.dev/gateway/internal/refuse"
)

// Credentials is what a call brought: the values of X-API-Key and of Authorization.
type Credentials struct {
	APIKeys, Authorizations []string
}

// Authenticator knows all credentials.
type Authenticator struct {
	ring    *partners.Ring
	issuers map[string]verifier
	now     func() time.Time
}

// New makes an authenticator for the keys of the ring, our own tokens, and those of one more issuer where it is named.
func New(ring *partners.Ring, key *SigningKey, external OIDCConfig) *Authenticator {
	a := &Authenticator{ring: ring, issuers: map[string]verifier{Issuer: key}, now: time.Now}
	if external.Issuer != "" {
		a.issuers[external.Issuer] = &oidcVerifier{config: external}
	}
	return a
}

// Authenticate says who calls. Exactly one credential must be there; UNAUTHENTICATED does not say what was wrong with
// it.
func (a *Authenticator) Authenticate(ctx context.Context, credentials Credentials) (call.Caller, error) {
	switch {
	case len(credentials.APIKeys)+len(credentials.Authorizations) == 0:
		return call.Caller{}, refuse.Unauthenticated("a credential is needed: X-API-Key, or Authorization: Bearer")
	case len(credentials.APIKeys)+len(credentials.Authorizations) > 1:
		return call.Caller{}, refuse.Unauthenticated("exactly one credential is taken")
	case len(credentials.APIKeys) == 1:
		return a.byKey(credentials.APIKeys[0])
	default:
		return a.byToken(ctx, credentials.Authorizations[0])
	}
}

func (a *Authenticator) byKey(apiKey string) (call.Caller, error) {
	key, err := a.ring.Authenticate(apiKey)
	if err != nil {
		return call.Caller{}, err
	}
	return call.Caller{
		Role: commonv1.Identity_PARTNER, PartnerID: key.PartnerID, Subject: key.KeyID, KeyID: key.KeyID,
		TakeQuery: key.Queries.Take, Valid: key.Valid(), Expires: key.Expires(),
	}, nil
}

func (a *Authenticator) byToken(ctx context.Context, authorization string) (call.Caller, error) {
	const scheme = "bearer "
	if len(authorization) <= len(scheme) || !strings.EqualFold(authorization[:len(scheme)], scheme) {
		return call.Caller{}, refuse.Unauthenticated("only Authorization: Bearer is taken")
	}
	token := authorization[len(scheme):]
	claims, err := inspect(token)
	if err != nil {
		return call.Caller{}, errBadToken
	}
	name, _ := claims["iss"].(string)
	issuer := a.issuers[name]
	if issuer == nil {
		return call.Caller{}, errBadToken
	}
	if err := issuer.verify(ctx, token); err != nil {
		if status.Code(err) == codes.Unavailable {
			return call.Caller{}, err
		}
		return call.Caller{}, errBadToken
	}
	validator := jwt.NewValidator(jwt.WithIssuer(name), jwt.WithAudience(issuer.audience()), jwt.WithExpirationRequired(),
		jwt.WithLeeway(clockSkew), jwt.WithTimeFunc(a.now), jwt.WithIssuedAt())
	if validator.Validate(claims) != nil {
		return call.Caller{}, errBadToken
	}
	return callerOf(claims, issuer.roleClaim())
}

func callerOf(claims jwt.MapClaims, roleClaim string) (call.Caller, error) {
	subject, err := claims.GetSubject()
	if err != nil || subject == "" || call.Clean(subject, maxSubject) != subject {
		return call.Caller{}, errBadToken
	}
	expires, err := claims.GetExpirationTime()
	if err != nil {
		return call.Caller{}, errBadToken
	}
	role := highestRole(claims[roleClaim])
	if role == 0 {
		return call.Caller{}, refuse.With(codes.PermissionDenied, "NO_ROLE", "the token names no role of ours")
	}
	return call.Caller{Role: role, Subject: "user:" + subject, Expires: expires.Time.Add(clockSkew)}, nil
}

const maxSubject = 128

var errBadToken = refuse.Unauthenticated("the token is not valid")

// ErrTokenExpired is what open streams are told when their token ends.
var ErrTokenExpired = refuse.With(codes.Unauthenticated, "TOKEN_EXPIRED", "the token has expired")

// highestRole reads a claim that is one role or a list of them; others than ours do not count. Partners have keys, not
// tokens.
func highestRole(claim any) access.Role {
	names, _ := claim.([]any)
	if name, ok := claim.(string); ok {
		names = []any{name}
	}
	var highest access.Role
	for _, name := range names {
		if text, ok := name.(string); ok {
			highest = max(highest, roleOf(text))
		}
	}
	return highest
}

func roleOf(name string) access.Role {
	switch name {
	case "viewer":
		return commonv1.Identity_VIEWER
	case "operator":
		return commonv1.Identity_OPERATOR
	case "admin":
		return commonv1.Identity_ADMIN
	default:
		return 0
	}
}
