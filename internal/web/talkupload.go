package web

import (
	"context"
	"mime"
	"net/http"

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
	}
}

const projectsToKeepIn = 50

// bringing says whether a composer may bring files, and where they are kept: in
// its project, or in one of the client's.
func (s *Server) bringing(ctx context.Context, me *visit, c *view.Composer, client portal.ClientID, project portal.ProjectID) error {
	if project != "" {
		p, err := me.Project(ctx, project)
		c.Brings = err == nil && mayBring(p)
		return err
	}
	if client == "" {
		return nil
	}
	all, _, err := me.Projects(ctx, portal.ProjectFilter{Client: client}, portal.Page{Limit: projectsToKeepIn})
	for _, p := range all {
		if mayBring(p) {
			c.Brings = true
			c.KeepIn = append(c.KeepIn, ui.Option{Value: string(p.ID), Label: p.Name})
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

// readSaid reads a composer. Files that come with it become files of the project,
// or of the one of the client's that was chosen, for those who read the message.
func (s *Server) readSaid(w http.ResponseWriter, r *http.Request, me *visit, client portal.ClientID, project portal.ProjectID) (said typed, err error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		f, err := parseForm(r)
		if err != nil {
			return said, err
		}
		said = readSay(f)
		return said, f.err()
	}
	ctx := r.Context()
	t := &taker{Server: s, me: me, part: "upload", optional: true}
	t.read = func(f *form) (n portal.NewUpload, err error) {
		said = readSay(f)
		if said.Project != "" && project == "" {
			project = said.Project
			if p, err := me.Project(ctx, project); err != nil || p.Client != client {
				f.fail("project", "choice")
			}
		}
		n = portal.NewUpload{Project: project, Audience: said.Audience, OnClash: "both"}
		ctx = f.request(ctx, r.URL.Path)
		t.spare, err = me.Did(ctx)
		return n, err
	}
	leave, err := t.receive(w, r)
	if err != nil {
		return said, err
	}
	defer leave()
	for _, u := range t.came {
		id, _, err := s.Bytes.Finish(r.Context(), me.Scope, u, "")
		if err != nil {
			return said, err
		}
		said.Files = append(said.Files, id)
	}
	*r = *r.WithContext(ctx) // what comes now is what the request is about
	return said, nil
}
