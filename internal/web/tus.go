package web

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// The tus protocol 1.0.0 (tus.io), with creation, creation-with-upload,
// termination, checksum and expiration. Concatenation is not offered, and the
// length of an upload must be known when it is made: its room is held from then.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,termination,checksum,expiration"
	tusChecksums  = "sha256,sha1"
	tusType       = "application/offset+octet-stream"
)

// tusRoutes speak tus, and answer what goes wrong in JSON.
func (s *Server) tusRoutes() []route {
	return []route{
		{"OPTIONS /uploads", person, s.tusOptions},
		{"OPTIONS /uploads/{id}", person, s.tusOptions},
		{"POST /uploads", person, s.tusCreate},
		{"HEAD /uploads/{id}", person, s.tusHead},
		{"PATCH /uploads/{id}", person, s.tusPatch},
		{"DELETE /uploads/{id}", person, s.tusDelete},
		{"GET /uploads", person, s.uploadList},
	}
}

// A tusFault is a request that is not in order, as the key of its words.
type tusFault struct {
	status int
	key    string
}

func (f *tusFault) Error() string { return "tus: " + f.key }

var (
	faultVersion  = &tusFault{http.StatusPreconditionFailed, "tus_version"}
	faultLength   = &tusFault{http.StatusBadRequest, "tus_length"}
	faultMetadata = &tusFault{http.StatusBadRequest, "tus_metadata"}
	faultMuch     = &tusFault{http.StatusRequestEntityTooLarge, "tus_metadata_size"}
	faultOffset   = &tusFault{http.StatusBadRequest, "tus_offset"}
	faultType     = &tusFault{http.StatusUnsupportedMediaType, "tus_type"}
	faultSumKind  = &tusFault{http.StatusBadRequest, "tus_checksum_kind"}
	faultSum      = &tusFault{460, "tus_checksum"}
)

// serveTus is serve for the routes that speak tus.
func (s *Server) serveTus(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Tus-Resumable", tusVersion)
		r = s.noted(r)
		me, err := s.admit(rt, r)
		switch v := r.Header.Get("Tus-Resumable"); {
		case err != nil, r.Method == http.MethodOptions, r.Method == http.MethodGet, v == tusVersion:
		default:
			h.Set("Tus-Version", tusVersion)
			err = faultVersion
		}
		if err == nil {
			err = rt.handle(w, r, me)
		}
		if err != nil {
			s.failJSON(w, r, me, err)
		}
	})
}

// trouble is what a script is told of an error, in words for people.
type trouble struct {
	Status int               `json:"status"`
	Code   string            `json:"code"`
	Title  string            `json:"title"`
	Text   string            `json:"text"`
	Fields map[string]string `json:"fields,omitempty"`
	ID     string            `json:"id,omitempty"`   // of the fault, in the log
	File   string            `json:"file,omitempty"` // that has the name already
	Name   string            `json:"name,omitempty"`
}

