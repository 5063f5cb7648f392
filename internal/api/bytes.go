package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// A file comes in two steps, so that a large one may come over a bad line: an
// upload is made, for which the room is held, and then bytes are put into it, in
// one request or in several, each of which goes on where the last ended.

type newUpload struct {
	Name     string               `json:"name" maxLength:"1000" doc:"What the file is called. What no name may hold is left out or replaced."`
	Size     int64                `json:"size" minimum:"0" doc:"In bytes."`
	Folder   portal.FolderID      `json:"folder,omitempty" maxLength:"64" doc:"The folder it goes into; without it, the top, or where the file request wants it."`
	Path     string               `json:"path,omitempty" maxLength:"3000" doc:"Folders below that, with slashes, which are made when it arrives."`
	Request  portal.FileRequestID `json:"request,omitempty" maxLength:"64" doc:"The file request that it answers."`
	Type     string               `json:"type,omitempty" maxLength:"200" doc:"Its media type, as you know it; which one it is handed out with is decided by its bytes."`
	SHA256   string               `json:"sha256,omitempty" pattern:"^[0-9a-f]{64}$" doc:"Of the whole file, hexadecimal: what arrives is compared with it."`
	Note     string               `json:"note,omitempty" doc:"What changed; it stays with the version."`
	Audience portal.Side          `json:"audience,omitempty" doc:"team (the default) or client. What the client's people bring is for both."`
	OnClash  string               `json:"on_clash,omitempty" enum:"ask,version,both" doc:"When there is a file of that name: refuse, naming it (the default), add a version to it, or keep both."`
}

type newVersionUpload struct {
	Size     int64                `json:"size" minimum:"0" doc:"In bytes."`
	Request  portal.FileRequestID `json:"request,omitempty" maxLength:"64" doc:"The file request that it answers."`
	Name     string               `json:"name,omitempty" maxLength:"1000" doc:"What it is called where it comes from; the file keeps its name."`
	Type     string               `json:"type,omitempty" maxLength:"200" doc:"Its media type, as you know it; which one it is handed out with is decided by its bytes."`
	SHA256   string               `json:"sha256,omitempty" pattern:"^[0-9a-f]{64}$" doc:"Of all bytes, hexadecimal: what arrives is compared with it."`
	Note     string               `json:"note,omitempty" doc:"What changed; it stays with the version."`
	Audience portal.Side          `json:"audience,omitempty" doc:"Of a file that the client sees: team (the default), for a draft, or client."`
}

type upload struct {
	ID        portal.UploadID      `json:"id" doc:"The upload."`
	Project   portal.ProjectID     `json:"project" doc:"The project it goes into."`
	Folder    portal.FolderID      `json:"folder,omitempty" doc:"The folder it goes into; absent for the top."`
	Request   portal.FileRequestID `json:"request,omitempty" doc:"The file request that it answers."`
	Name      string               `json:"name" doc:"What the file is called."`
	Size      int64                `json:"size" doc:"In bytes."`
	Received  int64                `json:"received" doc:"How many bytes are here, and stay: where to go on."`
	ExpiresAt *time.Time           `json:"expires_at,omitempty" doc:"When it is forgotten unless more comes."`
	Finished  bool                 `json:"finished" doc:"Everything is here, and the file is there."`
	File      portal.FileID        `json:"file,omitempty" doc:"What it became, or of which it becomes a version."`
	Version   portal.VersionID     `json:"version,omitempty" doc:"The version that it became."`
}

func uploadWire(u portal.Uploading) upload {
	w := upload{ID: u.ID, Project: u.Project, Folder: u.Folder, Request: u.Request, Name: u.Name, Size: u.Size, Received: u.Received, Finished: u.Finished, File: u.File, Version: u.Version}
	if u.Finished {
		w.File = u.Became
	} else {
		w.ExpiresAt = moment(u.ExpiresAt)
	}
	return w
}

// exchange is the request itself, and what answers it: bytes are not parsed.
type exchange struct {
	r *http.Request
	w http.ResponseWriter
}

// Resolve implements huma.Resolver.
func (x *exchange) Resolve(c huma.Context) []error {
	x.r, x.w = humago.Unwrap(c)
	return nil
}

