package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	validationv1 "ordermesh.dev/client/ordermesh/validation/v1"
)

// methods are all methods of the mesh's own protos, in a fixed order.
func methods() []protoreflect.MethodDescriptor {
	var found []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "ordermesh.") {
			return true
		}
		for i := range file.Services().Len() {
			all := file.Services().Get(i).Methods()
			for j := range all.Len() {
				found = append(found, all.Get(j))
			}
		}
		return true
	})
	slices.SortFunc(found, func(a, b protoreflect.MethodDescriptor) int { return strings.Compare(nameOf(a), nameOf(b)) })
	return found
}

func nameOf(m protoreflect.MethodDescriptor) string {
	return string(m.Parent().FullName()) + "/" + string(m.Name())
}

func accessOf(m protoreflect.MethodDescriptor) *commonv1.Access {
	return proto.GetExtension(m.Options(), commonv1.E_Access).(*commonv1.Access)
}

func hasRole(m protoreflect.MethodDescriptor, role commonv1.Identity_Role) bool {
	return slices.Contains(accessOf(m).GetRoles(), role)
}

// caller is a credential and what it is expected to get.
type caller struct {
	credential
	role    commonv1.Identity_Role
	foreign bool
	unknown bool
}

func callers() []caller {
	return []caller{
		{credential: mesh.own(), role: commonv1.Identity_PARTNER},
		{credential: mesh.foreign(), role: commonv1.Identity_PARTNER, foreign: true},
		{credential: mesh.oper(), role: commonv1.Identity_OPERATOR},
		{credential: credential{name: "viewer", bearer: mesh.token("viewer")}, role: commonv1.Identity_VIEWER},
		{credential: credential{name: "admin", bearer: mesh.token("admin")}, role: commonv1.Identity_ADMIN},
		{credential: credential{name: "no credential"}, unknown: true},
		{credential: credential{name: "revoked key", key: mesh.revokedKey}, unknown: true},
	}
}

// expected is the code that the good request gets.
func expected(m protoreflect.MethodDescriptor, r row, c caller) codes.Code {
	switch {
	case c.unknown:
		return codes.Unauthenticated
	case !hasRole(m, c.role):
		return denied
	case c.foreign:
		return r.foreign
	}
	return codes.OK
}

func TestEveryMethodHasARow(t *testing.T) {
	reachable := map[string]bool{}
	for _, m := range methods() {
		name := nameOf(m)
		if accessOf(m) == nil || len(accessOf(m).GetRoles())+len(accessOf(m).GetCallers()) == 0 {
			t.Errorf("%s says nobody may call it", name)
		}
		if len(accessOf(m).GetRoles()) > 0 {
			reachable[name] = true
			if _, ok := table[name]; !ok {
				t.Errorf("%s has no row in table_test.go", name)
			}
		}
	}
	for name := range table {
		if !reachable[name] {
			t.Errorf("the row %s is about no method that can be reached", name)
		}
	}
}

func TestEveryRPCForEveryCaller(t *testing.T) {
	w := newWorld(t)
	for _, m := range methods() {
		r, ok := table[nameOf(m)]
		for _, c := range callers() {
			if !ok {
				checkUnreachable(t, m, c)
				continue
			}
			t.Run(nameOf(m)+" "+c.name, func(t *testing.T) { checkRPC(t, w, m, r, c) })
		}
	}
}

// checkUnreachable calls what only services may call, on both ports.
func checkUnreachable(t *testing.T, m protoreflect.MethodDescriptor, c caller) {
	for _, port := range []*grpc.ClientConn{mesh.partnerPort, mesh.operPort} {
		_, err := call(port, m, newMessage(m.Input()), c.credential)
		if code := status.Code(err); code != codes.Unimplemented && code != denied && code != codes.Unauthenticated {
			t.Errorf("%s by %s: %v, want a refusal", nameOf(m), c.name, err)
		}
	}
}

func checkRPC(t *testing.T, w *world, m protoreflect.MethodDescriptor, r row, c caller) {
	ports := map[string]*grpc.ClientConn{"operator port": mesh.operPort}
	if hasRole(m, commonv1.Identity_PARTNER) {
		ports["partner port"] = mesh.partnerPort
	} else if _, err := call(mesh.partnerPort, m, r.good(w), c.credential); status.Code(err) == codes.OK {
		t.Errorf("the partner port serves an operator's method")
	}
	for name, port := range ports {
		want := expected(m, r, c)
		response, err := call(port, m, r.good(w), c.credential)
		if status.Code(err) != want {
			t.Errorf("%s: good request: %v, want %v", name, err, want)
		}
		if want == codes.OK && err == nil && r.undo != nil {
			r.undo(w, response)
		}
		if r.bad != nil && want == codes.OK && !c.foreign {
			if _, err := call(port, m, r.bad(w), c.credential); status.Code(err) != r.badCode {
				t.Errorf("%s: bad request: %v, want %v", name, err, r.badCode)
			}
		}
		if c.foreign && r.missing != nil {
			_, foreign := call(port, m, r.good(w), c.credential)
			_, missing := call(port, m, r.missing(w), c.credential)
			if !proto.Equal(status.Convert(foreign).Proto(), status.Convert(missing).Proto()) {
				t.Errorf("%s: foreign %v differs from missing %v", name, foreign, missing)
			}
		}
	}
}

func TestEveryRouteForEveryCaller(t *testing.T) {
	w := newWorld(t)
	for _, m := range methods() {
		rule, _ := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule)
		if rule == nil || rule.GetPattern() == nil {
			continue
		}
		for _, c := range callers() {
			t.Run(nameOf(m)+" "+c.name, func(t *testing.T) { checkRoute(t, w, m, rule, c) })
		}
	}
}

