package demo

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/mailin"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// An incoming is a mail that somebody answers with.
type incoming struct {
	who     *person // to whose address; nil: to nobody's
	from    string
	subject string
	head    string // further lines of it
	text    string
}

// testShop is the task that they answer to.
const testShop = "Look through the test shop on your own phone"

var answers = []incoming{
	{from: "Print & Paper <offers@print.example>", subject: "Brochures for spring",
		text: "Dear Sir or Madam,\n\nwe print brochures. May we send you samples?"},
	{who: yuki, from: yuki.name + " <" + yuki.email + ">", subject: "Automatic reply: " + testShop, head: "Auto-Submitted: auto-replied\n",
		text: "I am away until Monday. Sofia Almeida answers meanwhile."},
	{who: sofia, from: sofia.name + " <" + sofia.email + ">", subject: "Re: " + testShop,
		text: "Tried it on the train this morning. The cart is much better now.\n\nWill the size table be there when we open?\n\nSent from my iPhone\n\n> On 11 Mar 2026, at 17:02, " + studio + " <reply@studio.example> wrote:\n>\n> " + testShop},
	{who: sofia, from: sofia.name + " <sofia.almeida@post.example>", subject: "Re: " + testShop,
		text: "From my own address, as the company's mail is down: please hold the legal pages back until Thursday."},
}

// mailsCome plans the mails that come in on the last day, in the way in which
// every mail does.
func (f *filling) mailsCome(blobs blob.Store, key []byte) {
	f.on(-1, "mails come in", func(ctx context.Context) error {
		needs, err := f.as(sofia).Needs(ctx, "", 50)
		if err != nil {
			return err
		}
		place := ""
		for _, n := range needs {
			if n.Title == testShop {
				place = string(n.Item)
			}
		}
		addresses := mailin.NewAddresses("reply@studio.example", key)
		taker := mailin.New(mailin.Options{Portal: f.portal, Accounts: f.accounts, Bytes: transfer.New(blobs, "", slog.New(slog.DiscardHandler)),
			Addresses: addresses, Server: "mx.studio.example"})
		for i, m := range answers {
			to := addresses.Base()
			if m.who != nil {
				id, err := f.portal.ReplyAddress(ctx, portal.ReplyPlace{Person: f.people[m.who], Place: place, Audience: portal.ClientSide})
				if err != nil {
					return err
				}
				to = addresses.For(mailin.Reply, id)
			}
			raw := fmt.Sprintf("Authentication-Results: mx.studio.example; dmarc=pass\nFrom: %s\nTo: %s\nSubject: %s\nMessage-ID: <%d@mail.example>\n%s\n%s\n", m.from, to, m.subject, i, m.head, m.text)
			if err := taker.Receive(ctx, "", []string{to}, strings.NewReader(raw)); err != nil {
				return err
			}
			due, err := f.portal.DueIncoming(ctx, f.now(), 1)
			if err != nil {
				return err
			}
			for _, id := range due {
				if err := taker.Take(ctx, id); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
