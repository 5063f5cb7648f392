package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// A letter is a mail being written for its reader.
type letter struct {
	mail.Message
	*words.Book
	body  mail.Body
	brand portal.Brand
	now   time.Time
	mail  portal.Mail
	who   account.Person    // whom it goes to
	reply portal.ReplyPlace // where its answer belongs; the zero one: it has none
	told  []portal.NoticeID // that it tells of

	left map[portal.MailID]string // of those that were to leave within it: why not
	open bool                     // somebody else looks at it: it lets nobody be its reader

	project portal.ProjectID // that it is about, if any
	about   string           // the name of the project, or of what else; empty: it says nothing of what is in the portal
	how     []string         // of what stands after the button: how it is answered
	also    []string         // what it says of its button, or of who asks, in one mail with others too
}

// kinds says how each kind of mail is written. Each returns *portal.Unwanted
// when there is nothing to write any more.
var kinds = map[string]func(*Notifier, context.Context, *letter) error{
	"invitation":                 (*Notifier).invitation,
	"team_invitation":            (*Notifier).teamInvitation,
	"invitation_asked":           (*Notifier).invitationAsked,
	account.MailCode:             (*Notifier).code,
	account.MailAnswerCode:       (*Notifier).answerCode,
	account.MailReset:            (*Notifier).reset,
	account.MailEmailChange:      (*Notifier).emailChange,
	account.MailEmailChanged:     (*Notifier).emailChanged,
	account.MailPasswordChanged:  (*Notifier).passwordChanged,
	account.MailTokenCreated:     (*Notifier).tokenCreated,
	"file_request":               (*Notifier).fileRequest,
	"file_request_refused":       (*Notifier).fileRequestRefused,
	"file_request_answered":      (*Notifier).fileRequestAnswered,
	portal.MailReminder:          (*Notifier).fileRequestReminder,
	"approval":                   (*Notifier).approval,
	portal.MailApprovalReminder:  (*Notifier).approvalReminder,
	portal.MailApprovalEscalated: (*Notifier).approvalEscalated,
	portal.MailApprovalCall:      (*Notifier).approvalCall,
	portal.MailDraftsShared:      (*Notifier).draftsShared,
	"signoff":                    (*Notifier).signoff,
	portal.MailSignoffReminder:   (*Notifier).signoffReminder,
	portal.MailSignoffEscalated:  (*Notifier).signoffEscalated,
	portal.MailDailyHead:         (*Notifier).dailyHead,
	portal.MailNotices:           (*Notifier).notices,
	portal.MailDigest:            (*Notifier).notices,
	portal.MailTest:              (*Notifier).test,
	portal.MailHeld:              (*Notifier).held,
	portal.MailUnlooked:          (*Notifier).unlooked,
}

// Render returns a mail as it is sent at this moment, or *portal.Unwanted when
// it would not be sent any more.
func (n *Notifier) Render(ctx context.Context, m portal.Mail) (mail.Message, error) {
	l, err := n.write(ctx, m, false)
	if err != nil {
		return mail.Message{}, err
	}
	return l.Message, nil
}

// write renders a mail for its recipient, in their language and zone.
func (n *Notifier) write(ctx context.Context, m portal.Mail, open bool) (*letter, error) {
	parts, err := n.portal.MailsWithin(ctx, m)
	if err != nil {
		return nil, err
	}
	var all []*letter
	var unwanted error
	left := map[portal.MailID]string{}
	for _, x := range append([]portal.Mail{m}, parts...) {
		l, err := n.compose(ctx, x, open)
		var why *portal.Unwanted
		switch {
		case err == nil:
			all = append(all, l)
		case !errors.As(err, &why):
			return nil, err
		case unwanted == nil:
			unwanted = err
			fallthrough
		default:
			left[x.ID] = why.Why
		}
	}
	if len(all) == 0 {
		return nil, unwanted
	}
	l := all[0]
	if len(all) > 1 {
		l = n.together(all)
	}
	l.ID, l.left = string(m.ID), left
	if n.returnTo != nil {
		l.Return = n.returnTo(m.ID)
	}
	var topics []string
	for _, x := range all {
		if t := portal.MailTopic(x.mail.Kind); t != "" && !slices.Contains(topics, t) {
			topics = append(topics, t)
		}
	}
	if len(topics) > 0 {
		n.ends(l, topics...)
	}
	switch {
	case n.heldBack(l):
		l.body.Footer = append(l.body.Footer, l.T("mail.reply.held"))
	case l.reply.Place == "":
		l.body.Footer = append(l.body.Footer, l.T("mail.no_reply"))
	}
	if l.brand.SupportEmail != "" {
		l.body.Footer = append(l.body.Footer, l.T("mail.help", "email", l.brand.SupportEmail))
	}
	l.Text, l.HTML, err = mail.Render(l.body)
	return l, err
}

