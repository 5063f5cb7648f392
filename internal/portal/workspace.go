package portal

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// Brand is what everybody may know of the workspace, signed in or not.
type Brand struct {
	Name         string
	LogoText     string // the word mark; empty: the name
	Accent       string // #rrggbb
	SupportEmail string
	LegalURL     string
	PrivacyURL   string
	TimeZone     string
	Locale       string
	SetUp        bool
	BareMails    bool // mails and pushes say that there is something new, not what
}

// Mark is the text of the word mark.
func (b Brand) Mark() string {
	if b.LogoText != "" {
		return b.LogoText
	}
	return b.Name
}

// Workspace is the whole of the settings.
type Workspace struct {
	Brand
	Welcome     string
	OfficeHours OfficeHours
	ReplyHours  int // expected first reply within so many office hours; 0 says nothing
	StateWords  map[string]string
	Sections    Sections
	Files       FileLimits
	Receipts    Receipting
	Revision    int64
	Rights      Rights
}

// FileLimits are what the workspace allows of files.
type FileLimits struct {
	File       int64 // bytes of one file
	Client     int64 // bytes of all files of one client
	ShareLinks bool  // files may be shared by links
}

// OfficeHours are the opening times of each weekday, Monday first, in the
// workspace's time zone.
type OfficeHours struct {
	Days     [7]Opening `json:"days"`
	Holidays []string   `json:"holidays,omitempty"` // days, YYYY-MM-DD
}

// Opening is one day's hours, "09:00" to "17:30"; empty is closed.
type Opening struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// Open reports whether the office is open at t, which is in its zone.
func (o OfficeHours) Open(t time.Time) bool {
	if slices.Contains(o.Holidays, t.Format(time.DateOnly)) {
		return false
	}
	d := o.Days[(int(t.Weekday())+6)%7]
	now := t.Format("15:04")
	return d.From != "" && d.From <= now && now < d.To
}

// NextOpening is when the office opens next after t, within 30 days; the zero
// time when it does not.
func (o OfficeHours) NextOpening(t time.Time) time.Time {
	for i := range 30 {
		day := t.AddDate(0, 0, i)
		d := o.Days[(int(day.Weekday())+6)%7]
		if d.From == "" || slices.Contains(o.Holidays, day.Format(time.DateOnly)) {
			continue
		}
		opens, err := time.ParseInLocation("2006-01-02 15:04", day.Format(time.DateOnly)+" "+d.From, t.Location())
		if err == nil && opens.After(t) {
			return opens
		}
	}
	return time.Time{}
}

// Brand is readable by anybody.
func (p *Portal) Brand(ctx context.Context) (Brand, error) {
	return p.brand.Find(p.db, "", p.now(), func() (b Brand, err error) {
		var setUp *int64
		err = p.db.QueryRow(p.db.Brief(ctx), `
SELECT name, logo_text, accent, support_email, legal_url, privacy_url, time_zone, locale, set_up_at, bare_mails FROM workspace WHERE id = 1`).
			Scan(&b.Name, &b.LogoText, &b.Accent, &b.SupportEmail, &b.LegalURL, &b.PrivacyURL, &b.TimeZone, &b.Locale, &setUp, &b.BareMails)
		b.SetUp = setUp != nil
		return b, err
	})
}

// Workspace returns the settings. For the team; changing them takes Administer.
func (me *Scope) Workspace(ctx context.Context) (Workspace, error) {
	return workspace(func(q string, dest ...any) error { return me.get(ctx, q, nil, dest...) })
}

