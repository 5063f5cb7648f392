package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) approvalRoutes() []route {
	return []route{
		{"GET /approvals", person, s.approvals},
		{"GET /clients/{id}/approvals", team, s.clientApprovals},
		{"GET /approvals.csv", team, s.approvalsCSV},
		{"POST /approvals/remind", team, s.remindAll},
		{"GET /projects/{project}/approvals", person, s.projectApprovals},
		{"GET /projects/{project}/approvals/new", team, s.newApproval},
		{"POST /projects/{project}/approvals", team, s.askApproval},
		{"GET /approvals/{id}", person, s.approvalPage},
		{"GET /approvals/{id}/edit", team, s.editApproval},
		{"POST /approvals/{id}", team, s.changeApproval},
		{"POST /approvals/{id}/decide", person, s.decideApproval},
		{"GET /approvals/{id}/changes-since", person, s.changesSince},
		{"POST /approvals/{id}/stands", person, s.letStand},
		{"POST /approvals/{id}/undo", person, s.onApproval("undo", "approval_undone", (*portal.Scope).Undo)},
		{"POST /approvals/{id}/send", team, s.onApproval("act", "approval_sent", (*portal.Scope).SendToClient)},
		{"POST /approvals/{id}/remind", team, s.onApproval("act", "approval_reminded", (*portal.Scope).Remind)},
		{"POST /approvals/{id}/cancel", team, s.onApproval("act", "approval_cancelled", (*portal.Scope).CancelApproval)},
		{"POST /approvals/{id}/delegate", person, s.delegateApproval},
		{"POST /approvals/{id}/take-over", person, s.takeApprovalOver},
		{"POST /approvals/{id}/reassign", team, s.reassignApproval},
		{"POST /approvals/{id}/calls", team, s.noteCall},
		{"POST /calls/{id}/withdraw", team, s.withdrawCall},
		{"POST /approvals/{id}/aside", team, s.onApproval("act", "approval_aside", (*portal.Scope).PutAside)},
	}
}

func approvalPath(id portal.ApprovalID) string { return "/approvals/" + string(id) }

// onBoard is how many approvals stand on one page.
const onBoard = 50

// approvals is the team's board over all clients, or what the client's people are
// asked and were.
func (s *Server) approvals(w http.ResponseWriter, r *http.Request, me *visit) error {
	if me.Self.Role != "" {
		return s.board(w, r, me, view.BoardPage{})
	}
	if !me.Self.Approvals {
		return portal.ErrNotFound
	}
	ctx := r.Context()
	client, err := whose(r, me)
	if err != nil {
		return err
	}
	p := view.ApprovalsPage{Page: s.page(me, "approvals"), Name: me.Brand.Name}
	chooses(&p.Page, me, client, r.URL.Path, url.Values{})
	under(&p.Page, me, client)
	s.setTitle(&p.Page, p.T("nav.approvals"))
	if err := clientSignoffs(r, me, client, &p.Signoffs, "client", string(client)); err != nil {
		return err
	}
	if p.Signoffs.Alone {
		return s.render(w, r, http.StatusOK, view.Approvals(p))
	}
	p.Signoffs.All = slices.DeleteFunc(p.Signoffs.All, portal.Signoff.MaySign)
	if p.Awaited, err = me.AwaitedApprovals(ctx, client, 0); err != nil {
		return err
	}
	if p.Changes, err = me.AwaitedRevisions(ctx, client); err != nil {
		return err
	}
	var next string
	if p.Approvals, next, err = me.ClientApprovals(ctx, client, pageOf(r, onBoard)); err != nil {
		return err
	}
	open, _, err := me.BoardSignoffs(ctx, portal.SignoffOpen, client, portal.Page{Limit: 100})
	if err != nil {
		return err
	}
	for _, x := range open {
		if x.MaySign() {
			p.Signs = append(p.Signs, x)
		}
	}
	p.Newest, p.Older = pages(r, next)
	if p.People, err = s.answersOf(ctx, me, p.All()); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, view.Approvals(p))
}

// clientApprovals shows the team what a client was asked to approve and to sign.
func (s *Server) clientApprovals(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx := r.Context()
	frame, err := s.clientTab(r, me, "approvals")
	if err != nil {
		return err
	}
	p := view.ClientApprovalsPage{ClientFrame: frame, Name: me.Brand.Name}
	if err := clientSignoffs(r, me, p.Client.ID, &p.Signoffs); err != nil {
		return err
	}
	if p.Signoffs.Alone {
		return s.render(w, r, http.StatusOK, view.ClientApprovalsTab(p))
	}
	var next string
	if p.Approvals, next, err = me.UrgentApprovals(ctx, p.Client.ID, pageOf(r, onBoard)); err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	if p.People, err = s.answersOf(ctx, me, p.Approvals); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, view.ClientApprovalsTab(p))
}

// clientSignoffs reads what a page shows of a client's sign-offs.
func clientSignoffs(r *http.Request, me *visit, client portal.ClientID, l *view.SignoffList, pairs ...string) error {
	return listed(r, "signoffs", &l.Part, func(pg portal.Page) (next string, err error) {
		l.All, next, err = me.ClientSignoffs(r.Context(), client, pg)
		return next, err
	}, pairs...)
}

// answersOf are the people in approvals, by approval.
func (s *Server) answersOf(ctx context.Context, me *visit, all []portal.Approval) (map[portal.ApprovalID][]portal.ApprovalPerson, error) {
	var ids []portal.ApprovalID
	for _, a := range all {
		ids = append(ids, a.ID)
	}
	return s.peopleAsked(ctx, me, ids)
}

