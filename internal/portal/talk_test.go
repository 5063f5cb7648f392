package portal_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// talkReads are the reads of what is said, by project and by the id of each
// thread, message and item.
func talkReads(items func(*portaltest.World, portal.ProjectID) []portaltest.Items, each func(func(portaltest.Items) (any, error), []portaltest.Items) (any, error)) []read {
	type world = portaltest.World
	threads := func(i portaltest.Items) []portal.ThreadID {
		return []portal.ThreadID{i.Conversation, i.Comments, i.FileComments}
	}
	messages := func(i portaltest.Items) (all []portal.MessageID) {
		for _, id := range []portal.MessageID{i.Message, i.Note, i.Answer} {
			if id != "" {
				all = append(all, id)
			}
		}
		return all
	}
	// of asks each id, and keeps what was found.
	ofThread := func(name string, f func(context.Context, *portal.Scope, portal.ThreadID) (any, error)) read {
		return read{name, func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				var all []any
				for _, id := range threads(i) {
					v, err := f(ctx, me, id)
					if err == nil {
						all = append(all, v)
					} else if !errors.Is(err, portal.ErrNotFound) && !errors.Is(err, portal.ErrForbidden) {
						return nil, err
					}
				}
				return all, nil
			}, items(w, p))
		}}
	}
	ofConversation := func(name string, f func(context.Context, *portal.Scope, portal.ThreadID) (any, error)) read {
		return read{name, func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) { return f(ctx, me, i.Conversation) }, items(w, p))
		}}
	}
	ofMessage := func(name string, f func(context.Context, *portal.Scope, portal.MessageID) (any, error)) read {
		return read{name, func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				var all []any
				for _, id := range messages(i) {
					v, err := f(ctx, me, id)
					if err == nil {
						all = append(all, v)
					} else if !errors.Is(err, portal.ErrNotFound) && !errors.Is(err, portal.ErrForbidden) {
						return nil, err
					}
				}
				return all, nil
			}, items(w, p))
		}}
	}
	return []read{
		ofThread("Thread", func(ctx context.Context, me *portal.Scope, id portal.ThreadID) (any, error) {
			return me.Thread(ctx, id)
		}),
		ofThread("Messages", func(ctx context.Context, me *portal.Scope, id portal.ThreadID) (any, error) {
			return me.Messages(ctx, id, portal.MessagePage{})
		}),
		ofThread("ThreadPeople", func(ctx context.Context, me *portal.Scope, id portal.ThreadID) (any, error) {
			return me.ThreadPeople(ctx, id, portal.ClientSide)
		}),
		ofConversation("Mentionable", func(ctx context.Context, me *portal.Scope, id portal.ThreadID) (any, error) {
			return me.Mentionable(ctx, id, portal.ClientSide, "c")
		}),
		ofConversation("Mark", func(ctx context.Context, me *portal.Scope, id portal.ThreadID) (any, error) { return me.Mark(ctx, id) }),
		ofConversation("TypistName", func(ctx context.Context, me *portal.Scope, id portal.ThreadID) (any, error) {
			return me.TypistName(ctx, id, "per_x")
		}),
		ofConversation("SeesThread", func(ctx context.Context, me *portal.Scope, id portal.ThreadID) (any, error) {
			return me.SeesThread(ctx, id, portal.ClientSide)
		}),
		ofConversation("Draft", func(ctx context.Context, me *portal.Scope, id portal.ThreadID) (any, error) {
			return me.Draft(ctx, string(id))
		}),
		ofConversation("Drafts", func(ctx context.Context, me *portal.Scope, id portal.ThreadID) (any, error) {
			return me.Drafts(ctx, string(id))
		}),
		ofMessage("Message", func(ctx context.Context, me *portal.Scope, id portal.MessageID) (any, error) {
			return me.Message(ctx, id)
		}),
		ofMessage("ThreadOf", func(ctx context.Context, me *portal.Scope, id portal.MessageID) (any, error) {
			return me.ThreadOf(ctx, id)
		}),
		ofMessage("Receipts", func(ctx context.Context, me *portal.Scope, id portal.MessageID) (any, error) {
			return me.Receipts(ctx, id)
		}),
		ofMessage("EarlierTexts", func(ctx context.Context, me *portal.Scope, id portal.MessageID) (any, error) {
			return me.EarlierTexts(ctx, id)
		}),
		{"MessagesAround", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				var all []any
				for _, id := range messages(i) {
					for _, pg := range []portal.MessagePage{{Around: id}, {Before: id}} {
						l, err := me.Messages(ctx, i.Conversation, pg)
						if err == nil {
							all = append(all, l)
						} else if !errors.Is(err, portal.ErrNotFound) {
							return nil, err
						}
					}
				}
				return all, nil
			}, items(w, p))
		}},
		{"Conversations", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			var all []any
			lists := []portal.ConversationList{{Project: p}}
			if p == w.Site { // once is enough for all
				lists = append(lists, portal.ConversationList{}, portal.ConversationList{Client: w.Acme}, portal.ConversationList{Client: w.Brick},
					portal.ConversationList{Filter: portal.UnreadOnly}, portal.ConversationList{Filter: portal.OurTurn})
			}
			for _, l := range lists {
				some, _, err := me.Conversations(ctx, l)
				if err != nil {
					return nil, err
				}
				all = append(all, some)
			}
			self, err := me.Self(ctx)
			if err != nil {
				return nil, err
			}
			for _, client := range []portal.ClientID{w.Acme, w.Brick} {
				n, err := me.UnreadConversations(ctx, self, client)
				if err != nil {
					return nil, err
				}
				all = append(all, n)
			}
			return all, nil
		}},
		{"ConversationsAfter", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				all, _, err := me.Conversations(ctx, portal.ConversationList{After: i.Conversation})
				return all, err
			}, items(w, p))
		}},
		{"GeneralThreadOf", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.GeneralThreadOf(ctx, w.Acme)
		}},
		{"CommentsOn", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				var all []any
				for _, id := range []portal.ItemID{portal.ItemID(i.Deliverable), portal.ItemID(i.Update)} {
					some, _, err := me.CommentsOn(ctx, id, portal.CommentFilter{State: "open"})
					if err == nil {
						all = append(all, some)
					} else if !errors.Is(err, portal.ErrNotFound) {
						return nil, err
					}
				}
				some, _, err := me.CommentsOn(ctx, portal.ItemID(i.File), portal.CommentFilter{Version: i.Version})
				return append(all, some), err
			}, items(w, p))
		}},
		{"UnsentOn", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				if _, err := me.UnsentCounts(ctx, i.File); err != nil {
					return nil, err
				}
				return me.UnsentOn(ctx, i.Version)
			}, items(w, p))
		}},
		{"Unsent", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				var all []any
				for _, id := range i.Unsent {
					u, err := me.Unsent(ctx, id)
					if err == nil {
						all = append(all, u)
					} else if !errors.Is(err, portal.ErrNotFound) {
						return nil, err
					}
				}
				return all, nil
			}, items(w, p))
		}},
		{"PlacesOn", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				own, _, err := me.CommentsOn(ctx, portal.ItemID(i.File), portal.CommentFilter{Own: true})
				if err != nil {
					return nil, err
				}
				all, err := me.PlacesOn(ctx, i.Version)
				return []any{own, all}, err
			}, items(w, p))
		}},
		{"CommentCounts", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			i := items(w, p)
			return me.CommentCounts(ctx, portal.ItemID(i[0].Deliverable), portal.ItemID(i[1].File))
		}},
		{"MentionableAt", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.MentionableAt(ctx, w.Acme, portal.ClientSide, "")
		}},
		{"MentionableIn", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.MentionableIn(ctx, p, portal.ClientSide, "")
		}},
		{"MentionableOn", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				return me.MentionableOn(ctx, portal.ItemID(i.Deliverable), portal.ClientSide, "")
			}, items(w, p))
		}},
		{"SearchMessages", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			var all []any
			searches := []portal.MessageSearch{{Query: "cnry mess", Project: p, WithFiles: true}}
			if p == w.Site {
				searches = append(searches, portal.MessageSearch{Query: "CNRY"}, portal.MessageSearch{Query: "cnry", Client: w.Acme, Author: w.Mia, Since: time.Unix(1, 0)})
			}
			for _, s := range searches {
				hits, _, err := me.SearchMessages(ctx, s, portal.Page{Limit: 100})
				if err != nil {
					return nil, err
				}
				all = append(all, hits)
			}
			hits, _, err := me.SearchMessages(ctx, portal.MessageSearch{Query: "CNRY", Thread: items(w, p)[1].Conversation}, portal.Page{After: string(items(w, p)[1].Message)})
			if errors.Is(err, portal.ErrNotFound) {
				err = nil
			}
			return append(all, hits), err
		}},
		{"SearchSubjects", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			in, _, err := me.SearchSubjects(ctx, portal.MessageSearch{Query: "cnry", Project: p, Since: time.Unix(1, 0)}, portal.Page{Limit: 100})
			if err != nil || p != w.Site {
				return in, err
			}
			all, _, err := me.SearchSubjects(ctx, portal.MessageSearch{Query: "CNRY"}, portal.Page{After: string(items(w, p)[1].Conversation)})
			if err != nil {
				return nil, err
			}
			of, _, err := me.SearchSubjects(ctx, portal.MessageSearch{Query: "CNRY", Client: w.Acme}, portal.Page{})
			return []any{in, all, of}, err
		}},
		{"SeesSince", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.SeesSince(ctx, time.Unix(0, 0))
		}},
	}
}

// converse starts a conversation in Site that the client sees.
func converse(t *testing.T, w *portaltest.World) portal.ThreadID {
	t.Helper()
	return must[portal.ThreadID](t)(w.As(w.Mia).StartConversation(ctx, w.Site, portal.NewConversation{Subject: "Fonts", NewMessage: portal.NewMessage{Body: "Which do you like?", Audience: portal.ClientSide}}))
}

// bodies are the texts that somebody reads in a thread.
func bodies(t *testing.T, w *portaltest.World, who portal.PersonID, id portal.ThreadID) string {
	t.Helper()
	l, err := w.As(who).Messages(ctx, id, portal.MessagePage{})
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, m := range l.All {
		all = append(all, m.Body)
	}
	return strings.Join(all, "|")
}

func say(body string, to portal.Side) portal.NewMessage {
	return portal.NewMessage{Body: body, Audience: to}
}

func TestStartConversation(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		n := portal.NewConversation{Subject: " Fonts ", NewMessage: say("Which?", portal.ClientSide)}
		for who, want := range map[portal.PersonID]error{
			w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, w.Eve: portal.ErrNotFound, "": portal.ErrSignedOut,
		} {
			_, err := w.As(who).StartConversation(ctx, w.Site, n)
			wants(t, "StartConversation as "+string(who), err, want)
		}
		_, err := w.As(w.Dan).StartConversation(ctx, w.Brand, n)
		wants(t, "as a viewer", err, portal.ErrForbidden)
		_, err = w.As(w.Mia).StartConversation(ctx, w.Old, n)
		wants(t, "in an archived project", err, portal.ErrForbidden)
		_, err = w.As(w.Cleo).StartConversation(ctx, w.Site, portal.NewConversation{Subject: "x", NewMessage: say("x", portal.Team)})
		refuses(t, "a note of the client's", err, "audience", "choice")
		_, err = w.As(w.Mia).StartConversation(ctx, w.Site, portal.NewConversation{})
		refuses(t, "without a subject", err, "subject", "required")
		refuses(t, "without a text", err, "body", "required")
		w.Signals()
		id := must[portal.ThreadID](t)(w.As(w.Tom).StartConversation(ctx, w.Site, n))
		recorded(t, w, portal.ConversationStarted)
		if s := w.Signals(); !slices.ContainsFunc(s, func(s portal.Signal) bool { return s.Thread == id && s.Audience == portal.ClientSide }) {
			t.Errorf("signals: %+v", s)
		}
		th := must[portal.Thread](t)(w.As(w.Bea).Thread(ctx, id))
		if th.Subject != "Fonts" || th.Kind != portal.ProjectThread || th.Client != w.Acme || th.Project != w.Site || th.Messages != 1 || th.Turn != "" || !th.MayWrite() {
			t.Errorf("as Bea sees it: %+v", th)
		}
		for _, who := range []portal.PersonID{w.Dan, w.Carl, w.Rex, w.Uma, ""} {
			_, err := w.As(who).Thread(ctx, id)
			wants(t, "Thread as "+string(who), err, portal.ErrNotFound)
			_, err = w.As(who).Messages(ctx, id, portal.MessagePage{})
			wants(t, "Messages as "+string(who), err, portal.ErrNotFound)
			_, err = w.As(who).Say(ctx, id, say("x", ""))
			if who != "" {
				wants(t, "Say as "+string(who), err, portal.ErrNotFound)
			}
		}
		told := func() bool {
			all, _, err := w.As(w.Cleo).ProjectActivity(ctx, w.Site, portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(all, func(e portal.Event) bool { return e.Subject == string(id) })
		}
		if !told() {
			t.Error("the client's activity does not tell of it")
		}
		// With the section off, conversations are not there for the client.
		sections(t, w, 0, int64(portal.SectionMessages))
		_, err = w.As(w.Cleo).Thread(ctx, id)
		wants(t, "Thread without the section", err, portal.ErrNotFound)
		_, err = w.As(w.Cleo).StartConversation(ctx, w.Site, n)
		wants(t, "StartConversation without the section", err, portal.ErrNotFound)
		_, err = w.As(w.Cleo).SayToClient(ctx, w.Acme, say("x", ""))
		wants(t, "SayToClient without the section", err, portal.ErrNotFound)
		if told() {
			t.Error("the activity tells of it without the section")
		}
		if all, _, err := w.As(w.Cleo).Conversations(ctx, portal.ConversationList{}); err != nil || len(all) != 0 {
			t.Errorf("Conversations without the section: %v, %v", all, err)
		}
		if n := must[int](t)(w.As(w.Cleo).UnreadConversations(ctx, must[portal.Self](t)(w.As(w.Cleo).Self(ctx)), w.Acme)); n != 0 {
			t.Errorf("%d are unread without the section", n)
		}
		// But comments show with what they are on.
		i := w.Items[w.Site][portal.ClientSide]
		if got := bodies(t, w, w.Cleo, i.Comments); !strings.Contains(got, "comment") {
			t.Errorf("comments without the section: %s", got)
		}
	})
}

