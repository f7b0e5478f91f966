package access

import (
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
)

func newTable(t *testing.T) Table {
	t.Helper()
	table, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestTableKnowsTheFeed(t *testing.T) {
	method := newTable(t)["/ordermesh.feed.v1.FeedService/SubmitOrder"]
	if method == nil {
		t.Fatal("SubmitOrder is missing")
	}
	want := Route{HTTPMethod: "POST", Path: "/api/feed/{partner_id}", Body: "raw_payload"}
	if len(method.Routes) != 1 || method.Routes[0] != want || !method.Unary() || method.Query || !method.ForPartners() {
		t.Errorf("got %+v", method)
	}
}

func TestTableKnowsStreamsAndQueries(t *testing.T) {
	table := newTable(t)
	if m := table["/ordermesh.feed.v1.FeedService/StreamOrders"]; m.Unary() || !m.ClientStreams || !m.ServerStreams ||
		len(m.Routes) != 0 {
		t.Errorf("got %+v", m)
	}
	if m := table["/ordermesh.order.v1.OrderService/WatchOrders"]; m.Unary() || m.ClientStreams || !m.Query {
		t.Errorf("got %+v", m)
	}
}

func TestRolesAreThoseOfTheOption(t *testing.T) {
	method := newTable(t)["/ordermesh.partners.v1.PartnersService/CreateApiKey"]
	for role, want := range map[Role]bool{
		commonv1.Identity_ROLE_UNSPECIFIED: false, commonv1.Identity_PARTNER: false, commonv1.Identity_VIEWER: false,
		commonv1.Identity_OPERATOR: true, commonv1.Identity_ADMIN: true, Role(77): false, Role(-1): false,
	} {
		if method.Allows(role) != want {
			t.Errorf("%v: want %v", role, want)
		}
	}
}

func TestMethodsWithoutRolesAreNotInTheTable(t *testing.T) {
	table := newTable(t)
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "ordermesh.") {
			return true
		}
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				option, _ := proto.GetExtension(methods.Get(j).Options(), commonv1.E_Access).(*commonv1.Access)
				name := "/" + string(file.Services().Get(i).FullName()) + "/" + string(methods.Get(j).Name())
				if _, there := table[name]; there != (len(option.GetRoles()) > 0) {
					t.Errorf("%s: in the table %v, roles %v", name, there, option.GetRoles())
				}
			}
		}
		return true
	})
	for _, inner := range []string{"/ordermesh.order.v1.OrderCommitService/CommitOrders",
		"/ordermesh.partners.v1.PartnerSyncService/WatchPartners",
		"/ordermesh.validation.v1.ValidationService/ValidateOrders"} {
		if table[inner] != nil {
			t.Errorf("%s can be reached", inner)
		}
	}
}

func TestRulesThatCannotBeRoutedAreRefused(t *testing.T) {
	for _, rule := range []*annotations.HttpRule{
		{},
		{Pattern: &annotations.HttpRule_Get{Get: "/api/{name=orders/*}"}},
		{Pattern: &annotations.HttpRule_Post{Post: "/api/orders/{id}:cancel"}},
	} {
		if route, err := routeOf(rule); err == nil {
			t.Errorf("%v became %v", rule, route)
		}
	}
	for method, rule := range map[string]*annotations.HttpRule{
		"PUT":    {Pattern: &annotations.HttpRule_Put{Put: "/x"}},
		"DELETE": {Pattern: &annotations.HttpRule_Delete{Delete: "/x"}},
		"PATCH":  {Pattern: &annotations.HttpRule_Patch{Patch: "/x"}},
	} {
		if route, err := routeOf(rule); err != nil || route.HTTPMethod != method || route.Path != "/x" {
			t.Errorf("%v became %v, %v", rule, route, err)
		}
	}
}

func TestSortedIsStable(t *testing.T) {
	methods := newTable(t).Sorted()
	for i := 1; i < len(methods); i++ {
		if methods[i-1].FullName >= methods[i].FullName {
			t.Errorf("%s before %s", methods[i-1].FullName, methods[i].FullName)
		}
	}
}
