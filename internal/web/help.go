package web

import (
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// contactsOnHelp bounds how many clients' contacts stand beside the help.
const contactsOnHelp = 10

// help tells a client's person what they can do here, and whom to ask.
func (s *Server) help(w http.ResponseWriter, r *http.Request, me *visit) error {
	if me.Self.Role != "" || len(me.Self.Clients) == 0 {
		return seeOther(w, r, "/")
	}
	p := view.HelpPage{Page: s.page(me, "help"), Self: me.Self}
	for _, c := range me.Self.Clients[:min(len(me.Self.Clients), contactsOnHelp)] {
		c, err := me.Client(r.Context(), c.ID)
		if err != nil {
			return err
		}
		p.Clients = append(p.Clients, c)
	}
	var err error
	if p.Office, err = me.Office(r.Context()); err != nil {
		return err
	}
	s.setTitle(&p.Page, p.T("nav.help"))
	return s.render(w, r, http.StatusOK, view.Help(p))
}
