package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// settingsRoutes are the pages of what holds for the whole workspace.
func (s *Server) settingsRoutes() []route {
	return []route{
		{"GET /settings", team, s.settingsPage},
		{"POST /settings", team, s.saveSettings},
		{"GET /accent.svg", team, s.accentSample},
		{"GET /settings/audit", team, s.audit},
		{"GET /settings/audit.csv", team, s.auditCSV},
	}
}

// projectStates are the states whose names for clients can be chosen.
var projectStates = []string{"planned", "active", "on_hold", "done", "archived"}

var weekdays = [7]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// settings reads the workspace for somebody who may change it.
func settings(r *http.Request, me *visit) (portal.Workspace, error) {
	ws, err := me.Workspace(r.Context())
	if err == nil && !ws.Rights.Has(portal.Administer) {
		err = portal.ErrForbidden
	}
	return ws, err
}

func (s *Server) settingsPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	ws, err := settings(r, me)
	if err != nil {
		return err
	}
	in := portal.WorkspaceSettings{
		Name: ws.Name, LogoText: ws.LogoText, Accent: ws.Accent, Welcome: ws.Welcome, SupportEmail: ws.SupportEmail, LegalURL: ws.LegalURL,
		PrivacyURL: ws.PrivacyURL, TimeZone: ws.TimeZone, OfficeHours: ws.OfficeHours, ReplyHours: ws.ReplyHours, StateWords: ws.StateWords,
		Sections: ws.Sections, Receipts: ws.Receipts, BareMails: ws.BareMails, Revision: ws.Revision,
	}
	p := view.SettingsPage{Holidays: ws.OfficeHours.Holidays, ReplyHours: strconv.Itoa(ws.ReplyHours)}
	return s.renderSettings(w, r, me, http.StatusOK, p, in)
}

// accentSample draws what becomes of a colour.
func (s *Server) accentSample(w http.ResponseWriter, r *http.Request, me *visit) error {
	w.Header().Set("Content-Type", "image/svg+xml")
	_, err := w.Write(static.Sample("#"+r.URL.Query().Get("colour"), me.Book.T("action.save"), me.Book.T("settings.accent_link")))
	return err
}

// renderSettings fills the page in with the settings as they are, or as they
// were typed.
func (s *Server) renderSettings(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.SettingsPage, in portal.WorkspaceSettings) error {
	invalid := p.Invalid
	p.Page = s.page(me, "settings")
	p.Invalid = invalid
	p.Revision, p.Name, p.LogoText, p.Accent, p.Welcome = in.Revision, in.Name, in.LogoText, in.Accent, in.Welcome
	p.SupportEmail, p.LegalURL, p.PrivacyURL, p.TimeZone = in.SupportEmail, in.LegalURL, in.PrivacyURL, in.TimeZone
	if p.Accent == "" {
		p.Accent = static.DefaultAccent
	}
	p.Zones = zoneOptions(in.TimeZone)
	for i, d := range in.OfficeHours.Days {
		p.Days = append(p.Days, view.DayHours{Number: i, Name: p.T("weekday.long." + weekdays[i]), From: d.From, To: d.To})
	}
	for _, state := range projectStates {
		p.States = append(p.States, view.StateWord{State: state, Label: p.T("status." + state), Word: in.StateWords[state]})
	}
	for _, x := range portal.SectionNames {
		choice := view.SectionChoice{Name: x.Name, Label: p.T("section." + x.Name), On: in.Sections.Has(x.Section)}
		if x.Field {
			p.Fields = append(p.Fields, choice)
		} else {
			p.Sections = append(p.Sections, choice)
		}
	}
	p.BareMails = in.BareMails
	p.Receipts = ui.Field{Name: "receipts", Label: p.T("settings.receipts"), Hint: p.T("settings.receipts_hint"), Value: string(in.Receipts), Error: p.Err("receipts")}
	for _, r := range portal.Receiptings {
		p.ReceiptWays = append(p.ReceiptWays, ui.Option{Value: string(r), Label: p.T("settings.receipts." + string(r)), Hint: p.T("settings.receipts." + string(r) + "_hint")})
	}
	s.setTitle(&p.Page, p.T("settings.title"))
	p.Load(static.Compose)
	return s.render(w, r, status, view.Settings(p))
}

func (s *Server) saveSettings(w http.ResponseWriter, r *http.Request, me *visit) error {
	now, err := settings(r, me)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in := portal.WorkspaceSettings{
		Name: f.one("name"), LogoText: f.one("logo_text"), Accent: f.one("accent"), Welcome: f.one("welcome"),
		SupportEmail: strings.TrimSpace(f.one("support_email")), LegalURL: strings.TrimSpace(f.one("legal_url")), PrivacyURL: strings.TrimSpace(f.one("privacy_url")),
		TimeZone: f.one("time_zone"), ReplyHours: int(f.number("reply_hours")), Revision: f.number("revision"), StateWords: map[string]string{},
		// Those of later editions have no box yet, and stay as they are.
		Sections: now.Sections, Receipts: portal.Receipting(f.one("receipts")), BareMails: f.ticked("bare_mails"),
	}
	for i := range in.OfficeHours.Days {
		n := strconv.Itoa(i)
		in.OfficeHours.Days[i] = portal.Opening{From: f.one("from_" + n), To: f.one("to_" + n)}
	}
	p := view.SettingsPage{Holidays: filled(f.all("holiday")), ReplyHours: f.one("reply_hours")}
	slices.Sort(p.Holidays)
	p.Holidays = slices.Compact(p.Holidays)
	in.OfficeHours.Holidays = slices.Clone(p.Holidays)
	for _, state := range projectStates {
		if word := f.one("state_" + state); word != "" {
			in.StateWords[state] = word
		}
	}
	chosen := map[string]bool{}
	for _, name := range f.all("section") {
		chosen[name] = true
	}
	for _, x := range portal.SectionNames {
		in.Sections &^= x.Section
		if chosen[x.Name] {
			in.Sections |= x.Section
		}
		delete(chosen, x.Name)
	}
	if len(chosen) > 0 {
		f.fail("section", "choice")
	}
	if err = f.err(); err == nil {
		err = me.ChangeWorkspace(r.Context(), in)
	}
	if fields, ok := invalidFields(err); ok {
		p.Invalid = fields
		return s.renderSettings(w, r, me, http.StatusUnprocessableEntity, p, in)
	}
	if errors.Is(err, portal.ErrConflict) {
		if now, err = settings(r, me); err != nil {
			return err
		}
		p.Conflict, in.Revision = true, now.Revision
		return s.renderSettings(w, r, me, http.StatusConflict, p, in)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings?done=saved")
}