// Notes are nowhere for the client: T035, T036, T040, T041, T043 to T045.
func TestNotesStayWithTheTeam(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		id := converse(t, w)
		first := must[portal.MessageList](t)(mia.Messages(ctx, id, portal.MessagePage{})).All[0].ID
		general := must[portal.MessageID](t)(mia.SayToClient(ctx, w.Acme, say("They pay late", portal.Team)))
		i := w.Items[w.Site][portal.ClientSide]
		snapshot := func() string {
			var all []any
			add := func(v any, err error) {
				if err != nil && !errors.Is(err, portal.ErrNotFound) {
					t.Fatal(err)
				}
				all = append(all, v, err)
			}
			conversations, _, err := cleo.Conversations(ctx, portal.ConversationList{})
			add(conversations, err)
			add(cleo.Thread(ctx, id))
			add(cleo.Messages(ctx, id, portal.MessagePage{}))
			add(cleo.Messages(ctx, id, portal.MessagePage{After: first}))
			self, err := cleo.Self(ctx)
			add(self, err)
			add(cleo.UnreadConversations(ctx, self, w.Acme))
			add(cleo.GeneralThreadOf(ctx, w.Acme))
			add(cleo.CommentCounts(ctx, portal.ItemID(i.Deliverable)))
			comments, _, err := cleo.CommentsOn(ctx, portal.ItemID(i.Deliverable), portal.CommentFilter{})
			add(comments, err)
			activity, _, err := cleo.ProjectActivity(ctx, w.Site, portal.Page{})
			add(activity, err)
			add(cleo.Receipts(ctx, first))
			add(cleo.Project(ctx, w.Site))
			add(cleo.Summary(ctx, w.Site))
			add(cleo.Needs(ctx, "", 0))
			add(cleo.SeesSince(ctx, w.Clock.Now().Add(-time.Minute)))
			hits, _, err := cleo.SearchMessages(ctx, portal.MessageSearch{Query: "secret"}, portal.Page{})
			add(hits, err)
			return fmt.Sprintf("%+v", all)
		}
		w.Clock.Advance(time.Hour)
		before := snapshot()
		w.Signals()
		note := must[portal.MessageID](t)(mia.Say(ctx, id, say("A secret for @Cleo and @Ada", "")))
		if err := mia.EditMessage(ctx, note, "Another secret for @Cleo and @Ada", 1); err != nil {
			t.Fatal(err)
		}
		must[portal.MessageID](t)(mia.Say(ctx, i.Comments, say("A secret comment", portal.Team)))
		must[portal.MessageID](t)(mia.SayToClient(ctx, w.Acme, say("Another secret", "")))
		if err := w.As(w.Ada).MarkRead(ctx, id, note); err != nil {
			t.Fatal(err)
		}
		gone := must[portal.MessageID](t)(mia.Say(ctx, id, say("One more secret", "")))
		if err := mia.DeleteMessage(ctx, gone); err != nil {
			t.Fatal(err)
		}
		if err := mia.Typing(ctx, id, portal.Team); err != nil {
			t.Fatal(err)
		}
		for _, s := range w.Signals() {
			if s.Thread == "" {
				t.Errorf("a signal that is not of what was said: %+v", s)
			}
			if s.Audience == portal.ClientSide && s.Typist == "" && s.Thread == id {
				// Ada read the message before the note as well: that alone may be known.
				continue
			}
			if must[bool](t)(cleo.SeesThread(ctx, s.Thread, s.Audience)) {
				t.Errorf("the client hears of %+v", s)
			}
		}
		after := snapshot()
		// Reading up to the note reads the message before it; nothing else may differ.
		if before != after {
			b, a := strings.Split(before, " "), strings.Split(after, " ")
			for n := range min(len(a), len(b)) {
				if a[n] != b[n] {
					t.Logf("first difference: %q, was %q", strings.Join(a[n:min(n+12, len(a))], " "), strings.Join(b[n:min(n+12, len(b))], " "))
					break
				}
			}
		}
		if r := must[portal.Receipts](t)(cleo.Receipts(ctx, first)).All; len(r) < 2 || r[0].Person != w.Ada || r[0].At.IsZero() || !r[1].At.IsZero() {
			t.Errorf("receipts of the message before the note: %+v", r)
		}
		write(t, w, `DELETE FROM reading_marks WHERE thread_id = $1`, string(id))
		if after = snapshot(); before != after {
			t.Errorf("notes change what the client sees:\n%s\n%s", before, after)
		}
		for what, err := range map[string]error{
			"Message":     failed(cleo.Message(ctx, note)),
			"ThreadOf":    failed(cleo.ThreadOf(ctx, note)),
			"of general":  failed(cleo.ThreadOf(ctx, general)),
			"Around":      failed(cleo.Messages(ctx, id, portal.MessagePage{Around: note})),
			"MarkRead":    cleo.MarkRead(ctx, id, note),
			"Edit":        cleo.EditMessage(ctx, note, "x", 1),
			"Delete":      cleo.DeleteMessage(ctx, note),
			"Erase":       cleo.EraseMessage(ctx, note),
			"SaveDraft":   cleo.SaveDraft(ctx, string(note), portal.Draft{Body: "x"}),
			"SetReceipts": cleo.MarkRead(ctx, id, general),
		} {
			wants(t, what+" of a note", err, portal.ErrNotFound)
		}
		if r := must[portal.Receipts](t)(cleo.Receipts(ctx, note)); len(r.All) != 0 || r.Count != 0 {
			t.Errorf("receipts of a note: %v", r)
		}
		_, err := cleo.Say(ctx, id, portal.NewMessage{Body: "x", Quote: note})
		refuses(t, "quoting a note", err, "quote", "choice")
		_, err = mia.Say(ctx, id, portal.NewMessage{Body: "x", Quote: note, Audience: portal.ClientSide})
		refuses(t, "quoting a note to the client", err, "quote", "choice")
		// The mention of Cleo in the note is text.
		m := must[portal.Message](t)(mia.Message(ctx, note))
		if len(m.Mentions) != 1 || m.Mentions[0].Person != w.Ada || !m.Edited() {
			t.Errorf("the note is %+v", m)
		}
		// The client may write there, and finds the thread that is there already.
		got := must[portal.MessageID](t)(cleo.SayToClient(ctx, w.Acme, say("Hello", "")))
		if bodies(t, w, w.Cleo, must[portal.Thread](t)(cleo.ThreadOf(ctx, got)).ID) != "Hello" {
			t.Error("the client reads more than their own word")
		}
	})
}

func failed[T any](_ T, err error) error { return err }

func TestSayAndTurn(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		id := converse(t, w)
		turn := func(want portal.Side) {
			t.Helper()
			if th := must[portal.Thread](t)(cleo.Thread(ctx, id)); th.Turn != want {
				t.Errorf("the turn is %q, want %q", th.Turn, want)
			}
		}
		turn("")
		must[portal.MessageID](t)(cleo.Say(ctx, id, say("The first", "")))
		recorded(t, w, portal.MessagePosted)
		turn(portal.Team)
		since := must[portal.Thread](t)(cleo.Thread(ctx, id)).TurnSince
		w.Clock.Advance(time.Hour)
		must[portal.MessageID](t)(cleo.Say(ctx, id, say("Please", portal.ClientSide)))
		if th := must[portal.Thread](t)(cleo.Thread(ctx, id)); !th.TurnSince.Equal(since) {
			t.Errorf("it waits since %v, and not since the first question at %v", th.TurnSince, since)
		}
		must[portal.MessageID](t)(mia.Say(ctx, id, say("A note", "")))
		turn(portal.Team)
		must[portal.MessageID](t)(mia.Say(ctx, id, say("Good", portal.ClientSide)))
		turn("")
		q := must[portal.MessageID](t)(mia.Say(ctx, id, portal.NewMessage{Body: "In which colour?", Audience: portal.ClientSide, Question: true}))
		turn(portal.ClientSide)
		needs := func(who portal.PersonID) (titles []string) {
			for _, n := range must[[]portal.Need](t)(w.As(who).Needs(ctx, "", 0)) {
				if n.Kind == "question" {
					titles = append(titles, n.Title+" "+n.AskedBy)
				}
			}
			return titles
		}
		for who, want := range map[portal.PersonID]string{w.Cleo: "[Fonts Mia]", w.Bea: "[Fonts Mia]", w.Dan: "[]", w.Carl: "[]", w.Rex: "[]"} {
			if got := fmt.Sprint(needs(who)); got != want {
				t.Errorf("questions to %s: %s, want %s", who, got, want)
			}
		}
		wants(t, "NoAnswerNeeded by the client", cleo.NoAnswerNeeded(ctx, id), portal.ErrForbidden)
		wants(t, "NoAnswerNeeded by others", w.As(w.Carl).NoAnswerNeeded(ctx, id), portal.ErrNotFound)
		if err := mia.DeleteMessage(ctx, q); err != nil {
			t.Fatal(err)
		}
		turn("")
		must[portal.MessageID](t)(mia.Say(ctx, id, portal.NewMessage{Body: "In which size?", Audience: portal.ClientSide, Question: true}))
		must[portal.MessageID](t)(w.As(w.Bea).Say(ctx, id, say("Small", "")))
		if got := needs(w.Cleo); len(got) != 0 {
			t.Errorf("still asked after the answer: %v", got)
		}
		turn(portal.Team)
		day := func(who portal.PersonID, everything bool) (kinds string) {
			d := must[portal.Desk](t)(w.As(who).Today(ctx, "2026-03-11", everything))
			for _, n := range d.NeedsUs {
				if n.Kind == "message" {
					kinds += n.Title + " "
				}
			}
			return kinds
		}
		for who, want := range map[portal.PersonID]string{w.Mia: "Fonts ", w.Tom: "Fonts "} {
			if got := day(who, false); !strings.Contains(got, want) {
				t.Errorf("what waits for %s: %s", who, got)
			}
		}
		if err := mia.NoAnswerNeeded(ctx, id); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.QuestionSettled)
		turn("")
		if got := day(w.Mia, false); strings.Contains(got, "Fonts") {
			t.Errorf("after it was settled: %s", got)
		}
		if got := bodies(t, w, w.Bea, id); got != "Which do you like?|The first|Please|Good||In which size?|Small" {
			t.Errorf("Bea reads %s", got)
		}
		if got := bodies(t, w, w.Ada, id); got != "Which do you like?|The first|Please|A note|Good|In which colour?|In which size?|Small" {
			t.Errorf("Ada reads %s", got)
		}
		// A question is to the client, by the team, in a conversation.
		_, err := mia.Say(ctx, id, portal.NewMessage{Body: "x", Question: true})
		refuses(t, "a question in a note", err, "question", "choice")
		_, err = cleo.Say(ctx, id, portal.NewMessage{Body: "x", Question: true})
		refuses(t, "a question of the client's", err, "question", "choice")
		_, err = w.As(w.Dan).Say(ctx, w.Items[w.Brand][portal.ClientSide].Conversation, say("x", ""))
		wants(t, "Say by a viewer", err, portal.ErrForbidden)
		_, err = w.As(w.Mia).Say(ctx, w.Items[w.Old][portal.ClientSide].Conversation, say("x", ""))
		wants(t, "Say in an archived project", err, portal.ErrForbidden)
	})
}

func TestMessagePages(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		id := converse(t, w)
		var ids []portal.MessageID
		for n := range 120 {
			to := portal.ClientSide
			if n%3 == 0 {
				to = portal.Team
			}
			m := must[portal.MessageID](t)(mia.Say(ctx, id, say(fmt.Sprintf("Number %d", n), to)))
			if to == portal.ClientSide {
				ids = append(ids, m)
			}
		}
		list := func(pg portal.MessagePage) portal.MessageList {
			t.Helper()
			return must[portal.MessageList](t)(cleo.Messages(ctx, id, pg))
		}
		newest := list(portal.MessagePage{})
		if len(newest.All) != 50 || !newest.Earlier || newest.Later || newest.All[49].ID != ids[79] || newest.All[0].ID != ids[30] {
			t.Errorf("newest: %d, %v, %v", len(newest.All), newest.Earlier, newest.Later)
		}
		before := list(portal.MessagePage{Before: newest.All[0].ID})
		if len(before.All) != 31 || before.Earlier || !before.Later || before.All[30].ID != ids[29] {
			t.Errorf("before: %d, %v, %v", len(before.All), before.Earlier, before.Later)
		}
		after := list(portal.MessagePage{After: ids[70]})
		if len(after.All) != 9 || !after.Earlier || after.Later || after.All[0].ID != ids[71] {
			t.Errorf("after: %d, %v, %v", len(after.All), after.Earlier, after.Later)
		}
		around := list(portal.MessagePage{Around: ids[40]})
		if len(around.All) != 50 || !around.Earlier || !around.Later || around.All[24].ID != ids[40] {
			t.Errorf("around: %d, %v, %v", len(around.All), around.Earlier, around.Later)
		}
		if around = list(portal.MessagePage{Around: ids[79]}); len(around.All) != 25 || around.Later || around.All[24].ID != ids[79] {
			t.Errorf("around the newest: %d, %v", len(around.All), around.Later)
		}
		_, err := cleo.Messages(ctx, id, portal.MessagePage{Around: w.Items[w.Brand][portal.ClientSide].Message})
		wants(t, "around a message of another thread", err, portal.ErrNotFound)
		all, _, err := cleo.Conversations(ctx, portal.ConversationList{Project: w.Site})
		if err != nil || all[0].ID != id || all[0].Messages != 81 || all[0].Unread != 81 || all[0].Last.ID != ids[79] {
			t.Fatalf("the conversation in the list: %+v, %v", all[0], err)
		}
		if err := cleo.MarkRead(ctx, id, ids[77]); err != nil {
			t.Fatal(err)
		}
		all, _, _ = cleo.Conversations(ctx, portal.ConversationList{Filter: portal.UnreadOnly})
		if all[0].ID != id || all[0].Unread != 2 {
			t.Errorf("after reading: %+v", all[0])
		}
		if got := must[portal.MessageID](t)(cleo.Mark(ctx, id)); got != ids[77] {
			t.Errorf("the mark is %s", got)
		}
		if err := cleo.MarkRead(ctx, id, ids[79]); err != nil {
			t.Fatal(err)
		}
		if all, _, _ = cleo.Conversations(ctx, portal.ConversationList{Filter: portal.UnreadOnly}); slices.ContainsFunc(all, func(c portal.Conversation) bool { return c.ID == id }) {
			t.Error("read, and still unread")
		}
	})
}

