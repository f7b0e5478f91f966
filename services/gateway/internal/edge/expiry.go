package edge

import (
	"crypto/x509"
	"encoding/pem"
	"math"
	"os"
)

// certificateEnd is when a certificate's file says that it ends, in seconds since 1970; NaN where that cannot be read.
func certificateEnd(path string) float64 {
	data, err := os.ReadFile(path)
	if err != nil {
		return math.NaN()
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return math.NaN()
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return math.NaN()
	}
	return float64(certificate.NotAfter.Unix())
}
