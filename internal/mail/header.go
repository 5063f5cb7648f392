package mail

import (
	"errors"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

var errControl = errors.New("holds a control character")

// headerText refuses what could end a header line or hide in one.
func headerText(s string) error {
	if len(s) > 900 {
		return errors.New("is longer than 900 bytes")
	}
	if !utf8.ValidString(s) {
		return errors.New("is not UTF-8")
	}
	for _, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return errControl
		}
	}
	return nil
}

// address checks an address and makes its domain ASCII. A display name that
// could be taken for another address, or that turns the reading direction round
// to look like one, is left out.
func address(a Address) (*mail.Address, error) {
	if err := headerText(a.Name); err != nil {
		return nil, err
	}
	if err := headerText(a.Email); err != nil {
		return nil, err
	}
	at := strings.LastIndexByte(a.Email, '@')
	if at < 1 || strings.ContainsAny(a.Email, " <>,;:\"()[]\\") {
		return nil, errors.New("is not an e-mail address")
	}
	domain, err := idna.Lookup.ToASCII(a.Email[at+1:])
	if err != nil || domain == "" {
		return nil, errors.New("has no domain that mail can go to")
	}
	email := a.Email[:at] + "@" + domain
	if parsed, err := mail.ParseAddress(email); err != nil || parsed.Address != email {
		return nil, errors.New("is not an e-mail address")
	}
	name := strings.TrimSpace(a.Name)
	if strings.ContainsAny(name, "@<>＠﹫\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") {
		name = ""
	}
	return &mail.Address{Name: name, Address: email}, nil
}

// isAtom reports whether s can be the left side of a Message-ID.
func isAtom(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	return s != "" && len(s) <= 200 && strings.Trim(s, letters) == "" &&
		s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

// owned are the headers that Message has fields for, or that the encoding sets.
var owned = []string{
	"Bcc", "Cc", "Content-Disposition", "Content-Transfer-Encoding", "Content-Type", "Date", "From",
	"Message-Id", "Mime-Version", "Reply-To", "Return-Path", "Sender", "Subject", "To",
}

func extraHeader(name, value string) error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	if name == "" || strings.Trim(name, letters) != "" {
		return errors.New("a header name is not letters, digits and dashes")
	}
	if slices.Contains(owned, textproto.CanonicalMIMEHeaderKey(name)) {
		return errors.New("the header " + name + " is set by the message itself")
	}
	if err := headerText(value); err != nil {
		return errors.New("the header " + name + " " + err.Error())
	}
	return nil
}
