package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// FoldEmail checks that s is one plain e-mail address, and returns it as it is
// shown and mailed to, and the key under which persons are told apart: NFC,
// lower case, with the domain in ASCII. Quoted names, comments, routes, several
// addresses, and characters that are invisible or turn the direction are
// refused with ErrEmail.
func FoldEmail(s string) (display, key string, err error) {
	if len(s) > 1024 || !utf8.ValidString(s) {
		return "", "", ErrEmail
	}
	s = norm.NFC.String(strings.Trim(s, " \t"))
	local, domain, ok := strings.Cut(s, "@")
	domain = strings.TrimSuffix(domain, ".")
	if !ok || !plainLocal(local) {
		return "", "", ErrEmail
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !plainDomain(ascii) {
		return "", "", ErrEmail
	}
	if !isASCII(domain) {
		domain = ascii
	}
	display = local + "@" + domain
	key = norm.NFC.String(cases.Lower(language.Und, cases.HandleFinalSigma(false)).String(local)) + "@" + ascii
	if len(display) > 254 || len(key) > 254 {
		return "", "", ErrEmail
	}
	return display, key, nil
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// plainLocal tells whether s is a dot-atom of RFC 5322, with the letters and
// digits of RFC 6532.
func plainLocal(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r)) {
				return false
			}
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r):
			return false
		}
	}
	return true
}

// plainDomain tells whether s is a name of two or more labels.
func plainDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(s) > 253 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for _, r := range l {
			if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') {
				return false
			}
		}
	}
	return true
}
