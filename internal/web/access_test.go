package web_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// accessForm is the form of Acme's Portal access tab.
func accessForm(s *webtest.Site, b *webtest.Browser) *webtest.Form {
	path := "/clients/" + string(s.Acme) + "/access"
	return b.Get(path).MustBe(200).Form(path)
}

func TestAccessSaysWhatWillHappen(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		dan := "user." + string(s.DanUser)
		f := accessForm(s, mia).Set("add.0.email", "lena@lena.test").Set("add.0.name", "Lena Hart").Set(dan+".preset", "custom").Set(dan+".right", "view")
		// Without script: a step of its own. Nothing is saved by it.
		p := f.Press("do", "review").Submit(mia).MustBe(200)
		p.MustContain("2 people will be e-mailed: Lena Hart and Uma", "1 person will see or do less: Dan")
		if len(s.Mails("invitation")) != 0 {
			t.Error("looking at it has sent mail")
		}
		// With script: a fragment.
		v := f.Values()
		frag := mia.Post("/clients/"+string(s.Acme)+"/access/preview", v).MustBe(200).MustContain("2 people will be e-mailed")
		if strings.Contains(frag.Body, "<html") {
			t.Error("the fragment is a page")
		}
		p = p.Form("/clients/"+string(s.Acme)+"/access").Press("do", "save").Submit(mia).MustBe(200)
		if !strings.HasSuffix(p.Path, "done=access") || !p.Has(".toast") {
			t.Errorf("saving leads to %s", p.Path)
		}
		if n := len(s.Mails("invitation")); n != 2 {
			t.Errorf("%d invitations are mailed", n)
		}
		p.MustContain("Lena Hart", "Invited by Mia")
		if u, err := s.World.As(s.Mia).ClientUser(context.Background(), s.DanUser); err != nil || u.Rights != portal.View {
			t.Errorf("Dan's rights are %b, %v", u.Rights, err)
		}
	})
}

func TestAccessSavesWithoutSending(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		p := accessForm(s, mia).Set("add.0.email", "lena@lena.test").Press("do", "quiet").Submit(mia).MustBe(200)
		if n := len(s.Mails("invitation")); n != 0 {
			t.Errorf("%d invitations are mailed", n)
		}
		// The link can be handed over.
		mia.Post("/client-users/"+string(userOf(p, "lena"))+"/link", nil).MustBe(200).MustContain("written down")
	})
}

// What the inviter writes is in the mail, under their name.
func TestAccessMessage(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		accessForm(s, s.As("mia")).Set("add.0.email", "lena@lena.test").Set("message", "Hello Lena,\n\n<b>welcome</b>.").
			Press("do", "save").Submit(s.As("mia")).MustBe(200)
		ids := s.Mails("invitation")
		if len(ids) == 0 {
			t.Fatal("nothing is mailed")
		}
		in, err := s.Portal.InvitationMail(context.Background(), portal.InvitationID(ids[len(ids)-1]))
		if err != nil || in.Message != "Hello Lena,\n\n<b>welcome</b>." || in.Inviter != "Mia" {
			t.Errorf("%q by %s, %v", in.Message, in.Inviter, err)
		}
	})
}

// Projects can be chosen, and rights in them.
func TestAccessPerProject(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		bea := "user." + string(s.BeaAtAcme)
		accessForm(s, mia).Set(bea+".projects", "chosen").Set(bea+".project."+string(s.Site), "viewer").Press("do", "save").Submit(mia).MustBe(200)
		b := s.As("bea")
		b.Get("/clients/" + string(s.Acme)).MustBe(200).MustNotContain("CNRY-acme-client-brand-name")
		f := accessForm(s, mia)
		if f.Get(bea+".project."+string(s.Site)) != "viewer" || f.Get(bea+".projects") != "chosen" {
			t.Error("the choice does not come back")
		}
	})
}

