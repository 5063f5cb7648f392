package web

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// Plain forms bring files without any script. They are read part by part, into
// the store and nowhere else: fields first, then files.

// bulkRoutes take forms of any size.
func (s *Server) bulkRoutes() []route {
	return append([]route{
		{"POST /projects/{project}/files", person, s.uploadFiles},
		{"POST /files/{id}/versions", person, s.uploadVersion},
	}, slices.Concat(s.sayRoutes(), s.verifyBulkRoutes())...)
}

// uploadRoutes are what follows from them.
func (s *Server) uploadRoutes() []route {
	return []route{
		{"POST /uploads/place", person, s.placeUploads},
	}
}

const (
	maxParts = 200      // of a form
	maxField = 64 << 10 // of one field that is no file
)

func (s *Server) uploadFiles(w http.ResponseWriter, r *http.Request, me *visit) error {
	project := portal.ProjectID(r.PathValue("project"))
	return s.takeForm(w, r, me, func(f *form) (portal.NewUpload, error) {
		return portal.NewUpload{Project: project, Folder: portal.FolderID(f.one("folder")), Request: portal.FileRequestID(f.one("request")),
			Audience: portal.Side(f.one("audience")), Note: f.one("note"), OnClash: f.one("on_clash")}, nil
	})
}

func (s *Server) uploadVersion(w http.ResponseWriter, r *http.Request, me *visit) error {
	file := portal.FileID(r.PathValue("id"))
	return s.takeForm(w, r, me, func(f *form) (portal.NewUpload, error) {
		return portal.NewUpload{File: file, Request: portal.FileRequestID(f.one("request")), Audience: portal.Side(f.one("audience")), Note: f.one("note")}, nil
	})
}

// takeForm brings the files of a form in, and then makes files of them. Of one
// whose name is taken it asks what to do, and keeps what has come till then.
func (s *Server) takeForm(w http.ResponseWriter, r *http.Request, me *visit, read func(*form) (portal.NewUpload, error)) error {
	t := &taker{Server: s, me: me, part: "file", read: read}
	leave, err := t.receive(w, r)
	if err != nil {
		return err
	}
	defer leave()
	return s.place(w, r, me, t.came, t.onClash)
}

// receive takes a form in that is no larger than one file may be, in the turn of
// its sender, until leave. After an error nothing of it is kept.
func (t *taker) receive(w http.ResponseWriter, r *http.Request) (leave func(), err error) {
	if t.most, err = t.me.FileLimit(r.Context()); err != nil {
		return nil, err
	}
	if t.length = r.ContentLength; t.length > t.most+maxForm {
		w.Header().Set("Connection", "close")
		return nil, portal.ErrTooLarge
	}
	if leave, err = t.Bytes.Enter(t.me.Person.ID); err != nil {
		return nil, err
	}
	r.Body = http.MaxBytesReader(w, struct {
		io.Reader
		io.Closer
	}{transfer.NewIncoming(w, r.Body), r.Body}, t.most+maxForm)
	if err := t.take(r); err != nil {
		t.forget(r.Context())
		leave()
		return nil, formBytes(err)
	}
	return leave, nil
}

// formBytes is what an error of reading a form means.
func formBytes(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return portal.ErrTooLarge
	case errors.Is(err, multipart.ErrMessageTooLarge):
		return errTooMuch
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errBadForm
	}
	return err
}

// A taker brings in the files of one form.
type taker struct {
	*Server
	me     *visit
	part   string // the name of the field with the files
	read   func(*form) (portal.NewUpload, error)
	most   int64 // of one file
	length int64 // of the whole form, -1: unknown

	optional bool // there need be no file
	spare    bool // the request was here before: what comes again is let go

	fields  url.Values
	n       *portal.NewUpload // as the fields say, from the first file on
	onClash string
	came    []portal.Uploading
	taken   int64 // bytes of files
}

func (t *taker) take(r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return errBadForm
	}
	t.fields = url.Values{}
	room := maxForm
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if n >= maxParts {
			return errTooMuch
		}
		switch content := bufio.NewReader(part); {
		case part.FileName() != "":
			err = t.takeFile(r.Context(), part, content, part.FileName())
		case part.FormName() == t.part: // where none was chosen there are no bytes either
			if _, err = content.Peek(1); err == nil {
				err = t.takeFile(r.Context(), part, content, "_")
			} else if err == io.EOF {
				err = nil
			}
		case t.n != nil: // what is said after the files is not heard
			return errBadForm
		default:
			var value []byte
			value, err = io.ReadAll(io.LimitReader(part, maxField+1))
			if room -= len(value); len(value) > maxField || room < 0 {
				return errTooMuch
			}
			t.fields.Add(part.FormName(), string(value))
		}
		if err != nil {
			return err
		}
	}
	if t.n == nil {
		if err := t.understand(); err != nil {
			return err
		}
		if !t.optional {
			return &portal.Invalid{Fields: map[string]portal.Reason{"file": {Key: "required"}}}
		}
	}
	return nil
}

