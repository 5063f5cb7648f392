package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type conversation struct {
	ID          portal.ThreadID   `json:"id" doc:"The conversation."`
	Kind        portal.ThreadKind `json:"kind" enum:"project,general,direct" doc:"Of a project, the one of a client that is about no project, or between people."`
	Client      portal.ClientID   `json:"client,omitempty" doc:"The client; absent for a direct one inside the team."`
	ClientName  string            `json:"client_name,omitempty" doc:"The client's name."`
	Project     portal.ProjectID  `json:"project,omitempty" doc:"The project it is in."`
	ProjectName string            `json:"project_name,omitempty" doc:"The project's name."`
	Subject     string            `json:"subject,omitempty" doc:"What it is about."`
	Audience    portal.Side       `json:"audience,omitempty" doc:"For the team: team, when nobody of the client ever sees it, or client."`
	CreatedAt   time.Time         `json:"created_at" doc:"When it was begun."`
	LastAt      time.Time         `json:"last_at" doc:"When the newest message was written that you see."`
	Messages    int               `json:"messages" doc:"How many you see, those that were deleted too."`
	Turn        portal.Side       `json:"turn,omitempty" enum:"team,client" doc:"Who has to answer; absent when nobody has to."`
	TurnSince   *time.Time        `json:"turn_since,omitempty" doc:"Since when."`
	MayWrite    bool              `json:"may_write" doc:"Whether you may say something in it."`
	With        []string          `json:"with,omitempty" doc:"Of a direct one in a list: the names of the others."`
	Unread      int               `json:"unread,omitempty" doc:"In a list: messages of others that you have not read; 100 stands for more."`
	Last        *message          `json:"last,omitempty" doc:"In a list: the newest message that you see, its text cut short."`
}

func conversationOf(th portal.Thread) conversation {
	w := conversation{ID: th.ID, Kind: th.Kind, Client: th.Client, ClientName: th.ClientName, Project: th.Project, ProjectName: th.ProjectName, Subject: th.Subject,
		Audience: forTeam(th.Held, th.Audience), CreatedAt: th.CreatedAt.UTC(), LastAt: th.LastAt.UTC(), Messages: th.Messages, Turn: th.Turn, MayWrite: th.MayWrite()}
	if w.Turn != "" {
		w.TurnSince = moment(th.TurnSince)
	}
	return w
}

func conversationWire(c portal.Conversation) conversation {
	w := conversationOf(c.Thread)
	w.With, w.Unread = c.With, c.Unread
	if c.Last.ID != "" {
		m := messageWire(c.Last)
		w.Last = &m
	}
	return w
}

// comments are a thread of them on an item.
type comments struct {
	ID         portal.ThreadID  `json:"id" doc:"The comments: what was said first, and the answers."`
	Item       portal.ItemID    `json:"item" doc:"What they are on."`
	Version    portal.VersionID `json:"version,omitempty" doc:"Of comments on a file: the version that was looked at."`
	Place      *placed          `json:"place,omitempty" doc:"Where on that; absent: on all of it."`
	Number     int              `json:"number,omitempty" doc:"Of a place: among those on the file, in the order of sending; the team's own are counted apart."`
	Project    portal.ProjectID `json:"project" doc:"The project it is in."`
	Client     portal.ClientID  `json:"client" doc:"The client."`
	Audience   portal.Side      `json:"audience,omitempty" doc:"For the team: team, when nobody of the client ever sees them, or client."`
	CreatedAt  time.Time        `json:"created_at" doc:"When they were begun."`
	LastAt     time.Time        `json:"last_at" doc:"When the newest was written that you see."`
	Messages   int              `json:"messages" doc:"How many you see, those that were deleted too."`
	ResolvedAt *time.Time       `json:"resolved_at,omitempty" doc:"Since when nothing is left to do about them."`
	ResolvedBy string           `json:"resolved_by,omitempty" doc:"Who said so; absent where you are not shown names of the team."`
	MayWrite   bool             `json:"may_write" doc:"Whether you may answer, resolve and reopen them."`
	First      *message         `json:"first,omitempty" doc:"In a list: what was said first."`
	Last       []message        `json:"last,omitempty" doc:"In a list: the newest answers, the oldest first, at most three."`
}