// compose writes what one mail says.
func (n *Notifier) compose(ctx context.Context, m portal.Mail, open bool) (*letter, error) {
	kind, ok := kinds[m.Kind]
	if !ok {
		return nil, fmt.Errorf("notify: no mail of kind %q", m.Kind)
	}
	l := &letter{mail: m, now: n.portal.Now(), open: open}
	var err error
	if l.brand, err = n.portal.Brand(ctx); err != nil {
		return nil, err
	}
	if l.who, err = n.accounts.Person(ctx, m.Person); err != nil {
		return nil, gone(err)
	}
	if !l.who.DisabledAt.IsZero() { // nothing reaches them any more, whatever it is
		return nil, &portal.Unwanted{Why: "disabled"}
	}
	switch lost, err := n.portal.Lost(ctx, m); {
	case err != nil:
		return nil, err
	case lost:
		return nil, &portal.Unwanted{Why: "lost"}
	}
	l.Book = bookOf(l.who, l.brand)
	l.body = l.blank()
	l.From = mail.Address{Name: l.brand.Name, Email: n.from.Email}
	l.To = mail.Address{Email: m.Address}
	l.Headers = map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
	if err := kind(n, ctx, l); err != nil {
		return nil, gone(err)
	}
	if err := n.chosen(ctx, l); err != nil {
		return nil, err
	}
	if l.brand.BareMails && l.about != "" {
		l.bare(n.base)
	}
	return l, nil
}

// blank is the page that a letter is written on.
func (l *letter) blank() mail.Body {
	return mail.Body{Lang: l.Lang(), Brand: l.brand.Name, Accent: l.brand.Accent, LogoText: initials(l.brand.Mark())}
}

// gone turns "not there" into a reason not to send.
func gone(err error) error {
	if errors.Is(err, portal.ErrNotFound) || errors.Is(err, account.ErrNotFound) {
		return &portal.Unwanted{Why: "gone"}
	}
	return err
}

// bookOf gives the words for a person, or the workspace's where they chose none.
func bookOf(who account.Person, b portal.Brand) *words.Book {
	locale, zone := who.Locale, who.TimeZone
	if locale == "" {
		locale = b.Locale
	}
	if zone == "" {
		zone = b.TimeZone
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return words.For(locale, loc)
}

// initials are the mark: the word mark itself when it is short, else the first
// letters of its first and last word, as the pages have it.
func initials(s string) string {
	if utf8.RuneCountInString(s) <= 3 {
		return s
	}
	words := strings.Fields(s)
	if len(words) == 0 {
		return ""
	}
	mark := string([]rune(words[0])[:1])
	if len(words) > 1 {
		mark += string([]rune(words[len(words)-1])[:1])
	}
	return strings.ToUpper(mark)
}

// brief cuts what goes into a subject.
func brief(s string) string { return shortened(s, 70) }

// shortened is a text of at most so many characters.
func shortened(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// button sets the one thing to do.
func (n *Notifier) button(l *letter, label, path string) {
	l.body.Button = &mail.Button{Label: label, URL: n.base + path}
}

// invitation is what a client user gets who is let in.
func (n *Notifier) invitation(ctx context.Context, l *letter) error {
	m, err := n.portal.InvitationMail(ctx, portal.InvitationID(l.mail.Subject))
	if err != nil {
		return err
	}
	place, projects := m.Client, m.Projects
	if len(projects) == 1 {
		place = projects[0]
	}
	n.invited(l, m, place)
	if len(projects) > 0 {
		names := l.List(projects)
		if len(projects) > 10 {
			names = l.T("mail.invitation.more", "names", l.List(projects[:10]))
		}
		l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.N("mail.invitation.projects", len(projects)), Value: names})
	}
	l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.valid_until"), Value: l.Time(m.Expires, l.now)})
	l.body.Paragraphs = append(l.body.Paragraphs, l.T("mail.invitation.text", "workspace", l.brand.Name))
	return nil
}

