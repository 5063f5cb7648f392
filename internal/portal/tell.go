package portal

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// This file works without a Scope: the program itself finds out whom to tell of
// what has happened. It writes ids alone; what a notice says is read through its
// reader's Scope, each time it is shown or mailed.

// noticeOld is the age from which what happened is told as if it had been read,
// and not mailed: after a backup was restored, or the program stood still.
const noticeOld = 48 * time.Hour

// tellAtOnce is how many events are taken from the queue in one go.
const tellAtOnce = 200

// TellPeople makes the notices of all events that people are yet to be told of,
// and says of how many. Of several that run at the same time, one does each.
func (p *Portal) TellPeople(ctx context.Context) (n int, err error) {
	for {
		rows, err := p.db.Query(ctx, `SELECT q.event_id, COALESCE(q.message_id, ''), q.mailed FROM notice_queue q ORDER BY q.event_id LIMIT $1`, tellAtOnce)
		waiting, err := list(rows, err, func(rows *db.Rows) (e told, err error) { return e, rows.Scan(&e.id, &e.message, &e.mailed) })
		if err != nil {
			return n, err
		}
		for _, e := range waiting {
			if err := p.tellOf(ctx, e); err != nil {
				return n, err
			}
			n++
		}
		if len(waiting) < tellAtOnce {
			return n, nil
		}
	}
}

// told is an event as telling of it needs it.
type told struct {
	id      EventID
	kind    Kind
	at      int64
	actor   string
	of      ClientID // empty: of none
	project ProjectID
	subject string
	person  PersonID // to whom it was done
	shown   bool     // the client sees it
	details Details
	topic   Topics
	mailed  string // who gets a mail of its own, by their ids

	message   MessageID // that was said, if anything was
	thread    ThreadID
	talk      ThreadKind
	client    ClientID // of the thread
	asks      bool     // the client is to answer it
	mentioned []PersonID

	asked map[PersonID]bool // in the approval that it is about
	waits map[PersonID]bool // for whose answer it waits
}

// toldTogether is how many people are told of an event in one write: others write
// meanwhile, and do not wait until a thousand have been told.
const toldTogether = 32

// tellOf makes the notices of one event. Of an event that is gone it makes none.
func (p *Portal) tellOf(ctx context.Context, e told) error {
	all, err := p.toTell(ctx, &e)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return err
	}
	for {
		some := all[:min(len(all), toldTogether)]
		all = all[len(some):]
		there, last := false, len(all) == 0
		err := p.db.Write(ctx, func(d *db.Tx) error {
			take := `UPDATE notice_queue SET event_id = event_id WHERE event_id = $1` // nobody takes it away meanwhile
			if last {
				take = `DELETE FROM notice_queue WHERE event_id = $1`
			}
			n, err := d.Exec(ctx, take, string(e.id))
			there = n > 0
			for i := 0; i < len(some) && there && err == nil; i++ {
				err = p.tell(ctx, d, e, some[i])
			}
			return err
		})
		if err != nil || last || !there { // somebody else was done first, or it was unsaid
			return err
		}
	}
}

// toTell reads what the event was, and who is to be told of it.
func (p *Portal) toTell(ctx context.Context, e *told) ([]listener, error) {
	var details string
	err := p.db.QueryRow(ctx, `
SELECT e.kind, e.at, e.actor, COALESCE(e.client_id, ''), COALESCE(e.project_id, ''), e.subject, COALESCE(e.person_id, ''), e.shown, e.particulars FROM events e WHERE e.id = $1`, string(e.id)).
		Scan(&e.kind, &e.at, &e.actor, &e.of, &e.project, &e.subject, &e.person, &e.shown, &details)
	if err == nil {
		err = json.Unmarshal([]byte(details), &e.details)
	}
	e.topic = kinds[e.kind].topic
	if err == nil && e.message != "" {
		err = e.read(ctx, p.db)
	}
	if err == nil && e.kind == FeedbackSent {
		err = e.readFeedback(ctx, p.db)
	}
	if err == nil && strings.HasPrefix(e.subject, "apr_") && e.message == "" {
		err = e.readAsked(ctx, p.db)
	}
	if err != nil {
		return nil, err
	}
	all, err := listeners(ctx, p.db, *e)
	if e.asked != nil { // of an approval those hear who are in it
		all = slices.DeleteFunc(all, func(l listener) bool { return l.side == ClientSide && !e.asked[l.person] })
	}
	if e.kind == MessageEdited { // of an edit, whom it names
		all = slices.DeleteFunc(all, func(l listener) bool { return !slices.Contains(e.mentioned, l.person) })
	}
	return all, err
}

