// Package testmesh is a mesh for tests: real gRPC servers with handlers that a test sets.
package testmesh

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
)

// Backend plays every service. What a test does not set answers UNIMPLEMENTED.
type Backend struct {
	feedv1.UnimplementedFeedServiceServer
	orderv1.UnimplementedOrderServiceServer
	errorv1.UnimplementedErrorServiceServer
	partnersv1.UnimplementedPartnersServiceServer

	Submit func(context.Context, *feedv1.SubmitOrderRequest) (*commonv1.OrderVerdict, error)
	Batch  func(context.Context, *feedv1.BatchSubmitOrdersRequest) (*feedv1.BatchSubmitOrdersResponse, error)
	Stream func(grpc.BidiStreamingServer[feedv1.StreamOrdersRequest, feedv1.StreamOrdersResponse]) error
	Order  func(context.Context, *orderv1.GetOrderRequest) (*orderv1.Order, error)
	Orders func(context.Context, *orderv1.ListOrdersRequest) (*orderv1.ListOrdersResponse, error)
	Stats  func(context.Context, *orderv1.GetOrderStatsRequest) (*orderv1.OrderStats, error)
	// Of the error-store.
	ErrorStats func(context.Context, *errorv1.GetErrorStatsRequest) (*errorv1.ErrorStats, error)
	Watch      func(*orderv1.WatchOrdersRequest, grpc.ServerStreamingServer[orderv1.WatchOrdersResponse]) error
	Export     func(*orderv1.ExportOrdersRequest, grpc.ServerStreamingServer[commonv1.ExportChunk]) error
	Update     func(context.Context, *partnersv1.UpdatePartnerRequest) (*partnersv1.Partner, error)

	Partners *Sync
	Health   *health.Server
	Address  string
	Server   *grpc.Server
}

// Start listens on a free port of this machine until the test ends. Without credentials it is plaintext.
func Start(t testing.TB, backend *Backend, transport credentials.TransportCredentials) *Backend {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	backend.Serve(t, listener, transport)
	return backend
}

// Serve is Start on a port that is open already.
func (b *Backend) Serve(t testing.TB, listener net.Listener, transport credentials.TransportCredentials) {
	if transport == nil {
		transport = insecure.NewCredentials()
	}
	if b.Partners == nil {
		b.Partners = NewSync()
	}
	b.Health = health.NewServer()
	b.Address = listener.Addr().String()
	b.Server = grpc.NewServer(grpc.Creds(transport), grpc.MaxRecvMsgSize(16<<20))
	feedv1.RegisterFeedServiceServer(b.Server, b)
	orderv1.RegisterOrderServiceServer(b.Server, b)
	errorv1.RegisterErrorServiceServer(b.Server, b)
	partnersv1.RegisterPartnersServiceServer(b.Server, b)
	partnersv1.RegisterPartnerSyncServiceServer(b.Server, b.Partners)
	healthpb.RegisterHealthServer(b.Server, b.Health)
	done := make(chan error, 1)
	go func() { done <- b.Server.Serve(listener) }()
	t.Cleanup(func() {
		b.Server.Stop()
		<-done
	})
}

// IdentityOf is who the gateway says is calling.
func IdentityOf(ctx context.Context) *commonv1.Identity {
	md, _ := metadata.FromIncomingContext(ctx)
	values := md["x-ordermesh-identity-bin"]
	identity := &commonv1.Identity{}
	if len(values) != 1 || proto.Unmarshal([]byte(values[0]), identity) != nil {
		return nil
	}
	return identity
}

var errUnset = status.Error(codes.Unimplemented, "the test did not expect this call")

func (b *Backend) SubmitOrder(ctx context.Context, r *feedv1.SubmitOrderRequest) (*commonv1.OrderVerdict, error) {
	if b.Submit == nil {
		return nil, errUnset
	}
	return b.Submit(ctx, r)
}

func (b *Backend) BatchSubmitOrders(
	ctx context.Context,
	r *feedv1.BatchSubmitOrdersRequest,
) (*feedv1.BatchSubmitOrdersResponse, error) {
	if b.Batch == nil {
		return nil, errUnset
	}
	return b.Batch(ctx, r)
}

func (b *Backend) StreamOrders(
	s grpc.BidiStreamingServer[feedv1.StreamOrdersRequest, feedv1.StreamOrdersResponse],
) error {
	if b.Stream != nil {
		return b.Stream(s)
	}
	if b.Submit == nil {
		return errUnset
	}
	return b.streamSubmit(s)
}

// streamSubmit answers each order of a stream as Submit does: REST's single orders come that way.
func (b *Backend) streamSubmit(s grpc.BidiStreamingServer[feedv1.StreamOrdersRequest, feedv1.StreamOrdersResponse]) error {
	var sending sync.Mutex
	for {
		request, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, order := range request.GetOrders() {
			go func() {
				verdict, err := b.SubmitOrder(s.Context(), &feedv1.SubmitOrderRequest{PartnerId: request.GetPartnerId(),
					Content: &feedv1.SubmitOrderRequest_RawPayload{RawPayload: order.GetRawPayload()}})
				result := &commonv1.OrderResult{Tag: order.GetTag(), Result: &commonv1.OrderResult_Verdict{Verdict: verdict}}
				if err != nil {
					result.Result = &commonv1.OrderResult_Status{Status: status.Convert(err).Proto()}
				}
				sending.Lock()
				defer sending.Unlock()
				_ = s.Send(&feedv1.StreamOrdersResponse{Results: []*commonv1.OrderResult{result}})
			}()
		}
	}
}

