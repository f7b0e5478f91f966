// Package pki makes the mesh's authority and the certificates that it signs, as PEM. It reads no clock and keeps
// nothing.
package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"time"
)

const (
	// LeafLifetime is how long a service's certificate lasts, RenewBefore how long before its end it is made anew.
	LeafLifetime, RenewBefore = 90 * 24 * time.Hour, 30 * 24 * time.Hour
	// AuthorityLifetime and AuthorityRenewBefore are the same for the authority: what it signs never outlives it.
	AuthorityLifetime, AuthorityRenewBefore = 3650 * 24 * time.Hour, 365 * 24 * time.Hour
	// skew is how far the clocks of two machines may be apart.
	skew = time.Minute
)

// Authority signs certificates.
type Authority struct {
	Certificate *x509.Certificate
	Key         *ecdsa.PrivateKey
}

// NewAuthority makes an authority that is good from now on.
func NewAuthority(now time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{"Ordermesh"}, CommonName: "Ordermesh authority"},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(AuthorityLifetime),
		IsCA:                  true,
		MaxPathLenZero:        true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	certificate, err := sign(template, template, key, key)
	if err != nil {
		return nil, err
	}
	return &Authority{Certificate: certificate, Key: key}, nil
}

// ParseAuthority reads what EncodeCertificates and EncodeKey wrote. The error says that the two do not belong together,
// or that the certificate is none of an authority.
func ParseAuthority(certificate, key []byte) (*Authority, error) {
	certificates, err := ParseCertificates(certificate)
	if err != nil {
		return nil, err
	}
	private, err := parseKey(key)
	if err != nil {
		return nil, err
	}
	if !certificates[0].IsCA {
		return nil, errors.New("the certificate is not an authority's")
	}
	if !private.PublicKey.Equal(certificates[0].PublicKey) {
		return nil, errors.New("the key is not the certificate's")
	}
	return &Authority{Certificate: certificates[0], Key: private}, nil
}

// Leaf makes a key and a certificate for spiffe://trustDomain/service, for clients and servers, with these DNS names.
func (a *Authority) Leaf(
	trustDomain, service string, dnsNames []string, now time.Time,
) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{"Ordermesh"}, CommonName: service},
		NotBefore:             now.Add(-skew),
		NotAfter:              earlier(now.Add(LeafLifetime), a.Certificate.NotAfter),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		URIs:                  []*url.URL{{Scheme: "spiffe", Host: trustDomain, Path: "/" + service}},
		DNSNames:              dnsNames,
	}
	signed, err := sign(template, a.Certificate, private, a.Key)
	if err != nil {
		return nil, nil, err
	}
	key, err = EncodeKey(private)
	return EncodeCertificates(signed), key, err
}

// Signed tells whether this authority has signed the certificate.
func (a *Authority) Signed(certificate *x509.Certificate) bool {
	return certificate.CheckSignatureFrom(a.Certificate) == nil
}

// ParseLeaf reads a certificate and checks that the key is its own and that it names spiffe://trustDomain/service.
func ParseLeaf(certificate, key []byte, trustDomain, service string) (*x509.Certificate, error) {
	certificates, err := ParseCertificates(certificate)
	if err != nil {
		return nil, err
	}
	leaf := certificates[0]
	private, err := parseKey(key)
	if err != nil {
		return nil, err
	}
	if !private.PublicKey.Equal(leaf.PublicKey) {
		return nil, errors.New("the key is not the certificate's")
	}
	wanted := fmt.Sprintf("spiffe://%s/%s", trustDomain, service)
	if len(leaf.URIs) != 1 || leaf.URIs[0].String() != wanted {
		return nil, fmt.Errorf("the certificate does not name %s", wanted)
	}
	return leaf, nil
}

// ParseCertificates reads PEM; the error says that there is none or that one is broken.
func ParseCertificates(text []byte) ([]*x509.Certificate, error) {
	var certificates []*x509.Certificate
	for {
		var block *pem.Block
		block, text = pem.Decode(text)
		if block == nil {
			break
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		certificates = append(certificates, certificate)
	}
	if len(certificates) == 0 {
		return nil, errors.New("there is no certificate")
	}
	return certificates, nil
}

// EncodeCertificates writes PEM.
func EncodeCertificates(certificates ...*x509.Certificate) []byte {
	var text bytes.Buffer
	for _, certificate := range certificates {
		text.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
	}
	return text.Bytes()
}

// EncodeKey writes PKCS #8 as PEM.
func EncodeKey(key any) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("there is no key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the key is a %T, not ECDSA", key)
	}
	return private, nil
}

func sign(template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// newSerial is 120 random bits: positive, and never seen twice.
func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
