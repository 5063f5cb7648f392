package api

import (
	"context"
	"net/http"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type notice struct {
	ID      portal.NoticeID  `json:"id" doc:"The notice."`
	Topic   string           `json:"topic,omitempty" doc:"By which people choose how they are told."`
	Unread  bool             `json:"unread" doc:"Whether you have not read it."`
	About   string           `json:"about" doc:"The id of what it is about: of what was said, its conversation or comments."`
	Title   string           `json:"title,omitempty" doc:"Of what was said: the subject of the conversation, or what was commented on."`
	Item    portal.ItemID    `json:"item,omitempty" doc:"What was commented on."`
	Message portal.MessageID `json:"message,omitempty" doc:"What was said."`
	Kind    portal.Kind      `json:"kind" doc:"What happened."`
	At      time.Time        `json:"at" doc:"When."`
	Project portal.ProjectID `json:"project,omitempty" doc:"The project it happened in."`
	Client  portal.ClientID  `json:"client,omitempty" doc:"The client."`
	Actor   portal.PersonID  `json:"actor,omitempty" doc:"Who did it; absent where you are not shown names of the team."`
	Name    string           `json:"actor_name,omitempty" doc:"Their name."`
	Details portal.Details   `json:"details,omitempty" doc:"What else was noted."`
}

func noticeWire(n portal.Notice) notice {
	w := notice{ID: n.ID, Unread: n.Unread, About: n.About, Title: n.Title, Item: n.Item, Message: n.Said, Kind: n.Kind, At: n.At.UTC(), Project: n.Project, Client: n.Client,
		Actor: n.Actor, Name: n.ActorName, Details: n.Details}
	for _, t := range portal.TopicNames {
		if t.Topic == n.Topic {
			w.Topic = t.Name
		}
	}
	return w
}

type readUpTo struct {
	UpTo portal.NoticeID `json:"up_to" maxLength:"64" doc:"The newest notice that you were shown."`
}

// noticeChoices are how somebody wants to be told. The topics count with the
// preset "own" alone.
type noticeChoices struct {
	Preset     portal.NoticePreset `json:"preset" enum:"needs,normal,everything,own" doc:"What needs you alone, the usual, everything, or topic by topic. What needs you always comes."`
	Listed     []string            `json:"listed,omitempty" maxItems:"20" doc:"Topics that are told of in the portal."`
	Mailed     []string            `json:"mailed,omitempty" maxItems:"20" doc:"Topics that are mailed at once. Those of mails of their own, asked, requests, reminders, late, gathered and record, can be here, or in never, alone."`
	Never      []string            `json:"never,omitempty" maxItems:"20" doc:"Topics of mails of their own that do not come. Those that are neither here nor in mailed stay as they are."`
	Digested   []string            `json:"digested,omitempty" maxItems:"20" doc:"Topics that come in the digest, of those that are not mailed at once."`
	Pushed     []string            `json:"pushed,omitempty" maxItems:"20" doc:"Topics that your devices are told of."`
	QuietFrom  string              `json:"quiet_from,omitempty" doc:"HH:MM in your zone: no mail from then on. Without both, there are no quiet hours."`
	QuietUntil string              `json:"quiet_until,omitempty" doc:"HH:MM: until then."`
	DigestOn   string              `json:"digest_on" enum:"daily,mon,tue,wed,thu,fri,sat,sun" doc:"When the digest comes."`
	DigestAt   string              `json:"digest_at" doc:"HH:MM in your zone."`
	Ended      []string            `json:"ended,omitempty" maxItems:"20" doc:"Topics, or digest, whose mails you ended by the link in one: they do not come, whatever you chose. Read only."`
	Again      []string            `json:"again,omitempty" maxItems:"20" doc:"Those of ended that are to come again."`
}

// topicsOf are the words of a set of topics.
func topicsOf(set portal.Topics) []string {
	words := []string{}
	for _, t := range portal.TopicNames {
		if set.Has(t.Topic) {
			words = append(words, t.Name)
		}
	}
	return words
}

// topics turns words into a set; an unknown one makes it invalid.
func topics(field string, words []string) (set portal.Topics, err error) {
next:
	for _, w := range words {
		for _, t := range portal.TopicNames {
			if t.Name == w && (field == "mailed" || t.Topic.Own() == (field == "never")) {
				set |= t.Topic
				continue next
			}
		}
		return 0, &portal.Invalid{Fields: map[string]portal.Reason{field: {Key: "choice"}}}
	}
	return set, nil
}

func choicesWire(c portal.NoticeChoices) noticeChoices {
	w := c.Ways()
	return noticeChoices{Preset: c.Preset, Listed: topicsOf(w.Listed), Mailed: topicsOf(w.Mailed), Never: topicsOf(portal.OwnTopics &^ c.OwnMails()), Digested: topicsOf(w.Digested), Pushed: topicsOf(w.Pushed),
		QuietFrom: c.QuietFrom, QuietUntil: c.QuietUntil, DigestOn: c.DigestOn, DigestAt: c.DigestAt, Ended: endedOf(c.Ended)}
}

// endedOf names the mails that somebody ended.
func endedOf(set portal.Topics) (words []string) {
	for _, w := range portal.MailTopics() {
		if set.Has(portal.MailsOf(w)) {
			words = append(words, w)
		}
	}
	return words
}

// portal is what is chosen by who had chosen something before: mails of a kind that
// they do not name, as perhaps they do not know it, go on as they were.
func (c noticeChoices) portal(had portal.NoticeChoices) (portal.NoticeChoices, error) {
	n := portal.NoticeChoices{Preset: c.Preset, QuietFrom: c.QuietFrom, QuietUntil: c.QuietUntil, DigestOn: c.DigestOn, DigestAt: c.DigestAt}
	var never portal.Topics
	for _, f := range []struct {
		name  string
		words []string
		set   *portal.Topics
	}{{"never", c.Never, &never}, {"listed", c.Listed, &n.Own.Listed}, {"mailed", c.Mailed, &n.Own.Mailed}, {"digested", c.Digested, &n.Own.Digested}, {"pushed", c.Pushed, &n.Own.Pushed}} {
		var err error
		if *f.set, err = topics(f.name, f.words); err != nil {
			return n, err
		}
	}
	if n.Own.Mailed&never != 0 {
		return n, &portal.Invalid{Fields: map[string]portal.Reason{"never": {Key: "choice"}}}
	}
	n.Own.Mailed |= had.OwnMails() &^ never
	silent := had.Silent() // they are told of what comes alone, which says nothing of the rest
	n.Own.Mailed |= silent.Mailed & portal.AllTopics &^ n.Own.Digested
	n.Own.Digested |= silent.Digested &^ n.Own.Mailed
	for _, w := range c.Again {
		some := portal.MailsOf(w)
		if some == 0 {
			return n, &portal.Invalid{Fields: map[string]portal.Reason{"again": {Key: "choice"}}}
		}
		n.Again |= some
	}
	return n, nil
}

type mutedProject struct {
	ID   portal.ProjectID `json:"id" doc:"The project."`
	Name string           `json:"name" doc:"What it is called."`
}

// notices registers what somebody was told of, and how they want to be.
func (s *server) notices() {
	readAll(s, "/api/notices", "list-notices", "What you were told of and still see, newest first", func(ctx context.Context, me *portal.Scope, q *struct{ Page }) ([]portal.Notice, string, error) {
		return me.Notices(ctx, "", q.portal())
	}, noticeWire)
	changeTop(s, "/api/notices/read", "read-notices", "Say that you have read all of them, up to one; where you are named you have to look", func(ctx context.Context, me *portal.Scope, in readUpTo) error {
		return me.ReadNotices(ctx, "", in.UpTo)
	})
	act(s, http.MethodPut, "/api/notices/{id}/read", "read-notice", "Say that you have looked at what it is about", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.ReadNotice(ctx, portal.NoticeID(id))
	})
	readFor(s, "/api/notice-choices", "notice-choices", "How you are told", func(ctx context.Context, me *portal.Scope, _ *struct{}) (noticeChoices, error) {
		c, err := me.NoticeChoices(ctx)
		return choicesWire(c), err
	})
	changeTop(s, "/api/notice-choices", "change-notice-choices", "Change how you are told", func(ctx context.Context, me *portal.Scope, in noticeChoices) error {
		had, err := me.NoticeChoices(ctx)
		if err != nil {
			return err
		}
		c, err := in.portal(had)
		if err != nil {
			return err
		}
		return me.ChooseNotices(ctx, c)
	})
	readAll(s, "/api/muted-projects", "list-muted-projects", "The projects that you are not told of, but for what needs you", func(ctx context.Context, me *portal.Scope, _ *struct{}) ([]portal.Muted, string, error) {
		all, err := me.Mutes(ctx)
		return all, "", err
	}, func(m portal.Muted) mutedProject { return mutedProject{m.ID, m.Name} })
	act(s, http.MethodPost, "/api/projects/{id}/mute", "mute-project", "Not be told of a project, but for what needs you", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.Mute(ctx, portal.ProjectID(id))
	})
	act(s, http.MethodDelete, "/api/projects/{id}/mute", "unmute-project", "Be told of it again", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.Unmute(ctx, portal.ProjectID(id))
	})
}
