package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// T165: what the program signs in to other servers with stands in nothing that it
// says, while they work and while they refuse it: no page that its owner reaches, no
// answer of the API, no metrics, no line of the log or of a command, no row.
func TestSecretsOfOtherServers(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			p := settle(t, dialect)
			storage := blobtest.StartS3(t)
			smtp := mailtest.Start(t, &mailtest.Server{Auth: "PLAIN LOGIN", Script: map[string][]string{"AUTH": {"535 5.7.8 wrong"}}})
			port, err := built.FreePort()
			if err != nil {
				t.Fatal(err)
			}
			secrets := map[string]string{
				"S3": storage.Config.SecretKey, "SMTP": "quokka-smtp-password", "IMAP": "quokka-imap-password", "server key": strings.Repeat("0123456789abcdef", 4),
			}
			database := p.env[1]
			if dialect == db.PostgreSQL { // which lets in whoever is on this machine
				secrets["database"] = "quokka-database-password"
				database += "&password=" + secrets["database"]
			}
			p.env = []string{p.env[0], database, "VITRINE_STORAGE=s3://" + storage.Config.Bucket + "?endpoint=" + storage.Config.Endpoint.String(),
				"VITRINE_S3_ACCESS_KEY=" + storage.Config.AccessKey, "VITRINE_S3_SECRET_KEY=" + secrets["S3"],
				"VITRINE_SMTP_HOST=127.0.0.1", "VITRINE_SMTP_PORT=" + strconv.Itoa(smtp.Port()), "VITRINE_SMTP_TLS=none", "VITRINE_SMTP_USER=portal", "VITRINE_SMTP_PASSWORD=" + secrets["SMTP"],
				"VITRINE_MAIL_FROM=portal@honcho.example", "VITRINE_REPLY_ADDRESS=reply@honcho.example", "VITRINE_MAIL_AUTH_SERVER=none",
				"VITRINE_IMAP_HOST=127.0.0.1", "VITRINE_IMAP_PORT=" + strconv.Itoa(smtp.Port()), "VITRINE_IMAP_TLS=none", "VITRINE_IMAP_USER=portal", "VITRINE_IMAP_PASSWORD=" + secrets["IMAP"],
				"VITRINE_KEY_FILE=" + filepath.Join(p.dir(), "key"), "VITRINE_LOG_LEVEL=debug", "VITRINE_PREVIEWS=off", "VITRINE_METRICS_LISTEN=127.0.0.1:" + strconv.Itoa(port)}
			if err := os.WriteFile(filepath.Join(p.dir(), "key"), []byte(secrets["server key"]+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var keys []blob.Key
			p.withFiles(func(h *house, project portal.ProjectID, client portal.ClientID) {
				keys = p.store(h, project, client, 1, 0)
			})
			now := strconv.FormatInt(db.Micros(time.Now()), 10)
			p.exec(`INSERT INTO mails (id, kind, person_id, address, subject_id, state, created_at, due_at) SELECT 'mai_1', 'password_changed', p.id, p.email, p.id, 'queued', ` + now + `, 0 FROM persons p`)

			said := map[string]string{}
			s, err := built.Start(t.Context(), theProgram(t), "serve", p.dir(), p.env[1:]...)
			if err != nil {
				t.Fatal(err)
			}
			running := true
			defer func() {
				if running {
					s.Kill()
				}
			}()
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			c := &http.Client{Jar: jar, Transport: new(http.Transport), Timeout: time.Minute}
			get := func(at string) string {
				resp, err := c.Get(at)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				said[at] += strings.Join(resp.Header.Values("Set-Cookie"), "") + string(body)
				return string(body)
			}
			resp, err := c.PostForm(s.URL+"/sign-in", url.Values{"email": {ownerEmail}, "password": {ownerPass}})
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			for began := time.Now(); !smtp.Said("AUTH"); time.Sleep(10 * time.Millisecond) {
				if time.Since(began) > 20*time.Second {
					t.Fatalf("no mail was tried:\n%s", s.Output())
				}
			}
			link := regexp.MustCompile(`(?:href|src|action|hx-get)="(/[^"#]*)`)
			queue := []string{"/", "/settings", "/settings/mail", "/versions/ver_" + string(keys[0]) + "/download"}
			for n := 0; n < len(queue) && n < 120; n++ {
				for _, m := range link.FindAllStringSubmatch(get(s.URL+queue[n]), -1) {
					to := strings.ReplaceAll(m[1], "&amp;", "&")
					known := strings.HasPrefix(to, "/static/") || to == "/live" || to == "/sign-out"
					for _, q := range queue {
						known = known || q == to
					}
					if !known {
						queue = append(queue, to)
					}
				}
			}
			if len(queue) < 30 {
				t.Errorf("only %d pages: %q", len(queue), queue)
			}
			for _, path := range []string{"/health", "/api/openapi.json", "/api/self", "/api/workspace", "/api/mails"} {
				get(s.URL + path)
			}
			get("http://127.0.0.1:" + strconv.Itoa(port) + "/metrics")
			storage.Stop(t) // and now it fails
			get(s.URL + "/versions/ver_" + string(keys[0]) + "/download")
			for _, command := range []string{"doctor", "verify", "version"} {
				_, said["vitrine "+command] = p.run(command)
			}
			storage.Start(t)
			plain := p.env
			p.env = append(plain[:len(plain):len(plain)], "VITRINE_S3_SECRET_KEY=quokka-wrong")
			secrets["wrong S3"] = "quokka-wrong"
			_, said["vitrine doctor, refused"] = p.run("doctor")
			p.env = plain
			said["the log"] = s.Output()
			running = false
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			said["the log"] += s.Output()
			p.inside(func(h *house) {
				tables := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
				if dialect == db.PostgreSQL {
					tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`
				}
				for _, table := range p.column(h, tables) {
					row := `SELECT CAST(x AS text) FROM ` + table + ` x`
					if dialect == db.SQLite {
						columns := p.column(h, `SELECT 'COALESCE(CAST("' || name || '" AS TEXT), '''')' FROM pragma_table_info('`+table+`')`)
						row = `SELECT ` + strings.Join(columns, ` || ' ' || `) + ` FROM ` + table
					}
					said["table "+table] = strings.Join(p.column(h, row), "\n")
				}
			})
			if !strings.Contains(said["table persons"], ownerEmail) || !strings.Contains(said["the log"], "level") || !strings.Contains(said["table mails"], "535") {
				t.Errorf("this test sees nothing:\n%s\n%s\n%.2000s", said["table persons"], said["table mails"], said["the log"])
			}
			for where, text := range said {
				for whose, secret := range secrets {
					if strings.Contains(text, secret) {
						t.Errorf("%s holds the secret of the %s", where, whose)
					}
				}
			}
		})
	}
}

// column is the one column of a query.
func (p *place) column(h *house, q string) (all []string) {
	p.t.Helper()
	rows, err := h.db.Query(p.t.Context(), q)
	if err != nil {
		p.t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		p.t.Fatal(err)
	}
	return all
}
