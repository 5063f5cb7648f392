package sweep_test

import (
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// opened is all that a mail holds, as it came and as a program reads it: each header
// and each part of it.
func opened(t *testing.T, raw string) (h netmail.Header, all string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	must(t, err)
	all = raw
	for name, values := range m.Header {
		for _, v := range values {
			text, err := new(mime.WordDecoder).DecodeHeader(v)
			must(t, err)
			all += "\n" + name + ": " + text
		}
	}
	var open func(kind, encoding string, r io.Reader)
	open = func(kind, encoding string, r io.Reader) {
		media, params, err := mime.ParseMediaType(kind)
		must(t, err)
		if strings.HasPrefix(media, "multipart/") {
			for parts := multipart.NewReader(r, params["boundary"]); ; {
				p, err := parts.NextRawPart()
				if err == io.EOF {
					return
				}
				must(t, err)
				open(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
			}
		}
		if strings.EqualFold(encoding, "quoted-printable") {
			r = quotedprintable.NewReader(r)
		}
		text, err := io.ReadAll(r)
		must(t, err)
		all += "\n" + string(text)
	}
	open(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	return m.Header, all
}

var thing = regexp.MustCompile(`\b(?:thr|msg|evt|tsk|upd|mst|dlv|fil|ver)_[a-z0-9]{26}\b`)

// T051: of one minute the team and the client are told in digests and in mails of
// single messages; whatever a mail to the client holds, in any part and any header, is
// the client's, and names nothing that is the team's own.
func TestMailsOfTheSameMinute(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		server := mailtest.Start(t, &mailtest.Server{})
		from := mail.Address{Email: "portal@honcho.test"}
		mails := notify.New(s.World.Portal, s.Accounts, mail.New(mail.Config{Host: "127.0.0.1", Port: server.Port(), TLS: mail.Plain, From: from}), notify.Options{BaseURL: s.Web.BaseURL, From: from})
		for _, name := range []string{"cleo", "carl", "tom", "mia"} {
			must(t, s.me(name).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeOwn, Own: portal.Ways{Listed: portal.AllTopics, Digested: portal.AllTopics}, DigestOn: "daily", DigestAt: "18:00"}))
		}
		for _, name := range []string{"bea", "ada"} {
			must(t, s.me(name).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeEverything, DigestOn: "daily", DigestAt: "18:00"}))
		}
		secret := portaltest.Canary("acme", portal.Team, "minute")
		mia := s.me("mia")
		shown := s.Items[s.Site][portal.ClientSide]
		say := func(to portal.Side, body string) {
			t.Helper()
			_, err := mia.Say(ctx, shown.Conversation, portal.NewMessage{Body: body, Audience: to})
			must(t, err)
		}
		say(portal.Team, secret+" @Tom @Ada")
		say(portal.ClientSide, "For all to read")
		_, err := mia.AddTask(ctx, s.Site, portal.NewTask{Title: secret, Assignee: s.Tom})
		must(t, err)
		_, err = mia.AddTask(ctx, s.Site, portal.NewTask{Title: "For all to do", Audience: portal.ClientSide, Turn: portal.ClientSide})
		must(t, err)
		for audience, body := range map[portal.Side]string{portal.Team: secret, portal.ClientSide: "All is well"} {
			_, err = mia.PublishUpdate(ctx, s.Site, portal.NewUpdate{Body: body, Sentence: body, Status: "active", Health: "on_track", Audience: audience})
			must(t, err)
		}
		_, err = s.me("tom").CommentOn(ctx, portal.ItemID(shown.Deliverable), portal.NewComment{NewMessage: portal.NewMessage{Body: secret}})
		must(t, err)
		_, err = s.World.Portal.TellPeople(ctx)
		must(t, err)
		for range 12 {
			s.Clock.Advance(time.Hour)
			must(t, s.World.Portal.SendDigests(ctx))
			due, err := s.World.Portal.DueMails(ctx, s.Clock.Now(), 100)
			must(t, err)
			for _, id := range due {
				must(t, mails.Send(ctx, id))
			}
		}
		reads := map[string]bool{}
		for _, raw := range server.Messages() {
			h, all := opened(t, raw)
			to, err := netmail.ParseAddress(h.Get("To"))
			must(t, err)
			name, _, _ := strings.Cut(to.Address, "@")
			reads[name] = true
			told := strings.Contains(all, secret)
			if slices.Contains([]string{"mia", "tom", "ada"}, name) {
				reads["the team's own"] = reads["the team's own"] || told
				continue
			}
			for _, word := range append(webtest.Forbidden(name), secret, portaltest.Canary("acme", portal.Team, "")) {
				if i := strings.Index(all, word); i >= 0 {
					t.Errorf("a mail to %s holds %.60q", name, all[i:])
				}
			}
			for _, id := range thing.FindAllString(all, -1) {
				if !s.sees(s.me(name), id) {
					t.Errorf("a mail to %s names %s, which they do not see", name, id)
				}
			}
		}
		for _, name := range []string{"cleo", "bea", "tom", "the team's own"} {
			if !reads[name] {
				t.Errorf("no mail to %s came: this test sees nothing", name)
			}
		}
	})
}

