package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// verifyRoutes are for whoever has a certificate in their hands. They say nothing
// that is not in it.
func (s *Server) verifyRoutes() []route {
	return []route{
		{"GET /verify", anybody, s.verifyPage},
		{"GET /verify/{token}", anybody, s.verifyCertificate},
	}
}

// verifyBulkRoutes take a file of any size: it is read, and kept nowhere.
func (s *Server) verifyBulkRoutes() []route {
	return []route{
		{"POST /verify", anybody, s.verifyFile},
		{"POST /verify/{token}", anybody, s.verifyFile},
	}
}

const (
	leastVerified = 2 << 30 // of a file that is checked, were the limit of files ever larger than it is
	maxPaper      = 4 << 20 // of one whose signature is looked at
	verifiedOnce  = 3       // files at a time
)

var verifying = make(chan struct{}, verifiedOnce)

// verifyPage is the form. A code that was typed, alone or with the address before
// it, leads to what it is of.
func (s *Server) verifyPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	unlisted(w)
	code := strings.TrimSpace(r.URL.Query().Get("code"))
	if code = code[strings.LastIndexByte(code, '/')+1:]; code != "" {
		return seeOther(w, r, "/verify/"+url.PathEscape(code))
	}
	return s.renderVerify(w, r, me, http.StatusOK, view.VerifyPage{})
}

func (s *Server) renderVerify(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.VerifyPage) error {
	invalid := p.Invalid
	p.Page, p.Workspace, p.Path = s.cardPage(me), me.Brand.Name, "/verify"
	p.Invalid = invalid
	title := p.T("verify.title")
	if p.Certificate.ID != "" {
		title = p.T("verify.of", "title", p.Certificate.Record.Title)
		p.Path += "/" + p.Certificate.Code // so that the files it names are known too
	}
	p.Heading = title
	s.setTitle(&p.Page, title)
	return s.render(w, r, status, view.Verify(p))
}

// verifyCertificate says what the certificate of a code says.
func (s *Server) verifyCertificate(w http.ResponseWriter, r *http.Request, me *visit) error {
	unlisted(w)
	code := r.PathValue("token")
	c, err := s.Portal.CertificateByCode(r.Context(), code)
	if err == portal.ErrNotFound {
		p := view.VerifyPage{Code: code}
		p.Invalid = map[string]portal.Reason{"code": {Key: "no_certificate"}}
		return s.renderVerify(w, r, me, http.StatusNotFound, p)
	}
	if err != nil {
		return err
	}
	return s.renderVerify(w, r, me, http.StatusOK, view.VerifyPage{Certificate: c})
}

// verifyFile says whether a file is a certificate, or, with the code of one, a file
// that it names.
func (s *Server) verifyFile(w http.ResponseWriter, r *http.Request, me *visit) error {
	unlisted(w)
	p := view.VerifyPage{}
	if code := r.PathValue("token"); code != "" {
		var err error
		if p.Certificate, err = s.Portal.CertificateByCode(r.Context(), code); err != nil {
			return err
		}
	}
	var throttled *account.Throttled
	if err := s.Accounts.Check(r.Context(), s.addr(r)); errors.As(err, &throttled) {
		retryAfter(w, throttled)
		p.Notice = view.Notice{Title: me.Book.T("door.throttled"), Text: me.Book.T("door.throttled_text", "wait", me.Book.For(throttled.RetryAfter))}
		return s.renderVerify(w, r, me, http.StatusTooManyRequests, p)
	} else if err != nil {
		return err
	}
	select {
	case verifying <- struct{}{}:
		defer func() { <-verifying }()
	default:
		return account.ErrBusy
	}
	most, err := s.Portal.As(portal.Actor{}).FileLimit(r.Context())
	if err != nil {
		return err
	}
	sum, paper, err := readVerified(w, r, max(most, leastVerified))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		w.Header().Set("Connection", "close")
		p.Invalid = map[string]portal.Reason{"file": {Key: "too_large_to_check"}}
		return s.renderVerify(w, r, me, http.StatusRequestEntityTooLarge, p)
	case errors.Is(err, errNoPart):
		p.Invalid = map[string]portal.Reason{"file": {Key: "required"}}
		return s.renderVerify(w, r, me, http.StatusUnprocessableEntity, p)
	case err != nil:
		return errBadForm
	}
	p.Hash = sum
	if p.Certificate, p.Result, p.Line, err = s.Portal.Verify(r.Context(), r.PathValue("token"), sum); err != nil {
		return err
	}
	p.Signed = p.Result == "certificate" && s.Genuine != nil && s.Genuine(paper)
	return s.renderVerify(w, r, me, http.StatusOK, p)
}

var errNoPart = errors.New("web: the form brings no file")

// aroundFile is what a form has besides its file.
const aroundFile = 1 << 20

// readVerified reads the file of a form, of so many bytes at most: its hash, and of a
// small one its bytes.
func readVerified(w http.ResponseWriter, r *http.Request, most int64) (sum string, small []byte, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, most+aroundFile)
	parts, err := r.MultipartReader()
	if err != nil {
		return "", nil, err
	}
	for range maxParts {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", nil, err
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		hash := sha256.New()
		var head bytes.Buffer
		if _, err := io.CopyN(io.MultiWriter(hash, &head), part, maxPaper); err != nil && err != io.EOF {
			return "", nil, err
		}
		if _, err := io.Copy(hash, part); err != nil {
			return "", nil, err
		}
		return hex.EncodeToString(hash.Sum(nil)), head.Bytes(), nil
	}
	return "", nil, errNoPart
}
