package demo

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// The words in which the demo is written. Days that are 0 did not happen.

type person struct {
	name, email, title, zone string
}

type client struct {
	name, welcome string
	added         day
	lead          *person   // of the team: adds the client, and is its contact
	team          []*person // also on it
	portalOn      day
	portalOff     day // again
	set, sections portal.Sections
	week          portal.Week // its own working days; 0: as the workspace
	users         []user
	projects      []*project
	said          []saying // in its general conversation

	id portal.ClientID
}

type user struct {
	person   *person
	title    string
	preset   portal.Preset
	only     []*project // empty: all that are shared
	invited  day
	asked    *person // by a colleague at the client, not by the team
	accepted day
	suspend  day
	visits   []day
}

type project struct {
	name, summary string
	created       day
	begins, due   day
	lead          *person // makes it and what is in it; the contact
	team          []member
	shared        day
	set, sections portal.Sections
	phases        []phase
	deliver       []deliverable // of no phase
	tasks         []task        // likewise
	updates       []update
	folders       []folder
	files         []*file // at the top
	requests      []*request
	given         []given
	approvals     []*sought
	signoffs      []signing
	wanted        []wanted
	talks         []talk
	remarks       []remark
	status        portal.ProjectStatus // where no update says it
	archived      day

	id portal.ProjectID
}

type member struct {
	person *person
	role   string
	hidden bool
}

type phase struct {
	title, body string
	from, due   day
	added       day // else once the project is shared, or made
	moved       []move
	reached     day
	hidden      bool
	waits       bool // for the client
	deliver     []deliverable
	tasks       []task
}

type move struct {
	on, from, to day
	reason       string
}

type deliverable struct {
	title, body string
	owner       *person
	due         day
	added       day // else once the project is shared, or made
	rounds      int
	hidden      bool // a draft, as long as it is not shown
	links       []link
	files       []attach
	story       []turn
}

// An attach is files that come into a deliverable.
type attach struct {
	on    day
	files []*file
}

type link struct{ title, url string }

type task struct {
	title, body string
	who         *person
	due         day
	added       day // else once the project is shared, or made
	started     day
	done        day
	hidden      bool
	waits       bool // for the client, given to nobody
}

type update struct {
	on       day
	by       *person
	status   portal.ProjectStatus // else active
	health   portal.Health
	sentence string
	body     string
	files    []*file
	hidden   bool
}

// A turn is what happens to a deliverable.
type turn struct {
	on  day
	who *person
	do  func(ctx context.Context, me, lead *portal.Scope, d portal.Deliverable) error
}

func asks(on day, who *person) turn {
	return turn{on, who, func(ctx context.Context, me, lead *portal.Scope, d portal.Deliverable) error {
		return putToVote(ctx, me, d)
	}}
}

// putToVote asks all who can decide to approve a deliverable's content, once more
// when they were asked before.
func putToVote(ctx context.Context, me *portal.Scope, d portal.Deliverable) error {
	n := portal.NewApproval{Title: d.Title, Deliverable: d.ID}
	if asked, err := approvalOf(ctx, me, d); err != nil {
		return err
	} else if asked.ID != "" {
		if err := settled(ctx, me, asked.ID); err != nil {
			return err
		}
		if n, _, err = me.AskedAs(ctx, asked.ID); err != nil {
			return err
		}
	}
	n.Stages = []portal.NewStage{{Role: portal.RoleApprovers}}
	_, err := me.AskApproval(ctx, d.Project, n)
	return err
}

// approvalOf is the newest of a deliverable's content, or none.
func approvalOf(ctx context.Context, me *portal.Scope, d portal.Deliverable) (portal.Approval, error) {
	all, _, err := me.DeliverableApprovals(ctx, d.ID, portal.Page{Limit: 1})
	if err != nil || len(all) == 0 {
		return portal.Approval{}, err
	}
	return all[0], nil
}

