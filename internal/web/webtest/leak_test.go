package webtest

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// What this package is trusted with: that a leak is seen.
func TestLeaksAreFound(t *testing.T) {
	canary := func(client string, side portal.Side, what string) string {
		return portaltest.Canary(client, side, what)
	}
	for _, c := range []struct {
		reader, text string
		leak         bool
	}{
		{"cleo", canary("acme", portal.ClientSide, "site-name"), false},
		{"cleo", canary("acme", portal.Team, "site-name"), true},
		{"cleo", canary("brick", portal.ClientSide, "shop-name"), true},
		{"cleo", "CNRY&#45;brick&#45;client&#45;shop", true},
		{"cleo", canary("acme", portal.ClientSide, "hidden-task-title"), true},
		{"dan", canary("acme", portal.ClientSide, "brand-name"), false},
		{"dan", canary("acme", portal.ClientSide, "site-name"), true},
		{"carl", canary("brick", portal.ClientSide, "shop-name"), false},
		{"carl", canary("acme", portal.ClientSide, "site-name"), true},
		{"bea", canary("brick", portal.ClientSide, "shop-name"), false},
		{"bea", canary("brick", portal.Team, "shop-name"), true},
		{"tom", canary("acme", portal.Team, "site-task-title"), false},
		{"tom", canary("acme", portal.ClientSide, "brand-name"), true},
		{"rex", canary("acme", portal.ClientSide, "site-name"), true},
		{"nobody", canary("acme", portal.ClientSide, "site-name"), true},
		{"ada", canary("acme", portal.Team, "site-name"), false},
	} {
		if got := len(leaks("<p title=\""+c.text+"\">", Forbidden(c.reader))) > 0; got != c.leak {
			t.Errorf("%s reads %s: leak %t, want %t", c.reader, c.text, got, c.leak)
		}
	}
}
