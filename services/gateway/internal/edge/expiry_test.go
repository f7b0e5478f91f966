package edge

import (
	"math"
	"testing"
	"time"

	"ordermesh.dev/gateway/internal/testmesh"
)

func TestTheEndOfACertificateIsAFigure(t *testing.T) {
	until := time.Now().Add(40 * 24 * time.Hour).Truncate(time.Second)
	cert, _ := testmesh.NewAuthority(t).Issue(t, "gateway", until)
	if got := certificateEnd(testmesh.Write(t, "cert.pem", cert, 0o600)); got != float64(until.Unix()) {
		t.Errorf("%.0f, not %d", got, until.Unix())
	}
	for _, path := range []string{"/missing", testmesh.Write(t, "cert.pem", []byte("nothing"), 0o600)} {
		if got := certificateEnd(path); !math.IsNaN(got) {
			t.Errorf("%s: %f", path, got)
		}
	}
}
