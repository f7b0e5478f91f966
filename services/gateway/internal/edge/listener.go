// Package edge opens the gateway's ports and closes them again.
package edge

import (
	"net"
	"sync/atomic"
)

// gauge is what a listener shows of itself.
type gauge interface {
	Inc()
	Dec()
}

// limited closes connections past a bound at once, so that those who wait in vain know it.
type limited struct {
	net.Listener
	limit int64
	open  atomic.Int64
	gauge gauge
}

func limit(listener net.Listener, connections int64, gauge gauge) net.Listener {
	return &limited{Listener: listener, limit: connections, gauge: gauge}
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.limit {
			if tcp, ok := conn.(*net.TCPConn); ok {
				l.gauge.Inc()
				return &counted{TCPConn: tcp, listener: l}, nil
			}
		}
		l.open.Add(-1)
		_ = conn.Close()
	}
}

// counted is a TCP connection that is counted until it is closed.
type counted struct {
	*net.TCPConn
	listener *limited
	closed   atomic.Bool
}

func (c *counted) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.listener.open.Add(-1)
		c.listener.gauge.Dec()
	}
	return c.TCPConn.Close()
}