func TestConversationsInParts(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		for n := range 40 {
			w.Clock.Advance(time.Minute)
			must[portal.ThreadID](t)(w.As(w.Mia).StartConversation(ctx, w.Site, portal.NewConversation{Subject: fmt.Sprintf("Number %d", n), NewMessage: say("x", portal.ClientSide)}))
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Ada, w.Tom} {
			var names []string
			l := portal.ConversationList{Project: w.Site}
			for {
				some, next, err := w.As(who).Conversations(ctx, l)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range some {
					names = append(names, c.Subject)
				}
				if next == "" {
					break
				}
				l.After = portal.ThreadID(next)
			}
			if len(names) < 41 || names[0] != "Number 39" || names[39] != "Number 0" || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
				t.Errorf("%s has %v", who, names)
			}
		}
		_, _, err := w.As(w.Carl).Conversations(ctx, portal.ConversationList{After: w.Items[w.Site][portal.ClientSide].Conversation})
		wants(t, "a key of another's", err, portal.ErrNotFound)
	})
}

func TestDirectConversations(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		direct := func(c portal.ClientID, body string, people ...portal.PersonID) portal.NewDirect {
			return portal.NewDirect{Client: c, People: people, NewMessage: portal.NewMessage{Body: body}}
		}
		_, err := mia.StartDirect(ctx, direct(w.Acme, "x", w.Cleo, w.Carl))
		refuses(t, "people of two clients", err, "people", "choice")
		_, err = mia.StartDirect(ctx, direct("", "x", w.Cleo))
		refuses(t, "a client inside the team", err, "people", "choice")
		_, err = mia.StartDirect(ctx, direct(w.Acme, "x"))
		refuses(t, "oneself alone", err, "people", "required")
		_, err = cleo.StartDirect(ctx, direct(w.Acme, "x", w.Carl))
		refuses(t, "a competitor", err, "people", "choice")
		_, err = cleo.StartDirect(ctx, direct(w.Acme, "x", w.Uma))
		refuses(t, "somebody who is not in yet", err, "people", "choice")
		_, err = cleo.StartDirect(ctx, direct(w.Brick, "x", w.Bea))
		wants(t, "in another's frame", err, portal.ErrNotFound)
		_, err = cleo.StartDirect(ctx, direct("", "x", w.Mia))
		wants(t, "inside the team, by a client", err, portal.ErrNotFound)
		_, err = w.As(w.Dan).StartDirect(ctx, direct(w.Acme, "x", w.Cleo))
		wants(t, "by a viewer", err, portal.ErrForbidden)
		id := must[portal.ThreadID](t)(mia.StartDirect(ctx, direct(w.Acme, "CNRY-direct hello", w.Bea)))
		if again := must[portal.ThreadID](t)(w.As(w.Bea).StartDirect(ctx, direct(w.Acme, "Hello back", w.Mia))); again != id {
			t.Error("the same people have two conversations")
		}
		th := must[portal.Thread](t)(w.As(w.Bea).Thread(ctx, id))
		if th.Client != w.Acme || th.Audience != portal.ClientSide || !th.MayWrite() {
			t.Errorf("as Bea sees it: %+v", th)
		}
		for name, who := range w.Everyone() {
			_, err := w.As(who).Thread(ctx, id)
			if want := who == w.Mia || who == w.Bea; (err == nil) != want {
				t.Errorf("%s sees it: %v", name, err)
			}
			all, _, err := w.As(who).Conversations(ctx, portal.ConversationList{})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(fmt.Sprintf("%+v", all), "CNRY-direct") && who != w.Mia && who != w.Bea {
				t.Errorf("%s reads it in the list", name)
			}
		}
		list, _, err := w.As(w.Bea).Conversations(ctx, portal.ConversationList{Client: w.Acme})
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(list, func(c portal.Conversation) bool { return c.ID == id })
		if at < 0 || fmt.Sprint(list[at].With) != "[Mia]" {
			t.Errorf("Bea's list at Acme: %+v", list)
		}
		if list, _, _ = w.As(w.Bea).Conversations(ctx, portal.ConversationList{Client: w.Brick}); slices.ContainsFunc(list, func(c portal.Conversation) bool { return c.ID == id || c.Client == w.Acme }) {
			t.Error("a list of Brick has something of Acme")
		}
		// Names of the team are not told where they are not shown.
		sections(t, w, 0, int64(portal.FieldTeamNames))
		l := must[portal.MessageList](t)(w.As(w.Bea).Messages(ctx, id, portal.MessagePage{}))
		if l.All[0].Author != "" || l.All[0].AuthorName != "" || l.All[1].AuthorName != "Bea" {
			t.Errorf("with names off: %+v", l.All)
		}
		if p := must[portal.Readers](t)(w.As(w.Bea).ThreadPeople(ctx, id, "")); p.Count != 1 {
			t.Errorf("with names off Bea knows %+v", p)
		}
		_, err = w.As(w.Bea).StartDirect(ctx, direct(w.Acme, "x", w.Mia))
		refuses(t, "to somebody whose name is not shown", err, "people", "choice")
		// Who was removed from the client is out, whatever they were in.
		if _, err := mia.Remove(ctx, w.BeaAtAcme); err != nil {
			t.Fatal(err)
		}
		_, err = w.As(w.Bea).Thread(ctx, id)
		wants(t, "after the removal", err, portal.ErrNotFound)
		// Inside the team.
		team := must[portal.ThreadID](t)(w.As(w.Tom).StartDirect(ctx, direct("", "Between us", w.Ada)))
		if th := must[portal.Thread](t)(w.As(w.Ada).Thread(ctx, team)); th.Client != "" || th.Audience != portal.Team || !th.MayWrite() {
			t.Errorf("inside the team: %+v", th)
		}
		_, err = mia.Thread(ctx, team)
		wants(t, "others' conversation", err, portal.ErrNotFound)
		if _, err := w.As(w.Ada).Say(ctx, team, say("Yes", portal.ClientSide)); err != nil {
			t.Error(err)
		}
		if m := must[portal.MessageList](t)(w.As(w.Tom).Messages(ctx, team, portal.MessagePage{})); m.All[1].Audience != portal.Team {
			t.Error("what is said inside the team is for a client")
		}
	})
}

