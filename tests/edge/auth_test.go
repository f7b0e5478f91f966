package edge

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
)

// forger makes tokens like the mesh's issuer, with its real key, and then breaks one thing.
type forger struct{ key ed25519.PrivateKey }

func newForger(t *testing.T) forger {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(mesh.data, "secrets", "jwt.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return forger{key.(ed25519.PrivateKey)}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (f forger) sign(header, claims string) string {
	body := encode([]byte(header)) + "." + encode([]byte(claims))
	return body + "." + encode(ed25519.Sign(f.key, []byte(body)))
}

// parts gives header and claims of a token that is taken.
func parts(t *testing.T, token string) (map[string]any, map[string]any) {
	t.Helper()
	var both [2]map[string]any
	for i := range both {
		text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
		if err == nil {
			err = json.Unmarshal(text, &both[i])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return both[0], both[1]
}

func with(from map[string]any, name string, value any) string {
	changed := map[string]any{}
	for k, v := range from {
		changed[k] = v
	}
	if value == nil {
		delete(changed, name)
	} else {
		changed[name] = value
	}
	text, _ := json.Marshal(changed)
	return string(text)
}

// TestForgedTokensAreRefused: RFC 8725, case by case, over REST and gRPC.
func TestForgedTokensAreRefused(t *testing.T) {
	f := newForger(t)
	header, claims := parts(t, mesh.operatorToken)
	h, c := with(header, "", nil), with(claims, "", nil)
	if got := mesh.http("GET", "/api/orders", nil, credential{bearer: f.sign(h, c)}); got.status != 200 {
		t.Fatalf("the forger cannot make a good token: %d %s", got.status, got.body)
	}
	public := f.key.Public().(ed25519.PublicKey)
	der, _ := x509.MarshalPKIXPublicKey(public)
	hs256 := func(secret []byte) string {
		body := encode([]byte(with(header, "alg", "HS256"))) + "." + encode([]byte(c))
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(body))
		return body + "." + encode(mac.Sum(nil))
	}
	_, stranger, _ := ed25519.GenerateKey(nil)
	good := f.sign(h, c)
	body := good[:strings.LastIndex(good, ".")]
	past, future := time.Now().Add(-time.Hour).Unix(), time.Now().Add(time.Hour).Unix()
	cases := map[string]string{
		"alg none":                       encode([]byte(with(header, "alg", "none"))) + "." + encode([]byte(c)) + ".",
		"alg None, signed":               f.sign(with(header, "alg", "None"), c),
		"no alg":                         f.sign(with(header, "alg", nil), c),
		"HS256 with the public key":      hs256(public),
		"HS256 with the public key, PEM": hs256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"empty signature":                body + ".",
		"another's key":                  forger{stranger}.sign(h, c),
		"kid of nobody":                  f.sign(with(header, "kid", "nobody"), c),
		"kid as path":                    f.sign(with(header, "kid", "../../../dev/null"), c),
		"kid as SQL":                     f.sign(with(header, "kid", "' OR 1=1 --"), c),
		"jku":                            f.sign(with(header, "jku", "https://evil.example/keys"), c),
		"x5u":                            f.sign(with(header, "x5u", "https://evil.example/cert"), c),
		"own key in jwk":                 forger{stranger}.sign(with(header, "jwk", map[string]string{"kty": "OKP"}), c),
		"critical extension":             f.sign(with(header, "crit", []string{"exp"}), c),
		"another typ":                    f.sign(with(header, "typ", "id_token"), c),
		"expired":                        f.sign(h, with(claims, "exp", past)),
		"no expiry":                      f.sign(h, with(claims, "exp", nil)),
		"not yet valid":                  f.sign(h, with(claims, "nbf", future)),
		"another audience":               f.sign(h, with(claims, "aud", "somebody")),
		"no audience":                    f.sign(h, with(claims, "aud", nil)),
		"another issuer":                 f.sign(h, with(claims, "iss", "https://evil.example")),
		"no issuer":                      f.sign(h, with(claims, "iss", nil)),
		"a claim twice":                  f.sign(h, strings.TrimSuffix(c, "}")+`,"role":"admin"}`),
		"a header twice":                 f.sign(strings.TrimSuffix(h, "}")+`,"alg":"EdDSA"}`, c),
		"one megabyte":                   f.sign(h, with(claims, "padding", strings.Repeat("x", 1<<20))),
		"claims changed after signing":   encode([]byte(h)) + "." + encode([]byte(with(claims, "sub", "other"))) + good[strings.LastIndex(good, "."):],
		"two dots more":                  good + "..",
		"nothing":                        "",
	}
	for name, token := range cases {
		got := mesh.http("GET", "/api/orders", nil, credential{bearer: token}, "Authorization", "Bearer "+token)
		// Go's server answers headers over its limit with 431 before anybody looks at them.
		if got.status != 401 && !(len(token) > 64<<10 && (got.status == 431 || got.status == 0)) {
			t.Errorf("%s: REST %d %s, want 401", name, got.status, got.body)
		}
		_, err := call(mesh.operPort, findMethod("ordermesh.order.v1.OrderService/ListOrders"), &orderv1.ListOrdersRequest{}, credential{bearer: token})
		if code := status.Code(err); code != codes.Unauthenticated && len(token) < 64<<10 || err == nil {
			t.Errorf("%s: gRPC %v, want UNAUTHENTICATED", name, err)
		}
	}
}

// TestATokenWithoutRoleMayDoNothing: it is a good token of somebody who has no business here.
func TestATokenWithoutRoleMayDoNothing(t *testing.T) {
	f := newForger(t)
	header, claims := parts(t, mesh.operatorToken)
	for _, role := range []any{nil, "root", "partner", "", 4} {
		token := f.sign(with(header, "", nil), with(claims, "role", role))
		if got := mesh.http("GET", "/api/orders", nil, credential{bearer: token}); got.status != 403 && got.status != 401 {
			t.Errorf("role %v: %d %s", role, got.status, got.body)
		}
	}
}

func TestTwoCredentialsAtOnceAreRefused(t *testing.T) {
	if got := mesh.http("GET", "/api/orders", nil, credential{key: mesh.partnerKeys["partner-a"], bearer: mesh.operatorToken}); got.status != 401 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestAnIdentityFromOutsideIsNotTaken: what the gateway says inward cannot be said to it.
func TestAnIdentityFromOutsideIsNotTaken(t *testing.T) {
	forged := "\x08\x04"
	got := mesh.http("GET", "/api/orders?partnerId=partner-b", nil, mesh.own(), "Grpc-Metadata-X-Ordermesh-Identity-Bin",
		base64.StdEncoding.EncodeToString([]byte(forged)), "X-Ordermesh-Identity-Bin", base64.StdEncoding.EncodeToString([]byte(forged)))
	if got.status != 403 {
		t.Errorf("REST: %d %s", got.status, got.body)
	}
	who := mesh.own()
	ctx := metadata.AppendToOutgoingContext(who.outgoing(context.Background()), "x-ordermesh-identity-bin", forged)
	err := mesh.partnerPort.Invoke(ctx, "/ordermesh.order.v1.OrderService/ListOrders", &orderv1.ListOrdersRequest{PartnerId: "partner-b"}, &orderv1.ListOrdersResponse{})
	if status.Code(err) != denied {
		t.Errorf("gRPC: %v", err)
	}
}

// openStreams opens a feed stream and a watch and waits until both live.
func openStreams(t *testing.T, who credential) []grpc.ClientStream {
	t.Helper()
	ctx, cancel := context.WithTimeout(who.outgoing(context.Background()), 30*time.Second)
	t.Cleanup(cancel)
	bidi := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	feed, err := mesh.partnerPort.NewStream(ctx, bidi, "/ordermesh.feed.v1.FeedService/StreamOrders")
	if err != nil {
		t.Fatal(err)
	}
	request := &feedv1.StreamOrdersRequest{PartnerId: "partner-a", Orders: []*feedv1.OrderInput{
		{Tag: 1, Content: &feedv1.OrderInput_RawPayload{RawPayload: orderA(freshNumber())}}}}
	if err := feed.SendMsg(request); err != nil {
		t.Fatal(err)
	}
	watch, err := mesh.partnerPort.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/ordermesh.order.v1.OrderService/WatchOrders")
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.SendMsg(&orderv1.WatchOrdersRequest{}); err != nil {
		t.Fatal(err)
	}
	_ = watch.CloseSend()
	if err := feed.RecvMsg(&feedv1.StreamOrdersResponse{}); err != nil {
		t.Fatal(err)
	}
	if err := watch.RecvMsg(&orderv1.WatchOrdersResponse{}); err != nil {
		t.Fatal(err)
	}
	return []grpc.ClientStream{feed, watch}
}

// endsWithin reads a stream to its end.
func endsWithin(t *testing.T, stream grpc.ClientStream, response proto.Message, limit time.Duration) error {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		for {
			if err := stream.RecvMsg(response); err != nil {
				ended <- err
				return
			}
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-time.After(limit):
		t.Errorf("the stream still lives after %v", limit)
		return nil
	}
}

func newKey(t *testing.T, partner string, expires time.Duration) *partnersv1.CreateApiKeyResponse {
	t.Helper()
	request := &partnersv1.CreateApiKeyRequest{PartnerId: partner, Label: t.Name()}
	if expires > 0 {
		request.ExpireTime = timestamppb.New(time.Now().Add(expires))
	}
	response := &partnersv1.CreateApiKeyResponse{}
	if err := mesh.operPort.Invoke(mesh.oper().outgoing(context.Background()), "/ordermesh.partners.v1.PartnersService/CreateApiKey", request, response); err != nil {
		t.Fatal(err)
	}
	return response
}

// waitUntilTaken: a new key reaches the gateway within a second.
func waitUntilTaken(t *testing.T, key string) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if mesh.http("GET", "/api/orders?pageSize=1", nil, credential{key: key}).status == 200 {
			return
		}
	}
	t.Fatal("a new key is not taken after 5 s")
}

func TestRevocationEndsOpenStreams(t *testing.T) {
	made := newKey(t, "partner-a", 0)
	waitUntilTaken(t, made.GetKey())
	streams := openStreams(t, credential{key: made.GetKey()})
	revokeKey("partner-a", made.GetApiKey().GetKeyId())
	for i, response := range []proto.Message{&feedv1.StreamOrdersResponse{}, &orderv1.WatchOrdersResponse{}} {
		if err := endsWithin(t, streams[i], response, 5*time.Second); status.Code(err) != codes.Unauthenticated {
			t.Errorf("stream %d ended with %v, want UNAUTHENTICATED", i, err)
		}
	}
	if got := mesh.http("GET", "/api/orders", nil, credential{key: made.GetKey()}); got.status != 401 {
		t.Errorf("the revoked key: %d", got.status)
	}
}

func TestExpiryEndsOpenStreams(t *testing.T) {
	made := newKey(t, "partner-a", 3*time.Second)
	t.Cleanup(func() { revokeKey("partner-a", made.GetApiKey().GetKeyId()) })
	waitUntilTaken(t, made.GetKey())
	streams := openStreams(t, credential{key: made.GetKey()})
	if err := endsWithin(t, streams[0], &feedv1.StreamOrdersResponse{}, 8*time.Second); status.Code(err) != codes.Unauthenticated {
		t.Errorf("the stream ended with %v, want UNAUTHENTICATED", err)
	}
}

func TestTwoKeysRotateAndAThirdIsRefused(t *testing.T) {
	second := newKey(t, "partner-a", 0)
	t.Cleanup(func() { revokeKey("partner-a", second.GetApiKey().GetKeyId()) })
	waitUntilTaken(t, second.GetKey())
	if got := mesh.http("GET", "/api/orders?pageSize=1", nil, mesh.own()); got.status != 200 {
		t.Errorf("the first key beside the second: %d", got.status)
	}
	err := mesh.operPort.Invoke(mesh.oper().outgoing(context.Background()), "/ordermesh.partners.v1.PartnersService/CreateApiKey",
		&partnersv1.CreateApiKeyRequest{PartnerId: "partner-a"}, &partnersv1.CreateApiKeyResponse{})
	if status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a third key: %v", err)
	}
}

