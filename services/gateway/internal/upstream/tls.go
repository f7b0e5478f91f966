// Package upstream connects to the services of the mesh.
package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/credentials/tls/certprovider"
	"google.golang.org/grpc/credentials/tls/certprovider/pemfile"
	"google.golang.org/grpc/security/advancedtls"
)

// reloadEvery is how often certificates are looked at: replace them by rename.
const reloadEvery = time.Second

// TLS is the gateway's own identity in the mesh.
type TLS struct {
	identity, roots certprovider.Provider
	trustDomain     string
}

// NewTLS reads the PEM files, now and whenever they change. The error names what is missing.
func NewTLS(cert, key, ca, trustDomain string) (*TLS, error) {
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		return nil, fmt.Errorf("the certificate: %w", err)
	}
	authorities, err := os.ReadFile(ca)
	if err != nil {
		return nil, fmt.Errorf("the authorities: %w", err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("the authorities: %s has no certificate", ca)
	}
	identity, err := pemfile.NewProvider(pemfile.Options{CertFile: cert, KeyFile: key, RefreshDuration: reloadEvery})
	if err != nil {
		return nil, err
	}
	roots, err := pemfile.NewProvider(pemfile.Options{RootFile: ca, RefreshDuration: reloadEvery})
	if err != nil {
		return nil, err
	}
	return &TLS{identity, roots, trustDomain}, nil
}

// Client gives what a connection to one service is made with: only the peer whose certificate names it is accepted.
func (t *TLS) Client(service string) (credentials.TransportCredentials, error) {
	if t == nil {
		return insecure.NewCredentials(), nil
	}
	want := url.URL{Scheme: "spiffe", Host: t.trustDomain, Path: "/" + service}
	return advancedtls.NewClientCreds(&advancedtls.Options{
		IdentityOptions: advancedtls.IdentityCertificateOptions{IdentityProvider: t.identity},
		RootOptions:     advancedtls.RootCertificateOptions{RootProvider: t.roots},
		MinTLSVersion:   tls.VersionTLS12,
		MaxTLSVersion:   tls.VersionTLS13,
		// The name is in the URI, not in a host name.
		VerificationType: advancedtls.CertVerification,
		AdditionalPeerVerification: func(
			info *advancedtls.HandshakeVerificationInfo,
		) (*advancedtls.PostHandshakeVerificationResults, error) {
			if info.Leaf != nil && len(info.Leaf.URIs) == 1 && info.Leaf.URIs[0].String() == want.String() {
				return &advancedtls.PostHandshakeVerificationResults{}, nil
			}
			return nil, fmt.Errorf("the peer is not %s", want.String())
		},
	})
}

// Edge gives what TLS towards partners is made with; the files are watched too.
func Edge(cert, key string) (*tls.Config, error) {
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		return nil, fmt.Errorf("the edge's certificate: %w", err)
	}
	provider, err := pemfile.NewProvider(pemfile.Options{CertFile: cert, KeyFile: key, RefreshDuration: reloadEvery})
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			material, err := provider.KeyMaterial(hello.Context())
			if err != nil {
				return nil, err
			}
			if len(material.Certs) == 0 {
				return nil, errors.New("there is no certificate")
			}
			return &material.Certs[0], nil
		},
	}, nil
}
