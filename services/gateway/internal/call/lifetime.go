package call

import (
	"context"
	"time"
)

// While gives a context for a stream that ends when the caller's credential does, with the reason for the client as
// cause. Nothing runs meanwhile. The caller of While calls stop in the end.
func (c *Caller) While(
	parent context.Context,
	expired error,
) (ctx context.Context, end context.CancelCauseFunc, stop func()) {
	ctx, end = context.WithCancelCause(parent)
	release := func() bool { return true }
	if c.Valid != nil {
		valid := c.Valid
		release = context.AfterFunc(valid, func() { end(context.Cause(valid)) })
	} else if !c.Expires.IsZero() {
		release = time.AfterFunc(time.Until(c.Expires), func() { end(expired) }).Stop
	}
	return ctx, end, func() {
		release()
		end(nil)
	}
}
