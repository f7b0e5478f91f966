// Package proxy forwards native gRPC to the services without opening a message.
package proxy

import (
	"google.golang.org/grpc/encoding"
	// The codec for our own services on the same port, such as health.
	_ "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// frame is one message as it came: the buffers that were read from the wire are those that are written to it.
type frame struct{ data mem.BufferSlice }

// codec passes frames through and leaves everything else to the codec for protos.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2("proto")} }

// Marshal hands the frame's buffers over: a frame is sent once.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(*frame); ok {
		return f.data, nil
	}
	return c.CodecV2.Marshal(v)
}

func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if f, ok := v.(*frame); ok {
		// gRPC lets go of the buffers when this returns; the frame holds on to them.
		data.Ref()
		f.data = data
		return nil
	}
	return c.CodecV2.Unmarshal(data, v)
}
