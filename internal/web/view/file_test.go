package view

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/words"
)

func TestFilesLookInTheAddress(t *testing.T) {
	for want, look := range map[string]FilesLook{
		"/p":                            {Sort: "name"},
		"/p?sort=at":                    {Sort: "at"},
		"/p?desc=1&sort=name":           {Sort: "name", Desc: true},
		"/p?q=a+b&view=grid&zone=team":  {Sort: "name", Grid: true, Query: "a b", Zone: portal.ZoneTeam},
		"/p?desc=1&sort=size&view=grid": {Sort: "size", Desc: true, Grid: true},
	} {
		if got := look.At("/p"); got != want {
			t.Errorf("%+v is at %s, not %s", look, got, want)
		}
	}
}

func TestSnippetMarksWhatWasFound(t *testing.T) {
	for text, want := range map[string]string{
		"\x02linen\x03 from <Porto>":  "<mark>linen</mark> from &lt;Porto&gt;",
		"of \x02linen\x03":            "of <mark>linen</mark>",
		"a \x02b\x03 c \x02d\x03 e":   "a <mark>b</mark> c <mark>d</mark> e",
		"nothing":                     "nothing",
		"\x02one\x03\x02two\x03 more": "<mark>one</mark><mark>two</mark> more",
	} {
		var b strings.Builder
		if err := snippet(text).Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != want {
			t.Errorf("%q is drawn as %q", text, got)
		}
	}
}

// Several files in a row, of one person in one project, are one sentence.
func TestFeedGroupsFiles(t *testing.T) {
	at := time.Now()
	event := func(kind portal.Kind, actor, subject string) portal.Event {
		return portal.Event{Kind: kind, Actor: portal.PersonID(actor), ActorName: actor, Project: "prj_1", Subject: subject, At: at, Details: portal.Details{"title": subject}}
	}
	p := &Page{Book: words.For("en", time.UTC), Now: at}
	days := p.Feed([]portal.Event{
		event(portal.FileAdded, "Ana", "fil_1"), event(portal.FileAdded, "Ana", "fil_2"), event(portal.FileAdded, "Ana", "fil_2"),
		event(portal.FileAdded, "Bob", "fil_3"), event(portal.ItemRevealed, "Bob", "fil_3"), event(portal.ItemRevealed, "Bob", "tsk_1"),
	}, "Honcho", false)
	if len(days) != 1 || len(days[0].Rows) != 4 {
		t.Fatalf("%+v", days)
	}
	if r := days[0].Rows[0]; r.Text+r.Link.Label != "Ana added 2 files" || r.Link.Href != "/projects/prj_1/files" {
		t.Errorf("the first row says %q and leads to %s", r.Text+r.Link.Label, r.Link.Href)
	}
	if r := days[0].Rows[1]; r.Link.Label != "fil_3" {
		t.Errorf("one file is told as %q", r.Text+r.Link.Label)
	}
	if days := p.feed([]portal.Event{event(portal.FileAdded, "Ana", "fil_1"), event(portal.FileAdded, "Ana", "fil_2"), event(portal.FileAdded, "Bob", "fil_3")}, "", false, 1); len(days[0].Rows) != 1 {
		t.Error("more rows than asked for")
	}
}
