package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) revisionRoutes() []route {
	return []route{
		{"GET /versions/{id}/revision", person, s.newRevision},
		{"POST /versions/{id}/revision", person, s.requestRevision},
		{"GET /revisions/{id}", person, s.revisionPage},
		{"POST /changes/{change}", team, s.answerChange},
		{"POST /changes/{change}/clarify", person, s.clarifyChange},
		{"POST /changes/{change}/price", person, s.answerPrice},
	}
}

func (s *Server) revisionPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderRevision(w, r, me, http.StatusOK, portal.RevisionID(r.PathValue("id")), view.RevisionPage{})
}

// renderRevision draws a revision request; p holds what was typed when a form came
// back.
func (s *Server) renderRevision(w http.ResponseWriter, r *http.Request, me *visit, status int, id portal.RevisionID, p view.RevisionPage) error {
	ctx := r.Context()
	invalid := p.Invalid
	x, err := me.Revision(ctx, id)
	if err != nil {
		return err
	}
	if p.Within, err = s.within(r, me, x.Project, "approvals"); err != nil {
		return err
	}
	p.Revision, p.Invalid = x, invalid
	p.Load(static.Files, static.Approve)
	if p.Changes, err = me.Changes(ctx, x.ID); err != nil {
		return err
	}
	if x.MayAnswer() && !p.ReadOnly {
		if p.Currency, err = me.LastCurrency(ctx, x.Project); err != nil {
			return err
		}
		if err := answersFor(r, me, &p); err != nil {
			return err
		}
	}
	if p.Project.Sections.Has(portal.SectionActivity) {
		if p.Events, err = me.ItemActivity(ctx, portal.ItemID(x.ID), eventsOnItem); err != nil {
			return err
		}
	}
	if err := me.ReadAbout(ctx, string(x.ID)); err != nil {
		return err
	}
	s.below(&p.Within, "approvals", p.Heading())
	return s.render(w, r, status, view.Revision(p))
}

// answersFor are the versions that can answer points: of the files that any of
// them is about, and of those that were decided on or are in the deliverable that
// was, those that the client sees, the newest first.
func answersFor(r *http.Request, me *visit, p *view.RevisionPage) error {
	ctx := r.Context()
	var files []portal.FileID
	for _, c := range p.Changes {
		if c.File != "" {
			files = append(files, c.File)
		}
	}
	if id := p.Revision.Approval; id != "" {
		a, err := me.Approval(ctx, id)
		if err != nil {
			return err
		}
		subjects, err := me.ApprovalSubjects(ctx, id)
		if err != nil {
			return err
		}
		for _, s := range subjects {
			files = append(files, s.File)
		}
		if a.Deliverable != "" {
			attached, err := me.Attachments(ctx, portal.ItemID(a.Deliverable))
			if err != nil {
				return err
			}
			for _, x := range attached {
				files = append(files, x.File.ID)
			}
		}
	}
	slices.Sort(files)
	var err error
	p.Answers, err = me.AnsweringVersions(ctx, slices.Compact(files)...)
	return err
}

// newRevision is the form that makes the list of comments on a version.
func (s *Server) newRevision(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderRevisionForm(w, r, me, http.StatusOK, view.RevisionForm{All: true})
}

