package main

import (
	"bufio"
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// T191, on two nodes: whoever is signed out through one process is so at once on a
// stream that the other holds.
func TestTwoProcesses(t *testing.T) {
	p := settle(t, db.PostgreSQL)
	program := theProgram(t)
	shared := []string{p.env[1], "VITRINE_KEY_FILE=" + filepath.Join(p.dir(), "vitrine.key"), "VITRINE_STORAGE=disk:" + filepath.Join(t.TempDir(), "files"), "VITRINE_PREVIEWS=off"}
	signIn := func() (*built.Server, *http.Client) {
		t.Helper()
		s, err := built.Start(t.Context(), program, "serve", filepath.Join(t.TempDir(), "data"), shared...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Stop(); err != nil {
				t.Errorf("%v:\n%s", err, s.Output())
			}
		})
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		c := &http.Client{Jar: jar, Transport: new(http.Transport)}
		resp, err := c.PostForm(s.URL+"/sign-in", url.Values{"email": {ownerEmail}, "password": {ownerPass}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/" {
			t.Fatalf("signing in leads to %s, status %d", resp.Request.URL, resp.StatusCode)
		}
		return s, c
	}
	first, here := signIn()
	second, there := signIn()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, second.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	stream, err := there.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	for lines.Scan() && lines.Text() != ": open" {
	}
	began := time.Now()
	resp, err := here.PostForm(first.URL+"/profile/sessions/end-others", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	answered := time.Since(began)
	bye := false
	for !bye && lines.Scan() {
		bye = lines.Text() == "event: bye"
	}
	took := time.Since(began)
	t.Logf("answered after %v, and the stream of the other process ended after %v", answered.Round(time.Millisecond), took.Round(time.Millisecond))
	if !bye || took > answered+3*time.Second {
		t.Errorf("bye %t after %v: %v", bye, took, lines.Err())
	}
	if resp, err = there.Get(second.URL + "/profile"); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("signed out, and the other process answers %d", resp.StatusCode)
	}
}

// nodes are two processes of the program on one PostgreSQL database with the World
// in it, and this process as a third, through which things happen.
type nodes struct {
	*house
	*portaltest.World // for its ids: its own clock stands still
	*place
	programs []*built.Server
	env      []string // of the programs
	program  string
}

func onNodes(t *testing.T, f func(n *nodes)) {
	url := dbtest.URL(t, db.PostgreSQL)
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	n := &nodes{World: portaltest.New(t, d), place: &place{t, []string{"VITRINE_DATA=" + filepath.Join(t.TempDir(), "data"), "VITRINE_DATABASE=" + url}}}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	n.program = theProgram(t)
	files := filepath.Join(t.TempDir(), "files")
	n.must(os.Mkdir(files, 0o700))
	n.must(os.WriteFile(filepath.Join(files, "vitrine.storage"), []byte("adopt"), 0o600)) // the World's files are nowhere
	n.inside(func(h *house) {
		n.house = h
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if err := h.hub.Bridge(ctx, url, h.log); err != nil {
			t.Fatal(err)
		}
		n.env = []string{n.place.env[1], "VITRINE_KEY_FILE=" + filepath.Join(n.dir(), "vitrine.key"), "VITRINE_STORAGE=disk:" + files, "VITRINE_PREVIEWS=off"}
		for range 2 {
			s, err := built.Start(t.Context(), n.program, "serve", filepath.Join(t.TempDir(), "data"), n.env...)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Stop(); err != nil {
					t.Errorf("%v:\n%s", err, s.Output())
				}
			}()
			n.programs = append(n.programs, s)
		}
		f(n)
	})
}

// as is the portal as somebody of the World sees it, through this process.
func (n *nodes) as(who portal.PersonID) *portal.Scope {
	return n.house.portal.As(portal.PersonActor(who))
}

// signIn is a session of somebody's.
func (n *nodes) signIn(who portal.PersonID) (s account.Session, token string) {
	n.t.Helper()
	n.must(n.house.db.Write(n.t.Context(), func(tx *db.Tx) (err error) {
		s, token, err = n.accounts.NewSession(n.t.Context(), tx, who, account.ByPassword, account.Meta{}, 0)
		return err
	}))
	return s, token
}

