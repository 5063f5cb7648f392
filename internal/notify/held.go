package notify

import (
	"cmp"
	"context"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// held tells somebody that what they answered by mail is not posted yet: unwanted
// once nothing of it is held, and for whom the portal is closed.
func (n *Notifier) held(ctx context.Context, l *letter) error {
	mails, err := n.portal.HeldFrom(ctx, l.mail.Person)
	if err != nil {
		return err
	}
	if len(mails) == 0 {
		return &portal.Unwanted{Why: "settled"}
	}
	self, err := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly()).Self(ctx)
	switch {
	case err != nil:
		return err
	case self.Role == "" && len(self.Clients) == 0:
		return &portal.Unwanted{Why: "gone"}
	}
	l.Headers["Auto-Submitted"] = "auto-replied"
	l.Subject = l.T("mail.held.subject", "workspace", brief(l.brand.Name))
	l.body.Heading = l.N("mail.held.heading", len(mails))
	l.body.Paragraphs = []string{l.T("mail.held.text", "workspace", l.brand.Name), l.T("mail.held.portal")}
	l.body.Preheader = l.body.Paragraphs[0]
	l.came(mails)
	n.button(l, l.T("mail.held.button"), "/")
	l.body.Footer = []string{l.T("mail.held.why", "workspace", l.brand.Name)}
	return nil
}

// maxCame is how many mails that came in one of ours names.
const maxCame = 5

// came names mails that came in.
func (l *letter) came(mails []portal.IncomingMail) {
	for _, m := range mails[:min(len(mails), maxCame)] {
		if l.brand.BareMails {
			m.Subject = ""
		}
		l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.held.came"),
			Value: l.T("mail.held.subject_of", "subject", cmp.Or(brief(m.Subject), l.T("incoming.no_subject")), "time", l.Time(m.ReceivedAt, l.now))})
	}
}

// unlooked tells whose mails were held for so long that they were put away, or those
// who administer.
func (n *Notifier) unlooked(ctx context.Context, l *letter) error {
	writer := portal.PersonID(l.mail.Subject)
	mails, err := n.portal.Unlooked(ctx, writer, l.mail.Created)
	if err != nil {
		return err
	}
	if len(mails) == 0 {
		return &portal.Unwanted{Why: "gone"}
	}
	word, path, why := "writer", "/", "mail.held.why"
	if writer == "" {
		word, path, why = "team", "/incoming?state=discarded", "mail.unlooked.why"
	}
	l.Subject = l.T("mail.unlooked.subject."+word, "workspace", brief(l.brand.Name))
	l.body.Heading = l.N("mail.unlooked.heading."+word, len(mails))
	l.body.Paragraphs = []string{l.T("mail.unlooked.text."+word, "workspace", l.brand.Name)}
	l.body.Preheader = l.body.Paragraphs[0]
	l.came(mails)
	button := "mail.held.button"
	if writer == "" {
		button = "mail.unlooked.button"
	}
	n.button(l, l.T(button), path)
	l.body.Footer = []string{l.T(why, "workspace", l.brand.Name)}
	return nil
}
