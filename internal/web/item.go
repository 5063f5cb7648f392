package web

import (
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) itemRoutes() []route {
	return []route{
		{"POST /seen", person, s.markSeen},
	}
}

const eventsOnItem = 30

// item loads what the page of an item has beside what it is.
func (s *Server) item(r *http.Request, me *visit, id portal.ItemID, project portal.ProjectID, audience portal.Side, madeBy portal.PersonID) (view.Item, error) {
	in, err := s.within(r, me, project, "")
	if err != nil {
		return view.Item{}, err
	}
	it := view.Item{Within: in, ID: id, Audience: audience}
	p := in.Project
	it.MayShow = p.Can(portal.Contribute) && (p.Can(portal.Manage) || p.Team() && madeBy == me.Scope.Person())
	if p.Team() {
		if it.Seen, err = me.SeenBy(r.Context(), id); err != nil {
			return it, err
		}
	}
	if p.Sections.Has(portal.SectionActivity) {
		it.Events, err = me.ItemActivity(r.Context(), id, eventsOnItem)
	}
	return it, err
}

// markSeen notes that one of the client's people had items on the screen.
func (s *Server) markSeen(w http.ResponseWriter, r *http.Request, me *visit) error {
	var ids []portal.ItemID
	for _, id := range r.URL.Query()["id"] {
		ids = append(ids, portal.ItemID(id))
	}
	if err := me.MarkSeen(r.Context(), ids...); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
