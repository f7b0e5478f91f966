// Package limits holds every limit of the edge, with its reason. Those of orders are the mesh's own (limits.h).
package limits

import "time"

const (
	// MaxOrder is the largest single order over REST.
	MaxOrder = 1 << 20
	// MaxBatch is the largest batch over REST.
	MaxBatch = 8 << 20
	// MaxBatchOrders is how many orders a batch may have.
	MaxBatchOrders = 10_000
	// MaxBody is the largest body elsewhere: a config of 1 MiB in base64, and its frame.
	MaxBody = 2 << 20
	// MaxBodies is how many bytes of bodies may be in memory at once. More is refused at once.
	MaxBodies = 512 << 20
	// MaxDrained is how much of a refused body is still read, so that the client sees the answer instead of a reset.
	MaxDrained = 128 << 20
	// DrainTime bounds the same in time.
	DrainTime = 5 * time.Second

	// LaneQueue is how many single orders of one caller may wait for their stream to the feed, and LaneBatch and LaneBatchBytes
	// how many go in one message: what the feed does best with, and one more order of the largest size fits.
	LaneQueue, LaneBatch, LaneBatchBytes = 4096, 256, 1 << 20

	// MaxMessage is the largest gRPC message: a stream's messages are cut at 3 MiB.
	MaxMessage = 4 << 20
	// MaxBatchMessage has room for 8 MiB of orders and their framing.
	MaxBatchMessage = 9 << 20
	// MaxStreams is how many calls one HTTP/2 connection may have open.
	MaxStreams = 256
	// FrameRate is how many resets, settings, priorities and continuations one connection may send a second, and FrameBurst how
	// many at once: every call of a full connection may be cancelled.
	FrameRate, FrameBurst = 100.0, 2.0 * MaxStreams
	// ConnectionRate is how many connections one address may open on a gRPC port a second, and ConnectionBurst how many at
	// once: clients keep theirs, and a gateway that restarts behind one balancer gets a thousand of them back within 5 s.
	ConnectionRate, ConnectionBurst = 100.0, 500
	// ShutOutTime is how long an address that flooded may open none.
	ShutOutTime = 10 * time.Second
	// MaxAddresses is of how many addresses the last second is remembered.
	MaxAddresses = 16_384
	// MaxHeaderBytes has room for a token of 8 KiB.
	MaxHeaderBytes = 16 << 10
	// MaxConnections of one listener: more are closed at once. An idle one costs some 20 kB.
	MaxConnections = 16_384
	// MaxLoggedText is how much of a client's text the access log has.
	MaxLoggedText = 128

	// HandshakeTime is how long a new connection may take to say what it wants, and a request to send its headers.
	HandshakeTime = 5 * time.Second
	// IdleTime is how long a connection may do nothing.
	IdleTime = 2 * time.Minute
	// BodyTime is how long a request may take to send its body.
	BodyTime = 30 * time.Second
	// WriteTime is how long a client may leave an answer unread before it is cut off.
	WriteTime = 30 * time.Second

	// FeedTime is how long a verdict may take: the feed answers within 5 s, and a restarting feed is waited for as long.
	FeedTime = 5500 * time.Millisecond
	// ReadTime is how long a read may take.
	ReadTime = 10 * time.Second
	// ChangeTime is how long a change of a partner may take: a config is compiled and its examples run.
	ChangeTime = 30 * time.Second
	// ConnectTime is how long a new stream waits for a service that is away.
	ConnectTime = 5 * time.Second
	// LaneIdle is how long a stream for single orders stays open without any.
	LaneIdle = 30 * time.Second
	// LaneAge is how long a stream for single orders is used, give or take a quarter: the next one may go to a feed that
	// was started since.
	LaneAge = 8 * time.Second
	// HalfCloseTime is how long a draining gateway waits for the answers of a stream of orders.
	HalfCloseTime = 6 * time.Second
	// HeartbeatTime is how often a quiet stream of server-sent events shows that it lives.
	HeartbeatTime = 15 * time.Second
	// FirstFlushTime is how long a watch waits for its first message before it sends its headers.
	FirstFlushTime = 300 * time.Millisecond
)

// TimeOf is how long a unary method may take where the client does not say.
func TimeOf(service string, query bool) time.Duration {
	switch {
	case service == "ordermesh.feed.v1.FeedService":
		return FeedTime
	case query:
		return ReadTime
	default:
		return ChangeTime
	}
}
