package partners

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/testmesh"
)

type records = map[string]*partnersv1.PartnerRecord

func newRing(t *testing.T) *Ring {
	t.Helper()
	pepper, err := ParsePepper([]byte(" " + testmesh.Pepper + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return NewRing(pepper, NewLeases(nil))
}

func TestKeyHasFormAndChecksum(t *testing.T) {
	good := testmesh.APIKey("a")
	if !IsKey(good) {
		t.Errorf("%s is refused", good)
	}
	last := byte('0')
	if good[len(good)-1] == last {
		last = '1'
	}
	for _, bad := range []string{"", "omk_live_wrong", good + "0", good[:len(good)-1], good[:len(good)-1] + string(last),
		strings.Replace(good, "omk_live", "omk_test", 1), good[:20] + "-" + good[21:], good[:20] + "é" + good[22:],
		strings.ToLower(good)} {
		if IsKey(bad) {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestKeyOfAKnownVectorIsTaken(t *testing.T) {
	// 32 bytes of zero; the checksum was worked out with another program.
	if key := "omk_live_" + strings.Repeat("0", 43) + "1abIL8"; !IsKey(key) {
		t.Errorf("%s is refused", key)
	}
}

func TestPepperIsAtLeast32BytesInHex(t *testing.T) {
	for _, bad := range []string{"", "00", strings.Repeat("0", 62), strings.Repeat("z", 64), strings.Repeat("0", 65)} {
		if _, err := ParsePepper([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestKeysAreFoundByTheirDigest(t *testing.T) {
	ring := newRing(t)
	if _, err := ring.Authenticate(testmesh.APIKey("a")); status.Code(err) != codes.Unavailable || ring.Ready() {
		t.Errorf("before the partners are known: %v", err)
	}
	ring.Replace(records{"p": testmesh.Record("p", "a", "b"), "q": testmesh.Record("q", "c")})
	for name, partner := range map[string]string{"a": "p", "b": "p", "c": "q"} {
		if key, err := ring.Authenticate(testmesh.APIKey(name)); err != nil || key.PartnerID != partner ||
			key.KeyID != "key_"+name {
			t.Errorf("%s: got %+v, %v", name, key, err)
		}
	}
	for _, bad := range []string{"", "omk_live_wrong", testmesh.APIKey("unknown")} {
		if key, err := ring.Authenticate(bad); status.Code(err) != codes.Unauthenticated {
			t.Errorf("%q: got %+v, %v", bad, key, err)
		}
	}
	odd := testmesh.Record("p", "a")
	odd.Keys[0].Hmac = []byte("short")
	ring.Replace(records{"p": odd})
	if _, err := ring.Authenticate(testmesh.APIKey("a")); status.Code(err) != codes.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

func TestKeyThatGoesEnds(t *testing.T) {
	ring := newRing(t)
	ring.Replace(records{"p": testmesh.Record("p", "a", "b")})
	a, _ := ring.Authenticate(testmesh.APIKey("a"))
	b, _ := ring.Authenticate(testmesh.APIKey("b"))
	changed := testmesh.Record("p", "b")
	changed.Partner.QueryLimit = &partnersv1.RateLimit{Amount: 7}
	ring.Replace(records{"p": changed})
	if cause := context.Cause(a.Valid()); refuse.Reason(status.Convert(cause)) != "KEY_REVOKED" {
		t.Errorf("got %v", cause)
	}
	again, err := ring.Authenticate(testmesh.APIKey("b"))
	if err != nil || again != b || b.Valid().Err() != nil || b.Queries.rate != 7 {
		t.Errorf("the other key changed: %v", err)
	}
}

func TestSuspensionEndsStreamsAndActivationGivesTheKeyBack(t *testing.T) {
	ring := newRing(t)
	ring.Replace(records{"p": testmesh.Record("p", "a")})
	key, _ := ring.Authenticate(testmesh.APIKey("a"))
	suspended := testmesh.Record("p", "a")
	suspended.Partner.State = partnersv1.Partner_SUSPENDED
	ring.Replace(records{"p": suspended})
	if cause := context.Cause(key.Valid()); status.Code(cause) != codes.Unauthenticated ||
		refuse.Reason(status.Convert(cause)) != "PARTNER_SUSPENDED" {
		t.Errorf("got %v", cause)
	}
	if _, err := ring.Authenticate(testmesh.APIKey("a")); status.Code(err) != codes.PermissionDenied ||
		refuse.Reason(status.Convert(err)) != "PARTNER_SUSPENDED" {
		t.Errorf("got %v", err)
	}
	ring.Replace(records{"p": testmesh.Record("p", "a")})
	if again, err := ring.Authenticate(testmesh.APIKey("a")); err != nil || again.Valid().Err() != nil ||
		again.Queries != key.Queries {
		t.Errorf("got %+v, %v", again, err)
	}
}

func TestKeyExpires(t *testing.T) {
	ring := newRing(t)
	record := testmesh.Record("p", "a", "b")
	record.Keys[0].ApiKey.ExpireTime = timestamppb.New(time.Now().Add(50 * time.Millisecond))
	record.Keys[1].ApiKey.ExpireTime = timestamppb.New(time.Now().Add(-time.Second))
	ring.Replace(records{"p": record})
	key, err := ring.Authenticate(testmesh.APIKey("a"))
	if err != nil || key.Expires().IsZero() {
		t.Fatalf("got %v", err)
	}
	<-key.Valid().Done()
	if cause := context.Cause(key.Valid()); refuse.Reason(status.Convert(cause)) != "KEY_EXPIRED" {
		t.Errorf("got %v", cause)
	}
	for _, name := range []string{"a", "b"} {
		if _, err := ring.Authenticate(testmesh.APIKey(name)); status.Code(err) != codes.Unauthenticated {
			t.Errorf("%s: got %v", name, err)
		}
	}
	later := testmesh.Record("p", "a")
	ring.Replace(records{"p": later})
	if again, err := ring.Authenticate(testmesh.APIKey("a")); err != nil || again.Valid().Err() != nil {
		t.Errorf("a key without end was not given back: %v", err)
	}
}

// client connects to a mesh that plays the partners service.
func client(t *testing.T) (*testmesh.Backend, partnersv1.PartnerSyncServiceClient) {
	t.Helper()
	backend := testmesh.Start(t, &testmesh.Backend{}, nil)
	conn, err := grpc.NewClient(backend.Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return backend, partnersv1.NewPartnerSyncServiceClient(conn)
}

func quiet() *slog.Logger { return slog.New(slog.NewJSONHandler(io.Discard, nil)) }

// within waits for what comes by itself.
func within(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came: %s", what)
		}
	}
}

func TestFollowerKeepsUpAndLeavesACopy(t *testing.T) {
	backend, sync := client(t)
	backend.Partners.Set(testmesh.Record("p", "a"))
	ring := newRing(t)
	follower := &Follower{Client: sync, Ring: ring, CopyFile: filepath.Join(t.TempDir(), "copy"), Log: quiet()}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	follower.LoadCopy()
	if ring.Ready() {
		t.Error("a copy came from nowhere")
	}
	go follower.Run(ctx)
	taken := func(name string) func() bool {
		return func() bool { _, err := ring.Authenticate(testmesh.APIKey(name)); return err == nil }
	}
	within(t, "the first view", taken("a"))
	backend.Partners.Set(testmesh.Record("p", "b"))
	within(t, "the change", func() bool { return taken("b")() && !taken("a")() })
	within(t, "the copy", func() bool {
		restarted := newRing(t)
		(&Follower{Ring: restarted, CopyFile: follower.CopyFile, Log: quiet()}).LoadCopy()
		_, err := restarted.Authenticate(testmesh.APIKey("b"))
		return err == nil
	})
	if info, err := os.Stat(follower.CopyFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info, err)
	}
	backend.Server.Stop()
	if !taken("b")() {
		t.Error("the keys went with the partners service")
	}
}

func TestDamagedCopyIsForgotten(t *testing.T) {
	ring := newRing(t)
	(&Follower{Ring: ring, CopyFile: testmesh.Write(t, "copy", []byte("\xff\xff"), 0o600), Log: quiet()}).LoadCopy()
	(&Follower{Ring: ring, Log: quiet()}).LoadCopy()
	if ring.Ready() {
		t.Error("it was taken")
	}
}

func TestCopyThatCannotBeWrittenStopsNothing(t *testing.T) {
	backend, sync := client(t)
	backend.Partners.Set(testmesh.Record("p", "a"))
	ring := newRing(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go (&Follower{Client: sync, Ring: ring, CopyFile: filepath.Join(t.TempDir(), "missing", "copy"), Log: quiet()}).Run(
		ctx,
	)
	within(t, "the keys", ring.Ready)
}

func TestUseIsReportedOnce(t *testing.T) {
	backend, sync := client(t)
	ring := newRing(t)
	if err := ring.reportOnce(context.Background(), sync); err != nil {
		t.Error(err)
	}
	ring.Replace(records{"p": testmesh.Record("p", "a", "b")})
	if _, err := ring.Authenticate(testmesh.APIKey("a")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := ring.reportOnce(context.Background(), sync); err != nil {
			t.Error(err)
		}
	}
	uses := (<-backend.Partners.Used).GetUses()
	if len(uses) != 1 || uses[0].GetKeyId() != "key_a" || uses[0].GetPartnerId() != "p" ||
		time.Since(uses[0].GetLastUsedTime().AsTime()) > time.Minute {
		t.Errorf("got %v", uses)
	}
	if len(backend.Partners.Used) != 0 {
		t.Error("it was reported twice")
	}
	ring.now = func() time.Time { return time.Now().Add(time.Hour) }
	if _, err := ring.Authenticate(testmesh.APIKey("a")); err != nil {
		t.Fatal(err)
	}
	backend.Server.Stop()
	if err := ring.reportOnce(context.Background(), sync); err == nil {
		t.Error("the report went nowhere and nobody noticed")
	}
}
