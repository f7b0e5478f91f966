package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
)

const (
	missingID = "00000000-0000-8000-8000-0000000000ff"
	reviewAPI = "/ordermesh.error.v1.ErrorReviewService/"
)

// newError is an error of partner-a that nobody has touched.
func newError(w *world) string {
	bad := bytes.Replace(payload(w), []byte(`"quantity": 1`), []byte(`"quantity": -1`), 1)
	rejected := mesh.http("POST", "/api/feed/partner-a", bad, mesh.own())
	var verdict struct{ ErrorID string }
	if err := json.Unmarshal(rejected.body, &verdict); err != nil || rejected.status != 422 {
		panic(fmt.Sprintf("POST of a bad order: %d %s", rejected.status, rejected.body))
	}
	return verdict.ErrorID
}

// did does something to an error, as an operator.
func did(method string, request proto.Message) {
	ctx := mesh.oper().outgoing(context.Background())
	if err := mesh.operPort.Invoke(ctx, reviewAPI+method, request, &errorv1.OrderError{}); err != nil {
		panic(err)
	}
}

func edit(w *world, id string) *errorv1.EditErrorRequest {
	return &errorv1.EditErrorRequest{Id: id, Revision: 1, Content: &errorv1.EditErrorRequest_RawPayload{RawPayload: payload(w)}}
}

// newJob is a job of partner-a's own, which has taken nothing.
func newJob(w *world) string {
	w.count++
	body := fmt.Sprintf(`{"requestId": "world-%d", "filter": {"tag": "none"}, "action": {"retry": {}}}`, w.count)
	started := mesh.http("POST", "/api/repair-jobs", []byte(body), mesh.own())
	var job struct{ ID string }
	if err := json.Unmarshal(started.body, &job); err != nil || started.status != 200 {
		panic(fmt.Sprintf("POST of a job: %d %s", started.status, started.body))
	}
	return job.ID
}

func noErrors() *errorv1.ErrorFilter {
	return &errorv1.ErrorFilter{PartnerId: "partner-a", Tag: "none"}
}

// customerPatch gives every order a customer.
func customerPatch() *errorv1.Patch {
	set := &errorv1.PatchOperation_Set{Path: "customerId", Value: `"HOUSE"`}
	return &errorv1.Patch{Operations: []*errorv1.PatchOperation{{Operation: &errorv1.PatchOperation_Set_{Set: set}}}}
}

func retryAction() *errorv1.RepairAction {
	return &errorv1.RepairAction{Action: &errorv1.RepairAction_Retry_{Retry: &errorv1.RepairAction_Retry{}}}
}

// aboutError is a row whose request names an error: good makes the request, given an id.
func aboutError(id func(*world) string, request func(*world, string) proto.Message, bad func(*world) proto.Message) row {
	return row{
		good:    func(w *world) proto.Message { return request(w, id(w)) },
		missing: func(w *world) proto.Message { return request(w, missingID) },
		bad:     bad, badCode: invalid, foreign: notFound,
	}
}

func known(w *world) string { return w.errorID }

func init() {
	for name, r := range reviewRows() {
		table["ordermesh.error.v1.ErrorReviewService/"+name] = r
	}
	for name, r := range jobRows() {
		table["ordermesh.error.v1.RepairService/"+name] = r
	}
	table["ordermesh.error.v1.ErrorService/ExportErrors"] = row{
		good: func(*world) proto.Message { return &errorv1.ExportErrorsRequest{PartnerId: "partner-a"} },
		bad: func(*world) proto.Message {
			return &errorv1.ExportErrorsRequest{PartnerId: "partner-a", Field: "quantity"}
		},
		badCode: invalid, foreign: denied,
	}
	table["ordermesh.order.v1.OrderService/ExportOrders"] = row{
		good: func(*world) proto.Message {
			return &orderv1.ExportOrdersRequest{PartnerId: "partner-a", Format: commonv1.ExportFormat_NDJSON}
		},
		bad: func(*world) proto.Message {
			return &orderv1.ExportOrdersRequest{PartnerId: "partner-a", From: &timestamppb.Timestamp{Seconds: 2},
				To: &timestamppb.Timestamp{Seconds: 1}}
		},
		badCode: invalid, foreign: denied,
	}
}