func TestSuspensionRefusesAndActivationTakesAgain(t *testing.T) {
	who := credential{key: mesh.partnerKeys["olist"]}
	suspend := func(method string) {
		if got := mesh.http("POST", "/api/partners/olist/"+method, []byte("{}"), mesh.oper()); got.status != 200 {
			t.Fatalf("%s: %d %s", method, got.status, got.body)
		}
	}
	wait := func(status int) {
		t.Helper()
		var got answer
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if got = mesh.http("GET", "/api/orders?pageSize=1", nil, who); got.status == status {
				return
			}
		}
		t.Errorf("after 5 s: %d %s, want %d", got.status, got.body, status)
	}
	wait(200)
	suspend("suspend")
	wait(403)
	suspend("activate")
	wait(200)
}

func TestMalformedKeysAreRefused(t *testing.T) {
	good := mesh.partnerKeys["partner-a"]
	for _, key := range []string{"omk_live_wrong", good[:len(good)-1], good + "x", strings.ToUpper(good), "omk_test_" + good[9:], strings.Repeat("k", 4000), good[:20] + "z" + good[21:]} {
		if key == good {
			continue
		}
		if got := mesh.http("GET", "/api/orders", nil, credential{key: key}); got.status != 401 {
			t.Errorf("key %.12s… (%d characters): %d", key, len(key), got.status)
		}
	}
	if fmt.Sprint(len(good)) != "58" {
		t.Errorf("a key has %d characters, want 58", len(good))
	}
}