func TestAccessKeepsWhatWasTyped(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		f := accessForm(s, mia).Set("allowed_domains", "lena.test, not a domain").Set("invitation_days", "99").
			Set("add.0.email", "lena@elsewhere").Set("add.0.name", "Lena").Set("add.1.email", "dan@dan.test").Set("message", "Here it all is.")
		p := f.Press("do", "save").Submit(mia).MustBe(422)
		again := p.Form("/clients/" + string(s.Acme) + "/access")
		for name, want := range map[string]string{"allowed_domains": "lena.test, not a domain", "invitation_days": "99", "add.0.email": "lena@elsewhere", "add.0.name": "Lena", "add.1.email": "dan@dan.test", "message": "Here it all is."} {
			if got := again.Get(name); got != want {
				t.Errorf("%s comes back as %q", name, got)
			}
		}
		if !p.Has(`[id="add.0.email-error"]`) || !p.Has("#invitation_days-error") {
			t.Error("the fields do not say what is wrong")
		}
		// More rows keep what is there, too.
		p = again.Press("do", "rows").Submit(mia).MustBe(200)
		if p.Form("/clients/"+string(s.Acme)+"/access").Get("add.0.name") != "Lena" || !p.Has(`[name="add.6.email"]`) {
			t.Error("adding rows loses rows")
		}
		// Somebody who is there already is named at their row.
		accessForm(s, mia).Set("add.0.email", "dan@dan.test").Press("do", "save").Submit(mia).MustBe(422).MustContain("has been added already")
	})
}

// Of two who edit at once, the second is shown both versions.
func TestAccessConflict(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, ada := s.As("mia"), s.As("ada")
		first, second := accessForm(s, mia), accessForm(s, ada)
		first.Set("invitation_days", "3").Press("do", "save").Submit(mia).MustBe(200)
		p := second.Set("invitation_days", "21").Set("add.0.email", "lena@lena.test").Press("do", "save").Submit(ada).MustBe(409)
		p.MustContain("Somebody else saved this page meanwhile")
		if got := p.Text("#now"); !strings.Contains(got, "3") {
			t.Errorf("what is there now: %s", got)
		}
		again := p.Form("/clients/" + string(s.Acme) + "/access")
		if again.Get("invitation_days") != "21" || again.Get("add.0.email") != "lena@lena.test" {
			t.Error("the second version is lost")
		}
		if a, err := s.World.As(s.Mia).Access(context.Background(), s.Acme); err != nil || a.InvitationDays != 3 {
			t.Errorf("the first version is overwritten: %d, %v", a.InvitationDays, err)
		}
		again.Press("do", "save").Submit(ada).MustBe(200)
		if a, err := s.World.As(s.Mia).Access(context.Background(), s.Acme); err != nil || a.InvitationDays != 21 {
			t.Errorf("saving again saves %d, %v", a.InvitationDays, err)
		}
	})
}

// Switching portal access off is felt at once: the stream says bye, the next
// page says who has paused it; on again, everything is as before.
func TestSwitchingOffIsFeltAtOnce(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo, bea := s.As("mia"), s.As("cleo"), s.As("bea")
		cleo.Get("/clients/" + string(s.Acme)).MustBe(200)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/live", nil)
		r.Header.Set("Accept", "text/event-stream")
		r.AddCookie(&http.Cookie{Name: "sid", Value: cleo.Cookie("sid")})
		resp, err := new(http.Transport).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		said := make(chan string, 64)
		go func() {
			defer close(said)
			for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
				said <- lines.Text()
			}
		}()
		for line := range said {
			if line == ": open" {
				break
			}
		}
		off := accessForm(s, mia).Untick("enabled").Press("do", "review").Submit(mia).MustBe(200).MustContain("3 people will lose access at once: Bea, Cleo and Dan")
		off.Form("/clients/"+string(s.Acme)+"/access").Press("do", "save").Submit(mia).MustBe(200)
		saved := time.Now()
		bye := false
		for line := range said {
			bye = bye || line == "event: bye"
		}
		if d := time.Since(saved); !bye || d > 2*time.Second {
			t.Errorf("bye %v, %s after it was saved", bye, d)
		}
		cleo.Get("/clients/" + string(s.Acme)).MustBe(401).MustContain("Access is paused by Honcho Design")
		bea.Get("/clients/" + string(s.Acme)).MustBe(404)
		bea.Get("/clients/" + string(s.Brick)).MustBe(200)
		accessForm(s, mia).Tick("enabled").Press("do", "save").Submit(mia).MustBe(200)
		again := s.Stranger()
		again.Get("/sign-in").Form("/sign-in").Set("email", "cleo@cleo.test").Set("password", portaltest.Password).Submit(again).MustBe(200)
		again.Get("/clients/" + string(s.Acme)).MustBe(200)
	})
}

