package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// clientRoutes are the pages of clients, their people and the team.
func (s *Server) clientRoutes() []route {
	return []route{
		{"GET /invitations/{token}", anybody, s.invitationPage},
		{"POST /invitations/{token}", anybody, s.acceptInvitation},
		{"POST /invitations/{token}/ask", anybody, s.askAgain},
		{"POST /invitations/{token}/switch", anybody, s.switchPerson},

		{"GET /clients", person, s.clientsPage},
		{"GET /clients/new", team, s.newClientPage},
		{"POST /clients", team, s.addClient},
		{"GET /clients/{id}", person, s.clientPage},
		{"GET /clients/{id}/projects", team, s.clientProjects},
		{"GET /clients/{id}/people", person, s.clientPeople},
		{"POST /clients/{id}/people", person, s.inviteColleague},
		{"POST /clients/{id}/team", team, s.putOnClient},
		{"POST /clients/{id}/team/{person}/remove", team, s.takeOffClient},
		{"GET /clients/{id}/activity", team, s.clientActivity},
		{"GET /clients/{id}/settings", team, s.clientSettingsPage},
		{"POST /clients/{id}/settings", team, s.saveClientSettings},
		{"POST /clients/{id}/sections", team, s.saveClientSections},
		{"POST /clients/{id}/calendar", team, s.saveClientCalendar},
		{"POST /clients/{id}/archive", team, s.archiveClient},
		{"POST /clients/{id}/restore", team, s.restoreClient},

		{"GET /clients/{id}/access", team, s.accessPage},
		{"POST /clients/{id}/access", team, s.saveAccess},
		{"POST /clients/{id}/access/preview", team, s.previewAccess},
		{"GET /clients/{id}/access/import", team, s.importPage},
		{"POST /clients/{id}/access/import", team, s.importPeople},

		{"POST /client-users/{id}/resend", person, s.onUser("resent", resend)},
		{"POST /client-users/{id}/revoke", person, s.onUser("withdrawn", withdraw)},
		{"POST /client-users/{id}/suspend", team, s.onUser("suspended", suspend)},
		{"POST /client-users/{id}/resume", team, s.onUser("resumed", resume)},
		{"POST /client-users/{id}/link", team, s.copyLink},
		{"GET /client-users/{id}/email", team, s.addressPage},
		{"POST /client-users/{id}/email", team, s.changeAddress},
		{"GET /client-users/{id}/remove", team, s.removePage},
		{"POST /client-users/{id}/remove", team, s.removeUser},
		{"GET /client-users/{id}/visible", team, s.visiblePage},
		{"GET /client-users/{id}/miniature", team, s.miniaturePage},
		{"POST /client-users/{id}/view-as", team, s.viewAs},
		{"POST /viewing/stop", person, s.stopViewing},
		{"POST /reassign", team, s.reassign},

		{"GET /people", team, s.peoplePage},
		{"POST /people", team, s.inviteTeamMember},
		{"GET /people/{person}", team, s.profileOf},
		{"POST /people/{person}/role", team, s.changeRole},
		{"POST /people/{person}/resend", team, s.resendTeam},
		{"POST /people/{person}/link", team, s.copyTeamLink},
		{"GET /people/{person}/remove", team, s.removeMemberPage},
		{"POST /people/{person}/remove", team, s.removeMember},
	}
}

// clientFrame is what the tabs of a client have in common.
func (s *Server) clientFrame(ctx context.Context, me *visit, c portal.Client, tab string) (view.ClientFrame, error) {
	f := view.ClientFrame{Page: s.page(me, "clients"), Client: c, Tab: tab}
	s.setTitle(&f.Page, c.Name)
	f.Shell.Team.Crumbs = []ui.Link{{Label: f.T("nav.clients"), Href: "/clients"}, {Label: c.Name}}
	if tab != "overview" {
		f.Shell.Team.Crumbs = []ui.Link{{Label: f.T("nav.clients"), Href: "/clients"}, {Label: c.Name, Href: "/clients/" + string(c.ID)}, {Label: f.T("client.tab." + tab)}}
	}
	return f, nil
}

