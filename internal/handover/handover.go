// Package handover writes handover packs: a project as one of the client's people
// may have it, in one archive that can be kept and read without the portal. In it
// are the newest versions of the files and those that were approved or signed off, the
// certificates, what was decided, what was said, and the hash of each entry.
//
// Everything is read through the Scope of the person whose pack it is, as it is
// written, and asked for again when its turn comes. Nothing of a pack is kept
// anywhere, and no more of it is in memory than a part of a list.
package handover

import (
	"archive/zip"
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// A Pack is one that is to be written.
type Pack struct {
	Theirs  *portal.Scope  // of whom it is
	Project portal.Project // as they see it
	Name    string         // of the workspace
	Portal  string         // its address
	Book    *words.Book    // theirs, or of whoever takes it
	Now     time.Time
	Bytes   *transfer.Carrier
	Still   func(context.Context) error // whether who takes it may still; asked before each entry and each part of a list
	Took    func(portal.Stored)         // notes that a file was taken
	Damaged func(error)                 // is told of bytes that are not those that came

	z        *zip.Writer
	names    transfer.ArchiveNames
	sums     []sum
	versions map[portal.VersionID]*version
	newest   map[portal.FileID]*version
	papers   map[string]string // where the certificates are, by what they are about
	held     []string
	making   []string  // titles of certificates
	lost     []missing // what should be there, and is not
	parts    []part
	buf      []byte
}

// A version is one of a file, in the pack or not.
type version struct {
	id               portal.VersionID
	name             string // it is to have
	path             string // it has; empty when it is not in the pack
	sha256           string
	size             int64
	row              int // of the table of contents: that of the newest version of its file
	number           int // of one that was accepted
	approved, signed bool
	deleted          bool // its file was
	over             int  // what older ones of the file were: one of these
}

// What a version is newer than.
const (
	overApproved = iota + 1
	overSigned
)

// A missing thing is known by its name and hash alone.
type missing struct{ name, sha256 string }

// A sum is the hash of an entry.
type sum struct{ hash, path string }

// A part is a line of the table of contents, below a heading.
type part struct{ below, title, path, note string }

// Fits makes sure that a pack would not be too much for one archive.
func Fits(ctx context.Context, theirs *portal.Scope, p portal.Project) error {
	if !p.Sections.Has(portal.SectionFiles) {
		return nil
	}
	var room transfer.ArchiveRoom
	counted := map[portal.VersionID]bool{}
	take := func(e portal.ZipEntry) error {
		if counted[e.Version] {
			return nil
		}
		counted[e.Version] = true
		return room.Take(e)
	}
	if err := theirs.ZipEntries(ctx, p.ID, nil, nil, take); err != nil {
		return err
	}
	return each(func(after string) (string, error) {
		all, next, err := theirs.AcceptedVersions(ctx, p.ID, after)
		for _, a := range all {
			if err == nil {
				err = take(portal.ZipEntry{Stored: portal.Stored{Version: a.Version, Size: a.Size}})
			}
		}
		return next, err
	})
}

func (p *Pack) has(s portal.Sections) bool { return p.Project.Sections.Has(s) }

// Write writes it.
func (p *Pack) Write(ctx context.Context, w io.Writer) error {
	buffered := bufio.NewWriterSize(w, 64<<10)
	p.z, p.names, p.buf = zip.NewWriter(buffered), transfer.ArchiveNames{}, make([]byte, 64<<10)
	p.versions, p.newest, p.papers = map[portal.VersionID]*version{}, map[portal.FileID]*version{}, map[string]string{}
	for _, write := range []func(context.Context) error{p.files, p.accepted, p.decisions, p.certificates, p.conversations, p.comments, p.index, p.checksums} {
		if err := write(ctx); err != nil {
			return err
		}
	}
	if err := p.z.Close(); err != nil {
		return err
	}
	return buffered.Flush()
}

// add writes an entry, and returns where it is.
func (p *Pack) add(path string, method uint16, at time.Time, write func(io.Writer) error) (string, error) {
	path = p.names.Place(path)
	entry, err := p.z.CreateHeader(&zip.FileHeader{Name: path, Method: method, Modified: at.UTC()})
	if err != nil {
		return "", err
	}
	h := hashed{entry, sha256.New()}
	if err := write(h); err != nil {
		return "", err
	}
	p.sums = append(p.sums, sum{hex.EncodeToString(h.hash.Sum(nil)), path})
	return path, nil
}

// hashed hashes what is written on the way.
type hashed struct {
	io.Writer
	hash hash.Hash
}

func (h hashed) Write(b []byte) (int, error) {
	h.hash.Write(b)
	return h.Writer.Write(b)
}

// stored writes an entry of what the portal has handed out; errLost when its bytes are
// not there.
func (p *Pack) stored(ctx context.Context, path string, st portal.Stored) (string, error) {
	if err := p.still(ctx); err != nil {
		return "", err
	}
	content, err := p.Bytes.Open(ctx, st)
	if errors.Is(err, transfer.ErrDamaged) {
		p.Damaged(err)
		return "", errLost
	}
	if err != nil {
		return "", err
	}
	defer content.Close()
	return p.add(path, transfer.ArchiveMethod(st.Type), st.At, func(w io.Writer) error {
		n, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{content}, p.buf)
		if err == nil && n != st.Size {
			err = fmt.Errorf("%w: %s is shorter than it was", transfer.ErrDamaged, st.SHA256)
		}
		return err
	})
}

