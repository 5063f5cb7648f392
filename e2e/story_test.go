package e2e

import (
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

var (
	nora = person{"Nora Nord", "nora@nord.example", "seven boats and a yellow kite"}
	lena = person{"Lena Lind", "lena@lind.example", "nine lanterns over the harbour"}
)

// A workspace's first client, from the link on the terminal to the client's
// first visit, and the end of it: on each database.
func TestFirstClient(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { firstClient(t) })
	t.Run("postgres", func(t *testing.T) {
		firstClient(t, "VITRINE_DATABASE="+dbtest.URL(t, db.PostgreSQL))
	})
}

func firstClient(t *testing.T, env ...string) {
	server, link := serve(t, env...)
	owner := newTab(t, "owner", server.URL)

	// The link is for the first owner, once.
	owner.open(link)
	owner.fill("workspace", "Studio Nord")
	owner.fill("name", nora.name)
	owner.fill("email", nora.email)
	owner.fill("password", nora.password)
	owner.follow("Set up and go in")
	owner.reads("Your first client in fifteen minutes")

	owner.follow("New client")
	owner.fill("name", "Lind & Co")
	owner.follow("Add client")
	owner.reads("Lind & Co", "Portal access is off")
	client := owner.path()

	// Portal access: on, and somebody to invite.
	owner.follow("Portal access")
	owner.tick("enabled")
	owner.fill("add.0.email", lena.email)
	owner.fill("add.0.name", lena.name)
	owner.reads("1 person will be e-mailed")
	owner.follow("Save changes")
	owner.reads("Portal access is saved", lena.name, "Invited")

	invitation := owner.mail(lena.email)
	owner.reads("Kept")

	guest := newTab(t, "client", server.URL)
	guest.open(invitation)
	guest.reads("Nora Nord invited you to")
	guest.follow("Continue")
	guest.fill("name", lena.name)
	guest.fill("password", lena.password)
	guest.follow("Accept and go in")
	guest.reads("Lena")
	guest.holdsNot("Outbox")
	_ = client

	// Off: the page that is open goes at once.
	guest.live(func() { guest.open("/") })
	owner.open(client + "/access")
	owner.tick("enabled")
	owner.reads("1 person will be signed out")
	out := make(chan time.Time, 1)
	go func() {
		for {
			if out_, err := eval[bool](guest, `document.body.innerText.includes("Access is paused by Studio Nord")`); err == nil && out_ {
				out <- time.Now()
				return
			}
		}
	}()
	owner.follow("Save changes")
	took := (<-out).Sub(owner.answeredAt(client + "/access"))
	t.Logf("the open page was gone %d ms after the switch", took.Milliseconds())
	guest.open("/")
	t.Log(guest.status())
}