// Nobody writes where nobody else reads any more; what was said stays, and who was
// removed hears nothing.
func TestDesertedConversations(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ada, cleo := w.As(w.Ada), w.As(w.Cleo)
		direct := func(who portal.PersonID, c portal.ClientID, people ...portal.PersonID) portal.ThreadID {
			t.Helper()
			return must[portal.ThreadID](t)(w.As(who).StartDirect(ctx, portal.NewDirect{Client: c, People: people, NewMessage: portal.NewMessage{Body: "Between us"}}))
		}
		two, three := direct(w.Tom, w.Acme, w.Cleo), direct(w.Tom, w.Acme, w.Cleo, w.Mia)
		inside := direct(w.Tom, "", w.Ada)
		admins := direct(w.Ada, w.Acme, w.Cleo)
		own := must[portal.MessageID](t)(cleo.Say(ctx, two, portal.NewMessage{Body: "Mine"}))
		if _, err := ada.RemoveTeamMember(ctx, w.Tom); err != nil {
			t.Fatal(err)
		}
		tellPeople(t, w)
		exec(t, w, `DELETE FROM notices`)
		deserted := func(what string, who portal.PersonID, id portal.ThreadID) {
			t.Helper()
			th := must[portal.Thread](t)(w.As(who).Thread(ctx, id))
			if !th.Deserted || th.MayWrite() {
				t.Errorf("%s: %+v", what, th)
			}
			_, err := w.As(who).Say(ctx, id, portal.NewMessage{Body: "Anybody?"})
			wants(t, what, err, portal.ErrDeserted)
			wants(t, what+", typing", w.As(who).Typing(ctx, id, ""), portal.ErrDeserted)
			if p := must[portal.TalkPlace](t)(w.As(who).Place(ctx, string(id))); p.Refused != portal.ErrDeserted {
				t.Errorf("%s, by mail: %v", what, p.Refused)
			}
			if l := must[portal.MessageList](t)(w.As(who).Messages(ctx, id, portal.MessagePage{})); len(l.All) == 0 || l.All[0].Body != "Between us" {
				t.Errorf("%s: what was said: %+v", what, l.All)
			}
		}
		deserted("with the client", w.Cleo, two)
		deserted("inside the team", w.Ada, inside)
		err := cleo.EditMessage(ctx, own, "Changed", 1)
		wants(t, "an edit", err, portal.ErrForbidden)

		// Among those who are left one goes on.
		if th := must[portal.Thread](t)(cleo.Thread(ctx, three)); th.Deserted || !th.MayWrite() {
			t.Errorf("of three: %+v", th)
		}
		said := must[portal.MessageID](t)(cleo.Say(ctx, three, portal.NewMessage{Body: "And you, Mia?"}))
		tellPeople(t, w)
		noticeAbout(t, w, w.Mia, said)
		var n int
		if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM notices WHERE person_id = $1`, string(w.Tom)).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d notices are for who was removed, %v", n, err)
		}
		needs := func(who portal.PersonID, id portal.ThreadID) bool {
			t.Helper()
			all := must[[]portal.Need](t)(w.As(who).TeamNeeds(ctx, ""))
			return slices.ContainsFunc(all, func(n portal.Need) bool { return n.Item == portal.ItemID(id) })
		}
		turn := func(who portal.PersonID, id portal.ThreadID) bool {
			t.Helper()
			all, _, err := w.As(who).Conversations(ctx, portal.ConversationList{Filter: portal.OurTurn})
			if err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(all, func(c portal.Conversation) bool { return c.ID == id })
		}
		if !needs(w.Mia, three) || !turn(w.Mia, three) {
			t.Error("Mia need not answer Cleo")
		}
		// What nobody can answer waits for nobody; an empty portal is as good as nobody.
		exec(t, w, `UPDATE clients SET portal_since = NULL WHERE id = '`+string(w.Acme)+`'`)
		w.Regrant()
		deserted("with the client, who is shut out", w.Mia, three)
		deserted("with an administrator", w.Ada, admins)
		wants(t, "what is erased where nobody writes", ada.EraseMessage(ctx, must[portal.MessageList](t)(ada.Messages(ctx, admins, portal.MessagePage{})).All[0].ID), nil)
		if needs(w.Mia, three) || turn(w.Mia, three) {
			t.Error("Mia needs to answer where nobody reads it")
		}
		exec(t, w, `UPDATE clients SET portal_since = 1 WHERE id = '`+string(w.Acme)+`'`)
		w.Regrant()
		if th := must[portal.Thread](t)(w.As(w.Mia).Thread(ctx, three)); th.Deserted {
			t.Error("deserted after they were let in again")
		}
		sections(t, w, 0, int64(portal.SectionMessages))
		deserted("with the client, who is not shown it", w.Mia, three)
		sections(t, w, int64(portal.SectionMessages), 0)
		asked := must[portal.MessageID](t)(w.As(w.Mia).Say(ctx, three, portal.NewMessage{Body: "Well?", Audience: portal.ClientSide, Question: true}))
		waits := func() bool {
			t.Helper()
			return slices.ContainsFunc(must[[]portal.Need](t)(cleo.Needs(ctx, w.Acme, 0)), func(n portal.Need) bool { return n.Kind == "question" && n.Item == portal.ItemID(three) })
		}
		if !waits() {
			t.Errorf("%s does not wait for Cleo", asked)
		}
		exec(t, w, `UPDATE persons SET disabled_at = 1 WHERE id = '`+string(w.Mia)+`'`)
		w.Regrant()
		deserted("with somebody who is kept out", w.Cleo, three)
		if waits() {
			t.Error("a question waits that Cleo cannot answer")
		}
	})
}

// Whom one may write to is who is offered.
func TestKnown(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		known := func(who portal.PersonID, client portal.ClientID, want string) {
			t.Helper()
			var names []string
			for _, x := range must[[]portal.Reader](t)(w.As(who).Known(ctx, client)) {
				names = append(names, x.Name)
				_, err := w.As(who).StartDirect(ctx, portal.NewDirect{Client: client, People: []portal.PersonID{x.Person}, NewMessage: portal.NewMessage{Body: "x"}})
				if err != nil {
					t.Errorf("%s is offered %s: %v", who, x.Name, err)
				}
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("%s is offered %q at %q, want %q", who, got, client, want)
			}
		}
		known(w.Tom, w.Acme, "Bea Cleo Dan Ada Mia")
		known(w.Mia, w.Brick, "Bea Carl Ada") // which Tom does not see
		known(w.Ada, w.Brick, "Bea Carl Mia")
		known(w.Mia, "", "Ada Tom")
		known(w.Cleo, w.Acme, "Bea Dan Mia Tom")
		known(w.Cleo, "", "")
		for who, client := range map[portal.PersonID]portal.ClientID{w.Cleo: w.Brick, w.Eve: w.Acme} {
			_, err := w.As(who).Known(ctx, client)
			wantErr(t, "of a client that is not seen", err, portal.ErrNotFound)
		}
		// Tom is on the first of many projects alone.
		for i := range 25 {
			must[portal.ProjectID](t)(w.As(w.Mia).CreateProject(ctx, w.Acme, portal.NewProject{Name: fmt.Sprintf("Later %d", i), Shared: true}))
		}
		known(w.Cleo, w.Acme, "Bea Dan Mia Tom")
		exec(t, w, `UPDATE persons SET disabled_at = 1 WHERE id = '`+string(w.Tom)+`'`)
		w.Regrant()
		known(w.Cleo, w.Acme, "Bea Dan Mia")
		known(w.Ada, "", "Mia")
		sections(t, w, 0, int64(portal.FieldTeamNames))
		known(w.Cleo, w.Acme, "Bea Dan")
	})
}

func TestComments(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		tom, cleo := w.As(w.Tom), w.As(w.Cleo)
		open, hidden := w.Items[w.Site][portal.ClientSide], w.Items[w.Site][portal.Team]
		comment := func(who portal.PersonID, on portal.ItemID, to portal.Side) (portal.MessageID, error) {
			return w.As(who).CommentOn(ctx, on, portal.NewComment{NewMessage: say("Bigger", to)})
		}
		for who, want := range map[portal.PersonID]error{w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut} {
			_, err := comment(who, portal.ItemID(open.Task), "")
			wants(t, "CommentOn as "+string(who), err, want)
		}
		_, err := comment(w.Dan, portal.ItemID(w.Items[w.Brand][portal.ClientSide].Task), "")
		wants(t, "CommentOn as a viewer", err, portal.ErrForbidden)
		_, err = comment(w.Cleo, portal.ItemID(hidden.Task), "")
		wants(t, "CommentOn what is hidden", err, portal.ErrNotFound)
		_, err = comment(w.Tom, portal.ItemID(open.Folder), "")
		wants(t, "CommentOn a folder", err, portal.ErrNotFound)
		_, err = comment(w.Mia, portal.ItemID(w.Items[w.Old][portal.ClientSide].Task), "")
		wants(t, "CommentOn in an archived project", err, portal.ErrForbidden)
		for _, on := range []portal.ItemID{portal.ItemID(open.Task), portal.ItemID(open.Milestone), portal.ItemID(open.Deliverable), portal.ItemID(open.Update), portal.ItemID(open.File)} {
			id, err := comment(w.Bea, on, "")
			if err != nil {
				t.Fatalf("%s: %v", on, err)
			}
			th := must[portal.Thread](t)(tom.ThreadOf(ctx, id))
			if th.Item != on || th.Audience != portal.ClientSide || on.Kind() == "file" && th.Version != open.Version || th.Turn != "" {
				t.Errorf("%s: %+v", on, th)
			}
			if got := clientEvents(t, w, string(on)); got[0] != string(portal.CommentAdded) {
				t.Errorf("%s: the client is told %v", on, got)
			}
		}
		// On what the team alone sees, comments are the team's for ever.
		id := must[portal.MessageID](t)(comment(w.Tom, portal.ItemID(hidden.Task), portal.ClientSide))
		note := must[portal.MessageID](t)(comment(w.Tom, portal.ItemID(open.Task), ""))
		if err := w.As(w.Mia).Reveal(ctx, portal.ItemID(hidden.Task), true); err != nil {
			t.Fatal(err)
		}
		for _, m := range []portal.MessageID{id, note} {
			_, err = cleo.Message(ctx, m)
			wants(t, "a comment of the team's", err, portal.ErrNotFound)
		}
		if got := clientEvents(t, w, string(hidden.Task)); slices.Contains(got, string(portal.CommentAdded)) {
			t.Errorf("the client is told %v", got)
		}
		if all, _, err := cleo.CommentsOn(ctx, portal.ItemID(hidden.Task), portal.CommentFilter{}); err != nil || len(all) != 0 {
			t.Errorf("the client reads %+v, %v", all, err)
		}
		// A comment on a draft version, likewise.
		draft := must[portal.MessageID](t)(tom.CommentOn(ctx, portal.ItemID(open.File), portal.NewComment{Version: open.Draft, NewMessage: say("x", portal.ClientSide)}))
		_, err = cleo.Message(ctx, draft)
		wants(t, "a comment on a draft", err, portal.ErrNotFound)
		_, err = cleo.CommentOn(ctx, portal.ItemID(open.File), portal.NewComment{Version: open.Draft, NewMessage: say("x", "")})
		refuses(t, "the client's comment on a draft", err, "version", "choice")

		// Resolved, and opened by an answer; a note leaves it as it is.
		th := must[portal.Thread](t)(cleo.ThreadOf(ctx, must[portal.MessageID](t)(comment(w.Cleo, portal.ItemID(open.Task), ""))))
		wants(t, "ResolveComments by others", w.As(w.Carl).ResolveComments(ctx, th.ID), portal.ErrNotFound)
		wants(t, "ResolveComments of a conversation", cleo.ResolveComments(ctx, open.Conversation), portal.ErrNotFound)
		for range 2 {
			if err := cleo.ResolveComments(ctx, th.ID); err != nil {
				t.Fatal(err)
			}
		}
		recorded(t, w, portal.CommentsResolved)
		state := func() string {
			x := must[portal.Thread](t)(tom.Thread(ctx, th.ID))
			return fmt.Sprint(x.Resolved(), " ", x.ResolvedBy)
		}
		if got := state(); got != "true Cleo" {
			t.Error(got)
		}
		must[portal.MessageID](t)(tom.Say(ctx, th.ID, say("A note", "")))
		if got := state(); got != "true Cleo" {
			t.Errorf("after a note: %s", got)
		}
		must[portal.MessageID](t)(tom.Say(ctx, th.ID, say("Not quite", portal.ClientSide)))
		recorded(t, w, portal.CommentAnswered)
		if got := state(); got != "false " {
			t.Errorf("after an answer: %s", got)
		}
		if err := tom.ResolveComments(ctx, th.ID); err != nil {
			t.Fatal(err)
		}
		if err := cleo.ReopenComments(ctx, th.ID); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.CommentsReopened)
		for range 5 {
			must[portal.MessageID](t)(tom.Say(ctx, th.ID, say("Again", portal.ClientSide)))
			must[portal.MessageID](t)(tom.Say(ctx, th.ID, say("Noted", "")))
		}
		ours := must[portal.Thread](t)(tom.ThreadOf(ctx, must[portal.MessageID](t)(comment(w.Tom, portal.ItemID(open.Task), portal.Team))))
		if err := tom.ResolveComments(ctx, ours.ID); err != nil {
			t.Fatal(err)
		}
		must[portal.MessageID](t)(w.As(w.Mia).Say(ctx, ours.ID, say("Not yet", portal.Team)))
		if x := must[portal.Thread](t)(tom.Thread(ctx, ours.ID)); x.Resolved() {
			t.Error("the team's own comments stay resolved after an answer")
		}
		all, _, err := cleo.CommentsOn(ctx, portal.ItemID(open.Task), portal.CommentFilter{State: "open"})
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(all, func(c portal.Comments) bool { return c.ID == th.ID })
		if c := all[at]; c.First.Body != "Bigger" || len(c.Last) != 3 || c.Last[2].Body != "Again" || c.Messages != 7 || c.Left() != 3 {
			t.Errorf("as the client has it: %+v", c)
		}
		all, _, _ = tom.CommentsOn(ctx, portal.ItemID(open.Task), portal.CommentFilter{})
		at = slices.IndexFunc(all, func(c portal.Comments) bool { return c.ID == th.ID })
		if c := all[at]; c.First.Body != "Bigger" || len(c.Last) != 3 || c.Last[2].Body != "Noted" || c.Messages != 13 {
			t.Errorf("as the team has it: %+v", c)
		}
		// They go with the item.
		if _, err := w.As(w.Mia).Conceal(ctx, portal.ItemID(open.Task)); err != nil {
			t.Fatal(err)
		}
		_, err = cleo.Thread(ctx, th.ID)
		wants(t, "comments on what was concealed", err, portal.ErrNotFound)
		if err := w.As(w.Mia).DeleteTask(ctx, open.Task); err != nil {
			t.Fatal(err)
		}
		_, err = tom.Thread(ctx, th.ID)
		wants(t, "comments on what was deleted", err, portal.ErrNotFound)
	})
}

func TestEditDeleteErase(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo, ada := w.As(w.Mia), w.As(w.Cleo), w.As(w.Ada)
		id := converse(t, w)
		m := must[portal.MessageID](t)(cleo.Say(ctx, id, say("Helvetica", "")))
		for who, want := range map[portal.PersonID]error{w.Bea: portal.ErrForbidden, w.Mia: portal.ErrForbidden, w.Ada: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, "": portal.ErrSignedOut} {
			wants(t, "EditMessage as "+string(who), w.As(who).EditMessage(ctx, m, "x", 1), want)
		}
		if err := cleo.EditMessage(ctx, m, "Univers, says @Mia", 1); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.MessageEdited)
		wants(t, "an edit of what was edited meanwhile", cleo.EditMessage(ctx, m, "x", 1), portal.ErrConflict)
		got := must[portal.Message](t)(mia.Message(ctx, m))
		if !got.Edited() || got.Body != "Univers, says @Mia" || len(got.Mentions) != 1 || got.Mentions[0].Person != w.Mia {
			t.Errorf("edited: %+v", got)
		}
		if e := must[[]portal.EarlierText](t)(ada.EarlierTexts(ctx, m)); len(e) != 1 || e[0].Body != "Helvetica" {
			t.Errorf("earlier texts: %+v", e)
		}
		for _, who := range []portal.PersonID{w.Mia, w.Cleo, w.Carl} {
			if e := must[[]portal.EarlierText](t)(w.As(who).EarlierTexts(ctx, m)); len(e) != 0 {
				t.Errorf("earlier texts for %s: %+v", who, e)
			}
		}
		reply := must[portal.MessageID](t)(mia.Say(ctx, id, portal.NewMessage{Body: "Fine", Audience: portal.ClientSide, Quote: m}))
		for who, want := range map[portal.PersonID]error{w.Bea: portal.ErrForbidden, w.Tom: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound} {
			wants(t, "DeleteMessage as "+string(who), w.As(who).DeleteMessage(ctx, m), want)
		}
		wants(t, "DeleteMessage of the team's by a client", cleo.DeleteMessage(ctx, reply), portal.ErrForbidden)
		if err := mia.DeleteMessage(ctx, m); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.MessageDeleted)
		for who, want := range map[portal.PersonID]string{w.Cleo: "", w.Mia: "", w.Ada: "Univers, says @Mia"} {
			got := must[portal.Message](t)(w.As(who).Message(ctx, m))
			if got.Body != want || !got.Deleted() || len(got.Mentions) != 0 {
				t.Errorf("deleted, as %s has it: %+v", who, got)
			}
			if q := must[portal.Message](t)(w.As(who).Message(ctx, reply)); q.Quoted == nil || q.Quoted.Body != want {
				t.Errorf("quoted, as %s has it: %+v", who, q.Quoted)
			}
			if hits := found(w.As(who).SearchMessages(ctx, portal.MessageSearch{Query: "univers"}, portal.Page{})); len(hits) != 0 {
				t.Errorf("%s finds what was deleted", who)
			}
		}
		wants(t, "an edit of what was deleted", cleo.EditMessage(ctx, m, "x", 3), portal.ErrConflict)
		_, err := cleo.Say(ctx, id, portal.NewMessage{Body: "x", Quote: m})
		refuses(t, "quoting what was deleted", err, "quote", "choice")
		for who, want := range map[portal.PersonID]error{w.Cleo: portal.ErrForbidden, w.Mia: portal.ErrForbidden, w.Carl: portal.ErrNotFound} {
			wants(t, "EraseMessage as "+string(who), w.As(who).EraseMessage(ctx, m), want)
		}
		if err := ada.EraseMessage(ctx, m); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.MessageErased)
		if got := must[portal.Message](t)(ada.Message(ctx, m)); got.Body != "" || got.ErasedAt.IsZero() {
			t.Errorf("erased: %+v", got)
		}
		if e := must[[]portal.EarlierText](t)(ada.EarlierTexts(ctx, m)); len(e) != 0 {
			t.Errorf("earlier texts of what was erased: %+v", e)
		}
	})
}

func found[A, B any](a A, _ B, _ error) A { return a }

func TestFilesInMessages(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		showsFiles(t, w)
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		id := converse(t, w)
		open, hidden := w.Items[w.Site][portal.ClientSide].File, w.Items[w.Site][portal.Team].File
		say := func(me *portal.Scope, to portal.Side, files ...portal.FileID) (portal.MessageID, error) {
			return me.Say(ctx, id, portal.NewMessage{Body: "See", Audience: to, Files: files})
		}
		// T007: a file of another's, or of another project, is not there.
		for what, f := range map[string]portal.FileID{"a competitor's": w.Items[w.Shop][portal.ClientSide].File, "another project's": w.Items[w.Brand][portal.ClientSide].File, "none": "fil_none"} {
			_, err := say(mia, portal.ClientSide, f)
			refuses(t, what, err, "files", "choice")
		}
		_, err := say(cleo, "", hidden)
		refuses(t, "a hidden one, by the client", err, "files", "choice")
		_, err = say(mia, portal.ClientSide, hidden)
		refuses(t, "a hidden one, to the client", err, "files", "file_hidden")
		note := must[portal.MessageID](t)(say(mia, portal.Team, hidden, open, open))
		if m := must[portal.Message](t)(mia.Message(ctx, note)); len(m.Files) != 2 {
			t.Errorf("the note has %d files", len(m.Files))
		}
		m := must[portal.MessageID](t)(cleo.Say(ctx, id, portal.NewMessage{Files: []portal.FileID{open}}))
		if got := must[portal.Message](t)(w.As(w.Bea).Message(ctx, m)); len(got.Files) != 1 || got.Files[0].ID != open {
			t.Errorf("the message has %+v", got.Files)
		}
		if _, err := mia.Conceal(ctx, portal.ItemID(open)); err != nil {
			t.Fatal(err)
		}
		if got := must[portal.Message](t)(cleo.Message(ctx, m)); len(got.Files) != 0 {
			t.Errorf("a concealed file is in the message: %+v", got.Files)
		}
	})
}

// Two of one name are told apart by their company, and by the end of their id where
// that is the same; who names both by their name alone means both. More people than
// a message may name are refused, not left out.
func TestMentionsOfOneName(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia := w.As(w.Mia)
		for _, who := range []portal.PersonID{w.Bea, w.Cleo, w.Tom} {
			write(t, w, `UPDATE persons SET name = 'Ana Ruiz' WHERE id = $1`, string(who))
		}
		id := converse(t, w)
		handles := map[portal.PersonID]string{}
		for _, r := range must[[]portal.Reader](t)(mia.Mentionable(ctx, id, portal.ClientSide, "ana")) {
			handles[r.Person] = r.Handle
		}
		end := func(who portal.PersonID) string { return string(who[len(who)-4:]) }
		brand := must[portal.Brand](t)(w.Portal.Brand(ctx))
		want := map[portal.PersonID]string{w.Bea: "Ana Ruiz (Acme " + end(w.Bea) + ")", w.Cleo: "Ana Ruiz (Acme " + end(w.Cleo) + ")", w.Tom: "Ana Ruiz (" + brand.Name + ")"}
		if !maps.Equal(handles, want) {
			t.Errorf("offered: %q, want %q", handles, want)
		}
		named := func(body string, to portal.Side) (people []portal.PersonID) {
			t.Helper()
			m := must[portal.MessageID](t)(mia.Say(ctx, id, say(body, to)))
			for _, n := range must[portal.Message](t)(mia.Message(ctx, m)).Mentions {
				people = append(people, n.Person)
			}
			slices.Sort(people)
			return people
		}
		for who, handle := range want {
			if got := named("Ask @"+handle+", please", portal.ClientSide); !slices.Equal(got, []portal.PersonID{who}) {
				t.Errorf("%q names %v, want %s", handle, got, who)
			}
		}
		all := []portal.PersonID{w.Bea, w.Cleo, w.Tom}
		slices.Sort(all)
		if got := named("@Ana Ruiz knows", portal.ClientSide); !slices.Equal(got, all) {
			t.Errorf("the name alone names %v, want %v", got, all)
		}
		if got := named("@"+want[w.Cleo]+" @Ana Ruiz", portal.Team); !slices.Equal(got, []portal.PersonID{w.Tom}) {
			t.Errorf("a note names %v", got)
		}
		if r := must[[]portal.Reader](t)(mia.Mentionable(ctx, id, portal.ClientSide, "ada")); len(r) != 1 || r[0].Handle != "Ada" {
			t.Errorf("of a name of her own: %+v", r)
		}

		var many strings.Builder
		for i := range 51 {
			who := fmt.Sprintf("per_many%02d", i)
			write(t, w, `INSERT INTO persons (id, name, email, email_key, created_at, confirmed_at) VALUES ($1, $1, $1, $1, 1, 1)`, who)
			write(t, w, `INSERT INTO client_users (id, client_id, person_id, rights, all_projects, created_at, created_by, accepted_at) VALUES ($1, $2, $3, 15, 1, 1, $4, 1)`,
				fmt.Sprintf("usr_many%02d", i), string(w.Acme), who, string(w.Ada))
			fmt.Fprintf(&many, "@%s ", who)
		}
		w.Regrant()
		_, err := mia.Say(ctx, id, say(many.String(), portal.ClientSide))
		refuses(t, "naming 51", err, "body", "too_many_named")
		if got := named(strings.Replace(many.String(), "@per_many50", "", 1), portal.ClientSide); len(got) != 50 {
			t.Errorf("%d are named", len(got))
		}
		m := must[portal.MessageID](t)(mia.Say(ctx, id, say("Fine", portal.ClientSide)))
		refuses(t, "naming 51 by an edit", mia.EditMessage(ctx, m, many.String(), 1), "body", "too_many_named")
	})
}

// Somebody of many is named, and offered, whatever their number, case and letters; a
// text of nothing but the sign is said as quickly as another (T202).
func TestMentionsAmongMany(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		const many = 2500
		who := func(i int) portal.PersonID { return portal.PersonID(fmt.Sprintf("per_many%04d", i)) }
		err := w.DB.Write(ctx, func(tx *db.Tx) error {
			for i := range many {
				id, name := string(who(i)), fmt.Sprintf("Person Number%04d", i)
				if i == many-1 {
					name = "Özgür van der Çelik-O'Neil jr."
				}
				if _, err := tx.Exec(ctx, `INSERT INTO persons (id, name, email, email_key, created_at, confirmed_at) VALUES ($1, $2, $1, $1, 1, 1)`, id, name); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO client_users (id, client_id, person_id, rights, all_projects, created_at, created_by, accepted_at) VALUES ($1, $2, $1, 15, 1, 1, $3, 1)`,
					id, string(w.Acme), string(w.Ada)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Regrant()
		id := converse(t, w)
		mia := w.As(w.Mia)
		named := func(body string) (people []portal.PersonID) {
			t.Helper()
			m := must[portal.MessageID](t)(mia.Say(ctx, id, say(body, portal.ClientSide)))
			for _, n := range must[portal.Message](t)(mia.Message(ctx, m)).Mentions {
				people = append(people, n.Person)
			}
			return people
		}
		for body, want := range map[string]portal.PersonID{
			"Ask @Person Number2498, please":                   who(many - 2),
			"Ask @person NUMBER2400.":                          who(2400),
			"@Özgür van der Çelik-O'Neil jr. knows":            who(many - 1),
			"@özgür van der çelik-o'neil JR.":                  who(many - 1),
			"@ÖZGÜR VAN DER ÇELIK-O'NEIL JR. (acme), will you": who(many - 1),
		} {
			if got := named(body); len(got) != 1 || got[0] != want {
				t.Errorf("%q names %v, want %s", body, got, want)
			}
		}
		for body, want := range map[string]portal.PersonID{"number2498": who(many - 2), "PERSON Number24": who(2400), "öz": who(many - 1), "ÇELIK": who(many - 1), "100%": "", "Person  Number2498": who(many - 2)} {
			got := must[[]portal.Reader](t)(mia.Mentionable(ctx, id, portal.ClientSide, body))
			if want == "" && len(got) > 0 || want != "" && (len(got) == 0 || got[0].Person != want || got[0].Handle != got[0].Name) {
				t.Errorf("%q offers %+v, want %q", body, got, want)
			}
		}
		for _, body := range []string{strings.Repeat("@", 20_000), strings.Repeat("@ ", 10_000), strings.Repeat("@Ä.", 6600), strings.Repeat("@Person Number2498 ", 1000), strings.Repeat("@(((", 5000), "@" + strings.Repeat("a ", 9999)} {
			start := time.Now()
			if _, err := mia.Say(ctx, id, say(body, portal.ClientSide)); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("%.12q, again and again, took %v", body, took)
			}
		}
	})
}