var errLost = errors.New("handover: the bytes are not there")

// ErrEnded says that whoever takes a pack may not any more.
var ErrEnded = errors.New("handover: it may not be taken any more")

// NowAndThen asks what Still is to ask, at most once a second. It is for one
// goroutine.
func NowAndThen(ask func(context.Context) error) func(context.Context) error {
	var asked time.Time
	return func(ctx context.Context) error {
		if time.Since(asked) < time.Second {
			return nil
		}
		asked = time.Now()
		return ask(ctx)
	}
}

// still makes sure that whoever takes it may.
func (p *Pack) still(ctx context.Context) error {
	err := p.Still(ctx)
	if gone(err) { // which is more than that something is
		err = ErrEnded
	}
	return err
}

// gone reports whether something may not be had any more.
func gone(err error) bool {
	return errors.Is(err, portal.ErrNotFound) || errors.Is(err, portal.ErrForbidden)
}

// files are the newest versions, in their folders.
func (p *Pack) files(ctx context.Context) error {
	if !p.has(portal.SectionFiles) {
		return nil
	}
	dir := p.Book.T("handover.files")
	err := p.Theirs.ZipEntries(ctx, p.Project.ID, nil, nil, func(e portal.ZipEntry) error {
		v := &version{id: e.Version, name: dir + "/" + e.Path, row: len(p.newest)}
		st, err := e.Stored, portal.ErrHeld
		if !e.Held {
			st, err = p.Theirs.DownloadVersion(ctx, e.Version)
		}
		if gone(err) {
			return nil
		}
		p.versions[v.id], p.newest[e.File] = v, v
		return p.put(ctx, v, st, err)
	})
	if gone(err) {
		return nil
	}
	return err
}

// inFiles is a path in the folder of the files.
func (p *Pack) inFiles(path string) string {
	return strings.TrimPrefix(path, p.Book.T("handover.files")+"/")
}

// put writes a version that was handed out, or notes why it was not.
func (p *Pack) put(ctx context.Context, v *version, st portal.Stored, err error) error {
	name := p.inFiles(v.name)
	if err == nil {
		v.sha256, v.size = st.SHA256, st.Size
		v.path, err = p.stored(ctx, v.name, st)
	}
	switch {
	case err == nil:
		p.Took(st)
	case errors.Is(err, portal.ErrHeld):
		p.held = append(p.held, name)
	case err == errLost:
		p.lost = append(p.lost, missing{name, v.sha256})
	default:
		return err
	}
	return nil
}

// accepted are the versions that were approved or signed off, beside the newest of
// their files where they are others.
func (p *Pack) accepted(ctx context.Context) error {
	if !p.has(portal.SectionFiles) {
		return nil
	}
	return p.pages(ctx, func(after string) (string, error) {
		all, next, err := p.Theirs.AcceptedVersions(ctx, p.Project.ID, after)
		for _, a := range all {
			if err == nil {
				err = p.accept(ctx, a)
			}
		}
		return next, err
	})
}

// accept marks a version that was, which it writes unless it is there.
func (p *Pack) accept(ctx context.Context, a portal.AcceptedVersion) error {
	v, newest := p.versions[a.Version], p.newest[a.File]
	if v == nil {
		v = &version{id: a.Version, sha256: a.SHA256, row: len(p.newest), deleted: newest == nil}
		p.versions[v.id] = v
		st, err := p.Theirs.TakeAccepted(ctx, v.id)
		mark, name := "handover.name_approved", p.Book.T("handover.files")+"/"+named(cmp.Or(st.Name, a.Name))
		if a.Signed {
			mark = "handover.name_signed"
		}
		if newest != nil {
			v.row, name = newest.row, cmp.Or(newest.path, newest.name)
		}
		v.name = transfer.MarkedName(name, p.Book.T(mark, "n", strconv.Itoa(a.Number)))
		switch err {
		case portal.ErrForbidden: // before it was decided on again
			err = portal.ErrHeld
		case portal.ErrNotFound:
			err = errLost
		}
		if err := p.put(ctx, v, st, err); err != nil {
			return err
		}
	}
	if v.path != "" && v.sha256 != a.SHA256 {
		p.lost = append(p.lost, missing{p.numbered(a.Name, a.Number), a.SHA256})
		return nil
	}
	v.number, v.signed, v.approved = a.Number, v.signed || a.Signed, true
	if newest != nil && newest.id > v.id {
		newest.over = max(newest.over, overApproved)
		if a.Signed {
			newest.over = overSigned
		}
	}
	return nil
}