func (s *Server) renderRevisionForm(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.RevisionForm) error {
	ctx := r.Context()
	invalid := p.Invalid
	v, err := me.Version(ctx, portal.VersionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if p.Within, err = s.within(r, me, v.Project, "approvals"); err != nil {
		return err
	}
	switch {
	case !view.MayRequestRevision(p.Project):
		return portal.ErrForbidden
	case v.Draft || v.FileAudience != portal.ClientSide:
		return portal.ErrNotFound
	}
	p.Version, p.Invalid = v, invalid
	p.Load(static.Approve)
	if p.Remarks, err = me.Remarks(ctx, v.ID); err != nil {
		return err
	}
	s.below(&p.Within, "approvals", p.T("revision.new"))
	return s.render(w, r, status, view.NewRevision(p))
}

func (s *Server) requestRevision(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	p := view.RevisionForm{Points: f.one("points")}
	n := portal.NewRevision{Points: strings.Split(p.Points, "\n")}
	for _, id := range f.all("thread") {
		n.Threads = append(n.Threads, portal.ThreadID(id))
	}
	var id portal.RevisionID
	if err = f.err(); err == nil {
		id, err = portal.Once(me.RequestRevision(r.Context(), portal.VersionID(r.PathValue("id")), n))
	}
	if invalid, status, ok := refused(err); ok {
		p.Invalid, p.Conflict, p.Threads = invalid, status == http.StatusConflict, n.Threads
		return s.renderRevisionForm(w, r, me, status, p)
	}
	if err != nil {
		return err
	}
	return done(w, r, view.Href(string(id)), "revision_made")
}

// changeAgain draws the list with the form of a point that was not taken.
func (s *Server) changeAgain(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.RevisionPage, invalid map[string]portal.Reason) error {
	c, err := me.Change(r.Context(), p.Typed.Change)
	if err != nil {
		return err
	}
	p.Invalid, p.Stale = map[string]portal.Reason{}, status == http.StatusConflict
	for field, why := range invalid {
		p.Invalid[view.ChangeField(field, c)] = why
	}
	return s.renderRevision(w, r, me, status, c.Revision, p)
}

// changed leads back to the point of the list.
func changed(w http.ResponseWriter, r *http.Request, me *visit, id portal.ChangeID, key string) error {
	c, err := me.Change(r.Context(), id)
	if err != nil {
		return err
	}
	return seeOther(w, r, view.Href(string(c.Revision))+"?done="+key+"#"+string(c.ID))
}

// answerChange says what becomes of a point, as one of the team.
func (s *Server) answerChange(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	ctx, id := r.Context(), portal.ChangeID(r.PathValue("change"))
	t := view.TypedChange{Change: id, Reason: f.one("reason"), Price: f.one("price"), Currency: f.one("currency"), Version: f.one("version")}
	how, count := f.one("do"), f.number("revision")
	if err = f.err(); err == nil {
		switch how {
		case "done":
			err = me.MakeChange(ctx, id, portal.VersionID(t.Version), count)
		case "refuse":
			err = me.RefuseChange(ctx, id, t.Reason, count)
		case "ask":
			err = me.AskAboutChange(ctx, id, t.Reason, count)
		case "reopen":
			err = me.ReopenChange(ctx, id, count)
		case "price":
			amount, _ := me.Book.ReadMoney(t.Price, t.Currency)
			err = me.PriceChange(ctx, id, portal.Price{Amount: amount, Currency: t.Currency}, count)
		default:
			err = oneField("do", "choice")
		}
	}
	if invalid, status, ok := refused(err); ok {
		return s.changeAgain(w, r, me, status, view.RevisionPage{Typed: t}, invalid)
	}
	if err != nil {
		return err
	}
	return changed(w, r, me, id, "change_answered")
}

// clarifyChange answers the team's question about a point.
func (s *Server) clarifyChange(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ChangeID(r.PathValue("change"))
	t := view.TypedChange{Change: id, Reason: f.one("answer")}
	count := f.number("revision")
	if err = f.err(); err == nil {
		err = me.ClarifyChange(r.Context(), id, t.Reason, count)
	}
	if invalid, status, ok := refused(err); ok {
		return s.changeAgain(w, r, me, status, view.RevisionPage{Typed: t}, invalid)
	}
	if err != nil {
		return err
	}
	return changed(w, r, me, id, "change_clarified")
}

// answerPrice accepts the price that was looked at, or declines it.
func (s *Server) answerPrice(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ChangeID(r.PathValue("change"))
	price := portal.Price{Amount: f.number("price"), Currency: f.one("currency")}
	how := f.one("answer")
	if how != "accept" && how != "decline" {
		f.fail("answer", "choice")
	}
	key := "price_accepted"
	if err = f.err(); err == nil {
		if how == "accept" {
			err = me.AcceptPrice(r.Context(), id, price)
		} else {
			key = "price_declined"
			err = me.DeclinePrice(r.Context(), id, price)
		}
	}
	if invalid, status, ok := refused(err); ok {
		return s.changeAgain(w, r, me, status, view.RevisionPage{Typed: view.TypedChange{Change: id}}, invalid)
	}
	if err != nil {
		return err
	}
	return changed(w, r, me, id, key)
}
