package call

import (
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
)

func TestRequestIDKeepsAFitOne(t *testing.T) {
	for _, fit := range []string{"a", "req-1.2_X", strings.Repeat("x", 128)} {
		if got := RequestID(fit); got != fit {
			t.Errorf("%q became %q", fit, got)
		}
	}
}

func TestRequestIDReplacesOthers(t *testing.T) {
	for _, unfit := range []string{"", "a b", "a\nb", "ä", strings.Repeat("x", 129), "4111111111111111",
		"omk_live_0123456789abcdef", `a"b`} {
		got := RequestID(unfit)
		if got == unfit || len(got) != 32 {
			t.Errorf("%q became %q", unfit, got)
		}
	}
	if RequestID("") == RequestID("") {
		t.Error("two calls have one id")
	}
}

func TestTraceContinuesTheCallers(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	trace := NewTrace(parent)
	if trace.TraceID != "0af7651916cd43dd8448eb211c80319c" || trace.Flags != "00" || trace.SpanID == "b7ad6b7169203331" {
		t.Errorf("got %+v", trace)
	}
	if again := NewTrace(trace.Parent()); again.TraceID != trace.TraceID {
		t.Errorf("%q is not well-formed", trace.Parent())
	}
	if later := NewTrace("01" + parent[2:] + "-more"); later.TraceID != trace.TraceID {
		t.Errorf("a later version was not understood: %+v", later)
	}
}

func TestTraceStartsAnewWhereTheCallersIsBad(t *testing.T) {
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, bad := range []string{"", "x", good + "0", good + "-00", "ff" + good[2:], strings.ToUpper(good),
		strings.Replace(good, "-", "_", 1),
		"00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
		strings.Replace(good, "b7ad", "zzzz", 1)} {
		trace := NewTrace(bad)
		if strings.Contains(bad, trace.TraceID) || NewTrace(trace.Parent()).TraceID != trace.TraceID {
			t.Errorf("%q became %+v", bad, trace)
		}
	}
}

func TestCleanRemovesSecretsAndCards(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "",
		"batch-42":                              "batch-42",
		"2026-11-21T08:00:00":                   "2026-11-21T08:00:00",
		"4111111111111111":                      "[redacted]",
		"card 4111-1111-1111-1111 x":            "card [redacted] x",
		"1763718000000000008":                   "1763718000000000008",
		"log-1111111111111111117":               "log-1111111111111111117",
		"4111111111111111 5555555555554444":     "[redacted]",
		"3782-822463-10005 6011.1111.1111.1117": "[redacted]",
		"30569309025904":                        "[redacted]",
		"2223003122003222":                      "[redacted]",
		"3530111333300000":                      "[redacted]",
		"41111111111111111111111":               "41111111111111111111111",
		"4111111111111112":                      "4111111111111112",
		"k=omk_live_0123456789abcdefgh":         "k=[redacted]",
		"eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4.sig": "[redacted]",
		"a\nb\x00ä":                             "a?b??",
	} {
		if got := Clean(text, 100); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := Clean(strings.Repeat("a", 1000), 10); got != "aaaaaaaaaa" {
		t.Errorf("got %q", got)
	}
	if got := Clean("xxxxx4111111111111111", 10); strings.Contains(got, "4111") {
		t.Errorf("a cut card is still there: %q", got)
	}
}

func TestMetadataCarriesTheIdentity(t *testing.T) {
	c := Call{RequestID: "r1", Trace: NewTrace(""), Caller: Caller{
		Role: commonv1.Identity_PARTNER, PartnerID: "partner-a", Subject: "key-1"}}
	md := metadata.Pairs(IdentityMetadata, "forged", "x-request-id", "forged")
	if err := c.AppendMetadata(md); err != nil {
		t.Fatal(err)
	}
	var identity commonv1.Identity
	if err := proto.Unmarshal([]byte(md[IdentityMetadata][0]), &identity); err != nil {
		t.Fatal(err)
	}
	want := &commonv1.Identity{Role: commonv1.Identity_PARTNER, PartnerId: "partner-a", Subject: "key-1", RequestId: "r1"}
	if !proto.Equal(&identity, want) || len(md[IdentityMetadata]) != 1 || md["x-request-id"][0] != "r1" ||
		len(md["traceparent"]) != 1 {
		t.Errorf("got %v in %v", &identity, md)
	}
	c.Caller.PartnerID = "\xff"
	if err := c.AppendMetadata(md); err == nil {
		t.Error("an identity that is no UTF-8 was sent")
	}
}

func TestScopeIsThePartnerOrAll(t *testing.T) {
	partner := Caller{Role: commonv1.Identity_PARTNER, PartnerID: "p"}
	viewer, admin := Caller{Role: commonv1.Identity_VIEWER}, Caller{Role: commonv1.Identity_ADMIN}
	if partner.Scope() != "partner:p" || viewer.Scope() != admin.Scope() || viewer.Scope() == partner.Scope() {
		t.Errorf("got %q %q %q", partner.Scope(), viewer.Scope(), admin.Scope())
	}
}

func TestVerdictsComeFromTheTrailer(t *testing.T) {
	var c Call
	c.NoteTrailer(metadata.Pairs(VerdictsTrailer, strings.Repeat("x", 257)))
	if c.Verdicts != "" {
		t.Errorf("got %q", c.Verdicts)
	}
	c.NoteTrailer(metadata.Pairs(VerdictsTrailer, "created=3"))
	if c.Verdicts != "created=3" {
		t.Errorf("got %q", c.Verdicts)
	}
}