// named is a title as one name of a path.
func named(title string) string { return slashes.Replace(title) }

var slashes = strings.NewReplacer("../", "_", "/", "_")

// pages calls read with the key of one part of a list after another, while they may be
// taken.
func (p *Pack) pages(ctx context.Context, read func(after string) (next string, err error)) error {
	return each(func(after string) (string, error) {
		if err := p.still(ctx); err != nil {
			return "", err
		}
		return read(after)
	})
}

func each(read func(after string) (next string, err error)) error {
	after := ""
	for {
		next, err := read(after)
		if err != nil || next == "" {
			return err
		}
		after = next
	}
}

// certificatesRead is how many certificates are read at a time, each with all that it
// says.
const certificatesRead = 10

func (p *Pack) certificates(ctx context.Context) error {
	return p.pages(ctx, func(after string) (string, error) {
		all, next, err := p.Theirs.Certificates(ctx, p.Project.ID, portal.Page{After: after, Limit: certificatesRead})
		if err != nil {
			return "", err
		}
		for _, c := range all {
			title := p.Book.T("handover.certificate_of", "title", c.Title)
			if !c.Made() {
				p.making = append(p.making, title)
				continue
			}
			st, err := p.Theirs.TakeCertificate(ctx, c.Subject)
			if gone(err) {
				continue
			}
			if err != nil {
				return "", err
			}
			path, err := p.stored(ctx, p.Book.T("handover.certificates")+"/"+named(st.Name), st)
			if err == errLost {
				p.lost = append(p.lost, missing{title, st.SHA256})
				continue
			}
			if err != nil {
				return "", err
			}
			p.papers[c.Subject] = path
		}
		return next, nil
	})
}

// page writes a page whose content is rendered part by part.
func (p *Pack) page(ctx context.Context, path, title string, up string, body func(w io.Writer) error) (string, error) {
	if err := p.still(ctx); err != nil {
		return "", err
	}
	return p.add(path, zip.Deflate, p.Now, func(w io.Writer) error {
		content := templ.ComponentFunc(func(_ context.Context, w io.Writer) error { return body(w) })
		return frame(p, title, up).Render(templ.WithChildren(ctx, content), w)
	})
}

// decisions are what was approved, and what was signed off.
func (p *Pack) decisions(ctx context.Context) error {
	if !p.has(portal.SectionApprovals) && !p.has(portal.SectionDeliverables) {
		return nil
	}
	title := p.Book.T("handover.decisions")
	path, err := p.page(ctx, title+".html", title, "", func(w io.Writer) error {
		if p.has(portal.SectionDeliverables) {
			all, err := p.Theirs.Deliverables(ctx, p.Project.ID)
			if err != nil {
				return err
			}
			if err := deliverables(p, all).Render(ctx, w); err != nil {
				return err
			}
		}
		if !p.has(portal.SectionApprovals) {
			return nil
		}
		if err := heading(p.Book.T("signoff.all")).Render(ctx, w); err != nil {
			return err
		}
		if err := p.pages(ctx, func(after string) (string, error) {
			all, next, err := p.Theirs.ProjectSignoffs(ctx, p.Project.ID, portal.Page{After: after})
			for _, s := range all {
				if err != nil {
					return "", err
				}
				lines, _, wrong := p.Theirs.SignoffLines(ctx, s)
				invalid := (*portal.Invalid)(nil)
				if err = wrong; errors.As(wrong, &invalid) { // more than one signature can be about: nobody can sign it
					err = nil
				}
				if err == nil {
					err = signoff(p, s, lines, invalid != nil).Render(ctx, w)
				}
			}
			return next, err
		}); err != nil {
			return err
		}
		if err := heading(p.Book.T("section.approvals")).Render(ctx, w); err != nil {
			return err
		}
		if err := p.pages(ctx, func(after string) (string, error) {
			all, next, err := p.Theirs.ProjectApprovals(ctx, p.Project.ID, portal.Page{After: after})
			if err == nil {
				err = p.Theirs.AskedThen(ctx, all)
			}
			for _, a := range all {
				if err != nil {
					return "", err
				}
				err = p.approval(ctx, w, a)
			}
			return next, err
		}); err != nil {
			return err
		}
		return p.revisions(ctx, w)
	})
	p.parts = append(p.parts, part{title, p.Book.T("handover.decisions_note"), path, ""})
	return err
}

