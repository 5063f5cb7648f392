package web

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// auditFilter reads what of the audit log is asked for. Days are the reader's.
func auditFilter(me *visit, q url.Values) (f portal.AuditFilter, err error) {
	f.Email, f.Client = strings.TrimSpace(q.Get("who")), portal.ClientID(q.Get("client"))
	if k := portal.Kind(q.Get("what")); slices.Contains(portal.AllKinds(), k) {
		f.Kind = k
	}
	if a := strings.TrimSpace(q.Get("address")); a != "" {
		addr, err := netip.ParseAddr(a)
		if err != nil {
			return f, oneField("address", "address")
		}
		f.Address = addr.String()
	}
	day := func(name string, more int) (time.Time, error) {
		s := q.Get(name)
		if s == "" {
			return time.Time{}, nil
		}
		t, err := time.ParseInLocation(time.DateOnly, s, me.Book.Zone())
		if err != nil {
			return t, oneField(name, "day")
		}
		return t.AddDate(0, 0, more), nil
	}
	if f.From, err = day("from", 0); err != nil {
		return f, err
	}
	f.To, err = day("to", 1)
	return f, err
}

// mayAudit reports whether the visitor reads the audit log.
func mayAudit(me *visit) error {
	if !me.Self.Rights.Has(portal.Administer) {
		return portal.ErrForbidden
	}
	return nil
}

func (s *Server) audit(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := mayAudit(me); err != nil {
		return err
	}
	clients, err := clientsOf(r, me)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	q.Set("client", string(clients.Chosen))
	p := view.AuditPage{
		Page: s.page(me, "settings"), Workspace: me.Brand.Name,
		Who: q.Get("who"), Kind: portal.Kind(q.Get("what")), Clients: clients, Address: q.Get("address"), From: q.Get("from"), To: q.Get("to"),
	}
	status := http.StatusOK
	f, err := auditFilter(me, q)
	var next string
	if err == nil {
		p.Rows, next, err = me.Audit(r.Context(), f, pageOf(r, 50))
	}
	if fields, ok := invalidFields(err); ok {
		p.Invalid, status = fields, http.StatusUnprocessableEntity
	} else if err != nil {
		return err
	}
	newest, older := pages(r, next)
	if newest != "" {
		p.Newer = ui.Link{Label: p.T("audit.newest"), Href: newest}
	}
	if older != "" {
		p.Older = ui.Link{Label: p.T("action.older"), Href: older}
	}
	q.Del("after")
	q.Del("named")
	p.Export = "/settings/audit.csv?" + q.Encode()
	setCrumbs(&p.Page, ui.Link{Label: p.T("nav.settings"), Href: "/settings"}, ui.Link{Label: p.T("audit.title")})
	s.setTitle(&p.Page, p.T("audit.title"))
	return s.render(w, r, status, view.Audit(p))
}

// auditCSV is all that the filter chooses, as a file for a spreadsheet.
func (s *Server) auditCSV(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := mayAudit(me); err != nil {
		return err
	}
	f, err := auditFilter(me, r.URL.Query())
	if err != nil {
		return err
	}
	rows, next, err := me.Audit(r.Context(), f, portal.Page{Limit: 100})
	if err != nil {
		return err
	}
	page := view.Page{Book: me.Book, Now: me.Now}
	out := newSheet(w, "audit", "time", "event", "kind", "person", "email", "client", "project", "subject", "address", "details")
	for {
		for _, e := range rows {
			details, err := json.Marshal(e.Details)
			if err != nil {
				out.end(err)
			}
			out.line(e.At.UTC().Format(time.RFC3339Nano), page.Sentence(e.Event, me.Brand.Name), string(e.Kind), e.ActorName, e.ActorEmail,
				e.ClientName, e.ProjectName, e.Subject, e.Address, string(details))
		}
		if next == "" {
			out.end(nil)
			return nil
		}
		if rows, next, err = me.Audit(r.Context(), f, portal.Page{After: next, Limit: 100}); err != nil {
			out.end(err)
		}
	}
}
