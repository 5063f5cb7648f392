package portal

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Draft is what the actor was about to say somewhere.
type Draft struct {
	Subject  string
	Body     string
	Revision int64     // of the edit of a message: the one that it was begun with
	SavedAt  time.Time // zero: there is none
}

const (
	direct     = "dir_"
	directTeam = direct + "team"
)

// DirectPlace is the place of a draft to begin a direct conversation with: in the
// frame of a client, or inside the team.
func DirectPlace(client ClientID) string {
	if client == "" {
		return directTeam
	}
	return direct + string(client)
}

// DirectClient is the client of such a place; empty inside the team.
func DirectClient(place string) ClientID {
	if place == directTeam {
		return ""
	}
	return ClientID(strings.TrimPrefix(place, direct))
}

// note ends a draft's place when it is of an internal note.
const note = " note"

// Draft returns what the actor was about to say at a place: in a thread, on an
// item, in a project or to a client that they see, or instead of a message;
// its id, with " note" after it for an internal one.
func (me *Scope) Draft(ctx context.Context, place string) (d Draft, err error) {
	if err := sees(ctx, me, place); err != nil {
		return d, err
	}
	err = me.get(ctx, `SELECT d.subject, d.body, d.revision, d.saved_at FROM my_drafts d WHERE d.place = $2`, []any{place}, &d.Subject, &d.Body, &d.Revision, micros{&d.SavedAt})
	return d, noneFound(err)
}

// Drafts returns what the actor was about to say at places; those without a
// draft are not in it. It tells nothing of the places themselves.
func (me *Scope) Drafts(ctx context.Context, places ...string) (map[string]Draft, error) {
	drafts := map[string]Draft{}
	for part := range slices.Chunk(places, 200) {
		in, args := oneOf(2, part)
		rows, err := me.query(ctx, `SELECT d.place, d.subject, d.body, d.revision, d.saved_at FROM my_drafts d WHERE d.place IN `+in, args...)
		if _, err := list(rows, err, func(rows *db.Rows) (d Draft, err error) {
			var place string
			err = rows.Scan(&place, &d.Subject, &d.Body, &d.Revision, micros{&d.SavedAt})
			drafts[place] = d
			return d, err
		}); err != nil {
			return nil, err
		}
	}
	return drafts, nil
}

// SaveDraft keeps what the actor is about to say at a place, as Draft has it;
// with nothing in it, it is discarded. What was typed into a form that was sent
// meanwhile is no draft any more.
func (me *Scope) SaveDraft(ctx context.Context, place string, d Draft) error {
	var c checks
	d.Subject = c.line("subject", d.Subject)
	d.Body = c.text("body", d.Body)
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		t.quiet("a draft is nobody else's business")
		if err := sees(ctx, t, place); err != nil {
			return err
		}
		if sent, err := t.typedInto(ctx, "typed"); err != nil || sent {
			return err
		}
		if d.Body == "" && d.Subject == "" {
			_, err := t.exec(ctx, `DELETE FROM drafts WHERE person_id = $1 AND place = $2`, string(me.actor.person), place)
			return err
		}
		_, err := t.exec(ctx, `
INSERT INTO drafts (person_id, place, subject, body, revision, saved_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person_id, place) DO UPDATE SET subject = $3, body = $4, revision = $5, saved_at = $6`, string(me.actor.person), place, d.Subject, d.Body, d.Revision, t.now)
		return err
	})
}

// DiscardDraft forgets it.
func (me *Scope) DiscardDraft(ctx context.Context, place string) error {
	return me.SaveDraft(ctx, place, Draft{})
}

// typedInto notes that the form of the request was "typed" into, or "sent", and
// says whether it was sent. Of both at the same time one waits for the other.
func (t *tx) typedInto(ctx context.Context, how string) (sent bool, err error) {
	r, _ := ctx.Value(requestKey{}).(Request)
	if r.Form == "" {
		return false, nil
	}
	err = t.QueryRow(ctx, `
INSERT INTO requests (key, body_hash, created_at, result) VALUES ($1, $2, $3, '')
ON CONFLICT (key) DO UPDATE SET body_hash = CASE WHEN requests.body_hash = 'sent' THEN 'sent' ELSE $2 END
RETURNING CASE WHEN body_hash = 'sent' THEN 1 ELSE 0 END`, t.me.actor.id+" form "+r.Form, how, t.now).Scan(&sent)
	return sent, err
}

// sees finds out whether the actor sees a draft's place.
func sees(ctx context.Context, r reader, place string) error {
	id := strings.TrimSuffix(place, note)
	prefix, _, _ := strings.Cut(id, "_")
	var n int
	switch prefix {
	case "thr":
		_, err := thread(ctx, r, ThreadID(id))
		return err
	case "msg":
		_, err := message(ctx, r, MessageID(id))
		return err
	case "prj":
		return r.get(ctx, `SELECT 1 FROM my_projects p WHERE p.id = $2`, []any{id}, &n)
	case "dir":
		if client := DirectClient(id); client != "" {
			return r.get(ctx, `SELECT 1 FROM my_clients c WHERE c.id = $2`, []any{string(client)}, &n)
		}
		return r.get(ctx, `SELECT 1 FROM my_role r WHERE r.rights <> 0`, nil, &n)
	case "cli":
		return r.get(ctx, `SELECT 1 FROM my_clients c WHERE c.id = $2`, []any{id}, &n)
	}
	_, err := loadItem(ctx, r, ItemID(id))
	return err
}

// discardDraft forgets what was said in a thread to the audience: of a note the
// note's, and of a thread that is the team's both.
func (t *tx) discardDraft(ctx context.Context, th Thread, audience Side) error {
	place := string(th.ID)
	if audience == Team && th.Team() {
		if th.Audience == ClientSide {
			place += note
		} else {
			return t.discardDrafts(ctx, place)
		}
	}
	return t.discard(ctx, place)
}

// discardDrafts forgets what was about to be said at a place, to whomever.
func (t *tx) discardDrafts(ctx context.Context, place string) error {
	return t.discard(ctx, place, place+note)
}

// discard forgets what was said, and what is still on its way of it.
func (t *tx) discard(ctx context.Context, places ...string) error {
	if _, err := t.typedInto(ctx, "sent"); err != nil {
		return err
	}
	in, args := oneOf(2, places)
	_, err := t.Exec(ctx, `DELETE FROM drafts WHERE person_id = $1 AND place IN `+in, append([]any{string(t.me.actor.person)}, args...)...)
	return err
}
