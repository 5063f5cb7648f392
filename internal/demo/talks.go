package demo

import (
	"context"
	"fmt"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// A talk is a conversation of a project.
type talk struct {
	subject string
	said    []saying
}

// A saying is something that somebody says. Whoever of the team speaks has read
// what was there; clients read when they look in.
type saying struct {
	on      day
	who     *person
	body    string
	note    bool // for the team
	asks    bool // the client
	answers int  // which one it quotes, counted from 1
	files   []*file
}

// A remark is comments on something in a project: on the deliverable of that
// title, a file, or the newest update.
type remark struct {
	deliverable string
	file        *file
	at          *portal.Place // on that
	said        []saying
	resolved    day
	by          *person // who resolves it
}

// talks plans the conversations of a project, and what is said of its things.
func (f *filling) talks(p *project) {
	for _, t := range p.talks {
		ids := make([]portal.MessageID, len(t.said))
		var in portal.ThreadID
		for i, l := range t.said {
			f.on(l.on, l.who.name+" in "+t.subject, func(ctx context.Context) (err error) {
				me, m := f.as(l.who), f.message(ids, l)
				if i > 0 {
					ids[i], err = f.says(ctx, me, in, m)
					return err
				}
				if in, err = me.StartConversation(ctx, p.id, portal.NewConversation{Subject: t.subject, NewMessage: m}); err != nil {
					return err
				}
				first, err := me.Messages(ctx, in, portal.MessagePage{})
				if err == nil {
					ids[0] = first.All[0].ID
				}
				return err
			})
		}
	}
	for _, r := range p.remarks {
		ids := make([]portal.MessageID, len(r.said))
		var in portal.ThreadID
		for i, l := range r.said {
			f.on(l.on, l.who.name+" comments in "+p.name, func(ctx context.Context) (err error) {
				me, m := f.as(l.who), f.message(ids, l)
				if i > 0 {
					ids[i], err = f.says(ctx, me, in, m)
					return err
				}
				on, err := f.remarked(ctx, me, p, r)
				if err != nil {
					return err
				}
				if ids[0], err = me.CommentOn(ctx, on, portal.NewComment{Place: r.at, NewMessage: m}); err != nil {
					return err
				}
				th, err := me.ThreadOf(ctx, ids[0])
				in = th.ID
				return err
			})
		}
		if r.resolved != 0 {
			f.on(r.resolved, "resolve a comment in "+p.name, func(ctx context.Context) error { return f.as(r.by).ResolveComments(ctx, in) })
		}
	}
}

// general plans what is said in the general conversation of a client.
func (f *filling) general(c *client) {
	ids := make([]portal.MessageID, len(c.said))
	for i, l := range c.said {
		f.on(l.on, l.who.name+" to "+c.name, func(ctx context.Context) (err error) {
			ids[i], err = f.as(l.who).SayToClient(ctx, c.id, f.message(ids, l))
			return err
		})
	}
	for _, p := range append([]*person{c.lead}, c.team...) {
		f.on(-2, p.name+" reads what was said", func(ctx context.Context) error { return f.reads(ctx, f.as(p), c.id) })
	}
}

func (f *filling) message(ids []portal.MessageID, l saying) portal.NewMessage {
	m := portal.NewMessage{Body: prose(l.body), Question: l.asks, Audience: side(l.note)}
	if l.answers > 0 {
		m.Quote = ids[l.answers-1]
	}
	for _, x := range l.files {
		m.Files = append(m.Files, x.id)
	}
	return m
}

// says posts after everything before was read.
func (f *filling) says(ctx context.Context, me *portal.Scope, in portal.ThreadID, m portal.NewMessage) (portal.MessageID, error) {
	l, err := me.Messages(ctx, in, portal.MessagePage{})
	if err != nil {
		return "", err
	}
	if err := me.MarkRead(ctx, in, l.All[len(l.All)-1].ID); err != nil {
		return "", err
	}
	return me.Say(ctx, in, m)
}

// remarked is what a remark is on.
func (f *filling) remarked(ctx context.Context, me *portal.Scope, p *project, r remark) (portal.ItemID, error) {
	if r.file != nil {
		return portal.ItemID(r.file.id), nil
	}
	if r.deliverable == "" {
		updates, _, err := me.Updates(ctx, p.id, portal.Page{Limit: 1})
		if err != nil || len(updates) == 0 {
			return "", fmt.Errorf("no update in %s: %v", p.name, err)
		}
		return portal.ItemID(updates[0].ID), nil
	}
	all, err := me.Deliverables(ctx, p.id)
	for _, d := range all {
		if d.Title == r.deliverable {
			return portal.ItemID(d.ID), nil
		}
	}
	return "", fmt.Errorf("no deliverable %q in %s: %v", r.deliverable, p.name, err)
}

// reads is somebody reading the conversations of a client.
func (f *filling) reads(ctx context.Context, me *portal.Scope, c portal.ClientID) error {
	all, _, err := me.Conversations(ctx, portal.ConversationList{Client: c})
	if err != nil {
		return err
	}
	for _, x := range all {
		if err := me.MarkRead(ctx, x.ID, x.Last.ID); err != nil {
			return err
		}
	}
	return nil
}

// What was said at Leto.
var letoSaid = []saying{
	{on: -124, who: jonas, body: `
		Welcome, everybody. This is the place for whatever belongs to no project: invoices, holidays, a question
		about the next one. Whatever you write here, @Ana Ruiz and I read the same day.`},
	{on: -123, who: marcus, body: "Thank you, Jonas. Glad that the mails end here."},
	{on: -61, who: sofia, body: "Our showroom is closed from Thursday to Monday for the fair. We read along, but slowly."},
	{on: -61, who: jonas, body: "Noted, thank you. Nothing waits for you before Tuesday.", answers: 3},
	{on: -9, who: marcus, body: "Could the invoices go to Yuki from now on, with me in copy?"},
	{on: -9, who: ana, body: "Of course. The next one goes to @Yuki Tanaka, and you see it here as well."},
	{on: -9, who: ana, body: "They pay after 40 days lately. Jonas, please mention it to Yuki before the launch invoice, not in writing.", note: true},
}

func letoSiteTalks(shelf shelf) []talk {
	return []talk{
		{"Photographs for the home page", []saying{
			{on: -47, who: priya, body: "The home page lives from large pictures. Could you tell us by when the twelve core products are photographed?", asks: true},
			{on: -46, who: sofia, body: "The photographer has to move the date by two weeks, I am afraid. She is ill."},
			{on: -46, who: jonas, body: `
				Get well soon to her! Then we do it like this:

				- we design with the pictures of last year,
				- the home page moves to the end,
				- the end of the design moves by as much.`},
			{on: -46, who: jonas, body: "Two weeks cost us nothing if Priya takes the checkout first. Do not offer to pay for a replacement.", note: true},
			{on: -45, who: camille, body: "That suits the texts well. I send the ones for the product pages on Friday."},
			{on: -37, who: sofia, body: "They are here, all twelve. On the grey cloth, as you wished."},
			{on: -37, who: priya, body: "Wonderful. The linen looks as if one could touch it. This is the home page with the new picture.", answers: 6, files: shelf.of("homepage-hero.jpg")},
			{on: -36, who: marcus, body: "Now I understand what you meant by *less text*."},
		}},
		{"Payment on invoice", []saying{
			{on: -8, who: tomas, body: `
				The payment provider changes its interface this month. Cards and bank transfer work; paying on invoice has
				to wait for the new one.`},
			{on: -7, who: marcus, body: "How many of our orders are paid on invoice? I would have said few."},
			{on: -7, who: tomas, body: "27 in a hundred, and among new customers 41. It would hurt to open without.", answers: 2},
			{on: -6, who: jonas, body: "I have asked the other provider for a quote. Not a word of it to Leto before Ana has spoken with Marcus.", note: true},
			{on: -6, who: jonas, body: `
				So we plan one more round of tests and keep the launch day, with one condition: **by Friday we need to know
				whether you would rather open without invoices, or a week later.**`, asks: true},
			{on: -5, who: sofia, body: "A week later is better than losing four in ten new customers. Marcus agrees."},
			{on: -5, who: jonas, body: "Then that is how we do it. The timeline is changed."},
		}},
		{"Delivery to Norway and Switzerland", []saying{
			{on: -3, who: tomas, body: `
				The checkout needs the delivery prices for Norway and Switzerland. Is it one price per country, or by
				weight as in the old shop?`, asks: true},
		}},
		{"Test shop on old phones", []saying{
			{on: -2, who: camille, body: "The test shop works on my phone, which is six years old. Only the menu jumps when I turn it sideways."},
			{on: -2, who: priya, body: "Thank you, that is a good find. It is fixed; would you turn it once more?"},
			{on: -1, who: camille, body: "Now it stays where it is. But the journal opens with the second picture. Is that on purpose?"},
		}},
		{"Hours until the launch", []saying{
			{on: -6, who: ana, body: "31 of 34 days are used. @Jonas Weber, what do we drop if the payments take another week?", note: true},
			{on: -6, who: jonas, body: "The animations on the journal. Nobody asked for them but us.", note: true},
		}},
	}
}

func letoSiteRemarks(shelf shelf) []remark {
	return []remark{
		{deliverable: "Page designs", resolved: -31, by: sofia, said: []saying{
			{on: -39, who: sofia, body: "The price is hard to read on the sand colour. Could it be darker?"},
			{on: -33, who: priya, body: "It has the colour of the headings now: 7.1 to 1 instead of 3.2."},
		}},
		{deliverable: "Product page template", said: []saying{
			{on: -3, who: camille, body: "Where would a customer see that a cloth can be washed at 60 degrees?"},
			{on: -2, who: tomas, body: "Under *Care*, which opens by itself on the phone. It comes with the size table, in the next round."},
			{on: -2, who: tomas, body: "Half a day, and it belongs to what was returned: no extra hours.", note: true},
		}},
		{file: shelf.of("Page designs.pdf")[0], at: &portal.Place{Kind: portal.PlaceRegion, Page: 3, Area: portal.Area{X: 0.12, Y: 0.16, Width: 0.5, Height: 0.26}}, said: []saying{
			{on: -29, who: marcus, body: "The sold-out state is lovely. Can we have the same for what comes back next season?"},
			{on: -29, who: priya, body: "Yes, with the month instead of the day. I add it before the build."},
		}},
		{file: shelf.of("Way through the checkout.mp4")[0], at: &portal.Place{Kind: portal.PlaceRange, From: 2000, Until: 4000}, said: []saying{
			{on: -30, who: sofia, body: "Here I was not sure whether the address was taken. Could it say so?"},
		}},
		{file: shelf.of("banner-madder.jpg")[0], at: &portal.Place{Kind: portal.PlacePin, Area: portal.Area{X: 0.2, Y: 0.28}}, said: []saying{
			{on: -1, who: marcus, body: "Is this the madder of the new dye lot? It looks a shade darker on my screen."},
		}},
		{file: shelf.of("banner-madder.jpg")[0], at: &portal.Place{Kind: portal.PlaceRegion, Area: portal.Area{X: 0.08, Y: 0.42, Width: 0.22, Height: 0.14}}, said: []saying{
			{on: -1, who: priya, body: "The button is outside what the printer trims. Tomasz, leave it where it is.", note: true},
		}},
		{said: []saying{
			{on: -2, who: marcus, body: "Thank you for writing this so plainly. What do you need from me this week?"},
			{on: -2, who: jonas, body: "Only the two prices for delivery. Everything else is with us."},
		}},
	}
}

func kestrelGuideTalks() []talk {
	return []talk{
		{"The Norwegian recordings", []saying{
			{on: -20, who: mei, body: "Our reader is ill and the studio has no other date before next week. The Norwegian recordings move by six days."},
			{on: -19, who: henrik, body: "If it helps, I can read the hall about the eider. I grew up with them."},
			{on: -19, who: mei, body: "That would be a gift. Could you come to the studio on Thursday at ten?", answers: 2, asks: true},
			{on: -18, who: henrik, body: "I will be there, with a cup of tea."},
			{on: -15, who: amara, body: "I have heard him rehearse in the corridor. You will like it."},
		}},
		{"Network in hall 7", []saying{
			{on: -10, who: tomas, body: "Hall 7 still has no network behind the whale. Stories load before one enters, so it is not urgent; please do not move the whale."},
			{on: -9, who: amara, body: "We had no plans to."},
			{on: -9, who: jonas, body: "Keep this one. It is the best sentence of the whole project.", note: true},
		}},
	}
}

func odaTalks() []talk {
	return []talk{
		{"Drawings on small screens", []saying{
			{on: -31, who: priya, body: "Plans at 1:200 turn grey on a phone. May we leave out the furniture below a certain width?", asks: true},
			{on: -30, who: kenji, body: "Leave out the furniture, keep the stairs. A house is its stairs."},
			{on: -30, who: priya, body: "Stairs stay. Thank you!"},
		}},
	}
}
