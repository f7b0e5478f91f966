package edge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
)

// startTLSGateway runs one more gateway of the mesh, with TLS towards partners; its ports are REST, gRPC and operators'.
func startTLSGateway(t *testing.T) (ports [3]string, authorities string) {
	t.Helper()
	first := freePorts(3)
	arguments := commandLine(t, "gateway")
	for i := range ports {
		ports[i] = fmt.Sprintf("localhost:%d", first+i)
	}
	for i := range arguments[:len(arguments)-1] {
		for port, flag := range []string{"--http_listen", "--grpc_listen", "--operator_listen"} {
			if arguments[i] == flag {
				arguments[i+1] = ports[port]
			}
		}
	}
	identity := filepath.Join(mesh.data, "tls", "gateway")
	gateway := exec.Command(arguments[0], append(arguments[1:], "--edge_tls_cert", filepath.Join(identity, "cert.pem"),
		"--edge_tls_key", filepath.Join(identity, "key.pem"))...)
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gateway.Process.Kill(); _ = gateway.Wait() })
	return ports, filepath.Join(mesh.data, "tls", "ca.pem")
}

// waitForTLS returns once the edge answers.
func waitForTLS(t *testing.T, address string, config *tls.Config) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if response, err := client.Get("https://" + address + "/"); err == nil {
			response.Body.Close()
			return
		}
	}
	t.Fatal("the gateway does not answer over TLS")
}

func TestTheEdgeSpeaksTLS(t *testing.T) {
	ports, authorities := startTLSGateway(t)
	text, err := os.ReadFile(authorities)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	waitForTLS(t, ports[0], &tls.Config{RootCAs: roots})

	t.Run("curl", func(t *testing.T) {
		out, err := exec.Command("curl", "-sS", "--max-time", "10", "--cacert", authorities, "-H", "@"+keyFile(t),
			"-d", string(orderA(freshNumber())), "https://"+ports[0]+"/api/feed/partner-a").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "CREATED") {
			t.Errorf("%v: %s", err, out)
		}
	})
	t.Run("the CLI", func(t *testing.T) {
		key := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(key, []byte(mesh.partnerKeys["partner-a"]), 0o600); err != nil {
			t.Fatal(err)
		}
		submit := mesh.command(filepath.Join(mesh.build, "bin", "ordermesh"), "--address", ports[1], "--tls_ca", authorities,
			"--api_key_file", key, "submit", "--partner", "partner-a", "-")
		submit.Stdin = strings.NewReader(string(orderA(freshNumber())))
		if out, err := submit.CombinedOutput(); err != nil || !strings.Contains(string(out), "CREATED") {
			t.Errorf("%v: %s", err, out)
		}
	})
	t.Run("a gRPC stub", func(t *testing.T) {
		channel, err := grpc.NewClient(ports[1], grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots})))
		if err != nil {
			t.Fatal(err)
		}
		defer channel.Close()
		ctx, cancel := context.WithTimeout(mesh.own().outgoing(context.Background()), 10*time.Second)
		defer cancel()
		verdict, err := feedv1.NewFeedServiceClient(channel).SubmitOrder(ctx, &feedv1.SubmitOrderRequest{PartnerId: "partner-a",
			Content: &feedv1.SubmitOrderRequest_RawPayload{RawPayload: orderA(freshNumber())}})
		if err != nil || verdict.GetVerdict().String() != "CREATED" {
			t.Errorf("%v %v", verdict, err)
		}
	})
	t.Run("plaintext is refused", func(t *testing.T) {
		for _, address := range ports {
			if response, err := http.Get("http://" + address + "/api/orders"); err == nil && response.StatusCode != 400 {
				t.Errorf("%s answers plaintext: %d", address, response.StatusCode)
			}
		}
	})
}
