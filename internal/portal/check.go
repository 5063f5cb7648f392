package portal

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/account"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Limits of what people type, in characters.
const (
	MaxName = 200
	MaxText = 20_000
)

// name takes one line of text: trimmed, NFC, without control or bidirectional
// characters, at most MaxName characters.
func (c *checks) name(field, s string) string {
	s = c.line(field, s)
	if s == "" {
		c.fail(field, "required")
	}
	return s
}

// line is a name that may be empty.
func (c *checks) line(field, s string) string {
	s = strings.TrimSpace(norm.NFC.String(s))
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || isBidi(r) }):
		c.fail(field, "characters")
	case utf8.RuneCountInString(s) > MaxName:
		c.fail(field, "too_long", "max", strconv.Itoa(MaxName))
	}
	return s
}

// text takes several lines of at most MaxText characters.
func (c *checks) text(field, s string) string {
	s = strings.TrimSpace(norm.NFC.String(strings.ReplaceAll(s, "\r\n", "\n")))
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || isBidi(r)
	}):
		c.fail(field, "characters")
	case utf8.RuneCountInString(s) > MaxText:
		c.fail(field, "too_long", "max", strconv.Itoa(MaxText))
	}
	return s
}

// isBidi reports the characters that reorder what surrounds them.
func isBidi(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C
}

// day takes YYYY-MM-DD between 2000 and 2199, or nothing.
func (c *checks) day(field, s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 2000 || t.Year() > 2199 {
		c.fail(field, "day")
	}
	return s
}

// oneOf takes one of the allowed values.
func (c *checks) oneOf(field, s string, allowed ...string) string {
	for _, a := range allowed {
		if s == a {
			return s
		}
	}
	c.fail(field, "choice")
	return s
}

// link takes an absolute http or https address without a password in it.
func (c *checks) link(field, s string) string {
	s = c.line(field, s)
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		c.fail(field, "link")
	}
	return s
}

// fold is the form under which two spellings of a name are the same.
func fold(s string) string {
	return strings.Join(strings.Fields(cases.Fold().String(norm.NFKC.String(s))), " ")
}

// nullable turns the empty string into NULL.
func nullable[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// password refuses what is too short or too well known. The context is what
// the person is known by, which a password must not be made of.
func (c *checks) password(field, s string, context ...string) {
	if w := account.CheckPassword(s, context...); w != nil {
		c.fail(field, "password_"+w.Reason)
	}
}
