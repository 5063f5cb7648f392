package api_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// T182: every POST of the description that does something does it once for its key,
// and answers the same again; the same key with something else in it is refused, and
// somebody else's is their own.
func TestEveryPostOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		mia, ada := s.token("mia", "read", "write"), s.token("ada", "read", "write")
		rows := func() (n int) {
			t.Helper()
			if err := w.DB.QueryRow(t.Context(), `SELECT COUNT(*) FROM events`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		done := map[string]int{}
		for i, o := range s.operations() {
			if o.method != http.MethodPost || o.body != "" && o.kind != "application/json" {
				continue
			}
			if strings.HasPrefix(o.path, "/api/uploads/{id}") || strings.HasPrefix(o.path, "/api/trash/") { // what came before closed it
				continue
			}
			id := s.id(o.path, w.Acme, w.BeaAtAcme, w.Site, portal.ClientSide)
			fill := strings.NewReplacer("{id}", id, "{file}", string(s.fileOf(id)), "{message}", string(s.messageOf(id)), "{colleague}", string(s.Mia))
			path, body, key := fill.Replace(o.path), fill.Replace(o.body), "key "+strconv.Itoa(i)
			first := s.do(o.method, path, mia, body, "Content-Type", o.kind, "Idempotency-Key", key)
			if first.Code >= 300 { // not hers to do, or nothing to do it to: its key lets nothing through either
				if again := s.do(o.method, path, mia, body, "Content-Type", o.kind, "Idempotency-Key", key); first.Code >= 500 || again.Code < 300 {
					t.Errorf("POST %s: %d %s, and again %d", path, first.Code, first.Body, again.Code)
				}
				continue
			}
			done[o.path] = first.Code
			was := rows()
			again := s.do(o.method, path, mia, body, "Content-Type", o.kind, "Idempotency-Key", key)
			if again.Code != first.Code || again.Body.String() != first.Body.String() {
				t.Errorf("POST %s: %d %s, and again %d %s", path, first.Code, first.Body, again.Code, again.Body)
			}
			if n := rows(); n != was {
				t.Errorf("POST %s: done again, %d more events", path, n-was)
			}
			if other := changed(body); other != "" {
				if res := s.do(o.method, path, mia, other, "Content-Type", o.kind, "Idempotency-Key", key); res.Code != http.StatusUnprocessableEntity {
					t.Errorf("POST %s with something else under its key: %d %s", path, res.Code, res.Body)
				}
			}
			if res := s.do(o.method, path, ada, body, "Content-Type", o.kind, "Idempotency-Key", key); res.Code == first.Code && first.Code == http.StatusCreated && res.Body.String() == first.Body.String() {
				t.Errorf("POST %s: the key of another person made the same", path)
			}
		}
		if len(done) < 25 {
			t.Errorf("only %d operations did something: %v", len(done), done)
		}
	})
}

