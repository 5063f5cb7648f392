package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/jobs"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// dir is the data directory.
func (p *place) dir() string { return strings.TrimPrefix(p.env[0], "VITRINE_DATA=") }

// stored is where the disk has a blob.
func (p *place) stored(key blob.Key) string {
	return filepath.Join(p.dir(), "files", string(key[:1]), string(key[1:2]), string(key))
}

// store puts n blobs, each with the row of a file's version, as they are after
// some time.
func (p *place) store(h *house, project portal.ProjectID, client portal.ClientID, n int, age time.Duration) (keys []blob.Key) {
	p.t.Helper()
	ctx := p.t.Context()
	ana, err := h.accounts.PersonByEmail(ctx, ownerEmail)
	if err != nil {
		p.t.Fatal(err)
	}
	infos := make(map[blob.Key]blob.Info)
	at := time.Now().Add(-age)
	for range n {
		key := blob.NewKey()
		body := []byte("what is in " + key)
		if infos[key], err = h.blobs.Put(ctx, key, bytes.NewReader(body), int64(len(body))); err != nil {
			p.t.Fatal(err)
		}
		if err := os.Chtimes(p.stored(key), at, at); err != nil && h.cfg.Storage.Disk != "" {
			p.t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if err := h.db.Write(ctx, func(tx *db.Tx) error {
		for _, key := range keys {
			info := infos[key]
			if _, err := tx.Exec(ctx, `
INSERT INTO files (id, project_id, client_id, name, name_key, created_at, created_by, latest_at, latest_size) VALUES ($1, $2, $3, $4, $4, $5, $6, $5, $7)`,
				"fil_"+string(key), string(project), string(client), string(key[:6])+".pdf", db.Micros(at), string(ana.ID), info.Size); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `
INSERT INTO versions (id, file_id, project_id, client_id, number, audience, blob, size, sha256, kind, type, created_at, created_by)
VALUES ($1, $2, $3, $4, 1, 'team', $5, $6, $7, 'pdf', 'application/pdf', $8, $9)`,
				"ver_"+string(key), "fil_"+string(key), string(project), string(client), string(key), info.Size, info.SHA256, db.Micros(at), string(ana.ID)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		p.t.Fatal(err)
	}
	return keys
}

// withFiles opens the house with its storage, and a project in it.
func (p *place) withFiles(f func(h *house, project portal.ProjectID, client portal.ClientID)) {
	p.t.Helper()
	ctx := p.t.Context()
	p.inside(func(h *house) {
		if err := h.openBlobs(ctx); err != nil {
			p.t.Fatal(err)
		}
		ana, err := h.accounts.PersonByEmail(ctx, ownerEmail)
		if err != nil {
			p.t.Fatal(err)
		}
		me := h.portal.As(portal.PersonActor(ana.ID))
		client, err := me.AddClient(ctx, "Acme")
		if err != nil {
			p.t.Fatal(err)
		}
		project, err := me.CreateProject(ctx, client, portal.NewProject{Name: "Website"})
		if err != nil {
			p.t.Fatal(err)
		}
		f(h, project, client)
	})
}

// One bit, one lost file and one altered event are found, and whose they are.
func TestVerify(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			p := settle(t, dialect)
			p.want(0, "and 0 stored files", "verify")
			var keys []blob.Key
			p.withFiles(func(h *house, project portal.ProjectID, client portal.ClientID) {
				keys = p.store(h, project, client, 510, 0)
				thumb := blob.NewKey()
				info, err := h.blobs.Put(t.Context(), thumb, strings.NewReader("a picture"), 9)
				if err != nil {
					t.Fatal(err)
				}
				if err := h.db.Write(t.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec(t.Context(), `INSERT INTO previews (version_id, kind, blob, size, sha256, type) VALUES ($1, 'thumb', $2, 9, $3, 'image/webp')`,
						"ver_"+string(keys[0]), string(thumb), info.SHA256)
					if err != nil {
						return err
					}
					// The second version of a file that was brought back has the blob of its first.
					_, err = tx.Exec(t.Context(), `
INSERT INTO versions (id, file_id, project_id, client_id, number, audience, blob, size, sha256, kind, type, created_at, created_by)
SELECT 'ver_again', file_id, project_id, client_id, 2, audience, blob, size, sha256, kind, type, created_at, created_by FROM versions WHERE id = $1`, "ver_"+string(keys[1]))
					return err
				}); err != nil {
					t.Fatal(err)
				}
				keys = append(keys, thumb)
			})
			if said := p.want(0, "and 511 stored files", "verify"); !strings.Contains(said, "All of it is as it was recorded.") {
				t.Errorf("verify says %s", said)
			}

			// One that is looked at on another day than the first.
			turn := func(k blob.Key) int { return int(k[len(k)-1]) % scrubDays }
			lost := 2 + slices.IndexFunc(keys[2:510], func(k blob.Key) bool { return turn(k) != turn(keys[1]) })
			b, err := os.ReadFile(p.stored(keys[1]))
			if err != nil {
				t.Fatal(err)
			}
			b[3] ^= 1
			if err := errors.Join(os.WriteFile(p.stored(keys[1]), b, 0o600), os.Remove(p.stored(keys[lost])), os.Truncate(p.stored(keys[510]), 3)); err != nil {
				t.Fatal(err)
			}
			p.inside(func(h *house) {
				if err := dbtest.ByHand(t.Context(), h.db, func(tx *db.Tx) error {
					_, err := tx.Exec(t.Context(), `UPDATE events SET at = at + 1 WHERE chain <> '' AND seq = 1`)
					return err
				}); err != nil {
					t.Fatal(err)
				}
			})
			said := p.want(1, "not everything is as it was recorded", "verify")
			for _, line := range []string{
				fmt.Sprintf("damaged   Acme, Website: version 1 of %s.pdf\n", keys[1][:6]),
				fmt.Sprintf("damaged   Acme, Website: version 2 of %s.pdf\n", keys[1][:6]),
				fmt.Sprintf("missing   Acme, Website: version 1 of %s.pdf\n", keys[lost][:6]),
				fmt.Sprintf("damaged   what was made to look at Acme, Website: version 1 of %s.pdf\n", keys[0][:6]),
				"altered   the log: chain ",
			} {
				if !strings.Contains(said, line) {
					t.Errorf("verify does not say %q:\n%s", line, said)
				}
			}
			if n := strings.Count(said, "damaged") + strings.Count(said, "missing"); n != 4 {
				t.Errorf("%d files are found damaged or missing:\n%s", n, said)
			}

			// In a week the running portal finds as much.
			var logged bytes.Buffer
			p.inside(func(h *house) {
				h.log = slog.New(slog.NewTextHandler(&logged, nil))
				if err := h.openBlobs(t.Context()); err != nil {
					t.Fatal(err)
				}
				for day := range scrubDays {
					before := strings.Count(logged.String(), "not as it was recorded")
					if err := h.scrub(t.Context(), day); err != nil {
						t.Fatal(err)
					}
					if n := strings.Count(logged.String(), "not as it was recorded") - before; n == 4 {
						t.Error("all were found on one day, so that the days do not share the work")
					}
				}
			})
			if n := strings.Count(logged.String(), "not as it was recorded"); n != 4 || strings.Contains(logged.String(), ".pdf") {
				t.Errorf("found %d in a week:\n%s", n, &logged)
			}
		})
	}
}

