package portal_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Devices are their person's own, of their own sessions, and of no shared computer.
func TestDevices(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		session := func(email string, shared bool) account.SessionID {
			s, _, err := w.Accounts.SignIn(ctx, account.SignIn{Email: email, Password: portaltest.Password, Address: netip.MustParseAddr("192.0.2.7"), Shared: shared})
			if err != nil {
				t.Fatal(err)
			}
			return s.ID
		}
		key, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		device := func(n int) portal.NewDevice {
			return portal.NewDevice{Endpoint: fmt.Sprintf("https://push.example/%d", n), Key: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), Auth: base64.RawURLEncoding.EncodeToString(make([]byte, 16))}
		}
		cleos, carls := session("cleo@cleo.test", false), session("carl@carl.test", false)
		cleo, carl := w.As(w.Cleo), w.As(w.Carl)
		for name, spoil := range map[string]func(*portal.NewDevice){
			"endpoint": func(d *portal.NewDevice) { d.Endpoint = "http://push.example/1" },
			"Endpoint": func(d *portal.NewDevice) { d.Endpoint = "https://a@push.example/1" },
			"ENDPOINT": func(d *portal.NewDevice) { d.Endpoint = "https://push.example/" + strings.Repeat("x", 1000) },
			"eNdpoint": func(d *portal.NewDevice) { d.Endpoint = "file:///etc/passwd" },
			"key":      func(d *portal.NewDevice) { d.Key = base64.RawURLEncoding.EncodeToString(make([]byte, 65)) },
			"auth":     func(d *portal.NewDevice) { d.Auth = "AAAA" },
		} {
			in := device(1)
			spoil(&in)
			var invalid *portal.Invalid
			if err := cleo.AddDevice(ctx, cleos, in); !errors.As(err, &invalid) || invalid.Fields[strings.ToLower(name)].Key == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		wants(t, "AddDevice with another's session", carl.AddDevice(ctx, cleos, device(1)), portal.ErrNotFound)
		wants(t, "AddDevice on a shared computer", cleo.AddDevice(ctx, session("cleo@cleo.test", true), device(1)), portal.ErrForbidden)
		for range 2 { // it says so again
			wants(t, "AddDevice", cleo.AddDevice(ctx, cleos, device(1)), nil)
		}
		all := must[[]portal.Device](t)(cleo.Devices(ctx))
		if len(all) != 1 || all[0].Session != cleos {
			t.Fatalf("devices are %+v", all)
		}
		if others := must[[]portal.Device](t)(carl.Devices(ctx)); len(others) != 0 {
			t.Errorf("Carl sees %+v", others)
		}
		wants(t, "RemoveDevice by others", carl.RemoveDevice(ctx, all[0].ID), portal.ErrNotFound)
		// The same browser, with somebody else signed in: it is theirs then.
		wants(t, "AddDevice by who came next", carl.AddDevice(ctx, carls, device(1)), nil)
		if left := must[[]portal.Device](t)(cleo.Devices(ctx)); len(left) != 0 {
			t.Errorf("Cleo still has %+v", left)
		}
		for n := range 25 {
			wants(t, "AddDevice", cleo.AddDevice(ctx, cleos, device(100+n)), nil)
		}
		if all = must[[]portal.Device](t)(cleo.Devices(ctx)); len(all) != 20 {
			t.Errorf("%d devices are kept", len(all))
		}
		wants(t, "RemoveDevice", cleo.RemoveDevice(ctx, all[0].ID), nil)
		wants(t, "RemoveDevice again", cleo.RemoveDevice(ctx, all[0].ID), portal.ErrNotFound)
		wants(t, "AddDevice by nobody", w.As("").AddDevice(ctx, cleos, device(1)), portal.ErrSignedOut)
	})
}
