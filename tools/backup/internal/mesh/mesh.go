// Package mesh reads checkpoints from the stores.
package mesh

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/credentials/tls/certprovider/pemfile"
	"google.golang.org/grpc/security/advancedtls"
	"google.golang.org/grpc/status"

	backupv1 "ordermesh.dev/client/ordermesh/backup/v1"
)

const (
	reloadEvery = time.Second
	// A stream that says nothing for so long is given up.
	silence = 2 * time.Minute
	// Checkpoints that a store did not finish before it is given up.
	maxBreaks  = 3
	firstPause = 100 * time.Millisecond
	longPause  = 2 * time.Second
	// Progress and chunks of 1 MiB.
	maxMessageBytes = 4 << 20
)

// TLS is who this program is in the mesh. PEM files, looked at every second.
type TLS struct {
	Cert, Key, CA string
	// TrustDomain: certificates carry spiffe://<trust_domain>/<service>.
	TrustDomain string
	// Insecure is plaintext: only for tests.
	Insecure bool
}

// client gives what a connection to one service is made with: only the peer whose certificate names it is accepted.
func (t *TLS) client(service string) (credentials.TransportCredentials, error) {
	if t.Insecure {
		return insecure.NewCredentials(), nil
	}
	if _, err := tls.LoadX509KeyPair(t.Cert, t.Key); err != nil {
		return nil, fmt.Errorf("the certificate: %w", err)
	}
	identity, err := pemfile.NewProvider(
		pemfile.Options{CertFile: t.Cert, KeyFile: t.Key, RefreshDuration: reloadEvery})
	if err != nil {
		return nil, err
	}
	roots, err := pemfile.NewProvider(pemfile.Options{RootFile: t.CA, RefreshDuration: reloadEvery})
	if err != nil {
		return nil, err
	}
	want := url.URL{Scheme: "spiffe", Host: t.TrustDomain, Path: "/" + service}
	return advancedtls.NewClientCreds(&advancedtls.Options{
		IdentityOptions: advancedtls.IdentityCertificateOptions{IdentityProvider: identity},
		RootOptions:     advancedtls.RootCertificateOptions{RootProvider: roots},
		MinTLSVersion:   tls.VersionTLS12,
		MaxTLSVersion:   tls.VersionTLS13,
		// The name is in the URI, not in a host name.
		VerificationType: advancedtls.CertVerification,
		AdditionalPeerVerification: func(
			info *advancedtls.HandshakeVerificationInfo,
		) (*advancedtls.PostHandshakeVerificationResults, error) {
			if info.Leaf != nil && len(info.Leaf.URIs) == 1 && info.Leaf.URIs[0].String() == want.String() {
				return &advancedtls.PostHandshakeVerificationResults{}, nil
			}
			return nil, fmt.Errorf("the peer is not %s", want.String())
		},
	})
}

// Store is a connection to one shard of one store.
type Store struct {
	// Kind is order-store, error-store or partners.
	Kind string
	// Address as it was given.
	Address string

	wait       time.Duration
	connection *grpc.ClientConn
	client     backupv1.BackupServiceClient
}

// Connect does not wait for the store. `wait` bounds how long each call waits for one that is away.
func Connect(kind, address string, identity TLS, wait time.Duration) (*Store, error) {
	transport, err := identity.client(kind)
	if err != nil {
		return nil, err
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(transport),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: firstPause, Multiplier: 1.6, Jitter: 0.2, MaxDelay: longPause},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageBytes)))
	if err != nil {
		return nil, err
	}
	return &Store{
		Kind: kind, Address: address, wait: wait, connection: connection,
		client: backupv1.NewBackupServiceClient(connection),
	}, nil
}

// Close ends the connection.
func (s *Store) Close() { _ = s.connection.Close() }

// Reason of a refusal; empty where it has none.
func Reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, is := detail.(*errdetails.ErrorInfo); is {
			return info.GetReason()
		}
	}
	return ""
}

// Gone tells whether a checkpoint is no more: the store was started again.
func Gone(err error) bool { return Reason(err) == "UNKNOWN_CHECKPOINT" }

// away tells whether another attempt may help.
func away(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Aborted, codes.Internal,
		codes.Unknown:
		return Reason(err) == "" || status.Code(err) != codes.Internal
	case codes.Canceled:
		// By the other side, or by the watchdog; the caller's own end is seen at its context.
		return true
	}
	return false
}

