package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

const (
	emptyRows = 2   // rows for new people that a page starts with
	moreRows  = 3   // that "add rows" adds
	maxRows   = 100 // of a form; more people come from a file
)

// accessPage is the Portal access tab. ?as= chooses whose view stands beside it.
func (s *Server) accessPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	a, err := me.Access(r.Context(), portal.ClientID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f := view.AccessForm{}
	f.Fill(a)
	f.Blank = emptyRows
	return s.renderAccess(w, r, me, http.StatusOK, view.AccessPage{Access: a, Form: f})
}

func (s *Server) renderAccess(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.AccessPage) error {
	head, err := s.clientFrame(r.Context(), me, p.Access.Client, "access")
	if err != nil {
		return err
	}
	invalid := p.Invalid
	p.ClientFrame = head
	p.Invalid = invalid
	p.Chosen = portal.ClientUserID(r.URL.Query().Get("as"))
	if i := chosenUser(p.Access.Users, p.Chosen); i >= 0 {
		p.Chosen = p.Access.Users[i].ID
		if p.Mini, err = s.miniature(r.Context(), me, p.Chosen); err != nil {
			return err
		}
	}
	s.setTitle(&p.Page, p.T("client.tab.access")+" · "+p.Access.Client.Name)
	return s.render(w, r, status, view.Access(p))
}

// chosenUser is whose view the miniature shows: the one asked for, or the first
// who is in, or the first of those who are not; -1 for nobody.
func chosenUser(users []portal.ClientUser, asked portal.ClientUserID) int {
	there := func(state portal.MemberState) int {
		return slices.IndexFunc(users, func(u portal.ClientUser) bool {
			return u.State != portal.MemberRemoved && (asked == "" || u.ID == asked) && (state == "" || u.State == state)
		})
	}
	if i := there(portal.MemberActive); i >= 0 {
		return i
	}
	return there("")
}

// miniature is what a client user sees now, read as they read it.
func (s *Server) miniature(ctx context.Context, me *visit, id portal.ClientUserID) (view.Miniature, error) {
	m := view.Miniature{User: id}
	actor, viewed, err := s.Portal.ViewActor(ctx, me.Person.ID, id)
	if err != nil {
		return m, err
	}
	m.Name = viewed.Name
	they := s.Portal.As(actor)
	self, err := they.Self(ctx)
	if err != nil {
		return m, err
	}
	m.In = slices.ContainsFunc(self.Clients, func(c portal.ClientName) bool { return c.ID == viewed.Client })
	if m.Projects, _, err = they.Projects(ctx, portal.ProjectFilter{Client: viewed.Client}, portal.Page{Limit: 6}); err != nil {
		return m, err
	}
	m.Needs, err = they.Needs(ctx, viewed.Client, 4)
	return m, err
}

// miniaturePage is the miniature alone, to be put into the page beside the form.
func (s *Server) miniaturePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	m, err := s.miniature(r.Context(), me, portal.ClientUserID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := s.page(me, "clients")
	return s.render(w, r, http.StatusOK, view.MiniatureOf(&p, m))
}

// accessForm reads the form of the Portal access tab, whatever is in it.
func accessForm(f *form) view.AccessForm {
	a := view.AccessForm{
		Revision: f.number("revision"), Enabled: f.ticked("enabled"), Domains: f.one("allowed_domains"),
		Days: f.one("invitation_days"), Preset: f.one("preset"), Message: f.one("message"), Blank: emptyRows,
	}
	projects := f.all("known_project")
	for _, id := range f.all("user") {
		a.Users = append(a.Users, accessRow(f, "user."+id, id, projects))
	}
	n := int(min(max(f.number("rows"), 0), maxRows))
	for i := range n {
		row := accessRow(f, "add."+strconv.Itoa(i), "", projects)
		if strings.TrimSpace(row.Name+row.Email+row.Title) != "" {
			a.Add = append(a.Add, row)
		}
	}
	return a
}

