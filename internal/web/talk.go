package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

func (s *Server) talkRoutes() []route {
	return []route{
		{"GET /messages", person, s.messages},
		{"GET /messages/new", person, s.newMessage},
		{"GET /messages/search", person, s.searchMessages},
		{"GET /messages/direct", person, s.newDirect},
		{"GET /conversations/{id}", person, s.conversation},
		{"POST /conversations/{id}/read", person, s.markRead},
		{"POST /conversations/{id}/typing", oneself, s.typing},
		{"POST /conversations/{id}/settle", team, act(conversationPath, "settled", func(me *visit, r *http.Request, id string) error {
			return me.NoAnswerNeeded(r.Context(), portal.ThreadID(id))
		})},

		{"GET /projects/{project}/messages", person, s.projectMessages},
		{"GET /projects/{project}/conversations/new", person, s.newConversation},
		{"GET /clients/{id}/messages", team, s.clientMessages},
		{"GET /clients/{id}/conversation", person, s.generalConversation},

		{"GET /messages/{message}", person, s.toMessage},
		{"GET /messages/{message}/edit", person, s.editMessage},
		{"POST /messages/{message}/edit", person, s.changeMessage},
		{"GET /messages/{message}/delete", person, s.deleteMessagePage},
		{"POST /messages/{message}/delete", person, s.onMessage("message_deleted", (*portal.Scope).DeleteMessage)},
		{"POST /messages/{message}/erase", team, s.onMessage("message_erased", (*portal.Scope).EraseMessage)},
		{"GET /messages/{message}/history", team, s.messageHistory},

		{"POST /drafts/{place}", oneself, s.saveDraft},
		{"GET /mentionable", oneself, s.mentionable},
	}
}

func conversationPath(id string) string { return "/conversations/" + id }

// talkBundle is what pages with messages load.
func talkBundle() []view.Bundle {
	return []view.Bundle{{Style: static.Files.Style}, static.Talk}
}

// talkPage is what all pages of conversations have.
func (s *Server) talkPage(me *visit) view.TalkPage {
	p := view.TalkPage{Page: s.page(me, "messages"), Workspace: me.Brand.Name, Me: me.Scope.Person(), Team: me.Self.Role != "", Several: len(me.Self.Clients) > 1}
	p.Load(talkBundle()...)
	p.May = !p.ReadOnly
	return p
}

// talkList is talkPage with the conversations that are asked for.
func (s *Server) talkList(r *http.Request, me *visit, l portal.ConversationList) (view.TalkPage, error) {
	p := s.talkPage(me)
	q := r.URL.Query()
	switch l.Filter = q.Get("show"); l.Filter {
	case "", portal.UnreadOnly, portal.OurTurn:
	default:
		return p, portal.ErrNotFound
	}
	var next string
	var err error
	p.Filter = l.Filter
	if p.All, next, err = me.Conversations(r.Context(), l); err != nil {
		return p, err
	}
	p.Newest, p.Older = pages(r, next)
	return p, nil
}

// listOf says whose all is that a page holds of conversations.
func listOf(p *view.TalkPage, me *visit, client portal.ClientID, path string, asked url.Values) {
	if p.Several && !p.Team {
		p.Client = client
	}
	chooses(&p.Page, me, client, path, asked)
	under(&p.Page, me, client)
}

func (s *Server) messages(w http.ResponseWriter, r *http.Request, me *visit) error {
	client, err := whose(r, me)
	if err != nil {
		return err
	}
	p, err := s.talkList(r, me, portal.ConversationList{Client: client, After: portal.ThreadID(r.URL.Query().Get("after"))})
	if err != nil {
		return err
	}
	listOf(&p, me, client, r.URL.Path, r.URL.Query())
	s.setTitle(&p.Page, p.T("nav.messages"))
	return s.render(w, r, http.StatusOK, view.Messages(view.MessagesPage{TalkPage: p}))
}

func (s *Server) projectMessages(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "messages", portal.SectionMessages)
	if err != nil {
		return err
	}
	p := view.ProjectMessagesPage{Within: in, May: mayStart(in)}
	if p.Talk, err = s.talkList(r, me, portal.ConversationList{Project: in.Project.ID, After: portal.ThreadID(r.URL.Query().Get("after"))}); err != nil {
		return err
	}
	p.Load(talkBundle()...)
	return s.render(w, r, http.StatusOK, view.ProjectMessages(p))
}

// mayStart reports whether the reader may begin a conversation in a project.
func mayStart(in view.Within) bool {
	p := in.Project
	return !in.ReadOnly && (p.Team() && p.Can(portal.Contribute) || !p.Team() && p.Can(portal.SendMessage) && p.Sections.Has(portal.SectionMessages))
}

func (s *Server) clientMessages(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := s.clientTab(r, me, "messages")
	if err != nil {
		return err
	}
	p := view.ClientMessagesPage{ClientFrame: f, May: f.Client.Can(portal.Contribute) && f.Client.Archived.IsZero()}
	if p.Talk, err = s.talkList(r, me, portal.ConversationList{Client: f.Client.ID, After: portal.ThreadID(r.URL.Query().Get("after"))}); err != nil {
		return err
	}
	p.Load(talkBundle()...)
	return s.render(w, r, http.StatusOK, view.ClientMessages(p))
}

