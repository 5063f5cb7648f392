package view

import (
	"strconv"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// AccessPage is the Portal access tab of a client.
type AccessPage struct {
	ClientFrame
	Access   portal.Access
	Form     AccessForm
	Preview  *portal.AccessPreview // what saving would do, when that was asked
	Dirty    bool                  // the form holds what is not saved
	Conflict bool                  // and somebody else has saved meanwhile
	Chosen   portal.ClientUserID   // whose view is drawn small
	Mini     Miniature
}

// Miniature is what a client user sees, in short.
type Miniature struct {
	User     portal.ClientUserID
	Name     string
	In       bool // they are let in now
	Projects []portal.Project
	Needs    []portal.Need
}

// AccessForm is the form of that tab as it was typed.
type AccessForm struct {
	Revision int64
	Enabled  bool
	Domains  string
	Days     string
	Preset   string
	Message  string // to those who are added
	Users    []AccessRow
	Add      []AccessRow
	Blank    int // further rows for new people
}

// AccessRow is what the form says of one person.
type AccessRow struct {
	User   portal.ClientUserID // empty for somebody new
	Name   string
	Email  string
	Title  string
	Preset string
	Rights portal.Rights
	All    bool
	Chosen map[portal.ProjectID]string // "client", a preset or a number of rights
}

// Fill sets the form to what is saved.
func (f *AccessForm) Fill(a portal.Access) {
	f.Revision, f.Enabled, f.Domains = a.Client.Revision, a.Enabled, strings.Join(a.AllowedDomains, ", ")
	f.Days, f.Preset = strconv.Itoa(a.InvitationDays), string(a.Preset)
	for _, u := range a.Users {
		if u.State != portal.MemberRemoved {
			f.Users = append(f.Users, rowOf(u))
		}
	}
}

// Rebase keeps what was typed about people who are still there, and adds those
// who came meanwhile as they are.
func (f *AccessForm) Rebase(a portal.Access) {
	typed := map[portal.ClientUserID]AccessRow{}
	for _, r := range f.Users {
		typed[r.User] = r
	}
	f.Users = nil
	for _, u := range a.Users {
		if u.State == portal.MemberRemoved {
			continue
		}
		r, ok := typed[u.ID]
		if !ok {
			r = rowOf(u)
		}
		f.Users = append(f.Users, r)
	}
}

func rowOf(u portal.ClientUser) AccessRow {
	r := AccessRow{User: u.ID, Name: u.Name, Email: u.Email, Title: u.Title, Preset: string(u.Preset()), Rights: u.Rights, All: u.AllProjects, Chosen: map[portal.ProjectID]string{}}
	for _, p := range u.Projects {
		switch {
		case p.Rights == 0:
			r.Chosen[p.Project] = "client"
		case portal.PresetOf(p.Rights) != portal.PresetCustom:
			r.Chosen[p.Project] = string(portal.PresetOf(p.Rights))
		default:
			r.Chosen[p.Project] = strconv.FormatInt(int64(p.Rights), 10)
		}
	}
	return r
}

// newRows are the rows for new people: those that were filled in, and blank ones.
func (p AccessPage) newRows() []AccessRow {
	rows := append([]AccessRow(nil), p.Form.Add...)
	for range p.Form.Blank {
		rows = append(rows, AccessRow{All: true, Chosen: map[portal.ProjectID]string{}})
	}
	return rows
}

// user finds the person of a row.
func (p AccessPage) user(id portal.ClientUserID) (portal.ClientUser, bool) {
	for _, u := range p.Access.Users {
		if u.ID == id {
			return u, true
		}
	}
	return portal.ClientUser{}, false
}

func (p AccessPage) people() int { return len(p.Form.Users) }

func (p *Page) presets(custom, inherited bool) []ui.Option {
	var options []ui.Option
	if inherited {
		options = append(options, ui.Option{Value: "", Label: p.T("access.preset_default")})
	}
	for _, preset := range portal.Presets {
		options = append(options, ui.Option{Value: string(preset), Label: p.T("preset." + string(preset))})
	}
	if custom {
		options = append(options, ui.Option{Value: string(portal.PresetCustom), Label: p.T("access.custom")})
	}
	return options
}

// projectRights are what a person may do in one chosen project.
func (p *Page) projectRights(now string) []ui.Option {
	options := []ui.Option{{Value: "", Label: p.T("access.project.none")}, {Value: "client", Label: p.T("access.project.client")}}
	known := now == "" || now == "client"
	for _, preset := range portal.Presets {
		known = known || now == string(preset)
		options = append(options, ui.Option{Value: string(preset), Label: p.T("preset." + string(preset))})
	}
	if !known {
		options = append(options, ui.Option{Value: now, Label: p.T("access.custom")})
	}
	return options
}

// rightsIn names the rights of a person in few words.
func (p *Page) rightsIn(r portal.Rights) string {
	if preset := portal.PresetOf(r); preset != portal.PresetCustom {
		return p.T("preset." + string(preset))
	}
	var all []string
	for _, n := range portal.RightNames {
		if r.Has(n.Right) {
			all = append(all, p.T("right."+n.Name))
		}
	}
	return p.List(all)
}

// memberState is the key under which the kit draws a state.
func memberState(s portal.MemberState) string {
	switch s {
	case portal.MemberInvited:
		return "pending"
	case portal.MemberNotInvited:
		return "new"
	}
	return string(s)
}

// history says who invited a person and when, and until when it is good.
func (p *Page) history(u portal.ClientUser) string {
	switch {
	case u.InvitedAt.IsZero():
		return p.T("access.added", "when", p.Ago(u.Since, p.Now))
	case u.State == portal.MemberInvited:
		return p.T("access.invited_until", "by", u.InvitedBy, "when", p.Ago(u.InvitedAt, p.Now), "until", p.Time(u.ExpiresAt, p.Now))
	case u.State == portal.MemberExpired:
		return p.T("access.invited_expired", "by", u.InvitedBy, "when", p.Ago(u.ExpiresAt, p.Now))
	}
	return p.T("access.invited", "by", u.InvitedBy, "when", p.Ago(u.InvitedAt, p.Now))
}

func (p *Page) lastSeen(u portal.ClientUser) string {
	if u.LastSeen.IsZero() {
		return p.T("access.never_seen")
	}
	return p.Ago(u.LastSeen, p.Now)
}

// effects are what saving would do, one line each.
func (p *Page) effects(pre *portal.AccessPreview) []string {
	var lines []string
	for _, e := range []struct {
		key string
		who []portal.Named
	}{{"access.preview.mailed", pre.Mailed}, {"access.preview.lose", pre.LoseAccess}, {"access.preview.gain", pre.GainAccess}, {"access.preview.fewer", pre.FewerRights}} {
		if len(e.who) == 0 {
			continue
		}
		line := p.N(e.key, len(e.who))
		if len(e.who) <= 4 {
			names := make([]string, len(e.who))
			for i, n := range e.who {
				names[i] = n.Name
			}
			line = p.T("access.preview.named", "what", line, "names", p.List(names))
		}
		lines = append(lines, line)
	}
	return lines
}

// projectsOf says which projects a person may see.
func (p *Page) projectsOf(u portal.ClientUser) string {
	if u.AllProjects {
		return p.T("access.all_projects")
	}
	return p.N("access.chosen_projects", len(u.Projects))
}

// enableHint says what the switch does now.
func (p AccessPage) enableHint() string {
	shared := 0
	for _, x := range p.Access.Projects {
		if x.Shared && !x.Archived {
			shared++
		}
	}
	active := 0
	for _, u := range p.Access.Users {
		if u.State == portal.MemberActive {
			active++
		}
	}
	switch {
	case p.Access.Enabled && p.Access.Client.Archived.IsZero():
		return p.T("access.enable.on", "people", p.N("people", active), "projects", p.N("access.shared_projects", shared))
	case active > 0:
		return p.T("access.enable.again", "people", p.N("people", active), "projects", p.N("access.shared_projects", shared))
	}
	return p.T("access.enable.off", "projects", p.N("access.shared_projects", shared))
}

// rowOpen reports whether the further fields of a row are in sight from the
// start: when something there is wrong, or was chosen and is not saved yet.
func (p AccessPage) rowOpen(field string, row AccessRow) bool {
	return p.Err(field+".title") != "" || p.Err(field+".projects") != "" || p.Dirty && (row.Preset == string(portal.PresetCustom) || !row.All)
}

// rowWords sums up what is in the further fields of a row.
func (p AccessPage) rowWords(row AccessRow) string {
	var parts []string
	if row.Preset == string(portal.PresetCustom) {
		parts = append(parts, p.rightsIn(row.Rights))
	}
	if !row.All {
		var names []string
		for _, x := range p.Access.Projects {
			if row.Chosen[x.ID] != "" {
				names = append(names, x.Name)
			}
		}
		if len(names) > 0 {
			parts = append(parts, p.List(names))
		}
	}
	if row.Title != "" {
		parts = append(parts, row.Title)
	}
	if len(parts) == 0 {
		return p.T("access.more")
	}
	return strings.Join(parts, " · ")
}