func (s *server) commentsOf(th portal.Thread) comments {
	return comments{ID: th.ID, Item: th.Item, Version: th.Version, Place: s.placeWire(th.Place), Number: th.Number, Project: th.Project, Client: th.Client, Audience: forTeam(th.Held, th.Audience), CreatedAt: th.CreatedAt.UTC(),
		LastAt: th.LastAt.UTC(), Messages: th.Messages, ResolvedAt: moment(th.ResolvedAt), ResolvedBy: th.ResolvedBy, MayWrite: th.MayWrite()}
}

func (s *server) commentsWire(c portal.Comments) comments {
	w := s.commentsOf(c.Thread)
	first := messageWire(c.First)
	w.First = &first
	for _, m := range c.Last {
		w.Last = append(w.Last, messageWire(m))
	}
	return w
}

type message struct {
	ID           portal.MessageID `json:"id" doc:"The message."`
	Conversation portal.ThreadID  `json:"conversation,omitempty" doc:"The conversation it is in."`
	Comments     portal.ThreadID  `json:"comments,omitempty" doc:"The comments it is one of."`
	Item         portal.ItemID    `json:"item,omitempty" doc:"What was commented on."`
	Note         bool             `json:"note,omitempty" doc:"Only the team sees it."`
	Author       portal.PersonID  `json:"author,omitempty" doc:"Who said it; absent where you are not shown names of the team."`
	Name         string           `json:"author_name,omitempty" doc:"Their name."`
	Side         portal.Side      `json:"side" enum:"team,client" doc:"The side that said it."`
	Body         string           `json:"body" doc:"The text, in Markdown; empty once it was deleted."`
	Quote        *quoted          `json:"quote,omitempty" doc:"What it answers to, when you see that."`
	Files        []messageFile    `json:"files,omitempty" doc:"What came with it, as far as you see it."`
	Mentions     []mention        `json:"mentions,omitempty" doc:"Who is named in it, as far as you may know them. Other names are text."`
	CreatedAt    time.Time        `json:"created_at" doc:"When it was said."`
	EditedAt     *time.Time       `json:"edited_at,omitempty" doc:"When its text was last changed."`
	DeletedAt    *time.Time       `json:"deleted_at,omitempty" doc:"When it was deleted."`
	ErasedAt     *time.Time       `json:"erased_at,omitempty" doc:"When its text was taken away for good."`
	Revision     int64            `json:"revision" doc:"Send it back with a change."`
}

type quoted struct {
	ID   portal.MessageID `json:"id" doc:"The message."`
	Name string           `json:"author_name,omitempty" doc:"Who said it; absent where you are not shown names of the team."`
	Body string           `json:"body" doc:"Its text, cut short."`
}

type messageFile struct {
	ID      portal.FileID    `json:"id" doc:"The file."`
	Name    string           `json:"name" doc:"What it is called."`
	Version portal.VersionID `json:"version" doc:"Its newest version that you see."`
	Size    int64            `json:"size" doc:"In bytes."`
}

type mention struct {
	Person portal.PersonID `json:"person" doc:"Who is named."`
	Name   string          `json:"name" doc:"As it stands in the text, after the @."`
}

func messageWire(m portal.Message) message {
	w := message{ID: m.ID, Item: m.Item, Note: m.Note(), Author: m.Author, Name: m.AuthorName, Side: m.AuthorSide, Body: m.Body, CreatedAt: m.CreatedAt.UTC(),
		EditedAt: moment(m.EditedAt), DeletedAt: moment(m.DeletedAt), ErasedAt: moment(m.ErasedAt), Revision: m.Revision}
	if m.Kind == portal.ItemThread {
		w.Comments = m.Thread
	} else {
		w.Conversation = m.Thread
	}
	if q := m.Quoted; q != nil {
		w.Quote = &quoted{q.ID, q.AuthorName, q.Body}
	}
	for _, f := range m.Files {
		w.Files = append(w.Files, messageFile{f.ID, f.Name, f.Version.ID, f.Version.Size})
	}
	for _, n := range m.Mentions {
		w.Mentions = append(w.Mentions, mention(n))
	}
	return w
}

