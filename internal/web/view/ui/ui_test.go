package ui

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Every icon named in a template or in Go code of the pages is in the set.
func TestIconsExist(t *testing.T) {
	named := regexp.MustCompile(`(?:Icon\(|draw\(|IconButton\(|contactLine\(|Icon:\s*|Tone\w+, )"([a-z0-9-]+)"`)
	found := 0
	err := filepath.WalkDir("../../../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		if ext := filepath.Ext(path); ext != ".templ" && ext != ".go" {
			return nil
		}
		if !strings.Contains(path, "/web/") && !strings.Contains(path, "/gallery/") && strings.Contains(path, "../../../../") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range named.FindAllSubmatch(text, -1) {
			found++
			if _, ok := icons[string(m[1])]; !ok {
				t.Errorf("%s: no icon %q in static/icons", path, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 40 {
		t.Errorf("only %d icons found: the pattern no longer matches", found)
	}
}

// The content security policy refuses style attributes and inline script, so
// no template may write one.
func TestTemplatesHoldNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`\sstyle=|<style|\son[a-z]+=|hx-on|<script(?: [^>]*)?>[^<]`)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".templ" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if m := inline.Find(text); m != nil {
			t.Errorf("%s: %q", path, m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Ana Ruiz": "AR", "Åsa af Lagergren": "ÅL", "Prince": "P", "": "?", "  ": "?",
		"mia@leto.example": "M", "李 小龙": "李小",
	} {
		if got := (Person{Name: name}).Initials(); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestTimelineStaysInThePicture(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	p := TimelineProps{From: day("2026-03-01"), To: day("2026-03-11"), Today: day("2026-03-06")}
	for s, want := range map[string]string{
		"2026-02-01": "0.00%", "2026-03-01": "0.00%", "2026-03-06": "50.00%", "2026-04-01": "100.00%",
	} {
		if got := p.x(day(s)); got != want {
			t.Errorf("x(%s) = %s, want %s", s, got, want)
		}
	}
	if got := p.width(day("2026-03-02"), day("2026-03-02")); got != "0.60%" {
		t.Errorf("a phase of no length is %s wide, want 0.60%%", got)
	}
	if !p.showsToday() || (TimelineProps{From: p.From, To: p.To}).showsToday() {
		t.Error("today is drawn when, and only when, it lies in the picture")
	}
	if empty := (TimelineProps{}); empty.x(day("2026-03-01")) != "0.00%" {
		t.Error("an empty timeline divides by nothing")
	}
}

func TestClass(t *testing.T) {
	for want, got := range map[string]classes{
		"state warn": class("state", on(false, "late"), "warn", ""),
		"task done":  class("task", on(true, "done")),
		"bad":        class("", "bad"),
		"":           class(on(false, "new")),
	} {
		if string(got) != want {
			t.Errorf("class is %q, not %q", got, want)
		}
	}
	if items := class("").Items(); len(items) != 0 {
		t.Errorf("an element without a class has %v", items)
	}
}