func (s *Server) conversation(w http.ResponseWriter, r *http.Request, me *visit) error {
	th, err := me.Thread(r.Context(), portal.ThreadID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if th.Comments() {
		return seeOther(w, r, commentsHref(th, string(th.Version), url.Values{}, string(th.ID)))
	}
	return s.renderConversation(w, r, me, http.StatusOK, th, nil, nil)
}

// typed is what was typed into a composer that came back.
type typed struct {
	audience portal.Side
	subject  string
	find     string           // a file, by name or text
	seek     bool             // the button for it was pressed
	Project  portal.ProjectID // where files that come with it are kept
	came     *taker           // them; nil: none
	told     bool             // who is named in it and does not read it
	portal.NewMessage
}

// renderConversation draws a conversation; t is what was typed when a form came
// back, and invalid what was wrong with it.
func (s *Server) renderConversation(w http.ResponseWriter, r *http.Request, me *visit, status int, th portal.Thread, t *typed, invalid map[string]portal.Reason) error {
	ctx := r.Context()
	q := r.URL.Query()
	var l portal.ConversationList
	if me.Self.Role == "" {
		l.Client = th.Client
	}
	list, err := s.talkList(r, me, l)
	if err != nil {
		return err
	}
	listOf(&list, me, th.Client, "/messages", url.Values{})
	list.Newest = "" // the list goes on at its own address
	if n := len(list.All); list.Older != "" && n > 0 {
		list.Older = list.ListPath(list.Filter, list.All[n-1].ID)
	}
	p := view.ConversationPage{TalkPage: list, Thread: th}
	p.Current, p.Invalid = th.ID, invalid
	if p.Messages, err = me.Messages(ctx, th.ID, portal.MessagePage{Before: portal.MessageID(q.Get("before")), After: portal.MessageID(q.Get("after")), Around: portal.MessageID(q.Get("at"))}); err != nil {
		return err
	}
	if err := s.readSoFar(r, me, &p); err != nil {
		return err
	}
	if th.Kind == portal.DirectThread {
		if p.With, err = s.others(ctx, me, th); err != nil {
			return err
		}
	}
	if err := receipts(ctx, me, &p.TalkPage, portal.MessageID(q.Get("at")), p.Messages.All); err != nil {
		return err
	}
	if th.MayWrite() && !p.ReadOnly {
		if p.Composer, err = s.threadComposer(r, me, &p.TalkPage, th, t); err != nil {
			return err
		}
		p.Composer.InPlace = true
	} else {
		readers, err := me.ThreadPeople(ctx, th.ID, th.Audience)
		if err != nil {
			return err
		}
		p.Readers = view.Way{To: readers.People, Count: readers.Count}
	}
	title := p.Title(th, p.With)
	s.setTitle(&p.Page, title)
	setCrumbs(&p.Page, ui.Link{Label: p.T("nav.messages"), Href: p.ListPath("", "")}, ui.Link{Label: title})
	return s.render(w, r, status, view.Conversation(p))
}

// readSoFar finds where what is new begins on the page: after what was read
// when it was opened, as the address remembers, or until now.
func (s *Server) readSoFar(r *http.Request, me *visit, p *view.ConversationPage) error {
	mark, err := me.Mark(r.Context(), p.Thread.ID)
	if err != nil {
		return err
	}
	since := mark
	if q := r.URL.Query(); q.Has("since") {
		since = portal.MessageID(q.Get("since"))
	}
	p.Since = string(since)
	all := p.Messages.All
	from := func(after portal.MessageID) portal.MessageID {
		at := slices.IndexFunc(all, func(m portal.Message) bool { return m.ID == after })
		if at < 0 && after != "" && (len(all) == 0 || after > all[len(all)-1].ID) {
			return "" // all of it was read
		}
		for _, m := range all[at+1:] {
			if m.Author != p.Me || p.Me == "" {
				return m.ID
			}
		}
		return ""
	}
	p.NewFrom, p.Unread = from(since), from(mark) != ""
	return nil
}

// others are the names of those in a direct conversation with the reader.
func (s *Server) others(ctx context.Context, me *visit, th portal.Thread) (names []string, err error) {
	readers, err := me.ThreadPeople(ctx, th.ID, th.Audience)
	for _, x := range readers.People {
		if x.Person != me.Scope.Person() {
			names = append(names, x.Name)
		}
	}
	return names, err
}

// receipts says how far one of the messages on a page has got: that which the
// address names, or else the reader's last.
func receipts(ctx context.Context, me *visit, p *view.TalkPage, at portal.MessageID, all []portal.Message) (err error) {
	for _, m := range all {
		switch {
		case m.Deleted():
		case m.ID == at:
			p.Seen = at
		case m.Author == p.Me && p.Me != "" && m.ID > p.Seen && (at == "" || p.Seen != at):
			p.Seen = m.ID
		}
	}
	if p.Seen != "" {
		p.Receipts, err = me.Receipts(ctx, p.Seen)
	}
	return err
}

const filesToAttach = 20

// offerFiles offers files that a message may have: those that were looked for, or else
// the newest, of the project, or of the client. What was chosen stays among them.
func (s *Server) offerFiles(ctx context.Context, me *visit, c *view.Composer, client portal.ClientID, project portal.ProjectID, t *typed) (err error) {
	c.Finds = true
	switch {
	case t != nil && t.find != "":
		c.Files, c.MoreFiles, err = me.FilesToSend(ctx, t.find, client, project, t.audience, filesToAttach)
		c.Found = len(c.Files)
	case client != "":
		var all []portal.File
		all, _, err = me.RecentFiles(ctx, client, portal.Page{Limit: 4 * filesToAttach})
		for _, f := range all {
			if (project == "" || f.Project == project) && len(c.Files) < filesToAttach && !f.Version.Draft {
				c.Files = append(c.Files, f)
			}
		}
	}
	if err != nil || t == nil {
		return err
	}
	c.Kept = string(t.Project)
	for _, id := range t.Files {
		if slices.ContainsFunc(c.Files, func(f portal.File) bool { return f.ID == id }) {
			continue
		}
		switch f, err := me.File(ctx, id); {
		case err == nil:
			c.Files = append(c.Files, f)
		case err != portal.ErrNotFound:
			return err
		}
	}
	return nil
}

// expects says to clients when they will have an answer.
func (s *Server) expects(ctx context.Context, me *visit, p *view.Page) (string, error) {
	if p.Shell.Client == nil {
		return "", nil
	}
	o, err := me.Office(ctx)
	return p.Expects(o, me.Brand.Name), err
}

// threadComposer is the composer under a conversation.
func (s *Server) threadComposer(r *http.Request, me *visit, p *view.TalkPage, th portal.Thread, t *typed) (view.Composer, error) {
	ctx := r.Context()
	c := view.Composer{Action: conversationPath(string(th.ID)), Direct: th.Kind == portal.DirectThread && th.Client == "", Asks: th.Team() && th.Audience == portal.ClientSide && th.Kind != portal.DirectThread}
	if th.Team() && th.Audience == portal.ClientSide {
		c.Client = th.ClientName
	}
	var err error
	if c.Expects, err = s.expects(ctx, me, &p.Page); err != nil {
		return c, err
	}
	if err := s.offerFiles(ctx, me, &c, th.Client, th.Project, t); err != nil {
		return c, err
	}
	if err := s.bringing(ctx, me, &c, th.Client, th.Project); err != nil {
		return c, err
	}
	if at := portal.MessageID(r.URL.Query().Get("at")); at != "" && th.Team() && th.Audience == portal.ClientSide {
		m, err := me.Message(ctx, at) // whoever comes from a note is about to answer it
		if err != nil && err != portal.ErrNotFound {
			return c, err
		}
		c.Second = err == nil && m.Thread == th.ID && m.Note()
	}
	quote := portal.MessageID(r.URL.Query().Get("quote"))
	if t != nil {
		quote = t.Quote
	}
	if quote != "" {
		m, err := me.Message(ctx, quote)
		switch {
		case err != nil:
			return c, err
		case m.Thread == th.ID && !m.Deleted():
			c.Quote, c.Unquote = &m, c.Action+"#composer"
			c.Second = m.Note() && th.Audience == portal.ClientSide
		}
	}
	say := func(audience portal.Side) (*view.Way, error) {
		x := &view.Way{Place: string(th.ID), Mention: "thread=" + string(th.ID) + "&to=" + string(audience)}
		if audience == portal.Team && th.Audience == portal.ClientSide {
			x.Place += " note"
		}
		readers, err := me.ThreadPeople(ctx, th.ID, audience)
		if err != nil {
			return nil, err
		}
		x.To, x.Count = readers.People, readers.Count
		return x, s.fill(ctx, me, &p.Page, x, audience, t)
	}
	if th.Audience == portal.ClientSide {
		if c.Reply, err = say(portal.ClientSide); err != nil {
			return c, err
		}
	}
	if th.Team() {
		if c.Note, err = say(portal.Team); err != nil {
			return c, err
		}
	}
	if t != nil {
		c.Second, c.Told = t.audience == portal.Team, t.told
	}
	return c, nil
}

// fill puts into a form what was typed into it, or the draft.
func (s *Server) fill(ctx context.Context, me *visit, p *view.Page, x *view.Way, audience portal.Side, t *typed) error {
	x.Files = map[portal.FileID]bool{}
	if t != nil && t.audience == audience {
		x.Subject, x.Body, x.Question, x.Find, x.Sought = t.subject, t.Body, t.Question, t.find, t.seek
		for _, f := range t.Files {
			x.Files[f] = true
		}
		return nil
	}
	d, err := me.Draft(ctx, x.Place)
	if err != nil || d.SavedAt.IsZero() {
		return err
	}
	x.Subject, x.Body, x.SavedAt = d.Subject, d.Body, p.T("talk.draft_of", "when", p.Ago(d.SavedAt, p.Now))
	return nil
}

// readSay reads a composer.
func readSay(f *form) typed {
	t := typed{audience: portal.Side(f.one("audience")), subject: f.one("subject"), find: strings.TrimSpace(f.one("find")), Project: portal.ProjectID(f.one("project"))}
	seek := f.one("seek")
	t.seek = seek == "1" || seek == "typed" && t.find != ""
	t.told = f.ticked("told")
	f.all("upload") // the names of files that are not sent now
	t.NewMessage = portal.NewMessage{Body: f.one("body"), Audience: t.audience, Quote: portal.MessageID(f.one("quote")), Question: f.ticked("question")}
	for _, id := range f.all("file") {
		t.Files = append(t.Files, portal.FileID(id))
	}
	return t
}

func (s *Server) sayInThread(w http.ResponseWriter, r *http.Request, me *visit) error {
	id := portal.ThreadID(r.PathValue("id"))
	th, err := me.Thread(r.Context(), id)
	if err == nil {
		err = th.Writes() // before any byte comes
	}
	if err != nil {
		return err
	}
	t, err := s.readSaid(w, r, me, th.Client, th.Project, th.Audience)
	ctx := r.Context()
	var msg portal.MessageID
	if err == nil {
		err = unnamed(ctx, me, string(id), &t)
	}
	if err == nil {
		msg, err = say(ctx, me, &t, func(me *portal.Scope, n portal.NewMessage) (portal.MessageID, error) { return me.Say(ctx, id, n) })
	}
	if invalid, status, ok := refused(err); ok {
		if th.Comments() {
			return s.commentAgain(w, r, me, status, th, t, invalid)
		}
		return s.renderConversation(w, r, me, status, th, &t, invalid)
	}
	if err != nil {
		return err
	}
	// Whoever answers has read what is there. This is not what the request was.
	if err := me.MarkRead(portal.WithRequest(ctx, portal.Request{}), id, msg); err != nil {
		return err
	}
	return s.afterSaying(w, r, me, msg)
}

// commentAgain draws the form of an answer that was not taken, by itself.
func (s *Server) commentAgain(w http.ResponseWriter, r *http.Request, me *visit, status int, th portal.Thread, t typed, invalid map[string]portal.Reason) error {
	p := view.NewConversationPage{TalkPage: s.talkPage(me), Over: ui.Link{Label: me.Book.T("comment.back"), Href: commentsHref(th, r.URL.Query().Get("version"), url.Values{}, string(th.ID))}, Title: me.Book.T("comment.answer")}
	p.Invalid = invalid
	var err error
	if p.Composer, err = s.threadComposer(r, me, &p.TalkPage, th, &t); err != nil {
		return err
	}
	if t.told { // it goes to the client from where it was written
		p.Composer.Reply = nil
	}
	s.setTitle(&p.Page, p.Title)
	return s.render(w, r, status, view.NewConversation(p))
}

// afterSaying leads to what was said.
func (s *Server) afterSaying(w http.ResponseWriter, r *http.Request, me *visit, msg portal.MessageID) error {
	th, err := me.ThreadOf(r.Context(), msg)
	if err != nil {
		return err
	}
	if th.Comments() {
		return seeOther(w, r, commentsHref(th, r.URL.Query().Get("version"), url.Values{}, string(msg)))
	}
	return seeOther(w, r, conversationPath(string(th.ID))+"#"+string(msg))
}

func (s *Server) markRead(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := portal.ThreadID(r.PathValue("id"))
	if err := me.MarkRead(r.Context(), id, portal.MessageID(r.URL.Query().Get("upto"))); err != nil {
		return err
	}
	if r.Header.Get("Accept") == "*/*" { // told by the page
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return seeOther(w, r, conversationPath(string(id))+"#end")
}

// typing tells the others that the visitor is writing.
func (s *Server) typing(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	if err := me.Typing(r.Context(), portal.ThreadID(r.PathValue("id")), portal.Side(r.URL.Query().Get("to"))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// toMessage leads to the page and the place of a message.
func (s *Server) toMessage(w http.ResponseWriter, r *http.Request, me *visit) error {
	id := r.PathValue("message")
	th, err := me.ThreadOf(r.Context(), portal.MessageID(id))
	if err != nil {
		return err
	}
	if th.Comments() {
		return seeOther(w, r, commentsHref(th, string(th.Version), url.Values{"at": {id}}, id))
	}
	return seeOther(w, r, conversationPath(string(th.ID))+"?at="+id+"#"+id)
}

// messagePage is a page about one message, whom may let in.
func (s *Server) messagePage(r *http.Request, me *visit, may func(portal.Message) bool) (view.MessagePage, error) {
	p := view.MessagePage{TalkPage: s.talkPage(me)}
	ctx := r.Context()
	var err error
	if p.Message, err = me.Message(ctx, portal.MessageID(r.PathValue("message"))); err != nil {
		return p, err
	}
	if p.ReadOnly || !may(p.Message) {
		return p, portal.ErrForbidden
	}
	if p.Thread, err = me.Thread(ctx, p.Message.Thread); err != nil {
		return p, err
	}
	p.Back = view.Href(string(p.Message.ID))
	p.Body, p.Revision = p.Message.Body, strconv.FormatInt(p.Message.Revision, 10)
	return p, nil
}

func (s *Server) editMessage(w http.ResponseWriter, r *http.Request, me *visit) error {
	p, err := s.messagePage(r, me, func(m portal.Message) bool { return m.MayEdit(me.Scope.Person()) })
	if err != nil {
		return err
	}
	d, err := me.Draft(r.Context(), string(p.Message.ID))
	if err != nil {
		return err
	}
	if !d.SavedAt.IsZero() {
		p.Body, p.SavedAt, p.Changed = d.Body, p.T("talk.draft_of", "when", p.Ago(d.SavedAt, p.Now)), d.Revision != p.Message.Revision
	}
	s.setTitle(&p.Page, p.T("talk.edit"))
	return s.render(w, r, http.StatusOK, view.EditMessage(p))
}

func (s *Server) changeMessage(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.MessageID(r.PathValue("message"))
	t := typed{told: f.ticked("told"), NewMessage: portal.NewMessage{Body: f.one("body")}}
	revision := f.number("revision")
	if err = f.err(); err == nil {
		err = unnamedIn(r.Context(), me, id, &t)
	}
	if err == nil {
		err = me.EditMessage(r.Context(), id, t.Body, revision)
	}
	if invalid, status, ok := refused(err); ok {
		p, err := s.messagePage(r, me, func(m portal.Message) bool { return m.MayEdit(me.Scope.Person()) })
		if err != nil {
			return err
		}
		p.Invalid, p.Body, p.Told, p.Changed = invalid, t.Body, t.told, status == http.StatusConflict
		s.setTitle(&p.Page, p.T("talk.edit"))
		return s.render(w, r, status, view.EditMessage(p))
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, view.Href(string(id)))
}

// unnamedIn is unnamed for the new text of a message.
func unnamedIn(ctx context.Context, me *visit, id portal.MessageID, t *typed) error {
	m, err := me.Message(ctx, id)
	if err != nil || !m.Note() || !m.MayEdit(me.Scope.Person()) {
		return err
	}
	return unnamed(ctx, me, string(m.Thread), t)
}

func (s *Server) deleteMessagePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	erases := func(m portal.Message) bool {
		return m.Team() && m.Can(portal.Administer) && m.ErasedAt.IsZero()
	}
	p, err := s.messagePage(r, me, func(m portal.Message) bool { return m.MayDelete(me.Scope.Person()) || erases(m) })
	if err != nil {
		return err
	}
	p.Erase = erases(p.Message)
	s.setTitle(&p.Page, p.T("talk.delete"))
	return s.render(w, r, http.StatusOK, view.DeleteMessage(p))
}

// onMessage is a button that does something to a message for ever.
func (s *Server) onMessage(key string, do func(*portal.Scope, context.Context, portal.MessageID) error) handler {
	return func(w http.ResponseWriter, r *http.Request, me *visit) error {
		if err := noFields(r); err != nil {
			return err
		}
		id := portal.MessageID(r.PathValue("message"))
		if err := do(me.Scope, r.Context(), id); err != nil {
			return err
		}
		th, err := me.ThreadOf(r.Context(), id)
		if err != nil {
			return err
		}
		if th.Comments() {
			return seeOther(w, r, commentsHref(th, string(th.Version), url.Values{"done": {key}}, string(id)))
		}
		return done(w, r, conversationPath(string(th.ID)), key)
	}
}

func (s *Server) messageHistory(w http.ResponseWriter, r *http.Request, me *visit) error {
	p, err := s.messagePage(r, me, func(m portal.Message) bool { return m.Team() && m.Can(portal.Administer) })
	if err != nil {
		return err
	}
	if p.Earlier, err = me.EarlierTexts(r.Context(), p.Message.ID); err != nil {
		return err
	}
	s.setTitle(&p.Page, p.T("talk.history"))
	return s.render(w, r, http.StatusOK, view.MessageHistory(p))
}

// saveDraft keeps what is typed into a composer, by script while it is typed,
// or by a button. Whatever else is in the form is left alone.
func (s *Server) saveDraft(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	t, revision := readSay(f), f.number("revision")
	f.one("version")
	f.one("client")
	f.all("person")
	if err := f.err(); err != nil {
		return err
	}
	place := r.PathValue("place")
	if r.URL.Query().Get("note") == "1" {
		place += " note"
	}
	// What is kept again and again is one form, and no request that was here before.
	ctx := portal.WithRequest(r.Context(), portal.Request{Form: f.one("once")})
	if err := me.SaveDraft(ctx, place, portal.Draft{Subject: t.subject, Body: t.Body, Revision: revision}); err != nil {
		return err
	}
	if r.Header.Get("Accept") == "*/*" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return seeOther(w, r, draftHref(r.PathValue("place")))
}

// draftHref leads to the composer of a draft.
func draftHref(place string) string {
	switch kind := place[:min(3, len(place))]; kind {
	case "prj":
		return "/projects/" + place + "/conversations/new"
	case "cli":
		return "/clients/" + place + "/conversation"
	case "thr":
		return conversationPath(place) + "#composer"
	case "msg":
		return view.Href(place) + "/edit"
	case "dir":
		if client := portal.DirectClient(place); client != "" {
			return "/messages/direct?client=" + string(client)
		}
		return "/messages/direct"
	}
	if to := view.Href(place); to != "" {
		return to + "#comments"
	}
	return "/messages"
}

func (s *Server) newConversation(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderNewConversation(w, r, me, http.StatusOK, nil, nil)
}

func (s *Server) renderNewConversation(w http.ResponseWriter, r *http.Request, me *visit, status int, t *typed, invalid map[string]portal.Reason) error {
	ctx := r.Context()
	in, err := s.inProject(r, me, "messages", portal.SectionMessages)
	if err != nil {
		return err
	}
	if !mayStart(in) {
		return portal.ErrForbidden
	}
	id := in.Project.ID
	p := view.NewConversationPage{TalkPage: s.talkPage(me), Over: ui.Link{Label: in.Project.Name, Href: "/projects/" + string(id) + "/messages"}}
	p.Title, p.Lead, p.Invalid = p.T("talk.start"), p.T("talk.start_lead"), invalid
	c := view.Composer{Action: "/projects/" + string(id) + "/conversations", Subject: true, Brings: mayBring(in.Project)}
	if err := s.offerFiles(ctx, me, &c, in.Project.Client, id, t); err != nil {
		return err
	}
	if c.Expects, err = s.expects(ctx, me, &p.Page); err != nil {
		return err
	}
	c.Reply = &view.Way{Place: string(id), Mention: "project=" + string(id) + "&to=client"}
	if in.Project.Team() {
		c.Client, c.Asks = in.Project.ClientName, true
		a, err := me.AudiencePreview(ctx, id, "message")
		if err != nil {
			return err
		}
		a.Shown = in.Project.Shows&portal.SectionMessages != 0
		c.Reply.Names = p.Audience(a)
		c.Note = &view.Way{Place: string(id) + " note", Mention: "project=" + string(id) + "&to=team", Names: p.T("talk.only", "workspace", me.Brand.Name)}
		if err := s.fill(ctx, me, &p.Page, c.Note, portal.Team, t); err != nil {
			return err
		}
	} else {
		readers, err := me.MentionableIn(ctx, id, portal.ClientSide, "")
		if err != nil {
			return err
		}
		c.Reply.Names = p.ToSome(readers)
	}
	if err := s.fill(ctx, me, &p.Page, c.Reply, portal.ClientSide, t); err != nil {
		return err
	}
	if t != nil {
		c.Second, c.Told = t.audience == portal.Team, t.told
	}
	p.Composer = c
	s.below(&in, "messages", p.Title)
	p.Shell = in.Shell
	p.Load(talkBundle()...)
	return s.render(w, r, status, view.NewConversation(p))
}

func (s *Server) startConversation(w http.ResponseWriter, r *http.Request, me *visit) error {
	project := portal.ProjectID(r.PathValue("project"))
	t, err := s.readSaid(w, r, me, "", project, portal.ClientSide)
	ctx := r.Context()
	var id portal.ThreadID
	if err == nil {
		err = unnamed(ctx, me, string(project), &t)
	}
	if err == nil {
		id, err = say(ctx, me, &t, func(me *portal.Scope, n portal.NewMessage) (portal.ThreadID, error) {
			return me.StartConversation(ctx, project, portal.NewConversation{Subject: t.subject, NewMessage: n})
		})
	}
	if invalid, status, ok := refused(err); ok {
		return s.renderNewConversation(w, r, me, status, &t, invalid)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, conversationPath(string(id)))
}

// generalConversation is the one conversation with a client that is about no
// project; while nothing was said in it, the composer alone.
func (s *Server) generalConversation(w http.ResponseWriter, r *http.Request, me *visit) error {
	th, err := me.GeneralThreadOf(r.Context(), portal.ClientID(r.PathValue("id")))
	switch {
	case err == nil:
		return seeOther(w, r, conversationPath(string(th.ID))+"#end")
	case err != portal.ErrNotFound:
		return err
	}
	return s.renderGeneral(w, r, me, http.StatusOK, nil, nil)
}

func (s *Server) renderGeneral(w http.ResponseWriter, r *http.Request, me *visit, status int, t *typed, invalid map[string]portal.Reason) error {
	ctx := r.Context()
	c, err := me.Client(ctx, portal.ClientID(r.PathValue("id")))
	switch {
	case err != nil:
		return err
	case !c.Team() && !me.Self.Messages:
		return portal.ErrNotFound
	case c.Team() && !c.Can(portal.Contribute), !c.Team() && !c.Can(portal.SendMessage), !c.Archived.IsZero(), me.ReadOnly():
		return portal.ErrForbidden
	}
	p := view.NewConversationPage{TalkPage: s.talkPage(me)}
	listOf(&p.TalkPage, me, c.ID, "/messages", url.Values{})
	p.Over = ui.Link{Label: p.T("nav.messages"), Href: p.ListPath("", "")}
	p.Invalid = invalid
	p.Title, p.Lead = p.GeneralTitle(c.Name), p.T("talk.general_lead")
	mention := "client=" + string(c.ID) + "&to="
	x := view.Composer{Action: "/clients/" + string(c.ID) + "/conversation", Reply: &view.Way{Place: string(c.ID), Mention: mention + string(portal.ClientSide), Names: p.T("talk.to", "names", me.Brand.Name)}}
	if c.Team() {
		p.Over = ui.Link{Label: c.Name, Href: "/clients/" + string(c.ID) + "/messages"}
		x.Client, x.Asks = c.Name, true
		x.Reply.Names = p.T("talk.to", "names", p.T("talk.all_of", "client", c.Name))
		x.Note = &view.Way{Place: string(c.ID) + " note", Mention: mention + string(portal.Team), Names: p.T("talk.only", "workspace", me.Brand.Name)}
		if err := s.fill(ctx, me, &p.Page, x.Note, portal.Team, t); err != nil {
			return err
		}
	}
	if err := s.fill(ctx, me, &p.Page, x.Reply, portal.ClientSide, t); err != nil {
		return err
	}
	if err := s.offerFiles(ctx, me, &x, c.ID, "", t); err != nil {
		return err
	}
	if err := s.bringing(ctx, me, &x, c.ID, ""); err != nil {
		return err
	}
	if x.Expects, err = s.expects(ctx, me, &p.Page); err != nil {
		return err
	}
	if t != nil {
		x.Second, x.Told = t.audience == portal.Team, t.told
	}
	p.Composer = x
	s.setTitle(&p.Page, p.Title)
	return s.render(w, r, status, view.NewConversation(p))
}

func (s *Server) sayToClient(w http.ResponseWriter, r *http.Request, me *visit) error {
	client := portal.ClientID(r.PathValue("id"))
	t, err := s.readSaid(w, r, me, client, "", portal.ClientSide)
	ctx := r.Context()
	var msg portal.MessageID
	if err == nil {
		err = unnamed(ctx, me, string(client), &t)
	}
	if err == nil {
		msg, err = say(ctx, me, &t, func(me *portal.Scope, n portal.NewMessage) (portal.MessageID, error) {
			return me.SayToClient(ctx, client, n)
		})
	}
	if invalid, status, ok := refused(err); ok {
		return s.renderGeneral(w, r, me, status, &t, invalid)
	}
	if err != nil {
		return err
	}
	return s.afterSaying(w, r, me, msg)
}

const projectsToTalkIn = 20

// newMessage asks where a conversation is to begin. Where there are many clients, one
// is chosen first.
func (s *Server) newMessage(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx := r.Context()
	p := view.NewMessagePage{TalkPage: s.talkPage(me)}
	switch {
	case p.ReadOnly:
		return errOnlyLooking
	case !p.Team && !me.Self.Messages:
		return portal.ErrNotFound
	}
	client, err := whose(r, me)
	if err != nil {
		return err
	}
	if p.Team {
		if p.Choice, err = clientsOf(r, me); err != nil {
			return err
		}
		client = p.Choice.Chosen
	}
	projects, next, err := me.Projects(ctx, portal.ProjectFilter{Client: client}, pageOf(r, projectsToTalkIn))
	if err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	for _, x := range projects {
		if x.Can(portal.Contribute) || !x.Team() && x.Can(portal.SendMessage) && x.Sections.Has(portal.SectionMessages) {
			p.Projects = append(p.Projects, x)
		}
	}
	switch {
	case client != "" && p.Team:
		c, err := me.Client(ctx, client)
		if err != nil {
			return err
		}
		p.Direct = []portal.ClientName{{ID: c.ID, Name: c.Name}}
		if c.Can(portal.Contribute) && c.Archived.IsZero() {
			p.Clients = p.Direct
		}
	case p.Team && (!p.Choice.More || p.Choice.Named != ""):
		p.Direct = p.Choice.Names
		if p.Clients, _, err = me.ClientNames(ctx, p.Choice.Named, portal.Contribute); err != nil {
			return err
		}
	case !p.Team:
		for _, c := range me.Self.Clients {
			if c.ID == client {
				p.Clients = append(p.Clients, c)
			}
		}
		p.Direct = p.Clients
		listOf(&p.TalkPage, me, client, r.URL.Path, url.Values{})
	}
	s.setTitle(&p.Page, p.T("talk.new"))
	return s.render(w, r, http.StatusOK, view.NewMessage(p))
}

func (s *Server) newDirect(w http.ResponseWriter, r *http.Request, me *visit) error {
	q := r.URL.Query()
	p := view.DirectPage{Chosen: map[portal.PersonID]bool{portal.PersonID(q.Get("to")): true}}
	return s.renderDirect(w, r, me, http.StatusOK, portal.ClientID(q.Get("client")), p)
}

func (s *Server) renderDirect(w http.ResponseWriter, r *http.Request, me *visit, status int, client portal.ClientID, p view.DirectPage) error {
	invalid := p.Invalid
	p.TalkPage = s.talkPage(me)
	p.Invalid = invalid
	if p.ReadOnly {
		return errOnlyLooking
	}
	people, err := s.direct(r.Context(), me, client)
	if err != nil {
		return err
	}
	p.People = people
	if client != "" {
		c, err := me.Client(r.Context(), client)
		if err != nil {
			return err
		}
		p.Client = portal.ClientName{ID: c.ID, Name: c.Name}
	}
	listOf(&p.TalkPage, me, client, "/messages", url.Values{})
	p.Composer = view.Composer{Direct: client == ""}
	if p.Composer.Expects, err = s.expects(r.Context(), me, &p.Page); err != nil {
		return err
	}
	var t *typed
	if status != http.StatusOK {
		t = &typed{audience: p.To(), find: p.Way.Find, Project: p.Keep, NewMessage: portal.NewMessage{Files: p.Files}}
	}
	if err := s.offerFiles(r.Context(), me, &p.Composer, client, "", t); err != nil {
		return err
	}
	if err := s.bringing(r.Context(), me, &p.Composer, client, ""); err != nil {
		return err
	}
	x := view.Way{Place: portal.DirectPlace(client), Find: p.Way.Find, Sought: p.Way.Sought}
	if status == http.StatusOK {
		if err := s.fill(r.Context(), me, &p.Page, &x, "", nil); err != nil {
			return err
		}
		if x.Body != "" { // it may have been meant for somebody else
			p.Chosen = nil
		}
	} else {
		x.Body, x.Files = p.Body, map[portal.FileID]bool{}
		for _, f := range p.Files {
			x.Files[f] = true
		}
	}
	p.Way = x
	s.setTitle(&p.Page, p.T("talk.direct"))
	return s.render(w, r, status, view.Direct(p))
}

// direct are those whom the visitor may write to in the frame of a client, or
// within the team.
func (s *Server) direct(ctx context.Context, me *visit, client portal.ClientID) ([]portal.Reader, error) {
	if me.Self.Role == "" && (!me.Self.Messages || client == "") {
		return nil, portal.ErrNotFound
	}
	return me.Known(ctx, client)
}

func (s *Server) startDirect(w http.ResponseWriter, r *http.Request, me *visit) error {
	client := portal.ClientID(r.URL.Query().Get("client")) // known before the form is, where files come with it
	n := portal.NewDirect{}
	p := view.DirectPage{Chosen: map[portal.PersonID]bool{}}
	var failed error
	t, err := s.readSaid(w, r, me, client, "", portal.ClientSide, func(f *form, t *typed) {
		n.Client = portal.ClientID(f.one("client"))
		if client == "" {
			client = n.Client
		} else if n.Client != client {
			f.fail("client", "choice")
		}
		for _, id := range f.all("person") {
			n.People = append(n.People, portal.PersonID(id))
			p.Chosen[portal.PersonID(id)] = true
		}
		t.Audience, failed = s.directTo(r.Context(), me, n)
	})
	if err == nil {
		err = failed
	}
	p.Body, p.Files = t.Body, t.Files
	var id portal.ThreadID
	if err == nil {
		id, err = say(r.Context(), me, &t, func(me *portal.Scope, said portal.NewMessage) (portal.ThreadID, error) {
			n.NewMessage = said
			n.Audience = "" // the people say it
			return me.StartDirect(r.Context(), n)
		})
	}
	if invalid, status, ok := refused(err); ok {
		p.Invalid, p.Files, p.Keep = invalid, t.Files, t.Project
		p.Way.Find, p.Way.Sought = t.find, t.seek
		return s.renderDirect(w, r, me, status, client, p)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, conversationPath(string(id))+"#end")
}

// directTo is who may see, at most, what comes with the first message between
// people: the team alone where all of them are of it.
func (s *Server) directTo(ctx context.Context, me *visit, n portal.NewDirect) (portal.Side, error) {
	if me.Self.Role == "" {
		return portal.ClientSide, nil
	}
	people, err := s.direct(ctx, me, n.Client)
	for _, x := range people {
		if x.Side == portal.ClientSide && slices.Contains(n.People, x.Person) {
			return portal.ClientSide, err
		}
	}
	return portal.Team, err
}

// unread counts the conversations with something new for the visitor, for a client's
// person those of one client, for the navigation; a page is worth more than the count.
func (s *Server) unread(ctx context.Context, me *visit, client portal.ClientID) int {
	if me.Viewing != nil {
		return 0
	}
	n, err := me.UnreadConversations(ctx, me.Self, client)
	s.missed(ctx, "counting what is unread", err)
	return n
}
