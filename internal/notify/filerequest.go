package notify

import (
	"context"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// requested is a file request as the reader of the mail sees it now. What one of
// the client's people is mailed is unwanted when it waits for them no longer.
func (n *Notifier) requested(ctx context.Context, l *letter, while ...portal.RequestState) (portal.FileRequest, error) {
	me := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly())
	q, err := me.FileRequest(ctx, portal.FileRequestID(l.mail.Subject))
	if err != nil {
		return q, err
	}
	l.project, l.about = q.Project, q.ProjectName
	waits := q.Team() && q.Can(portal.Contribute)
	if !q.Team() {
		if waits, err = me.WaitsForMe(ctx, q.ID); err != nil {
			return q, err
		}
	}
	for _, state := range while {
		if waits && q.State == state {
			return q, nil
		}
	}
	return q, &portal.Unwanted{Why: "settled"}
}

// asker is who asks, as the reader may know them; without a name the workspace. A
// person sends the mail, so it is not marked as automatic.
func (l *letter) asker(name string) string {
	l.Headers = nil
	if name == "" {
		return l.brand.Name
	}
	l.from(name)
	return name
}

// from has a mail come from whoever wrote it; from the workspace, where that is who
// its reader knows.
func (l *letter) from(who string) {
	if who != "" && who != l.brand.Name {
		l.From.Name = l.T("mail.from", "who", brief(who), "workspace", brief(l.brand.Name))
	}
}

// forClient writes what all mails to the client's people about a request say.
func (n *Notifier) forClient(l *letter, q portal.FileRequest) {
	if q.DueOn != "" {
		l.body.Preheader = l.T("mail.request.preheader_due", "day", l.Day(q.DueOn, l.now))
		l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.request.due"), Value: l.Day(q.DueOn, l.now)})
	} else {
		l.body.Preheader = l.T("mail.request.preheader")
	}
	l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.request.project"), Value: q.ProjectName})
	if q.ExampleName != "" {
		l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.request.example"), Value: q.ExampleName})
	}
	n.button(l, l.T("mail.request.button"), "/requests/"+string(q.ID))
	l.body.Footer = []string{l.T("mail.request.why", "project", q.ProjectName, "workspace", l.brand.Name)}
}

// said adds what somebody has written, a paragraph for each of its lines.
func (l *letter) said(text string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			l.body.Paragraphs = append(l.body.Paragraphs, line)
		}
	}
}

// fileRequest tells the client's people what the team needs.
func (n *Notifier) fileRequest(ctx context.Context, l *letter) error {
	q, err := n.requested(ctx, l, portal.RequestOpen)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.file_request.subject", "project", brief(q.ProjectName), "title", brief(q.Title))
	l.body.Heading = l.T("mail.file_request.heading", "who", l.asker(q.AskedBy), "title", q.Title)
	n.forClient(l, q)
	l.said(q.Body)
	return nil
}

// fileRequestReminder reminds them of it.
func (n *Notifier) fileRequestReminder(ctx context.Context, l *letter) error {
	q, err := n.requested(ctx, l, portal.RequestOpen, portal.RequestRefused)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.file_request_reminder.subject", "project", brief(q.ProjectName), "title", brief(q.Title))
	l.body.Heading = l.T("mail.file_request_reminder.heading", "title", q.Title)
	n.forClient(l, q)
	if q.State == portal.RequestRefused {
		l.said(q.Reason)
	} else {
		l.said(q.Body)
	}
	l.body.After = []string{l.T("mail.file_request_reminder.after")}
	return nil
}

// fileRequestRefused tells them why what they sent does not do.
func (n *Notifier) fileRequestRefused(ctx context.Context, l *letter) error {
	q, err := n.requested(ctx, l, portal.RequestRefused)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.file_request_refused.subject", "project", brief(q.ProjectName), "title", brief(q.Title))
	l.body.Heading = l.T("mail.file_request_refused.heading", "who", l.asker(q.AskedBy), "title", q.Title)
	n.forClient(l, q)
	l.said(q.Reason)
	return nil
}

// fileRequestAnswered tells who asked that files are there.
func (n *Notifier) fileRequestAnswered(ctx context.Context, l *letter) error {
	q, err := n.requested(ctx, l, portal.RequestAnswered)
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.file_request_answered.subject", "project", brief(q.ProjectName), "title", brief(q.Title))
	l.body.Heading = l.T("mail.file_request_answered.heading", "who", q.StateBy, "title", q.Title)
	l.body.Preheader = l.T("mail.file_request_answered.preheader", "client", q.ClientName)
	l.body.Paragraphs = []string{l.N("mail.file_request_answered.files", q.Files)}
	l.body.Facts = []mail.Fact{{Label: l.T("mail.request.project"), Value: q.ClientName + " · " + q.ProjectName}}
	n.button(l, l.T("mail.file_request_answered.button"), "/requests/"+string(q.ID))
	l.body.Footer = []string{l.T("mail.file_request_answered.why")}
	return nil
}
