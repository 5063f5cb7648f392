package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

func (s *Server) commentRoutes() []route {
	return []route{
		{"POST /comments/{id}/resolve", person, s.onComments("resolved", (*portal.Scope).ResolveComments)},
		{"POST /comments/{id}/reopen", person, s.onComments("comments_reopened", (*portal.Scope).ReopenComments)},
	}
}

// comments are those on an item, as its page has them.
func (s *Server) comments(r *http.Request, me *visit, in view.Within, id portal.ItemID, audience portal.Side) (*view.CommentsBox, error) {
	return s.commentsOn(r, me, in, &view.CommentsBox{Item: id, Audience: audience, Query: url.Values{}})
}

// fileComments are those beside a version of a file: beside the newest, all
// that are on the file, and beside another those on it alone.
func (s *Server) fileComments(r *http.Request, me *visit, p *view.ViewerPage) (*view.CommentsBox, error) {
	c := &view.CommentsBox{Item: portal.ItemID(p.File.ID), Audience: p.File.Audience, Version: p.Version.ID, Query: url.Values{"panel": {"comments"}}}
	if p.Version.Draft {
		c.Audience = portal.Team
	}
	if p.Version.ID != p.File.Version.ID {
		c.Alone = true
		c.Query.Set("version", string(p.Version.ID))
	}
	c.Elsewhere = map[portal.VersionID]portal.Version{}
	for _, v := range p.Versions {
		if v.ID != p.Version.ID {
			c.Elsewhere[v.ID] = v
		}
	}
	c.Rounds, c.Tried = p.Revisions, p.Tried
	if err := places(r.Context(), me, p, c); err != nil {
		return nil, err
	}
	return s.commentsOn(r, me, p.Within, c)
}

// commentsOn completes what says what is commented on.
func (s *Server) commentsOn(r *http.Request, me *visit, in view.Within, c *view.CommentsBox) (*view.CommentsBox, error) {
	ctx, q := r.Context(), r.URL.Query()
	project := in.Project
	c.TalkPage = view.TalkPage{Page: in.Page, Workspace: in.Name, Me: in.Me, Team: project.Team()}
	c.Client, c.Here = project.ClientName, view.Href(string(c.Item))
	c.May = !in.ReadOnly && (c.Team && project.Can(portal.Contribute) || !c.Team && project.Can(portal.Comment))
	c.Brings = c.May && mayBring(project)
	var err error
	if c.Answer, err = s.expects(ctx, me, &c.Page); err != nil {
		return nil, err
	}
	f := portal.CommentFilter{After: portal.ThreadID(q.Get("after"))}
	if q.Get("show") == "mine" {
		c.State, f.Own = "mine", true
	}
	if c.Alone {
		f.Version = c.Version
	}
	for _, r := range c.Rounds.All {
		if q.Get("show") == string(r.ID) {
			c.State, f.Round, f.Version = string(r.ID), r.ID, ""
		}
	}
	if show := q.Get("show"); show == "open" || show == "resolved" {
		c.State, f.State = show, show
	}
	var next string
	if c.Threads, next, err = me.CommentsOn(ctx, c.Item, f); err != nil {
		return nil, err
	}
	if f.After != "" {
		c.First = c.To("", "", "comments")
	}
	if next != "" {
		c.More = c.To("after", next, "comments")
	}
	counts, err := me.CommentCounts(ctx, c.Item)
	if err != nil {
		return nil, err
	}
	c.Count = counts[c.Item]
	whole := portal.ThreadID(q.Get("comments"))
	if quote := portal.MessageID(q.Get("quote")); quote != "" && c.May {
		m, err := me.Message(ctx, quote)
		if err != nil {
			return nil, err
		}
		if m.Item == c.Item && !m.Deleted() {
			c.Quote, whole = &m, m.Thread
		}
	}
	if whole != "" {
		if err := wholeThread(ctx, me, c, whole, portal.MessagePage{Before: portal.MessageID(q.Get("before")), Around: portal.MessageID(q.Get("at"))}); err != nil {
			return nil, err
		}
	}
	if err := receipts(ctx, me, &c.TalkPage, portal.MessageID(q.Get("at")), c.Drawn()); err != nil {
		return nil, err
	}
	if !c.May {
		return c, nil
	}
	if c.Team && c.Audience == portal.ClientSide {
		a, err := me.AudiencePreview(ctx, project.ID, c.Item.Kind())
		if err != nil {
			return nil, err
		}
		c.Reach = in.Page.Audience(a)
	}
	places := []string{string(c.Item)}
	for _, t := range c.Threads {
		places = append(places, string(t.ID))
	}
	c.Drafts, err = me.Drafts(ctx, places...)
	return c, err
}

