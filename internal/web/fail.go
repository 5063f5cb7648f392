package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// status adds to the table of what bytes can meet, and so to the portal's, what
// only pages can.
func status(err error) (int, string) {
	switch {
	case errors.Is(err, errTooMuch):
		return http.StatusRequestEntityTooLarge, "too_large"
	case errors.Is(err, errWrongHost):
		return http.StatusMisdirectedRequest, "wrong_host"
	case errors.Is(err, errCrossOrigin):
		return http.StatusForbidden, "cross_origin"
	case errors.Is(err, errOnlyLooking):
		return http.StatusForbidden, "only_looking"
	case errors.Is(err, errBadForm):
		return http.StatusUnsupportedMediaType, "bad_form"
	case errors.Is(err, errZipEmpty):
		return http.StatusUnprocessableEntity, "zip_empty"
	case errors.Is(err, account.ErrNotFound):
		return http.StatusNotFound, "not_found"
	case errors.Is(err, account.ErrBusy):
		return http.StatusServiceUnavailable, "busy"
	}
	return transfer.Status(err)
}

// fail answers an error with its page. Who is not signed in is led to the
// sign-in page, and back here afterwards.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, me *visit, err error) {
	code, key := status(err)
	if code == http.StatusInternalServerError && r.Context().Err() != nil {
		return // the visitor has gone, which is all that broke
	}
	if code == http.StatusUnauthorized && me.Session.ID == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) && me.ended == "" && wantsPage(r) {
		to := "/sign-in"
		if r.URL.Path != "/" {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	p := view.FailurePage{Page: s.page(me, "")}
	if code == http.StatusInternalServerError {
		p.ID = s.logFault(r, err)
	}
	var throttled *account.Throttled
	if errors.As(err, &throttled) {
		retryAfter(w, throttled)
	}
	if code == http.StatusUnauthorized && me.ended != "" {
		key = endedKey(me.ended)
	}
	if key == "forbidden" && me.Viewing != nil {
		key = "only_looking"
	}
	p.Title, p.Text = failureWords(me, key)
	p.Home = ui.Link{Label: p.T("error.home"), Href: "/"}
	if code == http.StatusUnauthorized {
		p.Home = ui.Link{Label: p.T("action.sign_in"), Href: "/sign-in"}
	}
	s.setTitle(&p.Page, p.Title)
	if err := s.render(w, r, code, view.Failure(p)); err != nil && r.Context().Err() == nil {
		s.Log.Error("render failure page", slog.String("error", err.Error()))
		http.Error(w, http.StatusText(code), code)
	}
}

// logFault writes down what broke, and returns the name that its page gives it.
func (s *Server) logFault(r *http.Request, err error) string {
	id := faultID()
	s.Log.Error("fault", "id", id, "method", r.Method, "route", r.Pattern, "error", err.Error())
	return id
}

// failureWords are the title and the text of a failure's page.
func failureWords(me *visit, key string) (title, text string) {
	b := me.Book
	switch key {
	case "paused": // the only title that names the workspace
		title = b.T("error.paused.title", "workspace", me.Brand.Name)
	default:
		title = b.T("error." + key + ".title")
	}
	switch key {
	case "forbidden", "paused", "full", "read_only", "file_too_large", "no_room":
		return title, b.T("error."+key+".text", "workspace", me.Brand.Name)
	}
	return title, b.T("error." + key + ".text")
}

// wantsPage is false for what scripts fetch.
func wantsPage(r *http.Request) bool {
	return !strings.Contains(r.Header.Get("Accept"), "text/event-stream") && r.Header.Get("HX-Request") == ""
}

// endedKey turns why a session ended into the words for it.
func endedKey(why string) string {
	switch {
	case strings.HasPrefix(why, "paused"):
		return "paused"
	case why == account.WhyIdle, why == account.WhyExpired:
		return "expired"
	case why == account.WhyPassword:
		return "password_changed"
	}
	return "signed_out"
}