// clientOf is the client of a team page.
func (s *Server) clientOf(r *http.Request, me *visit) (portal.Client, error) {
	return me.Client(r.Context(), portal.ClientID(r.PathValue("id")))
}

// clientTab loads the client and its frame.
func (s *Server) clientTab(r *http.Request, me *visit, tab string) (view.ClientFrame, error) {
	c, err := s.clientOf(r, me)
	if err != nil {
		return view.ClientFrame{}, err
	}
	return s.clientFrame(r.Context(), me, c, tab)
}

// clientsPage lists the clients; a client person is at home instead.
func (s *Server) clientsPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	if me.Self.Role == "" {
		return seeOther(w, r, "/")
	}
	q := r.URL.Query()
	p := view.ClientsPage{Page: s.page(me, "clients"), Query: q.Get("q"), State: portal.PortalState(q.Get("state")), Archived: q.Get("archived") != "", First: q.Get("after") == ""}
	p.MayAdd = me.Self.Rights.Has(portal.Manage)
	switch p.State {
	case "", portal.PortalOff, portal.PortalNobody, portal.PortalInvited, portal.PortalActive:
	default:
		return portal.ErrNotFound
	}
	var err error
	var next string
	p.Clients, next, err = me.Clients(r.Context(), portal.ClientFilter{Query: p.Query, State: p.State, Archived: p.Archived}, portal.Page{After: q.Get("after"), Limit: 30})
	if err != nil {
		return err
	}
	if next != "" {
		q.Set("after", next)
		p.Next = "/clients?" + q.Encode()
	}
	s.setTitle(&p.Page, p.T("nav.clients"))
	return s.render(w, r, http.StatusOK, view.Clients(p))
}

func (s *Server) newClientPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	if !me.Self.Rights.Has(portal.Manage) {
		return portal.ErrForbidden
	}
	return s.renderNewClient(w, r, me, "", nil)
}

func (s *Server) renderNewClient(w http.ResponseWriter, r *http.Request, me *visit, name string, invalid map[string]portal.Reason) error {
	p := view.NewClientPage{Page: s.page(me, "clients"), Name: name}
	p.Invalid = invalid
	s.setTitle(&p.Page, p.T("client.new"))
	return s.render(w, r, statusOf(&p.Page), view.NewClient(p))
}

func (s *Server) addClient(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	name := f.one("name")
	var id portal.ClientID
	if err = f.err(); err == nil {
		id, err = me.AddClient(r.Context(), name)
	}
	if fields, ok := invalidFields(err); ok {
		return s.renderNewClient(w, r, me, name, fields)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/clients/"+string(id)+"?done=client")
}

// overviewRows bounds each list of the overview.
const overviewRows = 8

// clientPage is a client's overview for the team, and the home of its people.
func (s *Server) clientPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx := r.Context()
	c, err := s.clientOf(r, me)
	if err != nil {
		return err
	}
	if !c.Team() {
		return s.clientHome(w, r, me, c.ID)
	}
	frame, err := s.clientFrame(ctx, me, c, "overview")
	if err != nil {
		return err
	}
	p := view.ClientPage{ClientFrame: frame, Workspace: me.Brand.Name}
	if p.Projects, _, err = me.Projects(ctx, portal.ProjectFilter{Client: c.ID}, portal.Page{Limit: overviewRows}); err != nil {
		return err
	}
	if p.Summaries, err = me.ProjectSummaries(ctx, projectIDs(p.Projects)...); err != nil {
		return err
	}
	if p.Team, err = me.ClientTeam(ctx, c.ID); err != nil {
		return err
	}
	if p.Users, err = me.ClientUsers(ctx, c.ID); err != nil {
		return err
	}
	if c.Can(portal.Manage) {
		if p.Events, _, err = me.ClientActivity(ctx, c.ID, portal.Page{Limit: overviewRows}); err != nil {
			return err
		}
	}
	return s.render(w, r, http.StatusOK, view.ClientOverview(p))
}