// peopleAsked are who is asked in approvals.
func (s *Server) peopleAsked(ctx context.Context, me *visit, ids []portal.ApprovalID) (map[portal.ApprovalID][]portal.ApprovalPerson, error) {
	people := map[portal.ApprovalID][]portal.ApprovalPerson{}
	for some := range slices.Chunk(ids, 100) {
		found, err := me.ApprovalPeople(ctx, some...)
		if err != nil {
			return nil, err
		}
		for _, x := range found {
			people[x.Approval] = append(people[x.Approval], x)
		}
	}
	return people, nil
}

// boardOf reads which part of the board is asked for.
func boardOf(me *visit, q url.Values) (f portal.BoardFilter, tab string) {
	tab = q.Get("lane")
	f = portal.BoardFilter{Lane: portal.Lane(tab), Client: portal.ClientID(q.Get("client")), Today: today(me)}
	switch {
	case tab == "signoffs":
		f.Lane = portal.LaneOver
	case !slices.Contains(portal.Lanes, f.Lane):
		f.Lane, tab = portal.LaneClient, string(portal.LaneClient)
	}
	return f, tab
}

// today is the visitor's day.
func today(me *visit) string { return me.Now.In(me.Book.Zone()).Format(time.DateOnly) }

// remindAll reminds of what was ticked on the board, and says on it of which it
// did, and of which not.
func (s *Server) remindAll(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	var ids []portal.ApprovalID
	for _, id := range f.all("approval") {
		ids = append(ids, portal.ApprovalID(id))
	}
	var p view.BoardPage
	if err = f.err(); err == nil {
		p.Reminded, err = me.RemindAll(r.Context(), ids)
	}
	if fields, ok := invalidFields(err); ok {
		p.Invalid, err = fields, nil
	}
	if err != nil {
		return err
	}
	at := *r.URL
	at.Path = "/approvals"
	r = r.Clone(r.Context())
	r.URL = &at // what the page leads on to is the board's
	return s.board(w, r, me, p)
}

// board draws the board; p holds what became of a form.
func (s *Server) board(w http.ResponseWriter, r *http.Request, me *visit, p view.BoardPage) error {
	ctx := r.Context()
	clients, err := clientsOf(r, me)
	if err != nil {
		return err
	}
	f, tab := boardOf(me, r.URL.Query())
	f.Client = clients.Chosen
	invalid := p.Invalid
	p.Page, p.Tab, p.Clients, p.Today = s.page(me, "approvals"), tab, clients, today(me)
	p.Invalid = invalid
	p.Load(static.Files, static.Approve)
	if p.Counts, err = me.BoardCounts(ctx, f.Client, p.Today); err != nil {
		return err
	}
	if r.URL.Query().Get("view") == "board" {
		return s.boardColumns(w, r, me, p)
	}
	if tab == "signoffs" {
		if err := s.boardSignoffs(r, me, &p); err != nil {
			return err
		}
		s.setTitle(&p.Page, p.T("nav.approvals"))
		return s.render(w, r, http.StatusOK, view.Board(p))
	}
	var next string
	if p.Approvals, next, err = me.Board(ctx, f, pageOf(r, onBoard)); err != nil {
		return err
	}
	if p.People, err = s.answersOf(ctx, me, p.Approvals); err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	s.setTitle(&p.Page, p.T("nav.approvals"))
	return s.render(w, r, statusOf(&p.Page), view.Board(p))
}

// inColumn is how many approvals stand in a column of the board; the table has all.
const inColumn = 20

// boardColumns draws the board as columns, side by side.
func (s *Server) boardColumns(w http.ResponseWriter, r *http.Request, me *visit, p view.BoardPage) error {
	ctx := r.Context()
	var all []portal.Approval
	for _, l := range []portal.Lane{portal.LaneClient, portal.LaneTeam, portal.LaneOverdue, portal.LaneApproved} {
		c := view.BoardColumn{Name: string(l), Count: p.Counts[l]}
		f := portal.BoardFilter{Lane: l, Client: p.Clients.Chosen, Today: p.Today}
		var err error
		if c.Approvals, c.After, err = me.Board(ctx, f, portal.Page{Limit: inColumn}); err != nil {
			return err
		}
		all = append(all, c.Approvals...)
		p.Columns = append(p.Columns, c)
	}
	var err error
	if p.People, err = s.answersOf(ctx, me, all); err != nil {
		return err
	}
	s.setTitle(&p.Page, p.T("nav.approvals"))
	return s.render(w, r, http.StatusOK, view.Board(p))
}

// boardSignoffs reads the sign-offs of the board: of each state the newest, or the
// older ones of the state that is asked for.
func (s *Server) boardSignoffs(r *http.Request, me *visit, p *view.BoardPage) error {
	only := portal.SignoffState(r.URL.Query().Get("state"))
	for _, state := range portal.SignoffStates {
		if only != "" && only != state {
			continue
		}
		all, next, err := me.BoardSignoffs(r.Context(), state, p.Clients.Chosen, pageOf(r, onBoard))
		if err != nil {
			return err
		}
		if len(all) == 0 {
			continue
		}
		g := view.BoardSignoffs{State: state, Count: len(all), Signoffs: all}
		if next != "" || r.URL.Query().Get("after") != "" {
			if g.Count, err = me.CountSignoffs(r.Context(), state, p.Clients.Chosen); err != nil {
				return err
			}
		}
		if next != "" {
			g.Older = "/approvals?" + url.Values{"lane": {"signoffs"}, "client": {string(p.Clients.Chosen)}, "state": {string(state)}, "after": {next}}.Encode()
		}
		p.Signoffs = append(p.Signoffs, g)
	}
	return nil
}