// NewMessage is what is said. As Page, exported to be read where it is a part.
type NewMessage struct {
	Body     string           `json:"body" doc:"In Markdown: at most 20,000 characters; empty when files say it all. Whoever is to be told is named in it, @ and then their name; the name of somebody who does not read it, as a client's person who is named in what is said among the team, stays text: mentions of the message says who is told."`
	Audience portal.Side      `json:"audience,omitempty" doc:"Of the team: team (the default), which the client never sees, or client. What clients say is for both."`
	Quote    portal.MessageID `json:"quote,omitempty" maxLength:"64" doc:"The message that it answers to, in the same place."`
	Files    []portal.FileID  `json:"files,omitempty" maxItems:"20" doc:"Files that come with it. What the client reads comes with files that they see."`
	Question bool             `json:"question,omitempty" doc:"Of the team, in a conversation: the client is asked, and has to answer."`
}

func (n NewMessage) portal() portal.NewMessage {
	return portal.NewMessage{Body: n.Body, Audience: n.Audience, Quote: n.Quote, Files: n.Files, Question: n.Question}
}

type saying struct {
	NewMessage
	Read portal.MessageID `json:"read,omitempty" maxLength:"64" doc:"The newest message here that you have read, which reads those before it too, as if you had said so by itself. Without it an answer reads nothing: the portal cannot know what your program has shown you, and the others are told what you have seen."`
}

func (n saying) portal() portal.NewMessage {
	m := n.NewMessage.portal()
	m.ReadUpTo = n.Read
	return m
}

type newConversation struct {
	Subject string `json:"subject" doc:"What it is about, at most 200 characters."`
	NewMessage
}

type newDirect struct {
	Client portal.ClientID   `json:"client,omitempty" maxLength:"64" doc:"The client in whose frame it is; without it, inside the team."`
	People []portal.PersonID `json:"people" maxItems:"20" doc:"With whom; the same people have one conversation."`
	NewMessage
}

type newComment struct {
	Version portal.VersionID `json:"version,omitempty" maxLength:"64" doc:"Of a file: the version that was looked at; without it, the newest."`
	Place   *Place           `json:"place,omitempty" doc:"Of a file: where on the version; without, on all of it."`
	NewMessage
}

type messageChange struct {
	Body     string `json:"body" doc:"In Markdown: at most 20,000 characters. Who is named in it is told as of a new one, and the name of somebody who does not read it stays text."`
	Revision int64  `json:"revision" doc:"As it was looked at."`
}

type readSoFar struct {
	Message portal.MessageID `json:"message" maxLength:"64" doc:"The newest message that you have read."`
}

type messageQuery struct {
	ID     string           `path:"id" maxLength:"64" doc:"The conversation, or the comments."`
	Before portal.MessageID `query:"before" maxLength:"64" doc:"What was said before this message."`
	After  portal.MessageID `query:"after" maxLength:"64" doc:"What was said after this message."`
	At     portal.MessageID `query:"at" maxLength:"64" doc:"What was said around this message, which is among it."`
}

type messageList struct {
	Items   []message `json:"items" doc:"The oldest first, at most 50."`
	Earlier bool      `json:"earlier" doc:"Whether there is more before: ask with the first one as before."`
	Later   bool      `json:"later" doc:"Whether there is more after: ask with the last one as after."`
}

type earlierText struct {
	Body  string    `json:"body" doc:"What it said."`
	Until time.Time `json:"until" doc:"Until when."`
}