func (p *Pack) approval(ctx context.Context, w io.Writer, a portal.Approval) error {
	subjects, err := p.Theirs.ApprovalSubjects(ctx, a.ID)
	if err != nil {
		return err
	}
	given, err := p.Theirs.ApprovalDecisions(ctx, a.ID)
	if err != nil {
		return err
	}
	verdicts, err := p.Theirs.Verdicts(ctx, a.ID)
	if err != nil {
		return err
	}
	was, is, err := p.Theirs.ApprovalAbout(ctx, a)
	if err != nil {
		return err
	}
	return approval(p, a, was, was != nil && !was.Same(is), subjects, given, verdicts).Render(ctx, w)
}

// revisions are the lists of what was to be changed, with what became of each point.
func (p *Pack) revisions(ctx context.Context, w io.Writer) error {
	any := false
	return p.pages(ctx, func(after string) (string, error) {
		all, next, err := p.Theirs.ProjectRevisions(ctx, p.Project.ID, portal.Page{After: after})
		if err == nil && len(all) > 0 && !any {
			any, err = true, heading(p.Book.T("revision.all")).Render(ctx, w)
		}
		for _, r := range all {
			if err != nil {
				return "", err
			}
			var points []portal.Change
			if points, err = p.Theirs.Changes(ctx, r.ID); err == nil {
				err = revision(p, r, points).Render(ctx, w)
			}
		}
		return next, err
	})
}

// conversations are those of the project, each a page.
func (p *Pack) conversations(ctx context.Context) error {
	l := portal.ConversationList{Project: p.Project.ID}
	dir := p.Book.T("handover.conversations")
	for {
		if err := p.still(ctx); err != nil {
			return err
		}
		all, next, err := p.Theirs.Conversations(ctx, l)
		if gone(err) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, c := range all {
			path, err := p.page(ctx, dir+"/"+named(c.Subject)+".html", c.Subject, "../", func(w io.Writer) error { return p.thread(ctx, w, c.ID, "../") })
			if err != nil {
				return err
			}
			p.parts = append(p.parts, part{dir, c.Subject, path, p.Book.N("handover.messages", c.Messages)})
		}
		if l.After = portal.ThreadID(next); next == "" {
			return nil
		}
	}
}

// thread writes what was said, the oldest first.
func (p *Pack) thread(ctx context.Context, w io.Writer, id portal.ThreadID, up string) error {
	pg := portal.MessagePage{First: true}
	for {
		if err := p.still(ctx); err != nil {
			return err
		}
		l, err := p.Theirs.Messages(ctx, id, pg)
		if err != nil {
			return err
		}
		for _, m := range l.All {
			if err := message(p, m, up).Render(ctx, w); err != nil {
				return err
			}
		}
		if len(l.All) == 0 || !l.Later {
			return nil
		}
		pg = portal.MessagePage{After: l.All[len(l.All)-1].ID}
	}
}

// commented is something that can be commented on.
type commented struct {
	id    portal.ItemID
	title string
}

