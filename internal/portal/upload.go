package portal

import (
	"context"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Bounds of uploads.
const (
	uploadLife = 24 * time.Hour     // without a byte
	keptDone   = 7 * 24 * time.Hour // how long one that has arrived can be asked about
	maxUploads = 500                // of one person at the same time
)

// NewUpload is what BeginUpload takes.
type NewUpload struct {
	Project  ProjectID
	Folder   FolderID      // empty: at the top
	File     FileID        // becomes a version of it; empty: a file
	Request  FileRequestID // answers it
	Name     string
	Path     string // folders below Folder, with slashes, that are made when it arrives
	Size     int64
	Type     string // as its sender has it
	SHA256   string // likewise, hexadecimal; may be empty
	Note     string // what changed
	Audience Side   // empty: the team; what the client's people bring is for both
	OnClash  string // "ask" (or empty), "version" or "both"
}

var sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (n *NewUpload) check() (path []string, err error) {
	var c checks
	n.Name = uploadName(n.Name)
	for part := range strings.SplitSeq(n.Path, "/") {
		if part != "" && part != "." {
			path = append(path, uploadName(part))
		}
	}
	if len(path) > MaxFolderDepth {
		c.fail("path", "too_deep", "max", strconv.Itoa(MaxFolderDepth))
	}
	n.Path = strings.Join(path, "/")
	n.Note = c.text("note", n.Note)
	n.Type = strings.ToValidUTF8(n.Type, "")
	if len(n.Type) > MaxName || strings.ContainsRune(n.Type, 0) {
		n.Type = ""
	}
	if n.SHA256 = strings.ToLower(n.SHA256); n.SHA256 != "" && !sha256Form.MatchString(n.SHA256) {
		c.fail("sha256", "choice")
	}
	if n.Size < 0 {
		c.fail("size", "whole_number")
	}
	n.Audience = c.audience(n.Audience)
	if n.OnClash == "" {
		n.OnClash = "ask"
	}
	c.oneOf("on_clash", n.OnClash, "ask", "version", "both")
	return path, c.err()
}

// Uploading is one file on its way up.
type Uploading struct {
	ID            UploadID
	Project       ProjectID
	Folder        FolderID
	File          FileID // of which it becomes a version
	Request       FileRequestID
	Name          string
	Size          int64
	Received      int64  // bytes that are safe
	State         string // the store's
	Blob          string
	CreatedAt     time.Time
	ExpiresAt     time.Time
	Finished      bool
	Version       VersionID // what it became
	Became        FileID
	ClaimedSHA256 string
	Held

	client   ClientID
	path     string
	audience Side
	note     string
	typ      string
}

const uploadColumns = `u.id, u.project_id, COALESCE(u.folder_id, ''), COALESCE(u.file_id, ''), COALESCE(u.request_id, ''), u.name, u.size, u.received, u.state, u.blob,
       u.created_at, u.expires_at, CASE WHEN u.finished_at IS NULL THEN 0 ELSE 1 END, COALESCE(u.version_id, ''), u.became, u.claimed_sha256, u.side, u.rights,
       u.client_id, u.path, u.audience, u.note, u.claimed_type`

func scanUpload(rows *db.Rows) (u Uploading, err error) { return u, u.scan(rows.Scan) }

func (u *Uploading) scan(scan func(...any) error) error {
	return scan(&u.ID, &u.Project, &u.Folder, &u.File, &u.Request, &u.Name, &u.Size, &u.Received, &u.State, &u.Blob,
		micros{&u.CreatedAt}, micros{&u.ExpiresAt}, &u.Finished, &u.Version, &u.Became, &u.ClaimedSHA256, &u.Side, &u.Rights,
		&u.client, &u.path, &u.audience, &u.note, &u.typ)
}

// Upload returns one of the actor's own uploads.
func (me *Scope) Upload(ctx context.Context, id UploadID) (Uploading, error) {
	return upload(ctx, me, id)
}

func upload(ctx context.Context, r reader, id UploadID) (u Uploading, err error) {
	err = u.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+uploadColumns+` FROM my_uploads u WHERE u.id = $2`, []any{string(id)}, dest...)
	})
	return u, err
}

// Uploads returns the actor's own uploads that have not arrived.
func (me *Scope) Uploads(ctx context.Context) ([]Uploading, error) {
	rows, err := me.query(ctx, `
SELECT `+uploadColumns+` FROM my_uploads u WHERE u.finished_at IS NULL ORDER BY u.id LIMIT $2`, maxUploads)
	return list(rows, err, scanUpload)
}

