package mailin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/jobs"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

const (
	late     = 30 * time.Second // a mail that nobody took up for so long is enqueued again
	batch    = 500              // how many of those at a time
	maxTries = 15               // then somebody has to look at it
	longest  = time.Hour        // between two tries

	perHour   = 20                    // answers of one person to one place
	sameDay   = 24 * time.Hour        // in which the same words are not said twice
	sameFrom  = 40                    // characters, from which on they are not said twice in answer to another mail either
	shortSame = 3                     // of fewer in an hour
	oldAfter  = 14 * 24 * time.Hour   // since a mail says it was written: nobody waits for it any more
	maxShown  = 20_000                // characters of a mail that is held
	maxAnswer = portal.MaxText - 2000 // characters that are posted, and room for what is said of files
)

// Register says how the job portal.TakeMail is done, looks regularly for mails
// whose job is gone, and forgets old ones.
func (t *Taker) Register(j *jobs.Jobs) {
	jobs.Handle(j, portal.TakeMail, func(ctx context.Context, m portal.IncomingJob) error { return t.Take(ctx, m.Mail) }, jobs.Alone(), jobs.Within(9*time.Minute))
	j.Every("sweep_incoming", late, t.Sweep)
	j.Every("forget_incoming", 6*time.Hour, t.Portal.ForgetIncoming)
}

// Sweep takes up the mails that are late.
func (t *Taker) Sweep(ctx context.Context) error {
	ids, err := t.Portal.DueIncoming(ctx, t.Portal.Now().Add(-late), batch)
	if err != nil {
		return err
	}
	return t.Portal.EnqueueIncoming(ctx, ids)
}

// Take decides what becomes of one mail, if it is due. It may be called again
// for the same mail, after a crash at any point: what was posted is not posted
// again. An error is returned only when nothing could be noted.
func (t *Taker) Take(ctx context.Context, id portal.IncomingID) error {
	m, err := t.Portal.ClaimIncoming(ctx, id)
	switch {
	case errors.Is(err, portal.ErrNotDue):
		return nil
	case err != nil:
		return err
	}
	hash, err := t.take(ctx, &m)
	if err == nil {
		return t.Portal.SettleIncoming(ctx, m, hash)
	}
	if !errors.Is(err, portal.ErrNotDue) {
		t.Log.Error("take a mail", "mail", string(id), "try", m.Tries, "error", oneLine(err.Error(), 300))
	}
	if m.Tries >= maxTries {
		m.State, m.Reason = portal.IncomingHeld, "failed"
		return t.Portal.SettleIncoming(context.WithoutCancel(ctx), m, hash)
	}
	wait := longest
	if m.Tries < 10 {
		wait = min(5*time.Second<<m.Tries, longest)
	}
	return t.Portal.DeferIncoming(context.WithoutCancel(ctx), id, t.Portal.Now().Add(wait))
}

// take finds out what a mail is, and sets what becomes of it in m. An error
// says that it has to be tried again.
func (t *Taker) take(ctx context.Context, m *portal.IncomingMail) (hash string, err error) {
	r, ours := t.Addresses.Find(m.Recipient)
	if ours && r.Purpose == Reply && m.Person == "" {
		switch place, err := t.Portal.ReplyPlace(ctx, "rpl_"+r.ID); {
		case err == nil:
			m.Person, m.Place, m.Audience = place.Person, place.Place, place.Audience
		case !errors.Is(err, portal.ErrNotFound):
			return "", err
		}
	}
	in, err := t.read(ctx, *m)
	var unreadable *Unreadable
	switch {
	case errors.As(err, &unreadable):
		m.State, m.Reason = portal.IncomingHeld, "unreadable_"+unreadable.Why
		return "", nil
	case errors.Is(err, blob.ErrNotExist), errors.Is(err, blob.ErrCorrupt):
		m.State, m.Reason = portal.IncomingHeld, "unreadable_storage"
		return "", nil
	case err != nil:
		return "", err
	}
	defer in.Close()
	m.FromAddress, m.FromName, m.Subject = oneLine(in.From.Address, 320), in.From.Name, in.Subject
	m.Body, m.Files = shortened(in.Text, maxShown), nil
	for _, f := range in.Files {
		m.Files = append(m.Files, f.Name)
	}
	hash, m.Answers = hashOf(in), mailAnswered(in)
	if in.Bounce != nil {
		return hash, t.returned(ctx, m, in, r)
	}
	if m.Writer, err = t.writer(ctx, *m, in); err != nil {
		return hash, err
	}
	state, why, err := t.judge(ctx, *m, in, hash)
	if err != nil || state != portal.IncomingPosted {
		m.State, m.Reason = state, why
		return hash, err
	}
	return hash, t.post(ctx, m, in)
}

// read takes the stored mail apart.
func (t *Taker) read(ctx context.Context, m portal.IncomingMail) (*Incoming, error) {
	r, err := t.Bytes.Blobs.Open(ctx, blob.Key(m.Blob))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return Parse(r, t.Temp)
}

