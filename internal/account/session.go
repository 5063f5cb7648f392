package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// How long sessions last without a request, and at most.
const (
	TeamIdle   = 12 * time.Hour
	ClientIdle = 7 * 24 * time.Hour
	SharedIdle = time.Hour // on a shared computer
	SharedLife = 12 * time.Hour
	Life       = 30 * 24 * time.Hour

	// Freshness is how long a proof of identity is enough for what needs one.
	Freshness = 15 * time.Minute

	// skew is how far in the future a session may have been made. A clock that
	// was wrong must not leave sessions behind that outlive the others.
	skew = 5 * time.Minute
)

// Proofs of identity.
const (
	ByPassword   = "password"
	ByCode       = "code"
	ByInvitation = "invitation"
	BySetUp      = "setup"
	BySignIn     = "sign_in" // whichever of them it was
)

// Why a session ended. Package portal may give EndAll further reasons.
const (
	WhySignedOut = "signed_out" // by its own person, here
	WhyEnded     = "ended"      // by its own person, from another session
	WhyPassword  = "password"   // the password was changed or reset
	WhyEmail     = "email"      // the e-mail address was changed
	WhyDisabled  = "disabled"
	WhyReplaced  = "replaced" // by a proof that counts more
	WhyIdle      = "idle"     // no request for too long
	WhyExpired   = "expired"  // signed in too long ago
)

// Session is one sign-in on one device.
type Session struct {
	Pass
	CreatedAt time.Time
	ProvedAt  time.Time // when its person last proved who they are
	SeenAt    time.Time
	ExpiresAt time.Time // at the latest
	Idle      time.Duration
	Proof     string
	UserAgent string
	Shared    bool // on a shared computer

	hash string // of the token
}

// Ended says that a session was there and why it ended. It is ErrSignedOut to
// errors.Is.
type Ended struct {
	Why string
	At  time.Time
}

func (e *Ended) Error() string   { return "account: signed out: " + e.Why }
func (e *Ended) Is(t error) bool { return t == ErrSignedOut }

// Meta is where a session is made.
type Meta struct {
	UserAgent string
	Address   netip.Addr
	Shared    bool
}

const sessionColumns = `s.id, s.person_id, s.created_at, s.proved_at, s.seen_at, s.expires_at, s.idle_micros, s.proof, s.user_agent, s.address, s.shared, s.viewing_as, s.token_hash`

type sessionScan struct {
	Session
	created, proved, seen, expires, idle, shared int64
}

func (s *sessionScan) into() []any {
	return []any{&s.ID, &s.Person, &s.created, &s.proved, &s.seen, &s.expires, &s.idle, &s.Proof, &s.UserAgent, &s.Address, &s.shared, &s.ViewingAs, &s.hash}
}

func (s *sessionScan) session() Session {
	r := s.Session
	r.CreatedAt, r.ProvedAt, r.SeenAt, r.ExpiresAt = db.FromMicros(s.created), db.FromMicros(s.proved), db.FromMicros(s.seen), db.FromMicros(s.expires)
	r.Idle, r.Shared = time.Duration(s.idle)*time.Microsecond, s.shared == 1
	return r
}

// NewSession signs a person in who has just given a proof, and returns the
// token for the cookie; the token that the browser had before is never used
// again. The session ends without a request for idle; 0 chooses by who the
// person is. It returns ErrSignIn when the person is not confirmed or is
// disabled.
func (a *Accounts) NewSession(ctx context.Context, tx *db.Tx, person PersonID, proof string, m Meta, idle time.Duration) (Session, string, error) {
	p, err := personWhere(ctx, tx, `p.id = $1`, person)
	switch {
	case err != nil:
		return Session{}, "", err
	case !p.person().Active():
		return Session{}, "", ErrSignIn
	}
	if idle == 0 {
		if idle, err = a.idle(ctx, tx, person); err != nil {
			return Session{}, "", err
		}
	}
	life := Life
	if m.Shared {
		idle, life = min(idle, SharedIdle), SharedLife
	}
	now := a.now()
	token := newToken("vt_ses_")
	s := Session{
		Pass:      Pass{ID: SessionID(db.NewID("ses")), Person: person, Address: addrText(m.Address)},
		CreatedAt: now, ProvedAt: now, SeenAt: now, ExpiresAt: now.Add(life), Idle: idle,
		Proof: proof, UserAgent: cutText(m.UserAgent, 300), Shared: m.Shared,
		hash: tokenHash(token),
	}
	_, err = tx.Exec(ctx, `INSERT INTO sessions (id, token_hash, person_id, created_at, proved_at, seen_at, idle_micros, expires_at, proof, user_agent, address, shared)
		VALUES ($1, $2, $3, $4, $4, $4, $5, $6, $7, $8, $9, $10)`,
		s.ID, s.hash, person, db.Micros(now), idle.Microseconds(), db.Micros(s.ExpiresAt), proof, s.UserAgent, s.Address, m.Shared)
	if err != nil {
		return Session{}, "", fmt.Errorf("account: making a session: %w", err)
	}
	err = a.record(ctx, tx, Happening{SignedIn, person, s.Address, map[string]string{"session": string(s.ID), "proof": proof}})
	return s, token, err
}

