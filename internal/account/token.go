package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
)

// Purposes of Token. A token for one purpose is worth nothing for another.
const (
	PurposeInvitation = "inv"
	PurposeReset      = "rst"
	PurposeEmail      = "eml"
	PurposeCalendar   = "cal"
	PurposeShareLink  = "lnk"
	// A mailed link with which one person answers one approval.
	PurposeApproval = "apr"
	// The address at which anybody who has a certificate can see that it is one.
	PurposeCertificate = "crt"
	// A link that ends mails, which anybody who has the mail may use.
	PurposeUnsubscribe = "uns"
	// The secret of the key by which push services know the portal, and the mark
	// of a browser in which somebody asked for pushes.
	PurposePush = "psh"
)

// Token returns the secret of a mailed link: "vt_", the purpose, "_", and a MAC
// of purpose and id. The same id gives the same token for as long as the server
// keeps its key, so the id must be random and new for each link.
func (a *Accounts) Token(purpose, id string) string {
	return "vt_" + purpose + "_" + base64.RawURLEncoding.EncodeToString(a.mac(purpose, id))
}

// HasToken reports whether the text is the token of the purpose and id.
func (a *Accounts) HasToken(text, purpose, id string) bool {
	return hmac.Equal([]byte(text), []byte(a.Token(purpose, id)))
}

// Sign returns a MAC of the parts, for one purpose. Nothing is stored: whoever
// checks what was signed computes it anew.
func (a *Accounts) Sign(purpose string, parts ...string) []byte {
	return a.mac(append([]string{"sign", purpose}, parts...)...)
}

// TokenHash returns what the database keeps of a token.
func (a *Accounts) TokenHash(token string) string { return tokenHash(token) }

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// mac returns HMAC-SHA256 of the parts, each with its length before it, so that
// no two lists of parts are one text.
func (a *Accounts) mac(parts ...string) []byte {
	m := hmac.New(sha256.New, a.key)
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		m.Write(n[:])
		m.Write([]byte(p))
	}
	return m.Sum(nil)
}

// newToken returns a random token of 256 bits.
func newToken(prefix string) string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}