// read finds out where the message was said, to whom, and whom it named from the
// beginning, or since it was edited.
func (e *told) read(ctx context.Context, d *db.DB) error {
	e.topic = TopicMessages
	err := d.QueryRow(ctx, `
SELECT m.thread_id, CASE WHEN m.audience = 'client' THEN 1 ELSE 0 END, t.kind, COALESCE(t.project_id, ''), COALESCE(t.client_id, ''),
       CASE WHEN t.kind = 'item' THEN t.item_id ELSE t.id END, CASE WHEN t.asked_id = m.id THEN 1 ELSE 0 END
  FROM messages m JOIN threads t ON t.id = m.thread_id WHERE m.id = $1`, string(e.message)).
		Scan(&e.thread, &e.shown, &e.talk, &e.project, &e.client, &e.subject, &e.asks)
	if err != nil {
		return err
	}
	revision := int64(1)
	if e.kind == MessageEdited {
		if revision, err = strconv.ParseInt(e.details["revision"], 10, 64); err != nil {
			return err
		}
	}
	rows, err := d.Query(ctx, `SELECT n.person_id FROM mentions n WHERE n.message_id = $1 AND n.revision = $2`, string(e.message), revision)
	e.mentioned, err = list(rows, err, scanOne[PersonID])
	return err
}

// readFeedback finds out who is named in what was sent at once: at one moment.
func (e *told) readFeedback(ctx context.Context, d *db.DB) error {
	rows, err := d.Query(ctx, `
SELECT DISTINCT n.person_id FROM threads t JOIN messages m ON m.thread_id = t.id JOIN mentions n ON n.message_id = m.id
 WHERE t.item_id = $1 AND t.created_at = $2 AND n.revision = 1`, e.subject, e.at)
	e.mentioned, err = list(rows, err, scanOne[PersonID])
	return err
}

// readAsked finds out who is in the approval that the event is about.
func (e *told) readAsked(ctx context.Context, d *db.DB) error {
	e.asked, e.waits = map[PersonID]bool{}, map[PersonID]bool{}
	rows, err := d.Query(ctx, `SELECT x.person_id FROM approval_people x WHERE x.approval_id = $1`, e.subject)
	all, err := list(rows, err, scanOne[PersonID])
	if err != nil {
		return err
	}
	for _, id := range all {
		e.asked[id] = true
	}
	waits, err := stillAsked(ctx, d, ApprovalID(e.subject))
	for _, id := range waits {
		e.waits[id] = true
	}
	return err
}

// A listener is somebody who may be told.
type listener struct {
	person  PersonID
	side    Side
	rights  Rights
	zone    string // their own, or the workspace's
	muted   bool
	devices bool // they have some that take pushes
	choices NoticeChoices
}

