package web

import (
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// clientsFound bounds the clients that the palette names.
const clientsFound = 8

var hitIcons = map[string]string{"project": "folder-kanban", "milestone": "flag", "task": "square-check-big", "deliverable": "package", "update": "pen-line",
	"folder": "files", "file": "file-text"}

// search answers the command palette with rows of links.
func (s *Server) search(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx, q := r.Context(), r.URL.Query().Get("q")
	var groups []ui.FoundGroup
	if len([]rune(q)) >= 2 {
		clients, _, err := me.Clients(ctx, portal.ClientFilter{Query: q}, portal.Page{Limit: clientsFound})
		if err != nil {
			return err
		}
		hits, err := me.Search(ctx, q)
		if err != nil {
			return err
		}
		var found, projects, items ui.FoundGroup
		found.Title, projects.Title, items.Title = me.Book.T("search.clients"), me.Book.T("search.projects"), me.Book.T("search.items")
		for _, c := range clients {
			found.Rows = append(found.Rows, ui.Found{Icon: "building-2", Label: c.Name, Href: view.Href(string(c.ID))})
		}
		for _, h := range hits {
			row := ui.Found{Icon: hitIcons[h.Kind], Label: h.Title, Sub: h.ClientName, Href: view.Href(h.ID)}
			if h.Kind == "project" {
				projects.Rows = append(projects.Rows, row)
				continue
			}
			row.Sub = h.ProjectName
			items.Rows = append(items.Rows, row)
		}
		for _, g := range []ui.FoundGroup{found, projects, items} {
			if len(g.Rows) > 0 {
				groups = append(groups, g)
			}
		}
	}
	return s.render(w, r, http.StatusOK, ui.Results(groups, me.Book.T("search.nothing")))
}
