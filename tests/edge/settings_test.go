package edge

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
)

// TestServerSetFieldsAreNotTaken sends a typed order that sets everything that only the mesh may set.
func TestServerSetFieldsAreNotTaken(t *testing.T) {
	number := int64(freshNumber())
	forged := timestamppb.New(time.Unix(1, 0))
	amount := &money.Money{CurrencyCode: "USD", Units: 1}
	sent := &orderv1.Order{
		Id: "00000000-0000-8000-8000-000000000001", PartnerId: "partner-b", ExternalOrderId: fmt.Sprint("FORGED-", number),
		SequenceNumber: &number, CustomerId: "C-1", TaxRate: "0.08", Currency: "USD", TransactionTime: timestamppb.New(time.Unix(1768472400, 0)),
		Lines:       []*orderv1.OrderLine{{ProductId: "P", Quantity: "5", UnitPrice: &money.Money{Units: 29, Nanos: 990000000}}},
		GrossAmount: amount, TaxAmount: amount, NetAmount: amount, ReceivedTime: forged, ProcessedAt: forged,
		RawPayload: []byte("forged"), MappingVersion: 99, IngestId: "forged",
	}
	ctx := mesh.own().outgoing(context.Background())
	verdict, err := feedv1.NewFeedServiceClient(mesh.partnerPort).SubmitOrder(ctx, &feedv1.SubmitOrderRequest{PartnerId: "partner-a",
		Content: &feedv1.SubmitOrderRequest_Order{Order: sent}})
	if err != nil {
		t.Fatal(err)
	}
	if verdict.GetVerdict() == commonv1.OrderVerdict_REJECTED {
		return // Naming another partner inside the order may be refused as well.
	}
	order, err := orderv1.NewOrderServiceClient(mesh.partnerPort).GetOrder(ctx, &orderv1.GetOrderRequest{Id: verdict.GetOrderId()})
	if err != nil {
		t.Fatal(err)
	}
	if order.GetPartnerId() != "partner-a" || order.GetId() == sent.GetId() || order.GetMappingVersion() == 99 || order.GetIngestId() == "forged" ||
		len(order.GetRawPayload()) != 0 || order.GetProcessedAt().GetSeconds() == 1 || order.GetReceivedTime().GetSeconds() == 1 ||
		order.GetGrossAmount().GetUnits() != 149 || order.GetNetAmount().GetUnits() != 161 {
		t.Errorf("taken over: %v", order)
	}
}

// TestNothingStartsWithoutItsSecrets runs each program as the mesh runs it, without one file at a time.
func TestNothingStartsWithoutItsSecrets(t *testing.T) {
	for _, service := range []string{"order-store", "error-store", "partners", "validation", "feed", "gateway"} {
		arguments := commandLine(t, service)
		for i, flag := range arguments {
			if !strings.HasPrefix(flag, "--tls_") && flag != "--pepper_file" && flag != "--jwt_key_file" {
				continue
			}
			t.Run(service+" "+flag, func(t *testing.T) {
				refusesToStart(t, append(append([]string{}, arguments[:i]...), arguments[i+2:]...), "without "+flag)
				missing := append([]string{}, arguments...)
				missing[i+1] = filepath.Join(t.TempDir(), "missing")
				refusesToStart(t, missing, "with a missing file for "+flag)
			})
		}
	}
}

// commandLine is how the running mesh started a service, on ports and data of no consequence.
func commandLine(t *testing.T, service string) []string {
	t.Helper()
	pid, err := os.ReadFile(filepath.Join(mesh.data, "run", "ordermesh-"+service+".pid"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(pid)), "cmdline"))
	if err != nil {
		t.Fatal(err)
	}
	arguments := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
	for i := range arguments[:len(arguments)-1] {
		switch flag := arguments[i]; {
		case strings.HasSuffix(flag, "listen"):
			arguments[i+1] = "127.0.0.1:0"
		case flag == "--data" || flag == "--pid_file" || flag == "--partners_copy":
			arguments[i+1] = filepath.Join(t.TempDir(), "x")
		}
	}
	return arguments
}

func refusesToStart(t *testing.T, arguments []string, what string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	err := c.Run()
	if ctx.Err() != nil || err == nil {
		t.Errorf("%s started %s", filepath.Base(arguments[0]), what)
	}
	if said.Len() == 0 {
		t.Errorf("%s did not say what is missing %s", filepath.Base(arguments[0]), what)
	}
}