// approvalsCSV is the board's lane as a table for a spreadsheet, all of it.
func (s *Server) approvalsCSV(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, tab := boardOf(me, r.URL.Query())
	if tab == "signoffs" {
		return signoffsCSV(w, r, me, f.Client)
	}
	some, next, err := me.Board(r.Context(), f, portal.Page{Limit: 100})
	if err != nil {
		return err
	}
	out := newSheet(w, "approvals-"+tab, columnNames(me, "client", "project", "title", "state", "due", "since", "asked_by", "people", "viewed", "called", "reminder", "round")...)
	for {
		people, err := s.answersOf(r.Context(), me, some)
		if err != nil {
			out.end(err)
		}
		for _, a := range some {
			var names, viewed, called []string
			for _, x := range people[a.ID] {
				name := plainCell(x.Name) // stands in one cell with others
				if !x.Adviser {
					names = append(names, name)
				}
				if !x.ViewedAt.IsZero() {
					viewed = append(viewed, name+" "+x.ViewedAt.UTC().Format(time.RFC3339))
				}
				if x.Called {
					called = append(called, name)
				}
			}
			reminder := ""
			if a.Asking && !a.RemindAt.IsZero() {
				reminder = a.RemindAt.UTC().Format(time.RFC3339)
			}
			out.line(a.ClientName, a.ProjectName, a.Title, me.Book.T("approval.state."+string(a.State)), a.DueOn, a.TurnSince.UTC().Format(time.RFC3339), a.AskedBy,
				strings.Join(names, ", "), strings.Join(viewed, ", "), strings.Join(called, ", "), reminder, strconv.Itoa(a.Round))
		}
		if next == "" {
			out.end(nil)
			return nil
		}
		if some, next, err = me.Board(r.Context(), f, portal.Page{After: next, Limit: 100}); err != nil {
			out.end(err)
		}
	}
}

// signoffsCSV is the board's sign-offs of every state, as a table for a spreadsheet.
func signoffsCSV(w http.ResponseWriter, r *http.Request, me *visit, client portal.ClientID) error {
	some, next, err := me.BoardSignoffs(r.Context(), portal.SignoffStates[0], client, portal.Page{Limit: 100})
	if err != nil {
		return err
	}
	out := newSheet(w, "signoffs", columnNames(me, "client", "project", "title", "state", "due", "since", "asked_by", "viewed", "signed_by")...)
	for i := 0; ; {
		for _, x := range some {
			viewed := ""
			if !x.ViewedAt.IsZero() {
				viewed = x.ViewedBy + " " + x.ViewedAt.UTC().Format(time.RFC3339)
			}
			out.line(x.ClientName, x.ProjectName, x.Title, (&view.Page{Book: me.Book}).SignoffStateWord(x.State), x.DueOn, x.StateAt.UTC().Format(time.RFC3339), x.AskedBy, viewed, x.Name)
		}
		if next == "" {
			if i++; i == len(portal.SignoffStates) {
				out.end(nil)
				return nil
			}
		}
		if some, next, err = me.BoardSignoffs(r.Context(), portal.SignoffStates[i], client, portal.Page{After: next, Limit: 100}); err != nil {
			out.end(err)
		}
	}
}

// columnNames are what the columns of a file are called.
func columnNames(me *visit, columns ...string) []string {
	for i, c := range columns {
		columns[i] = me.Book.T("approval.col." + c)
	}
	return columns
}

func (s *Server) projectApprovals(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "approvals", portal.SectionApprovals)
	if err != nil {
		return err
	}
	p, ctx := view.ProjectApprovalsPage{Within: in}, r.Context()
	if in.Project.Team() {
		if p.Own, _, err = me.SubjectSignoffs(ctx, string(in.Project.ID), portal.Page{Limit: 1}); err != nil {
			return err
		}
	}
	if err := projectLists(r, me, &p); err != nil {
		return err
	}
	if p.People, err = s.answersOf(ctx, me, p.Approvals.All); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, view.ProjectApprovals(p))
}

// projectLists reads the lists of a project, or that one which is asked for alone: of
// the project, or of one thing in it.
func projectLists(r *http.Request, me *visit, p *view.ProjectApprovalsPage) (err error) {
	ctx, project := r.Context(), p.Project.ID
	of, kind := "", ""
	if q := r.URL.Query(); q.Get("list") != "" && q.Get("subject") != "" {
		of = q.Get("subject")
		kind = portal.ItemID(of).Kind()
		l, err := subject(ctx, me, portal.ItemID(of), project)
		if err != nil {
			return err
		}
		p.Approvals.Of, p.Signoffs.Of, p.Revisions.Of = l, l, l
	}
	if err := listed(r, "signoffs", &p.Signoffs.Part, func(pg portal.Page) (next string, err error) {
		if of == "" {
			p.Signoffs.All, next, err = me.ProjectSignoffs(ctx, project, pg)
		} else {
			p.Signoffs.All, next, err = me.SubjectSignoffs(ctx, of, pg)
		}
		return next, err
	}); err != nil {
		return err
	}
	if err := listed(r, "revisions", &p.Revisions.Part, func(pg portal.Page) (next string, err error) {
		switch kind {
		case "":
			p.Revisions.All, next, err = me.ProjectRevisions(ctx, project, pg)
		case "deliverable":
			p.Revisions.All, next, err = me.DeliverableRevisions(ctx, portal.DeliverableID(of), pg)
		case "file":
			p.Revisions.All, next, err = me.FileRevisions(ctx, portal.FileID(of), pg)
		}
		return next, err
	}); err != nil {
		return err
	}
	if p.Signoffs.Alone || p.Revisions.Alone {
		return nil
	}
	var next string
	switch kind {
	case "":
		p.Approvals.All, next, err = me.ProjectApprovals(ctx, project, pageOf(r, onBoard))
	case "deliverable":
		p.Approvals.All, next, err = me.DeliverableApprovals(ctx, portal.DeliverableID(of), pageOf(r, onBoard))
	}
	p.Approvals.Alone = r.URL.Query().Get("list") == "approvals"
	p.Approvals.Newest, p.Approvals.Older = pages(r, next)
	return err
}

