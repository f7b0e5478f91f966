package rest

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	"ordermesh.dev/gateway/internal/auth"
	"ordermesh.dev/gateway/internal/limits"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/upstream"
)

// conn is what grpc-gateway calls through. It lets a call pass only to the method that the gate has admitted it to, and
// replaces all metadata that grpc-gateway made from headers by ours.
type conn struct {
	mesh     upstream.Mesh
	lanes    *lanes
	pauses   *pauses
	draining context.Context
}

// admitted gives the request that the gate has let through to this method.
func admitted(ctx context.Context, method string) (*request, error) {
	req := requestOf(ctx)
	if req == nil || req.Method == nil || req.Method.FullName != method {
		return nil, errInternal
	}
	return req, nil
}

// start gives where the request goes, and a context that says for whom.
func (c *conn) start(ctx context.Context, req *request) (*upstream.Pool, context.Context, error) {
	outgoing := metadata.MD{}
	if err := req.AppendMetadata(outgoing); err != nil {
		return nil, nil, err
	}
	return c.mesh.For(req.Method.Service), metadata.NewOutgoingContext(ctx, outgoing), nil
}

// Invoke is that of grpc.ClientConnInterface.
func (c *conn) Invoke(ctx context.Context, method string, args, reply any, options ...grpc.CallOption) error {
	req, err := admitted(ctx, method)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limits.TimeOf(req.Method.Service, req.Method.Query))
	defer cancel()
	if in, single := args.(*feedv1.SubmitOrderRequest); single && c.lanes.carries(&req.Call, in) {
		if err := c.pauses.check(ctx, in.GetPartnerId()); err != nil {
			return err
		}
		err := c.lanes.submit(ctx, &req.Call, in, reply.(*commonv1.OrderVerdict))
		c.pauses.note(in.GetPartnerId(), err)
		return err
	}
	pool, ctx, err := c.start(ctx, req)
	if err != nil {
		return err
	}
	var trailer metadata.MD
	err = pool.Invoke(ctx, method, args, reply, append(options, grpc.WaitForReady(true), grpc.Trailer(&trailer))...)
	req.NoteTrailer(trailer)
	return err
}

// NewStream is that of grpc.ClientConnInterface; all streams over REST are watches.
func (c *conn) NewStream(
	ctx context.Context,
	desc *grpc.StreamDesc,
	method string,
	options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	req, err := admitted(ctx, method)
	if err != nil {
		return nil, err
	}
	pool, ctx, err := c.start(ctx, req)
	if err != nil {
		return nil, err
	}
	ctx, end, stop := req.Caller.While(ctx, auth.ErrTokenExpired)
	req.watching = ctx
	req.cleanup = append(req.cleanup, stop)
	release := context.AfterFunc(c.draining, func() { end(refuse.Draining()) })
	req.cleanup = append(req.cleanup, func() { release() })
	giveUp := time.AfterFunc(limits.ConnectTime, func() { end(refuse.Away()) })
	defer giveUp.Stop()
	return pool.NewStream(ctx, desc, method, append(options, grpc.WaitForReady(true))...)
}
