package portal

import (
	"context"
	"database/sql"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Mention is somebody who is named in a message.
type Mention struct {
	Person PersonID
	Name   string // as it stands in the text, after the @
}

const (
	maxMentions    = 50 // kept of one message
	maxMentionable = 8  // offered at once
	maxCandidates  = 2000
)

// mention keeps who is named in the text of a message, among those who read it
// and whom the actor may know, and since which revision of it: who was named
// before, and is not now, is forgotten. All other names stay text.
func (t *tx) mention(ctx context.Context, th Thread, id MessageID, audience Side, body string, revision int64) error {
	named := []PersonID{"-"} // nobody
	if strings.Contains(body, "@") {
		rows, err := t.query(ctx, `
SELECT y.person_id, y.name FROM my_thread_people y
 WHERE y.thread_id = $2 AND (y.person_side = 'team' OR $3 = 'client') ORDER BY y.near DESC, y.person_id LIMIT $4`, string(th.ID), string(audience), maxCandidates)
		people, err := list(rows, err, func(rows *sql.Rows) (m Mention, err error) { return m, rows.Scan(&m.Person, &m.Name) })
		if err != nil {
			return err
		}
		for _, m := range mentionsIn(body, people) {
			if err := t.must(ctx, `
INSERT INTO mentions (message_id, person_id, name, revision) VALUES ($1, $2, $3, $4)
ON CONFLICT (message_id, person_id) DO UPDATE SET name = $3`, string(id), string(m.Person), m.Name, revision); err != nil {
				return err
			}
			named = append(named, m.Person)
		}
	}
	if revision == 1 {
		return nil
	}
	in, args := oneOf(2, named)
	_, err := t.exec(ctx, `DELETE FROM mentions WHERE message_id = $1 AND person_id NOT IN `+in, append([]any{string(id)}, args...)...)
	return err
}

// mentionsIn finds the people whose names stand after an @, the longest name
// first, so that "@Ana Ruiz" is not Ana.
func mentionsIn(body string, people []Mention) (found []Mention) {
	people = slices.Clone(people)
	sort.SliceStable(people, func(i, j int) bool { return len(people[i].Name) > len(people[j].Name) })
	for rest := body; len(found) < maxMentions; {
		i := strings.IndexByte(rest, '@')
		if i < 0 {
			return found
		}
		before, _ := utf8.DecodeLastRuneInString(rest[:i])
		rest = rest[i+1:]
		if i > 0 && isWord(before) { // an address
			continue
		}
		for _, p := range people {
			name, ok := cutName(rest, p.Name)
			if !ok {
				continue
			}
			if !slices.ContainsFunc(found, func(m Mention) bool { return m.Person == p.Person }) {
				found = append(found, Mention{Person: p.Person, Name: name})
			}
			break
		}
	}
	return found
}

// cutName returns how a text begins with a name, whatever its case, that ends
// there.
func cutName(text, name string) (string, bool) {
	if name == "" || len(text) < len(name) || !strings.EqualFold(text[:len(name)], name) {
		return "", false
	}
	next, _ := utf8.DecodeRuneInString(text[len(name):])
	if len(text) > len(name) && isWord(next) {
		return "", false
	}
	return text[:len(name)], true
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// Mentionable returns at most 8 people of a thread whose name, or a word of it,
// begins so, and who read what is said to the audience there. Clients are
// offered those they may know.
func (me *Scope) Mentionable(ctx context.Context, id ThreadID, audience Side, prefix string) ([]Reader, error) {
	th, err := me.Thread(ctx, id)
	if err != nil {
		return nil, err
	}
	if !th.Team() {
		audience = ClientSide
	}
	rows, err := me.query(ctx, `
SELECT y.person_id, y.name, y.person_side, CASE WHEN y.person_side = 'client' THEN COALESCE(y.client_name, '') ELSE '' END, y.near FROM my_thread_people y
 WHERE y.thread_id = $2 AND (y.person_side = 'team' OR $3 = 'client') AND y.person_id <> $4
 ORDER BY y.near DESC, y.name, y.person_id LIMIT $5`, string(id), string(audience), string(me.actor.person), maxCandidates)
	people, err := list(rows, err, scanReader)
	return Beginning(people, prefix), err
}

// MentionableOn is Mentionable for the first comment on an item.
func (me *Scope) MentionableOn(ctx context.Context, id ItemID, audience Side, prefix string) ([]Reader, error) {
	i, err := loadItem(ctx, me, id)
	if err != nil {
		return nil, err
	}
	if !i.Team() {
		audience = ClientSide
	} else if i.audience == Team {
		audience = Team
	}
	return me.mentionableIn(ctx, i.project, i.section, audience, prefix)
}

// MentionableIn is Mentionable for the first message of a conversation in a
// project.
func (me *Scope) MentionableIn(ctx context.Context, project ProjectID, audience Side, prefix string) ([]Reader, error) {
	p, err := me.Project(ctx, project)
	switch {
	case err != nil:
		return nil, err
	case !p.Team():
		audience = ClientSide
	}
	return me.mentionableIn(ctx, project, SectionMessages, audience, prefix)
}

func (me *Scope) mentionableIn(ctx context.Context, project ProjectID, section Sections, audience Side, prefix string) ([]Reader, error) {
	rows, err := me.query(ctx, `
SELECT p.person_id, p.name, p.person_side, CASE WHEN p.person_side = 'client' THEN COALESCE(p.client_name, '') ELSE '' END, p.near FROM my_project_readers p
 WHERE p.project_id = $2 AND (p.person_side = 'team' OR ($3 = 'client' AND (p.shows & $4) <> 0)) AND p.person_id <> $5
 ORDER BY p.near DESC, p.name, p.person_id LIMIT $6`, string(project), string(audience), int64(section), string(me.actor.person), maxCandidates)
	people, err := list(rows, err, scanReader)
	return Beginning(people, prefix), err
}

// Beginning are the first of the people whose name, or a word of it, begins so: what
// Mentionable returns of those who are about to talk.
func Beginning(people []Reader, prefix string) []Reader {
	return beginning(people, prefix, maxMentionable)
}

func beginning(people []Reader, prefix string, most int) (some []Reader) {
	key := fold(prefix)
	for _, p := range people {
		name := fold(p.Name)
		if strings.HasPrefix(name, key) || strings.Contains(name, " "+key) {
			if some = append(some, p); len(some) == most {
				break
			}
		}
	}
	return some
}