func (s *Server) approvalPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	a, err := me.Approval(r.Context(), portal.ApprovalID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.renderApproval(w, r, me, http.StatusOK, a, view.ApprovalPage{Reassigns: r.URL.Query().Get("reassign") != ""})
}

// aboutApproval is what a page about an approval begins with; what was wrong in it
// stays.
func (s *Server) aboutApproval(r *http.Request, me *visit, a portal.Approval, p *view.Within) error {
	in, err := s.within(r, me, a.Project, "approvals")
	if err != nil {
		return err
	}
	in.Invalid = p.Invalid
	*p = in
	p.Load(static.Files, static.Approve)
	return nil
}

// loadApproval reads what is asked of whom, wherever it is answered.
func loadApproval(ctx context.Context, me *visit, a portal.Approval, p *view.ApprovalPage) (err error) {
	p.Approval, p.Reader = a, me.Person.ID
	if p.Subjects, err = me.ApprovalSubjects(ctx, a.ID); err != nil {
		return err
	}
	if p.Stages, err = me.ApprovalStages(ctx, a.ID); err != nil {
		return err
	}
	if p.People, err = me.ApprovalPeople(ctx, a.ID); err != nil {
		return err
	}
	if a.Deliverable != "" {
		d, err := me.Deliverable(ctx, a.Deliverable)
		if err != nil {
			return err
		}
		p.Deliverable = &d
		was, is, err := me.ApprovalAbout(ctx, a)
		if err != nil {
			return err
		}
		p.About, p.AboutOld = cmp.Or(was, is), was != nil && !was.Same(is)
	}
	return approvalCalls(ctx, me, p)
}

// renderApproval draws an approval; p holds what was typed when an answer came
// back.
func (s *Server) renderApproval(w http.ResponseWriter, r *http.Request, me *visit, status int, a portal.Approval, p view.ApprovalPage) error {
	ctx := r.Context()
	err := s.aboutApproval(r, me, a, &p.Within)
	if err != nil {
		return err
	}
	if err := loadApproval(ctx, me, a, &p); err != nil {
		return err
	}
	if p.Verdicts, err = me.Verdicts(ctx, a.ID); err != nil {
		return err
	}
	if a.MayDecide() {
		if p.Unsent, err = me.UnsentOf(ctx, p.Subjects); err != nil {
			return err
		}
	}
	if p.UndoUntil, err = me.MayUndo(ctx, a); err != nil {
		return err
	}
	if a.Next != "" {
		switch _, err := me.Approval(ctx, a.Next); err {
		case nil:
			p.Next = a.Next
		case portal.ErrNotFound:
		default:
			return err
		}
	}
	if a.State.Granted() && a.Deliverable != "" {
		if p.Signoffs, _, err = me.SubjectSignoffs(ctx, string(a.Deliverable), portal.Page{Limit: 1}); err != nil {
			return err
		}
		if p.Outgrown, err = me.Outgrown(ctx, p.Project, *p.Deliverable); err != nil {
			return err
		}
	}
	if p.Certificate, err = certificateOf(ctx, me, string(a.ID)); err != nil {
		return err
	}
	if err := approvalLists(ctx, me, &p); err != nil {
		return err
	}
	if p.Project.Sections.Has(portal.SectionActivity) {
		if p.Events, err = me.ItemActivity(ctx, portal.ItemID(a.ID), eventsOnItem); err != nil {
			return err
		}
	}
	if p.Colleagues, err = me.Colleagues(ctx, a); err != nil {
		return err
	}
	if a.State.Open() && p.Project.Team() {
		if p.CannotLook, err = me.CannotLook(ctx, a.ID); err != nil {
			return err
		}
	}
	if a.Asking && p.Project.Team() && p.Project.Can(portal.Contribute) {
		of := portal.Team
		if i := slices.IndexFunc(p.Stages, func(g portal.ApprovalStage) bool { return g.Number == a.Stage }); i >= 0 {
			of = p.Stages[i].Of
		}
		if p.Others, err = instead(ctx, me, a.Project, of); err != nil {
			return err
		}
	}
	if err := me.ReadAbout(ctx, string(a.ID)); err != nil {
		return err
	}
	s.below(&p.Within, "approvals", a.Title)
	return s.render(w, r, status, view.Approval(p))
}

// approvalCalls are what was said by phone, and what the reader can confirm of it.
func approvalCalls(ctx context.Context, me *visit, p *view.ApprovalPage) (err error) {
	if p.Calls, err = me.ApprovalCalls(ctx, p.Approval.ID); err != nil || p.Approval.Team() || !p.Approval.Waits {
		return err
	}
	for _, c := range p.Calls {
		if c.State == portal.CallOpen {
			p.Call = c
		}
	}
	return nil
}