type receipt struct {
	Person  portal.PersonID `json:"person" doc:"Who."`
	Name    string          `json:"name" doc:"Their name."`
	Side    portal.Side     `json:"side" enum:"team,client" doc:"Of which side they are."`
	SeenAt  *time.Time      `json:"seen_at,omitempty" doc:"When they saw it first; absent when they have not."`
	Mail    portal.Delivery `json:"mail,omitempty" enum:"delivered,delayed,bounced,waiting,none" doc:"What became of the mail that told them of it; that it waits, or that there is none, is told to the team alone."`
	MailAt  *time.Time      `json:"mail_at,omitempty" doc:"When their mail server took it."`
	Reason  string          `json:"reason,omitempty" doc:"Why it did not arrive; for the team."`
	Company string          `json:"company,omitempty" doc:"Of a client's person: the client's name."`
}

type reader struct {
	Person  portal.PersonID `json:"person" doc:"Who."`
	Name    string          `json:"name" doc:"Their name."`
	Side    portal.Side     `json:"side" enum:"team,client" doc:"Of which side they are."`
	Company string          `json:"company,omitempty" doc:"Of a client's person: the client's name."`
	Near    bool            `json:"near" doc:"Whether it is their work; others of the team may look."`
}

func readerWire(r portal.Reader) reader {
	return reader{r.Person, r.Name, r.Side, r.Company, r.Near}
}

type readers struct {
	Items []reader `json:"items" doc:"Those near first, at most 50."`
	Count int      `json:"count" doc:"How many there are."`
}

// ReaderQuery is exported as Page is.
type ReaderQuery struct {
	ID       string      `path:"id" maxLength:"64" doc:"The conversation, or the comments."`
	Audience portal.Side `query:"audience" enum:"team,client" default:"client" doc:"For the team: of what is said to both sides, or among the team."`
}

type conversationQuery struct {
	Client  portal.ClientID  `query:"client" maxLength:"64" doc:"Only those with this client."`
	Project portal.ProjectID `query:"project" maxLength:"64" doc:"Only those of this project."`
	Show    string           `query:"show" enum:"unread,turn" doc:"Only those with something that you have not read, or that wait for an answer of your side."`
	After   portal.ThreadID  `query:"after" maxLength:"64" doc:"The next of the page before."`
	Query   string           `query:"q" maxLength:"200" doc:"Beginnings of words, all of which must be in the subject: conversations of projects alone, those begun last first, whatever show says, and without what lists add."`
}

type commentQuery struct {
	ID      string           `path:"id" maxLength:"64" doc:"What is commented on."`
	State   string           `query:"state" enum:"open,resolved" doc:"Only those that are."`
	Own     bool             `query:"own" doc:"Only those that you began."`
	Version portal.VersionID `query:"version" maxLength:"64" doc:"Of a file: only those on this version."`
	After   portal.ThreadID  `query:"after" maxLength:"64" doc:"The next of the page before."`
}

type messageSearch struct {
	Page
	Query        string           `query:"q" required:"true" minLength:"2" maxLength:"200" doc:"Beginnings of words, all of which must be there."`
	Author       portal.PersonID  `query:"author" maxLength:"64" doc:"Only what this person said."`
	Client       portal.ClientID  `query:"client" maxLength:"64" doc:"Only with this client."`
	Project      portal.ProjectID `query:"project" maxLength:"64" doc:"Only in this project."`
	Conversation portal.ThreadID  `query:"conversation" maxLength:"64" doc:"Only in this conversation."`
	Files        bool             `query:"files" doc:"Only what came with files."`
	Since        time.Time        `query:"since" doc:"From this moment on, RFC 3339."`
}

type messageHit struct {
	Message message `json:"message" doc:"What was found."`
	Title   string  `json:"title,omitempty" doc:"Of a comment: what was commented on."`
	Snippet string  `json:"snippet" doc:"Of the text, around what was found."`
}

// DraftQuery is exported as Page is.
type DraftQuery struct {
	ID   string `path:"id" maxLength:"64" doc:"Where: a conversation, comments, something that is commented on, a project, a client, or a message that is being edited."`
	Note bool   `query:"note" doc:"Of the team: what is to be said among the team there."`
}

func (q DraftQuery) place() string {
	if q.Note {
		return q.ID + " note"
	}
	return q.ID
}

