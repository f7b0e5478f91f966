package proxy

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"ordermesh.dev/gateway/internal/auth"
	"ordermesh.dev/gateway/internal/call"
	"ordermesh.dev/gateway/internal/limits"
	"ordermesh.dev/gateway/internal/refuse"
)

// session is one call on its way through.
type session struct {
	proxy    *Proxy
	method   *method
	client   grpc.ServerStream
	incoming metadata.MD
	call     call.Call

	// Set when the service ended the stream.
	trailer metadata.MD

	bytesIn, bytesOut atomic.Int64
	// When the write to the client that is under way began, in ns since 1970; 0 where none is.
	writing atomic.Int64
}

// requestID is the metadata that names a call.
const requestID = "x-request-id"

var (
	errTooLarge = refuse.With(codes.ResourceExhausted, "TOO_LARGE", "the message is too large")
	errSlow     = refuse.With(codes.ResourceExhausted, "SLOW_CONSUMER", "the client left answers unread for 30 s")
)

func (s *session) serve() error {
	if err := s.proxy.Gate.Admit(s.client.Context(), &s.call, s.credentials()); err != nil {
		return err
	}
	// Nothing of the client's own metadata goes on: the services' library must not read what a stranger wrote
	// (docs/security.md), and what we say of the caller must not be said by him.
	outgoing := make(metadata.MD, 4)
	if err := s.call.AppendMetadata(outgoing); err != nil {
		return err
	}
	ctx := metadata.NewOutgoingContext(s.client.Context(), outgoing)
	if s.method.Unary() {
		return s.unary(ctx)
	}
	return s.stream(ctx)
}

// header is what goes ahead of the first message. A call that fails before has none: headers would end the client's own
// retries, which are for calls of which nothing was heard.
func (s *session) header(service metadata.MD) metadata.MD {
	return metadata.Join(outward(service), metadata.MD{requestID: {s.call.RequestID}})
}

// receive takes the client's next message.
func (s *session) receive(f *frame) error {
	if err := s.client.RecvMsg(f); err != nil {
		return err
	}
	size := f.data.Len()
	s.bytesIn.Add(int64(size))
	if size > s.method.maxMessage {
		f.data.Free()
		return errTooLarge
	}
	return nil
}

func (s *session) unary(ctx context.Context) error {
	var in, out frame
	if err := s.receive(&in); err != nil {
		return err
	}
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limits.TimeOf(s.method.Service, s.method.Query))
		defer cancel()
	}
	var header, trailer metadata.MD
	err := s.proxy.Mesh.For(s.method.Service).Invoke(ctx, s.method.FullName, &in, &out,
		grpc.ForceCodecV2(s.proxy.codec), grpc.WaitForReady(true), grpc.Header(&header), grpc.Trailer(&trailer))
	s.call.NoteTrailer(trailer)
	s.client.SetTrailer(outward(trailer))
	if err != nil {
		return refuse.Outward(err)
	}
	// It does not fail before the first message is sent.
	_ = s.client.SetHeader(s.header(header))
	s.bytesOut.Add(int64(out.data.Len()))
	return s.client.SendMsg(&out)
}

// stream forwards both ways until one side ends, the credential does, or the gateway drains.
func (s *session) stream(ctx context.Context) error {
	s.method.streams.Inc()
	defer s.method.ended.Dec()
	ctx, end, stop := s.call.Caller.While(ctx, auth.ErrTokenExpired)
	defer stop()
	service, err := s.open(ctx, end)
	if err != nil {
		return s.verdict(ctx, err)
	}
	up := &sender{stream: service}
	defer context.AfterFunc(s.proxy.Draining, func() { s.drain(up, end) })()

	if s.method.ClientStreams {
		go s.forwardIn(up, end)
	} else {
		var request frame
		if err := s.receive(&request); err != nil {
			return err
		}
		if err := up.send(&request); err == nil {
			up.close()
		}
	}
	finished := make(chan error, 1)
	go func() { finished <- s.forwardOut(service) }()
	watchdog := time.NewTicker(limits.WriteTime / 6)
	defer watchdog.Stop()
	for {
		select {
		case err := <-finished:
			s.client.SetTrailer(outward(s.trailer))
			s.call.NoteTrailer(s.trailer)
			return s.verdict(ctx, err)
		case <-ctx.Done():
			return s.verdict(ctx, ctx.Err())
		case now := <-watchdog.C:
			if began := s.writing.Load(); began != 0 && now.UnixNano()-began > int64(limits.WriteTime) {
				return errSlow
			}
		}
	}
}

// open starts the call inside; a service that is away is waited for, but not for ever.
func (s *session) open(ctx context.Context, end context.CancelCauseFunc) (grpc.ClientStream, error) {
	giveUp := time.AfterFunc(limits.ConnectTime, func() { end(refuse.Away()) })
	defer giveUp.Stop()
	return s.proxy.Mesh.For(s.method.Service).NewStream(ctx, &s.method.desc, s.method.FullName,
		grpc.ForceCodecV2(s.proxy.codec), grpc.WaitForReady(true))
}

// verdict is what the client is told in the end: why the gateway ended the stream, or what the service said.
func (s *session) verdict(ctx context.Context, err error) error {
	if s.client.Context().Err() == nil && ctx.Err() != nil {
		if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
			return cause
		}
	}
	if err == nil && s.proxy.Draining.Err() != nil {
		return refuse.Draining()
	}
	return refuse.Outward(err)
}

// forwardIn takes messages from the client to the service.
func (s *session) forwardIn(up *sender, end context.CancelCauseFunc) {
	for {
		var message frame
		switch err := s.receive(&message); {
		case err == nil:
			// Where this fails, reading from the service says why.
			if up.send(&message) != nil {
				return
			}
		case errors.Is(err, io.EOF):
			up.close()
			return
		default:
			end(err)
			return
		}
	}
}

// forwardOut takes messages from the service to the client; nil where the service ended the call well.
func (s *session) forwardOut(service grpc.ClientStream) error {
	// An error comes again from RecvMsg.
	if header, err := service.Header(); err == nil && header != nil {
		if err := s.client.SendHeader(s.header(header)); err != nil {
			return err
		}
	}
	for {
		var message frame
		if err := service.RecvMsg(&message); err != nil {
			s.trailer = service.Trailer()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		s.bytesOut.Add(int64(message.data.Len()))
		s.writing.Store(time.Now().UnixNano())
		err := s.client.SendMsg(&message)
		s.writing.Store(0)
		if err != nil {
			return err
		}
	}
}

// drain ends a watch at once; a stream of orders gets the answers to what it has sent first.
func (s *session) drain(up *sender, end context.CancelCauseFunc) {
	if !s.method.ClientStreams {
		end(refuse.Draining())
		return
	}
	time.AfterFunc(limits.HalfCloseTime, func() { end(refuse.Draining()) })
	up.close()
}

// sender lets two goroutines end a stream that one of them writes to.
type sender struct {
	mu     sync.Mutex
	stream grpc.ClientStream
	closed bool
}

func (u *sender) send(f *frame) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		f.data.Free()
		return io.ErrClosedPipe
	}
	return u.stream.SendMsg(f)
}

func (u *sender) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.closed {
		u.closed = true
		_ = u.stream.CloseSend()
	}
}
