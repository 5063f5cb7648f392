package certificate

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rsc.io/qr"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// Render returns the paper that says what a certificate does, signed.
func (s *Signer) Render(c portal.Certificate, address, locale string, at time.Time) ([]byte, error) {
	p, err := newPaper()
	if err != nil {
		return nil, err
	}
	r := c.Record
	w := writer{paper: p, Book: words.For(locale, time.UTC), Record: r}
	title := w.T("certificate.title."+r.Kind, "title", r.Title)
	if err := w.top(title, address); err != nil {
		return nil, err
	}
	w.signers()
	if r.Statement != "" && r.Kind != "approval" { // of which it is part of what was asked
		p.heading(w.T("signoff.statement"))
		p.text(r.Statement, 10, 0.1, false, full)
	}
	w.lines(portal.LineDeliverable, w.T("signoff.deliverables"))
	w.lines(portal.LineVersion, w.T("signoff.versions"))
	w.lines(portal.LineOpen, w.T("signoff.open"))
	w.asked()
	w.timeline()
	w.proof(c, address)
	w.feet(string(c.ID))
	pdf, hole := p.file(title, r.Workspace, w.Lang(), at)
	if err := s.sign(pdf, hole, cmp.Or(r.Workspace, "Vitrine"), at); err != nil {
		return nil, err
	}
	return pdf, nil
}

type writer struct {
	*paper
	*words.Book
	portal.Record
}

// utc is a moment to the second.
func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// local is the same on somebody's own clock.
func local(t time.Time, zone string) string {
	at, err := time.LoadLocation(zone)
	if err != nil {
		at = time.UTC
	}
	return t.In(at).Format("2006-01-02 15:04:05 -0700") + " (" + at.String() + ")"
}

// top says what it is, beside a code that leads to where that can be checked.
func (w *writer) top(title, address string) error {
	code, err := qr.Encode(address, qr.M)
	if err != nil {
		return err
	}
	const side = 92.0
	w.squares(pageWidth-margin-side, pageHeight-margin-side, side, code.Size, code.Black)
	w.text(w.Workspace, 11, 0.4, false, full-side-20)
	w.y -= 6
	w.text(title, 21, 0.05, true, full-side-20)
	w.text(w.T("signoff.of."+w.Of)+" · "+w.Record.Project+" · "+w.Client, 10.5, 0.3, false, full-side-20)
	w.y = min(w.y, pageHeight-margin-side)
	w.rule()
	return nil
}

func (w *writer) signers() {
	heading := w.T("certificate.signed_by")
	if w.Kind == "approval" {
		heading = w.T("certificate.decided_by")
	}
	w.heading(heading)
	for i, x := range w.Signers {
		if i > 0 {
			w.y -= 8
		}
		w.fact(w.T("certificate.name"), x.Name)
		if x.For != "" {
			w.fact(w.T("certificate.for"), x.For)
		}
		if x.Answer != "" {
			w.fact(w.T("certificate.answer"), w.T("approval.state."+string(x.Answer)))
		}
		if !x.Repeats.IsZero() {
			w.fact(w.T("certificate.stands"), w.T("certificate.stands_text", "when", utc(x.Repeats)))
		}
		if !x.Said.IsZero() {
			w.fact(w.T("certificate.phone"), w.T("certificate.phone_text", "when", utc(x.Said), "name", cmp.Or(x.NotedBy, w.Workspace)))
		}
		if x.Note != "" {
			w.fact(w.T("certificate.note"), x.Note)
		}
		role := x.Role
		if slices.Contains(portal.Presets, portal.Preset(role)) || role == string(portal.PresetCustom) {
			role = w.T("preset." + role)
		}
		if role != "" {
			w.fact(w.T("certificate.role"), role)
		}
		w.fact(w.T("certificate.company"), x.Company)
		if x.Email != "" {
			w.fact(w.T("certificate.address"), x.Email)
			verified := w.T("certificate.not_verified")
			if !x.VerifiedAt.IsZero() {
				verified = w.T("certificate.verified_text", "when", utc(x.VerifiedAt))
			}
			w.fact(w.T("certificate.verified"), verified)
		}
		w.fact(w.T("certificate.proof"), w.proved(cmp.Or(x.Proof, "session"), x.Answer != ""))
		w.fact(w.T("certificate.utc"), utc(x.At))
		w.fact(w.T("certificate.local"), local(x.At, x.Zone))
	}
}

// proved says how somebody proved who they are; of a decision a code means more.
func (w *writer) proved(proof string, decided bool) string {
	if proof == "code" && decided {
		proof = "mail_code"
	}
	return w.T("certificate.proof." + proof)
}