// understand reads the fields, all of which are there by now.
func (t *taker) understand() error {
	f := &form{values: t.fields, asked: map[string]bool{"once": true}, invalid: map[string]portal.Reason{}}
	n, err := t.read(f)
	if err := cmp.Or(err, f.err()); err != nil {
		return err
	}
	if t.onClash = n.OnClash; t.onClash == "" {
		t.onClash = "ask"
	}
	n.OnClash = "both" // until everything is here
	t.n = &n
	return nil
}

// takeFile brings one file in. How long it is shows at its end; until then, as
// much room is held as it can take at most.
func (t *taker) takeFile(ctx context.Context, part *multipart.Part, content io.Reader, name string) error {
	if part.FormName() != t.part {
		return errBadForm
	}
	if t.n == nil {
		if err := t.understand(); err != nil {
			return err
		}
	}
	if t.spare {
		_, err := io.Copy(io.Discard, content)
		return err
	}
	n := *t.n
	n.Name, n.Type, n.Size = name, part.Header.Get("Content-Type"), t.most
	if t.length >= 0 {
		n.Size = min(n.Size, t.length-t.taken)
	}
	u, err := t.Bytes.Begin(ctx, t.me.Scope, n)
	if err != nil {
		return err
	}
	t.came = append(t.came, u)
	last := &t.came[len(t.came)-1]
	if *last, err = t.Bytes.Receive(ctx, t.me.Scope, u, content, nil); err != nil {
		if errors.Is(err, transfer.ErrBeyond) {
			err = portal.ErrTooLarge
		}
		return err
	}
	last.Size = last.Received
	t.taken += last.Size
	return t.me.FitUpload(ctx, last.ID, last.Size)
}

// forget gives up what has come of a form that does not come whole, or that
// came twice.
func (t *taker) forget(ctx context.Context) {
	ctx = portal.WithRequest(context.WithoutCancel(ctx), portal.Request{}) // this is not what the request was
	for _, u := range t.came {
		if err := t.Bytes.Abandon(ctx, t.me.Scope, u); err != nil {
			t.Log.Warn("forget an upload", "upload", string(u.ID), "error", err.Error())
		}
	}
}

// place makes files of uploads that are here, and leads to where they are. For
// those whose name is taken it asks.
func (s *Server) place(w http.ResponseWriter, r *http.Request, me *visit, came []portal.Uploading, onClash string) error {
	ctx := r.Context()
	p := view.ClashPage{}
	var made portal.FileID
	for _, u := range came {
		err := me.PlaceUpload(ctx, u.ID, onClash)
		var clash *portal.Clash
		if errors.As(err, &clash) {
			p.Clashes = append(p.Clashes, view.Clash{Upload: u.ID, Name: clash.Name, File: clash.File, Version: clash.Version})
			continue
		}
		if err == nil {
			made, _, err = s.Bytes.Finish(ctx, me.Scope, u, "")
		}
		if err != nil {
			return err
		}
	}
	if len(p.Clashes) == 0 {
		return s.arrivedAt(w, r, me, came, made)
	}
	p.Page = s.page(me, "projects")
	s.setTitle(&p.Page, p.T("clash.title"))
	return s.render(w, r, http.StatusConflict, view.Clashes(p))
}

// arrivedAt leads to what came: to the request that it answers, to the file that
// has a new version, else to the folder.
func (s *Server) arrivedAt(w http.ResponseWriter, r *http.Request, me *visit, came []portal.Uploading, made portal.FileID) error {
	to := "/"
	switch u := came[0]; {
	case u.Request != "":
		to = "/requests/" + url.PathEscape(string(u.Request))
	case u.File != "" && made != "":
		to = "/files/" + url.PathEscape(string(made))
	case u.Folder != "":
		to = "/folders/" + url.PathEscape(string(u.Folder))
	default:
		to = "/projects/" + url.PathEscape(string(u.Project)) + "/files"
	}
	return seeOther(w, r, to+"?done=uploaded")
}

// placeUploads is the answer to what to do about names that are taken.
func (s *Server) placeUploads(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	choices := f.prefixed("choice.")
	if err := f.err(); err != nil {
		return err
	}
	if len(choices) == 0 {
		return portal.ErrNotFound
	}
	// Many changes, each of which finds out by itself that it was made before.
	ctx := portal.WithRequest(r.Context(), portal.Request{})
	var came []portal.Uploading
	for id := range choices {
		u, err := me.Upload(ctx, portal.UploadID(id))
		if err != nil {
			return err
		}
		came = append(came, u)
	}
	var made portal.FileID
	for i, u := range came {
		switch choice := choices[string(u.ID)]; {
		case u.Finished: // sent twice
			made = u.Became
			continue
		case choice == "drop":
			if err := s.Bytes.Abandon(ctx, me.Scope, u); err != nil {
				return err
			}
			continue
		case choice != "version" && choice != "both":
			return &portal.Invalid{Fields: map[string]portal.Reason{"choice." + string(u.ID): {Key: "choice"}}}
		default:
			if err := me.PlaceUpload(ctx, u.ID, choice); err != nil {
				return err
			}
		}
		if u, err = me.Upload(ctx, u.ID); err != nil { // as it was placed
			return err
		}
		came[i] = u
		if made, _, err = s.Bytes.Finish(ctx, me.Scope, u, ""); err != nil {
			return err
		}
	}
	return s.arrivedAt(w, r, me, came, made)
}
