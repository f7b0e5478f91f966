package edge

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// toolPath builds a client program of tests/clients once and gives its path.
func toolPath(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(mesh.build, "tools", name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	build := mesh.command("go", "build", "-o", filepath.Join(mesh.build, "tools")+"/", "tool")
	build.Dir = filepath.Join(mesh.root, "tests", "clients")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build tool: %v\n%s", err, out)
	}
	return path
}

// protoset writes the descriptors of the mesh into a file, as a partner gets them.
func protoset(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ordermesh.protoset")
	protos, _ := filepath.Glob(filepath.Join(mesh.root, "proto/ordermesh/*/v1/*_service.proto"))
	args := append([]string{"-I", filepath.Join(mesh.root, "proto/third_party"), "-I", filepath.Join(mesh.root, "proto"), "--include_imports", "--descriptor_set_out=" + file}, protos...)
	if out, err := mesh.command("protoc", args...).CombinedOutput(); err != nil {
		t.Fatalf("protoc: %v\n%s", err, out)
	}
	return file
}

// keyFile keeps the key out of the command line, as the docs tell partners to do.
func keyFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(file, []byte("X-API-Key: "+mesh.partnerKeys["partner-a"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCurlSendsAnOrder(t *testing.T) {
	out, err := exec.Command("curl", "-sS", "--max-time", "10", "-H", "@"+keyFile(t), "-d", string(orderA(freshNumber())),
		"http://"+mesh.rest+"/api/feed/partner-a").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "CREATED") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestGrpcurlSendsAnOrderAndReadsIt(t *testing.T) {
	grpcurl, set := toolPath(t, "grpcurl"), protoset(t)
	run := func(method, request string) map[string]any {
		t.Helper()
		c := exec.Command(grpcurl, "-plaintext", "-protoset", set, "-expand-headers", "-H", "x-api-key: ${OM_KEY}", "-d", request, mesh.grpc, method)
		c.Env = append(os.Environ(), "OM_KEY="+mesh.partnerKeys["partner-a"])
		out, err := c.CombinedOutput()
		var answer map[string]any
		if err != nil || json.Unmarshal(out, &answer) != nil {
			t.Fatalf("%s: %v: %s", method, err, out)
		}
		return answer
	}
	payload := base64.StdEncoding.EncodeToString(orderA(freshNumber()))
	verdict := run("ordermesh.feed.v1.FeedService/SubmitOrder", fmt.Sprintf(`{"partner_id": "partner-a", "raw_payload": %q}`, payload))
	if verdict["verdict"] != "CREATED" {
		t.Fatalf("%v", verdict)
	}
	order := run("ordermesh.order.v1.OrderService/GetOrder", fmt.Sprintf(`{"id": %q}`, verdict["orderId"]))
	if order["rawPayload"] != payload {
		t.Errorf("%v", order)
	}
	stream := run("ordermesh.feed.v1.FeedService/StreamOrders", fmt.Sprintf(`{"partner_id": "partner-a", "orders": [{"tag": 5, "raw_payload": %q}]}`, payload))
	if result := stream["results"].([]any)[0].(map[string]any); result["tag"] != "5" {
		t.Errorf("%v", stream)
	}
}

func TestGhzGetsAVerdictOnEveryCall(t *testing.T) {
	ghz, set := toolPath(t, "ghz"), protoset(t)
	metadata := filepath.Join(t.TempDir(), "metadata.json")
	if err := os.WriteFile(metadata, []byte(fmt.Sprintf(`{"x-api-key": %q}`, mesh.partnerKeys["partner-a"])), 0o600); err != nil {
		t.Fatal(err)
	}
	request := fmt.Sprintf(`{"partner_id": "partner-a", "raw_payload": %q}`, base64.StdEncoding.EncodeToString(orderA(freshNumber())))
	out, err := exec.Command(ghz, "--insecure", "--protoset", set, "--call", "ordermesh.feed.v1.FeedService/SubmitOrder",
		"--metadata-file", metadata, "-d", request, "-n", "2000", "-c", "32", "-O", "json", mesh.grpc).Output()
	var report struct {
		Count                  int
		StatusCodeDistribution map[string]int
	}
	if err != nil || json.Unmarshal(out, &report) != nil || report.StatusCodeDistribution["OK"] != 2000 {
		t.Errorf("%v: %.2000s", err, out)
	}
}
