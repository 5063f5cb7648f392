// Package notify turns queued mails into sent ones, and notices into pushes.
//
// A mail in the queue holds no content. It is rendered when it is sent, in its
// recipient's language and zone, by what holds then: an invitation that was
// withdrawn meanwhile is dropped, with the reason.
//
// Every mail is sent, kept for want of a server, dropped or failed for a reason
// that the Outbox shows; none is lost. A mail that the server has taken is
// not sent again because noting that failed; only when the process dies between
// the two may it arrive twice, as recognisably the same message.
package notify

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/jobs"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/push"
)

const (
	firstWait = time.Minute // after the first failure; each further one doubles it
	longest   = 6 * time.Hour
	maxTries  = 20               // with these waits, three days
	patience  = 72 * time.Hour   // with a server that cannot be reached
	rest      = 30 * time.Second // for a server that could not be reached
	late      = 30 * time.Second // a mail that nobody took up for so long is enqueued again
	atOnce    = 8                // mails that are sent at the same time, beside all other jobs
	batch     = 2000             // how many of those at a time

	tellEvery   = 15 * time.Second
	digestEvery = 5 * time.Minute // how late a digest goes out at most
)

// Options of New. Only BaseURL is needed.
type Options struct {
	BaseURL *url.URL     // every link in a mail begins with it
	From    mail.Address // the portal's own, as the Outbox shows it
	// The address for one mail's reports that it did not arrive. Nil: they go to
	// From.
	ReturnTo func(portal.MailID) string
	// The address for one person's answers to one place. Nil: nothing comes in.
	ReplyTo func(context.Context, portal.ReplyPlace) (string, error)
	// The address for answers that belong to no one place, which are held. Empty:
	// nothing comes in.
	Inbox string
	// The bytes of a preview, for a mail to show. Nil: mails have no pictures.
	Picture func(context.Context, portal.Stored) ([]byte, error)
	Doctor  mail.Examination // how the way of mail is looked at
	Outside *http.Client     // to push services; nil: one of egress
	Log     *slog.Logger
}

// Notifier renders and sends mails. It may be used by several goroutines.
type Notifier struct {
	portal   *portal.Portal
	accounts *account.Accounts
	sender   *mail.Sender
	base     string
	from     mail.Address
	log      *slog.Logger
	returnTo func(portal.MailID) string
	replyTo  func(context.Context, portal.ReplyPlace) (string, error)
	inbox    string
	picture  func(context.Context, portal.Stored) ([]byte, error)
	doctor   mail.Examination
	pusher   *push.Pusher
	busy     sync.Mutex // one examination at a time

	mu       sync.Mutex
	resting  time.Time              // the server could not be reached: nothing is tried before
	accepted map[portal.MailID]bool // taken by the server, and not yet noted
}

// New returns a notifier. It sends nothing before Register's jobs run.
func New(p *portal.Portal, a *account.Accounts, s *mail.Sender, o Options) *Notifier {
	n := &Notifier{portal: p, accounts: a, sender: s, base: strings.TrimSuffix(o.BaseURL.String(), "/"), from: o.From, log: o.Log, returnTo: o.ReturnTo, replyTo: o.ReplyTo, inbox: o.Inbox, picture: o.Picture,
		doctor: o.Doctor, accepted: map[portal.MailID]bool{}}
	n.pusher = newPusher(a, n.base, o.Outside)
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	return n
}

// Register says how the job portal.SendMail is done, looks regularly for mails
// whose job is gone or whose next try has come, and reminds of what is due.
func (n *Notifier) Register(j *jobs.Jobs) {
	// A server may take a minute over each mail, to see who has the patience.
	jobs.Handle(j, portal.SendMail, func(ctx context.Context, m portal.MailJob) error { return n.Send(ctx, m.Mail) },
		jobs.Apart(atOnce), jobs.Within(portal.MailClaim-10*time.Second))
	j.Every("sweep_mails", late, n.Sweep)
	j.Every("digest", digestEvery, n.portal.SendDigests)
	j.Every("pass_notices", 10*time.Minute, n.PassNotices, jobs.Within(5*time.Minute))
}

// backOff is how long the next try waits after so many.
func backOff(tries int) time.Duration { return min(firstWait<<(tries-1), longest) }

// PassNotices has people who have much unread be done with what they no longer see.
func (n *Notifier) PassNotices(ctx context.Context) error {
	people, err := n.portal.WithMuchUnread(ctx)
	for _, who := range people {
		if err == nil {
			err = n.portal.As(portal.PersonActor(who)).PassNotices(ctx)
		}
	}
	return err
}

// Tell makes notices of what happens, as it happens, until the context ends. What
// it was not woken for, as on another node, it finds a little later.
func (n *Notifier) Tell(ctx context.Context) {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		if _, err := n.portal.TellPeople(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("tell people", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-n.portal.Queued():
		case <-tick.C:
		}
	}
}

// Sweep enqueues the mails that are late, and those that were put off while the clock
// was ahead, and notes those that were sent but could not be noted as such.
func (n *Notifier) Sweep(ctx context.Context) error {
	n.noteAccepted(ctx)
	if err := n.portal.ClockBack(ctx); err != nil {
		return err
	}
	now := n.portal.Now()
	if n.isResting(now) {
		return nil
	}
	if err := n.reach(ctx, now); err != nil {
		return err
	}
	ids, err := n.portal.DueMails(ctx, now.Add(-late), batch)
	if err != nil || len(ids) == 0 {
		return err
	}
	return n.portal.EnqueueMails(ctx, ids)
}

