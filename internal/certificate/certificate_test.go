package certificate

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

var at = time.Date(2026, 3, 12, 16, 4, 5, 0, time.UTC)

// awkward is what people may be called.
const awkward = "Łódź (Γειά) \\) Тест 🎉 /Root 1 0 R"

func record(lines int) portal.Certificate {
	c := portal.Certificate{ID: "crt_01", Record: portal.Record{Kind: "signoff", ID: "sgn_01", Of: "milestone", Title: awkward, Workspace: "Honcho & Söhne", Client: "Leto ) Brand", Project: "Website",
		Statement: "I accept it.\n\n>> endobj\nstream " + strings.Repeat("unbroken", 40), Content: strings.Repeat("ab", 32), At: at,
		Signers: []portal.RecordSigner{{Name: awkward, Email: "sofia@leto.example", Role: "lead", Company: "Leto", VerifiedAt: at.Add(-time.Hour), Proof: "password", Zone: "Europe/Lisbon", At: at}}}}
	for i := range lines {
		c.Record.Lines = append(c.Record.Lines, portal.SignoffLine{Position: i + 1, Kind: portal.LineVersion, Title: fmt.Sprintf("banner \u202e(%d).png", i), Number: 2, SHA256: fmt.Sprintf("%064x", i), Size: 1234, At: at})
	}
	c.Record.Lines = append(c.Record.Lines, portal.SignoffLine{Kind: portal.LineOpen, Why: "said", Title: "Photos follow"}, portal.SignoffLine{Kind: portal.LineDeliverable, Title: "Banners", At: at})
	c.Record.Timeline = []portal.RecordMoment{{At: at, What: "requested", Title: "Banners"}, {At: at, What: "approved_with_notes", By: "Sofia", Title: "Banners", Note: "Lovely"}, {At: at, What: "signed", By: awkward, Proof: "code"}}
	for _, what := range []string{"viewed", "advanced", "reminded", "delegated", "deputised", "came_back", "reassigned", "taken", "cancelled", "superseded", "expired", "changes_requested", "declined", "undone", "asked", "refused", "withdrawn"} {
		c.Record.Timeline = append(c.Record.Timeline, portal.RecordMoment{At: at, What: what, From: "Ana", To: "Bo", Round: 2})
	}
	c.Record.Asked = []portal.RecordAsked{{Approval: "apr_1", Title: "Banners", Body: "Please look", Checklist: []string{"The date", "The name"}, Content: strings.Repeat("c", 64), Files: []portal.RecordFile{{Name: "a.png", Version: "ver_1", SHA256: strings.Repeat("e", 64)}},
		About: &portal.About{Title: "Banner set", Body: "For the window", Links: []portal.AboutLink{{Title: "Prototype", URL: "https://example.com/a"}}}}}
	return c
}