func projectIDs(projects []portal.Project) []portal.ProjectID {
	ids := make([]portal.ProjectID, len(projects))
	for i, p := range projects {
		ids[i] = p.ID
	}
	return ids
}

func (s *Server) clientProjects(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx := r.Context()
	frame, err := s.clientTab(r, me, "projects")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	p := view.ClientPage{ClientFrame: frame, Archived: q.Get("archived") != ""}
	var next string
	p.Projects, next, err = me.Projects(ctx, portal.ProjectFilter{Client: p.Client.ID, Archived: p.Archived}, portal.Page{After: q.Get("after"), Limit: 30})
	if err != nil {
		return err
	}
	if p.Summaries, err = me.ProjectSummaries(ctx, projectIDs(p.Projects)...); err != nil {
		return err
	}
	if next != "" {
		q.Set("after", next)
		p.Next = r.URL.Path + "?" + q.Encode()
	}
	return s.render(w, r, http.StatusOK, view.ClientProjects(p))
}

// clientPeople lists a client's people: to the team with who of them is on the
// client, to client people as their colleagues.
func (s *Server) clientPeople(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderPeople(w, r, me, view.InviteForm{Projects: map[portal.ProjectID]bool{}, All: true}, nil)
}

func (s *Server) renderPeople(w http.ResponseWriter, r *http.Request, me *visit, form view.InviteForm, invalid map[string]portal.Reason) error {
	ctx := r.Context()
	c, err := s.clientOf(r, me)
	if err != nil {
		return err
	}
	users, err := me.ClientUsers(ctx, c.ID)
	if err != nil {
		return err
	}
	if !c.Team() {
		p := view.ColleaguesPage{Page: s.page(me, "people"), Client: c, Users: users, Form: form, MayInvite: c.Can(portal.Invite) && !me.ReadOnly()}
		p.Invalid = invalid
		under(&p.Page, me, c.ID)
		if p.MayInvite {
			if p.Projects, _, err = me.Projects(ctx, portal.ProjectFilter{Client: c.ID}, portal.Page{Limit: 100}); err != nil {
				return err
			}
			for _, preset := range portal.Presets {
				if c.Can(preset.Rights()) {
					p.Presets = append(p.Presets, preset)
				}
			}
		}
		s.setTitle(&p.Page, p.T("colleagues.title"))
		return s.render(w, r, statusOf(&p.Page), view.Colleagues(p))
	}
	frame, err := s.clientFrame(ctx, me, c, "people")
	if err != nil {
		return err
	}
	p := view.ClientPage{ClientFrame: frame, Users: users}
	if p.Team, err = me.ClientTeam(ctx, c.ID); err != nil {
		return err
	}
	if c.Can(portal.Manage) {
		if p.Members, err = me.Team(ctx); err != nil {
			return err
		}
	}
	return s.render(w, r, http.StatusOK, view.ClientPeople(p))
}