// T182 for what a client says to an approval: a decision, one handed to a colleague and
// a call denied count once for their key, however often they are sent.
func TestEveryAnswerOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s, ctx := newSite(t, w), t.Context()
		s.exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(w.BeaAtAcme))
		w.Regrant()
		d, err := w.As(w.Tom).AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Banners", Audience: portal.ClientSide})
		if err != nil {
			t.Fatal(err)
		}
		cleo, bea, tom := s.token("cleo", "read", "write"), s.token("bea", "read", "write"), s.token("tom", "read", "write")
		var last string
		ask := func() (path, content string) {
			t.Helper()
			if last != "" { // of one deliverable one is asked at a time
				s.exec(`UPDATE deliverables SET state = 'shared' WHERE id = $1`, string(d))
				s.exec(`UPDATE approvals SET state = 'cancelled', asking = 0 WHERE id = $1 AND asking = 1`, last)
			}
			id, err := w.As(w.Tom).AskApproval(ctx, w.Site, portal.NewApproval{Title: "Banners", Deliverable: d, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})
			if err != nil {
				t.Fatal(err)
			}
			last = string(id)
			path = "/api/approvals/" + last
			return path, s.asks(cleo, 200, "GET", path, "").text("content")
		}
		count := func(q string) (n int) {
			t.Helper()
			if err := w.DB.QueryRow(ctx, q).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		const events, mails = `SELECT COUNT(*) FROM events`, `SELECT COUNT(*) FROM mails`
		once := func(path, body, other, rows string, want int) {
			t.Helper()
			key := "of " + path
			first := s.do("POST", path, cleo, body, "Content-Type", "application/json", "Idempotency-Key", key)
			if first.Code != http.StatusNoContent {
				t.Fatalf("POST %s: %d %s", path, first.Code, first.Body)
			}
			n, m := count(events), count(mails)
			for range 2 {
				if again := s.do("POST", path, cleo, body, "Content-Type", "application/json", "Idempotency-Key", key); again.Code != first.Code || again.Body.String() != first.Body.String() {
					t.Errorf("POST %s: %d %s, and again %d %s", path, first.Code, first.Body, again.Code, again.Body)
				}
			}
			s.asks(cleo, 422, "POST", path, other, "Idempotency-Key", key)
			if got := s.do("POST", path, bea, body, "Content-Type", "application/json", "Idempotency-Key", key); got.Code < 300 {
				t.Errorf("POST %s as another, with the same key: %d", path, got.Code)
			}
			// A refusal of another's is recorded by itself.
			if n, m := count(events+` WHERE kind <> 'answer_refused'`)-n, count(mails)-m; n > 0 || m > 0 {
				t.Errorf("POST %s: done again, %d more events, %d more mails", path, n, m)
			}
			if got := count(rows); got != want {
				t.Errorf("POST %s: %d rows, want %d", path, got, want)
			}
		}
		path, content := ask()
		once(path+"/decision", `{"answer":"approved_with_notes","note":"Lovely","content":"`+content+`"}`, `{"answer":"approved_with_notes","note":"Nice","content":"`+content+`"}`,
			`SELECT COUNT(*) FROM approval_decisions WHERE note = 'Lovely'`, 1)
		path, _ = ask()
		call := s.asks(tom, 201, "POST", path+"/calls", `{"person":"`+string(w.Cleo)+`","answer":"declined","note":"No","said_at":"`+w.Clock.Now().Format(time.RFC3339)+`"}`).text("id")
		once("/api/calls/"+call+"/denied", `{"reply":"I said perhaps"}`, `{"reply":"I said yes"}`, `SELECT COUNT(*) FROM approval_calls WHERE reply = 'I said perhaps'`, 1)
		path, _ = ask()
		once(path+"/delegation", `{"person":"`+string(w.Bea)+`"}`, `{"person":"`+string(w.Cleo)+`"}`, `SELECT COUNT(*) FROM approval_people WHERE person_id = '`+string(w.Bea)+`' AND for_id = '`+string(w.Cleo)+`'`, 1)
	})
}

// changed is a body with another text in one of its fields; empty when it has none.
func changed(body string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(body), &fields) != nil {
		return ""
	}
	for _, name := range []string{"body", "title", "name", "subject", "note", "reason", "text"} {
		if v, ok := fields[name].(string); ok && v != "" {
			fields[name] = v + " more"
			b, _ := json.Marshal(fields)
			return string(b)
		}
	}
	return ""
}

// T183: a message whose answer is lost, and which is sent again with its key until
// there is one, is said exactly once, however much of the first had been done.
func TestAnswersAreLost(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		server := httptest.NewServer(s.h)
		defer server.Close()
		token := s.token("cleo", "read", "write")
		path := "/api/conversations/" + s.asks(token, 201, "POST", "/api/projects/"+string(w.Site)+"/conversations", `{"subject":"Colours","body":"Which blue?"}`).text("id") + "/messages"
		request := func(n int) string {
			body := `{"body":"Message ` + strconv.Itoa(n) + `."}`
			return "POST " + path + " HTTP/1.1\r\nHost: portal.test\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\nIdempotency-Key: lost " + strconv.Itoa(n) +
				"\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
		}
		send := func(n int) net.Conn {
			t.Helper()
			c, err := net.Dial("tcp", server.Listener.Addr().String())
			if err == nil {
				_, err = io.WriteString(c, request(n))
			}
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		for n := range 100 {
			first := send(n)
			time.Sleep(time.Duration(n%10) * time.Millisecond) // how much of it is done by then
			if err := first.(*net.TCPConn).SetLinger(0); err != nil {
				t.Fatal(err)
			}
			first.Close()
			again := send(n)
			answer, err := http.ReadResponse(bufio.NewReader(again), nil)
			if err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != 201 {
				t.Fatalf("message %d: %s", n, answer.Status)
			}
			again.Close()
		}
		var said, different int
		if err := w.DB.QueryRow(t.Context(), `SELECT COUNT(*), COUNT(DISTINCT body) FROM messages WHERE body LIKE 'Message %.'`).Scan(&said, &different); err != nil {
			t.Fatal(err)
		}
		if said != 100 || different != 100 {
			t.Errorf("%d messages are there, of which %d say something else", said, different)
		}
	})
}
