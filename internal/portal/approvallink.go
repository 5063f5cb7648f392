package portal

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// answerLinkLife is how long a mailed link to an approval works at most. Reminders
// bring another.
const answerLinkLife = 14 * 24 * time.Hour

// linkApproval makes the link with which the reader of a mail answers an approval
// without signing in: for the client's people alone, as the team's pages know more.
// For others the mail leads to the page behind the door.
func (p *Portal) linkApproval(ctx context.Context, d *db.Tx, mail MailID, person PersonID, id ApprovalID) error {
	now := p.now()
	token := p.accounts.TokenHash(p.accounts.Token(account.PurposeApproval, string(mail)))
	return putApprovalLink(ctx, d, mail, token, id, person, db.Micros(now), db.Micros(now.Add(answerLinkLife)))
}

// An AnswerState is what a mailed link to an approval is still good for.
type AnswerState string

// The states.
const (
	AnswerAwaited   AnswerState = "awaited"
	AnswerGiven     AnswerState = "given"     // by its person: nothing is left to do with it
	AnswerOver      AnswerState = "over"      // nobody asks any more, or not this person
	AnswerElsewhere AnswerState = "elsewhere" // somebody else is asked instead
	AnswerExpired   AnswerState = "expired"   // the link alone; who signs in can still answer
)

// ApprovalLink is what whoever holds a mailed link to an approval can do: look at
// that one approval, and answer it, as the person whom it was mailed to. What they
// see is what that person sees now, and nothing but what it has methods for.
type ApprovalLink struct {
	State     AnswerState
	Approval  Approval
	Person    PersonID
	ExpiresAt time.Time

	me   *Scope
	mail MailID
	told time.Time // when it was mailed to have a call confirmed; zero: it was not
	step int
	mine ApprovalPerson
}

// OpenApprovalLink finds the link of a token. It is ErrNotFound for every token
// that leads nowhere, whatever the reason: unknown, of somebody who cannot sign in
// any more or has another address by now, or does not see the approval.
func (p *Portal) OpenApprovalLink(ctx context.Context, token string) (*ApprovalLink, error) {
	if len(token) > 100 || !strings.HasPrefix(token, "vt_"+account.PurposeApproval+"_") {
		return nil, ErrNotFound
	}
	l, id, err := p.approvalLink(ctx, p.accounts.TokenHash(token))
	if err != nil {
		return nil, err
	}
	l.me = p.As(PersonActor(l.Person))
	if l.Approval, err = l.me.Approval(ctx, id); err != nil {
		return nil, err
	}
	if l.Approval.Team() {
		return nil, ErrNotFound
	}
	stages, err := l.me.ApprovalStages(ctx, id)
	if err != nil {
		return nil, err
	}
	people, err := l.me.ApprovalPeople(ctx, id)
	if err != nil {
		return nil, err
	}
	mine := slices.IndexFunc(people, func(x ApprovalPerson) bool { return x.Stage == l.step && x.Person == l.Person })
	present := slices.ContainsFunc(stages, func(g ApprovalStage) bool { return g.Number == l.step && !g.OpenedAt.IsZero() && g.ClosedAt.IsZero() })
	l.State = AnswerOver
	if mine < 0 {
		return l, nil
	}
	switch l.mine = people[mine]; {
	case l.mine.Answer != "":
		l.State = AnswerGiven
	case present && l.Approval.Asking && l.mine.GivenTo != "":
		l.State = AnswerElsewhere
	case !present || !l.Approval.MayDecide():
	case !p.now().Before(l.ExpiresAt):
		l.State = AnswerExpired
	default:
		l.State = AnswerAwaited
	}
	return l, nil
}

// ApprovalToken is the token of the link in a mail, while its reader can answer
// with it; empty when the mail has none that still works.
func (p *Portal) ApprovalToken(ctx context.Context, mail MailID) (token string, until time.Time, err error) {
	token = p.accounts.Token(account.PurposeApproval, string(mail))
	switch l, err := p.OpenApprovalLink(ctx, token); {
	case err == ErrNotFound:
		return "", until, nil
	case err != nil:
		return "", until, err
	case l.State == AnswerAwaited:
		return token, l.ExpiresAt, nil
	}
	return "", until, nil
}

// Mine is what the link's person was asked, and answered.
func (l *ApprovalLink) Mine() ApprovalPerson { return l.mine }

// AskedOf is all that the page of a mailed link shows of its approval.
type AskedOf struct {
	Subjects    []ApprovalSubject
	Stages      []ApprovalStage
	People      []ApprovalPerson
	Verdicts    []Verdict
	Deliverable *Deliverable
	About       *About            // what it said when it was asked
	Call        ApprovalCall      // that the link's person can confirm; the zero one: none
	Remarks     int               // open comments on it
	Unsent      map[VersionID]int // comments of the link's person that are not sent yet
	Earlier     EarlierApproval   // of the link's person, which can still stand; the zero one: none
}

