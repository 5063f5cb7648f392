package sweep_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// T197: whatever changes a page that a client's person has open is told to them on
// another server after theirs has died, whether they have an activity or not; and
// what changes none is not.
func TestPagesAndStreamsAgree(t *testing.T) {
	for _, activity := range []string{"with an activity", "without"} {
		t.Run(activity, func(t *testing.T) {
			portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
				share := func(o *web.Options) { must(t, o.Hub.Share(make([]byte, 32))) }
				dead := webtest.New(t, w, share) // hears nothing any more, as the next does
				s := &site{t: t, pages: webtest.New(t, w, share), packed: map[string]int{}}
				if activity == "without" {
					s.Exec(`UPDATE projects SET sections_set = $1, sections = 0 WHERE id = $2`, int64(portal.SectionActivity), string(s.Site))
					s.Regrant()
				}
				old, cleo := dead.As("cleo"), s.As("cleo")
				home := "/projects/" + string(s.Site)
				paths := []string{"/", "/messages", home}
				for _, to := range linksOf(cleo.Get(home).MustBe(200).Body, s.URL) {
					if strings.HasPrefix(to, home+"/") && !slices.Contains(paths, to) && len(paths) < 12 {
						paths = append(paths, to)
					}
				}
				look := func() map[string]string {
					all := map[string]string{}
					for _, path := range paths {
						all[path] = lasting(cleo.Get(path).Body)
					}
					return all
				}
				seen, changes := look(), 0
				for _, d := range shownDeeds(s) {
					mark, open := old.Get("/profile").MustBe(200).Attr("body", "data-live"), s.listen(cleo)
					if err := d.do(); err != nil {
						t.Fatalf("%s: %v", d.name, err)
					}
					changed := !maps.Equal(seen, look())
					if changed {
						changes++
					}
					for where, st := range map[string]*stream{"who has it open": open, "who comes back": s.listenAt(cleo, mark)} {
						var told []string
						if changed {
							told = st.waitFor(1)
						} else {
							told = st.quiet()
						}
						if (len(told) > 0) != changed {
							t.Errorf("%s: a page changed %v, and %s is told %q", d.name, changed, where, told)
						}
					}
					s.Clock.Advance(time.Minute)
					seen = look()
				}
				if changes < 12 {
					t.Errorf("only %d changes were seen", changes)
				}
			})
		})
	}
}

// shownDeeds are what the team does to what the client sees, and, in between, to what
// it does not.
func shownDeeds(s *site) []struct {
	name string
	do   func() error
} {
	ctx, mia, it := s.t.Context(), s.me("mia"), s.Items[s.Site][portal.ClientSide]
	own := s.Items[s.Site][portal.Team]
	var task portal.TaskID
	var said portal.MessageID
	return []struct {
		name string
		do   func() error
	}{
		{"a task of the team's", func() error {
			_, err := mia.AddTask(ctx, s.Site, portal.NewTask{Title: "Inside"})
			return err
		}},
		{"a task", func() (err error) {
			task, err = mia.AddTask(ctx, s.Site, portal.NewTask{Title: "Proofs", Audience: portal.ClientSide})
			return err
		}},
		{"its title", func() error {
			return mia.ChangeTask(ctx, task, portal.TaskChange{Title: "The proofs", Revision: revision(s.t, s, "tasks", string(task))})
		}},
		{"its end", func() error { return mia.CompleteTask(ctx, task) }},
		{"its beginning", func() error { return mia.ReopenTask(ctx, task) }},
		{"hidden", func() error { _, err := mia.Conceal(ctx, portal.ItemID(task)); return err }},
		{"the end of what is hidden", func() error { return mia.CompleteTask(ctx, task) }},
		{"shown", func() error { return mia.Reveal(ctx, portal.ItemID(task), true) }},
		{"deleted", func() error { return mia.DeleteTask(ctx, task) }},
		{"a milestone", func() error {
			_, err := mia.AddMilestone(ctx, s.Site, portal.NewMilestone{Title: "Opening", DueOn: "2026-05-01", Audience: portal.ClientSide})
			return err
		}},
		{"an update", func() error {
			_, err := mia.PublishUpdate(ctx, s.Site, portal.NewUpdate{Body: "All is well.", Sentence: "All is well", Status: "active", Health: "at_risk", Audience: portal.ClientSide})
			return err
		}},
		{"a deliverable", func() error {
			_, err := mia.AddDeliverable(ctx, s.Site, portal.NewDeliverable{Title: "Poster", Audience: portal.ClientSide})
			return err
		}},
		{"a deliverable of the team's", func() error {
			_, err := mia.AddDeliverable(ctx, s.Site, portal.NewDeliverable{Title: "Sketch"})
			return err
		}},
		{"a folder", func() error {
			_, err := mia.AddFolder(ctx, s.Site, "", portal.NewFolder{Name: "Print", Audience: portal.ClientSide})
			return err
		}},
		{"a pinned file", func() error { return mia.PinFile(ctx, it.File) }},
		{"a file's name", func() error {
			return mia.RenameFile(ctx, it.File, "Renamed.txt", revision(s.t, s, "files", string(it.File)))
		}},
		{"the name of a file of the team's", func() error {
			return mia.RenameFile(ctx, own.File, "Inside.txt", revision(s.t, s, "files", string(own.File)))
		}},
		{"a deleted file", func() error { return mia.TrashFile(ctx, it.File) }},
		{"a message", func() (err error) {
			said, err = mia.Say(ctx, it.Conversation, portal.NewMessage{Body: "Good morning", Audience: portal.ClientSide})
			return err
		}},
		{"a message of before", func() error { return mia.EditMessage(ctx, said, "Good evening", 1) }},
		{"a note", func() error {
			_, err := mia.Say(ctx, it.Conversation, portal.NewMessage{Body: "Inside"})
			return err
		}},
		{"a deleted message", func() error { return mia.DeleteMessage(ctx, said) }},
		{"the project's name", func() error {
			return mia.ChangeProject(ctx, s.Site, portal.ProjectChange{Name: "The site", Revision: revision(s.t, s, "projects", string(s.Site))})
		}},
	}
}
