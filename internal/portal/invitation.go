package portal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// InvitationState is what has become of an invitation.
type InvitationState string

// The states. Each has its page and its way out.
const (
	InvitationValid    InvitationState = "valid"
	InvitationExpired  InvitationState = "expired"  // ask for a new one
	InvitationUsed     InvitationState = "used"     // sign in
	InvitationRevoked  InvitationState = "revoked"  // or its inviter may not invite any more
	InvitationReplaced InvitationState = "replaced" // look for the newer mail
	InvitationMember   InvitationState = "member"   // the one who looks is in already
	InvitationPaused   InvitationState = "paused"   // portal access is off
)

// Errors of AcceptInvitation that a page tells apart.
var (
	ErrSignInFirst = errors.New("the invited person has an account and must sign in")
	ErrWrongPerson = errors.New("somebody else is signed in")
)

// ErrUnwanted says that what a mail was to tell is no longer so: drop it.
var ErrUnwanted = errors.New("the mail is no longer wanted")

// Unwanted says why: the state of an invitation or of another link, "gone", or
// "inviter" who may no longer invite. It is ErrUnwanted to errors.Is.
type Unwanted struct{ Why string }

func (e *Unwanted) Error() string   { return ErrUnwanted.Error() + ": " + e.Why }
func (e *Unwanted) Is(t error) bool { return t == ErrUnwanted }

// InvitationGone says why an invitation cannot be accepted. It is ErrGone to
// errors.Is.
type InvitationGone struct{ State InvitationState }

func (e *InvitationGone) Error() string   { return "invitation: " + string(e.State) }
func (e *InvitationGone) Is(t error) bool { return t == ErrGone }

// Invitation is what its holder is shown. In states other than valid, expired
// and member, everything but State is empty: the link may be in wrong hands.
type Invitation struct {
	State      InvitationState
	ToTeam     bool
	Role       string // the team role
	Client     ClientID
	ClientName string
	Projects   []string // what they will see, by name; only while valid
	Inviter    string
	FromTeam   bool // the inviter is on the team, not one of the client's people
	Message    string
	Name       string // as its inviter typed it
	Email      string // masked: "m…@acme.test"
	Expires    time.Time
	HasAccount bool // they must be signed in as themselves to accept
	SignedIn   bool // somebody is signed in
	Same       bool // and it is the invited person
}

// inviterMay reports whether the inviter may still give what they gave.
func (i invitationRow) inviterMay() bool {
	if i.user == "" {
		return i.byRole == "owner" || i.byRole == "admin" && i.role != "owner"
	}
	return i.byRights.Has(Manage) || i.byRights.Has(Invite|i.given)
}

// state is what has become of it at that time.
func (i invitationRow) state(now time.Time) InvitationState {
	switch {
	case i.accepted:
		return InvitationUsed
	case i.replaced:
		return InvitationReplaced
	case i.revoked, i.disabled, i.out:
		return InvitationRevoked
	case i.member:
		return InvitationMember
	case i.user != "" && !i.open:
		return InvitationPaused
	case !i.expires.After(now), i.created.After(now.Add(5 * time.Minute)): // or a clock was wrong
		return InvitationExpired
	case !i.inviterMay():
		return InvitationRevoked
	}
	return InvitationValid
}

// PeekInvitation returns what the token leads to; it changes nothing, however
// often mail scanners open the link. signedIn is who looks, if anybody.
// ErrNotFound for a token that never was one.
func (p *Portal) PeekInvitation(ctx context.Context, token string, signedIn PersonID) (Invitation, error) {
	i, err := p.invitationByToken(ctx, p.db, token)
	if err != nil {
		return Invitation{}, err
	}
	v := Invitation{State: i.state(p.now()), SignedIn: signedIn != "", Same: signedIn == i.person}
	if v.Same && i.member && v.State == InvitationUsed {
		v.State = InvitationMember
	}
	switch v.State {
	case InvitationValid, InvitationExpired:
	case InvitationMember:
		if v.Same {
			v.ToTeam, v.Client, v.ClientName = i.user == "", i.client, i.clientName
		}
		return v, nil
	default:
		return v, nil
	}
	v.ToTeam, v.Role, v.Client, v.ClientName = i.user == "", i.role, i.client, i.clientName
	v.Inviter, v.FromTeam, v.Message, v.Name, v.Email = i.byName, i.byRole != "", i.message, i.name, mask(i.email)
	v.Expires, v.HasAccount = i.expires, i.confirmed
	if v.State == InvitationValid && i.user != "" {
		v.Projects, err = p.invitedTo(ctx, i.user)
	}
	return v, err
}