// settled says that all that was asked for in an approval is done.
func settled(ctx context.Context, me *portal.Scope, id portal.ApprovalID) error {
	all, err := me.ApprovalRevisions(ctx, id)
	if err != nil || len(all) == 0 {
		return err
	}
	points, err := me.Changes(ctx, all[0].ID)
	for _, c := range points {
		if err == nil {
			err = me.MakeChange(ctx, c.ID, "", c.Count)
		}
	}
	return err
}

// answered is an answer to the review of a deliverable, which is asked for anew when
// a newer version came.
func answered(ctx context.Context, me, lead *portal.Scope, d portal.Deliverable, how portal.Answer, note string) error {
	a, err := approvalOf(ctx, me, d)
	if err != nil {
		return err
	}
	if !a.Asking {
		if err := putToVote(ctx, lead, d); err != nil {
			return err
		}
		if a, err = approvalOf(ctx, me, d); err != nil {
			return err
		}
	}
	return me.Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: how, Note: prose(note), Content: a.Content})
}

func returns(on day, who *person, note string) turn {
	return turn{on, who, func(ctx context.Context, me, lead *portal.Scope, d portal.Deliverable) error {
		return answered(ctx, me, lead, d, portal.AnswerChanges, note)
	}}
}

func approves(on day, who *person, note string) turn {
	return turn{on, who, func(ctx context.Context, me, lead *portal.Scope, d portal.Deliverable) error {
		how := portal.AnswerNote
		if note == "" {
			how = portal.AnswerApprove
		}
		return answered(ctx, me, lead, d, how, note)
	}}
}

// lines takes the indentation from a text that is written inside the program.
func lines(s string) []string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return lines
}

// prose is such a text as somebody would type it: a paragraph is one line.
func prose(s string) string {
	var b strings.Builder
	above := ""
	for i, l := range lines(s) {
		switch {
		case i == 0:
		case above == "" || l == "" || begins.MatchString(l):
			b.WriteByte('\n')
		default:
			b.WriteByte(' ')
		}
		b.WriteString(l)
		above = l
	}
	return b.String()
}

// begins tells a line that begins a point, a row or a heading.
var begins = regexp.MustCompile(`^([-*#|>]|\d+\.) `)

func or(d, usual day) day {
	if d != 0 {
		return d
	}
	return usual
}

func side(hidden bool) portal.Side {
	if hidden {
		return portal.Team
	}
	return portal.ClientSide
}

// client plans what happens with a client.
func (f *filling) client(c *client) {
	lead := c.lead
	f.on(c.added, c.name, func(ctx context.Context) (err error) {
		if c.id, err = f.as(lead).AddClient(ctx, c.name); err != nil {
			return err
		}
		for _, p := range c.team {
			if err := f.as(lead).PutOnClient(ctx, c.id, f.people[p]); err != nil {
				return err
			}
		}
		now, err := f.as(lead).Client(ctx, c.id)
		if err != nil {
			return err
		}
		if err := f.as(lead).ChangeClient(ctx, c.id, portal.ClientSettings{
			Name: c.name, Contact: f.people[lead], Welcome: prose(c.welcome), Revision: now.Revision}); err != nil {
			return err
		}
		revision := now.Revision + 1
		if c.week != 0 {
			if err := f.as(lead).ChangeClientCalendar(ctx, c.id, portal.ClientCalendar{Week: c.week, Revision: revision}); err != nil {
				return err
			}
			revision++
		}
		if c.set == 0 {
			return nil
		}
		return f.as(lead).SetClientSections(ctx, c.id, c.set, c.sections, revision)
	})
	if c.portalOn != 0 {
		f.on(c.portalOn, "portal of "+c.name, func(ctx context.Context) error { return f.as(lead).EnablePortal(ctx, c.id) })
	}
	for _, p := range c.projects {
		f.begin(c, p)
	}
	for _, u := range c.users {
		f.user(c, u)
	}
	for _, p := range c.projects {
		f.work(p)
	}
	for _, p := range c.projects {
		f.approvals(p)
		f.signoffs(p)
		f.wishes(p)
		f.talks(p)
	}
	f.general(c)
	for _, u := range c.users {
		for _, on := range u.visits {
			f.on(on, u.person.name+" looks in", func(ctx context.Context) error { return f.visit(ctx, u.person, c.id) })
		}
	}
	for _, p := range c.projects {
		if p.archived != 0 {
			f.on(p.archived, "archive "+p.name, func(ctx context.Context) error { return f.as(p.lead).ArchiveProject(ctx, p.id) })
		}
	}
	if c.portalOff != 0 {
		f.on(c.portalOff, "pause "+c.name, func(ctx context.Context) error { return f.as(lead).DisablePortal(ctx, c.id) })
	}
}

