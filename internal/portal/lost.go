package portal

import (
	"context"
	"regexp"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Where a mail came back as nobody is at its address, its reader is sent no more to
// that address, but what somebody asked for: a server that goes on mailing nobody is
// soon taken for one that sends rubbish. It ends with the first mail that is taken
// there, with another address, and when they want it tried again.

var (
	enhancedCode = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	refusal      = regexp.MustCompile(`\b55[013]\b`)
)

// lost reports whether a mail that came to a state for a reason did not arrive as nobody
// is at its address.
func (s MailState) lost(why string) bool { return s == MailFailed && nobodyThere(why) }

// nobodyThere reports whether the reason why a mail failed is that nobody is at its
// address: by the enhanced code (RFC 3463), where there is one, else by the answer (RFC
// 5321). What a server has against the mail or against us, or a full box, is none.
func nobodyThere(why string) bool {
	stage, said, _ := strings.Cut(why, "/")
	if stage != "recipient" && stage != "bounced" {
		return false
	}
	switch code := enhancedCode.FindString(said); {
	case code == "":
		return refusal.MatchString(said)
	case code == "5.1.7", code == "5.1.8": // our address
		return false
	default:
		return strings.HasPrefix(code, "5.1.") || code == "5.2.1"
	}
}

// Lost reports whether a mail is not to be sent as nobody is at the address of its
// reader.
func (p *Portal) Lost(ctx context.Context, m Mail) (bool, error) {
	if mailings[m.Kind].always {
		return false, nil
	}
	return addressLost(ctx, p.db, m.Person)
}

// MailLost reports whether the actor is sent no mail as one came back.
func (me *Scope) MailLost(ctx context.Context) (bool, error) {
	return addressLost(ctx, me.p.db, me.actor.person)
}

// TryMail has mail sent to the actor again.
func (me *Scope) TryMail(ctx context.Context) error {
	return me.write(ctx, func(t *tx) error {
		t.quiet("it is between them and the mail server")
		return tryAgain(ctx, t.Tx, me.actor.person)
	})
}

// tryAgain has mail sent to somebody again, until one comes back.
func tryAgain(ctx context.Context, d *db.Tx, who PersonID) error {
	_, err := d.Exec(ctx, `UPDATE mails SET lost = 0 WHERE person_id = $1 AND lost = 1`, string(who))
	return err
}
