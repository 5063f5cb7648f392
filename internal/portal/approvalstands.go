package portal

import (
	"context"
	"slices"
	"time"
)

// EarlierApproval is what somebody approved, of which they are asked again now that
// something newer has come.
type EarlierApproval struct {
	Approval ApprovalID
	Decision DecisionID
	At       time.Time
	Files    []FileSince // all that are decided on now
	Was, Is  *About      // what the deliverable said, and says; nil: it is about files alone
}

// TextChanged reports whether the deliverable says something else.
func (e EarlierApproval) TextChanged() bool { return e.Is != nil && len(e.Was.others(e.Is)) > 0 }

// FilesChanged reports whether there are other versions.
func (e EarlierApproval) FilesChanged() bool { return slices.ContainsFunc(e.Files, FileSince.Changed) }

// FileSince is a file as it was approved, and as it is to be approved now.
type FileSince struct{ Was, Is ApprovalSubject }

// Changed reports whether it is another version.
func (f FileSince) Changed() bool { return f.Was.Version != f.Is.Version }

// ApprovedBefore returns what the actor approved themself before it was asked again,
// with other versions of the same files, or another text of the same deliverable: they
// can say that it still stands. ErrNotFound when their decision is not awaited, when
// their last answer was no approval, and when there is more in it now than that.
func (me *Scope) ApprovedBefore(ctx context.Context, a Approval) (EarlierApproval, error) {
	return approvedBefore(ctx, me, a, me.actor.person)
}

func approvedBefore(ctx context.Context, r reader, a Approval, who PersonID) (EarlierApproval, error) {
	none := EarlierApproval{}
	if a.Team() || !a.Waits {
		return none, ErrNotFound
	}
	for id := a.Previous; id != ""; {
		was, err := approval(ctx, r, id)
		if err != nil {
			return none, err
		}
		people, err := approvalPeople(ctx, r, id)
		if err != nil {
			return none, err
		}
		var mine ApprovalPerson
		for _, x := range people {
			if x.Person == who && !x.Adviser && x.decision != "" && !x.AnsweredAt.Before(mine.AnsweredAt) {
				mine = x
			}
		}
		switch {
		case mine.decision == "":
			id = was.Previous
			continue
		case !mine.Answer.approves():
			return none, ErrNotFound
		}
		e := EarlierApproval{Approval: id, Decision: mine.decision, At: mine.AnsweredAt}
		if e.Files, err = filesSince(ctx, r, id, a.ID); err != nil {
			return none, err
		}
		if a.Deliverable != "" {
			if e.Was, e.Is, err = textSince(ctx, r, was, a); err != nil {
				return none, err
			}
		}
		if !e.TextChanged() && !e.FilesChanged() {
			return none, ErrNotFound
		}
		return e, nil
	}
	return none, ErrNotFound
}

// filesSince sets what is decided on against what was; ErrNotFound when there is a
// file that was not in it.
func filesSince(ctx context.Context, r reader, was, is ApprovalID) (all []FileSince, err error) {
	subjects, err := approvalSubjects(ctx, r, was, is)
	if err != nil {
		return nil, err
	}
	for _, s := range subjects {
		if s.Approval != is {
			continue
		}
		i := slices.IndexFunc(subjects, func(o ApprovalSubject) bool { return o.Approval == was && o.File == s.File })
		if i < 0 {
			return nil, ErrNotFound
		}
		all = append(all, FileSince{Was: subjects[i], Is: s})
	}
	return all, nil
}

// textSince is what a deliverable said when it was approved, and what it says as it is
// asked again; ErrNotFound when that was another, or from before it was kept.
func textSince(ctx context.Context, r reader, was, is Approval) (then, now *About, err error) {
	if was.Deliverable != is.Deliverable {
		return nil, nil, ErrNotFound
	}
	if then, err = aboutOf(ctx, r, was.ID); err != nil {
		return nil, nil, err
	}
	if now, err = aboutOf(ctx, r, is.ID); err == nil && (then == nil || now == nil) {
		err = ErrNotFound
	}
	return then, now, err
}