// inviteColleague is how a client person brings a colleague in.
func (s *Server) inviteColleague(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in := view.InviteForm{Name: f.one("name"), Email: f.one("email"), Preset: f.one("preset"), Message: f.one("message"), All: f.one("projects") != "chosen", Projects: map[portal.ProjectID]bool{}}
	n := portal.NewClientUser{Name: in.Name, Email: in.Email, Rights: portal.Preset(in.Preset).Rights(), AllProjects: in.All, Message: in.Message}
	if n.Rights == 0 {
		f.fail("preset", "choice")
	}
	for _, id := range f.all("project") {
		in.Projects[portal.ProjectID(id)] = true
		if !in.All {
			n.Projects = append(n.Projects, portal.ChosenProject{Project: portal.ProjectID(id)})
		}
	}
	id := portal.ClientID(r.PathValue("id"))
	if err = f.err(); err == nil {
		_, err = me.InviteColleague(r.Context(), id, n)
	}
	if fields, ok := invalidFields(err); ok {
		if why, ok := fields["rights"]; ok {
			fields["preset"] = why
			delete(fields, "rights")
		}
		return s.renderPeople(w, r, me, in, fields)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/clients/"+string(id)+"/people?done=invited")
}

func (s *Server) putOnClient(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id, who := portal.ClientID(r.PathValue("id")), f.one("person")
	if err := f.err(); err != nil {
		return err
	}
	if err := me.PutOnClient(r.Context(), id, portal.PersonID(who)); err != nil {
		return err
	}
	return seeOther(w, r, "/clients/"+string(id)+"/people?done=teamed")
}

// takeOffClient leads back to the client, if its visitor still sees it.
func (s *Server) takeOffClient(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := portal.ClientID(r.PathValue("id"))
	if err := me.TakeOffClient(r.Context(), id, portal.PersonID(r.PathValue("person"))); err != nil {
		return err
	}
	if _, err := me.Client(r.Context(), id); err != nil {
		return seeOther(w, r, "/clients?done=unteamed")
	}
	return seeOther(w, r, "/clients/"+string(id)+"/people?done=unteamed")
}

func (s *Server) clientActivity(w http.ResponseWriter, r *http.Request, me *visit) error {
	frame, err := s.clientTab(r, me, "activity")
	switch {
	case err != nil:
		return err
	case !frame.Client.Can(portal.Manage):
		return portal.ErrForbidden
	}
	p := view.ClientPage{ClientFrame: frame, Workspace: me.Brand.Name}
	var next string
	if p.Events, next, err = me.ClientActivity(r.Context(), p.Client.ID, portal.Page{After: r.URL.Query().Get("after")}); err != nil {
		return err
	}
	if next != "" {
		p.Next = r.URL.Path + "?after=" + url.QueryEscape(next)
	}
	return s.render(w, r, http.StatusOK, view.ClientActivity(p))
}

// Settings.

func (s *Server) clientSettingsPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	c, err := s.clientOf(r, me)
	if err != nil {
		return err
	}
	return s.renderClientSettings(w, r, me, settingsOf(c), nil, nil, false)
}

// settingsOf is what the form of a client's settings holds before anything is typed.
func settingsOf(c portal.Client) portal.ClientSettings {
	return portal.ClientSettings{Name: c.Name, Contact: c.Contact.Person, Welcome: c.Welcome, Revision: c.Revision}
}

// unsavedClient shows the settings again with what was typed and was not to be, or
// that somebody else changed meanwhile.
func (s *Server) unsavedClient(w http.ResponseWriter, r *http.Request, me *visit, in *portal.ClientSettings, calendar *portal.ClientCalendar, err error) error {
	fields, invalid := invalidFields(err)
	if !invalid && !errors.Is(err, portal.ErrConflict) {
		return err
	}
	c, err := me.Client(r.Context(), portal.ClientID(r.PathValue("id")))
	if err != nil {
		return err
	}
	switch {
	case in == nil:
		was := settingsOf(c)
		in = &was
	case !invalid:
		in.Revision = c.Revision
	}
	if calendar != nil && !invalid {
		calendar.Revision = c.Revision
	}
	return s.renderClientSettings(w, r, me, *in, calendar, fields, !invalid)
}

