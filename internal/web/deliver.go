package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// versionRoutes hand out files.
func (s *Server) versionRoutes() []route {
	return []route{
		{"GET /versions/{id}/download", person, s.downloadVersion},
		{"GET /versions/{id}/view", person, s.viewVersion},
		{"GET /versions/{id}/thumb", person, s.preview("thumb")},
		{"GET /versions/{id}/large", person, s.preview("large")},
		{"GET /versions/{id}/poster", person, s.preview("poster")},
		{"GET /versions/{id}/wave", person, s.preview("wave")},
		{"GET /versions/{id}/pages/{n}", person, s.preview("page")},
	}
}

// downloadVersion hands out a version to be kept.
func (s *Server) downloadVersion(w http.ResponseWriter, r *http.Request, me *visit) error {
	st, err := me.DownloadVersion(r.Context(), portal.VersionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if s.FilesURL != nil {
		return seeOther(w, r, s.fileURL(me, st.Version, transfer.AsFile, st.Name))
	}
	return s.Bytes.Deliver(w, r, me.Scope, st, transfer.AsFile)
}

// viewVersion leads to a version that a browser can show, where it may. Without
// a host for files there is nothing to see: an original is never shown on ours.
func (s *Server) viewVersion(w http.ResponseWriter, r *http.Request, me *visit) error {
	id := portal.VersionID(r.PathValue("id"))
	if s.FilesURL == nil {
		return portal.ErrNotFound
	}
	v, err := me.Version(r.Context(), id)
	if err != nil {
		return err
	}
	how := transfer.AsView
	if !transfer.Shown(v.Type) {
		how = transfer.AsPDF
	}
	st, err := s.stored(r.Context(), me, id, how)
	if err != nil {
		return err
	}
	return seeOther(w, r, s.fileURL(me, id, how, st.Name))
}

// stored is what to hand out of a version, if the visitor may have it so.
func (s *Server) stored(ctx context.Context, me *visit, id portal.VersionID, how string) (portal.Stored, error) {
	switch how {
	case transfer.AsFile, transfer.AsView: // a browser can keep what it shows
		return me.DownloadVersion(ctx, id)
	case transfer.AsPDF:
		return me.PreviewOf(ctx, id, "pdf", 0)
	}
	return portal.Stored{}, portal.ErrNotFound
}

// preview hands out what was made to look at a version. We made it, so it may
// be shown on our own host.
func (s *Server) preview(kind string) handler {
	return func(w http.ResponseWriter, r *http.Request, me *visit) error {
		page := 0
		if n := r.PathValue("n"); n != "" {
			var err error
			if page, err = strconv.Atoi(n); err != nil || page < 1 || strconv.Itoa(page) != n {
				return portal.ErrNotFound
			}
		}
		st, err := me.PreviewOf(r.Context(), portal.VersionID(r.PathValue("id")), kind, page)
		if err != nil {
			return err
		}
		if !transfer.Drawn(st.Type) {
			return fmt.Errorf("a preview of type %q", st.Type)
		}
		return s.Bytes.Deliver(w, r, me.Scope, st, transfer.AsPreview)
	}
}
