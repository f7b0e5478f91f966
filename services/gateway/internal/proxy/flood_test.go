package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/credentials/insecure"

	"ordermesh.dev/gateway/internal/limits"
)

type counter int

func (c *counter) Inc() { *c++ }

// readAll sends what `write` writes through a guarded connection, in pieces of `piece` bytes, and gives what came out.
func readAll(t *testing.T, piece int, write func(*http2.Framer)) (received int, cut counter, err error) {
	t.Helper()
	var sent bytes.Buffer
	sent.WriteString(http2.ClientPreface)
	write(http2.NewFramer(&sent, nil))
	client, server := net.Pipe()
	go func() {
		for sent.Len() > 0 {
			if _, err := client.Write(sent.Next(piece)); err != nil {
				return
			}
		}
		client.Close()
	}()
	conn, _, err := floodGuard{insecure.NewCredentials(), newVisitors(nil), &cut, new(counter)}.ServerHandshake(server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	n, err := io.Copy(io.Discard, conn)
	return int(n), cut, err
}

func TestOrdinaryTrafficPassesTheGuard(t *testing.T) {
	for _, piece := range []int{1, 7, 9, 4096} {
		_, cut, err := readAll(t, piece, func(f *http2.Framer) {
			_ = f.WriteSettings()
			for i := range uint32(5000) {
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*i + 1, BlockFragment: []byte{0x82}, EndHeaders: true})
				// A payload that looks like the head of a reset.
				_ = f.WriteData(2*i+1, true, []byte{0, 0, 4, frameRST, 0, 0, 0, 0, 1})
				_ = f.WriteWindowUpdate(0, 100)
				_ = f.WriteSettingsAck()
			}
		})
		if err != nil || cut != 0 {
			t.Errorf("in pieces of %d: %v, cut %d times", piece, err, cut)
		}
	}
}

func TestFloodsAreCut(t *testing.T) {
	floods := map[string]func(*http2.Framer, uint32){
		"resets": func(f *http2.Framer, i uint32) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*i + 1, BlockFragment: []byte{0x82}, EndHeaders: true})
			_ = f.WriteRSTStream(2*i+1, http2.ErrCodeCancel)
		},
		"settings":      func(f *http2.Framer, _ uint32) { _ = f.WriteSettings() },
		"priorities":    func(f *http2.Framer, i uint32) { _ = f.WritePriority(2*i+1, http2.PriorityParam{}) },
		"continuations": func(f *http2.Framer, _ uint32) { _ = f.WriteContinuation(1, false, []byte{0x82}) },
	}
	for name, flood := range floods {
		frames := uint32(4 * limits.FrameBurst)
		_, cut, err := readAll(t, 4096, func(f *http2.Framer) {
			for i := range frames {
				flood(f, i)
			}
		})
		if !errors.Is(err, errFlood) || cut != 1 {
			t.Errorf("%s: %v, cut %d times", name, err, cut)
		}
	}
}

func TestSomeResetsAreOrdinary(t *testing.T) {
	_, cut, err := readAll(t, 4096, func(f *http2.Framer) {
		for i := range uint32(limits.FrameBurst) / 2 {
			_ = f.WriteRSTStream(2*i+1, http2.ErrCodeCancel)
		}
	})
	if err != nil || cut != 0 {
		t.Errorf("%v, cut %d times", err, cut)
	}
}

func TestWhoIsShutOutGetsNoHandshake(t *testing.T) {
	var cut, refused counter
	guard := floodGuard{insecure.NewCredentials(), newVisitors(nil), &cut, &refused}
	_, server := net.Pipe()
	guard.visitors.punish(server.RemoteAddr())
	if _, _, err := guard.ServerHandshake(server); err == nil || refused != 1 {
		t.Errorf("%v, refused %d times", err, refused)
	}
}
