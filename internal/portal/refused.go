package portal

import (
	"context"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Of one thing so many refused answers of one person in an hour are recorded, so that
// nobody fills the record with them; and once that there were more.
const (
	maxRefused  = 10
	refusedOnce = time.Hour
)

// refused records, in a change of its own, that an answer to an approval, or a
// signature, was not taken because it was to something older, or of who may not give
// it, and returns why. Codes and passwords that are wrong are recorded where they are
// looked at; whoever does not see a thing is not told that it is there, and whoever
// has answered already has only sent it twice.
func (me *Scope) refused(ctx context.Context, subject string, why error) error {
	if why != ErrConflict && why != ErrForbidden || me.in != nil || me.actor.readOnly || me.actor.person == "" {
		return why
	}
	err := me.change(WithRequest(ctx, Request{}), func(t *tx) error {
		h, err := t.refusal(ctx, subject)
		if err != nil {
			return err
		}
		if err := t.lock(ctx, string(h.Client)); err != nil {
			return err
		}
		n, err := t.refusedSince(ctx, subject, db.Micros(db.FromMicros(t.now).Add(-refusedOnce)))
		if err != nil || n > maxRefused || h.Kind == "" {
			t.quiet("it was recorded often enough, or was sent twice")
			return err
		}
		if n == maxRefused {
			h.Kind = MoreRefused
		}
		if h.Details["why"] = "stale"; why == ErrForbidden {
			h.Details["why"] = "forbidden"
		}
		return t.record(ctx, h)
	})
	if err != nil && err != ErrNotFound {
		return err
	}
	return why
}

// refusal is the event of it, as far as the actor sees what it is about; without a
// kind when they have answered already.
func (t *tx) refusal(ctx context.Context, subject string) (h Happening, err error) {
	if strings.HasPrefix(subject, "sgn_") {
		s, err := signoff(ctx, t, SignoffID(subject))
		h = s.happened(AnswerRefused, nil)
		h.Audience, h.Apart = Team, true
		return h, err
	}
	a, err := approval(ctx, t, ApprovalID(subject))
	if err != nil {
		return h, err
	}
	h = a.happened(AnswerRefused, Team, nil)
	h.Apart = true
	people, err := approvalPeople(ctx, t, a.ID)
	for _, x := range people {
		if x.Person == t.me.actor.person && x.decision != "" {
			h.Kind = ""
		}
	}
	return h, err
}
