package proxy

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	"ordermesh.dev/gateway/internal/access"
	"ordermesh.dev/gateway/internal/observe"
)

func TestFramesPassAsTheyAre(t *testing.T) {
	c := newCodec()
	buffer := mem.NewBuffer(&[]byte{1, 2, 3}, mem.NopBufferPool{})
	data := mem.BufferSlice{buffer}
	var f frame
	if err := c.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	out, err := c.Marshal(&f)
	if err != nil || len(out) != 1 || &out[0].ReadOnlyData()[0] != &buffer.ReadOnlyData()[0] {
		t.Errorf("the bytes were copied: %v, %v", out, err)
	}
}

func TestOtherMessagesAreProtos(t *testing.T) {
	c := newCodec()
	data, err := c.Marshal(&orderv1.Order{Id: "o"})
	if err != nil {
		t.Fatal(err)
	}
	var got orderv1.Order
	if err := c.Unmarshal(data, &got); err != nil || !proto.Equal(&got, &orderv1.Order{Id: "o"}) || c.Name() != "proto" {
		t.Errorf("got %v, %v", &got, err)
	}
}

// brokenStream is a call that meets a bug on its way.
type brokenStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (b *brokenStream) Context() context.Context    { return b.ctx }
func (b *brokenStream) SetHeader(metadata.MD) error { panic("a bug") }
func (b *brokenStream) SetTrailer(metadata.MD)      {}

// transport names the method of a call.
type transport struct{ grpc.ServerTransportStream }

func (transport) Method() string { return "/ordermesh.order.v1.OrderService/GetOrder" }

func TestPanicIsAnErrorWithoutDetails(t *testing.T) {
	table, err := access.New()
	if err != nil {
		t.Fatal(err)
	}
	log := observe.NewAccessLog(io.Discard, func() {})
	defer log.Close()
	p := &Proxy{Table: table, Metrics: observe.NewMetrics(), AccessLog: log, Log: slog.New(slog.DiscardHandler)}
	p.prepare()
	stream := &brokenStream{ctx: grpc.NewContextWithServerTransportStream(context.Background(), transport{})}
	err = p.handle(nil, stream)
	if s := status.Convert(err); s.Code() != codes.Internal || s.Message() != "something went wrong inside" {
		t.Errorf("got %v", err)
	}
}

func TestClosedStreamTakesNothingMore(t *testing.T) {
	u := &sender{closed: true}
	u.close()
	if err := u.send(&frame{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func TestKindsHaveTheNamesOfTheMetrics(t *testing.T) {
	for want, m := range map[string]access.Method{"unary": {}, "server_stream": {ServerStreams: true},
		"client_stream": {ClientStreams: true}, "bidi_stream": {ClientStreams: true, ServerStreams: true}} {
		if got := kindOf(&m); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
