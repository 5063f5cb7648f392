package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// fileSettingsRoutes are the settings of what holds for files.
func (s *Server) fileSettingsRoutes() []route {
	return []route{
		{"GET /settings/files", team, s.fileSettingsPage},
		{"POST /settings/files", team, s.saveFileSettings},
	}
}

// bytesOf are a number and its unit as bytes.
func bytesOf(f *form, name string) int64 {
	n := f.number(name)
	shift, ok := map[string]int{"mb": 20, "gb": 30, "tb": 40}[f.one(name+"_unit")]
	switch {
	case !ok:
		f.fail(name, "choice")
	case n < 0 || n > 1<<20:
		f.fail(name, "whole_number")
	}
	if f.invalid[name].Key != "" {
		return 0
	}
	return n << shift
}

// unitOf splits bytes into a number and the largest unit that divides them.
func unitOf(n int64) (number, unit string) {
	for _, u := range []struct {
		name  string
		shift int
	}{{"tb", 40}, {"gb", 30}} {
		if n > 0 && n%(1<<u.shift) == 0 {
			return strconv.FormatInt(n>>u.shift, 10), u.name
		}
	}
	return strconv.FormatInt(n>>20, 10), "mb"
}

// fileSettingsPage is what the workspace allows of files.
func (s *Server) fileSettingsPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	ws, err := settings(r, me)
	if err != nil {
		return err
	}
	p := view.FileSettingsPage{ShareLinks: ws.Files.ShareLinks, Revision: ws.Revision}
	p.File, p.FileUnit = unitOf(ws.Files.File)
	p.Client, p.ClientUnit = unitOf(ws.Files.Client)
	return s.renderFileSettings(w, r, me, http.StatusOK, p)
}

func (s *Server) renderFileSettings(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.FileSettingsPage) error {
	invalid := p.Invalid
	p.Page = s.page(me, "settings")
	p.Invalid = invalid
	s.setTitle(&p.Page, p.T("settings.files"))
	return s.render(w, r, status, view.FileSettings(p))
}

func (s *Server) saveFileSettings(w http.ResponseWriter, r *http.Request, me *visit) error {
	if _, err := settings(r, me); err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	p := view.FileSettingsPage{File: strings.TrimSpace(f.one("file_limit")), FileUnit: f.one("file_limit_unit"), Client: strings.TrimSpace(f.one("client_limit")),
		ClientUnit: f.one("client_limit_unit"), ShareLinks: f.ticked("share_links"), Revision: f.number("revision")}
	l := portal.FileLimits{File: bytesOf(f, "file_limit"), Client: bytesOf(f, "client_limit"), ShareLinks: p.ShareLinks}
	if err = f.err(); err == nil {
		err = me.ChangeFileLimits(r.Context(), l, p.Revision)
	}
	if invalid, status, ok := refused(err); ok {
		if status == http.StatusConflict {
			now, err := settings(r, me)
			if err != nil {
				return err
			}
			p.Conflict, p.Revision = true, now.Revision
		}
		p.Invalid = invalid
		return s.renderFileSettings(w, r, me, status, p)
	}
	if err != nil {
		return err
	}
	return done(w, r, "/settings/files", "saved")
}
