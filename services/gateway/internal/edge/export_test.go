package edge

import (
	"io"
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	"ordermesh.dev/gateway/internal/refuse"
	"ordermesh.dev/gateway/internal/testmesh"
)

// exporting sends the chunks and ends with the error.
func exporting(end error, chunks ...string) *testmesh.Backend {
	return &testmesh.Backend{
		Export: func(_ *orderv1.ExportOrdersRequest, s grpc.ServerStreamingServer[commonv1.ExportChunk]) error {
			for _, chunk := range chunks {
				if err := s.Send(&commonv1.ExportChunk{Lines: []byte(chunk)}); err != nil {
					return err
				}
			}
			return end
		},
	}
}

func TestExportIsAFileOfLines(t *testing.T) {
	f := start(t, exporting(nil, "id,partnerId\n1,a", "2,a"))
	for format, want := range map[string][2]string{
		"CSV":    {"text/csv", `attachment; filename="orders.csv"`},
		"NDJSON": {"application/x-ndjson", `attachment; filename="orders.ndjson"`},
	} {
		got := f.do("GET", "/api/orders/export?format="+format, "", keyA())
		if got.status != 200 || got.body != "id,partnerId\n1,a\n2,a\n" || got.header.Get("Content-Type") != want[0] ||
			got.header.Get("Content-Disposition") != want[1] {
			t.Errorf("%s: got %d %v %q", format, got.status, got.header, got.body)
		}
	}
}

func TestExportThatBreaksOffDoesNotLookWhole(t *testing.T) {
	f := start(t, exporting(refuse.Retry(codes.Unavailable, "DRAINING", "come back", time.Second), "id\n1"))
	request, err := http.NewRequestWithContext(t.Context(), "GET", f.url("/api/orders/export"), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Key", keyA()[len("X-API-Key: "):])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		// It may break before the client has the headers.
		return
	}
	defer func() { _ = response.Body.Close() }()
	if body, err := io.ReadAll(response.Body); err == nil {
		t.Errorf("the answer looks whole: %d %q", response.StatusCode, body)
	}
}

func TestExportThatIsRefusedIsAnAnswer(t *testing.T) {
	f := start(t, exporting(refuse.With(codes.InvalidArgument, "INVALID_ARGUMENT", "to: must be after from")))
	got := f.do("GET", "/api/orders/export", "", keyA())
	if got.status != 400 || got.header.Get("Content-Type") != "application/json" ||
		got.header.Get("Content-Disposition") != "" {
		t.Errorf("got %d %v %s", got.status, got.header, got.body)
	}
}