// teamInvitation is what a person gets who is asked into the team.
func (n *Notifier) teamInvitation(ctx context.Context, l *letter) error {
	m, err := n.portal.InvitationMail(ctx, portal.InvitationID(l.mail.Subject))
	if err != nil {
		return err
	}
	n.invited(l, m, l.brand.Name)
	l.body.Facts = []mail.Fact{
		{Label: l.T("mail.invitation.role"), Value: l.T("role." + m.Role)},
		{Label: l.T("mail.valid_until"), Value: l.Time(m.Expires, l.now)},
	}
	l.body.Paragraphs = append(l.body.Paragraphs, l.T("mail.team_invitation.text", "workspace", l.brand.Name))
	return nil
}

// invited is what both invitations have in common. A person sends them, so they
// are not marked as automatic.
func (n *Notifier) invited(l *letter, m portal.InvitationMail, place string) {
	l.Headers = nil
	company := m.Client
	if m.FromTeam {
		company = l.brand.Name
	}
	l.from(m.Inviter)
	l.Subject = l.T("mail.invitation.subject", "place", brief(place), "who", brief(m.Inviter))
	l.body.Heading = l.T("mail.invitation.heading", "who", l.T("mail.who", "name", m.Inviter, "company", company), "place", place)
	l.body.Footer = []string{l.T("mail.invitation.why", "who", m.Inviter, "workspace", l.brand.Name)}
	l.body.Preheader = l.T("mail.invitation.preheader", "time", l.Time(m.Expires, l.now))
	if m.Message != "" {
		l.body.Paragraphs = append(l.body.Paragraphs, l.T("mail.invitation.says", "who", m.Inviter))
		for line := range strings.Lines(m.Message) {
			if line = strings.TrimSpace(line); line != "" {
				l.body.Paragraphs = append(l.body.Paragraphs, line)
			}
		}
	}
	n.button(l, l.T("mail.invitation.button"), "/invitations/"+m.Token)
	l.body.After = []string{l.T("mail.invitation.alone")}
}

// invitationAsked tells an inviter that somebody could not use their link.
func (n *Notifier) invitationAsked(ctx context.Context, l *letter) error {
	m, err := n.portal.AskedAgainMail(ctx, portal.InvitationID(l.mail.Subject), l.mail.Person)
	if err != nil {
		return err
	}
	place, path := m.Client, "/clients/"+string(m.ClientID)+"/access"
	if m.ToTeam {
		place, path = l.brand.Name, "/people"
	}
	l.Subject = l.T("mail.asked.subject", "place", brief(place), "who", brief(m.Invited))
	l.body.Heading = l.T("mail.asked.heading", "who", m.Invited)
	l.body.Preheader = l.T("mail.asked.preheader", "place", place)
	l.body.Paragraphs = []string{l.T("mail.asked.text", "who", m.Invited, "place", place)}
	l.body.Facts = []mail.Fact{{Label: l.T("mail.address"), Value: m.Email}, {Label: l.T("mail.asked.expired"), Value: l.Time(m.Expired, l.now)}}
	n.button(l, l.T("mail.asked.button"), path)
	l.body.Footer = []string{l.T("mail.asked.why", "place", place)}
	return nil
}

// code is a code to sign in with, or, in a session, to show again who one is or to
// sign something.
func (n *Notifier) code(ctx context.Context, l *letter) error {
	c, err := n.accounts.Code(ctx, l.mail.Subject)
	if err == nil {
		err = l.digits(c)
	}
	if err != nil {
		return err
	}
	l.Subject = l.T("mail.code.subject", "workspace", brief(l.brand.Name))
	l.body.Heading = l.T("mail.code.heading")
	l.body.Preheader = l.T("mail.code.preheader")
	l.body.Paragraphs = []string{l.T("mail.code.text")}
	l.body.Footer = []string{l.T("mail.why_sign_in", "workspace", l.brand.Name)}
	switch c.Answers {
	case "":
		l.body.After = append(l.body.After, l.T("mail.code.not_you"))
		return nil
	case account.ForProof:
		l.Subject = l.T("mail.proof_code.subject", "workspace", brief(l.brand.Name))
		l.body.Heading = l.T("mail.proof_code.heading")
	default:
		x, err := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly()).Signoff(ctx, portal.SignoffID(c.Answers))
		if err != nil {
			return err
		}
		l.codeFor(x.ProjectName, x.Title, "mail.signoff_code.heading")
	}
	l.body.After = append(l.body.After, l.T("mail.proof_code.not_you"))
	return nil
}

