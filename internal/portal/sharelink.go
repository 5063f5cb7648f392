package portal

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// A LinkState says whether a share link leads to its file.
type LinkState string

// The states of a share link.
const (
	LinkOpen    LinkState = "open"
	LinkExpired LinkState = "expired"
	LinkUsedUp  LinkState = "used_up"
	LinkRevoked LinkState = "revoked"
	LinkClosed  LinkState = "closed" // the client does not see the file now, or its maker may not share it, or links are off
)

// ShareLink lets whoever has it take one file that the client sees.
type ShareLink struct {
	ID            ShareLinkID
	Project       ProjectID
	ProjectName   string
	Client        ClientID
	ClientName    string
	File          FileID
	FileName      string
	Version       VersionID // this one alone; empty: the newest that the client sees
	ShownNumber   int       // of the version that it leads to now
	Protected     bool      // by a password
	ExpiresAt     time.Time
	MaxDownloads  int // 0: any number
	Downloads     int
	CreatedAt     time.Time
	CreatedBy     PersonID
	CreatedByName string
	RevokedAt     time.Time
	RevokedByName string
	State         LinkState
	Token         string // of the address, for whoever might have made it, while it is open
	Held
}

// MayRevoke reports whether the person, who reads the link, may end it.
func (l ShareLink) MayRevoke(p PersonID) bool {
	return l.RevokedAt.IsZero() && (l.Can(Manage) || l.Team() && l.CreatedBy == p)
}

const shareLinkColumns = `l.id, l.project_id, l.project_name, l.client_id, l.client_name, l.file_id, l.name, COALESCE(l.version_id, ''), l.shown_number, l.protected,
       l.expires_at, l.max_downloads, l.downloads, l.created_at, l.created_by, l.created_by_name, COALESCE(l.revoked_at, 0), COALESCE(l.revoked_by_name, ''), l.opens, l.side, l.rights`

func (me *Scope) scanShareLink(scan func(...any) error) (l ShareLink, err error) {
	var expires, created, revoked int64
	var opens bool
	err = scan(&l.ID, &l.Project, &l.ProjectName, &l.Client, &l.ClientName, &l.File, &l.FileName, &l.Version, &l.ShownNumber, &l.Protected,
		&expires, &l.MaxDownloads, &l.Downloads, &created, &l.CreatedBy, &l.CreatedByName, &revoked, &l.RevokedByName, &opens, &l.Side, &l.Rights)
	l.ExpiresAt, l.CreatedAt, l.RevokedAt = moment(expires), moment(created), moment(revoked)
	switch {
	case revoked != 0:
		l.State = LinkRevoked
	case !l.ExpiresAt.After(me.p.now()):
		l.State = LinkExpired
	case l.MaxDownloads > 0 && l.Downloads >= l.MaxDownloads:
		l.State = LinkUsedUp
	case !opens:
		l.State = LinkClosed
	default:
		l.State = LinkOpen
		if l.Can(Contribute) {
			l.Token = me.p.accounts.Token(account.PurposeShareLink, string(l.ID))
		}
	}
	return l, err
}

// ShareLink returns one share link, for the team.
func (me *Scope) ShareLink(ctx context.Context, id ShareLinkID) (ShareLink, error) {
	return me.scanShareLink(func(dest ...any) error {
		return me.get(ctx, `SELECT `+shareLinkColumns+` FROM my_share_links l WHERE l.id = $2`, []any{string(id)}, dest...)
	})
}

// ShareLinks returns all share links there are of a project, or of all that the
// actor sees when none is named, newest first. For the team.
func (me *Scope) ShareLinks(ctx context.Context, project ProjectID, pg Page) ([]ShareLink, string, error) {
	if project == "" {
		return me.shareLinks(ctx, pg, ``)
	}
	return me.shareLinks(ctx, pg, ` AND l.project_id = $4`, string(project))
}

// FileShareLinks returns all share links there are of a file. For the team.
func (me *Scope) FileShareLinks(ctx context.Context, file FileID, pg Page) ([]ShareLink, string, error) {
	return me.shareLinks(ctx, pg, ` AND l.file_id = $4`, string(file))
}