func (p *Portal) invitationByToken(ctx context.Context, q interface {
	QueryRow(context.Context, string, ...any) *db.Row
}, token string) (invitationRow, error) {
	if len(token) > 100 || !strings.HasPrefix(token, "vt_"+account.PurposeInvitation+"_") {
		return invitationRow{}, ErrNotFound
	}
	return invitation(ctx, q, `i.token_hash = $1`, p.accounts.TokenHash(token))
}

// mask leaves of an address what its owner knows it by.
func mask(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	_, n := utf8.DecodeRuneInString(local)
	return local[:n] + "…@" + domain
}

// Accept is what an invited person says.
type Accept struct {
	Token    string
	Name     string   // for a person without an account
	Password string   // likewise; empty: a code by e-mail each time
	SignedIn PersonID // who is signed in, if anybody
	Meta     account.Meta
}

// Accepted is what came of it. Session and Token are set for a person who was
// not signed in before.
type Accepted struct {
	Person  PersonID
	Client  ClientID // empty: the team
	Session account.Session
	Token   string
}

// maxPersonName is as long as a person's own name may be.
const maxPersonName = 100

// AcceptInvitation lets the invited person in, once. An invitation whose
// inviter may not invite any more is dead. A person who has an account must be
// signed in as themselves: ErrSignInFirst, ErrWrongPerson. What cannot be
// accepted is *InvitationGone with the reason; of several at once, one is let in.
func (p *Portal) AcceptInvitation(ctx context.Context, a Accept) (Accepted, error) {
	// Looked at before the password is hashed, which is dear.
	i, err := p.invitationByToken(ctx, p.db, a.Token)
	if err != nil {
		return Accepted{}, err
	}
	if err := i.acceptable(p.now(), a.SignedIn); err != nil {
		return Accepted{}, err
	}
	hash := ""
	if !i.confirmed {
		var c checks
		if a.Name = c.name("name", a.Name); utf8.RuneCountInString(a.Name) > maxPersonName {
			c.fail("name", "too_long", "max", strconv.Itoa(maxPersonName))
		}
		if a.Password != "" {
			c.password("password", a.Password, a.Name, i.email, i.clientName)
		}
		if err := c.err(); err != nil {
			return Accepted{}, err
		}
		if a.Password != "" {
			if hash, err = account.HashPassword(ctx, a.Password); err != nil {
				return Accepted{}, err
			}
		}
	}
	var res Accepted
	err = p.As(Actor{}).change(ctx, func(t *tx) error {
		if i.user != "" {
			if err := t.lock(ctx, string(i.client)); err != nil {
				return err
			}
		}
		if err := t.lock(ctx, ""); err != nil {
			return err
		}
		// As it is now that nobody changes it.
		i, err := p.invitationByToken(ctx, t.Tx, a.Token)
		if err != nil {
			return err
		}
		if err := i.acceptable(p.now(), a.SignedIn); err != nil {
			return err
		}
		t.me = p.As(PersonActor(i.person))
		n, err := t.exec(ctx, `UPDATE invitations SET accepted_at = $1 WHERE id = $2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $1`, t.now, string(i.id))
		switch {
		case err != nil:
			return err
		case n == 0:
			return &InvitationGone{InvitationUsed}
		}
		res = Accepted{Person: i.person, Client: i.client}
		name := i.name
		if !i.confirmed {
			name = a.Name
			if err := p.accounts.Confirm(ctx, t.Tx, i.person, a.Name, hash); err != nil {
				return err
			}
		}
		if i.user != "" {
			err = t.joinClient(ctx, i, name)
		} else {
			err = t.joinTeam(ctx, i, name)
		}
		if err != nil || a.SignedIn != "" {
			return err
		}
		res.Session, res.Token, err = p.accounts.NewSession(ctx, t.Tx, i.person, account.ByInvitation, a.Meta, 0)
		return err
	})
	if err != nil {
		return Accepted{}, err
	}
	return res, nil
}

// acceptable says why the one who is signed in cannot accept it now.
func (i invitationRow) acceptable(now time.Time, signedIn PersonID) error {
	switch s := i.state(now); {
	case s != InvitationValid:
		return &InvitationGone{s}
	case signedIn != "" && signedIn != i.person:
		return ErrWrongPerson
	case i.confirmed && signedIn == "":
		return ErrSignInFirst
	}
	return nil
}

func (t *tx) joinClient(ctx context.Context, i invitationRow, name string) error {
	if err := t.must(ctx, `UPDATE client_users SET accepted_at = $1 WHERE id = $2 AND accepted_at IS NULL AND removed_at IS NULL`, t.now, string(i.user)); err != nil {
		return err
	}
	if err := t.regrantClientUser(ctx, i.user, i.person); err != nil {
		return err
	}
	return t.record(ctx, Happening{Kind: UserJoined, Client: i.client, Subject: string(i.user), Person: i.person, Details: Details{"person": name, "title": i.clientName}})
}