func (n *nodes) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

// listen opens a stream on each program with a session's token.
func (n *nodes) listen(token string) (streams []chan string) {
	n.t.Helper()
	for _, s := range n.programs {
		r, err := http.NewRequestWithContext(n.t.Context(), http.MethodGet, s.URL+"/live", nil)
		n.must(err)
		r.AddCookie(&http.Cookie{Name: "sid", Value: token})
		resp, err := new(http.Transport).RoundTrip(r)
		n.must(err)
		n.t.Cleanup(func() { resp.Body.Close() })
		if resp.StatusCode != http.StatusOK {
			n.t.Fatalf("a stream answers %d", resp.StatusCode)
		}
		events := make(chan string, 64)
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() && lines.Text() != ": open" {
		}
		go func() {
			defer close(events)
			for lines.Scan() {
				if kind, ok := strings.CutPrefix(lines.Text(), "event: "); ok && lines.Scan() {
					if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok { // else it is a beat
						events <- kind + " " + data
					}
				}
			}
		}()
		streams = append(streams, events)
	}
	time.Sleep(20 * time.Millisecond) // they look once more whether they may be open
	return streams
}

// until is what a stream says up to an event, which has to come within a second.
func until(stream chan string, event string) (before []string, ok bool) {
	late := time.After(time.Second)
	for {
		select {
		case e, open := <-stream:
			if e == event {
				return before, true
			}
			if !open {
				return append(before, "(the end)"), false
			}
			before = append(before, e)
		case <-late:
			return before, false
		}
	}
}

// T197: what happens on a node that dies before it tells the others is told by them
// all the same, to those who see it.
func TestDiedBeforeItTold(t *testing.T) {
	onNodes(t, func(n *nodes) {
		dead, _ := portal.New(n.house.db, portal.Options{Key: make([]byte, 32)})
		_, token := n.signIn(n.Cleo)
		streams := n.listen(token)
		time.Sleep(2 * watchEvery) // they know what was before
		happens := func(audience portal.Side) {
			t.Helper()
			_, err := dead.As(portal.PersonActor(n.Ada)).AddTask(t.Context(), n.Site, portal.NewTask{Title: "Proofs", Audience: audience})
			n.must(err)
		}
		happens(portal.Team)
		time.Sleep(3 * watchEvery)
		for i, st := range streams {
			if len(st) > 0 {
				t.Errorf("program %d says %q of what its reader does not see", i, <-st)
			}
		}
		happens(portal.ClientSide)
		late := time.After(4 * watchEvery)
		for i, st := range streams {
			select {
			case said := <-st:
				if said != "changed -" {
					t.Errorf("program %d says %q", i, said)
				}
			case <-late:
				t.Errorf("program %d is silent", i)
			}
		}
	})
}

