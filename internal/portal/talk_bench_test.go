package portal_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// timed runs f b.N times from a number of callers, each with its number.
func timed(b *testing.B, callers int, f func(caller int) error) {
	b.Helper()
	took := make([][]time.Duration, callers)
	var wg sync.WaitGroup
	b.ResetTimer()
	for c := range callers {
		wg.Go(func() {
			for range (b.N + callers - 1) / callers {
				start := time.Now()
				if err := f(c); err != nil {
					b.Error(err)
					return
				}
				took[c] = append(took[c], time.Since(start))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	report(b, slices.Concat(took...))
}

// report says the rate, and how long the slowest of a hundred took.
func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	if len(took) == 0 {
		return
	}
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "op/s")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// onBoth runs a benchmark on both databases, in worlds of their own.
func onBoth(b *testing.B, f func(b *testing.B, w *portaltest.World)) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		b.Run(string(dialect), func(b *testing.B) { f(b, portaltest.Open(b, dialect)) })
	}
}

// BenchmarkSay posts into a client's conversations, durably, beside a row that
// is written alone: in conversations of one client, whose events are one chain,
// and of two.
func BenchmarkSay(b *testing.B) {
	onBoth(b, func(b *testing.B, w *portaltest.World) {
		ctx := context.Background()
		start := func(p portal.ProjectID) (all []portal.ThreadID) {
			for n := range 16 {
				id, err := w.As(w.Ada).StartConversation(ctx, p, portal.NewConversation{Subject: fmt.Sprint(n), NewMessage: say("Hello", portal.ClientSide)})
				if err != nil {
					b.Fatal(err)
				}
				all = append(all, id)
			}
			return all
		}
		site, shop := start(w.Site), start(w.Shop)
		text := strings.Repeat("What people say to each other is about this long. ", 4)
		for _, callers := range []int{1, 16} {
			b.Run(fmt.Sprintf("row/callers=%d", callers), func(b *testing.B) {
				timed(b, callers, func(int) error {
					return w.DB.Write(ctx, func(tx *db.Tx) error {
						_, err := tx.Exec(ctx, `INSERT INTO attempts (key, count, first_at, last_at) VALUES ($1, $2, $3, $3)`, db.NewID("a"), 1, 2)
						return err
					})
				})
			})
			post := func(id func(caller int) portal.ThreadID) func(b *testing.B) {
				return func(b *testing.B) {
					timed(b, callers, func(c int) error {
						ctx := portal.WithRequest(ctx, portal.Request{Key: db.NewID("k"), Body: "x"})
						_, err := w.As(w.Ada).Say(ctx, id(c), say(text, portal.ClientSide))
						return err
					})
				}
			}
			b.Run(fmt.Sprintf("message/callers=%d", callers), post(func(c int) portal.ThreadID { return site[c] }))
			if callers > 1 {
				b.Run(fmt.Sprintf("two clients/callers=%d", callers), post(func(c int) portal.ThreadID { return slices.Concat(site, shop)[c%2*16+c] }))
			}
		}
	})
}

// fillTalk writes messages of fifteen words into conversations, past the
// portal. Words are as frequent as those of a language: the first by far.
type fillTalk struct {
	b     testing.TB
	w     *portaltest.World
	words *rand.Zipf
	dice  *rand.Rand
	also  string // is in each
}

func newFill(b testing.TB, w *portaltest.World) *fillTalk {
	dice := rand.New(rand.NewPCG(1, 2))
	return &fillTalk{b: b, w: w, dice: dice, words: rand.NewZipf(dice, 1.1, 4, 30_000)}
}

func (f *fillTalk) text() string {
	var t strings.Builder
	t.WriteString(f.also)
	for range 15 {
		fmt.Fprintf(&t, "w%05d ", f.words.Uint64())
	}
	return t.String()
}

// into puts n messages into each of the threads of a client.
func (f *fillTalk) into(client portal.ClientID, n int, threads ...string) {
	f.b.Helper()
	const rows = 100
	for _, id := range threads {
		for from := 0; from < n; from += 2000 {
			err := f.w.DB.Write(context.Background(), func(tx *db.Tx) error {
				if err := f.patient(tx); err != nil {
					return err
				}
				portal.IndexMessages(f.w.DB, tx)
				for at := from; at < min(from+2000, n); at += rows {
					var q strings.Builder
					q.WriteString(`INSERT INTO messages (id, thread_id, client_id, seq, shown_number, audience, author_id, side, body, created_at, changed_at) VALUES `)
					args := []any{id, string(client), string(f.w.Ada), db.Micros(f.w.Clock.Now())}
					for k := range min(rows, n-at) {
						if k > 0 {
							q.WriteString(", ")
						}
						fmt.Fprintf(&q, "($%d, $1, $2, %d, %d, 'client', $3, 'team', $%d, $4, $4)", len(args)+1, at+k+10, at+k+10, len(args)+2)
						args = append(args, db.NewID("msg"), f.text())
					}
					if _, err := tx.Exec(context.Background(), q.String(), args...); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				f.b.Fatal(err)
			}
		}
		if err := f.w.DB.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(context.Background(), `UPDATE threads SET seq = $1, shown_seq = $1, shown_count = $1, shown_at = last_at WHERE id = $2`, n+9, id)
			return err
		}); err != nil {
			f.b.Fatal(err)
		}
	}
}

// patient lets the statements of a transaction take longer than a page may.
func (f *fillTalk) patient(tx *db.Tx) error {
	if f.w.DB.Dialect() != db.PostgreSQL {
		return nil
	}
	_, err := tx.Exec(context.Background(), `SET LOCAL statement_timeout = 0`)
	return err
}

func (f *fillTalk) exec(q string, args ...any) {
	f.b.Helper()
	if err := f.w.DB.Write(context.Background(), func(tx *db.Tx) error {
		if err := f.patient(tx); err != nil {
			return err
		}
		_, err := tx.Exec(context.Background(), q, args...)
		return err
	}); err != nil {
		f.b.Fatal(err)
	}
}

// BenchmarkLastPage opens the newest page of a conversation, beside one of a
// conversation of 60 messages.
func BenchmarkLastPage(b *testing.B) {
	onBoth(b, func(b *testing.B, w *portaltest.World) {
		ctx := context.Background()
		fill := newFill(b, w)
		short, long := w.Items[w.Brand][portal.ClientSide].Conversation, w.Items[w.Site][portal.ClientSide].Conversation
		fill.into(w.Acme, 60, string(short))
		fill.into(w.Acme, 100_000, string(long))
		analyze(b, w)
		for name, who := range map[string]portal.PersonID{"team": w.Ada, "client": w.Cleo} {
			for n, id := range map[string]portal.ThreadID{"60 messages": short, "100,000 messages": long} {
				b.Run(name+"/"+n, func(b *testing.B) {
					timed(b, 1, func(int) error {
						l, err := w.As(who).Messages(ctx, id, portal.MessagePage{})
						if err == nil && len(l.All) != 50 {
							err = fmt.Errorf("%d messages", len(l.All))
						}
						return err
					})
				})
			}
		}
	})
}

// analyze lets the database know what is in its tables.
func analyze(b testing.TB, w *portaltest.World) {
	b.Helper()
	newFill(b, w).exec(`ANALYZE`)
}

// BenchmarkSearchMessages looks for words in the subjects of 2,000 conversations
// and in a million messages of 200 clients, as the page of the search does,
// as the owner, who sees them all, and as somebody of one client, who sees
// 5,000; beside a look into an index by key.
func BenchmarkSearchMessages(b *testing.B) {
	onBoth(b, func(b *testing.B, w *portaltest.World) {
		ctx := context.Background()
		fill := newFill(b, w)
		begin := func(client portal.ClientID, project string) (threads []string) {
			for range 10 {
				id := db.NewID("thr")
				fill.exec(`INSERT INTO threads (id, kind, client_id, project_id, subject, audience, created_at, created_by, last_at, turn_since) VALUES ($1, 'project', $2, $3, $5, 'client', 1, $4, 1, 1)`,
					id, string(client), project, string(w.Ada), fill.text())
				threads = append(threads, id)
			}
			return threads
		}
		fill.into(w.Acme, 500, begin(w.Acme, string(w.Site))...)
		for n := range 199 {
			c, p := db.NewID("cli"), db.NewID("prj")
			fill.exec(`INSERT INTO clients (id, name, name_key, created_at, created_by, portal_since) VALUES ($1, $2, $2, 1, $3, 1)`, c, fmt.Sprint("client ", n), string(w.Ada))
			fill.exec(`INSERT INTO projects (id, client_id, name, name_key, status, health, shared_at, created_at, created_by, updated_at, updated_by) VALUES ($1, $2, 'x', 'x', 'active', 'on_track', 1, 1, $3, 1, $3)`, p, c, string(w.Ada))
			if fill.also = ""; n >= 20 && n < 40 { // a tenth, and not the first or the last
				fill.also = "formerly "
			}
			fill.into(portal.ClientID(c), 500, begin(portal.ClientID(c), p)...)
		}
		w.Regrant()
		analyze(b, w)
		b.Run("by key", func(b *testing.B) {
			timed(b, 1, func(int) error {
				_, err := w.As(w.Cleo).Message(ctx, w.Items[w.Site][portal.ClientSide].Message)
				return err
			})
		})
		for name, who := range map[string]portal.PersonID{"owner": w.Ada, "client": w.Cleo} {
			for what, query := range map[string]func() string{
				"the most frequent word": func() string { return "w00000" },
				"any word":               func() string { return fmt.Sprintf("w%05d", fill.words.Uint64()) },
				"two words":              func() string { return fmt.Sprintf("w%05d w%05d", fill.words.Uint64(), fill.words.Uint64()) },
				"two rare words":         func() string { return fmt.Sprintf("w2%04d w2%04d", fill.dice.IntN(9999), fill.dice.IntN(9999)) },
				"a beginning":            func() string { return fmt.Sprintf("w0%d", fill.dice.IntN(9)) },
				"a word of former times": func() string { return "formerly" },
			} {
				b.Run(name+"/"+what, func(b *testing.B) {
					timed(b, 1, func(int) error {
						s := portal.MessageSearch{Query: query()}
						if _, _, err := w.As(who).SearchSubjects(ctx, s, portal.Page{Limit: 5}); err != nil {
							return err
						}
						_, _, err := w.As(who).SearchMessages(ctx, s, portal.Page{Limit: 20})
						return err
					})
				})
			}
		}
	})
}