// user plans how a person comes to a client.
func (f *filling) user(c *client, u user) {
	key := membership{u.person, c}
	f.on(u.invited, "invite "+u.person.name, func(ctx context.Context) error {
		n := portal.NewClientUser{Name: u.person.name, Email: u.person.email, Title: u.title, Rights: u.preset.Rights(), AllProjects: len(u.only) == 0}
		for _, p := range u.only {
			n.Projects = append(n.Projects, portal.ChosenProject{Project: p.id})
		}
		if u.asked != nil {
			id, err := f.as(u.asked).InviteColleague(ctx, c.id, n)
			f.users[key] = id
			return err
		}
		a, err := f.as(c.lead).Access(ctx, c.id)
		if err != nil {
			return err
		}
		res, err := f.as(c.lead).SaveAccess(ctx, c.id, portal.AccessChange{
			Revision: a.Client.Revision, Enabled: a.Enabled, AllowedDomains: a.AllowedDomains, InvitationDays: a.InvitationDays,
			Preset: a.Preset, SectionsSet: a.Client.SectionsSet, Sections: a.Client.Sections,
			Add: []portal.NewClientUser{n}, SendInvitations: true})
		if err != nil {
			return err
		}
		f.users[key] = res.Added[0]
		return nil
	})
	if u.accepted != 0 {
		f.on(u.accepted, u.person.name+" accepts", func(ctx context.Context) error {
			who, err := f.as(c.lead).ClientUser(ctx, f.users[key])
			if err != nil {
				return err
			}
			return f.accept(ctx, u.person, who.Person, f.accounts.Token(account.PurposeInvitation, string(who.Invitation)))
		})
	}
	if u.suspend != 0 {
		f.on(u.suspend, "suspend "+u.person.name, func(ctx context.Context) error { return f.as(c.lead).Suspend(ctx, f.users[key]) })
	}
}

// accept lets a person in who was invited. Everybody has the one password, so
// that it is hashed once.
func (f *filling) accept(ctx context.Context, p *person, id portal.PersonID, token string) error {
	if _, known := f.people[p]; !known {
		f.people[p] = id
		if err := f.db.Write(ctx, func(tx *db.Tx) error { return f.accounts.Confirm(ctx, tx, id, p.name, f.hash) }); err != nil {
			return err
		}
		if err := f.accounts.SaveProfile(ctx, id, account.Profile{Name: p.name, Title: p.title, TimeZone: p.zone}); err != nil {
			return err
		}
	}
	_, err := f.portal.AcceptInvitation(ctx, portal.Accept{Token: token, SignedIn: id})
	if err != nil {
		return err
	}
	return f.signIn(ctx, p)
}

func (f *filling) signIn(ctx context.Context, p *person) error {
	return f.db.Write(ctx, func(tx *db.Tx) error {
		_, _, err := f.accounts.NewSession(ctx, tx, f.people[p], account.ByPassword, account.Meta{UserAgent: browser}, 0)
		return err
	})
}

const browser = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0"