// accessRow reads what a row of the form says of one person.
func accessRow(f *form, prefix, id string, projects []string) view.AccessRow {
	row := view.AccessRow{
		User: portal.ClientUserID(id), Title: f.one(prefix + ".title"), Preset: f.one(prefix + ".preset"),
		All: f.one(prefix+".projects") != "chosen", Chosen: map[portal.ProjectID]string{},
	}
	if id == "" {
		row.Name, row.Email = f.one(prefix+".name"), f.one(prefix+".email")
	}
	for _, name := range f.all(prefix + ".right") {
		right, ok := rightNamed(name)
		if !ok {
			f.fail(prefix+".right", "choice")
		}
		row.Rights |= right
	}
	for _, p := range projects {
		if v := f.one(prefix + ".project." + p); v != "" {
			row.Chosen[portal.ProjectID(p)] = v
		}
	}
	return row
}

func rightNamed(name string) (portal.Rights, bool) {
	for _, r := range portal.RightNames {
		if r.Name == name {
			return r.Right, true
		}
	}
	return 0, false
}

// accessChange is the form as the portal takes it.
func accessChange(f *form, a view.AccessForm, was portal.Access) portal.AccessChange {
	ch := portal.AccessChange{
		Revision: a.Revision, Enabled: a.Enabled, Preset: portal.Preset(a.Preset),
		AllowedDomains: strings.FieldsFunc(a.Domains, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' }),
		Message:        a.Message,
		SectionsSet:    was.Client.SectionsSet, Sections: was.Client.Sections,
	}
	days, err := strconv.Atoi(strings.TrimSpace(a.Days))
	if err != nil {
		f.fail("invitation_days", "whole_number")
		days = was.InvitationDays
	}
	ch.InvitationDays = days
	for i, row := range a.Users {
		rights, chosen := rowRights(f, "change."+strconv.Itoa(i), row, ch.Preset)
		ch.Change = append(ch.Change, portal.ClientUserChange{User: row.User, Title: row.Title, Rights: rights, AllProjects: row.All, Projects: chosen})
	}
	for i, row := range a.Add {
		rights, chosen := rowRights(f, "add."+strconv.Itoa(i), row, ch.Preset)
		ch.Add = append(ch.Add, portal.NewClientUser{Name: row.Name, Email: row.Email, Title: row.Title, Rights: rights, AllProjects: row.All, Projects: chosen})
	}
	return ch
}

// rowRights turns presets and ticks into rights, and the projects into those
// that were chosen.
func rowRights(f *form, field string, row view.AccessRow, preset portal.Preset) (portal.Rights, []portal.ChosenProject) {
	rights := portal.Preset(row.Preset).Rights()
	switch row.Preset {
	case string(portal.PresetCustom):
		rights = row.Rights | portal.View
	case "":
		rights = preset.Rights()
	}
	if rights == 0 {
		f.fail(field+".rights", "choice")
	}
	var chosen []portal.ChosenProject
	for id, v := range row.Chosen {
		c := portal.ChosenProject{Project: id}
		switch n, err := strconv.ParseInt(v, 10, 64); {
		case v == "client":
		case err == nil:
			c.Rights = portal.Rights(n)
		case portal.Preset(v).Rights() != 0:
			c.Rights = portal.Preset(v).Rights()
		default:
			f.fail(field+".projects", "choice")
		}
		chosen = append(chosen, c)
	}
	sort.Slice(chosen, func(i, j int) bool { return chosen[i].Project < chosen[j].Project })
	return rights, chosen
}

// saveAccess saves the Portal access tab, or says first what saving would do.
func (s *Server) saveAccess(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ClientID(r.PathValue("id"))
	was, err := me.Access(r.Context(), id)
	if err != nil {
		return err
	}
	in := accessForm(f)
	do := f.one("do")
	if do == "rows" {
		in.Blank += moreRows
	}
	ch := accessChange(f, in, was)
	ch.SendInvitations = do != "quiet"
	p := view.AccessPage{Access: was, Form: in, Dirty: true}
	if do == "rows" { // still being filled in
		return s.renderAccess(w, r, me, http.StatusOK, p)
	}
	if err = f.err(); err != nil || do == "review" {
		preview, wrong := me.AccessPreview(r.Context(), id, ch)
		if p.Preview, err = &preview, both(err, wrong); err == nil {
			return s.renderAccess(w, r, me, http.StatusOK, p)
		}
	} else if _, err = me.SaveAccess(r.Context(), id, ch); err == nil {
		return seeOther(w, r, "/clients/"+string(id)+"/access?done=access")
	}
	if fields, ok := invalidFields(err); ok {
		p.Invalid, p.Preview = fields, nil
		return s.renderAccess(w, r, me, http.StatusUnprocessableEntity, p)
	}
	if errors.Is(err, portal.ErrConflict) {
		return s.accessConflict(w, r, me, p)
	}
	return err
}

// accessConflict shows what was typed and, beside it, what somebody else has
// saved meanwhile. Nothing was overwritten; saving again is a choice.
func (s *Server) accessConflict(w http.ResponseWriter, r *http.Request, me *visit, p view.AccessPage) error {
	now, err := me.Access(r.Context(), p.Access.Client.ID)
	if err != nil {
		return err
	}
	p.Access, p.Preview = now, nil
	p.Form.Revision = now.Client.Revision
	p.Form.Rebase(now)
	p.Conflict = true
	return s.renderAccess(w, r, me, http.StatusConflict, p)
}

// previewAccess says what saving the form as it is would do, for the save bar.
func (s *Server) previewAccess(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ClientID(r.PathValue("id"))
	was, err := me.Access(r.Context(), id)
	if err != nil {
		return err
	}
	in := accessForm(f)
	f.one("do")
	ch := accessChange(f, in, was)
	ch.SendInvitations = true
	var pre portal.AccessPreview
	if err = f.err(); err == nil {
		pre, err = me.AccessPreview(r.Context(), id, ch)
	}
	p := s.page(me, "clients")
	_, invalid := invalidFields(err)
	switch {
	case invalid:
		return s.render(w, r, http.StatusOK, view.PreviewWords(&p, nil, p.T("access.preview.unfinished")))
	case errors.Is(err, portal.ErrConflict):
		return s.render(w, r, http.StatusOK, view.PreviewWords(&p, nil, p.T("access.preview.conflict")))
	case err != nil:
		return err
	}
	return s.render(w, r, http.StatusOK, view.PreviewWords(&p, &pre, ""))
}

// What is done to one client user at a time.

// userBack is where an act on a client user leads back to.
func userBack(id portal.ClientID, done string) string {
	return "/clients/" + string(id) + "/access?done=" + done
}

// onUser is a route that does one thing to a client user.
func (s *Server) onUser(done string, act func(context.Context, *visit, portal.ClientUserID) error) handler {
	return func(w http.ResponseWriter, r *http.Request, me *visit) error {
		if err := noFields(r); err != nil {
			return err
		}
		id := portal.ClientUserID(r.PathValue("id"))
		u, err := me.ClientUser(r.Context(), id)
		if err != nil {
			return err
		}
		err = act(r.Context(), me, id)
		if fields, ok := invalidFields(err); ok {
			return s.refused(w, r, me, fields, "/clients/"+string(u.Client)+"/access")
		}
		if err != nil {
			return err
		}
		if me.Self.Role == "" {
			return seeOther(w, r, "/clients/"+string(u.Client)+"/people?done="+done)
		}
		return seeOther(w, r, userBack(u.Client, done))
	}
}

// refused says in a page of its own why something could not be done.
func (s *Server) refused(w http.ResponseWriter, r *http.Request, me *visit, fields map[string]portal.Reason, back string) error {
	p := view.FailurePage{Page: s.page(me, "clients")}
	p.Invalid = fields
	p.Title = p.T("error.invalid.title")
	for name := range fields {
		p.Text = p.Err(name)
	}
	p.Home = ui.Link{Label: p.T("action.back"), Href: back}
	s.setTitle(&p.Page, p.Title)
	return s.render(w, r, http.StatusUnprocessableEntity, view.Failure(p))
}

func resend(ctx context.Context, me *visit, id portal.ClientUserID) error {
	_, err := me.Resend(ctx, id)
	return err
}

func withdraw(ctx context.Context, me *visit, id portal.ClientUserID) error {
	return me.Revoke(ctx, id)
}

func suspend(ctx context.Context, me *visit, id portal.ClientUserID) error {
	return me.Suspend(ctx, id)
}

func resume(ctx context.Context, me *visit, id portal.ClientUserID) error {
	return me.Resume(ctx, id)
}

// copyLink answers with a page that shows the link.
func (s *Server) copyLink(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := portal.ClientUserID(r.PathValue("id"))
	u, err := me.ClientUser(r.Context(), id)
	if err != nil {
		return err
	}
	token, err := me.CopyLink(r.Context(), id)
	if err != nil {
		return err
	}
	return s.linkPage(w, r, me, "clients", u.Name, token, ui.Link{Label: me.Book.T("client.tab.access"), Href: "/clients/" + string(u.Client) + "/access"})
}

// addressPage asks for the right address of somebody who has not accepted yet.
func (s *Server) addressPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderAddress(w, r, me, "", nil)
}

