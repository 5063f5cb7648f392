// Package webtest visits Vitrine's pages as browsers do: over HTTP, with a
// cookie jar, reading HTML and sending the forms it finds there.
//
//	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
//		cleo := s.As("cleo")
//		page := cleo.Get("/projects")
//		page.MustBe(200).MustContain("Site")
//		page = page.Form("/profile").Set("name", "Cleo B.").Submit(cleo)
//		page.MustBe(200)
//	})
//
// The site is portaltest's World, on each database. Every byte a browser
// receives is searched for canaries (portaltest.Canary) that its person may not
// see, so that each test of a page is a test for leaks as well; Forbid adds
// words to look for.
package webtest

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/live"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/web"
)

// A Site is the World behind a real listener.
type Site struct {
	*portaltest.World
	URL   string // without a slash at the end
	Web   *web.Server
	Blobs blob.Store

	FilesURL string // empty: files have no host of their own

	t   *testing.T
	log logBook
}

// Run plays f on both databases.
func Run(t *testing.T, f func(t *testing.T, s *Site)) {
	t.Helper()
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) { f(t, New(t, w, nil)) })
}

// RunFiles plays f on both databases with both stores, and with a host of their
// own for files: FilesURL.
func RunFiles(t *testing.T, f func(t *testing.T, s *Site)) {
	t.Helper()
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		t.Run("disk", func(t *testing.T) { f(t, New(t, w, WithFiles)) })
		t.Run("S3", func(t *testing.T) {
			f(t, New(t, portaltest.Open(t, w.DB.Dialect()), func(o *web.Options) {
				WithFiles(o)
				o.Bytes = transfer.New(blobtest.StartS3(t).Open(t), "", o.Log)
			}))
		})
	})
}

// WithFiles gives a site a host for files.
func WithFiles(o *web.Options) {
	o.FilesURL = &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", o.BaseURL.Port())}
}

// New serves the World until the test ends. With may change the options.
func New(t *testing.T, w *portaltest.World, with func(*web.Options)) *Site {
	t.Helper()
	s := &Site{World: w, t: t}
	srv := httptest.NewUnstartedServer(nil)
	base := &url.URL{Scheme: "http", Host: srv.Listener.Addr().String()}
	hub := live.New()
	w.OnSignal(func(sig portal.Signal) {
		persons := make([]string, len(sig.Persons))
		for i, p := range sig.Persons {
			persons[i] = string(p)
		}
		hub.Publish(live.Signal{Event: string(sig.Event), Client: string(sig.Client), Project: string(sig.Project), Persons: persons, Close: sig.Close,
			Thread: string(sig.Thread), Audience: string(sig.Audience), Typist: string(sig.Typist)})
	})
	disk := blobtest.FilledDisk(t, w.Blobs)
	log := slog.New(slog.NewTextHandler(&s.log, nil))
	mails := notify.New(w.Portal, w.Accounts, mail.New(mail.Config{}), notify.Options{BaseURL: base, From: mail.Address{Email: "portal@honcho.test"}})
	o := web.Options{Mails: mails, Portal: w.Portal, Accounts: w.Accounts, Hub: hub, Bytes: transfer.New(disk, "", log), BaseURL: base, Log: log}
	if with != nil {
		with(&o)
	}
	if o.Bytes.Blobs != blob.Store(disk) {
		blobtest.Fill(t, o.Bytes.Blobs, w.Blobs)
	}
	s.URL, s.Web, s.Blobs = base.String(), web.New(o), o.Bytes.Blobs
	if o.FilesURL != nil {
		s.FilesURL = o.FilesURL.String()
	}
	srv.Config.Handler = s.Web
	srv.Start()
	t.Cleanup(srv.Close)
	return s
}

// Log returns what the server has logged, for the test that it tells no secret
// and for the cause of a page that says something broke.
func (s *Site) Log() string { return s.log.String() }

// Stranger is a browser in which nobody is signed in.
func (s *Site) Stranger() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b := &Browser{Site: s, Name: "nobody", t: s.t}
	b.client = &http.Client{Jar: jar, CheckRedirect: b.redirected}
	return b
}

// As is a new browser in which the named person of the World is signed in.
// Names are those of World.Everyone; people who cannot sign in fail the test.
func (s *Site) As(name string) *Browser {
	s.t.Helper()
	id, ok := s.Everyone()[name]
	if !ok {
		s.t.Fatalf("webtest: nobody is called %q", name)
	}
	b := s.Stranger()
	b.Name = name
	ctx := context.Background()
	var token string
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		b.Session, token, err = s.Accounts.NewSession(ctx, tx, id, account.ByPassword, account.Meta{UserAgent: userAgent, Address: netip.MustParseAddr("127.0.0.1")}, 0)
		return err
	})
	if err != nil {
		s.t.Fatalf("webtest: sign %s in: %v", name, err)
	}
	u, _ := url.Parse(s.URL)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "sid", Value: token, Path: "/", HttpOnly: true}})
	return b
}

// Forbidden are the canaries that a person of the World must never receive,
// whatever the page. What only part of the team may see is for Forbid.
func Forbidden(name string) []string {
	words := forbidden(name)
	for _, who := range []string{"mia", "bea", "cleo", "carl", "rex"} { // who keep something unsent
		if who != name {
			words = append(words, portaltest.UnsentCanary(who))
		}
	}
	if !slices.Contains([]string{"ada", "mia", "tom", "cleo", "carl"}, name) { // Cleo and Carl said it
		words = append(words, "-approval-call")
	}
	return words
}

func forbidden(name string) []string {
	const all = "CNRY-"
	acme, brick := portaltest.Canary("acme", portal.Team, ""), portaltest.Canary("brick", portal.Team, "")
	hidden := portaltest.Canary("acme", portal.ClientSide, "hidden-")
	switch name {
	case "ada", "mia":
		return nil
	case "tom": // a contributor on Site alone
		return []string{"CNRY-brick-", portaltest.Canary("acme", portal.Team, "hidden-"), portaltest.Canary("acme", portal.ClientSide, "brand-"), hidden}
	case "cleo", "uma": // uma once she has accepted; nobody signs in before
		return []string{acme, "CNRY-brick-", hidden}
	case "dan": // sees Brand alone
		return []string{acme, "CNRY-brick-", hidden, portaltest.Canary("acme", portal.ClientSide, "site-"), portaltest.Canary("acme", portal.ClientSide, "old-")}
	case "carl":
		return []string{brick, "CNRY-acme-"}
	case "bea":
		return []string{acme, brick, hidden}
	}
	return []string{all}
}

// Exec changes the World behind the portal's back, for what no page can do.
func (s *Site) Exec(q string, args ...any) {
	s.t.Helper()
	ctx := context.Background()
	if err := s.DB.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q, args...); return err }); err != nil {
		s.t.Fatal(err)
	}
}

// ByHand is Exec for what the database refuses.
func (s *Site) ByHand(q string, args ...any) {
	s.t.Helper()
	ctx := context.Background()
	if err := dbtest.ByHand(ctx, s.DB, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q, args...); return err }); err != nil {
		s.t.Fatal(err)
	}
}

// Mails are the ids that mails of a kind are about, oldest first: the code, the
// reset, the change of address that was asked for.
func (s *Site) Mails(kind string) []string {
	s.t.Helper()
	rows, err := s.DB.Query(context.Background(), `SELECT subject_id FROM mails WHERE kind = $1 ORDER BY created_at, id`, kind)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			s.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return ids
}

// logBook keeps what the server logs.
type logBook struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