// listeners are those who are told of an event: the project's team, or who stands in
// where nobody is on it, and if it is shown to the client, the client's people who may
// see the project; of what is said outside projects, those whose work the client is and
// its people, or those who talk; and whoever is named. Whoever did it knows.
func listeners(ctx context.Context, d *db.DB, e told) ([]listener, error) {
	shown := 0
	if e.shown {
		shown = 1
	}
	const read = `(g.side = 'team' OR $3 = 1)`
	in, mentioned := oneOf(5, e.mentioned)
	named := `g.actor IN ` + in + ` AND ` + read
	var from, place, where string
	args := mentioned
	switch e.talk {
	case GeneralThread:
		from, place = `client_grants g`, string(e.client)
		// Of a client that is nobody's work those on its projects hear, too.
		where = `g.client_id = $2 AND (` + clientWork("g") + ` OR g.side = 'client' AND $3 = 1 OR ` + named + `
        OR g.side = 'team' AND EXISTS (SELECT 1 FROM stand_ins o WHERE o.client_id = $2 AND o.project_id = '')
           AND EXISTS (SELECT 1 FROM projects q JOIN project_team pt ON pt.project_id = q.id WHERE q.client_id = $2 AND pt.person_id = g.actor))`
	case DirectThread:
		from, place = `(SELECT i.person_id AS actor, i.thread_id, COALESCE(k.side, 'team') AS side, COALESCE(k.rights, 511) AS rights
          FROM thread_people i JOIN threads t ON t.id = i.thread_id JOIN workspace w ON w.id = 1 LEFT JOIN clients c ON c.id = t.client_id
          LEFT JOIN client_grants k ON k.client_id = t.client_id AND k.actor = i.person_id WHERE `+stillSeated(clientShows)+`) g`, string(e.thread)
		where, args = `g.thread_id = $2 AND `+read, nil
	default:
		subject, more := placeholder(5+len(args)), placeholder(6+len(args))
		args = append(args, e.subject)
		from, place = `project_grants g LEFT JOIN project_team pt ON pt.project_id = g.project_id AND pt.person_id = g.actor`, string(e.project)
		where = `pt.person_id IS NOT NULL OR g.side = 'client' AND $3 = 1 OR ` + named + ` OR g.side = 'team' AND ` + standsIn("g", "g.project_id") + `
        OR EXISTS (SELECT 1 FROM approval_people k WHERE k.approval_id = ` + subject + ` AND k.person_id = g.actor AND g.side = 'team')
        OR EXISTS (SELECT 1 FROM approvals k WHERE k.id = ` + subject + ` AND k.created_by = g.actor AND g.side = 'team')`
		switch e.kind {
		case ApprovalCallNoted: // between the team and whoever said it
			where += ` OR g.actor = ` + more
			args = append(args, string(e.person))
		case ApprovalCallDenied: // who noted it need not be in the project's team
			where += ` OR g.side = 'team' AND EXISTS (SELECT 1 FROM approval_calls k WHERE k.approval_id = ` + subject + ` AND k.noted_by = g.actor AND k.state = 'denied' AND k.ended_at = ` + more + `)`
			args = append(args, e.at)
		}
		where = `g.project_id = $2 AND (` + where + `)`
	}
	rows, err := d.Query(ctx, `
SELECT g.actor, g.side, g.rights, COALESCE(NULLIF(a.time_zone, ''), w.time_zone), CASE WHEN m.person_id IS NULL THEN 0 ELSE 1 END,
       CASE WHEN EXISTS (SELECT 1 FROM push_devices v WHERE v.person_id = g.actor) THEN 1 ELSE 0 END,
       COALESCE(c.preset, ''), COALESCE(c.listed, 0), COALESCE(c.mailed, 0), COALESCE(c.digested, 0), COALESCE(c.pushed, 0),
       COALESCE(c.quiet_from, ''), COALESCE(c.quiet_until, ''), COALESCE(c.digest_on, ''), COALESCE(c.digest_at, ''), COALESCE(c.ended, 0)
  FROM `+from+`
  JOIN persons a ON a.id = g.actor AND a.disabled_at IS NULL
  JOIN workspace w ON w.id = 1
  LEFT JOIN mutes m ON m.project_id = $4 AND m.person_id = g.actor
  LEFT JOIN notice_choices c ON c.person_id = g.actor
 WHERE g.actor <> $1 AND `+where+`
 ORDER BY g.actor`, append([]any{e.actor, place, shown, string(e.project)}, args...)...)
	return list(rows, err, func(rows *db.Rows) (l listener, err error) {
		c := &l.choices
		err = rows.Scan(append([]any{&l.person, &l.side, &l.rights, &l.zone, &l.muted, &l.devices}, c.into()...)...)
		if c.Preset == "" {
			*c = usual
		}
		return l, err
	})
}

// hasMailed reports whether the listener gets the event's own mail, and so no other.
func (e told) hasMailed(who PersonID) bool {
	return slices.Contains(strings.Fields(e.mailed), string(who))
}

