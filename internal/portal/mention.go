package portal

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Mention is somebody who is named in a message.
type Mention struct {
	Person PersonID
	Name   string // as it stands in the text, after the @
}

const (
	maxMentions    = 50 // people named in one message
	maxMentionable = 8  // offered at once
	maxCandidates  = 2000
	maxCalled      = 200         // after so many @ of a text nobody is looked for
	maxEnds        = 10          // words of a name, and brackets behind it
	maxHandle      = 3 * MaxName // bytes of a name with its company
)

// mention keeps who is named in the text of a message, among those who read it
// and whom the actor may know, and since which revision of it: who was named
// before, and is not now, is forgotten. All other names stay text; more people than
// a message may name are refused.
func (t *tx) mention(ctx context.Context, th Thread, id MessageID, audience Side, body string, revision int64) error {
	found, _, err := namedIn(ctx, t, body, `thread_people`, `y.thread_id = $2 AND (y.person_side = 'team' OR $3 = 'client')`, string(th.ID), string(audience))
	if err != nil {
		return err
	}
	if len(found) > maxMentions {
		return invalid("body", "too_many_named", "max", strconv.Itoa(maxMentions))
	}
	named := []PersonID{"-"} // nobody
	for _, m := range found {
		if err := t.must(ctx, `
INSERT INTO mentions (message_id, person_id, name, revision) VALUES ($1, $2, $3, $4)
ON CONFLICT (message_id, person_id) DO UPDATE SET name = $3`, string(id), string(m.Person), m.Name, revision); err != nil {
			return err
		}
		named = append(named, m.Person)
	}
	if revision == 1 {
		return nil
	}
	in, args := oneOf(2, named)
	_, err = t.exec(ctx, `DELETE FROM mentions WHERE message_id = $1 AND person_id NOT IN `+in, append([]any{string(id)}, args...)...)
	return err
}

// Unnamed are those of the client whom a text names that is said among the team where
// they could read what is for them: in a conversation, on an item, or as the first in
// a project or with a client. As they do not read it, their names there are only text.
// Nobody for who is not of the team.
func (me *Scope) Unnamed(ctx context.Context, place, body string) (names []string, err error) {
	if !strings.Contains(body, "@") {
		return nil, nil
	}
	people, where, args, err := me.couldRead(ctx, place)
	if err != nil || people == "" {
		return nil, err
	}
	found, sides, err := namedIn(ctx, me, body, people, where, args...)
	for _, m := range found {
		called := func(x Mention) bool { return sides[x.Person] == Team && x.Name == m.Name } // somebody who reads it
		if sides[m.Person] == ClientSide && !slices.ContainsFunc(found, called) && !slices.Contains(names, m.Name) {
			names = append(names, m.Name)
		}
	}
	return names, err
}

// couldRead says for namedIn who could read what is for the client at a place, besides
// the team; no people where it is the client's own, or nothing there is for them.
func (me *Scope) couldRead(ctx context.Context, place string) (people, where string, args []any, err error) {
	inProject := func(id ProjectID, s Sections) (string, string, []any, error) {
		return `project_readers`, `y.project_id = $2 AND (y.person_side = 'team' OR (y.shows & $3) <> 0)`, []any{string(id), int64(s)}, nil
	}
	switch kind, _, _ := strings.Cut(place, "_"); kind {
	case "thr":
		th, err := me.Thread(ctx, ThreadID(place))
		switch {
		case err != nil || !th.Team():
			return "", "", nil, err
		case th.Comments():
			return me.couldRead(ctx, string(th.Item))
		case th.Kind == ProjectThread: // one among the team too
			return inProject(th.Project, SectionMessages)
		}
		return `thread_people`, `y.thread_id = $2`, []any{place}, nil
	case "prj":
		p, err := me.Project(ctx, ProjectID(place))
		if err != nil || !p.Team() {
			return "", "", nil, err
		}
		return inProject(p.ID, SectionMessages)
	case "cli":
		c, err := me.Client(ctx, ClientID(place))
		if err != nil || !c.Team() {
			return "", "", nil, err
		}
		return `client_readers`, `y.client_id = $2 AND (y.person_side = 'team' OR (y.shows & $3) <> 0)`, []any{place, int64(SectionMessages)}, nil
	}
	i, err := loadItem(ctx, me, ItemID(place))
	if err != nil || !i.Team() || i.audience == Team {
		return "", "", nil, err
	}
	return inProject(i.project, i.section)
}

