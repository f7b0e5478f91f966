package upstream

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

// Services are the parts that the gateway calls, by the names in their certificates.
var Services = []string{"feed", "validation", "order-store", "error-store", "partners"}

// connections to a service: one writes many calls in one go, and only on a larger machine it is the bottleneck of the
// order path.
func connections(service string) int {
	if service != "feed" {
		return 1
	}
	return max(1, min(4, runtime.GOMAXPROCS(0)/2))
}

const (
	streamWindow = 1 << 20
	connWindow   = 4 << 20
	// A page of orders or the verdicts of a batch, with many violations each.
	maxAnswerBytes = 64 << 20
)

// Reads are tried again where nobody answered; orders are not, because only the client may say that it is the same one.
const serviceConfig = `{
	"loadBalancingConfig": [{"round_robin": {}}],
	"methodConfig": [{
		"name": [{"service": "ordermesh.order.v1.OrderService"}, {"service": "ordermesh.error.v1.ErrorService"}],
		"retryPolicy": {
			"maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
			"retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"]
		}
	}]
}`

// Pool is some connections to one service, used in turn.
type Pool struct {
	conns []*grpc.ClientConn
	next  atomic.Uint32
}

// Dial makes the pool of a service; it connects when it is first used. The target is host:port or dns:///name:port;
// every address behind a name is used in turn, and those that come and go are found within seconds.
func Dial(service, target string, tls *TLS) (*Pool, error) {
	credentials, err := tls.Client(service)
	if err != nil {
		return nil, err
	}
	pool := &Pool{}
	for range connections(service) {
		conn, err := grpc.NewClient(target,
			grpc.WithTransportCredentials(credentials),
			grpc.WithDefaultServiceConfig(serviceConfig),
			grpc.WithDisableServiceConfig(),
			grpc.WithResolvers(newNames()),
			grpc.WithConnectParams(grpc.ConnectParams{
				Backoff: backoff.Config{
					BaseDelay:  100 * time.Millisecond,
					Multiplier: 1.6,
					Jitter:     0.2,
					MaxDelay:   time.Second,
				},
				MinConnectTimeout: 2 * time.Second,
			}),
			grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 3 * time.Second}),
			grpc.WithInitialWindowSize(streamWindow),
			grpc.WithInitialConnWindowSize(connWindow),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswerBytes)),
			// The load balancer's own idleness would make the first call after a quiet time wait for a handshake.
			grpc.WithIdleTimeout(0),
		)
		if err != nil {
			pool.Close()
			return nil, fmt.Errorf("%s: %w", service, err)
		}
		conn.Connect()
		pool.conns = append(pool.conns, conn)
	}
	return pool, nil
}

// Local makes a pool of one connection inside this process.
func Local(dial func(context.Context) (net.Conn, error)) (*Pool, error) {
	conn, err := grpc.NewClient("passthrough:///gateway",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return dial(ctx) }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswerBytes)),
		grpc.WithIdleTimeout(0),
	)
	if err != nil {
		return nil, err
	}
	return &Pool{conns: []*grpc.ClientConn{conn}}, nil
}

// Invoke is that of grpc.ClientConnInterface.
func (p *Pool) Invoke(ctx context.Context, method string, args, reply any, options ...grpc.CallOption) error {
	return wentAway(ctx, p.pick().Invoke(ctx, method, args, reply, options...))
}

// wentAway makes CANCELLED that was not our doing what it means: a C++ server cancels calls that reach it after it was
// told to end, before its GOAWAY has reached us. Nothing has seen such a call, and the caller may send it again.
func wentAway(ctx context.Context, err error) error {
	if status.Code(err) == codes.Canceled && ctx.Err() == nil {
		return status.Error(codes.Unavailable, "the service went away")
	}
	return err
}

// NewStream is that of grpc.ClientConnInterface.
func (p *Pool) NewStream(
	ctx context.Context,
	desc *grpc.StreamDesc,
	method string,
	options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	opened, err := p.pick().NewStream(ctx, desc, method, options...)
	if err != nil {
		return nil, wentAway(ctx, err)
	}
	return stream{opened}, nil
}

type stream struct{ grpc.ClientStream }

func (s stream) RecvMsg(m any) error { return wentAway(s.Context(), s.ClientStream.RecvMsg(m)) }

func (p *Pool) pick() *grpc.ClientConn {
	return p.conns[p.next.Add(1)%uint32(len(p.conns))]
}

// Close ends the connections and all calls on them.
func (p *Pool) Close() {
	for _, conn := range p.conns {
		_ = conn.Close()
	}
}

// Mesh finds the pool of a method.
type Mesh map[string]*Pool

// For gives the pool of "ordermesh.feed.v1.FeedService"; nil where nobody serves it.
func (m Mesh) For(service string) *Pool {
	switch {
	case strings.HasPrefix(service, "ordermesh.feed."):
		return m["feed"]
	case strings.HasPrefix(service, "ordermesh.validation."):
		return m["validation"]
	case strings.HasPrefix(service, "ordermesh.order."):
		return m["order-store"]
	case strings.HasPrefix(service, "ordermesh.error."):
		return m["error-store"]
	case strings.HasPrefix(service, "ordermesh.partners."):
		return m["partners"]
	case strings.HasPrefix(service, "ordermesh.gateway."):
		return m["gateway"]
	default:
		return nil
	}
}

// Close closes all pools.
func (m Mesh) Close() {
	for _, pool := range m {
		pool.Close()
	}
}
