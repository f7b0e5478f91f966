package proxy

import (
	"net"
	"testing"
	"time"

	"ordermesh.dev/gateway/internal/limits"
)

func at(host string, port int) net.Addr { return &net.TCPAddr{IP: net.ParseIP(host), Port: port} }

func TestAnAddressOpensConnectionsAtABoundedRate(t *testing.T) {
	now := time.Now()
	v := newVisitors()
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
	v := newVisitors()
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

func TestOnlySoManyAddressesAreRemembered(t *testing.T) {
	v := newVisitors()
	for i := range limits.MaxAddresses + 10 {
		v.admit(&net.TCPAddr{IP: net.IPv4(10, byte(i>>16), byte(i>>8), byte(i))})
	}
	if len(v.known) > limits.MaxAddresses {
		t.Errorf("%d addresses are remembered", len(v.known))
	}
}