// approvalLists are what was asked to be changed, and the comments that would be.
func approvalLists(ctx context.Context, me *visit, p *view.ApprovalPage) (err error) {
	a := p.Approval
	if p.Revisions, err = me.ApprovalRevisions(ctx, a.ID); err != nil {
		return err
	}
	if a.Previous != "" {
		if p.Last, err = me.ApprovalRevisions(ctx, a.Previous); err != nil {
			return err
		}
	}
	if !a.MayDecide() || a.Team() {
		return nil
	}
	if p.Remarks, err = me.ApprovalRemarks(ctx, a); err != nil {
		return err
	}
	if p.Earlier, err = me.ApprovedBefore(ctx, a); err == portal.ErrNotFound {
		err = nil
	}
	return err
}

// answerTyped reads the form of an answer. Approving with words is approving with
// notes.
func answerTyped(f *form, r *http.Request) portal.ApprovalAnswer {
	in := portal.ApprovalAnswer{Note: f.one("note"), Content: f.one("content")}
	switch how := f.one("answer"); how {
	case "approve", "stands":
		in.Answer, in.Stands = portal.AnswerApprove, how == "stands"
		if strings.TrimSpace(in.Note) != "" {
			in.Answer = portal.AnswerNote
		}
	case "changes":
		in.Answer = portal.AnswerChanges
	case "decline":
		in.Answer = portal.AnswerDecline
	case "confirm":
		in.Call = portal.CallID(f.one("call"))
		if strings.TrimSpace(f.one("reply")) != "" {
			f.fail("reply", "was_different")
		}
		if in.Call == "" {
			f.fail("answer", "choice")
		}
	case "different":
		in.Call = portal.CallID(f.one("call"))
		f.one("reply")
	default:
		f.fail("answer", "choice")
	}
	in.Changes = fileChanges(f)
	in.Checked = ticks(f)
	return in
}

// fileChanges are what a form says is to change of each file.
func fileChanges(f *form) (all []portal.FileChange) {
	notes := f.prefixed("note.")
	for n, v := range f.prefixed("change.") {
		if i, err := strconv.Atoi(n); err == nil && v != "" {
			all = append(all, portal.FileChange{Position: i, Note: notes[n]})
		}
	}
	for n, v := range notes { // what was written of a file is meant
		i, err := strconv.Atoi(n)
		if err == nil && strings.TrimSpace(v) != "" && !slices.ContainsFunc(all, func(c portal.FileChange) bool { return c.Position == i }) {
			all = append(all, portal.FileChange{Position: i, Note: v})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Position < all[j].Position })
	return all
}

// ticks are the points of the checklist that are ticked.
func ticks(f *form) (all []int) {
	for n, v := range f.prefixed("check.") {
		if i, err := strconv.Atoi(n); err == nil && v != "" {
			all = append(all, i)
		}
	}
	return all
}

