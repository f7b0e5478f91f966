package alerts

import (
	"strings"
	"testing"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
)

func TestPartnersTextsDoNothingInAChat(t *testing.T) {
	for text, want := range map[string]string{
		"<!channel> go": "‹!channel› go", "<https://evil|pay>": "‹https[:]//evil|pay›", "a\r\n\tb": "a   b",
		"`rm`": "'rm'", "\x1b[31m\x00": "·[31m·", "a\u202eb": "a·b", "naïve 注文": "naïve 注文",
	} {
		if got := harmless(text, 100); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
	if got := harmless("äää", 3); got != "ä…" {
		t.Errorf("cut to %q", got)
	}
}

func TestCommandsHoldNothingThatAShellWouldRun(t *testing.T) {
	for field, want := range map[string]string{
		"quantity": " -p shop --code RANGE --field quantity", "": " -p shop --code RANGE",
		"$(reboot)": " -p shop --code RANGE", "a;b": " -p shop --code RANGE", "--yes": " -p shop --code RANGE",
		"a b": " -p shop --code RANGE", "a\nb": " -p shop --code RANGE",
		"items.price": " -p shop --code RANGE --field items.price",
	} {
		alert := &Alert{Kind: Kind{"shop", commonv1.Violation_RANGE, field}}
		if got := filters(alert); got != want {
			t.Errorf("%q: %q", field, got)
		}
	}
}

func TestAnExcerptHasTheValueInIt(t *testing.T) {
	long := strings.Repeat("x", 5000) + `"qty":-17` + strings.Repeat("y", 5000)
	got := around(long, "-17")
	if !strings.Contains(got, `"qty":-17`) || len(got) > maxExcerpt+10 || !strings.HasPrefix(got, "…") ||
		!strings.HasSuffix(got, "…") {
		t.Error(got)
	}
	for content, value := range map[string]string{long: "absent", strings.Repeat("é", 3000): "", "short": "o"} {
		got := around(content, value)
		if len(got) > maxExcerpt+10 || !strings.HasPrefix(content, strings.TrimSuffix(got, "…")) {
			t.Errorf("%q", got)
		}
	}
	if got := around(long[:5009], "-17"); !strings.HasSuffix(got, "-17") {
		t.Error(got)
	}
}

func TestEveryGatewayGivesTheSameLabels(t *testing.T) {
	one := labels(&Alert{Kind: quantity, Severity: Warning, Figures: Figures{Errors: 10, Share: 3}})
	other := labels(&Alert{Kind: quantity, Severity: Warning, Figures: Figures{Errors: 12, Share: 4}})
	if len(one) != 5 || len(one) != len(other) {
		t.Fatal(one, other)
	}
	for name := range one {
		if one[name] != other[name] {
			t.Error(name)
		}
	}
	if _, there := labels(&Alert{Kind: Kind{"p", commonv1.Violation_UNREADABLE, ""}})["field"]; there {
		t.Error("Alertmanager drops empty labels: two gateways must not differ in that")
	}
}
