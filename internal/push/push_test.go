package push_test

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/egress"
	"github.com/vitrine-portal/vitrine/internal/push"
	"github.com/vitrine-portal/vitrine/internal/push/pushtest"
)

func raw(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of RFC 8291, section 5 and appendix A.
func TestExampleOfTheStandard(t *testing.T) {
	d := push.Device{Key: raw(t, "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"), Auth: raw(t, "BTBZMqHH6r4Tts7J_aSIgg")}
	got, err := push.Seal(d, []byte("When I grow up, I want to be a watermelon"), raw(t, "DGv6ra1nlYgDCS1FRnbzlw"), raw(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	const want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if err != nil || base64.RawURLEncoding.EncodeToString(got) != want {
		t.Errorf("%v: %s", err, base64.RawURLEncoding.EncodeToString(got))
	}
}

// A push arrives whole at a real service, and each answer means what the standard
// says.
func TestSend(t *testing.T) {
	s := pushtest.Start(t)
	client := egress.New(egress.Options{Roots: s.Roots(), Allow: []netip.AddrPort{s.Address()}})
	p, err := push.New([]byte("a secret"), "https://portal.honcho.example", client)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := push.New([]byte("a secret"), "", nil); again.Public() != p.Public() || len(raw(t, p.Public())) != 65 {
		t.Error("the key is not the same each time")
	}
	if other, _ := push.New([]byte("another"), "", nil); other.Public() == p.Public() {
		t.Error("two secrets have one key")
	}
	device := func(b *pushtest.Browser) push.Device {
		return push.Device{Endpoint: b.Endpoint, Key: raw(t, b.Key), Auth: raw(t, b.Auth)}
	}
	b := s.Browser()
	for _, payload := range []string{"", "Tom wrote in Colours", strings.Repeat("ü", push.MaxPayload/2)} {
		if err := p.Send(t.Context(), device(b), []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := s.Got(b); len(got) != 3 || got[0] != "" || got[1] != "Tom wrote in Colours" || len(got[2]) != push.MaxPayload {
		t.Errorf("it got %q", got)
	}
	var later *push.Temporary
	for status, want := range map[int]error{404: push.ErrGone, 410: push.ErrGone, 403: push.ErrGone, 401: push.ErrGone, 400: push.ErrUnfit, 413: push.ErrUnfit, 302: push.ErrUnfit, 307: push.ErrUnfit, 429: nil, 503: nil} {
		err := p.Send(t.Context(), device(s.Browser(status)), []byte("x"))
		if want != nil && !errors.Is(err, want) || want == nil && (!errors.As(err, &later) || later.Status != status) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if err := p.Send(t.Context(), device(b), make([]byte, push.MaxPayload+1)); !errors.Is(err, push.ErrUnfit) {
		t.Errorf("too long: %v", err)
	}
	bad := device(b)
	bad.Key = make([]byte, 65)
	if err := p.Send(t.Context(), bad, []byte("x")); !errors.Is(err, push.ErrUnfit) {
		t.Errorf("no key: %v", err)
	}
	// An address of ours is not called, and nobody learns what is there.
	guarded, _ := push.New([]byte("a secret"), "https://portal.honcho.example", egress.New(egress.Options{Roots: s.Roots()}))
	began := time.Now()
	if err := guarded.Send(t.Context(), device(b), []byte("x")); !errors.Is(err, egress.ErrRefused) || time.Since(began) > time.Second {
		t.Errorf("an address inside: %v", err)
	}
	if _, asked := s.Got(b); asked != 3 {
		t.Errorf("the service was asked %d times", asked)
	}
}
