package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/handover"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// handoverRoutes hand out what somebody of the client may keep of a project.
func (s *Server) handoverRoutes() []route {
	return []route{
		{"GET /projects/{project}/handover", person, s.handoverPage},
		{"POST /projects/{project}/handover", person, s.takeHandover},
	}
}

func (s *Server) handoverPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.within(r, me, portal.ProjectID(r.PathValue("project")), "")
	if err != nil {
		return err
	}
	return s.renderHandover(w, r, me, http.StatusOK, view.HandoverPage{Within: in})
}

func (s *Server) renderHandover(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.HandoverPage) (err error) {
	if !p.Takes() {
		return portal.ErrForbidden
	}
	if p.Project.Team() {
		if p.People, err = me.HandoverPeople(r.Context(), p.Project.ID); err != nil {
			return err
		}
	}
	s.below(&p.Within, "", p.T("handover.title"))
	return s.render(w, r, status, view.Handover(p))
}

// takeHandover streams the pack, as the ZIP of a folder is streamed.
func (s *Server) takeHandover(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	project, user := portal.ProjectID(r.PathValue("project")), portal.ClientUserID(f.one("person"))
	theirs, p, err := (*portal.Scope)(nil), portal.Project{}, f.err()
	if err == nil {
		// Each time it is another one.
		theirs, p, err = me.Handover(portal.WithRequest(ctx, portal.Request{}), project, user, func(theirs *portal.Scope, p portal.Project) error { return handover.Fits(ctx, theirs, p) })
	}
	if invalid, status, ok := refused(err); ok {
		in, err := s.within(r, me, project, "")
		if err != nil {
			return err
		}
		in.Invalid = invalid
		return s.renderHandover(w, r, me, status, view.HandoverPage{Within: in, Person: user})
	}
	if err != nil {
		return err
	}
	pack := &handover.Pack{Theirs: theirs, Project: p, Name: me.Brand.Name, Portal: s.BaseURL.String(), Book: me.Book, Now: me.Now, Bytes: s.Bytes, Still: handover.NowAndThen(func(ctx context.Context) error {
		if _, err := s.Accounts.PassByID(ctx, me.Session.ID, s.Portal.Now()); err != nil {
			return err
		}
		return me.HandsOver(ctx, project, user)
	}),
		Took: func(st portal.Stored) { me.LogDownload(st, "zip") },
		Damaged: func(err error) {
			s.Log.Error("a handover pack lacks something", "project", string(project), "error", err.Error())
		}}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", transfer.Disposition("attachment", me.Book.T("handover.name", "project", p.Name)+".zip"))
	h.Set("Content-Security-Policy", transfer.BytesCSP)
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Accel-Buffering", "no")
	out := transfer.NewPaced(w)
	defer out.End()
	if err := pack.Write(ctx, out); err != nil {
		// Too late for a page. Whoever waits must not take it for the whole.
		if ctx.Err() == nil && !errors.Is(err, account.ErrSignedOut) && !errors.Is(err, handover.ErrEnded) {
			s.Log.Error("a handover pack broke off", "project", string(project), "error", err.Error())
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}