// codeFor says what a code is for.
func (l *letter) codeFor(project, title, heading string) {
	if l.brand.BareMails {
		l.Subject, l.body.Heading = l.T("mail.proof_code.subject", "workspace", brief(project)), l.T("mail.code.heading_bare")
		return
	}
	l.Subject = l.T("mail.answer_code.subject", "project", brief(project), "title", brief(title))
	l.body.Heading = l.T(heading, "title", title)
}

// digits has the mail show a code, unless it is good for nothing any more.
func (l *letter) digits(c account.Code) error {
	switch {
	case !l.now.Before(c.ExpiresAt):
		return &portal.Unwanted{Why: "expired"}
	case !c.Valid:
		return &portal.Unwanted{Why: "used"}
	}
	l.body.Code = c.Digits[:4] + " " + c.Digits[4:]
	l.body.After = []string{l.T("mail.code.until", "life", l.For(account.CodeLife), "time", l.Clock(c.ExpiresAt))}
	return nil
}

// answerCode is a code with which one approval is answered: whoever is asked for it
// is to know what it says yes or no to.
func (n *Notifier) answerCode(ctx context.Context, l *letter) error {
	c, err := n.accounts.Code(ctx, l.mail.Subject)
	if err == nil {
		err = l.digits(c)
	}
	if err != nil {
		return err
	}
	a, err := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly()).Approval(ctx, portal.ApprovalID(c.Answers))
	if err != nil {
		return err
	}
	l.codeFor(a.ProjectName, a.Title, "mail.answer_code.heading")
	l.body.Preheader = l.T("mail.code.preheader")
	l.body.Paragraphs = []string{l.T("mail.code.text")}
	l.body.After = append(l.body.After, l.T("mail.answer_code.not_you"))
	l.body.Footer = []string{l.T("mail.answer_code.why", "workspace", l.brand.Name)}
	return nil
}

// reset is a link to choose a new password.
func (n *Notifier) reset(ctx context.Context, l *letter) error {
	token := n.accounts.Token(account.PurposeReset, l.mail.Subject)
	state, _, err := n.accounts.PeekReset(ctx, token)
	if err != nil {
		return err
	}
	if err := wanted(state); err != nil {
		return err
	}
	l.Subject = l.T("mail.reset.subject", "workspace", brief(l.brand.Name))
	l.body.Heading = l.T("mail.reset.heading")
	l.body.Preheader = l.T("mail.reset.preheader", "workspace", l.brand.Name)
	l.body.Paragraphs = []string{l.T("mail.reset.text", "workspace", l.brand.Name)}
	n.button(l, l.T("mail.reset.button"), "/reset/"+token)
	l.body.After = []string{l.T("mail.reset.until", "life", l.For(account.ResetLife)), l.T("mail.reset.not_you")}
	l.body.Footer = []string{l.T("mail.why_reset", "workspace", l.brand.Name)}
	return nil
}

// wanted says why a link need not be mailed any more.
func wanted(state account.LinkState) error {
	switch state {
	case account.LinkValid:
		return nil
	case account.LinkUnknown:
		return &portal.Unwanted{Why: "gone"}
	}
	return &portal.Unwanted{Why: string(state)}
}