var httpStatus = map[codes.Code][]int{
	codes.OK: {200, 201}, invalid: {400}, notFound: {404}, denied: {403}, codes.Unauthenticated: {401}, codes.OutOfRange: {400},
}

func checkRoute(t *testing.T, w *world, m protoreflect.MethodDescriptor, rule *annotations.HttpRule, c caller) {
	r := table[nameOf(m)]
	want := expected(m, r, c)
	got := callREST(t, m, rule, r.good(w), c.credential)
	if !slices.Contains(httpStatus[want], got.status) {
		t.Fatalf("good request: %d %s, want %v", got.status, got.body, httpStatus[want])
	}
	if want != codes.OK {
		checkStatusBody(t, got, want)
	} else if r.undo != nil {
		response := newMessage(m.Output())
		if err := protojson.Unmarshal(got.body, response); err != nil {
			t.Fatal(err)
		}
		r.undo(w, response)
	}
	if r.bad != nil && want == codes.OK && !c.foreign {
		bad := callREST(t, m, rule, r.bad(w), c.credential)
		if !slices.Contains(httpStatus[r.badCode], bad.status) {
			t.Errorf("bad request: %d %s, want %v", bad.status, bad.body, httpStatus[r.badCode])
		}
		checkStatusBody(t, bad, r.badCode)
	}
	if c.foreign && r.missing != nil {
		missing := callREST(t, m, rule, r.missing(w), c.credential)
		if missing.status != got.status || !bytes.Equal(missing.body, got.body) {
			t.Errorf("foreign %d %s differs from missing %d %s", got.status, got.body, missing.status, missing.body)
		}
	}
}

// checkStatusBody: every refusal is a google.rpc.Status with an ErrorInfo or BadRequest.
func checkStatusBody(t *testing.T, got answer, want codes.Code) {
	var body struct {
		Code    int
		Message string
		Details []map[string]any
	}
	if err := json.Unmarshal(got.body, &body); err != nil || body.Code != int(want) || body.Message == "" {
		t.Errorf("the body is no google.rpc.Status %v: %s", want, got.body)
	}
	if got.header.Get("X-Request-Id") == "" {
		t.Errorf("no X-Request-Id")
	}
}

func TestUndeclaredPathsAndMethods(t *testing.T) {
	for path, want := range map[string]int{"/api/nothing": 404, "/api": 404, "/metrics": 404, "/debug/pprof/": 404, "/ordermesh.feed.v1.FeedService/SubmitOrder": 404} {
		if got := mesh.http("GET", path, nil, mesh.oper()); got.status != want {
			t.Errorf("GET %s: %d, want %d", path, got.status, want)
		}
	}
	if got := mesh.http("DELETE", "/api/orders", nil, mesh.oper()); got.status != 405 {
		t.Errorf("DELETE /api/orders: %d, want 405", got.status)
	}
	got := mesh.http("POST", "/api/orders", []byte("{}"), mesh.oper(), "X-HTTP-Method-Override", "GET", "Content-Type", "application/x-www-form-urlencoded")
	if got.status != 405 {
		t.Errorf("a method override was followed: %d", got.status)
	}
}

// Letters before the digits: an id must not look like a card number, which would be refused.
func orderA(n int) []byte {
	return fmt.Appendf(nil, `{"externalOrderId": "EDGE-p%d-n%d", "sequenceNumber": %d, "productId": "SKU-1", "customerId": "C-1", "quantity": 1,`+
		` "unitPrice": 29.99, "taxRate": 0.08, "currency": "USD", "transactionTime": "2026-01-15T10:30:00.000Z"}`, os.Getpid(), n, n)
}

// newWorld makes what the requests are about: an order and an error of partner-a, and a partner of the test's own.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{count: int(time.Now().UnixMicro() % 1e12)}
	var verdict struct{ Verdict, OrderID, ErrorID string }
	created := mesh.http("POST", "/api/feed/partner-a", payload(w), mesh.own())
	if err := json.Unmarshal(created.body, &verdict); err != nil || created.status != 201 {
		t.Fatalf("POST of an order: %d %s", created.status, created.body)
	}
	w.orderID = verdict.OrderID
	rejected := mesh.http("POST", "/api/feed/partner-a", bytes.Replace(payload(w), []byte(`"quantity": 1`), []byte(`"quantity": -1`), 1), mesh.own())
	if err := json.Unmarshal(rejected.body, &verdict); err != nil || rejected.status != 422 {
		t.Fatalf("POST of a bad order: %d %s", rejected.status, rejected.body)
	}
	w.errorID = verdict.ErrorID
	folder := filepath.Join(mesh.root, "config/partners/partner-a")
	_ = filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || filepath.Base(path) == "partner.yaml" {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		w.configs = append(w.configs, &validationv1.ConfigFile{Path: name, Content: content})
		return err
	})
	made := mesh.http("POST", "/api/partners", []byte(`{"partner": {"partnerId": "conformance"}}`), mesh.oper())
	if made.status != 200 && made.status != 409 {
		t.Fatalf("POST of a partner: %d %s", made.status, made.body)
	}
	w.keyID = newKey(t, "conformance", 0).GetApiKey().GetKeyId()
	revokeKey("conformance", w.keyID)
	return w
}

func revokeKey(partner, id string) {
	ctx := mesh.oper().outgoing(context.Background())
	request := &partnersv1.RevokeApiKeyRequest{PartnerId: partner, KeyId: id}
	if err := mesh.operPort.Invoke(ctx, "/ordermesh.partners.v1.PartnersService/RevokeApiKey", request, &partnersv1.ApiKey{}); err != nil {
		panic(err)
	}
}

func findMethod(name string) protoreflect.MethodDescriptor {
	for _, m := range methods() {
		if nameOf(m) == name {
			return m
		}
	}
	panic(name)
}