// visit is somebody of a client signing in and reading what is there.
func (f *filling) visit(ctx context.Context, p *person, c portal.ClientID) error {
	if err := f.signIn(ctx, p); err != nil {
		return err
	}
	me := f.as(p)
	if err := me.Visited(ctx, string(c)); err != nil {
		return err
	}
	projects, _, err := me.Projects(ctx, portal.ProjectFilter{Client: c}, portal.Page{})
	if err != nil {
		return err
	}
	for _, x := range projects {
		var items []portal.ItemID
		updates, _, err := me.Updates(ctx, x.ID, portal.Page{Limit: 5})
		if err != nil {
			return err
		}
		for _, u := range updates {
			items = append(items, portal.ItemID(u.ID))
		}
		deliverables, err := me.Deliverables(ctx, x.ID)
		if err != nil {
			return err
		}
		for _, d := range deliverables {
			items = append(items, portal.ItemID(d.ID))
		}
		if err := me.MarkSeen(ctx, items...); err != nil {
			return err
		}
		if err := me.Visited(ctx, string(x.ID)); err != nil {
			return err
		}
	}
	if err := f.reads(ctx, me, c); err != nil {
		return err
	}
	files, _, err := me.RecentFiles(ctx, c, portal.Page{Limit: 10})
	if err != nil {
		return err
	}
	var items []portal.ItemID
	for _, x := range files {
		items = append(items, portal.ItemID(x.ID))
	}
	return me.MarkSeen(ctx, items...)
}

// opened is when a project gets its content.
func (p *project) opened() day { return or(p.shared, p.created) }

// begin plans how a project is made and shared.
func (f *filling) begin(c *client, p *project) {
	f.on(p.created, p.name, func(ctx context.Context) (err error) {
		me := f.as(p.lead)
		if p.id, err = me.CreateProject(ctx, c.id, portal.NewProject{
			Name: p.name, Summary: prose(p.summary), StartsOn: f.days.date(p.begins), DueOn: f.days.date(p.due)}); err != nil {
			return err
		}
		for _, m := range p.team {
			if err := me.PutOnProject(ctx, p.id, f.people[m.person], m.role, !m.hidden); err != nil {
				return err
			}
		}
		now, err := me.Project(ctx, p.id)
		if err != nil {
			return err
		}
		if now.Contact != f.people[p.lead] {
			if err := me.ChangeProject(ctx, p.id, portal.ProjectChange{Name: now.Name, Summary: now.Summary,
				StartsOn: now.StartsOn, DueOn: now.DueOn, Contact: f.people[p.lead], Revision: now.Revision}); err != nil {
				return err
			}
			now.Revision++
		}
		if p.set != 0 {
			if err := me.SetProjectSections(ctx, p.id, p.set, p.sections, now.Revision); err != nil {
				return err
			}
			now.Revision++
		}
		if p.status != "" {
			return me.SetStatus(ctx, p.id, p.status, now.Revision)
		}
		return nil
	})
	if p.shared != 0 {
		f.on(p.shared, "share "+p.name, func(ctx context.Context) error { return f.as(p.lead).ShareProject(ctx, p.id, false) })
	}
}

// work plans what is done in a project.
func (f *filling) work(p *project) {
	top := new(portal.FolderID)
	for _, q := range p.requests {
		f.asks(p, q)
	}
	for _, x := range p.files {
		f.file(p, x, top)
	}
	for _, d := range p.folders {
		f.folder(p, d, top)
	}
	for _, q := range p.requests {
		f.answered(p, q)
	}
	for _, l := range p.given {
		f.give(p, l)
	}
	ids := make([]portal.MilestoneID, len(p.phases))
	for i, ph := range p.phases {
		f.phase(p, ph, &ids[i])
	}
	var none portal.MilestoneID
	for i, ph := range p.phases {
		for _, t := range ph.tasks {
			f.task(p, t, &ids[i], or(ph.added, p.opened()))
		}
		for _, d := range ph.deliver {
			f.deliverable(p, d, &ids[i], or(ph.added, p.opened()))
		}
	}
	for _, t := range p.tasks {
		f.task(p, t, &none, p.opened())
	}
	for _, d := range p.deliver {
		f.deliverable(p, d, &none, p.opened())
	}
	for i, ph := range p.phases {
		if ph.reached != 0 {
			f.on(ph.reached, "reach "+ph.title, func(ctx context.Context) error { return f.as(p.lead).ReachMilestone(ctx, ids[i]) })
		}
	}
	for _, u := range p.updates {
		if u.status == "" {
			u.status = portal.Active
		}
		if u.by == nil {
			u.by = p.lead
		}
		var id portal.UpdateID
		f.on(u.on, "update of "+p.name, func(ctx context.Context) (err error) {
			id, err = f.as(u.by).PublishUpdate(ctx, p.id, portal.NewUpdate{Body: prose(u.body), Status: u.status, Health: u.health,
				Sentence: u.sentence, Audience: side(u.hidden)})
			return err
		})
		f.attached(u.on, u.by, "the update", func() portal.ItemID { return portal.ItemID(id) }, u.files)
	}
}

