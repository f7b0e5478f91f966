package proxy

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ordermesh.dev/gateway/internal/limits"
)

// visitors bounds how fast each address opens connections, and shuts out for a while those that flooded: who is cut off
// and comes back at once would otherwise have a fresh allowance each time.
type visitors struct {
	now func() time.Time

	// Addresses of many callers, which are not bounded.
	shared []netip.Prefix

	mu    sync.Mutex
	known map[netip.Addr]*visitor
}

type visitor struct {
	opening *rate.Limiter
	// No connection before this.
	shutOut time.Time
}

func newVisitors(shared []netip.Prefix) *visitors {
	return &visitors{now: time.Now, shared: shared, known: map[netip.Addr]*visitor{}}
}

// admit says whether the address may open a connection now.
func (v *visitors) admit(from net.Addr) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	visitor := v.find(from)
	if visitor == nil {
		return true
	}
	return !now.Before(visitor.shutOut) && visitor.opening.AllowN(now, 1)
}

// punish shuts the address out for ShutOutTime from now.
func (v *visitors) punish(from net.Addr) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if visitor := v.find(from); visitor != nil {
		visitor.shutOut = v.now().Add(limits.ShutOutTime)
	}
}

// find gives nil for an address of many callers.
func (v *visitors) find(from net.Addr) *visitor {
	var address netip.Addr
	if tcp, ok := from.(*net.TCPAddr); ok {
		address = tcp.AddrPort().Addr().Unmap()
	}
	if slices.ContainsFunc(v.shared, func(network netip.Prefix) bool { return network.Contains(address) }) {
		return nil
	}
	if found := v.known[address]; found != nil {
		return found
	}
	// An attacker with that many addresses is bounded by MaxConnections alone.
	if len(v.known) >= limits.MaxAddresses {
		clear(v.known)
	}
	made := &visitor{opening: rate.NewLimiter(limits.ConnectionRate, limits.ConnectionBurst)}
	v.known[address] = made
	return made
}
