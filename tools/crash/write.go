package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// site is where the writers write, and with which token.
type site struct {
	token    string
	projects []portal.ProjectID // of two clients, so that two chains grow
}

// setUp makes a workspace as its first owner would, before the server runs.
func setUp(ctx context.Context, database string) (s site, err error) {
	d, err := db.Open(ctx, database)
	if err != nil {
		return s, err
	}
	defer d.Close()
	if err := d.Migrate(ctx); err != nil {
		return s, err
	}
	p, accounts := portal.New(d, portal.Options{Key: []byte("0123456789abcdef0123456789abcdef")})
	if _, err := p.BeginSetUp(ctx, "link"); err != nil {
		return s, err
	}
	session, _, err := p.FinishSetUp(ctx, portal.SetUp{Token: "link", Workspace: "Studio Nord", TimeZone: "UTC",
		Name: "Nora Nord", Email: "nora@nord.example", Password: "correct horse battery staple"})
	if err != nil {
		return s, err
	}
	if _, s.token, err = accounts.NewToken(ctx, session, "crash", []string{"read", "write"}, time.Time{}); err != nil {
		return s, err
	}
	me := p.As(portal.PersonActor(session.Person))
	for _, name := range []string{"Leto", "Brick"} {
		client, err := me.AddClient(ctx, name)
		if err != nil {
			return s, err
		}
		for _, project := range []string{"Site", "Shop"} {
			id, err := me.CreateProject(ctx, client, portal.NewProject{Name: project})
			if err != nil {
				return s, err
			}
			s.projects = append(s.projects, id)
		}
	}
	return s, nil
}

// write adds tasks until ctx ends, each time through another node.
func write(ctx context.Context, bases []string, to site, writer int, o *oracle) error {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	for n := 0; ctx.Err() == nil; n++ {
		title := fmt.Sprintf("task %d of writer %d", n, writer)
		path := "/api/projects/" + string(to.projects[(n+writer)%len(to.projects)]) + "/tasks"
		if err := o.send(title); err != nil {
			return err
		}
		for try := 0; ; try++ {
			id, refused, err := post(client, bases[(n+writer+try)%len(bases)]+path, to.token, title)
			if refused != nil {
				return refused
			}
			if err == nil {
				if err := o.acknowledge(title, id, try > 0); err != nil {
					return err
				}
				break
			}
			time.Sleep(10 * time.Millisecond)
			if try == 0 && rand.N(2) == 0 || ctx.Err() != nil {
				break // never answered; nobody will know
			}
		}
	}
	return nil
}

// post sends one task. Err means that nobody knows what became of it; refused,
// that the server said no, which it has no reason for.
func post(client *http.Client, url, token, title string) (id string, refused, err error) {
	body, err := json.Marshal(map[string]string{"title": title})
	if err != nil {
		return "", err, nil
	}
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", err, nil
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", title)
	resp, err := client.Do(r)
	if err != nil {
		return "", nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return "", nil, err
	case resp.StatusCode >= 500:
		return "", nil, fmt.Errorf("status %d", resp.StatusCode)
	case resp.StatusCode >= 300:
		return "", fmt.Errorf("%s: status %d: %s", title, resp.StatusCode, answer), nil
	}
	var made struct{ ID string }
	if err := json.Unmarshal(answer, &made); err != nil || made.ID == "" {
		return "", fmt.Errorf("%s: no id in %s", title, answer), nil
	}
	return made.ID, nil, nil
}

// oracle remembers what was sent and what was acknowledged, on disk.
type oracle struct {
	mu   sync.Mutex
	path string
	file *os.File

	acknowledged map[string]string // title → id
	unknown      map[string]bool   // sent, never answered
	again        int               // acknowledged after it was sent again
}

func newOracle(path string) (*oracle, error) {
	f, err := os.Create(path)
	return &oracle{path: path, file: f}, err
}

func (o *oracle) line(sync bool, fields ...string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, err := o.file.WriteString(strings.Join(fields, "\t") + "\n"); err != nil || !sync {
		return err
	}
	return o.file.Sync()
}

func (o *oracle) send(title string) error { return o.line(false, "sent", title) }

func (o *oracle) acknowledge(title, id string, again bool) error {
	word := "ok"
	if again {
		word = "ok again"
	}
	return o.line(true, word, title, id)
}

// reload reads the file back.
func (o *oracle) reload() error {
	if err := o.file.Close(); err != nil {
		return err
	}
	f, err := os.Open(o.path)
	if err != nil {
		return err
	}
	defer f.Close()
	o.acknowledged, o.unknown, o.again = map[string]string{}, map[string]bool{}, 0
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		switch fields[0] {
		case "sent":
			o.unknown[fields[1]] = true
		case "ok again":
			o.again++
			fallthrough
		case "ok":
			delete(o.unknown, fields[1])
			o.acknowledged[fields[1]] = fields[2]
		}
	}
	return lines.Err()
}