func TestMentions(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		write(t, w, `UPDATE persons SET name = 'Bea Ruiz' WHERE id = $1`, string(w.Bea))
		write(t, w, `UPDATE persons SET name = 'Bea' WHERE id = $1`, string(w.Dan))
		id := converse(t, w)
		mentioned := func(me *portal.Scope, body string, to portal.Side) (names string) {
			t.Helper()
			m := must[portal.MessageID](t)(me.Say(ctx, id, say(body, to)))
			for _, n := range must[portal.Message](t)(mia.Message(ctx, m)).Mentions {
				names += n.Name + ","
				if n.Person == w.Dan || n.Person == w.Carl {
					t.Errorf("%q mentions somebody who does not see it", body)
				}
			}
			return names
		}
		for body, want := range map[string]string{
			"Hello @bea ruiz, and @Tom!": "Tom,bea ruiz,",
			"@Bea is another":            "",
			"@Carl @Rex @Eve @Uma":       "", // T009
			"mia@mia.test":               "",
			"@Tomorrow":                  "",
			"@Cleo @Cleo":                "Cleo,",
		} {
			if got := mentioned(mia, body, portal.ClientSide); got != want {
				t.Errorf("%q mentions %q, want %q", body, got, want)
			}
		}
		if got := mentioned(mia, "@Cleo @Ada", portal.Team); got != "Ada," {
			t.Errorf("in a note: %s", got)
		}
		if got := mentioned(cleo, "@Mia @Tom @Ada @Bea Ruiz", ""); got != "Bea Ruiz,Mia,Tom," {
			t.Errorf("by the client, who is shown Mia and Tom of the team: %s", got)
		}
		offered := func(me *portal.Scope, to portal.Side, prefix string) (names string) {
			t.Helper()
			for _, p := range must[[]portal.Reader](t)(me.Mentionable(ctx, id, to, prefix)) {
				names += p.Name + ","
			}
			return names
		}
		if got := offered(mia, portal.ClientSide, ""); got != "Bea Ruiz,Cleo,Tom,Ada," {
			t.Errorf("offered to Mia: %s", got)
		}
		if got := offered(mia, portal.Team, ""); got != "Tom,Ada," {
			t.Errorf("offered to Mia in a note: %s", got)
		}
		// T057
		for prefix, want := range map[string]string{"": "Bea Ruiz,Mia,Tom,", "r": "Bea Ruiz,", "carl": "", "a": "", "mia@": ""} {
			if got := offered(cleo, portal.Team, prefix); got != want {
				t.Errorf("offered to Cleo for %q: %s", prefix, got)
			}
		}
		// Who is offered before a client's general conversation is there is offered in it.
		before := map[portal.PersonID][]portal.Reader{}
		for _, who := range []portal.PersonID{w.Mia, w.Cleo} {
			before[who] = must[[]portal.Reader](t)(w.As(who).MentionableAt(ctx, w.Acme, portal.ClientSide, ""))
		}
		must[portal.MessageID](t)(cleo.SayToClient(ctx, w.Acme, say("Hello", "")))
		general := must[portal.Thread](t)(cleo.GeneralThreadOf(ctx, w.Acme)).ID
		for who, was := range before {
			if now := must[[]portal.Reader](t)(w.As(who).Mentionable(ctx, general, portal.ClientSide, "")); len(was) == 0 || fmt.Sprint(now) != fmt.Sprint(was) {
				t.Errorf("%s was offered %+v, and then %+v", who, was, now)
			}
		}
		_, err := w.As(w.Carl).Mentionable(ctx, id, "", "")
		wants(t, "Mentionable as Carl", err, portal.ErrNotFound)
		sections(t, w, 0, int64(portal.FieldTeamNames))
		if got := offered(cleo, "", ""); got != "Bea Ruiz," {
			t.Errorf("offered to Cleo with names off: %s", got)
		}
		l := must[portal.MessageList](t)(cleo.Messages(ctx, id, portal.MessagePage{}))
		if s := fmt.Sprintf("%+v", l.All[0]); strings.Contains(s, string(w.Mia)) || l.All[0].AuthorSide != portal.Team {
			t.Errorf("with names off Cleo reads %s", s)
		}
		var many strings.Builder
		for range 60 {
			many.WriteString("@Ada @Cleo ")
		}
		if got := mentioned(mia, many.String(), portal.ClientSide); got != "Ada,Cleo," {
			t.Errorf("many times: %s", got)
		}
	})
}

func TestReceipts(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		id := converse(t, w)
		m1 := must[portal.MessageID](t)(cleo.Say(ctx, id, say("One", "")))
		m2 := must[portal.MessageID](t)(cleo.Say(ctx, id, say("Two", "")))
		note := must[portal.MessageID](t)(mia.Say(ctx, id, say("Noted", "")))
		seen := func(who portal.PersonID, m portal.MessageID) (all string) {
			t.Helper()
			for _, r := range must[portal.Receipts](t)(w.As(who).Receipts(ctx, m)).All {
				if r.At.IsZero() {
					continue // see TestReceiptsOfAll
				}
				all += fmt.Sprintf("%s %s %s,", r.Name, r.Company, r.At.Format("15:04"))
			}
			return all
		}
		mark := func(who portal.PersonID, m portal.MessageID) {
			t.Helper()
			if err := w.As(who).MarkRead(ctx, id, m); err != nil {
				t.Fatal(err)
			}
		}
		mark(w.Mia, m1)
		w.Clock.Advance(5 * time.Minute)
		mark(w.Bea, m2)
		mark(w.Bea, m1) // back: nothing changes
		w.Clock.Advance(5 * time.Minute)
		w.Signals()
		mark(w.Mia, note) // and with it a client's message before it
		if s := w.Signals(); len(s) != 1 || s[0].Audience != portal.ClientSide {
			t.Errorf("of a message read along with the note after it hear %+v", s)
		}
		mark(w.Ada, note)
		for m, want := range map[portal.MessageID]string{m1: "Mia  10:00,Bea Acme 10:05,Ada  10:10,", m2: "Bea Acme 10:05,Ada  10:10,Mia  10:10,"} {
			got := seen(w.Cleo, m)
			if len(got) != len(want) || !strings.Contains(got, "Bea Acme 10:05") || m == m1 && got != want {
				t.Errorf("seen by %s, want %s", got, want)
			}
		}
		w.Clock.Advance(5 * time.Minute)
		mark(w.Bea, must[portal.MessageID](t)(cleo.Say(ctx, id, say("Three", "")))) // past the note, which she is not shown
		if got := seen(w.Mia, note); got != "Ada  10:10," {
			t.Errorf("the note was seen by %s", got)
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Carl, w.Dan, w.Rex} {
			if got := seen(who, note); got != "" { // T042
				t.Errorf("%s learns who saw a note: %s", who, got)
			}
		}
		if got := seen(w.Carl, m1); got != "" {
			t.Errorf("Carl learns %s", got)
		}
		wants(t, "MarkRead as Carl", w.As(w.Carl).MarkRead(ctx, id, m1), portal.ErrNotFound)
		wants(t, "MarkRead in another thread", cleo.MarkRead(ctx, w.Items[w.Brand][portal.ClientSide].Conversation, m1), portal.ErrNotFound)
		settings := func(r portal.Receipting) portal.WorkspaceSettings {
			ws := must[portal.Workspace](t)(w.As(w.Ada).Workspace(ctx))
			return portal.WorkspaceSettings{Name: ws.Name, TimeZone: ws.TimeZone, Sections: ws.Sections, Receipts: r, Revision: ws.Revision}
		}
		for who, want := range map[portal.PersonID]error{w.Mia: portal.ErrForbidden, w.Cleo: portal.ErrNotFound} {
			wants(t, "ChangeWorkspace as "+string(who), w.As(who).ChangeWorkspace(ctx, settings(portal.ReceiptsOff)), want)
		}
		var invalid *portal.Invalid
		if err := w.As(w.Ada).ChangeWorkspace(ctx, settings("some")); !errors.As(err, &invalid) || invalid.Fields["receipts"].Key == "" {
			t.Errorf("some receipts: %v", err)
		}
		set := func(r portal.Receipting) {
			t.Helper()
			if err := w.As(w.Ada).ChangeWorkspace(ctx, settings(r)); err != nil {
				t.Fatal(err)
			}
			if ws := must[portal.Workspace](t)(w.As(w.Ada).Workspace(ctx)); r != "" && ws.Receipts != r {
				t.Errorf("receipts are %q, want %q", ws.Receipts, r)
			}
		}
		set(portal.ReceiptsTeam)
		recorded(t, w, portal.WorkspaceChanged)
		if got := seen(w.Cleo, m1); got != "" {
			t.Errorf("team only, and Cleo learns %s", got)
		}
		if got := seen(w.Mia, m1); got == "" {
			t.Error("team only, and the team learns nothing")
		}
		w.Signals()
		m3 := must[portal.MessageID](t)(cleo.Say(ctx, id, say("Three", "")))
		w.Signals()
		mark(w.Mia, m3)
		for _, s := range w.Signals() {
			if s.Audience != portal.Team {
				t.Errorf("team only, and the client hears %+v", s)
			}
		}
		set(portal.ReceiptsOff)
		set("") // leaves it as it is
		if got := seen(w.Mia, m1); got != "" {
			t.Errorf("off, and the team learns %s", got)
		}
		set(portal.ReceiptsOn)
		sections(t, w, 0, int64(portal.FieldTeamNames))
		if got := seen(w.Cleo, m1); got != "Bea Acme 10:05," {
			t.Errorf("with names off: %s", got)
		}
	})
}

