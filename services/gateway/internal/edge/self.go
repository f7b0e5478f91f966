package edge

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	"ordermesh.dev/gateway/internal/access"
	"ordermesh.dev/gateway/internal/alerts"
	"ordermesh.dev/gateway/internal/call"
	"ordermesh.dev/gateway/internal/figures"
	"ordermesh.dev/gateway/internal/overview"
	"ordermesh.dev/gateway/internal/self"
	"ordermesh.dev/gateway/internal/upstream"
)

// serveSelf makes the gateway's own service one of the mesh.
func (g *Gateway) serveSelf(table access.Table) error {
	look, err := newLooker(g.mesh)
	if err != nil {
		return err
	}
	g.board = overview.NewBoard(overview.Sources{
		Orders: look, Errors: look, Health: g.monitor.States,
		Figures: &overview.Figures{
			Reader: figures.NewReader(g.config.Upstreams, g.config.MetricsPortOffset),
			Own:    func() figures.Families { return g.metrics.Families() },
			KindOf: kindsOf(table), Now: time.Now,
		},
		Totals: g.metrics, Jobs: look,
	})
	service := &self.Service{
		Board: g.board, Version: g.config.Version,
		Orders: orderv1.NewOrderServiceClient(g.mesh["order-store"]),
		Errors: errorv1.NewErrorServiceClient(g.mesh["error-store"]),
		Review: errorv1.NewErrorReviewServiceClient(g.mesh["error-store"]),
		Repair: errorv1.NewRepairServiceClient(g.mesh["error-store"]),
	}
	var pool *upstream.Pool
	pool, g.stopSelf, err = service.Serve()
	g.mesh["gateway"] = pool
	return err
}

// kindsOf names the kind of a REST route or a full gRPC method. A path that a read shares with a change has none: one
// histogram has both.
func kindsOf(table access.Table) func(string) string {
	kinds := map[string]string{}
	for _, method := range table {
		kind := ""
		switch {
		case method.Name == "SubmitOrder":
			kind = "orders"
		case method.Name == "BatchSubmitOrders":
			kind = "batches"
		case method.Query && method.Unary():
			kind = "queries"
		}
		kinds[method.FullName] = kind
		for _, route := range method.Routes {
			if known, shared := kinds[route.Path]; shared && known != kind {
				kind = ""
			}
			kinds[route.Path] = kind
		}
	}
	return func(name string) string { return kinds[name] }
}

// watchErrors gives what tells Alertmanager about orders that fail: nothing, where there is no Alertmanager.
func (g *Gateway) watchErrors() (func(context.Context), error) {
	if g.config.Alerts == nil {
		return func(context.Context) {}, nil
	}
	look, err := newLooker(g.mesh)
	if err != nil {
		return nil, err
	}
	watcher, err := alerts.NewWatcher(*g.config.Alerts, look, g.log, g.metrics)
	if err != nil {
		return nil, err
	}
	return watcher.Run, nil
}

// looker asks the stores for the gateway itself.
type looker struct {
	mesh     upstream.Mesh
	identity metadata.MD
}

func newLooker(mesh upstream.Mesh) (*looker, error) {
	identity, err := proto.Marshal(&commonv1.Identity{Role: commonv1.Identity_VIEWER, Subject: "gateway"})
	return &looker{mesh, metadata.Pairs(call.IdentityMetadata, string(identity))}, err
}

func (l *looker) GetOrderStats(
	ctx context.Context, request *orderv1.GetOrderStatsRequest,
) (*orderv1.OrderStats, error) {
	return orderv1.NewOrderServiceClient(l.mesh["order-store"]).GetOrderStats(l.as(ctx), request, grpc.WaitForReady(false))
}

func (l *looker) GetErrorStats(
	ctx context.Context, request *errorv1.GetErrorStatsRequest,
) (*errorv1.ErrorStats, error) {
	return errorv1.NewErrorServiceClient(l.mesh["error-store"]).GetErrorStats(l.as(ctx), request, grpc.WaitForReady(false))
}

func (l *looker) ListJobs(ctx context.Context, request *errorv1.ListJobsRequest) (*errorv1.ListJobsResponse, error) {
	return errorv1.NewRepairServiceClient(l.mesh["error-store"]).ListJobs(l.as(ctx), request, grpc.WaitForReady(false))
}

func (l *looker) ListErrorGroups(
	ctx context.Context, request *errorv1.ListErrorGroupsRequest,
) (*errorv1.ListErrorGroupsResponse, error) {
	client := errorv1.NewErrorReviewServiceClient(l.mesh["error-store"])
	return client.ListErrorGroups(l.as(ctx), request, grpc.WaitForReady(false))
}

func (l *looker) ListErrors(
	ctx context.Context, request *errorv1.ListErrorsRequest,
) (*errorv1.ListErrorsResponse, error) {
	return errorv1.NewErrorServiceClient(l.mesh["error-store"]).ListErrors(l.as(ctx), request, grpc.WaitForReady(false))
}

func (l *looker) GetError(ctx context.Context, request *errorv1.GetErrorRequest) (*errorv1.OrderError, error) {
	return errorv1.NewErrorServiceClient(l.mesh["error-store"]).GetError(l.as(ctx), request, grpc.WaitForReady(false))
}

func (l *looker) as(ctx context.Context) context.Context {
	return metadata.NewOutgoingContext(ctx, l.identity)
}
