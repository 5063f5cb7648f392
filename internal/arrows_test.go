package internal

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/vitrine-portal/vitrine/internal/"

// arrows says which of our packages each may import. Whatever is not listed
// may import nothing of ours.
var arrows = map[string][]string{
	"db":            {"packed"},
	"words":         {"packed"},
	"typeface":      {"packed"},
	"account":       {"db"},
	"jobs":          {"db"},
	"portal":        {"db", "account", "blob", "words"}, // of blob, the keys only; of words, the currencies
	"sentence":      {"portal", "words"},
	"web":           {"portal", "account", "notify", "live", "transfer", "blob", "diff", "plain", "handover", "sentence", "words", "web/static", "web/view", "web/view/ui"},
	"web/view":      {"portal", "account", "diff", "sentence", "words", "prose", "component", "web/static", "web/view/ui"},
	"web/static":    {"typeface"},
	"web/view/ui":   {"component", "web/static"},
	"mail":          {"component"},
	"api":           {"portal", "account", "transfer", "handover", "sentence", "words"},
	"handover":      {"portal", "transfer", "sentence", "prose", "component", "words"},
	"transfer":      {"portal", "blob", "preview"},
	"mailin":        {"portal", "account", "transfer", "blob", "jobs", "words"},
	"certificate":   {"portal", "blob", "jobs", "typeface", "words"},
	"inspect":       {"portal", "blob", "jobs", "plain", "preview", "scan"},
	"notify":        {"portal", "account", "jobs", "mail", "push", "egress", "sentence", "prose", "words"},
	"web/webtest":   {"web", "notify", "mail", "portal", "account", "portaltest", "db", "db/dbtest", "live", "transfer", "blob", "blob/blobtest"},
	"db/dbtest":     {"db", "built"},
	"blob/blobtest": {"blob", "built"},
	"portaltest":    {"portal", "account", "db", "db/dbtest", "blob"},
	"demo":          {"portal", "account", "db", "blob", "preview", "mailin", "transfer", "typeface"},
}

// TestArrows fails on an import that the design does not draw.
func TestArrows(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		from := strings.TrimPrefix(p.ImportPath, module)
		seen++
		for _, to := range p.Imports {
			if to, ours := strings.CutPrefix(to, module); ours && !slices.Contains(arrows[from], to) {
				t.Errorf("%s imports %s, which it may not", from, to)
			}
		}
	}
	if seen < 5 {
		t.Fatalf("only %d packages looked at", seen)
	}
}
