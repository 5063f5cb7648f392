package main

import (
	"flag"
	"math/rand/v2"
	netmail "net/mail"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// How many mails wait can be made what a busy office would have after an hour:
//
//	go test ./cmd/vitrine -run TestMailsWaitOutTheirServer -v -timeout 30m -mails 10000 -mail-kills 20
//
// and whether those whom a server makes wait for a minute get theirs is seen with
//
//	go test ./cmd/vitrine -run TestMailsBesideBadOnes -v -tarpit
var (
	mails     = flag.Int("mails", 400, "mails that wait in TestMailsWaitOutTheirServer")
	mailKills = flag.Int("mail-kills", 3, "how often the program is killed in TestMailsWaitOutTheirServer")
	tarpit    = flag.Bool("tarpit", false, "TestMailsBesideBadOnes waits until all have come that are to come, which is more than a minute")
)

// T224: mails waited for a mail server that was away, and the program is killed
// again and again while it hands them over. Each comes, and twice only what was in
// its hands when it was killed, as the same mail.
func TestMailsWaitOutTheirServer(t *testing.T) { onBoth(t, waitOutTheirServer) }

func waitOutTheirServer(t *testing.T, dialect db.Dialect) {
	p := settle(t, dialect)
	server := mailtest.Start(t, &mailtest.Server{})
	var people []string
	for i := range *mails {
		people = append(people, "person"+strconv.Itoa(i))
	}
	ours := p.mailed(people, time.Now().Add(-time.Hour))
	program := theProgram(t)
	env := append(p.env[1:], "VITRINE_PREVIEWS=off", "VITRINE_SMTP_HOST=127.0.0.1", "VITRINE_SMTP_PORT="+strconv.Itoa(server.Port()), "VITRINE_SMTP_TLS=none", "VITRINE_MAIL_FROM=portal@honcho.example")
	came := map[string]int{}
	read := 0
	look := func() int {
		got := server.Messages()
		for _, raw := range got[read:] {
			m, err := netmail.ReadMessage(strings.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			if id := m.Header.Get("Message-Id"); ours[id] != "" {
				came[id]++
			}
		}
		read = len(got)
		return len(came)
	}
	unnoted := func() (n int) {
		p.inside(func(h *house) {
			if err := h.db.QueryRow(t.Context(), `SELECT COUNT(*) FROM mails WHERE state <> 'sent'`).Scan(&n); err != nil {
				t.Fatal(err)
			}
		})
		return n
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	again := 0 // of all that come, those that came and were not noted as sent
	for kill := 0; ; kill++ {
		s, err := built.Start(t.Context(), program, "serve", p.dir(), env...)
		if err != nil {
			t.Fatal(err)
		}
		enough := *mails
		if kill < *mailKills { // somewhere in its share, in the middle of something
			enough = min(*mails-1, look()+1+rand.IntN(*mails/(*mailKills+1)))
		}
		for (look() < enough || read < again) && time.Since(began) < 10*time.Minute {
			<-tick.C
		}
		if kill < *mailKills {
			s.Kill()
			if *mails < 1000 { // what it had in its hands is taken up after two minutes, which nobody waits for here
				p.exec(`UPDATE mails SET due_at = created_at WHERE state = 'sending'`)
			}
			continue
		}
		if err := s.Stop(); err != nil {
			t.Errorf("%v:\n%s", err, s.Output())
		}
		// One that came as the program was killed goes out once more, perhaps not before
		// all have come.
		left := unnoted()
		if left == 0 || kill > *mailKills {
			break
		}
		look()
		again = read + left
		p.exec(`UPDATE mails SET due_at = created_at WHERE state = 'sending'`)
	}
	took, twice := time.Since(began), 0
	for _, n := range came {
		twice += n - 1
	}
	if len(came) != *mails || twice > *mailKills*8 { // as many are sent at the same time
		t.Errorf("%d of %d mails came, %d of them twice, with %d kills", len(came), *mails, twice, *mailKills)
	}
	if left := unnoted(); left != 0 {
		t.Errorf("%d mails are not noted as sent", left)
	}
	t.Logf("%d mails in %s with %d kills, %d of them twice", *mails, took.Round(time.Second/10), *mailKills, twice)
}

// T225: of hundreds of recipients the server does not know one, puts one off, cuts
// the connection of one after it has taken the mail, and makes one wait for a minute.
// All others have theirs before that minute is over, and each mail says what became
// of it.
func TestMailsBesideBadOnes(t *testing.T) { onBoth(t, besideBadOnes) }

func besideBadOnes(t *testing.T, dialect db.Dialect) {
	p := settle(t, dialect)
	server := mailtest.Start(t, &mailtest.Server{Script: map[string][]string{
		"RCPT unknown@leto.example": {"550 5.1.1 no such person"},
		"RCPT later@leto.example":   {"451 4.7.1 try again later"},
		"QUIT cut@leto.example":     {"drop"},
		"RCPT slow@leto.example":    {"wait 60s 250 2.1.5 ok"},
	}})
	people := []string{"unknown", "later", "cut", "slow"}
	all := max(500, *mails)
	for i := len(people); i < all; i++ {
		people = append(people, "person"+strconv.Itoa(i))
	}
	to := p.mailed(people, time.Now()) // who, by Message-ID
	program := theProgram(t)
	began := time.Now()
	s, err := built.Start(t.Context(), program, "serve", p.dir(), append(p.env[1:], "VITRINE_PREVIEWS=off", "VITRINE_SMTP_HOST=127.0.0.1", "VITRINE_SMTP_PORT="+strconv.Itoa(server.Port()), "VITRINE_SMTP_TLS=none", "VITRINE_MAIL_FROM=portal@honcho.example")...)
	if err != nil {
		t.Fatal(err)
	}
	came, read := map[string]int{}, 0 // of all that the server took: the program mails its owners, too
	wait := func(n int, most time.Duration) {
		t.Helper()
		for len(came) < n && time.Since(began) < most {
			time.Sleep(50 * time.Millisecond)
			for _, raw := range server.Messages()[read:] {
				read++
				m, err := netmail.ReadMessage(strings.NewReader(raw))
				if err != nil {
					t.Fatal(err)
				}
				if who := to[m.Header.Get("Message-Id")]; who != "" {
					came[who]++
				}
			}
		}
		t.Logf("%d mails came within %s", len(came), time.Since(began).Round(time.Second/10))
	}
	wait(all-3, 50*time.Second)
	if came["slow"] > 0 || len(came) != all-3 {
		t.Errorf("%d mails came while one was made to wait, want %d", len(came), all-3)
	}
	want := map[string]string{"unknown": "failed recipient/550 5.1.1", "later": "queued recipient/451 4.7.1", "cut": "sent ", "slow": "sending "}
	if *tarpit {
		wait(all-1, 3*time.Minute)
		want["later"], want["slow"] = "sent ", "sent "
	}
	time.Sleep(200 * time.Millisecond) // the last is noted
	for who, n := range came {
		if n != 1 {
			t.Errorf("the mail to %s came %d times", who, n)
		}
	}
	s.Kill()
	p.inside(func(h *house) {
		for who, is := range want {
			var state, reason string
			if err := h.db.QueryRow(t.Context(), `SELECT state, reason FROM mails WHERE address = $1`, who+"@leto.example").Scan(&state, &reason); err != nil {
				t.Fatal(err)
			}
			if state+" "+reason != is {
				t.Errorf("the mail to %s is %s (%s), want %s", who, state, reason, is)
			}
		}
	})
}

// onBoth runs a test on each database.
func onBoth(t *testing.T, f func(*testing.T, db.Dialect)) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) { f(t, dialect) })
	}
}

