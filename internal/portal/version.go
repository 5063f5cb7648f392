package portal

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// How far a version has been looked through for what is harmful.
const (
	ScanOff       = "off" // nobody looks
	ScanWaiting   = "waiting"
	ScanClean     = "clean"
	ScanInfected  = "infected"
	ScanUnscanned = "unscanned" // it could not be looked through, and is handed out all the same
)

// Version is one state of a file. It never changes, but for who sees it and
// what was found out about it.
//
// A version of a file that the client sees is called by its ShownNumber, or,
// while it is a draft that only the team sees, by its Number; one of a file of
// the team's by its Number. For the client both numbers are the shown one.
type Version struct {
	ID            VersionID
	File          FileID
	FileName      string
	Project       ProjectID
	Number        int
	ShownNumber   int  // 0 when it was never shown
	Draft         bool // only the team sees it, of a file that the client sees
	Audience      Side // of the version; it is seen no further than its file
	FileAudience  Side
	Size          int64
	SHA256        string
	Kind          string // image, pdf, video, audio, text, markdown, code, csv, office, archive, svg, other
	Type          string // for delivery
	Note          string
	RestoredFrom  VersionID // for the team
	CreatedAt     time.Time
	CreatedBy     PersonID // empty when not for the reader
	CreatedByName string
	Scan          string
	ScanFound     string
	Preview       string // waiting, ready, none
	Width, Height int
	Pages         int
	Duration      time.Duration
	Coming        bool // more of it to look at is still being made
	Held

	blob string
}

// Label is the number it is called by.
func (v Version) Label() int {
	if v.FileAudience == ClientSide && !v.Draft && v.ShownNumber > 0 {
		return v.ShownNumber
	}
	return v.Number
}

// HeldBack reports whether nobody can have it: it was not looked through yet,
// or something was found in it.
func (v Version) HeldBack() bool { return held(v.Scan) }

func held(scan string) bool { return scan == ScanWaiting || scan == ScanInfected }

// micros and millis read a stored time and a stored duration.
type (
	micros struct{ to *time.Time }
	millis struct{ to *time.Duration }
)

func (m micros) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", src)
	}
	*m.to = moment(n)
	return nil
}

func (m millis) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a duration is stored as %T", src)
	}
	*m.to = time.Duration(n) * time.Millisecond
	return nil
}

// dest are the places for the version's columns of a file.
func (v *Version) dest() []any {
	return []any{&v.ID, micros{&v.CreatedAt}, &v.Size, &v.Number, &v.ShownNumber, &v.Audience, &v.SHA256, &v.Kind, &v.Type, &v.Note, &v.RestoredFrom,
		&v.CreatedBy, &v.CreatedByName, &v.Scan, &v.ScanFound, &v.Preview, &v.Width, &v.Height, &v.Pages, millis{&v.Duration}, &v.blob, &v.Coming}
}

// complete sets what follows from the columns.
func (v *Version) complete(file Side) {
	v.FileAudience = file
	v.Draft = file == ClientSide && v.Audience == Team
}

const versionColumns = `v.file_id, v.name, v.project_id, v.file_audience, v.side, v.rights,
       v.id, v.created_at, v.size, v.number, v.shown_number, v.version_audience, v.sha256, v.kind, v.type, v.note, COALESCE(v.restored_from, ''),
       COALESCE(v.version_by, ''), COALESCE(v.version_by_name, ''), v.scan, v.scan_found, v.preview, v.width, v.height, v.pages, v.duration_ms, v.blob, v.coming`

func scanVersion(rows *db.Rows) (v Version, err error) { return v, v.scan(rows.Scan) }

func (v *Version) scan(scan func(...any) error) error {
	err := scan(append([]any{&v.File, &v.FileName, &v.Project, &v.FileAudience, &v.Side, &v.Rights}, v.dest()...)...)
	v.complete(v.FileAudience)
	return err
}

// Version returns one version.
func (me *Scope) Version(ctx context.Context, id VersionID) (Version, error) {
	return version(ctx, me, id)
}

func version(ctx context.Context, r reader, id VersionID) (v Version, err error) {
	err = v.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+versionColumns+` FROM my_versions v WHERE v.id = $2`, []any{string(id)}, dest...)
	})
	return v, err
}

// MaxVersions bounds a list of versions.
const MaxVersions = 200

