package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// incomingRoutes are the mails that came in, beside the Outbox: what was posted
// of itself, and what waits for somebody to look at it.
func (s *Server) incomingRoutes() []route {
	return []route{
		{"GET /incoming", s.mailbox, s.incomingPage},
		{"GET /incoming/{id}", s.mailbox, s.incomingMailPage},
		{"POST /incoming/{id}/accept", team, s.acceptIncoming},
		{"POST /incoming/{id}/assign", team, s.assignIncoming},
		{"POST /incoming/{id}/discard", team, s.discardIncoming},
	}
}

// pagesOf are the links to the newest of a list and to its next page.
func (s *Server) pagesOf(me *visit, path string, filter url.Values, after, next string) (newer, older ui.Link) {
	if after != "" {
		newer = ui.Link{Label: me.Book.T("outbox.newest"), Href: path + "?" + filter.Encode()}
	}
	if next != "" {
		filter.Set("after", next)
		older = ui.Link{Label: me.Book.T("action.older"), Href: path + "?" + filter.Encode()}
	}
	return newer, older
}

func (s *Server) incomingPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	mails, err := s.mails(r, me)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	state, after := portal.IncomingState(q.Get("state")), q.Get("after")
	list, next, err := mails.Incoming(r.Context(), state, portal.Page{After: after})
	if err != nil {
		return err
	}
	held, err := mails.IncomingHeldCount(r.Context())
	if err != nil {
		return err
	}
	p := view.IncomingPage{Page: s.page(me, "outbox"), Mails: list}
	s.setTitle(&p.Page, p.T("incoming.title"))
	p.Tabs = []ui.Tab{{Label: p.T("incoming.all"), Href: "/incoming", Current: state == ""}}
	filter := url.Values{}
	if state != "" {
		filter.Set("state", string(state))
	}
	for _, st := range portal.IncomingStates {
		tab := ui.Tab{Label: p.T("incoming.state." + string(st)), Href: "/incoming?state=" + string(st), Current: state == st}
		if st == portal.IncomingHeld {
			tab.Count = held
		}
		p.Tabs = append(p.Tabs, tab)
	}
	p.Newer, p.Older = s.pagesOf(me, "/incoming", filter, after, next)
	return s.render(w, r, http.StatusOK, view.Incoming(p))
}

func (s *Server) incomingMailPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	mails, err := s.mails(r, me)
	if err != nil {
		return err
	}
	m, err := mails.IncomingMail(r.Context(), portal.IncomingID(r.PathValue("id")))
	if err != nil {
		return err
	}
	mayDecide := me.Self.Rights.Has(portal.Administer)
	p := view.IncomingMailPage{Page: s.page(me, "outbox"), Mail: m,
		CanAccept: mayDecide && m.CanAccept(), CanDiscard: mayDecide && m.State == portal.IncomingHeld}
	if m.Place != "" {
		switch place, err := mails.Place(r.Context(), m.Place); {
		case err == nil:
			p.Place = place
		case !errors.Is(err, portal.ErrNotFound):
			return err
		}
	}
	if mayDecide && m.CanAssign() {
		if err := s.assignable(r, me, &p); err != nil {
			return err
		}
	}
	if p.CanAccept && m.WantsProject() {
		if p.Projects, err = me.ProjectsFor(r.Context(), m); err != nil {
			return err
		}
	}
	s.setTitle(&p.Page, p.Subject())
	return s.render(w, r, http.StatusOK, view.IncomingMail(p))
}

// assignable offers the place that the mail came for and conversations, those of
// one client when that was chosen, and who may speak at the place that was chosen.
func (s *Server) assignable(r *http.Request, me *visit, p *view.IncomingMailPage) error {
	ctx, q := r.Context(), r.URL.Query()
	clients, err := clientsOf(r, me)
	if err != nil {
		return err
	}
	p.CanAssign, p.Clients, p.Conversation, p.Who = true, clients, q.Get("conversation"), q.Get("who")
	p.Workspace = me.Brand.Name
	after := q.Get("after")
	conversations, next, err := me.Conversations(ctx, portal.ConversationList{Client: clients.Chosen, After: portal.ThreadID(after)})
	if err != nil {
		return err
	}
	p.Conversations = conversations
	q.Set("client", string(clients.Chosen))
	q.Del("named")
	q.Del("conversation")
	q.Del("after")
	p.Newer, p.Older = s.pagesOf(me, "/incoming/"+string(p.Mail.ID), q, after, next)
	if p.Conversation == "" && p.Place != (portal.TalkPlace{}) {
		p.Conversation = p.Mail.Place
	}
	if p.Conversation == "" {
		return nil
	}
	if p.Chosen, err = me.Place(ctx, p.Conversation); err != nil {
		return err
	}
	p.People, err = me.IncomingSpeakers(ctx, p.Mail, p.Conversation, p.Who)
	return err
}

func (s *Server) assignIncoming(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	to, who := f.one("conversation"), portal.PersonID(f.one("person"))
	if err := f.err(); err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := me.AssignIncoming(r.Context(), portal.IncomingID(id), to, who); err != nil {
		return err
	}
	return seeOther(w, r, "/incoming/"+url.PathEscape(id))
}

func (s *Server) acceptIncoming(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	project := portal.ProjectID(f.one("project"))
	if err := f.err(); err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := me.AcceptIncoming(r.Context(), portal.IncomingID(id), project); err != nil {
		return err
	}
	return seeOther(w, r, "/incoming/"+url.PathEscape(id))
}

func (s *Server) discardIncoming(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := me.DiscardIncoming(r.Context(), portal.IncomingID(id)); err != nil {
		return err
	}
	return seeOther(w, r, "/incoming/"+url.PathEscape(id))
}
