package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/diff"
	"github.com/vitrine-portal/vitrine/internal/plain"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
	"github.com/vitrine-portal/vitrine/internal/words"
)

func (s *Server) viewerRoutes() []route {
	return []route{
		{"GET /files/{id}", person, s.viewer},
		{"GET /files/{id}/versions", person, s.fileVersions},
		{"GET /files/{id}/compare", person, s.compareVersions},
		{"POST /versions/{id}/restore", person, s.restoreVersion},
		{"POST /versions/{id}/show", team, s.showVersion},
	}
}

// viewer is the page of a file: the newest version that the visitor sees, or
// the one that is asked for.
func (s *Server) viewer(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderViewer(w, r, me, http.StatusOK, portal.FileID(r.PathValue("id")), view.ViewerPage{})
}

// fileVersions is the same with the versions beside it.
func (s *Server) fileVersions(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := me.File(r.Context(), portal.FileID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return seeOther(w, r, "/files/"+string(f.ID)+"?panel=versions")
}

const downloadsBeside = 20

func (s *Server) renderViewer(w http.ResponseWriter, r *http.Request, me *visit, status int, id portal.FileID, p view.ViewerPage) error {
	ctx, q := r.Context(), r.URL.Query()
	f, err := me.File(ctx, id)
	if err != nil {
		return err
	}
	v, err := versionOf(ctx, me, f, portal.VersionID(q.Get("version")))
	if err != nil {
		return err
	}
	invalid := p.Invalid
	if p.Item, err = s.item(r, me, portal.ItemID(f.ID), f.Project, f.Audience, f.CreatedBy); err != nil {
		return err
	}
	p.Invalid, p.Title, p.File, p.Version = invalid, f.Name, f, v
	if p.Versions, err = me.Versions(ctx, f.ID); err != nil {
		return err
	}
	if p.Before, p.After, err = me.Neighbours(ctx, f); err != nil {
		return err
	}
	if p.Stage, err = s.stage(ctx, me, f, v); err != nil {
		return err
	}
	if f.Team() {
		if err := teamFacts(ctx, me, q, &p); err != nil {
			return err
		}
	}
	if p.Approvals, err = me.FileApprovals(ctx, f.ID); err != nil {
		return err
	}
	for _, x := range p.Approvals {
		if x.Version == v.ID && x.State.Open() {
			a, err := me.Approval(ctx, x.Approval)
			if err != nil {
				return err
			}
			p.Asked = append(p.Asked, a)
			if p.Deciding == nil && a.MayDecide() && !p.ReadOnly {
				if p.Deciding, err = deciding(ctx, me, &p.Within, a); err != nil {
					return err
				}
			}
		}
	}
	if p.Project.Sections.Has(portal.SectionApprovals) {
		var next string
		if p.Revisions.All, next, err = me.FileRevisions(ctx, f.ID, portal.Page{Limit: onBoard}); err != nil {
			return err
		}
		p.Revisions.Older = goesOnOf("revisions", next, f.Project, string(f.ID))
	}
	if p.Attached, err = attachedTo(ctx, me, &p.Page, f.ID); err != nil {
		return err
	}
	if p.Back, err = back(ctx, me, &p.Page, f); err != nil {
		return err
	}
	p.Panel = panel(q.Get("panel"))
	switch {
	case p.Failed():
		p.Panel = "versions"
	case p.Tried.ID != "":
		p.Panel = "comments"
	}
	p.Load(static.Files, static.Viewer, static.Talk)
	if p.Comments, err = s.fileComments(r, me, &p); err != nil {
		return err
	}
	s.setTitle(&p.Page, f.Name+" · "+f.ProjectName)
	return s.render(w, r, status, view.Viewer(p))
}

// deciding is what the bar below the stage says of an approval that the visitor
// answers.
func deciding(ctx context.Context, me *visit, in *view.Within, a portal.Approval) (*view.ApprovalPage, error) {
	p := view.ApprovalPage{Within: *in}
	p.Invalid = nil // what was wrong was in another form
	err := loadApproval(ctx, me, a, &p)
	if err == nil && !a.Team() {
		p.Remarks, err = me.ApprovalRemarks(ctx, a)
	}
	return &p, err
}

// panel is what stands beside the stage: the comments, unless something else
// was asked for.
func panel(asked string) string {
	switch asked {
	case "versions", "info":
		return asked
	case "none":
		return ""
	}
	return "comments"
}

// versionOf is a version of the file, or its newest.
func versionOf(ctx context.Context, me *visit, f portal.File, id portal.VersionID) (portal.Version, error) {
	if id == "" || id == f.Version.ID {
		return f.Version, nil
	}
	v, err := me.Version(ctx, id)
	if err == nil && v.File != f.ID {
		err = portal.ErrNotFound
	}
	return v, err
}

// teamFacts are what the team alone is told.
func teamFacts(ctx context.Context, me *visit, q url.Values, p *view.ViewerPage) (err error) {
	if p.Downloads, p.MoreDownloads, err = me.Downloads(ctx, p.File.ID, portal.Page{After: q.Get("downloads"), Limit: downloadsBeside}); err != nil {
		return err
	}
	if p.ShownBy, err = me.ShownBy(ctx, portal.ItemID(p.File.ID)); err != nil {
		return err
	}
	p.Reach, err = me.AudiencePreview(ctx, p.File.Project, "file")
	return err
}

// attachedTo are the deliverables and updates that a file is in.
func attachedTo(ctx context.Context, me *visit, p *view.Page, id portal.FileID) (links []ui.Link, err error) {
	ids, err := me.AttachedTo(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, item := range ids {
		l := ui.Link{Href: view.Href(string(item))}
		switch item.Kind() {
		case "deliverable":
			d, err := me.Deliverable(ctx, portal.DeliverableID(item))
			if err != nil {
				return nil, err
			}
			l.Label = d.Title
		case "update":
			u, err := me.Update(ctx, portal.UpdateID(item))
			if err != nil {
				return nil, err
			}
			l.Label = p.T("viewer.update", "when", p.Ago(u.CreatedAt, p.Now))
		}
		links = append(links, l)
	}
	return links, nil
}

// back leads to where the file lies.
func back(ctx context.Context, me *visit, p *view.Page, f portal.File) (ui.Link, error) {
	if f.Folder == "" {
		return ui.Link{Label: p.T("viewer.back", "place", f.ProjectName), Href: "/projects/" + string(f.Project) + "/files"}, nil
	}
	in, err := me.Folder(ctx, f.Folder)
	return ui.Link{Label: p.T("viewer.back", "place", in.Name), Href: "/folders/" + string(f.Folder)}, err
}

// stage finds out what there is to look at of a version.
func (s *Server) stage(ctx context.Context, me *visit, f portal.File, v portal.Version) (view.Stage, error) {
	if v.HeldBack() {
		return view.Stage{Kind: "held"}, nil
	}
	if st, ok, err := s.written(ctx, me, v); ok || err != nil {
		return st, err
	}
	looks, err := me.Looks(ctx, v.ID)
	if err != nil {
		return view.Stage{}, err
	}
	st := view.Stage{Kind: "none", Width: v.Width, Height: v.Height}
	var large, pdf bool
	for _, l := range looks {
		switch l.Kind {
		case "large":
			large = true
			if st.Width == 0 || st.Height == 0 {
				st.Width, st.Height = l.Width, l.Height
			}
		case "page":
			st.Pages = append(st.Pages, l)
		case "pdf":
			pdf = true
		case "poster":
			st.Poster = true
		case "wave":
			st.Wave = true
		}
	}
	given := s.FilesURL != nil && (f.Team() || f.Can(portal.Download)) // what is shown as it is can be kept
	plays := given && transfer.Shown(v.Type)
	switch v.Kind {
	case "image", "svg":
		st.Original = plays && v.Kind == "image"
		if large {
			st.Kind = "picture"
		}
	case "pdf", "office":
		if s.FilesURL != nil && pdf || given && v.Type == "application/pdf" {
			st.PDF = s.FilesURL.JoinPath("pdf").String() + "?lang=" + me.Book.Lang()
		}
		if len(st.Pages) > 0 || st.PDF != "" {
			st.Kind = "pages"
		}
	case "video", "audio":
		if plays {
			st.Kind = v.Kind
		}
	}
	if st.Kind == "none" && v.Preview == "waiting" {
		st.Kind = "waiting"
	}
	if v.Kind == "svg" && st.Kind == "none" {
		if source, ok, err := s.source(ctx, me, v); ok || err != nil {
			return source, err
		}
	}
	return st, nil
}

// written is the stage of what is read as text: never as what it would be in a
// browser.
func (s *Server) written(ctx context.Context, me *visit, v portal.Version) (st view.Stage, ok bool, err error) {
	switch v.Kind {
	case "text", "code", "markdown", "csv":
		return s.source(ctx, me, v)
	}
	return st, false, nil
}

func (s *Server) source(ctx context.Context, me *visit, v portal.Version) (st view.Stage, ok bool, err error) {
	b, err := s.open(ctx, me, v.ID)
	if err != nil {
		return st, false, err
	}
	defer b.Close()
	text, err := plain.Show(b, v.Kind)
	switch {
	case errors.Is(err, plain.ErrNotText):
		return st, false, nil
	case err != nil:
		return st, false, err
	}
	st = view.Stage{Kind: "text", Prose: text.Prose, Rows: text.Rows, Lines: text.Lines, Cut: text.Cut, Numbered: v.Kind == "code" || v.Kind == "svg"}
	switch {
	case v.Kind == "markdown":
		st.Kind = "prose"
	case len(text.Rows) > 0:
		st.Kind = "table"
	}
	return st, true, nil
}

// open opens a version to be read as text.
func (s *Server) open(ctx context.Context, me *visit, id portal.VersionID) (*blob.Reader, error) {
	stored, err := me.ReadVersion(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.Bytes.Blobs.Open(ctx, blob.Key(stored.Blob))
}

// text reads the beginning of a version.
func (s *Server) text(ctx context.Context, me *visit, id portal.VersionID) (text string, cut bool, err error) {
	b, err := s.open(ctx, me, id)
	if err != nil {
		return "", false, err
	}
	defer b.Close()
	return plain.Read(b)
}

// restoreVersion brings an earlier version back, as a new one.
func (s *Server) restoreVersion(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.changeVersion(w, r, me, "version_back", func(ctx context.Context, id portal.VersionID) error {
		_, err := me.RestoreVersion(ctx, id)
		return err
	})
}

// showVersion shows a draft to the client.
func (s *Server) showVersion(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.changeVersion(w, r, me, "shown", me.ShowVersion)
}

func (s *Server) changeVersion(w http.ResponseWriter, r *http.Request, me *visit, key string, change func(context.Context, portal.VersionID) error) error {
	if err := noFields(r); err != nil {
		return err
	}
	v, err := me.Version(r.Context(), portal.VersionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := change(r.Context(), v.ID); err != nil {
		return err
	}
	return done(w, r, "/files/"+string(v.File), key)
}

// compareVersions sets two versions of a file against each other.
func (s *Server) compareVersions(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx, q := r.Context(), r.URL.Query()
	f, err := me.File(ctx, portal.FileID(r.PathValue("id")))
	if err != nil {
		return err
	}
	var p view.ComparePage
	if p.Within, err = s.within(r, me, f.Project, ""); err != nil {
		return err
	}
	p.File = f
	if p.Versions, err = me.Versions(ctx, f.ID); err != nil {
		return err
	}
	if p.New, err = versionOf(ctx, me, f, portal.VersionID(q.Get("b"))); err != nil {
		return err
	}
	if p.Old, err = versionOf(ctx, me, f, portal.VersionID(q.Get("a"))); err != nil {
		return err
	}
	if q.Get("a") == "" {
		p.Old = before(p.Versions, p.New)
	}
	if err := s.compare(ctx, me, q, &p); err != nil {
		return err
	}
	s.setTitle(&p.Page, p.T("compare.title", "name", f.Name)+" · "+f.ProjectName)
	p.Load(static.Viewer)
	return s.render(w, r, http.StatusOK, view.Compare(p))
}

// before is the version before another, or itself where there is none.
func before(all []portal.Version, v portal.Version) portal.Version {
	for i := range all {
		if all[i].ID == v.ID && i+1 < len(all) {
			return all[i+1]
		}
	}
	return v
}

// compare finds out how the two can be compared: as pictures, page by page, as
// text, or by their facts alone.
func (s *Server) compare(ctx context.Context, me *visit, q url.Values, p *view.ComparePage) error {
	p.How = "facts"
	if p.Old.HeldBack() || p.New.HeldBack() {
		return nil
	}
	if readable[p.Old.Kind] && readable[p.New.Kind] {
		return s.compareTexts(ctx, me, p)
	}
	var err error
	if p.OldLooks, err = s.looksOf(ctx, me, p.Old); err != nil {
		return err
	}
	if p.NewLooks, err = s.looksOf(ctx, me, p.New); err != nil {
		return err
	}
	if len(p.OldLooks) == 0 || len(p.NewLooks) == 0 {
		return nil
	}
	p.How = "sides"
	if q.Get("how") == "overlay" {
		p.How = "overlay"
	}
	p.Sheets = max(len(p.OldLooks), len(p.NewLooks))
	if p.Sheet, err = strconv.Atoi(q.Get("page")); err != nil {
		p.Sheet = 1
	}
	p.Sheet = min(max(p.Sheet, 1), p.Sheets)
	return nil
}

// readable are the kinds that are compared line by line.
var readable = map[string]bool{"text": true, "code": true, "markdown": true, "csv": true, "svg": true}

// looksOf are the pictures of a version: one, or those of its pages.
func (s *Server) looksOf(ctx context.Context, me *visit, v portal.Version) (pictures []portal.Look, err error) {
	looks, err := me.Looks(ctx, v.ID)
	for _, l := range looks {
		if l.Kind == "page" {
			pictures = append(pictures, l)
		}
	}
	if len(pictures) == 0 {
		for _, l := range looks {
			if l.Kind == "large" {
				pictures = append(pictures, l)
			}
		}
	}
	return pictures, err
}

func (s *Server) compareTexts(ctx context.Context, me *visit, p *view.ComparePage) error {
	old, oldCut, err := s.text(ctx, me, p.Old.ID)
	if err == nil {
		var now string
		var newCut bool
		if now, newCut, err = s.text(ctx, me, p.New.ID); err == nil {
			p.How, p.Lines, p.Cut = "text", diff.Lines(old, now), oldCut || newCut
		}
	}
	if errors.Is(err, plain.ErrNotText) {
		return nil
	}
	return err
}

// pdfPage draws a PDF in a frame of the viewer. It has no origin and no
// network: the viewer hands it the bytes.
func (s *Server) pdfPage(w http.ResponseWriter, r *http.Request, _ *visit) error {
	q := r.URL.Query()
	p := view.PDFPage{Book: words.For(q.Get("lang"), nil), Theme: "light", Style: static.PDF.Style, Script: static.PDF.Script}
	if q.Get("theme") == "dark" {
		p.Theme = "dark"
	}
	w.Header().Set("Content-Security-Policy", s.pdfCSP())
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.Header().Del("X-Frame-Options") // frame-ancestors says it more closely
	return s.render(w, r, http.StatusOK, view.PDF(p))
}

// pdfCSP names the hosts: where there is no origin, 'self' is nothing.
func (s *Server) pdfCSP() string {
	files := s.FilesURL.Scheme + "://" + s.FilesURL.Host
	return "sandbox allow-scripts; default-src 'none'; script-src " + files + " 'wasm-unsafe-eval'; style-src " + files +
		"; font-src " + files + " data: blob:; img-src data: blob:; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors " +
		s.BaseURL.Scheme + "://" + s.BaseURL.Host
}

// filesStatic serves the static files on the files' host, to frames that have
// no origin.
func (s *Server) filesStatic(w http.ResponseWriter, r *http.Request, me *visit) error {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return s.staticFile(w, r, me)
}
