package notify

import "github.com/vitrine-portal/vitrine/internal/mail"

// bare takes from a mail all that it says but that there is something new, and about
// which project: where the workspace keeps what is said and shown in the portal. What
// leads there stays, and how the mail is answered.
func (l *letter) bare(base string) {
	l.From.Name = l.brand.Name
	l.Subject = l.T("mail.bare.subject", "project", brief(l.about))
	l.Images, l.also = nil, l.how
	l.body = mail.Body{Lang: l.body.Lang, Brand: l.body.Brand, Accent: l.body.Accent, LogoText: l.body.LogoText, Button: l.body.Button, Footer: l.body.Footer,
		Heading:    l.T("mail.bare.heading", "project", l.about),
		Preheader:  l.T("mail.bare.text"),
		Paragraphs: []string{l.T("mail.bare.text")},
		After:      l.how,
	}
	if len(l.body.Footer) > 0 { // why one gets it says what it is
		l.body.Footer[0] = l.T("mail.notices.why", "workspace", l.brand.Name, "address", base+"/profile/notices")
	}
	if l.body.Button != nil {
		l.body.Button = &mail.Button{Label: l.T("mail.notices.open"), URL: l.body.Button.URL}
	}
}