func workspace(get func(q string, dest ...any) error) (Workspace, error) {
	var w Workspace
	var hours, words string
	var setUp *int64
	err := get(`
SELECT w.name, w.logo_text, w.accent, w.support_email, w.legal_url, w.privacy_url, w.time_zone, w.locale, w.set_up_at, w.bare_mails,
       w.welcome, w.office_hours, w.reply_hours, w.state_words, w.sections, w.file_limit, w.client_limit, w.share_links, w.receipts, w.revision, r.rights
  FROM my_role r JOIN workspace w ON w.id = 1`,
		&w.Name, &w.LogoText, &w.Accent, &w.SupportEmail, &w.LegalURL, &w.PrivacyURL, &w.TimeZone, &w.Locale, &setUp, &w.BareMails,
		&w.Welcome, &hours, &w.ReplyHours, &words, &w.Sections, &w.Files.File, &w.Files.Client, &w.Files.ShareLinks, &w.Receipts, &w.Revision, &w.Rights)
	if err != nil {
		return w, err
	}
	w.SetUp = setUp != nil
	return w, w.decode(hours, words)
}

func (w *Workspace) decode(hours, words string) error {
	if hours != "" {
		if err := json.Unmarshal([]byte(hours), &w.OfficeHours); err != nil {
			return err
		}
	}
	w.StateWords = map[string]string{}
	if words != "" {
		return json.Unmarshal([]byte(words), &w.StateWords)
	}
	return nil
}

// Office is when the team is there, and how it calls things.
type Office struct {
	Zone       *time.Location
	Hours      OfficeHours
	ReplyHours int               // expected first reply within so many office hours; 0 says nothing
	StateWords map[string]string // client-facing names of project states
	Welcome    string
}

// Office is readable by everybody the workspace works with; for others it is
// empty.
func (me *Scope) Office(ctx context.Context) (Office, error) {
	return me.p.offices.Find(me.p.db, me.actor.id, me.p.now(), func() (Office, error) { return office(ctx, me) })
}

func office(ctx context.Context, r reader) (Office, error) {
	o := Office{Zone: time.UTC}
	var w Workspace
	var zone, hours, words string
	err := r.get(ctx, `SELECT o.time_zone, o.office_hours, o.reply_hours, o.state_words, o.welcome FROM my_office o`, nil,
		&zone, &hours, &o.ReplyHours, &words, &o.Welcome)
	switch {
	case err == ErrNotFound:
		return o, nil
	case err != nil:
		return o, err
	}
	if err := w.decode(hours, words); err != nil {
		return o, err
	}
	o.Hours, o.StateWords = w.OfficeHours, w.StateWords
	if loc, err := time.LoadLocation(zone); err == nil {
		o.Zone = loc
	}
	return o, nil
}

// WorkspaceSettings is what ChangeWorkspace takes.
type WorkspaceSettings struct {
	Name, LogoText, Accent, Welcome    string
	SupportEmail, LegalURL, PrivacyURL string
	TimeZone                           string
	OfficeHours                        OfficeHours
	ReplyHours                         int
	StateWords                         map[string]string // state → client-facing name
	Sections                           Sections
	Receipts                           Receipting // empty: as it was
	BareMails                          bool
	Revision                           int64 // as it was read
}

var accentForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func (s *WorkspaceSettings) check() error {
	var c checks
	s.Name = c.name("name", s.Name)
	s.LogoText = c.line("logo_text", s.LogoText)
	s.Welcome = c.text("welcome", s.Welcome)
	if s.Accent = strings.TrimSpace(s.Accent); s.Accent != "" && !accentForm.MatchString(s.Accent) {
		c.fail("accent", "colour")
	}
	if s.SupportEmail != "" {
		if _, _, err := account.FoldEmail(s.SupportEmail); err != nil {
			c.fail("support_email", "email")
		}
	}
	if s.LegalURL != "" {
		s.LegalURL = c.link("legal_url", s.LegalURL)
	}
	if s.PrivacyURL != "" {
		s.PrivacyURL = c.link("privacy_url", s.PrivacyURL)
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "" || s.TimeZone == "Local" {
		c.fail("time_zone", "time_zone")
	}
	if s.ReplyHours < 0 || s.ReplyHours > 500 {
		c.fail("reply_hours", "number", "min", "0", "max", "500")
	}
	for i, d := range s.OfficeHours.Days {
		_, err1 := time.Parse("15:04", d.From)
		_, err2 := time.Parse("15:04", d.To)
		if d != (Opening{}) && (err1 != nil || err2 != nil || d.From >= d.To) {
			c.fail("day_"+string(rune('0'+i)), "hours")
		}
	}
	if len(s.OfficeHours.Holidays) > 100 {
		c.fail("holidays", "too_many", "max", "100")
	}
	for i, d := range s.OfficeHours.Holidays {
		s.OfficeHours.Holidays[i] = c.day("holidays", d)
	}
	for state, word := range s.StateWords {
		c.oneOf("state_"+state, state, "planned", "active", "on_hold", "done", "archived")
		s.StateWords[state] = c.line("state_"+state, word)
	}
	if s.Receipts != "" && !slices.Contains(Receiptings, s.Receipts) {
		c.fail("receipts", "choice")
	}
	s.Sections &= allSections
	return c.err()
}

// ChangeWorkspace saves the settings. Takes Administer; ErrConflict when they
// were changed since they were read.
func (me *Scope) ChangeWorkspace(ctx context.Context, s WorkspaceSettings) error {
	if err := s.check(); err != nil {
		return err
	}
	hours, err := json.Marshal(s.OfficeHours)
	if err != nil {
		return err
	}
	words, err := json.Marshal(s.StateWords)
	if err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		w, err := workspace(func(q string, dest ...any) error { return t.get(ctx, q, nil, dest...) })
		switch {
		case err != nil:
			return err
		case !w.Rights.Has(Administer):
			return ErrForbidden
		}
		if err := t.must(ctx, `
UPDATE workspace SET name = $1, logo_text = $2, accent = $3, welcome = $4, support_email = $5, legal_url = $6, privacy_url = $7,
       time_zone = $8, office_hours = $9, reply_hours = $10, state_words = $11, sections = $12, receipts = COALESCE(NULLIF($13, ''), receipts), bare_mails = $14, revision = revision + 1
 WHERE id = 1 AND revision = $15`,
			s.Name, s.LogoText, s.Accent, s.Welcome, s.SupportEmail, s.LegalURL, s.PrivacyURL,
			s.TimeZone, string(hours), s.ReplyHours, string(words), int64(s.Sections), string(s.Receipts), s.BareMails, s.Revision); err != nil {
			return err
		}
		if s.Sections != w.Sections {
			if err := t.reshow(ctx); err != nil {
				return err
			}
		}
		return t.record(ctx, Happening{Kind: WorkspaceChanged, Subject: "workspace"})
	})
}

// Bounds of FileLimits, in bytes.
const (
	minFileLimit   = 1 << 20
	maxFileLimit   = 1 << 40
	maxClientLimit = 1 << 50
)

// ChangeFileLimits saves what the workspace allows of files. With share links
// off, those there are lead nowhere until they are on again. Takes Administer;
// ErrConflict when the settings were changed since they were read.
func (me *Scope) ChangeFileLimits(ctx context.Context, l FileLimits, revision int64) error {
	var c checks
	if l.File < minFileLimit || l.File > maxFileLimit {
		c.fail("file_limit", "size", "min", "1 MB", "max", "1 TB")
	}
	if l.Client < l.File {
		c.fail("client_limit", "room_for_one")
	}
	if l.Client > maxClientLimit {
		c.fail("client_limit", "size", "min", "1 MB", "max", "1,024 TB")
	}
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		w, err := workspace(func(q string, dest ...any) error { return t.get(ctx, q, nil, dest...) })
		switch {
		case err != nil:
			return err
		case !w.Rights.Has(Administer):
			return ErrForbidden
		}
		if err := t.must(ctx, `
UPDATE workspace SET file_limit = $1, client_limit = $2, share_links = $3, revision = revision + 1 WHERE id = 1 AND revision = $4`,
			l.File, l.Client, l.ShareLinks, revision); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: WorkspaceChanged, Subject: "workspace"})
	})
}

