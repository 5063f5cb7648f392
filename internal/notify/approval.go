package notify

import (
	"context"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
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
	n.button(l, l.T("mail.approval.button"), "/approvals/"+string(a.ID))
	why := "mail.approval.why"
	if a.Advises {
		why = "mail.approval.why_advice"
	}
	l.body.Footer = []string{l.T(why, "project", a.ProjectName, "workspace", l.brand.Name)}
	return a, nil
}

// filesInMail are named; of more it is said how many.
const filesInMail = 8

// approval asks somebody to decide, or for advice. A person sends the mail, so it
// is not marked as automatic.
func (n *Notifier) approval(ctx context.Context, l *letter) error {
	a, err := n.asked(ctx, l)
	if err != nil {
		return err
	}
	l.Headers = nil
	who := l.brand.Name
	if a.AskedBy != "" {
		l.From.Name = l.T("mail.from", "who", brief(a.AskedBy), "workspace", brief(l.brand.Name))
		who = a.AskedBy
	}
	l.Subject = l.T("mail.approval.subject", "project", brief(a.ProjectName), "title", brief(a.Title))
	heading := "mail.approval.heading"
	if a.Advises {
		heading = "mail.approval.heading_advice"
	}
	l.body.Heading = l.T(heading, "who", who, "title", a.Title)
	l.said(a.Body)
	return nil
}

// approvalReminder reminds somebody of it.
func (n *Notifier) approvalReminder(ctx context.Context, l *letter) error {
	a, err := n.asked(ctx, l)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.approval_reminder.subject", "project", brief(a.ProjectName), "title", brief(a.Title))
	l.body.Heading = l.T("mail.approval_reminder.heading", "title", a.Title)
	l.said(a.Body)
	return nil
}
