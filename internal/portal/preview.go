package portal

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// PreviewVersion is the job that makes what there is to look at of a version.
const PreviewVersion = "preview_version"

// PreviewJob is what the job is given.
type PreviewJob struct {
	Version VersionID `json:"version"`
}

// PreviewPages is the job that makes the further pages of a long document, some at a
// time: whatever else arrives is looked at in between.
const PreviewPages = "preview_pages"

// PagesJob is what the job is given.
type PagesJob struct {
	Version VersionID `json:"version"`
	First   int       `json:"first"` // the page to go on with
}

// Source is a version as the program itself gets it, to make previews of it.
type Source struct {
	Stored
	Kind    string
	Scan    string
	Preview string
	Pages   int
	PDF     Stored // that was made of it; its Blob is empty where none was
}

// An Artifact is one thing that was made to look at a version.
type Artifact struct {
	Kind          string // thumb, large, poster, page, pdf, wave
	Page          int
	Blob          string
	Size          int64
	SHA256        string
	Type          string
	Width, Height int
}

// Preview is all that was found out about a version.
type Preview struct {
	Artifacts     []Artifact
	Text          string // what is written in it; the beginning is kept for search
	Width, Height int
	Pages         int
	Whole         bool // nothing of it is left out of this, and of the pages that are still to come
	More          int  // the page that PreviewPages goes on with; 0: there is no other
	Duration      time.Duration
	Scan          string // empty: as it was
	ScanFound     string
}

// maxWords is how much of a version's text is kept, in bytes: what PostgreSQL
// takes for one text's index.
const maxWords = 400_000

// VersionToPreview returns a version for the job that makes its previews;
// ErrNotFound when it is gone.
func (p *Portal) VersionToPreview(ctx context.Context, id VersionID) (Source, error) {
	return p.source(ctx, id)
}

// VersionsToPreview returns versions that came before the given time and that
// nobody has looked at.
func (p *Portal) VersionsToPreview(ctx context.Context, before time.Time, limit int) ([]VersionID, error) {
	return p.unlooked(ctx, before, limit)
}

// EnqueuePreviews asks again for previews of versions.
func (p *Portal) EnqueuePreviews(ctx context.Context, ids []VersionID) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		for _, id := range ids {
			if err := p.enqueue(ctx, d, PreviewVersion, PreviewJob{id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// PagesToDraw returns where to go on with documents that came before the given time and
// have pages that are still to be drawn.
func (p *Portal) PagesToDraw(ctx context.Context, before time.Time, limit int) ([]PagesJob, error) {
	return p.undrawn(ctx, before, limit)
}

// EnqueuePages asks again for further pages of documents.
func (p *Portal) EnqueuePages(ctx context.Context, next []PagesJob) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		for _, j := range next {
			if err := p.enqueue(ctx, d, PreviewPages, j); err != nil {
				return err
			}
		}
		return nil
	})
}

// RecordPreview keeps what was made of a version, instead of what was kept
// before. ErrNotFound when the version is gone meanwhile. When something harmful was
// found in it, that is told in its project.
func (p *Portal) RecordPreview(ctx context.Context, id VersionID, v Preview) error {
	text := searchable(v.Text)
	state := "none"
	if len(v.Artifacts) > 0 || text != "" {
		state = "ready"
	}
	return p.change(ctx, func(t *tx) error {
		t.quiet("what a version looks like is no news")
		was, err := t.versionLooked(ctx, id)
		if err != nil {
			return err
		}
		for _, q := range []string{`DELETE FROM previews WHERE version_id = $1`, `DELETE FROM version_texts WHERE version_id = $1`} {
			if _, err := t.exec(ctx, q, string(id)); err != nil {
				return err
			}
		}
		if err := t.keepArtifacts(ctx, id, v.Artifacts, v.More); err != nil {
			return err
		}
		if text != "" {
			if err := t.must(ctx, `INSERT INTO version_texts (version_id, file_id, client_id, body) VALUES ($1, $2, $3, $4)`, string(id), string(was.file), string(was.client), text); err != nil {
				return err
			}
		}
		if err := t.must(ctx, `UPDATE versions SET preview = $1, width = $2, height = $3, pages = $4, duration_ms = $5, whole = $6 WHERE id = $7`,
			state, v.Width, v.Height, v.Pages, v.Duration.Milliseconds(), v.Whole, string(id)); err != nil {
			return err
		}
		if v.Scan == "" {
			return nil
		}
		if err := t.must(ctx, `UPDATE versions SET scan = $1, scan_found = $2 WHERE id = $3`, v.Scan, v.ScanFound, string(id)); err != nil {
			return err
		}
		if v.Scan != ScanInfected || was.scan == ScanInfected || was.trashed {
			return nil
		}
		// Who sees the file is to stay so until that is told.
		if err := t.lock(ctx, string(was.client)); err != nil {
			return err
		}
		if was, err = t.versionLooked(ctx, id); err != nil || was.trashed {
			return err
		}
		return t.record(ctx, Happening{Kind: FileInfected, Client: was.client, Project: was.project, Subject: string(was.file), Audience: was.audience,
			Details: Details{"title": was.name, "found": v.ScanFound}})
	})
}

// RecordPages adds further pages to what is kept of a version; more is the page that
// comes next, 0 when there is no other. ErrNotFound when the version is gone
// meanwhile.
func (p *Portal) RecordPages(ctx context.Context, id VersionID, pages []Artifact, more int) error {
	return p.change(ctx, func(t *tx) error {
		t.quiet("what a version looks like is no news")
		if _, err := t.versionLooked(ctx, id); err != nil {
			return err
		}
		for _, a := range pages {
			if _, err := t.exec(ctx, `DELETE FROM previews WHERE version_id = $1 AND kind = $2 AND page = $3`, string(id), a.Kind, a.Page); err != nil {
				return err
			}
		}
		return t.keepArtifacts(ctx, id, pages, more)
	})
}

// keepArtifacts adds to what there is of a version, and has more made of it.
func (t *tx) keepArtifacts(ctx context.Context, id VersionID, all []Artifact, more int) error {
	for _, a := range all {
		if err := t.must(ctx, `
INSERT INTO previews (version_id, kind, page, blob, size, sha256, type, width, height) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			string(id), a.Kind, a.Page, a.Blob, a.Size, a.SHA256, a.Type, a.Width, a.Height); err != nil {
			return err
		}
	}
	if err := t.must(ctx, `UPDATE versions SET next_page = $1 WHERE id = $2`, more, string(id)); err != nil || more == 0 {
		return err
	}
	return t.me.p.enqueue(ctx, t.Tx, PreviewPages, PagesJob{id, more})
}

// searchable is the beginning of a text, without what no database keeps.
func searchable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s[:min(len(s), 4*maxWords)], ""))
	if len(s) > maxWords {
		s = s[:maxWords]
		for r, n := utf8.DecodeLastRuneInString(s); r == utf8.RuneError && n == 1; r, n = utf8.DecodeLastRuneInString(s) {
			s = s[:len(s)-1]
		}
	}
	return strings.TrimSpace(s)
}
