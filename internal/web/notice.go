package web

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/sentence"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// noticeRoutes are what somebody was told of, and how they want to be.
func (s *Server) noticeRoutes() []route {
	return []route{
		{"GET /notices", person, s.noticesPage},
		{"GET /notices/{id}", person, s.openNotice},
		{"GET /notices/{id}/line", person, s.noticeLine},
		{"POST /notices/read", oneself, s.readNotices},
		{"POST /notices/{id}/read", oneself, s.readNotice},
		{"GET /profile/notices", oneself, s.noticeChoicesPage},
		{"POST /profile/notices", oneself, s.chooseNotices},
		{"POST /profile/notices/try", oneself, s.tryMail},
		{"POST /profile/notices/mute", oneself, s.muteProject},
		{"POST /projects/{project}/mute", oneself, s.mute((*portal.Scope).Mute, "muted")},
		{"POST /projects/{project}/unmute", oneself, s.mute((*portal.Scope).Unmute, "unmuted")},
		{"GET /unsubscribe/{person}/{topic}/{token}", anybody, s.unsubscribePage},
		{"POST /unsubscribe/{person}/{topic}/{token}", anybody, s.unsubscribe},
	}
}

const (
	noticesAtOnce = 50
	groupsAtOnce  = 30
)

// noticesPage lists what needs the visitor, and what they were told of.
func (s *Server) noticesPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx := r.Context()
	var needs []portal.Need
	var err error
	if r.URL.Query().Get("after") == "" {
		if me.Self.Role != "" {
			needs, err = me.TeamNeeds(ctx, me.today())
		} else {
			needs, err = me.Needs(ctx, "", noticesAtOnce)
		}
		if err != nil {
			return err
		}
		me.needed = func() int { return len(needs) }
	}
	p := view.NoticesPage{Page: s.page(me, "notices"), Workspace: me.Brand.Name, Several: len(me.Self.Clients) > 1, Needs: needs}
	p.Load(static.Notices)
	if p.Several && me.Self.Role == "" { // all that needs them stands together, nothing else
		if p.Client, err = whose(r, me); err != nil {
			return err
		}
		chooses(&p.Page, me, p.Client, r.URL.Path, url.Values{})
	}
	var next string
	if p.Groups, next, err = me.NoticeGroups(ctx, p.Client, pageOf(r, groupsAtOnce)); err != nil {
		return err
	}
	if p.Unread, err = me.UnreadNotices(ctx, p.Client); err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	s.setTitle(&p.Page, p.T("notices.title"))
	return s.render(w, r, http.StatusOK, view.Notices(p))
}

// today is the visitor's day.
func (v *visit) today() string { return v.Now.In(v.Book.Zone()).Format(time.DateOnly) }

// news is the newest notice of the visitor's that they have not read.
func (s *Server) news(ctx context.Context, me *visit) string {
	if me.Viewing != nil {
		return ""
	}
	newest, err := me.NewestNotice(ctx)
	s.missed(ctx, "looking for notices", err)
	return string(newest)
}

