package portal

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// The reads in this file go past the Scope. Each says why; nothing else may.

// accepted are the people who have accepted an invitation to a client and were
// neither suspended nor removed. Unscoped: after portal access was switched
// off nobody's grants name them any more, but they are to be signed out.
func (t *tx) accepted(ctx context.Context, client ClientID) ([]PersonID, error) {
	rows, err := t.Query(ctx, `
SELECT u.person_id FROM client_users u
 WHERE u.client_id = $1 AND u.accepted_at IS NOT NULL AND u.suspended_at IS NULL AND u.removed_at IS NULL ORDER BY u.person_id`, string(client))
	return list(rows, err, scanOne[PersonID])
}

// addressLost reports whether a mail to the address that somebody has came back as
// nobody is there. Unscoped: the program sends the mails.
func addressLost(ctx context.Context, q querier, who PersonID) (lost bool, err error) {
	return lost, q.QueryRow(ctx, `
SELECT CASE WHEN EXISTS (SELECT 1 FROM mails o JOIN persons a ON a.id = o.person_id AND a.email = o.address WHERE o.person_id = $1 AND o.lost = 1) THEN 1 ELSE 0 END`, string(who)).Scan(&lost)
}

// stranded reports whether nothing is left that lets the person in. Unscoped:
// it asks about clients that the actor may not know of, and the answer is used
// for signing out only.
func (t *tx) stranded(ctx context.Context, person PersonID) (bool, error) {
	var n int
	err := t.QueryRow(ctx, `
SELECT (SELECT COUNT(*) FROM client_grants WHERE actor = $1)
     + (SELECT COUNT(*) FROM team_members WHERE person_id = $1 AND accepted_at IS NOT NULL AND removed_at IS NULL)`, string(person)).Scan(&n)
	return n == 0, err
}

// lockClientsOf holds the chains of all clients that a person may see, until
// the transaction ends. Unscoped: it is about that person's clients, not the
// actor's, and reads nothing out.
func (t *tx) lockClientsOf(ctx context.Context, person PersonID) error {
	_, err := t.Exec(ctx, `
UPDATE event_chains SET seq = seq WHERE chain IN (SELECT g.client_id FROM client_grants g WHERE g.actor = $1)`, string(person))
	return err
}

// belongs reports whether the person is or was a client user. Unscoped: client
// people do not see those who were removed.
func (t *tx) belongs(ctx context.Context, client ClientID, person PersonID) (bool, error) {
	var n int
	err := t.QueryRow(ctx, `SELECT COUNT(*) FROM client_users WHERE client_id = $1 AND person_id = $2`, string(client), string(person)).Scan(&n)
	return n > 0, err
}

// personOf is the person behind a client user that the actor has just loaded.
// Unscoped: client people are not told it before the person accepts.
func (t *tx) personOf(ctx context.Context, id ClientUserID) (p PersonID, err error) {
	return p, t.QueryRow(ctx, `SELECT person_id FROM client_users WHERE id = $1`, string(id)).Scan(&p)
}

// invitationRow is an invitation and all that its state depends on.
type invitationRow struct {
	id         InvitationID
	person     PersonID
	user       ClientUserID // empty: to the team
	client     ClientID
	role       string
	message    string
	by         PersonID
	byName     string
	created    time.Time
	expires    time.Time
	accepted   bool
	revoked    bool
	replaced   bool
	name       string // of the invited, as its inviter typed it
	email      string
	confirmed  bool
	disabled   bool
	locale     string
	zone       string
	clientName string
	open       bool // the client's portal access is on
	member     bool // they are in already
	out        bool // they were removed, suspended, or the address was corrected
	given      Rights
	byRights   Rights // that the inviter holds on the client now
	byRole     string // and in the team
}

// invitation finds an invitation by the hash of its token, or by id. Unscoped:
// whoever opens the link is not signed in; they know the token.
func invitation(ctx context.Context, q interface {
	QueryRow(context.Context, string, ...any) *db.Row
}, where, arg string) (invitationRow, error) {
	var i invitationRow
	var created, expires int64
	var accepted, revoked, confirmed, disabled, member, removed, suspended, portal, archived sql.NullInt64
	err := q.QueryRow(ctx, `
SELECT i.id, i.person_id, COALESCE(i.client_user_id, ''), COALESCE(i.client_id, ''), i.role, i.message, i.invited_by, b.name,
       i.created_at, i.expires_at, i.accepted_at, i.revoked_at, i.replaced,
       COALESCE(NULLIF(u.label, ''), a.name), COALESCE(NULLIF(u.typed_email, ''), a.email), a.confirmed_at, a.disabled_at, a.locale, a.time_zone,
       COALESCE(c.name, ''), c.portal_since, c.archived_at,
       COALESCE(u.accepted_at, m.accepted_at), COALESCE(u.removed_at, m.removed_at), CASE WHEN u.person_id <> i.person_id THEN i.created_at ELSE u.suspended_at END, COALESCE(u.rights, 0),
       COALESCE((SELECT g.rights FROM client_grants g WHERE g.actor = i.invited_by AND g.client_id = i.client_id), 0),
       COALESCE((SELECT t.role FROM team_members t WHERE t.person_id = i.invited_by AND t.accepted_at IS NOT NULL AND t.removed_at IS NULL), '')
  FROM invitations i
  JOIN persons a ON a.id = i.person_id
  JOIN persons b ON b.id = i.invited_by
  LEFT JOIN client_users u ON u.id = i.client_user_id
  LEFT JOIN clients c ON c.id = i.client_id
  LEFT JOIN team_members m ON m.person_id = i.person_id AND i.client_user_id IS NULL
 WHERE `+where, arg).Scan(&i.id, &i.person, &i.user, &i.client, &i.role, &i.message, &i.by, &i.byName,
		&created, &expires, &accepted, &revoked, &i.replaced,
		&i.name, &i.email, &confirmed, &disabled, &i.locale, &i.zone,
		&i.clientName, &portal, &archived, &member, &removed, &suspended, &i.given, &i.byRights, &i.byRole)
	i.created, i.expires = db.FromMicros(created), db.FromMicros(expires)
	i.accepted, i.revoked, i.confirmed, i.disabled = accepted.Valid, revoked.Valid, confirmed.Valid, disabled.Valid
	i.member, i.out = member.Valid && !removed.Valid, removed.Valid || suspended.Valid
	i.open = portal.Valid && !archived.Valid
	return i, notFound(err)
}

// invitedTo names the projects that an invitation leads to, at most a few.
// Unscoped: the invited person holds no grants yet; those of their preview say
// what they will see.
func (p *Portal) invitedTo(ctx context.Context, user ClientUserID) ([]string, error) {
	rows, err := p.db.Query(ctx, `
SELECT p.name FROM project_grants g JOIN projects p ON p.id = g.project_id
 WHERE g.actor = $1 AND p.archived_at IS NULL ORDER BY p.name LIMIT 20`, string(user))
	return list(rows, err, scanOne[string])
}

// whoAnswers is who is told that an invited person asks for a new invitation:
// its inviter, if they may still give one, else the client's contact, else
// whoever may. Unscoped: the person who asks is not signed in.
func (t *tx) whoAnswers(ctx context.Context, i invitationRow) (PersonID, error) {
	if i.inviterMay() {
		return i.by, nil
	}
	var p PersonID
	var err error
	if i.user == "" {
		err = t.QueryRow(ctx, `
SELECT m.person_id FROM team_members m WHERE m.role IN ('owner', 'admin') AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL
 ORDER BY m.role DESC, m.created_at, m.person_id LIMIT 1`).Scan(&p)
	} else {
		err = t.QueryRow(ctx, `
SELECT g.actor FROM client_grants g JOIN clients c ON c.id = g.client_id
 WHERE g.client_id = $1 AND g.side = 'team' AND (g.rights & 512) <> 0
 ORDER BY CASE WHEN g.actor = c.contact_id THEN 0 ELSE 1 END, g.rights, g.actor LIMIT 1`, string(i.client)).Scan(&p)
	}
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return p, err
}

// mayAnswer reports whether a person may still invite to what the invitation
// is for. Unscoped: it is asked when a mail is sent, not by that person.
func (p *Portal) mayAnswer(ctx context.Context, i invitationRow, person PersonID) (bool, error) {
	var n int
	err := p.db.QueryRow(ctx, `
SELECT (SELECT COUNT(*) FROM client_grants g WHERE g.actor = $1 AND g.client_id = $2 AND (g.rights & 640) <> 0)
     + (SELECT COUNT(*) FROM team_members m WHERE m.person_id = $1 AND $2 = '' AND m.role IN ('owner', 'admin') AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL)`,
		string(person), string(i.client)).Scan(&n)
	return n > 0, err
}

// feedByToken finds the owner of a calendar address and its project, if the
// address is not revoked and its owner may still sign in. Unscoped: a calendar
// proves itself by the token alone; what it is then shown is read through the
// Scope of the token's owner.
func (p *Portal) feedByToken(ctx context.Context, hash string) (person PersonID, project ProjectID, err error) {
	err = p.db.QueryRow(ctx, `
SELECT f.person_id, COALESCE(f.project_id, '') FROM calendar_feeds f JOIN persons a ON a.id = f.person_id
 WHERE f.token_hash = $1 AND f.revoked_at IS NULL AND a.disabled_at IS NULL`, hash).Scan(&person, &project)
	return person, project, notFound(err)
}

// invitationWords are the inviter's own words in an invitation to a client user
// that the actor was found to manage.
func (t *tx) invitationWords(ctx context.Context, id InvitationID) (words string, err error) {
	err = t.QueryRow(ctx, `SELECT message FROM invitations WHERE id = $1`, string(id)).Scan(&words)
	return words, err
}

// nextNumbers are the numbers of a file's next version, and of the next that is
// shown. Unscoped: versions that one of the client's people does not see are
// counted all the same; they are told the second number alone.
func (t *tx) nextNumbers(ctx context.Context, id FileID) (number, shown int64, err error) {
	err = t.QueryRow(ctx, `
SELECT COALESCE(MAX(v.number), 0) + 1, COALESCE(MAX(v.shown_number), 0) + 1 FROM versions v WHERE v.file_id = $1`, string(id)).Scan(&number, &shown)
	return number, shown, err
}

