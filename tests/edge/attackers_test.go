package edge

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
)

// attacks are what strangers and one greedy partner do (R16, S6). Each runs until its context ends.
var attacks = map[string]func(context.Context){
	"rapid reset":        rapidReset,
	"continuation flood": continuationFlood,
	"ping flood":         pingFlood,
	"settings flood":     settingsFlood,
	"bad HPACK":          badHPACK,
	"zero window":        zeroWindow,
	"slow headers":       slowHeaders,
	"slow body":          slowBody,
	"idle connections":   idleConnections,
	"64 MB bodies":       bigBodies,
	"deep JSON":          deepJSON,
	"huge headers":       hugeHeaders,
	"1 x its limit":      func(ctx context.Context) { sendAtRate(ctx, greedyLimit, 1) },
	"100 x its limit":    greedyPartner,
}

// stranger connects from an address that no valid caller has: the gateway shuts out addresses that flood.
func stranger(n int) *net.Dialer {
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 66, byte(n))}, Timeout: time.Second}
}

// h2 is a raw HTTP/2 connection to the partner port.
type h2 struct {
	net.Conn
	*http2.Framer
	block   bytes.Buffer
	encoder *hpack.Encoder
	stream  uint32
}

func openH2() (*h2, error) {
	c, err := stranger(1).Dial("tcp", mesh.grpc)
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(attackTime() + 5*time.Second))
	h := &h2{Conn: c, Framer: http2.NewFramer(c, c), stream: 1}
	h.encoder = hpack.NewEncoder(&h.block)
	if _, err := c.Write([]byte(http2.ClientPreface)); err != nil {
		return nil, err
	}
	go func() { _, _ = io.Copy(io.Discard, c) }()
	return h, h.WriteSettings()
}

// headers is a call of SubmitOrder, with more fields.
func (h *h2) headers(more ...string) []byte {
	h.block.Reset()
	fields := append([]string{":method", "POST", ":scheme", "http", ":path", "/ordermesh.feed.v1.FeedService/SubmitOrder",
		":authority", "x", "content-type", "application/grpc", "te", "trailers", "x-api-key", mesh.partnerKeys["partner-a"]}, more...)
	for i := 0; i < len(fields); i += 2 {
		_ = h.encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return h.block.Bytes()
}

// h2Loop opens connections again and again and runs `step` on each until it fails or ctx ends.
func h2Loop(ctx context.Context, connections int, step func(*h2) error) {
	done := make(chan struct{})
	for range connections {
		go func() {
			defer func() { done <- struct{}{} }()
			for ctx.Err() == nil {
				h, err := openH2()
				if err != nil {
					time.Sleep(10 * time.Millisecond)
					continue
				}
				for ctx.Err() == nil && step(h) == nil {
				}
				h.Close()
			}
		}()
	}
	for range connections {
		<-done
	}
}

func rapidReset(ctx context.Context) {
	h2Loop(ctx, 4, func(h *h2) error {
		if err := h.WriteHeaders(http2.HeadersFrameParam{StreamID: h.stream, BlockFragment: h.headers(), EndHeaders: true}); err != nil {
			return err
		}
		err := h.WriteRSTStream(h.stream, http2.ErrCodeCancel)
		h.stream += 2
		return err
	})
}

func continuationFlood(ctx context.Context) {
	h2Loop(ctx, 4, func(h *h2) error {
		if err := h.WriteHeaders(http2.HeadersFrameParam{StreamID: h.stream, BlockFragment: h.headers()}); err != nil {
			return err
		}
		for i := 0; ctx.Err() == nil; i++ {
			h.block.Reset()
			_ = h.encoder.WriteField(hpack.HeaderField{Name: fmt.Sprintf("x-%d", i), Value: strings.Repeat("v", 1000)})
			if err := h.WriteContinuation(h.stream, false, h.block.Bytes()); err != nil {
				return err
			}
		}
		return io.EOF
	})
}

func pingFlood(ctx context.Context) {
	h2Loop(ctx, 4, func(h *h2) error { return h.WritePing(false, [8]byte{1}) })
}

func settingsFlood(ctx context.Context) {
	h2Loop(ctx, 4, func(h *h2) error {
		return h.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 65535})
	})
}

func badHPACK(ctx context.Context) {
	h2Loop(ctx, 4, func(h *h2) error {
		defer func() { h.stream += 2 }()
		return h.WriteHeaders(http2.HeadersFrameParam{StreamID: h.stream, BlockFragment: []byte{0xff, 0xff, 0xff, 0xff, 0x7f, 0x80}, EndHeaders: true})
	})
}