// Each reader stands in the receipts, whether or not they were told: that no
// mail goes to somebody is for the team, of whichever side they are.
func TestReceiptsOfAll(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		cleo, tom := w.As(w.Cleo), w.As(w.Tom)
		it := w.Items[w.Site][portal.ClientSide]
		id := converse(t, w)
		said := must[portal.MessageID](t)(tom.Say(ctx, id, say("One", portal.ClientSide)))
		comment := must[portal.MessageID](t)(tom.CommentOn(ctx, portal.ItemID(it.Deliverable), portal.NewComment{NewMessage: say("Two", portal.ClientSide)}))
		note := must[portal.MessageID](t)(tom.Say(ctx, id, say("Three", portal.Team)))
		reads := func(who portal.PersonID, m portal.MessageID) (all string) {
			t.Helper()
			r := must[portal.Receipts](t)(w.As(who).Receipts(ctx, m))
			for _, x := range r.All {
				all += fmt.Sprintf("%s %s %t,", x.Name, x.Mail, !x.At.IsZero())
			}
			if r.Count != len(r.All) {
				t.Errorf("%d of %d", r.Count, len(r.All))
			}
			return all
		}
		for _, m := range []portal.MessageID{said, comment} {
			for _, want := range []string{"Cleo waiting false,", "Bea waiting false,", "Mia waiting false,"} { // to be told
				if got := reads(w.Tom, m); !strings.Contains(got, want) || strings.Contains(got, "Tom") || strings.Contains(got, "Carl") || strings.Contains(got, "Rex") {
					t.Errorf("before anybody is told the team reads %s, want %s", got, want)
				}
			}
		}
		// One has muted the project, one wants no mail, and the others are told.
		if err := cleo.Mute(ctx, w.Site); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Mia).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeOwn, DigestOn: "daily", DigestAt: "08:00"}); err != nil {
			t.Fatal(err)
		}
		must[int](t)(w.Portal.TellPeople(ctx))
		for _, m := range []portal.MessageID{said, comment} {
			for _, want := range []string{"Cleo none false,", "Bea waiting false,", "Mia none false,"} {
				if got := reads(w.Tom, m); !strings.Contains(got, want) {
					t.Errorf("the team reads %s, want %s", got, want)
				}
			}
			for _, who := range []portal.PersonID{w.Cleo, w.Bea} {
				if got := reads(who, m); !strings.Contains(got, "Bea  false,") || !strings.Contains(got, "Cleo  false,") || strings.Contains(got, "none") || strings.Contains(got, "waiting") {
					t.Errorf("%s reads %s", who, got)
				}
			}
			for _, who := range []portal.PersonID{w.Carl, w.Rex, w.Eve} {
				if got := reads(who, m); got != "" {
					t.Errorf("%s reads %s", who, got)
				}
			}
		}
		if got := reads(w.Tom, note); !strings.Contains(got, "Mia none false,") || strings.Contains(got, "Cleo") || strings.Contains(got, "Bea") {
			t.Errorf("of a note the team reads %s", got)
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Bea, w.Carl, w.Rex} {
			if got := reads(who, note); got != "" {
				t.Errorf("of a note %s reads %s", who, got)
			}
		}
		// A comment is read where it stands; who has read it is told first.
		all, _, err := cleo.CommentsOn(ctx, portal.ItemID(it.Deliverable), portal.CommentFilter{})
		if err != nil {
			t.Fatal(err)
		}
		c := all[len(all)-1]
		if c.Newest().ID != comment || c.Unread != 1 {
			t.Errorf("%d unread up to %s, want 1 up to %s", c.Unread, c.Newest().ID, comment)
		}
		if err := cleo.MarkRead(ctx, c.ID, comment); err != nil {
			t.Fatal(err)
		}
		all, _, err = cleo.CommentsOn(ctx, portal.ItemID(it.Deliverable), portal.CommentFilter{})
		if err != nil || all[len(all)-1].Unread != 0 {
			t.Errorf("read, and still unread: %d, %v", all[len(all)-1].Unread, err)
		}
		if got := reads(w.Tom, comment); !strings.HasPrefix(got, "Cleo  true,") {
			t.Errorf("of a comment that was read the team reads %s", got)
		}
		for receipts, of := range map[string]map[portal.PersonID]bool{"team": {w.Tom: true}, "off": {}} {
			write(t, w, `UPDATE workspace SET receipts = $1`, receipts)
			w.Regrant()
			for _, who := range []portal.PersonID{w.Tom, w.Bea} {
				if got := reads(who, comment); (got != "") != of[who] {
					t.Errorf("%s, and %s reads %q", receipts, who, got)
				}
			}
		}
	})
}

// Of more than a page may name, the rest are counted.
func TestReceiptsAreBounded(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		id := converse(t, w)
		said := must[portal.MessageID](t)(w.As(w.Tom).Say(ctx, id, say("One", portal.ClientSide)))
		before := must[portal.Receipts](t)(w.As(w.Tom).Receipts(ctx, said))
		for n := range 60 {
			person := portal.PersonID(fmt.Sprintf("per_crowd%02d", n))
			write(t, w, `INSERT INTO persons (id, name, email, email_key, created_at) VALUES ($1, $2, $3, $3, 1)`, string(person), fmt.Sprintf("Crowd %02d", n), string(person)+"@acme.test")
			write(t, w, `INSERT INTO project_team (project_id, person_id, added_at) VALUES ($1, $2, 1)`, string(w.Site), string(person))
			write(t, w, `INSERT INTO team_members (person_id, role, created_at, accepted_at) VALUES ($1, 'contributor', 1, 1)`, string(person))
		}
		w.Regrant()
		after := must[portal.Receipts](t)(w.As(w.Tom).Receipts(ctx, said))
		if after.Count != before.Count+60 || len(after.All) != 50 {
			t.Errorf("%d of %d, want 50 of %d", len(after.All), after.Count, before.Count+60)
		}
	})
}

func TestDrafts(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		id := converse(t, w)
		keep := func(who portal.PersonID, place, body string) {
			t.Helper()
			if err := w.As(who).SaveDraft(ctx, place, portal.Draft{Body: body}); err != nil {
				t.Fatal(err)
			}
		}
		has := func(who portal.PersonID, place, want string) {
			t.Helper()
			if d := must[portal.Draft](t)(w.As(who).Draft(ctx, place)); d.Body != want {
				t.Errorf("%s at %s: %q, want %q", who, place, d.Body, want)
			}
		}
		keep(w.Mia, string(id), "To them")
		keep(w.Mia, string(id)+" note", "To us")
		keep(w.Cleo, string(id), "Mine")
		has(w.Bea, string(id), "")
		must[portal.MessageID](t)(mia.Say(ctx, id, say("x", "")))
		has(w.Mia, string(id), "To them")
		has(w.Mia, string(id)+" note", "")
		must[portal.MessageID](t)(mia.Say(ctx, id, say("x", portal.ClientSide)))
		has(w.Mia, string(id), "")
		has(w.Cleo, string(id), "Mine")
		keep(w.Cleo, string(id), "")
		has(w.Cleo, string(id), "")
		for _, place := range []string{string(w.Site), string(w.Acme), string(w.Items[w.Site][portal.ClientSide].Task)} {
			keep(w.Cleo, place, "x")
			wants(t, "SaveDraft by others at "+place, w.As(w.Carl).SaveDraft(ctx, place, portal.Draft{Body: "x"}), portal.ErrNotFound)
			_, err := w.As(w.Carl).Draft(ctx, place)
			wants(t, "Draft by others at "+place, err, portal.ErrNotFound)
		}
		// To begin with somebody directly, in the frame of a client or inside the team.
		keep(w.Cleo, portal.DirectPlace(w.Acme), "Between us")
		keep(w.Mia, portal.DirectPlace(""), "Inside")
		wants(t, "in another client's frame", w.As(w.Carl).SaveDraft(ctx, portal.DirectPlace(w.Acme), portal.Draft{Body: "x"}), portal.ErrNotFound)
		wants(t, "inside the team", cleo.SaveDraft(ctx, portal.DirectPlace(""), portal.Draft{Body: "x"}), portal.ErrNotFound)
		must[portal.ThreadID](t)(cleo.StartDirect(ctx, portal.NewDirect{Client: w.Acme, People: []portal.PersonID{w.Bea}, NewMessage: say("Hello", "")}))
		has(w.Cleo, portal.DirectPlace(w.Acme), "")
		has(w.Mia, portal.DirectPlace(""), "Inside")
		wants(t, "SaveDraft nowhere", cleo.SaveDraft(ctx, "nowhere", portal.Draft{Body: "x"}), portal.ErrNotFound)
	})
}

// What is typed into a form is no draft any more once the form was sent, however
// late it comes; what is typed into another is one.
func TestNoDraftStaysOfWhatWasSent(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, id := w.As(w.Mia), converse(t, w)
		it := w.Items[w.Site][portal.ClientSide]
		of := func(form, key string) context.Context {
			return portal.WithRequest(ctx, portal.Request{Key: key, Form: form})
		}
		own := must[portal.MessageID](t)(mia.Say(ctx, id, say("Own", portal.ClientSide)))
		revision := int64(0)
		for _, c := range []struct {
			place string
			send  func(ctx context.Context, body string) error
		}{
			{string(id), func(ctx context.Context, body string) error {
				_, err := mia.Say(ctx, id, say(body, portal.ClientSide))
				return err
			}},
			{string(id) + " note", func(ctx context.Context, body string) error {
				_, err := mia.Say(ctx, id, say(body, portal.Team))
				return err
			}},
			{string(w.Site), func(ctx context.Context, body string) error {
				_, err := mia.StartConversation(ctx, w.Site, portal.NewConversation{Subject: "S", NewMessage: say(body, portal.ClientSide)})
				return err
			}},
			{string(w.Acme), func(ctx context.Context, body string) error {
				_, err := mia.SayToClient(ctx, w.Acme, say(body, portal.ClientSide))
				return err
			}},
			{portal.DirectPlace(w.Acme), func(ctx context.Context, body string) error {
				_, err := mia.StartDirect(ctx, portal.NewDirect{Client: w.Acme, People: []portal.PersonID{w.Cleo}, NewMessage: say(body, "")})
				return err
			}},
			{string(it.Deliverable), func(ctx context.Context, body string) error {
				_, err := mia.CommentOn(ctx, portal.ItemID(it.Deliverable), portal.NewComment{NewMessage: say(body, portal.ClientSide)})
				return err
			}},
			{string(own), func(ctx context.Context, body string) error {
				if body != "" {
					revision++
				}
				return mia.EditMessage(ctx, own, body, revision)
			}},
		} {
			form := "form of " + c.place
			keep := func(form, body string) {
				t.Helper()
				if err := mia.SaveDraft(of(form, ""), c.place, portal.Draft{Body: body}); err != nil {
					t.Fatal(err)
				}
			}
			has := func(want string) {
				t.Helper()
				if d := must[portal.Draft](t)(mia.Draft(ctx, c.place)); d.Body != want {
					t.Errorf("the draft at %s is %q, want %q", c.place, d.Body, want)
				}
			}
			keep(form, "To th")
			keep(form, "To them")
			keep(form, "To th") // what was there before, once more
			has("To th")
			var invalid *portal.Invalid
			if err := c.send(of(form, form+" 1"), ""); !errors.As(err, &invalid) {
				t.Fatalf("nothing was said at %s: %v", c.place, err)
			}
			keep(form, "To all of them") // it was not sent
			has("To all of them")
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() { _ = mia.SaveDraft(of(form, ""), c.place, portal.Draft{Body: "late"}) })
			}
			wg.Go(func() {
				if err := c.send(of(form, form+" 2"), "To all of them"); err != nil {
					t.Errorf("at %s: %v", c.place, err)
				}
			})
			wg.Wait()
			has("")
			keep(form, "later")
			has("")
			keep("another", "Next")
			has("Next")
		}
	})
}

// The draft of an edit says which text it was begun with.
func TestDraftsOfEdits(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, id := w.As(w.Mia), converse(t, w)
		m := must[portal.MessageID](t)(mia.Say(ctx, id, say("One", portal.ClientSide)))
		if err := mia.EditMessage(ctx, m, "Two", 1); err != nil {
			t.Fatal(err)
		}
		if err := mia.SaveDraft(ctx, string(m), portal.Draft{Body: "One, or", Revision: 1}); err != nil {
			t.Fatal(err)
		}
		d := must[portal.Draft](t)(mia.Draft(ctx, string(m)))
		all := must[map[string]portal.Draft](t)(mia.Drafts(ctx, string(m)))
		if d.Revision != 1 || d.Body != "One, or" || all[string(m)] != d {
			t.Errorf("%+v, %+v", d, all)
		}
		wants(t, "an edit of the text that was there before", mia.EditMessage(ctx, m, d.Body, d.Revision), portal.ErrConflict)
		if d := must[portal.Draft](t)(mia.Draft(ctx, string(m))); d.Body != "One, or" {
			t.Errorf("the draft that could not be saved is %q", d.Body)
		}
	})
}

