package auth

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"google.golang.org/grpc/codes"

	"ordermesh.dev/gateway/internal/refuse"
)

// OIDCConfig names an issuer whose tokens are taken besides our own.
type OIDCConfig struct {
	Issuer, Audience, RoleClaim string
}

const (
	// How often an issuer that does not answer is asked again, and how long it may take.
	rediscoverAfter = 5 * time.Second
	issuerTimeout   = 3 * time.Second
)

// oidcVerifier finds the issuer's keys when the first token comes, so that the gateway starts without the issuer.
type oidcVerifier struct {
	config OIDCConfig

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
	asked    time.Time
}

func (o *oidcVerifier) audience() string  { return o.config.Audience }
func (o *oidcVerifier) roleClaim() string { return o.config.RoleClaim }

// verify checks with the issuer's published keys. Of the three algorithms each fits one type of key only, so a key
// cannot be used with the algorithm of another.
func (o *oidcVerifier) verify(ctx context.Context, token string) error {
	verifier, err := o.discovered()
	if err != nil {
		return err
	}
	_, err = verifier.Verify(ctx, token)
	return err
}

func (o *oidcVerifier) discovered() (*oidc.IDTokenVerifier, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.verifier != nil {
		return o.verifier, nil
	}
	if time.Since(o.asked) < rediscoverAfter {
		return nil, errIssuerAway
	}
	o.asked = time.Now()
	// The provider keeps the context for fetching keys later: it must not end with this call.
	ctx := oidc.ClientContext(context.Background(), &http.Client{Timeout: issuerTimeout})
	provider, err := oidc.NewProvider(ctx, o.config.Issuer)
	if err != nil {
		return nil, errIssuerAway
	}
	o.verifier = provider.Verifier(&oidc.Config{
		ClientID:             o.config.Audience,
		SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256, oidc.EdDSA},
	})
	return o.verifier, nil
}

var errIssuerAway = refuse.Retry(
	codes.Unavailable,
	"ISSUER_AWAY",
	"the token's issuer does not answer",
	rediscoverAfter,
)
