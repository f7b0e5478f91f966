package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/google/renameio/v2"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/access"
	"ordermesh.dev/gateway/internal/auth"
	"ordermesh.dev/gateway/internal/config"
	"ordermesh.dev/gateway/internal/gate"
	"ordermesh.dev/gateway/internal/health"
	"ordermesh.dev/gateway/internal/limits"
	"ordermesh.dev/gateway/internal/observe"
	"ordermesh.dev/gateway/internal/overview"
	"ordermesh.dev/gateway/internal/partners"
	"ordermesh.dev/gateway/internal/proxy"
	"ordermesh.dev/gateway/internal/rest"
	"ordermesh.dev/gateway/internal/upstream"
	"ordermesh.dev/gateway/web"
)

// Gateway is the running process.
type Gateway struct {
	config  config.Config
	log     *slog.Logger
	metrics *observe.Metrics
	access  *observe.AccessLog
	mesh    upstream.Mesh
	ring    *partners.Ring
	monitor *health.Monitor
	board   *overview.Board

	http, metricsHTTP *http.Server
	grpc              []*grpc.Server
	admin             *grpc.Server
	// Ends the gateway's own service.
	stopSelf  func()
	addresses map[string]string

	// Ends watches and streams.
	draining  context.Context
	drain     context.CancelFunc
	following context.CancelFunc
	workers   sync.WaitGroup
	stopping  sync.Once
}

// Start opens everything. It fails closed: the error says what is missing, and nothing is left open.
func Start(c config.Config, requests io.Writer, logger *slog.Logger) (*Gateway, error) {
	g := &Gateway{
		config:    c,
		log:       logger,
		metrics:   observe.NewMetrics(),
		mesh:      upstream.Mesh{},
		addresses: map[string]string{},
	}
	g.draining, g.drain = context.WithCancel(context.Background())
	g.access = observe.NewAccessLog(requests, g.metrics.DroppedLines.Inc)
	for name, path := range map[string]string{"mesh": c.TLSCert, "edge": c.EdgeTLSCert} {
		if path != "" {
			g.metrics.CertificateEnd(name, func() float64 { return certificateEnd(path) })
		}
	}
	if err := g.start(); err != nil {
		g.Stop(0)
		return nil, err
	}
	return g, nil
}

func (g *Gateway) start() error {
	table, err := access.New()
	if err != nil {
		return err
	}
	pepper, key, edgeTLS, err := g.secrets()
	if err != nil {
		return err
	}
	if err := g.dial(); err != nil {
		return err
	}
	sync := partnersv1.NewPartnerSyncServiceClient(g.mesh["partners"])
	leases := partners.NewLeases(sync)
	g.ring = partners.NewRing(pepper, leases)
	follower := &partners.Follower{Client: sync, Ring: g.ring, CopyFile: g.config.PartnersCopy, Log: g.log}
	follower.LoadCopy()
	g.monitor = health.NewMonitor(g.ring.Ready)
	if err := g.serveSelf(table); err != nil {
		return err
	}
	watch, err := g.watchErrors()
	if err != nil {
		return err
	}

	gate := &gate.Gate{Metrics: g.metrics, Auth: auth.New(g.ring, key, auth.OIDCConfig{
		Issuer: g.config.OIDCIssuer, Audience: g.config.OIDCAudience, RoleClaim: g.config.OIDCRoleClaim})}
	if err := g.serveHTTP(table, gate, edgeTLS); err != nil {
		return err
	}
	for name, listen := range map[string]string{"grpc": g.config.GRPCListen, "operator": g.config.OperatorListen} {
		if err := g.serveGRPC(name, listen, table, gate, edgeTLS); err != nil {
			return err
		}
	}
	if err := g.serveProbes(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.following = cancel
	g.workers.Go(func() { follower.Run(ctx) })
	g.workers.Go(func() { leases.Run(ctx) })
	g.workers.Go(func() { partners.ReportUsage(ctx, sync, g.ring, g.log) })
	g.workers.Go(func() { g.monitor.Run(ctx, g.mesh) })
	g.workers.Go(func() { g.board.Run(ctx) })
	g.workers.Go(func() { watch(ctx) })
	return g.writePID()
}

func (g *Gateway) secrets() (partners.Pepper, *auth.SigningKey, *tls.Config, error) {
	data, err := config.ReadSecret(g.config.PepperFile)
	if err != nil {
		return nil, nil, nil, err
	}
	pepper, err := partners.ParsePepper(data)
	if err != nil {
		return nil, nil, nil, err
	}
	if data, err = config.ReadSecret(g.config.JWTKeyFile); err != nil {
		return nil, nil, nil, err
	}
	key, err := auth.ParseSigningKey(data)
	if err != nil {
		return nil, nil, nil, err
	}
	if g.config.EdgeTLSCert == "" {
		return pepper, key, nil, nil
	}
	edgeTLS, err := upstream.Edge(g.config.EdgeTLSCert, g.config.EdgeTLSKey)
	return pepper, key, edgeTLS, err
}

func (g *Gateway) dial() error {
	var inside *upstream.TLS
	if !g.config.Insecure {
		var err error
		inside, err = upstream.NewTLS(g.config.TLSCert, g.config.TLSKey, g.config.TLSCA, g.config.TrustDomain)
		if err != nil {
			return err
		}
	}
	for _, service := range upstream.Services {
		pool, err := upstream.Dial(service, g.config.Upstreams[service], inside)
		if err != nil {
			return err
		}
		g.mesh[service] = pool
	}
	return nil
}

func (g *Gateway) listen(name, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the %s port: %w", name, err)
	}
	g.addresses[name] = listener.Addr().String()
	return limit(listener, limits.MaxConnections, g.metrics.Connections.WithLabelValues(name)), nil
}

