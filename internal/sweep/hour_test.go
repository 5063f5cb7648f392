package sweep_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// T194: an hour in which everybody does what occurs to them. A stream says that
// something changed in a project, was said in a thread or will be, at all times of
// what its person sees before or after; it says so of all that they see after, and
// of what is hidden from them; and it says nothing else.
func TestAnHourOfStreams(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		const seed = 194
		dice := rand.New(rand.NewPCG(seed, seed))
		listeners := []string{"ada", "cleo", "dan", "bea", "carl", "rex", "eve"}
		browsers, streams, heard := map[string]*webtest.Browser{}, map[string]*stream{}, map[string]int{}
		for _, name := range listeners {
			browsers[name] = s.As(name)
			streams[name] = s.listen(browsers[name])
		}
		for _, name := range listeners { // of their own signing in
			heard[name] = len(streams[name].quiet())
		}
		work := newWork(s, dice)
		said := map[string]int{}
		for step := range 180 {
			d := work.next()
			before := map[string]bool{}
			for _, name := range listeners {
				before[name] = d.what != "" && s.sees(s.me(name), d.what)
			}
			if err := d.do(&d.what); err != nil {
				t.Fatalf("step %d, %s by %s: %v", step, d.name, d.who, err)
			}
			s.Clock.Advance(20 * time.Second)
			for _, name := range listeners {
				after := s.sees(s.me(name), d.what) && (!d.inside || name == "ada")
				gone := before[name] && !after && d.name == "concealing" // of which they hear no more than to look again
				due, may := after || gone, before[name] && !d.inside || after
				events := streams[name].until(heard[name], due, d.told)
				for _, e := range events {
					kind, about, _ := strings.Cut(e, " ")
					about, _, _ = strings.Cut(about, " ") // of who is typing, the name
					switch {
					case kind != d.told || about != d.about && !(gone && about == "-"):
						t.Errorf("step %d, %s by %s: the stream of %s says %q", step, d.name, d.who, name, e)
					case !may:
						t.Errorf("step %d, %s by %s: %s, who does not see %s, is told %q", step, d.name, d.who, name, d.what, e)
					}
					said[kind]++
				}
				if due && !says(events, d.told) {
					t.Errorf("step %d, %s by %s: %s is told %q", step, d.name, d.who, name, events)
				}
				heard[name] += len(events)
			}
		}
		for _, name := range listeners[1:] {
			if _, all := streams[name].said(); strings.Contains(all, "CNRY") || strings.Contains(all, "Title") {
				t.Errorf("the stream of %s says %q", name, all)
			}
		}
		if said["changed"] < 100 || said["said"] < 100 || said["typing"] < 20 {
			t.Errorf("too little was done to say anything: %v", said)
		}
	})
}

// A deed is one thing that somebody does.
type deed struct {
	who, name string
	told      string // what streams call it
	about     string // the project or thread that they name
	what      string // whose readers hear of it; do sets it, where the thing is new
	inside    bool   // among the team alone
	do        func(what *string) error
}

// work makes up deeds.
type work struct {
	s     *site
	dice  *rand.Rand
	tasks []portal.TaskID
	in    map[portal.TaskID]portal.ProjectID
	shown map[portal.TaskID]bool
}

func newWork(s *site, dice *rand.Rand) *work {
	return &work{s: s, dice: dice, in: map[portal.TaskID]portal.ProjectID{}, shown: map[portal.TaskID]bool{}}
}

func (w *work) next() deed {
	s, ctx := w.s, w.s.t.Context()
	project := []portal.ProjectID{s.Site, s.Brand, s.Hidden, s.Shop}[w.dice.IntN(4)]
	side := []portal.Side{portal.Team, portal.ClientSide}[w.dice.IntN(2)]
	mia := s.me("mia")
	talk, among := s.Items[project][portal.ClientSide].Conversation, portal.ClientSide // notes of the team are in it, too
	if w.dice.IntN(3) == 0 {
		talk, among, side = s.Items[project][portal.Team].Conversation, portal.Team, portal.Team
	}
	switch n := w.dice.IntN(10); {
	case n < 2 || len(w.tasks) == 0:
		return deed{"mia", "a " + string(side) + " task", "changed", string(project), "", false, func(what *string) error {
			id, err := mia.AddTask(ctx, project, portal.NewTask{Title: "Title " + portaltest.Canary("acme", side, "hour"), Audience: side})
			w.tasks, w.in[id], w.shown[id] = append(w.tasks, id), project, side == portal.ClientSide
			*what = string(id)
			return err
		}}
	case n < 4:
		id := w.tasks[w.dice.IntN(len(w.tasks))]
		if w.shown[id] {
			return deed{"mia", "concealing", "changed", string(w.in[id]), string(id), false, func(*string) error {
				w.shown[id] = false
				_, err := mia.Conceal(ctx, portal.ItemID(id))
				return err
			}}
		}
		return deed{"mia", "sharing", "changed", string(w.in[id]), string(id), false, func(*string) error {
			w.shown[id] = true
			return mia.Reveal(ctx, portal.ItemID(id), true)
		}}
	case n < 8:
		who := "mia"
		if speaker := map[portal.ProjectID]string{s.Site: "cleo", s.Brand: "bea", s.Shop: "carl"}[project]; speaker != "" && side == portal.ClientSide && n == 7 {
			who = speaker
		}
		return deed{who, "a " + string(side) + " message among the " + string(among), "said", string(talk), "", false, func(what *string) error {
			id, err := s.me(who).Say(ctx, talk, portal.NewMessage{Body: "Title " + strconv.Itoa(w.dice.IntN(1000)), Audience: side})
			*what = string(id)
			return err
		}}
	}
	return deed{"mia", "typing to the " + string(side), "typing", string(talk), string(talk), side == portal.Team, func(*string) error {
		return mia.Typing(ctx, talk, side)
	}}
}