// Versions returns the newest versions of a file, at most 200, the newest first.
func (me *Scope) Versions(ctx context.Context, id FileID) ([]Version, error) {
	return me.EarlierVersions(ctx, id, math.MaxInt32)
}

// EarlierVersions returns those before the one with the number, likewise.
func (me *Scope) EarlierVersions(ctx context.Context, id FileID, number int) ([]Version, error) {
	rows, err := me.query(ctx, `
SELECT `+versionColumns+` FROM my_versions v WHERE v.file_id = $2 AND v.number < $3 ORDER BY v.number DESC LIMIT $4`, string(id), number, MaxVersions)
	return list(rows, err, scanVersion)
}

// newVersion is a version about to be made, of a file that is held.
type newVersion struct {
	file         FileID
	project      ProjectID
	client       ClientID
	audience     Side
	blob         string
	size         int64
	sha256       string
	kind         string
	typ          string
	claimedType  string
	note         string
	restoredFrom VersionID
	scan         string
}

// insertVersion adds a version as the newest, and says by which number it is
// called. The room for it has been taken.
func (t *tx) insertVersion(ctx context.Context, n newVersion) (id VersionID, label int64, err error) {
	number, shown, err := t.nextNumbers(ctx, n.file)
	if err != nil {
		return "", 0, err
	}
	label = number
	at, by := t.shown(n.audience)
	var shownNumber any
	set := ``
	if n.audience == ClientSide {
		shownNumber, label = shown, shown
		set = `, shown_id = $1, shown_version_at = $2, shown_size = $3, revision = revision + 1` // of a draft the client's revision says nothing
	}
	if n.scan == "" {
		n.scan = ScanOff
	}
	id = VersionID(db.NewID("ver"))
	t.sealsToo(string(id))
	if err := t.must(ctx, `
INSERT INTO versions (id, file_id, project_id, client_id, number, shown_number, audience, shown_at, shown_by, blob, size, sha256, kind, type, claimed_type, note, restored_from, created_at, created_by, scan)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		string(id), string(n.file), string(n.project), string(n.client), number, shownNumber, string(n.audience), at, by, n.blob, n.size, n.sha256,
		n.kind, n.typ, n.claimedType, n.note, nullable(n.restoredFrom), t.now, string(t.me.actor.person), n.scan); err != nil {
		return "", 0, err
	}
	if n.audience == ClientSide {
		if err := t.lookAgain(ctx, inFile, string(n.file)); err != nil {
			return "", 0, err
		}
	}
	if err := t.must(ctx, `UPDATE files SET latest_id = $1, latest_at = $2, latest_size = $3`+set+` WHERE id = $4`,
		string(id), t.now, n.size, string(n.file)); err != nil {
		return "", 0, err
	}
	return id, label, t.outdate(ctx, askedOfFile, string(n.file))
}

// copyVersion adds a version of the same bytes as another, with what was made
// to look at it.
func (t *tx) copyVersion(ctx context.Context, from Version, n newVersion) (id VersionID, label int64, err error) {
	n.blob, n.size, n.sha256, n.kind, n.typ, n.scan = from.blob, from.Size, from.SHA256, from.Kind, from.Type, from.Scan
	if id, label, err = t.insertVersion(ctx, n); err != nil {
		return id, label, err
	}
	if from.Preview == "waiting" {
		return id, label, t.me.p.enqueue(ctx, t.Tx, PreviewVersion, PreviewJob{id})
	}
	return id, label, t.copyPreviews(ctx, from.ID, id)
}

// RestoreVersion brings an earlier version back: as a new one of the same
// bytes, which the client sees if they see that. Takes what adding a version
// takes.
func (me *Scope) RestoreVersion(ctx context.Context, id VersionID) (VersionID, error) {
	var made VersionID
	err := me.write(ctx, func(t *tx) error {
		v, err := version(ctx, t, id)
		if err != nil {
			return err
		}
		f, err := t.fileHeld(ctx, v.File)
		switch {
		case err != nil:
			return err
		case !f.MayAddVersion():
			return ErrForbidden
		}
		v, err = version(ctx, t, id)
		switch {
		case err != nil:
			return err
		case v.HeldBack():
			return ErrHeld
		case v.ID == f.Version.ID:
			return ErrConflict
		}
		if err := t.take(ctx, f.Client, v.Size); err != nil {
			return err
		}
		audience := Team
		if f.Audience == ClientSide && !v.Draft {
			audience = ClientSide
		}
		var label int64
		if made, label, err = t.copyVersion(ctx, v, f.next(audience, v.ID)); err != nil {
			return err
		}
		return t.tellVersion(ctx, VersionRestored, f, audience, label)
	})
	return made, err
}

// next is a new version of the file.
func (f File) next(audience Side, restoredFrom VersionID) newVersion {
	return newVersion{file: f.ID, project: f.Project, client: f.Client, audience: audience, restoredFrom: restoredFrom}
}

// tellVersion records what happened to a version of the file: the client is
// told of what they see.
func (t *tx) tellVersion(ctx context.Context, k Kind, f File, audience Side, label int64) error {
	i := f.item()
	if audience != ClientSide {
		i.audience = Team
	}
	return t.tell(ctx, k, i, Details{"number": strconv.FormatInt(label, 10)})
}

// ShowVersion shows a draft of a file that the client sees. One that is older
// than what they have is ErrConflict: RestoreVersion brings it back. Who made
// the version may, and who manages.
func (me *Scope) ShowVersion(ctx context.Context, id VersionID) error {
	return me.write(ctx, func(t *tx) error {
		v, err := version(ctx, t, id)
		if err != nil {
			return err
		}
		f, err := t.fileFor(ctx, v.File, Contribute)
		if err != nil {
			return err
		}
		if v, err = version(ctx, t, id); err != nil {
			return err
		}
		switch {
		case !f.Can(Manage) && v.CreatedBy != me.actor.person:
			return ErrForbidden
		case f.Audience != ClientSide:
			return invalid("file", "not_shown")
		case !v.Draft:
			return nil
		}
		_, shown, err := t.nextNumbers(ctx, f.ID)
		if err != nil {
			return err
		}
		var newest int
		if err := t.get(ctx, `SELECT COALESCE(MAX(v.number), 0) FROM my_versions v WHERE v.file_id = $2 AND v.version_audience = 'client'`, []any{string(f.ID)}, &newest); err != nil {
			return err
		}
		if v.Number < newest {
			return ErrConflict
		}
		if err := t.showVersion(ctx, f.ID, v, shown); err != nil {
			return err
		}
		return t.tellVersion(ctx, VersionShown, f, ClientSide, shown)
	})
}

// showVersion makes a version the newest that the client sees.
func (t *tx) showVersion(ctx context.Context, f FileID, v Version, number int64) error {
	if err := t.must(ctx, `UPDATE versions SET audience = 'client', shown_number = $1, shown_at = $2, shown_by = $3 WHERE id = $4`,
		number, t.now, string(t.me.actor.person), string(v.ID)); err != nil {
		return err
	}
	if err := t.lookAgain(ctx, inFile, string(f)); err != nil {
		return err
	}
	if err := t.must(ctx, `UPDATE files SET shown_id = $1, shown_version_at = $2, shown_size = $3, revision = revision + 1 WHERE id = $4`,
		string(v.ID), db.Micros(v.CreatedAt), v.Size, string(f)); err != nil {
		return err
	}
	return t.outdate(ctx, askedOfFile, string(f))
}

// showFileVersions is the part of a reveal that is about versions: the newest
// alone is shown or, with history, all of them, which are then counted from 1.
func (t *tx) showFileVersions(ctx context.Context, f File, withHistory bool) error {
	if withHistory {
		if _, err := t.exec(ctx, `
UPDATE versions SET audience = 'client', shown_number = number, shown_at = COALESCE(shown_at, $1), shown_by = COALESCE(shown_by, $2) WHERE file_id = $3`,
			t.now, string(t.me.actor.person), string(f.ID)); err != nil {
			return err
		}
		return t.showVersion(ctx, f.ID, f.Version, int64(f.Version.Number))
	}
	if _, err := t.exec(ctx, `UPDATE versions SET audience = 'team' WHERE file_id = $1 AND audience = 'client'`, string(f.ID)); err != nil {
		return err
	}
	number := int64(f.Version.ShownNumber)
	if number == 0 {
		var err error
		if _, number, err = t.nextNumbers(ctx, f.ID); err != nil {
			return err
		}
	}
	return t.showVersion(ctx, f.ID, f.Version, number)
}