func (w *writer) lines(kind portal.LineKind, heading string) {
	first := true
	for _, l := range w.Record.Lines {
		if l.Kind != kind {
			continue
		}
		if first {
			w.heading(heading)
			first = false
		}
		switch kind {
		case portal.LineVersion:
			w.text(l.Title, 10, 0.1, true, full)
			w.text(w.T("version.n", "n", strconv.Itoa(l.Number))+" · "+w.T("certificate.bytes", "n", w.Number(l.Size))+" · "+w.T("signoff.approved_at", "when", utc(l.At)), 9, 0.35, false, full)
			w.text("SHA-256 "+l.SHA256, 8.5, 0.35, false, full)
			w.y -= 4
		case portal.LineDeliverable:
			w.text(l.Title, 10, 0.1, true, full)
			w.text(w.T("signoff.approved_by", "name", cmp.Or(l.By, w.Workspace), "when", utc(l.At)), 9, 0.35, false, full)
			w.y -= 4
		default:
			w.text("– "+l.Title+" ("+w.T("signoff.open."+l.Why)+")", 10, 0.1, false, full)
		}
	}
}

// asked says what the hash of what was decided on is made of, in its order.
func (w *writer) asked() {
	for i, x := range w.Asked {
		if i == 0 {
			w.heading(w.T("certificate.asked"))
			w.text(w.T("certificate.asked_text"), 9.5, 0.3, false, full)
		}
		w.y -= 4
		w.fact(w.T("certificate.asked.approval"), string(x.Approval))
		w.fact(w.T("certificate.asked.title"), x.Title)
		w.some("certificate.asked.body", x.Body)
		w.some("certificate.asked.checklist", strings.Join(x.Checklist, "\n"))
		if a := x.About; a != nil {
			w.fact(w.T("certificate.asked.deliverable"), a.Title)
			w.some("certificate.asked.text", a.Body)
			for _, l := range a.Links {
				w.fact(w.T("certificate.asked.link"), l.Title+"\n"+l.URL)
			}
		}
		for _, f := range x.Files {
			w.fact(w.T("certificate.asked.file"), f.Name+"\n"+string(f.Version)+"\n"+f.SHA256)
		}
		w.fact(w.T("certificate.asked.hash"), x.Content)
	}
}

// some is a fact that is not always there.
func (w *writer) some(key, value string) {
	if value != "" {
		w.fact(w.T(key), value)
	}
}

// moment says what happened, and between whom.
func (w *writer) moment(m portal.RecordMoment) string {
	key, name := "certificate.moment."+m.What, cmp.Or(m.By, w.Workspace)
	switch m.What {
	case "advanced", "superseded", "expired":
		return w.T(key)
	case "delegated":
		return w.T(key, "name", name, "to", m.To)
	case "deputised", "came_back":
		return w.T(key, "from", m.From, "to", m.To)
	case "reassigned":
		return w.T(key, "name", name, "from", m.From, "to", m.To)
	case "taken":
		return w.T(key, "name", name, "from", m.From)
	}
	return w.T(key, "name", name)
}

func (w *writer) timeline() {
	w.heading(w.T("certificate.timeline"))
	for _, m := range w.Timeline {
		what := w.moment(m)
		if m.Title != "" {
			what += ": " + m.Title
		}
		if m.Round > 1 {
			what += " · " + w.T("certificate.round", "n", strconv.Itoa(m.Round))
		}
		if m.From != "" && m.Proof != "" {
			what += "\n" + w.T("certificate.for") + ": " + m.From
		}
		if m.Proof != "" {
			what += "\n" + w.T("certificate.proof") + ": " + w.proved(m.Proof, m.What != "signed")
		}
		if !m.Repeats.IsZero() {
			what += "\n" + w.T("certificate.stands_text", "when", utc(m.Repeats))
		}
		if !m.Said.IsZero() {
			what += "\n" + w.T("certificate.phone_text", "when", utc(m.Said), "name", cmp.Or(m.NotedBy, w.Workspace))
		}
		if m.Note != "" {
			what += "\n" + m.Note
		}
		w.fact(utc(m.At), what)
	}
}

func (w *writer) proof(c portal.Certificate, address string) {
	w.heading(w.T("certificate.check"))
	w.text(w.T("certificate.check_text"), 9.5, 0.3, false, full)
	w.y -= 4
	w.fact(w.T("certificate.verify_at"), address)
	w.fact(w.T("certificate.id"), string(c.ID))
	w.fact(w.T("certificate.content"), w.Content)
}

// feet number the pages.
func (w *writer) feet(id string) {
	all := w.pages
	for i := range all {
		w.pages = all[:i+1]
		foot := w.T("certificate.page", "n", strconv.Itoa(i+1), "of", strconv.Itoa(len(all)))
		w.draw(margin, margin-20, id, 8, 0.5, false)
		w.draw(pageWidth-margin-w.width(foot, 8), margin-20, foot, 8, 0.5, false)
	}
	w.pages = all
}