func (a *Accounts) idle(ctx context.Context, tx *db.Tx, person PersonID) (time.Duration, error) {
	if a.hooks.Team == nil {
		return ClientIdle, nil
	}
	team, err := a.hooks.Team(ctx, tx, person)
	if err != nil {
		return 0, fmt.Errorf("account: asking for a person's side: %w", err)
	}
	if team {
		return TeamIdle, nil
	}
	return ClientIdle, nil
}

// sessionState is why a session is over, and since when. $2 is now, $3 what the
// session's last request left in memory.
const sessionState = `
			CASE WHEN s.ended_at IS NOT NULL THEN s.ended_why
			     WHEN p.disabled_at IS NOT NULL THEN '` + WhyDisabled + `'
			     WHEN s.expires_at <= $2 THEN '` + WhyExpired + `'
			     WHEN CASE WHEN s.seen_at > $3 THEN s.seen_at ELSE $3 END + s.idle_micros <= $2 THEN '` + WhyIdle + `'
			     ELSE '' END,
			COALESCE(s.ended_at, p.disabled_at, CASE WHEN s.expires_at <= $2 THEN s.expires_at ELSE s.seen_at + s.idle_micros END)
		FROM sessions s JOIN persons p ON p.id = s.person_id
		WHERE s.created_at <= $4 AND `

const sessionQuery = `SELECT ` + sessionColumns + `, ` + personColumns + `, ` + sessionState

// Session returns who is signed in with a token. It is one query, and writes
// nothing: that the session was seen is remembered until Flush. It returns
// ErrSignedOut for an unknown token, and *Ended when the session is over.
func (a *Accounts) Session(ctx context.Context, token string) (Session, Person, error) {
	in, err := a.known.Find(a.d, tokenHash(token), a.now(), func() (signedIn, error) {
		var s sessionScan
		var p personScan
		if err := a.seenNow(ctx, token, sessionQuery, append(s.into(), p.into()...)); err != nil {
			return signedIn{}, err
		}
		return signedIn{s.session(), p.person()}, nil
	})
	return in.session, in.person, err
}

// signedIn is a session and whose it is.
type signedIn struct {
	session Session
	person  Person
}

// seenNow reads a session by its token, and remembers that it was seen.
func (a *Accounts) seenNow(ctx context.Context, token, query string, into []any) error {
	if token == "" || len(token) > 100 {
		return ErrSignedOut
	}
	hash := tokenHash(token)
	a.mu.Lock()
	seen := a.seen[hash]
	a.mu.Unlock()
	now := a.now()
	if err := a.alive(ctx, query+`s.token_hash = $1`, hash, now, seen, into); err != nil {
		return err
	}
	a.mu.Lock()
	if now.After(a.seen[hash]) {
		a.seen[hash] = now
	}
	a.mu.Unlock()
	return nil
}

// alive reads a session that must not be over.
func (a *Accounts) alive(ctx context.Context, query, what string, now, seen time.Time, into []any) error {
	var why string
	var at int64
	err := a.d.QueryRow(a.d.Brief(ctx), query, what, db.Micros(now), db.Micros(seen), db.Micros(now.Add(skew))).Scan(append(into, &why, &at)...)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return ErrSignedOut
	case err != nil:
		return fmt.Errorf("account: reading a session: %w", err)
	case why != "":
		return &Ended{why, db.FromMicros(at)}
	}
	return nil
}

