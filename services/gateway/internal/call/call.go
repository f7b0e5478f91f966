// Package call holds what the gateway knows of one call, over REST or gRPC, on its way through.
package call

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	"ordermesh.dev/gateway/internal/access"
)

// IdentityMetadata carries the identity inward; whatever comes under this name from outside is thrown away.
const IdentityMetadata = "x-ordermesh-identity-bin"

// VerdictsTrailer is where the feed says how many orders got which verdict.
const VerdictsTrailer = "x-ordermesh-verdicts"

// Caller is who a credential stands for.
type Caller struct {
	Role access.Role
	// Exactly where the role is PARTNER.
	PartnerID string
	// The key's id, or "user:" and the token's subject.
	Subject string
	// The key's id; empty for tokens.
	KeyID string
	// Takes one from the key's query limit, or says when to come back. Nil where there is no limit.
	TakeQuery func(context.Context) error
	// Ends when the credential does: the cause is what to tell the client. Nil where it never ends early.
	Valid context.Context
	// When the credential ends by itself; zero where it does not.
	Expires time.Time
}

// Scope names what the caller may see: two callers of one scope get the same answer.
func (c *Caller) Scope() string {
	if c.Role == commonv1.Identity_PARTNER {
		return "partner:" + c.PartnerID
	}
	return "all"
}

// Call is one call. It is filled by the stages that it passes and belongs to one goroutine at a time.
type Call struct {
	Start     time.Time
	RequestID string
	Trace     Trace
	Method    *access.Method
	Caller    Caller
	// The verdict counts from the feed's trailer.
	Verdicts string
	// As the client sent it, made safe for logs.
	IdempotencyKey string
	UserAgent      string
}

// AppendMetadata adds to md what goes inward with every call: who it is for and what it belongs to.
func (c *Call) AppendMetadata(md metadata.MD) error {
	identity, err := proto.Marshal(&commonv1.Identity{
		Role: c.Caller.Role, PartnerId: c.Caller.PartnerID, Subject: c.Caller.Subject, RequestId: c.RequestID,
	})
	if err != nil {
		return err
	}
	md[IdentityMetadata] = []string{string(identity)}
	md["x-request-id"] = []string{c.RequestID}
	md["traceparent"] = []string{c.Trace.Parent()}
	if c.Method != nil && c.Method.Service == sessionService && !c.Caller.Expires.IsZero() {
		md[expiresMetadata] = []string{c.Caller.Expires.UTC().Format(time.RFC3339)}
	}
	return nil
}

// Only the gateway's own service is told when a credential ends.
const (
	sessionService  = "ordermesh.gateway.v1.GatewayService"
	expiresMetadata = "x-ordermesh-expires"
)

// ExpiresOf gives when the caller's credential ends, where it does.
func ExpiresOf(ctx context.Context) (time.Time, bool) {
	incoming, _ := metadata.FromIncomingContext(ctx)
	if values := incoming[expiresMetadata]; len(values) == 1 {
		expires, err := time.Parse(time.RFC3339, values[0])
		return expires, err == nil
	}
	return time.Time{}, false
}

// NoteTrailer keeps what the access log says of the trailer.
func (c *Call) NoteTrailer(trailer metadata.MD) {
	if counts := trailer[VerdictsTrailer]; len(counts) == 1 && len(counts[0]) <= maxVerdicts {
		c.Verdicts = counts[0]
	}
}

const (
	maxRequestID = 128
	maxVerdicts  = 256
)

// RequestID gives the client's request id where it is a fit one, and a new one otherwise.
func RequestID(offered string) string {
	if len(offered) == 0 || len(offered) > maxRequestID || Clean(offered, maxRequestID) != offered {
		return randomHex(16)
	}
	for i := range len(offered) {
		b := offered[i]
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '.' && b != '_' && b != '-' {
			return randomHex(16)
		}
	}
	return offered
}

func randomHex(n int) string {
	var raw [16]byte
	// crypto/rand never fails: it stops the process instead.
	_, _ = rand.Read(raw[:n])
	return hex.EncodeToString(raw[:n])
}
