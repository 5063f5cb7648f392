package web

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// zipRoutes hand out many files in one.
func (s *Server) zipRoutes() []route {
	return []route{
		{"GET /projects/{project}/zip", person, s.zipFolder},
		{"POST /projects/{project}/zip", person, s.zipSelection},
	}
}

// zipFolder hands out one folder with what is in it, or all of a project's
// files.
func (s *Server) zipFolder(w http.ResponseWriter, r *http.Request, me *visit) error {
	q := r.URL.Query()
	if len(q["folder"]) > 1 || len(q) > len(q["folder"]) {
		return portal.ErrNotFound
	}
	var folders []portal.FolderID
	if id := q.Get("folder"); id != "" {
		folders = append(folders, portal.FolderID(id))
	}
	return s.zip(w, r, me, folders, nil)
}

// zipSelection hands out what was ticked.
func (s *Server) zipSelection(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	var folders []portal.FolderID
	for _, id := range f.all("folder") {
		folders = append(folders, portal.FolderID(id))
	}
	var files []portal.FileID
	for _, id := range f.all("file") {
		files = append(files, portal.FileID(id))
	}
	if len(folders)+len(files) == 0 {
		f.fail("file", "required")
	}
	if err := f.err(); err != nil {
		return err
	}
	return s.zip(w, r, me, folders, files)
}

// zip streams an archive. Nothing of it is kept anywhere, and each entry is
// looked at again when its turn comes: what the visitor may no longer have by
// then is left out, and when they are no longer here the archive breaks off.
func (s *Server) zip(w http.ResponseWriter, r *http.Request, me *visit, folders []portal.FolderID, files []portal.FileID) error {
	ctx := r.Context()
	project := portal.ProjectID(r.PathValue("project"))
	name, err := s.zipName(ctx, me, project, folders, files)
	if err != nil {
		return err
	}
	var room transfer.ArchiveRoom
	if err := me.ZipEntries(ctx, project, folders, files, room.Take); err != nil {
		return err
	}
	if room.Entries == 0 {
		return errZipEmpty
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", transfer.Disposition("attachment", name+".zip"))
	h.Set("Content-Security-Policy", transfer.BytesCSP)
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Accel-Buffering", "no")
	if r.Method == http.MethodHead {
		return nil
	}
	out := transfer.NewPaced(w)
	defer out.End()
	buffered := bufio.NewWriterSize(out, 64<<10)
	z := &zipper{Server: s, me: me, w: zip.NewWriter(buffered), names: transfer.ArchiveNames{}, looked: time.Now(), buf: make([]byte, 64<<10)}
	err = me.ZipEntries(ctx, project, folders, files, func(e portal.ZipEntry) error { return z.add(ctx, e) })
	if err == nil {
		err = z.end()
	}
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		// Too late for a page. Whoever waits must not take it for the whole.
		if ctx.Err() == nil && !errors.Is(err, account.ErrSignedOut) {
			s.Log.Error("an archive broke off", "project", string(project), "error", err.Error())
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

var errZipEmpty = errors.New("web: nothing to put into an archive")

// zipName is what the archive is called: as the one thing in it, else as the
// project.
func (s *Server) zipName(ctx context.Context, me *visit, project portal.ProjectID, folders []portal.FolderID, files []portal.FileID) (string, error) {
	p, err := me.Project(ctx, project)
	if err != nil {
		return "", err
	}
	if len(folders) == 1 && len(files) == 0 {
		f, err := me.Folder(ctx, folders[0])
		return f.Name, err
	}
	return p.Name, nil
}

// A zipper writes one archive.
type zipper struct {
	*Server
	me     *visit
	w      *zip.Writer
	names  transfer.ArchiveNames
	held   []string // the paths of what is held back
	looked time.Time
	buf    []byte
}

// stillHere asks now and then whether the visitor's session lives.
func (z *zipper) stillHere(ctx context.Context) error {
	if time.Since(z.looked) < time.Second {
		return nil
	}
	z.looked = time.Now()
	_, err := z.Accounts.PassByID(ctx, z.me.Session.ID, z.Portal.Now())
	return err
}

func (z *zipper) add(ctx context.Context, e portal.ZipEntry) error {
	if err := z.stillHere(ctx); err != nil {
		return err
	}
	st, err := e.Stored, error(portal.ErrHeld)
	if !e.Held {
		st, err = z.me.DownloadVersion(ctx, e.Version)
	}
	switch {
	case errors.Is(err, portal.ErrNotFound), errors.Is(err, portal.ErrForbidden):
		return nil // not any more
	case errors.Is(err, portal.ErrHeld):
		z.held = append(z.held, e.Path)
		return nil
	case err != nil:
		return err
	}
	content, err := z.Bytes.Open(ctx, st)
	if err != nil {
		return err
	}
	defer content.Close()
	entry, err := z.w.CreateHeader(&zip.FileHeader{Name: z.names.Place(e.Path), Method: transfer.ArchiveMethod(st.Type), Modified: st.At.UTC()})
	if err != nil {
		return err
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{entry}, struct{ io.Reader }{content}, z.buf)
	if err == nil && n != st.Size {
		err = fmt.Errorf("%w: version %s is shorter than it was", transfer.ErrDamaged, st.Version)
	}
	if err != nil {
		return err
	}
	z.me.LogDownload(st, "zip")
	return nil
}

// end says what is missing, and closes the archive.
func (z *zipper) end() error {
	if len(z.held) > 0 {
		entry, err := z.w.CreateHeader(&zip.FileHeader{Name: z.names.Place(z.me.Book.T("zip.held_name")), Method: zip.Deflate, Modified: z.me.Now.UTC()})
		if err != nil {
			return err
		}
		fmt.Fprintf(entry, "%s\r\n\r\n", z.me.Book.T("zip.held"))
		for _, p := range z.held {
			fmt.Fprintf(entry, "%s\r\n", p)
		}
	}
	return z.w.Close()
}
