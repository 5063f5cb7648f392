package web

import (
	"net/http"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) shareLinkRoutes() []route {
	return []route{
		{"GET /files/{id}/share", team, s.fileLinksPage},
		{"POST /files/{id}/share", team, s.makeFileLink},
		{"GET /projects/{project}/share-links", team, s.projectShareLinks},
		{"POST /projects/{project}/share-links/revoke", team, s.revokeProjectShareLinks},
		{"GET /share-links", team, s.allShareLinks},
		{"POST /share-links/revoke", team, s.revokeAllShareLinks},
		{"POST /share-links/{id}/revoke", team, s.revokeShareLink},
	}
}

const linkDays = 14 // unless told

func (s *Server) fileLinksPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderFileLinks(w, r, me, http.StatusOK, view.FileLinksPage{Days: strconv.Itoa(linkDays), Version: r.URL.Query().Get("version")})
}

// renderFileLinks draws the share links of a file and the form for another; p holds
// what was typed when it came back.
func (s *Server) renderFileLinks(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.FileLinksPage) error {
	ctx := r.Context()
	f, err := me.File(ctx, portal.FileID(r.PathValue("id")))
	if err != nil {
		return err
	}
	invalid := p.Invalid
	if p.Within, err = s.within(r, me, f.Project, "files"); err != nil {
		return err
	}
	if !p.Project.Can(portal.Contribute) {
		return portal.ErrForbidden
	}
	p.Invalid, p.File, p.Administers = invalid, f, me.Self.Rights.Has(portal.Administer)
	p.ShareLinks.Address, p.ShareLinks.Me = s.linkAddress, me.Scope.Person()
	if p.Allowed, err = me.MayShareFiles(ctx); err != nil {
		return err
	}
	versions, err := me.Versions(ctx, f.ID)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.Audience == portal.ClientSide {
			p.Versions = append(p.Versions, v)
		}
	}
	var next string
	if p.Links, next, err = me.FileShareLinks(ctx, f.ID, pageOf(r, 50)); err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	s.below(&p.Within, "files", p.T("sharelink.share_title", "file", f.Name))
	return s.render(w, r, status, view.FileLinks(p))
}

// linkAddress is the address of a share link.
func (s *Server) linkAddress(l portal.ShareLink) string { return s.URL("/s/" + l.Token) }

func (s *Server) makeFileLink(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	p := view.FileLinksPage{Version: f.one("version"), Days: f.one("days"), MaxDownloads: f.one("max_downloads")}
	n := portal.NewShareLink{Version: portal.VersionID(p.Version), Password: f.one("password"), MaxDownloads: int(f.number("max_downloads"))}
	if days := f.number("days"); days >= 1 && days <= portal.MaxLinkDays {
		n.ExpiresAt = me.Now.AddDate(0, 0, int(days))
	}
	id := r.PathValue("id")
	if err = f.err(); err == nil {
		_, err = portal.Once(me.ShareFile(r.Context(), portal.FileID(id), n))
	}
	if invalid, status, ok := refused(err); ok {
		p.Invalid = invalid
		return s.renderFileLinks(w, r, me, status, p)
	}
	if err != nil {
		return err
	}
	return done(w, r, "/files/"+id+"/share", "link_made")
}

// projectShareLinks lists all share links there are of a project.
func (s *Server) projectShareLinks(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "files", 0)
	if err != nil {
		return err
	}
	p := view.ProjectShareLinksPage{Within: in, ShareLinks: view.ShareLinks{Address: s.linkAddress, Me: me.Scope.Person()}}
	var next string
	if p.Links, next, err = me.ShareLinks(r.Context(), in.Project.ID, pageOf(r, 50)); err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	s.below(&p.Within, "files", p.T("sharelink.all"))
	return s.render(w, r, http.StatusOK, view.ProjectShareLinks(p))
}

// allShareLinks lists all share links of all projects that the visitor sees.
func (s *Server) allShareLinks(w http.ResponseWriter, r *http.Request, me *visit) error {
	p := view.AllShareLinksPage{Page: s.page(me, "settings"), Administers: me.Self.Rights.Has(portal.Administer),
		ShareLinks: view.ShareLinks{Address: s.linkAddress, Me: me.Scope.Person(), Where: true}}
	var next string
	var err error
	if p.Links, next, err = me.ShareLinks(r.Context(), "", pageOf(r, 50)); err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	s.setTitle(&p.Page, p.T("sharelink.all"))
	return s.render(w, r, http.StatusOK, view.AllShareLinks(p))
}

// revokeShareLink leads back to the list that the button was in.
func (s *Server) revokeShareLink(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	back := f.one("back")
	if err := f.err(); err != nil {
		return err
	}
	l, err := me.ShareLink(r.Context(), portal.ShareLinkID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := me.RevokeShareLink(r.Context(), l.ID); err != nil {
		return err
	}
	switch back {
	case "project":
		back = "/projects/" + string(l.Project) + "/share-links"
	case "all":
		back = "/share-links"
	default:
		back = "/files/" + string(l.File) + "/share"
	}
	return done(w, r, back, "link_revoked")
}

func (s *Server) revokeProjectShareLinks(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.revokeShareLinks(w, r, me, portal.ProjectID(r.PathValue("project")), "/projects/"+r.PathValue("project")+"/share-links")
}

func (s *Server) revokeAllShareLinks(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.revokeShareLinks(w, r, me, "", "/share-links")
}

func (s *Server) revokeShareLinks(w http.ResponseWriter, r *http.Request, me *visit, project portal.ProjectID, back string) error {
	if err := noFields(r); err != nil {
		return err
	}
	if err := me.RevokeShareLinks(r.Context(), project); err != nil {
		return err
	}
	return done(w, r, back, "links_revoked")
}