type draft struct {
	Subject string     `json:"subject,omitempty" doc:"Of a conversation that is to be begun."`
	Body    string     `json:"body" doc:"What is about to be said; with neither, there is no draft."`
	SavedAt *time.Time `json:"saved_at,omitempty" doc:"When it was kept; not sent back."`

	Revision int64 `json:"revision,omitempty" doc:"Of a message that is edited: the revision that the edit was begun with. Where the message has another by now, its text was changed meanwhile."`
}

// conversations registers what is said in them, and who reads it.
func (s *server) conversations() {
	readAll(s, "/api/conversations", "list-conversations", "The conversations that you see, the one with the newest message first, 30 on a page", func(ctx context.Context, me *portal.Scope, q *conversationQuery) ([]portal.Conversation, string, error) {
		if q.Project != "" {
			if _, err := me.Project(ctx, q.Project); err != nil {
				return nil, "", err
			}
		}
		if q.Query != "" {
			hits, next, err := me.SearchSubjects(ctx, portal.MessageSearch{Query: q.Query, Client: q.Client, Project: q.Project}, portal.Page{After: string(q.After), Limit: 30})
			all := make([]portal.Conversation, len(hits))
			for i, h := range hits {
				all[i].Thread = h.Thread
			}
			return all, next, err
		}
		return me.Conversations(ctx, portal.ConversationList{Client: q.Client, Project: q.Project, Filter: q.Show, After: q.After})
	}, conversationWire)
	create(s, "/api/projects/{id}/conversations", "start-conversation", "Begin a conversation in a project", func(ctx context.Context, me *portal.Scope, id string, in newConversation) (portal.ThreadID, error) {
		return me.StartConversation(ctx, portal.ProjectID(id), portal.NewConversation{Subject: in.Subject, NewMessage: in.portal()})
	})
	create(s, "/api/clients/{id}/messages", "say-to-client", "Say something in the conversation with a client that is about no project", func(ctx context.Context, me *portal.Scope, id string, in NewMessage) (portal.MessageID, error) {
		return me.SayToClient(ctx, portal.ClientID(id), in.portal())
	})
	createTop(s, "/api/direct-conversations", "start-direct-conversation", "Say something to people directly", func(ctx context.Context, me *portal.Scope, in newDirect) (portal.ThreadID, error) {
		return me.StartDirect(ctx, portal.NewDirect{Client: in.Client, People: in.People, NewMessage: in.portal()})
	})
	read(s, "/api/conversations/{id}", "conversation", "A conversation", func(ctx context.Context, me *portal.Scope, id string) (conversation, error) {
		th, err := threadOf(ctx, me, id, false)
		return conversationOf(th), err
	})
	act(s, http.MethodPost, "/api/conversations/{id}/settle", "settle-conversation", "Say that nobody waits for an answer any more; for the team", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.NoAnswerNeeded(ctx, portal.ThreadID(id))
	})
	s.threads("conversation", false)
}

// comments registers them on each kind of item that they can be on.
func (s *server) comments() {
	for _, kind := range []string{"milestone", "task", "deliverable", "update", "file"} {
		path := "/api/" + kind + "s/{id}/comments"
		// item is the id of one of the kind, which the path is about.
		item := func(id string) (portal.ItemID, error) {
			if i := portal.ItemID(id); i.Kind() == kind {
				return i, nil
			}
			return "", portal.ErrNotFound
		}
		readAll(s, path, "list-"+kind+"-comments", "The comments on it, those that were begun first, 20 on a page", func(ctx context.Context, me *portal.Scope, q *commentQuery) ([]portal.Comments, string, error) {
			i, err := item(q.ID)
			if err != nil {
				return nil, "", err
			}
			return me.CommentsOn(ctx, i, portal.CommentFilter{Version: q.Version, State: q.State, Own: q.Own, After: q.After})
		}, s.commentsWire)
		create(s, path, "comment-on-"+kind, "Comment on it", func(ctx context.Context, me *portal.Scope, id string, in newComment) (portal.MessageID, error) {
			i, err := item(id)
			if err != nil {
				return "", err
			}
			at, err := in.Place.portal()
			if err != nil {
				return "", err
			}
			return me.CommentOn(ctx, i, portal.NewComment{Version: in.Version, Place: at, NewMessage: in.portal()})
		})
	}
	read(s, "/api/comments/{id}", "comments", "What was said first about something, and its answers", func(ctx context.Context, me *portal.Scope, id string) (comments, error) {
		th, err := threadOf(ctx, me, id, true)
		return s.commentsOf(th), err
	})
	act(s, http.MethodPost, "/api/comments/{id}/resolved", "resolve-comments", "Say that nothing is left to do about them", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.ResolveComments(ctx, portal.ThreadID(id))
	})
	act(s, http.MethodDelete, "/api/comments/{id}/resolved", "reopen-comments", "Say that something is left to do after all", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.ReopenComments(ctx, portal.ThreadID(id))
	})
	s.threads("comments", true)
}

