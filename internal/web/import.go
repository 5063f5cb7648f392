package web

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// importPage asks for a list of people to let in.
func (s *Server) importPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderImport(w, r, me, view.ImportPage{})
}

func (s *Server) renderImport(w http.ResponseWriter, r *http.Request, me *visit, p view.ImportPage) error {
	frame, err := s.clientTab(r, me, "access")
	switch {
	case err != nil:
		return err
	case !frame.Client.Can(portal.Manage):
		return portal.ErrForbidden
	}
	invalid, status := p.Invalid, http.StatusOK
	p.ClientFrame = frame
	if p.Invalid = invalid; p.Failed() {
		status = http.StatusUnprocessableEntity
	}
	if p.Changed {
		status = http.StatusConflict
	}
	return s.render(w, r, status, view.Import(p))
}

// importPeople first shows what the list would do, and then does that.
func (s *Server) importPeople(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ClientID(r.PathValue("id"))
	p := view.ImportPage{Text: f.one("list")}
	if list, err := uploaded(r, "file"); err != nil {
		return err
	} else if list != "" {
		p.Text = list
	}
	f.one("file") // a browser that does not upload sends its name
	do, digest := f.one("do"), f.one("digest")
	if strings.TrimSpace(p.Text) == "" {
		f.fail("file", "required")
	}
	if err = f.err(); err == nil && do == "apply" || err == nil && do == "quiet" {
		if _, err = me.Import(r.Context(), id, strings.NewReader(p.Text), digest, do == "apply"); err == nil {
			return seeOther(w, r, "/clients/"+string(id)+"/access?done=access")
		}
		p.Changed = errors.Is(err, portal.ErrConflict)
	}
	if err == nil || p.Changed {
		var preview portal.ImportPreview
		preview, err = me.ImportPreview(r.Context(), id, strings.NewReader(p.Text))
		p.Preview = &preview
	}
	if fields, ok := invalidFields(err); ok {
		p.Invalid, p.Preview = fields, nil
	} else if err != nil {
		return err
	}
	return s.renderImport(w, r, me, p)
}

// uploaded is the text of a file that came with the form, if one did.
func uploaded(r *http.Request, name string) (string, error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File[name]) == 0 {
		return "", nil
	}
	file, err := r.MultipartForm.File[name][0].Open()
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, portal.MaxImport+1))
	return string(data), err
}