// noticeLine says a notice in one line, to an open page on which it rises: what was
// said or asked, which its reader has not seen elsewhere meanwhile.
func (s *Server) noticeLine(w http.ResponseWriter, r *http.Request, me *visit) error {
	n, err := me.Notice(r.Context(), portal.NoticeID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if !n.Unread || !n.Rises() {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	line := sentence.OfNotice(me.Book, n, me.Brand.Name)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = io.WriteString(w, line.Before+line.Title+line.After)
	return err
}

// openNotice leads to what a notice is about, which has been read then.
func (s *Server) openNotice(w http.ResponseWriter, r *http.Request, me *visit) error {
	n, err := me.Notice(r.Context(), portal.NoticeID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if me.Viewing == nil {
		if err := me.ReadNotice(r.Context(), n.ID); err != nil {
			return err
		}
	}
	return seeOther(w, r, sentence.OfNotice(me.Book, n, me.Brand.Name).Href)
}

func (s *Server) readNotices(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	upTo, client := f.one("up_to"), f.one("client")
	if err := f.err(); err != nil {
		return err
	}
	if err := me.ReadNotices(r.Context(), portal.ClientID(client), portal.NoticeID(upTo)); err != nil {
		return err
	}
	return seeOther(w, r, noticesOf(client))
}

// readNotice notes that the visitor has read what they were told of one thing, and of
// those that stand in one row with it.
func (s *Server) readNotice(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	client, also := f.one("client"), f.all("also")
	if err := f.err(); err != nil {
		return err
	}
	if err := me.ReadNotice(r.Context(), portal.NoticeID(r.PathValue("id"))); err != nil {
		return err
	}
	if err := me.ReadRest(r.Context(), also...); err != nil {
		return err
	}
	return seeOther(w, r, noticesOf(client))
}

// noticesOf is the page of what somebody was told of a client, or of all.
func noticesOf(client string) string {
	if client == "" {
		return "/notices"
	}
	return "/notices?client=" + url.QueryEscape(client)
}

func (s *Server) noticeChoicesPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	c, err := me.NoticeChoices(r.Context())
	if err != nil {
		return err
	}
	return s.renderNoticeChoices(w, r, me, c, nil)
}

// projectsToMute is how many projects can be chosen from on the page.
const projectsToMute = 100

func (s *Server) renderNoticeChoices(w http.ResponseWriter, r *http.Request, me *visit, c portal.NoticeChoices, invalid map[string]portal.Reason) error {
	p := view.NoticeChoicesPage{Page: s.profileFrame(me, invalid), Choices: c, Self: me.Self, Email: me.Person.Email, Zone: me.Book.Zone().String()}
	var err error
	if p.Lost, err = me.MailLost(r.Context()); err != nil {
		return err
	}
	if p.Muted, err = me.Mutes(r.Context()); err != nil {
		return err
	}
	all, _, err := me.Projects(r.Context(), portal.ProjectFilter{}, portal.Page{Limit: projectsToMute})
	if err != nil {
		return err
	}
	for _, x := range all {
		if !slices.ContainsFunc(p.Muted, func(m portal.Muted) bool { return m.ID == x.ID }) {
			p.Loud = append(p.Loud, ui.Option{Value: string(x.ID), Label: p.NameOf(x.Name, x.ClientName)})
		}
	}
	if err := devices(r, me, &p); err != nil {
		return err
	}
	return s.render(w, r, statusOf(&p.Page), view.NoticeChoices(p))
}

func (s *Server) chooseNotices(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	c := portal.NoticeChoices{Preset: portal.NoticePreset(f.one("preset")), QuietFrom: f.one("quiet_from"), QuietUntil: f.one("quiet_until"),
		DigestOn: f.one("digest_on"), DigestAt: f.one("digest_at")}
	had, err := me.NoticeChoices(r.Context())
	if err != nil {
		return err
	}
	for _, t := range portal.TopicNames {
		if !me.Self.MayGet(t.Topic) { // the page does not ask
			c.Own.Mailed |= had.Own.Mailed & t.Topic
			continue
		}
		if f.ticked("listed_" + t.Name) {
			c.Own.Listed |= t.Topic
		}
		if f.ticked("push_" + t.Name) {
			c.Own.Pushed |= t.Topic
		}
		switch f.one("mail_" + t.Name) {
		case "now":
			c.Own.Mailed |= t.Topic
		case "digest":
			c.Own.Digested |= t.Topic
		}
	}
	c.Ended = had.Ended
	for _, topic := range f.all("again") {
		c.Again |= portal.MailsOf(topic)
	}
	if err = f.err(); err == nil {
		err = me.ChooseNotices(r.Context(), c)
	}
	if fields, ok := invalidFields(err); ok {
		return s.renderNoticeChoices(w, r, me, c, fields)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/profile/notices?done=saved")
}

// tryMail has mail sent to the visitor again, of whom one came back.
func (s *Server) tryMail(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := me.TryMail(r.Context()); err != nil {
		return err
	}
	return seeOther(w, r, "/profile/notices?done=saved")
}

func (s *Server) muteProject(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ProjectID(f.one("project"))
	if err := f.err(); err != nil {
		return err
	}
	if err := me.Mute(r.Context(), id); err != nil {
		return err
	}
	return seeOther(w, r, "/profile/notices?done=muted")
}

// mute mutes a project or unmutes it, on its own page or on that of all of them.
func (s *Server) mute(do func(*portal.Scope, context.Context, portal.ProjectID) error, done string) handler {
	return func(w http.ResponseWriter, r *http.Request, me *visit) error {
		if err := noFields(r); err != nil {
			return err
		}
		id := portal.ProjectID(r.PathValue("project"))
		if err := do(me.Scope, r.Context(), id); err != nil {
			return err
		}
		to := "/profile/notices"
		if r.URL.Query().Has("here") {
			to = view.Href(string(id))
		}
		return seeOther(w, r, to+"?done="+done)
	}
}

// unsubscribePage asks before anything changes, as programs that look at links
// in mails ahead of their reader come here too.
func (s *Server) unsubscribePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderUnsubscribe(w, r, me, "")
}

// unsubscribe ends the mails, or brings them back. A mail program asks for it
// without the person (RFC 8058), so that the fields of the page are optional.
func (s *Server) unsubscribe(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	again := f.ticked("again")
	f.one("List-Unsubscribe")
	if err := f.err(); err != nil {
		return err
	}
	person, topic, err := s.unsubscriber(r)
	if err != nil {
		return err
	}
	if err := s.Portal.As(portal.PersonActor(person)).EndMails(r.Context(), topic, again); err != nil {
		return err
	}
	if again {
		return s.renderUnsubscribe(w, r, me, "again")
	}
	return s.renderUnsubscribe(w, r, me, "ended")
}

// unsubscriber is whom the link of a mail is about, and of what. Whoever has the
// mail has the link; it does nothing else.
func (s *Server) unsubscriber(r *http.Request) (person portal.PersonID, topic string, err error) {
	person, topic = portal.PersonID(r.PathValue("person")), r.PathValue("topic")
	if portal.MailsOf(topic) == 0 || !s.Accounts.HasToken(r.PathValue("token"), account.PurposeUnsubscribe, string(person)+" "+topic) {
		return "", "", portal.ErrNotFound
	}
	// Whoever was removed has no mails to end.
	who, err := s.Accounts.Person(r.Context(), person)
	if err != nil || !who.DisabledAt.IsZero() {
		return "", "", cmp.Or(err, portal.ErrNotFound)
	}
	self, err := s.Portal.As(portal.PersonActor(person)).Self(r.Context())
	if err == nil && self.Role == "" && len(self.Clients) == 0 {
		err = portal.ErrNotFound
	}
	return person, topic, err
}

func (s *Server) renderUnsubscribe(w http.ResponseWriter, r *http.Request, me *visit, state string) error {
	_, topic, err := s.unsubscriber(r)
	if err != nil {
		return err
	}
	p := view.UnsubscribePage{Page: s.cardPage(me), Workspace: me.Brand.Name, Topics: strings.Split(topic, "."), State: state, Action: r.URL.EscapedPath()}
	s.setTitle(&p.Page, p.T("unsubscribe.title"))
	return s.render(w, r, http.StatusOK, view.Unsubscribe(p))
}