// mailed are people of the team for each of whom a mail waits since a time: for every
// other one of what somebody wrote, which is read when it is sent. It returns who gets
// which, by its Message-ID.
func (p *place) mailed(people []string, since time.Time) map[string]string {
	p.t.Helper()
	at := strconv.FormatInt(db.Micros(since), 10)
	var queue []string
	to := map[string]string{}
	for i, who := range people {
		person, id := db.NewID("per"), db.NewID("mai")
		queue = append(queue, `INSERT INTO persons (id, name, email, email_key, created_at, confirmed_at) VALUES ('`+person+`', '`+who+`', '`+who+`@leto.example', '`+who+`@leto.example', `+at+`, `+at+`)`)
		if i%2 == 0 {
			queue = append(queue, `INSERT INTO team_members (person_id, role, created_at, accepted_at) VALUES ('`+person+`', 'contributor', `+at+`, `+at+`)`,
				`INSERT INTO project_team (project_id, person_id, added_at) SELECT p.id, '`+person+`', `+at+` FROM projects p`)
			continue
		}
		to["<"+id+"@honcho.example>"] = who
		queue = append(queue, `INSERT INTO mails (id, kind, person_id, address, subject_id, state, created_at, due_at)
VALUES ('`+id+`', 'password_changed', '`+person+`', '`+who+`@leto.example', '`+person+`', 'queued', `+at+`, 0)`)
	}
	queue = append(queue, `
INSERT INTO client_grants (actor, client_id, side, rights) SELECT d.actor, d.client_id, d.side, d.rights FROM due_client_grants d
 WHERE NOT EXISTS (SELECT 1 FROM client_grants g WHERE g.actor = d.actor)`, `
INSERT INTO project_grants (actor, project_id, client_id, side, rights, sections) SELECT d.actor, d.project_id, d.client_id, d.side, d.rights, d.sections FROM due_project_grants d
 WHERE NOT EXISTS (SELECT 1 FROM project_grants g WHERE g.actor = d.actor)`)
	p.withFiles(func(h *house, project portal.ProjectID, _ portal.ClientID) {
		p.change(h, queue...)
		ctx := p.t.Context()
		ana, err := h.accounts.PersonByEmail(ctx, ownerEmail)
		if err == nil {
			_, err = h.portal.As(portal.PersonActor(ana.ID)).StartConversation(ctx, project, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which?"}})
		}
		if err == nil {
			_, err = h.portal.TellPeople(ctx)
		}
		if err != nil {
			p.t.Fatal(err)
		}
		p.change(h, `UPDATE mails SET created_at = `+at+`, due_at = 0 WHERE kind = 'notices'`)
		rows, err := h.db.Query(ctx, `SELECT m.id, a.name FROM mails m JOIN persons a ON a.id = m.person_id WHERE m.kind = 'notices'`)
		if err != nil {
			p.t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id, who string
			if err := rows.Scan(&id, &who); err != nil {
				p.t.Fatal(err)
			}
			to["<"+id+"@honcho.example>"] = who
		}
	})
	if len(to) != len(people) {
		p.t.Fatalf("%d mails wait for %d people", len(to), len(people))
	}
	return to
}

// exec changes the database while nobody is there.
func (p *place) exec(all ...string) {
	p.t.Helper()
	p.inside(func(h *house) { p.change(h, all...) })
}

func (p *place) change(h *house, all ...string) {
	p.t.Helper()
	if err := h.db.Write(p.t.Context(), func(tx *db.Tx) error {
		for _, q := range all {
			if _, err := tx.Exec(p.t.Context(), q); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		p.t.Fatal(err)
	}
}