// needs reports whether the event leaves something to do for the listener.
func (e told) needs(l listener) bool {
	if e.kind == FeedbackSent {
		return slices.Contains(e.mentioned, l.person)
	}
	if e.message != "" {
		return e.asks && l.side == ClientSide && l.rights.Has(SendMessage) || slices.Contains(e.mentioned, l.person)
	}
	switch e.kind {
	case FileRequestAnswered:
		return l.side == Team
	case ApprovalRequested, ApprovalAdvanced:
		return e.waits[l.person]
	case ApprovalDelegated, ApprovalDeputised, ApprovalCameBack, ApprovalReassigned, ApprovalCallNoted:
		return e.person == l.person && e.waits[l.person]
	case ApprovalReturned, ApprovalDeclined, ApprovalPassed, ApprovalUnseen, ApprovalExpired, ApprovalStranded, ApprovalLacks, ApprovalCallDenied:
		return l.side == Team
	case RevisionRequested, ChangeClarified, PriceAccepted, PriceDeclined:
		return l.side == Team
	case ChangeUnclear:
		return l.side == ClientSide && l.rights.Has(Comment)
	case ChangePriced:
		return l.side == ClientSide && l.rights.Has(Decide)
	case SignoffAsked:
		return l.side == ClientSide && l.rights.Has(SignOff)
	case SignoffDeclined:
		return l.side == Team
	case FileRequested, FilesRefused: // all who may send them, or one
		return e.hasMailed(l.person) && l.rights.Has(Upload)
	case TurnPassed:
		return Side(e.details["turn"]) == l.side && (l.side == Team || l.rights.Has(Comment))
	case TaskAssigned:
		return e.person == l.person
	}
	return false
}

// tell makes one notice, unless it was made before, and sees to the mail that takes
// it along.
func (p *Portal) tell(ctx context.Context, d *db.Tx, e told, l listener) error {
	ways, mail := l.choices.Ways(), ""
	var read any
	old := p.now().Sub(db.FromMicros(e.at)) > noticeOld
	needs := e.needs(l)
	switch {
	case old:
		read = e.at
	case e.hasMailed(l.person):
	case needs && l.choices.mailsNeeds(e.topic):
		mail = "now"
	case l.muted && !needs:
		return nil
	case ways.Mailed.Has(e.topic):
		mail = "now"
	case ways.Digested.Has(e.topic):
		mail = "digest"
	}
	listed := needs || ways.Listed.Has(e.topic) && !l.muted
	push := l.devices && !old && (needs && l.choices.Preset != NoticeOwn || ways.Pushed.Has(e.topic) && (needs || !l.muted))
	if mail == "" && !listed && !push {
		return nil
	}
	named := slices.Contains(e.mentioned, l.person)
	// What was said on an open page may have been read there before it is told.
	n, err := d.Exec(ctx, `
INSERT INTO notices (id, person_id, event_id, subject, topic, listed, mail, at, read_at, message_id, push, named, needs, client_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
       COALESCE($9, (SELECT MIN(r.at) FROM messages m JOIN reading_marks r ON r.thread_id = m.thread_id AND r.person_id = $2 AND r.seq >= m.seq WHERE m.id = $10 AND r.at >= $8)), $10, $11, $12, $13, $14)
ON CONFLICT (person_id, event_id) DO NOTHING`,
		db.NewID("ntc"), string(l.person), string(e.id), e.subject, int64(e.topic), listed, mail, e.at, read, nullable(e.message), push, named, needs, string(e.of))
	if err == nil && n > 0 && e.kind == MessageEdited { // what they were told of the message before is told again
		_, err = d.Exec(ctx, `UPDATE notices SET read_at = $1 WHERE person_id = $2 AND message_id = $3 AND event_id <> $4 AND read_at IS NULL`,
			db.Micros(p.now()), string(l.person), string(e.message), string(e.id))
	}
	if err != nil || n == 0 {
		return err
	}
	if push {
		if err := p.pushSoon(ctx, d, l); err != nil {
			return err
		}
	}
	switch mail {
	case "now":
		return p.mailSoon(ctx, d, l)
	case "digest":
		return p.digestLater(ctx, d, l)
	}
	return nil
}

// mailSoon sees to it that a mail to the listener waits, which takes along what
// comes in the next minutes.
func (p *Portal) mailSoon(ctx context.Context, d *db.Tx, l listener) error {
	due := l.choices.undisturbed(p.now().Add(noticeWait), zoneOf(l.zone))
	return p.queueUnlessWaiting(ctx, d, MailNotices, l.person, p.now(), due)
}

// queueUnlessWaiting queues a mail unless one waits that is held if this one would be,
// or the person is kept out.
func (p *Portal) queueUnlessWaiting(ctx context.Context, d *db.Tx, kind string, person PersonID, now, due time.Time) error {
	// One that waits is not taken out of the queue before this is written: it would
	// leave without what this transaction tells of, and nothing else would wait.
	n, err := d.Exec(ctx, `
UPDATE mails AS m SET due_at = m.due_at WHERE m.person_id = $1 AND m.kind = $2 AND m.state = 'queued' AND m.tries = 0 AND (`+unheld+` OR $3 <= `+heldUpTo+`)`,
		string(person), kind, db.Micros(now))
	if err != nil || n > 0 {
		return err
	}
	_, err = d.Exec(ctx, `
INSERT INTO mails (id, kind, person_id, address, subject_id, state, created_at, due_at)
SELECT $1, $2, a.id, a.email, a.id, 'queued', $4, $5 FROM persons a WHERE a.id = $3 AND a.disabled_at IS NULL`,
		db.NewID("mai"), kind, string(person), db.Micros(now), db.Micros(due))
	return err
}