func TestImport(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		path := "/clients/" + string(s.Acme) + "/access/import"
		p := mia.Get(path).Form(path).Set("list", "name,mail\nLena,lena@lena.test\n").Submit(mia).MustBe(422)
		p.MustContain("must name the columns")
		list := "name,email,role,projects\nLena Hart,lena@lena.test,approver,\nDan,dan@dan.test,viewer,\n\"Ole, jr.\",ole@ole.test,boss,Nowhere\n"
		p = p.Form(path).Set("list", list).Submit(mia).MustBe(200)
		p.MustContain("1 person can be added", "added already", "There is no project named Nowhere", "Choose one of the list", "Ole, jr.")
		if len(s.Mails("invitation")) != 0 {
			t.Error("a look at the list has mailed somebody")
		}
		// What was looked at is what is added.
		f := p.Form(path)
		v := f.Values()
		v.Set("list", strings.Replace(list, "approver", "lead", 1))
		v.Set("do", "apply")
		mia.Post(path, v).MustBe(409).MustContain("would do something else by now")
		p.Form(path).Press("do", "apply").Submit(mia).MustBe(200).MustContain("Lena Hart")
		if n := len(s.Mails("invitation")); n != 1 {
			t.Errorf("%d are mailed", n)
		}
	})
}

func TestOneUserAtATime(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := s.As("mia"), s.As("cleo")
		at := func(id portal.ClientUserID, act string) string { return "/client-users/" + string(id) + "/" + act }
		mia.Post(at(s.CleoUser, "suspend"), nil).MustBe(200).MustContain("Suspended")
		if p := cleo.Get("/clients/" + string(s.Acme)); p.Status == 200 {
			t.Error("a suspended person still sees the client")
		}
		mia.Post(at(s.CleoUser, "resume"), nil).MustBe(200)
		cleo = s.As("cleo")
		cleo.Get("/clients/" + string(s.Acme)).MustBe(200)

		mia.Get(at(s.UmaUser, "email")).Form(at(s.UmaUser, "email")).Set("email", "nonsense").Submit(mia).MustBe(422)
		mia.Get(at(s.UmaUser, "email")).Form(at(s.UmaUser, "email")).Set("email", "uma@new.test").Submit(mia).MustBe(200).MustContain("uma@new.test")

		task := s.Items[s.Site][portal.ClientSide].Task
		if err := s.World.As(s.Mia).AssignTask(context.Background(), task, s.Cleo); err != nil {
			t.Fatal(err)
		}
		s.Exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		ask := func(title string) portal.ApprovalID {
			id, err := s.World.As(s.Tom).AskApproval(context.Background(), s.Site, portal.NewApproval{Title: title, Versions: []portal.VersionID{s.Items[s.Site][portal.ClientSide].Version},
				Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		banner, late := ask("The banner"), ask("The poster")
		p := mia.Get(at(s.CleoUser, "remove")).MustBe(200).MustContain("What they wrote and decided stays").Form(at(s.CleoUser, "remove")).Submit(mia).MustBe(200)
		p.MustContain("CNRY-acme-client-site-task-title", "Open decisions", "The banner", "The poster")
		if p := cleo.Get("/clients/" + string(s.Acme)); p.Status == 200 {
			t.Error("a removed person still sees the client")
		}
		f := p.Form("/reassign").Set("task."+string(task), string(s.Tom)).Set("decision."+string(banner), string(s.Bea))
		f.Submit(mia).MustBe(200)
		if x, err := s.World.As(s.Bea).Approval(context.Background(), banner); err != nil || !x.Waits {
			t.Errorf("the decision waits for Bea: %v, %v", x.Waits, err)
		}
		// Who cannot be asked any more: somebody else is chosen where it is asked.
		s.Exec(`UPDATE client_users SET rights = rights - 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		if p := p.Form("/reassign").Set("decision."+string(late), string(s.Bea)).Submit(mia).MustBe(200); !p.Has("#reassign[open]") {
			t.Error("a decision that nobody took leads nowhere")
		}
		if x, err := s.World.As(s.Mia).Task(context.Background(), task); err != nil || x.Assignee != s.Tom {
			t.Errorf("the task is with %s, %v", x.Assignee, err)
		}
	})
}

// A team member looks as a client person: exactly their pages, and no change.
func TestViewAs(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		p := mia.Post("/client-users/"+string(s.DanUser)+"/view-as", nil).MustBe(200).MustContain("You see what Dan (Acme) sees. Nothing can be changed.")
		looking := mia.Becomes("dan")
		if p.Path != "/" || p.Has(`a[href="/people"]`) {
			t.Errorf("viewing begins at %s, in the team's frame", p.Path)
		}
		looking.Get("/clients/" + string(s.Acme)).MustBe(200).MustContain("CNRY-acme-client-brand-name")
		for _, path := range []string{"/people", "/clients/new", "/clients/" + string(s.Acme) + "/access", "/clients/" + string(s.Brick), "/projects/" + string(s.Site)} {
			looking.Get(path).MustBe(404)
		}
		// What is somebody's alone is nobody's then: neither Mia's profile nor
		// Dan's secret calendar addresses.
		for _, path := range []string{"/profile", "/profile/sign-in", "/profile/sessions", "/profile/tokens", "/calendar"} {
			looking.Get(path).MustBe(403).MustContain("You are only looking").MustNotContain("mia@")
		}
		for _, path := range []string{"/clients", "/clients/" + string(s.Acme) + "/people", "/clients/" + string(s.Acme) + "/access", "/sign-out", "/profile", "/visits/" + string(s.Acme), "/client-users/" + string(s.CleoUser) + "/view-as"} {
			if p := looking.Post(path, url.Values{"name": {"x"}}); p.Status != 403 && p.Status != 404 {
				t.Errorf("POST %s while looking: %d", path, p.Status)
			}
		}
		p = looking.Get("/").Form("/viewing/stop").Submit(mia.Becomes("mia")).MustBe(200)
		if !strings.HasPrefix(p.Path, "/clients/"+string(s.Acme)+"/access") {
			t.Errorf("stopping leads to %s", p.Path)
		}
		mia.Get("/people").MustBe(200)
	})
}

// Who loses the client while looking is themselves again, without a word.
func TestViewAsEndsWithTheRight(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		mia.Post("/client-users/"+string(s.DanUser)+"/view-as", nil).MustBe(200)
		if err := s.World.As(s.Ada).TakeOffClient(context.Background(), s.Acme, s.Mia); err != nil {
			t.Fatal(err)
		}
		mia.Get("/people").MustBe(200).MustNotContain("You see what")
		for _, name := range []string{"tom", "cleo", "carl"} {
			b := s.As(name)
			if p := b.Post("/client-users/"+string(s.DanUser)+"/view-as", nil); p.Status != 403 && p.Status != 404 {
				t.Errorf("%s may look as Dan: %d", name, p.Status)
			}
		}
	})
}

func TestVisible(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		p := mia.Get("/client-users/" + string(s.DanUser) + "/visible").MustBe(200)
		p.MustContain("CNRY-acme-client-brand-name", "Nobody yet").MustNotContain("CNRY-acme-client-site-name", "CNRY-acme-team-")
	})
}

// A lead brings colleagues in, up to what they hold themselves.
func TestColleagues(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo := s.As("cleo")
		path := "/clients/" + string(s.Acme) + "/people"
		f := cleo.Get(path).MustBe(200).MustContain("Invite a colleague").Form(path)
		f.Set("email", "not an address").Submit(cleo).MustBe(422)
		// The answer is the same for somebody who has an account already (T071).
		cleo.Get(path).Form(path).Set("email", "carl@carl.test").Set("name", "New").Submit(cleo).MustBe(200).MustContain("The invitation is on its way")
		cleo.Get(path).Form(path).Set("email", "fresh@fresh.test").Set("name", "Fresh").Submit(cleo).MustBe(200).MustContain("The invitation is on its way")
		for _, v := range []url.Values{
			{"email": {"x@x.test"}, "preset": {"manager"}},
			{"email": {"x@x.test"}, "preset": {"viewer"}, "role": {"admin"}},
			{"email": {"x@x.test"}, "preset": {"viewer"}, "projects": {"chosen"}, "project": {string(s.Shop)}},
			{"email": {"x@x.test"}, "preset": {"viewer"}, "projects": {"chosen"}, "project": {string(s.Hidden)}},
		} {
			cleo.Post(path, v).MustBe(422)
		}
		cleo.Post("/clients/"+string(s.Brick)+"/people", url.Values{"email": {"x@x.test"}, "preset": {"viewer"}}).MustBe(404)
		dan := s.As("dan")
		if dan.Get(path).MustBe(200).Has("form[action='" + path + "']") {
			t.Error("a viewer is offered to invite")
		}
		dan.Post(path, url.Values{"email": {"x@x.test"}, "preset": {"viewer"}}).MustBe(403)
	})
}

func TestTeam(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		ada := s.As("ada")
		p := ada.Get("/people").Form("/people").Set("name", "Noor").Set("email", "noor@noor.test").Set("role", "manager").Submit(ada).MustBe(200)
		p.MustContain("Noor", "Invited")
		ada.Get("/people").Form("/people").Set("name", "Mia").Set("email", "mia@mia.test").Submit(ada).MustBe(422).MustContain("in the team already")
		// The invitation works.
		ids := s.Mails("team_invitation")
		path := "/invitations/" + s.Accounts.Token("inv", ids[len(ids)-1])
		noor := s.Stranger()
		noor.Get(path).MustBe(200).MustContain("Ada invited you to Honcho Design", "Manager")
		noor.Get(path+"?step=2").Form(path).Set("password", newPassword).Submit(noor).MustBe(200)
		noor.Get("/people").MustBe(200)
		noor.Post("/people", url.Values{"name": {"X"}, "email": {"x@x.test"}, "role": {"owner"}}).MustBe(403)

		// There is always an owner.
		me := "/people/" + string(s.Ada)
		ada.Get(me).Form(me+"/role").Set("role", "admin").Submit(ada).MustBe(422).MustContain("There must be one owner")
		ada.Get(me + "/remove").Form(me + "/remove").Submit(ada).MustBe(422).MustContain("There must be one owner")

		tom := "/people/" + string(s.Tom)
		ada.Get(tom).Form(tom+"/role").Set("role", "manager").Submit(ada).MustBe(200).MustContain("The role is changed")
		b := s.As("mia")
		mia := "/people/" + string(s.Mia)
		ada.Get(mia + "/remove").Form(mia + "/remove").Submit(ada).MustBe(200)
		if p := b.Get("/people"); p.Status == 200 && slices.Contains(p.Texts("h1"), "People") {
			t.Error("a removed team member is still in")
		}
		ada.Get("/people").MustBe(200)
	})
}

func TestClientSettings(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := s.As("mia"), s.As("cleo")
		acme := "/clients/" + string(s.Acme)
		stale := mia.Get(acme + "/settings").Form(acme + "/settings")
		p := mia.Get(acme+"/settings").Form(acme+"/settings").Set("name", "Acme GmbH").Set("welcome", "Good to see you").Submit(mia).MustBe(200)
		p.MustContain("Acme GmbH")
		stale.Set("name", "Other").Submit(mia).MustBe(409)
		mia.Get(acme+"/settings").Form(acme+"/settings").Set("name", "").Submit(mia).MustBe(422)
		mia.Get(acme+"/settings").Form(acme+"/sections").Set("section.progress", "off").Submit(mia).MustBe(200)
		if c, err := s.World.As(s.Mia).Client(context.Background(), s.Acme); err != nil || !c.SectionsSet.Has(portal.FieldProgress) || c.Sections.Has(portal.FieldProgress) {
			t.Errorf("progress is not off: %b %b %v", c.SectionsSet, c.Sections, err)
		}
		mia.Get(acme + "/settings").Form(acme + "/archive").Submit(mia).MustBe(200).MustContain("archived")
		if p := cleo.Get(acme); p.Status == 200 {
			t.Error("an archived client is still open to its people")
		}
		mia.Get("/clients?archived=1").MustContain("Acme GmbH")
		mia.Get(acme + "/settings").Form(acme + "/restore").Submit(mia).MustBe(200)
		s.As("cleo").Get(acme).MustBe(200)
	})
}

func TestClientsList(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		mia.Get("/clients").MustContain("Acme", "Brick", "Active")
		mia.Get("/clients?q=bri").MustContain("Brick").MustNotContain("Acme")
		mia.Get("/clients?state=off").MustContain("No client fits")
		mia.Get("/clients?state=nonsense").MustBe(404)
		p := mia.Get("/clients/new").Form("/clients").Set("name", "  ").Submit(mia).MustBe(422)
		p = p.Form("/clients").Set("name", "Corner Shop").Submit(mia).MustBe(200)
		p.MustContain("Corner Shop", "Portal access is off")
		mia.Get("/clients/new").Form("/clients").Set("name", "corner  shop").Submit(mia).MustBe(422)
		s.As("tom").Get("/clients").MustContain("Acme").MustNotContain("Brick", "Corner Shop")
		carl := s.As("carl")
		if p := carl.Get("/clients"); p.Path != "/" {
			t.Errorf("a client person is led to %s", p.Path)
		}
	})
}
