package portal

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// NoticeChoices is how somebody wants to be told.
type NoticeChoices struct {
	Preset     NoticePreset
	Own        Ways   // of NoticeOwn
	QuietFrom  string // HH:MM in their zone; both empty: no quiet hours
	QuietUntil string
	DigestOn   string // one of DigestDays
	DigestAt   string // HH:MM

	Ended Topics // whose mails they ended by a link in one, whatever else they chose
	Again Topics // of ChooseNotices: whose mails are to come again
}

// DigestDays are when a digest can come.
var DigestDays = []string{"daily", "mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// usual is what holds for whoever has chosen nothing.
var usual = NoticeChoices{Preset: NoticeNormal, Own: NoticeNormal.ways(Ways{}), DigestOn: "daily", DigestAt: "08:00"}

// Ways says by topic how they are told.
func (c NoticeChoices) Ways() Ways {
	w := c.Preset.ways(c.Own)
	w.Mailed, w.Digested = w.Mailed&^c.Ended, w.Digested&^c.Ended
	if c.Ended.Has(topicDigest) {
		w.Digested = 0
	}
	return w
}

// Silent is what they chose to be mailed, and ended by a link in a mail.
func (c NoticeChoices) Silent() Ways {
	chosen, come := c.Preset.ways(c.Own), c.Ways()
	return Ways{Mailed: chosen.Mailed &^ come.Mailed, Digested: chosen.Digested &^ come.Digested}
}

// OwnMails are the mails of kinds of their own that come, but for those that were
// ended by a link.
func (c NoticeChoices) OwnMails() Topics { return c.Preset.ways(c.Own).Mailed & OwnTopics }

// mailsNeeds reports whether they are mailed at once what is of a topic and needs
// them.
func (c NoticeChoices) mailsNeeds(t Topics) bool {
	return c.Ended&t == 0 && (c.Preset != NoticeOwn || (c.Own.Mailed | c.Own.Digested).Has(t))
}

// NoticeChoices returns the actor's own.
func (me *Scope) NoticeChoices(ctx context.Context) (NoticeChoices, error) {
	rows, err := me.query(ctx, `SELECT `+choiceColumns+` FROM my_notice_choices c`)
	all, err := list(rows, err, func(rows *db.Rows) (c NoticeChoices, err error) { return c, rows.Scan(c.into()...) })
	if err != nil || len(all) == 0 {
		return usual, err
	}
	return all[0], nil
}

const choiceColumns = `c.preset, c.listed, c.mailed, c.digested, c.pushed, c.quiet_from, c.quiet_until, c.digest_on, c.digest_at, c.ended`

func (c *NoticeChoices) into() []any {
	return []any{&c.Preset, &c.Own.Listed, &c.Own.Mailed, &c.Own.Digested, &c.Own.Pushed, &c.QuietFrom, &c.QuietUntil, &c.DigestOn, &c.DigestAt, &c.Ended}
}

// ChooseNotices changes how the actor is told from now on.
func (me *Scope) ChooseNotices(ctx context.Context, in NoticeChoices) error {
	var c checks
	if !slices.Contains(NoticePresets, in.Preset) {
		c.fail("preset", "choice")
	}
	c.oneOf("digest_on", in.DigestOn, DigestDays...)
	in.QuietFrom, in.QuietUntil, in.DigestAt = c.clock("quiet_from", in.QuietFrom), c.clock("quiet_until", in.QuietUntil), c.clock("digest_at", in.DigestAt)
	if in.DigestAt == "" {
		c.fail("digest_at", "required")
	}
	if in.QuietFrom == "" && in.QuietUntil != "" {
		c.fail("quiet_from", "required")
	}
	if in.QuietUntil == "" && in.QuietFrom != "" {
		c.fail("quiet_until", "required")
	}
	if err := c.err(); err != nil {
		return err
	}
	in.Own.Listed, in.Own.Mailed, in.Own.Pushed = in.Own.Listed&AllTopics, in.Own.Mailed&(AllTopics|OwnTopics), in.Own.Pushed&AllTopics
	in.Own.Digested = in.Own.Digested & AllTopics &^ in.Own.Mailed
	in.Ended = 0 // by EndMails alone
	return me.write(ctx, func(t *tx) error {
		t.quiet("how somebody is told is nobody else's business")
		if err := keepChoices(ctx, t.Tx, me.actor.person, in, nil, `preset = $2, listed = $3, mailed = $4, digested = $5, pushed = $6, quiet_from = $7, quiet_until = $8, digest_on = $9, digest_at = $10`); err != nil {
			return err
		}
		if err := endMails(ctx, t, in.Again, true); err != nil {
			return err
		}
		// What waits for the digest comes at the new time.
		zone, err := zoneOfPerson(ctx, t.Tx, me.actor.person)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE notice_choices SET digest_due = $2 WHERE person_id = $1 AND digest_due IS NOT NULL`,
			string(me.actor.person), db.Micros(in.nextDigest(me.p.now(), zone)))
		return err
	})
}

// keepChoices writes how somebody is told, and when their digest is due; with a
// row already there, what set says.
func keepChoices(ctx context.Context, d *db.Tx, person PersonID, c NoticeChoices, due any, set string) error {
	_, err := d.Exec(ctx, `
INSERT INTO notice_choices (person_id, preset, listed, mailed, digested, pushed, quiet_from, quiet_until, digest_on, digest_at, digest_due, ended)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (person_id) DO UPDATE SET `+set,
		string(person), string(c.Preset), int64(c.Own.Listed), int64(c.Own.Mailed), int64(c.Own.Digested), int64(c.Own.Pushed), c.QuietFrom, c.QuietUntil, c.DigestOn, c.DigestAt, due, int64(c.Ended))
	return err
}

// clock takes HH:MM, or nothing.
func (c *checks) clock(field, s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	if at, err := time.Parse("15:04", s); err != nil {
		c.fail(field, "clock")
	} else {
		s = at.Format("15:04")
	}
	return s
}

// nextDigest is the first time after now at which the digest comes. When the clocks
// leave that time out, it comes when they do.
func (c NoticeChoices) nextDigest(now time.Time, zone *time.Location) time.Time {
	at, _ := time.Parse("15:04", c.DigestAt)
	local := now.In(zone)
	for day := 0; ; day++ {
		t := time.Date(local.Year(), local.Month(), local.Day()+day, at.Hour(), at.Minute(), 0, 0, zone)
		switch clock := t.Format("15:04"); {
		case clock < c.DigestAt:
			_, t = t.ZoneBounds()
		case clock > c.DigestAt:
			t, _ = t.ZoneBounds()
		}
		if t.After(now) && (c.DigestOn == "daily" || c.DigestOn == strings.ToLower(t.Format("Mon"))) {
			return t
		}
	}
}

// quietFor is how long it is by the clock until the quiet hours are over; 0 outside
// them.
func (c NoticeChoices) quietFor(local time.Time) time.Duration {
	if c.QuietFrom == "" || c.QuietFrom == c.QuietUntil {
		return 0
	}
	clock := local.Format("15:04")
	within := clock >= c.QuietFrom && clock < c.QuietUntil
	if c.QuietFrom > c.QuietUntil { // over midnight
		within = clock >= c.QuietFrom || clock < c.QuietUntil
	}
	if !within {
		return 0
	}
	until, _ := time.Parse("15:04", c.QuietUntil)
	now, _ := time.Parse("15:04:05.999999999", local.Format("15:04:05.999999999"))
	if now.After(until) {
		until = until.Add(24 * time.Hour)
	}
	return until.Sub(now)
}

// undisturbed is the first time from t on that is outside the quiet hours, as the
// clocks of the zone show them: where these are changed, it is looked again.
func (c NoticeChoices) undisturbed(t time.Time, zone *time.Location) time.Time {
	for {
		t = t.In(zone)
		wait := c.quietFor(t)
		if wait == 0 {
			return t
		}
		end := t.Add(wait)
		if _, change := t.ZoneBounds(); !change.IsZero() && change.Before(end) {
			end = change
		}
		t = end
	}
}

// Mute keeps the actor from being told of the project, but for what needs them.
func (me *Scope) Mute(ctx context.Context, id ProjectID) error {
	return me.setMute(ctx, id, `INSERT INTO mutes (person_id, project_id, at) VALUES ($1, $2, $3) ON CONFLICT (person_id, project_id) DO UPDATE SET at = $3`)
}

// Unmute takes that back.
func (me *Scope) Unmute(ctx context.Context, id ProjectID) error {
	return me.setMute(ctx, id, `DELETE FROM mutes WHERE person_id = $1 AND project_id = $2 AND at <= $3`)
}

func (me *Scope) setMute(ctx context.Context, id ProjectID, q string) error {
	return me.write(ctx, func(t *tx) error {
		if _, err := loadProject(ctx, t, id); err != nil {
			return err
		}
		t.quiet("how somebody is told is nobody else's business")
		_, err := t.exec(ctx, q, string(me.actor.person), string(id), t.now)
		return err
	})
}

// A Muted project, by name.
type Muted struct {
	ID         ProjectID
	Name       string
	ClientName string
	Held
}

// Mutes returns the projects that the actor has muted and still sees, at most
// 100 of them, the last one first.
func (me *Scope) Mutes(ctx context.Context) ([]Muted, error) {
	rows, err := me.query(ctx, `SELECT m.project_id, m.name, m.client_name, m.side, m.rights FROM my_mutes m ORDER BY m.at DESC, m.project_id LIMIT 100`)
	return list(rows, err, func(rows *db.Rows) (m Muted, err error) {
		return m, rows.Scan(&m.ID, &m.Name, &m.ClientName, &m.Side, &m.Rights)
	})
}

// Muted reports whether the actor has muted the project.
func (me *Scope) Muted(ctx context.Context, id ProjectID) (bool, error) {
	n := 0
	err := me.get(ctx, `SELECT COUNT(*) FROM my_mutes m WHERE m.project_id = $2`, []any{string(id)}, &n)
	return n > 0, err
}

// WantsMail reports whether the actor is mailed what is of a kind, about a project
// if any: whether they ended those mails, or muted the project, counts when a mail
// leaves.
func (me *Scope) WantsMail(ctx context.Context, kind string, project ProjectID) (bool, error) {
	of := mailings[kind]
	if of.topic == 0 {
		return true, nil
	}
	c, err := me.NoticeChoices(ctx)
	if err != nil || !c.Ways().Mailed.Has(of.topic) {
		return false, err
	}
	if of.asks || project == "" {
		return true, nil
	}
	muted, err := me.Muted(ctx, project)
	return !muted, err
}

// MailTopics names what one can unsubscribe from: each topic, and the digest.
func MailTopics() []string {
	all := []string{MailDigest}
	for _, t := range TopicNames {
		all = append(all, t.Name)
	}
	return all
}

// MailsOf is what names of MailTopics, with a dot between them, stand for in Ended
// and Again; 0 where one is no name.
func MailsOf(topics string) (all Topics) {
	for name := range strings.SplitSeq(topics, ".") {
		var one Topics
		if name == MailDigest {
			one = topicDigest
		}
		for _, t := range TopicNames {
			if t.Name == name {
				one = t.Topic
			}
		}
		if one == 0 {
			return 0
		}
		all |= one
	}
	return all
}

// EndMails ends the mails of topics, or the digest, to the actor, by their names as
// MailsOf takes them; again undoes it. What they chose stays as it is.
func (me *Scope) EndMails(ctx context.Context, topics string, again bool) error {
	ended := MailsOf(topics)
	if ended == 0 {
		return ErrNotFound
	}
	return me.write(ctx, func(t *tx) error {
		t.quiet("how somebody is told is nobody else's business")
		return endMails(ctx, t, ended, again)
	})
}

// endMails adds to what somebody ended, or takes from it: of two at once each counts.
func endMails(ctx context.Context, t *tx, some Topics, again bool) (err error) {
	person := t.me.actor.person
	if again {
		_, err = t.exec(ctx, `UPDATE notice_choices SET ended = ended & $2 WHERE person_id = $1`, string(person), ^int64(some))
		return err
	}
	c := usual
	c.Ended = some
	return keepChoices(ctx, t.Tx, person, c, nil, `ended = notice_choices.ended | $12`)
}
