package api

import (
	"context"
	"net/http"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type approval struct {
	ID          portal.ApprovalID    `json:"id" doc:"The approval."`
	Project     portal.ProjectID     `json:"project" doc:"The project it is in."`
	Client      portal.ClientID      `json:"client" doc:"The client."`
	Deliverable portal.DeliverableID `json:"deliverable,omitempty" doc:"Whose content is decided on; absent for files alone."`
	Title       string               `json:"title" doc:"What is to be approved."`
	Body        string               `json:"body,omitempty" doc:"The message to it."`
	Checklist   []string             `json:"checklist,omitempty" doc:"Points to tick before approving."`
	State       portal.ApprovalState `json:"state" enum:"draft,requested,viewed,approved,approved_with_notes,changes_requested,declined,cancelled,superseded,expired" doc:"How it stands."`
	StateAt     time.Time            `json:"state_at" doc:"Since when."`
	StateBy     string               `json:"state_by,omitempty" doc:"By whom; absent where you are not shown names of the team."`
	Turn        portal.Side          `json:"turn,omitempty" enum:"team,client" doc:"Who has to act; absent when nobody has to."`
	DueOn       string               `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	ExpiresOn   string               `json:"expires_on,omitempty" doc:"Nobody can answer after that day."`
	Round       int                  `json:"round" doc:"How often it was asked."`
	Files       int                  `json:"files" doc:"How many files are decided on."`
	Content     string               `json:"content,omitempty" doc:"The hash of all that is decided on: send it back with an answer."`
	MayDecide   bool                 `json:"may_decide" doc:"Whether you may answer it now."`
	AskedBy     string               `json:"asked_by,omitempty" doc:"Who asked; absent where you are not shown names of the team."`
	CreatedAt   time.Time            `json:"created_at" doc:"When."`
	Said        *said                `json:"said,omitempty" doc:"What the deliverable said beside its files when it was asked, which is decided on, too. Not in lists."`
}

type said struct {
	Title   string     `json:"title" doc:"What it was called."`
	Body    string     `json:"body,omitempty" doc:"What it was described as."`
	Links   []saidLink `json:"links,omitempty" doc:"What it linked to."`
	Changed bool       `json:"changed" doc:"Whether it says something else now."`
}

type saidLink struct {
	Title string `json:"title" doc:"What the link was called."`
	URL   string `json:"url" doc:"Its address."`
}

// saidWire is what a deliverable said and says, where that is known.
func saidWire(was, is *portal.About) *said {
	if was == nil {
		return nil
	}
	w := &said{Title: was.Title, Body: was.Body, Changed: !was.Same(is)}
	for _, l := range was.Links {
		w.Links = append(w.Links, saidLink(l))
	}
	return w
}

func approvalWire(a portal.Approval) approval {
	return approval{ID: a.ID, Project: a.Project, Client: a.Client, Deliverable: a.Deliverable, Title: a.Title, Body: a.Body, Checklist: a.Checklist, State: a.State, StateAt: a.StateAt.UTC(),
		StateBy: a.StateBy, Turn: a.Turn, DueOn: a.DueOn, ExpiresOn: a.ExpiresOn, Round: a.Round, Files: a.Files, Content: a.Content, MayDecide: a.MayDecide(), AskedBy: a.AskedBy, CreatedAt: a.CreatedAt.UTC()}
}

type approvalFile struct {
	Position int              `json:"position" doc:"Which of the files, from 1."`
	File     portal.FileID    `json:"file" doc:"The file."`
	Version  portal.VersionID `json:"version" doc:"The version that is decided on."`
	Name     string           `json:"name" doc:"What it is called."`
	Number   int              `json:"number" doc:"What the version is called by."`
	SHA256   string           `json:"sha256" doc:"The hash of its bytes."`
	Newest   bool             `json:"newest" doc:"Whether there is nothing newer."`
	Result   string           `json:"result,omitempty" enum:"approved,changes" doc:"What was decided on it."`
}

func approvalFileWire(s portal.ApprovalSubject) approvalFile {
	return approvalFile{Position: s.Position, File: s.File, Version: s.Version, Name: s.Name, Number: s.Number, SHA256: s.SHA256, Newest: s.Newest, Result: s.Result}
}

type approvalAsked struct {
	Person     portal.PersonID     `json:"person" doc:"Who is asked."`
	Name       string              `json:"name" doc:"Their name."`
	Stage      int                 `json:"stage" doc:"In which stage."`
	Side       portal.Side         `json:"side" enum:"team,client" doc:"Whose they are."`
	Adviser    bool                `json:"adviser,omitempty" doc:"Their answer does not count."`
	Role       portal.ApproverRole `json:"role,omitempty" enum:"leads,approvers" doc:"They are asked as one of these, as they were when it was sent."`
	Answer     portal.Answer       `json:"answer,omitempty" enum:"approved,approved_with_notes,changes_requested,declined" doc:"What they answered; absent while they have not."`
	AnsweredAt *time.Time          `json:"answered_at,omitempty" doc:"When."`
	Instead    string              `json:"instead,omitempty" doc:"The name of whoever answers instead of them."`
	For        string              `json:"for,omitempty" doc:"The name of whose decision it was at first."`
	Stands     *time.Time          `json:"stands,omitempty" doc:"When they gave the approval that they say still stands."`
	SaidAt     *time.Time          `json:"said_at,omitempty" doc:"When they said by phone what they have confirmed by this answer."`
	NotedBy    string              `json:"noted_by,omitempty" doc:"Who noted that; absent where you are not shown names of the team."`
	Called     bool                `json:"called,omitempty" doc:"They are noted to have said something by phone that they have not confirmed: it counts for nothing. Told to the team, and to themselves."`
}

type approvalCall struct {
	ID      portal.CallID    `json:"id" doc:"What was noted."`
	Person  portal.PersonID  `json:"person" doc:"Who said it."`
	Name    string           `json:"name" doc:"Their name."`
	Stage   int              `json:"stage" doc:"In which stage they are asked."`
	Answer  portal.Answer    `json:"answer" enum:"approved,approved_with_notes,changes_requested,declined" doc:"What they said."`
	Note    string           `json:"note,omitempty" doc:"In which words."`
	SaidAt  time.Time        `json:"said_at" doc:"When."`
	NotedAt time.Time        `json:"noted_at" doc:"When it was noted."`
	NotedBy string           `json:"noted_by,omitempty" doc:"By whom; absent where you are not shown names of the team."`
	State   portal.CallState `json:"state" enum:"open,confirmed,denied,withdrawn,void" doc:"What became of it: only what is confirmed counts, as an answer of theirs."`
	EndedAt *time.Time       `json:"ended_at,omitempty" doc:"Since when."`
	Reply   string           `json:"reply,omitempty" doc:"What was different, as they say."`
	Changes []fileChange     `json:"changes,omitempty" doc:"Of several files, those that they said are to change: the others they approved."`
}

func approvalCallWire(c portal.ApprovalCall) approvalCall {
	w := approvalCall{ID: c.ID, Person: c.Person, Name: c.Name, Stage: c.Stage, Answer: c.Answer, Note: c.Note, SaidAt: c.SaidAt.UTC(), NotedAt: c.NotedAt.UTC(), NotedBy: c.NotedBy, State: c.State, EndedAt: moment(c.EndedAt), Reply: c.Reply}
	for _, f := range c.Changes {
		w.Changes = append(w.Changes, fileChange(f))
	}
	return w
}

type newCall struct {
	Person  portal.PersonID `json:"person" maxLength:"64" doc:"Who said it: one of the client's people whose answer is awaited."`
	Answer  portal.Answer   `json:"answer" enum:"approved,approved_with_notes,changes_requested,declined" doc:"What they said."`
	Note    string          `json:"note,omitempty" doc:"In which words: needed unless they simply approved, or it is said of each file."`
	Changes []fileChange    `json:"changes,omitempty" maxItems:"50" doc:"Of several files, those that are to change: the others they approved."`
	SaidAt  time.Time       `json:"said_at" doc:"When they said it."`
}

func (in newCall) portal() portal.NewCall {
	n := portal.NewCall{Person: in.Person, Answer: in.Answer, Note: in.Note, SaidAt: in.SaidAt}
	for _, f := range in.Changes {
		n.Changes = append(n.Changes, portal.FileChange(f))
	}
	return n
}

type callDenied struct {
	Reply string `json:"reply,omitempty" doc:"What you said instead."`
}

type fileChange struct {
	Position int    `json:"position" minimum:"1" doc:"Which of the files, from 1."`
	Note     string `json:"note,omitempty" doc:"What to change in it."`
}

type approvalAnswer struct {
	Answer  portal.Answer `json:"answer" enum:"approved,approved_with_notes,changes_requested,declined" doc:"Your answer."`
	Note    string        `json:"note,omitempty" doc:"What you have to say to all of it."`
	Changes []fileChange  `json:"changes,omitempty" maxItems:"50" doc:"Of several files, those that are to change: the others are approved."`
	Checked []int         `json:"checked,omitempty" maxItems:"50" doc:"Points of the checklist that hold, from 1: all of them, to approve."`
	Stands  bool          `json:"stands,omitempty" doc:"With approved: your earlier approval, of an older version of the same files or an older text of the same deliverable, still stands."`
	Call    portal.CallID `json:"call,omitempty" maxLength:"64" doc:"It confirms what you said by phone: with the answer that was noted, and the note of that."`
	Content string        `json:"content" maxLength:"64" doc:"As it was looked at. When it is not what is there now, nothing is decided."`
}

func (in approvalAnswer) portal() portal.ApprovalAnswer {
	a := portal.ApprovalAnswer{Answer: in.Answer, Note: in.Note, Checked: in.Checked, Content: in.Content, Proof: "token", Stands: in.Stands, Call: in.Call}
	for _, c := range in.Changes {
		a.Changes = append(a.Changes, portal.FileChange(c))
	}
	return a
}

type newStage struct {
	Of       portal.Side         `json:"of,omitempty" enum:"team,client" doc:"Whose people are asked; without, the client's. Those of the team come first."`
	Rule     portal.Rule         `json:"rule,omitempty" enum:"anyone,everyone,majority,decider" doc:"Whose answers it takes; without, anyone's."`
	Role     portal.ApproverRole `json:"role,omitempty" enum:"leads,approvers" doc:"Of the client: whoever leads, or may decide, when it is sent is asked. Who gets the role later is not."`
	People   []portal.PersonID   `json:"people,omitempty" maxItems:"50" doc:"Who is asked, besides those of the role."`
	Advisers []portal.PersonID   `json:"advisers,omitempty" maxItems:"50" doc:"Whose answers do not count."`
}

type newApproval struct {
	Title       string               `json:"title" maxLength:"200" doc:"What is to be approved."`
	Body        string               `json:"body,omitempty" doc:"The message to it: at most 20,000 characters."`
	Deliverable portal.DeliverableID `json:"deliverable,omitempty" maxLength:"64" doc:"Whose content is decided on; then no versions."`
	Versions    []portal.VersionID   `json:"versions,omitempty" maxItems:"50" doc:"What is decided on: each the newest that those see who are asked."`
	Checklist   []string             `json:"checklist,omitempty" maxItems:"20" doc:"Points to tick before approving."`
	NoDownload  bool                 `json:"no_download,omitempty" doc:"The client cannot have the files before it is over."`
	DueOn       string               `json:"due_on,omitempty" maxLength:"10" doc:"A day, YYYY-MM-DD."`
	DueIn       int                  `json:"due_in,omitempty" doc:"Without a day: working days from today."`
	ExpiresOn   string               `json:"expires_on,omitempty" maxLength:"10" doc:"Nobody can answer after that day."`
	NoReminders bool                 `json:"no_reminders,omitempty" doc:"Nobody is reminded by mail."`
	Stages      []newStage           `json:"stages" maxItems:"5" doc:"Who is asked, one after the other."`
	Previous    portal.ApprovalID    `json:"previous,omitempty" maxLength:"64" doc:"The approval that it asks again."`
	Draft       bool                 `json:"draft,omitempty" doc:"Save it, and ask nobody yet."`
}

func (n newApproval) portal() portal.NewApproval {
	a := portal.NewApproval{Title: n.Title, Body: n.Body, Deliverable: n.Deliverable, Versions: n.Versions, Checklist: n.Checklist, NoDownload: n.NoDownload, DueOn: n.DueOn, DueIn: n.DueIn,
		ExpiresOn: n.ExpiresOn, NoReminders: n.NoReminders, Previous: n.Previous, Draft: n.Draft}
	for _, g := range n.Stages {
		a.Stages = append(a.Stages, portal.NewStage{Of: g.Of, Rule: g.Rule, Role: g.Role, People: g.People, Advisers: g.Advisers})
	}
	return a
}

type approvalPerson struct {
	Person portal.PersonID `json:"person" doc:"Who decides instead: somebody who may, and is not asked yet."`
}

type approvalInstead struct {
	From   portal.PersonID `json:"from" doc:"Who is asked, and has not answered."`
	Person portal.PersonID `json:"person" doc:"Who decides instead: somebody who may, and is not asked yet."`
}

type approvalFrom struct {
	From portal.PersonID `json:"from" doc:"Who is asked, and has not answered."`
}

type deputyWire struct {
	Deputy portal.PersonID `json:"deputy" doc:"Who decides."`
	Name   string          `json:"name" doc:"Their name."`
	From   string          `json:"from" doc:"The first day, YYYY-MM-DD."`
	To     string          `json:"to" doc:"The last day."`
}

type deputyNamed struct {
	Deputy portal.PersonID `json:"deputy" doc:"Who decides: somebody who may in a project in which you may."`
	From   string          `json:"from" maxLength:"10" doc:"The first day, YYYY-MM-DD."`
	To     string          `json:"to" maxLength:"10" doc:"The last day."`
}

// before is how many stages came before those that the reader knows of: what clients
// are told is counted from their own first.
func before(stages []portal.ApprovalStage) int {
	if len(stages) == 0 {
		return 0
	}
	return stages[0].Number - 1
}

func askedWire(ctx context.Context, me *portal.Scope, id portal.ApprovalID) (all []approvalAsked, err error) {
	stages, err := me.ApprovalStages(ctx, id)
	if err != nil {
		return nil, err
	}
	roles := map[int]portal.ApproverRole{}
	for _, g := range stages {
		roles[g.Number] = g.Role
	}
	before := before(stages)
	people, err := me.ApprovalPeople(ctx, id)
	for _, x := range people {
		a := approvalAsked{Person: x.Person, Name: x.Name, Stage: x.Stage - before, Side: x.Of, Adviser: x.Adviser, Answer: x.Answer, AnsweredAt: moment(x.AnsweredAt), Instead: x.GivenTo, For: x.For, Stands: moment(x.Repeats), SaidAt: moment(x.SaidAt), NotedBy: x.NotedBy, Called: x.Called}
		if x.ByRole {
			a.Role = roles[x.Stage]
		}
		all = append(all, a)
	}
	return all, err
}

func (s *server) approvals() {
	readAll(s, "/api/projects/{id}/approvals", "list-approvals", "What was asked to be approved, newest first", func(ctx context.Context, me *portal.Scope, q *inProject) ([]portal.Approval, string, error) {
		p, err := me.Project(ctx, portal.ProjectID(q.ID))
		switch {
		case err != nil:
			return nil, "", err
		case !p.Sections.Has(portal.SectionApprovals):
			return nil, "", portal.ErrNotFound
		}
		return me.ProjectApprovals(ctx, p.ID, q.portal())
	}, approvalWire)
	create(s, "/api/projects/{id}/approvals", "ask-approval", "Ask for approval of files, or of what is in a deliverable", func(ctx context.Context, me *portal.Scope, id string, in newApproval) (portal.ApprovalID, error) {
		return me.AskApproval(ctx, portal.ProjectID(id), in.portal())
	})
	act(s, http.MethodPost, "/api/approvals/{id}/cancelled", "cancel-approval", "Take the question back", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.CancelApproval(ctx, portal.ApprovalID(id))
	})
	act(s, http.MethodPost, "/api/approvals/{id}/reminded", "remind-approval", "Mail those whose answer it waits for: once an hour", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.Remind(ctx, portal.ApprovalID(id))
	})
	read(s, "/api/approvals/{id}", "approval", "An approval", func(ctx context.Context, me *portal.Scope, id string) (approval, error) {
		a, err := me.Approval(ctx, portal.ApprovalID(id))
		if err != nil {
			return approval{}, err
		}
		w := approvalWire(a)
		was, is, err := me.ApprovalAbout(ctx, a)
		w.Said = saidWire(was, is)
		return w, err
	})
	readAll(s, "/api/approvals/{id}/files", "list-approval-files", "The exact versions that are decided on", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.ApprovalSubject, string, error) {
		if _, err := me.Approval(ctx, portal.ApprovalID(q.ID)); err != nil {
			return nil, "", err
		}
		all, err := me.ApprovalSubjects(ctx, portal.ApprovalID(q.ID))
		return all, "", err
	}, approvalFileWire)
	readAll(s, "/api/approvals/{id}/people", "list-approval-people", "Who is asked, by stage: clients are told of their own", func(ctx context.Context, me *portal.Scope, q *byID) ([]approvalAsked, string, error) {
		if _, err := me.Approval(ctx, portal.ApprovalID(q.ID)); err != nil {
			return nil, "", err
		}
		all, err := askedWire(ctx, me, portal.ApprovalID(q.ID))
		return all, "", err
	}, func(a approvalAsked) approvalAsked { return a })
	change(s, http.MethodPost, "/api/approvals/{id}/decision", "decide", "Answer an approval, as one of those who are asked", func(ctx context.Context, me *portal.Scope, id string, in approvalAnswer) error {
		return me.Decide(ctx, portal.ApprovalID(id), in.portal())
	})
	readAll(s, "/api/approvals/{id}/calls", "list-approval-calls", "What was said by phone about an approval: for its team, and for whoever said it", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.ApprovalCall, string, error) {
		if _, err := me.Approval(ctx, portal.ApprovalID(q.ID)); err != nil {
			return nil, "", err
		}
		all, err := me.ApprovalCalls(ctx, portal.ApprovalID(q.ID))
		if err != nil {
			return nil, "", err
		}
		stages, err := me.ApprovalStages(ctx, portal.ApprovalID(q.ID))
		for i := range all {
			all[i].Stage -= before(stages)
		}
		return all, "", err
	}, approvalCallWire)
	create(s, "/api/approvals/{id}/calls", "note-call", "Note what one who is asked said by phone: they are asked to confirm it", func(ctx context.Context, me *portal.Scope, id string, in newCall) (portal.CallID, error) {
		return me.NoteCall(ctx, portal.ApprovalID(id), in.portal())
	})
	act(s, http.MethodDelete, "/api/calls/{id}", "withdraw-call", "Take back what was noted of a call, while it is not confirmed", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.WithdrawCall(ctx, portal.CallID(id))
	})
	change(s, http.MethodPost, "/api/calls/{id}/denied", "deny-call", "Say that what you said by phone was different from what was noted", func(ctx context.Context, me *portal.Scope, id string, in callDenied) error {
		c, err := me.ApprovalCall(ctx, portal.CallID(id))
		if err != nil {
			return err
		}
		return me.DenyCall(ctx, c.Approval, c.ID, in.Reply)
	})
	change(s, http.MethodPost, "/api/approvals/{id}/delegation", "delegate", "Hand your own decision to a colleague", func(ctx context.Context, me *portal.Scope, id string, in approvalPerson) error {
		return me.Delegate(ctx, portal.ApprovalID(id), in.Person)
	})
	change(s, http.MethodPost, "/api/approvals/{id}/reassignment", "reassign-approval", "Ask somebody else instead of one who has not answered", func(ctx context.Context, me *portal.Scope, id string, in approvalInstead) error {
		return me.Reassign(ctx, portal.ApprovalID(id), in.From, in.Person)
	})
	change(s, http.MethodPost, "/api/approvals/{id}/takeover", "take-over-decision", "Decide instead of one who has not answered, as a lead of the client, once that was escalated", func(ctx context.Context, me *portal.Scope, id string, in approvalFrom) error {
		return me.TakeOver(ctx, portal.ApprovalID(id), in.From)
	})
	read(s, "/api/clients/{id}/deputy", "deputy", "Who decides for you at a client, now or on days to come", func(ctx context.Context, me *portal.Scope, id string) (deputyWire, error) {
		all, err := me.Deputies(ctx)
		if err != nil {
			return deputyWire{}, err
		}
		for _, d := range all {
			if d.Client == portal.ClientID(id) {
				return deputyWire{Deputy: d.Deputy, Name: d.Name, From: d.From, To: d.To}, nil
			}
		}
		return deputyWire{}, portal.ErrNotFound
	})
	change(s, http.MethodPut, "/api/clients/{id}/deputy", "name-deputy", "Have a colleague decide for you at a client on some days", func(ctx context.Context, me *portal.Scope, id string, in deputyNamed) error {
		return me.NameDeputy(ctx, portal.Deputy{Client: portal.ClientID(id), Deputy: in.Deputy, From: in.From, To: in.To})
	})
	act(s, http.MethodDelete, "/api/clients/{id}/deputy", "end-deputy", "Decide at a client yourself again", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.EndDeputy(ctx, portal.ClientID(id))
	})
	act(s, http.MethodDelete, "/api/approvals/{id}/decision", "undo-decision", "Take your answer back, within ten minutes", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.UndoBy(ctx, portal.ApprovalID(id), portal.ProofToken)
	})
}
