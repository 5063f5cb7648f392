package web

import (
	"net/http"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

func (s *Server) fileRequestRoutes() []route {
	return []route{
		{"GET /projects/{project}/requests", person, s.fileRequests},
		{"GET /projects/{project}/requests/new", team, s.newFileRequest},
		{"POST /projects/{project}/requests", team, s.askForFile},
		{"GET /requests/{id}", person, s.fileRequestPage},
		{"GET /requests/{id}/edit", team, s.editFileRequest},
		{"POST /requests/{id}", team, s.changeFileRequest},
		{"POST /requests/{id}/answer", person, s.answerFileRequest},
		{"POST /requests/{id}/decide", team, s.decideFiles},
		{"POST /requests/{id}/withdraw", team, act(requestPath, "request_withdrawn", func(me *visit, r *http.Request, id string) error {
			return me.WithdrawFileRequest(r.Context(), portal.FileRequestID(id))
		})},
	}
}

func requestPath(id string) string { return "/requests/" + id }

// fileRequests lists what the team has asked the client for.
func (s *Server) fileRequests(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "files", portal.SectionFiles)
	if err != nil {
		return err
	}
	p := view.FileRequestsPage{Within: in}
	var next string
	if p.Requests, next, err = me.FileRequests(r.Context(), in.Project.ID, pageOf(r, 50)); err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	return s.render(w, r, http.StatusOK, view.FileRequests(p))
}

func (s *Server) fileRequestPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	q, err := me.FileRequest(r.Context(), portal.FileRequestID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.renderFileRequest(w, r, me, http.StatusOK, q, view.FileRequestPage{})
}

// renderFileRequest draws a file request; p holds what was typed when a form
// came back.
func (s *Server) renderFileRequest(w http.ResponseWriter, r *http.Request, me *visit, status int, q portal.FileRequest, p view.FileRequestPage) error {
	ctx := r.Context()
	invalid := p.Invalid
	in, err := s.within(r, me, q.Project, "files")
	if err != nil {
		return err
	}
	p.Within, p.Request = in, q
	p.Invalid = invalid
	p.Load(static.Files, static.Approve)
	if p.Files, err = me.FileRequestFiles(ctx, q.ID); err != nil {
		return err
	}
	if q.Example != "" {
		f, err := me.File(ctx, q.Example)
		if err != nil {
			return err
		}
		p.Example = &f
	}
	if in.Project.Sections.Has(portal.SectionActivity) {
		if p.Events, err = me.ItemActivity(ctx, portal.ItemID(q.ID), eventsOnItem); err != nil {
			return err
		}
	}
	s.below(&p.Within, "files", q.Title)
	return s.render(w, r, status, view.FileRequest(p))
}

func (s *Server) newFileRequest(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "files", 0)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	return s.renderRequestForm(w, r, me, http.StatusOK, view.FileRequestForm{Within: in, Remind: true, Example: q.Get("example"), Folder: q.Get("folder")})
}

func (s *Server) renderRequestForm(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.FileRequestForm) error {
	ctx := r.Context()
	if !p.Project.Can(portal.Contribute) {
		return portal.ErrForbidden
	}
	var err error
	if p.Choices, err = me.RequestChoices(ctx, p.Project.ID); err != nil {
		return err
	}
	if p.Audience, err = me.AudiencePreview(ctx, p.Project.ID, "file"); err != nil {
		return err
	}
	s.below(&p.Within, "files", p.Heading())
	return s.render(w, r, status, view.EditFileRequest(p))
}

// readFileRequest reads the fields of the form.
func readFileRequest(f *form) portal.NewFileRequest {
	return portal.NewFileRequest{Title: f.one("title"), Body: f.one("body"), Example: portal.FileID(f.one("example")), ShowExample: f.ticked("show_example"),
		Folder: portal.FolderID(f.one("folder")), Assignee: portal.PersonID(f.one("assignee")), DueOn: f.one("due_on"), Remind: f.ticked("remind")}
}

func requestForm(in view.Within, id portal.FileRequestID, n portal.NewFileRequest, revision int64) view.FileRequestForm {
	return view.FileRequestForm{Within: in, ID: id, Title: n.Title, Body: n.Body, Example: string(n.Example), ShowExample: n.ShowExample, Folder: string(n.Folder),
		Assignee: string(n.Assignee), DueOn: n.DueOn, Remind: n.Remind, Revision: strconv.FormatInt(revision, 10)}
}

