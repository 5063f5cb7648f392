package notify

import (
	"cmp"
	"context"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// Doctor is what is known of the way of mail without looking: the mail server,
// the portal's address, and the selector of its DKIM key.
func (n *Notifier) Doctor() (server, from, selector string) {
	if n.sender.Configured() {
		server = n.sender.Server()
	}
	return server, n.from.Email, n.doctor.Selector
}

// A Finding is one of Examine's.
type Finding = mail.Finding

// Examine looks at the way of mail, up to ten seconds long; with a selector, at
// that DKIM key. portal.ErrBusy when somebody else is looking.
func (n *Notifier) Examine(ctx context.Context, selector string) ([]Finding, error) {
	selector = cmp.Or(strings.TrimSpace(selector), n.doctor.Selector)
	if selector != "" && !mail.SelectorForm.MatchString(selector) {
		return nil, &portal.Invalid{Fields: map[string]portal.Reason{"selector": {Key: "selector"}}}
	}
	if !n.busy.TryLock() {
		return nil, portal.ErrBusy
	}
	defer n.busy.Unlock()
	e := n.doctor
	e.Selector = selector
	return n.sender.Examine(ctx, e), nil
}

// test shows that mail arrives, and how.
func (n *Notifier) test(_ context.Context, l *letter) error {
	l.Subject = l.T("mail.test.subject", "workspace", brief(l.brand.Name))
	l.body.Heading = l.T("mail.test.heading")
	l.body.Preheader = l.T("mail.test.preheader", "workspace", l.brand.Name)
	l.body.Paragraphs = []string{l.T("mail.test.text"), l.T("mail.test.look")}
	n.button(l, l.T("mail.test.button"), "/settings/mail")
	l.body.Footer = []string{l.T("mail.test.why")}
	return nil
}
