package call

import (
	"regexp"
	"strings"
)

const redacted = "[redacted]"

// What must never reach a log: our keys, tokens, and whatever looks like a card number.
var (
	secrets = regexp.MustCompile(`omk_[A-Za-z]+_[0-9A-Za-z]{8,}|eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*`)
	digits  = regexp.MustCompile(`[0-9](?:[ .-]?[0-9]){12,}`)
	// The issuers' prefixes and lengths, as in the feed (card_number.cc): most long numbers are times and ids.
	issuers = regexp.MustCompile(`^(?:4\d{12}(?:\d{3}(?:\d{3})?)?|5[1-5]\d{14}|` +
		`(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|` +
		`(?:6011|64[4-9]\d|65\d\d|62\d\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11})$`)
)

// Clean makes a client's text fit for a log: printable ASCII, at most limit bytes, no key, token or card number.
func Clean(text string, limit int) string {
	if text == "" {
		return ""
	}
	// Cut well behind the limit first, so that a long text costs no more than a short one.
	if len(text) > 4*limit {
		text = text[:4*limit]
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	// Most texts hold nothing of the kind: the expressions are for those that might.
	if strings.Contains(text, "omk_") || strings.Contains(text, "eyJ") {
		text = secrets.ReplaceAllString(text, redacted)
	}
	if countDigits(text) >= minCardDigits {
		text = digits.ReplaceAllStringFunc(text, func(found string) string {
			if holdsCard(found) {
				return redacted
			}
			return found
		})
	}
	if len(text) > limit {
		text = text[:limit]
	}
	return text
}

const minCardDigits = 13

func countDigits(text string) int {
	count := 0
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			count++
		}
	}
	return count
}

// holdsCard looks at a run of digits as a whole and at its parts between spaces.
func holdsCard(run string) bool {
	for _, candidate := range append(strings.Fields(run), run) {
		number := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(candidate)
		if issuers.MatchString(number) && passesLuhn(number) {
			return true
		}
	}
	return false
}

// passesLuhn is the check of ISO/IEC 7812 over digits.
func passesLuhn(number string) bool {
	sum, double := 0, false
	for i := len(number) - 1; i >= 0; i-- {
		digit := int(number[i] - '0')
		if double {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum, double = sum+digit, !double
	}
	return sum%10 == 0
}