// Of a day's record in an owner's mail verify says whether this portal signed it, and
// whether it is still the same.
func TestVerifyMailedHead(t *testing.T) {
	p := settle(t, db.SQLite)
	signatures := map[string]string{}
	p.inside(func(h *house) {
		key, err := h.signer()
		if err != nil {
			t.Fatal(err)
		}
		for _, head := range []portal.DailyHead{{Day: "2026-03-11", Digest: "ab"}, {Day: "2026-03-11", Digest: "cd"}, {Day: "2026-03-12", Digest: "ef"}} {
			if signatures[head.Digest], err = key.SignText(head.Signs()); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO daily_heads (day, digest, chains, events, at) VALUES ('2026-03-11', 'ab', 1, 1, 7)`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
	if said := p.want(0, "still the same", "verify", "2026-03-11", "ab", signatures["ab"]); !strings.Contains(said, "This portal signed it.") {
		t.Errorf("verify says %s", said)
	}
	p.want(1, "is another now", "verify", "2026-03-11", "cd", signatures["cd"])
	p.want(1, "is gone", "verify", "2026-03-12", "ef", signatures["ef"])
	p.want(1, "did not sign that", "verify", "2026-03-11", "cd", signatures["ab"])
	p.want(2, "the day", "verify", "2026-03-11")
}

// With the database of yesterday nothing is lost that was stored since; nor
// with that of a month ago, of which the operator is told.
func TestSweepAfterRestore(t *testing.T) {
	p := settle(t, db.SQLite)
	database := strings.TrimPrefix(p.env[1], "VITRINE_DATABASE=sqlite:")
	copyTo := func(from, to string) {
		t.Helper()
		b, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var project portal.ProjectID
	var client portal.ClientID
	var monthOld, lastWeek, today []blob.Key
	p.withFiles(func(h *house, pr portal.ProjectID, cl portal.ClientID) {
		project, client = pr, cl
		monthOld = p.store(h, project, client, 30, 40*24*time.Hour)
	})
	copyTo(database, database+".month")
	add := func(n int, age time.Duration) (keys []blob.Key) {
		p.inside(func(h *house) {
			if err := h.openBlobs(t.Context()); err != nil {
				t.Fatal(err)
			}
			keys = p.store(h, project, client, n, age)
		})
		return keys
	}
	lastWeek = add(40, 20*24*time.Hour)
	copyTo(database, database+".yesterday")
	today = add(50, time.Hour)
	copyTo(database, database+".now")

	sweep := func() string {
		t.Helper()
		var logged bytes.Buffer
		p.inside(func(h *house) {
			h.log = slog.New(slog.NewTextHandler(&logged, nil))
			if err := h.openBlobs(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := h.sweepFiles(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		return logged.String()
	}
	for _, then := range []string{"now", "yesterday", "month"} {
		copyTo(database+"."+then, database)
		if said := sweep(); (then == "month") != strings.Contains(said, "nothing was swept") {
			t.Errorf("with the database of %s, the sweep says %q", then, said)
		}
		for _, key := range append(append(append([]blob.Key(nil), monthOld...), lastWeek...), today...) {
			if _, err := os.Stat(p.stored(key)); err != nil {
				t.Fatalf("with the database of %s: %v", then, err)
			}
		}
	}
	p.want(0, "Of 120 stored files, nothing names 40 ", "sweep")
	p.want(0, "warn  stored files   nothing names 40 of 120", "doctor")
	p.want(2, "usage: vitrine sweep", "sweep", "everything")
	if _, err := os.Stat(p.stored(lastWeek[0])); err != nil {
		t.Error("looking removed something")
	}
	p.want(0, "they are gone", "sweep", "remove")
	for _, key := range lastWeek {
		if _, err := os.Stat(p.stored(key)); err == nil {
			t.Error("what was to be removed is there")
		}
	}
	copyTo(database+".yesterday", database)
	p.want(1, "missing   Acme, Website", "verify")
}

// A disk that is not mounted is not taken for an empty storage.
func TestStorageIsItsOwn(t *testing.T) {
	p := settle(t, db.SQLite)
	p.withFiles(func(h *house, project portal.ProjectID, client portal.ClientID) {
		p.store(h, project, client, 1, 0)
	})
	p.want(0, "ok    storage ", "doctor")
	files, away := filepath.Join(p.dir(), "files"), filepath.Join(p.dir(), "away")
	mark := filepath.Join(files, "vitrine.storage")
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	move(files, away)
	for _, command := range []string{"serve", "verify", "sweep"} {
		p.want(2, "is its disk mounted?", command, "--listen", "127.0.0.1:0")
	}
	p.want(0, "warn  storage ", "doctor")
	if err := os.RemoveAll(files); err != nil {
		t.Fatal(err)
	}
	move(away, files)
	p.want(0, "All of it", "verify")

	// While the portal runs, the sweep finds out by itself.
	var logged bytes.Buffer
	p.inside(func(h *house) {
		h.log = slog.New(slog.NewTextHandler(&logged, nil))
		if err := h.openBlobs(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(mark); err != nil {
			t.Fatal(err)
		}
		if err := h.sweepFiles(t.Context()); err != nil || !strings.Contains(logged.String(), "is its disk mounted?") {
			t.Errorf("%v: %s", err, &logged)
		}
	})

	if err := os.WriteFile(mark, []byte("of somebody else\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.want(2, "another server key", "verify")
	p.want(1, "fail  storage ", "doctor")
	if err := os.WriteFile(mark, []byte("adopt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.want(0, "All of it", "verify")
	p.want(0, "ok    storage ", "doctor")
}

func TestStorageOnS3(t *testing.T) {
	server := blobtest.StartS3(t)
	p := settle(t, db.PostgreSQL)
	plain := p.env
	c := server.Config
	on := func(bucket, secret string) {
		p.env = append(plain[:len(plain):len(plain)], "VITRINE_STORAGE=s3://"+bucket+"?endpoint="+c.Endpoint.String(), "VITRINE_S3_ACCESS_KEY="+c.AccessKey, "VITRINE_S3_SECRET_KEY="+secret)
	}
	on("nowhere", c.SecretKey)
	p.want(2, "the storage of files cannot be used", "verify")
	p.want(1, "fail  storage ", "doctor")
	on(c.Bucket, "wrong")
	p.want(1, "fail  storage ", "doctor")
	on(c.Bucket, c.SecretKey)
	p.withFiles(func(h *house, project portal.ProjectID, client portal.ClientID) {
		p.store(h, project, client, 3, 0)
	})
	p.want(0, "and 3 stored files", "verify")
	if said := p.want(0, "ok    storage ", "doctor"); !strings.Contains(said, "warn  storage        is reached by http") {
		t.Errorf("the doctor says\n%s", said)
	}
	p.want(0, "Of 3 stored files, nothing names 0 ", "sweep")

	// What was in use and does not answer keeps no page from being read.
	server.Stop(t)
	p.inside(func(h *house) {
		if err := h.openBlobs(t.Context()); err != nil {
			t.Errorf("the portal does not start: %v", err)
		}
	})
	p.want(2, "the storage of files cannot be used", "verify")
	server.Start(t)
	p.want(0, "and 3 stored files", "verify")
}

// An upload that stopped arriving is forgotten, with its bytes and its room.
func TestForgetUploads(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			p, ctx := settle(t, dialect), t.Context()
			p.withFiles(func(h *house, project portal.ProjectID, client portal.ClientID) {
				ana, err := h.accounts.PersonByEmail(ctx, ownerEmail)
				if err != nil {
					t.Fatal(err)
				}
				me := h.portal.As(portal.PersonActor(ana.ID))
				begin := func() (portal.UploadID, blob.Key) {
					key := blob.NewKey()
					s, err := h.blobs.Begin(ctx, key)
					if err != nil {
						t.Fatal(err)
					}
					id, err := me.BeginUpload(ctx, portal.NewUpload{Project: project, Name: string(key[:5]) + ".pdf", Size: 1000}, string(key))
					if err != nil {
						t.Fatal(err)
					}
					if _, err = h.blobs.Append(ctx, key, s, strings.NewReader("the first bytes"), 100); err != nil {
						t.Fatal(err)
					}
					return id, key
				}
				var expired []blob.Key
				for range 3 {
					id, key := begin()
					expired = append(expired, key)
					if err := h.db.Write(ctx, func(tx *db.Tx) error {
						_, err := tx.Exec(ctx, `UPDATE uploads SET expires_at = 1 WHERE id = $1`, string(id))
						return err
					}); err != nil {
						t.Fatal(err)
					}
				}
				live, liveKey := begin()
				if err := h.forgetUploads(ctx); err != nil {
					t.Fatal(err)
				}
				if _, err := me.Upload(ctx, live); err != nil {
					t.Errorf("the one under way: %v", err)
				}
				for e, err := range h.blobs.Partials(ctx) {
					if err != nil || e.Key != liveKey {
						t.Errorf("%v is left, %v", e.Key, err)
					}
				}
				if room, err := me.Room(ctx, client); err != nil || room.Reserved != 1000 {
					t.Errorf("%d bytes are reserved, %v", room.Reserved, err)
				}
				if named, err := h.portal.NamedBlobs(ctx, []string{string(expired[0]), string(liveKey)}); err != nil || len(named) != 1 || !named[string(liveKey)] {
					t.Errorf("named: %v, %v", named, err)
				}
			})
		})
	}
}

// The jobs of each day run.
func TestFileJobs(t *testing.T) {
	p := settle(t, db.SQLite)
	p.withFiles(func(h *house, project portal.ProjectID, client portal.ClientID) {
		p.store(h, project, client, 2, 0)
		ran := make(chan string, 2)
		for name, run := range map[string]func(context.Context) error{"sweep": h.sweepFiles, "scrub": h.scrubFiles} {
			h.jobs.Every(name, time.Hour, func(ctx context.Context) error { defer func() { ran <- name }(); return run(ctx) }, jobs.Within(time.Hour))
		}
		if err := h.jobs.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-ran
		<-ran
		if err := h.jobs.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// What was uploaded is looked at by a job, and what waits since before the
// start likewise.
func TestUploadsAreLookedAt(t *testing.T) {
	p := settle(t, db.SQLite)
	p.withFiles(func(h *house, project portal.ProjectID, client portal.ClientID) {
		ctx := t.Context()
		ana, err := h.accounts.PersonByEmail(ctx, ownerEmail)
		if err != nil {
			t.Fatal(err)
		}
		me := h.portal.As(portal.PersonActor(ana.ID))
		old := "ver_" + string(p.store(h, project, client, 1, time.Hour)[0])
		if h.looks, err = h.inspector(); err != nil {
			t.Fatal(err)
		}
		if h.takes, err = h.taker(transfer.New(h.blobs, "", h.log)); err != nil {
			t.Fatal(err)
		}
		if err := h.startJobs(ctx); err != nil {
			t.Fatal(err)
		}
		defer h.jobs.Stop(context.Background())
		key, body := blob.NewKey(), "The zeppelin leaves at nine."
		info, err := h.blobs.Put(ctx, key, strings.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		upload, err := me.BeginUpload(ctx, portal.NewUpload{Project: project, Name: "note.txt", Size: info.Size}, string(key))
		if err != nil {
			t.Fatal(err)
		}
		_, version, err := me.FinishUpload(ctx, upload, portal.Arrived{Size: info.Size, SHA256: info.SHA256, Kind: "text", Type: "text/plain; charset=utf-8"})
		if err != nil {
			t.Fatal(err)
		}
		within, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		for id, want := range map[portal.VersionID]string{version: "ready", portal.VersionID(old): "none"} { // the old one is no PDF, as it says
			for {
				v, err := me.Version(ctx, id)
				if err != nil {
					t.Fatal(err)
				}
				if v.Preview == want {
					break
				}
				select {
				case <-time.After(20 * time.Millisecond):
				case <-within.Done():
					t.Fatalf("%+v", v)
				}
			}
		}
	})
}
