package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	"ordermesh.dev/gateway/internal/limits"
	"ordermesh.dev/gateway/internal/refuse"
)

// codec is grpc-gateway's marshaler. A partner's body arrives byte for byte: it is never parsed into values, which
// would make 29.99 a double.
type codec struct{ contentType string }

var (
	plain       = protojson.MarshalOptions{}
	withDefault = protojson.MarshalOptions{EmitDefaultValues: true}
	typed       = runtime.JSONPb{}

	// A partner that has errors has statuses, so that an empty list was not asked for: an answer without it is what it
	// was before there were any. Within a text the quotes would be escaped.
	unaskedStatuses = regexp.MustCompile(`, ?"statuses":\[\]`)
)

func (c codec) ContentType(any) string       { return c.contentType }
func (c codec) StreamContentType(any) string { return c.contentType }

// Delimiter ends a message of a watch; events bring their own end.
func (c codec) Delimiter() []byte {
	if c.contentType == eventStream {
		return nil
	}
	return []byte("\n")
}

// Marshal gives the JSON of an answer, or of a message of a watch.
func (c codec) Marshal(v any) ([]byte, error) {
	switch v := v.(type) {
	case map[string]any:
		message, ok := v["result"].(proto.Message)
		if !ok {
			return nil, fmt.Errorf("a watch cannot send %T", v["result"])
		}
		if chunk, ok := message.(*commonv1.ExportChunk); ok {
			return chunk.GetLines(), nil
		}
		data, err := marshalMessage(message)
		if err != nil {
			return nil, err
		}
		if c.contentType == eventStream {
			return event(message, data), nil
		}
		return wrap(`{"result":`, data), nil
	case map[string]proto.Message:
		data, err := plain.Marshal(v["error"])
		return wrap(`{"error":`, data), err
	case proto.Message:
		return marshalMessage(v)
	default:
		return nil, fmt.Errorf("%T is no message", v)
	}
}

func wrap(start string, data []byte) []byte {
	out := make([]byte, 0, len(start)+len(data)+1)
	return append(append(append(out, start...), data...), '}')
}

// marshalMessage leaves out what has its default value, but for statistics, summaries and the fields of lists
// themselves.
func marshalMessage(message proto.Message) ([]byte, error) {
	if batch, ok := message.(*feedv1.BatchSubmitOrdersResponse); ok {
		return marshalBatch(batch)
	}
	name := string(message.ProtoReflect().Descriptor().Name())
	if strings.HasSuffix(name, "Stats") {
		data, err := withDefault.Marshal(message)
		return unaskedStatuses.ReplaceAll(data, nil), err
	}
	data, err := plain.Marshal(message)
	if err != nil || !strings.HasSuffix(name, "Response") {
		return data, err
	}
	return addDefaults(data, message.ProtoReflect()), nil
}

// addDefaults adds the message's own empty fields to its JSON: an empty list is [], the last page's token "".
func addDefaults(data []byte, message protoreflect.Message) []byte {
	fields := message.Descriptor().Fields()
	data = data[:len(data)-1]
	for i := range fields.Len() {
		field := fields.Get(i)
		if message.Has(field) || field.HasPresence() {
			continue
		}
		value := `""`
		switch {
		case field.IsMap():
			value = "{}"
		case field.IsList():
			value = "[]"
		case field.Kind() == protoreflect.BoolKind:
			value = "false"
		case field.Kind() == protoreflect.Int32Kind:
			value = "0"
		case field.Kind() == protoreflect.Int64Kind:
			value = `"0"`
		case field.Kind() != protoreflect.StringKind && field.Kind() != protoreflect.BytesKind:
			continue
		}
		if len(data) > 1 {
			data = append(data, ',')
		}
		data = append(data, fmt.Sprintf("%q:%s", field.JSONName(), value)...)
	}
	return append(data, '}')
}

// marshalBatch gives verdicts without defaults and a summary with them: whoever adds up wants every number.
func marshalBatch(batch *feedv1.BatchSubmitOrdersResponse) ([]byte, error) {
	out := make([]byte, 0, 64+128*len(batch.GetResults()))
	out = append(out, `{"results":[`...)
	var err error
	for i, verdict := range batch.GetResults() {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = plain.MarshalAppend(out, verdict); err != nil {
			return nil, err
		}
	}
	out = append(out, `],"summary":`...)
	if out, err = withDefault.MarshalAppend(out, batch.GetSummary()); err != nil {
		return nil, err
	}
	return append(out, '}'), nil
}

// NewEncoder is not used by grpc-gateway for answers of ours.
func (c codec) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		data, err := c.Marshal(v)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	})
}

// Unmarshal reads a typed message.
func (c codec) Unmarshal(data []byte, v any) error { return decode(data, v) }

// NewDecoder reads a body: a partner's bytes as they are, a batch cut into its orders, or a typed message.
func (c codec) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		whole, ours := r.(*body)
		if !ours {
			data, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			return decode(data, v)
		}
		err := decode(whole.data, v)
		if err != nil && !errors.Is(err, io.EOF) {
			whole.refusal = refuse.With(codes.InvalidArgument, "BAD_BODY", err.Error())
		}
		return err
	})
}

func decode(data []byte, v any) error {
	switch v := v.(type) {
	case *[]byte:
		*v = data
		return nil
	case *[]*feedv1.OrderInput:
		orders, err := cutBatch(data)
		*v = orders
		return err
	}
	if len(trim(data)) == 0 {
		return io.EOF
	}
	if !json.Valid(data) {
		return errors.New("the body is not JSON")
	}
	return typed.Unmarshal(data, v)
}

// trim takes away what JSON calls white space.
func trim(data []byte) []byte { return bytes.Trim(data, " \t\r\n") }

// cutBatch cuts a JSON array into its elements, each the very bytes that came.
func cutBatch(data []byte) ([]*feedv1.OrderInput, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if start, err := decoder.Token(); err != nil || start != json.Delim('[') {
		return nil, errors.New("the body is not a JSON array")
	}
	var orders []*feedv1.OrderInput
	var element json.RawMessage
	for decoder.More() {
		if err := decoder.Decode(&element); err != nil {
			return nil, errors.New("the body is not a JSON array: an element is not JSON")
		}
		if len(orders) == limits.MaxBatchOrders {
			return nil, fmt.Errorf("a batch has at most %d orders", limits.MaxBatchOrders)
		}
		end := decoder.InputOffset()
		raw := data[end-int64(len(element)) : end]
		orders = append(orders, &feedv1.OrderInput{Content: &feedv1.OrderInput_RawPayload{RawPayload: raw}})
	}
	if _, err := decoder.Token(); err != nil {
		return nil, errors.New("the body is not a JSON array: it does not end")
	}
	if len(trim(data[decoder.InputOffset():])) > 0 {
		return nil, errors.New("bytes follow the JSON array")
	}
	if len(orders) == 0 {
		return nil, errors.New("a batch has at least one order")
	}
	return orders, nil
}
