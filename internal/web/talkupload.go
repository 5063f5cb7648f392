package web

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// sayRoutes take what is said, with files: those of composers that bring some.
func (s *Server) sayRoutes() []route {
	return []route{
		{"POST /conversations/{id}", person, s.sayInThread},
		{"POST /projects/{project}/conversations", person, s.startConversation},
		{"POST /clients/{id}/conversation", person, s.sayToClient},
		{"POST /items/{item}/comments", person, s.comment},
		{"POST /messages/direct", person, s.startDirect},
	}
}

const projectsToKeepIn = 50

// bringing says whether a composer may bring files, and where they are kept: in
// its project, or in one of the client's; inside the team in any.
func (s *Server) bringing(ctx context.Context, me *visit, c *view.Composer, client portal.ClientID, project portal.ProjectID) error {
	if project != "" {
		p, err := me.Project(ctx, project)
		c.Brings = err == nil && mayBring(p)
		return err
	}
	all, _, err := me.Projects(ctx, portal.ProjectFilter{Client: client}, portal.Page{Limit: projectsToKeepIn})
	for _, p := range all {
		if mayBring(p) {
			c.Brings = true
			o := ui.Option{Value: string(p.ID), Label: p.Name}
			if client == "" {
				o.Label += " · " + p.ClientName
			}
			c.KeepIn = append(c.KeepIn, o)
		}
	}
	return err
}

func mayBring(p portal.Project) bool {
	if p.Team() {
		return p.Can(portal.Contribute)
	}
	return p.Can(portal.Upload) && p.Sections.Has(portal.SectionFiles)
}

// readSaid reads a composer. Files that come with it are here then, for the
// project, or for the one of the client's that was chosen; say makes files of
// them, for those who read the message, who are of no more than the side widest.
// More reads what else is in the form, before any byte of a file.
func (s *Server) readSaid(w http.ResponseWriter, r *http.Request, me *visit, client portal.ClientID, project portal.ProjectID, widest portal.Side, more ...func(*form, *typed)) (said typed, err error) {
	read := func(f *form) typed {
		t := readSay(f)
		for _, m := range more {
			m(f, &t)
		}
		return t
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		f, err := parseForm(r)
		if err != nil {
			return said, err
		}
		said = read(f)
		return said, f.err()
	}
	ctx := r.Context()
	t := &taker{Server: s, me: me, part: "upload", optional: true}
	t.read = func(f *form) (n portal.NewUpload, err error) {
		said = read(f)
		if said.Project != "" && project == "" {
			project = said.Project
			if p, err := me.Project(ctx, project); err != nil || client != "" && p.Client != client {
				f.fail("project", "choice")
			}
		}
		n = portal.NewUpload{Project: project, Audience: said.Audience, OnClash: "both"}
		if widest == portal.Team {
			n.Audience = widest
		}
		ctx = f.request(ctx, r.URL.Path)
		t.spare, err = me.Did(ctx)
		return n, err
	}
	leave, err := t.receive(w, r)
	if err != nil {
		return said, err
	}
	defer leave()
	said.came = t
	*r = *r.WithContext(ctx) // what comes now is what the request is about
	return said, nil
}

// say says what was read, and makes files of what came with it in the same
// change: whether it is said twice at once or not at all, no file is left over.
// Only where it can be said anew, with the files that are there then, they stay.
func say[T ~string](ctx context.Context, me *visit, t *typed, f func(*portal.Scope, portal.NewMessage) (T, error)) (id T, err error) {
	if t.seek { // only the form is wanted again, with the files that were found
		f = func(*portal.Scope, portal.NewMessage) (T, error) { return "", &portal.Invalid{} }
	}
	came := t.came
	if came == nil || len(came.came) == 0 {
		return portal.Once(f(me.Scope, t.NewMessage))
	}
	arrived := make([]portal.Arrived, len(came.came))
	for i, u := range came.came {
		if arrived[i], err = came.Bytes.Arrived(ctx, me.Scope, u, ""); err != nil {
			came.forget(ctx)
			return "", err
		}
	}
	place := func(me *portal.Scope) (n portal.NewMessage, err error) {
		n = t.NewMessage
		n.Files = slices.Clone(n.Files)
		for i, u := range came.came {
			file, _, err := me.FinishUpload(ctx, u.ID, arrived[i])
			if err != nil {
				return n, err
			}
			n.Files = append(n.Files, file)
		}
		return n, nil
	}
	err = me.Making(ctx, func(all *portal.Scope) error {
		n, err := place(all)
		if err == nil {
			id, err = f(all, n)
		}
		return err
	})
	var wrong *portal.Invalid
	switch {
	case err == nil:
		return id, nil
	case errors.As(err, &wrong):
		ctx = portal.WithRequest(ctx, portal.Request{}) // it was not said
		n, failed := place(me.Scope)
		if failed != nil {
			return "", failed
		}
		t.NewMessage = n
		return "", err
	}
	came.forget(ctx)
	return portal.Once(id, err)
}
