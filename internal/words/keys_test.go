package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A family is the beginning of keys whose last part is only known when the
// program runs, as in b.T("state." + d.State): a literal that ends with a dot.
// Its messages count as used.

// A call is one call of T or N in the module.
type call struct {
	at     token.Position
	plural bool
	key    string   // the literal, or its beginning when whole is false
	whole  bool     // the key is one literal
	names  []string // of the pairs
	known  bool     // every name is a literal
}

// program reads every Go file of the module that is not a test, generated
// templates included, and returns the calls and all string literals.
func program(t *testing.T) (calls []call, literals map[string]bool) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	literals = make(map[string]bool)
	fset := token.NewFileSet()
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, ok := literal(n); ok {
					literals[s] = true
				}
			case *ast.CallExpr:
				if c, ok := callOf(n); ok {
					c.at = fset.Position(n.Pos())
					c.at.Filename, _ = filepath.Rel(root, path)
					calls = append(calls, c)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return calls, literals
}

func callOf(n *ast.CallExpr) (call, bool) {
	f, ok := n.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "T" && f.Sel.Name != "N" || len(n.Args) == 0 {
		return call{}, false
	}
	c := call{plural: f.Sel.Name == "N", known: n.Ellipsis == token.NoPos}
	first := n.Args[0]
	if c.key, c.whole = literal(first); !c.whole {
		sum, ok := first.(*ast.BinaryExpr)
		for ok {
			first = sum.X
			sum, ok = first.(*ast.BinaryExpr)
		}
		if c.key, ok = literal(first); !ok {
			return call{}, false
		}
	}
	pairs := n.Args[1:]
	if c.plural {
		if len(pairs) == 0 {
			return call{}, false // not ours: N takes a number
		}
		pairs = pairs[1:]
	}
	for i := 0; i < len(pairs); i += 2 {
		name, ok := literal(pairs[i])
		c.known = c.known && ok
		c.names = append(c.names, name)
	}
	return c, true
}

func literal(n ast.Expr) (string, bool) {
	l, ok := n.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

// holes are the names a call must give, without the {n} that N fills itself.
func (m *message) holes() []string {
	var names []string
	for _, t := range []text{m.one, m.other} {
		for i := 1; i < len(t.parts); i += 2 {
			if !(m.plural && t.parts[i] == "n") {
				names = append(names, t.parts[i])
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestEveryCallHasItsMessage(t *testing.T) {
	calls, _ := program(t)
	if len(calls) == 0 {
		t.Fatal("no calls found: the walk is broken")
	}
	for _, c := range calls {
		if !c.whole {
			if !strings.HasSuffix(c.key, ".") || !inUse(c.key) {
				t.Errorf("%s: %q is no family: it has to end with a dot and messages have to begin with it", c.at, c.key)
			}
			continue
		}
		m := english.messages[c.key]
		switch {
		case m == nil:
			t.Errorf("%s: no message %q in internal/words/en", c.at, c.key)
		case m.plural && !c.plural:
			t.Errorf("%s: %q has plural forms: call N", c.at, c.key)
		case !m.plural && c.plural:
			t.Errorf("%s: %q has no plural forms: call T", c.at, c.key)
		case c.known:
			slices.Sort(c.names)
			if want := m.holes(); !slices.Equal(c.names, want) {
				t.Errorf("%s: %q is given %q, its holes are %q", c.at, c.key, c.names, want)
			}
		}
	}
}

func TestEveryMessageIsUsed(t *testing.T) {
	_, literals := program(t)
	var unused []string
	for key := range english.messages {
		used := literals[key]
		for i := range key {
			used = used || key[i] == '.' && literals[key[:i+1]]
		}
		if !used {
			unused = append(unused, key)
		}
	}
	slices.Sort(unused)
	for _, key := range unused {
		t.Errorf("%q is used nowhere", key)
	}
}

func inUse(family string) bool {
	for key := range english.messages {
		if strings.HasPrefix(key, family) {
			return true
		}
	}
	return false
}

func TestTextsAreTidy(t *testing.T) {
	for key, m := range english.messages {
		for _, text := range []text{m.one, m.other} {
			s := strings.Join(text.parts, "")
			switch {
			case strings.Contains(s, "  "):
				t.Errorf("%q has two spaces in a row", key)
			case strings.Contains(s, "..."):
				t.Errorf("%q has three dots for an ellipsis", key)
			case strings.TrimSpace(s) != s && !strings.HasPrefix(key, "list."):
				t.Errorf("%q begins or ends with a space", key)
			}
		}
	}
}
