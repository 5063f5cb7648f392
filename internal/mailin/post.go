package mailin

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/words"
)

const (
	maxPosted = 20             // files of one message
	nowhere   = "-"            // among uploads: a file that could not be put there
	unsure    = 20 * time.Hour // after which the portal may have forgotten what it was asked before
)

// post says what a mail says, as the person whose reply address it came to. It
// may run again after a crash: the message is posted once, and each file comes
// once.
func (t *Taker) post(ctx context.Context, m *portal.IncomingMail, in *Incoming) error {
	if m.Tries > 1 && t.Portal.Now().Sub(m.ReceivedAt) > unsure && !m.Vouched {
		m.State, m.Reason = portal.IncomingHeld, "interrupted"
		return nil
	}
	me := t.Portal.As(portal.PersonActor(m.Person))
	place, err := me.Place(ctx, m.Place)
	if err == nil {
		err = place.Refused // before its files are anywhere
	}
	if err != nil {
		return t.refused(m, err)
	}
	audience := m.Audience
	if place.Widest == portal.Team {
		audience = portal.Team
	}
	body, whole := fitting(in.Text)
	if !whole {
		if err := in.attach("mail.txt", in.Text); err != nil {
			return err
		}
	}
	project := cmp.Or(place.Project, m.Project)
	if project == "" && len(in.Files) > 0 {
		certain := false
		if project, certain, err = me.ProjectOfFiles(ctx, portal.ThreadID(m.Place)); err != nil {
			return t.refused(m, err)
		}
		if !certain {
			m.State, m.Reason = portal.IncomingHeld, portal.HeldForFiles
			return nil
		}
	}
	files, left, err := t.bring(ctx, me, m, in, project, audience)
	if err != nil {
		return err
	}
	if left = append(left, in.Left...); len(left) > 0 {
		b, err := t.book(ctx, m.Person)
		if err != nil {
			return err
		}
		body = strings.TrimSpace(body + "\n\n" + Markdown(b.N("mailin.left", len(left), "files", b.List(left))))
	}
	id, err := portal.Once(me.SayAt(portal.WithRequest(ctx, portal.Request{Key: "mail " + string(m.ID)}), m.Place,
		portal.NewMessage{Body: body, Audience: audience, Files: files, ByMail: true, Answers: mailAnswered(in)}))
	if err != nil {
		return t.refused(m, err)
	}
	m.State, m.Reason, m.Became = portal.IncomingPosted, "", string(id)
	return nil
}

// mailAnswered is the mail of ours that one says it answers; empty: none.
func mailAnswered(in *Incoming) portal.MailID {
	before := slices.Concat(in.References, in.InReplyTo) // the last is what it answers
	for _, id := range slices.Backward(before) {
		if local, _, _ := strings.Cut(id, "@"); strings.HasPrefix(local, "mai_") {
			return portal.MailID(local)
		}
	}
	return ""
}

// fitting is a text as Markdown that is not longer than a message may be, and
// whether that is all of it.
func fitting(s string) (body string, whole bool) {
	for most := utf8.RuneCountInString(s); ; most = most * 3 / 4 {
		short := shortened(s, most)
		if body := Markdown(short); utf8.RuneCountInString(body) <= maxAnswer {
			return body, short == s
		}
	}
}

// refused settles a mail that its person may not post, or not as it is.
func (t *Taker) refused(m *portal.IncomingMail, err error) error {
	var invalid *portal.Invalid
	switch {
	case errors.Is(err, portal.ErrNotFound), errors.Is(err, portal.ErrForbidden), errors.Is(err, portal.ErrGone):
		m.State, m.Reason = portal.IncomingHeld, portal.HeldForAccess
	case errors.Is(err, portal.ErrDeserted): // somebody finds out for whom it is now
		m.State, m.Reason = portal.IncomingHeld, portal.HeldForDeserted
	case errors.As(err, &invalid):
		m.State, m.Reason = portal.IncomingHeld, "invalid"
	default:
		return err
	}
	return nil
}

// bring puts the attachments into the place's project, through what every
// upload goes through. What cannot go there is left, by name.
func (t *Taker) bring(ctx context.Context, me *portal.Scope, m *portal.IncomingMail, in *Incoming, project portal.ProjectID, audience portal.Side) (files []portal.FileID, left []string, err error) {
	begun := m.Uploads()
	for i, f := range in.Files {
		if project == "" || i >= maxPosted {
			left = append(left, f.Name)
			continue
		}
		if i < len(begun) && begun[i] == nowhere {
			left = append(left, f.Name)
			continue
		}
		if i < len(begun) {
			switch u, err := me.Upload(ctx, begun[i]); {
			case err == nil && u.Finished:
				files = append(files, u.Became)
				continue
			case err == nil:
				if err := t.Bytes.Abandon(ctx, me, u); err != nil {
					return nil, nil, err
				}
			case !errors.Is(err, portal.ErrNotFound):
				return nil, nil, err
			}
			begun = begun[:i]
		}
		id, upload, err := t.bringOne(ctx, me, f, project, audience, func(id portal.UploadID) error {
			return t.Portal.NoteIncomingUploads(ctx, m.ID, append(begun, id))
		})
		var invalid *portal.Invalid
		switch {
		case err == nil:
			files = append(files, id)
			begun = append(begun, upload)
		case errors.Is(err, portal.ErrForbidden), errors.Is(err, portal.ErrNotFound), errors.Is(err, portal.ErrGone), errors.Is(err, portal.ErrTooLarge),
			errors.Is(err, portal.ErrFull), errors.Is(err, blob.ErrNoSpace), errors.As(err, &invalid):
			left = append(left, f.Name)
			begun = append(begun, nowhere)
		default:
			return nil, nil, err
		}
	}
	return files, left, nil
}

func (t *Taker) bringOne(ctx context.Context, me *portal.Scope, f File, project portal.ProjectID, audience portal.Side, note func(portal.UploadID) error) (portal.FileID, portal.UploadID, error) {
	u, err := t.Bytes.Begin(ctx, me, portal.NewUpload{Project: project, Name: f.Name, Size: f.Size, Type: f.Type, SHA256: f.SHA256, Audience: audience, OnClash: "both"})
	if err != nil {
		return "", "", err
	}
	if err := note(u.ID); err != nil {
		return "", "", err
	}
	r, err := f.Open()
	if err != nil {
		return "", "", err
	}
	defer r.Close()
	if u, err = t.Bytes.Receive(ctx, me, u, r, nil); err != nil {
		return "", "", err
	}
	id, _, err := t.Bytes.Finish(ctx, me, u, f.SHA256)
	return id, u.ID, err
}

// book has the words for a person, whose message it is.
func (t *Taker) book(ctx context.Context, id portal.PersonID) (*words.Book, error) {
	brand, err := t.Portal.Brand(ctx)
	if err != nil {
		return nil, err
	}
	who, err := t.Accounts.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	locale := who.Locale
	if locale == "" {
		locale = brand.Locale
	}
	return words.For(locale, time.UTC), nil
}