type piece struct {
	exchange
	ID     string `path:"id" maxLength:"64" doc:"The upload."`
	Offset int64  `query:"offset" minimum:"0" doc:"At which byte of the file these begin: what has been received."`
	SHA256 string `query:"sha256" pattern:"^[0-9a-f]{64}$" doc:"Of the whole file, hexadecimal, where it is only known by now."`
}

type fetch struct {
	exchange
	ID    string `path:"id" maxLength:"64" doc:"The file or version."`
	Range string `header:"Range" doc:"One range of bytes; the whole without it."`
	If    string `header:"If-Range" doc:"The ETag that the range is of: if there is another by now, the whole comes."`
}

type picture struct {
	exchange
	ID   string `path:"id" maxLength:"64" doc:"The version."`
	Kind string `query:"kind" enum:"thumb,large,poster,wave,page" default:"thumb" doc:"A small or a large picture, that of a film, that of a sound, or a page of a document."`
	Page int    `query:"page" minimum:"0" doc:"Which page, from 1."`
}

// isPiece reports whether a request brings the bytes of a file.
func isPiece(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.HasPrefix(r.URL.Path, "/api/uploads/") && strings.HasSuffix(r.URL.Path, "/content")
}

const octets = "application/octet-stream"

func (s *server) uploads() {
	begin := func(ctx context.Context, n portal.NewUpload) (portal.UploadID, error) {
		u, err := s.Bytes.Begin(ctx, me(ctx), n)
		return u.ID, err
	}
	create(s, "/api/projects/{id}/uploads", "upload-file", "Begin to upload a file", func(ctx context.Context, _ *portal.Scope, id string, in newUpload) (portal.UploadID, error) {
		return begin(ctx, portal.NewUpload{Project: portal.ProjectID(id), Folder: in.Folder, Request: in.Request, Name: in.Name, Path: in.Path, Size: in.Size, Type: in.Type,
			SHA256: in.SHA256, Note: in.Note, Audience: in.Audience, OnClash: in.OnClash})
	})
	create(s, "/api/files/{id}/uploads", "upload-version", "Begin to upload a new version of a file", func(ctx context.Context, me *portal.Scope, id string, in newVersionUpload) (portal.UploadID, error) {
		f, err := me.File(ctx, portal.FileID(id))
		if err != nil {
			return "", err
		}
		if in.Name == "" {
			in.Name = f.Name
		}
		return begin(ctx, portal.NewUpload{File: f.ID, Request: in.Request, Name: in.Name, Size: in.Size, Type: in.Type, SHA256: in.SHA256, Note: in.Note, Audience: in.Audience})
	})
	readAll(s, "/api/uploads", "list-uploads", "Your own uploads that are not finished", func(ctx context.Context, me *portal.Scope, _ *struct{}) ([]portal.Uploading, string, error) {
		all, err := me.Uploads(ctx)
		return all, "", err
	}, uploadWire)
	read(s, "/api/uploads/{id}", "upload", "How far one of your own uploads is", func(ctx context.Context, me *portal.Scope, id string) (upload, error) {
		u, err := s.Bytes.Live(ctx, me, portal.UploadID(id), s.Portal.Now())
		return uploadWire(u), err
	})
	o := operation(http.MethodPut, "/api/uploads/{id}/content", "upload-content", "Put bytes into one of your own uploads; with the last, the file is there", http.StatusOK)
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{octets: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	o.Errors = append(o.Errors, 408, 410, 413, 415, 423, 503, 507)
	huma.Register(s.huma, s.giving(reflect.TypeFor[upload](), o), s.putContent)
	act(s, http.MethodDelete, "/api/uploads/{id}", "abandon-upload", "Give up one of your own uploads", func(ctx context.Context, me *portal.Scope, id string) error {
		if me.ReadOnly() {
			return portal.ErrForbidden
		}
		return s.Bytes.Drop(ctx, me, portal.UploadID(id))
	})
}

// putContent takes bytes as tus does: what came counts, also when the line
// breaks, and one that is not where the request says is left as it is.
func (s *server) putContent(ctx context.Context, in *piece) (*answer, error) {
	u, err := s.bring(ctx, in)
	if err != nil {
		if code, _ := transfer.Status(err); code == http.StatusRequestEntityTooLarge || code == http.StatusRequestTimeout {
			in.w.Header().Set("Connection", "close") // the rest of the body is not read
		}
		return nil, s.fail(ctx, err)
	}
	return &answer{uploadWire(u)}, nil
}

func (s *server) bring(ctx context.Context, in *piece) (u portal.Uploading, err error) {
	me := me(ctx)
	if me.ReadOnly() {
		return u, portal.ErrForbidden
	}
	body := transfer.NewIncoming(in.w, in.r.Body)
	u, free, err := s.Bytes.Hold(ctx, me, portal.UploadID(in.ID), s.Portal.Now(), body)
	if err != nil {
		return u, err
	}
	defer free()
	switch {
	case u.Finished:
		return u, nil // the last answer was lost
	case in.Offset != u.Received:
		return u, transfer.ErrPlace
	}
	if u, err = s.Bytes.Bring(ctx, me, u, body, in.r.ContentLength, nil); err != nil || u.Received < u.Size {
		return u, err
	}
	if _, _, err = s.Bytes.Finish(ctx, me, u, in.SHA256); err != nil {
		return u, err
	}
	return me.Upload(ctx, u.ID)
}

func (s *server) contents() {
	s.taken("/api/files/{id}/content", "file-content", "The bytes of a file, in its newest version", func(ctx context.Context, me *portal.Scope, id string) (portal.Stored, error) {
		f, err := me.File(ctx, portal.FileID(id))
		if err != nil {
			return portal.Stored{}, err
		}
		return me.DownloadVersion(ctx, f.Version.ID)
	})
	s.taken("/api/versions/{id}/content", "version-content", "The bytes of a version", func(ctx context.Context, me *portal.Scope, id string) (portal.Stored, error) {
		return me.DownloadVersion(ctx, portal.VersionID(id))
	})
	huma.Register(s.huma, bytesOut("/api/versions/{id}/preview", "version-preview", "A picture that was made to look at a version", "image/*"), func(ctx context.Context, in *picture) (*huma.StreamResponse, error) {
		st, err := me(ctx).PreviewOf(ctx, portal.VersionID(in.ID), in.Kind, in.Page)
		if err == nil && !transfer.Drawn(st.Type) {
			err = portal.ErrNotFound
		}
		return s.deliver(ctx, in.exchange, st, transfer.AsPreview, err)
	})
}

// taken hands out an original.
func (s *server) taken(path, id, summary string, f func(ctx context.Context, me *portal.Scope, id string) (portal.Stored, error)) {
	huma.Register(s.huma, bytesOut(path, id, summary, octets), func(ctx context.Context, in *fetch) (*huma.StreamResponse, error) {
		st, err := f(ctx, me(ctx), in.ID)
		return s.deliver(ctx, in.exchange, st, transfer.AsFile, err)
	})
}

// bytesOut is an operation that answers bytes.
func bytesOut(path, id, summary, kind string) huma.Operation {
	o := operation(http.MethodGet, path, id, summary, http.StatusOK)
	o.Errors = append(o.Errors, 416, 503)
	content := map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	o.Responses = map[string]*huma.Response{
		"200": {Description: "All bytes.", Content: content},
		"206": {Description: "The range that was asked for.", Content: content},
	}
	return o
}

// deliver sends what the portal has handed out.
func (s *server) deliver(ctx context.Context, x exchange, st portal.Stored, how string, err error) (*huma.StreamResponse, error) {
	if err != nil {
		return nil, s.fail(ctx, err)
	}
	return &huma.StreamResponse{Body: func(huma.Context) {
		if err := s.Bytes.Deliver(x.w, x.r.WithContext(ctx), me(ctx), st, how); err != nil && ctx.Err() == nil {
			s.failPlain(ctx, x.w, err)
		}
	}}, nil
}

// failPlain is fail where huma no longer writes the answer.
func (s *server) failPlain(ctx context.Context, w http.ResponseWriter, err error) {
	var p *huma.ErrorModel
	err = s.fail(ctx, err)
	if !errors.As(err, &p) {
		p = &huma.ErrorModel{Status: http.StatusInternalServerError, Title: http.StatusText(http.StatusInternalServerError)}
	}
	h := w.Header()
	var more huma.HeadersError
	if errors.As(err, &more) {
		maps.Copy(h, more.GetHeaders())
	}
	h.Set("Content-Type", "application/problem+json")
	h.Del("Content-Disposition")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // an error means that the caller has gone
}