func (s *Server) renderAddress(w http.ResponseWriter, r *http.Request, me *visit, email string, invalid map[string]portal.Reason) error {
	u, c, err := s.managedUser(r, me)
	if err != nil {
		return err
	}
	p := view.AddressPage{Page: s.page(me, "clients"), User: u, Client: c.Name, Email: email}
	if p.Invalid = invalid; !p.Failed() {
		p.Email = u.Email
	}
	s.setTitle(&p.Page, p.T("address.title"))
	return s.render(w, r, statusOf(&p.Page), view.Address(p))
}

// managedUser is a client user of a client that the visitor manages.
func (s *Server) managedUser(r *http.Request, me *visit) (u portal.ClientUser, c portal.Client, err error) {
	if u, err = me.ClientUser(r.Context(), portal.ClientUserID(r.PathValue("id"))); err != nil {
		return u, c, err
	}
	c, err = me.Client(r.Context(), u.Client)
	if err == nil && !c.Can(portal.Manage) {
		err = portal.ErrForbidden
	}
	return u, c, err
}

func (s *Server) changeAddress(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	email := f.one("email")
	u, _, err := s.managedUser(r, me)
	if err != nil {
		return err
	}
	if err = f.err(); err == nil {
		err = me.ChangeEmail(r.Context(), u.ID, email)
	}
	if fields, ok := invalidFields(err); ok {
		return s.renderAddress(w, r, me, email, fields)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, userBack(u.Client, "readdressed"))
}