// wholeThread shows all of a thread, in its place or, when that is in another
// part of the list, by itself.
func wholeThread(ctx context.Context, me *visit, c *view.CommentsBox, id portal.ThreadID, pg portal.MessagePage) error {
	th, err := me.Thread(ctx, id)
	if err != nil {
		return err
	}
	if th.Item != c.Item {
		return portal.ErrNotFound
	}
	l, err := me.Messages(ctx, id, pg)
	if err != nil {
		return err
	}
	c.Whole, c.Messages = id, l
	if c.Mark, err = me.Mark(ctx, id); err != nil {
		return err
	}
	if !slices.ContainsFunc(c.Threads, func(t portal.Comments) bool { return t.ID == id }) {
		c.Threads, c.More, c.First = []portal.Comments{{Thread: th}}, "", c.To("", "", "comments")
	}
	return nil
}

// comment begins a thread on an item.
func (s *Server) comment(w http.ResponseWriter, r *http.Request, me *visit) error {
	id := portal.ItemID(r.PathValue("item"))
	project, widest, err := me.CommentPlace(r.Context(), id)
	if err != nil {
		return err
	}
	var n portal.NewComment
	var at view.TypedPlace
	var later bool
	t, err := s.readSaid(w, r, me, "", project, widest, func(f *form, _ *typed) {
		n.Version, at, later = portal.VersionID(f.one("version")), typedPlace(f), f.ticked("later")
	})
	ctx := r.Context()
	var msg portal.MessageID
	var kept portal.UnsentID
	if err == nil {
		n.Place, err = readPlace(at)
	}
	if err == nil && !later {
		err = unnamed(ctx, me, string(id), &t)
	}
	switch {
	case err != nil:
	case later:
		kept, err = portal.Once(me.KeepComment(ctx, n.Version, t.Body, n.Place))
	default:
		msg, err = say(ctx, me, &t, func(me *portal.Scope, said portal.NewMessage) (portal.MessageID, error) {
			n.NewMessage = said
			return me.CommentOn(ctx, id, n)
		})
	}
	if invalid, status, ok := refused(err); ok {
		p := view.NewConversationPage{TalkPage: s.talkPage(me), Over: ui.Link{Label: me.Book.T("comment.back"), Href: view.Href(string(id)) + "#comments"}, Title: me.Book.T("comment.new")}
		p.Invalid = invalid
		p.Composer = view.Composer{Action: r.URL.RequestURI(), Version: n.Version, Typed: at, Keeps: later, Told: t.told}
		if err := s.bringing(ctx, me, &p.Composer, "", project); err != nil {
			return err
		}
		to := portal.ClientSide
		if p.Team && t.audience != portal.ClientSide {
			to = portal.Team
		}
		way := &view.Way{Place: string(id), Mention: "item=" + string(id) + "&to=" + string(to), Body: t.Body, Files: map[portal.FileID]bool{}}
		for _, f := range t.Files { // that came with it
			x, err := me.File(ctx, f)
			if err != nil {
				return err
			}
			way.Files[f] = true
			p.Composer.Files = append(p.Composer.Files, x)
		}
		if to == portal.Team {
			p.Composer.Note = way
		} else {
			p.Composer.Reply = way
		}
		s.setTitle(&p.Page, p.Title)
		return s.render(w, r, status, view.NewConversation(p))
	}
	if err != nil {
		return err
	}
	if later {
		return seeOther(w, r, unsentHref(portal.FileID(id), r, "", string(kept)))
	}
	return s.afterSaying(w, r, me, msg)
}

// unnamed tells once who of the client is named in what is to stay among the team, said
// at a place: they do not read it, though they were offered while it could still go to
// them.
func unnamed(ctx context.Context, me *visit, place string, t *typed) error {
	if t.told || t.seek || t.audience == portal.ClientSide {
		return nil
	}
	names, err := me.Unnamed(ctx, place, t.Body)
	if err != nil || len(names) == 0 {
		return err
	}
	t.told, t.audience = true, portal.Team
	return &portal.Invalid{Fields: map[string]portal.Reason{"body": {Key: "unnamed", Pairs: []string{"workspace", me.Brand.Name, "names", me.Book.List(names)}}}}
}

// onComments is a button at a thread of comments.
func (s *Server) onComments(key string, do func(*portal.Scope, context.Context, portal.ThreadID) error) handler {
	return func(w http.ResponseWriter, r *http.Request, me *visit) error {
		if err := noFields(r); err != nil {
			return err
		}
		id := portal.ThreadID(r.PathValue("id"))
		if err := do(me.Scope, r.Context(), id); err != nil {
			return err
		}
		th, err := me.Thread(r.Context(), id)
		if err != nil {
			return err
		}
		return seeOther(w, r, commentsHref(th, r.URL.Query().Get("version"), url.Values{"done": {key}}, string(id)))
	}
}

// commentsHref leads to a thread of comments on the page of what it is on: of a
// file, beside the version that is looked at.
func commentsHref(th portal.Thread, version string, q url.Values, place string) string {
	q.Set("comments", string(th.ID))
	if th.Item.Kind() == "file" {
		q.Set("panel", "comments")
		if version != "" {
			q.Set("version", version)
		}
	}
	return view.Href(string(th.Item)) + "?" + q.Encode() + "#" + place
}
