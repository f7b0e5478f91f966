package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/renameio/v2"
)

// What the gateway expects of a token of its built-in issuer (services/gateway/internal/auth).
const (
	tokenIssuer, tokenAudience, tokenType = "ordermesh", "ordermesh", "at+jwt"
)

// runToken writes an operator's token to a file for its owner only. The gateway's own `token` prints it, which takes a
// shell to become a file; a test's pod has none.
func runToken(_ context.Context, arguments []string, _, problems io.Writer) error {
	flags := newFlags("token", problems)
	keyFile := flags.String("jwt_key_file", "", "the Ed25519 key (PKCS #8, PEM)")
	role := flags.String("role", "", "viewer, operator or admin")
	subject := flags.String("subject", "", "whose token it is")
	ttl := flags.Duration("ttl", time.Hour, "how long it is valid")
	file := flags.String("out", "", "where to write it")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	switch {
	case *keyFile == "" || *subject == "" || *file == "":
		return fmt.Errorf("%w: --jwt_key_file, --subject and --out are needed", errUsage)
	case *role != "viewer" && *role != "operator" && *role != "admin":
		return fmt.Errorf("%w: there is no role %q", errUsage, *role)
	case *ttl <= 0:
		return fmt.Errorf("%w: --ttl must be positive", errUsage)
	}
	text, err := os.ReadFile(*keyFile)
	if err != nil {
		return err
	}
	key, err := jwt.ParseEdPrivateKeyFromPEM(text)
	if err != nil {
		return errors.New("the key is not an Ed25519 key in PEM")
	}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": tokenIssuer, "aud": tokenAudience, "sub": *subject, "role": *role,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(*ttl).Unix(),
	})
	token.Header["typ"] = tokenType
	signed, err := token.SignedString(key)
	if err != nil {
		return err
	}
	return renameio.WriteFile(*file, []byte(signed+"\n"), 0o600)
}
