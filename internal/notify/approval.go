package notify

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/jpeg" // the kinds that previews have
	_ "image/png"
	"slices"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/sentence"
)

// asked is an approval as the reader of the mail sees it now: unwanted when it
// waits for them no longer.
func (n *Notifier) asked(ctx context.Context, l *letter) (portal.Approval, error) {
	me := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly())
	a, err := me.Approval(ctx, portal.ApprovalID(l.mail.Subject))
	if err == nil && !a.MayDecide() {
		err = &portal.Unwanted{Why: "settled"}
	}
	if err != nil {
		return a, err
	}
	l.project, l.about = a.Project, a.ProjectName
	subjects, err := me.ApprovalSubjects(ctx, a.ID)
	if err != nil {
		return a, err
	}
	if a.DueOn != "" {
		l.body.Preheader = l.T("mail.approval.preheader_due", "day", l.Day(a.DueOn, l.now))
		l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.approval.due"), Value: l.Day(a.DueOn, l.now)})
	} else {
		l.body.Preheader = l.T("mail.approval.preheader")
	}
	l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.approval.project"), Value: a.ProjectName})
	for i, s := range subjects {
		if i == filesInMail && len(subjects) > filesInMail+1 {
			l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.approval.file"), Value: l.N("mail.approval.more", len(subjects)-i)})
			break
		}
		l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.approval.file"), Value: l.T("mail.approval.version", "name", s.Name, "n", l.Number(int64(s.Number)))})
	}
	if err := n.answerButton(ctx, l, a); err != nil {
		return a, err
	}
	l.shown(n.pictureOf(ctx, me, subjects))
	people, err := me.ApprovalPeople(ctx, a.ID)
	if err != nil {
		return a, err
	}
	for _, x := range people {
		if x.Person == l.mail.Person && x.For != "" && x.Answer == "" {
			l.also = append(l.also, l.T("mail.approval.for", "name", x.For))
			l.body.After = append(l.body.After, l.T("mail.approval.for", "name", x.For))
		}
	}
	if err := n.discussed(ctx, me, l, aboutOf(a, subjects), a.Team()); err != nil {
		return a, err
	}
	why := "mail.approval.why"
	if a.Advises {
		why = "mail.approval.why_advice"
	}
	l.body.Footer = []string{l.T(why, "project", a.ProjectName, "workspace", l.brand.Name)}
	return a, nil
}

// aboutOf is the one thing that an approval is about; empty when there are several.
func aboutOf(a portal.Approval, subjects []portal.ApprovalSubject) string {
	switch {
	case a.Deliverable != "":
		return string(a.Deliverable)
	case len(subjects) == 1 && !subjects[0].Trashed:
		return string(subjects[0].File)
	}
	return ""
}

// filesInMail are named; of more it is said how many.
const filesInMail = 8

// approval asks somebody to decide, or for advice.
func (n *Notifier) approval(ctx context.Context, l *letter) error {
	a, err := n.asked(ctx, l)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.approval.subject", "project", brief(a.ProjectName), "title", brief(a.Title))
	heading := "mail.approval.heading"
	if a.Advises {
		heading = "mail.approval.heading_advice"
	}
	l.body.Heading = l.T(heading, "who", l.asker(a.AskedBy), "title", a.Title)
	l.said(plain(a.Body))
	return nil
}

// plain is what somebody wrote without the signs of emphasis, which a mail does not
// draw.
func plain(text string) string { return emphasis.Replace(text) }

var emphasis = strings.NewReplacer("**", "", "__", "", "~~", "", "`", "")

// approvalReminder reminds somebody of it.
func (n *Notifier) approvalReminder(ctx context.Context, l *letter) error {
	a, err := n.asked(ctx, l)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.approval_reminder.subject", "project", brief(a.ProjectName), "title", brief(a.Title))
	l.body.Heading = l.T("mail.approval_reminder.heading", "title", a.Title)
	l.said(plain(a.Body))
	return nil
}

// approvalCall asks somebody to confirm what they are noted to have said by phone:
// unwanted once nothing is left to confirm.
func (n *Notifier) approvalCall(ctx context.Context, l *letter) error {
	c, err := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly()).CallToConfirm(ctx, portal.ApprovalID(l.mail.Subject))
	if errors.Is(err, portal.ErrNotFound) {
		return &portal.Unwanted{Why: "settled"}
	}
	if err != nil {
		return err
	}
	a, err := n.asked(ctx, l)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.approval_call.subject", "project", brief(a.ProjectName), "title", brief(a.Title))
	l.body.Heading = l.T("mail.approval_call.heading", "who", l.asker(c.NotedBy), "title", a.Title)
	said := l.T("mail.approval_call."+string(c.Answer), "when", l.Time(c.SaidAt, l.now))
	l.body.Preheader = said
	l.said(said)
	l.said(plain(c.Note))
	if len(c.Changes) > 0 {
		subjects, err := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly()).ApprovalSubjects(ctx, a.ID)
		if err != nil {
			return err
		}
		for _, f := range c.Changes {
			if f.Position <= len(subjects) {
				l.said(sentence.FileChange(l.Book, subjects[f.Position-1].Name, f.Note))
			}
		}
	}
	l.said(l.T("mail.approval_call.text"))
	return nil
}

