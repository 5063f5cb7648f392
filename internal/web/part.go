package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// beside is how many of each other thing stand beside something.
const beside = 10

// goesOn is where a list that stands beside something else goes on, when it does: at a
// path that has it alone, of what the pairs name.
func goesOn(list, next, path string, pairs ...string) string {
	if next == "" {
		return ""
	}
	q := url.Values{"list": {list}, "after": {next}}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + q.Encode()
}

// goesOnOf is goesOn for a list of a thing in a project.
func goesOnOf(list, next string, project portal.ProjectID, subject string) string {
	return goesOn(list, next, "/projects/"+string(project)+"/approvals", "subject", subject)
}

// listed reads what a page shows of one of its lists: the part that is asked for of one
// that stands alone, else the beginning. On the further pages of another list there is
// nothing of it.
func listed(r *http.Request, list string, l *view.Part, read func(portal.Page) (next string, err error), pairs ...string) error {
	q := r.URL.Query()
	l.Alone = q.Get("list") == list
	if !l.Alone && (q.Get("list") != "" || q.Get("after") != "") {
		return nil
	}
	next, err := read(pageOf(r, onBoard))
	if l.Alone {
		l.Newest, l.Older = pages(r, next)
	} else {
		l.Older = goesOn(list, next, r.URL.Path, pairs...)
	}
	return err
}

// subject leads to the thing in a project of which a list is asked for alone.
func subject(ctx context.Context, me *visit, id portal.ItemID, project portal.ProjectID) (ui.Link, error) {
	l, in := ui.Link{Href: view.Href(string(id))}, portal.ProjectID("")
	switch id.Kind() {
	case "deliverable":
		d, err := me.Deliverable(ctx, portal.DeliverableID(id))
		if err != nil {
			return l, err
		}
		l.Label, in = d.Title, d.Project
	case "milestone":
		m, err := me.Milestone(ctx, portal.MilestoneID(id))
		if err != nil {
			return l, err
		}
		l.Label, in = m.Title, m.Project
	case "file":
		f, err := me.File(ctx, portal.FileID(id))
		if err != nil {
			return l, err
		}
		l.Label, in = f.Name, f.Project
	}
	if in != project {
		return l, portal.ErrNotFound
	}
	return l, nil
}