func (t *tx) joinTeam(ctx context.Context, i invitationRow, name string) error {
	if err := t.must(ctx, `UPDATE team_members SET accepted_at = $1, role = $2 WHERE person_id = $3 AND accepted_at IS NULL AND removed_at IS NULL`,
		t.now, i.role, string(i.person)); err != nil {
		return err
	}
	if err := t.regrantMember(ctx, i.person); err != nil {
		return err
	}
	return t.record(ctx, Happening{Kind: TeamMemberJoined, Subject: string(i.person), Person: i.person, Details: Details{"person": name, "role": i.role}})
}

// askAgainEvery is how often the holder of an expired invitation is heard.
const askAgainEvery = 24 * time.Hour

// AskAgain tells the inviter that the holder of an expired invitation asks for
// a new one; at most once a day, and silently not more often.
func (p *Portal) AskAgain(ctx context.Context, token string) error {
	return p.As(Actor{}).change(ctx, func(t *tx) error {
		i, err := p.invitationByToken(ctx, t.Tx, token)
		if err != nil {
			return err
		}
		if s := i.state(p.now()); s != InvitationExpired {
			return &InvitationGone{s}
		}
		t.me = p.As(PersonActor(i.person))
		n, err := t.exec(ctx, `UPDATE invitations SET asked_again_at = $1 WHERE id = $2 AND revoked_at IS NULL AND (asked_again_at IS NULL OR asked_again_at <= $3)`,
			t.now, string(i.id), t.now-askAgainEvery.Microseconds())
		if err != nil || n == 0 {
			return err
		}
		who, err := t.whoAnswers(ctx, i)
		if err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: InvitationAsked, Client: i.client, Subject: string(i.id), Person: who, Details: Details{"person": i.name, "title": i.clientName}})
	})
}

// InvitationMail is all that the mail of an invitation says.
type InvitationMail struct {
	Invitation InvitationID
	Person     PersonID
	Name       string // of the invited, as its inviter typed it
	Address    string
	Locale     string // empty: the workspace's
	TimeZone   string // likewise
	Inviter    string
	FromTeam   bool // the inviter is on the team, not one of the client's people
	Brand      Brand
	ToTeam     bool
	Role       string
	Client     string
	Projects   []string // what they will see
	Message    string
	Expires    time.Time
	Token      string // of the link
}

// InvitationMail returns what a mail of the kinds "invitation" and
// "team_invitation" says, as it is now; *Unwanted when the invitation cannot
// be accepted any more.
func (p *Portal) InvitationMail(ctx context.Context, id InvitationID) (InvitationMail, error) {
	i, err := invitation(ctx, p.db, `i.id = $1`, string(id))
	switch {
	case err != nil:
		return InvitationMail{}, fmt.Errorf("invitation mail: %w", err)
	case i.state(p.now()) != InvitationValid:
		return InvitationMail{}, &Unwanted{string(i.state(p.now()))}
	}
	m := InvitationMail{
		Invitation: i.id, Person: i.person, Name: i.name, Address: i.email, Locale: i.locale, TimeZone: i.zone,
		Inviter: i.byName, FromTeam: i.byRole != "", ToTeam: i.user == "", Role: i.role, Client: i.clientName, Message: i.message,
		Expires: i.expires, Token: p.accounts.Token(account.PurposeInvitation, string(i.id)),
	}
	if m.Brand, err = p.Brand(ctx); err != nil {
		return m, err
	}
	if i.user != "" {
		m.Projects, err = p.invitedTo(ctx, i.user)
	}
	return m, err
}

// AskedAgainMail is all that the mail about an expired invitation says.
type AskedAgainMail struct {
	Invited  string // the name, as the inviter typed it
	Email    string // and the address
	ToTeam   bool
	ClientID ClientID
	Client   string
	Expired  time.Time
	Brand    Brand
}

// AskedAgainMail returns what a mail of the kind "invitation_asked" says to
// that person; *Unwanted when there is a newer invitation by now, or they
// may not give one.
func (p *Portal) AskedAgainMail(ctx context.Context, id InvitationID, to PersonID) (AskedAgainMail, error) {
	i, err := invitation(ctx, p.db, `i.id = $1`, string(id))
	if err != nil {
		return AskedAgainMail{}, fmt.Errorf("asked-again mail: %w", err)
	}
	may, err := p.mayAnswer(ctx, i, to)
	switch {
	case err != nil:
		return AskedAgainMail{}, err
	case !may:
		return AskedAgainMail{}, &Unwanted{"inviter"}
	case i.state(p.now()) != InvitationExpired:
		return AskedAgainMail{}, &Unwanted{string(i.state(p.now()))}
	}
	m := AskedAgainMail{Invited: i.name, Email: i.email, ToTeam: i.user == "", ClientID: i.client, Client: i.clientName, Expired: i.expires}
	m.Brand, err = p.Brand(ctx)
	return m, err
}
