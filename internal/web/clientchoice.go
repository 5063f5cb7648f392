package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// clientsOf reads which client was chosen, and which are offered. A part of a name
// that one client alone has chooses it; once what was found is chosen, the search
// is over.
func clientsOf(r *http.Request, me *visit) (view.ClientChoice, error) {
	ctx, q := r.Context(), r.URL.Query()
	c := view.ClientChoice{Chosen: portal.ClientID(q.Get("client")), Named: strings.TrimSpace(q.Get("named"))}
	var err error
	if c.Names, c.More, err = me.ClientNames(ctx, c.Named); err != nil {
		return c, err
	}
	c.Found, c.Many = len(c.Names), c.More || c.Named != ""
	if c.Named != "" && c.Found == 1 {
		c.Chosen = c.Names[0].ID
	}
	if c.Chosen == "" {
		return c, nil
	}
	for _, n := range c.Names {
		if n.ID == c.Chosen {
			c.Named = ""
			return c, nil
		}
	}
	switch n, err := me.ClientName(ctx, c.Chosen); {
	case err == nil:
		c.Names = append(c.Names, n)
	case !errors.Is(err, portal.ErrNotFound):
		return c, err
	}
	return c, nil
}