func (g *Gateway) serveHTTP(table access.Table, gate *gate.Gate, edgeTLS *tls.Config) error {
	handler := &rest.Server{
		Table: table, Gate: gate, Mesh: g.mesh, Metrics: g.metrics, AccessLog: g.access, Log: g.log, Files: web.Files,
		Health: g.monitor.States, Draining: g.draining, StatsCache: g.config.StatsCache, Origins: g.config.CORSOrigins,
		TLS: edgeTLS != nil,
	}
	if g.config.OIDCClientID != "" {
		handler.SignIn = &rest.SignIn{Issuer: g.config.OIDCIssuer, ClientID: g.config.OIDCClientID, Scope: g.config.OIDCScope}
	}
	if err := handler.Prepare(); err != nil {
		return err
	}
	listener, err := g.listen("http", g.config.HTTPListen)
	if err != nil {
		return err
	}
	g.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: limits.HandshakeTime,
		ReadTimeout:       limits.BodyTime + limits.ChangeTime,
		WriteTimeout:      limits.BodyTime + limits.ChangeTime + limits.WriteTime,
		IdleTimeout:       limits.IdleTime,
		MaxHeaderBytes:    limits.MaxHeaderBytes,
		// net/http logs what clients do wrong: that is for metrics, not for the log.
		ErrorLog: log.New(io.Discard, "", 0),
		HTTP2:    &http.HTTP2Config{MaxConcurrentStreams: limits.MaxStreams},
	}
	if edgeTLS != nil {
		g.http.TLSConfig = edgeTLS.Clone()
		go func() { g.ended("http", g.http.ServeTLS(listener, "", "")) }()
		return nil
	}
	go func() { g.ended("http", g.http.Serve(listener)) }()
	return nil
}

func (g *Gateway) serveGRPC(name, address string, table access.Table, gate *gate.Gate, edgeTLS *tls.Config) error {
	if address == "" {
		return nil
	}
	port := &proxy.Proxy{
		Table: table, PartnersOnly: name == "grpc", Gate: gate, Mesh: g.mesh, Metrics: g.metrics, AccessLog: g.access,
		Log: g.log, Draining: g.draining, SharedAddresses: g.config.SharedAddresses,
	}
	listener, err := g.listen(name, address)
	if err != nil {
		return err
	}
	server := port.NewServer(edgeTLS, g.monitor.Server)
	g.grpc = append(g.grpc, server)
	go func() { g.ended(name, server.Serve(listener)) }()
	return nil
}

// serveProbes opens the plaintext ports for the machine that the gateway runs on.
func (g *Gateway) serveProbes() error {
	if g.config.AdminListen != "" {
		listener, err := g.listen("admin", g.config.AdminListen)
		if err != nil {
			return err
		}
		g.admin = grpc.NewServer(grpc.MaxConcurrentStreams(limits.MaxStreams))
		healthpb.RegisterHealthServer(g.admin, g.monitor.Server)
		go func() { g.ended("admin", g.admin.Serve(listener)) }()
	}
	if g.config.MetricsListen == "" {
		return nil
	}
	listener, err := g.listen("metrics", g.config.MetricsListen)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", g.metrics.Handler())
	g.metricsHTTP = &http.Server{Handler: mux, ReadTimeout: limits.HandshakeTime, WriteTimeout: limits.WriteTime}
	go func() { g.ended("metrics", g.metricsHTTP.Serve(listener)) }()
	return nil
}

// ended notes a port that closed by itself.
func (g *Gateway) ended(name string, err error) {
	if err != nil && !errors.Is(err, http.ErrServerClosed) && g.draining.Err() == nil {
		g.log.Error("a port closed", "port", name, "error", err)
	}
}

func (g *Gateway) writePID() error {
	if g.config.PIDFile == "" {
		return nil
	}
	return renameio.WriteFile(g.config.PIDFile, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644)
}

// Addresses are where the ports are: "http", "grpc", "operator", "admin", "metrics".
func (g *Gateway) Addresses() map[string]string { return g.addresses }

// Stop drains for at most the given time: NOT_SERVING, watches end, calls under way are waited for, then everything
// closes. It is harmless when repeated.
func (g *Gateway) Stop(patience time.Duration) { g.stopping.Do(func() { g.stop(patience) }) }

func (g *Gateway) stop(patience time.Duration) {
	if g.monitor != nil {
		g.monitor.Drain()
	}
	if patience > 0 {
		time.Sleep(g.config.DrainDelay)
	}
	g.drain()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var closing sync.WaitGroup
	if g.http != nil {
		closing.Go(func() {
			if g.http.Shutdown(ctx) != nil {
				_ = g.http.Close()
			}
		})
	}
	for _, server := range g.grpc {
		closing.Go(func() {
			defer context.AfterFunc(ctx, server.Stop)()
			server.GracefulStop()
		})
	}
	closing.Wait()
	if g.following != nil {
		g.following()
	}
	g.workers.Wait()
	if g.admin != nil {
		g.admin.Stop()
	}
	if g.metricsHTTP != nil {
		_ = g.metricsHTTP.Close()
	}
	g.mesh.Close()
	if g.stopSelf != nil {
		g.stopSelf()
	}
	g.access.Close()
}
