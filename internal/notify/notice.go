package notify

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/prose"
	"github.com/vitrine-portal/vitrine/internal/sentence"
)

// notices tells what happened in the last minutes, or since the last digest: what
// its reader has not seen meanwhile, and still sees.
func (n *Notifier) notices(ctx context.Context, l *letter) error {
	me := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly())
	all, more, err := me.NoticesOf(ctx, l.mail)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		left, err := me.LeftUnread(ctx, l.mail)
		switch {
		case err != nil:
			return err
		case left:
			return &portal.Unwanted{Why: "untold"}
		}
		return &portal.Unwanted{Why: "seen"}
	}
	for _, x := range all {
		l.told = append(l.told, x.ID)
	}
	if err := n.pictures(ctx, me, l, all); err != nil {
		return err
	}
	l.about = cmp.Or(all[0].ProjectName, all[0].ClientName, l.brand.Name)
	if len(all) == 1 && all[0].Said != "" {
		return n.said(ctx, me, l, all[0])
	}
	groups, err := n.grouped(ctx, me, l, all)
	if err != nil {
		return err
	}
	project := l.about
	count := len(all) + more
	switch {
	case len(groups) == 1:
	case slices.ContainsFunc(all, func(x portal.Notice) bool { return x.Project == "" }):
		project = l.N("mail.notices.places", len(groups))
	default:
		project = l.N("mail.notices.projects", len(groups))
	}
	l.about = project
	digest := l.mail.Kind == portal.MailDigest
	switch {
	case digest:
		l.Subject = l.N("mail.digest.subject", count, "project", brief(project))
		l.body.Heading = l.N("mail.digest.heading", count, "project", project)
	case count == 1:
		s := sentence.OfNotice(l.Book, all[0], l.brand.Name)
		l.Subject = l.T("mail.notices.subject_one", "project", brief(project), "what", brief(s.String()))
		l.body.Heading = s.String()
		l.body.Facts = []mail.Fact{
			{Label: l.T("mail.notices.project"), Value: n.placeOf(all[0])},
			{Label: l.T("mail.when"), Value: l.Time(all[0].At, l.now)},
		}
		n.button(l, l.T("mail.notices.open"), "/notices/"+string(all[0].ID))
		groups = nil
	default:
		l.Subject = l.N("mail.notices.subject", count, "project", brief(project))
		l.body.Heading = l.N("mail.notices.heading", count, "project", project)
	}
	l.body.Groups = groups
	if groups != nil {
		l.body.Preheader = groups[0].Entries[0].Text
		n.button(l, l.T("mail.notices.see_all"), "/notices")
	}
	if more > 0 {
		l.body.After = []string{l.N("mail.notices.more", more)}
	}
	n.unsubscribe(l, all, digest)
	if digest || more > 0 {
		return nil
	}
	return n.answered(ctx, me, l, all)
}

// pictures has a mail that is all about one thing show what that looks like.
func (n *Notifier) pictures(ctx context.Context, me *portal.Scope, l *letter, all []portal.Notice) error {
	about := all[0].About
	if l.mail.Kind == portal.MailDigest || slices.ContainsFunc(all, func(x portal.Notice) bool { return x.About != about }) {
		return nil
	}
	of, err := me.Pictures(ctx, about)
	if f := of[about]; err == nil && f.Version.Preview == "ready" {
		l.shown(n.looksLike(ctx, me, f.Version.ID, f.Name))
	}
	return err
}

// said is a mail about one message: what it says, and an address that an answer
// to the mail goes to.
func (n *Notifier) said(ctx context.Context, me *portal.Scope, l *letter, x portal.Notice) error {
	m, err := me.Message(ctx, x.Said)
	if err != nil {
		return err
	}
	s := sentence.OfNotice(l.Book, x, l.brand.Name)
	l.Subject = l.T("mail.notices.subject_one", "project", brief(cmp.Or(x.ProjectName, x.ClientName, l.brand.Name)), "what", brief(s.String()))
	l.from(s.Actor)
	l.body.Heading = s.String()
	l.body.Said = l.words(m)
	if place := n.placeOf(x); place != "" {
		l.body.Facts = []mail.Fact{{Label: l.T("mail.notices.project"), Value: place}}
	}
	if err := n.readers(ctx, me, l, m.Thread, m.Audience); err != nil {
		return err
	}
	n.button(l, l.T("mail.notices.open"), "/notices/"+string(x.ID))
	n.threaded(l, m.Thread)
	n.unsubscribe(l, []portal.Notice{x}, false)
	return n.answeredAt(ctx, me, l, portal.ReplyPlace{Person: l.mail.Person, Place: string(m.Thread), Audience: m.Audience}, x.Team())
}

// maxReaders is how many of those who read it too a mail names.
const maxReaders = 6

// readers says who else reads what was said, as far as its reader may know them.
func (n *Notifier) readers(ctx context.Context, me *portal.Scope, l *letter, id portal.ThreadID, audience portal.Side) error {
	all, err := me.ThreadPeople(ctx, id, audience)
	if err != nil {
		return err
	}
	var names []string
	others := all.Count
	for _, r := range all.People {
		switch {
		case r.Person == l.mail.Person:
			others--
		case len(names) < maxReaders:
			names = append(names, l.T("mail.who", "name", r.Name, "company", cmp.Or(r.Company, l.brand.Name)))
		}
	}
	if len(names) == 0 {
		return nil
	}
	value := l.List(names)
	if more := others - len(names); more > 0 {
		value = l.N("mail.notices.readers_more", more, "names", strings.Join(names, ", "))
	}
	l.body.Facts = append(l.body.Facts, mail.Fact{Label: l.T("mail.notices.readers"), Value: value})
	return nil
}

