// Package access is the one table of who may call what, made from the options in the protos. What is not in it cannot
// be reached.
package access

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	// The services whose descriptors the table is made from.
	_ "ordermesh.dev/client/ordermesh/error/v1"
	_ "ordermesh.dev/client/ordermesh/feed/v1"
	_ "ordermesh.dev/client/ordermesh/gateway/v1"
	_ "ordermesh.dev/client/ordermesh/order/v1"
	_ "ordermesh.dev/client/ordermesh/partners/v1"
	_ "ordermesh.dev/client/ordermesh/validation/v1"
)

// Role is what a caller may do.
type Role = commonv1.Identity_Role

// Route is one way to call a method over REST.
type Route struct {
	// GET, POST and so on.
	HTTPMethod string
	// As the proto has it: /api/orders/{id}.
	Path string
	// The field that the body becomes; "*" for the whole request, empty where there is none.
	Body string
}

// Method is one method that the gateway can reach.
type Method struct {
	// "/ordermesh.feed.v1.FeedService/SubmitOrder".
	FullName string
	// "ordermesh.feed.v1.FeedService" and "SubmitOrder".
	Service, Name string
	Routes        []Route
	ClientStreams bool
	ServerStreams bool
	// Counts against the query limit of the key.
	Query bool
	// The message that it answers with.
	Output protoreflect.FullName

	roles uint32
}

// Allows says whether the role may call the method.
func (m *Method) Allows(role Role) bool {
	return role > 0 && role < 32 && m.roles&(1<<uint(role)) != 0
}

// ForPartners says whether partners may call the method, which puts it on their port.
func (m *Method) ForPartners() bool { return m.Allows(commonv1.Identity_PARTNER) }

// Unary says whether the method takes one message and answers with one.
func (m *Method) Unary() bool { return !m.ClientStreams && !m.ServerStreams }

// Table holds the methods by full name.
type Table map[string]*Method

// New makes the table of all linked protos of the mesh. A method without roles is left out.
func New() (Table, error) {
	table := Table{}
	var failed error
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "ordermesh.") {
			return true
		}
		for i := range file.Services().Len() {
			if failed = table.add(file.Services().Get(i)); failed != nil {
				return false
			}
		}
		return true
	})
	return table, failed
}

func (t Table) add(service protoreflect.ServiceDescriptor) error {
	for i := range service.Methods().Len() {
		descriptor := service.Methods().Get(i)
		option, _ := proto.GetExtension(descriptor.Options(), commonv1.E_Access).(*commonv1.Access)
		if len(option.GetRoles()) == 0 {
			continue
		}
		method := &Method{
			FullName:      fmt.Sprintf("/%s/%s", service.FullName(), descriptor.Name()),
			Service:       string(service.FullName()),
			Name:          string(descriptor.Name()),
			ClientStreams: descriptor.IsStreamingClient(),
			ServerStreams: descriptor.IsStreamingServer(),
			Query:         option.GetQuery(),
			Output:        descriptor.Output().FullName(),
		}
		for _, role := range option.GetRoles() {
			method.roles |= 1 << uint(role)
		}
		rule, _ := proto.GetExtension(descriptor.Options(), annotations.E_Http).(*annotations.HttpRule)
		for _, rule := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
			if rule == nil {
				continue
			}
			route, err := routeOf(rule)
			if err != nil {
				return fmt.Errorf("%s: %w", method.FullName, err)
			}
			method.Routes = append(method.Routes, route)
		}
		t[method.FullName] = method
	}
	return nil
}

func routeOf(rule *annotations.HttpRule) (Route, error) {
	route := Route{Body: rule.GetBody()}
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		route.HTTPMethod, route.Path = "GET", pattern.Get
	case *annotations.HttpRule_Put:
		route.HTTPMethod, route.Path = "PUT", pattern.Put
	case *annotations.HttpRule_Post:
		route.HTTPMethod, route.Path = "POST", pattern.Post
	case *annotations.HttpRule_Delete:
		route.HTTPMethod, route.Path = "DELETE", pattern.Delete
	case *annotations.HttpRule_Patch:
		route.HTTPMethod, route.Path = "PATCH", pattern.Patch
	default:
		return Route{}, fmt.Errorf("the HTTP rule %v is not supported", rule)
	}
	if strings.ContainsAny(route.Path, "*=:") {
		return Route{}, fmt.Errorf("the path %s has a wildcard or a verb, which net/http cannot route", route.Path)
	}
	return route, nil
}

// Sorted gives the methods by name, so that whatever is made from them is always the same.
func (t Table) Sorted() []*Method {
	methods := make([]*Method, 0, len(t))
	for _, method := range t {
		methods = append(methods, method)
	}
	slices.SortFunc(methods, func(a, b *Method) int { return strings.Compare(a.FullName, b.FullName) })
	return methods
}
