package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
)

func newMessage(d protoreflect.MessageDescriptor) proto.Message {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		panic(err)
	}
	return kind.New().Interface()
}

// call makes one RPC and gives its first response.
func call(c *grpc.ClientConn, m protoreflect.MethodDescriptor, request proto.Message, who credential) (proto.Message, error) {
	ctx, cancel := context.WithTimeout(who.outgoing(context.Background()), 20*time.Second)
	defer cancel()
	response := newMessage(m.Output())
	if !m.IsStreamingServer() {
		return response, c.Invoke(ctx, "/"+nameOf(m), request, response)
	}
	stream, err := c.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: m.IsStreamingClient()}, "/"+nameOf(m))
	if err != nil {
		return nil, err
	}
	if err := stream.SendMsg(request); err != nil && err != io.EOF {
		return nil, err
	}
	if !m.IsStreamingClient() {
		_ = stream.CloseSend()
	}
	return response, stream.RecvMsg(response)
}

var pathVariable = regexp.MustCompile(`\{([^}]+)\}`)

// callREST makes the REST call that means the same as the request, by the method's http rule.
func callREST(t *testing.T, m protoreflect.MethodDescriptor, rule *annotations.HttpRule, request proto.Message, who credential) answer {
	verb, path := verbAndPath(rule)
	fields := map[string]any{}
	text, err := protojson.Marshal(request)
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	path = pathVariable.ReplaceAllStringFunc(path, func(name string) string {
		at := fields
		parts := strings.Split(strings.Trim(name, "{}"), ".")
		for _, part := range parts[:len(parts)-1] {
			at, _ = at[lowerCamel(part)].(map[string]any)
		}
		last := lowerCamel(parts[len(parts)-1])
		value := at[last]
		delete(at, last)
		return url.PathEscape(fmt.Sprint(value))
	})
	body := bodyOf(rule.GetBody(), request, fields)
	query := url.Values{}
	for name, value := range fields {
		if rule.GetBody() != "*" {
			query.Set(name, fmt.Sprint(value))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return mesh.http(verb, path, body, who)
}

func verbAndPath(rule *annotations.HttpRule) (string, string) {
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", p.Get
	case *annotations.HttpRule_Post:
		return "POST", p.Post
	case *annotations.HttpRule_Patch:
		return "PATCH", p.Patch
	case *annotations.HttpRule_Delete:
		return "DELETE", p.Delete
	}
	panic("an http rule of a kind that the table does not know")
}

// bodyOf takes the body out of the fields.
func bodyOf(name string, request proto.Message, fields map[string]any) []byte {
	var body []byte
	switch name {
	case "":
		return nil
	case "*":
		body, _ = json.Marshal(fields)
	case "raw_payload":
		body = request.(*feedv1.SubmitOrderRequest).GetRawPayload()
		delete(fields, "rawPayload")
	case "orders":
		payloads := [][]byte{}
		for _, o := range request.(*feedv1.BatchSubmitOrdersRequest).GetOrders() {
			payloads = append(payloads, o.GetRawPayload())
		}
		body = []byte("[" + string(bytes.Join(payloads, []byte(","))) + "]")
		delete(fields, "orders")
	default:
		body, _ = json.Marshal(fields[lowerCamel(name)])
		delete(fields, lowerCamel(name))
	}
	return body
}

func lowerCamel(name string) string {
	parts := strings.Split(name, "_")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
	}
	return strings.Join(parts, "")
}
