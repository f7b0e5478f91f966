package alerts

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
)

// Payload says how much of an order's content leaves the mesh with an alert. Ids, place and reason always do.
type Payload string

const (
	// PayloadNone: nothing that the partner wrote but its order's id.
	PayloadNone Payload = "none"
	// PayloadValue: the offending value.
	PayloadValue Payload = "value"
	// PayloadExcerpt: and what stands around it.
	PayloadExcerpt Payload = "excerpt"
)

const (
	// What is enough to recognise it, and fits a chat message.
	maxValue   = 64
	maxExcerpt = 320
	maxText    = 256
	// Alertname of everything from here.
	alertName = "OrdermeshOrderErrors"
)

// labels are the same from every gateway: Alertmanager takes equal ones for one alert.
func labels(a *Alert) map[string]string {
	all := map[string]string{"alertname": alertName, "severity": a.Severity, "partner": a.Partner, "code": a.Code.String()}
	if a.Field != "" {
		all["field"] = harmless(a.Field, maxText)
	}
	return all
}

// texts are what people read. Newest is one error of the kind; nil where it could not be had.
func texts(
	a *Alert, newest *errorv1.OrderError, payload Payload, public string, window time.Duration,
) map[string]string {
	all := map[string]string{
		"summary": summary(a, window), "errors": strconv.FormatInt(a.Errors, 10),
		"orders": strconv.FormatInt(a.Orders, 10), "window": spoken(window),
		"first_seen": stamp(a.FirstSeen), "last_seen": stamp(a.LastSeen),
		"command_list": "ordermesh errors list" + filters(a),
	}
	if a.Share >= 0 {
		all["share_percent"] = strconv.FormatInt(a.Share, 10)
	}
	if public != "" {
		all["dashboard_url"] = groupURL(a, public)
	}
	if newest != nil {
		addNewest(all, a, newest, payload, public)
	}
	all["description"] = description(all)
	return all
}

func addNewest(all map[string]string, a *Alert, newest *errorv1.OrderError, payload Payload, public string) {
	all["error_id"] = newest.GetId()
	all["received"] = stamp(newest.GetReceivedTime().AsTime())
	all["mapping_version"] = strconv.Itoa(int(newest.GetMappingVersion()))
	all["payload_sha256"] = hex.EncodeToString(sumOf(newest))
	all["command_payload"] = "ordermesh errors get " + newest.GetId() + " --payload"
	if id := newest.GetExternalOrderId(); id != "" {
		all["external_order_id"] = harmless(id, maxText)
	}
	if public != "" {
		all["error_url"] = public + "/errors/" + url.PathEscape(newest.GetId())
	}
	violation := violationOf(a, newest)
	all["message"] = harmless(violation.GetMessage(), maxText)
	if place := placeOf(violation); place != "" {
		all["place"] = harmless(place, maxText)
	}
	value := violation.GetValue()
	if payload != PayloadNone && value != "" {
		all["value"] = harmless(value, maxValue)
	}
	if payload == PayloadExcerpt {
		if excerpt := harmless(around(contentOf(newest), value), 2*maxExcerpt); excerpt != "" {
			all["payload_excerpt"] = excerpt
		}
	}
}

func summary(a *Alert, window time.Duration) string {
	at := ""
	if a.Field != "" {
		at = " at " + harmless(a.Field, maxText)
	}
	share := ""
	if a.Share >= 0 && a.Severity != Info {
		share = fmt.Sprintf(", %d %% of its orders", a.Share)
	}
	what := "new errors"
	switch {
	case a.Severity == Info:
		what = "errors of a kind that was not there before"
	case a.Errors == 1:
		what = "new error"
	}
	return fmt.Sprintf("%s: %d %s %s%s in %s%s", a.Partner, a.Errors, what, a.Code, at, spoken(window), share)
}

