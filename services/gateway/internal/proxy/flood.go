package proxy

import (
	"context"
	"errors"
	"net"
	"time"

	"google.golang.org/grpc/credentials"

	"ordermesh.dev/gateway/internal/limits"
)

// HTTP/2 frames (RFC 9113, section 6) that cost the server more than the client and carry nothing.
const (
	framePriority     = 0x2
	frameRST          = 0x3
	frameSettings     = 0x4
	frameContinuation = 0x9
	flagACK           = 0x1
	frameHeader       = 9
	prefaceBytes      = 24
)

var (
	errFlood   = errors.New("the connection floods")
	errShutOut = errors.New("the address opens too many connections, or flooded")
)

// floodGuard cuts connections that send more resets, settings, priorities and continuations than any client has a use for:
// rapid reset (CVE-2023-44487) and its like are legal frames, and grpc-go only bounds how many calls run at once. (It cuts
// pings by itself: keepalive.EnforcementPolicy.)
type floodGuard struct {
	credentials.TransportCredentials
	visitors *visitors
	// Connections that were cut, and those that were not let in.
	cut, refused interface{ Inc() }
}

func (g floodGuard) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if !g.visitors.admit(raw.RemoteAddr()) {
		g.refused.Inc()
		return nil, nil, errShutOut
	}
	conn, info, err := g.TransportCredentials.ServerHandshake(raw)
	if err != nil {
		return conn, info, err
	}
	return &guardedConn{Conn: conn, guard: g, skip: prefaceBytes, tokens: limits.FrameBurst, filled: time.Now()}, info, nil
}

func (g floodGuard) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return g.TransportCredentials.ClientHandshake(ctx, authority, raw)
}

func (g floodGuard) Clone() credentials.TransportCredentials {
	return floodGuard{g.TransportCredentials.Clone(), g.visitors, g.cut, g.refused}
}

// guardedConn reads along the heads of the frames. Only the transport's reading goroutine touches it.
type guardedConn struct {
	net.Conn
	guard floodGuard
	// Bytes to pass over: the preface, then each frame's payload.
	skip int
	// The head that is being read.
	head     [frameHeader]byte
	headRead int
	tokens   float64
	filled   time.Time
}

func (c *guardedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if !c.follow(b[:n]) {
		c.guard.cut.Inc()
		c.guard.visitors.punish(c.RemoteAddr())
		return 0, errFlood
	}
	return n, err
}

// follow says whether the connection may go on.
func (c *guardedConn) follow(b []byte) bool {
	for len(b) > 0 {
		if c.skip > 0 {
			step := min(c.skip, len(b))
			c.skip -= step
			b = b[step:]
			continue
		}
		step := copy(c.head[c.headRead:], b)
		c.headRead += step
		b = b[step:]
		if c.headRead < frameHeader {
			return true
		}
		c.headRead = 0
		c.skip = int(c.head[0])<<16 | int(c.head[1])<<8 | int(c.head[2])
		if suspicious(c.head[3], c.head[4]) && !c.take() {
			return false
		}
	}
	return true
}

func suspicious(kind, flags byte) bool {
	switch kind {
	case framePriority, frameRST, frameContinuation:
		return true
	case frameSettings:
		return flags&flagACK == 0
	}
	return false
}

func (c *guardedConn) take() bool {
	now := time.Now()
	c.tokens = min(limits.FrameBurst, c.tokens+now.Sub(c.filled).Seconds()*limits.FrameRate)
	c.filled = now
	c.tokens--
	return c.tokens >= 0
}
