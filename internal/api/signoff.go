package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

type signoff struct {
	ID        portal.SignoffID    `json:"id" doc:"The sign-off."`
	Project   portal.ProjectID    `json:"project" doc:"The project it is in."`
	Client    portal.ClientID     `json:"client" doc:"The client."`
	Of        string              `json:"of" enum:"deliverable,milestone,project" doc:"What is accepted for good."`
	Subject   string              `json:"subject" doc:"Its id."`
	Title     string              `json:"title" doc:"What it was called when it was asked."`
	Statement string              `json:"statement" doc:"What the signature says."`
	Points    []string            `json:"points,omitempty" doc:"Open points that the team names."`
	DueOn     string              `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	State     portal.SignoffState `json:"state" enum:"asked,signed,declined,withdrawn" doc:"How it stands."`
	StateAt   time.Time           `json:"state_at" doc:"Since when."`
	StateBy   string              `json:"state_by,omitempty" doc:"By whom; absent where you are not shown names of the team."`
	Note      string              `json:"note,omitempty" doc:"Why it was declined."`
	Name      string              `json:"name,omitempty" doc:"The signature, as it was typed."`
	Proof     string              `json:"proof,omitempty" enum:"password,code" doc:"How who signed proved again who they are."`
	Content   string              `json:"content,omitempty" doc:"The hash of all that there is to sign, or was signed: send it back with a signature."`
	MaySign   bool                `json:"may_sign" doc:"Whether you may sign or decline it now."`
	AskedBy   string              `json:"asked_by,omitempty" doc:"Who asked; absent where you are not shown names of the team."`
	CreatedAt time.Time           `json:"created_at" doc:"When."`
}

func signoffWire(x portal.Signoff) signoff {
	return signoff{ID: x.ID, Project: x.Project, Client: x.Client, Of: x.Of(), Subject: x.Subject, Title: x.Title, Statement: x.Statement, Points: x.Points, DueOn: x.DueOn, State: x.State,
		StateAt: x.StateAt.UTC(), StateBy: x.StateBy, Note: x.Note, Name: x.Name, Proof: x.Proof, Content: x.Content, MaySign: x.MaySign(), AskedBy: x.AskedBy, CreatedAt: x.CreatedAt.UTC()}
}

type signoffLine struct {
	Position int               `json:"position" doc:"Which of the lines, from 1."`
	Kind     portal.LineKind   `json:"kind" enum:"deliverable,version,open" doc:"An approved deliverable, an approved version of a file, or what is not done."`
	Why      string            `json:"why,omitempty" enum:"deliverable,milestone,task,approval,returned,declined,newer,change,unclear,price,comment,more,more_deliverable,more_milestone,more_task,more_approval,more_returned,more_change,more_newer,said" doc:"What is open: an approval that was sent back and stands so; of a file, that there is a newer version than the approved one; a change that was asked for, and is not made, or has a question or a price to answer; a comment that nobody resolved; said by the team. After 200 of a kind the others are counted: of comments by more."`
	Item     string            `json:"item,omitempty" doc:"What it is about."`
	Title    string            `json:"title" doc:"What that is called."`
	Version  portal.VersionID  `json:"version,omitempty" doc:"The version that was approved."`
	Number   int               `json:"number,omitempty" doc:"What it is called by."`
	SHA256   string            `json:"sha256,omitempty" doc:"The hash of its bytes."`
	Size     int64             `json:"size,omitempty" doc:"In bytes."`
	Approval portal.ApprovalID `json:"approval,omitempty" doc:"The approval that granted it."`
	At       *time.Time        `json:"at,omitempty" doc:"When it was approved."`
	By       string            `json:"by,omitempty" doc:"By whom; absent where you are not shown names of the team."`
}

func signoffLineWire(l portal.SignoffLine) signoffLine {
	return signoffLine{Position: l.Position, Kind: l.Kind, Why: l.Why, Item: l.Item, Title: l.Title, Version: l.Version, Number: l.Number, SHA256: l.SHA256, Size: l.Size, Approval: l.Approval, At: moment(l.At), By: l.By}
}

type newSignoff struct {
	Subject   string   `json:"subject,omitempty" maxLength:"64" doc:"A deliverable or a milestone of the project; without it, the project itself."`
	Statement string   `json:"statement" doc:"What the signature is to say."`
	Points    []string `json:"points,omitempty" maxItems:"50" doc:"Open points that the lists do not say."`
	DueOn     string   `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`

	NoReminders bool `json:"no_reminders,omitempty" doc:"Nobody is reminded by mail."`
}

type signature struct {
	Name     string `json:"name" doc:"Your name: it is the signature."`
	Password string `json:"password" doc:"Your own, once more: a token alone does not sign."`
	Content  string `json:"content" maxLength:"64" doc:"As it was looked at. When it is not what is there now, nothing is signed."`
}

type declining struct {
	Note string `json:"note" doc:"Why."`
}

type verified struct {
	Is      string            `json:"is" enum:"certificate,version,other,unknown" doc:"The certificate itself; a version that it names; neither of them; or no certificate of this portal."`
	Title   string            `json:"title,omitempty" doc:"What the certificate is about."`
	Client  string            `json:"client,omitempty" doc:"The client's name."`
	Project string            `json:"project,omitempty" doc:"The project's name."`
	Content string            `json:"content,omitempty" doc:"The hash of all that was signed, or decided on."`
	At      *time.Time        `json:"at,omitempty" doc:"When it was."`
	SHA256  string            `json:"sha256,omitempty" doc:"The hash of the certificate's paper."`
	Signers []verifiedSigner  `json:"signers,omitempty" doc:"Who signed or decided."`
	Files   []verifiedVersion `json:"files,omitempty" doc:"The versions that it names."`
}

type verifiedSigner struct {
	Name    string    `json:"name" doc:"Their name."`
	Company string    `json:"company,omitempty" doc:"For whom."`
	At      time.Time `json:"at" doc:"When."`
}

type verifiedVersion struct {
	Name   string `json:"name" doc:"What the file is called."`
	Number int    `json:"number" doc:"What the version is called by."`
	SHA256 string `json:"sha256" doc:"The hash of its bytes."`
}

func verifiedWire(c portal.Certificate, is string) verified {
	w := verified{Is: is, Title: c.Record.Title, Client: c.Record.Client, Project: c.Record.Project, Content: c.Record.Content, At: moment(c.Record.At), SHA256: c.SHA256}
	for _, x := range c.Record.Signers {
		w.Signers = append(w.Signers, verifiedSigner{x.Name, x.Company, x.At.UTC()})
	}
	for _, l := range c.Record.Lines {
		if l.Kind == portal.LineVersion {
			w.Files = append(w.Files, verifiedVersion{l.Title, l.Number, l.SHA256})
		}
	}
	return w
}

type verifying struct {
	Code   string `query:"code" maxLength:"100" doc:"The code of a certificate, which is in its address."`
	SHA256 string `query:"sha256" pattern:"^[0-9a-f]{64}$" doc:"The hash of a file, hexadecimal."`
}

func (s *server) signoffs() {
	readAll(s, "/api/projects/{id}/signoffs", "list-signoffs", "What was asked to be signed off, newest first", func(ctx context.Context, me *portal.Scope, q *inProject) ([]portal.Signoff, string, error) {
		p, err := me.Project(ctx, portal.ProjectID(q.ID))
		switch {
		case err != nil:
			return nil, "", err
		case !p.Sections.Has(portal.SectionApprovals):
			return nil, "", portal.ErrNotFound
		}
		return me.ProjectSignoffs(ctx, p.ID, q.portal())
	}, signoffWire)
	read(s, "/api/signoffs/{id}", "signoff", "A sign-off", func(ctx context.Context, me *portal.Scope, id string) (signoff, error) {
		x, err := me.Signoff(ctx, portal.SignoffID(id))
		if err == nil {
			_, x.Content, err = me.SignoffLines(ctx, x)
			if invalid := (*portal.Invalid)(nil); errors.As(err, &invalid) {
				err = nil // more than one signature can be about: the lines say so
			}
		}
		return signoffWire(x), err
	})
	readAll(s, "/api/signoffs/{id}/lines", "list-signoff-lines", "What is signed: as it is now, or as it was signed", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.SignoffLine, string, error) {
		x, err := me.Signoff(ctx, portal.SignoffID(q.ID))
		if err != nil {
			return nil, "", err
		}
		all, _, err := me.SignoffLines(ctx, x)
		return all, "", err
	}, signoffLineWire)
	create(s, "/api/projects/{id}/signoffs", "ask-signoff", "Ask the client to accept a deliverable, a milestone or the project for good", func(ctx context.Context, me *portal.Scope, id string, in newSignoff) (portal.SignoffID, error) {
		return me.AskSignoff(ctx, portal.NewSignoff{Project: portal.ProjectID(id), Subject: in.Subject, Statement: in.Statement, Points: in.Points, DueOn: in.DueOn, NoReminders: in.NoReminders})
	})
	s.sent(s.taking(reflect.TypeFor[signature](), operation(http.MethodPost, "/api/signoffs/{id}/signature", "sign-off", "Sign, as one of the client's people who may", http.StatusNoContent)), func(ctx context.Context, id string, body []byte) (any, error) {
		var in signature
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, err
		}
		asked := asked[signature]{id, signature{Name: in.Name, Content: in.Content}} // of the password no hash is kept: it would be worth guessing
		return nil, s.sign(once(ctx, "sign-off", asked), me(ctx), id, in)
	})
	change(s, http.MethodPost, "/api/signoffs/{id}/refusal", "decline-signoff", "Decline to sign, and say why", func(ctx context.Context, me *portal.Scope, id string, in declining) error {
		return me.DeclineSignoff(ctx, portal.SignoffID(id), in.Note)
	})
	act(s, http.MethodPost, "/api/signoffs/{id}/reminded", "remind-signoff", "Mail those who may sign it off: once an hour", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.RemindOfSignoff(ctx, portal.SignoffID(id))
	})
	act(s, http.MethodPost, "/api/signoffs/{id}/withdraw", "withdraw-signoff", "Take the question back", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.WithdrawSignoff(ctx, portal.SignoffID(id))
	})
	for _, of := range []struct{ path, id, summary string }{
		{"/api/signoffs/{id}/certificate", "signoff-certificate", "The certificate of a sign-off, a signed PDF"},
		{"/api/approvals/{id}/certificate", "approval-certificate", "The certificate of an approval, a signed PDF"},
	} {
		s.taken(of.path, of.id, of.summary, func(ctx context.Context, me *portal.Scope, id string) (portal.Stored, error) {
			return me.TakeCertificate(ctx, id)
		})
	}
	act(s, http.MethodPost, "/api/approvals/{id}/certificate", "certify-approval", "Have a certificate made of an approval that was granted", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.CertifyApproval(ctx, portal.ApprovalID(id))
	})
	readFor(s, "/api/verify", "verify", "What a certificate says, by its code, and whether a file is it or one that it names", s.verify)
}

// sign asks who signs for their password, as a page does. Nobody's is tried who
// could not sign anyway.
func (s *server) sign(ctx context.Context, me *portal.Scope, id string, in signature) error {
	x, err := me.Signoff(ctx, portal.SignoffID(id))
	switch {
	case err != nil:
		return err
	case me.ReadOnly():
		return portal.ErrForbidden
	}
	if did, err := me.Did(ctx); err != nil || did {
		return err
	}
	if err := me.CheckSignature(ctx, x, in.Content); err != nil {
		return err
	}
	if err := s.Accounts.ProveByToken(ctx, me.Person(), in.Password); errors.Is(err, account.ErrSignIn) {
		return &portal.Invalid{Fields: map[string]portal.Reason{"password": {Key: "password_wrong"}}}
	} else if err != nil {
		return err
	}
	return me.SignOff(ctx, x.ID, portal.Signature{Name: in.Name, Content: in.Content, Proof: "password"})
}

func (s *server) verify(ctx context.Context, _ *portal.Scope, q *verifying) (verified, error) {
	if q.Code == "" && q.SHA256 == "" {
		return verified{}, &portal.Invalid{Fields: map[string]portal.Reason{"code": {Key: "required"}}}
	}
	c, is, _, err := s.Portal.Verify(ctx, q.Code, q.SHA256)
	return verifiedWire(c, is), err
}
