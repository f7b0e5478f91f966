package upstream

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"google.golang.org/grpc/resolver"
)

const (
	// lookEvery is how often a name is looked at, and lookSoon how often where a connection was lost or the name server
	// is away. gRPC's own resolver looks only after a loss, at most every 30 s: new pods would get no work.
	lookEvery, lookSoon = 2 * time.Second, 500 * time.Millisecond
	// lookTime is how long the name server may take.
	lookTime = 5 * time.Second
)

// names follows what DNS names stand for: the pods behind a headless Service come and go. It takes gRPC's place for
// dns:///name:port, which is also what name:port means.
type names struct {
	lookup      func(ctx context.Context, host string) ([]string, error)
	every, soon time.Duration
}

func newNames() *names { return &names{net.DefaultResolver.LookupHost, lookEvery, lookSoon} }

// Scheme is that of resolver.Builder.
func (n *names) Scheme() string { return "dns" }

// Build is that of resolver.Builder. The error says that the target has no port.
func (n *names) Build(target resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	host, port, err := net.SplitHostPort(target.Endpoint())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &nameFollower{names: n, host: host, port: port, cc: cc, cancel: cancel, hurry: make(chan struct{}, 1)}
	if _, err := netip.ParseAddr(host); err == nil {
		f.tell([]string{host})
		return f, nil
	}
	go f.run(ctx)
	return f, nil
}

// nameFollower follows one name for one connection.
type nameFollower struct {
	*names
	host, port string
	cc         resolver.ClientConn
	cancel     context.CancelFunc
	hurry      chan struct{}
}

func (f *nameFollower) run(ctx context.Context) {
	var known []string
	for {
		looked := time.Now()
		pause := f.every
		found, err := f.look(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			// What was known stays good: connections outlive their name server.
			pause = f.soon
			if known == nil {
				f.cc.ReportError(err)
			}
		case !slices.Equal(found, known):
			known = found
			f.tell(found)
		}
		if !wait(ctx, nil, time.Until(looked.Add(f.soon))) || !wait(ctx, f.hurry, time.Until(looked.Add(pause))) {
			return
		}
	}
}

func (f *nameFollower) look(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	found, err := f.lookup(ctx, f.host)
	if err == nil && len(found) == 0 {
		err = &net.DNSError{Err: "no addresses", Name: f.host, IsNotFound: true}
	}
	slices.Sort(found)
	return slices.Compact(found), err
}

func (f *nameFollower) tell(hosts []string) {
	var state resolver.State
	for _, host := range hosts {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: net.JoinHostPort(host, f.port)})
	}
	// It fails where the balancer can use none of them, and then asks to look again.
	_ = f.cc.UpdateState(state)
}

// wait gives false where the context ended; the pause ends early when there is a hurry.
func wait(ctx context.Context, hurry <-chan struct{}, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-hurry:
	case <-timer.C:
	}
	return true
}

// ResolveNow is that of resolver.Resolver: a connection was lost.
func (f *nameFollower) ResolveNow(resolver.ResolveNowOptions) {
	select {
	case f.hurry <- struct{}{}:
	default:
	}
}

// Close is that of resolver.Resolver.
func (f *nameFollower) Close() { f.cancel() }