// digestLater sees to it that the listener's digest comes when it is due.
func (p *Portal) digestLater(ctx context.Context, d *db.Tx, l listener) error {
	return keepChoices(ctx, d, l.person, l.choices, db.Micros(l.choices.nextDigest(p.now(), zoneOf(l.zone))), `digest_due = COALESCE(notice_choices.digest_due, $11)`)
}

// SendDigests queues the digests whose time has come.
func (p *Portal) SendDigests(ctx context.Context) error {
	for {
		now := db.Micros(p.now())
		rows, err := p.db.Query(ctx, `SELECT c.person_id FROM notice_choices c WHERE c.digest_due <= $1 ORDER BY c.digest_due LIMIT $2`, now, tellAtOnce)
		due, err := list(rows, err, scanOne[PersonID])
		if err != nil {
			return err
		}
		for _, person := range due {
			err := p.db.Write(ctx, func(d *db.Tx) error {
				n, err := d.Exec(ctx, `UPDATE notice_choices SET digest_due = NULL WHERE person_id = $1 AND digest_due <= $2`, string(person), now)
				if err != nil || n == 0 {
					return err
				}
				return p.queueUnlessWaiting(ctx, d, MailDigest, person, p.now(), p.now())
			})
			if err != nil {
				return err
			}
		}
		if len(due) < tellAtOnce {
			return nil
		}
	}
}

// TakeNotices gives a mail the notices that it takes along, when it is first tried
// to send it: whichever attempt succeeds, it holds these, and no other mail does. Outside
// the team they are of one client, so that who shows it to one shows nothing of
// another: the others are left to the next mail.
func (p *Portal) TakeNotices(ctx context.Context, m Mail) error {
	const taken = `person_id = $2 AND mail = $3 AND mail_id = $1 AND read_at IS NULL`
	args := []any{string(m.ID), string(m.Person), mailOf(m.Kind)}
	return p.db.Write(ctx, func(d *db.Tx) error {
		_, err := d.Exec(ctx, `
UPDATE notices SET mail_id = $1 WHERE person_id = $2 AND mail = $3 AND mail_id = '' AND read_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM notices k WHERE k.person_id = $2 AND k.mail = $3 AND k.mail_id = $1)`, args...)
		if err != nil {
			return err
		}
		if team, err := inTeam(ctx, d, m.Person); err != nil || team {
			return err
		}
		n, err := d.Exec(ctx, `
UPDATE notices SET mail_id = '' WHERE `+taken+` AND client_id <> (SELECT o.client_id FROM notices o WHERE `+taken+` ORDER BY at, id LIMIT 1)`, args...)
		if err != nil || n == 0 {
			return err
		}
		return p.queueUnlessWaiting(ctx, d, m.Kind, m.Person, p.now(), p.now())
	})
}

// LeaveNotices says what a mail tells of, which is about to be sent: the others that
// it took along are in no mail, and nobody is said to have got them by it.
func (p *Portal) LeaveNotices(ctx context.Context, m Mail, told []NoticeID) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		in, args := oneOf(4, told)
		_, err := d.Exec(ctx, `UPDATE notices SET mail = '', mail_id = '' WHERE person_id = $1 AND mail = $2 AND mail_id = $3 AND id NOT IN `+in,
			append([]any{string(m.Person), mailOf(m.Kind), string(m.ID)}, args...)...)
		return err
	})
}

// zoneOfPerson is the person's zone, or the workspace's.
func zoneOfPerson(ctx context.Context, d querier, id PersonID) (*time.Location, error) {
	var zone string
	err := d.QueryRow(ctx, `
SELECT COALESCE(NULLIF(a.time_zone, ''), w.time_zone) FROM persons a JOIN workspace w ON w.id = 1 WHERE a.id = $1`, string(id)).Scan(&zone)
	if errors.Is(err, db.ErrNoRows) {
		return time.UTC, nil
	}
	return zoneOf(zone), err
}
