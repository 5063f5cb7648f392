package notify

import (
	"context"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// signoff asks one of the client's people to accept something for good. A person
// sends the mail, so it is not marked as automatic.
func (n *Notifier) signoff(ctx context.Context, l *letter) error {
	s, err := n.toSign(ctx, l)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.signoff.subject", "project", brief(s.ProjectName), "title", brief(s.Title))
	l.body.Heading = l.T("mail.signoff.heading", "who", l.asker(s.AskedBy), "title", s.Title)
	return nil
}

// signoffReminder reminds one of them of it.
func (n *Notifier) signoffReminder(ctx context.Context, l *letter) error {
	s, err := n.toSign(ctx, l)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.signoff_reminder.subject", "project", brief(s.ProjectName), "title", brief(s.Title))
	l.body.Heading = l.T("mail.signoff_reminder.heading", "title", s.Title)
	return nil
}

// toSign is a sign-off as the reader of the mail sees it now: unwanted when it waits
// for them no longer.
func (n *Notifier) toSign(ctx context.Context, l *letter) (portal.Signoff, error) {
	me := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly())
	s, err := me.Signoff(ctx, portal.SignoffID(l.mail.Subject))
	if err == nil && !s.MaySign() {
		err = &portal.Unwanted{Why: "settled"}
	}
	if err != nil {
		return s, err
	}
	l.project, l.about = s.Project, s.ProjectName
	l.body.Preheader = l.T("mail.signoff.preheader")
	if s.DueOn != "" {
		l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.approval.due"), Value: l.Day(s.DueOn, l.now)})
	}
	l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.approval.project"), Value: s.ProjectName})
	n.button(l, l.T("mail.signoff.button"), "/signoffs/"+string(s.ID))
	l.body.Footer = []string{l.T("mail.signoff.why", "project", s.ProjectName, "workspace", l.brand.Name)}
	l.said(s.Statement)
	return s, n.discussed(ctx, me, l, s.Subject, false)
}

// signoffEscalated tells whoever asked, and who leads at the client, that nobody has
// signed: unwanted once somebody has, or nobody is asked any more.
func (n *Notifier) signoffEscalated(ctx context.Context, l *letter) error {
	s, err := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly()).Signoff(ctx, portal.SignoffID(l.mail.Subject))
	if err == nil && (s.State != portal.SignoffOpen || s.EscalatedAt.IsZero()) {
		err = &portal.Unwanted{Why: "settled"}
	}
	if err != nil {
		return err
	}
	l.project, l.about = s.Project, s.ProjectName
	l.Subject = l.T("mail.signoff_escalated.subject", "project", brief(s.ProjectName), "title", brief(s.Title))
	l.body.Heading = l.T("mail.signoff_escalated.heading", "title", s.Title)
	if s.DueOn != "" { // and they are shown the day
		l.body.Paragraphs = []string{l.T("mail.approval_escalated.due", "day", l.Day(s.DueOn, l.now))}
	}
	if s.Team() {
		l.body.Paragraphs = append(l.body.Paragraphs, l.T("mail.signoff_escalated.text_team", "client", s.ClientName))
		l.body.Footer = []string{l.T("mail.approval_escalated.why_team", "workspace", l.brand.Name)}
	} else {
		l.body.Paragraphs = append(l.body.Paragraphs, l.T("mail.signoff_escalated.text", "client", s.ClientName))
		l.body.Footer = []string{l.T("mail.approval_escalated.why", "client", s.ClientName, "workspace", l.brand.Name)}
	}
	l.body.Preheader = l.body.Paragraphs[0]
	l.body.Facts = []mail.Fact{{Label: l.T("mail.approval.project"), Value: s.ProjectName}}
	n.button(l, l.T("mail.approval_escalated.button"), "/signoffs/"+string(s.ID))
	return nil
}

// dailyHead tells an owner how far the record was at the end of a day. The hash is
// what counts: kept outside the portal, it shows that nothing before was altered.
func (n *Notifier) dailyHead(ctx context.Context, l *letter) error {
	h, err := n.portal.DailyHead(ctx, l.mail.Subject)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.daily_head.subject", "workspace", brief(l.brand.Name), "day", l.Day(h.Day, l.now))
	l.body.Heading = l.T("mail.daily_head.heading", "day", l.Day(h.Day, l.now))
	l.body.Preheader = l.T("mail.daily_head.preheader")
	l.body.Paragraphs = []string{l.T("mail.daily_head.text")}
	l.body.Facts = []mail.Fact{{Label: l.T("mail.daily_head.hash"), Value: h.Digest}, {Label: l.T("mail.daily_head.events"), Value: l.Number(int64(h.Events))}}
	if h.Signature != "" {
		l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.daily_head.signature"), Value: h.Signature})
	}
	l.body.Footer = []string{l.T("mail.daily_head.why", "workspace", l.brand.Name)}
	return nil
}