// removePage says what is lost, and what a removed person leaves behind.
func (s *Server) removePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	u, c, err := s.managedUser(r, me)
	switch {
	case err != nil:
		return err
	case u.State == portal.MemberRemoved:
		return portal.ErrGone
	}
	p := view.RemovePage{Page: s.page(me, "clients"), User: u, Client: c}
	s.setTitle(&p.Page, p.T("remove.title", "person", u.Name))
	return s.render(w, r, http.StatusOK, view.Remove(p))
}

func (s *Server) removeUser(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	u, c, err := s.managedUser(r, me)
	if err != nil {
		return err
	}
	left, err := me.Remove(r.Context(), u.ID)
	switch {
	case err != nil:
		return err
	case left.Empty():
		return seeOther(w, r, userBack(u.Client, "removed"))
	}
	return s.leftBehind(w, r, me, "clients", u.Person, u.Name, left, ui.Link{Label: c.Name, Href: userBack(u.Client, "removed")})
}

// leftBehind lists what waited for somebody who was removed, each with who could take
// it.
func (s *Server) leftBehind(w http.ResponseWriter, r *http.Request, me *visit, current string, who portal.PersonID, name string, left portal.LeftBehind, back ui.Link) error {
	ctx := r.Context()
	p := view.LeftPage{Page: s.page(me, current), Person: who, Name: name, Back: back, More: left.More}
	choose := func(all []portal.ProjectPerson) []ui.Option {
		options := []ui.Option{{Value: "", Label: p.T("left.nobody")}}
		for _, x := range all {
			options = append(options, ui.Option{Value: string(x.Person), Label: x.Name})
		}
		return options
	}
	people := map[portal.ProjectID][]ui.Option{}
	for _, t := range left.Tasks {
		if _, ok := people[t.Project]; !ok {
			all, err := me.AssignablePeople(ctx, t.Project, portal.Team)
			if err != nil {
				return err
			}
			people[t.Project] = choose(all)
		}
		p.Tasks = append(p.Tasks, view.LeftTask{OpenTask: t, People: people[t.Project]})
	}
	if err := s.decisionsLeft(ctx, me, left.Decisions, func(d portal.OpenDecision, all []portal.ProjectPerson) {
		p.Decisions = append(p.Decisions, view.LeftDecision{OpenDecision: d, People: choose(all)})
	}); err != nil {
		return err
	}
	s.setTitle(&p.Page, p.T("left.title", "person", name))
	return s.render(w, r, http.StatusOK, view.Left(p))
}