// program runs a program of poppler on a file, or skips without it; where CI is
// set it has to be there.
func program(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil && name != "pdfsig" { // which fails for a signature that is none
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func ours(t *testing.T) *Signer {
	t.Helper()
	s, err := FromSecret([]byte("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// given is a signer with a key that somebody brought.
func given(t *testing.T) *Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Honcho"}, NotBefore: at.AddDate(-1, 0, 0), NotAfter: at.AddDate(9, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, x, x, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name, kind string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	s, err := FromFiles(file("c.pem", "CERTIFICATE", der), file("k.pem", "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A certificate says all of it, is signed, and any byte that is changed is found:
// by pdfsig as by us.
func TestCertificate(t *testing.T) {
	const address = "https://portal.example/verify/vt_crt_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
	dir := t.TempDir()
	for name, s := range map[string]*Signer{"ours": ours(t), "given": given(t)} {
		began := time.Now()
		pdf, err := s.Render(record(60), address, "en", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d KB in %v", name, len(pdf)/1000, time.Since(began))
		path := filepath.Join(dir, name+".pdf")
		see := func(b []byte) string {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			return program(t, "pdfsig", path)
		}
		if got := see(pdf); !strings.Contains(got, "Signature is Valid") || !strings.Contains(got, "Total document signed") {
			t.Errorf("%s: pdfsig says %s", name, got)
		}
		text := program(t, "pdftotext", "-layout", path, "-")
		flat := strings.Join(strings.Fields(text), " ")
		for _, want := range []string{awkward, "Honcho & Söhne", "Leto ) Brand", "2026-03-12 16:04:05 UTC", "Europe/Lisbon", "banner (59).png", "SHA-256 " + fmt.Sprintf("%064x", 59), "Photos follow", "Lovely", "Page 1 of", "crt_01", strings.Repeat("ab", 32),
			"the decision went to Bo", "Banner set", "For the window", "https://example.com/a", "The date", "ver_1", strings.Repeat("c", 64), strings.Repeat("e", 64), "round 2", "a code mailed to their address when they signed"} {
			if !strings.Contains(flat, want) {
				t.Errorf("%s: no %q in it", name, want)
			}
		}
		if !s.Signed(pdf) {
			t.Errorf("%s: we do not know our own signature", name)
		}
		for _, n := range []int{20, len(pdf) / 2, len(pdf) - 10} {
			bad := bytes.Clone(pdf)
			if bad[n] == '0' {
				n++
			}
			bad[n] ^= 1
			if s.Signed(bad) {
				t.Errorf("%s: byte %d was changed, and we take it", name, n)
			}
			if got := see(bad); strings.Contains(got, "Signature is Valid") && !strings.Contains(got, "Not total document signed") { // as it says of what fills up a signature
				t.Errorf("%s: byte %d was changed, and pdfsig says %s", name, n, got)
			}
		}
		bad := bytes.Clone(pdf)
		i := bytes.Index(bad, []byte("/CreationDate (D:2026"))
		bad[i+len("/CreationDate (D:202")] = '5'
		if got := see(bad); strings.Contains(got, "Signature is Valid") {
			t.Errorf("%s: one byte was changed, and pdfsig says %s", name, got)
		}
		if s.Signed(append(bytes.Clone(pdf), ' ')) || s.Signed(pdf[:len(pdf)-1]) || s.Signed(nil) || s.Signed([]byte("/ByteRange [0 0000000001 0000000003 0000000009]")) {
			t.Errorf("%s: something else was taken", name)
		}
	}
	for name, s := range map[string]*Signer{"ours": ours(t), "given": given(t)} {
		signature, err := s.SignText("a day")
		if err != nil || !s.SignedText("a day", signature) || s.SignedText("a day ", signature) || s.SignedText("a day", "") || s.SignedText("a day", signature[4:]) || s.SignedText("a day", "ä") {
			t.Errorf("%s: of a text it says %q, %v", name, signature, err)
		}
	}
	pdf, err := ours(t).Render(record(1), address, "en", at)
	if err != nil {
		t.Fatal(err)
	}
	if other, err := FromSecret([]byte("another")); err != nil || other.Signed(pdf) {
		t.Errorf("another key takes it: %v", err)
	}
}

// Every face is whole.
func TestFaces(t *testing.T) {
	all, err := faces()
	if err != nil {
		t.Fatal(err)
	}
	have := func(r rune) bool {
		for _, f := range all {
			if _, ok := f.glyphs[r]; ok {
				return true
			}
		}
		return false
	}
	for _, r := range "AZaz09łŁőşžßéÑ€–“”αΩйЯїґ" {
		if !have(r) {
			t.Errorf("no face has %q", r)
		}
	}
}

// Nothing that is uploaded can hurt.
func FuzzSigned(f *testing.F) {
	s, err := FromSecret([]byte("a secret"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("%PDF-1.7 /ByteRange [0 0000000054 0000000060 0000000000] <3080>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s.Signed(b) {
			t.Error("signed")
		}
	})
}

func BenchmarkRender(b *testing.B) {
	s, err := FromSecret([]byte("a secret"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Render(record(60), "https://portal.example/verify/x", "en", at); err != nil {
			b.Fatal(err)
		}
	}
}
