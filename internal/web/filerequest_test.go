package web_test

import (
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// A request for files from the composer to the acceptance, as both sides see it.
func TestFileRequestPages(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		tom, cleo, bea := s.As("tom"), s.As("cleo"), s.As("bea")
		site := "/projects/" + string(s.World.Site)
		for name, status := range map[string]int{"cleo": 404, "bea": 404, "dan": 404, "carl": 404, "rex": 404} {
			s.As(name).Get(site + "/requests/new").MustBe(status)
			s.As(name).Post(site+"/requests", nil).MustBe(status)
		}
		tom.Get(site + "/requests").MustBe(200).MustContain("Ask for files")
		send(t, tom).bring([]byte("an example"), "project", string(s.World.Site), "filename", "example.txt")
		p := tom.Get(site+"/requests/new").MustBe(200).MustContain("Visible to Acme", "A mail goes to Cleo.", "Send to Acme", "example.txt (team only)")
		f := p.Form(site+"/requests").Set("title", "").Set("body", "Six, please").Set("example", p.Attr("#example option:nth-child(2)", "value"))
		f.Submit(tom).MustBe(422).MustContain("This is needed.", "Six, please")
		f.Set("title", "Team portraits").Set("due_on", "2026-03-20").Submit(tom).MustBe(422).MustContain("Tick the box to show it")
		p = f.Tick("show_example").Submit(tom).MustBe(200).MustContain("The client is asked", "Team portraits", "Six, please", "Nothing came yet", "Next reminder")
		at, _, _ := strings.Cut(p.Path, "?")
		id := strings.TrimPrefix(at, "/requests/")

		cleo.Get("/").MustBe(200).MustContain("Files needed", "Team portraits", "Upload")
		cleo.Get(site).MustBe(200).MustContain("Team portraits")
		p = cleo.Get(at).MustBe(200).MustContain("Team portraits", "Six, please", "example.txt", "Honcho Design and everybody of Acme on this project will see it.")
		for _, never := range []string{"Edit", "Next reminder", "Accept", "Came another way"} {
			p.MustNotContain(">" + never + "<")
		}
		if p.Attr(`form[data-upload] input[name=request]`, "value") != id {
			t.Error("the form does not say what it answers")
		}
		bea.Get("/").MustNotContain("Files needed")
		if p := bea.Get(at).MustBe(200); p.Has("form[data-upload]") {
			t.Error("Bea, who cannot upload, is offered to")
		}
		for _, name := range []string{"dan", "carl", "rex", "eve"} {
			s.As(name).Get(at).MustBe(404)
			s.As(name).Post(at+"/answer", nil).MustBe(404)
		}
		cleo.Post(at+"/answer", nil).MustBe(422).MustContain("Add at least one file first.")
		a := send(t, cleo).form(site+"/files", filePart{"request", "", id}, filePart{"file", named("anna.txt"), "Anna"}, filePart{"file", named("ben.txt"), "Ben"})
		if a.StatusCode != 303 || !strings.HasPrefix(a.Header.Get("Location"), at) {
			t.Fatalf("%d to %s: %s", a.StatusCode, a.Header.Get("Location"), a.text)
		}
		p = cleo.Get(at).MustBe(200).MustContain("anna.txt", "ben.txt", "That is everything", "Send more")
		tom.Get(at).MustBe(200).MustContain("anna.txt", "Acme has not said yet that this is everything.")
		p.Form(at+"/answer").Submit(cleo).MustBe(200).MustContain("Thank you", "It is with Honcho Design now")
		cleo.Get("/").MustNotContain("Files needed")
		tom.Get("/").MustBe(200).MustContain("Team portraits")

		p = tom.Get(at).MustBe(200).MustContain("Is it what you need?")
		stale := tom.Get(at).Form(at + "/decide")
		f = p.Form(at+"/decide").Press("decision", "refuse")
		f.Submit(tom).MustBe(422).MustContain("This is needed.")
		f.Set("reason", "In colour, please").Submit(tom).MustBe(200).MustContain("The client is asked again", "In colour, please")
		stale.Press("decision", "accept").Submit(tom).MustBe(409).MustContain("It has changed meanwhile")
		cleo.Get(at).MustBe(200).MustContain("In colour, please", "That is everything")
		cleo.Get("/").MustContain("Files needed")
		cleo.Post(at+"/answer", nil).MustBe(200)
		tom.Get(at).Form(at+"/decide").Press("decision", "accept").Submit(tom).MustBe(200).MustContain("Tom accepted what came")
		if p := cleo.Get(at).MustBe(200).MustContain("Tom accepted what came"); p.Has("form[data-upload]") {
			t.Error("what is accepted still takes files")
		}
		tom.Get(at + "/edit").MustBe(409)
		tom.Get(site+"/requests").MustContain("Team portraits", "Accepted")

		// Another, changed and withdrawn.
		p = tom.Get(site+"/requests/new").Form(site+"/requests").Set("title", "Logo").Submit(tom).MustBe(200)
		at, _, _ = strings.Cut(p.Path, "?")
		edit := tom.Get(at + "/edit").MustBe(200).Form(at)
		tom.Get(at+"/edit").Form(at).Set("title", "Logo, as SVG").Submit(tom).MustBe(200).MustContain("Saved", "Logo, as SVG")
		edit.Set("title", "Old").Submit(tom).MustBe(409).MustContain("Logo, as SVG")
		tom.Get(at).Form(at + "/withdraw").Submit(tom).MustBe(200).MustContain("Tom no longer needs it")
		cleo.Get(at).MustBe(200).MustContain("Tom no longer needs it")
	})
}

// Whoever looks as somebody changes nothing.
func TestFileRequestViewedAs(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		id, err := s.World.As(s.Tom).AskForFile(t.Context(), s.World.Site, portal.NewFileRequest{Title: "Logo"})
		if err != nil {
			t.Fatal(err)
		}
		mia := s.As("mia")
		mia.Post("/client-users/"+string(s.CleoUser)+"/view-as", nil).MustContain("Cleo")
		p := mia.Get("/requests/" + string(id)).MustBe(200)
		if p.MustContain("Logo"); p.Has("form[data-upload]") {
			t.Error("looking as Cleo, Mia is offered to upload")
		}
		mia.Post("/requests/"+string(id)+"/answer", nil).MustBe(403)
	})
}