func (s *Server) renderClientSettings(w http.ResponseWriter, r *http.Request, me *visit, in portal.ClientSettings, calendar *portal.ClientCalendar, invalid map[string]portal.Reason, conflict bool) error {
	frame, err := s.clientTab(r, me, "settings")
	switch {
	case err != nil:
		return err
	case !frame.Client.Can(portal.Manage):
		return portal.ErrForbidden
	}
	p := view.ClientSettingsPage{ClientFrame: frame, In: in, Conflict: conflict, Calendars: calendar != nil}
	p.Invalid = invalid
	p.Load(static.Compose)
	if p.Calendar, err = me.ClientCalendar(r.Context(), frame.Client.ID); err != nil {
		return err
	}
	p.Zones = zoneOptions(p.Calendar.TimeZone)
	if calendar != nil {
		calendar.Workspace = p.Calendar.Workspace
		p.Calendar = *calendar
	}
	p.Zones = append([]ui.Option{{Label: p.T("client.calendar.inherit", "zone", strings.ReplaceAll(p.Calendar.Workspace.Zone.String(), "_", " "))}}, p.Zones...)
	for i, d := range weekdays {
		p.Weekdays = append(p.Weekdays, ui.Option{Value: strconv.Itoa(i), Label: p.T("weekday." + d)})
	}
	members, err := me.Team(r.Context())
	if err != nil {
		return err
	}
	p.Contacts = []ui.Option{{Value: "", Label: p.T("client.settings.nobody")}}
	for _, m := range members {
		if m.State == portal.MemberActive || m.Person == in.Contact {
			p.Contacts = append(p.Contacts, ui.Option{Value: string(m.Person), Label: m.Name})
		}
	}
	status := statusOf(&p.Page)
	if conflict {
		status = http.StatusConflict
	}
	return s.render(w, r, status, view.ClientSettings(p))
}

func (s *Server) saveClientSettings(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ClientID(r.PathValue("id"))
	in := portal.ClientSettings{Name: f.one("name"), Contact: portal.PersonID(f.one("contact")), Welcome: f.one("welcome"), Revision: f.number("revision")}
	if err = f.err(); err == nil {
		err = me.ChangeClient(r.Context(), id, in)
	}
	if err != nil {
		return s.unsavedClient(w, r, me, &in, nil, err)
	}
	return seeOther(w, r, "/clients/"+string(id)+"/settings?done=saved")
}

func (s *Server) saveClientCalendar(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ClientID(r.PathValue("id"))
	in := portal.ClientCalendar{TimeZone: f.one("time_zone"), OwnHolidays: f.ticked("own_holidays"), Revision: f.number("revision")}
	for _, d := range f.all("week") {
		n, err := strconv.Atoi(d)
		if err != nil || n < 0 || n > 6 {
			f.fail("week", "choice")
			continue
		}
		in.Week |= 1 << n
	}
	in.Holidays = filled(f.all("holiday"))
	if err = f.err(); err == nil {
		err = me.ChangeClientCalendar(r.Context(), id, in)
	}
	if err != nil {
		return s.unsavedClient(w, r, me, nil, &in, err)
	}
	return seeOther(w, r, "/clients/"+string(id)+"/settings?done=saved#calendar")
}

// saveClientSections saves for each section whether it is inherited, on or off.
func (s *Server) saveClientSections(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ClientID(r.PathValue("id"))
	revision := f.number("revision")
	var set, on portal.Sections
	for _, n := range portal.SectionNames {
		switch f.one("section." + n.Name) {
		case "", "inherit":
		case "on":
			set, on = set|n.Section, on|n.Section
		case "off":
			set |= n.Section
		default:
			f.fail("section."+n.Name, "choice")
		}
	}
	if err := f.err(); err != nil {
		return err
	}
	if err := me.SetClientSections(r.Context(), id, set, on, revision); err != nil {
		return err
	}
	return seeOther(w, r, "/clients/"+string(id)+"/settings?done=saved")
}

func (s *Server) archiveClient(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := portal.ClientID(r.PathValue("id"))
	if err := me.ArchiveClient(r.Context(), id); err != nil {
		return err
	}
	return seeOther(w, r, "/clients/"+string(id)+"?done=archived")
}

func (s *Server) restoreClient(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := portal.ClientID(r.PathValue("id"))
	if err := me.RestoreClient(r.Context(), id); err != nil {
		return err
	}
	return seeOther(w, r, "/clients/"+string(id)+"?done=restored")
}