// lookAgain makes what was looked at of deliverables in review stale, as files
// in them are not what they were: an answer is to what the client has seen.
// Unscoped: whoever changes a file need not see the deliverables that it is in,
// and is told nothing of them.
func (t *tx) lookAgain(ctx context.Context, attached, id string) error {
	_, err := t.exec(ctx, `UPDATE deliverables SET revision = revision + 1 WHERE state = 'in_review' AND id IN (`+attached+`)`, id)
	return err
}

// What a file is in, and what the files of a folder are in.
const (
	inFile   = `SELECT a.item_id FROM attachments a WHERE a.file_id = $1`
	inFolder = `SELECT a.item_id FROM attachments a JOIN files f ON f.id = a.file_id WHERE f.folder_id = $1`
)

// copyPreviews gives a version what was made to look at another of the same
// bytes. Unscoped: it copies rows of a version that the actor sees, and reads
// nothing out.
func (t *tx) copyPreviews(ctx context.Context, from, to VersionID) error {
	for _, q := range []string{
		`INSERT INTO previews (version_id, kind, page, blob, size, sha256, type, width, height)
SELECT CAST($2 AS TEXT), w.kind, w.page, w.blob, w.size, w.sha256, w.type, w.width, w.height FROM previews w WHERE w.version_id = $1`,
		`INSERT INTO version_texts (version_id, file_id, client_id, body)
SELECT v.id, v.file_id, v.client_id, x.body FROM version_texts x JOIN versions v ON v.id = $2 WHERE x.version_id = $1`,
		`UPDATE versions SET (preview, width, height, pages, duration_ms, whole, next_page) = (SELECT o.preview, o.width, o.height, o.pages, o.duration_ms, o.whole, o.next_page FROM versions o WHERE o.id = $1) WHERE id = $2`,
	} {
		if _, err := t.exec(ctx, q, string(from), string(to)); err != nil {
			return err
		}
	}
	next := 0
	if err := t.QueryRow(ctx, `SELECT v.next_page FROM versions v WHERE v.id = $1`, string(to)).Scan(&next); err != nil || next == 0 {
		return err
	}
	return t.me.p.enqueue(ctx, t.Tx, PreviewPages, PagesJob{to, next})
}

// looked is what is told when something was found in a version.
type looked struct {
	file     FileID
	project  ProjectID
	client   ClientID
	name     string
	audience Side // of the version, and of its file
	scan     string
	trashed  bool
}

// versionLooked loads a version that was looked at. Unscoped: the program looks
// at every version, and tells those who see it.
func (t *tx) versionLooked(ctx context.Context, id VersionID) (l looked, err error) {
	err = t.QueryRow(ctx, `
SELECT v.file_id, v.project_id, v.client_id, f.name, CASE WHEN f.audience = 'client' THEN v.audience ELSE 'team' END, v.scan,
       CASE WHEN f.trashed_at IS NULL THEN 0 ELSE 1 END
  FROM versions v JOIN files f ON f.id = v.file_id WHERE v.id = $1`, string(id)).
		Scan(&l.file, &l.project, &l.client, &l.name, &l.audience, &l.scan, &l.trashed)
	return l, notFound(err)
}

// source is a version for the program itself. Unscoped, as versionLooked.
func (p *Portal) source(ctx context.Context, id VersionID) (s Source, err error) {
	err = p.db.QueryRow(ctx, `
SELECT v.id, v.file_id, v.project_id, f.name, v.blob, v.size, v.sha256, v.type, v.created_at, v.kind, v.scan, v.preview, v.pages, COALESCE(l.blob, ''), COALESCE(l.size, 0)
  FROM versions v JOIN files f ON f.id = v.file_id LEFT JOIN previews l ON l.version_id = v.id AND l.kind = 'pdf' AND l.page = 0 WHERE v.id = $1`, string(id)).
		Scan(&s.Version, &s.File, &s.Project, &s.Name, &s.Blob, &s.Size, &s.SHA256, &s.Type, micros{&s.At}, &s.Kind, &s.Scan, &s.Preview, &s.Pages, &s.PDF.Blob, &s.PDF.Size)
	return s, notFound(err)
}

// unlooked are the versions from before the time that nobody has looked at.
// Unscoped, as versionLooked.
func (p *Portal) unlooked(ctx context.Context, before time.Time, limit int) ([]VersionID, error) {
	rows, err := p.db.Query(ctx, `SELECT v.id FROM versions v WHERE v.preview = 'waiting' AND v.created_at < $1 ORDER BY v.id LIMIT $2`, db.Micros(before), limit)
	return list(rows, err, scanOne[VersionID])
}

// undrawn are the next pages of documents from before the time that have more to be drawn.
// Unscoped, as versionLooked.
func (p *Portal) undrawn(ctx context.Context, before time.Time, limit int) ([]PagesJob, error) {
	rows, err := p.db.Query(ctx, `SELECT v.id, v.next_page FROM versions v WHERE v.next_page > 0 AND v.created_at < $1 ORDER BY v.id LIMIT $2`, db.Micros(before), limit)
	return list(rows, err, func(r *db.Rows) (j PagesJob, err error) { return j, r.Scan(&j.Version, &j.First) })
}

// expiredUploads are those that expired before the time. Unscoped: the program
// tidies up after everybody.
func (p *Portal) expiredUploads(ctx context.Context, before int64, limit int) ([]ExpiredUpload, error) {
	rows, err := p.db.Query(ctx, `
SELECT u.id, u.blob, u.state FROM uploads u WHERE u.expires_at < $1 AND u.finished_at IS NULL ORDER BY u.expires_at, u.id LIMIT $2`, before, limit)
	return list(rows, err, func(r *db.Rows) (u ExpiredUpload, err error) { return u, r.Scan(&u.ID, &u.Blob, &u.State) })
}