// sees reports whether somebody sees a conversation, message, event or item.
func (s *site) sees(me *portal.Scope, id string) bool {
	s.t.Helper()
	var err error
	ctx := s.t.Context()
	switch kind, _, _ := strings.Cut(id, "_"); kind {
	case "thr":
		_, err = me.Thread(ctx, portal.ThreadID(id))
	case "msg":
		_, err = me.Message(ctx, portal.MessageID(id))
	case "evt":
		ok, err := me.Sees(ctx, portal.EventID(id))
		return err == nil && ok
	case "tsk":
		_, err = me.Task(ctx, portal.TaskID(id))
	case "upd":
		_, err = me.Update(ctx, portal.UpdateID(id))
	case "mst":
		_, err = me.Milestone(ctx, portal.MilestoneID(id))
	case "dlv":
		_, err = me.Deliverable(ctx, portal.DeliverableID(id))
	case "fil":
		_, err = me.File(ctx, portal.FileID(id))
	case "ver":
		_, err = me.Version(ctx, portal.VersionID(id))
	default:
		s.t.Fatalf("nobody knows who sees %s", id)
	}
	return err == nil
}

// T035: whom a note of the team names in vain, as nobody of the client can read it,
// gets no mail, no notice and no count of it, and no stream of theirs says anything.
func TestNoteNamesAClientInVain(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		names := []string{"cleo", "bea", "dan"}
		reads := s.apiReads()
		streams := map[string]*stream{}
		cleo := s.As("cleo")
		own := s.token(cleo)
		for _, name := range names {
			must(t, s.me(name).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeEverything, DigestOn: "daily", DigestAt: "18:00"}))
			streams[name] = s.listen(s.As(name))
		}
		before := s.everything(cleo, own, reads)
		mia := s.As("mia")
		token := s.token(mia)
		path := "/api/conversations/" + string(s.Items[s.Site][portal.ClientSide].Conversation)
		for _, q := range []string{"cl", "be", "da"} {
			if p := s.ask(mia, "GET", path+"/mentionable?audience=team&q="+q, token, "").MustBe(200); strings.Contains(p.Body, "per_") {
				t.Errorf("in a note %s", p.Body)
			}
		}
		s.ask(mia, "POST", path+"/messages", token, `{"body":"@Cleo, @Bea and @Dan must not know"}`).MustBe(201)
		_, err := s.World.Portal.TellPeople(ctx)
		must(t, err)
		var told int
		must(t, s.DB.QueryRow(ctx, `SELECT (SELECT COUNT(*) FROM notices WHERE person_id IN ($1, $2, $3)) + (SELECT COUNT(*) FROM mails WHERE person_id IN ($1, $2, $3) AND kind <> 'token_created')`, string(s.Cleo), string(s.Bea), string(s.Dan)).Scan(&told))
		if told != 0 {
			t.Errorf("the client's people get %d notices and mails", told)
		}
		after := s.everything(cleo, own, reads)
		for path, was := range before {
			if after[path] != was {
				t.Errorf("she notices at %s: %s", path, difference(was, after[path]))
			}
		}
		_, err = s.me("mia").AddTask(ctx, s.Brand, portal.NewTask{Title: "For all to see", Audience: portal.ClientSide})
		must(t, err)
		for _, name := range names {
			if got := streams[name].waitFor(1); !slices.Equal(got, []string{"changed " + string(s.Brand)}) {
				t.Errorf("the stream of %s says %q", name, got)
			}
		}
	})
}