// zeroWindow asks for lists and never takes the answer.
func zeroWindow(ctx context.Context) {
	h2Loop(ctx, 8, func(h *h2) error {
		if err := h.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}); err != nil {
			return err
		}
		for range 50 {
			h.block.Reset()
			for _, f := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", "/ordermesh.order.v1.OrderService/ListOrders"},
				{":authority", "x"}, {"content-type", "application/grpc"}, {"te", "trailers"}, {"x-api-key", mesh.partnerKeys["partner-a"]}} {
				_ = h.encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
			}
			if err := h.WriteHeaders(http2.HeadersFrameParam{StreamID: h.stream, BlockFragment: h.block.Bytes(), EndHeaders: true}); err != nil {
				return err
			}
			if err := h.WriteData(h.stream, true, []byte{0, 0, 0, 0, 0}); err != nil {
				return err
			}
			h.stream += 2
		}
		<-ctx.Done()
		return io.EOF
	})
}

func slowHeaders(ctx context.Context) {
	slowly(ctx, 500, "POST /api/feed/partner-a HTTP/1.1\r\nHost: x\r\nX-Slow: ")
}

func slowBody(ctx context.Context) {
	slowly(ctx, 500, "POST /api/feed/partner-a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nX-API-Key: "+mesh.partnerKeys["partner-a"]+"\r\n\r\n{")
}

// slowly opens connections, sends `start` on each, and then a byte a second.
func slowly(ctx context.Context, connections int, start string) {
	var open []net.Conn
	for range connections {
		c, err := stranger(1).Dial("tcp", mesh.rest)
		if err != nil {
			break
		}
		defer c.Close()
		_, _ = c.Write([]byte(start))
		open = append(open, c)
	}
	for ctx.Err() == nil {
		for _, c := range open {
			_, _ = c.Write([]byte("a"))
		}
		time.Sleep(time.Second)
	}
}

// idleConnections opens 10,000 of them from 25 addresses, on both ports, and leaves them.
func idleConnections(ctx context.Context) {
	for i := range 10_000 {
		address := mesh.rest
		if i%2 == 0 {
			address = mesh.grpc
		}
		c, err := stranger(1+i/400).Dial("tcp", address)
		if err != nil {
			break
		}
		defer c.Close()
		if ctx.Err() != nil {
			return
		}
	}
	<-ctx.Done()
}

func bigBodies(ctx context.Context) {
	body := append([]byte(`"`), bytes.Repeat([]byte("x"), 64<<20)...)
	for ctx.Err() == nil {
		mesh.http("POST", "/api/feed/partner-a", body, mesh.own())
	}
}

func deepJSON(ctx context.Context) {
	deep := bytes.Repeat([]byte("["), 1<<19)
	objects := bytes.Repeat([]byte(`{"a":`), 1<<17)
	for ctx.Err() == nil {
		mesh.http("POST", "/api/feed/partner-b", deep, mesh.foreign())
		mesh.http("POST", "/api/feed/partner-b", objects, mesh.foreign())
		mesh.http("POST", "/api/feed/partner-b/batch", deep, mesh.foreign())
		mesh.http("POST", "/api/partners", objects, mesh.oper())
	}
}

func hugeHeaders(ctx context.Context) {
	for ctx.Err() == nil {
		c, err := stranger(1).Dial("tcp", mesh.rest)
		if err != nil {
			return
		}
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = c.Write([]byte("GET /api/orders HTTP/1.1\r\nHost: x\r\n"))
		for i := 0; i < 100_000; i++ {
			if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", i, strings.Repeat("v", 100)); err != nil {
				break
			}
		}
		c.Close()
	}
}

// greedyPartner sends a hundred times what its limit allows, as a stream of batches and as many single calls as fit beside
// it, and heeds no Retry-After. What it costs others is to be compared with the same partner at its limit.
func greedyPartner(ctx context.Context) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				mesh.http("POST", "/api/feed/"+greedy, orderB(greedy, nextGreedy.Add(1)), credential{key: mesh.partnerKeys[greedy]})
			}
		})
	}
	all.Go(func() { sendAtRate(ctx, 100*greedyLimit, 100) })
	all.Wait()
	fmt.Printf("%d orders sent\n", nextGreedy.Load())
}

var nextGreedy atomic.Int64

// sendAtRate sends the greedy partner's orders over one stream, so many a second, in batches.
func sendAtRate(ctx context.Context, rate, batch int) {
	client := feedv1.NewFeedServiceClient(dial(mesh.grpc))
	stream, err := client.StreamOrders(credential{key: mesh.partnerKeys[greedy]}.outgoing(ctx))
	if err != nil {
		return
	}
	go func() {
		for {
			if _, err := stream.Recv(); err != nil {
				return
			}
		}
	}()
	pace := time.NewTicker(time.Duration(batch) * time.Second / time.Duration(rate))
	defer pace.Stop()
	for ctx.Err() == nil {
		<-pace.C
		request := &feedv1.StreamOrdersRequest{PartnerId: greedy}
		for i := range batch {
			raw := orderB(greedy, nextGreedy.Add(1))
			request.Orders = append(request.Orders,
				&feedv1.OrderInput{Tag: uint64(i), Content: &feedv1.OrderInput_RawPayload{RawPayload: raw}})
		}
		if stream.Send(request) != nil {
			return
		}
	}
}