// comments are those on what can be commented on, on one page.
func (p *Pack) comments(ctx context.Context) error {
	var items []commented
	deliverables, err := p.Theirs.Deliverables(ctx, p.Project.ID)
	if err != nil && !gone(err) {
		return err
	}
	for _, d := range deliverables {
		items = append(items, commented{portal.ItemID(d.ID), d.Title})
	}
	milestones, err := p.Theirs.Milestones(ctx, p.Project.ID)
	if err != nil && !gone(err) {
		return err
	}
	for _, m := range milestones {
		items = append(items, commented{portal.ItemID(m.ID), m.Title})
	}
	if err := p.pages(ctx, func(after string) (string, error) {
		tasks, next, err := p.Theirs.Tasks(ctx, p.Project.ID, portal.TaskFilter{}, portal.Page{After: after, Limit: 100})
		for _, t := range tasks {
			items = append(items, commented{portal.ItemID(t.ID), t.Title})
		}
		return next, err
	}); err != nil && !gone(err) {
		return err
	}
	if err := p.pages(ctx, func(after string) (string, error) {
		updates, next, err := p.Theirs.Updates(ctx, p.Project.ID, portal.Page{After: after, Limit: 100})
		for _, u := range updates {
			items = append(items, commented{portal.ItemID(u.ID), p.Book.T("update.of", "name", p.by(u.AuthorName), "day", u.ShownAt.UTC().Format(time.DateOnly))})
		}
		return next, err
	}); err != nil && !gone(err) {
		return err
	}
	files := slices.DeleteFunc(slices.Collect(maps.Keys(p.newest)), func(id portal.FileID) bool { return p.newest[id].path == "" })
	slices.SortFunc(files, func(a, b portal.FileID) int { return strings.Compare(p.newest[a].path, p.newest[b].path) })
	for _, id := range files {
		items = append(items, commented{portal.ItemID(id), p.inFiles(p.newest[id].path)})
	}
	items, err = p.withComments(ctx, items)
	if err != nil || len(items) == 0 {
		return err
	}
	title := p.Book.T("handover.comments")
	path, err := p.page(ctx, title+".html", title, "", func(w io.Writer) error {
		for _, i := range items {
			if err := heading(i.title).Render(ctx, w); err != nil {
				return err
			}
			if err := p.pages(ctx, func(after string) (string, error) {
				all, next, err := p.Theirs.CommentsOn(ctx, i.id, portal.CommentFilter{After: portal.ThreadID(after)})
				for _, c := range all {
					if err != nil {
						return "", err
					}
					if err = place(p, c.Thread).Render(ctx, w); err == nil {
						err = p.thread(ctx, w, c.ID, "")
					}
				}
				return next, err
			}); err != nil && !gone(err) {
				return err
			}
		}
		return nil
	})
	p.parts = append(p.parts, part{p.Book.T("handover.conversations"), title, path, p.Book.N("handover.commented", len(items))})
	return err
}

// withComments leaves those on which there are any.
func (p *Pack) withComments(ctx context.Context, items []commented) (some []commented, err error) {
	const batch = 100
	for len(items) > 0 {
		now := items[:min(batch, len(items))]
		items = items[len(now):]
		ids := make([]portal.ItemID, len(now))
		for i := range now {
			ids[i] = now[i].id
		}
		counts, err := p.Theirs.CommentCounts(ctx, ids...)
		if err != nil {
			return nil, err
		}
		for _, i := range now {
			if counts[i.id].All > 0 {
				some = append(some, i)
			}
		}
	}
	return some, nil
}

// index is the page to begin with.
func (p *Pack) index(ctx context.Context) error {
	_, err := p.page(ctx, "index.html", p.Project.Name, "", func(w io.Writer) error {
		decided := 0
		if len(p.parts) > 0 && p.parts[0].below == p.Book.T("handover.decisions") {
			decided = 1
		}
		if err := contents(p, p.parts[:decided]).Render(ctx, w); err != nil {
			return err
		}
		if len(p.papers) > 0 {
			if err := heading(p.Book.T("handover.certificates")).Render(ctx, w); err != nil {
				return err
			}
			if err := p.pages(ctx, func(after string) (string, error) {
				all, next, err := p.Theirs.Certificates(ctx, p.Project.ID, portal.Page{After: after, Limit: certificatesRead})
				for _, c := range all {
					if path := p.papers[c.Subject]; err == nil && path != "" {
						err = paper(p, c, path).Render(ctx, w)
					}
				}
				return next, err
			}); err != nil {
				return err
			}
		}
		return rest(p, p.parts[decided:], p.inside()).Render(ctx, w)
	})
	return err
}

// inside are the versions in the pack, the newest of each file and then the others of
// it, the newest first.
func (p *Pack) inside() []*version {
	all := slices.DeleteFunc(slices.Collect(maps.Values(p.versions)), func(v *version) bool { return v.path == "" })
	slices.SortFunc(all, func(a, b *version) int {
		return cmp.Or(cmp.Compare(a.row, b.row), strings.Compare(string(b.id), string(a.id)))
	})
	return all
}

// checksums are last, in the form that sha256sum reads.
func (p *Pack) checksums(context.Context) error {
	entry, err := p.z.CreateHeader(&zip.FileHeader{Name: p.names.Place(sumsName), Method: zip.Deflate, Modified: p.Now.UTC()})
	if err != nil {
		return err
	}
	for _, s := range p.sums {
		if _, err := fmt.Fprintf(entry, "%s  %s\n", s.hash, s.path); err != nil {
			return err
		}
	}
	return nil
}

const sumsName = "SHA256SUMS"

// href is the address of an entry from a page that is up as far below.
func href(up, path string) templ.SafeURL {
	return templ.SafeURL(up + (&url.URL{Path: path}).EscapedPath())
}
