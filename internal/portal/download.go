package portal

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Stored is where bytes are and what they are called: handed out to who may
// have them, at that moment.
type Stored struct {
	Blob    string
	Name    string
	Type    string // one that we hand out
	Size    int64
	SHA256  string
	Version VersionID
	File    FileID
	Project ProjectID
	At      time.Time // of the version
}

func (v Version) stored() (Stored, error) {
	if v.HeldBack() {
		return Stored{}, ErrHeld
	}
	return Stored{Blob: v.blob, Name: v.FileName, Type: v.Type, Size: v.Size, SHA256: v.SHA256, Version: v.ID, File: v.File, Project: v.Project, At: v.CreatedAt}, nil
}

// DownloadVersion hands out a version. The client's people need Download. What
// is held back is ErrHeld.
func (me *Scope) DownloadVersion(ctx context.Context, id VersionID) (Stored, error) {
	return me.stored(ctx, Download, versionStored, string(id))
}

// ReadVersion hands out a version for us to show what is written in it. The
// client's people need View alone.
func (me *Scope) ReadVersion(ctx context.Context, id VersionID) (Stored, error) {
	return me.stored(ctx, View, versionStored, string(id))
}

// PreviewOf hands out something that was made to look at a version; page is 0
// but for pages. As ReadVersion.
func (me *Scope) PreviewOf(ctx context.Context, id VersionID, kind string, page int) (Stored, error) {
	return me.stored(ctx, View, `
SELECT w.blob, w.name, w.type, w.size, w.sha256, w.version_id, w.file_id, w.project_id, w.created_at, w.scan, w.side, w.rights
  FROM my_previews w WHERE w.version_id = $2 AND w.kind = $3 AND w.page = $4`, string(id), kind, page)
}

const versionStored = `
SELECT v.blob, v.name, v.type, v.size, v.sha256, v.id, v.file_id, v.project_id, v.created_at, v.scan, v.side, v.rights FROM my_versions v WHERE v.id = $2`

// stored hands out what a query finds, to those who may do what.
func (me *Scope) stored(ctx context.Context, what Rights, q string, args ...any) (Stored, error) {
	var s Stored
	var scan string
	var h Held
	err := me.get(ctx, q, args,
		&s.Blob, &s.Name, &s.Type, &s.Size, &s.SHA256, &s.Version, &s.File, &s.Project, micros{&s.At}, &scan, &h.Side, &h.Rights)
	switch {
	case err != nil:
		return Stored{}, err
	case !h.Can(what):
		return Stored{}, ErrForbidden
	case held(scan):
		return Stored{}, ErrHeld
	}
	return s, nil
}

// Downloaded is one entry of the download log.
type Downloaded struct {
	ID          string
	File        FileID
	FileName    string
	Version     VersionID
	Number      int // as the team calls the version
	ShownNumber int
	Draft       bool
	Actor       string // a person's or a share link's id
	ActorName   string // of a person
	How         string // file, zip, link, view
	At          time.Time
	Held
}

// Downloads returns who took a file, the last first. For the team.
func (me *Scope) Downloads(ctx context.Context, id FileID, pg Page) ([]Downloaded, string, error) {
	return me.downloads(ctx, `d.file_id = $2`, string(id), pg)
}

// ProjectDownloads returns who took what of a project's files, the last first.
// For the team.
func (me *Scope) ProjectDownloads(ctx context.Context, id ProjectID, pg Page) ([]Downloaded, string, error) {
	return me.downloads(ctx, `d.project_id = $2`, string(id), pg)
}

func (me *Scope) downloads(ctx context.Context, where, arg string, pg Page) ([]Downloaded, string, error) {
	rows, err := me.query(ctx, `
SELECT d.id, d.file_id, d.file_name, d.version_id, d.number, COALESCE(d.shown_number, 0), CASE WHEN d.file_audience = 'client' AND d.audience = 'team' THEN 1 ELSE 0 END,
       d.actor, COALESCE(d.actor_name, ''), d.how, d.at, d.side, d.rights
  FROM my_downloads d WHERE `+where+` AND ($3 = '' OR d.id < $3) ORDER BY d.id DESC LIMIT $4`, arg, pg.After, pg.limit())
	all, err := list(rows, err, func(rows *db.Rows) (d Downloaded, err error) {
		return d, rows.Scan(&d.ID, &d.File, &d.FileName, &d.Version, &d.Number, &d.ShownNumber, &d.Draft,
			&d.Actor, &d.ActorName, &d.How, micros{&d.At}, &d.Side, &d.Rights)
	})
	if err != nil {
		return nil, "", err
	}
	all, next := page(all, pg, func(d Downloaded) string { return d.ID })
	return all, next, nil
}

// LogDownload notes that the actor took a version: how is "file", "zip", "link"
// or "view". It does not wait: what was noted in the last moment before a crash
// is lost. Whoever looks as somebody else is not noted.
func (me *Scope) LogDownload(s Stored, how string) {
	if strings.HasPrefix(me.actor.id, "cus_") {
		return
	}
	me.p.downloads.add(taken{db.NewID("dwl"), s.Version, me.actor.id, how, db.Micros(me.p.now())})
}

const (
	logDelay = time.Second // how long a download waits to be written with others
	logBatch = 2000        // rows in one transaction
	logQueue = 20_000      // rows that wait while the database does not answer
)

type taken struct {
	id      string
	version VersionID
	actor   string
	how     string
	at      int64
}

// downloadLog writes many downloads in one transaction, off the way of those
// who download.
type downloadLog struct {
	p *Portal

	mu      sync.Mutex
	waiting []taken
	timer   bool // one is set

	writing sync.Mutex // held by who writes
}

func (l *downloadLog) add(d taken) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) >= logQueue {
		return
	}
	l.waiting = append(l.waiting, d)
	if !l.timer {
		l.timer = true
		time.AfterFunc(logDelay, func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := l.flush(ctx); err != nil {
				l.p.log.Error("write the download log", "error", err.Error())
			}
		})
	}
}

// flush writes what waits.
func (l *downloadLog) flush(ctx context.Context) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	for {
		l.mu.Lock()
		n := min(len(l.waiting), logBatch)
		batch := l.waiting[:n:n]
		l.timer = false
		l.mu.Unlock()
		if n == 0 {
			return nil
		}
		if err := l.p.writeDownloads(ctx, batch); err != nil {
			return err // they wait for the next one that is noted
		}
		l.mu.Lock()
		l.waiting = l.waiting[n:]
		if len(l.waiting) == 0 {
			l.waiting = nil
		}
		l.mu.Unlock()
	}
}

// Flush writes what is kept in memory for a moment: the download log.
func (p *Portal) Flush(ctx context.Context) error { return p.downloads.flush(ctx) }

// Close is Flush, at the end.
func (p *Portal) Close(ctx context.Context) error { return p.Flush(ctx) }