// Flush writes down which sessions and API tokens were seen since the last
// Flush. It is called each minute and when the server stops; what a crash loses
// makes a session idle a minute too early, never too late.
func (a *Accounts) Flush(ctx context.Context) error {
	a.mu.Lock()
	seen := make(map[string]time.Time, len(a.seen))
	for k, v := range a.seen {
		seen[k] = v
	}
	used := make(map[TokenID]time.Time, len(a.used))
	for k, v := range a.used {
		used[k] = v
	}
	a.mu.Unlock()
	// Sorted, so that two servers that flush the same rows cannot wait for
	// each other; in small transactions, so that nobody else waits for long.
	err := flush(ctx, a.d, seen, `UPDATE sessions SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2 AND ended_at IS NULL`)
	if err != nil {
		return err
	}
	err = flush(ctx, a.d, used, `UPDATE api_tokens SET used_at = $2 WHERE id = $1 AND COALESCE(used_at, 0) < $2`)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for k, v := range seen {
		if a.seen[k].Equal(v) {
			delete(a.seen, k)
		}
	}
	for k, v := range used {
		if a.used[k].Equal(v) {
			delete(a.used, k)
		}
	}
	return nil
}

func flush[K ~string](ctx context.Context, d *db.DB, times map[K]time.Time, update string) error {
	keys := make([]K, 0, len(times))
	for k := range times {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for part := range slices.Chunk(keys, 200) {
		err := d.Write(ctx, func(tx *db.Tx) error {
			for _, k := range part {
				if _, err := tx.Exec(ctx, update, string(k), db.Micros(times[k])); err != nil {
					return fmt.Errorf("account: writing what was seen: %w", err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forget drops what is remembered of a session whose token changed.
func (a *Accounts) forget(s Session) {
	a.mu.Lock()
	delete(a.seen, s.hash)
	a.mu.Unlock()
}

// Sessions lists a person's sessions that are not over, the newest first.
func (a *Accounts) Sessions(ctx context.Context, person PersonID) ([]Session, error) {
	now := db.Micros(a.now())
	rows, err := a.d.Query(ctx, `SELECT `+sessionColumns+` FROM sessions s
		WHERE s.person_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2
		ORDER BY s.id DESC`, person, now)
	if err != nil {
		return nil, fmt.Errorf("account: listing sessions: %w", err)
	}
	defer rows.Close()
	var list []Session
	for rows.Next() {
		var s sessionScan
		if err := rows.Scan(s.into()...); err != nil {
			return nil, fmt.Errorf("account: listing sessions: %w", err)
		}
		r := s.session()
		a.mu.Lock()
		if seen := a.seen[r.hash]; seen.After(r.SeenAt) {
			r.SeenAt = seen
		}
		a.mu.Unlock()
		if db.Micros(r.SeenAt)+r.Idle.Microseconds() > now {
			list = append(list, r)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("account: listing sessions: %w", err)
	}
	return list, nil
}

// SignOut ends the session at hand. Its browser does not know its person any more.
func (a *Accounts) SignOut(ctx context.Context, s Session) error {
	err := a.end(ctx, s.Person, s.ID, WhySignedOut)
	if errors.Is(err, ErrNotFound) {
		return nil // it had ended already
	}
	return err
}

// EndSession ends one of a person's own sessions, as SignOut does. It returns ErrNotFound for
// one that is over or somebody else's.
func (a *Accounts) EndSession(ctx context.Context, person PersonID, id SessionID) error {
	return a.end(ctx, person, id, WhyEnded)
}

func (a *Accounts) end(ctx context.Context, person PersonID, id SessionID, why string) error {
	return a.d.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE sessions SET ended_at = $3, ended_why = $4 WHERE id = $1 AND person_id = $2 AND ended_at IS NULL`,
			id, person, db.Micros(a.now()), why)
		if err != nil {
			return fmt.Errorf("account: ending a session: %w", err)
		}
		if n == 0 {
			return ErrNotFound
		}
		if _, err := tx.Exec(ctx, `DELETE FROM known_browsers WHERE person_id = $1 AND session_id = $2`, person, id); err != nil {
			return fmt.Errorf("account: forgetting a browser: %w", err)
		}
		return a.record(ctx, tx, Happening{SessionEnded, person, "", map[string]string{"sessions": string(id), "why": why}})
	})
}

// EndOthers ends all sessions of a session's person but that one, and has other
// browsers know them no more.
func (a *Accounts) EndOthers(ctx context.Context, s Session) (ended []SessionID, err error) {
	err = a.d.Write(ctx, func(tx *db.Tx) (err error) {
		if err = a.forgetBrowsers(ctx, tx, s.Person, s.ID); err == nil {
			ended, err = a.endSessions(ctx, tx, s.Person, s.ID, WhyEnded)
		}
		return err
	})
	return ended, err
}

// EndAll ends everything a person holds that could prove who they are, apart
// from the password: sessions, API tokens, codes and mailed links. It returns
// the sessions, whose streams are to be closed.
func (a *Accounts) EndAll(ctx context.Context, tx *db.Tx, person PersonID, why string) ([]SessionID, error) {
	ended, err := a.endSessions(ctx, tx, person, "", why)
	if err != nil {
		return nil, err
	}
	if err := a.revokeTokens(ctx, tx, person, why); err != nil {
		return nil, err
	}
	return ended, a.voidLinks(ctx, tx, person)
}

// endSessions ends a person's sessions but one.
func (a *Accounts) endSessions(ctx context.Context, tx *db.Tx, person PersonID, but SessionID, why string) ([]SessionID, error) {
	ids, err := returningIDs[SessionID](ctx, tx, `UPDATE sessions SET ended_at = $3, ended_why = $4
		WHERE person_id = $1 AND id <> $2 AND ended_at IS NULL RETURNING id`, person, but, db.Micros(a.now()), why)
	if err != nil {
		return nil, fmt.Errorf("account: ending sessions: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return ids, a.record(ctx, tx, Happening{SessionEnded, person, "", map[string]string{"sessions": joined(ids), "why": why}})
}

// voidLinks makes a person's codes and mailed links useless, those to decide by
// among them, and no browser known as theirs.
func (a *Accounts) voidLinks(ctx context.Context, tx *db.Tx, person PersonID) error {
	if err := a.forgetBrowsers(ctx, tx, person, ""); err != nil {
		return err
	}
	now := db.Micros(a.now())
	for _, q := range []string{
		`UPDATE sign_in_codes SET used_at = $2 WHERE person_id = $1 AND used_at IS NULL`,
		`UPDATE password_resets SET voided_at = $2 WHERE person_id = $1 AND used_at IS NULL AND voided_at IS NULL`,
		`UPDATE email_changes SET voided_at = $2 WHERE person_id = $1 AND used_at IS NULL AND voided_at IS NULL`,
	} {
		if _, err := tx.Exec(ctx, q, person, now); err != nil {
			return fmt.Errorf("account: voiding links: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM approval_links WHERE person_id = $1`, person); err != nil {
		return fmt.Errorf("account: voiding links: %w", err)
	}
	return nil
}

// ViewAs lets a session see as a client user sees; "" ends that. Whether its
// person may do so is for package portal to decide. It returns ErrSignedOut.
func (a *Accounts) ViewAs(ctx context.Context, s Session, clientUser string) error {
	return a.d.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE sessions SET viewing_as = $2 WHERE id = $1 AND ended_at IS NULL`, s.ID, clientUser)
		if err != nil {
			return fmt.Errorf("account: viewing as: %w", err)
		}
		if n == 0 {
			return ErrSignedOut
		}
		h := Happening{ViewingAsStarted, s.Person, s.Address, map[string]string{"session": string(s.ID), "client_user": clientUser}}
		if clientUser == "" {
			h.Kind = ViewingAsFinished
			delete(h.Particulars, "client_user")
		}
		return a.record(ctx, tx, h)
	})
}

// returningIDs runs a statement that returns one column of identifiers.
func returningIDs[ID ~string](ctx context.Context, tx *db.Tx, q string, args ...any) ([]ID, error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []ID
	for rows.Next() {
		var id ID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func joined[ID ~string](ids []ID) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(id))
	}
	return b.String()
}

// cutText returns one line of at most n bytes.
func cutText(s string, n int) string {
	if len(s) > 4*n {
		s = s[:4*n]
	}
	s = cleanLine(strings.ToValidUTF8(s, ""))
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
