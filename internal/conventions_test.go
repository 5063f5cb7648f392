package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Conventions that the compiler cannot check. Where one has exceptions they
// are listed here by name, so that a new one is a decision and not an accident.

// files lists what is in the repository or would be with the next commit, by
// path from its top.
func files(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	var names []string
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if _, err := os.Stat(filepath.Join("..", name)); err == nil {
			names = append(names, name)
		}
	}
	if len(names) < 100 {
		t.Fatalf("only %d files looked at", len(names))
	}
	return names
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A source is one parsed Go file of the program, tests left out.
type source struct {
	name string
	fset *token.FileSet
	file *ast.File
}

func (s source) at(n ast.Node) string {
	return s.name + ":" + strconv.Itoa(s.fset.Position(n.Pos()).Line)
}

// texts calls f with each string literal.
func (s source) texts(f func(n ast.Node, text string)) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		if _, imports := n.(*ast.ImportSpec); imports {
			return false
		}
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				f(lit, text)
			}
		}
		return true
	})
}

// uses calls f with each selector on a package or variable: pkg.Name.
func (s source) uses(f func(n ast.Node, on, name string)) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok {
				f(sel, x.Name, sel.Sel.Name)
			}
		}
		return true
	})
}

// sources parses the Go files below dir.
func sources(t *testing.T, dir string) []source {
	t.Helper()
	var all []source
	for _, name := range files(t) {
		if !strings.HasPrefix(name, dir) || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, read(t, name), parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, source{name, fset, file})
	}
	if len(all) == 0 {
		t.Fatalf("no Go files below %q", dir)
	}
	return all
}

func within(name string, places ...string) bool {
	return slices.ContainsFunc(places, func(p string) bool { return strings.HasPrefix(name, p) })
}

// unscoped tables hold nothing that belongs to a client.
var unscoped = []string{"workspace", "event_chains", "requests"}

// rawReads are the reads of scoped tables that do not go through scope.go,
// each with its reason.
var rawReads = map[string][]string{
	"scope.go":         {"*"},                           // it defines what my_… are
	"grant.go":         {"*"},                           // grants are derived from the tables
	"tally.go":         {"*"},                           // and so are tallies
	"unscoped.go":      {"*"},                           // what people see who are not signed in; says why in each case
	"incomingqueue.go": {"*"},                           // taking mails in; they are posted through As
	"tell.go":          {"*"},                           // whom to tell of an event; what it says is rendered through As
	"pushqueue.go":     {"*"},                           // the queue's own work; pushes are rendered through As
	"clockback.go":     {"*"},                           // the queues' own work: nothing but when something is due
	"mailqueue.go":     {"*"},                           // the queue's own work; mails are rendered through As
	"portal.go":        {"team_members"},                // is this person in the team, asked by account
	"template.go":      {"templates"},                   // is there any, before the built-in ones are put in
	"mail.go":          {"persons"},                     // the address a mail goes to
	"event.go":         {"projects", "project_grants"},  // the second look, under the chain's lock
	"filesearch.go":    {"version_words", "file_words"}, // of texts and of names; what is found is joined with my_texts_… and my_names_…
	"messagesearch.go": {"message_words"},               // likewise, with my_messages_…
	"subjectsearch.go": {"thread_words"},                // likewise, with my_subjects_…
	"seal.go":          {"*"},                           // hashes of whole rows, for the chain; nothing of them is given out
	"uptime.go":        {"*"},                           // a backup was brought back: all in it that lets somebody in ends
	"dailyhead.go":     {"*"},                           // hashes alone, for the owners
	"verify.go":        {"*"},                           // for the operator, who reads the disk anyway
	"decidedon.go":     {"*"},                           // likewise
}

var (
	tableName = regexp.MustCompile(`(?m)^CREATE (?:VIRTUAL )?(?:TABLE|VIEW) (\w+)`)
	fromList  = regexp.MustCompile(`(?:\A|\b)(DELETE\s+)?(?:FROM|JOIN)\s+(\w+(?:\s+(?:AS\s+)?\w+)?(?:\s*,\s*\w+(?:\s+\w+)?)*)`)
	cutShort  = regexp.MustCompile(`(?:(?:\A|[^E])\s+FROM|\bJOIN)\s*\z`) // but not DELETE FROM
)

