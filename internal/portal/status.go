package portal

import (
	"errors"
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// Status is the one table that says what an error is to the outside: the HTTP
// status of pages and of the API, and the key of its words below "error.".
// Whatever is not listed is a fault of the program.
func Status(err error) (status int, key string) {
	var invalid *Invalid
	var throttled *account.Throttled
	var clash *Clash
	switch {
	case err == nil:
		return http.StatusOK, ""
	case errors.As(err, &invalid):
		return http.StatusUnprocessableEntity, "invalid"
	case errors.Is(err, ErrNotFound), errors.Is(err, db.ErrText): // what is looked for cannot be there
		return http.StatusNotFound, "not_found"
	case errors.Is(err, ErrForbidden):
		return http.StatusForbidden, "forbidden"
	case errors.Is(err, ErrSignedOut), errors.Is(err, account.ErrSignedOut):
		return http.StatusUnauthorized, "signed_out"
	case errors.Is(err, ErrConflict):
		return http.StatusConflict, "conflict"
	case errors.As(err, &clash):
		return http.StatusConflict, "clash"
	case errors.Is(err, ErrHeld):
		return http.StatusConflict, "held"
	case errors.Is(err, ErrDeserted):
		return http.StatusConflict, "deserted"
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge, "file_too_large"
	case errors.Is(err, ErrFull):
		return http.StatusInsufficientStorage, "no_room"
	case errors.Is(err, ErrReused):
		return http.StatusUnprocessableEntity, "reused"
	case errors.Is(err, ErrGone):
		return http.StatusGone, "gone"
	case errors.As(err, &throttled):
		return http.StatusTooManyRequests, "throttled"
	case errors.Is(err, ErrBusy), errors.Is(err, db.ErrBusy):
		return http.StatusServiceUnavailable, "busy"
	case errors.Is(err, db.ErrFull):
		return http.StatusInsufficientStorage, "full"
	case errors.Is(err, db.ErrReadOnly):
		return http.StatusServiceUnavailable, "read_only"
	}
	return http.StatusInternalServerError, "fault"
}
