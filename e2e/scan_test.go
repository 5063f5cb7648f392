package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/vitrine-portal/vitrine/internal/scan/scantest"
)

// What clamd finds in a file is said where the file lies, and nobody is offered
// its bytes.
func TestHarmfulFile(t *testing.T) {
	socket, _ := scantest.Start(t)
	server, link := serve(t, "VITRINE_CLAMD=unix:"+socket)
	owner := newTab(t, "owner", server.URL)
	setUp(owner, link)
	owner.follow("New client")
	owner.fill("name", "Lind & Co")
	owner.follow("Add client")
	owner.reads("Lind & Co", "Portal access is off")
	files := makeProject(owner) + "/files"
	owner.open(files)

	good, bad := filepath.Join(t.TempDir(), "notes.txt"), filepath.Join(t.TempDir(), "invoice.txt")
	for path, text := range map[string]string{good: "Nothing but notes.", bad: scantest.EICAR} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	owner.live(func() { owner.open(files) })
	owner.do(chromedp.SetUploadFiles("#upload input[name=file]", []string{good, bad}))
	owner.reads("notes.txt", "invoice.txt", "Something harmful was found in it")
	if got := value[[]string](owner, `[...document.querySelectorAll("main a[href$='/download']")].map(a => a.closest("tr").querySelector("th, td a").innerText.trim())`); len(got) != 1 || got[0] != "notes.txt" {
		t.Errorf("there are downloads of %q, not of the harmless one alone", got)
	}
}
