package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What a statement can fail with, the same on both databases. Test with
// errors.Is.
var (
	ErrNoRows     = sql.ErrNoRows
	ErrUnique     = errors.New("db: the value is already taken")
	ErrForeignKey = errors.New("db: the row refers to, or is referred to by, another row")
	ErrCheck      = errors.New("db: the value is not allowed in its column")
	ErrBusy       = errors.New("db: the database is busy")
	ErrFull       = errors.New("db: the disk is full")
	ErrReadOnly   = errors.New("db: the database is read-only")
	ErrText       = errors.New("db: no text in the database can be like that") // NUL, or not UTF-8; PostgreSQL alone says so
	ErrNewer      = errors.New("db: the database is newer than this program")
	ErrInUse      = errors.New("db: another process is using the database")
	ErrClosed     = errors.New("db: the database is closed")
)

// Error is a driver's error with its kind. Its text holds no value of a row
// or an argument.
type Error struct {
	kind error // one of the errors above, or nil
	err  error
	text string
}

func (e *Error) Error() string { return e.text }

func (e *Error) Unwrap() []error {
	if e.kind == nil {
		return []error{e.err}
	}
	return []error{e.kind, e.err}
}

func normalise(err error) error {
	if err == nil || err == sql.ErrNoRows || err == context.Canceled || err == context.DeadlineExceeded {
		return err
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return &Error{liteKind(lite.Code()), err, "db: " + lite.Error()}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return &Error{pgKind(pg.Code), err, pgText(pg)}
	}
	text := err.Error()
	switch {
	case text == "sql: database is closed":
		return ErrClosed
	// database/sql and pgx print the value that would not convert.
	case strings.HasPrefix(text, "sql: Scan error"):
		where, what, _ := strings.Cut(text, `": `)
		if !strings.HasPrefix(what, "converting NULL") && !strings.HasPrefix(what, "unsupported Scan") {
			what = "the value does not fit"
		}
		return &Error{nil, err, "db: " + where + `": ` + what}
	case strings.Contains(text, "to encode"):
		return &Error{nil, err, "db: an argument does not fit its column"}
	}
	return &Error{nil, err, "db: " + text}
}

func liteKind(code int) error {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return ErrUnique
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrForeignKey
	case sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		return ErrCheck
	}
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrBusy
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_READONLY:
		return ErrReadOnly
	}
	return nil
}

func pgKind(code string) error {
	switch code {
	case "23505":
		return ErrUnique
	case "23503":
		return ErrForeignKey
	case "23514", "23502":
		return ErrCheck
	case "40001", "40P01", "55P03", "57014", "53300":
		return ErrBusy
	case "53100":
		return ErrFull
	case "25006":
		return ErrReadOnly
	case "22021":
		return ErrText
	}
	return nil
}

// pgText leaves out the detail, and the message of a data exception (class
// 22), because they quote values.
func pgText(e *pgconn.PgError) string {
	if strings.HasPrefix(e.Code, "22") {
		return "db: a value does not fit its type (SQLSTATE " + e.Code + ")"
	}
	return "db: " + e.Message + " (SQLSTATE " + e.Code + ")"
}

// abandons reports whether SQLite may have rolled back the whole transaction
// on this error, not only the statement.
func abandons(err error) bool {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return false
	}
	switch lite.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_BUSY:
		return true
	}
	return false
}