// changesSince shows what changed since the reader approved what they are asked
// about again.
func (s *Server) changesSince(w http.ResponseWriter, r *http.Request, me *visit) error {
	a, err := me.Approval(r.Context(), portal.ApprovalID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.renderSince(w, r, me, http.StatusOK, a, view.SincePage{})
}

func (s *Server) renderSince(w http.ResponseWriter, r *http.Request, me *visit, status int, a portal.Approval, p view.SincePage) error {
	ctx := r.Context()
	err := s.aboutApproval(r, me, a, &p.Within)
	if err != nil {
		return err
	}
	p.Approval, p.Reader = a, me.Person.ID
	if p.Earlier, err = me.ApprovedBefore(ctx, a); err != nil {
		return err
	}
	p.Newer = map[portal.FileID][]portal.Version{}
	for _, f := range p.Earlier.Files {
		if !f.Changed() {
			continue
		}
		all, err := me.Versions(ctx, f.Is.File)
		if err != nil {
			return err
		}
		for _, v := range all {
			if v.ShownNumber > f.Was.Number && v.ShownNumber <= f.Is.Number {
				p.Newer[f.Is.File] = append(p.Newer[f.Is.File], v)
			}
		}
	}
	s.below(&p.Within, "approvals", p.T("approval.since"))
	return s.render(w, r, status, view.Since(p))
}

// letStand takes it from somebody that their earlier approval still stands. The
// button is on the page that shows what has changed.
func (s *Server) letStand(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ApprovalID(r.PathValue("id"))
	in := portal.ApprovalAnswer{Answer: portal.AnswerApprove, Stands: true, Checked: ticks(f), Content: f.one("content")}
	if err = f.err(); err == nil {
		err = me.Decide(r.Context(), id, in)
	}
	if invalid, status, ok := refused(err); ok {
		a, err := me.Approval(r.Context(), id)
		if err != nil {
			return err
		}
		if status == http.StatusConflict {
			return s.renderApproval(w, r, me, status, a, view.ApprovalPage{Stale: "answer"})
		}
		var p view.SincePage
		p.Invalid, p.Typed = invalid, in
		return s.renderSince(w, r, me, status, a, p)
	}
	if err != nil {
		return err
	}
	return done(w, r, approvalPath(id), "approval_stands")
}

// decideApproval takes somebody's answer. One to something older than what is
// there now is not counted: the page says so, and where the newer is.
func (s *Server) decideApproval(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ApprovalID(r.PathValue("id"))
	in := answerTyped(f, r)
	how, reply, advises := f.one("answer"), f.one("reply"), false
	if err = f.err(); err == nil {
		var a portal.Approval
		if a, err = me.Approval(r.Context(), id); err == nil {
			advises = a.Advises
			if how == "different" {
				err = me.DenyCall(r.Context(), id, in.Call, reply)
			} else {
				err = me.Decide(r.Context(), id, in)
			}
		}
	}
	if invalid, status, ok := refused(err); ok {
		return s.approvalRefused(w, r, me, id, status, invalid, "answer", view.ApprovalPage{Typed: in, Reply: reply})
	}
	if err != nil {
		return err
	}
	key := map[portal.Answer]string{portal.AnswerChanges: "approval_returned", portal.AnswerDecline: "approval_declined"}[in.Answer]
	if key == "" {
		key = "approval_approved"
	}
	switch {
	case advises:
		key = "approval_advised"
	case how == "confirm":
		key = "call_confirmed"
	case how == "different":
		key = "call_denied"
	}
	return done(w, r, approvalPath(id), key)
}

// noteCall takes from the team what somebody who is asked said by phone.
func (s *Server) noteCall(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ApprovalID(r.PathValue("id"))
	n := portal.NewCall{Person: portal.PersonID(f.one("person")), Note: f.one("note"), Changes: fileChanges(f), SaidAt: f.moment("said_at", me.Book.Zone())}
	switch f.one("answer") {
	case "approve":
		n.Answer = portal.AnswerApprove
		if strings.TrimSpace(n.Note) != "" {
			n.Answer = portal.AnswerNote
		}
	case "changes":
		n.Answer = portal.AnswerChanges
	case "decline":
		n.Answer = portal.AnswerDecline
	default:
		f.fail("answer", "choice")
	}
	if err = f.err(); err == nil {
		_, err = portal.Once(me.NoteCall(r.Context(), id, n))
	}
	if invalid, status, ok := refused(err); ok {
		return s.approvalRefused(w, r, me, id, status, invalid, "act", view.ApprovalPage{Noted: view.NotedCall{NewCall: n, At: f.one("said_at"), Tried: true}})
	}
	if err != nil {
		return err
	}
	return done(w, r, approvalPath(id), "call_noted")
}

// withdrawCall takes back what was noted.
func (s *Server) withdrawCall(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	c, err := me.ApprovalCall(r.Context(), portal.CallID(r.PathValue("id")))
	if err != nil {
		return err
	}
	err = me.WithdrawCall(r.Context(), c.ID)
	if invalid, status, ok := refused(err); ok {
		return s.approvalRefused(w, r, me, c.Approval, status, invalid, "act", view.ApprovalPage{})
	}
	if err != nil {
		return err
	}
	return done(w, r, approvalPath(c.Approval), "call_withdrawn")
}

// stale is what came too late when it is refused for what came meanwhile: an answer,
// the undoing of one, or something else that was done with an approval.
func stale(status int, what string) string {
	if status != http.StatusConflict {
		return ""
	}
	return what
}

// approvalRefused shows an approval as it is now, and what was wrong with what was done
// with it.
func (s *Server) approvalRefused(w http.ResponseWriter, r *http.Request, me *visit, id portal.ApprovalID, status int, invalid map[string]portal.Reason, what string, p view.ApprovalPage) error {
	a, err := me.Approval(r.Context(), id)
	if err != nil {
		return err
	}
	p.Invalid, p.Stale = invalid, stale(status, what)
	return s.renderApproval(w, r, me, status, a, p)
}

// onApproval is a button at an approval that does something, named as stale names it.
func (s *Server) onApproval(what, key string, do func(*portal.Scope, context.Context, portal.ApprovalID) error) handler {
	return func(w http.ResponseWriter, r *http.Request, me *visit) error {
		if err := noFields(r); err != nil {
			return err
		}
		id := portal.ApprovalID(r.PathValue("id"))
		err := do(me.Scope, r.Context(), id)
		if invalid, status, ok := refused(err); ok {
			return s.approvalRefused(w, r, me, id, status, invalid, what, view.ApprovalPage{})
		}
		if err != nil {
			return err
		}
		return done(w, r, approvalPath(id), key)
	}
}

// instead are those of a side who could be asked in a project instead of somebody.
func instead(ctx context.Context, me *visit, project portal.ProjectID, of portal.Side) (all []portal.ProjectPerson, err error) {
	if of == portal.ClientSide {
		return me.Approvers(ctx, project)
	}
	all, err = me.Advisers(ctx, project)
	return slices.DeleteFunc(all, func(x portal.ProjectPerson) bool { return x.Side != portal.Team }), err
}

// handOn is a form that has somebody else answer an approval.
func (s *Server) handOn(w http.ResponseWriter, r *http.Request, me *visit, key string, do func(f *form, id portal.ApprovalID) error) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ApprovalID(r.PathValue("id"))
	err = do(f, id)
	if invalid, status, ok := refused(err); ok {
		return s.approvalRefused(w, r, me, id, status, invalid, "act", view.ApprovalPage{})
	}
	if err != nil {
		return err
	}
	return done(w, r, approvalPath(id), key)
}

func (s *Server) delegateApproval(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.handOn(w, r, me, "approval_delegated", func(f *form, id portal.ApprovalID) error {
		to := portal.PersonID(f.one("person"))
		if err := f.err(); err != nil {
			return err
		}
		return me.Delegate(r.Context(), id, to)
	})
}