// namedIn are those who are named in a text of the people y for whom a condition holds,
// and the side of each. Who is called as it stands in the text is looked for by name,
// so that it takes no longer where more people read it.
func namedIn(ctx context.Context, r reader, body, people, where string, args ...any) (found []Mention, sides map[PersonID]Side, err error) {
	texts := called(body)
	if len(texts) == 0 {
		return nil, nil, nil
	}
	ids, err := namesakes(ctx, r, texts)
	if err != nil {
		return nil, nil, err
	}
	in, more := oneOf(len(args)+2, ids)
	args = append(args, more...)
	rows, err := r.query(ctx, `
SELECT y.person_id, y.name, y.person_side, CASE WHEN y.person_side = 'client' THEN COALESCE(y.client_name, '') ELSE w.name END
  FROM my_`+people+` y JOIN workspace w ON w.id = 1 WHERE `+where+` AND y.person_id IN `+in+` ORDER BY y.near DESC, y.person_id`, args...)
	forms := map[string][]PersonID{}
	sides = map[PersonID]Side{}
	err = everyRow(rows, err, func() error {
		var x Reader
		err := rows.Scan(&x.Person, &x.Name, &x.Side, &x.Company)
		sides[x.Person] = x.Side
		for _, form := range x.handles(x.Company) {
			forms[strings.ToLower(form)] = append(forms[strings.ToLower(form)], x.Person)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return mentionsIn(texts, forms), sides, nil
}

// called is what stands after each @ of a text, of the first few: on its line, as long
// as what names somebody can be.
func called(body string) (texts []string) {
	for rest := body; len(texts) < maxCalled; {
		i := strings.IndexByte(rest, '@')
		if i < 0 {
			break
		}
		before, _ := utf8.DecodeLastRuneInString(rest[:i])
		rest = rest[i+1:]
		next, _ := utf8.DecodeRuneInString(rest)
		if rest == "" || next == '@' || unicode.IsSpace(next) || i > 0 && isWord(before) { // an address
			continue
		}
		text, _, _ := strings.Cut(rest[:min(len(rest), maxHandle)], "\n")
		texts = append(texts, text)
	}
	return texts
}

// namesakes are the people, of all, who are called as one of the texts begins; at
// least nobody.
func namesakes(ctx context.Context, r reader, texts []string) ([]PersonID, error) {
	var names []string
	known := map[string]bool{}
	for _, text := range texts {
		for _, end := range ends(text, false) {
			for _, name := range lowered(text[:end]) {
				if !known[name] {
					known[name] = true
					names = append(names, name)
				}
			}
		}
	}
	ids := []PersonID{"-"}
	for some := range slices.Chunk(names, 200) {
		in, args := oneOf(2, some)
		rows, err := r.query(ctx, `SELECT n.person_id FROM my_namesakes n WHERE n.called IN `+in+` LIMIT `+placeholder(len(args)+2), append(args, maxCandidates)...)
		found, err := list(rows, err, scanOne[PersonID])
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	return ids, nil
}

// ends are where a name may end in a text that begins with it: the first few, before
// what is no part of a word. With the companies also where one may end.
func ends(text string, companies bool) (all []int) {
	brackets := 0
	var last rune
	for i, r := range text + " " {
		switch {
		case i == 0 || isWord(r) || unicode.IsSpace(last):
		case len(all) < maxEnds, companies && last == ')' && brackets < maxEnds:
			all = append(all, i)
			if last == ')' {
				brackets++
			}
		}
		last = r
	}
	return all
}

// lowered are the ways in which a name may be kept, whatever the case in which it
// stands, as LOWER of a database gives it: one of them knows of the letters of English
// alone.
func lowered(name string) (ways []string) {
	small, first := strings.ToLower(name), true
	capital := strings.Map(func(r rune) rune {
		defer func() { first = !isWord(r) }()
		if first {
			return unicode.ToUpper(r)
		}
		return r
	}, small)
	for _, way := range []string{name, small, capital, strings.ToUpper(name)} {
		way = strings.Map(func(r rune) rune {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}, way)
		if !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	return ways
}

// handles are what may stand after an @ for somebody of a company: the name, and
// for those who share it the name with the company, or with the end of their id.
func (x Reader) handles(company string) [3]string {
	return [3]string{x.Name, x.Name + " (" + company + ")", x.Name + " (" + company + " " + string(x.Person[max(0, len(x.Person)-4):]) + ")"}
}

// mentionsIn finds the people with one of whose handles a text begins, the longest
// first, so that "@Ana Ruiz" is not Ana. Of two of one name, both are meant by it.
func mentionsIn(texts []string, forms map[string][]PersonID) (found []Mention) {
	known := map[PersonID]bool{}
	for _, text := range texts {
		for _, end := range slices.Backward(ends(text, true)) {
			people := forms[strings.ToLower(text[:end])]
			for _, p := range people {
				if !known[p] {
					known[p] = true
					found = append(found, Mention{Person: p, Name: text[:end]})
				}
			}
			if len(people) > 0 {
				break
			}
		}
	}
	return found
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
	return me.mentionableOf(ctx, `thread_people y`, `y.thread_id = $2 AND (y.person_side = 'team' OR $3 = 'client')`, prefix, string(id), string(audience))
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

// MentionableAt is Mentionable for the first message of the general conversation of
// a client.
func (me *Scope) MentionableAt(ctx context.Context, client ClientID, audience Side, prefix string) ([]Reader, error) {
	c, err := me.Client(ctx, client)
	switch {
	case err != nil:
		return nil, err
	case !c.Team():
		audience = ClientSide
	}
	return me.mentionableOf(ctx, `client_readers y`, `y.client_id = $2 AND (y.person_side = 'team' OR ($3 = 'client' AND (y.shows & $4) <> 0))`, prefix,
		string(client), string(audience), int64(SectionMessages))
}

func (me *Scope) mentionableIn(ctx context.Context, project ProjectID, section Sections, audience Side, prefix string) ([]Reader, error) {
	return me.mentionableOf(ctx, `project_readers y`, `y.project_id = $2 AND (y.person_side = 'team' OR ($3 = 'client' AND (y.shows & $4) <> 0))`, prefix,
		string(project), string(audience), int64(section))
}

func (me *Scope) mentionableOf(ctx context.Context, from, where, prefix string, args ...any) ([]Reader, error) {
	n := len(args) + 2
	args = append(args, string(me.actor.person))
	where += ` AND y.person_id <> ` + placeholder(n)
	var workspace string
	read := func(cond string, more []any, most int) ([]Reader, error) {
		rows, err := me.query(ctx, `
SELECT y.person_id, y.name, y.person_side, CASE WHEN y.person_side = 'client' THEN COALESCE(y.client_name, '') ELSE '' END, y.near, w.name
  FROM my_`+from+` JOIN workspace w ON w.id = 1 WHERE `+where+` AND `+cond+` ORDER BY y.near DESC, y.name, y.person_id LIMIT `+placeholder(n+1+len(more)), slices.Concat(args, more, []any{most})...)
		return list(rows, err, func(rows *db.Rows) (x Reader, err error) {
			return x, rows.Scan(&x.Person, &x.Name, &x.Side, &x.Company, &x.Near, &workspace)
		})
	}
	cond, more := begins("y.name", prefix, n+1)
	some, err := read(cond, more, maxMentionable)
	if err != nil || len(some) == 0 {
		return nil, err
	}
	var names []string
	for _, p := range some {
		names = append(names, lowered(p.Name)...)
	}
	in, more := oneOf(n+1, names)
	all, err := read(`LOWER(y.name) IN `+in, more, maxCandidates)
	return tellApart(some, all, workspace), err
}

// begins is true of a name that begins so, or a word of which does, with its
// arguments from the nth on.
func begins(name, prefix string, n int) (cond string, args []any) {
	if prefix = strings.Join(strings.Fields(prefix), " "); prefix == "" {
		return `1 = 1`, nil
	}
	words := `' ' || LOWER(` + name + `)`
	for _, way := range lowered(prefix) {
		cond += ` OR REPLACE(` + words + `, ` + placeholder(n+len(args)) + `, '') <> ` + words
		args = append(args, " "+way)
	}
	return `(` + cond[len(` OR `):] + `)`, args
}

// Beginning are the first of the people whose name, or a word of it, begins so: what
// Mentionable returns of those who are about to talk, each with what names nobody
// else of all of them.
func Beginning(people []Reader, workspace, prefix string) []Reader {
	return tellApart(beginning(people, prefix, maxMentionable), people, workspace)
}

// tellApart gives some of all the people what names nobody else of them.
func tellApart(some, all []Reader, workspace string) []Reader {
	shared := map[string]int{}
	for _, p := range all {
		for _, form := range p.handles(cmp.Or(p.Company, workspace)) {
			shared[fold(form)]++
		}
	}
	for i, p := range some {
		for _, form := range p.handles(cmp.Or(p.Company, workspace)) {
			if some[i].Handle = form; shared[fold(form)] == 1 {
				break
			}
		}
	}
	return some
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