func reviewRows() map[string]row {
	return map[string]row{
		"AssignError": aboutError(known,
			func(_ *world, id string) proto.Message { return &errorv1.AssignErrorRequest{Id: id, Assignee: "jo"} },
			func(w *world) proto.Message {
				return &errorv1.AssignErrorRequest{Id: w.errorID, Assignee: strings.Repeat("x", 129)}
			}),
		"AddErrorNote": aboutError(known,
			func(_ *world, id string) proto.Message { return &errorv1.AddErrorNoteRequest{Id: id, Note: "look"} },
			func(w *world) proto.Message { return &errorv1.AddErrorNoteRequest{Id: w.errorID} }),
		"TagError": aboutError(known,
			func(_ *world, id string) proto.Message {
				return &errorv1.TagErrorRequest{Id: id, Add: []string{"seen"}}
			},
			func(w *world) proto.Message {
				return &errorv1.TagErrorRequest{Id: w.errorID, Add: []string{"NOT A TAG"}}
			}),
		"EditError": aboutError(newError,
			func(w *world, id string) proto.Message { return edit(w, id) },
			func(w *world) proto.Message { return &errorv1.EditErrorRequest{Id: w.errorID} }),
		"RetryError": aboutError(newError,
			func(_ *world, id string) proto.Message { return &errorv1.RetryErrorRequest{Id: id} },
			func(w *world) proto.Message { return &errorv1.RetryErrorRequest{Id: w.errorID, Revision: -1} }),
		"DiscardError": aboutError(newError,
			func(_ *world, id string) proto.Message { return &errorv1.DiscardErrorRequest{Id: id, Reason: "a test"} },
			func(w *world) proto.Message { return &errorv1.DiscardErrorRequest{Id: w.errorID} }),
		"ReopenError": aboutError(
			func(w *world) string {
				id := newError(w)
				did("DiscardError", &errorv1.DiscardErrorRequest{Id: id, Reason: "a test"})
				return id
			},
			func(_ *world, id string) proto.Message { return &errorv1.ReopenErrorRequest{Id: id} },
			func(w *world) proto.Message { return &errorv1.ReopenErrorRequest{Id: w.errorID, Revision: -1} }),
		"TryEdit": aboutError(known,
			func(_ *world, id string) proto.Message { return &errorv1.TryEditRequest{Id: id} }, nil),
		"ListErrorEdits": aboutError(known,
			func(_ *world, id string) proto.Message { return &errorv1.ListErrorEditsRequest{Id: id} },
			func(w *world) proto.Message { return &errorv1.ListErrorEditsRequest{Id: w.errorID, PageSize: -1} }),
		"ListErrorEvents": aboutError(known,
			func(_ *world, id string) proto.Message { return &errorv1.ListErrorEventsRequest{ErrorId: id} },
			func(*world) proto.Message { return &errorv1.ListErrorEventsRequest{PageSize: -1} }),
		"ListErrorGroups": {
			good: func(*world) proto.Message { return &errorv1.ListErrorGroupsRequest{PartnerId: "partner-a"} },
			bad: func(*world) proto.Message {
				return &errorv1.ListErrorGroupsRequest{PartnerId: "partner-a", PageSize: -1}
			},
			badCode: invalid, foreign: denied,
		},
	}
}

func jobRows() map[string]row {
	return map[string]row{
		"DerivePatch": aboutError(
			func(w *world) string {
				id := newError(w)
				did("EditError", edit(w, id))
				return id
			},
			func(_ *world, id string) proto.Message { return &errorv1.DerivePatchRequest{Id: id} }, nil),
		"PreviewJob": {
			good: func(*world) proto.Message {
				return &errorv1.PreviewJobRequest{Filter: noErrors(), Action: retryAction()}
			},
			bad:     func(*world) proto.Message { return &errorv1.PreviewJobRequest{Filter: noErrors()} },
			badCode: invalid, foreign: denied,
		},
		"ProposeMapping": {
			good: func(*world) proto.Message {
				return &errorv1.ProposeMappingRequest{Filter: noErrors(), Patch: customerPatch()}
			},
			bad:     func(*world) proto.Message { return &errorv1.ProposeMappingRequest{Filter: noErrors()} },
			badCode: invalid,
		},
		"StartJob": {
			good: func(w *world) proto.Message {
				w.count++
				return &errorv1.StartJobRequest{RequestId: fmt.Sprint("edge-", w.count), Filter: noErrors(), Action: retryAction()}
			},
			bad:     func(*world) proto.Message { return &errorv1.StartJobRequest{Filter: noErrors(), Action: retryAction()} },
			badCode: invalid, foreign: denied,
		},
		"GetJob": aboutError(newJob,
			func(_ *world, id string) proto.Message { return &errorv1.GetJobRequest{Id: id} }, nil),
		"CancelJob": aboutError(newJob,
			func(_ *world, id string) proto.Message { return &errorv1.CancelJobRequest{Id: id} }, nil),
		"ListJobs": {
			good:    func(*world) proto.Message { return &errorv1.ListJobsRequest{} },
			bad:     func(*world) proto.Message { return &errorv1.ListJobsRequest{PageSize: -1} },
			badCode: invalid, foreign: codes.OK,
		},
	}
}