// rawTables are the tables a statement reads by their own names.
func rawTables(sql string, scoped map[string]bool) (raw []string) {
	for _, m := range fromList.FindAllStringSubmatch(sql, -1) {
		if m[1] != "" {
			continue // DELETE FROM, by an id that was loaded through a scope
		}
		for part := range strings.SplitSeq(m[2], ",") {
			if name := strings.Fields(part); len(name) > 0 && scoped[name[0]] {
				raw = append(raw, name[0])
			}
		}
	}
	return raw
}

func scopedTables(t *testing.T) map[string]bool {
	t.Helper()
	scoped := make(map[string]bool)
	for _, m := range tableName.FindAllStringSubmatch(read(t, "internal/db/schema.sql"), -1) {
		if !slices.Contains(unscoped, m[1]) {
			scoped[m[1]] = true
		}
	}
	if !scoped["projects"] || !scoped["due_project_grants"] {
		t.Fatal("the tables were not found")
	}
	return scoped
}

// Queries of the portal name my_… tables, so that nobody can forget who is
// asking.
func TestNoQueryReadsARawTable(t *testing.T) {
	scoped := scopedTables(t)
	for _, s := range sources(t, "internal/portal/") {
		allowed := rawReads[filepath.Base(s.name)]
		if slices.Contains(allowed, "*") {
			continue
		}
		s.texts(func(n ast.Node, text string) {
			for _, table := range rawTables(text, scoped) {
				if !slices.Contains(allowed, table) {
					t.Errorf("%s reads %s by its own name; name my_%s, or move the query to unscoped.go and say why", s.at(n), table, table)
				}
			}
			if cutShort.MatchString(text) {
				t.Errorf("%s: the table's name is put together when the program runs, so nothing can check it; let the literal end in my_", s.at(n))
			}
		})
	}
}

// The test above is worth what this one says.
func TestRawTablesAreFound(t *testing.T) {
	scoped := map[string]bool{"tasks": true, "projects": true, "events": true}
	for sql, want := range map[string]int{
		"SELECT id FROM my_tasks WHERE project_id = $2":                             0,
		"SELECT id FROM tasks":                                                      1,
		"SELECT 1 FROM my_projects p JOIN tasks t ON t.project_id = p.id":           1,
		"SELECT 1 FROM my_projects p, tasks t, events e WHERE t.project_id = p.id":  2,
		"SELECT 1 FROM (SELECT id FROM tasks UNION ALL SELECT id FROM events) x":    2,
		"UPDATE tasks SET title = $2 WHERE id = $1":                                 0,
		"DELETE FROM tasks WHERE id = $1":                                           0,
		"DELETE FROM tasks WHERE id IN (SELECT id FROM tasks)":                      1,
		"INSERT INTO tasks (id) VALUES ($1)":                                        0,
		"UPDATE tasks SET done = 1 FROM projects WHERE projects.id = tasks.project": 1,
	} {
		if got := rawTables(sql, scoped); len(got) != want {
			t.Errorf("%s: found %q, want %d", sql, got, want)
		}
	}
	if !cutShort.MatchString("SELECT id FROM ") || !cutShort.MatchString("FROM my_tasks JOIN ") || cutShort.MatchString("DELETE FROM ") {
		t.Error("a name put together at run time is not told from one written out")
	}
}

// Only adapters that turned a request, a token or a recipient into a person
// open the portal as that person.
func TestOnlyAdaptersOpenTheDoor(t *testing.T) {
	adapters := []string{
		"internal/web/", "internal/api/", "internal/notify/", "internal/mailin/", "internal/demo/", "internal/portaltest/", "tools/",
		"internal/portal/approvallink.go", // whoever holds a mailed link to one approval, of which it hands out that alone
		"internal/portal/calendar.go",     // the holder of a feed's address, read-only
		"internal/portal/event.go",        // what account says happened to a person
		"internal/portal/invitation.go",   // who accepts
		"internal/portal/sharelink.go",    // a share link, which sees its file
		"internal/portal/viewas.go",       // the client user who is looked at, read-only
		"internal/portal/workspace.go",    // who sets up, before there is anybody
	}
	for _, s := range sources(t, "") {
		if within(s.name, adapters...) {
			continue
		}
		s.uses(func(n ast.Node, on, name string) {
			if on == "portal" && name == "PersonActor" {
				t.Errorf("%s makes an actor", s.at(n))
			}
		})
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "As" {
				t.Errorf("%s opens the portal as somebody", s.at(n))
			}
			return true
		})
	}
}

