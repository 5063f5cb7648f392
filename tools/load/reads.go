package main

import (
	"context"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// A page is asked for whole, and in its reads.
type page struct {
	name, path string
	reads      []read
}

// A read is one call that a page's handler makes.
type read struct {
	name string
	do   func(context.Context, *portal.Scope) error
}

// visitReads are what every page reads first (web/visit.go).
func visitReads(p *portal.Portal, accounts *account.Accounts, token string) []read {
	var self portal.Self
	return []read{
		{"Brand", func(ctx context.Context, _ *portal.Scope) error { _, err := p.Brand(ctx); return err }},
		{"Session", func(ctx context.Context, _ *portal.Scope) error {
			_, _, err := accounts.Session(ctx, token)
			return err
		}},
		{"Self", func(ctx context.Context, me *portal.Scope) (err error) { self, err = me.Self(ctx); return err }},
		{"CountNeeds", func(ctx context.Context, me *portal.Scope) error { _, err := me.CountNeeds(ctx, ""); return err }},
		{"NewestNotice", func(ctx context.Context, me *portal.Scope) error { _, err := me.NewestNotice(ctx); return err }},
		{"UnreadConversations", func(ctx context.Context, me *portal.Scope) error {
			_, err := me.UnreadConversations(ctx, self, self.Clients[0].ID)
			return err
		}},
	}
}

// pagesOf are the pages that are measured, with the reads of their handlers.
func pagesOf(f filled) []page {
	var ids []portal.ProjectID // those on the home, found by its own read
	var inside []portal.ItemID // the project's deliverables, likewise
	return []page{
		{"client home", "/", []read{ // web/home.go
			{"Greeting", func(ctx context.Context, me *portal.Scope) error { _, err := me.Greeting(ctx, f.Client); return err }},
			{"Needs", func(ctx context.Context, me *portal.Scope) error { _, err := me.Needs(ctx, f.Client, 6); return err }},
			{"Projects", func(ctx context.Context, me *portal.Scope) error {
				projects, _, err := me.Projects(ctx, portal.ProjectFilter{Client: f.Client}, portal.Page{Limit: 6})
				found := make([]portal.ProjectID, len(projects))
				for i, p := range projects {
					found[i] = p.ID
				}
				if ids == nil {
					ids = found
				}
				return err
			}},
			{"ProjectSummaries", func(ctx context.Context, me *portal.Scope) error {
				_, err := me.ProjectSummaries(ctx, ids...)
				return err
			}},
			{"LastVisit", func(ctx context.Context, me *portal.Scope) error {
				_, err := me.LastVisit(ctx, string(f.Client))
				return err
			}},
			{"Recent", func(ctx context.Context, me *portal.Scope) error {
				_, err := me.Recent(ctx, f.Client, f.Since, 5)
				return err
			}},
			{"Office", func(ctx context.Context, me *portal.Scope) error { _, err := me.Office(ctx); return err }},
			{"HasLooked", func(ctx context.Context, me *portal.Scope) error { _, err := me.HasLooked(ctx); return err }},
		}},
		{"project", "/projects/" + string(f.Project), append(within(f.Project), // web/project.go
			read{"Updates", func(ctx context.Context, me *portal.Scope) error {
				_, _, err := me.Updates(ctx, f.Project, portal.Page{Limit: 1})
				return err
			}},
			read{"Milestones", func(ctx context.Context, me *portal.Scope) error { _, err := me.Milestones(ctx, f.Project); return err }},
			read{"Deliverables", func(ctx context.Context, me *portal.Scope) error {
				all, err := me.Deliverables(ctx, f.Project)
				found := make([]portal.ItemID, len(all))
				for i, d := range all {
					found[i] = portal.ItemID(d.ID)
				}
				if inside == nil {
					inside = found
				}
				return err
			}},
			read{"Attachments", func(ctx context.Context, me *portal.Scope) error {
				_, err := me.Attachments(ctx, inside...)
				return err
			}},
			read{"QuickFiles", func(ctx context.Context, me *portal.Scope) error {
				_, _, err := me.QuickFiles(ctx, portal.Project{ID: f.Project, Held: portal.Held{Side: portal.ClientSide}}, 4)
				return err
			}},
			read{"ProjectTeam", func(ctx context.Context, me *portal.Scope) error {
				_, err := me.ProjectTeam(ctx, f.Project)
				return err
			}},
			read{"ProjectActivity", func(ctx context.Context, me *portal.Scope) error {
				_, _, err := me.ProjectActivity(ctx, f.Project, portal.Page{Limit: 6})
				return err
			}},
			read{"ProjectNeeds", func(ctx context.Context, me *portal.Scope) error {
				_, err := me.ProjectNeeds(ctx, f.Project, 5)
				return err
			}},
		)},
		{"its tasks", "/projects/" + string(f.Project) + "/tasks", append(within(f.Project), // web/task.go
			read{"Tasks", func(ctx context.Context, me *portal.Scope) error {
				_, _, err := me.Tasks(ctx, f.Project, portal.TaskFilter{Open: true}, portal.Page{Limit: 50})
				return err
			}},
		)},
	}
}

// within are what every page inside a project reads.
func within(id portal.ProjectID) []read {
	return []read{
		{"Project", func(ctx context.Context, me *portal.Scope) error { _, err := me.Project(ctx, id); return err }},
		{"Summary", func(ctx context.Context, me *portal.Scope) error { _, err := me.Summary(ctx, id); return err }},
		{"Office", func(ctx context.Context, me *portal.Scope) error { _, err := me.Office(ctx); return err }},
	}
}
