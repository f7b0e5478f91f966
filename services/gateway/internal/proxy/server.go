package proxy

import (
	"crypto/tls"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	// Compressed messages are taken.
	_ "google.golang.org/grpc/encoding/gzip"

	"ordermesh.dev/gateway/internal/limits"
)

const (
	// Clients may ask as often as our own do whether the connection lives.
	leastPingPause = 5 * time.Second
	pingAfter      = 30 * time.Second
	pingTimeout    = 10 * time.Second
	// Less than gRPC's own 32 KiB, because it is held for every idle connection.
	readBuffer = 16 << 10
)

// NewServer makes the server of the port. Without TLS it is plaintext.
func (p *Proxy) NewServer(edge *tls.Config, health *health.Server) *grpc.Server {
	p.prepare()
	options := []grpc.ServerOption{
		grpc.UnknownServiceHandler(p.handle),
		grpc.ForceServerCodecV2(p.codec),
		grpc.MaxRecvMsgSize(limits.MaxBatchMessage),
		grpc.MaxConcurrentStreams(limits.MaxStreams),
		grpc.MaxHeaderListSize(limits.MaxHeaderBytes),
		grpc.ConnectionTimeout(limits.HandshakeTime),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: leastPingPause, PermitWithoutStream: true}),
		grpc.KeepaliveParams(
			keepalive.ServerParameters{MaxConnectionIdle: limits.IdleTime, Time: pingAfter, Timeout: pingTimeout},
		),
		grpc.ReadBufferSize(readBuffer),
		grpc.SharedWriteBuffer(true),
	}
	transport := insecure.NewCredentials()
	if edge != nil {
		transport = credentials.NewTLS(edge.Clone())
	}
	options = append(options, grpc.Creds(floodGuard{transport, newVisitors(p.SharedAddresses), p.Metrics.Cut, p.Metrics.ShutOut}))
	server := grpc.NewServer(options...)
	healthpb.RegisterHealthServer(server, health)
	return server
}