func (b *Backend) GetOrder(ctx context.Context, r *orderv1.GetOrderRequest) (*orderv1.Order, error) {
	if b.Order == nil {
		return nil, errUnset
	}
	return b.Order(ctx, r)
}

func (b *Backend) ListOrders(ctx context.Context, r *orderv1.ListOrdersRequest) (*orderv1.ListOrdersResponse, error) {
	if b.Orders == nil {
		return nil, errUnset
	}
	return b.Orders(ctx, r)
}

func (b *Backend) GetOrderStats(ctx context.Context, r *orderv1.GetOrderStatsRequest) (*orderv1.OrderStats, error) {
	if b.Stats == nil {
		return nil, errUnset
	}
	return b.Stats(ctx, r)
}

func (b *Backend) GetErrorStats(ctx context.Context, r *errorv1.GetErrorStatsRequest) (*errorv1.ErrorStats, error) {
	if b.ErrorStats == nil {
		return nil, errUnset
	}
	return b.ErrorStats(ctx, r)
}

func (b *Backend) WatchOrders(
	r *orderv1.WatchOrdersRequest,
	s grpc.ServerStreamingServer[orderv1.WatchOrdersResponse],
) error {
	if b.Watch == nil {
		return errUnset
	}
	return b.Watch(r, s)
}

func (b *Backend) ExportOrders(
	r *orderv1.ExportOrdersRequest,
	s grpc.ServerStreamingServer[commonv1.ExportChunk],
) error {
	if b.Export == nil {
		return errUnset
	}
	return b.Export(r, s)
}

func (b *Backend) UpdatePartner(ctx context.Context, r *partnersv1.UpdatePartnerRequest) (*partnersv1.Partner, error) {
	if b.Update == nil {
		return nil, errUnset
	}
	return b.Update(ctx, r)
}

// Sync plays the partners service's side of the keys.
type Sync struct {
	partnersv1.UnimplementedPartnerSyncServiceServer

	// Answers leases; unlimited where it is not set.
	Lease func(*partnersv1.LeaseTokensRequest) (*partnersv1.LeaseTokensResponse, error)
	// Gets every report.
	Used chan *partnersv1.ReportKeyUseRequest

	mu      sync.Mutex
	records map[string]*partnersv1.PartnerRecord
	changed chan struct{}
}

// NewSync knows no partners.
func NewSync() *Sync {
	return &Sync{records: map[string]*partnersv1.PartnerRecord{}, changed: make(chan struct{}),
		Used: make(chan *partnersv1.ReportKeyUseRequest, 100)}
}

// Set replaces one partner's record and tells the gateway.
func (s *Sync) Set(record *partnersv1.PartnerRecord) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[record.GetPartner().GetPartnerId()] = record
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Sync) WatchPartners(
	_ *partnersv1.WatchPartnersRequest,
	stream grpc.ServerStreamingServer[partnersv1.WatchPartnersResponse],
) error {
	for first := true; ; first = false {
		s.mu.Lock()
		message := &partnersv1.WatchPartnersResponse{Reset_: first, Complete: true}
		for _, record := range s.records {
			message.Partners = append(message.Partners, proto.CloneOf(record))
		}
		changed := s.changed
		s.mu.Unlock()
		if err := stream.Send(message); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

func (s *Sync) LeaseTokens(
	_ context.Context,
	r *partnersv1.LeaseTokensRequest,
) (*partnersv1.LeaseTokensResponse, error) {
	if s.Lease != nil {
		return s.Lease(r)
	}
	response := &partnersv1.LeaseTokensResponse{}
	for _, want := range r.GetWants() {
		response.Grants = append(response.Grants, &partnersv1.TokenGrant{Granted: want.GetWanted(), Holders: 1})
	}
	return response, nil
}

func (s *Sync) ReportKeyUse(
	_ context.Context,
	r *partnersv1.ReportKeyUseRequest,
) (*partnersv1.ReportKeyUseResponse, error) {
	s.Used <- r
	return &partnersv1.ReportKeyUseResponse{}, nil
}

// GrantOnce gives each bucket so many tokens, once, and then says to come back in a minute.
func GrantOnce(tokens int64) func(*partnersv1.LeaseTokensRequest) (*partnersv1.LeaseTokensResponse, error) {
	var mu sync.Mutex
	left := map[string]int64{}
	return func(r *partnersv1.LeaseTokensRequest) (*partnersv1.LeaseTokensResponse, error) {
		mu.Lock()
		defer mu.Unlock()
		response := &partnersv1.LeaseTokensResponse{}
		for _, want := range r.GetWants() {
			if _, known := left[want.GetKeyId()]; !known {
				left[want.GetKeyId()] = tokens
			}
			granted := min(want.GetWanted(), left[want.GetKeyId()])
			left[want.GetKeyId()] -= granted - want.GetReturned()
			response.Grants = append(response.Grants,
				&partnersv1.TokenGrant{Granted: granted, Holders: 1, RetryAfter: durationpb.New(time.Minute)})
		}
		return response, nil
	}
}