func (f *filling) phase(p *project, ph phase, id *portal.MilestoneID) {
	f.on(or(ph.added, p.opened()), ph.title, func(ctx context.Context) (err error) {
		n := portal.NewMilestone{Title: ph.title, Body: prose(ph.body), StartsOn: f.days.date(ph.from), DueOn: f.days.date(ph.due), Audience: side(ph.hidden)}
		if ph.waits {
			n.Turn = portal.ClientSide
		}
		*id, err = f.as(p.lead).AddMilestone(ctx, p.id, n)
		return err
	})
	for _, m := range ph.moved {
		f.on(m.on, "move "+ph.title, func(ctx context.Context) error {
			now, err := f.as(p.lead).Milestone(ctx, *id)
			if err != nil {
				return err
			}
			from := now.StartsOn
			if m.from != 0 {
				from = f.days.date(m.from)
			}
			return f.as(p.lead).ChangeMilestone(ctx, *id, portal.MilestoneChange{Title: now.Title, Body: now.Body,
				StartsOn: from, DueOn: f.days.date(m.to), Reason: m.reason, Revision: now.Revision})
		})
	}
}

func (f *filling) task(p *project, t task, in *portal.MilestoneID, usual day) {
	var id portal.TaskID
	who := t.who
	if who == nil {
		who = p.lead
	}
	f.on(or(t.added, usual), t.title, func(ctx context.Context) (err error) {
		n := portal.NewTask{Title: t.title, Body: prose(t.body), Milestone: *in, DueOn: f.days.date(t.due), Audience: side(t.hidden)}
		if t.who != nil {
			n.Assignee = f.people[t.who]
			if n.Assignee == "" {
				return fmt.Errorf("%s is not here yet", t.who.name)
			}
		}
		if t.waits {
			n.Turn = portal.ClientSide
		}
		id, err = f.as(p.lead).AddTask(ctx, p.id, n)
		return err
	})
	if t.started != 0 {
		f.on(t.started, "start "+t.title, func(ctx context.Context) error { return f.as(who).StartTask(ctx, id) })
	}
	if t.done != 0 {
		f.on(t.done, "complete "+t.title, func(ctx context.Context) error { return f.as(who).CompleteTask(ctx, id) })
	}
}

func (f *filling) deliverable(p *project, d deliverable, in *portal.MilestoneID, usual day) {
	var id portal.DeliverableID
	f.on(or(d.added, usual), d.title, func(ctx context.Context) (err error) {
		owner := d.owner
		if owner == nil {
			owner = p.lead
		}
		me := f.as(p.lead)
		id, err = me.AddDeliverable(ctx, p.id, portal.NewDeliverable{Title: d.title, Body: prose(d.body), Milestone: *in,
			Owner: f.people[owner], DueOn: f.days.date(d.due), Rounds: d.rounds, Audience: side(d.hidden)})
		if err != nil {
			return err
		}
		for _, l := range d.links {
			if _, err := me.AddLink(ctx, id, l.title, l.url); err != nil {
				return err
			}
		}
		return nil
	})
	for _, a := range d.files {
		f.attached(a.on, p.lead, d.title, func() portal.ItemID { return portal.ItemID(id) }, a.files)
	}
	for _, s := range d.story {
		f.on(s.on, "a turn of "+d.title, func(ctx context.Context) error {
			me := f.as(s.who)
			now, err := me.Deliverable(ctx, id)
			if err != nil {
				return err
			}
			return s.do(ctx, me, f.as(p.lead), now)
		})
	}
}
