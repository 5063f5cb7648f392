package main

import (
	"time"

	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

var words = ui.ShellWords{
	Skip: "Skip to content", Nav: "Main", More: "More", Menu: "Your menu", Bell: "Needs you", Clients: "Client", LogOut: "Log out",
	Close: "Close", Copied: "Copied", News: "This page has news", Refresh: "Refresh", Search: "Search",
}

var honcho = ui.Brand{Name: "Honcho Design", Mark: "H", Href: "/home"}

func document(title, theme string) ui.Page {
	return ui.Page{Lang: "en", Title: title + " · Honcho Design", Theme: theme, Words: words}
}

var (
	ana     = ui.Person{Name: "Ana Ruiz", Detail: "Project manager"}
	jonas   = ui.Person{Name: "Jonas Weber", Detail: "Design lead"}
	priya   = ui.Person{Name: "Priya Nair", Detail: "Front-end developer"}
	miranda = ui.Person{Name: "Miranda Leto", Detail: "Leto Brand"}
	tom     = ui.Person{Name: "Tom Adeyemi", Detail: "Leto Brand"}
)

func day(s string) time.Time {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return t
}

func at(words string) ui.When { return ui.When{Words: words, At: day("2026-03-12")} }

func clientShell(title, theme, current string, crumbs ...ui.Link) ui.ClientShellProps {
	nav := []ui.NavItem{
		{Label: "Home", Href: "/home", Icon: "house"},
		{Label: "Projects", Href: "/overview", Icon: "folder-kanban"},
		{Label: "Calendar", Href: "/timeline", Icon: "calendar"},
		{Label: "Help", Href: "/help", Icon: "circle-help"},
	}
	for i := range nav {
		nav[i].Current = nav[i].Label == current
	}
	return ui.ClientShellProps{
		Page: document(title, theme), Brand: honcho, Nav: nav, Needs: 3, BellHref: "/needs", Person: miranda, Client: "Leto Brand",
		Switcher: []ui.MenuItem{{Label: "Leto Brand", Href: "#", Current: true}, {Label: "Leto Foundation", Href: "#"}},
		Menu:     []ui.MenuItem{{Label: "Profile", Href: "#", Icon: "user"}, {Label: "Notifications", Href: "#", Icon: "bell"}, {Label: "Sessions", Href: "#", Icon: "monitor"}},
		LogOut:   "/sign-out", Crumbs: crumbs,
		Legal: []ui.Link{{Label: "Privacy", Href: "#"}, {Label: "Imprint", Href: "#"}, {Label: "Powered by Vitrine", Href: "#"}},
	}
}

func teamShell(title, theme, current string, crumbs ...ui.Link) ui.TeamShellProps {
	nav := []ui.NavItem{
		{Label: "Today", Href: "/today", Icon: "sun", Count: 4},
		{Label: "Clients", Href: "/access", Icon: "building-2"},
		{Label: "Projects", Href: "/overview", Icon: "folder-kanban"},
		{Label: "People", Href: "#", Icon: "users"},
		{Label: "Outbox", Href: "#", Icon: "send", Count: 1},
		{Label: "Settings", Href: "#", Icon: "settings"},
	}
	for i := range nav {
		nav[i].Current = nav[i].Label == current
	}
	return ui.TeamShellProps{
		Page: document(title, theme), Brand: honcho, Nav: nav, Person: ana, BellHref: "/needs", Needs: 4, Search: "/search", Crumbs: crumbs, LogOut: "/sign-out",
		Menu: []ui.MenuItem{{Label: "Profile", Href: "#", Icon: "user"}, {Label: "Sessions", Href: "#", Icon: "monitor"}},
	}
}

var needs = []ui.NeedProps{
	{Icon: "circle-check", Kind: "Approval", Title: "Approve the homepage design, v3", Href: "#", Project: "Leto website", From: "Jonas Weber asks", Due: ui.DueProps{Words: "Tue 10 Mar, 17:00 (yesterday)", Late: true}, Act: "Review"},
	{Icon: "circle-help", Kind: "Question", Title: "Which photographs may we use on the About page?", Href: "#", Project: "Leto website", From: "Ana Ruiz asks", Due: ui.DueProps{Words: "Thu 12 Mar (tomorrow)", Soon: true}, Act: "Answer"},
	{Icon: "upload", Kind: "File request", Title: "Logo in vector form", Href: "#", Project: "Packaging 2026", From: "Priya Nair asks", Due: ui.DueProps{Words: "Mon 16 Mar (in 5 days)"}, Act: "Upload"},
}

var cards = []ui.ProjectCardProps{
	{Name: "Leto website", Href: "#", Unread: "Something new", Health: "on_track", HealthWord: "On track", Sentence: "Design is with you; the build starts the day you approve it.", Done: 6, Of: 10, Progress: "6 of 10 done", Next: "Design approved", NextWhen: "Thu 12 Mar (tomorrow)", Turn: "Waiting for you 2 days", Yours: true, People: []ui.Person{ana, jonas, priya}, Names: "Ana Ruiz, Jonas Weber, Priya Nair"},
	{Name: "Packaging 2026", Href: "#", Health: "at_risk", HealthWord: "At risk", Sentence: "The printer needs final artwork a week earlier than planned.", Done: 3, Of: 12, Progress: "3 of 12 done", Next: "Artwork to printer", NextWhen: "Fri 27 Mar (in 16 days)", Turn: "With us since Monday", People: []ui.Person{jonas, priya}, Names: "Jonas Weber, Priya Nair"},
}

var feed = []ui.Day{
	{Words: "Today", Rows: []ui.Happened{
		{Who: jonas, Text: "Jonas Weber shared", Link: ui.Link{Label: "Homepage design, v3", Href: "#"}, After: "in Leto website", When: at("10:42"), New: "New"},
		{Who: ana, Text: "Ana Ruiz posted an update in", Link: ui.Link{Label: "Leto website", Href: "#"}, More: "“Design is with you; the build starts the day you approve it.”", When: at("09:15"), New: "New"},
	}},
	{Words: "Mon 9 Mar", Rows: []ui.Happened{
		{Who: priya, Text: "Priya Nair completed", Link: ui.Link{Label: "Content model", Href: "#"}, After: "in Leto website", When: at("16:20")},
		{Who: ana, Text: "Ana Ruiz moved", Link: ui.Link{Label: "Launch", Href: "#"}, After: "from 2 to 9 April", When: at("11:05")},
	}},
}

var startSteps = []ui.StartStep{
	{Label: "Accept your invitation", Done: true, Word: "done"},
	{Label: "Look at your first project", Done: true, Word: "done"},
	{Label: "Choose what you are e-mailed about", Href: "#"},
	{Label: "Invite a colleague", Href: "#"},
}

var steps = []ui.Step{
	{Title: "Kick-off", State: "done", Word: "done", When: "Mon 2 Feb"},
	{Title: "Site map agreed", State: "done", Word: "done", When: "Fri 20 Feb"},
	{Title: "Design approved", Href: "#", State: "current", Word: "current", When: "Thu 12 Mar (tomorrow)", Turn: "Waiting for you 2 days", Yours: true},
	{Title: "Build ready for review", Href: "#", State: "next", Word: "next", When: "Fri 27 Mar"},
	{Title: "Launch", Href: "#", State: "next", Word: "next", When: "Thu 9 Apr", Was: "Thu 2 Apr"},
}

var gantt = ui.TimelineProps{
	Label: "Leto website, February to April", From: day("2026-01-26"), To: day("2026-04-20"), Today: day("2026-03-11"), TodayWord: "Today",
	Ticks: []ui.Tick{{At: day("2026-02-01"), Word: "February"}, {At: day("2026-03-01"), Word: "March"}, {At: day("2026-04-01"), Word: "April"}},
	Rows: []ui.TimelineRow{
		{Step: ui.Step{Title: "Discovery", State: "done", Word: "done", When: "2 – 20 Feb"}, Start: day("2026-02-02"), End: day("2026-02-20")},
		{Step: ui.Step{Title: "Site map agreed", State: "done", Word: "done", When: "Fri 20 Feb"}, End: day("2026-02-20")},
		{Step: ui.Step{Title: "Design", State: "current", Word: "current", When: "18 Feb – 12 Mar"}, Start: day("2026-02-18"), End: day("2026-03-12")},
		{Step: ui.Step{Title: "Design approved", State: "current", Word: "current", When: "Thu 12 Mar", Turn: "Waiting for you 2 days", Yours: true}, End: day("2026-03-12")},
		{Step: ui.Step{Title: "Build", State: "next", Word: "next", When: "13 Mar – 3 Apr", Was: "27 Mar", Reason: "The booking system needs a second language."}, Start: day("2026-03-13"), End: day("2026-04-03"), Planned: day("2026-03-27")},
		{Step: ui.Step{Title: "Launch", State: "next", Word: "next", When: "Thu 9 Apr", Was: "Thu 2 Apr", Reason: "Moved with the build."}, End: day("2026-04-09"), Planned: day("2026-04-02")},
	},
}

const updateHTML = `<p>Version 3 of the homepage is ready for your decision. It carries all five changes from your last round; the booking box now sits above the fold on a phone.</p><ul><li>The build plan is done and waits only for your approval.</li><li>We moved the launch to 9 April, because the booking system needs a second language.</li></ul><p>Next week: templates for the inner pages.</p>`

var deliverables = []ui.DeliverableProps{
	{Title: "Homepage design", Href: "#", Sub: "Jonas Weber · round 3 of 3", State: "in_review", StateWord: "In review", Turn: "Waiting for you 2 days", Yours: true},
	{Title: "Site map", Href: "#", Sub: "Ana Ruiz", State: "approved", StateWord: "Approved"},
	{Title: "Content model", Href: "#", Sub: "Priya Nair · round 1 of 2", State: "changes_requested", StateWord: "Changes requested", Due: ui.DueProps{Words: "Fri 13 Mar (in 2 days)"}},
	{Title: "Photography brief", Href: "#", Sub: "Ana Ruiz", State: "signed_off", StateWord: "Signed off"},
}

var overviewTabs = []ui.Tab{{Label: "Overview", Href: "/overview", Current: true}, {Label: "Updates", Href: "#", Count: 6}, {Label: "Timeline", Href: "/timeline"}, {Label: "Milestones", Href: "#", Count: 5}, {Label: "Deliverables", Href: "#", Count: 4}, {Label: "Tasks", Href: "#", Count: 9}, {Label: "Activity", Href: "#"}}

type access struct{ name, email, role, projects, state, word, invited, seen string }

var users = []access{
	{"Miranda Leto", "miranda@letobrand.example", "lead", "All projects", "active", "Active", "Ana Ruiz, 2 Feb", "Today, 10:42"},
	{"Tom Adeyemi", "tom@letobrand.example", "approver", "Leto website", "active", "Active", "Miranda Leto, 9 Feb", "Fri 6 Mar"},
	{"Ines Carvalho", "ines@letobrand.example", "viewer", "Leto website", "pending", "Invited", "Ana Ruiz, 5 Mar", "Never"},
	{"Paul Østergaard", "paul@print-nord.example", "commenter", "Packaging 2026", "expired", "Expired", "Jonas Weber, 12 Feb", "Never"},
}

var presets = []ui.Option{{Value: "viewer", Label: "Viewer"}, {Value: "commenter", Label: "Commenter"}, {Value: "contributor", Label: "Contributor"}, {Value: "approver", Label: "Approver"}, {Value: "lead", Label: "Lead"}}

func partsShell(theme string) ui.TeamShellProps {
	p := teamShell("Components", theme, "")
	p.Crumbs = []ui.Link{{Label: "Components"}}
	p.Banners = []ui.Banner{{Kind: "as", Icon: "eye", Text: "You see what Miranda Leto sees. Nothing can be changed.", Action: &ui.MenuItem{Label: "Stop viewing as", Href: "#", Post: true}}, {Kind: "warn", Icon: "triangle-alert", Text: "Mail is not going out: the server refuses our password."}}
	p.Toast = &ui.Toast{Text: "Site map approved.", Undo: "Undo", Post: "#"}
	return p
}