// threadOf is a thread of the kind that the path is about.
func threadOf(ctx context.Context, me *portal.Scope, id string, comments bool) (portal.Thread, error) {
	th, err := me.Thread(ctx, portal.ThreadID(id))
	if err == nil && th.Comments() != comments {
		err = portal.ErrNotFound
	}
	return th, err
}

// threads registers what conversations and comments have in common.
func (s *server) threads(name string, comments bool) {
	path := "/api/conversations/{id}"
	if comments {
		path = "/api/comments/{id}"
	}
	readFor(s, path+"/messages", "list-"+name+"-messages", "What was said in it: the newest, or as asked", func(ctx context.Context, me *portal.Scope, q *messageQuery) (w messageList, err error) {
		if _, err := threadOf(ctx, me, q.ID, comments); err != nil {
			return w, err
		}
		l, err := me.Messages(ctx, portal.ThreadID(q.ID), portal.MessagePage{Before: q.Before, After: q.After, Around: q.At})
		w = messageList{Items: make([]message, 0, len(l.All)), Earlier: l.Earlier, Later: l.Later}
		for _, m := range l.All {
			w.Items = append(w.Items, messageWire(m))
		}
		return w, err
	})
	create(s, path+"/messages", "say-in-"+name, "Say something in it", func(ctx context.Context, me *portal.Scope, id string, in saying) (portal.MessageID, error) {
		if _, err := threadOf(ctx, me, id, comments); err != nil {
			return "", err
		}
		return me.Say(ctx, portal.ThreadID(id), in.portal())
	})
	readFor(s, path+"/people", name+"-people", "Who reads what is said in it, as far as you may know them", func(ctx context.Context, me *portal.Scope, q *ReaderQuery) (w readers, err error) {
		if _, err := threadOf(ctx, me, q.ID, comments); err != nil {
			return w, err
		}
		r, err := me.ThreadPeople(ctx, portal.ThreadID(q.ID), q.Audience)
		w = readers{Items: make([]reader, 0, len(r.People)), Count: r.Count}
		for _, p := range r.People {
			w.Items = append(w.Items, readerWire(p))
		}
		return w, err
	})
	readAll(s, path+"/mentionable", name+"-mentionable", "Who can be named in it, at most eight", func(ctx context.Context, me *portal.Scope, q *struct {
		ReaderQuery
		Query string `query:"q" maxLength:"100" doc:"The beginning of a name, or of a word of it."`
	}) ([]portal.Reader, string, error) {
		th, err := threadOf(ctx, me, q.ID, comments)
		if err != nil {
			return nil, "", err
		}
		all, err := me.Mentionable(ctx, th.ID, q.Audience, q.Query)
		return all, "", err
	}, readerWire)
	change(s, http.MethodPut, path+"/read", "read-"+name, "Say how far you have read", func(ctx context.Context, me *portal.Scope, id string, in readSoFar) error {
		if _, err := threadOf(ctx, me, id, comments); err != nil {
			return err
		}
		return me.MarkRead(ctx, portal.ThreadID(id), in.Message)
	})
}