// judge says what becomes of a mail that is no report: it is posted, held or
// dropped. Somebody who let it in has answered the questions for who sent it.
func (t *Taker) judge(ctx context.Context, m portal.IncomingMail, in *Incoming, hash string) (state portal.IncomingState, why string, err error) {
	held := func(why string) (portal.IncomingState, string, error) { return portal.IncomingHeld, why, nil }
	dropped := func(why string) (portal.IncomingState, string, error) { return portal.IncomingDropped, why, nil }
	if in.Text == "" && len(in.Files) == 0 && (m.Vouched || in.Automatic == "") {
		return held("empty")
	}
	if m.Person == "" {
		if in.Automatic != "" {
			return dropped(in.Automatic)
		}
		return held("unknown")
	}
	if m.Vouched {
		return portal.IncomingPosted, "", nil
	}
	if t.isOurs(in) {
		return dropped("loop")
	}
	if in.Automatic != "" {
		return dropped(in.Automatic)
	}
	who, err := t.Accounts.Person(ctx, m.Person)
	switch {
	case errors.Is(err, account.ErrNotFound):
		return held(portal.HeldForAccess)
	case err != nil:
		return "", "", err
	case !sameAddress(in.From.Address, who.Email):
		return held("sender")
	}
	if v := in.Verdict(t.Server); v == Forged || t.Server != "" && v != Passed {
		return held(string(v))
	}
	if !who.DisabledAt.IsZero() {
		return held(portal.HeldForAccess)
	}
	if !in.Date.IsZero() && in.Date.Before(m.ReceivedAt.Add(-oldAfter)) {
		return held("old")
	}
	place := portal.ReplyPlace{Person: m.Person, Place: m.Place, Audience: m.Audience}
	now := t.Portal.Now()
	hour, err := t.Portal.AnsweredBefore(ctx, place, hash, now.Add(-time.Hour))
	if err != nil {
		return "", "", err
	}
	day, err := t.Portal.AnsweredBefore(ctx, place, hash, now.Add(-sameDay))
	if err != nil {
		return "", "", err
	}
	switch {
	case day.Same > 0 && (utf8.RuneCountInString(in.Text) >= sameFrom || m.Answers <= day.To):
		return dropped("repeated")
	case hour.All >= perHour, hour.Same >= shortSame:
		return held("rate")
	}
	return portal.IncomingPosted, "", nil
}

// writer is who wrote a mail that no program did, when the mail server vouches for
// their address, or where nobody does when it came to an address that was mailed
// to them alone: only they may be answered, as else the portal would write to
// whomever a stranger names.
func (t *Taker) writer(ctx context.Context, m portal.IncomingMail, in *Incoming) (portal.PersonID, error) {
	if in.Automatic != "" || m.Sender == "" || m.Vouched || t.isOurs(in) {
		return "", nil
	}
	v := in.Verdict(t.Server)
	who, err := t.Accounts.PersonByEmail(ctx, in.From.Address)
	switch {
	case errors.Is(err, account.ErrNotFound), err == nil && !who.DisabledAt.IsZero():
		return "", nil
	case err != nil:
		return "", err
	case v == Forged, t.Server != "" && v != Passed, t.Server == "" && who.ID != m.Person:
		return "", nil
	}
	return who.ID, nil
}

// isOurs reports a mail of ours that has come back to us.
func (t *Taker) isOurs(in *Incoming) bool {
	if strings.HasPrefix(in.MessageID, "mai_") {
		return true
	}
	if _, ours := t.Addresses.Find(in.From.Address); ours {
		return true
	}
	for _, other := range t.Others {
		if strings.EqualFold(other, in.From.Address) {
			return true
		}
	}
	return false
}

// sameAddress compares as accounts do.
func sameAddress(a, b string) bool {
	_, x, err := account.FoldEmail(a)
	_, y, other := account.FoldEmail(b)
	return err == nil && other == nil && x == y
}

// returned notes that a mail of ours did not arrive. Which one says the address that
// the report came to, and nothing else: what a report quotes, whoever has seen the
// mail can quote.
func (t *Taker) returned(ctx context.Context, m *portal.IncomingMail, in *Incoming, r Recipient) error {
	m.State, m.Reason = portal.IncomingReturned, in.Bounce.Reason
	var id portal.MailID
	if r.Purpose == Return {
		id = portal.MailID("mai_" + r.ID)
	}
	why := "bounced/"
	if in.Bounce.Delayed {
		why = "delayed/"
	}
	if !strings.Contains(in.Bounce.Reason, in.Bounce.Status) {
		why += in.Bounce.Status + " "
	}
	why = strings.TrimSpace(why + in.Bounce.Reason)
	found, err := t.Portal.ReturnMail(ctx, id, why, in.Bounce.Delayed)
	if err != nil {
		return err
	}
	if m.Became = string(id); !found {
		m.Became = ""
	}
	return nil
}

// hashOf tells whether two mails say the same.
func hashOf(in *Incoming) string {
	sum := sha256.New()
	sum.Write([]byte(strings.Join(strings.Fields(in.Text), " ")))
	for _, f := range in.Files {
		sum.Write([]byte("\n" + f.SHA256))
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

func shortened(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
}