// Passwords cost what they should, but in tests of something else.
func TestPasswordsAreDear(t *testing.T) {
	found := 0
	for _, s := range sources(t, "") {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id.Name == "CheapPasswords" {
				if found++; !within(s.name, "internal/account/cheap.go", "internal/portaltest/") {
					t.Errorf("%s makes passwords cheap", s.at(n))
				}
			}
			return true
		})
	}
	if found != 2 {
		t.Errorf("CheapPasswords stands at %d places: where it is said, and where the World of tests asks for it", found)
	}
}

// What passes text into a page without escaping it, and why that is safe.
var unescaped = map[string]string{
	"internal/handover/page.templ":       "Markdown after the sanitiser",
	"internal/mail/page.templ":           "a style sheet made of two colours",
	"internal/mail/render.go":            "a style made of two colours",
	"internal/web/view/ui/icon.go":       "drawings that tools/assets took from the icon set",
	"internal/web/view/ui/project.templ": "Markdown after the sanitiser",
}

func TestNothingGoesUnescaped(t *testing.T) {
	for _, s := range sources(t, "") {
		for _, imp := range s.file.Imports {
			switch imp.Path.Value {
			case `"text/template"`:
				t.Errorf("%s imports text/template, which does not escape", s.at(imp))
			case `"html/template"`:
				// It calls methods by name, so the linker keeps every method
				// there is: 5 MB of the binary.
				t.Errorf("%s imports html/template; pages and mail are templ", s.at(imp))
			}
		}
		if unescaped[strings.Replace(s.name, "_templ.go", ".templ", 1)] != "" {
			continue
		}
		s.uses(func(n ast.Node, on, name string) {
			switch on + "." + name {
			case "template.HTML", "template.HTMLAttr", "template.JS", "template.JSStr", "template.CSS", "template.URL", "template.Srcset",
				"templ.Raw", "templ.SafeCSS", "templ.SafeCSSProperty", "templ.JSUnsafeFuncCall":
				t.Errorf("%s uses %s.%s", s.at(n), on, name)
			}
		})
	}
}

// The kit trusts the addresses it is given; pages give it our own, and let
// templ look at those that people typed.
func TestPagesDoNotVouchForAddresses(t *testing.T) {
	for _, name := range files(t) {
		if strings.HasSuffix(name, ".templ") && !within(name, "internal/web/view/ui/") && strings.Contains(read(t, name), "templ.SafeURL") {
			t.Errorf("%s uses templ.SafeURL", name)
		}
	}
}

var inline = regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=["{]|<style\b|javascript:|<script\b[^>]*>\s*[^\s<]`)

// The Content-Security-Policy refuses them, so they would not work either. Mail
// is read in programs that know nothing else, and the pages of a handover pack
// where nothing of ours is.
func TestNoInlineStyleOrScript(t *testing.T) {
	seen := 0
	for _, name := range files(t) {
		if !strings.HasSuffix(name, ".templ") || name == "internal/mail/page.templ" || name == "internal/handover/page.templ" {
			continue
		}
		seen++
		for i, line := range strings.Split(read(t, name), "\n") {
			if m := inline.FindString(line); m != "" {
				t.Errorf("%s:%d: %q", name, i+1, m)
			}
		}
	}
	if seen == 0 {
		t.Fatal("no templates found")
	}
}

// A client without limits waits for ever and follows every redirect; whoever
// needs one makes it.
func TestNoDefaultHTTPClient(t *testing.T) {
	for _, s := range sources(t, "") {
		s.uses(func(n ast.Node, on, name string) {
			if on == "http" && slices.Contains([]string{"Get", "Head", "Post", "PostForm", "DefaultClient", "DefaultTransport"}, name) {
				t.Errorf("%s uses http.%s", s.at(n), name)
			}
		})
	}
}

// The portal's time comes from its clock, which tests can move; how long a search
// takes is not told by that.
func TestThePortalAsksItsOwnClock(t *testing.T) {
	for _, dir := range []string{"internal/portal/", "internal/notify/"} {
		if !slices.ContainsFunc(files(t), func(name string) bool { return strings.HasPrefix(name, dir) }) {
			continue
		}
		for _, s := range sources(t, dir) {
			if s.name == "internal/portal/portal.go" || s.name == "internal/portal/searched.go" {
				continue
			}
			s.uses(func(n ast.Node, on, name string) {
				if on == "time" && (name == "Now" || name == "Since" || name == "Until") {
					t.Errorf("%s calls time.%s", s.at(n), name)
				}
			})
		}
	}
}

// Every kind of event says what follows from it, and has a sentence.
func TestEveryKindIsComplete(t *testing.T) {
	var named = make(map[string]string) // constant → value
	listed := make(map[string]bool)
	for _, s := range sources(t, "internal/portal/") {
		ast.Inspect(s.file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Kind" {
				for i, v := range spec.Values { // a variable of a function has none
					if lit, ok := v.(*ast.BasicLit); ok {
						named[spec.Names[i].Name], _ = strconv.Unquote(lit.Value)
					}
				}
			}
			if spec.Names[0].Name == "kinds" && len(spec.Values) == 1 {
				for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
					row := e.(*ast.KeyValueExpr)
					listed[row.Key.(*ast.Ident).Name] = true
				}
			}
			return true
		})
	}
	if len(named) < 50 {
		t.Fatalf("only %d kinds found", len(named))
	}
	var catalogue strings.Builder
	for _, name := range files(t) {
		if strings.HasPrefix(name, "internal/words/en/") {
			catalogue.WriteString(read(t, name))
		}
	}
	values := make(map[string]bool)
	for constant, value := range named {
		if !listed[constant] {
			t.Errorf("%s has no row in kinds", constant)
		}
		if values[value] {
			t.Errorf("%q is the name of two kinds", value)
		}
		values[value] = true
		if !strings.Contains(catalogue.String(), `"event.`+value+`"`) {
			t.Errorf("%s has no sentence: add %q to internal/words/en", constant, "event."+value)
		}
	}
	for constant := range listed {
		if named[constant] == "" {
			t.Errorf("kinds has a row for %s, which is no Kind", constant)
		}
	}
}

