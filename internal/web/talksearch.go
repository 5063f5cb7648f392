package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

const (
	messagesFound   = 30
	subjectsFound   = 5 // above the messages; a page of their own shows all
	projectsOffered = 100
)

// searchMessages finds conversations by their subject, and what was said in them
// and in comments.
func (s *Server) searchMessages(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx, q := r.Context(), r.URL.Query()
	p := view.MessageSearchPage{TalkPage: s.talkPage(me), Query: strings.TrimSpace(q.Get("q")), Since: q.Get("since"),
		WithFiles: q.Get("files") != "", Mine: q.Get("mine") != "", SubjectsAlone: q.Get("in") == "subjects"}
	client, err := whose(r, me)
	if err != nil {
		return err
	}
	listOf(&p.TalkPage, me, client, r.URL.Path, q)
	if p.Team {
		if p.Clients, err = clientsOf(r, me); err != nil {
			return err
		}
		client = p.Clients.Chosen
	}
	look := portal.MessageSearch{Query: p.Query, Client: client, WithFiles: p.WithFiles}
	if err := s.searchIn(ctx, me, &p, q, &look); err != nil {
		return err
	}
	if err := searchBy(ctx, me, &p, q, &look); err != nil {
		return err
	}
	status := http.StatusOK
	if p.Since != "" {
		day, err := time.ParseInLocation(time.DateOnly, p.Since, p.Zone())
		if err != nil {
			status, p.Invalid = http.StatusUnprocessableEntity, map[string]portal.Reason{"since": {Key: "day"}}
		}
		look.Since = day
	}
	var next string
	switch {
	case p.Query == "" || p.Failed() || p.Asks():
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

// searchIn narrows a search to a project and to a conversation. Of many projects some
// are found by a part of their name; the chosen one is offered, whichever it is. What is
// not seen is searched as what is not there.
func (s *Server) searchIn(ctx context.Context, me *visit, p *view.MessageSearchPage, q url.Values, look *portal.MessageSearch) error {
	p.Named = strings.TrimSpace(q.Get("about"))
	look.Project, look.Thread = portal.ProjectID(q.Get("project")), portal.ThreadID(q.Get("conversation"))
	projects, next, err := me.Projects(ctx, portal.ProjectFilter{Client: look.Client, Query: p.Named}, portal.Page{Limit: projectsOffered})
	if err != nil {
		return err
	}
	p.Found, p.MoreProjects = len(projects), next != ""
	p.ManyProjects = p.MoreProjects || p.Named != ""
	if p.Named != "" && p.Found == 1 {
		look.Project = projects[0].ID
	}
	has := func(x portal.Project) bool { return x.ID == look.Project }
	switch {
	case look.Project == "":
	case slices.ContainsFunc(projects, has):
		p.Named = ""
	default:
		chosen, err := me.Project(ctx, look.Project)
		switch {
		case errors.Is(err, portal.ErrNotFound):
			chosen = portal.Project{ID: look.Project, Name: p.T("talk.unknown")}
		case err != nil:
			return err
		}
		projects = append(projects, chosen)
	}
	for _, x := range projects {
		o := ui.Option{Value: string(x.ID), Label: x.Name}
		if p.Team && x.ClientName != "" {
			o.Label += " · " + x.ClientName
		}
		p.Projects = append(p.Projects, o)
	}
	if p.Project = look.Project; look.Thread == "" {
		return nil
	}
	name := p.T("talk.unknown")
	th, err := me.Thread(ctx, look.Thread)
	switch {
	case errors.Is(err, portal.ErrNotFound):
	case err != nil:
		return err
	case !th.Comments():
		var with []string
		if th.Kind == portal.DirectThread {
			if with, err = s.others(ctx, me, th); err != nil {
				return err
			}
		}
		name = p.Title(th, with)
	}
	p.Thread = look.Thread
	p.Kept = append(p.Kept, kept(p, q, p.T("talk.kept_in", "conversation", name), "conversation"))
	return nil
}

// searchBy narrows it to what one person wrote: the one who alone has what was typed
// in their name, or who was chosen before.
func searchBy(ctx context.Context, me *visit, p *view.MessageSearchPage, q url.Values, look *portal.MessageSearch) error {
	p.From, p.By = strings.TrimSpace(q.Get("from")), portal.PersonID(q.Get("by"))
	if p.Mine {
		p.From, p.By = "", ""
		look.Author = me.Scope.Person()
		return nil
	}
	people, more, err := me.Named(ctx, look.Client, p.From)
	if err != nil {
		return err
	}
	if p.From != "" {
		if p.By = ""; len(people) == 1 {
			p.From, p.By = "", people[0].Person
		} else {
			p.MorePeople = more
			for _, x := range people {
				to := without(q, "from", "by", "after")
				to.Set("by", string(x.Person))
				p.People = append(p.People, view.FoundPerson{Reader: x, Href: "/messages/search?" + to.Encode()})
			}
		}
	}
	if look.Author = p.By; p.By == "" {
		return nil
	}
	name, err := me.NameOf(ctx, look.Client, p.By)
	switch {
	case errors.Is(err, portal.ErrNotFound):
		name = p.T("talk.unknown")
	case err != nil:
		return err
	}
	p.Kept = append(p.Kept, kept(p, q, p.T("talk.kept_by", "name", name), "by", "from"))
	return nil
}

// kept is a part of a search that leads to it without that part.
func kept(p *view.MessageSearchPage, q url.Values, label string, keys ...string) ui.Link {
	return ui.Link{Label: label, Href: "/messages/search?" + without(q, append(keys, "after")...).Encode()}
}

// without are the values of an address but for some.
func without(q url.Values, keys ...string) url.Values {
	left := url.Values{}
	for k, v := range q {
		if !slices.Contains(keys, k) {
			left[k] = v
		}
	}
	return left
}