// BeginUpload makes sure that a file may come, and takes the room for it; its
// bytes are put under the key. Takes Contribute or, of the client's people,
// Upload; a version is added to what the actor may add one to. Larger than a
// file may be is ErrTooLarge, more than the client has room for ErrFull, and a
// name that is there already a Clash, unless OnClash says what then.
func (me *Scope) BeginUpload(ctx context.Context, n NewUpload, blobKey string) (UploadID, error) {
	path, err := n.check()
	if err != nil {
		return "", err
	}
	id := UploadID(db.NewID("upl"))
	err = me.write(ctx, func(t *tx) error {
		n := n
		client, err := t.placeFor(ctx, &n, path)
		if err != nil {
			return err
		}
		var limit int64
		if err := t.QueryRow(ctx, `SELECT file_limit FROM workspace WHERE id = 1`).Scan(&limit); err != nil {
			return err
		}
		if n.Size > limit {
			return ErrTooLarge
		}
		var under int
		if err := t.get(ctx, `SELECT COUNT(*) FROM my_uploads u WHERE u.finished_at IS NULL`, nil, &under); err != nil {
			return err
		}
		if under >= maxUploads {
			return ErrBusy
		}
		if err := t.reserve(ctx, client, n.Size); err != nil {
			return err
		}
		t.quiet("what is on its way up is no news yet")
		t.subject = string(id) // for whoever asks again
		return t.must(ctx, `
INSERT INTO uploads (id, owner, project_id, client_id, folder_id, file_id, request_id, name, path, audience, size, claimed_type, claimed_sha256, note, blob, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
			string(id), string(me.actor.person), string(n.Project), string(client), nullable(n.Folder), nullable(n.File), nullable(n.Request), n.Name, n.Path,
			string(n.Audience), n.Size, n.Type, n.SHA256, n.Note, blobKey, t.now, t.now+uploadLife.Microseconds())
	})
	return id, err
}

// placeFor finds where an upload goes, and that it may.
func (t *tx) placeFor(ctx context.Context, n *NewUpload, path []string) (ClientID, error) {
	if n.File != "" {
		f, err := t.fileHeld(ctx, n.File)
		switch {
		case err != nil:
			return "", err
		case n.Project != "" && n.Project != f.Project:
			return "", ErrNotFound
		case !f.MayAddVersion():
			return "", ErrForbidden
		}
		n.Project, n.Folder, n.Path = f.Project, f.Folder, ""
		n.Audience = f.versionAudience(n.Audience)
		return f.Client, t.checkRequest(ctx, n)
	}
	p, err := t.projectToFill(ctx, n.Project)
	if err != nil {
		return "", err
	}
	if err := t.checkRequest(ctx, n); err != nil {
		return "", err
	}
	in, err := t.folderIn(ctx, n.Project, n.Folder)
	if err != nil {
		return "", err
	}
	if !p.Team() {
		n.Audience = ClientSide
	}
	n.Audience = in.within(n.Audience)
	if in.Depth+len(path) > MaxFolderDepth {
		return "", invalid("path", "too_deep", "max", strconv.Itoa(MaxFolderDepth))
	}
	for _, name := range path {
		next, err := t.folderNamed(ctx, n.Project, in.ID, name, n.Audience)
		if err == ErrNotFound {
			return p.Client, nil // nothing is in a folder that is made when it arrives
		}
		if err != nil {
			return "", err
		}
		in = next
	}
	if n.OnClash == "both" {
		return p.Client, nil
	}
	var there FileID
	err = t.get(ctx, `
SELECT f.id FROM my_files f WHERE f.project_id = $2 AND f.folder_id = $3 AND f.name_key = $4 ORDER BY CASE WHEN f.audience = $5 THEN 0 ELSE 1 END LIMIT 1`,
		[]any{string(n.Project), string(in.ID), fold(n.Name), string(n.Audience)}, &there)
	if err == ErrNotFound {
		return p.Client, nil
	}
	if err != nil {
		return "", err
	}
	f, err := file(ctx, t, there)
	switch {
	case err != nil:
		return "", err
	case n.OnClash == "ask":
		return "", &Clash{File: f.ID, Name: f.Name, Version: f.MayAddVersion()}
	case !f.MayAddVersion():
		return "", ErrForbidden
	}
	n.File, n.Folder, n.Path = f.ID, f.Folder, ""
	n.Audience = f.versionAudience(n.Audience)
	return p.Client, nil
}

// versionAudience is who sees a new version of the file: the client what their
// people bring, and of the team's what is meant for them.
func (f File) versionAudience(asked Side) Side {
	switch {
	case f.Audience != ClientSide:
		return Team
	case !f.Team():
		return ClientSide
	}
	return asked
}

// folderNamed finds a folder by its name in another: for something of the
// audience, that of the same audience before others that may hold it.
func (t *tx) folderNamed(ctx context.Context, project ProjectID, in FolderID, name string, audience Side) (f Folder, err error) {
	err = f.scan(func(dest ...any) error {
		return t.get(ctx, `
SELECT `+folderColumns+` FROM my_folders f WHERE f.project_id = $2 AND f.parent_id = $3 AND f.name_key = $4 AND ($5 = 'team' OR f.audience = 'client')
 ORDER BY CASE WHEN f.audience = $5 THEN 0 ELSE 1 END LIMIT 1`, []any{string(project), string(in), fold(name), string(audience)}, dest...)
	})
	return f, err
}

// checkRequest makes sure that an upload may answer the file request it names,
// and puts it where that wants it.
func (t *tx) checkRequest(ctx context.Context, n *NewUpload) error {
	if n.Request == "" {
		return nil
	}
	var state string
	var folder FolderID
	err := t.get(ctx, `
SELECT q.state, COALESCE(q.folder_id, '') FROM my_file_requests q WHERE q.id = $2 AND q.project_id = $3`, []any{string(n.Request), string(n.Project)}, &state, &folder)
	switch {
	case err != nil:
		return err
	case state == "accepted", state == "withdrawn":
		return ErrConflict
	}
	if n.File == "" && n.Folder == "" {
		n.Folder = folder
	}
	return nil
}

// AdvanceUpload notes that the bytes up to received are safe, and the state in
// which the store goes on. ErrConflict when it was not at from.
func (me *Scope) AdvanceUpload(ctx context.Context, id UploadID, from, received int64, state string) error {
	return me.write(ctx, func(t *tx) error {
		u, err := upload(ctx, t, id)
		switch {
		case err != nil:
			return err
		case u.Finished, received < from, received > u.Size:
			return ErrConflict
		}
		t.quiet("what is on its way up is no news yet")
		return t.must(ctx, `UPDATE uploads SET received = $1, state = $2, expires_at = $3 WHERE id = $4 AND received = $5 AND finished_at IS NULL`,
			received, state, t.now+uploadLife.Microseconds(), string(id), from)
	})
}

// Arrived is what was found out about the bytes of an upload.
type Arrived struct {
	Size   int64
	SHA256 string
	Kind   string // see Version
	Type   string // one that we hand out
	Scan   string // ScanWaiting or ScanUnscanned where files are looked through; empty: they are not
}

// FinishUpload makes a file, or a version of one, of what has arrived. Doing so
// again gives the same. What the actor may do is looked at again: ErrGone when
// the folder or the file is no longer there for them, and the upload is kept.
func (me *Scope) FinishUpload(ctx context.Context, id UploadID, a Arrived) (FileID, VersionID, error) {
	var made FileID
	var version VersionID
	err := me.write(ctx, func(t *tx) error {
		u, err := upload(ctx, t, id)
		if err != nil {
			return err
		}
		if err := t.lock(ctx, string(u.client)); err != nil {
			return err
		}
		if u, err = upload(ctx, t, id); err != nil {
			return err
		}
		if u.Finished {
			made, version = u.Became, u.Version
			return nil
		}
		if a.Size != u.Size || u.ClaimedSHA256 != "" && u.ClaimedSHA256 != a.SHA256 {
			return ErrConflict
		}
		if u.File != "" {
			made = u.File
			version, err = t.arriveVersion(ctx, u, a)
		} else {
			made, version, err = t.arriveFile(ctx, u, a)
		}
		if err != nil {
			return err
		}
		if err := t.answers(ctx, u, made, version); err != nil {
			return err
		}
		if err := t.must(ctx, `UPDATE client_room SET reserved = reserved - $1, used = used + $1 WHERE client_id = $2`, u.Size, string(u.client)); err != nil {
			return err
		}
		if err := t.must(ctx, `UPDATE uploads SET finished_at = $1, received = size, version_id = $2, state = '' WHERE id = $3 AND finished_at IS NULL`,
			t.now, string(version), string(id)); err != nil {
			return err
		}
		return me.p.enqueue(ctx, t.Tx, PreviewVersion, PreviewJob{version})
	})
	return made, version, err
}

// gone turns "not found" into ErrGone: the actor knows that it was there.
func gone(err error) error {
	if err == ErrNotFound {
		return ErrGone
	}
	return err
}

func (u Uploading) version(a Arrived) newVersion {
	return newVersion{project: u.Project, client: u.client, blob: u.Blob, size: u.Size, sha256: a.SHA256, kind: a.Kind, typ: a.Type,
		claimedType: u.typ, note: u.note, scan: a.Scan}
}

func (t *tx) arriveVersion(ctx context.Context, u Uploading, a Arrived) (VersionID, error) {
	f, err := file(ctx, t, u.File)
	switch {
	case err != nil:
		return "", gone(err)
	case !f.MayAddVersion():
		return "", ErrForbidden
	}
	n := u.version(a)
	n.file, n.audience = f.ID, f.versionAudience(u.audience)
	id, label, err := t.insertVersion(ctx, n)
	if err != nil {
		return "", err
	}
	return id, t.tellVersion(ctx, VersionAdded, f, n.audience, label)
}

func (t *tx) arriveFile(ctx context.Context, u Uploading, a Arrived) (FileID, VersionID, error) {
	p, err := loadProject(ctx, t, u.Project)
	switch {
	case err != nil:
		return "", "", err
	case !p.mayFill():
		return "", "", ErrForbidden
	}
	in, err := t.folderIn(ctx, u.Project, u.Folder)
	if err != nil {
		return "", "", gone(err)
	}
	audience := in.within(u.audience)
	if u.path != "" {
		for name := range strings.SplitSeq(u.path, "/") {
			if in, err = t.folderFor(ctx, p, in, name, audience); err != nil {
				return "", "", err
			}
		}
		audience = in.within(audience)
	}
	name, err := t.freeFileName(ctx, u.Project, in.ID, u.Name, audience, "")
	if err != nil {
		return "", "", err
	}
	id, err := t.insertFile(ctx, newFile{project: u.Project, client: u.client, folder: in.ID, name: name, audience: audience, origin: p.origin()})
	if err != nil {
		return "", "", err
	}
	n := u.version(a)
	n.file, n.audience = id, audience
	v, _, err := t.insertVersion(ctx, n)
	if err != nil {
		return "", "", err
	}
	return id, v, t.record(ctx, Happening{Kind: FileAdded, Client: p.Client, Project: p.ID, Subject: string(id), Audience: audience, Details: Details{"title": name}})
}

// folderFor finds a folder by its name in another, or makes it.
func (t *tx) folderFor(ctx context.Context, p Project, in Folder, name string, audience Side) (Folder, error) {
	f, err := t.folderNamed(ctx, p.ID, in.ID, name, audience)
	if err != ErrNotFound {
		return f, err
	}
	free, err := t.freeFolderName(ctx, p.ID, in.ID, name, in.within(audience), "")
	if err != nil {
		return f, err
	}
	id, err := t.insertFolder(ctx, p, in, free, audience)
	if err != nil {
		return f, err
	}
	return folder(ctx, t, id)
}

// answers puts what came into the file request that it answers, if that is
// still there and not decided.
func (t *tx) answers(ctx context.Context, u Uploading, f FileID, v VersionID) error {
	n := NewUpload{Project: u.Project, File: f, Request: u.Request}
	switch err := t.checkRequest(ctx, &n); {
	case err == ErrNotFound, err == ErrConflict, u.Request == "":
		return nil
	case err != nil:
		return err
	}
	return t.cameIn(ctx, u.Request, u.Project, f, v)
}

// FileLimit is how large one file may be, in bytes.
func (me *Scope) FileLimit(ctx context.Context) (n int64, err error) {
	err = me.p.db.QueryRow(ctx, `SELECT file_limit FROM workspace WHERE id = 1`).Scan(&n)
	return n, err
}

// FitUpload says how large an upload is of which only the most was known when
// it began, and gives the rest of its room back. ErrConflict when it is larger.
func (me *Scope) FitUpload(ctx context.Context, id UploadID, size int64) error {
	return me.write(ctx, func(t *tx) error {
		u, err := upload(ctx, t, id)
		switch {
		case err != nil:
			return err
		case u.Finished, size < u.Received, size > u.Size:
			return ErrConflict
		}
		t.quiet("what is on its way up is no news yet")
		if err := t.must(ctx, `UPDATE uploads SET size = $1 WHERE id = $2 AND size = $3 AND finished_at IS NULL`, size, string(id), u.Size); err != nil {
			return err
		}
		return t.must(ctx, `UPDATE client_room SET reserved = reserved - $1 WHERE client_id = $2`, u.Size-size, string(u.client))
	})
}

// PlaceUpload decides anew what an upload becomes that has not arrived: onClash
// is as in NewUpload, and so is the Clash that is returned.
func (me *Scope) PlaceUpload(ctx context.Context, id UploadID, onClash string) error {
	var c checks
	c.oneOf("on_clash", onClash, "ask", "version", "both")
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		u, err := upload(ctx, t, id)
		switch {
		case err != nil:
			return err
		case u.Finished:
			return ErrConflict
		}
		n := NewUpload{Project: u.Project, Folder: u.Folder, File: u.File, Request: u.Request, Name: u.Name, Path: u.path, Audience: u.audience, OnClash: onClash}
		var path []string
		if n.Path != "" {
			path = strings.Split(n.Path, "/")
		}
		if _, err := t.placeFor(ctx, &n, path); err != nil {
			return gone(err)
		}
		t.quiet("what is on its way up is no news yet")
		return t.must(ctx, `UPDATE uploads SET folder_id = $1, file_id = $2, path = $3, audience = $4 WHERE id = $5 AND finished_at IS NULL`,
			nullable(n.Folder), nullable(n.File), n.Path, string(n.Audience), string(id))
	})
}

// AbandonUpload forgets an upload of the actor's and gives back its room. The
// bytes are the caller's to remove. One that has arrived is ErrConflict.
func (me *Scope) AbandonUpload(ctx context.Context, id UploadID) error {
	return me.write(ctx, func(t *tx) error {
		u, err := upload(ctx, t, id)
		switch {
		case err != nil:
			return err
		case u.Finished:
			return ErrConflict
		}
		t.quiet("what did not arrive is no news")
		return t.forgetUpload(ctx, id, math.MaxInt64)
	})
}

// forgetUpload removes an upload that did not arrive and expires before the
// time, and gives back its room; else ErrConflict.
func (t *tx) forgetUpload(ctx context.Context, id UploadID, before int64) error {
	var client ClientID
	var size int64
	err := t.QueryRow(ctx, `DELETE FROM uploads WHERE id = $1 AND finished_at IS NULL AND expires_at < $2 RETURNING client_id, size`, string(id), before).Scan(&client, &size)
	switch {
	case err == db.ErrNoRows:
		return ErrConflict
	case err != nil:
		return err
	}
	return t.must(ctx, `UPDATE client_room SET reserved = reserved - $1 WHERE client_id = $2`, size, string(client))
}

// ExpiredUpload is one that has not got a byte for a day.
type ExpiredUpload struct {
	ID    UploadID
	Blob  string
	State string // the store's
}

// ExpiredUploads returns uploads to be forgotten.
func (p *Portal) ExpiredUploads(ctx context.Context, limit int) ([]ExpiredUpload, error) {
	return p.expiredUploads(ctx, db.Micros(p.now()), limit)
}

// ForgetUpload removes an expired upload and gives back its room; its bytes are
// to be removed after that. One that went on meanwhile is ErrConflict.
func (p *Portal) ForgetUpload(ctx context.Context, id UploadID) error {
	return p.change(ctx, func(t *tx) error {
		t.quiet("what did not arrive is no news")
		return t.forgetUpload(ctx, id, t.now)
	})
}

// The room of a client. What is on its way up is reserved; what has arrived is
// used. Every version counts, copies too.

// reserve takes room for an upload, or says ErrFull.
func (t *tx) reserve(ctx context.Context, client ClientID, size int64) error {
	return t.room(ctx, client, size, `reserved = reserved + $1`)
}

// take takes room for a version of bytes that are there already.
func (t *tx) take(ctx context.Context, client ClientID, size int64) error {
	return t.room(ctx, client, size, `used = used + $1`)
}

func (t *tx) room(ctx context.Context, client ClientID, size int64, set string) error {
	if _, err := t.exec(ctx, `INSERT INTO client_room (client_id) VALUES ($1) ON CONFLICT (client_id) DO NOTHING`, string(client)); err != nil {
		return err
	}
	n, err := t.exec(ctx, `
UPDATE client_room SET `+set+` WHERE client_id = $2 AND used + reserved + $1 <= (SELECT client_limit FROM workspace WHERE id = 1)`, size, string(client))
	if err == nil && n == 0 {
		err = ErrFull
	}
	return err
}

// Room is how much a client's files take.
type Room struct {
	Client    ClientID
	Used      int64 // bytes
	Reserved  int64 // by what is on its way up
	Limit     int64
	FileLimit int64 // of one file
	Held
}

// Room returns how much room a client's files take. For the team.
func (me *Scope) Room(ctx context.Context, client ClientID) (r Room, err error) {
	err = me.get(ctx, `SELECT r.client_id, r.used, r.reserved, r.client_limit, r.file_limit, r.side, r.rights FROM my_room r WHERE r.client_id = $2`,
		[]any{string(client)}, &r.Client, &r.Used, &r.Reserved, &r.Limit, &r.FileLimit, &r.Side, &r.Rights)
	return r, err
}
