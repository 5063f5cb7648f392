package mailin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
)

// A Purpose is what an address of ours is for.
type Purpose byte

// The purposes. A token for one is worth nothing for the other.
const (
	Reply  Purpose = 'r' // an answer of one person to one place
	Return Purpose = 'b' // what comes back of one mail
)

const (
	idLen  = 26                     // of an identifier, without its prefix
	macLen = 24                     // 120 bits
	tokLen = 1 + 1 + idLen + macLen // version, purpose, id, MAC
)

const version = '1'

// MaxLocal is how long the part before the + may be, so that with a token there
// are no more than the 64 octets that mail servers take before the @.
const MaxLocal = 64 - 1 - tokLen

// Addresses makes and knows the addresses that answers come to: a base such as
// reply@in.example.com, and below it one for each person and place, with a token
// behind a +. A token holds an identifier and a MAC of it, so that nobody can
// guess one. It is written in digits and lower-case letters, as servers on the
// way may change the case.
type Addresses struct {
	local, domain string
	keys          [][]byte
}

// NewAddresses takes the base and the keys: tokens are made with the first, and
// known when they were made with any, so that a key can be replaced.
func NewAddresses(base string, keys ...[]byte) *Addresses {
	at := strings.LastIndexByte(base, '@')
	return &Addresses{local: strings.ToLower(base[:at]), domain: strings.ToLower(base[at+1:]), keys: keys}
}

// Base is the address without a token.
func (a *Addresses) Base() string { return a.local + "@" + a.domain }

// For returns the address for an identifier as db.NewID writes them.
func (a *Addresses) For(p Purpose, id string) string {
	short := id[strings.IndexByte(id, '_')+1:]
	return a.local + "+" + string([]byte{version, byte(p)}) + short + a.mac(a.keys[0], p, short) + "@" + a.domain
}

// A Recipient is what an address of ours is for.
type Recipient struct {
	Purpose Purpose // 0: the base itself
	ID      string  // without its prefix
}

// Find says what an address is for, or that it is none of ours. It takes as
// long for a wrong MAC as for a right one.
func (a *Addresses) Find(address string) (Recipient, bool) {
	address = strings.ToLower(strings.TrimSpace(address))
	at := strings.LastIndexByte(address, '@')
	if at < 0 || strings.TrimSuffix(address[at+1:], ".") != a.domain {
		return Recipient{}, false
	}
	local, token, tagged := strings.Cut(address[:at], "+")
	switch {
	case local != a.local:
		return Recipient{}, false
	case !tagged:
		return Recipient{}, true
	case len(token) != tokLen, token[0] != version:
		return Recipient{}, false
	}
	r := Recipient{Purpose: Purpose(token[1]), ID: token[2 : 2+idLen]}
	known := 0
	for _, key := range a.keys {
		if hmac.Equal([]byte(token[2+idLen:]), []byte(a.mac(key, r.Purpose, r.ID))) {
			known++
		}
	}
	if known == 0 || r.Purpose != Reply && r.Purpose != Return {
		return Recipient{}, false
	}
	return r, true
}

var letters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// mac returns the MAC of a purpose and an identifier, each with its length
// before it.
func (a *Addresses) mac(key []byte, p Purpose, id string) string {
	m := hmac.New(sha256.New, key)
	for _, part := range []string{"mail in", string(rune(version)), string(rune(p)), id} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		m.Write(n[:])
		m.Write([]byte(part))
	}
	return letters.EncodeToString(m.Sum(nil)[:macLen*5/8])
}