// Asked returns what is decided on. Who is asked, what they said and what it links
// to is for the link's person where they are known: a mail that is forwarded tells
// of none of it, but of the call that it is to have confirmed, which is in the mail.
func (l *ApprovalLink) Asked(ctx context.Context, known bool) (a AskedOf, err error) {
	id := l.Approval.ID
	if a.Subjects, err = l.me.ApprovalSubjects(ctx, id); err != nil {
		return a, err
	}
	if l.Approval.Deliverable != "" {
		d, err := l.me.Deliverable(ctx, l.Approval.Deliverable)
		if err != nil {
			return a, err
		}
		a.Deliverable = &d
		was, is, err := l.me.ApprovalAbout(ctx, l.Approval)
		if err != nil {
			return a, err
		}
		a.About = cmp.Or(was, is)
	}
	if known || !l.told.IsZero() {
		if a.Call, err = l.me.CallToConfirm(ctx, id); err != nil && err != ErrNotFound {
			return a, err
		}
	}
	if !known && a.Call.NotedAt.After(l.told) { // another, with a mail of its own
		a.Call = ApprovalCall{}
	}
	if known || a.Call.ID != "" {
		if a.Remarks, err = l.me.ApprovalRemarks(ctx, l.Approval); err != nil {
			return a, err
		}
	}
	if !known {
		return a, nil
	}
	if a.Stages, err = l.me.ApprovalStages(ctx, id); err != nil {
		return a, err
	}
	if a.People, err = l.me.ApprovalPeople(ctx, id); err != nil {
		return a, err
	}
	if a.Unsent, err = l.me.UnsentOf(ctx, a.Subjects); err != nil {
		return a, err
	}
	if a.Earlier, err = l.me.ApprovedBefore(ctx, l.Approval); err != nil && err != ErrNotFound {
		return a, err
	}
	a.Verdicts, err = l.me.Verdicts(ctx, id)
	return a, err
}

// Seen notes that the link's person has looked at what is asked, while their answer
// is awaited.
func (l *ApprovalLink) Seen(ctx context.Context) error {
	if l.State != AnswerAwaited {
		return nil
	}
	return l.me.MarkSeen(ctx, ItemID(l.Approval.ID))
}

// LinkPages is how many pages of a document the page of a mailed link shows.
const LinkPages = 30

// Picture hands out what was made to look at one of the files that are decided on,
// while the answer is awaited. The file itself is for those who sign in.
func (l *ApprovalLink) Picture(ctx context.Context, position int, kind string, page int) (Stored, error) {
	if l.State != AnswerAwaited || page > LinkPages {
		return Stored{}, ErrNotFound
	}
	subjects, err := l.me.ApprovalSubjects(ctx, l.Approval.ID)
	if err != nil {
		return Stored{}, err
	}
	i := slices.IndexFunc(subjects, func(s ApprovalSubject) bool { return s.Position == position && !s.Trashed })
	if i < 0 {
		return Stored{}, ErrNotFound
	}
	return l.me.PreviewOf(ctx, subjects[i].Version, kind, page)
}

// Check says what Decide would, before the person is asked for more proof.
func (l *ApprovalLink) Check(ctx context.Context, in ApprovalAnswer) error {
	if err := in.noted(ctx, l.me, l.Approval.ID); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	if l.State != AnswerAwaited || in.Content != l.Approval.Content {
		return l.me.refused(ctx, string(l.Approval.ID), ErrConflict)
	}
	files, err := l.me.ApprovalSubjects(ctx, l.Approval.ID)
	if err != nil {
		return err
	}
	return in.fits(ctx, l.me, l.Approval, files)
}

// Decide answers as the link's person, in the stage that they were asked in. What
// the answer needs is that of Scope.Decide, and all of it is looked at again.
func (l *ApprovalLink) Decide(ctx context.Context, in ApprovalAnswer) error {
	switch {
	case in.Proof != ProofMail && in.Proof != ProofCode:
		return ErrForbidden
	case l.State != AnswerAwaited:
		return l.me.refused(ctx, string(l.Approval.ID), ErrConflict)
	}
	in.stage = l.step
	return l.me.Decide(ctx, l.Approval.ID, in)
}

// CheckDeny says what Deny would, as Check.
func (l *ApprovalLink) CheckDeny(ctx context.Context, call CallID) error {
	if l.State != AnswerAwaited {
		return ErrConflict
	}
	_, err := callAbout(ctx, l.me, l.Approval.ID, call)
	return err
}

// Deny says as the link's person that what they are noted to have said by phone was
// different. It is for a browser in which they are known, or with a code.
func (l *ApprovalLink) Deny(ctx context.Context, call CallID, reply string) error {
	if l.State != AnswerAwaited {
		return ErrConflict
	}
	return l.me.DenyCall(ctx, l.Approval.ID, call, reply)
}

// What was done with a link in a browser, so that it can be taken back there.
const answeredHere = "approval link: answered"

// Pass is proof that the answer that stands was given here: it lets the same
// browser take it back. Empty when there is none.
func (l *ApprovalLink) Pass() string {
	if l.State != AnswerGiven {
		return ""
	}
	return l.me.p.prove(answeredHere, l.answer(), undoFor)
}

func (l *ApprovalLink) answer() string {
	return string(l.mail) + " " + strconv.FormatInt(l.mine.AnsweredAt.UnixMicro(), 10)
}

// Passed reports whether a browser has the Pass of the answer that stands.
func (l *ApprovalLink) Passed(pass string) bool {
	return l.State == AnswerGiven && l.me.p.proved(answeredHere, l.answer(), pass)
}

// MayUndo is until when the answer can be taken back, by whom Passed.
func (l *ApprovalLink) MayUndo(ctx context.Context) (time.Time, error) {
	return l.me.MayUndo(ctx, l.Approval)
}

// Undo takes the answer back in the browser in which it was given, which is proof
// of the same kind.
func (l *ApprovalLink) Undo(ctx context.Context, pass string) error {
	if !l.Passed(pass) {
		return ErrForbidden
	}
	return l.me.UndoBy(ctx, l.Approval.ID, l.mine.Proof)
}

// ForgetLinks removes mailed links that have been over for long.
func (p *Portal) ForgetLinks(ctx context.Context) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		_, err := d.Exec(ctx, `DELETE FROM approval_links WHERE expires_at < $1`, db.Micros(p.now().Add(-answerLinkLife)))
		return err
	})
}