// BeginSetUp makes the workspace's row on the first start and returns a token
// for its owner, or "" when somebody has already set it up. A new token
// replaces the one before.
func (p *Portal) BeginSetUp(ctx context.Context, token string) (needed bool, err error) {
	sum := sha256.Sum256([]byte(token))
	err = p.db.Write(ctx, func(d *db.Tx) error {
		if _, err := d.Exec(ctx, `
INSERT INTO workspace (id, name, sections) VALUES (1, 'Vitrine', $1) ON CONFLICT (id) DO NOTHING`, int64(DefaultSections)); err != nil {
			return err
		}
		n, err := d.Exec(ctx, `UPDATE workspace SET set_up_hash = $1 WHERE id = 1 AND set_up_at IS NULL`, hex.EncodeToString(sum[:]))
		needed = n == 1
		return err
	})
	return needed, err
}

// SetUp is what the first owner says of the workspace and of themselves.
type SetUp struct {
	Token     string
	Workspace string
	Accent    string
	TimeZone  string
	Name      string
	Email     string
	Password  string
	Meta      account.Meta
}

// CheckSetUp reports whether the token opens the set-up now: ErrNotFound if not.
func (p *Portal) CheckSetUp(ctx context.Context, token string) error {
	var hash string
	if err := p.db.QueryRow(ctx, `SELECT set_up_hash FROM workspace WHERE id = 1 AND set_up_at IS NULL`).Scan(&hash); err != nil {
		return notFound(err)
	}
	sum := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare([]byte(hash), []byte(hex.EncodeToString(sum[:]))) != 1 {
		return ErrNotFound
	}
	return nil
}

// FinishSetUp makes the owner and signs them in. It works once.
func (p *Portal) FinishSetUp(ctx context.Context, s SetUp) (account.Session, string, error) {
	var c checks
	s.Workspace = c.name("workspace", s.Workspace)
	s.Name = c.name("name", s.Name)
	if _, _, err := account.FoldEmail(s.Email); err != nil {
		c.fail("email", "email")
	}
	if s.Accent != "" && !accentForm.MatchString(s.Accent) {
		c.fail("accent", "colour")
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "" || s.TimeZone == "Local" {
		c.fail("time_zone", "time_zone")
	}
	c.password("password", s.Password, s.Name, s.Email, s.Workspace)
	if err := c.err(); err != nil {
		return account.Session{}, "", err
	}
	if err := p.CheckSetUp(ctx, s.Token); err != nil {
		return account.Session{}, "", err
	}
	hash, err := account.HashPassword(ctx, s.Password)
	if err != nil {
		return account.Session{}, "", err
	}
	sum := sha256.Sum256([]byte(s.Token))
	var session account.Session
	var token string
	err = p.As(Actor{}).change(ctx, func(t *tx) error {
		n, err := t.exec(ctx, `
UPDATE workspace SET name = $1, accent = $2, time_zone = $3, set_up_at = $4, set_up_hash = ''
 WHERE id = 1 AND set_up_at IS NULL AND set_up_hash = $5`,
			s.Workspace, s.Accent, s.TimeZone, t.now, hex.EncodeToString(sum[:]))
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrNotFound
		}
		owner, _, err := p.accounts.EnsurePerson(ctx, t.Tx, s.Email, s.Name)
		if err != nil {
			return err
		}
		if err := p.accounts.Confirm(ctx, t.Tx, owner.ID, s.Name, hash); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `
INSERT INTO team_members (person_id, role, created_at, accepted_at) VALUES ($1, 'owner', $2, $2)`, string(owner.ID), t.now); err != nil {
			return err
		}
		t.me = p.As(PersonActor(owner.ID))
		if err := t.regrantMember(ctx, owner.ID); err != nil {
			return err
		}
		if err := t.record(ctx, Happening{Kind: WorkspaceSetUp, Subject: "workspace", Person: owner.ID}); err != nil {
			return err
		}
		session, token, err = p.accounts.NewSession(ctx, t.Tx, owner.ID, account.BySetUp, s.Meta, account.TeamIdle)
		return err
	})
	return session, token, err
}
