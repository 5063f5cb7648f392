// Package demo fills an empty workspace with a believable one: a design studio,
// its clients and half a year of their work together. Nothing is inserted past
// the product: every line of it was done by somebody through package portal,
// at a time of its own, so that what one sees in the demo is what one would get.
package demo

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// Password is everybody's. A demo is reached from one machine alone.
const Password = "seven-hills-and-a-tram"

// Entry is a person that a visitor may sign in as.
type Entry struct {
	Role  string // in a word
	Place string // and in a few
	Name  string
	Email string
}

// Entries lists them: two of the team and two of a client, the owner first.
func Entries() []Entry {
	return []Entry{
		{"owner", "Owner of " + studio, ana.name, ana.email},
		{"manager", "Manager at " + studio, jonas.name, jonas.email},
		{"client lead", "Lead at Leto Brand", sofia.name, sofia.email},
		{"viewer", "Viewer at Leto Brand", yuki.name, yuki.email},
	}
}

// Fill fills a migrated database in which no workspace was set up yet. The last
// thing in it happened shortly before now, and everything is dated by it. Mails
// that were sent on the way are kept in the Outbox. Pictures and documents are
// drawn and written here, and put into blobs; previews of them are made once a
// portal runs.
func Fill(ctx context.Context, d *db.DB, blobs blob.Store, key []byte, now time.Time) error {
	hashed := make(chan error, 1)
	var hash string
	go func() { // beside the owner's own
		var err error
		hash, err = account.HashPassword(ctx, Password)
		hashed <- err
	}()
	lisbon, err := time.LoadLocation(zone)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	f := &filling{db: d, days: daysAround(now.In(lisbon)), people: map[*person]portal.PersonID{}, users: map[membership]portal.ClientUserID{}}
	f.portal, f.accounts = portal.New(d, portal.Options{Key: key, Now: f.now, Enqueue: f.mailed})
	f.play()
	f.mailsCome(blobs, key)
	defer f.store(ctx, blobs)()
	if err := f.openStudio(ctx); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if err := <-hashed; err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	f.hash = hash
	if err := f.run(ctx); err != nil {
		return err
	}
	if err := f.portal.Flush(ctx); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// A filling is a demo on its way.
type filling struct {
	db       *db.DB
	portal   *portal.Portal
	accounts *account.Accounts
	days     days
	clock    atomic.Int64 // in microseconds
	hash     string       // of Password
	steps    []step
	contents []*content
	mails    []portal.MailID // that came of the step at hand

	people map[*person]portal.PersonID
	users  map[membership]portal.ClientUserID
}

// A membership is a person in a client.
type membership struct {
	person *person
	client *client
}

func (f *filling) now() time.Time { return db.FromMicros(f.clock.Load()) }

// mailed notes a mail that would be sent if there were a mail server.
func (f *filling) mailed(ctx context.Context, tx *db.Tx, kind string, args any) error {
	if job, ok := args.(portal.MailJob); ok {
		tx.AfterCommit(func() { f.mails = append(f.mails, job.Mail) })
	}
	return nil
}

// as is the portal as the person sees it.
func (f *filling) as(p *person) *portal.Scope {
	return f.portal.As(portal.PersonActor(f.people[p]))
}

// A step is one thing that somebody does on a day.
type step struct {
	on   day
	what string
	do   func(ctx context.Context) error
}

// on plans a step. Those of one day happen in the order in which they are planned.
func (f *filling) on(d day, what string, do func(ctx context.Context) error) {
	f.steps = append(f.steps, step{d, what, do})
}

// run takes the steps in the order of their days, spread over the office hours.
func (f *filling) run(ctx context.Context) error {
	byDay := map[day][]step{}
	first := day(-1)
	for _, s := range f.steps {
		if s.on >= 0 {
			return fmt.Errorf("demo: %s: has not happened yet", s.what)
		}
		byDay[s.on] = append(byDay[s.on], s)
		first = min(first, s.on)
	}
	for d := first; d < 0; d++ {
		from, to := f.days.hours(d)
		for i, s := range byDay[d] {
			at := from.Add(to.Sub(from) * time.Duration(2*i+1) / time.Duration(2*len(byDay[d])))
			f.clock.Store(db.Micros(at))
			if err := s.do(ctx); err != nil {
				return fmt.Errorf("demo: %s: %w", s.what, err)
			}
			if err := f.keepMails(ctx); err != nil {
				return fmt.Errorf("demo: the mail of %s: %w", s.what, err)
			}
		}
	}
	return nil
}

// keepMails does what the sender of mails does where there is no mail server. What waits
// for others is kept with a later step.
func (f *filling) keepMails(ctx context.Context) error {
	var wait []portal.MailID
	for _, id := range f.mails {
		_, err := f.portal.ClaimMail(ctx, id)
		switch {
		case errors.Is(err, portal.ErrNotDue):
			wait = append(wait, id)
			continue
		case err == nil:
			err = f.portal.MailKept(ctx, id)
		}
		if err != nil {
			return err
		}
	}
	f.mails = wait
	return nil
}
