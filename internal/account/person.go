package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Person is one human with one e-mail address and one sign-in.
type Person struct {
	ID          PersonID
	Name        string
	Email       string // as it was typed; compare persons by ID
	Title       string
	Locale      string // BCP 47; empty: the workspace's
	TimeZone    string // IANA; empty: the workspace's
	Theme       string // "", "light" or "dark"
	AwayUntil   string // day, YYYY-MM-DD; empty: here
	HasPassword bool   // without one, they sign in by code
	CreatedAt   time.Time
	ConfirmedAt time.Time // zero: the address is not proven yet
	DisabledAt  time.Time // zero: enabled
}

// Active tells whether the person can sign in.
func (p Person) Active() bool { return !p.ConfirmedAt.IsZero() && p.DisabledAt.IsZero() }

const personColumns = `p.id, p.name, p.email, p.title, p.locale, p.time_zone, p.theme, p.away_until, p.password_hash, p.created_at, p.confirmed_at, p.disabled_at`

// personScan receives personColumns.
type personScan struct {
	Person
	hash                string
	created             int64
	confirmed, disabled sql.NullInt64
}

func (s *personScan) into() []any {
	p := &s.Person
	return []any{&p.ID, &p.Name, &p.Email, &p.Title, &p.Locale, &p.TimeZone, &p.Theme, &p.AwayUntil, &s.hash, &s.created, &s.confirmed, &s.disabled}
}

func (s *personScan) person() Person {
	p := s.Person
	p.HasPassword = s.hash != ""
	p.CreatedAt, p.ConfirmedAt, p.DisabledAt = db.FromMicros(s.created), fromMicros(s.confirmed), fromMicros(s.disabled)
	return p
}

// querier is what a *db.DB and a *db.Tx have in common.
type querier interface {
	QueryRow(ctx context.Context, q string, args ...any) *db.Row
}

func personWhere(ctx context.Context, q querier, where string, arg any) (personScan, error) {
	var s personScan
	err := q.QueryRow(ctx, `SELECT `+personColumns+` FROM persons p WHERE `+where, arg).Scan(s.into()...)
	if errors.Is(err, db.ErrNoRows) {
		return s, ErrNotFound
	}
	if err != nil {
		return s, fmt.Errorf("account: reading a person: %w", err)
	}
	return s, nil
}

// Person returns a person by id. It returns ErrNotFound.
func (a *Accounts) Person(ctx context.Context, id PersonID) (Person, error) {
	s, err := personWhere(ctx, a.d, `p.id = $1`, id)
	return s.person(), err
}

// PersonByEmail returns a person by address, however it is written. It is for
// the operator's commands; an answer to a visitor must not depend on it. It
// returns ErrEmail or ErrNotFound.
func (a *Accounts) PersonByEmail(ctx context.Context, email string) (Person, error) {
	_, key, err := FoldEmail(email)
	if err != nil {
		return Person{}, err
	}
	s, err := personWhere(ctx, a.d, `p.email_key = $1`, key)
	return s.person(), err
}

// People lists everybody by their folded address, at most limit after the person
// with that address. It is for the operator's commands.
func (a *Accounts) People(ctx context.Context, after string, limit int) ([]Person, error) {
	key := ""
	if after != "" {
		var err error
		if _, key, err = FoldEmail(after); err != nil {
			return nil, err
		}
	}
	rows, err := a.d.Query(ctx, `SELECT `+personColumns+` FROM persons p WHERE p.email_key > $1 ORDER BY p.email_key LIMIT $2`, key, limit)
	if err != nil {
		return nil, fmt.Errorf("account: listing people: %w", err)
	}
	defer rows.Close()
	var people []Person
	for rows.Next() {
		var s personScan
		if err := rows.Scan(s.into()...); err != nil {
			return nil, fmt.Errorf("account: listing people: %w", err)
		}
		people = append(people, s.person())
	}
	return people, rows.Err()
}

// EnsurePerson returns the person with that address, and creates them when there
// is none: unconfirmed, so that they cannot sign in before Confirm. The name is
// used only for a new person. It returns ErrEmail.
func (a *Accounts) EnsurePerson(ctx context.Context, tx *db.Tx, email, name string) (p Person, created bool, err error) {
	display, key, err := FoldEmail(email)
	if err != nil {
		return Person{}, false, err
	}
	n, err := tx.Exec(ctx, `INSERT INTO persons (id, name, email, email_key, created_at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (email_key) DO NOTHING`,
		db.NewID("per"), cleanLine(name), display, key, db.Micros(a.now()))
	if err != nil {
		return Person{}, false, fmt.Errorf("account: creating a person: %w", err)
	}
	s, err := personWhere(ctx, tx, `p.email_key = $1`, key)
	return s.person(), n == 1, err
}

