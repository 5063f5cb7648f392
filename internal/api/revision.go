package api

import (
	"context"
	"net/http"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type revisionRequest struct {
	ID        portal.RevisionID `json:"id" doc:"The revision request."`
	Project   portal.ProjectID  `json:"project" doc:"The project it is in."`
	Approval  portal.ApprovalID `json:"approval,omitempty" doc:"The approval in which it was asked for; absent of one beside approvals."`
	Version   portal.VersionID  `json:"version,omitempty" doc:"The version that it is about; absent of one in an approval."`
	Title     string            `json:"title" doc:"What it is about, as it was called then."`
	Round     int               `json:"round" doc:"Which round it is."`
	Rounds    int               `json:"rounds,omitempty" doc:"How many are included; absent where nothing was said of that."`
	Points    int               `json:"points" doc:"How many changes are asked for."`
	Done      int               `json:"done" doc:"Of them those that are done,"`
	Open      int               `json:"open" doc:"that are with the team,"`
	Unclear   int               `json:"unclear" doc:"about which the team has a question,"`
	Offered   int               `json:"offered" doc:"and whose price waits to be accepted."`
	Turn      portal.Side       `json:"turn,omitempty" enum:"team,client" doc:"Who has to act; absent when nobody has to."`
	Withdrawn bool              `json:"withdrawn,omitempty" doc:"The answer that it came of was taken back."`
	By        string            `json:"by,omitempty" doc:"Who asked; absent where you are not shown names of the team."`
	CreatedAt time.Time         `json:"created_at" doc:"When."`
}

func revisionWire(r portal.Revision) revisionRequest {
	return revisionRequest{ID: r.ID, Project: r.Project, Approval: r.Approval, Version: r.Version, Title: r.Title, Round: r.Round, Rounds: r.Rounds, Points: r.Points, Done: r.Made, Open: r.Open,
		Unclear: r.Unclear, Offered: r.Offered, Turn: r.Turn, Withdrawn: r.Withdrawn, By: r.By, CreatedAt: r.CreatedAt.UTC()}
}

type price struct {
	Amount   int64  `json:"amount" minimum:"1" doc:"In the smallest unit of the currency."`
	Currency string `json:"currency" maxLength:"3" doc:"ISO 4217, such as EUR."`
}

type revisionChange struct {
	ID         portal.ChangeID    `json:"id" doc:"The change."`
	Number     int                `json:"number" doc:"Which of its list, from 1."`
	Body       string             `json:"body" doc:"What is to be changed."`
	File       portal.FileID      `json:"file,omitempty" doc:"The file that it is about, where it is one."`
	Version    portal.VersionID   `json:"version,omitempty" doc:"And its version."`
	Comments   portal.ThreadID    `json:"comments,omitempty" doc:"The comments that it was made of."`
	Place      *placed            `json:"place,omitempty" doc:"Where on the version; absent for all of it."`
	State      portal.ChangeState `json:"state" enum:"open,done,refused,unclear" doc:"What became of it; unclear while the team has a question."`
	StateAt    time.Time          `json:"state_at" doc:"Since when."`
	StateBy    string             `json:"state_by,omitempty" doc:"By whom; absent where you are not shown names of the team."`
	Reason     string             `json:"reason,omitempty" doc:"Why it is refused, or the question."`
	Clarified  string             `json:"clarified,omitempty" doc:"The client's answer to the question."`
	DoneIn     portal.VersionID   `json:"done_in,omitempty" doc:"The version that answers it."`
	OutOfScope bool               `json:"out_of_scope,omitempty" doc:"It is not part of what was agreed on."`
	Price      *price             `json:"price,omitempty" doc:"What it costs then."`
	Offer      portal.OfferState  `json:"offer,omitempty" enum:"offered,accepted,declined" doc:"What the client says to the price."`
	Turn       portal.Side        `json:"turn,omitempty" enum:"team,client" doc:"Who has to act; absent when nobody has to."`
	Revision   int64              `json:"revision" doc:"Send it back with an answer."`
}

func (s *server) changeWire(c portal.Change) revisionChange {
	w := revisionChange{ID: c.ID, Number: c.Number, Body: c.Body, File: c.File, Version: c.Version, Comments: c.Thread, Place: s.placeWire(c.Place), State: c.State, StateAt: c.StateAt.UTC(), StateBy: c.StateBy,
		Reason: c.Reason, Clarified: c.Clarified, DoneIn: c.Done, OutOfScope: c.OutOfScope, Offer: c.Offer, Turn: c.With(), Revision: c.Count}
	if c.Price > 0 {
		w.Price = &price{c.Price, c.Currency}
	}
	return w
}

type newRevision struct {
	Comments []portal.ThreadID `json:"comments,omitempty" maxItems:"200" doc:"Open comments of the client's on the version."`
	Points   []string          `json:"points,omitempty" maxItems:"200" doc:"What else is to be changed."`
}

type changeDone struct {
	Version  portal.VersionID `json:"version,omitempty" maxLength:"64" doc:"The version that answers it, which the client sees; without, none."`
	Revision int64            `json:"revision" doc:"As it was looked at."`
}

type changeReason struct {
	Reason   string `json:"reason" doc:"The question, or why it is not made; the client reads it."`
	Revision int64  `json:"revision" doc:"As it was looked at."`
}

type changePrice struct {
	Amount   int64  `json:"amount" minimum:"1" doc:"In the smallest unit of the currency."`
	Currency string `json:"currency" maxLength:"3" doc:"ISO 4217, such as EUR."`
	Revision int64  `json:"revision" doc:"As it was looked at."`
}

type clarification struct {
	Answer   string `json:"answer" doc:"What is meant."`
	Revision int64  `json:"revision" doc:"As it was looked at."`
}

func (s *server) revisionRequests() {
	readAll(s, "/api/projects/{id}/revisions", "list-revisions", "What the client asked to be changed, newest first", func(ctx context.Context, me *portal.Scope, q *inProject) ([]portal.Revision, string, error) {
		p, err := me.Project(ctx, portal.ProjectID(q.ID))
		switch {
		case err != nil:
			return nil, "", err
		case !p.Sections.Has(portal.SectionApprovals):
			return nil, "", portal.ErrNotFound
		}
		return me.ProjectRevisions(ctx, p.ID, q.portal())
	}, revisionWire)
	create(s, "/api/versions/{id}/revision", "request-revision", "Make a numbered list of changes of comments on a version", func(ctx context.Context, me *portal.Scope, id string, in newRevision) (portal.RevisionID, error) {
		return me.RequestRevision(ctx, portal.VersionID(id), portal.NewRevision{Threads: in.Comments, Points: in.Points})
	})
	read(s, "/api/revisions/{id}", "revision", "A revision request", func(ctx context.Context, me *portal.Scope, id string) (revisionRequest, error) {
		r, err := me.Revision(ctx, portal.RevisionID(id))
		return revisionWire(r), err
	})
	readAll(s, "/api/revisions/{id}/changes", "list-changes", "Its changes, and what became of each", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.Change, string, error) {
		if _, err := me.Revision(ctx, portal.RevisionID(q.ID)); err != nil {
			return nil, "", err
		}
		all, err := me.Changes(ctx, portal.RevisionID(q.ID))
		return all, "", err
	}, s.changeWire)
	change(s, http.MethodPost, "/api/changes/{id}/done", "make-change", "Say that a change is done, and in which version", func(ctx context.Context, me *portal.Scope, id string, in changeDone) error {
		return me.MakeChange(ctx, portal.ChangeID(id), in.Version, in.Revision)
	})
	change(s, http.MethodPost, "/api/changes/{id}/refused", "refuse-change", "Say that a change is not going to be made, and why", func(ctx context.Context, me *portal.Scope, id string, in changeReason) error {
		return me.RefuseChange(ctx, portal.ChangeID(id), in.Reason, in.Revision)
	})
	change(s, http.MethodPost, "/api/changes/{id}/question", "ask-about-change", "Ask the client what a change means", func(ctx context.Context, me *portal.Scope, id string, in changeReason) error {
		return me.AskAboutChange(ctx, portal.ChangeID(id), in.Reason, in.Revision)
	})
	change(s, http.MethodPost, "/api/changes/{id}/reopened", "reopen-change", "Take the team's answer to a change back", func(ctx context.Context, me *portal.Scope, id string, in revision) error {
		return me.ReopenChange(ctx, portal.ChangeID(id), in.Revision)
	})
	change(s, http.MethodPost, "/api/changes/{id}/price", "price-change", "Say that a change is out of scope, and what it costs", func(ctx context.Context, me *portal.Scope, id string, in changePrice) error {
		return me.PriceChange(ctx, portal.ChangeID(id), portal.Price{Amount: in.Amount, Currency: in.Currency}, in.Revision)
	})
	change(s, http.MethodPost, "/api/changes/{id}/clarified", "clarify-change", "Answer the question about a change, as the client", func(ctx context.Context, me *portal.Scope, id string, in clarification) error {
		return me.ClarifyChange(ctx, portal.ChangeID(id), in.Answer, in.Revision)
	})
	change(s, http.MethodPost, "/api/changes/{id}/price/accepted", "accept-price", "Accept the price of a change as it was looked at, as the client", func(ctx context.Context, me *portal.Scope, id string, in price) error {
		return me.AcceptPrice(ctx, portal.ChangeID(id), portal.Price(in))
	})
	change(s, http.MethodPost, "/api/changes/{id}/price/declined", "decline-price", "Decline it: the change is not made", func(ctx context.Context, me *portal.Scope, id string, in price) error {
		return me.DeclinePrice(ctx, portal.ChangeID(id), portal.Price(in))
	})
}