func (s *Server) askForFile(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	n := readFileRequest(f)
	project := portal.ProjectID(r.PathValue("project"))
	var id portal.FileRequestID
	if err = f.err(); err == nil {
		id, err = portal.Once(me.AskForFile(r.Context(), project, n))
	}
	if invalid, status, ok := refused(err); ok {
		in, err := s.within(r, me, project, "files")
		if err != nil {
			return err
		}
		in.Invalid = invalid
		return s.renderRequestForm(w, r, me, status, requestForm(in, "", n, 0))
	}
	if err != nil {
		return err
	}
	return done(w, r, requestPath(string(id)), "request_sent")
}

func (s *Server) editFileRequest(w http.ResponseWriter, r *http.Request, me *visit) error {
	q, err := me.FileRequest(r.Context(), portal.FileRequestID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if q.State.Over() {
		return portal.ErrConflict
	}
	in, err := s.within(r, me, q.Project, "files")
	if err != nil {
		return err
	}
	n := portal.NewFileRequest{Title: q.Title, Body: q.Body, Example: q.Example, Folder: q.Folder, Assignee: q.Assignee, DueOn: q.DueOn, Remind: q.Remind}
	return s.renderRequestForm(w, r, me, http.StatusOK, requestForm(in, q.ID, n, q.Revision))
}

func (s *Server) changeFileRequest(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.FileRequestID(r.PathValue("id"))
	in := portal.FileRequestChange{NewFileRequest: readFileRequest(f), Revision: f.number("revision")}
	if err = f.err(); err == nil {
		err = me.ChangeFileRequest(r.Context(), id, in)
	}
	if invalid, status, ok := refused(err); ok {
		q, err := me.FileRequest(r.Context(), id)
		if err != nil {
			return err
		}
		within, err := s.within(r, me, q.Project, "files")
		if err != nil {
			return err
		}
		within.Invalid = invalid
		p := requestForm(within, id, in.NewFileRequest, in.Revision)
		if status == http.StatusConflict {
			p.Revision = strconv.FormatInt(q.Revision, 10)
			p.Conflict = []ui.Fact{{Key: p.T("request.title"), Value: q.Title}, {Key: p.T("request.state"), Value: p.T("request.state." + string(q.State))},
				{Key: p.T("request.due_on"), Value: q.DueOn}, {Key: p.T("request.assignee"), Value: q.AssigneeName}, {Key: p.T("request.example"), Value: q.ExampleName},
				{Key: p.T("request.folder"), Value: q.FolderName}, {Key: p.T("request.body"), Value: q.Body}}
		}
		return s.renderRequestForm(w, r, me, status, p)
	}
	if err != nil {
		return err
	}
	return done(w, r, requestPath(string(id)), "saved")
}

// requestAgain draws the page with the form that was not taken.
func (s *Server) requestAgain(w http.ResponseWriter, r *http.Request, me *visit, status int, id portal.FileRequestID, p view.FileRequestPage, invalid map[string]portal.Reason) error {
	q, err := me.FileRequest(r.Context(), id)
	if err != nil {
		return err
	}
	p.Invalid, p.Stale = invalid, status == http.StatusConflict
	return s.renderFileRequest(w, r, me, status, q, p)
}

// answerFileRequest is "That is everything".
func (s *Server) answerFileRequest(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := portal.FileRequestID(r.PathValue("id"))
	err := me.AnswerFileRequest(r.Context(), id)
	if invalid, status, ok := refused(err); ok {
		return s.requestAgain(w, r, me, status, id, view.FileRequestPage{}, invalid)
	}
	if err != nil {
		return err
	}
	return done(w, r, requestPath(string(id)), "request_answered")
}

// decideFiles accepts what came, or asks again.
func (s *Server) decideFiles(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.FileRequestID(r.PathValue("id"))
	how, reason, revision := f.one("decision"), f.one("reason"), f.number("revision")
	if how != "accept" && how != "refuse" {
		f.fail("decision", "choice")
	}
	key := "request_accepted"
	if err = f.err(); err == nil {
		if how == "accept" {
			err = me.AcceptFiles(r.Context(), id, revision)
		} else {
			key = "request_refused"
			err = me.RefuseFiles(r.Context(), id, reason, revision)
		}
	}
	if invalid, status, ok := refused(err); ok {
		return s.requestAgain(w, r, me, status, id, view.FileRequestPage{Reason: reason}, invalid)
	}
	if err != nil {
		return err
	}
	return done(w, r, requestPath(string(id)), key)
}
