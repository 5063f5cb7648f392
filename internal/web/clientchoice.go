package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// clientsOf reads which client a list is narrowed to, and which are offered; the
// chosen one is named, archived or not.
func clientsOf(r *http.Request, me *visit) (view.ClientChoice, error) {
	ctx, q := r.Context(), r.URL.Query()
	c, err := chooseClient(ctx, me, portal.ClientID(q.Get("client")), q.Get("named"), 0)
	if err != nil || c.Chosen == "" || c.Has(c.Chosen) {
		return c, err
	}
	switch n, err := me.ClientName(ctx, c.Chosen); {
	case err == nil:
		c.Names = append(c.Names, n)
	case !errors.Is(err, portal.ErrNotFound):
		return c, err
	}
	return c, nil
}

// chooseClient offers clients on which the visitor has the rights. A part of a name
// that one client alone has chooses it; once what was found is chosen, the search is
// over.
func chooseClient(ctx context.Context, me *visit, chosen portal.ClientID, named string, rights portal.Rights) (view.ClientChoice, error) {
	c := view.ClientChoice{Chosen: chosen, Named: strings.TrimSpace(named)}
	var err error
	if c.Names, c.More, err = me.ClientNames(ctx, c.Named, rights); err != nil {
		return c, err
	}
	c.Found, c.Many = len(c.Names), c.More || c.Named != ""
	if c.Named != "" && c.Found == 1 {
		c.Chosen = c.Names[0].ID
	}
	if c.Has(c.Chosen) {
		c.Named = ""
	}
	return c, nil
}
