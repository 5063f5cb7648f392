package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

const (
	messagesFound = 30
	subjectsFound = 5 // above the messages; a page of their own shows all
)

// searchMessages finds conversations by their subject, and what was said in them
// and in comments.
func (s *Server) searchMessages(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx, q := r.Context(), r.URL.Query()
	p := view.MessageSearchPage{TalkPage: s.talkPage(me), Query: strings.TrimSpace(q.Get("q")), Project: portal.ProjectID(q.Get("project")), Since: q.Get("since"),
		WithFiles: q.Get("files") != "", Mine: q.Get("mine") != "", SubjectsAlone: q.Get("in") == "subjects"}
	client, err := whose(r, me)
	if err != nil {
		return err
	}
	listOf(&p.TalkPage, me, client, r.URL.Path, q)
	look := portal.MessageSearch{Query: p.Query, Client: client, Project: p.Project, WithFiles: p.WithFiles}
	if p.Mine {
		look.Author = me.Scope.Person()
	}
	status := http.StatusOK
	if p.Since != "" {
		day, err := time.ParseInLocation(time.DateOnly, p.Since, p.Zone())
		if err != nil {
			status, p.Invalid = http.StatusUnprocessableEntity, map[string]portal.Reason{"since": {Key: "day"}}
		}
		look.Since = day
	}
	projects, _, err := me.Projects(ctx, portal.ProjectFilter{Client: client}, portal.Page{Limit: 100})
	if err != nil {
		return err
	}
	for _, x := range projects {
		o := ui.Option{Value: string(x.ID), Label: x.Name}
		if p.Team {
			o.Label += " · " + x.ClientName
		}
		p.Projects = append(p.Projects, o)
	}
	var next string
	switch {
	case p.Query == "" || p.Failed():
	case p.SubjectsAlone:
		p.Subjects, next, err = me.SearchSubjects(ctx, look, pageOf(r, messagesFound))
	default:
		if q.Get("after") == "" {
			var more string
			if p.Subjects, more, err = me.SearchSubjects(ctx, look, portal.Page{Limit: subjectsFound}); err != nil {
				return err
			}
			if more != "" {
				q.Set("in", "subjects")
				p.AllSubjects = r.URL.Path + "?" + q.Encode()
			}
		}
		p.Hits, next, err = me.SearchMessages(ctx, look, pageOf(r, messagesFound))
	}
	if err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	s.setTitle(&p.Page, p.T("talk.search"))
	return s.render(w, r, status, view.MessageSearch(p))
}