func (me *Scope) shareLinks(ctx context.Context, pg Page, where string, args ...any) ([]ShareLink, string, error) {
	after := pg.After
	if after == "" {
		after = "m" // every id begins with lnk_
	}
	rows, err := me.query(ctx, `
SELECT `+shareLinkColumns+` FROM my_share_links l WHERE l.id < $2`+where+` ORDER BY l.id DESC LIMIT $3`, append([]any{after, pg.limit()}, args...)...)
	all, err := list(rows, err, func(rows *db.Rows) (ShareLink, error) { return me.scanShareLink(rows.Scan) })
	if err != nil {
		return nil, "", err
	}
	all, next := page(all, pg, func(l ShareLink) string { return string(l.ID) })
	return all, next, nil
}

// MayShareFiles reports whether the workspace allows share links.
func (me *Scope) MayShareFiles(ctx context.Context) (bool, error) { return linksAllowed(ctx, me) }

func linksAllowed(ctx context.Context, r reader) (allowed bool, err error) {
	err = r.get(ctx, `SELECT o.share_links FROM my_office o`, nil, &allowed)
	if err == ErrNotFound {
		err = nil
	}
	return allowed, err
}

// Bounds of share links.
const (
	MaxLinkDays  = 90
	maxLinkCount = 10_000 // downloads of one
	maxFileLinks = 100    // open ones of one file
)

// NewShareLink is what ShareFile takes.
type NewShareLink struct {
	Version      VersionID // of the file, that the client sees; empty: always the newest
	Password     string    // empty: none
	ExpiresAt    time.Time // at most MaxLinkDays away
	MaxDownloads int       // 0: any number
}

