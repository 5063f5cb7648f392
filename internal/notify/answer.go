package notify

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// answered lets a mail about one thing be answered: what its reader says belongs
// there, and is seen by no more people than the narrowest of what the mail
// tells. The mail says by whom.
func (n *Notifier) answered(ctx context.Context, me *portal.Scope, l *letter, all []portal.Notice) error {
	r := portal.ReplyPlace{Person: l.mail.Person, Place: all[0].About, Audience: portal.ClientSide}
	var threads []portal.ThreadID
	for _, x := range all {
		if x.About != r.Place {
			return nil
		}
		if x.Audience != portal.ClientSide {
			r.Audience = portal.Team
		}
		if x.Said == "" {
			continue
		}
		m, err := me.Message(ctx, x.Said)
		if err != nil {
			return err
		}
		if !slices.Contains(threads, m.Thread) {
			threads = append(threads, m.Thread)
		}
	}
	// Comments on an item that are one thread are answered there.
	if len(threads) == 1 && all[0].Said != "" {
		r.Place = string(threads[0])
		n.threaded(l, threads[0])
		if err := n.readers(ctx, me, l, threads[0], r.Audience); err != nil {
			return err
		}
	}
	return n.answeredAt(ctx, me, l, r, all[0].Team())
}

// answeredAt is answered for one place, as its reader's side has it.
func (n *Notifier) answeredAt(ctx context.Context, me *portal.Scope, l *letter, r portal.ReplyPlace, team bool) error {
	if n.replyTo == nil {
		return nil
	}
	if portal.ItemID(r.Place).Kind() == "" && !strings.HasPrefix(r.Place, "thr_") {
		return nil
	}
	place, err := me.Place(ctx, r.Place)
	switch {
	case errors.Is(err, portal.ErrNotFound):
		return nil
	case err != nil:
		return err
	case place.Refused != nil:
		return nil
	}
	if place.Widest == portal.Team {
		r.Audience = portal.Team
	}
	l.reply = r
	word := "mail.reply"
	switch {
	case !team:
	case r.Audience == portal.Team:
		word = "mail.reply.team"
	default:
		word = "mail.reply.client"
	}
	l.body.After = append(l.body.After, l.T(word))
	l.how = append(l.how, l.T(word))
	return nil
}

// discussed lets a mail that asks for an answer in the portal be answered in words:
// as a comment on the one thing that it is about, which decides nothing.
func (n *Notifier) discussed(ctx context.Context, me *portal.Scope, l *letter, about string, team bool) error {
	r := portal.ReplyPlace{Person: l.mail.Person, Place: about, Audience: portal.ClientSide}
	if team {
		r.Audience = portal.Team
	}
	was := len(l.body.After)
	if err := n.answeredAt(ctx, me, l, r, team); err != nil || l.reply.Place == "" {
		return err
	}
	l.body.After[was] += " " + l.T("mail.reply.decides_nothing")
	l.how[len(l.how)-1] = l.body.After[was]
	return nil
}

// heldBack reports whether an answer to a mail comes in, but belongs to no one place:
// it is held, until somebody says where.
func (n *Notifier) heldBack(l *letter) bool {
	return n.inbox != "" && l.reply.Place == "" && (l.mail.Kind == portal.MailNotices || l.mail.Kind == portal.MailDigest)
}

// addressed gives a mail that is about to be sent the address of its answer.
func (n *Notifier) addressed(ctx context.Context, l *letter) error {
	if n.heldBack(l) {
		l.ReplyTo = &mail.Address{Name: l.brand.Name, Email: n.inbox}
	}
	if l.reply.Place == "" {
		return nil
	}
	address, err := n.replyTo(ctx, l.reply)
	if err == nil {
		l.ReplyTo = &mail.Address{Name: l.brand.Name, Email: address}
	}
	return err
}