// writeDownloads writes entries of the download log, but of versions that are
// gone meanwhile. Unscoped: those who took them were let through before.
func (p *Portal) writeDownloads(ctx context.Context, batch []taken) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		for some := range slices.Chunk(batch, downloadRows) {
			n := downloadRows
			if len(some) == 1 {
				n = 1
			}
			args := make([]any, 0, 5*n)
			for _, t := range some {
				args = append(args, t.id, string(t.version), t.actor, t.how, t.at)
			}
			for len(args) < 5*n { // of no version, and so not written
				args = append(args, "", "", "", "", int64(0))
			}
			if _, err := d.Exec(ctx, downloadInserts[n], args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// downloadRows go into one statement.
const downloadRows = 40

// downloadInserts are the statements for one row and for many.
var downloadInserts = map[int]string{1: downloadInsert(1), downloadRows: downloadInsert(downloadRows)}

func downloadInsert(rows int) string {
	values := make([]string, rows)
	for i := range values {
		at := func(k int) string { return placeholder(5*i + k) }
		values[i] = `(CAST(` + at(1) + ` AS TEXT), CAST(` + at(2) + ` AS TEXT), CAST(` + at(3) + ` AS TEXT), CAST(` + at(4) + ` AS TEXT), CAST(` + at(5) + ` AS BIGINT))`
	}
	return `
INSERT INTO downloads (id, version_id, file_id, project_id, actor, how, at)
SELECT x.column1, v.id, v.file_id, v.project_id, x.column3, x.column4, x.column5
  FROM (VALUES ` + strings.Join(values, ", ") + `) x JOIN versions v ON v.id = x.column2`
}

// purgeable is of a file f that was deleted before the time $1, on which nobody
// was asked to decide, and that is in no deliverable that the client looks at or
// has accepted.
const purgeable = `f.trashed_at < $1
   AND NOT EXISTS (SELECT 1 FROM attachments a JOIN deliverables d ON d.id = a.item_id
                    WHERE a.file_id = f.id AND d.state IN ('in_review', 'approved', 'signed_off'))
   AND NOT EXISTS (SELECT 1 FROM approval_subjects s WHERE s.file_id = f.id)`

// duePurge are purgeable files, after one in their order. Unscoped: the program
// tidies up after everybody.
func (p *Portal) duePurge(ctx context.Context, before int64, after string, limit int) ([]purged, error) {
	rows, err := p.db.Query(ctx, `
SELECT f.id, f.name, f.client_id FROM files f
 WHERE f.id > $2 AND `+purgeable+`
 ORDER BY f.id LIMIT $3`, before, after, limit)
	return list(rows, err, func(r *db.Rows) (x purged, err error) { return x, r.Scan(&x.id, &x.name, &x.client) })
}

// purgedSize is the room that all versions of a deleted file take, or
// ErrNotFound when it is purgeable no longer. Unscoped, as duePurge.
func (t *tx) purgedSize(ctx context.Context, id string, before int64) (size int64, err error) {
	err = t.QueryRow(ctx, `
SELECT COALESCE((SELECT SUM(v.size) FROM versions v WHERE v.file_id = f.id), 0) FROM files f WHERE f.id = $2 AND `+purgeable, before, id).Scan(&size)
	return size, notFound(err)
}

// versionsOf are the versions of a file, $1, that is being removed.
const versionsOf = `SELECT v.id FROM versions v WHERE v.file_id = $1`

// purgeFolders removes folders that were deleted before the time and hold
// nothing, and says how many. Unscoped, as duePurge.
func (p *Portal) purgeFolders(ctx context.Context, before int64) (n int, err error) {
	err = p.change(ctx, func(t *tx) error {
		t.quiet("whoever deleted them was told of it")
		for _, q := range []string{
			`UPDATE file_requests SET folder_id = NULL WHERE folder_id IN (SELECT f.id FROM folders f WHERE f.trashed_at < $1)`,
			`DELETE FROM folders WHERE trashed_at < $1
   AND NOT EXISTS (SELECT 1 FROM folders c WHERE c.parent_id = folders.id) AND NOT EXISTS (SELECT 1 FROM files f WHERE f.folder_id = folders.id)`,
		} {
			gone, err := t.exec(ctx, q, before)
			if err != nil {
				return err
			}
			n = int(gone)
		}
		return nil
	})
	return n, err
}

// WithMuchUnread are those of whom PassNotices is due: who have so much unread that a
// page could look through all it does and find nothing to show. Unscoped: the program
// asks as itself whose turn it is.
func (p *Portal) WithMuchUnread(ctx context.Context) ([]PersonID, error) {
	rows, err := p.db.Query(ctx, `
SELECT n.person_id FROM notices n WHERE n.listed = 1 AND n.read_at IS NULL GROUP BY n.person_id HAVING COUNT(*) >= $1`, lookedThrough/4)
	return list(rows, err, scanOne[PersonID])
}

// whoAsked is who is told that a file request was answered: who made it, or
// else somebody who may decide on what came. Unscoped: the client's people need
// not know who of the team that is.
func (t *tx) whoAsked(ctx context.Context, id FileRequestID) (PersonID, error) {
	var p PersonID
	err := t.QueryRow(ctx, `
SELECT g.actor
  FROM file_requests q JOIN projects p ON p.id = q.project_id JOIN clients c ON c.id = p.client_id
  JOIN project_grants g ON g.project_id = q.project_id AND g.side = 'team' AND (g.rights & 256) <> 0
  LEFT JOIN project_team m ON m.project_id = q.project_id AND m.person_id = g.actor
 WHERE q.id = $1
 ORDER BY CASE WHEN g.actor = q.created_by THEN 0 WHEN g.actor = p.contact_id THEN 1 WHEN g.actor = c.contact_id THEN 2 WHEN m.person_id IS NOT NULL THEN 3 ELSE 4 END,
          g.rights, g.actor LIMIT 1`, string(id)).Scan(&p)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return p, err
}

// dueReminder is a file request of which to remind now.
// dueReminders are those whose time has come. Unscoped: the program reminds by
// itself, of the requests of all clients; what a mail says is read through its
// reader's Scope.
func (p *Portal) dueReminders(ctx context.Context, limit int) ([]dueReminder, error) {
	rows, err := p.db.Query(ctx, `
SELECT q.id, COALESCE(q.due_on, ''), q.remind_at, c.time_zone FROM file_requests q JOIN clients c ON c.id = q.client_id WHERE q.remind_at <= $1 AND q.state IN ('open', 'refused') ORDER BY q.remind_at, q.id LIMIT $2`, db.Micros(p.now()), limit)
	return list(rows, err, func(r *db.Rows) (d dueReminder, err error) { return d, r.Scan(&d.id, &d.dueOn, &d.at, &d.zone) })
}

// whomToRemind are the client's people for whom a file request waits: those who
// can upload, or the one of them who was asked. Unscoped, as dueReminders.
func whomToRemind(ctx context.Context, d *db.Tx, id FileRequestID) ([]PersonID, error) {
	rows, err := d.Query(ctx, `
SELECT g.actor
  FROM file_requests q JOIN projects p ON p.id = q.project_id AND p.archived_at IS NULL
  JOIN project_grants g ON g.project_id = q.project_id AND g.side = 'client' AND (g.rights & 16) <> 0
  JOIN persons a ON a.id = g.actor
 WHERE q.id = $1
   AND (q.assignee_id IS NULL OR g.actor = q.assignee_id
        OR NOT EXISTS (SELECT 1 FROM project_grants x WHERE x.actor = q.assignee_id AND x.project_id = q.project_id AND (x.rights & 16) <> 0))
 ORDER BY g.actor LIMIT 200`, string(id))
	return list(rows, err, scanOne[PersonID])
}

// linkByToken finds a share link by the hash of its token. Unscoped: whoever
// opens it is not signed in; where it leads is read through the link's own Scope.
func (p *Portal) linkByToken(ctx context.Context, hash string) (id ShareLinkID, err error) {
	err = p.db.QueryRow(ctx, `SELECT id FROM share_links WHERE token_hash = $1 AND revoked_at IS NULL`, hash).Scan(&id)
	return id, notFound(err)
}

// linkFailures are the wrong passwords of a share link since the last right
// one, and when the last was. Unscoped: they are counted for nobody.
func linkFailures(ctx context.Context, d *db.Tx, id ShareLinkID) (n int64, last time.Time, err error) {
	var at int64
	err = d.QueryRow(ctx, `SELECT failures, failed_at FROM share_links WHERE id = $1`, string(id)).Scan(&n, &at)
	return n, db.FromMicros(at), notFound(err)
}

// threadByKey finds a client's general thread, or the direct one of people.
// Unscoped: a client sees none while there are notes of the team alone in it,
// and what is said to it must find it all the same.
func (t *tx) threadByKey(ctx context.Context, key string) (id ThreadID, err error) {
	err = t.QueryRow(ctx, `SELECT id FROM threads WHERE key = $1`, key).Scan(&id)
	return id, notFound(err)
}

// turnBack says that nobody has to answer any more when nothing is left of what
// was to be answered. Unscoped: it looks at the messages of a thread that the
// actor sees.
func (t *tx) turnBack(ctx context.Context, m Message) error {
	waits := Team
	if m.AuthorSide == Team {
		waits = ClientSide
	}
	if m.Audience == Team {
		return nil
	}
	_, err := t.exec(ctx, `
UPDATE threads SET turn = 'none', turn_since = $1, asked_id = NULL
 WHERE id = $2 AND turn = $3
   AND (asked_id = $4
     OR asked_id IS NULL AND NOT EXISTS (
          SELECT 1 FROM messages m WHERE m.thread_id = threads.id AND m.audience = 'client' AND m.side = 'client' AND m.deleted_at IS NULL
             AND m.seq > COALESCE((SELECT MAX(o.seq) FROM messages o WHERE o.thread_id = threads.id AND o.audience = 'client' AND o.side = 'team'), 0)))`,
		t.now, string(m.Thread), string(waits), string(m.ID))
	return err
}

// unsay removes for good what was said in threads, before what they are about
// is. Unscoped: what goes goes with all that was said of it.
func (t *tx) unsay(ctx context.Context, threads, id string) error {
	const said = `SELECT m.id FROM messages m WHERE m.thread_id IN (`
	if err := t.goes(ctx, said+threads+`)`, id); err != nil {
		return err
	}
	for _, q := range []string{
		`DELETE FROM notice_queue WHERE message_id IN (` + said + threads + `))`,
		`DELETE FROM notices WHERE message_id IN (` + said + threads + `))`,
		`DELETE FROM message_texts WHERE message_id IN (` + said + threads + `))`,
		`DELETE FROM message_files WHERE message_id IN (` + said + threads + `))`,
		`DELETE FROM mentions WHERE message_id IN (` + said + threads + `))`,
		`DELETE FROM reading_marks WHERE thread_id IN (` + threads + `)`,
		`UPDATE messages SET quote_id = NULL WHERE quote_id IS NOT NULL AND thread_id IN (` + threads + `)`,
		`DELETE FROM messages WHERE thread_id IN (` + threads + `)`,
		`DELETE FROM drafts WHERE place IN (SELECT x.place FROM (` + threads + `) y JOIN drafts x ON x.place IN (y.id, y.id || ' note'))`,
		`DELETE FROM threads WHERE id IN (` + threads + `)`,
	} {
		if _, err := t.exec(ctx, q, id); err != nil {
			return err
		}
	}
	return nil
}

// goes has the next event say of rows that they are removed for good. Unscoped, as
// unsay.
func (t *tx) goes(ctx context.Context, which, id string) error {
	rows, err := t.Query(ctx, which, id)
	all, err := list(rows, err, scanOne[string])
	for _, id := range all {
		t.sealsToo(wasGone(id))
	}
	return err
}

// inItem are the threads of an item, $1.
const inItem = `SELECT h.id FROM threads h WHERE h.item_id = $1`

// addMessage adds a message to a thread that has counted it: it takes its places from
// there. Unscoped: the actor was found to write in the thread, and is told nothing.
func (t *tx) addMessage(ctx context.Context, th Thread, id MessageID, n NewMessage) error {
	author, salt := cmp.Or(th.author, t.me.actor.person), newSalt()
	t.sealsToo(sealSaid(id, th.ID, n.Audience, author, th.Side, n.Body, salt, t.now))
	return t.must(ctx, `
INSERT INTO messages (id, thread_id, client_id, seq, shown_number, audience, author_id, side, body, quote_id, created_at, changed_at, salt)
SELECT $1, t.id, $3, t.seq, CASE WHEN $4 = 'client' THEN t.shown_count END, $4, $5, $6, $7, $8, $9, $9, $10 FROM threads t WHERE t.id = $2`,
		string(id), string(th.ID), string(th.Client), string(n.Audience), string(author), string(th.Side), n.Body, nullable(n.Quote), t.now, salt)
}

// callsIn are the calls noted of an approval that are in a state. Unscoped: what ends
// them, or has them asked again, is done by people who see none but their own.
func (t *tx) callsIn(ctx context.Context, id ApprovalID, state CallState) ([]ApprovalCall, error) {
	rows, err := t.Query(ctx, `SELECT k.id, k.stage, k.person_id, COALESCE(k.ended_at, 0) FROM approval_calls k WHERE k.approval_id = $1 AND k.state = $2 ORDER BY k.id`, string(id), string(state))
	return list(rows, err, func(r *db.Rows) (c ApprovalCall, err error) {
		return c, r.Scan(&c.ID, &c.Stage, &c.Person, micros{&c.EndedAt})
	})
}

// A flow is how an approval goes on.
type flow struct {
	stage  int // that it is in
	remind bool
	due    string // also where the client is told no dates
	calls  bool   // some were noted and are open
	stages []flowStage
	people []flowPerson
}

type flowStage struct {
	of   Side
	rule Rule
}

type flowPerson struct {
	stage    int
	person   PersonID
	adviser  bool
	answer   Answer
	decision DecisionID
	instead  PersonID // whose decision it was at first; empty: their own
}

// flow loads the stages of an approval that the actor was found to see, and all
// who are asked and have not handed that on. Unscoped: whoever answers last for the client opens what is next
// without knowing of the team's stages, and is told nothing of them.
func (t *tx) flow(ctx context.Context, id ApprovalID) (f flow, err error) {
	rows, err := t.Query(ctx, `
SELECT a.stage, a.remind, COALESCE(a.due_on, ''), CASE WHEN EXISTS (SELECT 1 FROM approval_calls k WHERE k.approval_id = a.id AND k.state = 'open') THEN 1 ELSE 0 END, g.number, g.side, g.rule, COALESCE(x.person_id, ''), CASE WHEN x.role = 'adviser' THEN 1 ELSE 0 END, COALESCE(x.answer, ''), COALESCE(x.decision_id, ''), COALESCE(x.for_id, '')
  FROM approvals a JOIN approval_stages g ON g.approval_id = a.id LEFT JOIN approval_people x ON x.approval_id = g.approval_id AND x.stage = g.number AND x.given_to IS NULL
 WHERE a.id = $1 ORDER BY g.number, x.person_id`, string(id))
	err = everyRow(rows, err, func() error {
		var g flowStage
		var x flowPerson
		if err := rows.Scan(&f.stage, &f.remind, &f.due, &f.calls, &x.stage, &g.of, &g.rule, &x.person, &x.adviser, &x.answer, &x.decision, &x.instead); err != nil {
			return err
		}
		if x.stage > len(f.stages) {
			f.stages = append(f.stages, g)
		}
		if x.person != "" {
			f.people = append(f.people, x)
		}
		return nil
	})
	if err == nil && len(f.stages) == 0 {
		err = ErrNotFound
	}
	return f, err
}

// askedAgain reports whether another approval asks one again, be it not yet: itself, or
// what was asked after one that was cancelled; or asked about the same deliverable since.
// Unscoped: the client does not know of what the team has before them.
func askedAgain(ctx context.Context, q querier, id ApprovalID) (again bool, err error) {
	return again, q.QueryRow(ctx, `
WITH RECURSIVE later (id, state) AS (
  SELECT a.id, a.state FROM approvals a WHERE a.previous_id = $1
  UNION ALL SELECT a.id, a.state FROM later l JOIN approvals a ON a.previous_id = l.id WHERE l.state = 'cancelled')
SELECT CASE WHEN EXISTS (SELECT 1 FROM later l WHERE l.state <> 'cancelled')
         OR EXISTS (SELECT 1 FROM approvals a JOIN approvals o ON o.deliverable_id = a.deliverable_id AND o.id <> a.id WHERE a.id = $1 AND o.state_at > a.state_at AND o.state NOT IN ('draft', 'cancelled'))
       THEN 1 ELSE 0 END`, string(id)).Scan(&again)
}

// current is what is there of a file that is decided on.
type current struct {
	position int
	version  VersionID // that is decided on
	sha256   string
	latest   VersionID
	shown    VersionID // empty: the client does not see the file
	trashed  bool
}

// currentOf says what is there now of the files in an approval that the actor was
// found to see. Unscoped, as flow: of what the client does not see they are told
// nothing.
func (t *tx) currentOf(ctx context.Context, id ApprovalID) ([]current, error) {
	rows, err := t.Query(ctx, `
SELECT s.position, s.version_id, s.sha256, f.latest_id, CASE WHEN f.audience = 'client' THEN COALESCE(f.shown_id, '') ELSE '' END, CASE WHEN f.trashed_at IS NULL THEN 0 ELSE 1 END
  FROM approval_subjects s JOIN files f ON f.id = s.file_id WHERE s.approval_id = $1 ORDER BY s.position`, string(id))
	return list(rows, err, func(r *db.Rows) (c current, err error) {
		return c, r.Scan(&c.position, &c.version, &c.sha256, &c.latest, &c.shown, &c.trashed)
	})
}

// openAbout are the open approvals of a file, or of the files in a folder, or of
// a deliverable. Unscoped: whoever changes those need not see the approvals, and
// is told nothing of them.
func (t *tx) openAbout(ctx context.Context, of, id string) ([]openApproval, error) {
	rows, err := t.Query(ctx, `
SELECT a.id, a.project_id, a.client_id, a.title, COALESCE(a.deliverable_id, ''), COALESCE(a.shown_at, 0) FROM approvals a WHERE a.state IN ('requested', 'viewed') AND a.id IN (`+of+`) ORDER BY a.id`, id)
	return list(rows, err, func(r *db.Rows) (o openApproval, err error) {
		return o, r.Scan(&o.ID, &o.Project, &o.Client, &o.Title, &o.Deliverable, micros{&o.ShownAt})
	})
}

type openApproval struct {
	Approval
	at int64 // that something is due
}

// What is decided on of a file, of a folder, and of a deliverable.
const (
	askedOfFiles       = `SELECT s.approval_id FROM approval_subjects s WHERE s.file_id IN ` // and places for them
	askedOfFile        = `SELECT s.approval_id FROM approval_subjects s WHERE s.file_id = $1`
	askedOfFolder      = `SELECT s.approval_id FROM approval_subjects s JOIN files f ON f.id = s.file_id WHERE f.folder_id = $1`
	askedOfDeliverable = `SELECT o.id FROM approvals o WHERE o.deliverable_id = $1`
	askedItself        = `SELECT o.id FROM approvals o WHERE o.id = $1`
	askedWithout       = `SELECT o.id FROM attachments x JOIN approvals o ON o.deliverable_id = x.item_id WHERE x.file_id = $1 AND o.shown_at IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM approval_subjects s WHERE s.approval_id = o.id AND s.file_id = x.file_id)`
	changesIn      = `SELECT o.id FROM revision_requests o WHERE o.approval_id IN ` // and the approvals
	changesOfFiles = `SELECT o.id FROM revision_requests o WHERE o.file_id IN `     // likewise
	signoffsAbout  = `SELECT o.id FROM signoffs o WHERE o.subject_id = $1`
)

// clientZones are the time zones that clients have of their own, and the
// workspace's, which is "". Unscoped: the program asks what day it is there.
func (p *Portal) clientZones(ctx context.Context) ([]string, error) {
	rows, err := p.db.Query(ctx, `SELECT DISTINCT c.time_zone FROM clients c WHERE c.time_zone <> ''`)
	zones, err := list(rows, err, scanOne[string])
	return append(zones, ""), err
}

// lapsed are the approvals that nobody can answer any more on a day in a time
// zone, also of those that the client is yet to be shown. Unscoped: the program ends them.
func (p *Portal) lapsed(ctx context.Context, zone, day string, limit int) ([]openApproval, error) {
	rows, err := p.db.Query(ctx, `
SELECT a.id, a.project_id, a.client_id, a.title, COALESCE(a.deliverable_id, ''), COALESCE(a.shown_at, 0) FROM approvals a
  JOIN clients c ON c.id = a.client_id AND c.time_zone = $3
 WHERE a.state IN ('requested', 'viewed') AND a.expires_on IS NOT NULL AND a.expires_on < $1 ORDER BY a.expires_on, a.id LIMIT $2`, day, limit, zone)
	return list(rows, err, func(r *db.Rows) (o openApproval, err error) {
		return o, r.Scan(&o.ID, &o.Project, &o.Client, &o.Title, &o.Deliverable, micros{&o.ShownAt})
	})
}

// dueApprovals are those that wait for answers and of which to remind now.
// Unscoped: the program reminds by itself; what a mail says is read through its
// reader's Scope.
func (p *Portal) dueApprovals(ctx context.Context, limit int) ([]dueReminder, error) {
	rows, err := p.db.Query(ctx, `
SELECT a.id, COALESCE(a.due_on, ''), a.remind_at, c.time_zone FROM approvals a JOIN clients c ON c.id = a.client_id WHERE a.remind_at <= $1 AND a.asking = 1 ORDER BY a.remind_at, a.id LIMIT $2`, db.Micros(p.now()), limit)
	return list(rows, err, func(r *db.Rows) (d dueReminder, err error) { return d, r.Scan(&d.id, &d.dueOn, &d.at, &d.zone) })
}

// stillAsked are those whose decision an approval waits for, and who can still
// give it. Unscoped, as dueApprovals.
func stillAsked(ctx context.Context, d querier, id ApprovalID) ([]PersonID, error) {
	rows, err := d.Query(ctx, `
SELECT x.person_id FROM approvals a JOIN approval_people x ON x.approval_id = a.id AND x.stage = a.stage
  JOIN project_grants g ON g.actor = x.person_id AND g.project_id = a.project_id
  JOIN persons n ON n.id = x.person_id AND n.disabled_at IS NULL
 WHERE a.id = $1 AND a.asking = 1 AND x.role = 'decider' AND x.decision_id IS NULL AND x.given_to IS NULL AND (g.side = 'team' OR (g.rights & 32) <> 0) ORDER BY x.person_id`, string(id))
	return list(rows, err, scanOne[PersonID])
}

// givenAway notes that somebody's answer in a stage is another's to give. It is
// ErrConflict when the stage is asked no more, or when they have answered.
// Unscoped, as settleApproval.
func (t *tx) givenAway(ctx context.Context, id ApprovalID, stage int, from, to PersonID) error {
	return t.must(ctx, `UPDATE approval_people SET given_to = $1 WHERE approval_id = $2 AND stage = $3 AND person_id = $4 AND decision_id IS NULL AND given_to IS NULL
   AND EXISTS (SELECT 1 FROM approvals a WHERE a.id = $2 AND a.stage = $3 AND a.asking = 1)`,
		string(to), string(id), stage, string(from))
}

// looked brings an approval that is asked into the state that says whether somebody has
// looked at it: one of those who decide now, not one who handed that on. Unscoped, as
// givenAway.
func (t *tx) looked(ctx context.Context, id ApprovalID) error {
	const have = `EXISTS (SELECT 1 FROM approval_people x WHERE x.approval_id = approvals.id AND x.stage = approvals.stage AND x.role = 'decider' AND x.given_to IS NULL AND x.viewed_at IS NOT NULL)`
	_, err := t.exec(ctx, `
UPDATE approvals SET state = CASE state WHEN 'viewed' THEN 'requested' ELSE 'viewed' END, state_at = $1, state_by = $2
 WHERE id = $3 AND asking = 1 AND state = CASE WHEN `+have+` THEN 'requested' ELSE 'viewed' END`, t.now, nullable(t.me.actor.person), string(id))
	return err
}

// settleApproval is the one statement that decides: it brings an approval that
// the actor has loaded into a state, or leaves it in the one it has and counts the
// answer. It is ErrConflict when that is not what was looked at, when the actor
// has answered, or when a file has something newer. Unscoped: it looks at what the
// client may not know of, and says yes or no.
func (t *tx) settleApproval(ctx context.Context, a Approval, stage int, to ApprovalState, content string) error {
	lane, turn := Lane(a.Turn), a.Turn
	switch {
	case to == a.State:
	case to.Granted():
		lane, turn = LaneApproved, ""
	default:
		lane, turn = LaneTeam, Team
	}
	return t.must(ctx, `
UPDATE approvals SET state = $1, state_at = CASE WHEN state = $1 THEN state_at ELSE $2 END, state_by = CASE WHEN state = $1 THEN state_by ELSE $3 END,
       asking = $4, lane = $5, turn = $6, turn_since = CASE WHEN turn = $6 THEN turn_since ELSE $2 END, remind_at = CASE WHEN state = $1 THEN remind_at END, escalate_at = CASE WHEN state = $1 THEN escalate_at END, stranded_at = CASE WHEN state = $1 THEN stranded_at END, revision = revision + 1
 WHERE id = $7 AND asking = 1 AND stage = $8 AND content = $9
   AND EXISTS (SELECT 1 FROM approval_people x WHERE x.approval_id = approvals.id AND x.stage = approvals.stage AND x.person_id = $3 AND x.decision_id IS NULL AND x.given_to IS NULL)
   AND NOT EXISTS (SELECT 1 FROM approval_subjects s JOIN files f ON f.id = s.file_id JOIN versions v ON v.id = s.version_id
                    WHERE s.approval_id = approvals.id
                      AND (f.trashed_at IS NOT NULL OR v.sha256 <> s.sha256 OR s.version_id <> CASE WHEN approvals.shown_at IS NULL THEN f.latest_id ELSE COALESCE(f.shown_id, '') END))`,
		string(to), t.now, string(t.me.actor.person), to == a.State, string(lane), string(turn), string(a.ID), stage, content)
}

// newestNumber is the number of the message that was written last, on PostgreSQL.
// Unscoped: it bounds what a scoped query looks at, and is not given out.
func (p *Portal) newestNumber(ctx context.Context) (n int64, err error) {
	return n, p.db.QueryRow(ctx, `SELECT last_value FROM messages_number_seq`).Scan(&n)
}

// matching are messages below a number that have words, as many as most, the
// newest first, on PostgreSQL: index is what the index is asked for. Unscoped: of
// these a scoped query finds those that its actor sees.
func (p *Portal) matching(ctx context.Context, index, words string, below int64, most int) ([]MessageID, error) {
	rows, err := p.db.Query(ctx, `
SELECT x.id FROM (SELECT m.id, m.number FROM messages m
 WHERE m.words @@ CAST($1 AS tsquery) AND (m.words @@ CAST($2 AS tsquery)) IS TRUE AND m.number < $3 LIMIT $4) x ORDER BY x.number DESC`, index, words, below, most)
	return list(rows, err, scanOne[MessageID])
}

// A signer is what is known of somebody who signs.
type signer struct {
	name, email, role, company, zone string
	verified                         any
}

// signer reads what the record of a signature or a decision says of somebody, who
// was found to be allowed to give it for the client, or is of the team. Unscoped: of
// people, a client is shown less.
func (t *tx) signer(ctx context.Context, id PersonID, client ClientID) (w signer, err error) {
	var title string
	var rights Rights
	var verified int64
	err = t.QueryRow(ctx, `
SELECT a.name, a.email, COALESCE(NULLIF(u.title, ''), NULLIF(a.title, ''), m.role, ''), COALESCE(u.rights, 0), COALESCE(u.accepted_at, a.confirmed_at, 0), COALESCE(NULLIF(a.time_zone, ''), w.time_zone), COALESCE(c.name, '')
  FROM persons a JOIN workspace w ON w.id = 1
  LEFT JOIN client_users u ON u.client_id = $1 AND u.person_id = a.id LEFT JOIN clients c ON c.id = u.client_id
  LEFT JOIN team_members m ON m.person_id = a.id WHERE a.id = $2`, string(client), string(id)).
		Scan(&w.name, &w.email, &title, &rights, &verified, &w.zone, &w.company)
	if w.role = title; title == "" {
		w.role = string(PresetOf(rights))
	}
	if verified > 0 {
		w.verified = verified
	}
	return w, notFound(err)
}

// reminding is the event that says that the people who are asked in an approval were
// reminded of it. Unscoped: the program reminds.
func (t *tx) reminding(ctx context.Context, id string) (Happening, error) {
	a := Approval{ID: ApprovalID(id)}
	err := t.QueryRow(ctx, `SELECT a.client_id, a.project_id, a.title FROM approvals a WHERE a.id = $1`, id).Scan(&a.Client, &a.Project, &a.Title)
	h := a.happened(ApprovalReminded, Team, nil)
	h.Apart, h.Silent = true, true
	return h, notFound(err)
}

// signoffReminding is that of a sign-off. Unscoped: the program reminds.
func (t *tx) signoffReminding(ctx context.Context, id string) (Happening, error) {
	s := Signoff{ID: SignoffID(id)}
	err := t.QueryRow(ctx, `SELECT s.client_id, s.project_id, s.title FROM signoffs s WHERE s.id = $1`, id).Scan(&s.Client, &s.Project, &s.Title)
	h := s.happened(SignoffReminded, nil)
	h.Audience, h.Apart, h.Silent = Team, true, true
	return h, notFound(err)
}

// refusedSince counts which answers of the actor's to something were recorded as
// refused. Unscoped: a count alone.
func (t *tx) refusedSince(ctx context.Context, subject string, since int64) (n int, err error) {
	return n, t.QueryRow(ctx, `SELECT COUNT(*) FROM events e WHERE e.subject = $1 AND e.at > $2 AND e.kind IN ($3, $4) AND e.actor = $5`,
		subject, since, string(AnswerRefused), string(MoreRefused), string(t.me.actor.person)).Scan(&n)
}

// openSignoffs are those that are asked about something that is concealed.
// Unscoped: whoever conceals it need not see them, and is told nothing of them.
func (t *tx) openSignoffs(ctx context.Context, subject string) ([]Signoff, error) {
	rows, err := t.Query(ctx, `SELECT s.id, s.project_id, s.client_id, s.subject_id, s.title FROM signoffs s WHERE s.subject_id = $1 AND s.state = 'asked'`, subject)
	return list(rows, err, func(r *db.Rows) (s Signoff, err error) {
		return s, r.Scan(&s.ID, &s.Project, &s.Client, &s.Subject, &s.Title)
	})
}

// certificateWhere finds a certificate. Unscoped: whoever has the paper, or the code
// that is in it, is shown what it says; and the program makes it.
func (p *Portal) certificateWhere(ctx context.Context, where, arg string) (Certificate, error) {
	return p.scanCertificate(func(dest ...any) error {
		return notFound(p.db.QueryRow(ctx, `
SELECT c.id, c.subject_id, c.client_id, c.project_id, '', c.content, c.created_at, COALESCE(c.made_at, 0), c.blob, c.sha256, c.size, '', 0 FROM certificates c WHERE `+where, arg).Scan(dest...))
	})
}

// movedChains are the chains that have events since their head was kept last, and
// how many those are. Unscoped: the program keeps the heads of all.
func (t *tx) movedChains(ctx context.Context) (moved []movedChain, events int64, err error) {
	rows, err := t.Query(ctx, `
SELECT c.chain, c.seq, c.head, COALESCE((SELECT MAX(h.seq) FROM chain_heads h WHERE h.chain = c.chain), 0) FROM event_chains c ORDER BY c.chain`)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var m movedChain
		var kept int64
		if err := rows.Scan(&m.chain, &m.seq, &m.head, &kept); err != nil {
			return nil, 0, err
		}
		if m.seq > kept {
			moved, events = append(moved, m), events+m.seq-kept
		}
	}
	return moved, events, rows.Err()
}

// owners are those of the workspace. Unscoped: the program mails them.
func (t *tx) owners(ctx context.Context) ([]PersonID, error) {
	rows, err := t.Query(ctx, `SELECT m.person_id FROM team_members m WHERE m.role = 'owner' AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL ORDER BY m.person_id`)
	return list(rows, err, scanOne[PersonID])
}

// UnmadeCertificates are some that were asked for before a time and have no paper
// yet. Unscoped: the program makes them.
func (p *Portal) UnmadeCertificates(ctx context.Context, before time.Time, limit int) ([]CertificateID, error) {
	rows, err := p.db.Query(ctx, `SELECT c.id FROM certificates c WHERE c.made_at IS NULL AND c.created_at < $1 ORDER BY c.created_at LIMIT $2`, db.Micros(before), limit)
	return list(rows, err, scanOne[CertificateID])
}

// approvalLink finds the mailed link of a token, and what it is to. Unscoped: the
// token says who is asking; what they see of it is read through their Scope. Whoever
// has another address since, or cannot sign in, has no link.
func (p *Portal) approvalLink(ctx context.Context, hash string) (*ApprovalLink, ApprovalID, error) {
	var l ApprovalLink
	var id ApprovalID
	err := p.db.QueryRow(ctx, `
SELECT l.mail_id, l.approval_id, l.stage, l.person_id, l.expires_at, CASE WHEN m.kind = $2 THEN l.created_at ELSE 0 END
  FROM approval_links l JOIN persons a ON a.id = l.person_id LEFT JOIN mails m ON m.id = l.mail_id
 WHERE l.token_hash = $1 AND a.email_key = l.email_key AND a.confirmed_at IS NOT NULL AND a.disabled_at IS NULL`, hash, MailApprovalCall).
		Scan(&l.mail, &id, &l.step, &l.Person, micros{&l.ExpiresAt}, micros{&l.told})
	return &l, id, notFound(err)
}

// putApprovalLink keeps the link in a mail, if its reader is one of the client's
// people whose answer is awaited. Unscoped: the mail is queued in the change that
// asks them.
func putApprovalLink(ctx context.Context, d *db.Tx, mail MailID, token string, id ApprovalID, person PersonID, now, until int64) error {
	_, err := d.Exec(ctx, `
INSERT INTO approval_links (mail_id, token_hash, approval_id, stage, person_id, email_key, created_at, expires_at)
SELECT $1, $2, a.id, a.stage, x.person_id, n.email_key, $3, $4
  FROM approvals a JOIN approval_people x ON x.approval_id = a.id AND x.stage = a.stage
  JOIN approval_stages g ON g.approval_id = a.id AND g.number = a.stage
  JOIN persons n ON n.id = x.person_id
 WHERE a.id = $5 AND x.person_id = $6 AND a.asking = 1 AND g.side = 'client' AND x.decision_id IS NULL AND x.given_to IS NULL
   AND NOT EXISTS (SELECT 1 FROM team_members m WHERE m.person_id = x.person_id)`,
		string(mail), token, now, until, string(id), string(person))
	return err
}

// voidApprovalLinks ends the mailed links to a client's approvals that a person has.
// Unscoped: they end whatever the actor sees of them.
func (t *tx) voidApprovalLinks(ctx context.Context, person PersonID, client ClientID) error {
	_, err := t.exec(ctx, `DELETE FROM approval_links WHERE person_id = $1 AND approval_id IN (SELECT a.id FROM approvals a WHERE a.client_id = $2)`, string(person), string(client))
	return err
}

// voidCallsOf ends what a person said by phone about a client's approvals and has not
// confirmed. Unscoped, as voidApprovalLinks.
func (t *tx) voidCallsOf(ctx context.Context, person PersonID, client ClientID) error {
	rows, err := t.Query(ctx, `
SELECT a.id, a.title, a.client_id FROM approval_calls k JOIN approvals a ON a.id = k.approval_id WHERE k.person_id = $1 AND k.state = 'open' AND a.client_id = $2 ORDER BY a.id`, string(person), string(client))
	open, err := list(rows, err, func(r *db.Rows) (a Approval, err error) { return a, r.Scan(&a.ID, &a.Title, &a.Client) })
	if err != nil {
		return err
	}
	for _, a := range open {
		if err := t.voidCalls(ctx, a.ID, person); err != nil {
			return err
		}
		h := a.happened(ApprovalCallVoided, Team, nil)
		h.Person, h.Apart = person, true
		if err := t.record(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// seesAll is whether whom a grant is given to can look at all that an approval asks
// about: each file here, or because they may have it.
var seesAll = `(g.side = 'team' OR NOT EXISTS (SELECT 1 FROM approval_subjects s JOIN versions v ON v.id = s.version_id
        WHERE s.approval_id = a.id AND ` + hiddenFrom + `))`

// cannotLook is how many of those who are to decide in a stage of the client's could not
// look at all that an approval is about once they are asked, nor have it: what is still
// being made will be there. Unscoped, as flow.
func (t *tx) cannotLook(ctx context.Context, id ApprovalID, stage int) (n int, err error) {
	err = t.QueryRow(ctx, `
SELECT COUNT(*) FROM approvals a JOIN approval_people x ON x.approval_id = a.id AND x.stage = $2 AND x.role = 'decider' AND x.decision_id IS NULL AND x.given_to IS NULL
  JOIN project_grants g ON g.actor = x.person_id AND g.project_id = a.project_id AND g.side = 'client'
 WHERE a.id = $1 AND EXISTS (SELECT 1 FROM approval_subjects s JOIN versions v ON v.id = s.version_id
        WHERE s.approval_id = a.id AND (`+hiddenFrom+` OR `+hiddenOnce+`) AND NOT `+comesHere("v")+`)`, string(id), stage).Scan(&n)
	return n, err
}

// stillFree are the client's people who may decide in the project of an approval, can
// look at what it asks about, and are not asked in its present stage. Unscoped: whoever
// hands a decision on is told of colleagues of their own client who may decide, and
// nothing else of them.
func (p *Portal) stillFree(ctx context.Context, id ApprovalID) ([]ProjectPerson, error) {
	rows, err := p.db.Query(ctx, `
SELECT g.actor, n.name, g.side FROM approvals a JOIN project_grants g ON g.project_id = a.project_id AND g.side = 'client' AND (g.rights & 32) <> 0
  JOIN persons n ON n.id = g.actor AND n.disabled_at IS NULL
 WHERE a.id = $1 AND `+seesAll+` AND NOT EXISTS (SELECT 1 FROM approval_people x WHERE x.approval_id = a.id AND x.stage = a.stage AND x.person_id = g.actor AND x.given_to IS NULL)
 ORDER BY n.name, g.actor LIMIT 500`, string(id))
	return list(rows, err, func(r *db.Rows) (x ProjectPerson, err error) { return x, r.Scan(&x.Person, &x.Name, &x.Side) })
}

// mayAnswer is the name of somebody who may answer an approval instead of another: of
// the client with the right, who can look at it, or without one of the team. Unscoped, as stillFree.
func (t *tx) mayAnswer(ctx context.Context, id ApprovalID, who PersonID, what Rights) (name string, err error) {
	side := Team
	if what != 0 {
		side = ClientSide
	}
	err = t.QueryRow(ctx, `
SELECT n.name FROM approvals a JOIN project_grants g ON g.project_id = a.project_id JOIN persons n ON n.id = g.actor AND n.disabled_at IS NULL
 WHERE a.id = $1 AND g.actor = $2 AND g.side = $3 AND (g.rights & $4) = $4 AND `+seesAll, string(id), string(who), string(side), int64(what)).Scan(&name)
	return name, notFound(err)
}

// nameOf is what somebody who is asked is called. Unscoped: for the record.
func (t *tx) nameOf(ctx context.Context, who PersonID) (name string, err error) {
	err = t.QueryRow(ctx, `SELECT n.name FROM persons n WHERE n.id = $1`, string(who)).Scan(&name)
	return name, notFound(err)
}

// A handOver is a decision that goes to a deputy, or back.
type handOver struct {
	openApproval
	from, to PersonID
}

// awayAsked are decisions of people who are away on a day, at clients of a zone, and
// could give them, as their deputies can, who neither have them, nor are away, nor gave
// them back. Unscoped: the program hands them on.
func (p *Portal) awayAsked(ctx context.Context, zone, day string, limit int) ([]handOver, error) {
	rows, err := p.db.Query(ctx, `
SELECT a.id, a.project_id, a.client_id, a.title, COALESCE(a.shown_at, 0), d.person_id, d.deputy_id
  FROM deputies d JOIN approval_people x ON x.person_id = d.person_id AND x.role = 'decider' AND x.decision_id IS NULL AND x.given_to IS NULL
  JOIN approvals a ON a.id = x.approval_id AND a.stage = x.stage AND a.client_id = d.client_id AND a.asking = 1
  JOIN project_grants y ON y.actor = d.person_id AND y.project_id = a.project_id AND y.side = 'client' AND (y.rights & 32) <> 0
  JOIN project_grants g ON g.actor = d.deputy_id AND g.project_id = a.project_id AND g.side = 'client' AND (g.rights & 32) <> 0
  JOIN persons n ON n.id = d.deputy_id AND n.disabled_at IS NULL
  JOIN clients c ON c.id = d.client_id AND c.time_zone = $3
 WHERE d.from_on <= $1 AND d.to_on >= $1
   AND NOT EXISTS (SELECT 1 FROM approval_people o WHERE o.approval_id = a.id AND o.stage = a.stage AND o.person_id = d.deputy_id
         AND (o.given_to IS NULL OR o.given_as = 'away' OR o.given_as = '' AND o.given_to = d.person_id))
   AND `+seesAll+`
 ORDER BY a.id, d.person_id LIMIT $2`, day, limit, zone)
	return list(rows, err, func(r *db.Rows) (h handOver, err error) {
		return h, r.Scan(&h.ID, &h.Project, &h.Client, &h.Title, micros{&h.ShownAt}, &h.from, &h.to)
	})
}

// backAgain are decisions of people who were away and are not on a day, or whose deputy
// cannot give them any more, which whoever has them by now has not given, where another
// condition holds of them. Unscoped, as awayAsked; a person's own are found for themselves.
func backAgain(ctx context.Context, q querier, day string, limit int, where string, args ...any) ([]handOver, error) {
	rows, err := q.Query(ctx, `
SELECT a.id, a.project_id, a.client_id, a.title, COALESCE(a.shown_at, 0), h.person_id, x.person_id
  FROM approval_people x JOIN approvals a ON a.id = x.approval_id AND a.stage = x.stage AND a.asking = 1
  JOIN approval_people h ON h.approval_id = x.approval_id AND h.stage = x.stage AND h.role = 'decider' AND h.decision_id IS NULL AND h.given_to IS NULL AND h.for_id = COALESCE(x.for_id, x.person_id)
  JOIN project_grants g ON g.actor = x.person_id AND g.project_id = a.project_id AND g.side = 'client' AND (g.rights & 32) <> 0
  JOIN persons n ON n.id = x.person_id AND n.disabled_at IS NULL
  JOIN clients c ON c.id = a.client_id
 WHERE x.given_as = 'away' AND x.decision_id IS NULL AND `+where+` AND `+seesAll+`
   AND NOT EXISTS (SELECT 1 FROM deputies d JOIN project_grants y ON y.actor = d.deputy_id AND y.project_id = a.project_id AND y.side = 'client' AND (y.rights & 32) <> 0
         JOIN persons e ON e.id = d.deputy_id AND e.disabled_at IS NULL
         WHERE d.person_id = x.person_id AND d.client_id = a.client_id AND d.deputy_id = x.given_to AND d.from_on <= $1 AND d.to_on >= $1)
 ORDER BY a.id, x.person_id LIMIT $2`, append([]any{day, limit}, args...)...)
	return list(rows, err, func(r *db.Rows) (h handOver, err error) {
		return h, r.Scan(&h.ID, &h.Project, &h.Client, &h.Title, micros{&h.ShownAt}, &h.from, &h.to)
	})
}

// A stranding is an approval that nobody can answer, or that somebody can again.
type stranding struct {
	openApproval
	of Side // whose people are asked
}

// awaitsClient says that a client can be waited for in a project at all: neither is
// archived, and the portal is on. Until then what is asked of them rests.
const awaitsClient = `EXISTS (SELECT 1 FROM projects p JOIN clients c ON c.id = p.client_id
            WHERE p.id = a.project_id AND p.archived_at IS NULL AND p.shared_at IS NOT NULL AND c.archived_at IS NULL AND c.portal_since IS NOT NULL)`

// strandings are approvals of which it changed whether somebody can answer.
// Unscoped: the program tells the team.
func (p *Portal) strandings(ctx context.Context, limit int) ([]stranding, error) {
	const can = `EXISTS (SELECT 1 FROM approval_people x JOIN project_grants g ON g.actor = x.person_id AND g.project_id = a.project_id
            JOIN persons n ON n.id = x.person_id AND n.disabled_at IS NULL
            WHERE x.approval_id = a.id AND x.stage = a.stage AND x.role = 'decider' AND x.decision_id IS NULL AND x.given_to IS NULL AND (g.side = 'team' OR (g.rights & 32) <> 0))`
	rows, err := p.db.Query(ctx, `
SELECT a.id, a.project_id, a.client_id, a.title, COALESCE(a.shown_at, 0), g.side FROM approvals a JOIN approval_stages g ON g.approval_id = a.id AND g.number = a.stage
 WHERE a.asking = 1 AND CASE WHEN a.stranded_at IS NULL THEN NOT `+can+` AND (g.side = 'team' OR `+awaitsClient+`) ELSE `+can+` END ORDER BY a.id LIMIT $1`, limit)
	return list(rows, err, func(r *db.Rows) (s stranding, err error) {
		return s, r.Scan(&s.ID, &s.Project, &s.Client, &s.Title, micros{&s.ShownAt}, &s.of)
	})
}

// missing are those who were asked, whose answer more than one have to give, and of
// whom it changed whether they can. Unscoped: the program tells the team.
func (p *Portal) missing(ctx context.Context, limit int) ([]missingPerson, error) {
	const can = `EXISTS (SELECT 1 FROM project_grants g JOIN persons n ON n.id = g.actor AND n.disabled_at IS NULL
            WHERE g.actor = x.person_id AND g.project_id = a.project_id AND (g.side = 'team' OR (g.rights & 32) <> 0))`
	rows, err := p.db.Query(ctx, `
SELECT a.id, a.project_id, a.client_id, a.title, COALESCE(a.shown_at, 0), x.person_id, CASE WHEN x.gone_at IS NULL THEN 0 ELSE 1 END
  FROM approvals a JOIN approval_stages s ON s.approval_id = a.id AND s.number = a.stage AND s.rule IN ('everyone', 'majority')
  JOIN approval_people x ON x.approval_id = a.id AND x.stage = a.stage AND x.role = 'decider' AND x.decision_id IS NULL AND x.given_to IS NULL
 WHERE a.asking = 1 AND a.stranded_at IS NULL AND CASE WHEN x.gone_at IS NULL THEN NOT `+can+` AND (s.side = 'team' OR `+awaitsClient+`) ELSE `+can+` END ORDER BY a.id, x.person_id LIMIT $1`, limit)
	return list(rows, err, func(r *db.Rows) (m missingPerson, err error) {
		return m, r.Scan(&m.ID, &m.Project, &m.Client, &m.Title, micros{&m.ShownAt}, &m.person, &m.known)
	})
}

// A missingPerson is asked and can no longer answer, or can again.
type missingPerson struct {
	openApproval
	person PersonID
	known  bool // that they cannot
}

// overdueLong are approvals of which others are to be told that nobody answers.
// Unscoped: the program tells them.
func (p *Portal) overdueLong(ctx context.Context, limit int) ([]openApproval, error) {
	rows, err := p.db.Query(ctx, `
SELECT a.id, a.project_id, a.client_id, a.title, COALESCE(a.deliverable_id, ''), COALESCE(a.shown_at, 0), a.escalate_at FROM approvals a JOIN approval_stages g ON g.approval_id = a.id AND g.number = a.stage
 WHERE a.escalate_at <= $1 AND a.asking = 1 AND (g.side = 'team' OR `+awaitsClient+`) ORDER BY a.escalate_at, a.id LIMIT $2`, db.Micros(p.now()), limit)
	return list(rows, err, func(r *db.Rows) (o openApproval, err error) {
		return o, r.Scan(&o.ID, &o.Project, &o.Client, &o.Title, &o.Deliverable, micros{&o.ShownAt}, &o.at)
	})
}

// escalatedTo are whoever asked, and the leads of the client who see an approval and
// are not asked in it; in a stage of the team's own, who manages the project instead
// of them. Unscoped: each mail is read through its reader's Scope.
func (t *tx) escalatedTo(ctx context.Context, id ApprovalID) ([]PersonID, error) {
	rows, err := t.Query(ctx, `
SELECT g.actor FROM approvals a JOIN approval_stages s ON s.approval_id = a.id AND s.number = a.stage
  JOIN project_grants g ON g.project_id = a.project_id JOIN persons n ON n.id = g.actor AND n.disabled_at IS NULL
 WHERE a.id = $1 AND (g.side = 'team' AND g.actor = a.created_by
    OR (s.side = 'client' AND g.side = 'client' AND (g.rights & 160) = 160 AND a.shown_at IS NOT NULL OR s.side = 'team' AND g.side = 'team' AND (g.rights & 512) <> 0)
       AND NOT EXISTS (SELECT 1 FROM approval_people x WHERE x.approval_id = a.id AND x.stage = a.stage AND x.person_id = g.actor AND x.given_to IS NULL))
 ORDER BY g.actor`, string(id))
	return list(rows, err, scanOne[PersonID])
}

// leadsToTell are those of the client's people who lead where a version is, but for
// the actor, and were not mailed of what is shared of its file since then, nor are
// about to be. Unscoped: a
// colleague does not know who they are; the mail is read through its reader's Scope.
func (t *tx) leadsToTell(ctx context.Context, v Version, since int64) ([]PersonID, error) {
	rows, err := t.Query(ctx, `
SELECT g.actor FROM project_grants g JOIN persons n ON n.id = g.actor
 WHERE g.project_id = $1 AND g.side = 'client' AND (g.rights & 132) = 132 AND g.actor <> $2
   AND NOT EXISTS (SELECT 1 FROM mails m WHERE m.subject_id = $3 AND m.person_id = g.actor AND m.kind = 'drafts_shared' AND m.state <> 'dropped' AND m.created_at > $4) ORDER BY g.actor LIMIT 50`,
		string(v.Project), string(t.me.actor.person), string(v.File), since)
	return list(rows, err, scanOne[PersonID])
}

// mayTake are the client users who may download in a project. Unscoped: whoever
// manages it chooses among those that they see.
func (p *Portal) mayTake(ctx context.Context, project ProjectID) (map[ClientUserID]bool, error) {
	rows, err := p.db.Query(ctx, `SELECT g.actor FROM project_grants g WHERE g.project_id = $1 AND g.side = 'client' AND (g.rights & 2) <> 0`, string(project))
	all, err := list(rows, err, scanOne[ClientUserID])
	may := map[ClientUserID]bool{}
	for _, id := range all {
		may[id] = true
	}
	return may, err
}

// unplanned are approvals that are due on a day and of which it is not known when
// others are told. Unscoped: the program plans it.
func (p *Portal) unplanned(ctx context.Context, limit int) ([]openApproval, error) {
	rows, err := p.db.Query(ctx, `
SELECT a.id, a.client_id, a.due_on FROM approvals a
 WHERE a.asking = 1 AND a.due_on IS NOT NULL AND a.escalate_at IS NULL AND a.escalated_at IS NULL ORDER BY a.id LIMIT $1`, limit)
	return list(rows, err, func(r *db.Rows) (o openApproval, err error) { return o, r.Scan(&o.ID, &o.Client, &o.DueOn) })
}

// dueSignoffs are those that wait for the client and of which to remind now.
// Unscoped, as dueApprovals.
func (p *Portal) dueSignoffs(ctx context.Context, limit int) ([]dueReminder, error) {
	rows, err := p.db.Query(ctx, `
SELECT s.id, COALESCE(s.due_on, ''), s.remind_at, c.time_zone FROM signoffs s JOIN clients c ON c.id = s.client_id WHERE s.remind_at <= $1 AND s.state = 'asked' ORDER BY s.remind_at, s.id LIMIT $2`, db.Micros(p.now()), limit)
	return list(rows, err, func(r *db.Rows) (d dueReminder, err error) { return d, r.Scan(&d.id, &d.dueOn, &d.at, &d.zone) })
}

// signers are those who may sign something off. Unscoped, as stillAsked.
func signers(ctx context.Context, d querier, id SignoffID) ([]PersonID, error) {
	rows, err := d.Query(ctx, `
SELECT g.actor FROM signoffs s JOIN project_grants g ON g.project_id = s.project_id AND g.side = 'client' AND (g.rights & 64) <> 0
  JOIN persons n ON n.id = g.actor AND n.disabled_at IS NULL WHERE s.id = $1 AND s.state = 'asked' ORDER BY g.actor`, string(id))
	return list(rows, err, scanOne[PersonID])
}

// An openSignoff is one that is asked, as the program follows it.
type openSignoff struct {
	Signoff
	at int64 // that others are to be told; 0: that is not planned
}

// unfollowed are sign-offs of which others are to be told that nobody answers, and
// those that were asked before anybody was. Unscoped: the program tells them.
func (p *Portal) unfollowed(ctx context.Context, limit int) ([]openSignoff, error) {
	rows, err := p.db.Query(ctx, `
SELECT a.id, a.project_id, a.client_id, a.subject_id, a.title, COALESCE(a.due_on, ''), a.remind, COALESCE(a.escalate_at, 0) FROM signoffs a
 WHERE a.state = 'asked' AND a.due_on IS NOT NULL AND a.escalated_at IS NULL AND (a.escalate_at IS NULL OR a.escalate_at <= $1) AND `+awaitsClient+` ORDER BY a.id LIMIT $2`, db.Micros(p.now()), limit)
	return list(rows, err, func(r *db.Rows) (o openSignoff, err error) {
		return o, r.Scan(&o.ID, &o.Project, &o.Client, &o.Subject, &o.Title, &o.DueOn, &o.Remind, &o.at)
	})
}

// toldOfSignoff are whoever asked for a sign-off, and the leads of the client who may
// not sign themselves. Unscoped, as escalatedTo.
func (t *tx) toldOfSignoff(ctx context.Context, id SignoffID) ([]PersonID, error) {
	rows, err := t.Query(ctx, `
SELECT g.actor FROM signoffs s JOIN project_grants g ON g.project_id = s.project_id JOIN persons n ON n.id = g.actor AND n.disabled_at IS NULL
 WHERE s.id = $1 AND (g.side = 'team' AND g.actor = s.created_by OR g.side = 'client' AND (g.rights & 192) = 128) ORDER BY g.actor`, string(id))
	return list(rows, err, scanOne[PersonID])
}

// clientDay is the day that it is where a client is. Unscoped: of whoever is asked
// about, no more is told.
func (p *Portal) clientDay(ctx context.Context, id ClientID) (string, error) {
	var zone, ours string
	if err := p.db.QueryRow(ctx, `SELECT c.time_zone, w.time_zone FROM clients c JOIN workspace w ON w.id = 1 WHERE c.id = $1`, string(id)).Scan(&zone, &ours); err != nil {
		return "", notFound(err)
	}
	return p.now().In(zoneOf(cmp.Or(zone, ours))).Format(time.DateOnly), nil
}

// calendarOf is the calendar by which a client's working days are counted. Unscoped:
// the program goes by it.
func (t *tx) calendarOf(ctx context.Context, id ClientID) (WorkCalendar, error) {
	var c ClientCalendar
	var w Workspace
	var week sql.NullInt64
	var holidays sql.NullString
	var zone, hours string
	err := t.QueryRow(ctx, `SELECT c.time_zone, c.working_days, c.holidays, w.time_zone, w.office_hours FROM clients c JOIN workspace w ON w.id = 1 WHERE c.id = $1`, string(id)).
		Scan(&c.TimeZone, &week, &holidays, &zone, &hours)
	if err == nil {
		err = w.decode(hours, "")
	}
	c.Week, c.OwnHolidays, c.Holidays = Week(week.Int64), holidays.Valid, strings.Fields(holidays.String)
	c.Workspace = Office{Zone: zoneOf(zone), Hours: w.OfficeHours}.Calendar()
	return c.Calendar(), err
}

// possibleDeputies are colleagues of the actor's at a client who may decide in a
// project in which the actor may. Unscoped, as stillFree.
func possibleDeputies(ctx context.Context, q querier, who Actor, client ClientID) ([]ProjectPerson, error) {
	rows, err := q.Query(ctx, `
SELECT DISTINCT n.id, n.name, g.side FROM project_grants y
  JOIN project_grants g ON g.project_id = y.project_id AND g.side = 'client' AND (g.rights & 32) <> 0 AND g.actor <> y.actor
  JOIN persons n ON n.id = g.actor AND n.disabled_at IS NULL
 WHERE y.actor = $1 AND y.client_id = $2 AND y.side = 'client' AND (y.rights & 32) <> 0 AND n.id <> $3 ORDER BY n.name, n.id LIMIT 500`, who.id, string(client), string(who.person))
	return list(rows, err, func(r *db.Rows) (p ProjectPerson, err error) { return p, r.Scan(&p.Person, &p.Name, &p.Side) })
}

// indexMessages puts the words of what was said into the index of SQLite, where
// what is found is read through the searcher's scope. Unscoped: it takes all that
// the transaction has put in, whoever said it.
var indexMessages = []string{`
INSERT INTO message_words (rowid, body, client_id)
SELECT r.number, r.body, r.client_id FROM message_readers r WHERE r.number > (SELECT d.number FROM message_words_done d) AND r.deleted_at IS NULL ORDER BY r.number`,
	`UPDATE message_words_done SET number = (SELECT MAX(m.rowid) FROM messages m) WHERE number < (SELECT MAX(m.rowid) FROM messages m)`}

// findable puts in at once what is yet to be put into the index of words: whoever
// searches finds what was said before they asked. That writes where it is read, but only
// what its writer left for later; a disk that takes nothing more keeps nobody from
// searching what is there. Unscoped, as indexMessages.
func (p *Portal) findable(ctx context.Context, how messageSearch) error {
	if len(how.index) == 0 {
		return nil
	}
	var due bool
	if err := p.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM messages m WHERE m.rowid > (SELECT d.number FROM message_words_done d))`).Scan(&due); err != nil || !due {
		return err
	}
	err := p.db.Write(ctx, func(t *db.Tx) error {
		for _, q := range how.index {
			if _, err := t.Exec(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, db.ErrFull) {
		return nil
	}
	return err
}

// onlyNewest takes mails out of the queue for which another is put in, of the same
// kind, to the same person, about the same, and says when the last one went out.
// Unscoped: the mails are its reader's, and whoever does what they tell of reads none.
func onlyNewest(ctx context.Context, d *db.Tx, kind string, person PersonID, subject string) (last time.Time, err error) {
	if _, err := d.Exec(ctx, `UPDATE mails SET state = 'dropped', reason = 'settled' WHERE subject_id = $1 AND person_id = $2 AND kind = $3 AND state = 'queued'`, subject, string(person), kind); err != nil {
		return last, err
	}
	return last, d.QueryRow(ctx, `SELECT COALESCE(MAX(COALESCE(m.sent_at, m.created_at)), 0) FROM mails m WHERE m.subject_id = $1 AND m.person_id = $2 AND m.kind = $3 AND m.state <> 'dropped'`,
		subject, string(person), kind).Scan(micros{&last})
}

// readNotices notes that the actor has looked at what they were told of a thread, up
// to one of its messages; of comments they are told as of what is commented on.
// Unscoped: nobody reads by it.
func (t *tx) readNotices(ctx context.Context, id ThreadID, upTo int64) error {
	_, err := t.exec(ctx, `
UPDATE notices SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL AND subject = (SELECT COALESCE(h.item_id, h.id) FROM threads h WHERE h.id = $3)
   AND EXISTS (SELECT 1 FROM messages m WHERE m.id = notices.message_id AND m.thread_id = $3 AND m.seq <= $4)`, t.now, string(t.me.actor.person), string(id), upTo)
	return err
}

// readUntil notes that the actor has looked at what they were mailed about a thread
// until one of their mails, which they answer, and at nothing that came after. The thread
// they have read as far as mails showed them all of it: not past what stood in none, or
// not to its end; where mails do not say what is new, they showed nothing. Unscoped:
// nobody reads by it, and mails are for those who administer.
func (t *tx) readUntil(ctx context.Context, th Thread, mail MailID) error {
	const shown = `EXISTS (SELECT 1 FROM mails m JOIN workspace w ON w.id = 1 AND w.bare_mails = 0 JOIN mails a ON a.person_id = m.person_id AND (a.id = m.id OR m.sent_at <= a.sent_at)
                WHERE m.id = n.mail_id AND m.person_id = n.person_id AND a.id = `
	if _, err := t.exec(ctx, `UPDATE notices AS n SET read_at = $1 WHERE n.person_id = $2 AND n.read_at IS NULL AND n.subject IN ($3, $4) AND `+shown+`$5)`,
		t.now, string(t.me.actor.person), string(th.ID), string(th.Item), string(mail)); err != nil {
		return err
	}
	const mark = `COALESCE((SELECT MAX(r.seq) FROM my_readings r WHERE r.thread_id = $2), 0)`
	var upTo MessageID
	err := t.get(ctx, `
SELECT m.id FROM my_messages m
 WHERE m.thread_id = $2 AND m.seq > `+mark+` AND m.seq < COALESCE((
       SELECT o.seq FROM my_messages o
        WHERE o.thread_id = $2 AND o.seq > `+mark+` AND o.deleted_at IS NULL AND COALESCE(o.author_id, '') <> $3
          AND NOT (LENGTH(o.body) <= $5 AND EXISTS (SELECT 1 FROM notices n WHERE n.message_id = o.id AND n.person_id = $3 AND n.mail = 'now' AND `+shown+`$4)))
        ORDER BY o.seq LIMIT 1), m.seq + 1)
 ORDER BY m.seq DESC LIMIT 1`, []any{string(th.ID), string(t.me.actor.person), string(mail), MaxMailed}, &upTo)
	if err == ErrNotFound { // they were shown none of what comes next
		return nil
	}
	if err == nil {
		err = t.markRead(ctx, th.ID, upTo)
	}
	return err
}

// EventsAfter lists the events after one, the newest first and a thousand at most, of
// which each made a signal that says which it is: for a node that finds out whether it
// was told of all. Unscoped: the program asks, and hands out nothing of them.
func (p *Portal) EventsAfter(ctx context.Context, after EventID) ([]EventID, error) {
	rows, err := p.db.Query(ctx, `SELECT e.id, e.kind, e.told FROM events e WHERE e.id > $1 ORDER BY e.id DESC LIMIT 1000`, string(after))
	var all []EventID
	err = everyRow(rows, err, func() error {
		var id EventID
		var kind Kind
		var told bool
		err := rows.Scan(&id, &kind, &told)
		if told || kinds[kind].talk {
			all = append(all, id)
		}
		return err
	})
	return all, err
}
