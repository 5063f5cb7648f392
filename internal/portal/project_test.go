package portal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// A read is one way to get at what is in projects.
type read struct {
	name string
	do   func(ctx context.Context, me *portal.Scope, w *portaltest.World, p portal.ProjectID) (any, error)
}

// reads returns every read of projects and items, by project, and by the id of
// each of its items.
func reads() []read {
	type world = portaltest.World
	items := func(w *world, p portal.ProjectID) []portaltest.Items {
		return []portaltest.Items{w.Items[p][portal.Team], w.Items[p][portal.ClientSide]}
	}
	each := func(f func(portaltest.Items) (any, error), all []portaltest.Items) (any, error) {
		var got []any
		for _, i := range all {
			v, err := f(i)
			if err != nil && !errors.Is(err, portal.ErrNotFound) && !errors.Is(err, portal.ErrForbidden) {
				return nil, err
			}
			if err == nil {
				got = append(got, v)
			}
		}
		return got, nil
	}
	return append(slices.Concat(fileReads(items, each), talkReads(items, each), approvalReads(items, each), signoffReads(items, each), revisionReads(items, each)), []read{
		{"Project", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.Project(ctx, p)
		}},
		{"ClientNames", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			all, _, err := me.ClientNames(ctx, "", 0)
			some, _, err2 := me.ClientNames(ctx, "ac", portal.View)
			return append(all, some...), errors.Join(err, err2)
		}},
		{"Projects", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			all, _, err := me.Projects(ctx, portal.ProjectFilter{Query: "cnry"}, portal.Page{})
			old, _, err2 := me.Projects(ctx, portal.ProjectFilter{Archived: true}, portal.Page{})
			return append(all, old...), errors.Join(err, err2)
		}},
		{"ProjectSummaries", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			all, err := me.ProjectSummaries(ctx, w.Site, w.Brand, w.Hidden, w.Old, w.Shop)
			var s []portal.ProjectSummary
			for _, x := range all {
				s = append(s, *x)
			}
			return s, err
		}},
		{"Milestones", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.Milestones(ctx, p)
		}},
		{"Timeline", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.Timeline(ctx, p)
		}},
		{"Tasks", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			all, _, err := me.Tasks(ctx, p, portal.TaskFilter{}, portal.Page{})
			return all, err
		}},
		{"Deliverables", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.Deliverables(ctx, p)
		}},
		{"Updates", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			all, _, err := me.Updates(ctx, p, portal.Page{})
			return all, err
		}},
		{"ProjectTeam", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.ProjectTeam(ctx, p)
		}},
		{"AssignablePeople", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.AssignablePeople(ctx, p, portal.ClientSide)
		}},
		{"AudiencePreview", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.AudiencePreview(ctx, p, "task")
		}},
		{"SharePreview", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.SharePreview(ctx, p)
		}},
		{"Links", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			i := items(w, p)
			return me.Links(ctx, i[0].Deliverable, i[1].Deliverable)
		}},
		{"Milestone", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) { return me.Milestone(ctx, i.Milestone) }, items(w, p))
		}},
		{"Task", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) { return me.Task(ctx, i.Task) }, items(w, p))
		}},
		{"Deliverable", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) { return me.Deliverable(ctx, i.Deliverable) }, items(w, p))
		}},
		{"Update", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) { return me.Update(ctx, i.Update) }, items(w, p))
		}},
		{"RevealPreview", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				var all []any
				for _, id := range []portal.ItemID{portal.ItemID(i.Milestone), portal.ItemID(i.Task), portal.ItemID(i.Deliverable), portal.ItemID(i.Update)} {
					r, err := me.RevealPreview(ctx, id)
					if err != nil {
						return all, err
					}
					all = append(all, r)
				}
				return all, nil
			}, items(w, p))
		}},
		{"ItemActivity", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) { return me.ItemActivity(ctx, portal.ItemID(i.Task), 50) }, items(w, p))
		}},
		{"SeenBy", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) { return me.SeenBy(ctx, portal.ItemID(i.Task)) }, items(w, p))
		}},
		{"Templates", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.Templates(ctx)
		}},
		{"Summary", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.Summary(ctx, p)
		}},
		{"Needs", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			a, err := me.Needs(ctx, "", 0)
			b, err2 := me.ProjectNeeds(ctx, p, 0)
			c, err3 := me.Needs(ctx, w.Acme, 3)
			return []any{a, b, c}, errors.Join(err, err2, err3)
		}},
		{"Today", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			a, err := me.Today(ctx, "2026-12-31", false)
			b, err2 := me.Today(ctx, "2026-12-31", true)
			return []any{a, b}, errors.Join(err, err2)
		}},
		{"Search", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			a, err := me.Search(ctx, "CNRY")
			b, err2 := me.Search(ctx, "-Sentence")
			return []any{a, b}, errors.Join(err, err2)
		}},
		{"Feeds", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.Feeds(ctx)
		}},
		{"Calendar", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			id, err := me.MakeFeed(ctx, "")
			if err != nil {
				return nil, err
			}
			text, err := w.Portal.Calendar(ctx, w.Accounts.Token(account.PurposeCalendar, string(id)), "https://portal.test")
			return strings.ReplaceAll(text, "\r\n ", ""), err
		}},
		{"ProjectActivity", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			all, _, err := me.ProjectActivity(ctx, p, portal.Page{})
			return all, err
		}},
	}...)
}