// T182, T183: thirty at once, with one key, are one message.
func TestOneMessagePerKey(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		id := converse(t, w)
		var wg sync.WaitGroup
		ids := make([]portal.MessageID, 30)
		errs := make([]error, 30)
		for n := range ids {
			wg.Go(func() {
				ctx := portal.WithRequest(ctx, portal.Request{Key: "once", Body: "x"})
				ids[n], errs[n] = portal.Once(w.As(w.Cleo).Say(ctx, id, say("Once", "")))
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 1 || bodies(t, w, w.Mia, id) != "Which do you like?|Once" {
			t.Errorf("%d messages: %s", len(slices.Compact(slices.Sorted(slices.Values(ids)))), bodies(t, w, w.Mia, id))
		}
		again := portal.WithRequest(ctx, portal.Request{Key: "comment", Body: "x"})
		item := portal.ItemID(w.Items[w.Site][portal.ClientSide].Task)
		first := must[portal.MessageID](t)(w.As(w.Cleo).CommentOn(again, item, portal.NewComment{NewMessage: say("c", "")}))
		if same := must[portal.MessageID](t)(portal.Once(w.As(w.Cleo).CommentOn(again, item, portal.NewComment{NewMessage: say("c", "")}))); same != first {
			t.Error("a comment was made twice")
		}
	})
}

// T187: from the moment a removal is acknowledged nothing more of them is
// taken, in any kind of conversation.
func TestNobodyPostsAfterTheirRemoval(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		bea := w.As(w.Bea)
		id := converse(t, w)
		direct := must[portal.ThreadID](t)(w.As(w.Mia).StartDirect(ctx, portal.NewDirect{Client: w.Acme, People: []portal.PersonID{w.Bea}, NewMessage: say("x", "")}))
		var mu sync.Mutex
		removed := false
		var wg, began sync.WaitGroup
		began.Add(3)
		for _, post := range []func() error{
			func() error { return failed(bea.Say(ctx, id, say("x", ""))) },
			func() error { return failed(bea.Say(ctx, direct, say("x", ""))) },
			func() error { return failed(bea.SayToClient(ctx, w.Acme, say("x", ""))) },
		} {
			wg.Go(func() {
				for n := 0; ; n++ {
					mu.Lock()
					after := removed
					mu.Unlock()
					err := post()
					if after && err == nil {
						t.Error("something was taken after the removal")
					}
					if n == 0 {
						if began.Done(); err != nil {
							t.Errorf("before the removal: %v", err)
						}
					}
					if err != nil && !errors.Is(err, portal.ErrNotFound) && !errors.Is(err, portal.ErrForbidden) {
						t.Errorf("post: %v", err)
					}
					if after || err != nil {
						return
					}
				}
			})
		}
		began.Wait()
		if _, err := w.As(w.Mia).Remove(ctx, w.BeaAtAcme); err != nil {
			t.Error(err)
		}
		mu.Lock()
		removed = true
		mu.Unlock()
		wg.Wait()
	})
}

// T199, and typing more often than every few seconds says nothing more.
func TestTyping(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		id := converse(t, w)
		w.Signals()
		for range 3 {
			if err := w.As(w.Cleo).Typing(ctx, id, ""); err != nil {
				t.Fatal(err)
			}
		}
		s := w.Signals()
		if len(s) != 1 || s[0].Thread != id || s[0].Typist != w.Cleo || s[0].Audience != portal.ClientSide {
			t.Errorf("signals: %+v", s)
		}
		w.Clock.Advance(4 * time.Second)
		if err := w.As(w.Cleo).Typing(ctx, id, ""); err != nil || len(w.Signals()) != 1 {
			t.Errorf("no signal after a while, %v", err)
		}
		for who, want := range map[portal.PersonID]error{w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrNotFound} {
			wants(t, "Typing as "+string(who), w.As(who).Typing(ctx, id, ""), want)
		}
		for who, want := range map[portal.PersonID]string{w.Bea: "Cleo", w.Mia: "Cleo", w.Carl: "", w.Dan: ""} {
			if got := must[string](t)(w.As(who).TypistName(ctx, id, w.Cleo)); got != want {
				t.Errorf("%s is told that %q types", who, got)
			}
		}
		// T042: of the team's talk a client says nothing and hears nothing, whatever they ask for.
		among := w.Items[w.Site][portal.Team].Conversation
		note := must[portal.MessageID](t)(w.As(w.Mia).CommentOn(ctx, portal.ItemID(w.Items[w.Site][portal.ClientSide].Task), portal.NewComment{NewMessage: say("A note", portal.Team)}))
		comments := must[portal.Thread](t)(w.As(w.Mia).ThreadOf(ctx, note)).ID
		w.Signals()
		for _, th := range []portal.ThreadID{among, comments} {
			wants(t, "Typing among the team", w.As(w.Cleo).Typing(ctx, th, portal.Team), portal.ErrNotFound)
			wants(t, "MarkRead among the team", w.As(w.Cleo).MarkRead(ctx, th, note), portal.ErrNotFound)
			if got := must[string](t)(w.As(w.Cleo).TypistName(ctx, th, w.Mia)); got != "" {
				t.Errorf("Cleo is told that %q types", got)
			}
			if must[bool](t)(w.As(w.Cleo).SeesThread(ctx, th, portal.ClientSide)) {
				t.Error("Cleo hears of what is among the team")
			}
		}
		w.Clock.Advance(4 * time.Second)
		refuses(t, "a client's note", w.As(w.Cleo).Typing(ctx, id, portal.Team), "audience", "choice")
		if s := w.Signals(); len(s) != 0 {
			t.Errorf("signals: %+v", s)
		}
		if err := w.As(w.Mia).Typing(ctx, id, portal.Team); err != nil {
			t.Fatal(err)
		}
		if s := w.Signals(); len(s) != 1 || must[bool](t)(w.As(w.Cleo).SeesThread(ctx, id, s[0].Audience)) {
			t.Errorf("of a note that is being typed Cleo hears %+v", s)
		}
	})
}

// T190: people write and read at once, and every count is right.
func TestEverybodyAtOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		id := converse(t, w)
		var wg sync.WaitGroup
		for _, who := range []portal.PersonID{w.Cleo, w.Bea, w.Mia, w.Tom} {
			wg.Go(func() {
				for n := range 25 {
					to := portal.ClientSide
					if n%5 == 4 && (who == w.Mia || who == w.Tom) {
						to = portal.Team
					}
					m, err := w.As(who).Say(ctx, id, say("x", to))
					if err == nil {
						err = w.As(who).MarkRead(ctx, id, m)
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for who, want := range map[portal.PersonID]int{w.Ada: 101, w.Cleo: 91} {
			if th := must[portal.Thread](t)(w.As(who).Thread(ctx, id)); th.Messages != want {
				t.Errorf("%s has %d messages, want %d", who, th.Messages, want)
			}
		}
		all, _, err := w.As(w.Ada).Conversations(ctx, portal.ConversationList{Project: w.Site})
		if err != nil || all[0].ID != id || all[0].Unread != 100 {
			t.Errorf("unread for Ada: %+v, %v", all[0], err)
		}
		// A thousand marks at once, in no order: each goes forward alone, and everybody is
		// counted once.
		last := must[portal.MessageList](t)(w.As(w.Cleo).Messages(ctx, id, portal.MessagePage{})).All
		readers := []portal.PersonID{w.Ada, w.Bea, w.Cleo, w.Mia, w.Tom}
		for n := range 1000 {
			wg.Go(func() {
				if err := w.As(readers[n%len(readers)]).MarkRead(ctx, id, last[n/len(readers)%len(last)].ID); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		newest := last[len(last)-1]
		for _, who := range readers {
			mine, _, err := w.As(who).Conversations(ctx, portal.ConversationList{Project: w.Site})
			if err != nil || mine[0].ID != id {
				t.Fatalf("%+v, %v", mine, err)
			}
			after := 0 // notes of the team's that were said after it
			if who == w.Ada || who == w.Mia || who == w.Tom {
				for _, m := range must[portal.MessageList](t)(w.As(who).Messages(ctx, id, portal.MessagePage{After: newest.ID})).All {
					if after++; m.Author == who { // who has read all up to what they said themselves
						after = 0
					}
				}
			}
			if mine[0].Unread != after {
				t.Errorf("%d unread for %s, want %d", mine[0].Unread, who, after)
			}
		}
		seen := map[portal.PersonID]int{newest.Author: 1}
		for _, r := range must[portal.Receipts](t)(w.As(w.Ada).Receipts(ctx, newest.ID)).All {
			if !r.At.IsZero() {
				seen[r.Person]++
			}
		}
		for _, who := range readers {
			if seen[who] != 1 {
				t.Errorf("%s has seen the last message %d times", who, seen[who])
			}
		}
	})
}

// onPages calls found with all that is on pages of so many.
func onPages[T any](t *testing.T, limit int, read func(portal.Page) ([]T, string, error), found func(T)) {
	t.Helper()
	for pg := (portal.Page{Limit: limit}); ; {
		all, next, err := read(pg)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			found(x)
		}
		if pg.After = next; next == "" {
			return
		}
	}
}

func TestSearchMessages(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		showsFiles(t, w)
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		id := converse(t, w)
		file := w.Items[w.Site][portal.ClientSide].File
		w.Clock.Advance(time.Hour)
		first := must[portal.MessageID](t)(mia.Say(ctx, id, say("The café opens on Monday, and the garden on Tuesday", portal.ClientSide)))
		second := must[portal.MessageID](t)(cleo.Say(ctx, id, portal.NewMessage{Body: "Monday suits us: see the plan", Files: []portal.FileID{file}}))
		note := must[portal.MessageID](t)(mia.Say(ctx, id, say("Monday is too early", "")))
		elsewhere := must[portal.ThreadID](t)(w.As(w.Carl).StartConversation(ctx, w.Shop, portal.NewConversation{Subject: "x", NewMessage: say("Monday at the shop", "")}))
		comment := must[portal.MessageID](t)(cleo.CommentOn(ctx, portal.ItemID(w.Items[w.Site][portal.ClientSide].Task), portal.NewComment{NewMessage: say("Not before Monday", "")}))
		must[portal.MessageID](t)(cleo.CommentOn(ctx, portal.ItemID(w.Items[w.Site][portal.ClientSide].Update), portal.NewComment{NewMessage: say("Agreed", "")}))
		find := func(who portal.PersonID, s portal.MessageSearch) (ids []portal.MessageID) {
			t.Helper()
			onPages(t, 2, func(pg portal.Page) ([]portal.MessageHit, string, error) { return w.As(who).SearchMessages(ctx, s, pg) }, func(h portal.MessageHit) { ids = append(ids, h.ID) })
			return ids
		}
		same := func(what string, got []portal.MessageID, want ...portal.MessageID) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		monday := portal.MessageSearch{Query: "mon"}
		same("as Cleo", find(w.Cleo, monday), comment, second, first)
		if hits, _, err := cleo.SearchMessages(ctx, monday, portal.Page{Limit: 1}); err != nil || hits[0].Title != must[portal.Task](t)(cleo.Task(ctx, w.Items[w.Site][portal.ClientSide].Task)).Title {
			t.Errorf("a comment is found on %v, %v", hits, err)
		}
		if hits, _, err := cleo.SearchMessages(ctx, portal.MessageSearch{Query: "agreed"}, portal.Page{}); err != nil || len(hits) != 1 || hits[0].By != "Mia" || hits[0].At.IsZero() {
			t.Errorf("a comment on an update is found on %+v, %v", hits, err)
		}
		if got := find(w.Ada, monday); len(got) != 5 || !slices.Contains(got, note) {
			t.Errorf("as Ada: %v", got)
		}
		if got := find(w.Carl, monday); len(got) != 1 || must[portal.Message](t)(w.As(w.Carl).Message(ctx, got[0])).Thread != elsewhere {
			t.Errorf("as Carl: %v", got)
		}
		same("as Dan", find(w.Dan, monday))
		same("as Rex", find(w.Rex, monday))
		if got := find(w.Bea, monday); len(got) != 4 {
			t.Errorf("as Bea, of two clients: %v", got)
		}
		same("all words", find(w.Cleo, portal.MessageSearch{Query: "tues garden"}), first)
		same("no such word", find(w.Cleo, portal.MessageSearch{Query: "monday wednesday"}))
		same("too short", find(w.Cleo, portal.MessageSearch{Query: "m"}))
		same("two letters are a word", find(w.Cleo, portal.MessageSearch{Query: "su"}))
		same("and found as one", find(w.Cleo, portal.MessageSearch{Query: "us monday"}), second)
		same("operators are none", find(w.Cleo, portal.MessageSearch{Query: `"mon* OR (tuesday' & `}))
		// What the next page begins after may be deleted meanwhile.
		last := must[portal.MessageID](t)(cleo.Say(ctx, id, say("A monday at last", "")))
		for _, who := range []portal.PersonID{w.Cleo, w.Ada} {
			hits, next, err := w.As(who).SearchMessages(ctx, portal.MessageSearch{Query: "mon", Thread: id}, portal.Page{Limit: 1})
			if err != nil || len(hits) != 1 || hits[0].ID != last || next != string(last) {
				t.Fatalf("found %+v, %q, %v", hits, next, err)
			}
			if who == w.Cleo {
				if err := cleo.DeleteMessage(ctx, last); err != nil {
					t.Fatal(err)
				}
				last = must[portal.MessageID](t)(cleo.Say(ctx, id, say("Another monday", "")))
			} else if err := w.As(w.Ada).EraseMessage(ctx, last); err != nil {
				t.Fatal(err)
			}
			hits, _, err = w.As(who).SearchMessages(ctx, portal.MessageSearch{Query: "mon", Client: w.Acme}, portal.Page{After: next, Limit: 2})
			if err != nil || len(hits) != 2 || hits[0].ID != comment {
				t.Errorf("after what was deleted: %+v, %v", hits, err)
			}
		}
		same("by its author", find(w.Cleo, portal.MessageSearch{Query: "mon", Author: w.Mia}), first)
		same("in a thread", find(w.Cleo, portal.MessageSearch{Query: "mon", Thread: id}), second, first)
		same("in another project", find(w.Cleo, portal.MessageSearch{Query: "mon", Project: w.Brand}))
		same("in the project", find(w.Cleo, portal.MessageSearch{Query: "mon", Project: w.Site}), comment, second, first)
		same("of another client", find(w.Cleo, portal.MessageSearch{Query: "mon", Client: w.Brick}))
		same("with files", find(w.Cleo, portal.MessageSearch{Query: "mon", WithFiles: true}), second)
		same("since then", find(w.Cleo, portal.MessageSearch{Query: "mon", Since: w.Clock.Now()}), comment, second, first)
		same("since later", find(w.Cleo, portal.MessageSearch{Query: "mon", Since: w.Clock.Now().Add(time.Second)}))
		hits, _, err := cleo.SearchMessages(ctx, portal.MessageSearch{Query: "cafe tue"}, portal.Page{})
		if w.DB.Dialect() == "sqlite" {
			if err != nil || len(hits) != 1 || hits[0].Snippet != "The \x02café\x03 opens on Monday, and the garden on \x02Tuesday\x03" {
				t.Errorf("highlighted: %+v, %v", hits, err)
			}
		}
		// With the team's names hidden nobody is found by being of the team.
		sections(t, w, 0, int64(portal.FieldTeamNames))
		same("by a hidden author", find(w.Cleo, portal.MessageSearch{Query: "mon", Author: w.Mia}))
		// An edit is found, and what was there before is not.
		if err := mia.EditMessage(ctx, first, "The bistro", 1); err != nil {
			t.Fatal(err)
		}
		same("what was edited away", find(w.Cleo, portal.MessageSearch{Query: "garden"}))
		same("what was edited in", find(w.Cleo, portal.MessageSearch{Query: "bistro"}), first)
	})
}

// What was said long ago, often or hardly ever, is found as what was said last,
// by those who see all and those who see a part, in the order in which it was
// said, and each once.
func TestSearchGoesBack(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		fill := newFill(t, w)
		long, other := string(converse(t, w)), string(w.Items[w.Shop][portal.ClientSide].Conversation)
		fill.also = "early "
		fill.into(w.Acme, 3000, long)
		rare := must[portal.MessageID](t)(w.As(w.Mia).Say(t.Context(), portal.ThreadID(long), say("a quince, early", portal.ClientSide)))
		fill.also = "elsewhere "
		fill.into(w.Brick, 6000, other)
		last := must[portal.MessageID](t)(w.As(w.Mia).Say(t.Context(), portal.ThreadID(long), say("the quince again", portal.ClientSide)))
		analyze(t, w)
		find := func(who portal.PersonID, s portal.MessageSearch, most int) (ids []portal.MessageID) {
			t.Helper()
			pg := portal.Page{Limit: 100}
			for len(ids) < most {
				hits, next, err := w.As(who).SearchMessages(t.Context(), s, pg)
				if err != nil {
					t.Fatal(err)
				}
				for _, h := range hits {
					ids = append(ids, h.ID)
				}
				if pg.After = next; next == "" {
					break
				}
			}
			return ids
		}
		for name, who := range map[string]portal.PersonID{"Ada": w.Ada, "Mia": w.Mia, "Cleo": w.Cleo, "Bea": w.Bea} {
			for _, s := range []portal.MessageSearch{{Query: "quince"}, {Query: "qui"}, {Query: "quince", Author: w.Mia}, {Query: "quince", Project: w.Site}, {Query: "quince", Client: w.Acme}} {
				if got := find(who, s, 10); !slices.Equal(got, []portal.MessageID{last, rare}) {
					t.Errorf("%+v as %s: %v, want %v", s, name, got, []portal.MessageID{last, rare})
				}
			}
			early := find(who, portal.MessageSearch{Query: "early"}, 500)
			if down := slices.IsSortedFunc(early, func(a, b portal.MessageID) int { return cmp.Compare(b, a) }); len(early) != 500 || early[0] != rare || !down {
				t.Errorf("as %s %d of those that are early, in order: %v", name, len(early), down)
			}
		}
		if got := find(w.Carl, portal.MessageSearch{Query: "quince"}, 10); len(got) != 0 {
			t.Errorf("as Carl: %v", got)
		}
	})
}