// description says everything once, for channels that show one text.
func description(all map[string]string) string {
	var text strings.Builder
	line := func(format string, names ...string) {
		values := make([]any, 0, len(names))
		for _, name := range names {
			if all[name] == "" {
				return
			}
			values = append(values, all[name])
		}
		fmt.Fprintf(&text, format+"\n", values...)
	}
	line("%s.", "summary")
	line("Newest: error %s, received %s, mapping version %s", "error_id", "received", "mapping_version")
	line("External order id: %s", "external_order_id")
	line("What is wrong: %s", "message")
	line("Where: %s", "place")
	line("Value: %s", "value")
	line("Payload: SHA-256 %s", "payload_sha256")
	line("%s", "payload_excerpt")
	line("First seen %s, last %s", "first_seen", "last_seen")
	line("%s", "command_payload")
	line("%s", "command_list")
	return strings.TrimSuffix(text.String(), "\n")
}

// filters are the arguments of the CLI that find these errors. An operator copies them into a shell, and a field may
// have the payload's own name: one that is not plain is left out.
func filters(a *Alert) string {
	text := ""
	if plain.MatchString(a.Partner) {
		text += " -p " + a.Partner
	}
	text += " --code " + a.Code.String()
	if plain.MatchString(a.Field) {
		text += " --field " + a.Field
	}
	return text
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)

func groupURL(a *Alert, public string) string {
	query := url.Values{"tab": {"list"}, "partner": {a.Partner}, "code": {a.Code.String()}}
	if a.Field != "" {
		query.Set("field", a.Field)
	}
	return public + "/errors?" + query.Encode()
}

// violationOf is the one that the alert is about.
func violationOf(a *Alert, newest *errorv1.OrderError) *commonv1.Violation {
	for _, violation := range newest.GetViolations() {
		if violation.GetCode() == a.Code && violation.GetField() == a.Field {
			return violation
		}
	}
	return &commonv1.Violation{Code: a.Code, Field: a.Field}
}

func placeOf(violation *commonv1.Violation) string {
	place := violation.GetField()
	if violation.GetLine() > 0 {
		place += fmt.Sprintf(", line %d of the order", violation.GetLine())
	}
	return strings.TrimPrefix(place, ", ")
}

func contentOf(newest *errorv1.OrderError) string {
	if raw := newest.GetRawPayload(); len(raw) > 0 {
		return string(raw)
	}
	if newest.GetOrder() == nil {
		return ""
	}
	// What cannot be written as JSON is not shown.
	text, _ := protojson.Marshal(newest.GetOrder())
	return string(text)
}

// sumOf names the payload that counts as the error-store does; before this was kept, the raw bytes name it.
func sumOf(newest *errorv1.OrderError) []byte {
	if sum := newest.GetPayloadSha256(); len(sum) > 0 {
		return sum
	}
	sum := sha256.Sum256(newest.GetRawPayload())
	return sum[:]
}

// around is the part of a payload that has the value in its middle, or its beginning.
func around(content, value string) string {
	if len(content) <= maxExcerpt {
		return content
	}
	begin := 0
	if at := strings.Index(content, value); value != "" && at > 0 {
		begin = max(0, min(at+len(value)/2-maxExcerpt/2, len(content)-maxExcerpt))
	}
	end := begin + maxExcerpt
	before, after := "", ""
	if begin > 0 {
		before = "…"
	}
	if end < len(content) {
		after = "…"
	}
	return before + strings.ToValidUTF8(content[begin:end], "") + after
}

// harmless makes a partner's text fit for chats and mails of operators: no markup or mention that a chat would follow,
// no link, no control character, at most so many bytes.
func harmless(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '<':
			return '‹'
		case r == '>':
			return '›'
		case r == '`':
			return '\''
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || r == utf8.RuneError:
			return '·'
		}
		return r
	}, text)
	text = strings.ReplaceAll(text, "://", "[:]//")
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + "…"
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func spoken(window time.Duration) string {
	if window%time.Minute == 0 {
		return fmt.Sprintf("%d min", window/time.Minute)
	}
	return fmt.Sprintf("%d s", window/time.Second)
}