func (s *Server) takeApprovalOver(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.handOn(w, r, me, "approval_taken", func(f *form, id portal.ApprovalID) error {
		from := portal.PersonID(f.one("from"))
		if err := f.err(); err != nil {
			return err
		}
		return me.TakeOver(r.Context(), id, from)
	})
}

func (s *Server) reassignApproval(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.handOn(w, r, me, "approval_reassigned", func(f *form, id portal.ApprovalID) error {
		from, to := portal.PersonID(f.one("from")), portal.PersonID(f.one("person"))
		if err := f.err(); err != nil {
			return err
		}
		return me.Reassign(r.Context(), id, from, to)
	})
}

func (s *Server) newApproval(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx := r.Context()
	in, err := s.inProject(r, me, "approvals", 0)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	n := portal.NewApproval{DueIn: 3, Stages: []portal.NewStage{{Of: portal.ClientSide, Rule: portal.RuleAnyone}}}
	if again := portal.ApprovalID(q.Get("again")); again != "" {
		var project portal.ProjectID
		if n, project, err = me.AskedAs(ctx, again); err != nil {
			return err
		}
		if project != in.Project.ID {
			return portal.ErrNotFound
		}
		n.DueIn = 3
	}
	for _, id := range q["version"] {
		v, err := me.Version(ctx, portal.VersionID(id))
		if err != nil {
			return err
		}
		n.Versions = append(n.Versions, v.ID)
		if n.Title == "" {
			n.Title = v.FileName
		}
	}
	if id := portal.DeliverableID(q.Get("deliverable")); id != "" {
		d, err := me.Deliverable(ctx, id)
		if err != nil {
			return err
		}
		n.Deliverable, n.Title = d.ID, d.Title
		if err := everybodyDecides(ctx, me, in.Project.ID, &n); err != nil {
			return err
		}
	}
	return s.renderApprovalForm(w, r, me, http.StatusOK, view.ApprovalForm{Within: in, New: n})
}

// everybodyDecides asks all who can, until some are chosen.
func everybodyDecides(ctx context.Context, me *visit, project portal.ProjectID, n *portal.NewApproval) error {
	all, err := me.Approvers(ctx, project)
	for _, x := range all[:min(len(all), 50)] {
		n.Stages[len(n.Stages)-1].People = append(n.Stages[len(n.Stages)-1].People, x.Person)
	}
	return err
}

func (s *Server) renderApprovalForm(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.ApprovalForm) error {
	ctx := r.Context()
	if !p.Project.Can(portal.Contribute) {
		return portal.ErrForbidden
	}
	p.Load(static.Files, static.Approve)
	var err error
	if p.Choices, err = me.ApprovalChoices(ctx, p.Project.ID); err != nil {
		return err
	}
	for _, id := range p.New.Versions { // of older files, too
		if !slices.ContainsFunc(p.Choices.Files, func(v portal.Version) bool { return v.ID == id }) {
			v, err := me.Version(ctx, id)
			if err == portal.ErrNotFound {
				continue
			}
			if err != nil {
				return err
			}
			p.Choices.Files = append([]portal.Version{v}, p.Choices.Files...)
		}
	}
	if p.New.Deliverable != "" {
		d, err := me.Deliverable(ctx, p.New.Deliverable)
		if err != nil && err != portal.ErrNotFound {
			return err
		}
		if err == nil {
			p.Deliverable = &d
		}
	}
	own, err := me.ClientCalendar(ctx, p.Project.Client)
	if err != nil {
		return err
	}
	p.OwnDays = own.Own()
	calendar := own.Calendar()
	now := me.Now.In(calendar.Zone)
	counts := []int{1, 2, 3, 5, 10}
	if n := p.New.DueIn; n > 0 && !slices.Contains(counts, n) {
		counts = append(counts, n)
	}
	for _, days := range counts {
		p.Days = append(p.Days, view.DueChoice{Days: days, Day: calendar.WorkingDay(now, days).Format(time.DateOnly)})
	}
	s.below(&p.Within, "approvals", p.Heading())
	return s.render(w, r, status, view.EditApproval(p))
}

// readApproval reads the fields of the form.
func readApproval(f *form) portal.NewApproval {
	n := portal.NewApproval{Title: f.one("title"), Body: f.one("body"), Deliverable: portal.DeliverableID(f.one("deliverable")),
		Checklist: filled(strings.Split(f.one("checklist"), "\n")), NoDownload: f.ticked("no_download"), DueOn: f.one("due_on"), ExpiresOn: f.one("expires_on"),
		NoReminders: !f.ticked("remind"), Previous: portal.ApprovalID(f.one("previous")), Draft: f.ticked("draft")}
	if n.DueOn == "" {
		n.DueIn = int(f.number("due_in"))
	} else {
		f.one("due_in")
	}
	for _, id := range f.all("versions") {
		n.Versions = append(n.Versions, portal.VersionID(id))
	}
	n.Stages = readStages(f)
	return n
}

// readStages reads who is asked, one stage after the other.
func readStages(f *form) (all []portal.NewStage) {
	count := int(f.number("stages"))
	if count < 0 || count > portal.MaxStages {
		f.fail("stages", "choice")
		return nil
	}
	for i := range count {
		at := "stages." + strconv.Itoa(i+1) + "."
		all = append(all, portal.NewStage{Of: portal.Side(f.one(at + "of")), Rule: portal.Rule(f.one(at + "rule")), Role: roleTicked(f, at+"role"), People: persons(f, at+"people"), Advisers: persons(f, at+"advisers")})
	}
	return all
}