// What is said, changed and taken back by several at once, and in one
// transaction, is found as it stands, and the index of words holds nothing else.
func TestSearchFindsWhatIsSaidAtOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		me := w.As(w.Mia)
		th, err := me.StartConversation(ctx, w.Site, portal.NewConversation{Subject: "Words", NewMessage: say("Hello", portal.ClientSide)})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				for k := range 4 {
					id, err := me.Say(ctx, th, say(fmt.Sprintf("first%02d%d", i, k), portal.ClientSide))
					if err == nil && k > 0 {
						err = me.EditMessage(ctx, id, fmt.Sprintf("second%02d%d", i, k), 1)
					}
					if err == nil && k > 1 {
						err = me.DeleteMessage(ctx, id)
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		id := func(n string) string { return "msg_00000000000000000000000" + n }
		err = w.DB.Write(ctx, func(tx *db.Tx) error {
			portal.IndexMessages(w.DB, tx)
			for i, n := range []string{"0", "1", "2", "3"} {
				if _, err := tx.Exec(ctx, `INSERT INTO messages (id, thread_id, client_id, seq, shown_number, audience, author_id, side, body, created_at, changed_at)
SELECT $1, t.id, t.client_id, t.seq + $2, t.shown_count + $2, 'client', $3, 'team', $4, t.last_at, t.last_at FROM threads t WHERE t.id = $5`, id(n), i+1, string(w.Mia), "third9"+n, string(th)); err != nil {
					return err
				}
			}
			for _, c := range []struct{ n, q string }{
				{"1", `UPDATE messages SET body = 'fourth91' WHERE id = $1`},
				{"2", `UPDATE messages SET deleted_at = created_at, deleted_by = author_id WHERE id = $1`},
				{"3", `DELETE FROM messages WHERE id = $1`},
			} {
				if _, err := tx.Exec(ctx, c.q, id(c.n)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		found := func(word string) int {
			hits, _, err := me.SearchMessages(ctx, portal.MessageSearch{Query: word, Thread: th}, portal.Page{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			return len(hits)
		}
		for word, n := range map[string]int{"first": 12, "second": 12, "third": 1, "third90": 1, "fourth91": 1, "third91": 0, "third92": 0, "third93": 0} {
			if got := found(word); got != n {
				t.Errorf("%q is found %d times, not %d", word, got, n)
			}
		}
		if w.DB.Dialect() == db.SQLite {
			if err := w.DB.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO message_words (message_words, rank) VALUES ('integrity-check', 0)`)
				return err
			}); err != nil {
				t.Errorf("the index of words: %v", err)
			}
			var due int
			if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM messages WHERE rowid > (SELECT number FROM message_words_done)`).Scan(&due); err != nil || due != 0 {
				t.Errorf("%d are yet to be put in, %v", due, err)
			}
		}
	})
}

// Who has read up to a message has read nothing that came after it; and a project
// that is muted while a mail waits is not told of by it, but for what needs them.
func TestReadAndMutedMeanwhile(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		id := converse(t, w)
		first := must[portal.MessageID](t)(mia.Say(ctx, id, say("One", portal.ClientSide)))
		must[portal.MessageID](t)(mia.Say(ctx, id, say("Two", portal.ClientSide)))
		must[portal.MessageID](t)(mia.Say(ctx, id, say("Three, @Cleo", portal.ClientSide)))
		if _, err := w.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		var m portal.Mail
		for _, x := range found(w.As(w.Ada).Outbox(ctx, portal.MailQueued, portal.Page{})) {
			if x.Kind == portal.MailNotices && x.Person == w.Cleo {
				m = x
			}
		}
		mailed := func() int {
			t.Helper()
			all, more, err := cleo.NoticesOf(ctx, m)
			if err != nil {
				t.Fatal(err)
			}
			return len(all) + more
		}
		if n := mailed(); n != 4 {
			t.Fatalf("%d would be mailed", n)
		}
		wants(t, "MarkRead", cleo.MarkRead(ctx, id, first), nil)
		if n := mailed(); n != 2 {
			t.Errorf("%d would be mailed after the first two were read", n)
		}
		wants(t, "Mute", cleo.Mute(ctx, w.Site), nil)
		if n := mailed(); n != 1 {
			t.Errorf("%d would be mailed of a muted project", n)
		}
		wants(t, "Unmute", cleo.Unmute(ctx, w.Site), nil)
		if n := mailed(); n != 2 {
			t.Errorf("%d would be mailed when it is heard again", n)
		}
	})
}

// Conversations are found by what they are about: by those who see them, the
// newest first, and by nobody else; what only messages have finds none.
func TestSearchSubjects(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia := w.As(w.Mia)
		begin := func(who portal.PersonID, p portal.ProjectID, subject string, audience portal.Side) portal.ThreadID {
			t.Helper()
			w.Clock.Advance(time.Second)
			return must[portal.ThreadID](t)(w.As(who).StartConversation(ctx, p, portal.NewConversation{Subject: subject, NewMessage: say("Hello", audience)}))
		}
		logo := begin(w.Mia, w.Site, "The Façade: logo and letters", portal.ClientSide)
		secret := begin(w.Mia, w.Site, "What the façade may cost", portal.Team)
		later := begin(w.Cleo, w.Site, "Façade again", "")
		shop := begin(w.Carl, w.Shop, "Façade of the shop", "")
		find := func(who portal.PersonID, s portal.MessageSearch) (ids []portal.ThreadID) {
			t.Helper()
			onPages(t, 1, func(pg portal.Page) ([]portal.SubjectHit, string, error) { return w.As(who).SearchSubjects(ctx, s, pg) }, func(h portal.SubjectHit) { ids = append(ids, h.ID) })
			return ids
		}
		facade := portal.MessageSearch{Query: "faç"}
		for _, c := range []struct {
			what string
			who  portal.PersonID
			s    portal.MessageSearch
			want []portal.ThreadID
		}{
			{"the owner", w.Ada, facade, []portal.ThreadID{shop, later, secret, logo}},
			{"a client", w.Cleo, facade, []portal.ThreadID{later, logo}},
			{"a client, by a word of what is not theirs", w.Cleo, portal.MessageSearch{Query: "cost"}, nil},
			{"of two clients", w.Bea, facade, []portal.ThreadID{shop, later, logo}},
			{"another client", w.Carl, facade, []portal.ThreadID{shop}},
			{"another, of the first", w.Carl, portal.MessageSearch{Query: "faç", Client: w.Acme}, nil},
			{"another, in the first's project", w.Carl, portal.MessageSearch{Query: "faç", Project: w.Site}, nil},
			{"of no client", w.Dan, facade, nil},
			{"who was removed", w.Rex, facade, nil},
			{"all words", w.Cleo, portal.MessageSearch{Query: "lett façade"}, []portal.ThreadID{logo}},
			{"one word missing", w.Cleo, portal.MessageSearch{Query: "lett again"}, nil},
			{"in a project", w.Ada, portal.MessageSearch{Query: "façade", Project: w.Shop}, []portal.ThreadID{shop}},
			{"of a client", w.Ada, portal.MessageSearch{Query: "façade", Client: w.Acme}, []portal.ThreadID{later, secret, logo}},
			{"since", w.Cleo, portal.MessageSearch{Query: "façade", Since: w.Clock.Now().Add(-time.Second)}, []portal.ThreadID{later}},
			{"by an author", w.Cleo, portal.MessageSearch{Query: "façade", Author: w.Cleo}, nil},
			{"with files", w.Cleo, portal.MessageSearch{Query: "façade", WithFiles: true}, nil},
			{"one letter", w.Cleo, portal.MessageSearch{Query: "f"}, nil},
			{"operators are none", w.Cleo, portal.MessageSearch{Query: `"faç* OR (again' & `}, nil},
		} {
			if got := find(c.who, c.s); !slices.Equal(got, c.want) {
				t.Errorf("%s: found %v, want %v", c.what, got, c.want)
			}
		}
		hits, _, err := mia.SearchSubjects(ctx, portal.MessageSearch{Query: "letters the"}, portal.Page{})
		if err != nil || len(hits) != 1 || hits[0].Snippet != "\x02The\x03 Façade: logo and \x02letters\x03" {
			t.Errorf("highlighted: %+v, %v", hits, err)
		}
		// Nothing of it is left when messages are not for clients any more.
		sections(t, w, 0, int64(portal.SectionMessages))
		if got := find(w.Cleo, facade); len(got) != 0 {
			t.Errorf("with messages switched off a client finds %v", got)
		}
	})
}

// Of somebody of two clients each client's conversations are counted by themselves.
func TestUnreadOfTwoClients(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, bea := t.Context(), w.As(w.Bea)
		self := must[portal.Self](t)(bea.Self(ctx))
		count := func(client portal.ClientID) int {
			t.Helper()
			return must[int](t)(bea.UnreadConversations(ctx, self, client))
		}
		acme, brick := count(w.Acme), count(w.Brick)
		must[portal.MessageID](t)(w.As(w.Mia).SayToClient(ctx, w.Brick, say("One", portal.ClientSide)))
		if a, b := count(w.Acme), count(w.Brick); a != acme || b != brick+1 {
			t.Errorf("one said to Brick makes %d of Acme and %d of Brick out of %d and %d", a, b, acme, brick)
		}
		must[portal.MessageID](t)(w.As(w.Mia).SayToClient(ctx, w.Acme, say("Two", portal.ClientSide)))
		must[portal.MessageID](t)(w.As(w.Mia).SayToClient(ctx, w.Acme, say("A note", portal.Team)))
		if a, b := count(w.Acme), count(w.Brick); a != acme+1 || b != brick+1 {
			t.Errorf("one said to each makes %d of Acme and %d of Brick out of %d and %d", a, b, acme, brick)
		}
		for _, who := range []portal.PersonID{w.Carl, w.Rex} { // of neither, or of the other alone
			self := must[portal.Self](t)(w.As(who).Self(ctx))
			if n := must[int](t)(w.As(who).UnreadConversations(ctx, self, w.Acme)); n != 0 {
				t.Errorf("%s counts %d of Acme", who, n)
			}
		}
	})
}