// maxQuoted is how much of a message that is answered a mail holds, in characters.
const maxQuoted = 200

// words are a message as a mail has it: what it answers in short, what it says, and
// what its files are called, all as far as the mail's reader sees it.
func (l *letter) words(m portal.Message) *mail.Words {
	body := []rune(m.Body)
	if len(body) > portal.MaxMailed {
		body = append(body[:portal.MaxMailed], '…')
	}
	w := &mail.Words{Text: prose.Text(string(body)), HTML: prose.Unlinked(string(body))}
	if q := m.Quoted; q != nil && !q.Deleted() {
		if text := shortened(prose.Line(q.Body), maxQuoted); text != "" {
			w.Quote = l.T("mail.notices.quoted", "who", cmp.Or(q.AuthorName, l.brand.Name), "text", text)
		}
	}
	if len(m.Files) > 0 {
		names := make([]string, len(m.Files))
		for i, f := range m.Files {
			names[i] = f.Name
		}
		w.Files = l.N("mail.notices.files", len(names), "names", l.List(names))
	}
	return w
}

// threaded makes the mails of a conversation one thread in mail programs.
func (n *Notifier) threaded(l *letter, id portal.ThreadID) {
	thread := "<" + string(id) + "@" + mail.Domain(n.from.Email) + ">"
	l.Headers["In-Reply-To"], l.Headers["References"] = thread, thread
}

// placeOf names the project, for the team with its client.
func (n *Notifier) placeOf(x portal.Notice) string {
	switch {
	case x.ProjectName == "":
		return x.ClientName
	case x.Team():
		return x.ClientName + " · " + x.ProjectName
	}
	return x.ProjectName
}

// grouped sorts what happened by client, and by project within one, in the order of
// the first of each: nothing of one client stands between what is of another. What
// was said stands there too, but in a digest.
func (n *Notifier) grouped(ctx context.Context, me *portal.Scope, l *letter, all []portal.Notice) (groups []mail.Group, err error) {
	var clients []portal.ClientID
	for _, x := range all {
		if !slices.Contains(clients, x.Client) {
			clients = append(clients, x.Client)
		}
	}
	for _, client := range clients {
		place := map[portal.ProjectID]int{}
		for _, x := range all {
			if x.Client != client {
				continue
			}
			i, known := place[x.Project]
			if !known {
				i = len(groups)
				place[x.Project] = i
				title := cmp.Or(n.placeOf(x), l.brand.Name)
				if len(clients) > 1 && x.ProjectName != "" {
					title = x.ClientName + " · " + x.ProjectName
				}
				groups = append(groups, mail.Group{Title: title})
			}
			e := mail.Entry{Text: sentence.OfNotice(l.Book, x, l.brand.Name).String(), Note: l.Time(x.At, l.now), URL: n.base + "/notices/" + string(x.ID)}
			if x.Said != "" && l.mail.Kind != portal.MailDigest {
				m, err := me.Message(ctx, x.Said)
				if err != nil {
					return nil, err
				}
				e.Said = l.words(m)
			}
			groups[i].Entries = append(groups[i].Entries, e)
		}
	}
	return groups, nil
}

// unsubscribe says how to get no more of these: of the digest, or of all topics that
// they are of.
func (n *Notifier) unsubscribe(l *letter, all []portal.Notice, digest bool) {
	topics := []string{portal.MailDigest}
	if !digest {
		var of portal.Topics
		for _, x := range all {
			of |= x.Topic
		}
		topics = nil
		for _, t := range portal.TopicNames {
			if of.Has(t.Topic) {
				topics = append(topics, t.Name)
			}
		}
	}
	l.body.Footer = []string{l.T("mail.notices.why", "workspace", l.brand.Name, "address", n.base+"/profile/notices")}
	n.ends(l, topics...)
}

// chosen lets a mail of a kind of its own leave only for whom wants it, and has not seen
// meanwhile what it asks for.
func (n *Notifier) chosen(ctx context.Context, l *letter) error {
	me := n.portal.As(portal.PersonActor(l.mail.Person).ReadOnly())
	if portal.MailTopic(l.mail.Kind) == "" {
		return nil
	}
	switch wanted, err := me.WantsMail(ctx, l.mail.Kind, l.project); {
	case err != nil:
		return err
	case !wanted:
		return &portal.Unwanted{Why: "unchosen"}
	}
	seen, err := me.SeenSince(ctx, l.mail)
	if err == nil && seen {
		err = &portal.Unwanted{Why: "seen"}
	}
	return err
}

// ends says how to end the mails of each of these topics, and of all of them: in
// words, and for the button that programs show (RFC 8058), which ends all.
func (n *Notifier) ends(l *letter, topics ...string) {
	for _, t := range topics {
		l.body.Footer = append(l.body.Footer, l.T("mail.notices.unsubscribe", "topic", l.T("topic."+t), "address", n.ending(l, t)))
	}
	all := n.ending(l, strings.Join(topics, "."))
	if len(topics) > 1 {
		l.body.Footer = append(l.body.Footer, l.T("mail.notices.unsubscribe_all", "address", all))
	}
	if l.Headers == nil {
		l.Headers = map[string]string{}
	}
	l.Headers["List-Unsubscribe"] = "<" + all + ">"
	l.Headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
}

// ending is the link that ends the mails of topics, with a dot between them.
func (n *Notifier) ending(l *letter, topics string) string {
	return n.base + "/unsubscribe/" + url.PathEscape(string(l.mail.Person)) + "/" + topics + "/" + n.accounts.Token(account.PurposeUnsubscribe, string(l.mail.Person)+" "+topics)
}
