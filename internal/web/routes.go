package web

import (
	"net/http"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/web/static"
)

var brandCSS = static.Brand

// routes is the table of all pages. The order is that of the product: the
// door, one's own, home, clients, projects, the workspace.
func (s *Server) routes() []route {
	return slices.Concat(
		[]route{
			{"GET /live", person, s.stream},
		},
		s.doorRoutes(),
		s.clientRoutes(),
		s.profileRoutes(),
		s.noticeRoutes(),
		s.pushRoutes(),
		s.outboxRoutes(),
		s.mailCheckRoutes(),
		s.incomingRoutes(),
		s.homeRoutes(),
		s.calendarRoutes(),
		[]route{{"GET /search", team, s.search}},
		s.settingsRoutes(),
		s.fileSettingsRoutes(),
		s.projectRoutes(),
		s.approvalRoutes(),
		s.approvalLinkRoutes(),
		s.signoffRoutes(),
		s.revisionRoutes(),
		s.verifyRoutes(),
		s.talkRoutes(),
		s.commentRoutes(),
		s.placeRoutes(),
		s.viewerRoutes(),
		s.uploadRoutes(),
		s.zipRoutes(),
		s.handoverRoutes(),
		s.linkRoutes(),
	)
}

// sharedRoutes are the same for everybody, so nobody is asked who they are.
func (s *Server) sharedRoutes() []route {
	return []route{
		{"GET /static/", anybody, s.staticFile},
		{"GET /brand.css", anybody, s.brandSheet},
		{"GET /icon.svg", anybody, s.brandIcon},
		{"GET /icon.png", anybody, s.brandPicture},
		{"GET /manifest.webmanifest", anybody, s.manifest},
		{"GET /sw.js", anybody, s.serviceWorker},
		{"GET /health", anybody, s.health},
	}
}

var files = static.Handler()

// staticFile serves what is the same for everybody, and for ever.
func (s *Server) staticFile(w http.ResponseWriter, r *http.Request, _ *visit) error {
	w.Header().Del("Vary")
	files.ServeHTTP(w, r)
	return nil
}

// health answers whether the database does.
func (s *Server) health(w http.ResponseWriter, r *http.Request, _ *visit) error {
	if err := s.Portal.Ping(r.Context()); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("ok\n"))
	return err
}
