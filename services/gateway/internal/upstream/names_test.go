package upstream

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// nameServer answers what the test puts in; nothing means that it is away.
type nameServer struct {
	mu    sync.Mutex
	hosts []string
	looks int
}

func (n *nameServer) set(hosts ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts = hosts
}

func (n *nameServer) lookup(context.Context, string) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.looks++
	if len(n.hosts) == 0 {
		return nil, errors.New("nobody answers")
	}
	return append([]string(nil), n.hosts...), nil
}

// pod is a health server that counts who asks.
type pod struct {
	*health.Server
	mu    sync.Mutex
	calls int
}

func (p *pod) Check(ctx context.Context, in *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	p.mu.Lock()
	p.calls++
	p.mu.Unlock()
	return p.Server.Check(ctx, in)
}

func (p *pod) seen() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// startPod listens on an address of its own, as pods do, and on the port that all share.
func startPod(t *testing.T, host string, port *string) (*pod, *grpc.Server) {
	t.Helper()
	if *port == "" {
		*port = "0"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, *port))
	if err != nil {
		t.Fatal(err)
	}
	_, *port, _ = net.SplitHostPort(listener.Addr().String())
	server, p := grpc.NewServer(), &pod{Server: health.NewServer()}
	healthpb.RegisterHealthServer(server, p)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return p, server
}

func follow(t *testing.T, server *nameServer, port string) healthpb.HealthClient {
	t.Helper()
	conn, err := grpc.NewClient("dns:///pods:"+port, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithResolvers(&names{server.lookup, 20 * time.Millisecond, 5 * time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return healthpb.NewHealthClient(conn)
}

// ask calls until the condition holds; every call must be answered.
func ask(t *testing.T, client healthpb.HealthClient, until func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for done := false; !done; done = until() {
		if _, err := client.Check(ctx, &healthpb.HealthCheckRequest{}, grpc.WaitForReady(true)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryPodBehindANameIsUsedAlsoOnesThatComeLater(t *testing.T) {
	server, port := &nameServer{}, ""
	first, _ := startPod(t, "127.0.0.2", &port)
	second, _ := startPod(t, "127.0.0.3", &port)
	server.set("127.0.0.2", "127.0.0.3")
	client := follow(t, server, port)
	ask(t, client, func() bool { return first.seen() > 3 && second.seen() > 3 })
	late, _ := startPod(t, "127.0.0.4", &port)
	server.set("127.0.0.2", "127.0.0.3", "127.0.0.4")
	ask(t, client, func() bool { return late.seen() > 3 })
}

func TestAPodWithoutItsNameGetsNothingNew(t *testing.T) {
	server, port := &nameServer{}, ""
	stays, _ := startPod(t, "127.0.0.2", &port)
	goes, _ := startPod(t, "127.0.0.3", &port)
	server.set("127.0.0.2", "127.0.0.3")
	client := follow(t, server, port)
	ask(t, client, func() bool { return goes.seen() > 0 })
	server.set("127.0.0.2")
	quiet, last := 0, 0
	ask(t, client, func() bool {
		if now := goes.seen(); now != last {
			quiet, last = 0, now
		}
		quiet++
		return quiet > 50
	})
	if stays.seen() == 0 {
		t.Error("the pod that stays got nothing")
	}
}

func TestAPodThatMovedIsFoundAtItsNewAddress(t *testing.T) {
	server, port := &nameServer{}, ""
	_, old := startPod(t, "127.0.0.2", &port)
	server.set("127.0.0.2")
	client := follow(t, server, port)
	ask(t, client, func() bool { return true })
	server.set()
	old.Stop()
	moved, _ := startPod(t, "127.0.0.5", &port)
	server.set("127.0.0.5")
	// A call that met the old one's death fails; the next ones must find the new one.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for moved.seen() == 0 && ctx.Err() == nil {
		_, _ = client.Check(ctx, &healthpb.HealthCheckRequest{}, grpc.WaitForReady(true))
	}
	ask(t, client, func() bool { return moved.seen() > 3 })
}

func TestACallThatAnEndingServerCancelsMayBeSentAgain(t *testing.T) {
	cancelled := status.Error(codes.Canceled, "CANCELLED")
	if err := wentAway(t.Context(), cancelled); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := wentAway(ctx, cancelled); status.Code(err) != codes.Canceled {
		t.Errorf("got %v where the caller went away", err)
	}
	if err := wentAway(t.Context(), nil); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestANameServerThatIsAwayEndsNothing(t *testing.T) {
	server, port := &nameServer{}, ""
	first, _ := startPod(t, "127.0.0.2", &port)
	server.set("127.0.0.2")
	client := follow(t, server, port)
	ask(t, client, func() bool { return true })
	server.set()
	server.mu.Lock()
	looks := server.looks
	server.mu.Unlock()
	before := first.seen()
	ask(t, client, func() bool {
		server.mu.Lock()
		defer server.mu.Unlock()
		return server.looks > looks+3
	})
	if first.seen() == before {
		t.Error("the calls went nowhere")
	}
}
