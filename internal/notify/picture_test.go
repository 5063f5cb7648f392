package notify_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/url"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// A mail about one file shows what that looks like, to whoever sees it; one about
// several things, or a file of which there is no picture, goes without.
func TestNoticesShowWhatTheyAreAbout(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := &office{World: w, t: t, server: mailtest.Start(t, &mailtest.Server{})}
		var look bytes.Buffer
		if err := png.Encode(&look, image.NewGray(image.Rect(0, 0, 960, 640))); err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(base)
		from := mail.Address{Name: "Honcho Design", Email: "portal@honcho.example"}
		var shown []portal.VersionID
		o.notify = notify.New(w.Portal, w.Accounts, mail.New(mail.Config{Host: "127.0.0.1", Port: o.server.Port(), TLS: mail.Plain, Timeout: 5 * time.Second, From: from}),
			notify.Options{BaseURL: u, From: from, Picture: func(_ context.Context, st portal.Stored) ([]byte, error) {
				shown = append(shown, st.Version)
				return look.Bytes(), nil
			}})
		ctx := t.Context()
		o.everything(o.Cleo)
		it := o.Items[o.Site][portal.ClientSide]
		comment := func(on portal.ItemID) {
			t.Helper()
			if _, err := o.As(o.Mia).CommentOn(ctx, on, portal.NewComment{NewMessage: portal.NewMessage{Body: "Look.", Audience: portal.ClientSide}}); err != nil {
				t.Fatal(err)
			}
			if _, err := o.Portal.TellPeople(ctx); err != nil {
				t.Fatal(err)
			}
		}
		// mailed sends the mail that waits, and returns how many pictures it shows.
		mailed := func() int {
			t.Helper()
			id := o.last(portal.MailNotices)
			o.Clock.Advance(4 * time.Minute)
			o.send(id)
			m, err := o.notify.Render(ctx, o.mail(id))
			if err != nil {
				t.Fatal(err)
			}
			return len(m.Images)
		}
		o.exec(`UPDATE versions SET preview = 'waiting' WHERE id = $1`, string(it.Version))
		comment(portal.ItemID(it.File))
		if n := mailed(); n != 0 {
			t.Errorf("without a picture of it %d are shown", n)
		}
		o.exec(`UPDATE versions SET preview = 'ready' WHERE id = $1`, string(it.Version))
		comment(portal.ItemID(it.File))
		if n := mailed(); n != 1 || len(shown) == 0 || shown[0] != it.Version {
			t.Errorf("one comment on a file: %d pictures, of %v", n, shown)
		}
		comment(portal.ItemID(it.File))
		comment(portal.ItemID(it.File))
		if n := mailed(); n != 1 {
			t.Errorf("two comments on it: %d pictures", n)
		}
		comment(portal.ItemID(it.File))
		comment(portal.ItemID(it.Task))
		if n := mailed(); n != 0 {
			t.Errorf("comments on two things: %d pictures", n)
		}
	})
}
