package notify

import (
	"context"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// draftsShared tells somebody who leads what colleagues share with them and have
// not sent: unwanted once it was sent, or taken back. It says nothing of what they
// wrote.
func (n *Notifier) draftsShared(ctx context.Context, l *letter) error {
	me := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly())
	all, err := me.SharedOn(ctx, portal.FileID(l.mail.Subject))
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return &portal.Unwanted{Why: "settled"}
	}
	var names []string
	for _, u := range all {
		if !slices.Contains(names, u.AuthorName) {
			names = append(names, u.AuthorName)
		}
	}
	v, err := me.Version(ctx, all[0].Version)
	if err != nil {
		return err
	}
	p, err := me.Project(ctx, v.Project)
	if err != nil {
		return err
	}
	l.project, l.about = p.ID, p.Name
	l.Subject = l.T("mail.drafts_shared.subject", "project", brief(p.Name), "file", brief(v.FileName))
	l.body.Heading = l.N("mail.drafts_shared.heading", len(all), "names", l.List(names), "file", v.FileName)
	l.body.Paragraphs = []string{l.T("mail.drafts_shared.text", "workspace", l.brand.Name)}
	l.body.Preheader = l.body.Paragraphs[0]
	l.body.Facts = []mail.Fact{{Label: l.T("mail.approval.project"), Value: p.Name}}
	l.body.Footer = []string{l.T("mail.drafts_shared.why", "client", p.ClientName, "workspace", l.brand.Name)}
	n.button(l, l.T("mail.drafts_shared.button"), "/files/"+string(v.File)+"?version="+string(v.ID))
	return nil
}
