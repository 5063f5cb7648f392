package portal

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// Feed is a secret address under which a calendar reads what is due to its
// owner, as they see it at that moment.
type Feed struct {
	ID          FeedID
	Project     ProjectID // empty: all of theirs
	ProjectName string    // empty also when they no longer see it
	CreatedAt   time.Time
	Token       string // the secret part of the address
}

// maxFeeds bounds what one person may have at a time.
const maxFeeds = 50

// Feeds returns the actor's own feeds that are not revoked.
func (me *Scope) Feeds(ctx context.Context) ([]Feed, error) {
	rows, err := me.query(ctx, `
SELECT f.id, COALESCE(f.project_id, ''), COALESCE(p.name, ''), f.created_at FROM my_feeds f LEFT JOIN my_projects p ON p.id = f.project_id
 WHERE f.revoked_at IS NULL ORDER BY f.id LIMIT $2`, maxFeeds)
	return list(rows, err, func(rows *db.Rows) (f Feed, err error) {
		var created int64
		err = rows.Scan(&f.ID, &f.Project, &f.ProjectName, &created)
		f.CreatedAt, f.Token = moment(created), me.p.accounts.Token(account.PurposeCalendar, string(f.ID))
		return f, err
	})
}

// MakeFeed makes a calendar address for one project, or for all the actor's.
func (me *Scope) MakeFeed(ctx context.Context, project ProjectID) (FeedID, error) {
	id := FeedID(db.NewID("fed"))
	err := me.write(ctx, func(t *tx) error {
		if project != "" {
			if _, err := loadProject(ctx, t, project); err != nil {
				return err
			}
		}
		var n int
		if err := t.get(ctx, `SELECT COUNT(*) FROM my_feeds f WHERE f.revoked_at IS NULL`, nil, &n); err != nil {
			return err
		}
		if n >= maxFeeds {
			return invalid("feed", "too_many", "max", "50")
		}
		token := me.p.accounts.Token(account.PurposeCalendar, string(id))
		if err := t.must(ctx, `INSERT INTO calendar_feeds (id, person_id, token_hash, project_id, created_at) VALUES ($1, $2, $3, $4, $5)`,
			string(id), string(me.actor.person), me.p.accounts.TokenHash(token), nullable(project), t.now); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: FeedMade, Subject: string(id)})
	})
	return id, err
}

// RevokeFeed ends one of the actor's own addresses at once.
func (me *Scope) RevokeFeed(ctx context.Context, id FeedID) error {
	return me.write(ctx, func(t *tx) error {
		var revoked bool
		err := t.get(ctx, `SELECT CASE WHEN f.revoked_at IS NULL THEN 0 ELSE 1 END FROM my_feeds f WHERE f.id = $2`, []any{string(id)}, &revoked)
		if err != nil || revoked {
			return err
		}
		if err := t.must(ctx, `UPDATE calendar_feeds SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL`, t.now, string(id)); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: FeedRevoked, Subject: string(id)})
	})
}

// Calendar returns what the token opens, as iCalendar text (RFC 5545): one
// whole day for each milestone, task and deliverable that is due and that its
// owner sees now. Base is the address of this installation, for links back.
// ErrNotFound when the token opens nothing.
func (p *Portal) Calendar(ctx context.Context, token, base string) (string, error) {
	person, project, err := p.feedByToken(ctx, p.accounts.TokenHash(token))
	if err != nil {
		return "", err
	}
	me := p.As(PersonActor(person).ReadOnly())
	name, ids := "", []ProjectID{project}
	if project != "" {
		x, err := me.Project(ctx, project)
		if err != nil {
			return "", err
		}
		name = x.Name
	} else {
		brand, err := p.Brand(ctx)
		if err != nil {
			return "", err
		}
		name = brand.Name
		if ids, err = me.ownProjects(ctx, ""); err != nil {
			return "", err
		}
	}
	due, err := me.due(ctx, ids)
	if err != nil {
		return "", err
	}
	return ical(name, due, p.now(), strings.TrimSuffix(base, "/")), nil
}

// Bounds of a calendar.
const (
	calendarEvents = 2000
	calendarPast   = 90  // days
	calendarAhead  = 730 // days
)

// dueItem is an item on its day.
type dueItem struct {
	id, kind, title, day, project, client string
	done                                  bool
}

// due returns the items of the projects that have a due day near now.
func (me *Scope) due(ctx context.Context, ids []ProjectID) ([]dueItem, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := oneOf(5, ids)
	part := func(kind, done string) string {
		return `SELECT i.id, '` + kind + `' AS kind, i.title, i.due_on, p.name, p.client_name, CASE WHEN ` + done + ` THEN 1 ELSE 0 END AS done
  FROM my_` + kind + `s i JOIN my_projects p ON p.id = i.project_id WHERE i.project_id IN ` + in + ` AND i.due_on BETWEEN $2 AND $3`
	}
	now := me.p.now()
	rows, err := me.query(ctx, `
SELECT * FROM (`+part("milestone", "i.reached_at IS NOT NULL")+` UNION ALL `+part("task", "i.completed_at IS NOT NULL")+` UNION ALL `+
		part("deliverable", "i.state IN ('approved', 'signed_off')")+`) x ORDER BY x.due_on, x.id LIMIT $4`,
		append([]any{now.AddDate(0, 0, -calendarPast).Format(time.DateOnly), now.AddDate(0, 0, calendarAhead).Format(time.DateOnly), calendarEvents}, args...)...)
	return list(rows, err, func(rows *db.Rows) (d dueItem, err error) {
		return d, rows.Scan(&d.id, &d.kind, &d.title, &d.day, &d.project, &d.client, &d.done)
	})
}

// ical writes the calendar.
func ical(name string, items []dueItem, now time.Time, base string) string {
	var b strings.Builder
	line := func(s string) { icalLine(&b, s) }
	line("BEGIN:VCALENDAR")
	line("VERSION:2.0")
	line("PRODID:-//Vitrine//Vitrine//EN")
	line("CALSCALE:GREGORIAN")
	line("METHOD:PUBLISH")
	line("X-WR-CALNAME:" + icalText(name))
	line("NAME:" + icalText(name))
	line("REFRESH-INTERVAL;VALUE=DURATION:PT1H")
	for _, i := range items {
		day, err := time.Parse(time.DateOnly, i.day)
		if err != nil {
			continue // a day is checked when it is taken
		}
		title := i.title
		if i.done {
			title = "✓ " + title
		}
		line("BEGIN:VEVENT")
		line("UID:" + i.id + "@vitrine")
		line("DTSTAMP:" + now.UTC().Format("20060102T150405Z"))
		line("DTSTART;VALUE=DATE:" + day.Format("20060102"))
		line("DTEND;VALUE=DATE:" + day.AddDate(0, 0, 1).Format("20060102"))
		line("SUMMARY:" + icalText(title))
		line("DESCRIPTION:" + icalText(i.project+"\n"+i.client))
		line("URL:" + base + "/" + i.kind + "s/" + i.id)
		line("TRANSP:TRANSPARENT")
		line("END:VEVENT")
	}
	line("END:VCALENDAR")
	return b.String()
}

var icalEscapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

// icalText escapes a value.
func icalText(s string) string { return icalEscapes.Replace(s) }

// icalLine writes one content line, folded after at most 75 bytes but never
// inside a character.
func icalLine(b *strings.Builder, s string) {
	room := 75
	for len(s) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		b.WriteString(s[:cut] + "\r\n ")
		s, room = s[cut:], 74
	}
	b.WriteString(s + "\r\n")
}