// Checkpoint has the store take one. `taken` is called once its state is settled, `progress` after each message.
func (s *Store) Checkpoint(
	ctx context.Context, taken func(), progress func(*backupv1.CreateCheckpointResponse),
) (*backupv1.CheckpointManifest, error) {
	var manifest *backupv1.CheckpointManifest
	breaks := 0
	err := s.retry(ctx, func() (bool, error) {
		first := true
		err := s.stream(ctx, func(ctx context.Context) (func() error, error) {
			stream, err := s.client.CreateCheckpoint(ctx, &backupv1.CreateCheckpointRequest{})
			if err != nil {
				return nil, err
			}
			return func() error {
				message, err := stream.Recv()
				if err != nil {
					return err
				}
				if first {
					taken()
					first = false
				}
				progress(message)
				if message.GetManifest() != nil {
					manifest = message.GetManifest()
				}
				return nil
			}, nil
		})
		if err != nil && !first {
			// A store that dies of it again and again must not be asked for ever.
			if breaks++; breaks == maxBreaks {
				return true, &finalError{err}
			}
		}
		return !first, err
	})
	if err == nil && manifest == nil {
		err = errors.New("the store sent no manifest")
	}
	return manifest, s.name(err)
}

// Delete drops a checkpoint; where that fails the store does it itself after a while.
func (s *Store) Delete(ctx context.Context, checkpoint string) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, _ = s.client.DeleteCheckpoint(ctx, &backupv1.DeleteCheckpointRequest{CheckpointId: checkpoint})
}

// Touch keeps a checkpoint from expiring; it reads nothing of the file.
func (s *Store) Touch(ctx context.Context, checkpoint, path string, size int64) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request := &backupv1.ReadFileRequest{CheckpointId: checkpoint, Path: path, Offset: size}
	if stream, err := s.client.ReadFile(ctx, request); err == nil {
		_, _ = stream.Recv()
	}
}

// Read opens a file of a checkpoint. A transfer that breaks goes on where it was.
func (s *Store) Read(ctx context.Context, checkpoint, path string, size int64) io.ReadCloser {
	from, to := io.Pipe()
	go func() {
		to.CloseWithError(s.name(s.copy(ctx, checkpoint, path, size, to)))
	}()
	return from
}

func (s *Store) copy(ctx context.Context, checkpoint, path string, size int64, to io.Writer) error {
	var offset int64
	return s.retry(ctx, func() (bool, error) {
		before := offset
		err := s.stream(ctx, func(ctx context.Context) (func() error, error) {
			request := &backupv1.ReadFileRequest{CheckpointId: checkpoint, Path: path, Offset: offset}
			stream, err := s.client.ReadFile(ctx, request)
			if err != nil {
				return nil, err
			}
			return func() error {
				message, err := stream.Recv()
				if err != nil {
					return err
				}
				written, err := to.Write(message.GetData())
				offset += int64(written)
				if err != nil {
					// Nobody reads any more.
					return &finalError{err}
				}
				return nil
			}, nil
		})
		if err == nil && offset != size {
			err = fmt.Errorf("%s has %d bytes, not %d", path, offset, size)
		}
		return offset > before, err
	})
}

// stream opens one and receives until its end. It is given up after too long a silence.
func (s *Store) stream(ctx context.Context, open func(context.Context) (func() error, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watchdog := time.AfterFunc(silence, cancel)
	defer watchdog.Stop()
	receive, err := open(ctx)
	for err == nil {
		err = receive()
		watchdog.Reset(silence)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// retry calls again after a pause while the store is away, for `wait` since the last progress.
func (s *Store) retry(ctx context.Context, attempt func() (progress bool, err error)) error {
	pause := firstPause
	deadline := time.Now().Add(s.wait)
	for {
		progress, err := attempt()
		if progress {
			pause = firstPause
			deadline = time.Now().Add(s.wait)
		}
		var final *finalError
		if err == nil || ctx.Err() != nil || errors.As(err, &final) || !away(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, longPause)
	}
}

// finalError is not for another attempt.
type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }
func (e *finalError) Unwrap() error { return e.err }

// name adds which store it was. The gRPC status stays inside.
func (s *Store) name(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s at %s: %w", s.Kind, s.Address, err)
}