func (s *server) messages() {
	read(s, "/api/messages/{id}", "message", "A message", func(ctx context.Context, me *portal.Scope, id string) (message, error) {
		m, err := me.Message(ctx, portal.MessageID(id))
		return messageWire(m), err
	})
	change(s, http.MethodPut, "/api/messages/{id}", "edit-message", "Change the text of a message of yours", func(ctx context.Context, me *portal.Scope, id string, in messageChange) error {
		return me.EditMessage(ctx, portal.MessageID(id), in.Body, in.Revision)
	})
	act(s, http.MethodDelete, "/api/messages/{id}", "delete-message", "Delete a message; that there was one stays to be seen", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.DeleteMessage(ctx, portal.MessageID(id))
	})
	act(s, http.MethodPost, "/api/messages/{id}/erase", "erase-message", "Take the text of a message away for good; for those who administer the workspace", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.EraseMessage(ctx, portal.MessageID(id))
	})
	readAll(s, "/api/messages/{id}/earlier", "list-earlier-texts", "What a message said before it was edited, the newest first; for those who administer the workspace", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.EarlierText, string, error) {
		m, err := me.Message(ctx, portal.MessageID(q.ID))
		if err == nil && !(m.Team() && m.Can(portal.Administer)) {
			err = portal.ErrForbidden
		}
		if err != nil {
			return nil, "", err
		}
		all, err := me.EarlierTexts(ctx, m.ID)
		return all, "", err
	}, func(e portal.EarlierText) earlierText { return earlierText{e.Body, e.Until.UTC()} })
	readAll(s, "/api/messages/{id}/receipts", "list-receipts", "How far a message has got with each of its readers, as far as the workspace lets it be known: at most 50 who saw it, and 50 who did not", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.Receipt, string, error) {
		m, err := me.Message(ctx, portal.MessageID(q.ID))
		if err != nil {
			return nil, "", err
		}
		all, err := me.Receipts(ctx, m.ID)
		return all.All, "", err
	}, func(r portal.Receipt) receipt {
		return receipt{Person: r.Person, Name: r.Name, Side: r.Side, Company: r.Company, SeenAt: moment(r.At), Mail: r.Mail, MailAt: moment(r.MailAt), Reason: r.Why}
	})
	readAll(s, "/api/message-search", "search-messages", "Messages and comments by what is written in them, the newest first", func(ctx context.Context, me *portal.Scope, q *messageSearch) ([]portal.MessageHit, string, error) {
		return me.SearchMessages(ctx, portal.MessageSearch{Query: q.Query, Author: q.Author, Client: q.Client, Project: q.Project, Thread: q.Conversation, WithFiles: q.Files, Since: q.Since}, q.portal())
	}, func(h portal.MessageHit) messageHit {
		return messageHit{messageWire(h.Message), h.Title, unmarked(h.Snippet)}
	})

	readFor(s, "/api/drafts/{id}", "draft", "What you were about to say somewhere", func(ctx context.Context, me *portal.Scope, q *DraftQuery) (draft, error) {
		d, err := me.Draft(ctx, q.place())
		return draft{d.Subject, d.Body, moment(d.SavedAt), d.Revision}, err
	})
	huma.Register(s.huma, operation(http.MethodPut, "/api/drafts/{id}", "save-draft", "Keep what you are about to say somewhere", http.StatusNoContent), func(ctx context.Context, in *struct {
		DraftQuery
		Body draft
	}) (*struct{}, error) {
		return nil, s.fail(ctx, me(ctx).SaveDraft(ctx, in.place(), portal.Draft{Subject: in.Body.Subject, Body: in.Body.Body, Revision: in.Body.Revision}))
	})
	huma.Register(s.huma, operation(http.MethodDelete, "/api/drafts/{id}", "discard-draft", "Forget it", http.StatusNoContent), func(ctx context.Context, q *DraftQuery) (*struct{}, error) {
		return nil, s.fail(ctx, me(ctx).DiscardDraft(ctx, q.place()))
	})
}