// failJSON answers an error to a script.
func (s *Server) failJSON(w http.ResponseWriter, r *http.Request, me *visit, err error) {
	var fault *tusFault
	var clash *portal.Clash
	var invalid *portal.Invalid
	t := trouble{}
	t.Status, t.Code = status(err)
	switch {
	case errors.As(err, &fault):
		t.Status, t.Code = fault.status, fault.key
	case errors.As(err, &clash):
		t.File, t.Name = string(clash.File), clash.Name
	case errors.As(err, &invalid):
		t.Fields = map[string]string{}
		for field, why := range invalid.Fields {
			t.Fields[field] = me.Book.T("invalid."+why.Key, why.Pairs...)
		}
	case t.Status == http.StatusInternalServerError:
		if r.Context().Err() != nil {
			return // the visitor has gone, which is all that broke
		}
		t.ID = s.logFault(r, err)
	}
	t.Title, t.Text = failureWords(me, t.Code)
	h := w.Header()
	switch t.Status {
	case http.StatusRequestEntityTooLarge, http.StatusRequestTimeout:
		h.Set("Connection", "close") // the rest of the body is not read
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusLocked:
		if h.Get("Retry-After") == "" {
			h.Set("Retry-After", "2")
		}
	}
	body, err := json.Marshal(t)
	if err != nil {
		s.Log.Error("write a problem", "error", err.Error())
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(t.Status)
	w.Write(body)
}

func (s *Server) tusOptions(w http.ResponseWriter, r *http.Request, me *visit) error {
	most, err := me.FileLimit(r.Context())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Tus-Version", tusVersion)
	h.Set("Tus-Extension", tusExtensions)
	h.Set("Tus-Checksum-Algorithm", tusChecksums)
	h.Set("Tus-Max-Size", strconv.FormatInt(most, 10))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// tusCreate enters an upload.
func (s *Server) tusCreate(w http.ResponseWriter, r *http.Request, me *visit) error {
	n, err := newUpload(r.Header)
	if err != nil {
		return err
	}
	withBytes := r.ContentLength != 0
	if withBytes && !isTusType(r) {
		return faultType
	}
	u, err := s.Bytes.Begin(r.Context(), me.Scope, n)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Location", "/uploads/"+url.PathEscape(string(u.ID)))
	if withBytes || u.Size == 0 {
		// The upload is there, whatever becomes of its first bytes: the address
		// is told with the error.
		if u, err = s.patch(w, r, me, u, transfer.NewIncoming(w, r.Body)); err != nil {
			return err
		}
		h.Set("Upload-Offset", strconv.FormatInt(u.Received, 10))
	}
	expires(h, u)
	w.WriteHeader(http.StatusCreated)
	return nil
}

// newUpload reads the headers of a creation.
func newUpload(h http.Header) (portal.NewUpload, error) {
	var n portal.NewUpload
	if h.Get("Upload-Concat") != "" || h.Get("Upload-Defer-Length") != "" || len(h.Values("Upload-Length")) != 1 {
		return n, faultLength
	}
	size, ok := transfer.Digits(h.Get("Upload-Length"))
	if !ok {
		return n, faultLength
	}
	meta, err := tusMetadata(h)
	if err != nil {
		return n, err
	}
	n = portal.NewUpload{
		Project: portal.ProjectID(meta["project"]), Folder: portal.FolderID(meta["folder"]), File: portal.FileID(meta["file"]),
		Request: portal.FileRequestID(meta["request"]), Name: meta["filename"], Path: meta["path"], Size: size,
		Type: meta["filetype"], SHA256: meta["sha256"], Note: meta["note"], Audience: portal.Side(meta["audience"]), OnClash: meta["on_clash"],
	}
	if strings.ContainsAny(n.Name, "/\x00") || strings.ContainsAny(n.Path, "\\\x00") || !plainPath(n.Path) {
		return n, faultMetadata
	}
	if n.SHA256 != "" && !isSHA256(n.SHA256) {
		return n, faultMetadata
	}
	return n, nil
}

// plainPath reports whether a path leads down from where it begins.
func plainPath(path string) bool {
	if path == "" {
		return true
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

func isSHA256(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size && strings.ToLower(s) == s
}

// tusKeys are what may be said of an upload.
var tusKeys = map[string]bool{
	"filename": true, "filetype": true, "path": true, "project": true, "folder": true, "file": true, "request": true,
	"note": true, "audience": true, "on_clash": true, "sha256": true,
}

const maxTusMetadata = 4 << 10

// tusMetadata reads Upload-Metadata: each key once, with a text.
func tusMetadata(h http.Header) (map[string]string, error) {
	meta := map[string]string{}
	all := strings.Join(h.Values("Upload-Metadata"), ",")
	if len(all) > maxTusMetadata {
		return nil, faultMuch
	}
	for pair := range strings.SplitSeq(all, ",") {
		pair = strings.TrimSpace(pair)
		if pair == "" {
			continue
		}
		key, coded, _ := strings.Cut(pair, " ")
		value, err := base64.StdEncoding.Strict().DecodeString(coded)
		if _, twice := meta[key]; err != nil || twice || !tusKeys[key] || !utf8.Valid(value) {
			return nil, faultMetadata
		}
		meta[key] = string(value)
	}
	return meta, nil
}

// expires says until when an upload may go on.
func expires(h http.Header, u portal.Uploading) {
	if !u.Finished && !u.ExpiresAt.IsZero() {
		h.Set("Upload-Expires", u.ExpiresAt.UTC().Format(http.TimeFormat))
	}
}

// tusHead says how far an upload has come. One of which everything has come is
// finished on the way, for whoever was cut off just before the answer.
func (s *Server) tusHead(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx, id := r.Context(), portal.UploadID(r.PathValue("id"))
	// A connection that broke without a word may still hold it; what it has is
	// counted before the answer.
	u, free, err := s.Bytes.Hold(ctx, me.Scope, id, me.Now, nil)
	switch {
	case err == nil:
		defer free()
		if u.Received == u.Size {
			u, err = s.become(w, r, me, u, "")
		}
	case errors.Is(err, transfer.ErrBusy):
		u, err = s.Bytes.Live(ctx, me.Scope, id, me.Now)
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Upload-Offset", strconv.FormatInt(u.Received, 10))
	h.Set("Upload-Length", strconv.FormatInt(u.Size, 10))
	expires(h, u)
	w.WriteHeader(http.StatusOK)
	return nil
}

// tusPatch takes bytes.
func (s *Server) tusPatch(w http.ResponseWriter, r *http.Request, me *visit) error {
	if !isTusType(r) {
		return faultType
	}
	offset, ok := transfer.Digits(r.Header.Get("Upload-Offset"))
	if !ok || len(r.Header.Values("Upload-Offset")) != 1 {
		return faultOffset
	}
	in := transfer.NewIncoming(w, r.Body)
	u, free, err := s.Bytes.Hold(r.Context(), me.Scope, portal.UploadID(r.PathValue("id")), me.Now, in)
	if err != nil {
		return err
	}
	defer free()
	if u.Received != offset {
		return transfer.ErrPlace
	}
	if u, err = s.patch(w, r, me, u, in); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Upload-Offset", strconv.FormatInt(u.Received, 10))
	expires(h, u)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// patch takes the bytes of a request, and finishes an upload that has all of
// its own.
func (s *Server) patch(w http.ResponseWriter, r *http.Request, me *visit, u portal.Uploading, in *transfer.Incoming) (portal.Uploading, error) {
	sum, err := digest(r.Header)
	if err != nil {
		return u, err
	}
	whole, err := checksum(r.Header)
	if err != nil {
		return u, err
	}
	if u, err = s.Bytes.Bring(r.Context(), me.Scope, u, in, r.ContentLength, whole); err != nil {
		return u, err
	}
	if u.Received == u.Size {
		return s.become(w, r, me, u, sum)
	}
	return u, nil
}

// become finishes an upload and says what became of it.
func (s *Server) become(w http.ResponseWriter, r *http.Request, me *visit, u portal.Uploading, sum string) (portal.Uploading, error) {
	file, version, err := s.Bytes.Finish(r.Context(), me.Scope, u, sum)
	if err != nil {
		return u, err
	}
	u.Finished, u.Became, u.Version = true, file, version
	if file != "" {
		w.Header().Set("Content-Location", "/files/"+url.PathEscape(string(file)))
	}
	return u, nil
}

// checksum is what the bytes of this request are said to sum up to: nil when
// nothing is said.
func checksum(header http.Header) (*transfer.Sum, error) {
	c := header.Get("Upload-Checksum")
	if c == "" {
		return nil, nil
	}
	kind, want, _ := strings.Cut(c, " ")
	h, size := hashOf(kind)
	claimed, err := base64.StdEncoding.DecodeString(want)
	if h == nil || err != nil || len(claimed) != size {
		return nil, faultSumKind
	}
	return &transfer.Sum{Hash: h, Want: claimed, Else: faultSum}, nil
}

func hashOf(kind string) (hash.Hash, int) {
	switch kind {
	case "sha256":
		return sha256.New(), sha256.Size
	case "sha1":
		return sha1.New(), sha1.Size
	}
	return nil, 0
}

// digest is the hash of the whole file, which may come with its last bytes
// (Repr-Digest of RFC 9530): who sends a large one has computed it by then.
func digest(h http.Header) (string, error) {
	v := h.Get("Repr-Digest")
	if v == "" {
		return "", nil
	}
	coded, ok := strings.CutPrefix(v, "sha-256=:")
	sum, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(coded, ":"))
	if !ok || err != nil || len(sum) != sha256.Size {
		return "", faultSumKind
	}
	return hex.EncodeToString(sum), nil
}

func isTusType(r *http.Request) bool {
	t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return t == tusType
}

// tusDelete forgets an upload, whoever is still writing to it.
func (s *Server) tusDelete(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := s.Bytes.Drop(r.Context(), me.Scope, portal.UploadID(r.PathValue("id"))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// underWay is an upload in the tray's list.
type underWay struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Size     int64  `json:"size"`
	Received int64  `json:"received"`
	Project  string `json:"project"`
	Folder   string `json:"folder,omitempty"`
	File     string `json:"file,omitempty"`
	Expires  string `json:"expires"`
}

// uploadList lists the visitor's unfinished uploads.
func (s *Server) uploadList(w http.ResponseWriter, r *http.Request, me *visit) error {
	all, err := me.Uploads(r.Context())
	if err != nil {
		return err
	}
	list := []underWay{}
	for _, u := range all {
		list = append(list, underWay{string(u.ID), u.Name, u.Size, u.Received, string(u.Project),
			string(u.Folder), string(u.File), u.ExpiresAt.UTC().Format(time.RFC3339)})
	}
	body, err := json.Marshal(map[string]any{"uploads": list})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
	return nil
}
