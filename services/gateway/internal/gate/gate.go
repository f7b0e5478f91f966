// Package gate decides whether a call may pass, the same way for REST and gRPC.
package gate

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordermesh.dev/gateway/internal/auth"
	"ordermesh.dev/gateway/internal/call"
	"ordermesh.dev/gateway/internal/observe"
	"ordermesh.dev/gateway/internal/refuse"
)

// Gate checks credential, role and query limit, in this order.
type Gate struct {
	Auth    *auth.Authenticator
	Metrics *observe.Metrics
}

var errNotAllowed = refuse.With(codes.PermissionDenied, "NOT_ALLOWED", "your role may not call this")

// Admit fills in who calls. UNAUTHENTICATED, PERMISSION_DENIED (NOT_ALLOWED, PARTNER_SUSPENDED, NO_ROLE),
// RESOURCE_EXHAUSTED (QUERY_RATE_LIMITED).
func (g *Gate) Admit(ctx context.Context, c *call.Call, credentials auth.Credentials) error {
	err := g.admit(ctx, c, credentials)
	if err != nil {
		g.Metrics.Refused.WithLabelValues(refuse.Reason(status.Convert(err))).Inc()
	}
	return err
}

func (g *Gate) admit(ctx context.Context, c *call.Call, credentials auth.Credentials) error {
	caller, err := g.Auth.Authenticate(ctx, credentials)
	if err != nil {
		return err
	}
	c.Caller = caller
	if !c.Method.Allows(caller.Role) {
		return errNotAllowed
	}
	if c.Method.Query && caller.TakeQuery != nil {
		return caller.TakeQuery(ctx)
	}
	return nil
}
