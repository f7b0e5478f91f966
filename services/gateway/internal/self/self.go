// Package self is the gateway as a service of the mesh: calls reach it as they reach the others, through the gate and
// over gRPC, only without a network.
package self

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	gatewayv1 "ordermesh.dev/client/ordermesh/gateway/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	"ordermesh.dev/gateway/internal/call"
	"ordermesh.dev/gateway/internal/limits"
	"ordermesh.dev/gateway/internal/overview"
	"ordermesh.dev/gateway/internal/upstream"
)

// pipeBytes is what fits into the connection to itself.
const pipeBytes = 1 << 20

// Service answers at the edge itself.
type Service struct {
	gatewayv1.UnimplementedGatewayServiceServer

	Board   *overview.Board
	Version string
	Orders  orderv1.OrderServiceClient
	Errors  errorv1.ErrorServiceClient
	Review  errorv1.ErrorReviewServiceClient
	Repair  errorv1.RepairServiceClient
}

// Serve starts the server; `stop` ends it and all calls.
func (s *Service) Serve() (pool *upstream.Pool, stop func(), err error) {
	listener := bufconn.Listen(pipeBytes)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(limits.MaxMessage))
	gatewayv1.RegisterGatewayServiceServer(server, s)
	pool, err = upstream.Local(func(ctx context.Context) (net.Conn, error) { return listener.DialContext(ctx) })
	if err != nil {
		return nil, nil, err
	}
	// It ends with the server, and there is nobody to tell.
	go func() { _ = server.Serve(listener) }()
	return pool, server.Stop, nil
}

// errNoIdentity can only be a bug: the gate lets nobody through without one.
var errNoIdentity = status.Error(codes.Internal, "the call has no identity")

// callerOf is who calls, as the gate found out.
func callerOf(ctx context.Context) (*commonv1.Identity, error) {
	incoming, _ := metadata.FromIncomingContext(ctx)
	values := incoming[call.IdentityMetadata]
	identity := &commonv1.Identity{}
	if len(values) != 1 || proto.Unmarshal([]byte(values[0]), identity) != nil {
		return nil, errNoIdentity
	}
	return identity, nil
}

// GetSession says who calls.
func (s *Service) GetSession(ctx context.Context, _ *gatewayv1.GetSessionRequest) (*gatewayv1.Session, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	session := &gatewayv1.Session{Role: caller.GetRole(), PartnerId: caller.GetPartnerId(), Subject: caller.GetSubject(),
		Version: s.Version}
	if expires, there := call.ExpiresOf(ctx); there {
		session.ExpireTime = timestamppb.New(expires)
	}
	return session, nil
}

// WatchOverview follows the board.
func (s *Service) WatchOverview(
	_ *gatewayv1.WatchOverviewRequest, stream grpc.ServerStreamingServer[gatewayv1.Overview],
) error {
	caller, err := callerOf(stream.Context())
	if err != nil {
		return err
	}
	return s.Board.Watch(stream.Context(), caller, stream.Send)
}
