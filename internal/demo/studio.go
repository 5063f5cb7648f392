package demo

import (
	"context"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

const (
	studio = "Honcho Design"
	zone   = "Europe/Lisbon"
)

// The team.
var (
	ana   = &person{"Ana Ruiz", "ana@honcho.example", "Founder and creative director", zone}
	jonas = &person{"Jonas Weber", "jonas@honcho.example", "Project lead", zone}
	priya = &person{"Priya Nair", "priya@honcho.example", "Interface designer", zone}
	tomas = &person{"Tomasz Zieliński", "tomasz@honcho.example", "Developer", "Europe/Warsaw"}
	mei   = &person{"Mei-Ling Chen", "mei-ling@honcho.example", "Brand strategist", zone}
	lucas = &person{"Lucas Moreau", "lucas@honcho.example", "Copywriter", zone}
)

// Long before the oldest project.
const founded = day(-128)

// openStudio sets the workspace up, as its owner did.
func (f *filling) openStudio(ctx context.Context) error {
	from, _ := f.days.hours(founded - 1)
	f.clock.Store(from.UnixMicro())
	const token = "the demo opens by itself"
	if _, err := f.portal.BeginSetUp(ctx, token); err != nil {
		return err
	}
	s, _, err := f.portal.FinishSetUp(ctx, portal.SetUp{Token: token, Workspace: studio, Accent: "#0f6b5c", TimeZone: zone,
		Name: ana.name, Email: ana.email, Password: Password})
	if err != nil {
		return err
	}
	f.people[ana] = s.Person
	if err := f.accounts.SaveProfile(ctx, s.Person, account.Profile{Name: ana.name, Title: ana.title, TimeZone: ana.zone}); err != nil {
		return err
	}
	if err := f.portal.EnsureTemplates(ctx); err != nil {
		return err
	}
	w, err := f.as(ana).Workspace(ctx)
	if err != nil {
		return err
	}
	hours := portal.OfficeHours{}
	for i := range 5 {
		hours.Days[i] = portal.Opening{From: "09:00", To: "17:30"}
	}
	for _, day := range []string{"-12-24", "-12-25", "-12-31"} {
		hours.Holidays = append(hours.Holidays, f.days.date(1)[:4]+day)
	}
	limits := w.Files
	limits.ShareLinks = true
	if err := f.as(ana).ChangeFileLimits(ctx, limits, w.Revision); err != nil {
		return err
	}
	return f.as(ana).ChangeWorkspace(ctx, portal.WorkspaceSettings{
		Name: studio, LogoText: "honcho", Accent: w.Accent, TimeZone: zone,
		Welcome: prose(`
			Welcome to our studio's portal. You see where your projects stand, what we have made for you, and what
			waits for an answer. What you do not find here, ask us: we reply within four office hours.`),
		SupportEmail: "studio@honcho.example", LegalURL: "https://honcho.example/imprint", PrivacyURL: "https://honcho.example/privacy",
		OfficeHours: hours, ReplyHours: 4,
		StateWords: map[string]string{"planned": "Coming up", "active": "In progress", "on_hold": "Paused", "done": "Finished"},
		Sections:   portal.DefaultSections | portal.SectionTasks,
		Revision:   w.Revision + 1,
	})
}

// play plans everything that has happened since.
func (f *filling) play() {
	f.joins(founded, jonas, "manager")
	f.joins(founded, priya, "contributor")
	f.joins(founded+2, tomas, "contributor")
	f.joins(founded+2, mei, "contributor")
	for _, c := range clients() {
		f.client(c)
	}
	f.on(-3, "invite "+lucas.name, func(ctx context.Context) error {
		_, err := f.as(ana).InviteTeamMember(ctx, portal.NewTeamMember{Name: lucas.name, Email: lucas.email, Title: lucas.title, Role: "contributor"})
		return err
	})
}

// joins plans how a person comes to the team.
func (f *filling) joins(on day, p *person, role string) {
	var id portal.PersonID
	f.on(on, "invite "+p.name, func(ctx context.Context) (err error) {
		id, err = f.as(ana).InviteTeamMember(ctx, portal.NewTeamMember{Name: p.name, Email: p.email, Title: p.title, Role: role})
		return err
	})
	f.on(on, p.name+" joins", func(ctx context.Context) error {
		token, err := f.as(ana).CopyTeamLink(ctx, id)
		if err != nil {
			return err
		}
		return f.accept(ctx, p, id, token)
	})
}
