package internal_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// docs/dependencies.md has a row for every module that go.mod requires directly,
// and for no other.
func TestEveryDependencyIsExplained(t *testing.T) {
	out, err := exec.Command("go", "mod", "edit", "-json", "../go.mod").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	explained := make(map[string]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllSubmatch(doc, -1) {
		explained[string(row[1])] = true
	}
	for _, r := range mod.Require {
		if !r.Indirect && !explained[r.Path] {
			t.Errorf("%s has no row in docs/dependencies.md", r.Path)
		}
		if !r.Indirect {
			delete(explained, r.Path)
		}
	}
	for path := range explained {
		t.Errorf("%s has a row in docs/dependencies.md, but go.mod does not require it", path)
	}
}