// emailChange asks the new address to confirm itself.
func (n *Notifier) emailChange(ctx context.Context, l *letter) error {
	c, err := n.accounts.EmailChange(ctx, l.mail.Subject)
	if err != nil {
		return err
	}
	if err := wanted(c.State); err != nil {
		return err
	}
	l.Subject = l.T("mail.email_change.subject", "workspace", brief(l.brand.Name))
	l.body.Heading = l.T("mail.email_change.heading")
	l.body.Preheader = l.T("mail.email_change.preheader", "workspace", l.brand.Name)
	l.body.Paragraphs = []string{l.T("mail.email_change.text", "workspace", l.brand.Name)}
	l.body.Facts = []mail.Fact{{Label: l.T("mail.email_change.new"), Value: c.NewEmail}}
	n.button(l, l.T("mail.email_change.button"), "/confirm-email/"+n.accounts.Token(account.PurposeEmail, c.ID))
	l.body.After = []string{l.T("mail.email_change.until", "life", l.For(account.EmailChangeLife)), l.T("mail.email_change.not_you")}
	l.body.Footer = []string{l.T("mail.email_change.why", "workspace", l.brand.Name)}
	return nil
}

// emailChanged tells the old address, which is read by whoever had it; the new
// one is not named to them.
func (n *Notifier) emailChanged(ctx context.Context, l *letter) error {
	c, err := n.accounts.EmailChange(ctx, l.mail.Subject)
	if err != nil {
		return err
	}
	if c.State == account.LinkUnknown {
		return &portal.Unwanted{Why: "gone"}
	}
	n.notice(l, "email_changed")
	l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.email_changed.old"), Value: c.OldEmail})
	return nil
}

func (n *Notifier) passwordChanged(_ context.Context, l *letter) error {
	n.notice(l, "password_changed")
	return nil
}

func (n *Notifier) tokenCreated(ctx context.Context, l *letter) error {
	n.notice(l, "token_created")
	tokens, err := n.accounts.Tokens(ctx, l.mail.Person)
	if err != nil {
		return err
	}
	for _, t := range tokens { // one that was revoked since is told of without its name
		if string(t.ID) == l.mail.Subject {
			l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.token_created.name"), Value: t.Name})
		}
	}
	return nil
}

// notice tells somebody of a change to how they sign in, in case it was not
// they who made it.
func (n *Notifier) notice(l *letter, what string) {
	l.Subject = l.T("mail.subject."+what, "workspace", brief(l.brand.Name))
	l.body.Heading = l.T("mail.heading." + what)
	l.body.Preheader = l.T("mail.preheader")
	l.body.Paragraphs = []string{l.T("mail.text."+what, "workspace", l.brand.Name)}
	l.body.Facts = []mail.Fact{{Label: l.T("mail.when"), Value: l.Time(l.mail.Created, l.now)}}
	n.button(l, l.T("mail.notice.button"), "/sign-in")
	l.body.After = []string{l.T("mail.notice.not_you")}
	l.body.Footer = []string{l.T("mail.notice.why", "workspace", l.brand.Name)}
}

// A Preview is a mail as the Outbox shows it.
type Preview struct {
	From, To, Subject string
	Headers           []string // the further ones, as lines
	Text, HTML        string
	Link              string // of its button; empty when it has none
}

// Preview renders a mail to be looked at, or returns *portal.Unwanted when it
// would not be sent any more. Whether somebody may look at it is said by
// portal.Mail's Readable. A link with which its reader answers without signing in
// leads to the page behind the door instead.
func (n *Notifier) Preview(ctx context.Context, m portal.Mail) (Preview, error) {
	return n.preview(ctx, m, true)
}

// Whole is Preview with all that its reader gets: for the demo, whose people are
// made up.
func (n *Notifier) Whole(ctx context.Context, m portal.Mail) (Preview, error) {
	return n.preview(ctx, m, false)
}

func (n *Notifier) preview(ctx context.Context, m portal.Mail, open bool) (Preview, error) {
	l, err := n.write(ctx, m, open)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{From: l.From.Name, To: l.To.Email, Subject: l.Subject, Text: l.Text, HTML: l.HTML}
	for _, i := range l.Images {
		p.HTML = strings.ReplaceAll(p.HTML, "cid:"+i.Name, "data:"+i.Type+";base64,"+base64.StdEncoding.EncodeToString(i.Bytes))
	}
	if l.From.Email != "" {
		p.From += " <" + l.From.Email + ">"
	}
	if v := l.Headers["Auto-Submitted"]; v != "" {
		p.Headers = append(p.Headers, "Auto-Submitted: "+v)
	}
	if l.body.Button != nil {
		p.Link = l.body.Button.URL
	}
	return p, nil
}