// everything reads all there is, through every read and project, as text.
func everything(t *testing.T, w *portaltest.World, who portal.PersonID) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, r := range reads() {
		for _, p := range []portal.ProjectID{w.Site, w.Brand, w.Hidden, w.Old, w.Shop} {
			v, err := r.do(context.Background(), w.As(who), w, p)
			if err != nil && !errors.Is(err, portal.ErrNotFound) && !errors.Is(err, portal.ErrForbidden) {
				t.Fatalf("%s: %v", r.name, err)
			}
			all[r.name] += fmt.Sprintf("%+v\n", v)
		}
	}
	return all
}

// Nobody reads a word that is not for them, and everybody reads those that are.
func TestReadsKeepWithin(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		if err := w.Portal.EnsureTemplates(context.Background()); err != nil {
			t.Fatal(err)
		}
		acme := []string{"CNRY-acme-client-site", "CNRY-acme-client-brand", "CNRY-acme-client-old"}
		brick := []string{"CNRY-brick-client-shop"}
		team := []string{"CNRY-acme-team-site", "CNRY-acme-team-brand", "CNRY-acme-team-hidden", "CNRY-acme-client-hidden", "CNRY-acme-team-old", "CNRY-brick-team-shop"}
		all := slices.Concat(acme, brick, team)
		for name, may := range map[string][]string{
			"ada": all, "mia": all, "tom": {"CNRY-acme-client-site", "CNRY-acme-team-site"},
			"cleo": acme, "bea": slices.Concat(acme, brick), "dan": {"CNRY-acme-client-brand"}, "carl": brick,
			"uma": nil, "rex": nil, "eve": nil,
		} {
			got := everything(t, w, w.Everyone()[name])
			met := map[string]bool{}
			for read, text := range got {
				for _, word := range all {
					if !strings.Contains(text, word+"-") {
						continue
					}
					met[word] = true
					if !slices.Contains(may, word) {
						t.Errorf("%s reads %s through %s", name, word, read)
					}
				}
			}
			for _, word := range may {
				if !met[word] {
					t.Errorf("%s does not read %s anywhere", name, word)
				}
			}
			for who := range w.Everyone() { // what was not sent, its author alone
				for read, text := range got {
					if who != name && strings.Contains(text, portaltest.UnsentCanary(who)) {
						t.Errorf("%s reads what %s has not sent through %s", name, who, read)
					}
				}
			}
			if text := got["UnsentOn"] + got["Unsent"]; strings.Contains(text, portaltest.UnsentCanary(name)) != slices.Contains([]string{"mia", "bea", "cleo", "carl"}, name) {
				t.Errorf("%s reads what they have not sent: %s", name, text)
			}
		}
	})
}