// T191, with several processes: whoever loses something through one of them loses
// it within a second on the streams that the others hold, for every cause there is.
func TestRevokedInOtherProcesses(t *testing.T) {
	onNodes(t, func(n *nodes) {
		ctx := t.Context()
		ada := n.as(n.Ada)
		changed := func(id portal.ProjectID) string { return "changed " + string(id) }
		add := func(id portal.ProjectID) portal.TaskID {
			t.Helper()
			made, err := ada.AddTask(ctx, id, portal.NewTask{Title: "Proofs", Audience: portal.ClientSide})
			n.must(err)
			return made
		}
		// Over ends somebody's streams.
		over := func(why string, who portal.PersonID, do func(s account.Session) error) {
			t.Helper()
			s, token := n.signIn(who)
			streams := n.listen(token)
			n.must(do(s))
			for i, st := range streams {
				if said, ok := until(st, "bye -"); !ok {
					t.Errorf("%s: the stream of program %d goes on, and says %q", why, i, said)
				}
			}
		}
		// Less leaves the streams open, on which what then happens is not heard, and
		// what happens elsewhere is.
		less := func(why string, who portal.PersonID, elsewhere portal.ProjectID, happens, do func() error) {
			t.Helper()
			_, token := n.signIn(who)
			streams := n.listen(token)
			n.must(happens())
			add(elsewhere)
			for i, st := range streams {
				if said, ok := until(st, changed(elsewhere)); !ok || len(said) == 0 {
					t.Errorf("before %s: program %d says %q", why, i, said)
				}
			}
			n.must(do())
			add(elsewhere)
			for i, st := range streams {
				if said, ok := until(st, changed(elsewhere)); !ok {
					t.Errorf("%s: program %d says %q, and nothing of what is still seen", why, i, said)
				}
			}
			n.must(happens())
			add(elsewhere)
			for i, st := range streams {
				if said, ok := until(st, changed(elsewhere)); !ok || len(said) > 0 {
					t.Errorf("after %s: program %d says %q", why, i, said)
				}
			}
		}

		// Sessions.
		address := netip.MustParseAddr("192.0.2.7")
		over("signed out", n.Cleo, func(s account.Session) error { return n.accounts.SignOut(ctx, s) })
		over("ended from another session", n.Cleo, func(s account.Session) error { return n.accounts.EndSession(ctx, n.Cleo, s.ID) })
		over("signed out everywhere else", n.Cleo, func(account.Session) error {
			here, _ := n.signIn(n.Cleo)
			_, err := n.accounts.EndOthers(ctx, here)
			return err
		})
		over("the password was changed", n.Cleo, func(account.Session) error {
			here, _ := n.signIn(n.Cleo)
			_, err := n.accounts.ChangePassword(ctx, here, portaltest.Password, "another one of many words")
			return err
		})
		over("the password was reset", n.Cleo, func(account.Session) error {
			token, err := n.accounts.ResetToken(ctx, n.Cleo)
			n.must(err)
			return n.accounts.Reset(ctx, token, "a third one of many words", address)
		})
		over("another e-mail address", n.Carl, func(s account.Session) error {
			n.must(n.accounts.RequestEmailChange(ctx, s, "carl@elsewhere.test"))
			var id string
			n.must(n.house.db.QueryRow(ctx, `SELECT id FROM email_changes WHERE person_id = $1`, string(n.Carl)).Scan(&id))
			return n.accounts.ConfirmEmailChange(ctx, n.accounts.Token(account.PurposeEmail, id), "")
		})
		over("disabled", n.Eve, func(account.Session) error {
			return n.house.db.Write(ctx, func(tx *db.Tx) error {
				_, err := n.accounts.Disable(ctx, tx, n.Eve)
				return err
			})
		})
		over("sees as somebody else", n.Mia, func(s account.Session) error { return n.accounts.ViewAs(ctx, s, string(n.DanUser)) })

		// By the operator, while the portal runs.
		for _, command := range []string{"sign-out", "disable"} {
			over("vitrine person "+command, n.Bea, func(account.Session) error {
				n.want(0, "1 session", "person", command, "bea@bea.test")
				return nil
			})
		}
		n.want(0, "Enabled", "person", "enable", "bea@bea.test")

		// An item, a section, a project.
		task := add(n.Site)
		less("a task is made internal", n.Cleo, n.Brand, func() error {
			if err := ada.CompleteTask(ctx, task); err != nil {
				return err
			}
			return ada.ReopenTask(ctx, task)
		}, func() error {
			_, err := ada.Conceal(ctx, portal.ItemID(task))
			return err
		})
		stone := n.Items[n.Site][portal.ClientSide].Milestone
		less("a milestone is made internal", n.Cleo, n.Brand, func() error {
			if err := ada.ReachMilestone(ctx, stone); err != nil {
				return err
			}
			return ada.ReopenMilestone(ctx, stone)
		}, func() error {
			_, err := ada.Conceal(ctx, portal.ItemID(stone))
			return err
		})
		deliverable := portal.ItemID(n.Items[n.Site][portal.ClientSide].Deliverable)
		less("a deliverable is made internal", n.Cleo, n.Brand, func() error {
			_, err := ada.CommentOn(ctx, deliverable, portal.NewComment{NewMessage: portal.NewMessage{Body: "b", Audience: portal.ClientSide}})
			if err == portal.ErrForbidden {
				_, err = ada.CommentOn(ctx, deliverable, portal.NewComment{NewMessage: portal.NewMessage{Body: "b"}})
			}
			return err
		}, func() error {
			_, err := ada.Conceal(ctx, deliverable)
			return err
		})
		folder := n.Items[n.Site][portal.ClientSide].Folder
		names := []string{"Drawings", "Plans", "Drafts", "Papers"}
		less("a folder is made internal", n.Cleo, n.Brand, func() error {
			var revision int64
			n.must(n.house.db.QueryRow(ctx, `SELECT revision FROM folders WHERE id = $1`, string(folder)).Scan(&revision))
			name := names[0]
			names = names[1:]
			return ada.RenameFolder(ctx, folder, name, revision)
		}, func() error {
			_, err := ada.Conceal(ctx, portal.ItemID(folder))
			return err
		})
		site := func() error {
			_, err := ada.AddTask(ctx, n.Site, portal.NewTask{Title: "Proofs", Audience: portal.ClientSide})
			return err
		}
		less("a section is switched off", n.Cleo, n.Brand, func() error {
			_, err := ada.AddMilestone(ctx, n.Site, portal.NewMilestone{Title: "Opening", Audience: portal.ClientSide})
			return err
		}, func() error {
			p, err := ada.Project(ctx, n.Site)
			n.must(err)
			return ada.SetProjectSections(ctx, n.Site, portal.SectionMilestones, 0, p.Revision)
		})
		less("one project is given, and not all", n.Cleo, n.Brand, site, func() error {
			a, err := ada.Access(ctx, n.Acme)
			n.must(err)
			_, err = ada.SaveAccess(ctx, n.Acme, portal.AccessChange{Revision: a.Client.Revision, Enabled: true, InvitationDays: 7, Preset: portal.PresetViewer,
				Change: []portal.ClientUserChange{{User: n.CleoUser, Rights: portal.PresetLead.Rights(), Projects: []portal.ChosenProject{{Project: n.Brand}}}}})
			return err
		})
		less("removed from one of two clients", n.Bea, n.Shop, site, func() error {
			_, err := ada.Remove(ctx, n.BeaAtAcme)
			return err
		})
		second, err := ada.CreateProject(ctx, n.Brick, portal.NewProject{Name: "Second"})
		n.must(err)
		n.must(ada.ShareProject(ctx, second, false))
		less("a project is shared no more", n.Carl, n.Shop, func() error { add(second); return nil }, func() error { return ada.UnshareProject(ctx, second) })

		// The team.
		n.must(ada.PutOnProject(ctx, n.Shop, n.Tom, "", true))
		less("off a project's team", n.Tom, n.Shop, site, func() error { return ada.TakeOffProject(ctx, n.Site, n.Tom) })
		n.must(ada.TakeOffProject(ctx, n.Site, n.Mia))
		less("off a client's team", n.Mia, n.Shop, site, func() error { return ada.TakeOffClient(ctx, n.Acme, n.Mia) })
		_, token := n.signIn(n.Mia)
		streams := n.listen(token)
		n.must(ada.ChangeRole(ctx, n.Mia, "contributor"))
		for i, st := range streams { // the page asks again, with what the role may do
			if said, ok := until(st, "changed -"); !ok {
				t.Errorf("a role is lowered: program %d says %q", i, said)
			}
		}
		over("out of the team", n.Tom, func(account.Session) error {
			_, err := ada.RemoveTeamMember(ctx, n.Tom)
			return err
		})

		// A client's people, one and all.
		over("suspended", n.Dan, func(account.Session) error { return ada.Suspend(ctx, n.DanUser) })
		n.must(ada.Resume(ctx, n.DanUser))
		over("removed", n.Dan, func(account.Session) error {
			_, err := ada.Remove(ctx, n.DanUser)
			return err
		})
		over("portal access is off", n.Cleo, func(account.Session) error { return ada.DisablePortal(ctx, n.Acme) })
		over("the client is archived", n.Carl, func(account.Session) error { return ada.ArchiveClient(ctx, n.Brick) })
		over("a backup is brought back", n.Ada, func(account.Session) error {
			_, err := n.house.portal.Awake(ctx, time.Now().Add(time.Hour))
			return err
		})
	})
}
