package portal

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Happening is an event about to be recorded.
type Happening struct {
	Kind     Kind
	Client   ClientID   // whose chain it joins; empty: the workspace's
	Project  ProjectID  // empty: of the client or workspace
	Subject  string     // the id of what it happened to
	Person   PersonID   // the person it was done to, and who gets its mail
	Audience Side       // of the subject; empty is Team
	Section  Sections   // overrides the kind's, for kinds that are about any item
	Silent   bool       // no mail, although the kind has one
	Apart    bool       // in the audit log alone, although the kind is told elsewhere
	Nobody   bool       // it followed from what the actor did, which not all who see it know of: nobody is named
	Message  MessageID  // that was said: people are told of it
	Details  Details    // what the sentence needs: titles, old and new values
	Closes   []PersonID // whose live streams end, besides Person
	Tells    []PersonID // who gets its mail, besides Person
}

// Details are the values of an event's sentence. They are seen by whoever sees
// the event, so they hold nothing that the event's audience may not see.
type Details map[string]string

// record writes the event, in the transaction of the change it tells of. It
// takes the next number of the client's chain, which lets only one change of a
// client commit at a time, and under that lock makes sure that the actor still
// holds what they held when the change began: after a removal has been
// acknowledged, nothing more of the removed person is taken.
func (t *tx) record(ctx context.Context, h Happening) error {
	k, ok := kinds[h.Kind]
	if !ok {
		return fmt.Errorf("portal: event of unknown kind %q", h.Kind)
	}
	if h.Audience == "" {
		h.Audience = Team
	}
	if h.Section == 0 {
		h.Section = k.section
	}
	by, address := t.me.actor.id, t.address
	if h.Nobody {
		by, address = "", ""
	}
	apart := h.Apart || k.talk && k.place == auditOnly
	project := h.Project
	if apart && t.Alone() {
		project = "" // nothing is shown, and nothing can have changed
	}
	next, err := t.nextInChain(ctx, h.Client, by, project)
	if err != nil {
		return err
	}
	shown := next.shared && h.Audience == ClientSide
	details, err := json.Marshal(h.Details)
	if err != nil {
		return err
	}
	if apart {
		h.Project, shown = "", false // whoever reads a project's activity need not read past it
	}
	seal, err := t.seal(ctx, h.Subject)
	if err != nil {
		return err
	}
	id := EventID(db.NewID("evt"))
	hash := chainHash(next.head, string(id), string(h.Client), fmt.Sprint(next.seq), string(h.Kind), fmt.Sprint(t.now), by,
		string(h.Project), h.Subject, string(h.Person), string(h.Audience), string(details), address, seal, next.called)
	if _, err := t.Exec(ctx, `
INSERT INTO events (id, chain, seq, kind, at, actor, client_id, project_id, subject, person_id, audience, particulars, hash, section, shown, address, told, seal, called)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		string(id), string(h.Client), next.seq, string(h.Kind), t.now, by, nullable(h.Client), nullable(h.Project), h.Subject,
		nullable(h.Person), string(h.Audience), string(details), hash, int64(h.Section), shown, address, !apart, seal, next.called); err != nil {
		return fmt.Errorf("record %s: %w", h.Kind, err)
	}
	if _, err := t.Exec(ctx, `UPDATE event_chains SET seq = $1, head = $2 WHERE chain = $3`, next.seq, hash, string(h.Client)); err != nil {
		return err
	}
	var mailed []string
	if k.mail != "" && !h.Silent {
		for _, p := range append(slices.Clip(h.Tells), h.Person) {
			if p == "" || slices.Contains(mailed, string(p)) {
				continue
			}
			if err := t.me.p.queueMail(ctx, t.Tx, k.mail, p, h.Subject); err != nil {
				return err
			}
			mailed = append(mailed, string(p))
		}
	}
	if (k.topic != 0 && h.Project != "" || h.Message != "") && !h.Silent {
		if _, err := t.Exec(ctx, `INSERT INTO notice_queue (event_id, message_id, mailed) VALUES ($1, $2, $3)`, string(id), nullable(h.Message), strings.Join(mailed, " ")); err != nil {
			return err
		}
		t.AfterCommit(t.me.p.woken)
	}
	if h.Project != "" && !k.talk {
		if err := t.retally(ctx, h.Project, h.Subject); err != nil {
			return err
		}
	}
	t.recorded, t.event, t.subject = true, id, h.Subject
	if apart {
		return nil // what was said has signals of its own
	}
	s := Signal{Event: id, Client: h.Client, Project: h.Project}
	if k.closes {
		s.Persons = h.Closes
		if h.Person != "" {
			s.Persons = append(s.Persons, h.Person)
		}
		// Nobody's are none, not everybody's, who would learn that something happened.
		s.Close = len(s.Persons) > 0
		if err := t.noteShut(ctx, s.Persons); err != nil {
			return err
		}
	}
	t.signals = append(t.signals, s)
	return nil
}

// noteShut notes when these people were last shut out of something.
func (t *tx) noteShut(ctx context.Context, people []PersonID) error {
	for _, p := range people {
		if _, err := t.Exec(ctx, `INSERT INTO shut_out (person_id, at) VALUES ($1, $2) ON CONFLICT (person_id) DO UPDATE SET at = $2`, string(p), t.now); err != nil {
			return err
		}
	}
	return nil
}

// A link is where an event joins a chain.
type link struct {
	seq    int64  // its number
	head   string // the hash of the event before
	called string // what somebody is called
	shared bool   // the client of a project sees it
}

// nextInChain locks the chain until the transaction ends, and returns where the next
// event joins it, with what somebody is called. Under that lock it looks again whether
// the actor may see the project, if there is one.
func (t *tx) nextInChain(ctx context.Context, chain ClientID, who string, project ProjectID) (next link, err error) {
	args := []any{string(chain), who}
	sharing := "0"
	if project != "" && t.Alone() { // all is read at once
		sharing = "(" + t.sharing("$3", "$4") + ")"
		args = append(args, string(project), t.me.actor.id)
	}
	var shared sql.NullBool
	last := `SELECT x.seq + 1, x.head, COALESCE(` + nameOf("$2") + `, ''), ` + sharing + ` FROM event_chains x WHERE x.chain = $1` + t.Locking()
	read := func() error { return t.QueryRow(ctx, last, args...).Scan(&next.seq, &next.head, &next.called, &shared) }
	if err = read(); errors.Is(err, db.ErrNoRows) {
		if _, err := t.Exec(ctx, `INSERT INTO event_chains (chain, seq, head) VALUES ($1, 0, '') ON CONFLICT (chain) DO NOTHING`, string(chain)); err != nil {
			return next, err
		}
		err = read()
	}
	if err == nil && project != "" && !t.Alone() {
		err = t.QueryRow(ctx, t.sharing("$1", "$2"), string(project), t.me.actor.id).Scan(&shared)
		err = notFound(err)
	}
	if err == nil && !shared.Valid {
		err = ErrNotFound
	}
	next.shared = shared.Bool
	return next, err
}

// sharing is the query that says whether the client of a project sees it, to an actor
// who does. The program itself has none.
func (t *tx) sharing(project, actor string) string {
	granted := "EXISTS (SELECT 1 FROM project_grants g WHERE g.project_id = p.id AND g.actor = " + actor + ")"
	if t.me.actor == (Actor{}) {
		granted = actor + " = ''"
	}
	return "SELECT CASE WHEN p.shared_at IS NULL THEN 0 ELSE 1 END FROM projects p WHERE p.id = " + project + " AND " + granted
}

// chainHash binds the fields and the event before. Lengths go first, so that
// no shift of text between fields gives the same hash. The last fields are the
// network address, the seal and what the actor was called, which events did not always
// have: where they are empty they are left out.
func chainHash(head string, fields ...string) string {
	for last := len(fields) - 1; last >= 0 && fields[last] == ""; last-- {
		fields = fields[:last]
	}
	size := 8 + len(head)
	for _, f := range fields {
		size += 8 + len(f)
	}
	all := make([]byte, 0, size)
	add := func(f string) { all = append(binary.BigEndian.AppendUint64(all, uint64(len(f))), f...) }
	add(head)
	for _, f := range fields {
		add(f)
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:])
}

// recordAccount writes what happened to a person's account into the chain of
// the workspace, in the account's own transaction.
func (p *Portal) recordAccount(ctx context.Context, d *db.Tx, h account.Happening) error {
	t := &tx{Tx: d, me: p.As(PersonActor(h.Person)), now: db.Micros(p.now()), address: cmp.Or(account.AddressOf(ctx), h.Address)}
	details := Details{}
	for k, v := range h.Particulars {
		details[k] = v
	}
	if err := t.record(ctx, Happening{Kind: Kind(h.Kind), Subject: string(h.Person), Person: h.Person, Details: details}); err != nil {
		return err
	}
	d.AfterCommit(func() {
		for _, s := range t.signals {
			p.signal(s)
		}
	})
	if h.Kind == account.PersonDisabled || h.Kind == account.PersonEnabled {
		return t.restandFor(ctx, h.Person)
	}
	return nil
}