// approvalEscalated tells somebody who is not asked that nobody has answered:
// unwanted once somebody has, or nobody is asked any more.
func (n *Notifier) approvalEscalated(ctx context.Context, l *letter) error {
	me := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly())
	a, err := me.Approval(ctx, portal.ApprovalID(l.mail.Subject))
	if err == nil && (!a.Asking || a.EscalatedAt.IsZero()) {
		err = &portal.Unwanted{Why: "settled"}
	}
	if err != nil {
		return err
	}
	l.project, l.about = a.Project, a.ProjectName
	names, err := awaited(ctx, me, a.ID)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.approval_escalated.subject", "project", brief(a.ProjectName), "title", brief(a.Title))
	l.body.Heading = l.T("mail.approval_escalated.heading", "title", a.Title)
	who := l.List(names)
	if a.DueOn != "" { // and they are shown the day
		l.body.Paragraphs = []string{l.T("mail.approval_escalated.due", "day", l.Day(a.DueOn, l.now))}
	}
	if a.Team() {
		l.body.Paragraphs = append(l.body.Paragraphs, l.T("mail.approval_escalated.text_team", "names", who))
		l.body.Footer = []string{l.T("mail.approval_escalated.why_team", "workspace", l.brand.Name)}
	} else {
		l.body.Paragraphs = append(l.body.Paragraphs, l.T("mail.approval_escalated.text", "names", who, "client", a.ClientName))
		l.body.Footer = []string{l.T("mail.approval_escalated.why", "client", a.ClientName, "workspace", l.brand.Name)}
	}
	l.body.Preheader = l.body.Paragraphs[0]
	l.body.Facts = []mail.Fact{{Label: l.T("mail.approval.project"), Value: a.ProjectName}}
	n.button(l, l.T("mail.approval_escalated.button"), "/approvals/"+string(a.ID))
	return nil
}

// awaited are the names of those whose answer the present stage waits for, as far
// as the reader is told of them: of a later stage nobody is asked yet.
func awaited(ctx context.Context, me *portal.Scope, id portal.ApprovalID) (names []string, err error) {
	stages, err := me.ApprovalStages(ctx, id)
	if err != nil {
		return nil, err
	}
	people, err := me.ApprovalPeople(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, x := range people {
		present := slices.ContainsFunc(stages, func(g portal.ApprovalStage) bool {
			return g.Number == x.Stage && !g.OpenedAt.IsZero() && g.ClosedAt.IsZero()
		})
		if present && x.Awaited() {
			names = append(names, x.Name)
		}
	}
	return names, nil
}

// answerButton leads to where the approval is answered: without signing in, for
// whom the mail's link was made.
func (n *Notifier) answerButton(ctx context.Context, l *letter, a portal.Approval) error {
	path := "/approvals/" + string(a.ID)
	if !l.open {
		switch token, until, err := n.portal.ApprovalToken(ctx, l.mail.ID); {
		case err != nil:
			return err
		case token != "":
			path = "/decide/" + token
			text := l.T("mail.approval.link", "time", l.Time(until, l.now))
			l.how, l.also, l.body.After = append(l.how, text), append(l.also, text), append(l.body.After, text)
		}
	}
	word := "mail.approval.button"
	if l.mail.Kind == portal.MailApprovalCall {
		word = "mail.approval_call.button"
	}
	n.button(l, l.T(word), path)
	return nil
}

// maxPicture is the size of a picture that a mail takes, in bytes.
const maxPicture = 400 << 10

// pictureOf is a picture of the first of the files that has one, as the mail's
// reader may see it. A mail goes out without it rather than late.
func (n *Notifier) pictureOf(ctx context.Context, me *portal.Scope, subjects []portal.ApprovalSubject) *mail.Picture {
	for _, s := range subjects {
		if s.Trashed || s.Preview != "ready" {
			continue
		}
		if p := n.looksLike(ctx, me, s.Version, s.Name); p != nil {
			return p
		}
	}
	return nil
}

// looksLike is the small picture of a version, nil when there is none.
func (n *Notifier) looksLike(ctx context.Context, me *portal.Scope, id portal.VersionID, name string) *mail.Picture {
	if n.picture == nil {
		return nil
	}
	st, err := me.PreviewOf(ctx, id, "thumb", 0)
	if err != nil || st.Size > maxPicture || st.Type != "image/png" && st.Type != "image/jpeg" {
		return nil
	}
	b, err := n.picture(ctx, st)
	if err != nil {
		n.log.Warn("a picture for a mail", "version", string(id), "error", err.Error())
		return nil
	}
	p := &mail.Picture{Image: mail.Image{Name: "look." + st.Type[len("image/"):], Type: st.Type, Bytes: b}, Alt: name}
	if c, _, err := image.DecodeConfig(bytes.NewReader(b)); err == nil {
		p.Width, p.Height = c.Width, c.Height
	}
	return p
}

// shown has the mail show a picture.
func (l *letter) shown(p *mail.Picture) {
	if p != nil {
		l.body.Picture = p
		l.Images = append(l.Images, p.Image)
	}
}
