// Package refuse makes the gateway's own errors: google.rpc.Status with ErrorInfo, like those of the services.
package refuse

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Domain is that of every ErrorInfo of the mesh.
const Domain = "ordermesh"

// With gives an error whose reason never changes and whose message is for people.
func With(code codes.Code, reason, message string) error {
	return build(code, message, &errdetails.ErrorInfo{Reason: reason, Domain: Domain})
}

// Retry is With for what passes: the caller should wait and send again.
func Retry(code codes.Code, reason, message string, after time.Duration) error {
	return build(code, message, &errdetails.ErrorInfo{Reason: reason, Domain: Domain},
		&errdetails.RetryInfo{RetryDelay: durationpb.New(after)})
}

func build(code codes.Code, message string, details ...protoadapt.MessageV1) error {
	refusal, err := status.New(code, message).WithDetails(details...)
	if err != nil {
		return status.Error(code, message)
	}
	return refusal.Err()
}

// Unauthenticated is one answer to every bad credential, so that nobody learns which part was wrong.
func Unauthenticated(message string) error {
	return With(codes.Unauthenticated, "UNAUTHENTICATED", message)
}

// Away is for a service that could not be reached in time.
func Away() error {
	return Retry(codes.Unavailable, "UNAVAILABLE", "the service is not available; try again", time.Second)
}

// Draining tells clients of open streams to connect again.
func Draining() error {
	return Retry(codes.Unavailable, "DRAINING", "the gateway is shutting down; connect again", 200*time.Millisecond)
}

// RetryAfter is the wait that an error asks for; 0 where it asks for none.
func RetryAfter(s *status.Status) time.Duration {
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// Reason is the reason of an error; empty where it has none.
func Reason(s *status.Status) string {
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// Outward is what a client may see of an error from inside. Services name a reason; what has none was made by gRPC
// itself and may tell addresses or certificates, so only its code is passed on.
func Outward(err error) error {
	s := status.Convert(err)
	if s.Code() == codes.OK || Reason(s) != "" || len(s.Details()) > 0 {
		return err
	}
	switch s.Code() {
	case codes.Unavailable, codes.DeadlineExceeded:
		return Retry(
			s.Code(),
			"UNAVAILABLE",
			"no answer in time; the outcome may be unknown, and sending again is safe",
			time.Second,
		)
	case codes.Canceled:
		return With(codes.Canceled, "CANCELLED", "the call was cancelled")
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return With(s.Code(), "INTERNAL", "something went wrong inside")
	case codes.ResourceExhausted:
		return With(s.Code(), "TOO_LARGE", "the message is too large")
	default:
		return err
	}
}
