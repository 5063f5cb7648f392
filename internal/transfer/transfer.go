// Package transfer carries the bytes of files in and out, for pages and the API
// alike. What comes in goes one way, by whichever door: a row that holds its
// room, steps that are each on disk before they are counted, and at the end a
// file. What goes out was asked of the portal just before, and goes out whole or
// in the one range that was asked for.
package transfer

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// Carrier is what all requests that bring or take bytes share.
type Carrier struct {
	Blobs   blob.Store
	scan    string
	log     *slog.Logger
	uploads uploadLocks
	senders senders
	sound   soundBlobs
}

// New returns a Carrier over a store. Scan is what is noted of a file that came,
// where files are looked through: see portal.Arrived.
func New(blobs blob.Store, scan string, log *slog.Logger) *Carrier {
	return &Carrier{Blobs: blobs, scan: scan, log: log}
}

// What can go wrong with bytes, beside what the portal and the store say.
var (
	ErrBeyond   = errors.New("transfer: more bytes than were announced")
	ErrStalled  = errors.New("transfer: nothing came for too long")
	ErrPlace    = errors.New("transfer: the bytes do not begin where the last ended")
	ErrWrongSum = errors.New("transfer: the bytes are not those that were announced")
	ErrTorn     = errors.New("transfer: what had come of the upload is lost")
	ErrExpired  = errors.New("transfer: the upload was not finished in its time")
	ErrBusy     = errors.New("transfer: another request is writing to the upload")
	ErrMany     = errors.New("transfer: too many uploads at the same time")
	ErrArchive  = errors.New("transfer: too much for one archive")
)

// Status adds to the portal's table what bytes can meet.
func Status(err error) (status int, key string) {
	switch {
	case errors.Is(err, ErrBeyond):
		return http.StatusRequestEntityTooLarge, "tus_beyond"
	case errors.Is(err, ErrStalled):
		return http.StatusRequestTimeout, "tus_stalled"
	case errors.Is(err, ErrPlace):
		return http.StatusConflict, "tus_place"
	case errors.Is(err, ErrWrongSum):
		return http.StatusUnprocessableEntity, "tus_whole"
	case errors.Is(err, ErrTorn):
		return http.StatusGone, "tus_torn"
	case errors.Is(err, ErrExpired):
		return http.StatusGone, "tus_expired"
	case errors.Is(err, ErrBusy):
		return http.StatusLocked, "tus_busy"
	case errors.Is(err, ErrMany):
		return http.StatusTooManyRequests, "tus_many"
	case errors.Is(err, ErrArchive):
		return http.StatusRequestEntityTooLarge, "zip_too_large"
	case errors.Is(err, blob.ErrNoSpace):
		return http.StatusInsufficientStorage, "full"
	case errors.Is(err, blob.ErrUnavailable):
		return http.StatusServiceUnavailable, "no_storage"
	}
	return portal.Status(err)
}
