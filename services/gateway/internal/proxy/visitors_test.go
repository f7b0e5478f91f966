package proxy

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"ordermesh.dev/gateway/internal/limits"
)

func at(host string, port int) net.Addr { return &net.TCPAddr{IP: net.ParseIP(host), Port: port} }

func TestAnAddressOpensConnectionsAtABoundedRate(t *testing.T) {
	now := time.Now()
	v := newVisitors(nil)
	v.now = func() time.Time { return now }
	for port := range limits.ConnectionBurst {
		if !v.admit(at("192.0.2.1", port)) {
			t.Fatalf("connection %d is refused", port)
		}
	}
	if v.admit(at("192.0.2.1", 1)) || v.admit(at("::ffff:192.0.2.1", 1)) {
		t.Error("more than the burst are taken")
	}
	if !v.admit(at("192.0.2.2", 1)) {
		t.Error("another address is refused")
	}
	now = now.Add(time.Second)
	for range int(limits.ConnectionRate) {
		if !v.admit(at("192.0.2.1", 1)) {
			t.Fatal("fewer than the rate are taken")
		}
	}
	if v.admit(at("192.0.2.1", 1)) {
		t.Error("more than the rate are taken")
	}
}

func TestWhoFloodedIsShutOutForAWhile(t *testing.T) {
	now := time.Now()
	v := newVisitors(nil)
	v.now = func() time.Time { return now }
	v.punish(at("192.0.2.1", 1))
	if v.admit(at("192.0.2.1", 2)) {
		t.Error("it may come back at once")
	}
	if !v.admit(at("192.0.2.2", 1)) {
		t.Error("its neighbour is refused")
	}
	now = now.Add(limits.ShutOutTime)
	if !v.admit(at("192.0.2.1", 3)) {
		t.Error("it is never let in again")
	}
}

func TestABalancerIsNotHeldToWhatOneCallerMayDo(t *testing.T) {
	v := newVisitors([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	for port := range limits.ConnectionBurst + 1 {
		if !v.admit(at("10.1.2.3", port)) {
			t.Fatalf("connection %d is refused", port)
		}
	}
	v.punish(at("10.1.2.3", 1))
	if !v.admit(at("::ffff:10.1.2.3", 2)) {
		t.Error("all of its callers are shut out for one")
	}
	v.punish(at("11.1.2.3", 1))
	if v.admit(at("11.1.2.3", 2)) {
		t.Error("an address of one caller is spared")
	}
}

func TestOnlySoManyAddressesAreRemembered(t *testing.T) {
	v := newVisitors(nil)
	for i := range limits.MaxAddresses + 10 {
		v.admit(&net.TCPAddr{IP: net.IPv4(10, byte(i>>16), byte(i>>8), byte(i))})
	}
	if len(v.known) > limits.MaxAddresses {
		t.Errorf("%d addresses are remembered", len(v.known))
	}
}