var (
	statement = regexp.MustCompile(`\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\b`)
	differing = regexp.MustCompile(`(?i)\bnow\(\)|->>|=\s*ANY\b|\bgreatest\(|\bleast\(|SKIP LOCKED|\blower\(|\bupper\(|\bILIKE\b`)
	bareLike  = regexp.MustCompile(`\bLIKE\b`)
	called    = "LOWER(a.name) AS called" // lowered, of portal, says what either makes of a name
	oneOnly   = map[string]string{        // files that talk to one database, or to PostgreSQL's own tables
		"internal/db/postgres.go":        "PostgreSQL's side of db",
		"internal/db/sqlite.go":          "SQLite's side of db",
		"internal/db/dbtest/postgres.go": "makes PostgreSQL databases",
	}
)

// One SQL text serves SQLite and PostgreSQL, so it uses nothing on which the
// two differ.
func TestSQLIsPortable(t *testing.T) {
	for _, s := range sources(t, "internal/") {
		if oneOnly[s.name] != "" || within(s.name, "internal/portaltest/") {
			continue
		}
		s.texts(func(n ast.Node, text string) {
			if m := differing.FindString(strings.ReplaceAll(text, called, "")); m != "" && statement.MatchString(text) {
				t.Errorf("%s: %q means something else on the other database", s.at(n), m)
			}
			if statement.MatchString(text) && bareLike.MatchString(text) && !strings.Contains(text, "ESCAPE") {
				t.Errorf("%s: LIKE folds case on one database only, and has no escape on it: compare a folded column, with ESCAPE", s.at(n))
			}
		})
	}
}

// Nothing in the repository knows the machine it was written on, or where
// packages come from.
func TestNoPlaceIsNamed(t *testing.T) {
	slash := "/"
	places := []string{slash + "work" + slash, slash + "root" + slash, "goproxy", "proxy.golang" + ".org", "sum.golang" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org"}
	for _, name := range files(t) {
		if within(name, "internal/conventions_test.go") {
			continue
		}
		text := read(t, name)
		for _, place := range places {
			if i := strings.Index(strings.ToLower(text), place); i >= 0 {
				t.Errorf("%s:%d names %s", name, 1+strings.Count(text[:i], "\n"), place)
			}
		}
	}
}

var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b|(?i)coming soon|lorem ipsum|not (yet )?implemented`)

func TestNothingIsLeftForLater(t *testing.T) {
	for _, name := range files(t) {
		if within(name, "internal/conventions_test.go", "internal/web/static/vendor/", "internal/web/static/dist/", "internal/account/common.txt") {
			continue
		}
		if m := unfinished.FindStringIndex(read(t, name)); m != nil {
			text := read(t, name)
			t.Errorf("%s:%d: %s", name, 1+strings.Count(text[:m[0]], "\n"), text[m[0]:m[1]])
		}
	}
}