// roleTicked is the role that is asked; the wider one of several.
func roleTicked(f *form, name string) (role portal.ApproverRole) {
	for _, r := range f.all(name) {
		if role == "" || portal.ApproverRole(r) == portal.RoleApprovers {
			role = portal.ApproverRole(r)
		}
	}
	return role
}

// reshaped does to the stages what a button of the form says, and says which is
// to be looked at then; of any other button it reports false.
func reshaped(f *form, n *portal.NewApproval) (stage int, ok bool) {
	do := f.one("do")
	if do == "" {
		return 0, false
	}
	what, at, _ := strings.Cut(do, ".")
	i, _ := strconv.Atoi(at)
	all := n.Stages
	switch {
	case what == "client" && len(all) < portal.MaxStages:
		n.Stages = append(all, portal.NewStage{Of: portal.ClientSide, Rule: portal.RuleAnyone})
		return len(n.Stages), true
	case what == "team" && len(all) < portal.MaxStages: // before the client's
		i = slices.IndexFunc(all, func(g portal.NewStage) bool { return g.Of != portal.Team })
		if i < 0 {
			i = len(all)
		}
		n.Stages = slices.Insert(all, i, portal.NewStage{Of: portal.Team, Rule: portal.RuleEveryone})
		return i + 1, true
	case what == "remove" && i >= 1 && i <= len(all) && len(all) > 1:
		n.Stages = slices.Delete(all, i-1, i)
		return min(i, len(n.Stages)), true
	case what == "earlier" && i >= 2 && i <= len(all) && all[i-2].Of == all[i-1].Of:
		all[i-2], all[i-1] = all[i-1], all[i-2]
		return i - 1, true
	}
	f.fail("do", "choice")
	return 0, false
}

// filled are those of several texts that say something.
func filled(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return strings.TrimSpace(s) == "" })
}

func persons(f *form, name string) (all []portal.PersonID) {
	for _, id := range f.all(name) {
		all = append(all, portal.PersonID(id))
	}
	return all
}

func (s *Server) askApproval(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	n := readApproval(f)
	project := portal.ProjectID(r.PathValue("project"))
	stage, again := reshaped(f, &n)
	var id portal.ApprovalID
	if err = f.err(); err == nil && again {
		in, err := s.inProject(r, me, "approvals", 0)
		if err != nil {
			return err
		}
		return s.renderApprovalForm(w, r, me, http.StatusOK, view.ApprovalForm{Within: in, New: n, Changed: true, Reshaped: stage})
	}
	if err == nil {
		id, err = portal.Once(me.AskApproval(r.Context(), project, n))
	}
	if invalid, status, ok := refused(err); ok {
		in, err := s.within(r, me, project, "approvals")
		if err != nil {
			return err
		}
		in.Invalid = invalid
		return s.renderApprovalForm(w, r, me, status, view.ApprovalForm{Within: in, New: n, Conflict: status == http.StatusConflict})
	}
	if err != nil {
		return err
	}
	return done(w, r, approvalPath(id), savedOrSent(n))
}

func savedOrSent(n portal.NewApproval) string {
	if n.Draft {
		return "approval_saved"
	}
	return "approval_sent"
}

// editApproval is the form of a draft.
func (s *Server) editApproval(w http.ResponseWriter, r *http.Request, me *visit) error {
	a, err := me.Approval(r.Context(), portal.ApprovalID(r.PathValue("id")))
	switch {
	case err != nil:
		return err
	case a.State != portal.ApprovalDraft:
		return portal.ErrConflict
	}
	n, _, err := me.AskedAs(r.Context(), a.ID)
	if err != nil {
		return err
	}
	in, err := s.within(r, me, a.Project, "approvals")
	if err != nil {
		return err
	}
	return s.renderApprovalForm(w, r, me, http.StatusOK, view.ApprovalForm{Within: in, ID: a.ID, New: n, Revision: a.Revision})
}

// reshapeDraft is the form of a draft once more, with other stages.
func (s *Server) reshapeDraft(w http.ResponseWriter, r *http.Request, me *visit, id portal.ApprovalID, p view.ApprovalForm) error {
	a, err := me.Approval(r.Context(), id)
	if err != nil {
		return err
	}
	if p.Within, err = s.within(r, me, a.Project, "approvals"); err != nil {
		return err
	}
	return s.renderApprovalForm(w, r, me, http.StatusOK, p)
}

func (s *Server) changeApproval(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ApprovalID(r.PathValue("id"))
	n, revision := readApproval(f), f.number("revision")
	stage, again := reshaped(f, &n)
	if err = f.err(); err == nil && again {
		return s.reshapeDraft(w, r, me, id, view.ApprovalForm{ID: id, New: n, Revision: revision, Changed: true, Reshaped: stage})
	}
	if err == nil {
		err = me.ChangeApproval(r.Context(), id, n, revision)
	}
	if invalid, status, ok := refused(err); ok {
		a, err := me.Approval(r.Context(), id)
		if err != nil {
			return err
		}
		in, err := s.within(r, me, a.Project, "approvals")
		if err != nil {
			return err
		}
		in.Invalid = invalid
		return s.renderApprovalForm(w, r, me, status, view.ApprovalForm{Within: in, ID: id, New: n, Revision: a.Revision, Conflict: status == http.StatusConflict})
	}
	if err != nil {
		return err
	}
	return done(w, r, approvalPath(id), savedOrSent(n))
}
