package portal_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

func TestAudit(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		mia, ada := w.As(w.Mia), w.As(w.Ada)
		began := w.Portal.Now()
		task := func(title, address string) {
			t.Helper()
			ctx := account.From(ctx, netip.MustParseAddr(address))
			if _, err := mia.AddTask(ctx, w.Site, portal.NewTask{Title: title}); err != nil {
				t.Fatal(err)
			}
		}
		task("first", "203.0.113.7")
		w.Clock.Advance(48 * time.Hour)
		task("second", "2001:db8::1")
		if _, err := mia.AddTask(ctx, w.Shop, portal.NewTask{Title: "third"}); err != nil { // over no network
			t.Fatal(err)
		}
		if err := w.DB.Write(ctx, func(tx *db.Tx) error {
			_, _, err := w.Accounts.NewSession(ctx, tx, w.Cleo, account.ByPassword, account.Meta{Address: netip.MustParseAddr("198.51.100.4")}, 0)
			return err
		}); err != nil {
			t.Fatal(err)
		}

		read := func(f portal.AuditFilter) (got string) {
			t.Helper()
			for after := ""; ; {
				rows, next, err := ada.Audit(ctx, f, portal.Page{After: after, Limit: 1})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					if !r.At.Before(began) {
						got += string(r.Kind) + " " + r.Details["title"] + " " + r.Address + " " + r.ClientName + "\n"
					}
				}
				if after = next; next == "" {
					return got
				}
			}
		}
		const (
			first  = "task_added first 203.0.113.7 Acme\n"
			second = "task_added second 2001:db8::1 Acme\n"
			third  = "task_added third  Brick\n"
			in     = "signed_in  198.51.100.4 \n"
		)
		for what, tt := range map[string]struct {
			f    portal.AuditFilter
			want string
		}{
			"all":     {portal.AuditFilter{}, in + third + second + first},
			"who":     {portal.AuditFilter{Email: "Mia@MIA.test"}, third + second + first},
			"what":    {portal.AuditFilter{Kind: portal.SignedIn}, in},
			"client":  {portal.AuditFilter{Client: w.Acme}, second + first},
			"address": {portal.AuditFilter{Address: "2001:db8::1"}, second},
			"from":    {portal.AuditFilter{From: began.Add(24 * time.Hour)}, in + third + second},
			"to":      {portal.AuditFilter{To: began.Add(24 * time.Hour)}, first},
			"later":   {portal.AuditFilter{From: began.AddDate(1, 0, 0)}, ""},
			"earlier": {portal.AuditFilter{To: began.AddDate(-9, 0, 0)}, ""},
			"several": {portal.AuditFilter{Kind: portal.TaskAdded, Client: w.Acme, Address: "203.0.113.7", To: began.Add(time.Hour)}, first},
		} {
			if got := read(tt.f); got != tt.want {
				t.Errorf("%s:\n%s not\n%s", what, got, tt.want)
			}
		}
		var wrong *portal.Invalid
		if _, _, err := ada.Audit(ctx, portal.AuditFilter{Email: "nobody"}, portal.Page{}); !errors.As(err, &wrong) {
			t.Errorf("an address that is none: %v", err)
		}
		for _, who := range []portal.PersonID{w.Mia, w.Tom, w.Cleo, w.Dan, w.Carl, w.Rex} {
			if rows, _, err := w.As(who).Audit(ctx, portal.AuditFilter{}, portal.Page{}); len(rows) > 0 || err != nil {
				t.Errorf("%s reads %d rows, %v", who, len(rows), err)
			}
		}
		// The address is the administrators': it is not among what an event tells.
		events, _, err := w.As(w.Mia).ProjectActivity(ctx, w.Site, portal.Page{})
		if err != nil || len(events) == 0 {
			t.Fatal(events, err)
		}
		for _, e := range events {
			for k, v := range e.Details {
				if strings.Contains(v, "203.0.113.7") || strings.Contains(v, "2001:db8") {
					t.Errorf("%s tells %s %q", e.Kind, k, v)
				}
			}
		}

		// Whatever one looks for, an index leads there.
		portal.Expanded()
		for _, f := range []portal.AuditFilter{{Email: "mia@mia.test"}, {Kind: portal.TaskAdded}, {Client: w.Acme}, {Address: "2001:db8::1"}, {From: began, To: began.Add(time.Hour)}} {
			read(f)
		}
		plans(t, w, portal.Expanded(), func(q, line string) {
			if seqScan.MatchString(line) || strings.HasPrefix(line, "SCAN ") {
				t.Errorf("%s, in the plan of %s", line, q[max(0, len(q)-250):])
			}
		})
	})
}
