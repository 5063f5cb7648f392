package portal_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// A client's search goes through nothing that the team says to itself, nor through
// what is said and written for other clients, whichever client they name: T041.
func TestSearchAsksForNothingForeign(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, carl := w.As(w.Mia), w.As(w.Carl)
		id := converse(t, w)
		for range 3 {
			must[portal.MessageID](t)(mia.Say(ctx, id, say("The canarium is a nut", "")))
			must[portal.MessageID](t)(mia.SayToClient(ctx, w.Acme, say("Another canarium", portal.Team)))
			must[portal.MessageID](t)(mia.Say(ctx, w.Items[w.Site][portal.ClientSide].Comments, say("A canarium here", portal.Team)))
		}
		edited := must[portal.MessageID](t)(mia.Say(ctx, id, say("Not yet", "")))
		if err := mia.EditMessage(ctx, edited, "Now a canarium", 1); err != nil {
			t.Fatal(err)
		}
		ours := must[portal.ThreadID](t)(mia.StartConversation(ctx, w.Site, portal.NewConversation{Subject: "Canarium", NewMessage: say("Among us", portal.Team)}))
		must[portal.ThreadID](t)(carl.StartConversation(ctx, w.Shop, portal.NewConversation{Subject: "Our canarium", NewMessage: say("Of a canarium", "")}))
		must[portal.MessageID](t)(w.As(w.Cleo).Say(ctx, id, say("A tamarind", "")))
		must[portal.MessageID](t)(mia.Say(ctx, id, say("A tamarind for us", "")))
		for _, c := range []struct {
			who  portal.PersonID
			s    portal.MessageSearch
			want [3]int
		}{
			{w.Mia, portal.MessageSearch{Query: "canarium", Client: w.Acme}, [3]int{10, 1, 0}},
			{w.Mia, portal.MessageSearch{Query: "tamar"}, [3]int{2, 0, 0}},
			{w.Cleo, portal.MessageSearch{Query: "tamar"}, [3]int{1, 0, 0}},
			{w.Cleo, portal.MessageSearch{Query: "canarium"}, [3]int{}},
			{w.Cleo, portal.MessageSearch{Query: "canar", Client: w.Acme}, [3]int{}},
			{w.Cleo, portal.MessageSearch{Query: "canar", Project: w.Site}, [3]int{}},
			{w.Cleo, portal.MessageSearch{Query: "canarium", Client: w.Brick}, [3]int{}},
			{w.Cleo, portal.MessageSearch{Query: "canarium", Project: w.Shop}, [3]int{}},
			{w.Cleo, portal.MessageSearch{Query: "canarium", Thread: id}, [3]int{}},
			{w.Cleo, portal.MessageSearch{Query: "canarium", Thread: ours}, [3]int{}},
			{w.Carl, portal.MessageSearch{Query: "canarium", Thread: id}, [3]int{}},
			{w.Carl, portal.MessageSearch{Query: "canarium", Thread: "thr_x"}, [3]int{}},
			{w.Mia, portal.MessageSearch{Query: "tamar", Thread: ours}, [3]int{2, 0, 0}},
			{w.Carl, portal.MessageSearch{Query: "canarium"}, [3]int{1, 1, 0}},
			{w.Cleo, portal.MessageSearch{Query: "brick"}, [3]int{}},
		} {
			got, err := w.As(c.who).Indexed(ctx, c.s)
			if err != nil || got != c.want {
				t.Errorf("%+v as %s asks for %v, %v, want %v", c.s, c.who, got, err, c.want)
			}
		}
		// Of the team, and of a client elsewhere: what is said there about them is not theirs.
		clientElsewhere(t, w, w.Tom, w.Brick)
		must[portal.MessageID](t)(w.As(w.Ada).SayToClient(ctx, w.Brick, say("A canarium about Tom", portal.Team)))
		for _, s := range []portal.MessageSearch{{Query: "canarium", Client: w.Brick}, {Query: "canarium tom"}} {
			want := [3]int{}
			if s.Client != "" {
				want = [3]int{1, 1, 0}
			}
			if got, err := w.As(w.Tom).Indexed(ctx, s); err != nil || got != want {
				t.Errorf("%+v as Tom asks for %v, %v, want %v", s, got, err, want)
			}
		}
		texts := func(who portal.PersonID) int {
			return must[[3]int](t)(w.As(who).Indexed(ctx, portal.MessageSearch{Query: "writ"}))[2]
		}
		if all, ours := texts(w.Ada), texts(w.Cleo); ours == 0 || ours >= all {
			t.Errorf("a client's search goes through %d of %d texts", ours, all)
		}
	})
}

// How long a client's search takes does not tell what is there and not shown: T041.
func TestSearchTakesAsLongForNothing(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		id := converse(t, w)
		for i := range 300 {
			must[portal.MessageID](t)(mia.Say(ctx, id, say("The canarium is a nut", "")))
			must[portal.TaskID](t)(mia.AddTask(ctx, w.Site, portal.NewTask{Title: fmt.Sprint("Canarium ", i)}))
		}
		for name, search := range map[string]func(word string) error{
			"messages": func(word string) error {
				_, _, err := cleo.SearchMessages(ctx, portal.MessageSearch{Query: word}, portal.Page{})
				return err
			},
			"subjects": func(word string) error {
				_, _, err := cleo.SearchSubjects(ctx, portal.MessageSearch{Query: word}, portal.Page{})
				return err
			},
			"files": func(word string) error {
				_, _, err := cleo.SearchFiles(ctx, word, "", portal.Page{})
				return err
			},
			"all": func(word string) error { _, err := cleo.Search(ctx, word); return err },
		} {
			var took [2][]time.Duration
			for range 15 {
				for i, word := range []string{"canarium", "tamarind"} {
					began := time.Now()
					if err := search(word); err != nil {
						t.Fatal(err)
					}
					took[i] = append(took[i], time.Since(began))
				}
			}
			for _, d := range took {
				slices.Sort(d)
			}
			there, nowhere := took[0][7], took[1][7]
			t.Log(name, there, nowhere)
			if d := (there - nowhere).Abs(); d > 2*time.Millisecond {
				t.Errorf("searching %s takes %v for what is not shown, and %v for what nobody wrote", name, there, nowhere)
			}
		}
	})
}