// Confirm records that a person proved their address, with the name they chose
// and a hash from HashPassword, or "" to sign in by code. Whatever could prove
// their identity before is void. A person who is already confirmed must sign in
// instead: ErrConfirmed.
func (a *Accounts) Confirm(ctx context.Context, tx *db.Tx, person PersonID, name, passwordHash string) error {
	name, err := checkName(name)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE persons SET name = $2, password_hash = $3, confirmed_at = $4
		WHERE id = $1 AND confirmed_at IS NULL AND disabled_at IS NULL`,
		person, name, passwordHash, db.Micros(a.now()))
	if err != nil {
		return fmt.Errorf("account: confirming a person: %w", err)
	}
	if n == 0 {
		return ErrConfirmed
	}
	if _, err := a.EndAll(ctx, tx, person, WhyReplaced); err != nil {
		return err
	}
	return a.record(ctx, tx, Happening{Kind: PersonConfirmed, Person: person})
}

// Disable keeps a person out: all their sessions, tokens, codes and links end.
// It returns the sessions, whose streams are to be closed.
func (a *Accounts) Disable(ctx context.Context, tx *db.Tx, person PersonID) ([]SessionID, error) {
	n, err := tx.Exec(ctx, `UPDATE persons SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL`, person, db.Micros(a.now()))
	if err != nil {
		return nil, fmt.Errorf("account: disabling a person: %w", err)
	}
	if n == 0 {
		return nil, nil
	}
	ended, err := a.EndAll(ctx, tx, person, WhyDisabled)
	if err != nil {
		return nil, err
	}
	return ended, a.record(ctx, tx, Happening{Kind: PersonDisabled, Person: person})
}

// Enable lets a disabled person sign in again. Nothing that ended comes back.
func (a *Accounts) Enable(ctx context.Context, tx *db.Tx, person PersonID) error {
	n, err := tx.Exec(ctx, `UPDATE persons SET disabled_at = NULL WHERE id = $1 AND disabled_at IS NOT NULL`, person)
	if err != nil {
		return fmt.Errorf("account: enabling a person: %w", err)
	}
	if n == 0 {
		return nil
	}
	return a.record(ctx, tx, Happening{Kind: PersonEnabled, Person: person})
}

// Profile is what a person says about themselves.
type Profile struct {
	Name, Title, Locale, TimeZone, Theme string
}

// SaveProfile replaces a person's profile. It returns *Invalid or ErrNotFound.
func (a *Accounts) SaveProfile(ctx context.Context, person PersonID, p Profile) error {
	p, err := p.check()
	if err != nil {
		return err
	}
	return a.d.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE persons SET name = $2, title = $3, locale = $4, time_zone = $5, theme = $6 WHERE id = $1`,
			person, p.Name, p.Title, p.Locale, p.TimeZone, p.Theme)
		if err != nil {
			return fmt.Errorf("account: saving a profile: %w", err)
		}
		if n == 0 {
			return ErrNotFound
		}
		return a.record(ctx, tx, Happening{Kind: ProfileSaved, Person: person})
	})
}

func (p Profile) check() (Profile, error) {
	bad := map[string]string{}
	var err error
	if p.Name, err = checkName(p.Name); err != nil {
		bad = err.(*Invalid).Fields
	}
	if p.Title = cleanLine(p.Title); utf8.RuneCountInString(p.Title) > maxName {
		bad["title"] = "long"
	}
	if p.Locale != "" {
		if _, err := language.Parse(p.Locale); err != nil {
			bad["locale"] = "unknown"
		}
	}
	if p.TimeZone != "" {
		// "Local" would be the server's zone, whatever that is.
		if _, err := time.LoadLocation(p.TimeZone); err != nil || p.TimeZone == "Local" {
			bad["time_zone"] = "unknown"
		}
	}
	switch p.Theme {
	case "", "light", "dark":
	default:
		bad["theme"] = "unknown"
	}
	if len(bad) > 0 {
		return p, &Invalid{bad}
	}
	return p, nil
}

const maxName = 100 // characters

func checkName(name string) (string, error) {
	name = cleanLine(name)
	switch {
	case name == "":
		return name, &Invalid{map[string]string{"name": "empty"}}
	case utf8.RuneCountInString(name) > maxName:
		return name, &Invalid{map[string]string{"name": "long"}}
	}
	return name, nil
}

// cleanLine returns s as one line: NFC, without control or direction characters,
// with single spaces.
func cleanLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}
