package portal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/account"
)

// MaxImport bounds the size of an imported list, in bytes. It has at most
// MaxAdded rows.
const MaxImport = 1 << 20

// ImportRow is one row of a list of people, as it was understood.
type ImportRow struct {
	Line     int // of the file, as an editor counts
	Name     string
	Email    string
	Rights   Rights
	Projects []string // by name; none: all
	Problems []Problem
}

// Preset names the rights.
func (r ImportRow) Preset() Preset { return PresetOf(r.Rights) }

// A Problem says what is wrong with which column.
type Problem struct {
	Column string // name, email, role or projects
	Reason
}

// ImportPreview is what an import would do.
type ImportPreview struct {
	Rows   []ImportRow
	Good   int    // rows that will be added
	Digest string // says what was previewed; Import takes it
	people []NewClientUser
}

// ImportPreview reads a list of people and says what Import would do with it;
// it changes nothing. The list is CSV in UTF-8, separated by commas, semicolons
// or tabs, with the columns name, email, role (or preset) and projects in any
// order; only email is needed. Several projects are separated by semicolons
// inside their field. Takes Manage. A list that cannot be read is *Invalid.
func (me *Scope) ImportPreview(ctx context.Context, id ClientID, file io.Reader) (ImportPreview, error) {
	a, err := me.Access(ctx, id)
	if err != nil {
		return ImportPreview{}, err
	}
	lines, err := readList(file)
	if err != nil {
		return ImportPreview{}, err
	}
	byName := map[string][]ProjectID{}
	for _, p := range a.Projects {
		byName[fold(p.Name)] = append(byName[fold(p.Name)], p.ID)
	}
	known := map[string]bool{}
	for _, u := range a.Users {
		if _, key, err := account.FoldEmail(u.Email); err == nil && u.State != MemberRemoved {
			known[key] = true
		}
	}
	var p ImportPreview
	sum := sha256.New()
	for _, l := range lines {
		var c checks
		n := NewClientUser{Name: l.name, Email: l.email, AllProjects: true}
		preset := Preset(strings.ToLower(l.role))
		if l.role == "" {
			preset = a.Preset
		} else if preset.Rights() == 0 {
			c.fail("role", "choice")
		}
		var names []string
		for _, name := range strings.Split(l.projects, ";") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			n.AllProjects = false
			names = append(names, name)
			switch ids := byName[fold(name)]; len(ids) {
			case 1:
				n.Projects = append(n.Projects, ChosenProject{Project: ids[0]})
			case 0:
				c.fail("projects", "no_project", "name", name)
			default:
				c.fail("projects", "two_projects", "name", name)
			}
		}
		key := n.check(&c, func(s string) string { return s }, preset, a.AllowedDomains)
		switch {
		case key == "":
		case known[key]:
			c.fail("email", "already_listed")
		default:
			known[key] = true
		}
		row := ImportRow{Line: l.number, Name: n.Name, Email: n.Email, Rights: n.Rights, Projects: names}
		for column, reason := range c.fields {
			if column == "rights" {
				continue // the role is what is wrong
			}
			row.Problems = append(row.Problems, Problem{column, reason})
		}
		sort.Slice(row.Problems, func(i, j int) bool { return row.Problems[i].Column < row.Problems[j].Column })
		if len(c.fields) == 0 {
			p.Good++
			p.people = append(p.people, n)
			fmt.Fprintf(sum, "%q %q %d %v %v\n", n.Name, n.Email, n.Rights, n.AllProjects, n.Projects)
		}
		p.Rows = append(p.Rows, row)
	}
	p.Digest = hex.EncodeToString(sum.Sum(nil))
	return p, nil
}

// Import adds the people of the list that the preview found good, in one
// transaction; with send they are mailed. Takes Manage. ErrConflict, and
// nothing is added, when it would not do exactly what was previewed.
func (me *Scope) Import(ctx context.Context, id ClientID, file io.Reader, digest string, send bool) (AccessResult, error) {
	p, err := me.ImportPreview(ctx, id, file)
	switch {
	case err != nil:
		return AccessResult{}, err
	case p.Digest != digest:
		return AccessResult{}, ErrConflict
	}
	a, err := me.Access(ctx, id)
	if err != nil {
		return AccessResult{}, err
	}
	return me.SaveAccess(ctx, id, AccessChange{
		Revision: a.Client.Revision, Enabled: a.Enabled, AllowedDomains: a.AllowedDomains, InvitationDays: a.InvitationDays, Preset: a.Preset,
		SectionsSet: a.Client.SectionsSet, Sections: a.Client.Sections, Add: p.people, SendInvitations: send, onlyAdded: true,
	})
}

// listLine is a row of an imported list as it was written.
type listLine struct {
	number                      int
	name, email, role, projects string
}

// readList takes the list apart.
func readList(file io.Reader) ([]listLine, error) {
	unreadable := func(key string, pairs ...string) error {
		return &Invalid{Fields: map[string]Reason{"file": {Key: key, Pairs: pairs}}}
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxImport+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > MaxImport:
		return nil, unreadable("file_large", "max", "1 MiB")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, unreadable("file_utf8")
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	for _, c := range ";\t" { // a comma unless the header has more of another
		if bytes.Count(first, []byte(string(c))) > bytes.Count(first, []byte(string(r.Comma))) {
			r.Comma = c
		}
	}
	column := map[string]int{}
	var lines []listLine
	for {
		record, err := r.Read()
		var bad *csv.ParseError
		switch {
		case err == io.EOF && len(column) == 0:
			return nil, unreadable("file_header")
		case err == io.EOF:
			return lines, nil
		case errors.As(err, &bad):
			return nil, unreadable("file_line", "line", strconv.Itoa(bad.Line))
		case err != nil:
			return nil, err
		}
		if len(column) == 0 {
			for i, name := range record {
				name = strings.ToLower(strings.TrimSpace(name))
				switch name {
				case "preset":
					name = "role"
				case "e-mail":
					name = "email"
				}
				if _, twice := column[name]; twice {
					return nil, unreadable("file_header")
				}
				column[name] = i
			}
			if _, ok := column["email"]; !ok {
				return nil, unreadable("file_header")
			}
			continue
		}
		field := func(name string) string {
			if i, ok := column[name]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		}
		l := listLine{name: field("name"), email: field("email"), role: field("role"), projects: field("projects")}
		l.number, _ = r.FieldPos(0)
		if l == (listLine{number: l.number}) {
			continue // an empty row of a spreadsheet
		}
		if lines = append(lines, l); len(lines) > MaxAdded {
			return nil, unreadable("too_many", "max", strconv.Itoa(MaxAdded))
		}
	}
}