// decisionsLeft goes through decisions with those who could be asked instead, and are not.
func (s *Server) decisionsLeft(ctx context.Context, me *visit, all []portal.OpenDecision, do func(portal.OpenDecision, []portal.ProjectPerson)) error {
	var ids []portal.ApprovalID
	for _, d := range all {
		ids = append(ids, d.Approval)
	}
	asked, err := s.peopleAsked(ctx, me, ids)
	if err != nil {
		return err
	}
	type place struct {
		project portal.ProjectID
		of      portal.Side
	}
	could := map[place][]portal.ProjectPerson{}
	for _, d := range all {
		at := place{d.Project, d.Of}
		if _, ok := could[at]; !ok {
			if could[at], err = instead(ctx, me, d.Project, d.Of); err != nil {
				return err
			}
		}
		do(d, slices.DeleteFunc(slices.Clone(could[at]), func(x portal.ProjectPerson) bool {
			return slices.ContainsFunc(asked[d.Approval], func(y portal.ApprovalPerson) bool { return y.Stage == d.Stage && y.Person == x.Person })
		}))
	}
	return nil
}

// reassign gives what waited for somebody who was removed to others.
func (s *Server) reassign(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	back := nextPath(f.one("back"))
	from, tasks, decisions := portal.PersonID(f.one("from")), f.prefixed("task."), f.prefixed("decision.")
	if err := f.err(); err != nil {
		return err
	}
	var again portal.ApprovalID // where somebody else is to be chosen
	err = me.Together(r.Context(), func(all *portal.Scope) error {
		again = "" // which may run more than once
		for _, id := range slices.Sorted(maps.Keys(tasks)) {
			if tasks[id] == "" {
				continue
			}
			if err := all.AssignTask(r.Context(), portal.TaskID(id), portal.PersonID(tasks[id])); err != nil && !errors.Is(err, portal.ErrConflict) {
				return err
			}
		}
		for _, id := range slices.Sorted(maps.Keys(decisions)) {
			if decisions[id] == "" {
				continue
			}
			err := all.Reassign(r.Context(), portal.ApprovalID(id), from, portal.PersonID(decisions[id]))
			if _, ok := invalidFields(err); ok { // who cannot be asked any more
				again = portal.ApprovalID(id)
				continue
			}
			if err != nil && !errors.Is(err, portal.ErrConflict) {
				return err
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case again != "":
		return seeOther(w, r, approvalPath(again)+"?reassign=1#reassign")
	}
	return seeOther(w, r, withDone(back, "reassigned"))
}

// withDone is the path with what its page is to say.
func withDone(path, done string) string {
	path, _, _ = strings.Cut(path, "?")
	return path + "?done=" + done
}