// reach has the mails tried again that wait for the mail server alone, as soon as it
// is there: the waits between their tries have grown while it was not.
func (n *Notifier) reach(ctx context.Context, now time.Time) error {
	waiting, err := n.portal.UnreachedMails(ctx)
	if err != nil || !waiting || !n.sender.Configured() {
		return err
	}
	if err := n.sender.Reach(ctx); err != nil {
		n.rests(now)
		return nil // it is said of the mails
	}
	return n.portal.WakeMails(ctx)
}

// rests has nothing tried for a while.
func (n *Notifier) rests(now time.Time) {
	n.mu.Lock()
	n.resting = now.Add(rest)
	n.mu.Unlock()
}

// Send sends one queued mail if it is due. What becomes of it is noted with the
// mail: an error is returned only when that could not be done.
func (n *Notifier) Send(ctx context.Context, id portal.MailID) error {
	if n.wasAccepted(id) {
		return n.note(ctx, id)
	}
	if n.isResting(n.portal.Now()) {
		return nil
	}
	m, err := n.portal.ClaimMail(ctx, id)
	switch {
	case errors.Is(err, portal.ErrNotDue):
		return nil
	case err != nil:
		return err
	}
	if m.Kind == portal.MailNotices || m.Kind == portal.MailDigest {
		if err := n.portal.TakeNotices(ctx, m); err != nil {
			return err // it is claimed, and tried again once that is over
		}
	}
	l, err := n.write(ctx, m, false)
	if err == nil {
		err = n.addressed(ctx, l)
	}
	var unwanted *portal.Unwanted
	switch {
	case errors.As(err, &unwanted):
		return n.portal.MailDropped(ctx, id, unwanted.Why)
	case err != nil:
		n.log.Error("render mail", "mail", string(id), "kind", m.Kind, "error", err.Error())
		return n.again(ctx, m, "rendering/")
	case !n.sender.Configured():
		return n.portal.MailKept(ctx, id)
	}
	for part, why := range l.left {
		if err := n.portal.LeaveMail(ctx, part, why); err != nil {
			return err // as above
		}
	}
	if l.told != nil {
		if err := n.portal.LeaveNotices(ctx, m, l.told); err != nil {
			return err // as above
		}
	}
	err = n.sender.Send(ctx, l.Message)
	var permanent *mail.Permanent
	var temporary *mail.Temporary
	switch {
	case err == nil:
		n.mu.Lock()
		n.accepted[id], n.resting = true, time.Time{}
		n.mu.Unlock()
		return n.note(ctx, id)
	case errors.As(err, &permanent):
		n.log.Warn("mail refused", "mail", string(id), "kind", m.Kind, "error", err.Error())
		return n.portal.MailFailed(ctx, id, reason(permanent.Failure))
	case errors.As(err, &temporary):
		n.log.Info("mail deferred", "mail", string(id), "kind", m.Kind, "try", m.Tries, "error", err.Error())
		switch temporary.Stage {
		case "connecting", "greeting", "signing in": // not this message's fault
			n.rests(n.portal.Now())
			if n.portal.Now().Sub(m.Created) < patience {
				m.Tries = min(m.Tries, maxTries-1)
			}
		}
		return n.again(ctx, m, reason(temporary.Failure))
	}
	return n.again(ctx, m, "content/")
}

// again puts a mail off, for longer each time, or gives it up.
func (n *Notifier) again(ctx context.Context, m portal.Mail, why string) error {
	if m.Tries >= maxTries {
		return n.portal.MailFailed(ctx, m.ID, why)
	}
	wait := longest
	if m.Tries < 10 {
		wait = backOff(m.Tries)
	}
	return n.portal.MailDeferred(ctx, m.ID, why, n.portal.Now().Add(wait))
}

// reason is a failure as it is kept: the stage, a slash, and what the server
// answered or what else is known.
func reason(f mail.Failure) string {
	detail := f.Reason
	if f.Code != 0 {
		detail = strings.TrimSpace(strconv.Itoa(f.Code) + " " + f.Enhanced)
	}
	return strings.ReplaceAll(f.Stage, " ", "_") + "/" + detail
}

// note notes that an accepted mail is sent. It insists for a while, because
// the alternative is a second copy; what it cannot note the next Sweep tries.
func (n *Notifier) note(ctx context.Context, id portal.MailID) error {
	var err error
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		err = n.portal.MailSent(context.WithoutCancel(ctx), id)
		if err == nil || errors.Is(err, portal.ErrNotFound) {
			n.mu.Lock()
			delete(n.accepted, id)
			n.mu.Unlock()
			return nil
		}
		if wait > 2*time.Second {
			n.log.Error("note a sent mail", "mail", string(id), "error", err.Error())
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

func (n *Notifier) noteAccepted(ctx context.Context) {
	n.mu.Lock()
	ids := make([]portal.MailID, 0, len(n.accepted))
	for id := range n.accepted {
		ids = append(ids, id)
	}
	n.mu.Unlock()
	for _, id := range ids {
		_ = n.note(ctx, id) // logged there, and tried again by the next Sweep
	}
}

func (n *Notifier) wasAccepted(id portal.MailID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.accepted[id]
}

func (n *Notifier) isResting(now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return now.Before(n.resting) && n.resting.Sub(now) <= rest // else the clock was ahead
}