// ShareFile makes a link with which anybody can take the file. Only for files
// that the client sees, while the workspace allows share links. Takes
// Contribute.
func (me *Scope) ShareFile(ctx context.Context, id FileID, n NewShareLink) (ShareLinkID, error) {
	var c checks
	now := me.p.now()
	if !n.ExpiresAt.After(now) || n.ExpiresAt.After(now.AddDate(0, 0, MaxLinkDays).Add(time.Minute)) {
		c.fail("days", "number", "min", "1", "max", strconv.Itoa(MaxLinkDays))
	}
	if n.MaxDownloads < 0 || n.MaxDownloads > maxLinkCount {
		c.fail("max_downloads", "number", "min", "0", "max", strconv.Itoa(maxLinkCount))
	}
	if n.Password != "" {
		brand, err := me.p.Brand(ctx)
		if err != nil {
			return "", err
		}
		if w := account.CheckShared(n.Password, brand.Name); w != nil {
			c.fail("password", "link_password_"+w.Reason)
		}
	}
	if err := c.err(); err != nil {
		return "", err
	}
	// Who may not share is told so before the dear part.
	if _, err := shareable(ctx, me, id, n.Version); err != nil {
		return "", err
	}
	hash := ""
	if n.Password != "" {
		var err error
		if hash, err = account.HashPassword(ctx, n.Password); err != nil {
			return "", err
		}
	}
	link := ShareLinkID(db.NewID("lnk"))
	err := me.write(ctx, func(t *tx) error {
		f, err := shareable(ctx, t, id, n.Version)
		if err != nil {
			return err
		}
		token := me.p.accounts.Token(account.PurposeShareLink, string(link))
		if err := t.must(ctx, `
INSERT INTO share_links (id, file_id, project_id, version_id, token_hash, password_hash, expires_at, max_downloads, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			string(link), string(id), string(f.project), nullable(n.Version), me.p.accounts.TokenHash(token), hash, db.Micros(n.ExpiresAt), n.MaxDownloads,
			t.now, string(me.actor.person)); err != nil {
			return err
		}
		err = t.record(ctx, Happening{Kind: FileShared, Client: f.client, Project: f.project, Subject: string(id), Details: Details{"title": f.title}})
		t.subject = string(link) // for whoever asks again
		return err
	})
	if err != nil {
		return "", err
	}
	return link, nil
}

// shareable loads a file of which the actor may make a share link. With a
// version, that one has to be shown to the client.
func shareable(ctx context.Context, r reader, id FileID, version VersionID) (item, error) {
	i, err := loadItem(ctx, r, ItemID(id))
	switch {
	case err != nil:
		return i, err
	case i.name != "file":
		return i, ErrNotFound
	case !i.Can(Contribute):
		return i, ErrForbidden
	}
	switch allowed, err := linksAllowed(ctx, r); {
	case err != nil:
		return i, err
	case !allowed:
		return i, invalid("file", "links_off")
	}
	var shown, named, links int
	if err := r.get(ctx, `
SELECT COUNT(*), COALESCE(SUM(CASE WHEN v.id = $3 THEN 1 ELSE 0 END), 0) FROM my_versions v WHERE v.file_id = $2 AND v.version_audience = 'client'`,
		[]any{string(id), string(version)}, &shown, &named); err != nil {
		return i, err
	}
	if err := r.get(ctx, `SELECT COUNT(*) FROM my_share_links l WHERE l.file_id = $2 AND l.revoked_at IS NULL`, []any{string(id)}, &links); err != nil {
		return i, err
	}
	switch {
	case i.audience != ClientSide || shown == 0:
		return i, invalid("file", "not_shown")
	case version != "" && named == 0:
		return i, invalid("version", "not_shown")
	case links >= maxFileLinks:
		return i, invalid("file", "too_many", "max", strconv.Itoa(maxFileLinks))
	}
	return i, nil
}

// RevokeShareLink ends a share link for good. For who made it, and who may
// Manage. One that is revoked already stays so.
func (me *Scope) RevokeShareLink(ctx context.Context, id ShareLinkID) error {
	return me.write(ctx, func(t *tx) error { return t.revokeLink(ctx, id) })
}

func (t *tx) revokeLink(ctx context.Context, id ShareLinkID) error {
	l, err := t.me.scanShareLink(func(dest ...any) error {
		return t.get(ctx, `SELECT `+shareLinkColumns+` FROM my_share_links l WHERE l.id = $2`, []any{string(id)}, dest...)
	})
	switch {
	case err != nil:
		return err
	case l.State == LinkRevoked:
		return nil
	case !l.MayRevoke(t.me.actor.person):
		return ErrForbidden
	}
	return t.endLink(ctx, l)
}

// endLink ends a share link that was not ended before.
func (t *tx) endLink(ctx context.Context, l ShareLink) error {
	if err := t.must(ctx, `UPDATE share_links SET revoked_at = $1, revoked_by = $2 WHERE id = $3 AND revoked_at IS NULL`, t.now, string(t.me.actor.person), string(l.ID)); err != nil {
		return err
	}
	return t.record(ctx, Happening{Kind: ShareLinkRevoked, Client: l.Client, Project: l.Project, Subject: string(l.File), Details: Details{"title": l.FileName}})
}

// RevokeShareLinks ends all share links of a project, or of all projects when
// none is named. Takes Manage, and for all of them Administer.
func (me *Scope) RevokeShareLinks(ctx context.Context, project ProjectID) error {
	if project != "" {
		return me.write(ctx, func(t *tx) error {
			if _, err := t.projectFor(ctx, project, Manage); err != nil {
				return err
			}
			rows, err := t.query(ctx, `SELECT l.id FROM my_share_links l WHERE l.project_id = $2 AND l.revoked_at IS NULL ORDER BY l.id`, string(project))
			ids, err := list(rows, err, scanOne[ShareLinkID])
			if err != nil {
				return err
			}
			for _, id := range ids {
				if err := t.revokeLink(ctx, id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	w, err := me.Workspace(ctx)
	switch {
	case err != nil:
		return err
	case !w.Rights.Has(Administer):
		return ErrForbidden
	}
	rows, err := me.query(ctx, `SELECT DISTINCT l.project_id FROM my_share_links l WHERE l.revoked_at IS NULL ORDER BY l.project_id`)
	projects, err := list(rows, err, scanOne[ProjectID])
	if err != nil {
		return err
	}
	return me.Together(ctx, func(all *Scope) error {
		for _, id := range projects {
			if err := all.RevokeShareLinks(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// ErrLocked says that a share link opens with a password.
var ErrLocked = errors.New("opens with a password")

// What a visitor has proved of a share link, and how long that counts.
const (
	linkPass  = "share link: password"
	linkTaken = "share link: taken"

	passLife  = 15 * time.Minute // that they know the password
	takenLife = time.Minute      // that they took the file, and may go on where it broke off
)

// linkFile is what a share link leads to, with what still has to be looked at.
type linkFile struct {
	Stored
	client         ClientID
	max, downloads int
	password       string // hash
}

func (l linkFile) usedUp() bool { return l.max > 0 && l.downloads >= l.max }

// readLink reads what the actor, a share link, leads to now.
func readLink(ctx context.Context, r reader, now int64) (l linkFile, err error) {
	var at int64
	err = r.get(ctx, `
SELECT l.file_id, l.name, l.project_id, l.client_id, l.version_id, l.blob, l.type, l.size, l.sha256, l.created_at, l.max_downloads, l.downloads, l.password_hash
  FROM my_link_file l WHERE l.expires_at > $2`, []any{now},
		&l.File, &l.Name, &l.Project, &l.client, &l.Version, &l.Blob, &l.Type, &l.Size, &l.SHA256, &at, &l.max, &l.downloads, &l.password)
	l.At = moment(at)
	return l, err
}

// OpenShareLink returns the portal as a share link sees it: one file. It is
// ErrNotFound for every link that leads nowhere, whatever the reason, and
// ErrLocked for one with a password when pass is none that UnlockShareLink gave.
func (p *Portal) OpenShareLink(ctx context.Context, token, pass string) (*Scope, error) {
	me, l, err := p.linkOf(ctx, token)
	switch {
	case err != nil:
		return nil, err
	case l.usedUp():
		return nil, ErrNotFound
	}
	if err := p.locked(me, l, pass); err != nil {
		return nil, err
	}
	return me, nil
}

// locked is ErrLocked for a link with a password and no pass for it.
func (p *Portal) locked(me *Scope, l linkFile, pass string) error {
	if l.password != "" && !p.proved(linkPass, me.actor.id, pass) {
		return ErrLocked
	}
	return nil
}

// linkOf finds the share link of a token.
func (p *Portal) linkOf(ctx context.Context, token string) (*Scope, linkFile, error) {
	id, err := p.linkByToken(ctx, p.accounts.TokenHash(token))
	if err != nil {
		return nil, linkFile{}, err
	}
	me := p.As(Actor{id: string(id)})
	l, err := readLink(ctx, me, db.Micros(p.now()))
	return me, l, err
}

// UnlockShareLink gives a pass, good for a quarter of an hour, for the password
// of a share link. It is ErrNotFound for a link that leads nowhere, *Invalid for
// a wrong password, and *account.Throttled when there were too many of those.
func (p *Portal) UnlockShareLink(ctx context.Context, token, password string) (pass string, err error) {
	me, l, err := p.linkOf(ctx, token)
	switch {
	case err != nil:
		return "", err
	case l.usedUp():
		return "", ErrNotFound
	}
	id := ShareLinkID(me.actor.id)
	if l.password != "" {
		if err := p.countTry(ctx, id); err != nil {
			return "", err
		}
		ok, err := account.VerifyPassword(ctx, l.password, password)
		switch {
		case err != nil:
			return "", err
		case !ok:
			return "", invalid("password", "link_password")
		}
		if err := p.db.Write(ctx, func(d *db.Tx) error {
			_, err := d.Exec(ctx, `UPDATE share_links SET failures = 0 WHERE id = $1`, string(id))
			return err
		}); err != nil {
			return "", err
		}
	}
	return p.prove(linkPass, string(id), passLife), nil
}

// Of wrong passwords a few are free; after those each has to wait, for longer
// each time. Whoever is kept out by somebody else's guesses can ask for another
// link.
const (
	freeTries  = 5
	firstDelay = 30 * time.Second
	mostDelay  = time.Hour
)

// countTry counts an attempt at a link's password before it is made, in a
// transaction of its own; a right one takes the count back.
func (p *Portal) countTry(ctx context.Context, id ShareLinkID) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		failures, last, err := linkFailures(ctx, d, id)
		if err != nil {
			return err
		}
		now := p.now()
		if over := failures - freeTries; over >= 0 {
			wait := mostDelay
			if over < 7 {
				wait = min(firstDelay<<over, mostDelay)
			}
			if left := wait - now.Sub(last); left > 0 && left <= wait {
				return &account.Throttled{RetryAfter: left}
			}
		}
		n, err := d.Exec(ctx, `
UPDATE share_links SET failures = failures + 1, failed_at = $1 WHERE id = $2 AND failures = $3`, db.Micros(now), string(id), failures)
		if err == nil && n == 0 {
			err = ErrBusy // somebody else tries at this moment
		}
		return err
	})
}

// prove is a proof of something about a subject that this server will know
// again for a while; proved knows it.
func (p *Portal) prove(what, subject string, life time.Duration) string {
	until := strconv.FormatInt(p.now().Add(life).Unix(), 10)
	return until + "." + hex.EncodeToString(p.accounts.Sign(what, subject, until))
}

func (p *Portal) proved(what, subject, proof string) bool {
	until, mac, _ := strings.Cut(proof, ".")
	at, err := strconv.ParseInt(until, 10, 64)
	if err != nil || p.now().Unix() >= at {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(mac), []byte(hex.EncodeToString(p.accounts.Sign(what, subject, until)))) == 1
}

// LinkFile returns the file that a share link leads to. For the link itself.
func (me *Scope) LinkFile(ctx context.Context) (Stored, error) {
	l, err := readLink(ctx, me, db.Micros(me.p.now()))
	return l.Stored, err
}

// TakeShareLink counts one download of a share link, and returns proof of it for
// TakenLinkFile. Of several who take the last one at the same time one gets it;
// others ErrNotFound. The same request, sent again within a minute, as by a
// double click, counts once. Errors as of OpenShareLink.
func (p *Portal) TakeShareLink(ctx context.Context, token, pass string) (taken string, err error) {
	me, l, err := p.linkOf(ctx, token)
	if err == nil {
		err = p.locked(me, l, pass)
	}
	if err != nil {
		return "", err
	}
	at, err := me.didAt(ctx)
	switch left := takenLife - p.now().Sub(moment(at)); {
	case err != nil:
		return "", err
	case at != 0 && left > 0:
		return p.prove(linkTaken, me.actor.id+" "+string(l.Version), left), nil
	case at != 0: // the page was left open
		ctx = WithRequest(ctx, Request{})
	}
	taken, err = me.takeLinkFile(ctx)
	var again *Repeated
	if errors.As(err, &again) { // at this moment
		return p.prove(linkTaken, me.actor.id+" "+string(l.Version), takenLife), nil
	}
	return taken, err
}

func (me *Scope) takeLinkFile(ctx context.Context) (taken string, err error) {
	err = me.write(ctx, func(t *tx) error {
		l, err := readLink(ctx, t, t.now)
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `
UPDATE share_links SET downloads = downloads + 1
 WHERE id = $1 AND (max_downloads = 0 OR downloads < max_downloads) AND expires_at > $2 AND revoked_at IS NULL`, me.actor.id, t.now)
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrNotFound
		}
		life := passLife
		if l.max > 0 { // else going on would be another download, uncounted
			life = takenLife
		}
		taken = me.p.prove(linkTaken, me.actor.id+" "+string(l.Version), life)
		day := db.Micros(db.FromMicros(t.now).AddDate(0, 0, -1))
		n, err = t.exec(ctx, `UPDATE share_links SET opened_at = $1 WHERE id = $2 AND (opened_at IS NULL OR opened_at <= $3)`, t.now, me.actor.id, day)
		if err != nil || n == 0 {
			t.quiet("the log of downloads tells of each; the audit log of one a day")
			return err
		}
		return t.record(ctx, Happening{Kind: ShareLinkOpened, Client: l.client, Subject: me.actor.id, Details: Details{"title": l.Name}})
	})
	return taken, err
}

// TakenLinkFile returns the file of a share link to whoever has proof of having
// just taken it, and the portal as the link sees it. It is ErrNotFound once the
// link leads nowhere, or to another version.
func (p *Portal) TakenLinkFile(ctx context.Context, token, taken string) (*Scope, Stored, error) {
	me, l, err := p.linkOf(ctx, token)
	switch {
	case err != nil:
		return nil, Stored{}, err
	case !p.proved(linkTaken, me.actor.id+" "+string(l.Version), taken):
		return nil, Stored{}, ErrNotFound
	}
	return me, l.Stored, nil
}
