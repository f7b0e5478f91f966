package rest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/refuse"
)

// spaceless is for comparing: protojson puts spaces where it likes.
func spaceless(data []byte) string { return strings.ReplaceAll(string(data), " ", "") }

func TestAnswersHaveDefaultsOnlyWhereTheyAreWanted(t *testing.T) {
	created := &commonv1.OrderVerdict{Verdict: commonv1.OrderVerdict_CREATED, OrderId: "o"}
	summary := &commonv1.VerdictSummary{Received: 1, Created: 1}
	for want, message := range map[string]proto.Message{
		`{"verdict":"CREATED","orderId":"o"}`: created,
		`{"id":"o"}`:                          &orderv1.Order{Id: "o"},
		`{"id":"e"}`:                          &errorv1.OrderError{Id: "e"},
		`{"orders":[],"nextPageToken":""}`:    &orderv1.ListOrdersResponse{},
		`{"errors":[{"id":"e"}],"nextPageToken":""}`: &errorv1.ListErrorsResponse{
			Errors: []*errorv1.OrderError{{Id: "e"}},
		},
		`{"totalCount":"0","partners":[],"hours":[]}`: &orderv1.OrderStats{},
		`{"totalCount":"0","partners":[]}`:            &errorv1.ErrorStats{},
		`{"totalCount":"0","partners":[{"partnerId":"a,\"statuses\":[]","count":"1","codes":[]}]}`: &errorv1.ErrorStats{
			Partners: []*errorv1.PartnerErrorStats{{PartnerId: `a,"statuses":[]`, Count: 1}},
		},
		`{"totalCount":"0","partners":[{"partnerId":"a","count":"1","codes":[],"statuses":[{"status":"OPEN","count":"1"}]}]}`: &errorv1.ErrorStats{
			Partners: []*errorv1.PartnerErrorStats{{PartnerId: "a", Count: 1,
				Statuses: []*errorv1.StatusCount{{Status: errorv1.OrderError_OPEN, Count: 1}}}},
		},
		`{"files":[]}`:                 &partnersv1.DiffConfigVersionsResponse{},
		`{"key":""}`:                   &partnersv1.CreateApiKeyResponse{},
		`{"orders":[],"position":"0"}`: &orderv1.WatchOrdersResponse{},
		`{"partners":[],"reset":false,"complete":false}`: &partnersv1.WatchPartnersResponse{},
		`{"results":[],"summary":{"received":"1","created":"1","replayed":"0","conflicts":"0",` +
			`"sequenceReused":"0","rejected":"0"}}`: &feedv1.BatchSubmitOrdersResponse{Summary: summary},
	} {
		data, err := codec{}.Marshal(message)
		if err != nil || spaceless(data) != want {
			t.Errorf("got %s, %v, want %s", data, err, want)
		}
	}
}

func TestTextThatIsNoUTF8FailsInsteadOfChanging(t *testing.T) {
	bad := &commonv1.OrderVerdict{OrderId: "\xff"}
	for _, v := range []any{bad, &feedv1.BatchSubmitOrdersResponse{Results: []*commonv1.OrderVerdict{bad}},
		map[string]any{"result": bad}, map[string]any{"result": 1}, 7, &orderv1.ListOrdersResponse{NextPageToken: "\xff"}} {
		if data, err := (codec{}).Marshal(v); err == nil {
			t.Errorf("got %s", data)
		}
	}
}

func TestEncoderWritesWhatMarshalGives(t *testing.T) {
	var out bytes.Buffer
	if err := (codec{}).NewEncoder(&out).Encode(&orderv1.Order{Id: "o"}); err != nil ||
		spaceless(out.Bytes()) != `{"id":"o"}` {
		t.Errorf("got %s, %v", out.String(), err)
	}
}

func TestTypedBodiesAreReadStrictly(t *testing.T) {
	var key partnersv1.CreateApiKeyRequest
	if err := (codec{}).Unmarshal([]byte(`{"label": "x"}`), &key); err != nil || key.GetLabel() != "x" {
		t.Errorf("got %v, %v", &key, err)
	}
	if err := (codec{}).NewDecoder(strings.NewReader(" \n")).Decode(&key); !errors.Is(err, io.EOF) {
		t.Errorf("an empty body: %v", err)
	}
	for _, bad := range []string{`{"label": "x"} x`, `{"unknown": 1}`, `{"label": 1}`, `[]`, `{"label":`} {
		if err := (codec{}).NewDecoder(strings.NewReader(bad)).Decode(&key); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if err := (codec{}).NewDecoder(broken{}).Decode(&key); err == nil {
		t.Error("a body that breaks off is taken")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestBatchKeepsTheBytesOfTheBody(t *testing.T) {
	data := []byte("[ {\"a\":\"]\\\"\" } ,[1,[2]]\t]")
	orders, err := cutBatch(data)
	if err != nil || len(orders) != 2 || string(orders[0].GetRawPayload()) != `{"a":"]\"" }` ||
		string(orders[1].GetRawPayload()) != "[1,[2]]" {
		t.Errorf("got %v, %v", orders, err)
	}
	if &orders[0].GetRawPayload()[0] != &data[2] {
		t.Error("the bytes were copied")
	}
}

func TestErrorsThatCannotBeWrittenLoseTheirDetailsOnly(t *testing.T) {
	unknown, err := status.New(codes.NotFound, "no").WithDetails(&errdetails.ErrorInfo{Reason: "R"})
	if err != nil {
		t.Fatal(err)
	}
	if got := spaceless(errorJSON(unknown)); !strings.Contains(got, `"@type":"type.googleapis.com/google.rpc.ErrorInfo"`) {
		t.Errorf("got %s", got)
	}
	odd := status.FromProto(
		&rpcstatus.Status{
			Code:    5,
			Message: "no",
			Details: []*anypb.Any{{TypeUrl: "type.googleapis.com/x.Unknown", Value: []byte("x")}},
		},
	)
	if got := spaceless(errorJSON(odd)); got != `{"code":5,"message":"no"}` {
		t.Errorf("got %s", got)
	}
	if got := errorJSON(status.New(codes.NotFound, "\xff")); !strings.Contains(string(got), `"code":13`) {
		t.Errorf("got %s", got)
	}
}

func TestEventsCarryTheirPosition(t *testing.T) {
	for want, message := range map[string]proto.Message{
		"id: 7\nevent: orders\ndata: {}\n\n": &orderv1.WatchOrdersResponse{Position: 7},
		"id: 8\nevent: errors\ndata: {}\n\n": &errorv1.WatchErrorsResponse{Position: 8},
		"event: message\ndata: {}\n\n":       &emptypb.Empty{},
	} {
		if got := string(event(message, []byte("{}"))); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestReasonsAreGivenToWhatHasNone(t *testing.T) {
	if got := status.Convert(withReason(status.Error(codes.InvalidArgument, "x"))); refuse.Reason(
		got,
	) != "INVALID_ARGUMENT" {
		t.Errorf("got %v", got)
	}
	if err := errors.New("x"); withReason(err) != err {
		t.Error("another error was changed")
	}
}
